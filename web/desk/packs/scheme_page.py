"""A scheme that a firm handed back: on the map beside the demand, accepted or not with a word."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from core import errors
from packs import schemes
from packs.packs import pack_named, pack_row
from packs.schemes import decide_scheme
from people.access.actor import Actor
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit, now
from submissions.proposals.queries import campaign_by_id
from web import presenters
from web.desk.frame import desk_page
from web.desk.packs import scheme_map
from web.desk.packs.pack_page import UNKEPT, scheme_words
from web.desk.packs.packs_pages import PATH
from wording import formatting
from wording.packs.desk_words import pack_sentence

router = APIRouter(dependencies=[desk(Act.GIVE_PACK)])
#: So far around a scheme proposals are drawn, in metres, and so many of those near are listed.
DRAWN_M, LISTED = 500.0, 20


@router.get("/desk/packs/{pack_id}/schemes/{scheme_id}.pdf", response_class=FileResponse)
def pdf(here: Reader, pack_id: Number, scheme_id: Number) -> Response:
    """Give a scheme that came as PDF, to be opened on the planner's own machine."""
    with here.room.database.reading() as session:
        pack_row(session, here.actor, pack_id)
        found = schemes.scheme_of(session, pack_id, scheme_id)
    return given_pdf(here, found)


def given_pdf(here: Visit, found: schemes.SchemeView) -> FileResponse:
    """Return the PDF of a scheme, never shown within a page of ours. Raises ``NotFoundError``."""
    path = here.room.packs.path(found.file)
    name = f"scheme-{found.id}.pdf"
    return FileResponse(path, media_type="application/pdf", filename=name, headers=UNKEPT)


@router.get("/desk/packs/{pack_id}/schemes/{scheme_id}", response_class=HTMLResponse)
def scheme(here: Reader, pack_id: Number, scheme_id: Number) -> Response:
    """Show a scheme."""
    return scheme_page(here, pack_id, scheme_id)


def scheme_page(
    here: Visit,
    pack_id: int,
    scheme_id: int,
    *,
    status: int = 200,
    problem: str = "",
    word: str = "",
) -> Response:
    """Return the page. Raises ``NotFoundError``."""
    with here.room.database.reading() as session:
        pack = pack_named(session, here.actor, pack_id)
        found = schemes.scheme_of(session, pack_id, scheme_id)
        campaign = campaign_by_id(session, pack.campaign_id)
        shapes = schemes.scheme_shapes(session, found)
        near = schemes.near_scheme(session, campaign.id, shapes, within_m=DRAWN_M)
    drawn = scheme_map.scheme_map(here, campaign, pack.outline, shapes, near) if shapes else None
    return desk_page(
        here,
        "pack_scheme.html",
        room="packs",
        status=status,
        pack=pack,
        address=f"{PATH}/{pack_id}/schemes/{scheme_id}",
        back=f"{PATH}/{pack_id}",
        campaign=presenters.title(here, campaign),
        scheme=scheme_words(here, found),
        near=near_words(here, near.near) if shapes else "",
        listed=[
            (name, formatting.distance(metres, here.lang))
            for name, metres in zip(near.ids[: near.near], near.metres, strict=False)
        ][:LISTED],
        map=drawn,
        legend=scheme_map.legend(here),
        problem=problem,
        word=word,
    )


def near_words(here: Visit, number: int) -> str:
    """Say how many proposals lie within 100 m of a scheme."""
    said = here.words.ngettext(
        "{n} proposal lies within 100 m of the scheme.",
        "{n} proposals lie within 100 m of the scheme.",
        number,
    )
    return said.format(n=formatting.number(number, here.lang))


@router.post("/desk/packs/{pack_id}/schemes/{scheme_id}/decide")
def decide(
    here: Reader,
    pack_id: Number,
    scheme_id: Number,
    accepted: Annotated[str, Form(max_length=3)] = "",
    word: Annotated[str, Form()] = "",
) -> Response:
    """Accept a scheme, or not, with a word to the firm."""

    def act(session: Session, actor: Actor) -> None:
        pack: Any = pack_row(session, actor, pack_id)
        if accepted not in {"yes", "no"}:
            raise errors.InvalidError(field="accepted")
        decide_scheme(
            session,
            actor,
            pack,
            scheme_id,
            accepted=accepted == "yes",
            word=word,
            now=now(),
        )

    try:
        here.write(act)
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        said = pack_sentence(error, here.words, here.lang)
        return scheme_page(
            here, pack_id, scheme_id, status=status_of(error), problem=said, word=word
        )
    return RedirectResponse(f"{PATH}/{pack_id}/schemes/{scheme_id}", status_code=303)
