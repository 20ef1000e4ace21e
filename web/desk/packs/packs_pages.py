"""The packs within reach, and the form by which one is made."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core import errors
from core.language import LANGUAGES
from packs import packs as rules
from packs.packs import make_pack
from packs.sources import PackSource
from packs.versions import versions
from people.access.actor import Where
from people.access.permissions import Act, may
from serving.errors import status_of
from serving.guards import desk
from serving.visit import Reader, Visit, now
from submissions.proposals.queries import campaign_by_id
from web import presenters
from web.desk.frame import desk_page
from web.desk.packs.pack_sources import source_of
from web.desk.posted_form import token_of
from wording.packs import desk_words
from wording.packs.desk_words import pack_sentence

router = APIRouter(dependencies=[desk(Act.GIVE_PACK)])
PATH = "/w/desk/packs"


@router.get("/desk/packs", response_class=HTMLResponse)
def the_packs(here: Reader) -> Response:
    """List the packs, the latest first, with what waits for the office."""
    with here.room.database.reading() as session:
        found = [
            (one, campaign_by_id(session, one.campaign_id), versions(session, one.id)[:1])
            for one in rules.packs(session, here.actor)
        ]
    states = desk_words.version_states(here.words)
    origins = desk_words.origin_words(here.words)
    return desk_page(
        here,
        "packs.html",
        room="packs",
        packs=[
            {
                "address": f"{PATH}/{one.id}",
                "title": one.title,
                "of": origins[one.origin],
                "campaign": presenters.title(here, campaign),
                "state": states[latest[0].state] if latest else "",
                "number": latest[0].number if latest else 0,
                "by": one.by,
                "created": one.created,
                "waits": _waits(here, one),
            }
            for one, campaign, latest in found
        ],
    )


def _waits(here: Visit, one: rules.PackView) -> list[str]:
    """Say what waits for the office."""
    ngettext = here.words.ngettext
    told = []
    if one.questions:
        said = ngettext("{n} question waits", "{n} questions wait", one.questions)
        told.append(said.format(n=one.questions))
    if one.schemes:
        said = ngettext("{n} scheme waits", "{n} schemes wait", one.schemes)
        told.append(said.format(n=one.schemes))
    return told


@router.get("/desk/packs/new", response_class=HTMLResponse)
def new(here: Reader) -> Response:
    """Ask how a pack of what the address names is to be called, and in which system."""
    return _form(here, source_of(here), {})


@router.post("/desk/packs/new")
def make(
    here: Reader,
    token: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "",
    system: Annotated[str, Form(max_length=20)] = "",
    language: Annotated[str, Form(max_length=16)] = "",
) -> Response:
    """Make a pack of what the address names; its first version is made in the background."""
    source = source_of(here)
    typed = {"token": token, "title": title, "system": system, "language": language}
    try:
        if system not in _systems(here, source):
            raise errors.InvalidError(field="system")
        made = here.write(
            make_pack,
            source,
            title=title,
            system=system,
            language=language,
            token=token_of(token),
            now=now(),
        )
    except errors.InvalidError as error:
        said = pack_sentence(error, here.words, here.lang)
        return _form(here, source, typed, status=status_of(error), problem=said)
    return RedirectResponse(f"{PATH}/{made}", status_code=303)


def _form(
    here: Visit, source: PackSource, typed: dict[str, Any], *, status: int = 200, problem: str = ""
) -> HTMLResponse:
    with here.room.database.reading() as session:
        campaign = campaign_by_id(session, source.campaign_id)
    where = Where(campaign.subdistrict, source.community_code or "", source.edition)
    if not may(here.actor, Act.GIVE_PACK, where):
        raise errors.NotFoundError(kind="page")
    systems = _systems(here, source)
    given = {"token": uuid4().hex, "title": source.title, "system": next(iter(systems), "")}
    return desk_page(
        here,
        "pack_new.html",
        room="packs",
        status=status,
        problem=problem,
        typed={**given, "language": here.lang, **typed},
        of=desk_words.origin_words(here.words)[source.origin],
        campaign=presenters.title(here, campaign),
        systems=systems,
        languages=LANGUAGES,
        most_title=rules.MOST_TITLE,
        action=here.address_here,
    )


def _systems(here: Visit, source: PackSource) -> dict[str, str]:
    """Return the systems in metres at the place of a pack, by code."""
    west, _south, east, _north = source.outline.bounds
    return desk_words.systems(here.words, (west + east) / 2)
