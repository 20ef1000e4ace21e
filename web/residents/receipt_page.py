"""The receipt's page: the code, its QR, the link, and what became of the proposal.

The same as a picture, for whoever looks for it among their photos: its address is guarded alike.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core import errors
from people.access.rate_limit import LimitKind
from printing.qr import qr_svg
from printing.receipt_picture import HEIGHT, WIDTH, receipt_picture
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
Code = Annotated[str, Path(max_length=60)]


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
def receipt(here: Reader, code: Code, fresh: str = "") -> Response:
    """Show the proposal to whoever holds its code; wrong codes are limited in number."""
    view = _held(here, code)
    if view is None:
        return _unknown(here, code)
    address = _address(here, view)
    shown: dict[str, Any] = {"code": _written(view), "url": address, "qr": qr_svg(address)}
    shown |= {"picture": f"/w/r/{_written(view)}/picture"} | told_entry(here, view.public_id)
    return _private(proposal_page(here, view, receipt=shown, fresh=fresh == "1"))


@router.get("/r/{code}/picture", response_class=HTMLResponse)
def picture_page(here: Reader, code: Code) -> Response:
    """Show the receipt as a picture, to be saved: by a long press where there are no downloads."""
    view = _held(here, code)
    if view is None:
        return _unknown(here, code)
    page = here.page("receipt_picture.html", code=_written(view), width=WIDTH, height=HEIGHT)
    return _private(page)


@router.get("/r/{code}/receipt.png")
def picture(here: Reader, code: Code) -> Response:
    """Return the receipt as a picture."""
    view = _held(here, code)
    if view is None:
        raise errors.NotFoundError(kind="receipt")
    with here.room.database.reading() as session:
        campaign = queries.campaign_by_id(session, view.campaign_id)
    body = receipt_picture(
        campaign, view, code=_written(view), link=_address(here, view), language=here.lang
    )
    name = f'inline; filename="lujian-{_written(view)}.png"'
    return _private(Response(body, media_type="image/png", headers={"Content-Disposition": name}))


def _held(here: Visit, code: str) -> ProposalView | None:
    """Return the proposal whose code this is; each look counts, a wrong one too."""
    found = normalise_receipt(code)
    with attempts.attempt(here, LimitKind.LOOKUP), here.room.database.reading() as session:
        return queries.proposal_by_receipt(session, found) if found else None


def _written(view: ProposalView) -> str:
    return format_receipt(str(view.receipt))


def _address(here: Visit, view: ProposalView) -> str:
    return f"{here.base_url}/w/r/{_written(view)}"


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _unknown(here: Visit, typed: str) -> Response:
    said = error_messages.sentence_of(errors.NotFoundError(), here.words)
    return here.page("receipt_lookup.html", status=404, problem=said, typed=typed)
