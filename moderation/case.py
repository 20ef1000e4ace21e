"""What a moderator sees of one proposal beside its own page, and nobody else.

All its photos and comments in whatever state, the reports, and what else its author sent, without
who that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.page import Page, page_of, page_of_rows
from people.access.actor import Actor
from people.access.permissions import Act
from submissions.participation.models import Comment, Photo, Report
from submissions.proposals.jurisdiction import within
from submissions.proposals.models import Proposal
from submissions.proposals.queries import ProposalView, proposal_views
from submissions.proposals.states import Status
from submissions.proposals.visibility import moderated_proposal

OTHERS_ON_A_PAGE = 8


@dataclass(frozen=True)
class DeskPhoto:
    """A photo in whatever state; ``blurred``: a part of it is."""

    name: str
    status: str
    width: int
    height: int
    blurred: bool


@dataclass(frozen=True)
class DeskComment:
    """A comment in whatever state, without its author."""

    public_id: str
    text: str
    status: str
    created: datetime


@dataclass(frozen=True)
class DeskReport:
    """A report, without who sent it; ``comment_text`` where it is about a comment."""

    id: int
    reason: str
    text: str
    comment_text: str
    created: datetime
    settled: datetime | None


@dataclass(frozen=True)
class Others:
    """What else the same device sent, within a moderator's reach: by state, and a page of them.

    The newest first.
    """

    counts: dict[str, int]
    page: Page[ProposalView]


@dataclass(frozen=True)
class Case:
    """All of it."""

    photos: list[DeskPhoto]
    comments: list[DeskComment]
    reports: list[DeskReport]
    others: Others


def dossier(session: Session, actor: Actor, public_id: str, *, others_page: int = 1) -> Case:
    """Return what hangs on a proposal, with one page of what its device sent besides.

    Raises what ``moderated_proposal`` raises.
    """
    proposal = moderated_proposal(session, actor, public_id)
    return Case(
        _photos(session, proposal.id),
        _comments(session, proposal.id),
        _reports(session, proposal.id),
        _others(session, actor, proposal, others_page),
    )


def _photos(session: Session, proposal_id: int) -> list[DeskPhoto]:
    columns = (Photo.name, Photo.status, Photo.width, Photo.height, Photo.file.is_not(None))
    rows = session.execute(
        select(*columns).where(Photo.proposal_id == proposal_id).order_by(Photo.id)
    )
    return [DeskPhoto(*row) for row in rows]


def _comments(session: Session, proposal_id: int) -> list[DeskComment]:
    columns = (Comment.public_id, Comment.text, Comment.status, Comment.created)
    rows = session.execute(
        select(*columns)
        .where(Comment.proposal_id == proposal_id, Comment.status != str(Status.WITHDRAWN))
        .order_by(Comment.created, Comment.id)
    )
    return [DeskComment(*row) for row in rows]


def _reports(session: Session, proposal_id: int) -> list[DeskReport]:
    said = func.coalesce(Comment.text, "")
    rows = session.execute(
        select(Report.id, Report.reason, Report.text, said, Report.created, Report.settled)
        .outerjoin(Comment, Comment.id == Report.comment_id)
        .where(Report.proposal_id == proposal_id)
        .order_by(Report.settled.is_not(None), Report.created, Report.id)
    )
    return [DeskReport(*row) for row in rows]


def _others(session: Session, actor: Actor, proposal: Proposal, page: int) -> Others:
    if proposal.author_key is None:
        return Others({}, page_of([], 1, OTHERS_ON_A_PAGE))
    conditions = (
        Proposal.author_key == proposal.author_key,
        Proposal.id != proposal.id,
        within(actor, Act.MODERATE),
    )
    by_state = select(Proposal.status, func.count()).where(*conditions).group_by(Proposal.status)
    counts = dict(session.execute(by_state).all())
    newest_first = (
        select(Proposal.id).where(*conditions).order_by(Proposal.created.desc(), Proposal.id.desc())
    )
    found = page_of_rows(session, newest_first, sum(counts.values()), page, OTHERS_ON_A_PAGE)
    newest = [row.id for row in found.items]
    views = proposal_views(session, Proposal.id.in_(newest)) if newest else []
    views.sort(key=lambda view: (view.created, view.public_id), reverse=True)
    return Others(counts, found.showing(views))
