"""What waits for those who moderate, tab by tab, oldest first: a page after a place in the order.

Lists are cut by key (when a thing came, and its id), never by counting rows, so that the ten
thousandth is found as fast as the first. Proposals are looked up campaign by campaign and state by
state, each in the order of an index, and merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from analysis.text.text_search import says
from people.access.actor import Actor
from people.access.permissions import Act, may_somewhere
from submissions.participation.models import Comment, Photo, Report
from submissions.proposals.jurisdiction import within
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView, ProposalView, proposal_views
from submissions.proposals.receipt_codes import is_public_id
from submissions.proposals.states import PhotoStatus, Status

ON_A_PAGE = 30
MOST_ON_PAGE = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class Tab(StrEnum):
    """The lists of the queue that are kept here."""

    NEW = "new"
    HELD = "held"
    REPORTED = "reported"
    PHOTOS = "photos"
    COMMENTS = "comments"
    UNREVIEWED = "unreviewed"
    ALL = "all"


_STATES: dict[Tab, tuple[Status, ...]] = {
    Tab.NEW: (Status.RECEIVED,),
    Tab.HELD: (Status.HELD,),
    Tab.UNREVIEWED: (Status.PUBLISHED,),
}


@dataclass(frozen=True)
class QueueKey:
    """A place in the order of a list: when the thing came, and its id."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _TICK}-{self.id}"


def read_key(text: str) -> QueueKey | None:
    """Return the place that an address names; None for one that names none."""
    moment, _, number = text.partition("-")
    if not (moment.isdecimal() and number.isdecimal() and len(moment) < 18 and len(number) < 18):
        return None
    try:
        return QueueKey(_EPOCH + int(moment) * _TICK, int(number))
    except OverflowError:
        return None


@dataclass(frozen=True)
class Narrowed:
    """What a list is narrowed to: all of these at once; empty ones narrow nothing.

    ``community`` is a code of each campaign's own edition; ``before``: what came before then.
    ``status``, ``answered`` (an answer was given: yes, no) and ``text`` (words that it says, or its
    public id) are for ``Tab.ALL``.
    """

    campaigns: tuple[CampaignView, ...]
    community: str = ""
    category: str = ""
    before: datetime | None = None
    status: str = ""
    answered: bool | None = None
    text: str = ""


@dataclass(frozen=True)
class Waiting:
    """One thing of a list: the proposal, and the photo, comment or report that it is about.

    ``thing`` names the photo or the comment, or numbers the report. ``said`` is what was commented
    or reported, ``reason`` the report's.
    """

    key: QueueKey
    view: ProposalView
    thing: str = ""
    said: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Batch:
    """One page of a list, in its order; whether there is more before and after it."""

    items: list[Waiting]
    more_before: bool
    more_after: bool


@dataclass(frozen=True)
class _Source:
    """A part of a list that an index gives in order."""

    moment: Any
    number: Any
    statement: Select[Any]


def tabs_of(actor: Actor) -> list[Tab]:
    """Return the lists that this person may see any of."""
    if may_somewhere(actor, Act.MODERATE):
        return list(Tab)
    return [Tab.ALL] if may_somewhere(actor, Act.SEE_DESK) else []


def count_waiting(session: Session, actor: Actor, tab: Tab, narrowed: Narrowed) -> int:
    """Return how many things are in a list."""
    return sum(
        session.scalar(source.statement.with_only_columns(func.count()).order_by(None)) or 0
        for source in _sources(session, actor, tab, narrowed)
    )


def waiting(
    session: Session,
    actor: Actor,
    tab: Tab,
    narrowed: Narrowed,
    *,
    after: QueueKey | None = None,
    before: QueueKey | None = None,
    most: int = ON_A_PAGE,
) -> Batch:
    """Return the things of a list that come after a place in its order, or just before one.

    The oldest stand first, in ``Tab.ALL`` the newest. Without a place: the first. To whoever may
    not moderate, ``Tab.ALL`` is what is published; other lists are empty.
    """
    forward, newest_first = before is None, tab is Tab.ALL
    falling = newest_first if forward else not newest_first
    place, most = (after if forward else before), min(max(most, 1), MOST_ON_PAGE)
    rows: list[Any] = []
    for source in _sources(session, actor, tab, narrowed):
        rows += session.execute(_cut(source, place, falling, most + 1)).all()
    rows.sort(key=lambda row: (row.moment, row.number), reverse=falling)
    more, rows = len(rows) > most, rows[:most]
    if not forward:
        rows.reverse()
    items = _told(session, rows)
    if forward:
        return Batch(items, more_before=place is not None, more_after=more)
    return Batch(items, more_before=more, more_after=place is not None)


def beside(
    session: Session, actor: Actor, tab: Tab, narrowed: Narrowed, key: QueueKey
) -> tuple[Waiting | None, Waiting | None]:
    """Return what comes before and after a place in a list, whether or not a thing stands there."""
    earlier = waiting(session, actor, tab, narrowed, before=key, most=1).items
    later = waiting(session, actor, tab, narrowed, after=key, most=1).items
    return (earlier[0] if earlier else None, later[0] if later else None)


def _cut(source: _Source, place: QueueKey | None, falling: bool, most: int) -> Select[Any]:
    statement, order = source.statement, (source.moment, source.number)
    if place is not None:
        at, limit = literal(place.at, source.moment.type), tuple_(*order)
        edge = tuple_(at, place.id)
        statement = statement.where(limit < edge if falling else limit > edge)
    return statement.order_by(*(c.desc() if falling else c for c in order)).limit(most)


def _told(session: Session, rows: Sequence[Any]) -> list[Waiting]:
    wanted = {row.public_id for row in rows}
    views = {view.public_id: view for view in proposal_views_of(session, wanted)}
    return [
        Waiting(
            QueueKey(row.moment, row.number),
            views[row.public_id],
            str(row.thing),
            row.said,
            row.reason,
        )
        for row in rows
    ]


def proposal_views_of(session: Session, public_ids: set[str]) -> list[ProposalView]:
    """Return these proposals in whatever state; the caller knows who may see them."""
    wanted = sorted(name for name in public_ids if is_public_id(name))
    return proposal_views(session, Proposal.public_id.in_(wanted)) if wanted else []


def _sources(session: Session, actor: Actor, tab: Tab, narrowed: Narrowed) -> list[_Source]:
    if not narrowed.campaigns:
        return []
    if tab is Tab.PHOTOS:
        return [_photos(actor, narrowed)]
    if tab is Tab.COMMENTS:
        return [_comments(actor, narrowed, state) for state in (Status.RECEIVED, Status.HELD)]
    if tab is Tab.REPORTED:
        return [_reports(actor, narrowed)]
    states = _STATES.get(tab) or tuple(s for s in Status if narrowed.status in ("", s))
    said = [_said(session, narrowed.text)] if narrowed.text else []
    return [
        _proposals(actor, tab, narrowed, campaign, state, said)
        for campaign in narrowed.campaigns
        for state in states
    ]


def _proposals(
    actor: Actor,
    tab: Tab,
    narrowed: Narrowed,
    campaign: CampaignView,
    state: Status,
    said: list[ColumnElement[bool]],
) -> _Source:
    shown = tab is Tab.ALL and state is Status.PUBLISHED
    unreviewed = [Proposal.unreviewed] if tab is Tab.UNREVIEWED else []
    act = Act.SEE_DESK if shown else Act.MODERATE
    statement = _columns(Proposal.created, Proposal.id, literal("")).where(
        Proposal.campaign_id == campaign.id,
        Proposal.status == str(state),
        *unreviewed,
        within(actor, act),
        *_of_community([campaign], narrowed.community),
        *_narrowing(narrowed, Proposal.created),
        *said,
    )
    return _Source(Proposal.created, Proposal.id, statement)


def _photos(actor: Actor, narrowed: Narrowed) -> _Source:
    statement = _columns(Photo.created, Photo.id, Photo.name).join(
        Photo, Photo.proposal_id == Proposal.id
    )
    gone = [str(Status.HIDDEN), str(Status.WITHDRAWN)]
    statement = statement.where(
        Photo.status == str(PhotoStatus.WAITING),
        Proposal.status.not_in(gone),
        *_anywhere(actor, narrowed, Photo.created),
    )
    return _Source(Photo.created, Photo.id, statement)


def _comments(actor: Actor, narrowed: Narrowed, state: Status) -> _Source:
    columns = _columns(Comment.created, Comment.id, Comment.public_id, said=Comment.text)
    statement = columns.join(Comment, Comment.proposal_id == Proposal.id).where(
        Comment.status == str(state),
        Proposal.status == str(Status.PUBLISHED),
        *_anywhere(actor, narrowed, Comment.created),
    )
    return _Source(Comment.created, Comment.id, statement)


def _reports(actor: Actor, narrowed: Narrowed) -> _Source:
    said = func.coalesce(Comment.text, "")
    columns = _columns(Report.created, Report.id, Report.id, said=said, reason=Report.reason)
    statement = (
        columns.join(Report, Report.proposal_id == Proposal.id)
        .outerjoin(Comment, Comment.id == Report.comment_id)
        .where(Report.settled.is_(None), *_anywhere(actor, narrowed, Report.created))
    )
    return _Source(Report.created, Report.id, statement)


def _columns(
    moment: Any, number: Any, thing: Any, *, said: Any = None, reason: Any = None
) -> Select[Any]:
    nothing = literal("")
    return select(
        moment.label("moment"),
        number.label("number"),
        Proposal.public_id,
        thing.label("thing"),
        (nothing if said is None else said).label("said"),
        (nothing if reason is None else reason).label("reason"),
    ).select_from(Proposal)


def _anywhere(actor: Actor, narrowed: Narrowed, moment: Any) -> list[ColumnElement[bool]]:
    """Return the conditions of what hangs on proposals of several campaigns."""
    return [
        Proposal.campaign_id.in_([campaign.id for campaign in narrowed.campaigns]),
        within(actor, Act.MODERATE),
        *_of_community(narrowed.campaigns, narrowed.community),
        *_narrowing(narrowed, moment),
    ]


def _of_community(campaigns: Sequence[CampaignView], code: str) -> list[ColumnElement[bool]]:
    """Return the condition that a proposal lies in the community of its campaign's edition."""
    if not code:
        return []
    editions = sorted({campaign.edition for campaign in campaigns})
    return [and_(Proposal.community_code == code, Proposal.edition.in_(editions))]


def _narrowing(narrowed: Narrowed, moment: Any) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if narrowed.category:
        conditions.append(Proposal.category == narrowed.category)
    if narrowed.before is not None:
        conditions.append(moment < narrowed.before)
    if narrowed.answered is not None:
        told = Proposal.stage.is_not(None)
        conditions.append(told if narrowed.answered else Proposal.stage.is_(None))
    return conditions


def _said(session: Session, text: str) -> ColumnElement[bool]:
    """Return the condition that a proposal holds these words, or is the one of this name."""
    if is_public_id(text.lower()):
        return or_(says(session, text), Proposal.public_id == text.lower())
    return says(session, text)
