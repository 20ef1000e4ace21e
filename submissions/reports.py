"""Somebody finds something improper: kept once a device and thing, settled by a moderator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from dialect import InsertNew
from errors import (
    EmptyTextError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from people.actors import Actor
from people.catalogue import Act, may_somewhere
from submissions import drafts
from submissions.actions import change_status
from submissions.comments import change_comment_status, comment_row
from submissions.families import family_ids
from submissions.models import Comment, Proposal, Report
from submissions.recording import record_for
from submissions.rules import ReportReason, Status, is_author, may_comment, may_report
from submissions.seen import check_now, published_proposal
from submissions.where import may_for, within

MOST_CHARACTERS = 500
#: How often words may be added to one report, and what stands between them.
MOST_ADDED = 5
_BETWEEN = "\n———\n"
_REPORT: Table = Report.__table__  # type: ignore[assignment]
_KEEP = InsertNew(_REPORT, _REPORT.c.id)


class Outcome(StrEnum):
    """What a moderator made of a report: it stays as it is, is put aside, or hidden."""

    KEPT = "kept"
    HELD = "held"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class OpenReport:
    """A report as a moderator gets it: nothing of who sent it.

    ``subject_text`` and ``subject_status`` are those of the comment where one was reported, else of
    the proposal. ``public_id`` and ``comment_id`` are the public ones.
    """

    id: int
    public_id: str
    comment_id: str | None
    subject_text: str
    subject_status: str
    reason: str
    text: str
    created: datetime


def report(
    session: Session,
    actor: Actor,
    public_id: str,
    *,
    comment_id: str | None = None,
    reason: str,
    text: str = "",
    now: datetime,
) -> bool:
    """Report a published proposal, or one of its published comments.

    Once a device and thing: what is said anew is added to a report that nobody has settled yet.
    False: nothing was kept, as this device's report of it has been settled.

    Raises ``NotFoundError`` unless it is published; ``NotAllowedError`` without a device or for
    one's own; ``NotNowError``; ``InvalidError`` for an unknown reason; ``LongTextError``.
    """
    proposal = published_proposal(session, public_id)
    comment = None if comment_id is None else _comment(session, proposal, comment_id)
    allowed = (
        may_report(actor, proposal)
        if comment is None
        else may_comment(actor, proposal) and not is_author(actor, comment)
    )
    if not allowed:
        raise NotAllowedError(action="report")
    check_now(session, proposal, Act.REPORT, now)
    if reason not in set(ReportReason):
        raise InvalidError(field="reason")
    row = {
        "subject": _subject(proposal.id, comment.id if comment else None),
        "proposal_id": comment.proposal_id if comment else proposal.id,
        "comment_id": comment.id if comment else None,
        "reporter_key": actor.key,
        "reason": str(reason),
        "text": _words(text),
        "created": now,
        "settled": None,
    }
    if session.connection().execute(_KEEP.on(session), row).scalar() is None:
        return _add_to(session, actor, row, now)
    details = {"subject": row["subject"], "reason": row["reason"]}
    about = comment.proposal_id if comment else proposal.id
    _record(session, actor, "reported", about, now, details)
    return True


def _add_to(session: Session, actor: Actor, row: dict[str, Any], now: datetime) -> bool:
    """Add what a device says anew to its open report; the same words once. False: settled."""
    mine = (Report.subject == row["subject"]) & (Report.reporter_key == actor.key)
    former = session.scalars(
        select(Report).where(mine).execution_options(populate_existing=True)
    ).one()
    if former.settled is not None:
        return False
    said = [words for words in former.text.split(_BETWEEN) if words]
    if former.reason == row["reason"] and row["text"] in ["", *said]:
        return True
    if row["text"] and row["text"] not in said:
        said.append(row["text"])
    if len(said) > MOST_ADDED:
        raise InvalidError(field="text", reason="many")
    former.reason, former.text = row["reason"], _BETWEEN.join(said)
    session.flush()
    details = {"subject": row["subject"], "reason": row["reason"]}
    _record(session, actor, "reported", former.proposal_id, now, details)
    return True


def open_reports(session: Session, actor: Actor, *, most: int = 200) -> list[OpenReport]:
    """Return the reports that wait for a moderator, oldest first. Raises ``NotAllowedError``."""
    if not may_somewhere(actor, Act.MODERATE):
        raise NotAllowedError(action="open_reports")
    rows = session.execute(
        select(Report, Proposal, Comment)
        .join(Proposal, Proposal.id == Report.proposal_id)
        .outerjoin(Comment, Comment.id == Report.comment_id)
        .where(Report.settled.is_(None), within(actor, Act.MODERATE))
        .order_by(Report.created, Report.id)
        .limit(most)
    )
    return [
        OpenReport(
            id=row.id,
            public_id=proposal.public_id,
            comment_id=comment.public_id if comment else None,
            subject_text=(comment or proposal).text,
            subject_status=(comment or proposal).status,
            reason=row.reason,
            text=row.text,
            created=row.created,
        )
        for row, proposal, comment in rows
    ]


def settle_report(
    session: Session, actor: Actor, report_id: int, *, outcome: str, now: datetime
) -> None:
    """Settle a report: leave the thing as it is, or hold or hide it.

    Where it is held or hidden, all open reports of it are settled. A thing that is not published
    any more is left as it is. Raises ``NotAllowedError``; ``NotFoundError``; ``InvalidError`` for
    an unknown outcome; ``WrongStateError`` for a report that is settled.
    """
    if not may_somewhere(actor, Act.MODERATE):
        raise NotAllowedError(action="settle_report")
    row = session.get(Report, report_id, populate_existing=True)
    if row is None or not _moderates(session, actor, row):
        raise NotFoundError(kind="report", id=report_id)
    if outcome not in set(Outcome):
        raise InvalidError(field="outcome")
    if row.settled is not None:
        raise WrongStateError(status="settled", wanted=str(outcome))
    settled = _REPORT.c.id == report_id
    if outcome != Outcome.KEPT:
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


def _comment(session: Session, proposal: Proposal, comment_id: str) -> Comment:
    comment = comment_row(session, comment_id)
    family = family_ids(session, proposal.id)
    if comment.proposal_id not in family or comment.status != Status.PUBLISHED:
        raise NotFoundError(kind="comment", public_id=comment_id)
    return comment


def _subject(proposal_id: int, comment_id: int | None) -> str:
    return f"proposal:{proposal_id}" if comment_id is None else f"comment:{comment_id}"


def _words(text: str) -> str:
    """Return what was added, which may be nothing."""
    try:
        return drafts.clean_text(text, most=MOST_CHARACTERS)
    except EmptyTextError:
        return ""


def _record(
    session: Session,
    actor: Actor,
    action: str,
    proposal_id: int,
    now: datetime,
    details: dict[str, Any],
) -> None:
    record_for(session, actor, action, session.get_one(Proposal, proposal_id), now, details)
