"""Making parts of a photo unrecognisable, for good: faces, number plates, doorbells.

Each blurring makes a new version of the picture under a name of its own; the one that was sent
stays under the photo's name, and only moderators get it (``original_file``). What is shown says
``Photo.file``; its digest is that of what is shown, so that no cache keeps the old one. Undone by
``undoing.undo_change``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from PIL import Image, ImageFilter
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import InvalidError, NotAllowedError, NotFoundError, WrongStateError
from moderation.change_log import store_change
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from submissions.participation.models import Photo, PhotoVersion
from submissions.photos.sanitise import CleanPicture, clean_picture
from submissions.photos.storage import PhotoStore, new_name
from submissions.proposals.jurisdiction import may_for
from submissions.proposals.models import Proposal
from submissions.proposals.states import ChangeKind
from submissions.proposals.version import check_open, check_seen, clean_reason

MOST_BOXES = 20
#: A region keeps no more than these many cells along its longer side, each of one flat colour.
MOST_CELLS = 4
#: Colours keep eight steps a channel.
_STEP = 32
#: Of 0.8 times 300 pixels no 241st is meant.
_ROUNDING = 1e-6
_SHOWN = ("file", "size", "digest")


@dataclass(frozen=True)
class Box:
    """A rectangle of a photo, in shares of its width and height from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


def blur_photo(
    database: Database,
    store: PhotoStore,
    actor: Actor,
    name: str,
    boxes: Sequence[Box],
    *,
    reason: str,
    seen: datetime | None = None,
    now: datetime,
) -> int:
    """Make parts of a photo of a proposal unrecognisable; return the change's id.

    What was blurred before stays so. ``seen`` is the proposal's ``updated``. Raises
    ``NotAllowedError``; ``NotFoundError``, also for a photo that no proposal has;
    ``InvalidError`` (``boxes``) for none, too many, or one that is no rectangle; ``EmptyTextError``
    without a reason; ``StaleError``; ``WrongStateError`` for what its author took back, and for a
    photo that somebody else blurred at the same time.
    """
    clean_reason(reason)
    checked = _checked(boxes)
    with database.reading() as session:
        shown = shown_file(session, actor, name)
    picture = blurred(store.read(shown), checked)
    version = new_name()
    store.put(version, picture.jpeg, picture.thumbnail)
    try:
        return database.write(
            lambda session: _store_version(
                session, actor, name, shown, version, picture, reason, seen, now
            )
        )
    except BaseException:
        with suppress(Exception):  # else it is swept
            store.delete(version)
        raise


def blurred(jpeg: bytes, boxes: Sequence[Box]) -> CleanPicture:
    """Return a picture without what was in the boxes, and its thumbnail made anew from that."""
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
        plain = image.convert("RGB")
    file = BytesIO()
    destroyed(plain, boxes).save(file, "PNG")
    return clean_picture(file.getvalue())


def destroyed(image: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """Return the picture with each box pixelated to a few flat colours, then blurred.

    All that is left of a box is the mean colour of at most ``MOST_CELLS`` by ``MOST_CELLS`` cells,
    in eight steps a channel: the blur is computed from these alone, so it cannot be reversed.
    """
    changed = image.copy()
    for box in boxes:
        left, top, right, bottom = _pixels(box, image.size)
        width, height = right - left, bottom - top
        longest = max(width, height)
        across, down = (max(1, round(MOST_CELLS * side / longest)) for side in (width, height))
        region = changed.crop((left, top, right, bottom))
        small = region.resize((across, down), Image.Resampling.BOX)
        small = small.point(lambda value: value // _STEP * _STEP + _STEP // 2)
        flat = small.resize((width, height), Image.Resampling.NEAREST)
        soft = flat.filter(ImageFilter.GaussianBlur(longest / (4 * MOST_CELLS)))
        changed.paste(soft, (left, top))
    return changed


def shown_file(session: Session, actor: Actor, name: str) -> str:
    """Return the name in the store of what is shown of a photo, to those who moderate it.

    Raises ``NotAllowedError``, ``NotFoundError``.
    """
    photo, _proposal = _moderated(session, actor, name)
    return photo.file or photo.name


def original_file(session: Session, actor: Actor, name: str) -> str:
    """Return the name in the store of a photo as it was sent, to those who moderate it.

    Raises ``NotFoundError`` for everybody else: nobody learns that there is another one.
    """
    try:
        photo, _proposal = _moderated(session, actor, name)
    except NotAllowedError:
        raise NotFoundError(kind="photo") from None
    return photo.name


def _moderated(session: Session, actor: Actor, name: str) -> tuple[Photo, Proposal]:
    check_may_somewhere(actor, Act.MODERATE, action="blur_photo")
    row = session.execute(
        select(Photo, Proposal)
        .join(Proposal, Proposal.id == Photo.proposal_id)
        .where(Photo.name == name)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or not may_for(session, actor, Act.MODERATE, row[1]):
        raise NotFoundError(kind="photo")
    return row[0], row[1]


def _store_version(
    session: Session,
    actor: Actor,
    name: str,
    shown: str,
    version: str,
    picture: CleanPicture,
    reason: str,
    seen: datetime | None,
    now: datetime,
) -> int:
    photo, proposal = _moderated(session, actor, name)
    check_open(proposal, "changed")
    check_seen(session, proposal, seen)
    if shown != (photo.file or photo.name):
        raise WrongStateError(status="changed", wanted="blurred")
    session.add(PhotoVersion(name=version, photo_id=photo.id, created=now))
    before = _fields(photo)
    photo.file, photo.size, photo.digest = version, len(picture.jpeg), picture.digest
    return store_change(
        session,
        actor,
        proposal,
        ChangeKind.BLURRED,
        before,
        _fields(photo),
        reason=clean_reason(reason),
        details={"photo": name},
        now=now,
    )


def _fields(photo: Photo) -> dict[str, Any]:
    return {"photo": photo.name} | {name: getattr(photo, name) for name in _SHOWN}


def _checked(boxes: Sequence[Box]) -> list[Box]:
    if not 0 < len(boxes) <= MOST_BOXES:
        raise InvalidError(field="boxes")
    for box in boxes:
        sides = (box.left, box.top, box.right, box.bottom)
        if not all(math.isfinite(side) and 0 <= side <= 1 for side in sides):
            raise InvalidError(field="boxes")
        if not (box.left < box.right and box.top < box.bottom):
            raise InvalidError(field="boxes")
    return list(boxes)


def _pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the box in pixels, to the full pixel outwards, at least one."""
    left, right = _span(box.left, box.right, size[0])
    top, bottom = _span(box.top, box.bottom, size[1])
    return left, top, right, bottom


def _span(start: float, end: float, length: int) -> tuple[int, int]:
    first = min(math.floor(start * length + _ROUNDING), length - 1)
    return first, max(first + 1, math.ceil(end * length - _ROUNDING))
