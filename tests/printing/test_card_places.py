"""Which places get cards, and the commands, run as an operator runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from sqlalchemy import URL

from core import settings
from core.errors import BadFileError, NotFoundError
from printing.__main__ import main
from printing.card_places import CARD_LAYERS, places_of_layer, places_outside, read_places
from printing.links import CardPlace
from tests.conftest import AREA, make_campaign
from tests.printing.conftest import BASE, read_pdf, words_of

Run = Callable[..., tuple[int, str]]


@pytest.mark.parametrize("name", CARD_LAYERS)
def test_the_places_of_a_layer_lie_in_the_area(name: str, ground_body: bytes) -> None:
    small = shapely.box(116.30, 40.02, 116.33, 40.05)
    features = json.loads(ground_body)[name]["features"]
    inside = [f for f in features if small.contains(shapely.geometry.shape(f["geometry"]))]
    places = places_of_layer(name, ground_body, small, "zh_CN")
    assert {f["properties"]["name_zh"] for f in inside} <= {place.name for place in places}
    assert 0 < len(places) < len(features)
    assert places_outside(places, small) == []
    english = places_of_layer(name, ground_body, small, "en")
    assert english[0].name.isascii()
    assert (english[0].longitude, english[0].latitude) == (
        places[0].longitude,
        places[0].latitude,
    )


def test_other_layers_have_no_places(ground_body: bytes) -> None:
    with pytest.raises(NotFoundError):
        places_of_layer("roads", ground_body, AREA, "zh_CN")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("titles", ["name,longitude,latitude", "名称,经度,纬度", "Name, Lon ,LAT"])
def test_a_table_is_read_as_excel_writes_it(tmp_path: Path, encoding: str, titles: str) -> None:
    path = tmp_path / "places.csv"
    path.write_bytes(f"{titles}\r\n清河站,116.3108,40.0374\r\n\r\n".encode(encoding))
    assert read_places(path) == [CardPlace("清河站", 116.3108, 40.0374)]


def test_a_geojson_may_hold_points_and_areas(tmp_path: Path) -> None:
    path = tmp_path / "places.geojson"
    point = {"type": "Point", "coordinates": [116.31, 40.03]}
    features = [
        {"type": "Feature", "properties": {"name_zh": "西门"}, "geometry": point},
        {
            "type": "Feature",
            "properties": {"name": "广场"},
            "geometry": shapely.geometry.mapping(shapely.box(116.3, 40.0, 116.4, 40.2)),
        },
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert read_places(path) == [CardPlace("西门", 116.31, 40.03), CardPlace("广场", 116.35, 40.1)]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.csv", "name,longitude\nx,116", "latitude"),
        ("a.csv", "name,longitude,latitude\nx,116.3,north", "row 2"),
        ("a.csv", "name,longitude,latitude\nx,116.3", "row 2"),
        ("a.csv", "name,longitude,latitude\n ,116.3,40.0", "row 2 has no name"),
        ("a.csv", "name,longitude,latitude\nx,443000,4432000", "no place in degrees"),
        ("a.csv", "name,longitude,latitude\nx,nan,40", "row 2 has no place"),
        ("a.csv", "name,longitude,latitude\n", "no places"),
        ("a.csv", "", "no file of a kind"),
        ("a.geojson", "{", "GeoJSON"),
        ("a.geojson", "[]", "GeoJSON"),
        ("a.geojson", '{"features": [{"properties": {"name": "x"}, "geometry": null}]}', "row 1"),
        (
            "a.geojson",
            '{"crs": {"properties": {"name": "EPSG:4548"}}, "features": []}',
            "not in WGS 84",
        ),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_with_its_reason(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(BadFileError, match=reason):
        read_places(path)
    with pytest.raises(BadFileError):
        read_places(tmp_path / "none.csv")


@pytest.fixture
def run(
    database_url: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    from core.database import Database

    database = Database(database_url)
    make_campaign(database)
    database.close()
    address = database_url.render_as_string(hide_password=False)
    chosen = settings.Settings(database_url=address)
    monkeypatch.setattr("printing.__main__.get_settings", lambda: chosen)

    def call(*arguments: object) -> tuple[int, str]:
        code = main([str(argument) for argument in arguments])
        return code, capsys.readouterr().err

    return call


def test_the_commands_write_a_poster_and_cards(run: Run, tmp_path: Path) -> None:
    poster, cards = tmp_path / "poster.pdf", tmp_path / "cards.pdf"
    ours = ("--base", BASE, "--language", "zh_CN")
    assert run("poster", "test-campaign", *ours, "-o", poster, "--office", "清河街道") == (0, "")
    words = words_of(read_pdf(poster.read_bytes()))
    assert "测试征集" in words
    assert "清河街道" in words
    assert run("cards", "test-campaign", *ours, "--layer", "communities", "-o", cards) == (0, "")
    words = words_of(read_pdf(cards.read_bytes()))
    assert all(name in words for name in ("清河嘉园", "四街", "朱房"))
    table = tmp_path / "places.csv"
    table.write_text("name,longitude,latitude\n小花园,116.31,40.03\n", encoding="utf-8")
    assert run("cards", "test-campaign", *ours, "--places", table, "-o", cards) == (0, "")
    assert "小花园" in words_of(read_pdf(cards.read_bytes()))


def test_the_commands_refuse_in_one_line(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    far = tmp_path / "far.csv"
    far.write_text("name,longitude,latitude\n天安门,116.3974,39.9087\n", encoding="utf-8")
    ours = ("--base", BASE, "-o", out)
    for arguments, said in (
        (("poster", "test-campaign", "-o", out), "LUJIAN_PUBLIC_URL"),
        (("poster", "no-such-campaign", *ours), "not_found"),
        (("cards", "test-campaign", *ours, "--places", far), "天安门"),
        (("poster", "test-campaign", "--base", BASE, "-o", tmp_path / "no" / "x.pdf"), "x.pdf"),
    ):
        code, told = run(*arguments)
        assert code == 2
        assert said in told
        assert len(told.splitlines()) == 1
    assert not out.exists()
