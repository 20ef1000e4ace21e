"""Place search and what is at a place, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

import api.places
from api import create_api
from core.database import Database
from layers.gazetteer.index import Place
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor
from serving.context import Context
from submissions.participation.filing import file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status
from tests.conftest import make_campaign

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
PLACE = (116.31, 40.03)
FACILITY = {"layer": "bike_parking", "near_m": 50, "name": {"zh_CN": "停放区", "en": "parking"}}
#: Bike parking at the east exit of Qinghe station, as the demo's layer has it.
PARKING = "清河站东出口自行车停放区"


def file(database: Database, campaign: CampaignView, text: str, place: tuple[float, float] = PLACE,
         category: str = "bike_parking") -> str:  # fmt: skip
    draft = DraftProposal(
        client_token=f"token-{len(text)}-{place[1]}",
        longitude=place[0],
        latitude=place[1],
        category=category,
        text=text,
        relation="lives",
    )
    actor = Actor(device=f"device-{len(text)}-0123456789abcdefghijkl")
    return database.write(
        lambda session: file_proposal(session, actor, campaign.id, draft, now=NOW)
    ).public_id


def find(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get("/campaigns/bike-parking/places", params=asked)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    places: list[dict[str, Any]] = answer.json()["places"]
    return places


def test_initials_find_the_station(demo_client: TestClient) -> None:
    first, *_others = find(demo_client, q="qhz")
    place = first.pop("longitude"), first.pop("latitude")
    assert place == (pytest.approx(116.31, abs=0.02), pytest.approx(40.04, abs=0.02))
    assert first.pop("community")
    assert first == {
        "name": "清河站",
        "name_en": "Qinghe Railway Station",
        "kind": "railway_station",
        "kind_name": "火车站",
        "inside": True,
    }


def test_language_place_and_what_lies_outside(demo_client: TestClient) -> None:
    english = find(demo_client, q="xi'erqi", lang="en")
    assert {place["kind_name"] for place in english} >= {"Metro station", "Community"}
    gates = find(demo_client, q="花园楼北门")
    assert len(gates) == 2
    for gate in gates:
        at = {"longitude": gate["longitude"], "latitude": gate["latitude"]}
        assert find(demo_client, q="花园楼北门", **at)[0] == gate
    assert [place["inside"] for place in find(demo_client, q="上地东路")] == [False]


@pytest.mark.parametrize("text", ["", "   ", ".*", "🚲", "清" * 5_000, "a" * 10_000, "%00", "<>"])
def test_what_is_no_name_finds_nothing(demo_client: TestClient, text: str) -> None:
    assert find(demo_client, q=text) == []


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("places?q=a&longitude=116.3", 422, "bad_coordinate"),
        ("places?q=a&longitude=nan&latitude=40", 422, "bad_coordinate"),
        ("places?q=a&longitude=x&latitude=40", 422, "invalid"),
        ("at", 422, "bad_coordinate"),
        ("at?longitude=116.3", 422, "bad_coordinate"),
        ("at?longitude=116.3&latitude=91", 422, "bad_coordinate"),
        ("at?longitude=inf&latitude=40", 422, "bad_coordinate"),
        ("at?longitude=116.3&latitude=40&category=nonsense", 422, "unknown_category"),
    ],
)
def test_errors(demo_client: TestClient, address: str, status: int, code: str) -> None:
    answer = demo_client.get(f"/campaigns/bike-parking/{address}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    unknown = demo_client.get(f"/campaigns/no-such/{address}")
    assert unknown.status_code in (404, 422)


def test_what_is_at_a_place(client: TestClient, database: Database) -> None:
    campaign = make_campaign(database, facility=FACILITY)
    text = "清河站东出口单车太多,占了盲道"
    same = file(database, campaign, text, (PLACE[0], PLACE[1] + 0.0005))
    other = file(database, campaign, "这里需要几把椅子让老人歇脚")
    hidden = file(database, campaign, "不该外传", (PLACE[0], PLACE[1] + 0.0001))
    database.write(
        lambda s: change_status(s, OPERATOR, hidden, Status.HIDDEN, reason="test", now=NOW)
    )
    asked = {"longitude": PLACE[0], "latitude": PLACE[1], "text": text, "category": "bike_parking"}
    answer = client.get(f"/campaigns/{campaign.slug}/at", params=asked)
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told["inside"] is True
    assert told["community"] == {
        "code": "110108017001",
        "name": "清河嘉园",
        "name_en": "Qinghe Jiayuan",
    }
    assert told["facility"]["distance_m"] > 50
    assert told["facility"]["near"] is False
    assert told["nearby"]["total"] == 2
    first, second = told["nearby"]["proposals"]
    assert (first["id"], first["alike"], second["id"], second["alike"]) == (
        same,
        True,
        other,
        False,
    )
    assert first["distance_m"] == pytest.approx(55.5, abs=0.1)
    assert (first["supports"], first["photo"], first["community_name"]) == (0, None, "清河嘉园")
    del asked["text"]
    bare = client.get(f"/campaigns/{campaign.slug}/at", params=asked).json()
    assert [found["id"] for found in bare["nearby"]["proposals"]] == [other, same]


def test_the_facility_is_near_below_the_campaigns_threshold(
    client: TestClient, database: Database
) -> None:
    campaign = make_campaign(database, facility=FACILITY)
    layer = client.get("/layers/bike_parking.geojson").json()["features"]
    parking = next(f for f in layer if f["properties"]["name_zh"] == PARKING)
    longitude, latitude = parking["geometry"]["coordinates"]

    def facility(north_deg: float) -> dict[str, Any]:
        params = {"longitude": longitude, "latitude": latitude + north_deg}
        told = client.get(f"/campaigns/{campaign.slug}/at", params=params).json()
        found: dict[str, Any] = told["facility"]
        return found

    assert (facility(0)["name"], facility(0)["distance_m"], facility(0)["near"]) == (
        PARKING,
        0.0,
        True,
    )
    # A ten-thousandth of a degree of latitude is 11.1 m.
    assert (facility(0.0004)["distance_m"], facility(0.0004)["near"]) == (
        pytest.approx(44.4, abs=0.1),
        True,
    )
    assert (facility(0.0005)["distance_m"], facility(0.0005)["near"]) == (
        pytest.approx(55.5, abs=0.1),
        False,
    )


def test_far_away_there_is_nothing(client: TestClient, campaign: CampaignView) -> None:
    params = {"longitude": 0.0, "latitude": 0.0}
    told = client.get(f"/campaigns/{campaign.slug}/at", params=params).json()
    assert told == {
        "inside": False,
        "community": None,
        "facility": None,
        "nearby": {"total": 0, "proposals": []},
    }


class Geocoder:
    """Stands in for Tianditu: has one address, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def find(self, text: str, around: Any, *, within: str) -> list[Place]:
        assert around.bounds[0] < PLACE[0] < around.bounds[2]
        self.asked.append((text, within))
        return [Place(text, "", "address", *PLACE)] if text == "某某胡同甲3号" else []


@pytest.fixture
def geocoder(monkeypatch: pytest.MonkeyPatch) -> Geocoder:
    one = Geocoder()
    monkeypatch.setattr(api.places, "tianditu_of", lambda _key: one)
    return one


@pytest.mark.parametrize("key", ["", "a-key"])
def test_the_geocoder_is_asked_only_with_a_key_and_for_what_is_unknown(
    room: Context, campaign: CampaignView, geocoder: Geocoder, key: str
) -> None:
    settings = replace(room.settings, tianditu_key=key)
    with TestClient(create_api(replace(room, settings=settings))) as client:
        address = f"/campaigns/{campaign.slug}/places"
        assert client.get(address, params={"q": "sijie"}).json()["places"][0]["name"] == "四街"
        assert geocoder.asked == []
        found = client.get(address, params={"q": "某某胡同甲3号"}).json()["places"]
        for text in ("🚲🚲", "a", "清" * 100):
            client.get(address, params={"q": text})
    if not key:
        assert (found, geocoder.asked) == ([], [])
        return
    assert geocoder.asked == [("某某胡同甲3号", "清河街道")]
    assert found[0]["kind_name"] == "地址"
    assert found[0]["inside"] is True
