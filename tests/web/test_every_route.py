"""What holds for every route, whoever adds one: found in the applications, not in a list."""

from __future__ import annotations

from collections import Counter
from time import sleep

import pytest
from httpx2 import Response

from people.access.actor import Role
from serving.context import Context
from serving.sender_check import SAFE
from submissions.proposals.queries import CampaignView
from tests.examples import some_of
from tests.web.acting import filed, sign_in
from tests.web.browsing import Browser
from tests.web.conftest import site
from tests.web.every_route import every_route

FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site"},
]
LEAST_ROUTES = {"GET": 80, "POST": 55, "DELETE": 1}


#: What offices write for "open end", and what a slip of the finger makes.
_FIRST, _LAST = ("from", "since", "with_from"), ("to", "until", "with_to")
ENDS = [
    "&".join(f"{name}={day}" for names, day in days for name in names)
    for days in (
        [(_FIRST, "0001-01-01"), (_LAST, "9999-12-31")],
        [(_FIRST, "9999-12-31")],
        [(_LAST, "0001-01-01")],
    )
]
ODD = (
    "q=%ff%fe&text=%ff&category=%c3%28&person=%00&at=nan,inf&page=-1&radius_m=nan&from=x&from=",
    f"text={'长' * 2000}&area={'1,' * 2000}&next={'x' * 5000}&page={'9' * 5000}&supports={'9' * 9}",
    "category=a&category=b&lang=en&lang=zh_CN&page=1&page=2&bbox=1,2,3&sort=;&community=*&size=-1",
)
#: They wait for a database's work, or make pictures and sheets, the same for any query.
SLOW = ("share.png", "poster.pdf", "cards.pdf")


@pytest.fixture
def staff(room: Context, campaign: CampaignView) -> Browser:
    """Give an administrator's browser, and something to see."""
    browser = Browser(site(room))
    filed(browser)
    sign_in(browser, room.database, Role.ADMINISTRATOR)
    return browser


def test_every_change_is_refused_to_other_sites(room: Context, staff: Browser) -> None:
    unsafe = [route for route in every_route(site(room)) if route[0] not in SAFE]
    methods = Counter(method for method, _address in every_route(site(room)))
    assert all(methods[method] >= least for method, least in LEAST_ROUTES.items()), methods
    for place, (method, address) in enumerate(unsafe):
        for headers in some_of(FOREIGN, place):
            answer = staff.client.request(method, address, headers=headers)
            assert answer.status_code == 403, (method, address, headers, answer.status_code)


def reads(room: Context) -> list[str]:
    found = {address for method, address in every_route(site(room)) if method == "GET"}
    return sorted(address for address in found if not address.endswith(SLOW))


def test_head_is_get_without_its_body(room: Context, staff: Browser) -> None:
    """Of every third address, and with ``--everything`` of all: none answers HEAD by itself."""
    for address in [one for turn in some_of(range(3), 0) for one in reads(room)[turn::3]]:
        get, head = settled(staff, address), staff.client.head(address)
        assert (head.status_code, head.content) == (get.status_code, b""), address
        assert names_of(head) == names_of(get), address


def settled(browser: Browser, address: str) -> Response:
    """Return an answer, once nothing in it is still being worked out."""
    answer = browser.client.get(address)
    for _try in range(60):
        if answer.status_code != 200 or "retry-after" not in answer.headers:
            break
        sleep(0.5)
        answer = browser.client.get(address)
    return answer


def names_of(answer: Response) -> dict[str, str]:
    """Return the headers, but for what differs each time."""
    each_time = ("etag", "content-length", "set-cookie")
    return {name: "" if name in each_time else value for name, value in answer.headers.items()}


def test_the_ends_of_the_calendar_are_days_in_every_address(room: Context, staff: Browser) -> None:
    dates = staff.open("/w/desk/campaigns/test-campaign/edit/dates").form("/edit/dates")
    staff.send(dates, opens_at="0001-01-01T00:00", closes_at="9999-12-31T23:59")
    assert staff.status == 303
    for place, address in enumerate(reads(room)):
        plain = staff.client.get(address)
        for query in ENDS if "proposals" in address else some_of(ENDS, place):
            answer = staff.client.get(f"{address}?with=test-campaign&{query}")
            if answer.status_code == 400:  # the API and the trail know only days of their own
                days = ("since=", "until=") if "audit" in address else ("from=", "to=")
                asked = "&".join(part for part in query.split("&") if part.startswith(days))
                answer = staff.client.get(f"{address}?{asked}")
            if answer.status_code == 400:
                continue  # it knows no days
            assert answer.status_code in {plain.status_code, 200, 303, 422}, (address, query)
            names_itself = address.startswith("/api/tiles/") and address.endswith(".json")
            if "proposals" in address and query is ENDS[0] and not names_itself:
                assert len(answer.content) == len(plain.content), address


def test_what_an_address_does_not_know_is_refused_by_name(room: Context, staff: Browser) -> None:
    """Of the API all, of the desk what narrows or is acted on; pages for people refuse nothing."""
    own = ("/api/openapi.json", "/api/docs", "/w/desk/review/photo/")
    narrowing = ("/w/desk/review", "/w/desk/bulk", "/w/desk/audit", "/w/desk/packs/new")
    refusing = 0
    for address in reads(room):
        answer = staff.client.get(f"{address}?crs=EPSG:4548&nonsense=1&lang=en&large=1&v=1")
        if address.startswith(own) or "/topics/" in address or "/jobs/" in address:
            continue
        if address.startswith("/w/") and staff.client.get(address).status_code == 404:
            continue
        if address.startswith(("/api/", *narrowing)):
            assert (answer.status_code, "nonsense" in answer.text) == (400, True), address
            refusing += 1
        else:
            assert answer.status_code != 400, address
        if not address.startswith(("/api/", "/w/desk/")):
            followed = f"{address}?utm_source=x&from=singlemessage&isappinstalled=0"
            plain = staff.client.get(address).status_code
            assert staff.client.get(followed).status_code == plain, address
    assert refusing > 20


def test_no_odd_address_is_a_fault_of_ours(room: Context, staff: Browser) -> None:
    for place, address in enumerate(reads(room)):
        for query in some_of(ODD, place):
            answer = staff.client.get(f"{address}?{query}")
            assert answer.status_code < 500, (address, query)
        odd = address.replace("test-campaign", "%ff%00").replace("/1", "/%f0%28%8c")
        for spelt in some_of((odd, f"{address}{'x' * 3000}%00"), place):
            assert staff.client.get(spelt).status_code < 500, spelt
