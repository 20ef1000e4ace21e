"""A proposal's way as a person understands it: what happened to it when, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from analysis.pin_feed import Pinboard
from analysis.results import HOTSPOTS_S, begun_hotspots, hotspots
from analysis.selection import Selection
from core.batches import in_parts
from core.database import Database
from deliberation.official_steps import steps_of
from geo.cluster_index import PinIndex
from geo.crs import WGS84, metric_crs_at
from geo.hotspot_history import joined_hotspot_at
from people.access.actor import Actor
from people.access.permissions import Act
from people.audit.models import AuditEntry
from submissions.proposals.jurisdiction import within
from submissions.proposals.models import Merge, Proposal
from submissions.proposals.queries import CampaignView, ProposalView, proposal_views
from submissions.proposals.states import Stage, Status
from submissions.proposals.told_changes import told_changes

HOTSPOT, JOINED = "hotspot", "joined"
RADIUS_M, MIN_PROPOSALS = 50.0, 5
#: Of more proposals than this nobody waits until the first hotspots are found.
MOST_AT_ONCE = 10_000
#: What usually comes after each other; a plain answer or a refusal may come at any time.
WAY = (Status.PUBLISHED, HOTSPOT, Stage.DISCUSSED, Stage.DECIDED, Stage.BUILT)
_PUT_ASIDE = {Status.HELD, Status.HIDDEN, Status.WITHDRAWN}
_ENDS = {Stage.DECLINED, Stage.BUILT}


@dataclass(frozen=True)
class Moment:
    """One moment of the way; ``at`` is None for what is still to come.

    ``kind`` is a ``Status``, ``HOTSPOT``, ``JOINED``, a ``Stage`` or a ``ChangeKind``. ``reply``
    and ``by`` come with the office's steps. ``details`` of others that were ``JOINED`` with it: how
    many ``proposals``. ``details`` of a hotspot: ``hotspot_id``, its ``rank`` of
    ``hotspots``, how many ``proposals`` and ``people`` it has now; of one to come: ``least``
    proposals within ``radius_m``. Of what is put aside: the ``held_reason``; for moderators also
    the ``reason``. Of what the office corrected: the ``reason``, for its author and for moderators.
    """

    kind: str
    at: datetime | None
    reply: str | None = None
    by: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def timeline(
    database: Database,
    campaign: CampaignView,
    view: ProposalView,
    actor: Actor,
    *,
    holder: bool = False,
) -> list[Moment]:
    """Return the way of a proposal that this reader may see: what happened, then what may come.

    ``holder``: the reader has its receipt, so is its author on whatever device.

    Hotspots are those of the whole campaign with 50 m and 5 proposals, up to a minute old. What is
    put aside now is told; that it was once, before it was shown, is not. Of one that was joined
    with another, what becomes of that other is told.
    """
    if view.status == Status.MERGED:
        return _with_kept(database, campaign, view, actor, holder=holder)
    with database.reading() as session:
        steps = steps_of(session, view.public_id)
        aside = _aside(session, view, actor)
        corrected = _corrected(session, view, actor, holder=holder) + _joins(session, view)
    happened = [Moment(Status.RECEIVED, view.created), *aside]
    if view.published_at is not None:
        happened.append(Moment(Status.PUBLISHED, view.published_at))
    if view.status == Status.PUBLISHED and (joined := _joined(database, campaign, view)):
        happened.append(joined)
    happened += [Moment(step.stage, step.at, step.reply or None, step.by) for step in steps]
    happened.sort(key=_order)
    return sorted([*happened, *corrected], key=_order) + _to_come(view, happened)


#: Of one moment: being put aside comes after all that it puts an end to.
_PLACE: dict[str, int] = {Status.RECEIVED: 0, Status.PUBLISHED: 1, HOTSPOT: 2}
_PLACE |= dict.fromkeys(Stage, 3)
_LAST = 4


def _order(moment: Moment) -> tuple[Any, int]:
    return moment.at, _PLACE.get(moment.kind, _LAST)


def _corrected(session: Session, view: ProposalView, actor: Actor, *, holder: bool) -> list[Moment]:
    """Return what the office changed in it and is so yet, and why for those who may know."""
    changes = told_changes(session, view.public_id)
    if not changes:
        return []
    told_why = holder or session.scalar(
        select(or_(Proposal.author_key == actor.key, within(actor, Act.MODERATE))).where(
            Proposal.public_id == view.public_id
        )
    )
    return [
        Moment(each.kind, each.at, details={"reason": each.reason} if told_why else {})
        for each in changes
    ]


def _to_come(view: ProposalView, happened: Sequence[Moment]) -> list[Moment]:
    """Return what usually follows the farthest that was reached; nothing after an end."""
    if view.status in {Status.HIDDEN, Status.WITHDRAWN} or happened[-1].kind in _ENDS:
        return []
    kinds = {moment.kind for moment in happened} if view.status == Status.PUBLISHED else set()
    reached = max((place for place, kind in enumerate(WAY) if kind in kinds), default=-1)
    conditions = {"least": MIN_PROPOSALS, "radius_m": RADIUS_M}
    return [
        Moment(kind, None, details=conditions if kind == HOTSPOT else {})
        for kind in WAY[reached + 1 :]
    ]


def _with_kept(
    database: Database, campaign: CampaignView, view: ProposalView, actor: Actor, *, holder: bool
) -> list[Moment]:
    """Return the way of a merged proposal, and from then on that of what it was joined with."""
    with database.reading() as session:
        steps = steps_of(session, view.public_id)
        at, head_id = session.execute(
            select(Merge.at, Proposal.merged_into)
            .join(Merge, (Merge.proposal_id == Proposal.id) & Merge.undone.is_(None))
            .where(Proposal.public_id == view.public_id)
        ).one()
        kept = proposal_views(session, Proposal.id == head_id)[0]
        corrected = _corrected(session, view, actor, holder=holder)
    own = [Moment(Status.RECEIVED, view.created), Moment(Status.MERGED, at)]
    if view.published_at is not None:
        own.append(Moment(Status.PUBLISHED, view.published_at))
    own += [Moment(step.stage, step.at, step.reply or None, step.by) for step in steps]
    theirs = [
        moment
        for moment in timeline(database, campaign, kept, actor)
        if moment.kind not in {Status.RECEIVED, Status.PUBLISHED, JOINED}
    ]
    happened = own + corrected + [moment for moment in theirs if moment.at is not None]
    return sorted(happened, key=_order) + [moment for moment in theirs if moment.at is None]


def _joins(session: Session, view: ProposalView) -> list[Moment]:
    """Return when others were joined with it, and are so yet."""
    if not view.joined:
        return []
    kept = aliased(Proposal)
    rows = session.execute(
        select(Merge.at, func.count())
        .join(kept, kept.id == Merge.kept_id)
        .where(kept.public_id == view.public_id, Merge.undone.is_(None))
        .group_by(Merge.at)
    )
    return [Moment(JOINED, row[0], details={"proposals": row[1]}) for row in rows]


def _aside(session: Session, view: ProposalView, actor: Actor) -> list[Moment]:
    """Return that it is held, hidden or withdrawn now, since when, and why."""
    if view.status not in _PUT_ASIDE:
        return []
    last = session.execute(
        select(AuditEntry.at, AuditEntry.details, within(actor, Act.MODERATE).label("moderated"))
        .join(Proposal, Proposal.id == AuditEntry.proposal_id)
        .where(
            Proposal.public_id == view.public_id,
            AuditEntry.action.in_(("status_changed", "withdrawn")),
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one_or_none()
    details = {"held_reason": view.held_reason}
    if last is not None and last.moderated:
        details["reason"] = last.details.get("reason")
    told = {name: why for name, why in details.items() if why}
    return [Moment(view.status, view.created if last is None else last.at, details=told)]


def _joined(database: Database, campaign: CampaignView, view: ProposalView) -> Moment | None:
    """Return that it is part of a hotspot now, since when, and how large that is.

    Without details while the hotspots of a large campaign are found for the first time.
    """
    _revision, index = Pinboard(database).current(campaign.id, None)
    at = _joined_at(database, index, view)
    if at is None:
        return None
    since = max(at, view.published_at or at)
    find = hotspots if len(index) <= MOST_AT_ONCE else begun_hotspots
    spots = find(
        database,
        Selection(campaign),
        radius_m=RADIUS_M,
        min_proposals=MIN_PROPOSALS,
        at_most_s=HOTSPOTS_S,
    )
    if spots is None:
        return Moment(HOTSPOT, since)
    name = spots.membership.get(view.public_id)
    if name is None:  # it changed in between
        return None
    spot = spots.frame[spots.frame["hotspot_id"] == name].iloc[0]
    details: dict[str, Any] = {k: int(spot[k]) for k in ("rank", "proposals", "people")}
    details |= {"hotspot_id": str(name), "hotspots": len(spots.frame)}
    return Moment(HOTSPOT, since, details=details)


def _joined_at(database: Database, index: PinIndex, view: ProposalView) -> datetime | None:
    """Return when it joined a hotspot, from the proposals around it alone."""
    rows, _metres = index.near(view.longitude, view.latitude, radius_m=2.1 * RADIUS_M)
    if len(rows) < MIN_PROPOSALS:
        return None
    with database.reading() as session:
        arrived = _arrivals(session, index.ids[rows].tolist())
    names = [name.decode() for name in index.labels["public_id"][rows].tolist()]
    if view.public_id not in names:
        return None
    times = [arrived.get(number) for number in index.ids[rows].tolist()]
    points = gpd.points_from_xy(index.longitude[rows], index.latitude[rows], crs=WGS84)
    around = gpd.GeoDataFrame({"at": pd.to_datetime(times, utc=True)}, geometry=points, index=names)
    middle = float(np.median(index.longitude)), float(np.median(index.latitude))
    moment = joined_hotspot_at(
        around,
        view.public_id,
        time_column="at",
        radius_m=RADIUS_M,
        min_proposals=MIN_PROPOSALS,
        metric_crs=metric_crs_at(*middle),
    )
    return None if moment is None else moment.to_pydatetime()


def _arrivals(session: Session, ids: list[int]) -> dict[int, datetime]:
    """Return when each of these published proposals was first shown."""
    arrived: dict[int, datetime] = {}
    shown = func.coalesce(Proposal.published_at, Proposal.created).label("at")
    for part in in_parts(ids):
        rows = session.execute(
            select(Proposal.id, shown).where(
                Proposal.id.in_(part), Proposal.status == str(Status.PUBLISHED)
            )
        )
        arrived |= {row.id: row.at for row in rows}
    return arrived
