"""The first page of the desk: each campaign at a glance, and what staff take from it to the street.

Each number leads to the things that it counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_timedelta
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from layers.built_in import layer_named
from moderation import overview as figures_of
from moderation.overview import OpenQueue, Overview
from moderation.queue import Tab
from packs import packs
from people.access.actor import Role, Where
from people.access.permissions import Act, may, may_somewhere
from printing.card_places import CARD_LAYERS
from serving.guards import SIGNED_IN
from serving.visit import Reader, Visit, now
from submissions.alerts import alerts
from submissions.proposals.queries import CampaignView
from web import presenters
from web.desk import waiting_counts
from web.desk.frame import desk_page
from web.desk.moderation import queue_filter
from wording import formatting

router = APIRouter(dependencies=[SIGNED_IN])
MOST_BARS = 62
DATA, FIRM = "/w/desk/data", "/w/firm"


@router.get("/desk", response_class=HTMLResponse)
def overview(here: Reader) -> Response:
    """Show the campaigns of this person's desk; who has none is led to what was given, or data."""
    if not may_somewhere(here.actor, Act.SEE_DESK):
        firm = Role.DESIGN_FIRM in here.actor.roles
        return RedirectResponse(FIRM if firm else DATA, status_code=303)
    moment = now()
    with here.room.database.reading() as session:
        asked = queue_filter.asked_of(here, session, moment)
        in_force = alerts.count_in_force(session)
        of_firms = packs.count_waiting(session, here.actor)
        counts = waiting_counts.counts_of(here, session, asked, moment)
        campaigns = figures_of.campaigns_within(session, here.actor, Act.SEE_DESK)
        moderates = may_somewhere(here.actor, Act.MODERATE)
        queues = {
            campaign.id: figures_of.open_queue(session, here.actor, campaign.id)
            for campaign in campaigns
            if moderates
        }
        beyond = {
            one.id: figures_of.waiting_beyond(session, here.actor, one)
            for one in campaigns
            if moderates
        }
    told = [
        _campaign(here, one, queues.get(one.id), moment)
        | {"beyond": _beyond_words(here, beyond.get(one.id, 0))}
        for one in reversed(campaigns)
    ]
    return desk_page(
        here,
        "overview.html",
        room="overview",
        campaigns=told,
        waits=waiting_counts.lists(here, asked, counts),
        moderates=moderates,
        alerts=_alerts(here, in_force),
        of_firms=_of_firms(here, of_firms),
        layers=[{"key": name, "name": _layer_name(here, name)} for name in CARD_LAYERS],
    )


def _beyond_words(here: Visit, count: int) -> str:
    """Say that proposals wait which only administrators decide on; empty for none."""
    if not count:
        return ""
    said = here.words.ngettext(
        "{n} more that waits lies in no community; an administrator decides on it.",
        "{n} more that wait lie in no community; an administrator decides on them.",
        count,
    )
    return said.format(n=formatting.number(count, here.lang))


def _alerts(here: Visit, count: int) -> str:
    """Say how many alerts are in force: of whom and where is nobody's to know."""
    said = here.words.ngettext(
        "{n} alert about an area is in force, by letter.",
        "{n} alerts about areas are in force, by letter.",
        count,
    )
    return said.format(n=formatting.number(count, here.lang))


def _of_firms(here: Visit, count: int) -> str:
    """Say how many questions and schemes of design firms wait; empty for none."""
    if not count:
        return ""
    said = here.words.ngettext(
        "{n} question or scheme of a design firm waits.",
        "{n} questions and schemes of design firms wait.",
        count,
    )
    return said.format(n=formatting.number(count, here.lang))


def _layer_name(here: Visit, name: str) -> str:
    layer = layer_named(name)
    return here.said({"zh_CN": layer.title_zh, "en": layer.title_en})


def _campaign(
    here: Visit, campaign: CampaignView, queue: OpenQueue | None, moment: datetime
) -> dict[str, Any]:
    found = figures_of.overview(here.room.database, here.actor, campaign.id)
    where = Where(campaign.subdistrict)
    return {
        **presenters.campaign_words(here, campaign),
        "figures": _figures(here, campaign, found)
        + ([] if queue is None else _waiting(here, campaign, queue, moment)),
        "chart": daily_chart(here, found.days),
        "assists": may(here.actor, Act.ASSIST, where),
        "prints": may(here.actor, Act.PRINT, where),
    }


def queue_address(campaign: CampaignView, tab: str, **narrowed: str) -> str:
    """Return the address of a list of the queue, narrowed to a campaign."""
    return f"/w/desk/queue?{urlencode({'tab': tab, 'campaign': campaign.slug, **narrowed})}"


def _figures(here: Visit, campaign: CampaignView, found: Overview) -> list[dict[str, str]]:
    _ = here.words.gettext
    published = queue_address(campaign, "all", status="published")
    answered = queue_address(campaign, "all", status="published", answered="yes")
    unanswered = queue_address(campaign, "all", status="published", answered="no")
    share = formatting.percent(found.answered / max(found.proposals, 1), here.lang)
    number = partial(formatting.number, lang=here.lang)
    the_map = f"/planner?{urlencode({'campaign': campaign.slug})}"
    told = [
        (number(found.proposals), _("proposals"), published),
        (number(found.people), _("people took part"), published),
        (number(found.communities), _("communities reached"), the_map),
        (
            number(found.answered),
            _("answered by the office ({share})").format(share=share),
            answered,
        ),
        (number(found.proposals - found.answered), _("without an answer yet"), unanswered),
    ]
    return [{"shown": n, "name": name, "address": address} for n, name, address in told]


def _waiting(
    here: Visit, campaign: CampaignView, queue: OpenQueue, moment: datetime
) -> list[dict[str, str]]:
    _ = here.words.gettext
    new, held = (queue_address(campaign, tab) for tab in ("new", "held"))
    told = [
        (formatting.number(queue.received, here.lang), _("new, waiting to be read"), new),
        (formatting.number(queue.held, here.lang), _("held"), held),
    ]
    if queue.unreviewed:
        unseen = queue_address(campaign, Tab.UNREVIEWED)
        shown = formatting.number(queue.unreviewed, here.lang)
        told.append((shown, _("published, not yet looked at"), unseen))
    if queue.oldest is not None and queue.median is not None:
        first = new if queue.received else held
        told += [
            (age(moment - queue.oldest, here.lang), _("the longest wait"), first),
            (age(moment - queue.median, here.lang), _("half have waited so long or longer"), first),
        ]
    return [{"shown": n, "name": name, "address": address} for n, name, address in told]


def age(passed: timedelta, lang: str) -> str:
    """Say how long something has waited, in its largest unit."""
    return format_timedelta(
        max(passed, timedelta(minutes=1)),
        granularity="minute",
        threshold=1.5,
        locale=formatting.locale(lang),
    )


@dataclass(frozen=True)
class Bar:
    """The proposals of a day, or of some days in a row, and of all until then."""

    start: date
    end: date
    count: int
    total: int


def bars_of(days: tuple[tuple[date, int], ...]) -> list[Bar]:
    """Return the days from the first to the last, empty ones too; in a long time several as one."""
    if not days:
        return []
    first, last = days[0][0], days[-1][0]
    width = -(-((last - first).days + 1) // MOST_BARS)
    counts: dict[int, int] = {}
    for day, count in days:
        at = (day - first).days // width
        counts[at] = counts.get(at, 0) + count
    found, total = [], 0
    for at in range((last - first).days // width + 1):
        total += counts.get(at, 0)
        start = first + timedelta(days=at * width)
        end = min(start + timedelta(days=width - 1), last)
        found.append(Bar(start, end, counts.get(at, 0), total))
    return found


def daily_chart(here: Visit, days: tuple[tuple[date, int], ...]) -> dict[str, Any] | None:
    """Return the chart of what was filed when, in a picture of 100 by 100, and in words."""
    bars = bars_of(days)
    if not bars:
        return None
    most, total = max(bar.count for bar in bars), bars[-1].total
    step = 100 / len(bars)
    shown = [
        {
            "x": round(at * step + step * 0.1, 3),
            "width": round(step * 0.8, 3),
            "height": round(90 * bar.count / most, 2),
            "name": _span(bar, here.lang),
            "count": formatting.number(bar.count, here.lang),
            "total": formatting.number(bar.total, here.lang),
        }
        for at, bar in enumerate(bars)
    ]
    line = [
        f"{(at + 0.5) * step:.3f},{100 - 90 * bar.total / total:.2f}" for at, bar in enumerate(bars)
    ]
    peak = next(bar for bar in bars if bar.count == most)
    said = here.words.gettext("From {first} to {last}: {n} proposals. Most came on {peak}: {most}.")
    return {
        "bars": shown,
        "line": " ".join(line),
        "first": formatting.day_words(bars[0].start, here.lang),
        "last": formatting.day_words(bars[-1].end, here.lang),
        "said": said.format(
            first=formatting.day_words(bars[0].start, here.lang),
            last=formatting.day_words(bars[-1].end, here.lang),
            n=formatting.number(total, here.lang),
            peak=_span(peak, here.lang),
            most=formatting.number(most, here.lang),
        ),
    }


def _span(bar: Bar, lang: str) -> str:
    first, last = formatting.day_words(bar.start, lang), formatting.day_words(bar.end, lang)
    return first if first == last else f"{first} – {last}"
