"""The base map by choice: none, tiles of others, Tianditu, pictures in a file of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from core.settings import read_settings
from layers.background_tiles import BadBackgroundError, background, tile_file
from layers.map.folium_map import local_map, map_told
from people.access.device_cookie import content_policy

PICTURE = b"\x89PNG\r\n\x1a\n a tile"


def tiles(path: Path, kind: Any = TileType.PNG) -> Path:
    """Write a PMTiles file of one tile."""
    with path.open("wb") as file:
        writer = Writer(file)
        writer.write_tile(zxy_to_tileid(12, 3372, 1552), PICTURE)
        header = {
            "tile_type": kind,
            "tile_compression": Compression.NONE,
            **{"min_zoom": 0, "max_zoom": 16, "center_zoom": 12},
            **dict.fromkeys(("min_lon_e7", "min_lat_e7", "center_lon_e7", "center_lat_e7"), 0),
            **{"max_lon_e7": 1, "max_lat_e7": 1},
        }
        writer.finalize(header, {"attribution": "© 测绘院"})
    return path


def chosen(**said: str) -> Any:
    return background(read_settings({f"LUJIAN_{name.upper()}": said[name] for name in said}))


def test_nothing_is_below_unless_it_is_chosen() -> None:
    assert chosen().urls == ()
    assert chosen(basemap="none", basemap_url="https://a.b/{z}/{x}/{y}").urls == ()
    assert chosen(basemap_url="https://a.b/{z}/{x}/{y}").urls == ("https://a.b/{z}/{x}/{y}",)
    for odd in ({"basemap": "google"}, {"basemap": "tianditu"}, {"basemap": "file"}):
        with pytest.raises(BadBackgroundError):
            chosen(**odd)


def test_tianditu_is_two_layers_by_its_key_and_its_hosts_are_allowed() -> None:
    found = chosen(basemap="tianditu-image", basemap_key="abc")

    assert [("img_w" in url, "cia_w" in url) for url in found.urls] == [
        (True, False),
        (False, True),
    ]
    assert all("tk=abc" in url and "{z}" in url for url in found.urls)
    assert "天地图" in found.attribution
    assert "https://*.tianditu.gov.cn" in content_policy(found.url)
    made = local_map("a", bounds=(116.3, 40.0, 116.4, 40.1), lang="en", words={}, tiles=found)
    told = [one["given"] for one in map_told(made)["layers"] if one["kind"] == "tiles"]
    assert [one["options"]["subdomains"] for one in told] == ["01234567"] * 2
    assert told[0]["options"]["maxNativeZoom"] == 18


def test_a_file_of_pictures_needs_nobody_else(tmp_path: Path) -> None:
    path = tiles(tmp_path / "city.pmtiles")
    found = chosen(basemap_file=str(path))
    assert (found.url, found.attribution) == ("/api/background/{z}/{x}/{y}", "© 测绘院")
    assert found.native_zoom == 12
    assert "http" not in content_policy(found.url)


def test_vectors_and_what_is_no_such_file_are_refused_in_one_line(tmp_path: Path) -> None:
    nothing = tmp_path / "a.pmtiles"
    nothing.write_bytes(b"PMTiles\x03 cut off")
    for path in (tiles(tmp_path / "v.pmtiles", TileType.MVT), nothing, tmp_path / "none"):
        with pytest.raises(BadBackgroundError) as refused:
            tile_file(str(path))
        assert path.name in str(refused.value.params["reason"])
