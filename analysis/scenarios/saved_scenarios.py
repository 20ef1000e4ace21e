"""Scenarios that were kept: named, commented, put away; for the desk alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.saved_views import changeable
from analysis.scenarios.models import Scenario, ScenarioComment
from analysis.scenarios.outcome import Outcome, told
from analysis.scenarios.plan import Plan, read_plan
from analysis.scenarios.racks import counted_racks
from analysis.scenarios.sited import Sited
from core.errors import InvalidError, NotAllowedError, NotFoundError
from core.text import clean_text
from people.access.actor import Actor, Where
from people.access.idempotency_key import token_for
from people.access.permissions import Act, check_may, check_may_somewhere, may, may_somewhere
from people.audit.record import record
from submissions.campaigns.models import Campaign
from submissions.proposals import queries

MOST_NAME, MOST_COMMENT, MOST_SCENARIOS, MOST_COMMENTS = 80, 1_000, 200, 200


@dataclass(frozen=True)
class ScenarioView:
    """A scenario as the desk shows it; ``removable`` by who reads it. See ``models.Scenario``."""

    id: int
    campaign_id: int
    kind: str
    name: str
    query: str
    plan: Plan
    outcome: dict[str, Any]
    today: dict[str, Any]
    by: str
    created: datetime
    removable: bool


@dataclass(frozen=True)
class CommentView:
    """What somebody said about a scenario."""

    id: int
    text: str
    by: str
    created: datetime


def save_scenario(
    session: Session,
    actor: Actor,
    campaign_id: int,
    sited: Sited,
    number: int,
    *,
    name: str,
    query: str,
    token: str,
    now: datetime,
) -> int:
    """Keep what a plan comes to with so many sites; return its id.

    The same sent twice with one ``token`` is kept once. Raises ``NotAllowedError`` for who has no
    desk there; ``InvalidError`` where there is no solution, or too many are kept;
    ``EmptyTextError``, ``LongTextError``.
    """
    _check(session, actor, campaign_id)
    token = token_for(token, query, name, str(number))
    before = session.scalar(select(Scenario).where(Scenario.token == token))
    if before is not None:
        return before.id
    outcome = sited.outcome(number)
    if outcome is None or outcome.number != number:
        raise InvalidError(field="number")
    kept = select(func.count()).where(
        Scenario.campaign_id == campaign_id, Scenario.archived.is_(None)
    )
    if (session.scalar(kept) or 0) >= MOST_SCENARIOS:
        raise InvalidError(field="name", reason="too many")
    row = Scenario(
        token=token,
        campaign_id=campaign_id,
        kind=str(sited.plan.kind),
        name=clean_text(name, most=MOST_NAME),
        query=query,
        plan=sited.plan.told(),
        outcome={**_with_racks(session, actor, campaign_id, sited, outcome), **_whole(sited)},
        today=told(sited.outcomes[0], sited.numbers),
        account_id=actor.account_id,
        by=actor.name,
        created=now,
    )
    session.add(row)
    session.flush()
    details = {"scenario": row.id, "name": row.name}
    record(session, actor, "scenario_saved", now=now, campaign_id=campaign_id, details=details)
    return row.id


def scenarios(session: Session, actor: Actor, campaign_id: int) -> list[ScenarioView]:
    """Return the scenarios of a campaign, the latest first. Empty for who has no desk there."""
    if not may_somewhere(actor, Act.SEE_DESK) or not may(
        actor, Act.SEE_DESK, _place(session, campaign_id)
    ):
        return []
    rows = session.scalars(
        select(Scenario)
        .where(Scenario.campaign_id == campaign_id, Scenario.archived.is_(None))
        .order_by(Scenario.id.desc())
    )
    return [_view(actor, row) for row in rows]


def scenario_named(session: Session, actor: Actor, scenario_id: int) -> ScenarioView:
    """Return a scenario. Raises ``NotFoundError``, also for whoever's desk does not reach it."""
    return _view(actor, _row(session, actor, scenario_id))


def comment_on_scenario(
    session: Session, actor: Actor, scenario_id: int, *, text: str, now: datetime
) -> int:
    """Say something about a scenario, for all at the desk; return the comment's id.

    Raises ``NotFoundError``, ``EmptyTextError``, ``LongTextError``; ``InvalidError`` for too many.
    """
    check_may_somewhere(actor, Act.SEE_DESK, action="comment_on_scenario")
    row = _row(session, actor, scenario_id)
    there = select(func.count()).where(ScenarioComment.scenario_id == row.id)
    if (session.scalar(there) or 0) >= MOST_COMMENTS:
        raise InvalidError(field="text", reason="too many")
    comment = ScenarioComment(
        scenario_id=row.id,
        text=clean_text(text, most=MOST_COMMENT),
        account_id=actor.account_id,
        by=actor.name,
        created=now,
    )
    session.add(comment)
    session.flush()
    details = {"scenario": row.id, "comment": comment.id}
    campaign_id = row.campaign_id
    record(session, actor, "scenario_commented", now=now, campaign_id=campaign_id, details=details)
    return comment.id


def scenario_comments(session: Session, actor: Actor, scenario_id: int) -> list[CommentView]:
    """Return what was said about a scenario, the earliest first. Raises ``NotFoundError``."""
    row = _row(session, actor, scenario_id)
    said = select(ScenarioComment).where(ScenarioComment.scenario_id == row.id)
    rows = session.scalars(said.order_by(ScenarioComment.id))
    return [CommentView(one.id, one.text, one.by, one.created) for one in rows]


def archive_scenario(session: Session, actor: Actor, scenario_id: int, *, now: datetime) -> None:
    """Put a scenario away: one's own, or any for who makes campaigns there.

    Raises ``NotFoundError``, ``NotAllowedError``.
    """
    check_may_somewhere(actor, Act.SEE_DESK, action="archive_scenario")
    row = _row(session, actor, scenario_id)
    if not changeable(actor, row.account_id):
        raise NotAllowedError(action="archive_scenario")
    row.archived = now
    session.flush()
    details = {"scenario": row.id, "name": row.name}
    campaign_id = row.campaign_id
    record(session, actor, "scenario_archived", now=now, campaign_id=campaign_id, details=details)


def _with_racks(
    session: Session, actor: Actor, campaign_id: int, sited: Sited, outcome: Outcome
) -> dict[str, Any]:
    """Return an outcome as it is kept, with the racks that counts on site ask for."""
    kept = told(outcome, sited.numbers)
    campaign = queries.campaign_by_id(session, campaign_id)
    counted = counted_racks(session, actor, campaign, sited, outcome).by_place
    for site in kept["sites"]:
        racks = counted.get(site["key"])
        site |= {"racks": None if racks is None else racks.told()}
    return kept


def _whole(sited: Sited) -> dict[str, Any]:
    """Return what goes with an outcome: all the people, what could be wished for, limits.

    ``priced`` and ``limited``: whether it was stated what places cost, and how much they hold.
    """
    return {
        "priced": sited.plan.has_cost,
        "limited": sited.plan.has_capacity,
        "budget": sited.plan.budget or None,
        "all_people": sited.people,
        "options": list(sited.options),
        "measured": str(sited.measured),
    }


def _check(session: Session, actor: Actor, campaign_id: int) -> None:
    check_may_somewhere(actor, Act.SEE_DESK, action="save_scenario")
    check_may(actor, Act.SEE_DESK, _place(session, campaign_id), action="save_scenario")


def _row(session: Session, actor: Actor, scenario_id: int) -> Scenario:
    row = session.get(Scenario, scenario_id, populate_existing=True)
    if row is None or row.archived is not None:
        raise NotFoundError(kind="scenario", id=scenario_id)
    if not may(actor, Act.SEE_DESK, _place(session, row.campaign_id)):
        raise NotFoundError(kind="scenario", id=scenario_id)
    return row


def _place(session: Session, campaign_id: int) -> Where:
    campaign = session.get_one(Campaign, campaign_id)
    return Where(campaign.subdistrict, "", campaign.edition)


def _view(actor: Actor, row: Scenario) -> ScenarioView:
    return ScenarioView(
        row.id,
        row.campaign_id,
        row.kind,
        row.name,
        row.query,
        read_plan(row.plan),
        row.outcome,
        row.today,
        row.by,
        row.created,
        changeable(actor, row.account_id),
    )
