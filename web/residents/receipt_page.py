"""The receipt's page: the code, its QR, the link, and what became of the proposal."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core import errors
from people.access.rate_limit import LimitKind
from printing.qr import qr_svg
from serving import attempts
from serving.guards import PUBLIC
from serving.visit import Reader, Visit
from submissions.proposals import queries
from submissions.proposals.queries import ProposalView
from submissions.proposals.receipt_codes import format_receipt, normalise_receipt
from web.residents.prize_draw_page import told_entry
from web.residents.proposal_page import proposal_page
from wording import error_messages

router = APIRouter(dependencies=[PUBLIC])


@router.get("/r", response_class=HTMLResponse)
def lookup(here: Reader, code: str = "") -> Response:
    """Ask for a code, or go to its page."""
    typed = code[:60]
    if not typed.strip():
        return here.page("receipt_lookup.html", problem="", typed="")
    receipt = normalise_receipt(typed)
    if receipt is None:
        return _unknown(here, typed)
    return RedirectResponse(f"/w/r/{format_receipt(receipt)}", status_code=303)


@router.get("/r/{code}", response_class=HTMLResponse)
def receipt(here: Reader, code: Annotated[str, Path(max_length=60)], fresh: str = "") -> Response:
    """Show the proposal to whoever holds its code; wrong codes are limited in number."""
    found = normalise_receipt(code)
    with attempts.attempt(here, LimitKind.LOOKUP), here.room.database.reading() as session:
        view = queries.proposal_by_receipt(session, found) if found else None
    if view is None or found is None:
        return _unknown(here, code)
    return holders_page(here, view, found, fresh=fresh == "1")


def holders_page(
    here: Visit, view: ProposalView, code: str, *, status: int = 200, problem: str = "", **more: Any
) -> Response:
    """Return a proposal's page as whoever holds its code reads it; no cache keeps it."""
    path = f"/w/r/{format_receipt(code)}"
    address = f"{here.base_url}{path}"
    shown: dict[str, Any] = {"code": format_receipt(code), "url": address, "qr": qr_svg(address)}
    shown |= {"path": path} | told_entry(here, view.public_id)
    page = proposal_page(here, view, status=status, problem=problem, receipt=shown, **more)
    page.headers["Cache-Control"] = "private, no-store"
    return page


def _unknown(here: Visit, typed: str) -> Response:
    said = error_messages.sentence_of(errors.NotFoundError(), here.words)
    return here.page("receipt_lookup.html", status=404, problem=said, typed=typed)
