"""A firm's room: what was given to it, versions and differences, questions, schemes handed back."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse, HTMLResponse, Response
from sqlalchemy.orm import Session

from core.errors import NotFoundError, WrongStateError
from core.keys import hash_of
from geo.writing.target_systems import system_for
from packs import links, questions, schemes, versions
from packs.links import LinkView, link_row, link_view, log_download, open_row
from packs.models import Pack
from packs.states import LinkState
from people.access.rate_limit import LimitKind
from serving import attempts
from serving.guards import PUBLIC, SIGNED_IN
from serving.parameters import Number
from serving.visit import Reader, Visit, now
from submissions.proposals.queries import campaign_by_id
from web import presenters
from web.desk.frame import desk_page
from web.desk.layers.layers_pages import choices
from web.desk.packs.pack_page import inside_words, pack_file, scheme_words, version_rows
from web.desk.packs.scheme_page import given_pdf, near_words
from wording.packs import desk_words
from wording.packs.pack_words import terms
from wording.upload_errors import system_names

router = APIRouter(dependencies=[PUBLIC])
#: The secret of a link, or, for the account that it was given to, its number.
Key = Annotated[str, Path(pattern=r"^(?:[0-9]{1,17}|[A-Za-z0-9_-]{43})$")]
PATH = "/w/firm"
UNKEPT = {"Cache-Control": "private, no-store"}
_FROM_START = re.compile(r"bytes=0-")


@router.get("/firm", response_class=HTMLResponse, dependencies=[SIGNED_IN])
def given(here: Reader) -> Response:
    """List what was given to the account that is signed in."""
    moment = now()
    with here.room.database.reading() as session:
        found = links.links_of_account(session, here.actor, now=moment)
        packs = {one.pack_id: session.get_one(Pack, one.pack_id) for one in found}
        latest = {
            pack: next((v for v in versions.versions(session, pack) if v.file), None)
            for pack in packs
        }
    states = desk_words.link_states(here.words)
    return desk_page(
        here,
        "firm_packs.html",
        room="firm",
        packs=[
            {
                "address": f"{PATH}/{one.id}",
                "title": packs[one.pack_id].title,
                "open": one.state == LinkState.OPEN,
                "state": states[one.state],
                "expires": one.expires,
                "number": latest[one.pack_id].number if latest[one.pack_id] else 0,  # type: ignore[union-attr]
            }
            for one in found
        ],
    )


@router.get("/firm/{key}", response_class=HTMLResponse)
def room(here: Reader, key: Key) -> Response:
    """Show the room of a link; before its terms are accepted, these."""
    return room_page(here, key)


def room_page(
    here: Visit,
    key: str,
    *,
    status: int = 200,
    problems: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    """Return the page of a link. Raises ``NotFoundError``."""
    moment = now()
    with here.room.database.reading() as session:
        link = link_view(link_row(session, here.actor, key), moment)
        pack = session.get_one(Pack, link.pack_id)
        told: dict[str, Any] = {}
        if link.state == LinkState.OPEN and link.accepted is not None:
            told = _contents(here, session, key, link, pack)
        title = pack.title
    asked = {
        "name": "",
        "text": "",
        "note": "",
        "crs": "",
        "encoding": "",
        "unit": "",
        "token": uuid4().hex,
    }
    answer = here.page(
        "firm.html" if told else "firm_terms.html",
        status=status,
        title=title,
        firm=link.firm,
        address=f"{PATH}/{key}",
        ended=_ended(here, link, moment),
        expires=link.expires,
        terms=terms(here.words, here.settings.licence),
        problems=dict.fromkeys(("terms", "questions", "schemes"), "") | (problems or {}),
        typed=asked | (typed or {}),
        **told,
    )
    answer.headers.update(UNKEPT)
    return answer


def terms_digest(here: Visit) -> str:
    """Return what tells the terms that were accepted from others."""
    return hash_of("\n".join(terms(here.words, here.settings.licence)))


def _contents(
    here: Visit, session: Session, key: str, link: LinkView, pack: Pack
) -> dict[str, Any]:
    """Return what stands in the room once the terms are accepted."""
    campaign = campaign_by_id(session, pack.campaign_id)
    made: Any = versions.versions(session, pack.id)
    own = desk_words.system_words(here.words, system_for(pack.system))
    rows = version_rows(here, pack.id, made, session, public=True)
    sent = schemes.schemes(session, link_id=link.id)
    near = {}
    for one in sent:
        shapes = schemes.scheme_shapes(session, one)
        if shapes:
            count = schemes.near_scheme(session, campaign.id, shapes).near
            near[one.id] = near_words(here, count)
    return {
        "campaign": presenters.title(here, campaign),
        "campaign_address": f"/w/c/{campaign.slug}",
        "versions": rows,
        "inside": inside_words(here, made),
        "system": desk_words.crs_words(here.words, pack.system),
        "questions": questions.questions(session, link_id=link.id),
        "schemes": [
            scheme_words(here, one) | {"near": near.get(one.id, ""), "address": _pdf(key, one)}
            for one in sent
        ],
        "systems": choices({**system_names(here.words), pack.system: own}),
    }


def _pdf(key: str, one: schemes.SchemeView) -> str:
    return f"{PATH}/{key}/schemes/{one.id}.pdf" if one.file else ""


def _ended(here: Visit, link: LinkView, _moment: datetime) -> str:
    """Say why a link opens nothing any more; empty for one that does."""
    _ = here.words.gettext
    if link.state == LinkState.REVOKED:
        return _("The office has taken this link back. Please ask it if you need the data.")
    if link.state == LinkState.EXPIRED:
        return _("This link has ended. Please ask the office for a new one.")
    return ""


@router.get("/firm/{key}/versions/{number}.zip", response_class=FileResponse)
def file(here: Reader, key: Key, number: Number) -> Response:
    """Give the file of a version; each download is written down, further pieces of it are none."""
    moment = now()
    try:
        with here.room.database.reading() as session:
            link = open_row(session, here.actor, key, now=moment)
            found = versions.ready_version(session, link.pack_id, number)
            link_id = link.id
    except WrongStateError:
        if here.wants_json:
            raise
        return room_page(here, key, status=409)  # says that it has ended, or asks for its terms
    asked = here.request.headers.get("range", "")
    if here.request.method == "GET" and (not asked or _FROM_START.match(asked)):
        with attempts.attempt(here, LimitKind.DOWNLOAD):
            here.write(_log, key, link_id, found.id, now=moment)
    return pack_file(here, found)


def _log(
    session: Session, actor: Any, key: str, _link_id: int, version_id: int, *, now: datetime
) -> None:
    log_download(session, actor, open_row(session, actor, key, now=now), version_id, now=now)


@router.get("/firm/{key}/schemes/{scheme_id}.pdf", response_class=FileResponse)
def own_pdf(here: Reader, key: Key, scheme_id: Number) -> Response:
    """Give a firm the PDF that it handed back itself."""
    with here.room.database.reading() as session:
        link = open_row(session, here.actor, key, now=now())
        mine = [one for one in schemes.schemes(session, link_id=link.id) if one.id == scheme_id]
    if not mine:
        raise NotFoundError(kind="scheme", id=scheme_id)
    return given_pdf(here, mine[0])
