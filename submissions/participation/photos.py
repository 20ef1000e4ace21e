"""Photos of proposals: sent before filing, bound to the proposal by it, seen once looked at.

The bytes lie in a ``PhotoStore``, the rows here. Bytes are stored before their row and removed
after it, so a row always has its picture; bytes that were left over are swept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from core.batches import in_parts
from core.database import Database
from core.errors import (
    BadPhotoError,
    InvalidError,
    NotFoundError,
    PhotoProblem,
    WrongStateError,
)
from core.text import clean_text
from people.access.actor import EVERYWHERE, Actor, Where
from people.access.permissions import Act, check_may, check_may_somewhere, may
from people.audit.record import record
from submissions.participation.models import Photo
from submissions.photos.sanitise import CleanPicture, clean_picture
from submissions.photos.storage import PhotoStore, new_name
from submissions.proposals.jurisdiction import where_of, within
from submissions.proposals.merged_family import HEAD, HEAD_ID, families_of
from submissions.proposals.models import Proposal
from submissions.proposals.states import PhotoStatus, Status

MOST_UNATTACHED = 12
KEPT_UNATTACHED = timedelta(hours=48)
TRANSITIONS: dict[PhotoStatus, frozenset[PhotoStatus]] = {
    PhotoStatus.WAITING: frozenset({PhotoStatus.PUBLISHED, PhotoStatus.HIDDEN}),
    PhotoStatus.PUBLISHED: frozenset({PhotoStatus.HIDDEN}),
    PhotoStatus.HIDDEN: frozenset({PhotoStatus.PUBLISHED}),
}
_PHOTO: Table = Photo.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class PhotoView:
    """A photo to show: its name in addresses, its size in pixels.

    ``waiting``: nobody but its owner sees it yet.
    """

    name: str
    width: int
    height: int
    waiting: bool


@dataclass(frozen=True)
class PhotoFile:
    """A photo whose bytes somebody may have; ``public``: anybody may.

    ``file`` is the name in the store of what is shown: not the photo's once a part is blurred.
    """

    digest: str
    public: bool
    file: str


@dataclass(frozen=True)
class QueuedPhoto:
    """A photo as moderators list it, with the proposal it belongs to."""

    name: str
    public_id: str
    status: str
    proposal_status: str
    width: int
    height: int
    created: datetime


def check_room(session: Session, actor: Actor) -> None:
    """Raise unless this device may send another photo.

    ``NotAllowedError`` without a device; ``BadPhotoError`` (``too_many``) with 12 photos that
    belong to no proposal yet.
    """
    check_may(actor, Act.FILE, action="keep_photo")
    unattached = select(func.count()).where(
        _PHOTO.c.owner_key == actor.key, _PHOTO.c.proposal_id.is_(None)
    )
    if (session.connection().scalar(unattached) or 0) >= MOST_UNATTACHED:
        raise BadPhotoError(problem=PhotoProblem.TOO_MANY)


def take_photo(
    database: Database, store: PhotoStore, actor: Actor, data: bytes, *, now: datetime
) -> tuple[str, CleanPicture]:
    """Clean a picture, store its bytes, then its row; return its name and the picture.

    Raises what ``clean_picture`` and ``keep_photo`` raise.
    """
    picture = clean_picture(data)
    name = new_name()
    store.put(name, picture.jpeg, picture.thumbnail)
    try:
        return database.write(lambda s: keep_photo(s, actor, name, picture, now=now)), picture
    except BaseException:
        with suppress(Exception):  # else it is swept
            store.delete(name)
        raise


def keep_photo(
    session: Session, actor: Actor, name: str, picture: CleanPicture, *, now: datetime
) -> str:
    """Store the row of a photo whose bytes are stored already; return its name.

    Raises what ``check_room`` raises.
    """
    check_room(session, actor)
    row = {
        "name": name,
        "proposal_id": None,
        "owner_key": actor.key,
        "status": str(PhotoStatus.WAITING),
        "width": picture.width,
        "height": picture.height,
        "size": len(picture.jpeg),
        "digest": picture.digest,
        "phash": picture.phash or None,
        "created": now,
    }
    session.connection().execute(insert(_PHOTO), row)
    record(session, actor, "photo_kept", now=now, details={"photo": name})
    return name


def attach(
    session: Session, actor: Actor, proposal_id: int, names: Iterable[str], *, most: int
) -> None:
    """Bind photos of this device to a proposal, in the transaction that files it.

    The entry of the filing speaks for it in the audit trail. Binding again to the same proposal
    changes nothing. Raises ``BadPhotoError``: ``too_many`` when the proposal would have more than
    ``most``; ``gone`` for a photo that is not this device's, hidden, or another proposal's.
    """
    wanted = list(dict.fromkeys(str(name) for name in names))
    if not wanted:
        return
    if len(wanted) > most:
        raise BadPhotoError(problem=PhotoProblem.TOO_MANY)
    table, connection = _PHOTO.c, session.connection()
    free = or_(table.proposal_id.is_(None), table.proposal_id == proposal_id)
    bound = connection.execute(
        update(_PHOTO)
        .where(table.name.in_(wanted), table.owner_key == actor.key)
        .where(free, table.status != str(PhotoStatus.HIDDEN))
        .values(proposal_id=proposal_id)
    )
    if bound.rowcount != len(wanted):
        raise BadPhotoError(problem=PhotoProblem.GONE)
    together = select(func.count()).where(table.proposal_id == proposal_id)
    if (connection.scalar(together) or 0) > most:
        raise BadPhotoError(problem=PhotoProblem.TOO_MANY)


def free_photos(session: Session, actor: Actor, names: Iterable[str]) -> list[str]:
    """Return which of these photos this device may still file with a proposal, in their order."""
    wanted, table = list(dict.fromkeys(names)), _PHOTO.c
    free = and_(table.owner_key == actor.key, table.proposal_id.is_(None))
    shown = table.status != str(PhotoStatus.HIDDEN)
    found = select(table.name).where(table.name.in_(wanted), free, shown)
    there = set(session.scalars(found))
    return [name for name in wanted if name in there]


def drop_photo(session: Session, actor: Actor, name: str, *, now: datetime) -> str:
    """Remove the row of one's own photo that no proposal has; the caller then deletes its bytes.

    Returns its name. Raises ``NotFoundError``, also for what this device may not remove.
    """
    table = _PHOTO.c
    own = and_(table.name == name, table.owner_key == actor.key, table.proposal_id.is_(None))
    if session.connection().execute(delete(_PHOTO).where(own)).rowcount != 1:
        raise NotFoundError(kind="photo")
    record(session, actor, "photo_dropped", now=now, details={"photo": name})
    return name


def change_photo_status(
    session: Session, actor: Actor, name: str, status: str, *, reason: str, now: datetime
) -> None:
    """Publish or hide a photo, with the reason in the audit trail.

    Raises ``NotAllowedError``; ``NotFoundError``; ``InvalidError`` for an unknown state or a
    missing reason; ``WrongStateError`` when the state may not follow.
    """
    check_may_somewhere(actor, Act.MODERATE, action="change_photo_status")
    photo = session.execute(
        select(Photo.status, Photo.proposal_id, Proposal.campaign_id)
        .outerjoin(Proposal, Proposal.id == Photo.proposal_id)
        .where(Photo.name == name)
    ).one_or_none()
    if photo is None or not may(actor, Act.MODERATE, _where(session, photo.proposal_id)):
        raise NotFoundError(kind="photo")
    if status not in set(PhotoStatus):
        raise InvalidError(field="status")
    if PhotoStatus(status) not in TRANSITIONS[PhotoStatus(photo.status)]:
        raise WrongStateError(status=photo.status, wanted=str(status))
    why = clean_text(reason, most=1000)
    change = update(_PHOTO).where(_PHOTO.c.name == name).values(status=str(status))
    session.connection().execute(change)
    record(
        session,
        actor,
        "photo_status_changed",
        now=now,
        campaign_id=photo.campaign_id,
        proposal_id=photo.proposal_id,
        details={"photo": name, "from": photo.status, "to": str(status), "reason": why},
    )


def _where(session: Session, proposal_id: int | None) -> Where:
    """Return where a photo is; one that is not filed yet is nowhere."""
    if proposal_id is None:
        return EVERYWHERE
    return where_of(session, session.get_one(Proposal, proposal_id))


def photos_of(
    session: Session, proposal_ids: Collection[int], *, actor: Actor | None = None
) -> dict[int, list[PhotoView]]:
    """Return the photos that may be shown with these proposals, in the order they were sent.

    Published photos of published proposals, with those of what was joined with them; to their
    owner also those that wait. Hidden ones to nobody. A proposal without any is left out.
    """
    found: dict[int, list[PhotoView]] = {}
    heads = families_of(session, proposal_ids)
    for part in in_parts(sorted(heads)):
        rows = session.execute(
            select(Photo.proposal_id, Photo.name, Photo.width, Photo.height, Photo.status)
            .join(Proposal, Proposal.id == Photo.proposal_id)
            .join(HEAD, HEAD.id == HEAD_ID)
            .where(Photo.proposal_id.in_(part))
            .where(or_(_is_public(), _is_own(actor)))
            .order_by(Photo.proposal_id, Photo.id)
        )
        for row in rows:
            waiting = row.status == PhotoStatus.WAITING
            view = PhotoView(row.name, row.width, row.height, waiting)
            found.setdefault(heads[row.proposal_id], []).append(view)
    return found


def photo_file(session: Session, name: str, actor: Actor) -> PhotoFile | None:
    """Return what serves a photo to this person, None for whoever may not have it.

    Anybody: published photos of published proposals; the owner: unless hidden; moderators: all.
    """
    row = session.execute(
        select(
            Photo.digest,
            func.coalesce(Photo.file, Photo.name).label("file"),
            _is_public().label("public"),
            _is_own(actor).label("own"),
            within(actor, Act.MODERATE).label("moderated"),
        )
        .outerjoin(Proposal, Proposal.id == Photo.proposal_id)
        .outerjoin(HEAD, HEAD.id == HEAD_ID)
        .where(Photo.name == name)
    ).one_or_none()
    if row is None or not (row.public or row.own or row.moderated):
        return None
    return PhotoFile(row.digest, bool(row.public), row.file)


def photo_queue(
    session: Session, actor: Actor, *, status: str = PhotoStatus.WAITING, most: int = 100
) -> list[QueuedPhoto]:
    """Return the photos of proposals in one state, the oldest first, for moderators.

    Raises ``NotAllowedError``.
    """
    check_may_somewhere(actor, Act.MODERATE, action="photo_queue")
    rows = session.execute(
        select(
            Photo.name,
            Proposal.public_id,
            Photo.status,
            Proposal.status.label("proposal_status"),
            Photo.width,
            Photo.height,
            Photo.created,
        )
        .join(Proposal, Proposal.id == Photo.proposal_id)
        .where(Photo.status == str(status), within(actor, Act.MODERATE))
        .order_by(Photo.created, Photo.id)
        .limit(most)
    )
    return [QueuedPhoto(*row) for row in rows]


def _is_public() -> ColumnElement[bool]:
    return and_(
        Photo.status == str(PhotoStatus.PUBLISHED),
        func.coalesce(HEAD.status, "") == str(Status.PUBLISHED),
    )


def _is_own(actor: Actor | None) -> ColumnElement[bool]:
    """A photo of this device that nobody hid."""
    if actor is None or actor.key is None:
        return false()
    return and_(Photo.owner_key == actor.key, Photo.status != str(PhotoStatus.HIDDEN))
