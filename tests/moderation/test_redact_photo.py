"""Parts of a photo are gone for good; the original is the moderators' alone; undone and swept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select

from api import create_api
from core.database import Database
from core.errors import EmptyTextError, InvalidError, NotAllowedError, NotFoundError, StandsOnError
from core.settings import Settings
from moderation.change_history import changes_of
from moderation.redact_photo import Box, blur_photo, blurred, destroyed, original_file
from moderation.undo import undo_change
from people.access.actor import Actor, Grant, Reach, Role, everywhere
from people.access.device_cookie import COOKIE
from serving.context import make_context
from submissions.participation.models import Photo
from submissions.participation.photo_upkeep import sweep
from submissions.participation.photos import change_photo_status, photo_file, take_photo
from submissions.photos.storage import PhotoStore, open_store
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.submissions.acting import AUTHOR, NEIGHBOUR, act, file, trail

DESK = Actor("desk", everywhere(Role.SOCIAL_WORKER), name="李社工")
LEFT, RIGHT = Box(0, 0, 0.5, 1), Box(0.5, 0.25, 1, 0.75)


def noise(width: int = 400, height: int = 300) -> Image.Image:
    values = np.random.default_rng(1).integers(0, 220, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values, "RGB")


def as_jpeg(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def test_nothing_but_the_mean_of_a_few_cells_survives() -> None:
    box = Box(0.25, 0.2, 0.75, 0.8)
    image = noise()
    pixels = np.asarray(image).copy()
    region = pixels[60:240, 100:300]
    shuffled = np.random.default_rng(2)
    for top in range(0, 180, 45):
        for left in range(0, 200, 50):
            cell = region[top : top + 45, left : left + 50].reshape(-1, 3)
            shuffled.shuffle(cell)
            region[top : top + 45, left : left + 50] = cell.reshape(45, 50, 3)
    other = Image.fromarray(pixels, "RGB")
    assert (np.asarray(image) != np.asarray(other)).mean() > 0.25
    one, two = np.asarray(destroyed(image, [box])), np.asarray(destroyed(other, [box]))
    assert (one == two).all()
    outside = np.ones(one.shape[:2], bool)
    outside[60:240, 100:300] = False
    assert (one[outside] == np.asarray(image)[outside]).all()


def test_a_number_plate_cannot_be_told_from_another() -> None:
    def plate(seed: int) -> Image.Image:
        image = Image.new("RGB", (440, 140), (0, 40, 160))
        for place in range(7):
            bars = np.random.default_rng([seed, place]).permutation([1, 1, 1, 0, 0, 0])
            for row, is_on in enumerate(bars):
                if is_on:
                    image.paste(
                        (255, 255, 255),
                        (20 + 58 * place, 20 + 16 * row, 66 + 58 * place, 36 + 16 * row),
                    )
        return image

    plates = [np.asarray(destroyed(plate(seed), [Box(0, 0, 1, 1)])) for seed in range(20)]
    assert len({each.tobytes() for each in plates}) == 1
    assert len({plate(seed).tobytes() for seed in range(20)}) == 20


def test_sizes_stay_and_the_thumbnail_is_of_what_is_left() -> None:
    picture = blurred(as_jpeg(noise()), [LEFT])
    for jpeg, size in ((picture.jpeg, (400, 300)), (picture.thumbnail, (320, 240))):
        image = Image.open(BytesIO(jpeg))
        assert image.size == size
        assert not image.getexif()
        left = np.asarray(image.convert("L"), float)[:, : size[0] // 2 - 16]
        assert np.abs(np.diff(left, axis=1)).mean() < 2
    assert (
        np.abs(
            np.diff(np.asarray(Image.open(BytesIO(picture.jpeg)).convert("L"), float)[:, 216:])
        ).mean()
        > 20
    )
    tiny = blurred(as_jpeg(noise(3, 2)), [Box(0.99, 0.99, 1, 1)])
    assert (tiny.width, tiny.height) == (3, 2)


@pytest.fixture
def store(tmp_path: Path) -> PhotoStore:
    return open_store(tmp_path / "photos")


@pytest.fixture
def given(database: Database, campaign: CampaignView, store: PhotoStore) -> tuple[str, str]:
    """Give the name of a published photo, and the public id of its published proposal."""
    name, _picture = take_photo(database, store, AUTHOR, as_jpeg(noise()), now=NOW)
    public_id = file(database, campaign, photos=[name]).public_id
    act(database, change_photo_status, DESK, name, "published", reason="好")
    return name, public_id


def blur(
    database: Database, store: PhotoStore, name: str, *boxes: Box, actor: Actor = DESK, **more: Any
) -> int:
    told = {"reason": "有人脸", "now": NOW} | more
    return blur_photo(database, store, actor, name, boxes or (LEFT,), **told)


def row_of(database: Database, name: str) -> Photo:
    with database.reading() as session:
        return session.scalars(select(Photo).where(Photo.name == name)).one()


def fields(photo: Photo) -> tuple[Any, ...]:
    return photo.file, photo.size, photo.digest, photo.width, photo.height, photo.status


def test_a_blurred_photo_is_shown_and_its_original_kept(
    database: Database, store: PhotoStore, given: tuple[str, str]
) -> None:
    name, public_id = given
    before, sent = row_of(database, name), store.read(name)
    first = blur(database, store, name, LEFT)
    second = blur(database, store, name, RIGHT)
    after = row_of(database, name)
    assert after.file is not None
    assert after.digest != before.digest
    assert store.read(name) == sent
    with database.reading() as session:
        for actor in (AUTHOR, NEIGHBOUR, Actor(), DESK):
            shown = photo_file(session, name, actor)
            assert shown is not None
            assert (shown.file, shown.digest) == (after.file, after.digest)
            assert photo_file(session, after.file, actor) is None
        views = changes_of(session, DESK, public_id)
    assert [(view.kind, view.undoable) for view in views] == [("blurred", True), ("blurred", False)]
    assert trail(database, "photo_blurred")[0].details == {"photo": name, "reason": "有人脸"}
    both = np.asarray(Image.open(BytesIO(store.read(after.file))).convert("L"), float)
    assert np.abs(np.diff(both[80:220], axis=1)).mean() < 3
    with pytest.raises(StandsOnError):
        act(database, undo_change, DESK, first)
    act(database, undo_change, DESK, second)
    act(database, undo_change, DESK, first)
    assert fields(row_of(database, name)) == fields(before)


def test_another_photo_is_undone_by_itself(
    database: Database, campaign: CampaignView, store: PhotoStore
) -> None:
    names = [take_photo(database, store, AUTHOR, as_jpeg(noise()), now=NOW)[0] for _ in range(2)]
    file(database, campaign, photos=names)
    changes = [blur(database, store, name) for name in names]
    act(database, undo_change, DESK, changes[0])
    assert [row_of(database, name).file is None for name in names] == [True, False]


def test_a_sweep_keeps_versions_and_originals(
    database: Database, store: PhotoStore, given: tuple[str, str]
) -> None:
    name, _public_id = given
    change_id = blur(database, store, name)
    version = row_of(database, name).file
    assert version is not None
    act(database, undo_change, DESK, change_id)
    store.put("a" * 26, b"stray", b"stray")
    later = datetime.now(UTC) + timedelta(days=9)
    assert sweep(database, store, later) == 1
    assert store.read(version)
    assert store.read(name)


REFUSED: list[tuple[tuple[Box, ...], dict[str, Any], type[Exception]]] = [
    ((Box(0, 0, 0, 1),), {}, InvalidError),
    ((Box(0.5, 0, 0.4, 1),), {}, InvalidError),
    ((Box(-0.1, 0, 0.4, 1),), {}, InvalidError),
    ((Box(0, 0, 1.01, 1),), {}, InvalidError),
    ((Box(0, 0, float("nan"), 1),), {}, InvalidError),
    ((LEFT,) * 21, {}, InvalidError),
    ((LEFT,), {"reason": " "}, EmptyTextError),
    ((LEFT,), {"actor": AUTHOR}, NotAllowedError),
    ((LEFT,), {"actor": Actor("x", everywhere(Role.COMMUNITY_PLANNER))}, NotAllowedError),
    (
        (LEFT,),
        {"actor": Actor("y", frozenset({Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "z", "2020")}))},
        NotFoundError,
    ),
]


@pytest.mark.parametrize(("boxes", "more", "error"), REFUSED)
def test_what_cannot_be_blurred_is_refused(
    database: Database,
    store: PhotoStore,
    given: tuple[str, str],
    boxes: tuple[Box, ...],
    more: dict[str, Any],
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        blur(database, store, given[0], *boxes, **more)
    assert row_of(database, given[0]).file is None
    assert list(store.names_before(datetime.now(UTC) + timedelta(days=1))) == [[given[0]]]


def test_a_photo_of_no_proposal_or_none_is_not_found(database: Database, store: PhotoStore) -> None:
    name, _picture = take_photo(database, store, AUTHOR, as_jpeg(noise()), now=NOW)
    for each in (name, "a" * 26, "../../etc"):
        with pytest.raises(NotFoundError):
            blur(database, store, each)
        with database.reading() as session, pytest.raises(NotFoundError):
            original_file(session, DESK, each)


def test_caches_do_not_serve_the_old_one_nor_anybody_the_original(
    database: Database, campaign: CampaignView, tmp_path: Path
) -> None:
    room = make_context(database, Settings(var_dir=tmp_path / "var"))
    author = Actor("f" * 32)
    name, _picture = take_photo(database, room.photos, author, as_jpeg(noise()), now=NOW)
    file(database, campaign, author, photos=[name])
    act(database, change_photo_status, DESK, name, "published", reason="好")
    with TestClient(create_api(room)) as client:
        address = f"/photos/{name}"
        old = {part: client.get(f"{address}/{part}.jpg") for part in ("full", "thumbnail")}
        change_id = blur(database, room.photos, name)
        client.cookies.set(COOKIE, "f" * 32)
        for part, before in old.items():
            asked = {"If-None-Match": before.headers["etag"]}
            new = client.get(f"{address}/{part}.jpg", headers=asked)
            assert new.status_code == 200
            assert new.content != before.content
            again = client.get(
                f"{address}/{part}.jpg", headers={"If-None-Match": new.headers["etag"]}
            )
            assert again.status_code == 304
        assert client.get(f"{address}/original.jpg").status_code == 404
        version = row_of(database, name).file
        assert client.get(f"/photos/{version}/full.jpg").status_code == 404
        act(database, undo_change, DESK, change_id)
        assert client.get(f"{address}/full.jpg").content == old["full"].content
    with database.reading() as session:
        assert original_file(session, DESK, name) == name
        for actor in (author, Actor(), Actor("x", everywhere(Role.DEPARTMENT))):
            with pytest.raises(NotFoundError):
                original_file(session, actor, name)
