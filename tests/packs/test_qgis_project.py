"""QGIS itself opens the project of a pack: ids, systems, order, and each layer in its colours."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.database import Database
from geo.writing.styling import LayerStyle, rgb
from packs.building.contents import contents
from packs.building.project import layer_id
from packs.building.scope import scope_of
from packs.building.styles import file_layers
from tests.lacking import lacks
from tests.packs.making import planted, with_pack

PYTHON = "/usr/bin/python3"
LOOK = Path(__file__).with_name("qgis_look.py")
MISSING = "QGIS is missing: apt install python3-qgis qgis-providers"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": ""}
    return subprocess.run(
        [PYTHON, *words], env=environment, capture_output=True, text=True, check=False
    )


def colours_of(style: LayerStyle, kind: str) -> set[tuple[int, int, int]]:
    """Return the colours of which a layer drawn on white must show one."""
    share = style.fill_opacity if kind == "area" else 1.0
    found = {
        tuple(round(share * part + (1 - share) * 255) for part in rgb(entry.colour))
        for entry in style.entries
    }
    found |= {rgb(style.stroke)} if kind == "area" else set()
    return found - {(255, 255, 255)}  # type: ignore[return-value]


def shows(colours: list[str], wanted: set[tuple[int, int, int]]) -> bool:
    seen = [rgb(one) for one in colours]
    return any(
        all(abs(a - b) <= 4 for a, b in zip(one, other, strict=True))
        for one in seen
        for other in wanted
    )


@pytest.mark.everything
def test_qgis_opens_the_project_as_it_should_look(database: Database, tmp_path: Path) -> None:
    if run("-c", "import qgis.core").returncode:
        lacks(MISSING)
    made = with_pack(planted(database, tmp_path))
    version = made.build()
    with zipfile.ZipFile(made.files.path(version.file)) as packed:
        packed.extractall(tmp_path / "out")
    with database.reading() as session:
        scope = scope_of(session, version.id)
        layers = file_layers(scope, contents(session, scope, lambda _share: None))
    (tmp_path / "out").rename(tmp_path / "moved")  # paths are relative to the project
    done = run(str(LOOK), str(tmp_path / "moved/project.qgz"), str(tmp_path / "picture.png"))
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (told["opened"], told["title"], told["crs"]) == (True, "微公园", "EPSG:4548")
    assert [one["id"] for one in told["layers"]] == [layer_id(one.name) for one in layers]
    (sheet,) = told["sheets"]
    assert (sheet["name"], sheet["title"], sheet["paper"]) == ("A3 图", "微公园", [420, 297])
    assert sheet["ratio"] == f"1:{sheet['scale']} (A3)"
    assert sheet["bar_m"] == sheet["scale"] / 50
    assert "EPSG:4548" in sheet["notes"]
    assert "清河街道办事处" in sheet["notes"]
    assert sheet["legend"] == len(layers)
    assert sheet["drawn"] > 0.1
    titles = told["layers"][0]["titles"]
    assert (titles["text"], titles["q_wishes_seats"]) == ("居民原话", "想要什么? seats")
    kinds = {name: one["kind"] for name, one in version.manifest["layers"].items()}
    for one, layer in zip(told["layers"], layers, strict=True):
        assert (one["valid"], one["crs"], one["errors"]) == (True, "EPSG:4548", []), one["id"]
        assert (one["count"], one["name"]) == (len(layer.frame), layer.title)
        assert layer.style is not None
        wanted = colours_of(layer.style, kinds[layer.name])
        assert shows(one["colours"], wanted), (one["id"], wanted, one["colours"][:8])
