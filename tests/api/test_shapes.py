"""Drawings over HTTP: measured or refused in a sentence, drawn in a box, exported for GIS."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from shapely.geometry import shape

from core.database import Database
from layers.export.data_dictionary import PROPOSALS, names
from moderation.changes import change_status
from people.access.actor import OPERATOR
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW, make_campaign
from tests.lacking import need_gdal
from tests.submissions.participation.test_drawn_shape import ALL, PLOT, WALK, draw

BOW = {
    "type": "Polygon",
    "coordinates": [[[116.33, 40.03], [116.331, 40.031], [116.331, 40.03], [116.33, 40.031]]],
}
BESIDE = {"type": "LineString", "coordinates": [[116.31, 40.03], [116.35, 40.03]]}


@pytest.fixture
def campaign(database: Database) -> CampaignView:
    """Give an open campaign that takes pins, lines and areas."""
    return make_campaign(database, geometry_kinds=ALL)


def measured(client: TestClient, geojson: Any, lang: str = "en") -> tuple[int, Any]:
    answer = client.post(f"/campaigns/test-campaign/measure?lang={lang}", json={"shape": geojson})
    return answer.status_code, answer.json()


def test_a_drawing_is_measured(client: TestClient, campaign: CampaignView) -> None:
    status, walk = measured(client, WALK)
    assert status == 200
    assert walk["length_m"] == pytest.approx(341.4, abs=0.3)
    assert walk == {
        "ok": True,
        "kind": "line",
        "length_m": walk["length_m"],
        "area_m2": None,
        "size": "341 m",
        "longitude": pytest.approx(116.312),
        "latitude": 40.03,
        "community": {"zh_CN": "清河嘉园", "en": "Qinghe Jiayuan"},
    }
    _, plot = measured(client, PLOT, "zh_CN")
    assert (plot["kind"], plot["size"]) == ("area", "9,480平方米")
    corner = {
        "type": "LineString",
        "coordinates": [[116.33, 40.05], [116.331, 40.05]],
    }
    assert measured(client, corner)[1]["community"] is None


@pytest.mark.parametrize(
    ("geojson", "code", "problem", "said"),
    [
        (BOW, "bad_shape", "crosses_itself", "cross each other"),
        (None, "bad_shape", "unreadable", "could not read"),
        ({"type": "Point", "coordinates": [0, 0]}, "bad_shape", "unreadable", "could not read"),
        (BESIDE, "outside_area", None, "Part of the line"),
        (
            {"type": "LineString", "coordinates": [[116.31, 40.03], [116.31002, 40.03]]},
            "bad_shape",
            "too_small",
            "at least 5 metres",
        ),
        (
            {
                "type": "Polygon",
                "coordinates": [[[116.31, 40.03], [116.32, 40.03], [116.32, 40.04]]],
            },
            "bad_shape",
            "too_large",
            "50,000 square metres",
        ),
        (
            {"type": "Polygon", "coordinates": [[[116.31, 40.03], [116.32, 40.03]]]},
            "bad_shape",
            "few_points",
            "at least 3",
        ),
    ],
)
def test_what_is_wrong_is_said(
    client: TestClient,
    campaign: CampaignView,
    geojson: Any,
    code: str,
    problem: str | None,
    said: str,
) -> None:
    status, told = measured(client, geojson)
    assert (status, told["ok"]) == (200, False)
    assert told["error"] == {"code": code, "details": {"problem": problem}}
    assert said in told["sentence"]


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b'"x"', b"[" * 50_000, b" " * 70_000])
def test_a_body_that_is_no_drawing_is_refused(
    client: TestClient, campaign: CampaignView, body: bytes
) -> None:
    answer = client.post("/campaigns/test-campaign/measure", content=body)
    assert answer.json()["ok"] is False
    assert answer.json()["error"]["details"] == {"problem": "unreadable"}
    assert client.post("/campaigns/no-such/measure", json={}).status_code == 404


def test_a_campaign_of_pins_takes_no_lines(client: TestClient, database: Database) -> None:
    make_campaign(database, slug="test-campaign")
    status, told = measured(client, WALK)
    assert (status, told["error"]["details"]["problem"]) == (200, "kind")
    assert "takes no lines" in told["sentence"]


def boxed(client: TestClient, west: float, south: float, east: float, north: float) -> Any:
    query = f"?west={west}&south={south}&east={east}&north={north}"
    answer = client.get(f"/campaigns/test-campaign/shapes.json{query}")
    assert answer.status_code == 200
    return answer


def test_a_box_shows_what_reaches_into_it(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    walk, _ = draw(database, campaign, WALK)
    plot, _ = draw(database, campaign, PLOT)
    everything = boxed(client, 116.30, 40.02, 116.34, 40.06)
    assert {s["id"] for s in everything.json()["shapes"]} == {walk, plot}
    one = boxed(client, 116.3101, 40.0299, 116.3105, 40.0301).json()["shapes"]  # not its pin
    assert [(s["id"], s["category"]) for s in one] == [(walk, "public_space")]
    assert one[0]["geometry"] == WALK
    assert boxed(client, 116.3101, 40.0302, 116.3105, 40.0303).json()["shapes"] == []
    etag = everything.headers["etag"]
    path = "/campaigns/test-campaign/shapes.json?west=116.3&south=40&east=116.34&north=40.06"
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    database.write(lambda s: change_status(s, OPERATOR, walk, "hidden", reason="test", now=NOW))
    again = client.get(path, headers={"If-None-Match": etag})
    assert [s["id"] for s in again.json()["shapes"]] == [plot]
    assert client.get(f"{path}&category=bike_parking").json()["shapes"] == []


def test_more_than_fit_an_answer_come_page_by_page(
    client: TestClient, database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.shapes.MOST_SHAPES", 2)
    for east in range(4):
        start = round(116.31 + east * 0.001, 4)
        line = [[start, 40.03], [round(start + 0.0005, 4), 40.03]]
        draw(database, campaign, {"type": "LineString", "coordinates": line})
    path = (
        "/campaigns/test-campaign/shapes.json?west=116.31&south=40.029&east=116.3126&north=40.031"
    )
    found, page = [], 1
    while page is not None:
        told = client.get(f"{path}&page={page}").json()
        assert told["total"] == 3  # the fourth lies outside
        found.append([one["geometry"]["coordinates"][0][0] for one in told["shapes"]])
        page = told["next"]
    assert [sorted(one) for one in found] == [[116.311, 116.312], [116.31]]
    assert client.get(f"{path}&page=9").json() == {"shapes": [], "total": 3, "next": None}


def test_one_proposal_tells_its_shape(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    walk, placed = draw(database, campaign, WALK)
    told = client.get(f"/proposals/{walk}").json()
    assert (told["geometry"], told["length_m"], told["area_m2"]) == (WALK, placed.length_m, None)


def test_exports_carry_true_geometry_and_gdal_reads_them(
    client: TestClient, database: Database, campaign: CampaignView, tmp_path: Path
) -> None:
    clockwise = {"type": "Polygon", "coordinates": [[*PLOT["coordinates"][0]][::-1]]}  # type: ignore[index]
    walk, placed = draw(database, campaign, WALK)
    plot, _ = draw(database, campaign, clockwise)
    base = "/campaigns/test-campaign/proposals.geojson"
    marked, pins = client.get(base), client.get(f"{base}?geometry=pin")
    assert marked.headers["etag"] != pins.headers["etag"]
    assert client.get(f"{base}?geometry=circle").status_code == 422
    of = {f["id"]: f for f in marked.json()["features"]}
    assert of[walk]["geometry"] == WALK
    assert of[walk]["properties"]["kind"] == "line"
    assert of[walk]["properties"]["length_m"] == pytest.approx(placed.length_m, abs=0.005)
    ring = shape(of[plot]["geometry"])
    assert ring.exterior.is_ccw
    assert ring.equals(shape({**PLOT, "coordinates": [[*PLOT["coordinates"][0], [116.33, 40.03]]]}))  # type: ignore[index]
    assert (of[plot]["properties"]["kind"], of[plot]["properties"]["length_m"]) == ("area", None)
    for feature in pins.json()["features"]:
        told = feature["properties"]
        assert feature["geometry"] == {
            "type": "Point",
            "coordinates": [told["longitude"], told["latitude"]],
        }
        assert told == of[feature["id"]]["properties"]
        assert shape(of[feature["id"]]["geometry"]).distance(shape(feature["geometry"])) < 1e-7
    for name, answer, kind in (("marked", marked, "Unknown (any)"), ("pins", pins, "Point")):
        told = read_by_gdal(answer.content, tmp_path / f"{name}.geojson")
        assert f"Geometry: {kind}" in told
        assert "Feature Count: 2" in told
        columns = re.findall(r"^(\w+): (?:String|Integer|Real|DateTime|Date)", told, re.M)
        assert columns == names(PROPOSALS)


def read_by_gdal(content: bytes, path: Path) -> str:
    need_gdal()
    path.write_bytes(content)
    command = ["ogrinfo", "-so", "-al", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not told.stderr
    return told.stdout


def test_geometry_is_written_with_seven_decimals(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    third = {"type": "LineString", "coordinates": [[116.31 + 1 / 3000, 40.03], [116.314, 40.031]]}
    draw(database, campaign, third)
    text = client.get("/campaigns/test-campaign/proposals.geojson").text
    written = json.loads(text, parse_float=str)["features"][0]["geometry"]["coordinates"]
    assert written[0] == ["116.3103333", "40.03"]
    assert shapely.LineString([[float(n) for n in place] for place in written]).is_valid
