"""The base map by choice: none, tiles of others, Tianditu, a file of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pmtiles.tile import TileType

from core.settings import read_settings
from geo.crs import transformer
from layers.background.background import operator_background
from layers.background.base_map import BaseMapError
from layers.background.credit import credit_html
from layers.background.tile_file import BadBackgroundError, tile_file, unpacked, version_of
from layers.background.try_tiles import filled, is_picture, tile_at, try_tiles
from layers.map.folium_map import local_map, map_told
from notifications.webhook_target import Fetched, WebhookAddressError
from people.access.device_cookie import content_policy
from tests.layers.background.tile_files import PICTURE, QINGHE, tiles, vector_tiles

BOUNDS = (116.3, 40.0, 116.4, 40.1)


def chosen(**said: str) -> Any:
    return operator_background(
        read_settings({f"LUJIAN_{name.upper()}": said[name] for name in said})
    )


def told_by(shown: Any) -> list[dict[str, Any]]:
    """Return what a map tells of its base map, and of the ground above it."""
    made = local_map("a", bounds=BOUNDS, lang="en", words={}, tiles=shown)
    return list(map_told(made)["layers"])


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
    told = [one["given"] for one in told_by(found) if one["kind"] == "tiles"]
    assert [one["options"]["subdomains"] for one in told] == ["01234567"] * 2
    assert told[0]["options"]["maxNativeZoom"] == 18


def test_a_file_of_pictures_needs_nobody_else(tmp_path: Path) -> None:
    path = tiles(tmp_path / "city.pmtiles")
    found = chosen(basemap_file=str(path))
    assert found.url.startswith("/api/background/{z}/{x}/{y}?v=")
    assert (found.attribution, found.native_zoom, found.is_vector) == ("© 测绘院", 12, False)
    assert "http" not in content_policy(found.url)


def test_vector_tiles_are_drawn_by_the_browser_and_lie_below_see_through_ground(
    tmp_path: Path,
) -> None:
    found = chosen(basemap_file=str(vector_tiles(tmp_path / "osm.pmtiles")))
    assert (found.is_vector, found.native_zoom) == (True, 14)
    vector, base = told_by(found)
    assert (vector["kind"], base["given"]["over"]) == ("vector", True)
    assert vector["given"]["script"].startswith("/assets/bundle/vector.js?v=")
    assert vector["given"]["credit"] == (
        '<a href="https://openstreetmap.org/copyright" target="_blank" rel="noopener">'
        "© OpenStreetMap</a>"
    )
    assert "over" not in told_by(chosen())[0]["given"]
    read = tile_file(found.file)
    assert unpacked(read, read.get(*tile_at(QINGHE, 14)) or b"").find("清河路".encode()) > 0


def test_what_cannot_be_drawn_and_what_is_no_such_file_is_refused_in_one_line(
    tmp_path: Path,
) -> None:
    nothing, odd = tmp_path / "a.pmtiles", tmp_path / "v.pmtiles"
    nothing.write_bytes(b"PMTiles\x03 cut off")
    vector_tiles(odd, told={"vector_layers": [{"id": "strassen"}]})
    for path, problem in (
        (odd, "scheme"),
        (tiles(tmp_path / "k.pmtiles", TileType.UNKNOWN), "no_pmtiles"),
        (nothing, "no_pmtiles"),
        (tmp_path / "none", "no_pmtiles"),
    ):
        with pytest.raises(BadBackgroundError) as refused:
            tile_file(str(path))
        assert path.name in str(refused.value.params["reason"])
        assert refused.value.params["problem"] == problem


def test_a_file_that_was_written_anew_is_opened_anew(tmp_path: Path) -> None:
    path = tiles(tmp_path / "city.pmtiles")
    first, version = tile_file(str(path)), version_of(path)
    vector_tiles(path)
    assert (first.is_vector, tile_file(str(path)).is_vector) == (False, True)
    assert version_of(path) != version


@pytest.mark.parametrize(
    ("said", "markup"),
    [
        ("© 天地图 & <b>other</b>", "© 天地图 &amp; other"),
        ('<a href="javascript:x">a</a> b', "a b"),
        (
            '<a href="https://a.b/&quot;x" onclick="y">a',
            '<a href="https://a.b/&quot;x" target="_blank" rel="noopener">a</a>',
        ),
        ("<img src=x onerror=y>\n<", "&lt;"),
    ],
)
def test_a_credit_line_is_text_and_links(said: str, markup: str) -> None:
    assert credit_html(said) == markup


def test_one_tile_of_each_address_is_asked_for_around_a_place() -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def get(url: str, headers: dict[str, str], *, most_bytes: int) -> Fetched:
        asked.append((url, headers))
        return Fetched(200, PICTURE[:most_bytes])

    shown = chosen(basemap="tianditu", basemap_key="abc")
    try_tiles(shown, QINGHE, referer="https://lujian.example", get=get)
    half = 20037508.342789244
    x, y = transformer("EPSG:4326", "EPSG:3857").transform(*QINGHE)
    column, row = (int((one + half) / (2 * half) * 2**14) for one in (x, -y))
    assert tile_at(QINGHE, 14) == (14, column, row)
    assert len(asked) == 2
    assert all(f"TILECOL={column}" in url and f"TILEROW={row}" in url for url, _ in asked)
    assert all(url.startswith("https://t0.tianditu.gov.cn/") for url, _ in asked)
    assert asked[0][1]["Referer"] == "https://lujian.example/"
    assert filled("{z}/{x}/{-y}", (2, 1, 0), "abc") == "2/1/3"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Fetched(None), "connection"),
        (Fetched(403, b"no"), "status"),
        (Fetched(200, b"<html>"), "no_picture"),
        (WebhookAddressError(problem="private"), "private"),
    ],
)
def test_why_no_tile_came_is_told(answer: Fetched | WebhookAddressError, problem: str) -> None:
    def get(_url: str, _headers: dict[str, str], **_more: Any) -> Fetched:
        if isinstance(answer, WebhookAddressError):
            raise answer
        return answer

    with pytest.raises(BaseMapError) as refused:
        try_tiles(chosen(basemap_url="https://a.b/{z}/{x}/{y}"), QINGHE, get=get)
    assert (refused.value.params["problem"], refused.value.params["host"]) == (problem, "a.b")


@pytest.mark.parametrize("url", ["https://127.0.0.1/{z}/{x}/{y}", "http://a.b/{z}/{x}/{y}"])
def test_this_server_asks_neither_into_its_own_network_nor_without_tls(url: str) -> None:
    with pytest.raises(BaseMapError) as refused:
        try_tiles(chosen(basemap_url=url), QINGHE)
    assert refused.value.params["problem"] == ("private" if "127" in url else "https")


def test_a_file_is_asked_for_the_place_of_the_campaigns(tmp_path: Path) -> None:
    shown = chosen(basemap_file=str(vector_tiles(tmp_path / "osm.pmtiles")))
    try_tiles(shown, QINGHE)
    with pytest.raises(BaseMapError) as refused:
        try_tiles(shown, (121.5, 31.2))
    assert refused.value.params == {"problem": "elsewhere", "file": "osm.pmtiles"}


def test_pictures_are_known_by_their_first_bytes() -> None:
    good = [b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x01\x02\x03\x04WEBPVP8 ", b"\0\0\0\x20ftypavif"]
    assert all(map(is_picture, (PICTURE, *good)))
    assert not any(map(is_picture, (b"", b"<svg/>", b"\x1f\x8b\x08", b"RIFF\x01\x02\x03\x04WAVE")))
