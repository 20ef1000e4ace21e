"""Versions of packs: ordered, made by a background process that holds them, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.background.leased_work import LeasedWork
from core.errors import NotFoundError, WrongStateError
from packs.models import Pack, PackVersion
from packs.states import UNDER_WAY, VersionState
from packs.told_people import Counted, from_json
from people.access.actor import Actor
from people.audit.record import record

#: Versions that are made in the background.
WORK = LeasedWork(
    PackVersion,
    waiting=VersionState.WAITING,
    held=VersionState.BUILDING,
    lease=timedelta(minutes=10),
)
#: Figures whose names begin so are of the whole campaign, whatever pack they stand in.
WHOLE = "whole:"


@dataclass(frozen=True)
class VersionView:
    """A version; ``progress`` from 0 to 1; see ``packs.models.PackVersion``."""

    id: int
    pack_id: int
    number: int
    state: str
    progress: float
    problem: str
    file: str
    size: int
    digest: str
    manifest: dict[str, Any]
    by: str
    created: datetime
    ended: datetime | None


@dataclass(frozen=True)
class LayerChange:
    """What is different in a layer of two versions: how many things."""

    layer: str
    added: int
    gone: int
    changed: int


def add_version(session: Session, actor: Actor, pack: Pack, *, now: datetime) -> int:
    """Order the next version of a pack that this person may give; return its number.

    Raises ``WrongStateError`` while another is under way.
    """
    mine = PackVersion.pack_id == pack.id
    going = PackVersion.state.in_([str(one) for one in UNDER_WAY])
    if session.scalar(select(PackVersion.id).where(mine, going)) is not None:
        raise WrongStateError(status="building", wanted="waiting")
    number = (session.scalar(select(func.max(PackVersion.number)).where(mine)) or 0) + 1
    row = PackVersion(
        pack_id=pack.id,
        number=number,
        state=str(VersionState.WAITING),
        progress=0.0,
        problem="",
        file="",
        size=0,
        digest="",
        manifest={},
        counted={},
        held={},
        account_id=actor.account_id,
        by=actor.name,
        created=now,
    )
    session.add(row)
    session.flush()
    _record(session, actor, "pack_version_ordered", pack, number, now)
    return number


def stop_version(session: Session, actor: Actor, pack: Pack, number: int, *, now: datetime) -> None:
    """Stop a version that waits or is being made; one that has ended stays as it is."""
    row = _row(session, pack.id, number)
    if row.state in set(UNDER_WAY):
        row.state, row.ended = str(VersionState.STOPPED), now
        session.flush()
        _record(session, actor, "pack_version_stopped", pack, number, now)


def withdraw_version(
    session: Session, actor: Actor, pack: Pack, number: int, *, now: datetime
) -> str:
    """Take a version back, so that nobody gets it any more; return the name of its file.

    Raises ``NotFoundError``; ``WrongStateError`` for one that is not there.
    """
    row = _row(session, pack.id, number)
    if row.state != VersionState.READY:
        raise WrongStateError(status=row.state, wanted=str(VersionState.READY))
    row.state, name = str(VersionState.WITHDRAWN), row.file
    row.file = ""
    session.flush()
    _record(session, actor, "pack_version_withdrawn", pack, number, now)
    return name


def versions(session: Session, pack_id: int) -> list[VersionView]:
    """Return the versions of a pack, the latest first; whoever calls has checked who asks."""
    rows = session.scalars(
        select(PackVersion).where(PackVersion.pack_id == pack_id).order_by(PackVersion.id.desc())
    )
    return [_view(row) for row in rows]


def ready_version(session: Session, pack_id: int, number: int) -> VersionView:
    """Return a version whose file is there. Raises ``NotFoundError``."""
    row = _row(session, pack_id, number)
    if row.state != VersionState.READY:
        raise NotFoundError(kind="version", number=number)
    return _view(row)


def changes(session: Session, pack_id: int, before: int, after: int) -> list[LayerChange]:
    """Return what is different in two versions, layer by layer, where anything is.

    Raises ``NotFoundError``.
    """
    old, new = (_row(session, pack_id, number).held for number in (before, after))
    found = [_change(name, old.get(name, {}), new.get(name, {})) for name in {**old, **new}]
    return [one for one in found if one.added or one.gone or one.changed]


def _change(layer: str, old: Mapping[str, str], new: Mapping[str, str]) -> LayerChange:
    return LayerChange(
        layer,
        added=len(new.keys() - old.keys()),
        gone=len(old.keys() - new.keys()),
        changed=sum(old[name] != new[name] for name in old.keys() & new.keys()),
    )


def told_before(session: Session, pack: Pack, number: int) -> Counted:
    """Return what was told of people last before a version, in any pack of the same.

    Of figures of the whole campaign, in any pack of it. Also of versions that were withdrawn
    since: somebody may have them.
    """
    same = select(Pack.id).where(
        Pack.campaign_id == pack.campaign_id,
        Pack.origin == pack.origin,
        Pack.topic_id.is_not_distinct_from(pack.topic_id),
        Pack.scenario_id.is_not_distinct_from(pack.scenario_id),
        Pack.query == pack.query,
    )
    gone_out = PackVersion.state.in_([str(VersionState.READY), str(VersionState.WITHDRAWN)])
    earlier = or_(PackVersion.pack_id != pack.id, PackVersion.number < number)
    told = select(PackVersion.counted).order_by(PackVersion.ended, PackVersion.id)
    campaign = select(Pack.id).where(Pack.campaign_id == pack.campaign_id)
    whole: dict[str, Any] = {}
    for stored in session.scalars(told.where(PackVersion.pack_id.in_(campaign), gone_out, earlier)):
        whole |= {name: one for name, one in stored.items() if name.startswith(WHOLE)}
    mine = session.scalars(told.where(PackVersion.pack_id.in_(same), gone_out, earlier)).all()
    return from_json((dict(mine[-1]) if mine else {}) | whole)


def _row(session: Session, pack_id: int, number: int) -> PackVersion:
    row = session.scalar(
        select(PackVersion)
        .where(PackVersion.pack_id == pack_id, PackVersion.number == number)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError(kind="version", number=number)
    return row


def _view(row: PackVersion) -> VersionView:
    return VersionView(**{name: getattr(row, name) for name in VersionView.__dataclass_fields__})


def _record(
    session: Session, actor: Actor, action: str, pack: Pack, number: int, now: datetime
) -> None:
    details = {"pack": pack.id, "title": pack.title, "version": number}
    record(session, actor, action, now=now, campaign_id=pack.campaign_id, details=details)
