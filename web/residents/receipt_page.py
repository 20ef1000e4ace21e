"""The receipt's page: the code, its QR, the link, and what became of the proposal.

The same as a picture, for whoever looks for it among their photos: its address is guarded alike.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    held = _held(here, code)
    if held is None:
        return _unknown(here, code)
    return holders_page(here, held.view, held.stored, fresh=fresh == "1")


@router.get("/r/{code}/picture", response_class=HTMLResponse)
def picture_page(here: Reader, code: Code) -> Response:
    """Show the receipt as a picture, to be saved: by a long press where there are no downloads."""
    held = _held(here, code)
    if held is None:
        return _unknown(here, code)
    page = here.page("receipt_picture.html", code=held.code, width=WIDTH, height=HEIGHT)
    return _private(page)


@router.get("/r/{code}/receipt.png")
def picture(here: Reader, code: Code) -> Response:
    """Return the receipt as a picture."""
    held = _held(here, code)
    if held is None:
        raise errors.NotFoundError(kind="receipt")
    with here.room.database.reading() as session:
        campaign = queries.campaign_by_id(session, held.view.campaign_id)
    body = receipt_picture(campaign, held.view, code=held.code, link=held.link, language=here.lang)
    name = f'inline; filename="lujian-{held.code}.png"'
    return _private(Response(body, media_type="image/png", headers={"Content-Disposition": name}))


@dataclass(frozen=True)
class _Held:
    """A proposal, the code that was shown for it, as stored, and its page's address."""

    view: ProposalView
    stored: str
    link: str

    @property
    def code(self) -> str:
        """The code as people write it."""
        return format_receipt(self.stored)


def _held(here: Visit, code: str) -> _Held | None:
    """Return the proposal whose code this is; each look counts, a wrong one too."""
    found = normalise_receipt(code)
    with attempts.attempt(here, LimitKind.LOOKUP), here.room.database.reading() as session:
        view = queries.proposal_by_receipt(session, found) if found else None
    if view is None or found is None:
        return None
    return _Held(view, found, f"{here.base_url}/w/r/{format_receipt(found)}")


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def holders_page(here: Visit, view: ProposalView, code: str, **more: Any) -> Response:
    """Return a proposal's page as whoever holds its code reads it; no cache keeps it."""
    written = format_receipt(code)
    path = f"/w/r/{written}"
    address = f"{here.base_url}{path}"
    shown: dict[str, Any] = {"code": written, "url": address, "qr": qr_svg(address)}
    shown |= {"path": path, "picture": f"{path}/picture"} | told_entry(here, view.public_id)
    return _private(proposal_page(here, view, receipt=shown, **more))


def _unknown(here: Visit, typed: str) -> Response:
    said = error_messages.sentence_of(errors.NotFoundError(), here.words)
    return here.page("receipt_lookup.html", status=404, problem=said, typed=typed)
