"""The receipt's page: the code, its QR, the link, and what became of the proposal."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

import errors
from api.guards import PUBLIC
from people.limits import Kind
from printing.qr import qr_svg
from submissions import queries
from submissions.receipts import format_receipt, normalise_receipt
from web import gate
from web.draws import told_entry
from web.proposals import proposal_page
from web.render import Visit, visit
from wording import sentences

router = APIRouter(dependencies=[PUBLIC])
Reader = Annotated[Visit, Depends(visit)]


@router.get("/r", response_class=HTMLResponse)
def lookup(here: Reader, code: str = "") -> Response:
    """Ask for a code, or go to its page."""
    typed = code[:60]
    if not typed.strip():
        return here.page("lookup.html", problem="", typed="")
    receipt = normalise_receipt(typed)
    if receipt is None:
        return _unknown(here, typed)
    return RedirectResponse(f"/w/r/{format_receipt(receipt)}", status_code=303)


@router.get("/r/{code}", response_class=HTMLResponse)
def receipt(here: Reader, code: Annotated[str, Path(max_length=60)], fresh: str = "") -> Response:
    """Show the proposal to whoever holds its code; wrong codes are limited in number."""
    found = normalise_receipt(code)
    with gate.attempt(here, Kind.LOOKUP), here.room.database.reading() as session:
        view = queries.proposal_by_receipt(session, found) if found else None
    if view is None or found is None:
        return _unknown(here, code)
    address = f"{here.base_url}/w/r/{format_receipt(found)}"
    shown: dict[str, Any] = {"code": format_receipt(found), "url": address, "qr": qr_svg(address)}
    shown |= told_entry(here, view.public_id)
    page = proposal_page(here, view, receipt=shown, fresh=fresh == "1")
    page.headers["Cache-Control"] = "private, no-store"
    return page


def _unknown(here: Visit, typed: str) -> Response:
    said = sentences.sentence_of(errors.NotFoundError(), here.words)
    return here.page("lookup.html", status=404, problem=said, typed=typed)
