"""What staff do in the street: slips and interviews, written down for others."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core import errors
from people.access.actor import Where
from people.access.permissions import Act, may
from serving.guards import PUBLIC, for_staff
from serving.parameters import Slug
from serving.visit import Reader, Visit
from submissions.proposals.queries import CampaignView
from web import presenters
from web.residents import proposal_form
from web.residents.campaign_page import campaign_named
from web.residents.proposal_form import Filled

router = APIRouter()


@router.get("/staff", dependencies=[PUBLIC])
def desk() -> Response:
    """Lead old links to the desk."""
    return RedirectResponse("/w/desk", status_code=303)


def staff_campaign(here: Visit, slug: str, act: Act) -> CampaignView:
    """Return a campaign with which this person may do something.

    Raises ``NotFoundError``, for the page, also for whoever may not.
    """
    campaign = campaign_named(here, slug)
    if not may(here.actor, act, Where(campaign.subdistrict)):
        raise errors.NotFoundError(kind="page")
    return campaign


@router.get("/c/{slug}/assist", response_class=HTMLResponse, dependencies=[for_staff(Act.ASSIST)])
def assist(here: Reader, slug: Slug) -> Response:
    """Show the form in which staff write down what somebody says."""
    campaign = staff_campaign(here, slug, Act.ASSIST)
    return assist_page(here, campaign, proposal_form.empty(here.request.query_params))


def assist_page(
    here: Visit,
    campaign: CampaignView,
    filled: Filled,
    *,
    status: int = 200,
    problems: dict[str, str] | None = None,
    candidates: list[dict[str, Any]] | None = None,
) -> HTMLResponse:
    """Return the page with the form as it was filled in."""
    _ = here.words.gettext
    filed = here.request.query_params.get("filed", "")[:20]
    said = _("Written down. The person's code is {code}.").format(code=filed) if filed else ""
    return here.page(
        "assist.html",
        status=status,
        campaign=presenters.campaign_words(here, campaign),
        form=proposal_form.shown(
            here, campaign, filled, problems=problems, candidates=candidates, staff=True
        ),
        map=presenters.the_map(here, campaign, placing=True, locate=True),
        notice=said,
    )
