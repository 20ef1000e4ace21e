"""The review list of doubtful locations: read by pages, dismissed, and whole imports converted.

What ``sanity.find_doubts`` finds is made in a thread of its own and kept for the campaign's
revision; a reader gets what was found last, without what has been moved, hidden or dismissed since.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from core.batches import in_parts
from core.cache import CACHE
from core.database import Database
from core.errors import InvalidError, NotFoundError, OutsideAreaError
from core.page import Page, page_of
from core.worker import SerialWorker
from geo.crs import CHINESE_SYSTEMS, to_wgs84
from moderation.changes import move_pin
from moderation.locations.location_checks import Doubt, DoubtKind, find_doubts
from moderation.models import DismissedDoubt
from people.access.actor import Actor
from people.access.permissions import Act, check_may, check_may_somewhere, may
from people.audit.record import record
from submissions.campaigns.jurisdiction import where_of_campaign
from submissions.campaigns.models import Campaign
from submissions.proposals.models import Change, Proposal
from submissions.proposals.queries import CampaignView, counted_revision
from submissions.proposals.states import EntryChannel, Status
from submissions.proposals.version import clean_reason
from submissions.proposals.visibility import moderated_proposal

WAIT_S = 0.4
SOON_S = 0.05
MOST_ON_PAGE = 200
MOST_AT_ONCE = 200
_SINGLE = frozenset({DoubtKind.COMMUNITY, DoubtKind.WATER, DoubtKind.RAIL})
_GONE = (str(Status.HIDDEN), str(Status.WITHDRAWN))
#: The revision that was looked at, and what was found.
_Finding = tuple[int, list[Doubt]]


@dataclass(frozen=True)
class DoubtList:
    """One page of the list. ``by_kind`` counts all pages, of all kinds.

    ``computing``: the campaign has changed, or nothing was found out yet, and it is being looked
    at: ask again in a while.
    """

    page: Page[Doubt]
    by_kind: dict[str, int]
    computing: bool


@dataclass(frozen=True)
class Converted:
    """What one call of ``convert_import`` did: proposals moved, and left as they are.

    ``outside`` would have left the campaign's area. ``after`` goes into the next call; ``left`` is
    how many proposals that one finds.
    """

    moved: int
    outside: int
    after: int
    left: int


def doubts_of(
    database: Database,
    actor: Actor,
    campaign: CampaignView,
    *,
    kind: str | None = None,
    page: int = 1,
    size: int = 50,
    wait_s: float = WAIT_S,
) -> DoubtList:
    """Return a page of the doubtful locations, of one kind or all, that this person moderates.

    Where nothing was found out yet it waits ``wait_s`` seconds. Raises ``NotAllowedError``;
    ``InvalidError`` for an unknown kind.
    """
    check_may_somewhere(actor, Act.MODERATE, action="moderate")
    if kind is not None and kind not in set(DoubtKind):
        raise InvalidError(field="kind")
    found, computing = _desk.current(database, campaign, wait_s)
    with database.reading() as session:
        open_ones = _open(session, actor, campaign, found)
    chosen = [doubt for doubt in open_ones if kind in (None, doubt.kind)]
    return DoubtList(
        page=page_of(chosen, page, max(1, min(size, MOST_ON_PAGE))),
        by_kind=dict(Counter(str(doubt.kind) for doubt in open_ones)),
        computing=computing,
    )


def dismiss_doubt(
    session: Session, actor: Actor, campaign_id: int, key: str, *, reason: str, now: datetime
) -> None:
    """Find a location right: the doubt is not raised again; dismissed already, nothing happens.

    Raises ``NotAllowedError``, ``NotFoundError``, ``EmptyTextError`` without a reason.
    """
    campaign, proposal_id = _doubted(session, actor, campaign_id, key)
    why = clean_reason(reason)
    if session.get(DismissedDoubt, (campaign.id, key)) is not None:
        return
    session.add(DismissedDoubt(campaign_id=campaign.id, key=key, by=actor.name, reason=why, at=now))
    session.flush()
    # Nothing that is shown changes, so the campaign's revision stays where it can.
    details = {"doubt": key, "reason": why, "campaign": campaign.id}
    record(session, actor, "doubt_dismissed", now=now, proposal_id=proposal_id, details=details)


def batch_of(import_key: str) -> str:
    """Return the batch under which an import is converted."""
    return f"convert-{import_key}"[:40]


def convert_import(
    session: Session,
    actor: Actor,
    campaign_id: int,
    import_key: str,
    system: str,
    *,
    reason: str,
    after: int = 0,
    most: int = MOST_AT_ONCE,
    now: datetime,
) -> Converted:
    """Move the next proposals of an import to where they lie if it was in ``system`` all along.

    Call it with the ``after`` it gave until nothing is ``left``; in between one may stop. What was
    converted before, and not undone, is passed over, so that nothing moves twice. The coordinates
    as stated stay. Raises ``NotAllowedError``, ``NotFoundError``; ``InvalidError`` (``system``);
    ``EmptyTextError`` without a reason.
    """
    campaign = _moderated_campaign(session, actor, campaign_id)
    if system not in CHINESE_SYSTEMS:
        raise InvalidError(field="system")
    why, batch = clean_reason(reason), batch_of(import_key)
    theirs = _to_convert(campaign.id, import_key, batch)
    rows = session.execute(
        select(Proposal.id, Proposal.public_id, Proposal.longitude, Proposal.latitude)
        .where(*theirs, Proposal.id > after)
        .order_by(Proposal.id)
        .limit(most)
    ).all()
    moved = outside = 0
    for row in rows:
        place = to_wgs84(row.longitude, row.latitude, crs=system)
        try:
            move_pin(
                session, actor, row.public_id, *place, reason=why, seen=None, batch=batch, now=now
            )
            moved += 1
        except OutsideAreaError:
            outside += 1
    last = rows[-1].id if rows else after
    left = session.scalar(
        select(func.count()).select_from(Proposal).where(*theirs, Proposal.id > last)
    )
    return Converted(moved, outside, last, left or 0)


def _to_convert(campaign_id: int, import_key: str, batch: str) -> tuple[Any, ...]:
    standing = (
        exists()
        .where(Change.batch == batch, Change.proposal_id == Proposal.id)
        .where(Change.undone.is_(None), Change.undoes.is_(None))
    )
    brought = Proposal.import_key == import_key if import_key else Proposal.import_key.is_(None)
    return (
        Proposal.campaign_id == campaign_id,
        brought,
        Proposal.entry == str(EntryChannel.IMPORT),
        Proposal.status.not_in(_GONE),
        ~standing,
    )


def _open(
    session: Session, actor: Actor, campaign: CampaignView, found: list[Doubt]
) -> list[Doubt]:
    """Leave out what this person does not moderate, and what is no longer so."""
    here = select(DismissedDoubt.key).where(DismissedDoubt.campaign_id == campaign.id)
    dismissed = set(session.scalars(here))
    mine = [
        doubt
        for doubt in found
        if doubt.key not in dismissed and may(actor, Act.MODERATE, doubt.where)
    ]
    places = _places(session, {d.public_ids[0] for d in mine if d.kind in _SINGLE})
    return [
        doubt
        for doubt in mine
        if doubt.kind not in _SINGLE
        or places.get(doubt.public_ids[0]) == (doubt.longitude, doubt.latitude)
    ]


def _places(session: Session, public_ids: set[str]) -> dict[str, tuple[float, float]]:
    """Return where those are now that are not hidden or taken back."""
    places: dict[str, tuple[float, float]] = {}
    for part in in_parts(sorted(public_ids)):
        rows = session.execute(
            select(Proposal.public_id, Proposal.longitude, Proposal.latitude).where(
                Proposal.public_id.in_(part), Proposal.status.not_in(_GONE)
            )
        )
        places |= {row.public_id: (row.longitude, row.latitude) for row in rows}
    return places


def _doubted(
    session: Session, actor: Actor, campaign_id: int, key: str
) -> tuple[Campaign, int | None]:
    """Return what a doubt is about: its campaign, and the proposal if it is about one."""
    kind, _, rest = key.partition(":")
    if kind not in set(DoubtKind) or not rest or len(key) > 120:
        raise NotFoundError(kind="doubt")
    if DoubtKind(kind) not in _SINGLE:
        return _moderated_campaign(session, actor, campaign_id), None
    proposal = moderated_proposal(session, actor, rest.partition(":")[0])
    if proposal.campaign_id != campaign_id:
        raise NotFoundError(kind="doubt")
    return session.get_one(Campaign, campaign_id), proposal.id


def _moderated_campaign(session: Session, actor: Actor, campaign_id: int) -> Campaign:
    check_may_somewhere(actor, Act.MODERATE, action="moderate")
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFoundError(kind="campaign", id=campaign_id)
    check_may(actor, Act.MODERATE, where_of_campaign(campaign), action="moderate")
    return campaign


class _Desk:
    """What was found out about each campaign; one thread finds out, one campaign at a time."""

    def __init__(self) -> None:
        self._pool = SerialWorker("location checks")
        self._running: dict[Hashable, Future[_Finding]] = {}
        self._lock = threading.Lock()

    def current(
        self, database: Database, campaign: CampaignView, wait_s: float
    ) -> tuple[list[Doubt], bool]:
        """Return what was found last, and whether a newer finding goes on."""
        key = ("doubts", database.url, campaign.id)
        with database.reading() as session:
            newest = counted_revision(session, campaign.id)
        held: _Finding | None = CACHE.last(key)
        before = held[1] if held else []
        with self._lock:
            if key not in self._running and (held is None or held[0] < newest):
                find = partial(self._find, key, newest, partial(_found, database, campaign))
                self._running[key] = self._pool.submit(find)
            running = self._running.get(key)
        if running is None:
            return before, False
        try:
            shown, doubts = running.result(timeout=wait_s if held is None else SOON_S)
        except StillRunning:
            return before, True
        return doubts, shown < newest

    def _find(self, key: Hashable, revision: int, find: Callable[[], _Finding]) -> _Finding:
        try:
            return CACHE.get(key, revision, find)
        finally:
            with self._lock:
                del self._running[key]


def _found(database: Database, campaign: CampaignView) -> _Finding:
    with database.reading() as session:
        shown = counted_revision(session, campaign.id)
        return shown, find_doubts(session, campaign)


_desk = _Desk()
