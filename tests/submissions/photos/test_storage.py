"""The store of photos: the same in a folder and in a store that speaks S3, over HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.exceptions import BaseError

from core.errors import NotFoundError, UnavailableError
from submissions.photos.storage import PhotoStore, new_name, open_store
from tests.lacking import lacks
from tests.submissions.photos.s3_server import BUCKET, find_rclone, s3_server

ROOT = Path(__file__).resolve().parents[3]
JPEG, SMALL = b"\xff\xd8 the picture" * 1000, b"\xff\xd8 the thumbnail"


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], Path]]:
    if find_rclone() is None:
        lacks("no rclone: pip install -r requirements-dev.txt")
    folder = tmp_path_factory.mktemp("s3")
    with s3_server(folder) as environment:
        yield environment, folder / BUCKET


@pytest.fixture(params=["folder", "s3"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> PhotoStore:
    if request.param == "folder":
        return open_store(tmp_path / "photos")
    environment, _folder = request.getfixturevalue("s3")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return open_store(f"s3://{BUCKET}/{tmp_path.name}")


def names_before(store: PhotoStore, moment: datetime) -> set[str]:
    return {name for batch in store.names_before(moment) for name in batch}


def test_what_is_put_is_read_until_it_is_deleted(store: PhotoStore) -> None:
    name, other = new_name(), new_name()
    store.put(name, JPEG, SMALL)
    store.put(other, SMALL, JPEG)
    assert store.read(name) == JPEG
    assert store.read(name, thumbnail=True) == SMALL
    later = datetime.now(UTC) + timedelta(seconds=5)
    assert names_before(store, later) == {name, other}
    assert names_before(store, later - timedelta(hours=1)) == set()
    store.delete(name)
    store.delete(name)
    for thumbnail in (False, True):
        with pytest.raises(NotFoundError):
            store.read(name, thumbnail=thumbnail)
    assert store.read(other) == SMALL
    assert names_before(store, later) == {other}


@pytest.mark.parametrize("name", ["", "..", "../secret", "a" * 25, "A" * 26, "a" * 26 + "/x", "é"])
def test_only_our_own_names_reach_the_store(store: PhotoStore, name: str) -> None:
    with pytest.raises(NotFoundError):
        store.read(name)
    with pytest.raises(NotFoundError):
        store.put(name, JPEG, SMALL)
    store.delete(name)


def test_names_cannot_be_guessed_and_fit_everywhere() -> None:
    names = {new_name() for _ in range(1000)}
    assert len(names) == 1000
    assert {len(name) for name in names} == {26}
    assert set("".join(names)) == set("abcdefghijklmnopqrstuvwxyz234567")


def test_in_s3_a_photo_is_two_jpegs_under_the_prefix(
    s3: tuple[dict[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, folder = s3
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    name = new_name()
    open_store(f"s3://{BUCKET}/some/where").put(name, JPEG, SMALL)
    assert (folder / "some" / "where" / f"{name}.jpg").read_bytes() == JPEG
    assert (folder / "some" / "where" / f"{name}-small.jpg").read_bytes() == SMALL
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(UnavailableError) as raised:
        open_store(f"s3://{BUCKET}/some/where").read(name)
    assert isinstance(raised.value.__cause__, BaseError)


def test_other_kinds_of_addresses_are_refused() -> None:
    for where in ("gs://bucket/x", "http://127.0.0.1/x", "memory:///"):
        with pytest.raises(ValueError, match="folder or in s3"):
            open_store(where)


def test_a_put_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    name = new_name()
    open_store(tmp_path).put(name, JPEG, SMALL)
    files = [(tmp_path / f"{name}{ending}.jpg").stat().st_ino for ending in ("-small", "")]
    folder = tmp_path.stat().st_ino
    assert synced == [files[0], folder, files[1], folder]


def test_a_photo_that_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """The child says a name when ``put`` has returned, and is killed while it goes on."""
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    told = [child.stdout.readline().strip() for _ in range(40)]
    os.kill(child.pid, signal.SIGKILL)
    told += child.stdout.read().split()  # a last name may be cut short
    child.wait()
    child.stdout.close()
    store = open_store(tmp_path)
    whole = [name for name in told if len(name) == 26]
    assert len(whole) >= 40
    for name in whole:
        assert store.read(name) == JPEG
        assert store.read(name, thumbnail=True) == SMALL
    for path in tmp_path.glob("*.jpg"):
        assert path.read_bytes() in {JPEG, SMALL}


def test_what_a_kill_left_half_written_goes_in_time(tmp_path: Path) -> None:
    store, name = open_store(tmp_path), new_name()
    store.put(name, JPEG, SMALL)
    (tmp_path / f"{new_name()}.jpg#1").write_bytes(JPEG[:9])
    now = datetime.now(UTC)
    store.drop_unfinished(now - timedelta(hours=1))
    assert len(list(tmp_path.iterdir())) == 3
    store.drop_unfinished(now + timedelta(seconds=5))
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.jpg", f"{name}-small.jpg"}


_CHILD = """
import sys
from submissions.photos.storage import new_name, open_store
store = open_store(sys.argv[1])
while True:
    name = new_name()
    store.put(name, b"\\xff\\xd8 the picture" * 1000, b"\\xff\\xd8 the thumbnail")
    print(name, flush=True)
"""
