"""Topics: a hotspot or a scenario handed on for deliberation, with what was in it then.

Membership is frozen: which proposals were in it stays, whatever becomes of them, and so do the
figures of that moment. Of a proposal that is not shown any more only those who may see it learn
more than that there was one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
import shapely
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from analysis import results, selection
from analysis.scenarios.saved_scenarios import ScenarioView, scenario_named
from analysis.selection import Selection
from analysis.view import View
from core.batches import in_parts
from core.errors import InvalidError, NotFoundError
from core.page import Page, page_of_rows
from core.text import clean_text, shows_nothing
from deliberation.models import Topic, TopicProposal
from people.access.actor import Actor, Where
from people.access.idempotency_key import token_for
from people.access.permissions import Act, check_may, check_may_somewhere, may, may_somewhere
from people.audit.record import record
from submissions.campaigns.models import Campaign
from submissions.proposals.jurisdiction import within
from submissions.proposals.merged_family import HEAD, HEAD_ID
from submissions.proposals.models import Proposal
from submissions.proposals.queries import ProposalView, proposal_views
from submissions.proposals.states import Status

MOST_TITLE, MOST_NOTE = 120, 2_000


class Origin(StrEnum):
    """What a topic was made of."""

    HOTSPOT = "hotspot"
    SCENARIO = "scenario"


MOST_ON_PAGE = 100
AROUND_SITES_DEG = 0.0005
#: What a scenario says of costs and of how much places hold; older ones say nothing.
LIMITS = ("priced", "limited", "cost", "budget")


@dataclass(frozen=True)
class TopicView:
    """A topic as the desk shows it.

    ``figures``: proposals, people, answered, rank, name (by language), categories and relations
    (counts by key), first and last (ISO 8601), radius_m, min_proposals, largest_shared_point, all
    of the moment in which it was made. Of a scenario: proposals, people, first, last, scenario (its
    id), kind, number and sites (see ``analysis.scenarios.outcome``), and ``LIMITS``.
    """

    id: int
    campaign_id: int
    title: str
    note: str
    origin: str
    hotspot_id: str
    query: str
    figures: dict[str, Any]
    community_code: str | None
    outline: Any
    by: str
    created: datetime


@dataclass(frozen=True)
class TopicMember:
    """What was in a topic; ``view`` is None for one that this reader may not see now.

    Of one that was joined with another since, ``view`` is the one that is shown in its place, and
    ``joined`` is set.
    """

    view: ProposalView | None
    joined: bool = False


@dataclass(frozen=True)
class Members:
    """One page of what was in a topic, in the order of filing; ``gone``: how many are not shown.

    What was joined with another that is shown is not gone.
    """

    page: Page[TopicMember]
    gone: int


def make_topic(
    session: Session,
    actor: Actor,
    spot: Selection,
    *,
    title: str,
    note: str = "",
    token: str,
    now: datetime,
) -> int:
    """Make the hotspot to which a selection is narrowed a topic; return the topic's id.

    The same sent twice with one ``token`` is made once. Raises ``NotAllowedError`` where this
    person may not; ``InvalidError`` (``hotspot``) for a selection without hotspot, or of states
    that are not public; ``NotFoundError`` for one that is none any more; ``EmptyTextError``,
    ``LongTextError``.
    """
    check_may_somewhere(actor, Act.MAKE_TOPIC, action="make_topic")
    token = token_for(token, spot.narrow.query(), title, note)
    before = _made_before(session, actor, token)
    if before is not None:
        return before
    row = results.spot_row(session, spot)
    code = None if pd.isna(row["community"]) else str(row["community"])
    campaign = session.get_one(Campaign, spot.campaign.id)
    here = Where(campaign.subdistrict, code or "", campaign.edition)
    check_may(actor, Act.MAKE_TOPIC, here, action="make_topic")
    topic = Topic(
        origin=str(Origin.HOTSPOT),
        hotspot_id=str(row["hotspot_id"]),
        query=spot.narrow.query(),
        figures=_figures(session, spot, row),
        community_code=code,
        outline=row["geometry"],
        **_said(actor, campaign, title, note, token, now),
    )
    return _kept(session, actor, topic, selection.ids(session, spot).tolist())


def make_scenario_topic(
    session: Session,
    actor: Actor,
    scenario_id: int,
    *,
    title: str,
    note: str = "",
    token: str,
    now: datetime,
) -> int:
    """Make a scenario a topic, with the proposals that its sites serve; return the topic's id.

    The same sent twice with one ``token`` is made once. Raises ``NotAllowedError`` where this
    person may not; ``NotFoundError`` for a scenario out of reach; ``InvalidError`` (``scenario``)
    for one of a view that is not public, or that serves nobody; ``EmptyTextError``,
    ``LongTextError``.
    """
    check_may_somewhere(actor, Act.MAKE_TOPIC, action="make_topic")
    kept = scenario_named(session, actor, scenario_id)
    token = token_for(token, f"scenario {scenario_id}", title, note)
    before = _made_before(session, actor, token)
    if before is not None:
        return before
    campaign = session.get_one(Campaign, kept.campaign_id)
    here = Where(campaign.subdistrict, "", campaign.edition)
    check_may(actor, Act.MAKE_TOPIC, here, action="make_topic")
    ids = sorted({one for site in kept.outcome["sites"] for one in site["ids"]})
    if not ids or View.read(parse_qsl(kept.query)).narrow.statuses:
        raise InvalidError(field="scenario")
    topic = Topic(
        origin=str(Origin.SCENARIO),
        hotspot_id="",
        query=kept.query,
        figures=_scenario_figures(session, kept, ids),
        community_code=None,
        outline=_hull(kept),
        **_said(actor, campaign, title, note, token, now),
    )
    return _kept(session, actor, topic, ids, scenario=scenario_id)


def _made_before(session: Session, actor: Actor, token: str) -> int | None:
    """Return the topic that this account made with a token; None where there is none yet."""
    before = session.scalar(select(Topic).where(Topic.token == token))
    if before is not None and before.account_id != actor.account_id:
        raise InvalidError(field="token")
    return None if before is None else before.id


def _said(
    actor: Actor, campaign: Campaign, title: str, note: str, token: str, now: datetime
) -> dict[str, Any]:
    """Return the columns of a topic that do not depend on what it was made of."""
    return {
        "token": token,
        "campaign_id": campaign.id,
        "title": clean_text(title, most=MOST_TITLE),
        "note": clean_text(note, most=MOST_NOTE) if not shows_nothing(note) else "",
        "edition": campaign.edition,
        "account_id": actor.account_id,
        "by": actor.name,
        "created": now,
    }


def _kept(session: Session, actor: Actor, topic: Topic, ids: Sequence[int], **details: int) -> int:
    """Store a new topic with its members, and that it was made; return its id."""
    session.add(topic)
    session.flush()
    for part in in_parts(ids):
        rows = [{"topic_id": topic.id, "proposal_id": one} for one in part]
        session.execute(insert(TopicProposal), rows)
    record(
        session,
        actor,
        "topic_made",
        now=topic.created,
        campaign_id=topic.campaign_id,
        details={"topic": topic.id, "title": topic.title, "proposals": len(ids), **details},
    )
    return topic.id


def topics(
    session: Session, actor: Actor, campaign_id: int, *, hotspot_id: str | None = None
) -> list[TopicView]:
    """Return a campaign's topics within this person's desk, the latest first."""
    if not may_somewhere(actor, Act.SEE_DESK):
        return []
    statement = select(Topic).where(Topic.campaign_id == campaign_id)
    if hotspot_id is not None:
        statement = statement.where(Topic.hotspot_id == hotspot_id)
    rows = session.scalars(statement.order_by(Topic.id.desc())).all()
    return [_view(row) for row in rows if _seen(session, actor, row)]


def topic_named(session: Session, actor: Actor, topic_id: int) -> TopicView:
    """Return a topic. Raises ``NotFoundError``, also for whoever's desk does not reach there."""
    row = session.get(Topic, topic_id)
    if row is None or not _seen(session, actor, row):
        raise NotFoundError(kind="topic", id=topic_id)
    return _view(row)


def members(
    session: Session, actor: Actor, topic_id: int, *, number: int = 1, size: int = 20
) -> Members:
    """Return one page, from 1, of what was in a topic when it was made.

    Raises ``NotFoundError``.
    """
    topic_named(session, actor, topic_id)
    inside = TopicProposal.topic_id == topic_id
    total = session.scalar(select(func.count()).where(inside)) or 0
    published = Proposal.status == str(Status.PUBLISHED)
    shown = select(func.count()).select_from(TopicProposal)
    shown = shown.join(Proposal, Proposal.id == TopicProposal.proposal_id)
    shown = shown.join(HEAD, HEAD.id == HEAD_ID)
    shown = shown.where(inside, HEAD.status == str(Status.PUBLISHED))
    in_order = select(TopicProposal.proposal_id).where(inside).order_by(TopicProposal.proposal_id)
    page = page_of_rows(session, in_order, total, number, min(max(size, 1), MOST_ON_PAGE))
    ids = [row.proposal_id for row in page.items]
    heads = {
        row.id: (row.public_id, row.merged_into is not None)
        for row in session.execute(
            select(Proposal.id, HEAD.public_id, Proposal.merged_into)
            .join(HEAD, HEAD.id == HEAD_ID)
            .where(Proposal.id.in_(ids))
        )
    }
    may_be_seen = published | within(actor, Act.MODERATE)
    names = Proposal.public_id.in_([name for name, _ in heads.values()])
    views = {view.public_id: view for view in proposal_views(session, may_be_seen, names)}
    found = page.showing(TopicMember(views.get(heads[one][0]), heads[one][1]) for one in ids)
    return Members(found, total - (session.scalar(shown) or 0))


def _figures(session: Session, spot: Selection, row: Any) -> dict[str, Any]:
    sums, made = results.summed(session, spot), spot.narrow.spot
    assert made is not None
    return {
        "rank": int(row["rank"]),
        "proposals": sums.proposals,
        "people": sums.people,
        "answered": sums.answered,
        "categories": sums.by_category,
        "relations": sums.by_relation,
        "first": row["first"].isoformat(),
        "last": row["last"].isoformat(),
        "largest_shared_point": int(row["largest_shared_point"]),
        "name": {"zh_CN": str(row["name"]), "en": str(row["name_en"])},
        "radius_m": made.radius_m,
        "min_proposals": made.min_proposals,
    }


def _scenario_figures(session: Session, kept: ScenarioView, ids: Sequence[int]) -> dict[str, Any]:
    times = [
        session.execute(
            select(func.min(Proposal.created), func.max(Proposal.created)).where(
                Proposal.id.in_(part)
            )
        ).one()
        for part in in_parts(ids)
    ]
    sites = [
        {name: value for name, value in one.items() if name != "ids"}
        for one in kept.outcome["sites"]
    ]
    return {
        "scenario": kept.id,
        "kind": kept.kind,
        "number": kept.outcome["number"],
        "options": kept.outcome["options"],
        "proposals": len(ids),
        "people": kept.outcome["people"],
        "sites": sites,
        **{name: kept.outcome[name] for name in LIMITS if name in kept.outcome},
        "first": min(first for first, _ in times).isoformat(),
        "last": max(last for _, last in times).isoformat(),
    }


def _hull(kept: ScenarioView) -> shapely.Geometry:
    """Return what lies around the sites of a scenario (WGS 84), some 50 m about each."""
    places = [(one["longitude"], one["latitude"]) for one in kept.outcome["sites"]]
    return shapely.MultiPoint(places).convex_hull.buffer(AROUND_SITES_DEG)


def _seen(session: Session, actor: Actor, row: Topic) -> bool:
    campaign = session.get_one(Campaign, row.campaign_id)
    where = Where(campaign.subdistrict, row.community_code or "", row.edition)
    return may(actor, Act.SEE_DESK, where)


def _view(row: Topic) -> TopicView:
    names = TopicView.__dataclass_fields__
    return TopicView(**{name: getattr(row, name) for name in names})
