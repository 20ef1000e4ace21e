"""The commands, run as an operator runs them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from sqlalchemy import URL

from commands.moderation import cut
from commands.submissions import main
from core import settings
from core.database import Database
from layers.communities.communities import community_frame
from submissions.proposals.queries import CampaignView, campaign_by_slug
from tests.analysis.counting import published_frame, sums_of
from tests.conftest import quarters

Run = Callable[..., tuple[int, str, str]]

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"


@pytest.fixture
def run(
    database_url: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    address = database_url.render_as_string(hide_password=False)
    chosen = settings.Settings(database_url=address)
    monkeypatch.setattr("commands.submissions.get_settings", lambda: chosen)

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


@pytest.fixture
def points(tmp_path: Path) -> Path:
    path = tmp_path / "建议 1!.geojson"
    frame = gpd.GeoDataFrame(
        {"key": [1, 2, 3], "words": ["停车", " ", "座椅"], "kind": "单车停放"},
        geometry=gpd.points_from_xy([116.31, 116.31, 116.50], [40.03] * 3),
        crs="EPSG:4326",
    )
    path.write_text(frame.to_json(), encoding="utf-8")
    return path


def test_import_tells_what_became_of_every_row(
    run: Run, database: Database, campaign: CampaignView, points: Path, tmp_path: Path
) -> None:
    options = ["--campaign", campaign.slug, "--text", "words", "--category", "kind", "--id", "key"]
    listed = tmp_path / "report.csv"
    code, out, err = run("import", points, *options, "--report", listed)
    assert (code, err) == (0, "")
    assert "3 rows: 2 imported, 0 were there already, 1 refused" in out
    assert "1 lie outside the campaign's area and 0 have something" in out
    assert "row 2: empty_text" in out
    rows = list(csv.reader(listed.read_text("utf-8-sig").splitlines()))
    assert [row[:3] for row in rows[1:]] == [
        ["2", "refused", "empty_text"],
        ["3", "held", "outside"],
    ]
    assert "0 imported, 2 were there already" in run("import", points, *options)[1]
    with database.reading() as session:
        assert sums_of(session, campaign.id).proposals == 1


@pytest.mark.skipif(not CASES.is_dir(), reason="shared/cases is absent")
def test_numbers_that_name_rows_are_the_same_with_a_gap_below_them(
    run: Run, campaign: CampaignView, tmp_path: Path
) -> None:
    """A07: the second file is the first with a row without a number; floats are no other rows."""
    options = ["--campaign", campaign.slug, "--text", "content", "--id", "nr"]
    options += ["--category-value", "bike_parking"]
    assert "2 imported" in run("import", CASES / "A07_first.geojson", *options)[1]
    out = run("import", CASES / "A07_second.geojson", *options)[1]
    assert "3 rows: 0 imported, 2 were there already, 1 refused" in out
    floats = tmp_path / "floats.parquet"
    frame = gpd.read_file(CASES / "A07_second.geojson")
    frame.assign(nr=[1.0, 2.0, None]).to_parquet(floats)
    assert "0 imported, 2 were there already" in run("import", floats, *options)[1]


@pytest.mark.skipif(not CASES.is_dir(), reason="shared/cases is absent")
def test_borders_of_offices_are_loaded_with_their_names(run: Run, database: Database) -> None:
    """A02 and A10: a GBK Shapefile that does not say so, and a CSV that we wrote."""
    columns = ["--code", "CODE", "--name", "NAME"]
    for number, (file, more) in enumerate(
        (("A02_borders/borders.shp", []), ("A10_own_output.csv", ["--crs", "EPSG:4326"]))
    ):
        code, out, _ = run("communities", CASES / file, "--edition", f"e{number}", *columns, *more)
        assert (code, "2 communities loaded" in out) == (0, True)
        with database.reading() as session:
            names = community_frame(session, f"e{number}")["name"].tolist()
        assert names == ["清河中街社区", "安宁庄社区"]


def test_a_table_of_coordinates_needs_its_system_said(
    run: Run, database: Database, campaign: CampaignView, tmp_path: Path
) -> None:
    path = tmp_path / "points.csv"
    path.write_text("lng,lat,words\n116.3162,40.0313,停\n,40,无\n", encoding="gb18030")
    options = ["--campaign", campaign.slug, "--text", "words", "--category-value", "public_space"]
    code, _, err = run("import", path, *options)
    assert (code, err.count("\n")) == (2, 1)
    assert "--crs" in err
    code, out, _ = run("import", path, *options, "--crs", "GCJ-02")
    assert code == 0
    assert "1 imported" in out
    assert "row 2: bad_coordinate" in out
    with database.reading() as session:
        frame = published_frame(session, campaign.id)
    assert frame["text"].tolist() == ["停"]
    (point,) = frame.geometry
    assert (point.x, point.y) == pytest.approx((116.3101, 40.0300), abs=2e-4)


def test_communities_are_loaded_and_campaigns_moved(
    run: Run, database: Database, campaign: CampaignView, points: Path, tmp_path: Path
) -> None:
    options = ["--campaign", campaign.slug, "--text", "words", "--category", "kind"]
    run("import", points, *options)
    path = tmp_path / "new.geojson"
    renamed = quarters().rename(columns={"code": "CODE", "name": "NAME"})
    renamed["CODE"] = ["1", "2", "3"]
    path.write_text(renamed.to_json(), encoding="utf-8")
    columns = ["--edition", "2023", "--code", "CODE", "--name", "NAME"]
    code, out, _ = run("communities", path, *columns, "--campaign", campaign.slug)
    assert code == 0
    assert "edition 2023: 3 communities loaded" in out
    assert "2 proposals changed" in out or "1 of 2 proposals changed" in out
    with database.reading() as session:
        assert campaign_by_slug(session, campaign.slug).edition == "2023"
        assert published_frame(session, campaign.id)["community_code"].tolist() == ["1"]
    assert "were there already, the same" in run("communities", path, *columns)[1]


def test_demo_and_status(run: Run, database: Database) -> None:
    assert run("demo")[:2] == (0, "the demo campaigns are loaded\n")
    code, _, err = run("demo")
    assert (code, err.count("\n")) == (2, 1)
    with database.reading() as session:
        campaign = campaign_by_slug(session, "micro-park")
        name = published_frame(session, campaign.id)["id"][0]
    assert run("status", name, "hidden", "--reason", "测试")[0] == 0
    code, _, err = run("status", name, "held", "--reason", "测试")
    assert code == 2
    assert "wrong_state" in err
    with database.reading() as session:
        assert sums_of(session, campaign.id).proposals == 1284


@pytest.mark.everything
def test_a_demo_is_taken_back(run: Run, demo_to_change: Database) -> None:
    code, out, _ = run("demo", "--reset")
    assert code == 0
    assert "removed 2 demo campaigns with 2947 proposals, 0 of them filed by visitors" in out


def test_bad_input_ends_with_code_2_and_one_line(
    run: Run, campaign: CampaignView, points: Path, tmp_path: Path
) -> None:
    junk = tmp_path / "junk.geojson"
    junk.write_bytes(b"\x00\xff{not json")
    bare = ["--category-value", "bike_parking"]
    usual = ["--campaign", campaign.slug, "--text", "words", *bare]
    edition = ["--edition", "x", "--code", "key", "--name", "words"]
    wrong: list[list[object]] = [
        ["import", tmp_path / "nowhere.geojson", *usual],
        ["import", junk, *usual],
        ["import", points, "--campaign", "nothing", "--text", "words", *bare],
        ["import", points, "--campaign", campaign.slug, "--text", "nothing", *bare],
        ["import", points, *usual[:-1], "nothing"],
        ["import", points, *usual, "--crs", "MARS-3"],
        ["import", points, *usual, "--created", "words", "--time-zone", "Mars/Olympus"],
        ["import", points, *usual, "--report", tmp_path],
        ["communities", points, *edition],
        ["communities", points, *edition[:-1], "nothing"],
        ["communities", junk, *edition],
        ["status", "nowhere1", "hidden", "--reason", "x"],
    ]
    for arguments in wrong:
        code, _, err = run(*arguments)
        assert (code, err.count("\n")) == (2, 1), (arguments, err)
        assert "Traceback" not in err


def test_a_list_that_is_cut_says_so_and_leads_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(cut(["a", "b"], 2)) == ["a", "b"]
    assert capsys.readouterr().out == ""
    assert list(cut(["a", "b", "c"], 2)) == ["a", "b"]
    assert "--most 20" in capsys.readouterr().out
