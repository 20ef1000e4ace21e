"""Links of letters: saying yes to them, and wanting no more of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import HTMLResponse, Response

from serving.guards import PUBLIC
from serving.visit import Reader, Visit, now
from submissions.participation import follows

router = APIRouter(dependencies=[PUBLIC])
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/follow/{token}", response_class=HTMLResponse)
def show(here: Reader, token: Token) -> Response:
    """Show the two buttons: a program that only follows links must not say yes."""
    return _page(here, token)


@router.post("/follow/{token}", response_class=HTMLResponse)
def act(here: Reader, token: Token, act: Annotated[str, Form(max_length=20)] = "end") -> Response:
    """Say yes or stop; a mail program's one-click unsubscribing (RFC 8058) stops."""
    moment, base = now(), here.room.settings.public_url.rstrip("/")
    if act == "confirm":
        here.room.database.write(lambda s: follows.confirm(s, token, base=base, now=moment))
    else:
        here.room.database.write(lambda s: follows.end(s, token, now=moment))
    return _page(here, token)


@router.get("/follow/{token}/all", response_class=HTMLResponse)
def show_all(here: Reader, token: Token) -> Response:
    """Show the button by which no letter at all is sent any more."""
    return _page(here, token, every=True)


@router.post("/follow/{token}/all", response_class=HTMLResponse)
def end_all(here: Reader, token: Token) -> Response:
    """Stop all letters to this address, also at one click of a mail program (RFC 8058)."""
    moment = now()
    here.room.database.write(lambda s: follows.end_all(s, token, now=moment))
    return _page(here, token, every=True)


def _page(here: Visit, token: str, *, every: bool = False) -> HTMLResponse:
    """Return the page of one follow, or of ``every`` one of the same address."""
    _ = here.words.gettext
    with here.room.database.reading() as session:
        view = follows.follow_by_token(session, token)
    if every:
        said = (
            _("You get no more messages from us.")
            if view.ended
            else _("We write to you about the proposals that you follow.")
        )
    elif view.ended:
        said = _("You get no more messages about this proposal.")
    elif view.confirmed:
        said = _("We tell you what becomes of this proposal.")
    else:
        said = _("Somebody, probably you, asked us to tell you what becomes of this proposal.")
    return here.page(
        "follow.html",
        token=token,
        said=said,
        may_confirm=not every and not view.ended and not view.confirmed,
        may_end=not view.ended,
        every=every,
        link=f"/w/p/{view.public_id}" if view.published and not every else "",
    )
