"""Who asks and answers here: privacy, imprint, accessibility, and the office's logo."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response

from layers.background.base_map import current_base_map
from people.office.office import logo_of
from serving.guards import PUBLIC
from serving.visit import Reader, Visit
from wording.office.office_texts import office_text
from wording.office.office_words import field_words, ways_to_reach
from wording.office.plain_text import blocks_of

router = APIRouter(dependencies=[PUBLIC])
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.get("/privacy", response_class=HTMLResponse)
def privacy(here: Reader) -> Response:
    """Say what becomes of what people tell us."""
    return _page(here, "privacy")


@router.get("/imprint", response_class=HTMLResponse)
def imprint(here: Reader) -> Response:
    """Say who runs this site."""
    return _page(here, "imprint")


@router.get("/accessibility", response_class=HTMLResponse)
def accessibility(here: Reader) -> Response:
    """Say who can use these pages, who cannot yet, and whom to tell."""
    return _page(here, "accessibility")


@router.get("/office/{digest}.png", response_class=Response)
def logo(here: Reader, digest: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]) -> Response:
    """Return the office's logo."""
    with here.room.database.reading() as session:
        body = logo_of(session, digest)
    return Response(body, media_type="image/png", headers=_FOR_EVER)


def _page(here: Visit, name: str) -> HTMLResponse:
    shown = current_base_map(here.room.database, here.room.settings)
    text = office_text(name, here.office, here.room.settings, shown, here.words, here.lang)
    own = here.office.said(name, here.lang)
    return here.page(
        "office.html",
        heading=field_words(here.words)[name],
        blocks=blocks_of(text),
        text_lang=here.office.language_of(name, here.lang) if own else here.lang,
        ways=ways_to_reach(here.office, here.words, here.lang) if name == "imprint" else [],
        imprint=name == "imprint",
        url=f"{here.base_url}/w/{name}",
    )
