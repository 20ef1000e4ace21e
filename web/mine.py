"""What one device sent, and what it follows: without an account."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from api.guards import PUBLIC
from submissions import follows, mine, queries
from submissions.queries import CampaignView, ProposalView
from submissions.receipts import format_receipt
from web import views
from web.render import Visit, visit
from wording import fate

router = APIRouter(dependencies=[PUBLIC])
Reader = Annotated[Visit, Depends(visit)]


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
    return here.page("mine.html", groups=groups)


def _shown(
    here: Visit, campaigns: dict[int, CampaignView], view: ProposalView, address: str
) -> dict[str, Any]:
    campaign = campaigns[view.campaign_id]
    return {
        "address": address or f"/w/p/{view.public_id}",
        "excerpt": views.excerpt(view.text),
        "facts": [views.campaign_words(here, campaign)["title"], *views.facts(here, view)],
        "status": fate.state_word(here.words, view),
        **views.category_look(here, campaign, view.category),
    }
