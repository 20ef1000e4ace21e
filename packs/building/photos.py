"""The photos of a pack: approved ones of its proposals, made anew without metadata."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.batches import in_parts
from core.errors import BadPhotoError, NotFoundError
from people.access.actor import Actor
from submissions.participation.photos import photo_file, photos_of
from submissions.photos.sanitise import clean_picture
from submissions.photos.storage import PhotoStore
from submissions.proposals.models import Proposal

MOST_PHOTOS = 300


def pack_photos(session: Session, public_ids: Collection[str]) -> tuple[list[tuple[str, str]], int]:
    """Return the approved photos of proposals and how many were too many for a pack.

    Each as the public id of its proposal and its name in the store, of what is shown: with what
    was blurred in it.
    """
    ids: dict[int, str] = {}
    for part in in_parts(sorted(public_ids)):
        wanted = select(Proposal.id, Proposal.public_id).where(Proposal.public_id.in_(part))
        ids |= {row.id: row.public_id for row in session.execute(wanted)}
    found = []
    for proposal_id, views in sorted(photos_of(session, sorted(ids)).items()):
        for view in views:
            file = photo_file(session, view.name, Actor())
            if file is not None and file.public:
                found.append((ids[proposal_id], file.file))
    return found[:MOST_PHOTOS], max(len(found) - MOST_PHOTOS, 0)


def photo_bytes(store: PhotoStore, photos: list[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """Give each photo as a JPEG without metadata, with its name in the pack.

    One that is gone or cannot be read any more is left out.
    """
    counts: dict[str, int] = {}
    for public_id, name in photos:
        try:
            jpeg = clean_picture(store.read(name)).jpeg
        except (NotFoundError, BadPhotoError):
            continue
        counts[public_id] = counts.get(public_id, 0) + 1
        yield f"{public_id}-{counts[public_id]}.jpg", jpeg
