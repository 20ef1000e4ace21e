"""Changing one's own proposal in the form it was filed with, as long as nobody has seen it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from core import errors
from core.dates import read_moment
from people.access.rate_limit import LimitKind
from serving import attempts
from serving.errors import status_of
from serving.guards import DEVICE, PUBLIC
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from submissions.participation import my_proposals
from submissions.participation.author_edits import edit_proposal
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView
from web import presenters
from web.residents import form_problems, proposal_form
from web.residents.file_proposal import sent_form
from web.residents.proposal_form import Filled

router = APIRouter()
PublicId = Annotated[str, Path(max_length=16)]


@router.get("/p/{public_id}/change", response_class=HTMLResponse, dependencies=[PUBLIC])
def change(here: Reader, public_id: PublicId) -> Response:
    """Show the form, filled with what was filed."""
    own, campaign = _own(here, public_id)
    if not own.editable:
        return RedirectResponse(f"/w/p/{public_id}", status_code=303)
    return _page(here, campaign, own, _filled(own))


@router.post("/p/{public_id}/change", dependencies=[DEVICE])
async def take(here: Reader, request: Request, public_id: PublicId) -> Response:
    """Take the change."""
    filled, _pictures = await sent_form(request)
    asked = request.query_params.get("updated", "")
    return await in_turn(here.room.writing, _take, here, public_id, filled, asked)


def _take(here: Visit, public_id: str, filled: Filled, asked: str) -> Response:
    own, campaign = _own(here, public_id)
    try:
        _change(here, own, filled, asked)
    except errors.LuJianError as error:
        told = form_problems.problems_of(here, campaign, filled, error)
        if here.wants_json:
            return JSONResponse(form_problems.as_json(told))
        problems = form_problems.by_part(told)
        return _page(here, campaign, own, filled, status=status_of(error), problems=problems)
    address = f"/w/p/{public_id}?said=saved"
    if here.wants_json:
        return JSONResponse({"address": address})
    return RedirectResponse(address, status_code=303)


def _change(here: Visit, own: my_proposals.OwnView, filled: Filled, asked: str) -> None:
    values = filled.values
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
            now=now(),
            **place,
        )


def _own(here: Visit, public_id: str) -> tuple[my_proposals.OwnView, CampaignView]:
    with here.room.database.reading() as session:
        own = my_proposals.own_proposal(session, here.actor, public_id)
        return own, queries.campaign_by_id(session, own.campaign_id)


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
    campaign: CampaignView,
    own: my_proposals.OwnView,
    filled: Filled,
    *,
    status: int = 200,
    problems: dict[str, str] | None = None,
) -> HTMLResponse:
    shown = proposal_form.shown(here, campaign, filled, problems=problems)
    drawn = own.geometry is not None
    token = own.updated.isoformat() if own.updated else ""
    shown |= {
        "action": f"/w/p/{own.public_id}/change?{urlencode({'updated': token})}",
        "draft": f"change-{own.public_id}",
        "kinds": ["point"],
        "max_photos": 0,
        "contact_label": "",
        "changing": True,
        "drawn": drawn,
        "closed": "",
    }
    return here.page(
        "change.html",
        status=status,
        campaign=presenters.campaign_words(here, campaign),
        address=f"/w/p/{own.public_id}",
        form=shown,
        map=presenters.the_map(here, campaign, placing=not drawn, pin=own if drawn else None),
    )
