"""Tiles of a base map that is a file of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from serving.context import Context
from tests.layers.test_background_tiles import PICTURE, tiles


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
