"""Two folium maps that differ in one layer, and a server for both.

Ours shows the proposals as the program does, tile by tile from the API; the peer holds them all in
the page, in folium's FastMarkerCluster. Ground, Leaflet, folium and server are the same; the server
compresses what both ask for, and sits in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import folium
import httpx2
import uvicorn
from folium.plugins import FastMarkerCluster
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from api import create_api
from api.assets import asset_routes
from core.database import Database
from core.settings import Settings
from data.campaigns import DEMO_CAMPAIGNS
from layers.map import folium_map
from serving.context import make_context
from tests.bench.filled import SLUG
from tests.browser.walking import free_port

PEER_PACKAGE = "leaflet.markercluster@1.5.3"
_MARKER = "function (row) { return L.marker([row[0], row[1]]); }"


class LocalFastMarkerCluster(FastMarkerCluster):
    """FastMarkerCluster with its scripts from this server."""

    default_js = (("markerclusterjs", "/peer/leaflet.markercluster.js"),)
    default_css = (
        ("markerclustercss", "/peer/MarkerCluster.css"),
        ("markerclusterdefaultcss", "/peer/MarkerCluster.Default.css"),
    )


def write_ours(folder: Path, size: int) -> None:
    """Write the page that asks the API for tiles."""
    page = _map()
    folium_map.pins_layer(
        SLUG, category=None, looks={}, words={}, lang="zh_CN", link="/proposal?id="
    ).add_to(page)
    _write(folder / f"ours-{size}.html", page, size)


def write_peer(folder: Path, size: int, places: list[list[float]]) -> None:
    """Write the page that holds all places (latitude, longitude) itself."""
    page = _map()
    LocalFastMarkerCluster(places, callback=_MARKER).add_to(page)
    _write(folder / f"peer-{size}.html", page, size)


def _map() -> folium.Map:
    """markercluster needs the map's greatest zoom, which the program's own map states."""
    campaign = next(each for each in DEMO_CAMPAIGNS if each["slug"] == SLUG)
    return folium_map.local_map(SLUG, bounds=campaign["area"].bounds, lang="zh_CN", words={})


def _write(path: Path, page: folium.Map, size: int) -> None:
    html = folium_map.page_of(page)
    assert '"/api/' in html
    path.write_text(html.replace('"/api/', f'"/{size}/api/'), encoding="utf-8")


def _serve(port: int, databases: dict[int, Path], pages: Path, peer: Path | None) -> None:
    settings = Settings()
    routes: list[BaseRoute] = [
        Mount(f"/{size}/api", create_api(make_context(Database(f"sqlite:///{path}"), settings)))
        for size, path in databases.items()
    ]
    routes += asset_routes()
    routes.append(Mount("/pages", StaticFiles(directory=pages)))
    if peer is not None:
        routes.append(Mount("/peer", StaticFiles(directory=peer)))
    app = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware, minimum_size=600)])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


@contextmanager
def served(databases: dict[int, Path], pages: Path, peer: Path | None) -> Iterator[str]:
    """Serve pages and API on the loopback; give the address."""
    port = free_port()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_serve, args=(port, databases, pages, peer))
    process.start()
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(httpx2.TransportError):
                httpx2.get(f"{address}/assets/leaflet/leaflet.js").raise_for_status()
                break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.join()
