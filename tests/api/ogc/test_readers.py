"""GDAL and QGIS, as people have them, read the service; it runs on a port of its own for that."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import httpx2
import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from api import create_api
from core.database import Database
from core.settings import Settings
from serving.context import make_context
from tests.api.ogc.conftest import PROPOSALS
from tests.lacking import lacks, need_gdal

pytestmark = pytest.mark.everything


class Served:
    """The demo on a port, and what was asked of it."""

    def __init__(self, api: Any) -> None:
        self.asked: list[str] = []
        self._inner = Starlette(routes=[Mount("/api", api)])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.asked.append(f"{scope['path']}?{scope['query_string'].decode()}")
        await self._inner(scope, receive, send)


@pytest.fixture(scope="module")
def served(demo_database: Database, tmp_path_factory: Any) -> Iterator[tuple[str, Served]]:
    context = make_context(demo_database, Settings(var_dir=tmp_path_factory.mktemp("var")))
    app = Served(create_api(context))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/api/ogc", app
    server.should_exit = True
    thread.join()


def test_ogr2ogr_reads_all_features_in_pages_of_a_thousand(
    served: tuple[str, Served], tmp_path: Path
) -> None:
    need_gdal()
    base, app = served
    app.asked.clear()
    out = tmp_path / "out.geojson"
    subprocess.run(["ogr2ogr", out, f"OAPIF:{base}", PROPOSALS], check=True, timeout=120)
    features = json.loads(out.read_text(encoding="utf-8"))["features"]
    assert len({one["properties"]["id"] for one in features}) == len(features) == 1650
    pages = [one for one in app.asked if "/items?" in one]
    # Its first look is at ten, whatever the service offers; then come pages of a thousand.
    assert sum("after=" in one for one in pages) == 2
    assert all("limit=1000" in one for one in pages if "after=" in one)
    app.asked.clear()
    subprocess.run(
        ["ogr2ogr", tmp_path / "b.geojson", f"OAPIF:{base}", PROPOSALS, "-oo", "PAGE_SIZE=1000"],
        check=True,
        timeout=120,
    )
    assert len([one for one in app.asked if "/items?" in one]) <= 3


def test_ogrinfo_lists_the_collections_and_narrows_by_box(served: tuple[str, Served]) -> None:
    need_gdal()
    base, _app = served
    told = subprocess.run(
        ["ogrinfo", "-ro", f"OAPIF:{base}"], check=True, capture_output=True, text=True, timeout=120
    ).stdout
    for name in (PROPOSALS, "bike-parking_hotspots", "map_roads"):
        assert name in told
    box = ["-spat", "116.31", "40.02", "116.33", "40.03"]
    narrowed = subprocess.run(
        ["ogrinfo", "-ro", "-so", *box, f"OAPIF:{base}", PROPOSALS],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    assert "Feature Count: 162" in narrowed


_IN_QGIS = """
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False); app.initQgis()
paging = "pagingEnabled='true' pageSize='1000' restrictToRequestBBOX='0'"
layer = QgsVectorLayer("typename='{name}' url='{base}' " + paging, "x", "OAPIF")
print(layer.isValid(), sum(1 for _ in layer.getFeatures()), layer.crs().authid(), flush=True)
del layer
app.exitQgis()
"""


def in_qgis(program: str) -> str:
    """Run a program with QGIS's library, which comes to the system's own Python; what it prints."""
    if not Path("/usr/lib/python3/dist-packages/qgis").is_dir():
        lacks("QGIS is missing: apt install python3-qgis qgis-providers")
    return subprocess.run(
        ["/usr/bin/python3", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=180,
        env={"QT_QPA_PLATFORM": "offscreen", "HOME": "/tmp", "PATH": "/usr/bin"},
    ).stdout


def test_qgis_loads_a_collection(served: tuple[str, Served]) -> None:
    base, _app = served
    told = in_qgis(_IN_QGIS.format(name=PROPOSALS, base=base))
    assert "True 1650 OGC:CRS84" in told or "True 1650 EPSG:4326" in told


_TILES_IN_QGIS = """
import json
from urllib.parse import quote
from qgis.core import (QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransform,
    QgsMapRendererSequentialJob, QgsMapSettings, QgsProject, QgsRectangle, QgsVectorTileLayer)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
app = QgsApplication([], False); app.initQgis()
mercator, degrees = (QgsCoordinateReferenceSystem(f"EPSG:{{code}}") for code in (3857, 4326))
style, tiles = "{base}/{name}/style.json", "{base}/{name}/{{z}}/{{x}}/{{y}}.mvt"
uri = f"styleUrl={{quote(style, safe='')}}&type=xyz&url={{quote(tiles, safe='')}}&zmin=0&zmax=22"
layer = QgsVectorTileLayer(uri, "x")
fault, styled = layer.loadDefaultStyle()
look = QgsMapSettings(); look.setLayers([layer]); look.setDestinationCrs(mercator)
look.setOutputSize(QSize(800, 800)); look.setBackgroundColor(QColor("white"))
change = QgsCoordinateTransform(degrees, mercator, QgsProject.instance())
look.setExtent(change.transformBoundingBox(QgsRectangle(116.2966, 40.0153, 116.3516, 40.061)))
job = QgsMapRendererSequentialJob(look); job.start(); job.waitForFinished()
picture = job.renderedImage()
told = {{"valid": layer.isValid(), "styled": styled,
    "errors": [one.message for one in job.errors()],
    "colours": sorted({{picture.pixelColor(x, y).name() for x in range(800) for y in range(800)}})}}
print("told", json.dumps(told), flush=True)
del layer, look, job
app.exitQgis()
"""


@pytest.mark.parametrize("kind", ["proposals", "communities"])
def test_qgis_draws_the_tiles_in_our_colours(served: tuple[str, Served], kind: str) -> None:
    base, _app = served
    name = f"bike-parking_{kind}"
    tiles = base.replace("/ogc", "/tiles")
    printed = in_qgis(_TILES_IN_QGIS.format(name=name, base=tiles))
    told = json.loads(printed.partition("told ")[2])
    assert (told["valid"], told["styled"], told["errors"]) == (True, True, [])
    style = httpx2.get(f"{tiles}/{name}/style.json").json()
    for layer in style["layers"]:
        if layer["id"] in ("borders", "pins") or layer["source-layer"] == "drawn":
            continue  # thin lines are mixed with what is below; nobody has drawn anything here
        paint = layer["paint"]
        colour = paint.get("circle-color", paint.get("fill-color"))
        red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
        share = paint.get("fill-opacity", 1.0)
        wanted = np.array([255 + share * (part - 255) for part in (red, green, blue)])
        there = np.array([[int(one[n : n + 2], 16) for n in (1, 3, 5)] for one in told["colours"]])
        assert np.abs(there - wanted).max(axis=1).min() <= 3, layer["id"]
