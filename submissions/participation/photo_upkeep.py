"""Upkeep of stored photos: their hashes, and sweeping out those that belong to nothing."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from io import BytesIO

from PIL import Image
from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import NotFoundError
from people.access.actor import Actor
from people.audit.record import record
from submissions.campaigns.models import Campaign
from submissions.participation.models import Observation, Photo, PhotoVersion
from submissions.participation.photos import _PHOTO, KEPT_UNATTACHED
from submissions.photos.perceptual_hash import photo_hash
from submissions.photos.storage import PhotoStore


def hash_photos(database: Database, store: PhotoStore, *, most: int = 500) -> int:
    """Give photos that came before there were perceptual hashes theirs; return how many."""
    missing = select(Photo.id, Photo.name).where(Photo.phash.is_(None)).order_by(Photo.id)
    with database.reading() as session:
        photos = session.execute(missing.limit(most)).all()
    hashes = []
    for photo in photos:
        with (
            suppress(NotFoundError, OSError),
            Image.open(
                BytesIO(store.read(photo.name, thumbnail=True)), formats=["JPEG"]
            ) as picture,
        ):
            hashes.append({"photo": photo.id, "found": photo_hash(picture)})
    if hashes:
        change = update(_PHOTO).where(_PHOTO.c.id == bindparam("photo"))
        statement = change.values(phash=bindparam("found"))
        database.write(lambda session: session.connection().execute(statement, hashes).rowcount)
    return len(hashes)


def sweep(database: Database, store: PhotoStore, now: datetime) -> int:
    """Remove photos that 48 hours after they were sent belong to no proposal, and stray bytes.

    Returns the number of photos whose bytes were removed. Whatever a crash left of it, the next
    sweep does.
    """
    moment = now - KEPT_UNATTACHED
    swept = set(database.write(lambda session: _drop_unattached(session, moment, now)))
    for names in store.names_before(moment):
        with database.reading() as session:
            swept |= set(names) - _known(session, names)
    for name in swept:
        store.delete(name)
    store.drop_unfinished(moment)
    return len(swept)


def cut_ahead(session: Session, *, now: datetime) -> None:
    """Let no photo without a proposal stay longer because the clock was set back."""
    ahead = and_(_PHOTO.c.proposal_id.is_(None), _PHOTO.c.created > now)
    session.connection().execute(update(_PHOTO).where(ahead).values(created=now))


def _known(session: Session, names: Collection[str]) -> set[str]:
    """Return those of these names under which a photo, a version of one, a cover is stored."""
    photos = select(Photo.name).where(Photo.name.in_(names))
    versions = select(PhotoVersion.name).where(PhotoVersion.name.in_(names))
    covers = select(Campaign.cover).where(Campaign.cover.in_(names))
    seen = select(Observation.photo).where(Observation.photo.in_(names))
    statements = (photos, versions, covers, seen)
    found = [name for statement in statements for name in session.scalars(statement)]
    return {name for name in found if name is not None}


def _drop_unattached(session: Session, moment: datetime, now: datetime) -> list[str]:
    table = _PHOTO.c
    old = and_(table.proposal_id.is_(None), table.created < moment)
    names = session.connection().scalars(delete(_PHOTO).where(old).returning(table.name)).all()
    if names:
        record(session, Actor(), "photos_swept", now=now, details={"photos": len(names)})
    return list(names)
