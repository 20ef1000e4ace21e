"""Somebody finds something improper: kept once a device and thing, settled by a moderator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from core.dialect import InsertNew
from core.errors import (
    EmptyTextError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
)
from core.text import clean_text
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from submissions.participation.comments import comment_row
from submissions.participation.models import Comment, Report
from submissions.proposals.audit import record_for
from submissions.proposals.jurisdiction import within
from submissions.proposals.merged_family import family_ids
from submissions.proposals.models import Proposal
from submissions.proposals.states import ReportReason, Status, is_author, may_comment, may_report
from submissions.proposals.visibility import check_now, published_proposal

MOST_CHARACTERS = 500
#: How often words may be added to one report, and what stands between them.
MOST_ADDED = 5
_BETWEEN = "\n———\n"
_REPORT: Table = Report.__table__  # type: ignore[assignment]
_KEEP = InsertNew(_REPORT, _REPORT.c.id)


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
    check_may_somewhere(actor, Act.MODERATE, action="open_reports")
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
        return clean_text(text, most=MOST_CHARACTERS)
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
