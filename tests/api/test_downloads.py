"""Files of every form by address: the view's filter, the system, what is refused, large ones."""

from __future__ import annotations

import csv
import io
import re
import time
import zipfile
from html import unescape
from pathlib import Path
from typing import Any

import ezdxf.filemanagement
import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook

from api import file_answers
from geo.writing import drawing
from geo.writing.forms import FORMS
from layers.export import file_jobs
from layers.export.data_dictionary import FILES
from layers.export.file_jobs import FileJobs, JobState, TooManyFilesError

BIKES = "/campaigns/bike-parking"
ENDINGS = [form.ending for form in FORMS.values() if form.name != "geojson"]


def fetched(client: TestClient, address: str, folder: Path, status: int = 200) -> Path:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    (name,) = re.findall('filename="(.+?)"', answer.headers["content-disposition"])
    file = folder / name
    file.write_bytes(answer.content)
    return file


@pytest.fixture(scope="module")
def told(demo_client: TestClient) -> dict[str, Any]:
    """Give the GeoJSON of each kind, by which the other forms are checked."""
    narrow = {"proposals": "?category=bike_parking&relation=passes"}
    addresses = {kind: f"{BIKES}/{kind}.geojson{narrow.get(kind, '')}" for kind in FILES}
    return {kind: demo_client.get(one).json()["features"] for kind, one in addresses.items()}


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        # each form of one kind, and with ``--everything`` of all
        pytest.param(
            kind, ending, marks=[] if (form + place) % len(FILES) == 0 else pytest.mark.everything
        )
        for form, ending in enumerate(ENDINGS)
        for place, kind in enumerate(FILES)
    ],
)
def test_every_form_has_as_many_features_as_the_geojson(
    demo_client: TestClient, tmp_path: Path, told: dict[str, Any], kind: str, ending: str
) -> None:
    narrow = "" if kind != "proposals" else "&category=bike_parking&relation=passes"
    file = fetched(demo_client, f"{BIKES}/{kind}.{ending}?lang=en{narrow}", tmp_path)
    assert file.name.endswith(f".{ending}")
    count = len(told[kind])
    key = {"proposals": "id", "communities": "code", "hotspots": "hotspot_id"}[kind]
    wanted = {feature["properties"][key] for feature in told[kind]}
    if ending == "csv":
        with file.open(encoding="utf-8-sig", newline="") as opened:
            found = [row[key] for row in csv.DictReader(opened)]
    elif ending == "xlsx":
        head, *rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
        found = [row[head.index(key)] for row in rows]
    elif ending == "dxf":
        drawn = ezdxf.filemanagement.readfile(file)
        assert not drawn.audit().errors
        pins = drawn.modelspace().query("INSERT")
        found = [pin.get_attrib(key.upper()).dxf.text for pin in pins]
        assert "EPSG:4548" in {one.dxf.text for one in drawn.modelspace().query("TEXT")}
    elif ending == "pmtiles":
        assert file.read_bytes()[:7] == b"PMTiles"
        return
    elif ending == "parquet":
        found = list(gpd.read_parquet(file)[key])
    elif ending == "shp.zip":
        with zipfile.ZipFile(file) as archive:
            assert {"field_names.csv", "README.txt"} <= set(archive.namelist())
            layers = [name for name in archive.namelist() if name.endswith(".shp")]
        shapes = [pyogrio.read_dataframe(f"/vsizip/{file}/{name}") for name in layers]
        found = list(pd.concat(shapes)[key[:10]])
    else:
        layers = [name for name, kind_ in pyogrio.list_layers(file) if kind_ is not None]
        key = "id2" if (ending, key) == ("kml", "id") else key  # GDAL has an id of its own
        found = [v for name in layers for v in pyogrio.read_dataframe(file, layer=name)[key]]
    assert len(found) == count
    assert set(found) == wanted


def test_the_system_and_the_filter_of_the_address_are_those_of_the_file(
    demo_client: TestClient, tmp_path: Path
) -> None:
    all_of_them = demo_client.get(f"{BIKES}/proposals.geojson").json()["features"]
    narrow = "category=bike_parking&relation=lives"
    some = demo_client.get(f"{BIKES}/proposals.geojson?{narrow}").json()["features"]
    assert 0 < len(some) < len(all_of_them)
    file = fetched(demo_client, f"{BIKES}/proposals.gpkg?crs=EPSG:4527&{narrow}", tmp_path)
    assert "epsg4527" in file.name
    layers = [name for name, kind in pyogrio.list_layers(file) if kind is not None]
    found = pd.concat([pyogrio.read_dataframe(file, layer=name) for name in layers])
    assert set(found["id"]) == {one["id"] for one in some}
    assert found.crs == "EPSG:4527"
    assert found.geometry.x.between(39_400_000, 39_500_000).all()
    notes = list(pyogrio.read_dataframe(file, layer="notes")["note"])
    assert any("39" in note for note in notes)
    assert any("bike_parking" in note for note in notes)
    shifted = fetched(demo_client, f"{BIKES}/hotspots.csv?crs=GCJ-02", tmp_path)
    assert "GCJ-02" in shifted.read_text(encoding="utf-8-sig").splitlines()[1]
    table = pyogrio.read_dataframe(
        fetched(demo_client, f"{BIKES}/hotspots.gpkg?crs=GCJ-02", tmp_path), layer="notes"
    )
    assert any("GCJ-02" in note and "600" in note for note in table["note"])


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("proposals.gpkg?crs=EPSG:3857", "unknown_system", "EPSG:4490"),
        ("proposals.geojson?crs=EPSG:4548", "wrong_system", "GeoPackage"),
        ("communities.geojson?crs=nonsense", "unknown_system", "nonsense"),
        ("hotspots.geojson?crs=GCJ-02", "wrong_system", "WGS 84"),
        ("proposals.kml?crs=EPSG:4490", "wrong_system", "WGS 84"),
        ("proposals.dxf?crs=EPSG:4326", "wrong_system", "EPSG:4548"),
        ("proposals.gpkg?crs=EPSG:4536", "far_from_zone", "EPSG:4536"),
        ("proposals.docx", "unknown_form", "xlsx"),
        ("proposals.gpkg?crss=EPSG:4548", "unknown_parameter", "crss"),
        ("proposals.csv?geometry=pin", "unknown_parameter", "geometry"),
        ("layers/parks.geojson?crs=EPSG:4548", "wrong_system", "GeoPackage"),
        ("layers/parks.gpkg?srs=EPSG:4548", "unknown_parameter", "srs"),
        ("proposals.gpkg?status=held", "not_allowed", ""),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    demo_client: TestClient, address: str, code: str, said: str
) -> None:
    answer = demo_client.get(f"{BIKES}/{address}", headers={"accept-language": "en"})
    assert answer.status_code in {400, 403, 422}
    assert answer.json()["error"]["code"] == code
    assert said in answer.json()["sentence"]


@pytest.mark.parametrize(
    ("address", "said", "ways"),
    [
        (
            f"{BIKES}/proposals.kml?crs=EPSG:4548&relation=lives",
            "GeoPackage takes any system",
            [
                "/api/campaigns/bike-parking/proposals.gpkg?crs=EPSG%3A4548&relation=lives",
                "/api/campaigns/bike-parking/proposals.kml?relation=lives",
                "/w/take/bike-parking",
            ],
        ),
        (
            f"{BIKES}/proposals.dxf",
            "more than CAD programs open; 5 is the most",
            ["/api/campaigns/bike-parking/proposals.gpkg", "/w/take/bike-parking"],
        ),
        (
            f"{BIKES}/hotspots.gpkg?crs=EPSG:4536",
            "choose the zone",
            ["/api/campaigns/bike-parking/hotspots.gpkg", "/w/take/bike-parking"],
        ),
        (f"{BIKES}/proposals.csv?colour=red", "colour", ["/w/take/bike-parking"]),
        (f"{BIKES}/hotspots.csv?radius_m=x", "not as it should be", ["/w/take/bike-parking"]),
        ("/layers/uploaded/999.gpkg", "There is nothing here", ["/w/layers"]),
        ("/files/" + "x" * 32, "There is nothing here", []),
        ("/nonsense", "There is nothing here", []),
        ("/topics/1.csv", None, ["/w/desk/sign-in?next=%2Fw%2Fdesk%2Freview%2Ftopics%2F1"]),
    ],
)
def test_a_person_in_a_browser_is_told_on_a_page_what_can_be_had_instead(
    demo_client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    said: str | None,
    ways: list[str],
) -> None:
    monkeypatch.setattr(drawing, "MOST_FEATURES", 5)
    demo_client.cookies.clear()  # in which other tests may have chosen a language
    plain = demo_client.get(address)
    assert "error" in plain.json()
    browser = {"accept": "text/html,*/*;q=0.8", "accept-language": "en"}
    page = demo_client.get(address, headers=browser, follow_redirects=False)
    assert "Accept" in page.headers["vary"].split(", ")
    if said is None:
        assert (page.status_code, [page.headers["location"]]) == (303, ways)
        return
    assert page.status_code == plain.status_code
    assert page.headers["content-type"].startswith("text/html")
    assert said in unescape(page.text)
    buttons = re.findall(r'class="lj-button" href="([^"]+)"', page.text)
    assert [unescape(one) for one in buttons] == [*ways, "/w/"]
    for way in ways:
        if way.startswith("/api/"):
            assert demo_client.get(way.removeprefix("/api")).status_code == 200, way
    chinese = demo_client.get(address, headers={**browser, "accept-language": "zh"})
    assert "无法提供这个文件" in chinese.text


def test_layers_leave_in_every_form(demo_client: TestClient, tmp_path: Path) -> None:
    for address in ("/layers/parks", f"{BIKES}/layers/parks"):
        plain = demo_client.get(f"{address}.geojson").json()["features"]
        file = fetched(demo_client, f"{address}.gpkg?crs=EPSG:4548", tmp_path)
        packed = fetched(demo_client, f"{address}.shp.zip", tmp_path)
        with zipfile.ZipFile(packed) as archive:
            assert any(name.endswith(".shp") for name in archive.namelist())
        found = pyogrio.read_dataframe(file, layer="parks")
        assert len(found) == len(plain)
        assert found.crs == "EPSG:4548"
        styles = pyogrio.read_dataframe(file, layer="layer_styles")
        assert "213,235,207" in styles["styleQML"][0]


def test_a_file_is_not_sent_again_to_who_holds_it(
    demo_client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_answers.tempfile, "tempdir", str(tmp_path))
    answers = [demo_client.get(f"{BIKES}/communities.{end}?lang=en") for end in ("fgb", "xlsx")]
    tags = {answer.headers["etag"] for answer in answers}
    tags |= {demo_client.get(f"{BIKES}/communities.fgb?lang=zh_CN").headers["etag"]}
    assert len(tags) == 3
    held = {"if-none-match": answers[0].headers["etag"]}
    assert demo_client.get(f"{BIKES}/communities.fgb?lang=en", headers=held).status_code == 304
    assert not list(tmp_path.iterdir())  # what was made and sent is gone


def test_a_large_file_is_made_beside_and_fetched_in_parts(
    demo_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_answers, "AT_ONCE_ELSE", 3)
    monkeypatch.setitem(file_answers.AT_ONCE, "dxf", 3)
    assert demo_client.get(f"{BIKES}/layers/parks.dxf").status_code == 202
    answer = demo_client.get(f"{BIKES}/proposals.fgb")
    assert answer.status_code == 202
    address = answer.headers["location"].removeprefix("/api")
    for _attempt in range(600):
        made = demo_client.get(address)
        if made.status_code != 202:
            break
        assert 0 <= made.json()["done"] <= 1
        time.sleep(0.05)
    assert made.status_code == 200
    whole = made.content
    assert len(pyogrio.read_dataframe(io.BytesIO(whole))) > 3
    part = demo_client.get(
        address, headers={"range": "bytes=100-", "if-range": made.headers["etag"]}
    )
    assert part.status_code == 206
    assert part.content == whole[100:]
    late = demo_client.get(address, headers={"range": "bytes=100-", "if-range": '"another"'})
    assert (late.status_code, late.content) == (200, whole)
    browser = demo_client.get(
        f"{BIKES}/proposals.fgb", headers={"accept": "text/html"}, follow_redirects=False
    )
    assert browser.status_code == 303
    assert browser.headers["location"].startswith("/w/files/")
    assert demo_client.delete(address).status_code in {200, 403}


def test_a_job_ends_when_all_have_given_it_up(tmp_path: Path) -> None:
    jobs = FileJobs(tmp_path / "made")
    seen: list[float] = []

    def make(path: Path, tell: Any) -> None:
        path.write_text("x")
        for step in range(1_000):
            seen.append(step)
            time.sleep(0.005)
            tell(step / 1_000)

    about = {"name": "a.gpkg", "media_type": "x/y", "tag": '"t"'}
    one, two = (jobs.begin("key", make, **about) for _ in range(2))
    assert one != two
    assert jobs.job(one) is jobs.job(two)
    jobs.give_up(one)
    job = jobs.job(two)
    jobs.give_up(two)
    for _attempt in range(1_000):
        if job.state == JobState.FAILED:
            break
        time.sleep(0.01)
    assert job.state == JobState.FAILED
    assert len(seen) < 1_000
    assert not list((tmp_path / "made").iterdir())


def test_files_go_when_nobody_asks_for_them_and_too_many_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = FileJobs(tmp_path / "made")
    about = {"name": "a.gpkg", "media_type": "x/y", "tag": '"t"'}
    ticket = jobs.begin("key", lambda path, _tell: path.write_text("x") and None, **about)
    job = jobs.job(ticket)
    for _attempt in range(1_000):
        if job.state == JobState.READY:
            break
        time.sleep(0.01)
    assert job.path.exists()
    assert jobs.sweep() == 0
    assert jobs.sweep(keep_s=-1) == 1
    assert not job.path.exists()
    monkeypatch.setattr(file_jobs, "MOST_WAITING", -1)
    with pytest.raises(TooManyFilesError):
        jobs.begin("other", lambda _path, _tell: None, **about)
