"""The accounts of those who work here: the list, a new one, and one with its roles and terms."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, StringConstraints
from sqlalchemy.orm import Session

from core import errors
from people.access.actor import Role
from people.access.permissions import Act
from people.accounts import account_list, accounts, passwords, role_grants
from people.accounts.role_grants import Term
from serving.errors import status_of
from serving.guards import desk
from serving.visit import Reader, Visit, now
from web import paging
from web.desk.accounts.jurisdiction_fields import (
    Reached,
    given_places,
    grant_words,
    place_names,
    places_at_hand,
    shown_terms,
)
from web.desk.accounts.my_account import end_of, start_of
from web.desk.frame import desk_page
from wording import error_messages, formatting
from wording.accounts import role_words

router = APIRouter(dependencies=[desk(Act.MANAGE_ACCOUNTS)])
Number = Annotated[int, Path(ge=1, le=2**53)]
Short = Annotated[str, StringConstraints(max_length=1000)]
Typed = Annotated[Short, Form()]

LIST = "/w/desk/accounts"
#: Nobody is appointed a resident.
GIVEN = tuple(role for role in Role if role is not Role.RESIDENT)


class TermTyped(BaseModel):
    """A term as a form sends it."""

    role: Short = ""
    place: Short = ""
    starts: Short = ""
    ends: Short = ""


class AccountTyped(TermTyped):
    """A new account as a form sends it, with its first term."""

    login: Short = ""
    name: Short = ""


@router.get("/desk/accounts", response_class=HTMLResponse)
def listing(here: Reader, text: str = "", role: str = "", closed: str = "") -> Response:
    """List those whom this person may know of."""
    wanted = Role(role) if role in set(Role) else None
    with here.room.database.reading() as session:
        found = account_list.list_accounts(
            session,
            here.actor,
            text=text,
            role=wanted,
            closed=closed == "1",
            page=paging.asked(here),
            now=now(),
        )
        names = place_names(_places(here, session))
    _ = here.words.gettext
    asked = {"text": text[:80], "role": wanted or "", "closed": "1" if closed == "1" else ""}
    return desk_page(
        here,
        "accounts.html",
        room="accounts",
        accounts=found.items,
        held_words=partial(grant_words, here, names=names),
        asked=asked,
        roles=_roles(here, GIVEN),
        said=_("Accounts: {n}").format(n=formatting.number(found.total, here.lang)),
        page=found.number,
        pages=found.pages,
        link=lambda n: f"{LIST}?{urlencode({**asked, 'page': n})}",
    )


@router.get("/desk/accounts/new", response_class=HTMLResponse)
def ask_new(here: Reader) -> Response:
    """Show the form for a new account."""
    return _new_page(here, AccountTyped())


@router.post("/desk/accounts/new", response_class=HTMLResponse)
def create(here: Reader, typed: Annotated[AccountTyped, Form()]) -> Response:
    """Make an account, and show its password for once."""
    try:
        accounts.check_login(typed.login)
        term, given = _term(here, typed), passwords.one_time()
        made = here.write(
            accounts.create_account,
            login=typed.login,
            name=typed.name,
            password_hash=given.hashed,
            term=term,
            valid_for=accounts.one_time_for(here.room.settings),
            now=now(),
        )
    except errors.LuJianError as error:
        said = error_messages.sentence_of(error, here.words)
        return _new_page(here, typed, problem=said, status=status_of(error))
    return _page(here, made, password=given.password)


@router.get("/desk/accounts/{account_id}", response_class=HTMLResponse)
def show(here: Reader, account_id: Number) -> Response:
    """Show one account."""
    return _page(here, account_id)


@router.post("/desk/accounts/{account_id}/appoint", response_class=HTMLResponse)
def appoint(here: Reader, account_id: Number, typed: Annotated[TermTyped, Form()]) -> Response:
    """Give this person a role."""

    def act() -> None:
        here.write(role_grants.appoint, account_id, _term(here, typed), now=now())

    return _done(here, account_id, "appointed", act, term=typed.model_dump())


@router.post("/desk/accounts/{account_id}/terms/{term_id}/end", response_class=HTMLResponse)
def end_term(here: Reader, account_id: Number, term_id: Number) -> Response:
    """End a role before its term is over."""
    act = partial(here.write, role_grants.end_appointment, term_id, now=now())
    return _done(here, account_id, "ended", act)


@router.post("/desk/accounts/{account_id}/rename", response_class=HTMLResponse)
def rename(here: Reader, account_id: Number, name: Typed = "") -> Response:
    """Give this person another name."""
    act = partial(here.write, accounts.rename, account_id, name, now=now())
    return _done(here, account_id, "renamed", act, name=name)


@router.post("/desk/accounts/{account_id}/close", response_class=HTMLResponse)
def close(here: Reader, account_id: Number, reason: Typed = "") -> Response:
    """Close the account."""
    act = partial(here.write, accounts.close_account, account_id, reason=reason, now=now())
    return _done(here, account_id, "closed", act, reason=reason)


@router.post("/desk/accounts/{account_id}/reopen", response_class=HTMLResponse)
def reopen(here: Reader, account_id: Number) -> Response:
    """Open a closed account again."""
    act = partial(here.write, accounts.reopen_account, account_id, now=now())
    return _done(here, account_id, "reopened", act)


@router.post("/desk/accounts/{account_id}/password", response_class=HTMLResponse)
def reset(here: Reader, account_id: Number) -> Response:
    """Give this person a password for once, and show it."""
    given = passwords.one_time()
    valid_for = accounts.one_time_for(here.room.settings)
    here.write(accounts.reset_password, account_id, given.hashed, valid_for=valid_for, now=now())
    return _page(here, account_id, password=given.password)


def _done(
    here: Visit, account_id: int, what: str, change: Callable[[], Any], **typed: Any
) -> Response:
    """Make a change and show the account again, with what was done or what is wrong."""
    try:
        change()
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        return _refused(here, account_id, error, **typed)
    return RedirectResponse(f"{LIST}/{account_id}?done={what}", status_code=303)


def _refused(here: Visit, account_id: int, error: errors.LuJianError, **typed: Any) -> Response:
    said = error_messages.sentence_of(error, here.words)
    return _page(here, account_id, problem=said, typed=typed, status=status_of(error))


def _term(here: Visit, typed: TermTyped) -> Term:
    """Return the term that a form says. Raises ``BadAccountError``."""
    if typed.role not in GIVEN:
        raise errors.BadAccountError(problem=errors.AccountProblem.ROLE)
    with here.room.database.reading() as session:
        places = _places(here, session)
    place = next((place for place in places if place.key == typed.place), None)
    if place is None:
        raise errors.BadAccountError(problem=errors.AccountProblem.PLACE)
    moment = now()
    starts = start_of(typed.starts)
    begins = moment if starts is None else max(starts, moment)
    return Term(place.grant(Role(typed.role)), begins, end_of(typed.ends))


def _new_page(
    here: Visit, typed: AccountTyped, *, problem: str = "", status: int = 200
) -> HTMLResponse:
    with here.room.database.reading() as session:
        places = given_places(here.actor, _places(here, session))
    return desk_page(
        here,
        "account_new.html",
        room="accounts",
        status=status,
        problem=problem,
        typed=typed,
        form=_form(here, places),
    )


def _page(
    here: Visit,
    account_id: int,
    *,
    password: str = "",
    problem: str = "",
    typed: dict[str, Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    moment, typed, no_term = now(), typed or {}, TermTyped().model_dump()
    with here.room.database.reading() as session:
        account = account_list.account_of(session, here.actor, account_id, now=moment)
        terms = account_list.terms_of(session, here.actor, account_id, now=moment)
        managed = role_grants.manages(session, here.actor, account_id, now=moment)
        places = _places(here, session)
    return desk_page(
        here,
        "account.html",
        room="accounts",
        status=status,
        account=account,
        terms=shown_terms(here, terms, places),
        managed=managed and account_id != here.actor.account_id,
        password=password,
        problem=problem,
        done=here.request.query_params.get("done", ""),
        typed={"name": account.name, "reason": "", **no_term, **typed, **typed.get("term", {})},
        form=_form(here, given_places(here.actor, places)),
    )


def _places(here: Visit, session: Session) -> list[Reached]:
    _ = here.words.gettext
    return places_at_hand(session, here.lang, _("the whole platform"))


def _form(here: Visit, places: list[Reached]) -> dict[str, Any]:
    """Return what the fields of a term offer: roles, and places in groups."""
    groups: dict[str, list[Reached]] = {}
    for place in places:
        groups.setdefault(place.group, []).append(place)
    return {
        "roles": _roles(here, GIVEN),
        "groups": groups,
        "today": now().astimezone(formatting.BEIJING).date().isoformat(),
    }


def _roles(here: Visit, roles: tuple[Role, ...]) -> list[dict[str, str]]:
    named = role_words(here.words)
    return [{"key": role, "name": named[role]} for role in roles]
