"""The list of what was published as it was filed: each text is read there, one tap takes it off."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from moderation.look_at import look_at
from moderation.queue import MOST_ON_PAGE, Tab
from people.access.permissions import Act
from serving.guards import desk
from serving.visit import Reader, Visit, now
from submissions.proposals.queries import CampaignView, ProposalView
from web import presenters
from web.desk.moderation import case_forms, queue_filter
from web.desk.moderation.queue_filter import QueueRequest

router = APIRouter(dependencies=[desk(Act.MODERATE)])
Name = Annotated[str, Form(max_length=16)]
Names = Annotated[list[str], Form(max_length=MOST_ON_PAGE)]
NONE: list[str] = []


def whole(
    here: Visit, asked: QueueRequest, campaign: CampaignView, view: ProposalView
) -> dict[str, Any]:
    """Return all that others read of a proposal, in its list; nothing for other lists."""
    if asked.tab != Tab.UNREVIEWED:
        return {}
    said = [one["told"] for one in presenters.answers(here, campaign, view)]
    return {"id": view.public_id, **case_forms.personal("\n".join([view.text, *said]))}


@router.post("/desk/looked-at")
def take(here: Reader, id: Names = NONE, only: Name = "") -> Response:
    """Take what was looked at off the list: ``only`` one, or all that stood on the page."""
    here.write(look_at, [only] if only else id, now=now())
    kept = {name: here.request.query_params.get(name, "") for name in queue_filter.NAMES}
    kept = {name: value[:60] for name, value in kept.items() if value}
    back = urlencode({"tab": Tab.UNREVIEWED, **kept, "did": "looked_at"})
    return RedirectResponse(f"/w/desk/queue?{back}", status_code=303)
