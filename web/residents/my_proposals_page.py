"""What one device sent, and what it follows: without an account."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from serving.guards import PUBLIC
from serving.visit import Reader, Visit
from submissions.participation import follows
from submissions.participation import my_proposals as mine
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView, ProposalView
from submissions.proposals.receipt_codes import format_receipt
from web import presenters
from web.residents import area_alerts
from wording import proposal_status

router = APIRouter(dependencies=[PUBLIC])


@router.get("/mine", response_class=HTMLResponse)
def my_proposals(here: Reader) -> Response:
    """List this device's proposals and those it follows."""
    _ = here.words.gettext
    with here.room.database.reading() as session:
        campaigns = {campaign.id: campaign for campaign in queries.list_campaigns(session)}
        own = mine.own_proposals(session, here.actor)
        total = mine.count_own(session, here.actor)
        watched = queries.proposals_by_public_ids(session, follows.followed(session, here.actor))
    sent = [
        _shown(
            here, campaigns, view, f"/w/r/{format_receipt(view.receipt)}" if view.receipt else ""
        )
        for view in own
    ]
    groups = [
        {
            "title": _("Sent from this device"),
            "views": sent,
            "none": _("Nothing has been sent from this device yet."),
            "more": _(
                "The latest {shown} of {total}. You find each of the others with its code."
            ).format(shown=len(own), total=total)
            if total > len(own)
            else "",
        },
        {
            "title": _("On my list"),
            "views": [_shown(here, campaigns, view, "") for view in watched],
            "none": _("You follow no proposal yet. Open one and press “Keep it on my list”."),
            "more": "",
        },
    ]
    return here.page("mine.html", groups=groups, alerts=area_alerts.rows_of_device(here))


def _shown(
    here: Visit, campaigns: dict[int, CampaignView], view: ProposalView, address: str
) -> dict[str, Any]:
    campaign = campaigns[view.campaign_id]
    return {
        "address": address or f"/w/p/{view.public_id}",
        "excerpt": presenters.excerpt(view.text),
        "facts": [
            presenters.title(here, campaign),
            *presenters.facts(here, view),
        ],
        "status": proposal_status.state_word(here.words, view),
        **presenters.category_look(here, campaign, view.category),
    }
