"""What staff saw at a place: a note, counts such as bikes parked at 08:00, perhaps a photo.

Observations are for the desk: they are in no public page, tile or file. Resident planners and
others who may ``OBSERVE`` add them where their role reaches; who added one may remove it, and so
may those who moderate there. A removed one is kept, for the audit trail alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.count_kinds import CountKind, kind_named
from core.database import Database
from core.errors import (
    EmptyTextError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    OutsideAreaError,
)
from core.text import clean_text, shows_nothing
from layers.communities.communities import community_index
from people.access.actor import Actor, Where
from people.access.idempotency_key import token_for
from people.access.permissions import (
    Act,
    check_may,
    check_may_somewhere,
    in_limits,
    may,
    may_somewhere,
)
from people.audit.record import record
from submissions.campaigns.models import Campaign
from submissions.participation.models import Observation
from submissions.participation.proposal_draft import check_coordinate
from submissions.photos.sanitise import clean_picture
from submissions.photos.storage import PhotoStore, new_name
from submissions.proposals.queries import CampaignView

MOST_CHARACTERS = 1_000
MOST_COUNTS, MOST_COUNTED, MOST_WHAT = 12, 100_000, 40
#: What is seen beside a campaign's area may be why people come to it.
BESIDE_DEG = 0.003
_EARLY = timedelta(minutes=10)


@dataclass(frozen=True)
class Count:
    """How many of something were there; ``kind`` where one of ``CountKind`` was chosen.

    ``what``: in the words of who counted; may be empty where a kind was chosen.
    """

    what: str
    count: int
    kind: str = ""

    @property
    def known_kind(self) -> CountKind | None:
        """The kind that was chosen, or that the words name."""
        return CountKind(self.kind) if self.kind else kind_named(self.what)


@dataclass(frozen=True)
class NewObservation:
    """What is to be kept; ``token`` names the form: the same sent twice is kept once."""

    token: str
    longitude: float
    latitude: float
    observed_at: datetime
    note: str = ""
    counts: tuple[Count, ...] = ()


@dataclass(frozen=True)
class ObservationView:
    """An observation as the desk shows it; ``removable`` by who reads it."""

    id: int
    longitude: float
    latitude: float
    community_code: str | None
    note: str
    counts: tuple[Count, ...]
    observed_at: datetime
    photo: str | None
    by: str
    removable: bool


def observe(
    database: Database,
    store: PhotoStore,
    actor: Actor,
    campaign_id: int,
    new: NewObservation,
    *,
    photo: bytes | None = None,
    now: datetime,
) -> int:
    """Keep what somebody saw, with its photo; return the observation's id.

    The photo is cleaned as residents' photos are. Raises what ``keep_observation`` raises, and
    ``BadPhotoError``.
    """
    check_may_somewhere(actor, Act.OBSERVE, action="observe")
    if photo is None:
        return database.write(lambda s: keep_observation(s, actor, campaign_id, new, now=now))
    picture, name = clean_picture(photo), new_name()
    store.put(name, picture.jpeg, picture.thumbnail)
    try:
        return database.write(
            lambda s: keep_observation(
                s, actor, campaign_id, new, photo=name, photo_digest=picture.digest, now=now
            )
        )
    except BaseException:
        with suppress(Exception):  # else it is swept
            store.delete(name)
        raise


def keep_observation(
    session: Session,
    actor: Actor,
    campaign_id: int,
    new: NewObservation,
    *,
    photo: str | None = None,
    photo_digest: str = "",
    now: datetime,
) -> int:
    """Store an observation whose photo, if any, is stored already; return its id.

    Raises ``NotAllowedError`` where this person may not observe; ``NotFoundError`` for the
    campaign; ``BadCoordinateError``; ``OutsideAreaError``; ``InvalidError`` (``counts``,
    ``observed_at`` in the future); ``EmptyTextError`` where nothing was seen at all.
    """
    seen = (new.longitude, new.latitude, new.observed_at, new.note, new.counts, photo_digest)
    token = token_for(new.token, *seen)
    before = session.scalar(select(Observation).where(Observation.token == token))
    if before is not None:
        if before.account_id != actor.account_id or before.campaign_id != campaign_id:
            raise InvalidError(field="token")
        return before.id
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFoundError(kind="campaign", id=campaign_id)
    x, y = check_coordinate(new.longitude, new.latitude)
    code = community_index(session, campaign.edition).locate([x], [y])[0]
    here = Where(campaign.subdistrict, code or "", campaign.edition)
    check_may(actor, Act.OBSERVE, here, action="observe")
    if not shapely.dwithin(campaign.area, shapely.Point(x, y), BESIDE_DEG):
        raise OutsideAreaError()
    if new.observed_at > now + _EARLY:
        raise InvalidError(field="observed_at")
    row = Observation(
        token=token,
        campaign_id=campaign_id,
        longitude=x,
        latitude=y,
        community_code=code,
        edition=campaign.edition,
        note=_note(new, photo),
        counts=_counts(new.counts),
        observed_at=new.observed_at,
        photo=photo,
        account_id=actor.account_id,
        by=actor.name,
        created=now,
    )
    session.add(row)
    session.flush()
    details = {"observation": row.id, "note": row.note, "counts": row.counts}
    record(session, actor, "observed", now=now, campaign_id=campaign_id, details=details)
    return row.id


def remove_observation(
    session: Session, actor: Actor, observation_id: int, *, now: datetime
) -> None:
    """Take an observation off the desk.

    Raises ``NotFoundError``, also for whoever may not see it; ``NotAllowedError`` for another's.
    """
    row = session.get(Observation, observation_id, populate_existing=True)
    if row is None or row.removed is not None or not _seen(session, actor, row):
        raise NotFoundError(kind="observation", id=observation_id)
    if not _removable(actor, row, session.get_one(Campaign, row.campaign_id).subdistrict):
        raise NotAllowedError(action="remove_observation")
    row.removed = now
    session.flush()
    details = {"observation": row.id}
    record(
        session,
        actor,
        "observation_removed",
        now=now,
        campaign_id=row.campaign_id,
        details=details,
    )


def observations(
    session: Session,
    actor: Actor,
    campaign: CampaignView,
    *,
    bounds: tuple[float, float, float, float] | None = None,
) -> list[ObservationView]:
    """Return what was seen within this person's desk, the latest first.

    ``bounds``: only in this box (west, south, east, north in WGS 84 degrees).
    """
    if not may_somewhere(actor, Act.SEE_DESK):
        return []
    statement = select(Observation).where(
        Observation.campaign_id == campaign.id, Observation.removed.is_(None)
    )
    if bounds is not None:
        west, south, east, north = bounds
        statement = statement.where(
            Observation.latitude.between(south, north), Observation.longitude.between(west, east)
        )
    order = Observation.observed_at.desc(), Observation.id.desc()
    rows = session.scalars(statement.order_by(*order))
    where = campaign.subdistrict
    seen = [row for row in rows if may(actor, Act.SEE_DESK, _place(row, where))]
    return [_view(actor, row, where) for row in seen]


def observation_photo(session: Session, actor: Actor, name: str) -> str:
    """Return the name of an observation's photo if this person may see it, for the store.

    Raises ``NotFoundError``.
    """
    row = session.scalar(
        select(Observation).where(Observation.photo == name, Observation.removed.is_(None))
    )
    if row is None or not _seen(session, actor, row):
        raise NotFoundError(kind="photo", name=name)
    return name


def _seen(session: Session, actor: Actor, row: Observation) -> bool:
    subdistrict = session.get_one(Campaign, row.campaign_id).subdistrict
    return may(actor, Act.SEE_DESK, _place(row, subdistrict))


def _place(row: Observation, subdistrict: str) -> Where:
    return Where(subdistrict, row.community_code or "", row.edition)


def _removable(actor: Actor, row: Observation, subdistrict: str) -> bool:
    own = row.account_id is not None and row.account_id == actor.account_id
    own = own and in_limits(actor, Act.OBSERVE)
    return own or may(actor, Act.MODERATE, _place(row, subdistrict))


def _view(actor: Actor, row: Observation, subdistrict: str) -> ObservationView:
    return ObservationView(
        row.id,
        row.longitude,
        row.latitude,
        row.community_code,
        row.note,
        tuple(_count(one) for one in row.counts),
        row.observed_at,
        row.photo,
        row.by,
        _removable(actor, row, subdistrict),
    )


def _note(new: NewObservation, photo: str | None) -> str:
    try:
        return clean_text(new.note, most=MOST_CHARACTERS)
    except EmptyTextError:
        if new.counts or photo:
            return ""
        raise


def _counts(counts: Sequence[Count]) -> list[dict[str, Any]]:
    if len(counts) > MOST_COUNTS:
        raise InvalidError(field="counts")
    found = []
    for one in counts:
        if not 0 <= one.count <= MOST_COUNTED:
            raise InvalidError(field="counts", least=0, most=MOST_COUNTED)
        if one.kind and one.kind not in set(CountKind):
            raise InvalidError(field="counts")
        what = "" if one.kind and shows_nothing(one.what) else clean_text(one.what, most=MOST_WHAT)
        kind = {"kind": str(one.kind)} if one.kind else {}
        found.append({"what": what, "count": int(one.count), **kind})
    return found


def _count(kept: dict[str, Any]) -> Count:
    kind = str(kept.get("kind", ""))
    return Count(str(kept["what"]), int(kept["count"]), kind if kind in set(CountKind) else "")
