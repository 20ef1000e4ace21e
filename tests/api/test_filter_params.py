"""The same parameters narrow tiles, pins, files and numbers; nothing more is told by them."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from core.database import Database
from people.access.actor import Actor, Role
from people.accounts.sessions import SESSION_COOKIE
from serving.context import Context
from submissions.participation.supports import support_proposal
from submissions.proposals.queries import CampaignView
from tests.api.conftest import SECRET
from tests.people.acting import new_account, session_cookie
from tests.submissions.acting import act, file, moderate

BASE = "/campaigns/test-campaign"
PATHS = (
    "clusters/0/0/0.json",
    "pins.json?west=116&east=117&south=40&north=41",
    "shapes.json?west=116&east=117&south=40&north=41",
    "proposals.geojson",
    "communities.geojson",
    "hotspots.geojson?min_proposals=3",
)


def count(path: str, data: Any) -> int:
    """Return how many proposals an answer speaks of; hotspots of those of the first."""
    if path.startswith("clusters"):
        return sum(c[2] for c in data["clusters"]) + len(data["pins"])
    if path.startswith(("pins", "shapes")):
        return len(data[path.split(".")[0].replace("pins", "proposals")])
    if path.startswith("proposals"):
        return len(data["features"])
    return sum(f["properties"]["proposals"] for f in data["features"]) + data.get("outside", 0)


@pytest.fixture
def ids(database: Database, campaign: CampaignView) -> list[str]:
    """Give nine proposals on one spot: benches wanted by every third, one hidden."""
    made = [
        file(
            database,
            campaign,
            Actor(f"d{n}"),
            text="想要座椅" if n % 3 == 0 else "停不下车",
            relation=("lives", "works")[n % 2],
            longitude=116.31 + n * 1e-5,
        ).public_id
        for n in range(9)
    ]
    moderate(database, made[8], "hidden")
    for supporter in ("x", "y"):
        act(database, support_proposal, Actor(supporter), made[1])
    return made


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, 8),
        ({"category": "bike_parking"}, 8),
        ({"category": "public_space"}, 0),
        ({"text": "座椅"}, 3),
        ({"relation": "lives", "text": "停不下车"}, 2),
        ({"supports": "2"}, 1),
        ({"area": "116.309995,40.0 116.310025,40.0 116.310025,40.1 116.309995,40.1"}, 3),
        ({"to": "2020-01-01"}, 0),
    ],
)
def test_all_outlets_tell_of_the_same(
    client: TestClient, ids: list[str], asked: dict[str, str], wanted: int
) -> None:
    for path in PATHS:
        answer = client.get(f"{BASE}/{path}", params=_with(path, asked))
        assert answer.status_code == 200, answer.text
        expected = 0 if "shapes" in path or ("hotspots" in path and wanted < 3) else wanted
        assert count(path, answer.json()) == expected, path


def _with(path: str, asked: dict[str, str]) -> list[tuple[str, str]]:
    _, _, given = path.partition("?")
    pairs = [tuple(pair.split("=")) for pair in given.split("&") if pair]
    return [*pairs, *asked.items()]  # type: ignore[list-item]


def test_an_etag_is_of_the_filter_and_the_revision(
    client: TestClient, database: Database, campaign: CampaignView, ids: list[str]
) -> None:
    address = f"{BASE}/clusters/0/0/0.json"
    tags = [
        client.get(address, params=asked).headers["etag"]
        for asked in ({}, {"text": "座椅"}, {"text": "停"}, {"relation": "lives"})
    ]
    assert len(set(tags)) == 4
    known = {"if-none-match": tags[1]}
    assert client.get(address, params={"text": "座椅"}, headers=known).status_code == 304
    assert client.get(address, params={"text": "停"}, headers=known).status_code == 200
    file(database, campaign, text="这里也要座椅")
    again = client.get(address, params={"text": "座椅"}, headers=known)
    assert (again.status_code, count("clusters", again.json())) == (200, 4)


def test_heat_is_a_picture_of_the_filter(client: TestClient, ids: list[str]) -> None:
    pictures = {}
    for asked in ({}, {"text": "座椅"}, {"to": "2020-01-01"}):
        answer = client.get(f"{BASE}/heat.png", params=asked)
        assert answer.headers["content-type"] == "image/png"
        pictures[str(asked)] = picture = Image.open(io.BytesIO(answer.content))
        # The area is 0.04 degrees square: in Web Mercator 1 / cos(40.04°) times as high as wide.
        assert picture.size == (480, 627)
    opaque = [bool(np.asarray(one)[..., 3].any()) for one in pictures.values()]
    assert opaque == [True, True, False]
    drawn = np.asarray(pictures["{}"])[..., 3]
    row, column = np.unravel_index(drawn.argmax(), drawn.shape)
    # 116.31, 40.03: a quarter from the west, a quarter from the south.
    assert (row / 627, column / 480) == (
        pytest.approx(0.75, abs=0.02),
        pytest.approx(0.25, abs=0.02),
    )
    assert client.get(f"{BASE}/heat.png", params={"status": "hidden"}).status_code == 403


def test_two_pictures_of_heat_share_a_scale(
    client: TestClient, database: Database, campaign: CampaignView, ids: list[str]
) -> None:
    def darkest(asked: dict[str, str]) -> int:
        answer = client.get(f"{BASE}/heat.png", params=asked)
        return int(np.asarray(Image.open(io.BytesIO(answer.content)))[..., 3].max())

    slug = BASE.rpartition("/")[2]
    few = {"text": "座椅"}
    assert darkest(few) == darkest({}) == darkest({"beside": f"{slug}?text=座椅"})
    assert darkest({**few, "beside": f"{slug}?"}) < darkest(few)
    tag = client.get(f"{BASE}/heat.png", params={"beside": f"{slug}?text=座椅"}).headers["etag"]
    known = {"if-none-match": tag}
    for beside, status in (("?text=座椅", 304), ("?text=停", 200), ("?status=hidden", 403)):
        asked = {"beside": slug + beside}
        answer = client.get(f"{BASE}/heat.png", params=asked, headers=known)
        assert answer.status_code == status, beside
    assert client.get(f"{BASE}/heat.png", params={"beside": "nowhere?"}).status_code == 404


def test_a_change_of_heat_is_one_of_shares(
    client: TestClient, database: Database, campaign: CampaignView, ids: list[str]
) -> None:
    """Red where B has the larger share, blue where A has; each side counts by its own sum."""
    slug, there = BASE.rpartition("/")[2], {"text": "座椅"}
    for n in range(3):
        file(database, campaign, Actor(f"e{n}"), text="要一棵树", longitude=116.325)

    def drawn(asked: dict[str, str], before: str) -> Any:
        asked = {**asked, "before": f"{slug}?{before}"}
        answer = client.get(f"{BASE}/heat-change.png", params=asked)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        picture = np.asarray(Image.open(io.BytesIO(answer.content))).astype(int)
        assert picture.shape == (627, 480, 4)
        return picture

    # 116.31, 40.03 and 116.325, 40.03: where the seats and where the trees are wanted.
    seats, trees = (470, 120), (470, 300)
    more = drawn(there, "text=树")
    assert more[seats][0] > more[seats][2]
    assert more[seats][3] > 200
    assert more[trees][2] > more[trees][0]
    assert more[trees][3] > 200
    less = drawn({"text": "树"}, "text=座椅")
    assert less[seats][2] > less[seats][0]
    assert less[trees][0] > less[trees][2]
    assert not drawn(there, "text=座椅")[..., 3].any()
    # As many trees as before, of fewer proposals: a larger share.
    alone = drawn({"text": "树"}, "")
    assert alone[trees][0] > alone[trees][2]
    assert alone[trees][3] > 200
    for before, status in (("?status=hidden", 403), ("?text=树", 304)):
        asked = {**there, "before": slug + before}
        known = {
            "if-none-match": client.get(
                f"{BASE}/heat-change.png", params={**there, "before": f"{slug}?text=树"}
            ).headers["etag"]
        }
        answer = client.get(f"{BASE}/heat-change.png", params=asked, headers=known)
        assert answer.status_code == status, before
    assert (
        client.get(
            f"{BASE}/heat-change.png", params={**there, "status": "hidden", "before": f"{slug}?"}
        ).status_code
        == 403
    )


def test_a_file_is_named_after_its_filter(client: TestClient, ids: list[str]) -> None:
    names = {
        client.get(f"{BASE}/proposals.geojson", params=asked).headers["content-disposition"]
        for asked in ({}, {"category": "bike_parking"}, {"text": "座椅"}, {"text": "停"})
    }
    assert len(names) == 4


@pytest.mark.parametrize("path", PATHS)
def test_states_that_are_not_public_are_told_to_nobody_else(
    room: Context, client: TestClient, ids: list[str], path: str
) -> None:
    address, asked = f"{BASE}/{path}", _with(path, {"status": "hidden"})
    for role in (None, Role.DEPARTMENT, Role.COMMUNITY_PLANNER, Role.RESIDENT_PLANNER):
        client.cookies.clear()
        if role is not None:
            _sign_in(room, client, role)
        answer = client.get(address, params=asked)
        assert answer.status_code == 403, answer.text
        assert ids[8] not in answer.text
    _sign_in(room, client, Role.SOCIAL_WORKER)
    answer = client.get(address, params=asked)
    if path.startswith("proposals"):
        assert answer.status_code == 403
        return
    assert answer.status_code == 200
    assert "private" in answer.headers.get("cache-control", "private")
    expected = 0 if path.startswith(("shapes", "hotspots")) else 1
    assert count(path, answer.json()) == expected
    assert ids[8] not in json.dumps(client.get(address, params=_with(path, {})).json())
    # Signed out, the tag that was given is worth nothing.
    client.cookies.clear()
    known = {"if-none-match": answer.headers.get("etag", '"x"')}
    assert client.get(address, params=asked, headers=known).status_code == 403


def _sign_in(room: Context, client: TestClient, role: Role) -> None:
    account = new_account(room.database, role)
    client.cookies.set(SESSION_COOKIE, session_cookie(room.database, SECRET, account))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("category=nonsense", "unknown_category"),
        ("a_nonsense=1", "invalid"),
        ("supports=many", "invalid"),
        ("from=x", "invalid"),
        ("area=1,2", "invalid"),
        ("hotspot=%3Cb%3E", "invalid"),
        ("status=everything", "invalid"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: TestClient, campaign: CampaignView, asked: str, code: str
) -> None:
    for path in PATHS:
        answer = client.get(f"{BASE}/{path}{'&' if '?' in path else '?'}{asked}")
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == code
