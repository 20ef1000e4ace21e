"""One's own account: name, password, sessions on other devices, API tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core import dates, errors
from people.accounts import account_list, accounts, api_tokens, sessions
from serving.errors import status_of
from serving.guards import SIGNED_IN
from serving.visit import Reader, Visit, now
from web.desk.accounts.jurisdiction_fields import places_at_hand, shown_terms
from web.desk.accounts.sign_in import ME, signed_in
from web.desk.frame import desk_page
from wording import error_messages, formatting
from wording.accounts import act_words

router = APIRouter(dependencies=[SIGNED_IN])
Typed = Annotated[str, Form(max_length=1000)]
Number = Annotated[int, Form()]


@router.get("/desk/me", response_class=HTMLResponse)
def me(here: Reader) -> Response:
    """Show the own account."""
    return _page(here)


@router.post("/desk/me/name", response_class=HTMLResponse)
def name(here: Reader, name: Typed = "") -> Response:
    """Take another name."""
    act = partial(here.write, accounts.rename, signed_in(here).account_id, name, now=now())
    return _done(here, "name", act, name=name)


@router.post("/desk/me/sessions", response_class=HTMLResponse)
def end_sessions(here: Reader, only: Number = 0, all: Typed = "") -> Response:
    """End one session, or all of them, this one included, or all others."""
    who = signed_in(here)
    but = None if only or all else who.session_id
    act = partial(
        here.write, sessions.end_sessions, who.account_id, only=only or None, but=but, now=now()
    )
    return _done(here, "sessions", act)


@router.post("/desk/me/tokens", response_class=HTMLResponse)
def make_token(
    here: Reader,
    token_name: Typed = "",
    acts: Annotated[list[str] | None, Form()] = None,
    ends: Typed = "",
) -> Response:
    """Make a token and show it, once."""
    chosen = acts or []
    try:
        made = here.write(
            api_tokens.make_token, name=token_name, acts=chosen, ends_at=end_of(ends), now=now()
        )
    except errors.InvalidError as error:
        return _refused(here, "token", error, token_name=token_name, acts=chosen, ends=ends)
    return _page(here, token=made)


@router.post("/desk/me/tokens/revoke", response_class=HTMLResponse)
def revoke_token(here: Reader, token: Number) -> Response:
    """End a token."""
    return _done(here, "tokens", partial(here.write, api_tokens.revoke_token, token, now=now()))


def end_of(day: str) -> datetime | None:
    """Return when a last day, as a date field sends it, is over in Beijing; None for none.

    Raises ``BadAccountError``.
    """
    start = start_of(day)
    return start + timedelta(days=1) if start else None


def start_of(day: str) -> datetime | None:
    """Return when a day begins in Beijing; None for an empty field. Raises ``BadAccountError``."""
    if not day.strip():
        return None
    try:
        read = date.fromisoformat(day.strip())
        moment = dates.start_of_day(read)
    except ValueError:
        raise errors.BadAccountError(problem=errors.AccountProblem.TERM) from None
    if not 2000 <= moment.year < 2200:
        raise errors.BadAccountError(problem=errors.AccountProblem.TERM)
    return moment


def _done(here: Visit, what: str, change: Callable[[], Any], **typed: Any) -> Response:
    """Make a change and show the page again, with what was done or what is wrong."""
    try:
        change()
    except errors.InvalidError as error:
        return _refused(here, what, error, **typed)
    return RedirectResponse(f"{ME}?done={what}", status_code=303)


def _refused(here: Visit, part: str, error: errors.LuJianError, **typed: Any) -> Response:
    said = error_messages.sentence_of(error, here.words)
    return _page(here, status=status_of(error), problems={part: said}, typed=typed)


def _page(
    here: Visit,
    *,
    status: int = 200,
    problems: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None,
    token: str = "",
) -> HTMLResponse:
    who, moment, _ = signed_in(here), now(), here.words.gettext
    with here.room.database.reading() as session:
        account = account_list.own_account(session, who.account_id)
        held = sessions.sessions_of(session, who.account_id, here.room.settings, now=moment)
        own = api_tokens.tokens_of(session, who.account_id, now=moment)
        terms = account_list.terms_of(session, here.actor, who.account_id, now=moment)
        places = places_at_hand(session, here.lang, _("the whole platform"))
    return desk_page(
        here,
        "me.html",
        room="me",
        status=status,
        account=account,
        terms=shown_terms(here, terms, places),
        sessions=held,
        here_now=who.session_id,
        tokens=own,
        act_names=act_words(here.words),
        offered=api_tokens.offered_acts(here.actor),
        token=token,
        done=here.request.query_params.get("done", ""),
        problems={"name": "", "token": "", **(problems or {})},
        typed={"name": account.name, "token_name": "", "acts": [], "ends": "", **(typed or {})},
        today=moment.astimezone(formatting.BEIJING).date().isoformat(),
    )
