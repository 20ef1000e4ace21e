"""What the office did about a proposal, told to its author and all who follow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.batches import in_parts
from core.errors import EmptyTextError, InvalidError, NotAllowedError, NotFoundError
from core.text import clean_text
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from people.audit.record import record
from submissions.proposals.jurisdiction import may_for
from submissions.proposals.models import Proposal, Step
from submissions.proposals.states import Stage
from submissions.proposals.tell_followers import tell_together
from submissions.proposals.visibility import published_ids

MOST_CHARACTERS = 2_000
MOST_BY = 80


@dataclass(frozen=True)
class StepView:
    """One step: the stage it brought, the official reply (may be empty), by whom, and when."""

    stage: str
    reply: str
    by: str
    at: datetime


def tell_step(
    session: Session,
    actor: Actor,
    public_ids: Sequence[str],
    stage: str,
    reply: str,
    *,
    by: str,
    together: str = "",
    now: datetime,
) -> int:
    """Tell of published proposals what the office did; return of how many this was news.

    All or none. ``by`` names the office as residents know it. A proposal of which exactly this
    was told last is left out, so that a second press tells nobody twice. Any stage may follow any
    other, and in any phase: building takes years. Those who follow get the reply, one letter an
    address however many of these it follows; ``together``: see ``tell_followers.tell_together``.

    Raises ``NotAllowedError``; ``InvalidError`` for an unknown stage, without
    proposals or without ``by``; ``LongTextError``; ``NotFoundError`` with the first that is not
    published.
    """
    check_may_somewhere(actor, Act.ANSWER, action="tell_step")
    if stage not in set(Stage):
        raise InvalidError(field="stage")
    wanted = list(dict.fromkeys(public_ids))
    if not wanted:
        raise InvalidError(field="public_ids")
    step = StepView(str(stage), _reply(reply), clean_text(by, most=MOST_BY), now)
    ids = published_ids(session, wanted)
    for public_id in wanted:
        if public_id not in ids:
            raise NotFoundError(kind="proposal", public_id=public_id)
        proposal = session.get_one(Proposal, ids[public_id])
        if not may_for(session, actor, Act.ANSWER, proposal):
            raise NotAllowedError(action="tell_step", public_id=public_id)
    told = _last_steps(session, list(ids.values()))
    news = [name for name in wanted if told.get(ids[name]) != (step.stage, step.reply, step.by)]
    tell_together(
        session,
        {ids[name]: _tell(session, actor, ids[name], step) for name in news},
        together=together,
        now=now,
    )
    return len(news)


def steps_of(session: Session, public_id: str) -> list[StepView]:
    """Return the steps of a proposal in the order in which they were taken.

    For readers who may see the proposal: it does not ask.
    """
    rows = session.execute(
        select(Step.stage, Step.reply, Step.by, Step.at)
        .join(Proposal, Proposal.id == Step.proposal_id)
        .where(Proposal.public_id == public_id)
        .order_by(Step.at, Step.id)
    )
    return [StepView(*row) for row in rows]


def _tell(session: Session, actor: Actor, proposal_id: int, step: StepView) -> dict[str, Any]:
    """Store a step; return what letters tell of it."""
    values = {"proposal_id": proposal_id, **vars(step)}
    step_id = session.scalar(insert(Step).values(values).returning(Step.id))
    campaign_id = session.scalar(
        update(Proposal)
        .where(Proposal.id == proposal_id)
        .values(stage=step.stage)
        .returning(Proposal.campaign_id)
    )
    said = {"stage": step.stage, "reply": step.reply, "by": step.by}
    record(
        session,
        actor,
        "step_told",
        now=step.at,
        campaign_id=campaign_id,
        proposal_id=proposal_id,
        details=said,
    )
    return said | {"step": step_id}


def _last_steps(session: Session, ids: list[int]) -> dict[int, tuple[str, str, str]]:
    """Return stage, reply and office of the latest step of each proposal that has one."""
    last: dict[int, tuple[str, str, str]] = {}
    for part in in_parts(ids):
        rows = session.execute(
            select(Step.proposal_id, Step.stage, Step.reply, Step.by)
            .where(Step.proposal_id.in_(part))
            .order_by(Step.at, Step.id)
        )
        last |= {row.proposal_id: (row.stage, row.reply, row.by) for row in rows}
    return last


def _reply(reply: str) -> str:
    try:
        return clean_text(reply, most=MOST_CHARACTERS)
    except EmptyTextError:
        return ""
