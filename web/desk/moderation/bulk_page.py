"""One action on many proposals: choose them, see what would change, and do it."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from analysis import results, selection
from analysis.filter import NAMES, Filter, check_names, read_filter
from analysis.selection import Selection
from core import errors
from moderation.bulk import bulk_actions
from moderation.bulk.bulk_actions import Preview
from moderation.bulk.order import BulkAction, Order
from moderation.overview import campaigns_within
from people.access.permissions import Act, may_somewhere
from serving.errors import status_of
from serving.guards import desk
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from submissions.proposals.queries import CampaignView
from web import presenters
from web.desk.frame import desk_page
from web.desk.moderation import bulk_forms
from web.desk.moderation.notes_and_assignments import end_of_day
from web.desk.posted_form import account_of
from wording import formatting, hotspots
from wording.error_messages import sentence_of

ACTS = (Act.MODERATE, Act.ANSWER, Act.ASSIGN)
router = APIRouter(dependencies=[desk(*ACTS)])
RADIUS_M, MIN_PROPOSALS = 50.0, 5
_DECISION = ("action", "reason", "common", "category", "stage", "reply", "by")
#: What the page reads besides the filter.
READ_HERE = ("campaign", "hotspots", "jobs", "page", "sort")
_FIELDS = (*_DECISION, "account", "due", "task")


@router.get("/desk/bulk", response_class=HTMLResponse)
def choose(here: Reader) -> Response:
    """Show what can be selected, how many that is, and what can be done with them."""
    return bulk_page(here, *_asked(here))


def _asked(here: Visit) -> tuple[list[CampaignView], CampaignView, Filter, str]:
    """Return the campaigns, the one that is asked for, the filter, and what is wrong with it."""
    check_names(here.request.query_params, (*NAMES, *READ_HERE))
    slug = here.request.query_params.get("campaign", "")
    act = next(act for act in ACTS if may_somewhere(here.actor, act))
    with here.room.database.reading() as session:
        campaigns = campaigns_within(session, here.actor, act)
    if not campaigns:
        raise errors.NotFoundError(kind="campaign")
    campaign = next((one for one in campaigns if one.slug == slug), campaigns[-1])
    try:
        narrow = read_filter(here.request.query_params.multi_items())
    except errors.InvalidError as error:
        return campaigns, campaign, Filter(), sentence_of(error, here.words)
    return campaigns, campaign, narrow, ""


def address(campaign: CampaignView, narrow: Filter, path: str = "/w/desk/bulk") -> str:
    """Return the address of a selection."""
    return f"{path}?{urlencode([('campaign', campaign.slug), *narrow.pairs()])}"


def bulk_page(
    here: Visit,
    campaigns: list[CampaignView],
    campaign: CampaignView,
    narrow: Filter,
    problem: str = "",
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    """Return the page; ``typed``: the order that was refused."""
    chosen = Selection(campaign, narrow, here.actor)
    try:
        total = _count(here, chosen)
    except errors.LuJianError as error:
        problem, total = sentence_of(error, here.words), 0
        chosen = Selection(campaign, Filter(), here.actor)
    with here.room.database.reading() as session:
        offered = bulk_forms.offered(here, session, campaign, here.actor, now())
        here_again = address(campaign, chosen.narrow)
        jobs = bulk_forms.job_list(here, session, campaign, lambda n: f"{here_again}&jobs={n}#jobs")
    query = chosen.narrow.query()
    what = "desk" if may_somewhere(here.actor, Act.MODERATE) else "proposals"
    return desk_page(
        here,
        "bulk.html",
        room="bulk",
        status=status,
        campaigns=[(one.slug, presenters.title(here, one)) for one in campaigns],
        campaign=presenters.campaign_words(here, campaign),
        narrow=bulk_forms.shown_filter(narrow),
        spots=_spots(here, chosen),
        with_spots=f"{address(campaign, chosen.narrow)}&hotspots=1",
        offered=offered,
        actions=bulk_forms.actions(here, campaign),
        total=total,
        said=bulk_forms.selected_words(here, total),
        order=address(campaign, chosen.narrow, "/w/desk/bulk/preview"),
        exports=[
            (name, f"/api/campaigns/{campaign.slug}/{what}.{name.lower()}?{query}")
            for name in ("GeoJSON", "CSV")
        ],
        jobs=jobs,
        problem=problem,
        typed=dict.fromkeys(_FIELDS, "") | (typed or {}),
        map=presenters.the_map(here, campaign, placing=True),
    )


def _count(here: Visit, chosen: Selection) -> int:
    with here.room.database.reading() as session:
        return selection.count(session, chosen)


def _spots(here: Visit, chosen: Selection) -> list[tuple[str, str]]:
    """Return the hotspots of a selection, the largest first, where one is to be chosen."""
    if chosen.narrow.spot is None and here.request.query_params.get("hotspots") != "1":
        return []
    found = results.hotspots(
        here.room.database, chosen.without_spot(), radius_m=RADIUS_M, min_proposals=MIN_PROPOSALS
    ).frame
    rows = found[["hotspot_id", "rank", "proposals", "name", "name_en"]].itertuples(index=False)
    return [(str(row.hotspot_id), _spot_words(here, row)) for row in rows]


def _spot_words(here: Visit, row: Any) -> str:
    place = hotspots.place_name(row.name, row.name_en, here.lang)
    heading = hotspots.heading(here.words, row.rank, place)
    said = here.words.ngettext("{n} proposal", "{n} proposals", row.proposals)
    return f"{heading} · {said.format(n=formatting.number(row.proposals, here.lang))}"


@router.post("/desk/bulk/{step}")
async def take(here: Reader, request: Request, step: str) -> Response:
    """Show what an order would change, or start it."""
    form = await request.form(max_files=0, max_fields=50)
    typed = {name: str(value)[:20_000] for name, value in form.items()}
    return await in_turn(here.room.writing, _take, here, step, typed)


def _take(here: Visit, step: str, typed: dict[str, str]) -> Response:
    if step not in {"preview", "start"}:
        raise errors.NotFoundError(kind="page")
    campaigns, campaign, narrow, problem = _asked(here)
    if problem:
        return bulk_page(here, campaigns, campaign, narrow, problem, status=422, typed=typed)
    chosen, moment = Selection(campaign, narrow, here.actor), now()
    try:
        order = order_of(typed, here.room.settings.language)
        if step == "start":
            job = bulk_actions.start(
                here.room.database, chosen, order, token=typed.get("token", ""), now=moment
            )
            return RedirectResponse(f"/w/desk/bulk/jobs/{job}", status_code=303)
        found = bulk_actions.what_would_change(here.room.database, chosen, order, now=moment)
    except errors.LuJianError as error:
        said = bulk_forms.refusal(here, error)
        status = status_of(error)
        return bulk_page(here, campaigns, campaign, narrow, said, status=status, typed=typed)
    return _preview(here, campaign, narrow, order, found, typed)


def _preview(
    here: Visit,
    campaign: CampaignView,
    narrow: Filter,
    order: Order,
    found: Preview,
    typed: dict[str, str],
) -> HTMLResponse:
    return desk_page(
        here,
        "bulk_preview.html",
        room="bulk",
        what=bulk_forms.action_names(here)[BulkAction(order.action)],
        campaign=presenters.campaign_words(here, campaign),
        preview=bulk_forms.shown_preview(here, campaign, order, found),
        start=address(campaign, narrow, "/w/desk/bulk/start"),
        back=address(campaign, narrow),
        typed={name: value for name, value in typed.items() if name in _FIELDS},
        token=secrets.token_hex(16),
    )


def order_of(typed: dict[str, str], lang: str) -> Order:
    """Read an order as its form sends it. Raises ``InvalidError``."""
    account, due = account_of(typed.get("account") or "0"), end_of_day(typed.get("due", ""))
    return Order(
        action=typed.get("action", ""),
        reason=typed.get("reason", "").strip() or typed.get("common", "").strip(),
        category=typed.get("category", ""),
        stage=typed.get("stage", "") or "answered",
        reply=typed.get("reply", ""),
        by=typed.get("by", ""),
        lang=lang,
        account_id=account,
        due=due,
        text=typed.get("task", ""),
    )
