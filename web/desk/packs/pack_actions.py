"""What is sent about a pack: versions, links for firms, answers to their questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from core import errors
from packs.links import NewLink, give_link, revoke_link
from packs.packs import pack_row
from packs.questions import answer_question
from packs.versions import add_version, stop_version, withdraw_version
from people.access.actor import Actor
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit, now
from web.desk.packs.pack_page import pack_page
from web.desk.packs.packs_pages import PATH
from wording.packs.desk_words import pack_sentence

router = APIRouter(dependencies=[desk(Act.GIVE_PACK)])


@router.post("/desk/packs/{pack_id}/versions")
def new_version(here: Reader, pack_id: Number) -> Response:
    """Order the next version."""
    return _done(here, pack_id, "version", lambda s, a, p: add_version(s, a, p, now=now()))


@router.post("/desk/packs/{pack_id}/versions/{number}/stop")
def stop(here: Reader, pack_id: Number, number: Number) -> Response:
    """Stop a version that waits or is being made."""
    act = lambda s, a, p: stop_version(s, a, p, number, now=now())  # noqa: E731
    return _done(here, pack_id, "version", act)


@router.post("/desk/packs/{pack_id}/versions/{number}/withdraw")
def withdraw(here: Reader, pack_id: Number, number: Number) -> Response:
    """Take a version back: nobody gets it any more, and its file goes."""

    def act(session: Session, actor: Actor, pack: Any) -> str:
        return withdraw_version(session, actor, pack, number, now=now())

    def gone(name: str) -> None:
        here.room.packs.remove(name)

    return _done(here, pack_id, "version", act, after=gone)


@router.post("/desk/packs/{pack_id}/links")
def give(
    here: Reader,
    pack_id: Number,
    firm: Annotated[str, Form(max_length=200)] = "",
    days: Annotated[str, Form(max_length=6)] = "",
    contact: Annotated[str, Form(max_length=300)] = "",
    account: Annotated[str, Form(max_length=18)] = "",
    language: Annotated[str, Form(max_length=16)] = "",
) -> Response:
    """Give the pack to a named firm; the page shows the link this once."""
    typed = {"firm": firm, "days": days, "contact": contact, "account": account}
    number = int(account) if account.isascii() and account.isdecimal() else None
    wanted = int(days) if days.isascii() and days.isdecimal() else 0
    new = NewLink(firm, wanted, language, contact, number)
    base = here.base_url

    def act(session: Session, actor: Actor) -> tuple[int, str]:
        pack = pack_row(session, actor, pack_id)
        sealer = here.room.sealer
        return give_link(session, actor, sealer, pack, new, base=base, now=now())

    try:
        _link_id, token = here.write(act)
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        return _refused(here, pack_id, "link", error, typed | {"language": language})
    return pack_page(here, pack_id, link=f"{base}/w/firm/{token}")


@router.post("/desk/packs/{pack_id}/links/{link_id}/revoke")
def revoke(here: Reader, pack_id: Number, link_id: Number) -> Response:
    """Take a link back."""
    return _done(here, pack_id, "link", lambda s, a, p: revoke_link(s, a, p, link_id, now=now()))


@router.post("/desk/packs/{pack_id}/questions/{question_id}/answer")
def answer(
    here: Reader, pack_id: Number, question_id: Number, text: Annotated[str, Form()] = ""
) -> Response:
    """Answer a firm's question; it gets a letter where it left an address."""

    def act(session: Session, actor: Actor, pack: Any) -> None:
        answer_question(session, actor, pack, question_id, text=text, now=now())

    return _done(here, pack_id, f"question-{question_id}", act, typed={"answer": text})


def _done(
    here: Visit,
    pack_id: int,
    what: str,
    act: Callable[[Session, Actor, Any], Any],
    *,
    after: Callable[[Any], None] | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    """Change something of a pack that this person may give, and show it."""

    def change(session: Session, actor: Actor) -> Any:
        return act(session, actor, pack_row(session, actor, pack_id))

    try:
        result = here.write(change)
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        return _refused(here, pack_id, what, error, typed or {})
    if after is not None:
        after(result)
    return RedirectResponse(f"{PATH}/{pack_id}#{what}", status_code=303)


def _refused(
    here: Visit, pack_id: int, what: str, error: errors.LuJianError, typed: dict[str, Any]
) -> Response:
    said = pack_sentence(error, here.words, here.lang)
    return pack_page(here, pack_id, status=status_of(error), problems={what: said}, typed=typed)
