"""Tiles of a base map that is a file of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from layers.background.try_tiles import tile_at
from serving.context import Context
from tests.layers.background.tile_files import PICTURE, QINGHE, tiles, vector_tile, vector_tiles


def test_tiles_come_from_the_file(
    tmp_path: Path, room: Context, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiles(tmp_path / "city.pmtiles")
    assert client.get("/background/12/3372/1552").status_code == 404, "none is chosen"
    monkeypatch.setitem(room.settings.__dict__, "basemap_file", str(path))
    answer = client.get("/background/12/3372/1552")
    assert (answer.content, answer.headers["content-type"]) == (PICTURE, "image/png")
    assert client.get("/background/12/1/1").status_code == 404
    assert client.get("/background/12/99999/1").status_code == 404
    assert client.get("/background/99/1/1").status_code == 422


@pytest.mark.parametrize("packed", [True, False])
def test_vector_tiles_come_as_they_are_packed_and_are_empty_where_there_is_nothing(
    packed: bool,
    tmp_path: Path,
    room: Context,
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = vector_tiles(tmp_path / "osm.pmtiles", packed=packed)
    monkeypatch.setitem(room.settings.__dict__, "basemap_file", str(path))
    z, x, y = tile_at(QINGHE, 14)
    answer = client.get(f"/background/{z}/{x}/{y}", headers={"accept-encoding": "gzip"})
    assert answer.content == vector_tile()
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert ("content-encoding" in answer.headers) == packed
    plain = client.get(f"/background/{z}/{x}/{y}", headers={"accept-encoding": "identity"})
    assert (plain.content, "content-encoding" in plain.headers) == (vector_tile(), False)
    nothing = client.get("/background/14/1/1")
    assert (nothing.status_code, nothing.content) == (200, b"")
