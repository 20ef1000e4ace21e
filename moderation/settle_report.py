"""Settling a report: leave the thing as it is, or hold or hide it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.errors import InvalidError, NotFoundError, WrongStateError
from moderation.changes import change_status
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from submissions.participation.comments import change_comment_status
from submissions.participation.models import Comment, Report
from submissions.participation.reports import _REPORT, _record
from submissions.proposals.jurisdiction import may_for
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status


class ReportOutcome(StrEnum):
    """What a moderator made of a report: it stays as it is, is put aside, or hidden."""

    KEPT = "kept"
    HELD = "held"
    HIDDEN = "hidden"


def settle_report(
    session: Session, actor: Actor, report_id: int, *, outcome: str, now: datetime
) -> None:
    """Settle a report: leave the thing as it is, or hold or hide it.

    Where it is held or hidden, all open reports of it are settled. A thing that is not published
    any more is left as it is. Raises ``NotAllowedError``; ``NotFoundError``; ``InvalidError`` for
    an unknown outcome; ``WrongStateError`` for a report that is settled.
    """
    check_may_somewhere(actor, Act.MODERATE, action="settle_report")
    row = session.get(Report, report_id, populate_existing=True)
    if row is None or not _moderates(session, actor, row):
        raise NotFoundError(kind="report", id=report_id)
    if outcome not in set(ReportOutcome):
        raise InvalidError(field="outcome")
    if row.settled is not None:
        raise WrongStateError(status="settled", wanted=str(outcome))
    settled = _REPORT.c.id == report_id
    if outcome != ReportOutcome.KEPT:
        settled = (_REPORT.c.subject == row.subject) & _REPORT.c.settled.is_(None)
        _take_away(session, actor, row, Status(outcome), now)
    statement = update(_REPORT).where(settled).values(settled=now)
    count = session.connection().execute(statement).rowcount
    session.expire(row)
    details = {"subject": row.subject, "outcome": str(outcome), "reports": count}
    _record(session, actor, "report_settled", row.proposal_id, now, details)


def _moderates(session: Session, actor: Actor, row: Report) -> bool:
    proposal = session.get_one(Proposal, row.proposal_id)
    return may_for(session, actor, Act.MODERATE, proposal)


def _take_away(session: Session, actor: Actor, row: Report, wanted: Status, now: datetime) -> None:
    reason = f"reported: {row.reason}"
    if row.comment_id is not None:
        comment = session.get_one(Comment, row.comment_id)
        if comment.status == Status.PUBLISHED:
            name = comment.public_id
            change_comment_status(session, actor, name, wanted, reason=reason, now=now)
        return
    proposal = session.get_one(Proposal, row.proposal_id)
    if proposal.status == Status.PUBLISHED:
        change_status(session, actor, proposal.public_id, wanted, reason=reason, now=now)
