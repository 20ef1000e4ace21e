"""Front-end files: packed once, kept for ever under their version, asked for again without it."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from api.assets import FOR_EVER, asset_routes
from layers.map import assets
from serving.compression import PackingMiddleware
from serving.fixed_files import fixed_addresses
from tests.lacking import lacks

SCRIPT = "function drop(pin) { return pin.community; }\n" * 200
FIXED = fixed_addresses() | {"/static/index.js", "/static/small.js"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files as Streamlit serves them under /static."""
    (tmp_path / "index.js").write_text(SCRIPT)
    (tmp_path / "small.js").write_text("1")
    (tmp_path / "font.woff2").write_bytes(b"\0" * 5000)
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    routes = [*asset_routes(), Mount("/static", StaticFiles(directory=folder))]
    app = Starlette(routes=routes, middleware=[Middleware(PackingMiddleware, FIXED)])
    with TestClient(app) as made:
        yield made


@pytest.mark.parametrize("accepted", ["br, gzip", "gzip", "identity", ""])
def test_a_script_arrives_whole_however_it_is_packed(client: TestClient, accepted: str) -> None:
    for _ in range(2):
        answer = client.get("/static/index.js", headers={"Accept-Encoding": accepted})
        assert answer.text == SCRIPT
        coding = {"br, gzip": "br", "gzip": "gzip"}.get(accepted)
        assert answer.headers.get("content-encoding") == coding
        if coding:
            assert int(answer.headers["content-length"]) < len(SCRIPT) / 10
            assert answer.headers["vary"] == "Accept-Encoding"


def test_a_packed_script_is_packed_better_later(client: TestClient) -> None:
    def size() -> int:
        answer = client.get("/static/index.js", headers={"Accept-Encoding": "br"})
        assert answer.text == SCRIPT
        return int(answer.headers["content-length"])

    best = len(brotli.compress(SCRIPT.encode(), mode=brotli.MODE_TEXT, quality=11))
    size()
    for _ in range(100):
        if size() == best:
            break
        time.sleep(0.05)
    assert size() == best


def test_a_changed_script_is_packed_anew(client: TestClient, folder: Path) -> None:
    before = client.get("/static/index.js", headers={"Accept-Encoding": "gzip"})
    same = {"Accept-Encoding": "gzip", "If-None-Match": before.headers["etag"]}
    assert client.get("/static/index.js", headers=same).status_code == 304
    (folder / "index.js").write_text(SCRIPT * 2)
    after = client.get("/static/index.js", headers=same)
    assert (after.status_code, after.text) == (200, SCRIPT * 2)


def test_what_packing_does_not_help_passes_as_it_is(client: TestClient) -> None:
    packed = {"Accept-Encoding": "br, gzip"}
    for path in ("/static/small.js", "/static/font.woff2"):
        assert "content-encoding" not in client.get(path, headers=packed).headers
    part = client.get("/static/index.js", headers={**packed, "Range": "bytes=0-7"})
    assert (part.status_code, part.text) == (206, "function")
    assert client.head("/static/index.js", headers=packed).content == b""
    for path in ("/static/none.js", "/assets/bundle/none.js", "/assets/lujian/none.js"):
        assert client.get(path, headers=packed).status_code == 404


@pytest.mark.parametrize("name", ["bundle/map.js", "bundle/map.css", "web/lujian.js"])
def test_only_the_version_of_its_bytes_is_kept_for_ever(client: TestClient, name: str) -> None:
    if not assets.version_of(name):
        lacks("leaflet is missing: npm ci --ignore-scripts")
    asked = [assets.address(name), f"/assets/{name}", f"/assets/{name}?v=older"]
    kept = [client.get(address).headers["cache-control"] for address in asked]
    assert kept == [FOR_EVER, "no-cache", "no-cache"]
    again = client.get(asked[0])
    same = client.get(asked[0], headers={"If-None-Match": again.headers["etag"]})
    assert (same.status_code, same.headers["cache-control"]) == (304, FOR_EVER)


def test_a_bundle_is_its_files_one_after_another(client: TestClient) -> None:
    if not assets.version_of("bundle/map.js"):
        lacks("leaflet is missing: npm ci --ignore-scripts")
    script = client.get("/assets/bundle/map.js").text
    places = [script.index(sign) for sign in ("Leaflet 1", "L.lujian.legend =", "L.lujian.place =")]
    assert places == sorted(places)
    assert "sourceMappingURL" not in script
    styles = client.get("/assets/bundle/map.css").text
    assert "url(/assets/leaflet/images/layers.png)" in styles
    assert "url(#default#VML)" in styles
    assert client.get("/assets/leaflet/images/layers.png").status_code == 200


def test_a_missing_package_has_no_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assets, "folders", lambda: {"leaflet": tmp_path, "lujian": tmp_path})
    assert assets.address("bundle/map.js") == "/assets/bundle/map.js"
    with pytest.raises(FileNotFoundError):
        assets.bundle("map.js")


def test_gzip_is_what_browsers_know(client: TestClient) -> None:
    with client.stream("GET", "/static/index.js", headers={"Accept-Encoding": "gzip"}) as answer:
        assert gzip.decompress(b"".join(answer.iter_raw())).decode() == SCRIPT
