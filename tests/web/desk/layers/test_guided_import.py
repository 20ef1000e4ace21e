"""A file is looked at before it is kept: what was detected, what is asked and offered again."""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ezdxf
import geopandas as gpd
import pytest
import shapely
from sqlalchemy import func, select, update

from core.database import Database
from geo.crs import transformer, wgs84_to_gcj02
from layers.built_in import FOLDER
from layers.models import SentFile, UploadedFeature, UploadedLayer
from layers.sent_files import KEPT, MOST_WAITING
from layers.visibility import Shown
from people.access.actor import Role
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.geo.former_systems.test_former_systems import BEIJING
from tests.layers.sending import geojson, kept, zipped
from tests.web.acting import sign_in
from tests.web.browsing import Browser, Page
from tests.web.desk.layers.test_layers_pages import LAYERS, load, made_by, send, sent_form

PLACES = gpd.read_file(FOLDER / "places.geojson")


@pytest.fixture
def officer(
    database: Database, campaign: CampaignView, open_browser: Callable[..., Browser]
) -> Browser:
    browser = open_browser()
    sign_in(browser, database, Role.SUBDISTRICT_OFFICER)
    return browser


def shops(number: int = 40) -> bytes:
    """Return a table taken from a phone map: places in GCJ-02, in GBK, which says neither."""
    some = PLACES.head(number)
    spots = some.geometry.representative_point()
    x, y = wgs84_to_gcj02(spots.x.to_numpy(), spots.y.to_numpy())
    table = some[["name_zh"]].assign(经度=x, 纬度=y).rename(columns={"name_zh": "名称"})
    return table.to_csv(index=False, sep=";").encode("gbk")


def drawing(unit: int = 0, factor: float = 1_000.0) -> bytes:
    """Return a drawing of a plot in Qinghe, in millimetres unless said otherwise."""
    made = ezdxf.new("R2004")
    made.header["$INSUNITS"] = unit
    made.encoding = "gbk"
    corners = [(116.325, 40.040), (116.327, 40.040), (116.327, 40.042), (116.325, 40.042)]
    into = transformer("EPSG:4326", "EPSG:4527")
    outline = [tuple(factor * one for one in into.transform(*corner)) for corner in corners]
    made.modelspace().add_lwpolyline(outline, close=True, dxfattribs={"layer": "用地红线"})
    made.modelspace().add_line(outline[0], outline[2], dxfattribs={"layer": "道路"})
    body = io.StringIO()
    made.write(body)
    return body.getvalue().encode("gbk")


def chosen(page: Page, name: str) -> str:
    return sent_form(page).one(name)


def test_a_table_from_a_phone_map_is_told_by_the_places_that_it_names(
    officer: Browser, database: Database
) -> None:
    page = send(officer, shops(), "门店.csv")
    assert "GB 18030 (GBK)" in page.text
    assert "semicolon" in page.text
    assert "经度 · 纬度" in page.text
    assert "GCJ-02" in page.text
    assert "what they name" in page.text
    assert chosen(page, "crs") == "GCJ-02"
    assert 'class="lj-where"' in officer.body
    officer.send(sent_form(page), do="keep", title_zh="门店")
    made = made_by(officer)

    page = officer.follow()
    assert "GCJ-02" in page.text
    with database.reading() as session:
        first = session.get_one(UploadedFeature, (made, 1)).geometry
        assert session.scalar(select(func.count()).select_from(SentFile)) == 0, "it waits no more"
    there = PLACES.geometry.representative_point().iloc[0]
    assert first.distance(there) < 1e-7


def test_too_few_points_are_asked_about_and_nothing_typed_is_lost(officer: Browser) -> None:
    page = send(officer, shops(6), "门店.csv")
    assert chosen(page, "crs") == ""
    assert "cannot be told" in page.text
    page = officer.send(sent_form(page), do="keep", title_zh="六家店", source="自己查的")
    assert officer.status == 422
    assert "does not say in which coordinate system" in page.text
    assert (chosen(page, "title_zh"), chosen(page, "source")) == ("六家店", "自己查的")
    page = officer.send(sent_form(page), do="look", crs="BD-09", swapped="1")
    assert (chosen(page, "crs"), chosen(page, "title_zh")) == ("BD-09", "六家店")
    assert "nowhere on earth" in page.text
    page = officer.send(sent_form(page), do="keep", crs="other", crs_other="EPSG:1", swapped=[])
    assert "is not known" in page.text
    assert chosen(page, "title_zh") == "六家店"


def test_geojson_that_lies_shifted_is_doubted(officer: Browser) -> None:
    spots = PLACES.geometry.representative_point()
    x, y = wgs84_to_gcj02(spots.x.to_numpy(), spots.y.to_numpy())
    shifted = gpd.GeoDataFrame(PLACES[["name_zh"]], geometry=gpd.points_from_xy(x, y), crs=4326)
    page = send(officer, shifted.to_json().encode())

    assert "lies as if it were in GCJ-02" in page.text
    assert chosen(page, "crs") == "GCJ-02"
    page = send(officer, PLACES[["name_zh", "geometry"]].to_json().encode())
    assert "the file says so" in page.text
    assert chosen(page, "crs") == ""
    turned = gpd.GeoDataFrame(geometry=gpd.points_from_xy(spots.y, spots.x), crs=4326)
    page = send(officer, turned.to_json().encode())
    assert "latitude seems to stand before longitude" in page.text
    assert chosen(page, "swapped") == "1"


def test_a_drawing_is_told_by_where_it_would_lie_in_which_unit(
    officer: Browser, database: Database
) -> None:
    page = send(officer, drawing(), "方案.dxf")
    assert (chosen(page, "crs"), chosen(page, "unit")) == ("EPSG:4527", "mm")
    assert {one["value"] for one in page.all("input", name="layers")} == {"用地红线", "道路"}
    officer.send(sent_form(page), do="keep", title_zh="方案", layers=["用地红线"])
    with database.reading() as session:
        layer = session.get_one(UploadedLayer, made_by(officer))
        assert layer.features == 1
        assert layer.reading["choices"] == {
            "crs": "EPSG:4527",
            "unit": "mm",
            "layers": ["用地红线"],
        }
        assert (layer.west, layer.south) == pytest.approx((116.325, 40.040), abs=1e-6)


def test_a_newer_file_is_offered_the_choices_of_the_one_before(
    officer: Browser, database: Database
) -> None:
    page = send(officer, drawing(), "方案.dxf")
    officer.send(sent_form(page), do="keep", title_zh="方案", layers=["道路"])
    made = made_by(officer)
    page = officer.follow()
    officer.send(page.form("/replace"), files={"file": ("方案2.dxf", drawing())})
    page = officer.follow()
    form = sent_form(page)
    assert (form.one("crs"), form.one("unit"), form.one("layers")) == ("EPSG:4527", "mm", "道路")
    officer.send(form, do="keep", layers=["道路", "用地红线"])
    with database.reading() as session:
        layer = session.get_one(UploadedLayer, made)
        assert (layer.features, layer.file_name) == (2, "方案2.dxf")


def test_layers_of_a_file_become_one_or_each_its_own(
    officer: Browser, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "a.gpkg"
    points = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(116.325, 40.04)], crs=4326)
    points.to_file(path, layer="桌椅")
    points.assign(m=2).to_crs(4548).to_file(path, layer="树")
    for each, titles in (("1", ["家具 · 树", "家具 · 桌椅"]), ("", ["家具"])):
        page = send(officer, path.read_bytes(), "a.gpkg")
        assert chosen(page, "layers") == "桌椅"
        told: dict[str, Any] = {"do": "keep", "title_zh": "家具", "layers": ["桌椅", "树"]}
        officer.send(sent_form(page), each=each, **told)
        assert officer.status == 303
        with database.reading() as session:
            found = session.scalars(select(UploadedLayer.title_zh)).all()
            assert set(titles) <= set(found)
            last = session.scalars(select(UploadedLayer).order_by(UploadedLayer.id.desc())).first()
            assert last is not None
            assert last.features == (1 if each else 2)


def test_a_file_waits_for_its_sender_alone_and_a_day_at_most(
    officer: Browser, database: Database, open_browser: Callable[..., Browser]
) -> None:
    page = send(officer, shops(), "门店.csv")
    address = sent_form(page).action
    other = open_browser()
    sign_in(other, database, Role.SUBDISTRICT_OFFICER)
    for browser in (other, open_browser()):
        browser.open(address)
        assert browser.status in (404, 303, 401)
        assert "经度" not in browser.body
    officer.send(sent_form(page), do="drop")
    officer.open(address)
    assert officer.status == 404
    for _ in range(MOST_WAITING + 2):
        send(officer, shops(3), "门店.csv")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SentFile)) == MOST_WAITING
    database.write(lambda s: s.execute(update(SentFile).values(created=NOW - 2 * KEPT)))
    send(officer, shops(3), "门店.csv")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SentFile)) == 1


def test_what_is_in_a_file_is_data(officer: Browser) -> None:
    markup = "<img src=x onerror=alert(1)>"
    data = f"名称;{markup};经度;纬度\n{markup};{markup};116.325;40.04\n".encode()
    page = send(officer, data, f"{markup}.csv")
    assert officer.status == 200
    assert markup not in officer.body
    officer.send(sent_form(page), do="look", crs="other", crs_other=markup)
    assert markup not in officer.body
    load(officer, data, f"{markup}.csv", crs="EPSG:4326", title_zh=markup)
    assert markup not in officer.body


def test_a_style_is_looked_at_saved_and_drawn(officer: Browser, database: Database) -> None:
    made = database.write(lambda s: kept(s, subdistrict="110108017", shown=Shown.PUBLIC))
    style = f"{LAYERS}/{made}/style"
    assert officer.open(f"{LAYERS}/{made}").all("a", href=style)
    officer.open(f"{style}?lang=en&look=1&kind=classes&field=名称&classes=3")
    assert officer.status == 422
    page = officer.open(f"{style}?lang=en&look=1&kind=categories&field=联系人&label=名称")
    assert "南角" in page.text
    assert "13800138000" in page.text
    form = page.form("/style")
    officer.send(form, kind="categories", field="联系人", label="名称")
    assert officer.status == 303
    window = "west=116&south=40&east=117&north=41&zoom=14"
    officer.open(f"/api/layers/uploaded/{made}/view.json?{window}")
    (first, second) = json.loads(officer.body)["features"]
    assert first["colour"] != second["colour"]
    assert first["label"] == "南角"
    stranger = Browser(officer.client.app)
    stranger.open(f"/api/layers/uploaded/{made}/view.json?{window}")
    (first, second) = json.loads(stranger.body)["features"]
    assert first["colour"] == second["colour"], "nobody may tell who has a contact"
    assert "label" not in first
    assert "13800138000" not in stranger.body


def test_a_former_system_is_chosen_by_name_and_how_far_off_it_may_lie_is_confirmed_and_kept(
    officer: Browser, database: Database
) -> None:
    at = transformer("EPSG:4610", "EPSG:2384").transform(116.325, 40.04)
    page = send(officer, "名称,x,y\n甲,{},{}\n".format(*at).encode(), "旧图.csv")
    systems = {one["value"] for one in page.all("option")}
    assert {"EPSG:2384", "EPSG:2436"} <= systems, "offered by name"
    assert chosen(page, "crs") not in {"EPSG:2384", "EPSG:2436"}, "never found out"
    assert "may lie up to" not in page.text.lower()
    form = sent_form(page)
    page = officer.send(form, crs="EPSG:2384", do="look")
    assert "May lie up to 150 m off" in page.text
    page = officer.send(sent_form(page), do="keep")
    assert officer.status == 422
    assert "is not published" in page.text
    officer.send(sent_form(page), approximate="1", do="keep")
    assert officer.status == 303
    layer = officer.follow()
    assert "Xi'an 1980, metres, 3-degree zone with central meridian 117°E (EPSG:2384)" in layer.text
    assert "May lie up to 150 m off" in layer.text
    with database.reading() as session:
        reading = session.scalars(select(UploadedLayer.reading)).one()
    assert (reading["off_m"], reading["off_published"]) == (150, False)
    assert reading["choices"]["approximate"] is True


def test_a_former_system_beside_a_shapefile_is_told_by_name(officer: Browser) -> None:
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(20_442_809, 4_433_153)])
    frame = frame.set_crs("EPSG:21420")
    with tempfile.TemporaryDirectory() as folder:
        frame.to_file(Path(folder) / "old.shp")
        (Path(folder) / "old.prj").write_text(BEIJING)
        files = {one.name: one.read_bytes() for one in Path(folder).iterdir()}
    page = send(officer, zipped(files), "old.zip")
    assert "Beijing 1954, metres, 6-degree zone 20, with the number before the easting" in page.text
    assert "May lie up to 150 m off" in page.text
    assert page.all("input", name="approximate")


def test_of_several_layers_it_is_told_what_is_in_each(officer: Browser, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([116.33, 116.34], [40.03, 40.04]))
    points.set_crs(4326).to_file(path, layer="点位")
    gpd.GeoDataFrame(geometry=[shapely.box(116.33, 40.03, 116.34, 40.04)] * 3, crs=4326).to_file(
        path, layer="地块"
    )
    page = send(officer, path.read_bytes(), "a.gpkg")
    assert re.search(r"点位\s+points · 2 features", page.text)
    assert re.search(r"地块\s+areas · 3 features", page.text)


def test_of_a_track_the_track_is_read_and_not_the_places_of_which_there_are_none(
    officer: Browser,
) -> None:
    ends = '<trkpt lat="40.03" lon="116.33"/><trkpt lat="40.04" lon="116.34"/>'
    track = (
        '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
        f"<trk><name>步行</name><trkseg>{ends}</trkseg></trk></gpx>"
    )
    page = send(officer, track.encode(), "a.gpx")
    assert re.search(r"tracks\s+lines · 1 feature", page.text)
    assert "waypoints" not in page.text
    assert "WGS 84 (GPS)" in page.text
    assert chosen(page, "layers") == "tracks"


def test_how_far_away_a_file_would_lie_is_told(officer: Browser) -> None:
    page = send(officer, geojson(shapely.Point(121.47, 31.23)), "上海.geojson")
    assert re.search(r"It would lie 1,08\d km from here", page.text)
