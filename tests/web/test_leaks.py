"""Nobody who may not learns that a thing exists: outlet by outlet, reader by reader.

The readers are strangers, residents, everybody at the desk who moderates nothing or not there, and
a program with a token for all but moderating. What is waited for, hidden, held, taken back or
joined with another must not be in any page, file, tile, count, list, picture or search.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from geo.cluster_index import mercator_unit
from people.access.actor import Role
from people.access.permissions import Act
from submissions.proposals.states import Status
from tests.examples import some_of
from tests.web.doors import AGREED, Door
from tests.web.outlets import QUEUE_TABS
from tests.world import SAID, Thing

SECRETS = (f"{SAID}的评论", f"{SAID}的举报", f"{SAID}的内部话")
X, Y = mercator_unit(116.309, 40.03)  # type: ignore[arg-type]
BASE = "/api/campaigns/{slug}"
#: Of all there is, these are shown: a thing, one beside it, and what another was joined with.
SHOWN = 3
#: In so many turns all readers come to a list of addresses, but with ``--everything``.
TURNS = 3


def tile(zoom: int) -> str:
    return f"{BASE}/clusters/{zoom}/{int(X * (1 << zoom))}/{int(Y * (1 << zoom))}.json"


LISTS = [
    "/w/",
    *(
        f"/w/c/{{slug}}{part}?{query}"
        for part in ("", "/list")
        for query in (
            "",
            "sort=supported",
            "sort=near&at=116.31,40.03",
            "category=public_space",
            "community=110108017001",
            f"text={SAID}",
            "lang=en",
        )
    ),
    "/w/c/{slug}/feed.atom",
    "/w/mine",
    "/w/c/{slug}/assist",
    f"{BASE}/proposals.geojson",
    f"{BASE}/proposals.geojson?text={SAID}",
    f"{BASE}/proposals.geojson?status=held",
    f"{BASE}/proposals.csv",
    f"{BASE}/proposals.csv?text={SAID}&status=hidden",
    f"{BASE}/desk.csv",
    f"{BASE}/desk.geojson?status=received",
    f"{BASE}/hotspots.geojson?min_proposals=3&radius_m=300",
    f"{BASE}/hotspots.geojson?min_proposals=3&radius_m=300&status=held",
    f"{BASE}/communities.geojson",
    *(tile(zoom) for zoom in (12, 16, 19)),
    f"{BASE}/pins.json?west=116.3&south=40.02&east=116.32&north=40.04",
    *(
        f"/api/ogc/collections/{{slug}}_{kind}/items?limit=10000{more}"
        for kind in ("proposals", "communities", "hotspots")
        for more in ("", "&f=html")
    ),
    *(f"/api/tiles/{{slug}}_{kind}/0/0/0.mvt" for kind in ("proposals", "communities", "hotspots")),
    "/api/tiles/{slug}_proposals/0/0/0.mvt?status=held",
    f"/api/ogc/collections/{{slug}}_proposals/items?filter=text LIKE '%25{SAID}%25'",
    "/api/ogc/collections/{slug}_proposals/items?bbox=116.3,40,116.4,40.1&limit=1",
    *(f"/api/open311/v2/requests.{ending}" for ending in ("json", "xml")),
    "/w/desk",
    *(f"/w/desk/queue?tab={tab}" for tab in QUEUE_TABS),
    "/w/desk/queue?tab=all",
    f"/w/desk/queue?tab=all&text={SAID}",
    "/w/desk/queue?tab=all&status=hidden",
    "/w/desk/bulk?campaign={slug}",
    "/w/desk/bulk?campaign={slug}&status=held",
    "/w/desk/bulk/jobs/{job}",
    "/w/desk/review/views?campaign={slug}&status=held",
    "/w/desk/review/topics/{topic}",
    *(
        f"/api/{kind}.{ending}"
        for kind in ("topics/{topic}", "scenarios/{scenario}")
        for ending in ("csv", "geojson", "dxf", "kml")
    ),
    "/w/desk/audit",
    f"/w/desk/audit?text={SAID}",
]
SINGLE = [
    "/api/open311/v2/requests/{id}.json",
    "/api/open311/v2/requests.xml?service_request_id={id}",
    "/api/ogc/collections/{slug}_proposals/items/{id}",
    "/api/ogc/collections/{slug}_proposals/items/{id}?f=html",
    "/api/ogc/collections/{slug}_proposals/items?id={id}",
    "/w/p/{id}",
    "/w/p/{id}/share.png",
    "/w/p/{id}/change",
    "/w/desk/queue/{id}",
    "/w/desk/queue?tab=all&text={id}",
    "/w/desk/audit?proposal={id}",
    "/api/proposals/{id}",
    f"{BASE}/pins/{{id}}.json",
    f"{BASE}/pins/{{id}}.json?{'&'.join(f'status={status}' for status in Status)}",
    "/api/photos/{photo}/full.jpg",
    "/api/photos/{photo}/thumbnail.jpg",
    "/api/photos/{photo}/original.jpg",
]


def readers(door: Door) -> Iterator[tuple[str, dict[str, str]]]:
    """Give those who may not know: of each kind that the pages tell apart, one."""
    for name in ("nobody", "a resident's device", "roles without a desk"):
        yield name, door.strangers[name]
    yield "a planner", door.people[Role.COMMUNITY_PLANNER, "platform"]
    yield "a department", door.people[Role.DEPARTMENT, "platform"]
    yield "an officer elsewhere", door.people[Role.SUBDISTRICT_OFFICER, "another subdistrict"]
    staff = frozenset(act for act, _ in AGREED)
    yield "a token", door.tokens[staff - {Act.MODERATE}]


def some_readers(door: Door, place: int) -> list[tuple[str, dict[str, str]]]:
    """Return those whose turn it is at this place: of the list every third, or all of them."""
    return [
        reader
        for turn in some_of(range(TURNS), place)
        for reader in list(readers(door))[turn::TURNS]
    ]


def moderator(door: Door) -> dict[str, str]:
    return door.people[Role.SOCIAL_WORKER, "this subdistrict"]


def asked(door: Door, address: str, headers: dict[str, str], thing: Thing | None = None) -> Any:
    world = door.world
    names = {"slug": world.campaign.slug, "job": world.job, "topic": world.topic}
    names |= {"scenario": world.scenario}
    if thing is not None:
        names |= {"id": thing.public_id, "photo": thing.photo}
    return door.client.get(address.format(**names), headers=headers)


def not_shown(door: Door) -> list[Thing]:
    return [thing for status, thing in door.world.things.items() if status != Status.PUBLISHED]


@pytest.mark.parametrize("address", LISTS)
def test_no_list_page_or_file_holds_it(door: Door, address: str) -> None:
    for name, headers in some_readers(door, LISTS.index(address)):
        answer = asked(door, address, headers)
        assert answer.status_code < 500, (name, answer.status_code)
        for thing in not_shown(door):
            for secret in (thing.said, thing.public_id, thing.comment, thing.photo):
                assert secret not in answer.text, (name, thing.status, secret)
        for secret in SECRETS:
            assert secret not in answer.text, (name, secret)


@pytest.mark.parametrize("address", SINGLE)
def test_asked_for_by_name_it_is_not_there(door: Door, address: str) -> None:
    blind = {"id": "zzzzzzzz", "photo": "z" * 26, "slug": door.world.campaign.slug}
    for name, headers in some_readers(door, SINGLE.index(address)):
        none = door.client.get(address.format(**blind), headers=headers)
        for thing in not_shown(door):
            answer = asked(door, address, headers, thing)
            case = (name, str(thing.status), answer.status_code)
            assert thing.said not in answer.text, case
            assert answer.headers.get("content-type") != "image/jpeg", case
            if thing.status is Status.MERGED and address.startswith("/w/p/"):
                continue  # it was shown once: its address leads to what it was joined with
            assert answer.status_code == none.status_code, case


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.PUBLISHED])
def test_whoever_moderates_there_sees_it(door: Door, status: Status) -> None:
    """Else the tests above would pass whatever the pages show."""
    thing, headers = door.world.things[status], moderator(door)
    found = asked(door, f"/w/desk/queue?tab=all&text={SAID}", headers)
    assert thing.said in found.text
    assert thing.said in asked(door, "/w/desk/queue/{id}", headers, thing).text
    photo = asked(door, "/api/photos/{photo}/full.jpg", headers, thing)
    assert photo.headers["content-type"] == "image/jpeg"
    assert thing.public_id in asked(door, f"{BASE}/desk.csv?status={status}", headers).text
    pin = asked(door, f"{BASE}/pins/{{id}}.json?status={status}", headers, thing)
    assert (pin.json()["text"], pin.json()["status"]) == (thing.said, status)
    assert "no-store" in pin.headers["cache-control"]
    for other in Status:
        if other is not status:
            not_asked = asked(door, f"{BASE}/pins/{{id}}.json?status={other}", headers, thing)
            assert not_asked.status_code == 404, other


def test_files_of_a_topic_hold_what_is_shown_and_no_other_desk_learns_of_them(door: Door) -> None:
    planner = door.people[Role.COMMUNITY_PLANNER, "platform"]
    told = asked(door, "/api/topics/{topic}.csv", planner).text
    assert door.world.things[Status.PUBLISHED].said in told
    assert len(told.strip().splitlines()) == 2
    places = asked(door, "/api/scenarios/{scenario}.csv", planner).text
    assert "空地" in places
    closed = [headers for name, headers in readers(door) if "planner" not in name]
    for headers in (*closed, door.people[Role.COMMUNITY_PLANNER, "another subdistrict"]):
        for address, unknown in (
            ("/api/topics/{topic}.csv", "/api/topics/999999.csv"),
            ("/api/scenarios/{scenario}.csv", "/api/scenarios/999999.csv"),
        ):
            answer, none = asked(door, address, headers), door.client.get(unknown, headers=headers)
            if answer.status_code != 200:  # a department and a token see the desk
                assert (answer.status_code, answer.text) == (404, none.text)
    stranger = {**door.strangers["nobody"], "accept": "text/html"}
    for address in ("/api/topics/{topic}.csv", "/api/scenarios/{scenario}.csv"):
        led = asked(door, address, stranger)
        assert (led.status_code, led.headers["location"][:16]) == (303, "/w/desk/sign-in?")


def test_no_count_tells_of_it(door: Door) -> None:
    for name, headers in readers(door):
        places = asked(door, f"{BASE}/communities.geojson", headers).json()
        counted = sum(one["properties"]["proposals"] for one in places["features"])
        assert counted == SHOWN, name
        files = asked(door, f"{BASE}/proposals.geojson", headers).json()
        assert len(files["features"]) == SHOWN, name
        rows = asked(door, f"{BASE}/proposals.csv", headers).text.strip().splitlines()
        assert len(rows) == SHOWN + 1, name
        pins = asked(
            door, f"{BASE}/pins.json?west=116.3&south=40.02&east=116.34&north=40.06", headers
        )
        assert len(pins.json()["proposals"]) == SHOWN, name
        for address in ("/w/c/{slug}?lang=en", "/w/desk/queue?tab=all&lang=en"):
            said = asked(door, address, headers).text
            for wrong in range(SHOWN + 1, len(Status) + SHOWN + 1):
                assert f"{wrong} proposals" not in said, (name, address)
