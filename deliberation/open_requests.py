"""Published proposals as requests for service, as Open311 knows them: open or closed, and why.

A request is closed once something was built for it or the office has declined it; whatever else was
said of it, it is open. Only what is published is read here, whoever asks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from core.batches import in_parts
from submissions.participation.photos import photos_of
from submissions.proposals.models import Proposal, Step
from submissions.proposals.queries import ProposalView, proposal_views
from submissions.proposals.receipt_codes import is_public_id
from submissions.proposals.states import Stage, Status

MOST_REQUESTS = 1_000


class RequestStatus(StrEnum):
    """Whether something is still to be done."""

    OPEN = "open"
    CLOSED = "closed"


#: The stages after which nothing is to come.
CLOSED = frozenset({Stage.BUILT, Stage.DECLINED})


@dataclass(frozen=True)
class AskedRequests:
    """What narrows the list: all of these at once.

    ``services``: pairs of a campaign's id and a category; None for all of the campaigns.
    ``since``, ``until``: when they were filed, the first moment and the first after the last.
    """

    campaigns: tuple[int, ...]
    services: tuple[tuple[int, str], ...] | None = None
    statuses: frozenset[RequestStatus] = frozenset(RequestStatus)
    since: datetime | None = None
    until: datetime | None = None
    skip: int = 0
    most: int = MOST_REQUESTS


@dataclass(frozen=True)
class OpenRequest:
    """A published proposal with the latest step of the office and its first photo's name."""

    view: ProposalView
    reply: str = ""
    by: str = ""
    told_at: datetime | None = None
    photo: str = ""
    status: RequestStatus = field(default=RequestStatus.OPEN)

    @property
    def updated(self) -> datetime:
        """When anything of it that everybody sees was said last."""
        shown = self.view.published_at or self.view.created
        return max(shown, self.told_at or shown)


def requests(session: Session, asked: AskedRequests) -> list[OpenRequest]:
    """Return the newest requests first."""
    found = session.execute(
        select(Proposal.id, Proposal.public_id)
        .where(*_conditions(asked))
        .order_by(Proposal.created.desc(), Proposal.id.desc())
        .offset(asked.skip)
        .limit(asked.most)
    ).all()
    return _told(session, {row.public_id: row.id for row in found})


def requests_named(
    session: Session, campaigns: Collection[int], names: Sequence[str]
) -> list[OpenRequest]:
    """Return those of these requests that there are, in the order of their names."""
    wanted = [name for name in dict.fromkeys(names) if is_public_id(name)]
    numbers: dict[str, int] = {}
    for part in in_parts(wanted):
        rows = select(Proposal.public_id, Proposal.id).where(
            Proposal.public_id.in_(part), *_published(campaigns)
        )
        numbers |= {row.public_id: row.id for row in session.execute(rows)}
    return _told(session, {name: numbers[name] for name in wanted if name in numbers})


def _published(campaigns: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    return (
        Proposal.campaign_id.in_(sorted(campaigns)),
        Proposal.status == str(Status.PUBLISHED),
    )


def _conditions(asked: AskedRequests) -> list[ColumnElement[bool]]:
    found = list(_published(asked.campaigns))
    if asked.services is not None:
        pairs = [
            and_(Proposal.campaign_id == campaign, Proposal.category == category)
            for campaign, category in asked.services
        ]
        found.append(or_(*pairs) if pairs else Proposal.id.is_(None))
    if asked.statuses != frozenset(RequestStatus):
        closed = Proposal.stage.in_(sorted(CLOSED))
        wants_closed = RequestStatus.CLOSED in asked.statuses
        found.append(closed if wants_closed else func.coalesce(closed, False).is_(False))
    if asked.since is not None:
        found.append(Proposal.created >= asked.since)
    if asked.until is not None:
        found.append(Proposal.created < asked.until)
    return found


def _told(session: Session, numbers: Mapping[str, int]) -> list[OpenRequest]:
    """Return requests by public and internal id, in this order."""
    views: dict[str, ProposalView] = {}
    steps: dict[int, tuple[str, str, datetime]] = {}
    for part in in_parts(numbers.values()):
        for view in proposal_views(session, Proposal.id.in_(part)):
            views[view.public_id] = view
        rows = session.execute(
            select(Step.proposal_id, Step.reply, Step.by, Step.at)
            .where(Step.proposal_id.in_(part))
            .order_by(Step.at, Step.id)
        )
        steps |= {row.proposal_id: (row.reply, row.by, row.at) for row in rows}
    photos = photos_of(session, list(numbers.values()))
    return [
        _request(views[name], steps.get(number), photos[number][0].name if number in photos else "")
        for name, number in numbers.items()
        if name in views
    ]


def _request(view: ProposalView, step: tuple[str, str, datetime] | None, photo: str) -> OpenRequest:
    status = RequestStatus.CLOSED if view.stage in CLOSED else RequestStatus.OPEN
    if step is None:
        return OpenRequest(view, photo=photo, status=status)
    reply, by, at = step
    return OpenRequest(view, reply, by, at, photo, status)
