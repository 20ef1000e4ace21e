"""Doors for staff until there are accounts: slips and street interviews, posters, QR cards."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

import errors
from layers.catalogue import layer_named
from people.actors import Where
from people.catalogue import Act, may, may_somewhere
from people.passes import STAFF_COOKIE, read_pass
from printing.places import CARD_LAYERS
from submissions import queries
from submissions.queries import CampaignView
from web import form, views
from web.campaigns import campaign_named, now
from web.form import Filled
from web.render import Visit, visit

router = APIRouter()
Reader = Annotated[Visit, Depends(visit)]
Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


@router.get("/staff", response_class=HTMLResponse)
def desk(here: Reader) -> Response:
    """Show what staff may do; a pass in the address becomes a cookie and leaves the address."""
    key = here.room.settings.secret_key
    given = here.request.query_params.get("pass", "")
    if given:
        return _let_in(here, given)
    known = read_pass(key, here.request.cookies.get(STAFF_COOKIE, ""), now())
    if known is None or not may_somewhere(here.actor, Act.ASSIST):
        raise errors.NotFoundError(kind="page")
    _ = here.words.gettext
    with here.room.database.reading() as session:
        campaigns = queries.list_campaigns(session)
    said = _("Welcome, {name}. What you write down here is marked as written down by staff.")
    return here.page(
        "staff.html",
        said=said.format(name=known.name),
        campaigns=[views.campaign_words(here, campaign) for campaign in campaigns],
        layers=[{"key": name, "name": _layer_name(here, name)} for name in CARD_LAYERS],
    )


def _layer_name(here: Visit, name: str) -> str:
    layer = layer_named(name)
    return here.said({"zh_CN": layer.title_zh, "en": layer.title_en})


def _let_in(here: Visit, given: str) -> Response:
    known = read_pass(here.room.settings.secret_key, given, now())
    if known is None:
        _ = here.words.gettext
        said = _("This pass is not valid any more. Please ask your office for a new one.")
        return here.notice(_("For staff"), said, status=403)
    answer = RedirectResponse("/w/staff", status_code=303)
    answer.set_cookie(
        STAFF_COOKIE,
        given,
        max_age=int((known.until - now()).total_seconds()),
        httponly=True,
        samesite="lax",
        secure=here.request.url.scheme == "https",
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def staff_campaign(here: Visit, slug: str, act: Act) -> CampaignView:
    """Return a campaign with which this person may do something.

    Raises ``NotFoundError``, for the page, also for whoever may not.
    """
    campaign = campaign_named(here, slug)
    if not may(here.actor, act, Where(campaign.subdistrict)):
        raise errors.NotFoundError(kind="page")
    return campaign


@router.get("/c/{slug}/assist", response_class=HTMLResponse)
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
