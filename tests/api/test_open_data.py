"""The API's addresses: what they answer, and what they must not tell."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from api import tiles
from api.assets import asset_routes
from core.database import Database
from core.errors import LuJianError, ProblemError
from core.worker import Task
from geo.cluster_index import mercator_unit
from layers.map import assets
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role
from people.accounts.sessions import SESSION_COOKIE
from serving.errors import status_of
from submissions.participation.filing import file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.participation.supports import support_proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status
from tests.api.conftest import SECRET as KEY
from tests.lacking import lacks
from tests.people.acting import new_account, session_cookie

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
SECRET = "不该外传的文字"
PLACE = (116.31, 40.03)


def file(database: Database, campaign: CampaignView, text: str, place: tuple[float, float] = PLACE,
         device: str = "device-of-a-neighbour-0123456789abcdef") -> str:  # fmt: skip
    draft = DraftProposal(
        client_token=f"t{abs(hash((text, place)))}",
        longitude=place[0],
        latitude=place[1],
        category="bike_parking",
        text=text,
        relation="lives",
    )
    return database.write(
        lambda s: file_proposal(s, Actor(device=device), campaign.id, draft, now=NOW)
    ).public_id


def set_status(database: Database, public_id: str, status: Status) -> None:
    database.write(lambda s: change_status(s, OPERATOR, public_id, status, reason="test", now=NOW))


def tile_of(zoom: int, place: tuple[float, float] = PLACE) -> str:
    x, y = mercator_unit(*place)  # type: ignore[arg-type]
    return f"{zoom}/{int(x * (1 << zoom))}/{int(y * (1 << zoom))}"


def outlets(campaign: CampaignView, public_id: str) -> list[str]:
    base = f"/campaigns/{campaign.slug}"
    box = "west=116.3&south=40.02&east=116.34&north=40.06"
    return [
        "/campaigns",
        f"{base}/proposals.geojson",
        f"{base}/proposals.geojson?category=bike_parking",
        f"{base}/communities.geojson",
        f"{base}/hotspots.geojson?min_proposals=3&radius_m=50",
        *(f"{base}/clusters/{tile_of(zoom)}.json" for zoom in (0, 10, 14, 18, 21)),
        f"{base}/pins.json?{box}",
        f"{base}/ground.json",
        f"/proposals/{public_id}",
        *(
            f"/ogc/collections/{campaign.slug}_{kind}/items"
            for kind in ("proposals", "communities", "hotspots")
        ),
        f"/ogc/collections/{campaign.slug}_proposals/items/{public_id}",
        f"/open311/v2/requests.json?service_request_id={public_id}",
    ]


def figures(client: TestClient, campaign: CampaignView, public_id: str) -> list[Any]:
    """Everything that the outlets tell, without what changes by itself."""
    told = []
    for address in outlets(campaign, public_id):
        answer = client.get(address)
        body = answer.json()
        if isinstance(body, dict):
            body.pop("generated", None)
            body.pop("timeStamp", None)
        told.append((answer.status_code, body))
    return told


@pytest.mark.parametrize(
    "status", [pytest.param(Status.HIDDEN, marks=pytest.mark.everything), Status.HELD]
)
def test_what_is_not_published_leaks_through_no_outlet(
    client: TestClient, database: Database, campaign: CampaignView, status: Status
) -> None:
    for at in range(4):
        file(database, campaign, f"公开的建议 {at}")
    before = figures(client, campaign, "nothing0")
    public_id = file(database, campaign, SECRET, (PLACE[0] + 0.0001, PLACE[1]))
    assert figures(client, campaign, public_id) != before
    set_status(database, public_id, status)
    after = figures(client, campaign, public_id)
    assert SECRET not in str(after)
    assert public_id not in str(after)
    assert after == before
    set_status(database, public_id, Status.PUBLISHED)
    assert SECRET in str(figures(client, campaign, public_id))


def test_a_tile_shows_a_new_pin_at_once_and_its_category(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    address = f"/campaigns/{campaign.slug}/clusters/{tile_of(18)}.json"
    assert client.get(address).json() == {"clusters": [], "pins": []}
    etag = client.get(address).headers["etag"]
    public_id = file(database, campaign, "一条建议")
    answer = client.get(address, headers={"If-None-Match": etag})
    assert answer.status_code == 200
    assert answer.json()["pins"] == [[*PLACE, public_id, "bike_parking"]]
    assert client.get(address + "?category=public_space").json()["pins"] == []
    assert client.get(address + "?category=bike_parking").json() == answer.json()


def test_clusters_of_a_zoom_add_up(demo_client: TestClient) -> None:
    for zoom in (8, 12, 15, 18):
        total = 0
        (x0, y0), (x1, y1) = (
            [int(v * (1 << zoom)) for v in mercator_unit(*corner)]  # type: ignore[arg-type]
            for corner in ((116.29, 40.07), (116.36, 40.01))
        )
        if (x1 - x0) * (y1 - y0) > 900:
            continue
        for x in range(x0, x1 + 1):
            for y in range(y0, y1 + 1):
                tile = demo_client.get(f"/campaigns/bike-parking/clusters/{zoom}/{x}/{y}.json")
                total += len(tile.json()["pins"]) + sum(c[2] for c in tile.json()["clusters"])
        assert total == 1650, zoom


def test_all_that_lies_on_one_spot_is_told_page_by_page(
    client: TestClient,
    database: Database,
    campaign: CampaignView,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tiles, "MOST_IN_BOX", 3)
    wanted = {file(database, campaign, f"第{n}条：路口要划车位") for n in range(5)}
    file(database, campaign, "在旁边", (116.3105, 40.03))
    box = "west=116.3099&east=116.3101&south=40.0299&north=40.0301"
    address = f"/campaigns/{campaign.slug}/pins.json?{box}"
    first, last = (client.get(f"{address}{start}").json() for start in ("", "&start=3"))
    assert [(page["total"], page["next"]) for page in (first, last)] == [(5, 3), (5, 5)]
    told = [one["id"] for page in (first, last) for one in page["proposals"]]
    assert (len(told), set(told)) == (5, wanted)


def test_support_is_told_without_the_supporter(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    public_id = file(database, campaign, "一条建议")
    other = Actor(device="another-device-0123456789abcdefghij")
    database.write(lambda s: support_proposal(s, other, public_id, now=NOW))
    answer = client.get(f"/proposals/{public_id}").json()
    assert answer["supports"] == 1
    assert set(answer) == {
        "id",
        "category",
        "text",
        "community_name",
        "community_name_en",
        "supports",
        "longitude",
        "latitude",
        "geometry",
        "length_m",
        "area_m2",
    }
    assert (answer["geometry"], answer["length_m"], answer["area_m2"]) == (None, None, None)


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/nothing", 404, "not_found"),
        ("/campaigns/nothing/proposals.geojson", 404, "not_found"),
        ("/campaigns/NoSlug!/proposals.geojson", 422, "invalid"),
        ("/campaigns/small/proposals.geojson?category=nonsense", 422, "unknown_category"),
        ("/campaigns/small/proposals.geojson?category=%3Cscript%3E", 422, "invalid"),
        ("/campaigns/small/hotspots.geojson?radius_m=nan", 422, "invalid"),
        ("/campaigns/small/hotspots.geojson?radius_m=1e9", 422, "invalid"),
        ("/campaigns/small/hotspots.geojson?min_proposals=0", 422, "invalid"),
        ("/campaigns/small/clusters/3/8/0.json", 404, "not_found"),
        ("/campaigns/small/clusters/30/0/0.json", 422, "invalid"),
        ("/campaigns/small/pins.json?west=a", 422, "invalid"),
        ("/proposals/%00", 404, "not_found"),
        ("/proposals/' OR 1=1 --", 404, "not_found"),
        ("/layers/../settings.geojson", 404, "not_found"),
        ("/layers/nothing.geojson", 404, "not_found"),
    ],
)
def test_errors_are_json_with_a_stable_code(
    client: TestClient, campaign: CampaignView, address: str, status: int, code: str
) -> None:
    assert campaign.slug
    answer = client.get(address.replace("small", campaign.slug))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "<script>" not in answer.text


def test_every_leaf_of_the_error_tree_has_a_status_and_its_own_code() -> None:
    def leaves(kind: type[LuJianError]) -> list[type[LuJianError]]:
        return [kind, *(leaf for sub in kind.__subclasses__() for leaf in leaves(sub))]

    kinds = {
        kind
        for kind in leaves(LuJianError)
        if "code" in vars(kind) and not kind.__module__.startswith("tests")
    }
    made = [
        kind(problem=next(iter(kind.problems)))
        if issubclass(kind, ProblemError) and kind.usual is None
        else kind()
        for kind in kinds
    ]
    assert all(400 <= status_of(error) < 600 for error in made)
    assert len({kind.code for kind in kinds}) == len(kinds)


def test_health_asks_the_database(client: TestClient, database: Database) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["database"] == database.engine.dialect.name
    assert set(answer.json()) == {"status", "database", "version"}


@pytest.mark.parametrize(
    ("grant", "told"),
    [
        (Grant(Role.ADMINISTRATOR), True),
        (Grant(Role.ADMINISTRATOR, Reach.SUBDISTRICT, "110108017"), False),
        (Grant(Role.SUBDISTRICT_OFFICER), False),
    ],
)
def test_health_tells_an_administrator_how_each_worker_does(
    client: TestClient, database: Database, grant: Grant, told: bool
) -> None:
    session = session_cookie(database, KEY, new_account(database, grant))

    def fail(_now: datetime) -> int:
        calls.append(1)
        if len(calls) > 1:  # the first has been told of by now
            failed.set()
        raise ValueError("li@example.org")

    calls, failed = [], Event()
    trial = Task("trial", fail, poll_s=0.001, failed="the trial did not work")
    trial.start()
    assert failed.wait(30)
    client.cookies.set(SESSION_COOKIE, session)
    answer = client.get("/health")
    trial.stop()
    workers = {each["name"]: each for each in answer.json().get("workers", [])}
    assert ({"trial", "writer"} <= set(workers)) is told
    assert "example.org" not in answer.text
    if told:
        assert workers["trial"]["last_error"].startswith("ValueError (")
        assert workers["writer"]["last_run"]


def test_the_documentation_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "/assets/swagger-ui/swagger-ui-bundle.js" in page
    assert "http" not in page.replace("http-equiv", "")
    paths = client.get("/openapi.json").json()["paths"]
    assert "/campaigns/{slug}/hotspots.geojson" in paths


def test_all_files_of_the_documentation_are_served_here(client: TestClient) -> None:
    if not assets.version_of("swagger-ui/swagger-ui-bundle.js"):
        lacks("swagger-ui-dist is missing: npm ci --ignore-scripts")
    named = re.findall(r'(?:src|href)="([^"]*)"', client.get("/docs").text)
    assert {address.rpartition(".")[2].partition("?")[0] for address in named} >= {"js", "css"}
    starts = next(address for address in named if "api-docs.js" in address)
    with TestClient(Starlette(routes=asset_routes())) as files:
        assert {files.get(address).status_code for address in named} == {200}
        script = files.get(starts).text
    assert "openapi.json" in script
    assert "http" not in script


def test_large_answers_are_compressed(demo_client: TestClient) -> None:
    answer = demo_client.get(
        "/campaigns/bike-parking/ground.json", headers={"Accept-Encoding": "gzip"}
    )
    assert answer.headers["content-encoding"] == "gzip"
