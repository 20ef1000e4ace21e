"""Changing one's own proposal in the form it was filed with, and taking it back by its code.

An author is who comes with the device that filed it, or with its receipt code from any device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from core import errors
from core.dates import read_moment
from people.access.rate_limit import LimitKind
from serving import attempts
from serving.errors import status_of
from serving.guards import DEVICE, PUBLIC, kept_by
from serving.visit import Reader, Visit, now, visit
from serving.write_turns import in_turn
from submissions.participation import my_proposals
from submissions.participation.author_edits import edit_proposal, withdraw_proposal
from submissions.participation.personal_words import PersonalWordsError
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView
from submissions.proposals.receipt_codes import format_receipt
from web import presenters
from web.residents import form_problems, proposal_form
from web.residents.file_proposal import sent_form
from web.residents.proposal_form import Filled
from web.residents.receipt_page import holders_page
from wording import error_messages
from wording.personal_words import asked_of

router = APIRouter()
PublicId = Annotated[str, Path(max_length=16)]
Code = Annotated[str, Path(max_length=60)]


@dataclass(frozen=True)
class Author:
    """Whoever may change a proposal: on the device that filed it, or with its receipt code."""

    own: my_proposals.OwnView
    campaign: CampaignView
    code: str = ""

    @property
    def address(self) -> str:
        """Where the proposal stands, as its author came to it."""
        return f"/w/r/{format_receipt(self.code)}" if self.code else f"/w/p/{self.own.public_id}"


@router.get("/p/{public_id}/change", response_class=HTMLResponse, dependencies=[PUBLIC])
def change(here: Reader, public_id: PublicId) -> Response:
    """Show the form, filled with what was filed."""
    return _form(here, _by_device(here, public_id))


@router.get("/r/{code}/change", response_class=HTMLResponse, dependencies=[PUBLIC])
def change_by_code(here: Reader, code: Code) -> Response:
    """Show the form to whoever holds the code; wrong codes are limited in number."""
    return _form(here, _by_code(here, code))


def _form(here: Visit, author: Author) -> Response:
    if not author.own.editable:
        return RedirectResponse(author.address, status_code=303)
    return _page(here, author, _filled(author.own))


@router.post("/p/{public_id}/change", dependencies=[DEVICE])
async def take(here: Reader, request: Request, public_id: PublicId) -> Response:
    """Take the change."""
    filled, _pictures = await sent_form(request)
    return await in_turn(here.room.writing, _take, here, _by_device, public_id, filled)


@router.post("/r/{code}/change", dependencies=[DEVICE])
async def take_by_code(here: Reader, request: Request, code: Code) -> Response:
    """Take the change of whoever holds the code."""
    filled, _pictures = await sent_form(request)
    return await in_turn(here.room.writing, _take, here, _by_code, code, filled)


async def _receipt_again(request: Request, error: errors.LuJianError) -> Response:
    """Show the page of the code to a browser that has got its device only now."""
    here, code = visit(request), request.path_params["code"]
    return await to_thread.run_sync(_not_taken_back, here, code, error)


@router.post("/r/{code}/withdraw", dependencies=[DEVICE])
@kept_by(_receipt_again)
def withdraw_by_code(here: Reader, code: Code) -> Response:
    """Take a proposal back with its code."""
    author = _by_code(here, code)
    try:
        with attempts.attempt(here, LimitKind.SUPPORT):
            here.write(withdraw_proposal, author.own.public_id, code=author.code, now=now())
    except errors.LuJianError as error:
        return _not_taken_back(here, code, error)
    return RedirectResponse(f"{author.address}?said=withdrawn", status_code=303)


def _not_taken_back(here: Visit, code: str, error: errors.LuJianError) -> Response:
    author, said = _by_code(here, code), error_messages.sentence_of(error, here.words)
    return holders_page(here, author.own, author.code, status=status_of(error), problem=said)


def _take(
    here: Visit, find: Callable[[Visit, str], Author], named: str, filled: Filled
) -> Response:
    author = find(here, named)
    try:
        proposal_form.take_out_personal(filled, author.campaign)
        proposal_form.check_personal(filled, author.campaign)
        _change(here, author, filled, here.request.query_params.get("updated", ""))
    except PersonalWordsError as found:
        filled.personal = found.params["parts"]
        if here.wants_json:
            return JSONResponse(asked_of(found, here.words))
        return _page(here, author, filled, status=status_of(found))
    except errors.LuJianError as error:
        told = form_problems.problems_of(here, author.campaign, filled, error)
        if here.wants_json:
            return JSONResponse(form_problems.as_json(told))
        problems = form_problems.by_part(told)
        return _page(here, author, filled, status=status_of(error), problems=problems)
    address = f"{author.address}?said=saved"
    if here.wants_json:
        return JSONResponse({"address": address})
    return RedirectResponse(address, status_code=303)


def _change(here: Visit, author: Author, filled: Filled, asked: str) -> None:
    own, values = author.own, filled.values
    try:
        seen = read_moment(asked)
    except ValueError:
        raise errors.InvalidError(field="updated") from None
    place: dict[str, Any] = {name: values[name] for name in ("longitude", "latitude")}
    if own.geometry is not None or place == _pin(own):  # a drawn shape stays as it was drawn
        place = {}  # a pin that was not moved keeps how it came and how sure it was
    with attempts.attempt(here, LimitKind.COMMENT):
        here.write(
            edit_proposal,
            own.public_id,
            updated=seen,
            text=values["text"],
            category=values["category"],
            relation=values["relation"],
            answers={key: given for key, given in filled.answers.items() if given},
            code=author.code,
            now=now(),
            **place,
        )


def _by_device(here: Visit, public_id: str) -> Author:
    with here.room.database.reading() as session:
        own = my_proposals.own_proposal(session, here.actor, public_id)
        return Author(own, queries.campaign_by_id(session, own.campaign_id))


def _by_code(here: Visit, code: str) -> Author:
    """Return the author who holds a code; wrong ones are limited in number as when looked up."""
    with attempts.attempt(here, LimitKind.LOOKUP), here.room.database.reading() as session:
        own = my_proposals.proposal_of_code(session, code)  # none is counted, too
        campaign = None if own is None else queries.campaign_by_id(session, own.campaign_id)
    if own is None or campaign is None:
        raise errors.NotFoundError(kind="receipt")
    return Author(own, campaign, own.receipt or "")


def _filled(own: my_proposals.OwnView) -> Filled:
    """Return the form as its author would have filled it in."""
    filled = proposal_form.empty({})
    filled.values |= _pin(own) | {
        "placed_by": own.placed_by,
        "category": own.category,
        "text": own.text,
        "relation": own.relation,
    }
    filled.answers = {
        key: [str(one) for one in (given if isinstance(given, list) else [given])]
        for key, given in own.answers.items()
    }
    return filled


def _pin(own: my_proposals.OwnView) -> dict[str, str]:
    """Return the pin as the form holds it."""
    return {"longitude": f"{own.longitude:.6f}", "latitude": f"{own.latitude:.6f}"}


def _page(
    here: Visit,
    author: Author,
    filled: Filled,
    *,
    status: int = 200,
    problems: dict[str, str] | None = None,
) -> HTMLResponse:
    own, campaign = author.own, author.campaign
    shown = proposal_form.shown(here, campaign, filled, problems=problems)
    drawn = own.geometry is not None
    token = own.updated.isoformat() if own.updated else ""
    shown |= {
        "action": f"{author.address}/change?{urlencode({'updated': token})}",
        "draft": f"change-{own.public_id}",
        "kinds": ["point"],
        "max_photos": 0,
        "contact_label": "",
        "changing": True,
        "drawn": drawn,
        "closed": "",
    }
    page = here.page(
        "change.html",
        status=status,
        campaign=presenters.campaign_words(here, campaign),
        address=author.address,
        form=shown,
        map=presenters.the_map(
            here, campaign, placing=not drawn, pin=own if drawn else None, locate=not drawn
        ),
    )
    page.headers["Cache-Control"] = "private, no-store"
    return page
