"""``python -m layers export``: files of every form, narrowed as a view is; what is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyogrio
import pytest

from commands.export import main
from core.database import Database
from core.settings import get_settings
from people.access.actor import Actor
from submissions.proposals.queries import CampaignView
from tests.submissions.acting import file, moderate


@pytest.fixture
def here(
    database: Database,
    campaign: CampaignView,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Path]:
    """Give a folder for files, with a database of seven proposals, one of them hidden."""
    monkeypatch.setenv("LUJIAN_DATABASE_URL", database.engine.url.render_as_string(False))
    get_settings.cache_clear()
    for number in range(6):
        relation = "works" if number % 2 else "lives"
        file(database, campaign, Actor(f"device {number}"), relation=relation)
    hidden = file(database, campaign, Actor("device x"), text="藏起来的话")
    moderate(database, hidden.public_id, "hidden")
    yield tmp_path
    get_settings.cache_clear()


def test_a_view_leaves_in_several_layers_of_one_file(here: Path, campaign: CampaignView) -> None:
    out = here / "all.gpkg"
    asked = [campaign.slug, "proposals", "communities", "hotspots", "layer", "parks"]
    narrow = ["--relation", "lives", "--min-proposals", "3", "--crs", "EPSG:4527"]
    assert main(["export", *asked, "-o", str(out), *narrow, "--language", "en"]) == 0
    found = [name for name, kind in pyogrio.list_layers(out) if kind is not None]
    assert found == ["proposals", "communities", "hotspots", "parks"]
    proposals = pyogrio.read_dataframe(out, layer="proposals")
    assert list(proposals["relation"]) == ["lives"] * 3
    assert proposals.crs == "EPSG:4527"
    assert len(pyogrio.read_dataframe(out, layer="hotspots")) == 1
    notes = list(pyogrio.read_dataframe(out, layer="notes")["note"])
    assert any("relation=lives" in note for note in notes)


def test_text_is_streamed_with_the_same_filter(here: Path, campaign: CampaignView) -> None:
    plain, table = here / "all.geojson", here / "all.csv"
    view = ["--view", "relation=works"]
    assert main(["export", campaign.slug, "proposals", "-o", str(plain), *view]) == 0
    assert main(["export", campaign.slug, "proposals", "-o", str(table), "--crs", "GCJ-02"]) == 0
    features = json.loads(plain.read_text(encoding="utf-8"))["features"]
    assert [one["properties"]["relation"] for one in features] == ["works"] * 3
    with table.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == 6  # the hidden one is not among them
    assert {row["coordinate_system"] for row in rows} == {"GCJ-02"}
    assert "藏" not in table.read_text(encoding="utf-8-sig")


REFUSED = [
    (["proposals", "-o", "x.docx"], "xlsx"),
    (["proposals", "-o", "x.geojson", "--crs", "EPSG:4548"], "GeoPackage"),
    (["proposals", "-o", "x.gpkg", "--crs", "EPSG:1"], "EPSG:4490"),
    (["proposals", "-o", "x.gpkg", "--view", "status=hidden"], "status"),
    (["proposals", "-o", "x.gpkg", "--view", "catgory=a"], "catgory"),
    (["proposals", "-o", "nowhere/x.gpkg"], "folder"),
    (["everything", "-o", "x.gpkg"], "everything"),
    (["proposals", "hotspots", "-o", "x.fgb"], "one layer"),
    (["layer", "-o", "x.gpkg"], "which"),
]


def test_what_cannot_be_is_one_line(
    here: Path,
    campaign: CampaignView,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(here)
    for asked, said in REFUSED:
        assert main(["export", campaign.slug, *asked]) == 2, asked
        told = capsys.readouterr().err
        assert told.count("\n") == 1, asked
        assert said in told, asked
    assert main(["export", "nowhere", "proposals", "-o", "x.csv"]) == 2
    assert capsys.readouterr().err == "There is no campaign nowhere\n"
    assert not list(here.glob("x.*"))
