"""What staff do in the street: slips and interviews, written down for others."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

import errors
from api.guards import PUBLIC, for_staff
from people.actors import Where
from people.catalogue import Act, may
from submissions.queries import CampaignView
from web import form, views
from web.campaigns import campaign_named
from web.form import Filled
from web.render import Visit, visit

router = APIRouter()
Reader = Annotated[Visit, Depends(visit)]
Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


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
    return assist_page(here, campaign, form.empty(here.request.query_params))


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
        campaign=views.campaign_words(here, campaign),
        form=form.shown(
            here, campaign, filled, problems=problems, candidates=candidates, staff=True
        ),
        map=views.the_map(here, campaign, placing=True),
        notice=said,
    )
