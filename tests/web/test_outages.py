"""A database that is away, full or busy: 503 with a sentence, nothing typed lost, no restart."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest
from anyio import CapacityLimiter
from sqlalchemy import func, select, update

from core.database import Database
from core.errors import UnavailableError
from people.access.actor import Role
from people.access.device_cookie import COOKIE
from people.accounts.models import SignIn
from people.accounts.sessions import SESSION_COOKIE
from serving import write_turns
from serving.context import Context
from submissions.participation.models import Support
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.api.test_photos import picture
from tests.loops import finish
from tests.outages import away, full, only_readable
from tests.people.acting import new_account, session_cookie
from tests.submissions.acting import file
from tests.web.browsing import Browser
from tests.web.conftest import SECRET, site

pytestmark = pytest.mark.on_both

TEXT = "地铁口停不下车，\n盲道也被占了"
JSON = {"accept": "application/json"}
TYPED = {
    "text": TEXT,
    "category": "bike_parking",
    "relation": "lives",
    "longitude": "116.31",
    "latitude": "40.03",
}
PAGES = (
    "/w/",
    "/w/c/test-campaign",
    "/w/c/test-campaign/list",
    "/w/p/{id}",
    "/w/mine",
    "/api/campaigns",
    "/api/campaigns/test-campaign/proposals.geojson?text=停",
    "/api/campaigns/test-campaign/proposals.csv?text=停",
    "/api/campaigns/test-campaign/pins/{id}.json",
    "/api/campaigns/test-campaign/clusters/14/13484/6192.json",
    "/api/proposals/{id}",
    "/api/health",
)


DESK = ("/w/desk", "/w/desk/queue?text=停&tab=all", "/w/desk/review/views?text=停", "/w/desk/me")


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Proposal)) or 0


def pages_of(public_id: str, resident: Browser, staff: Browser) -> list[tuple[Browser, str]]:
    shown = [(who, page.format(id=public_id)) for who in (resident, staff) for page in PAGES]
    return shown + [(staff, page) for page in DESK]


def check_pages(pages: list[tuple[Browser, str]]) -> None:
    for browser, page in pages:
        browser.open(page)
        assert browser.status < 500, page


@pytest.fixture
def staff(database: Database, open_browser: Callable[..., Browser]) -> Browser:
    browser = open_browser()
    account = new_account(database, Role.ADMINISTRATOR)
    browser.client.cookies[SESSION_COOKIE] = session_cookie(database, SECRET, account)
    return browser


def test_a_database_that_is_away_is_503_everywhere_and_comes_back(
    resident: Browser, staff: Browser, database: Database, campaign: CampaignView
) -> None:
    made = file(database, campaign)
    pages = pages_of(made.public_id, resident, staff)
    form = resident.open("/w/c/test-campaign").form("/say")
    with away(database):
        for browser, page in pages:
            browser.open(page)
            waits = browser.answer.headers.get("retry-after")
            assert (browser.status, waits) == (503, "10"), (page, browser.body)
            assert "Traceback" not in browser.body
            assert "暂时读不到数据" in browser.body, page
        kept = resident.send(form, **TYPED)
        assert (resident.status, "谢谢" in kept.text) == (503, False)
        resident.send(form, **TYPED, headers=JSON)
        assert (resident.status, resident.answer.json()["code"]) == (503, "unavailable")
        for foreign in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            page = resident.send(form, **TYPED, headers=foreign)
            assert (resident.status, page.forms) == (403, [])
        program = {"authorization": f"Bearer lj_{'a' * 43}"}
        assert staff.client.get("/api/campaigns", headers=program).status_code == 503
        assert "cannot get at our data" in staff.open("/w/?lang=en").text
    again = kept.form("/say")
    assert again.one("text") == TEXT
    assert again.one("client_token") == form.one("client_token")
    resident.send(again)
    assert resident.status == 303
    assert count(database) == 2
    check_pages(pages)


def test_on_a_full_disk_all_is_read_and_nothing_is_thanked_for(
    resident: Browser, staff: Browser, database: Database, campaign: CampaignView
) -> None:
    made = file(database, campaign)
    form = resident.open("/w/c/test-campaign").form("/say")
    with full(database):
        check_pages(pages_of(made.public_id, resident, staff))
        page = resident.send(form, **TYPED)
        assert (resident.status, resident.answer.headers["retry-after"]) == (503, "10")
        assert "存不下" in page.text
        kept = page.form("/say")
        assert {name: kept.one(name) for name in TYPED} == TYPED
        resident.send(form, **TYPED, headers=JSON)
        assert (resident.status, resident.answer.json()["field"]) == (503, "form")
        said = resident.send(
            resident.open(f"/w/p/{made.public_id}").form("/comments"), text="一句很长的话"
        )
        assert (resident.status, "一句很长的话" in resident.body) == (503, True), said.text
        photo = {"photo": ("a.jpg", picture(), "image/jpeg")}
        sent = resident.client.post("/api/photos", files=photo)
        assert (sent.status_code, sent.json()["error"]["code"]) == (503, "unavailable")
        assert count(database) == 1
    resident.send(kept)
    assert (resident.status, count(database)) == (303, 2)


def test_a_full_store_of_photos_keeps_what_was_typed(
    resident: Browser,
    database: Database,
    room: Context,
    campaign: CampaignView,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form = resident.open("/w/c/test-campaign").form("/say")

    def no_room(*_given: Any, **_named: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("obstore.put", no_room)
    photo = [("photo", ("a.jpg", picture(), "image/jpeg"))]
    kept = resident.send(form, **TYPED, files=photo).form("/say")
    assert (resident.status, kept.one("text"), count(database)) == (503, TEXT, 0)


def test_a_get_works_where_the_file_can_only_be_read(
    resident: Browser,
    staff: Browser,
    database: Database,
    campaign: CampaignView,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if database.engine.dialect.name == "postgresql":
        pytest.skip("a file is SQLite's")
    made = file(database, campaign)
    with only_readable(database, monkeypatch):
        check_pages(pages_of(made.public_id, resident, staff))
        with pytest.raises(UnavailableError):
            file(database, campaign)
    file(database, campaign)


@pytest.fixture
def held(database: Database) -> Iterator[threading.Event]:
    """Hold the writer until the event is set."""
    running, release = threading.Event(), threading.Event()

    def block(_session: Any) -> None:
        running.set()
        release.wait(30)

    thread = threading.Thread(target=lambda: database.write(block))
    thread.start()
    assert running.wait(10)
    yield release
    release.set()
    thread.join()


def client_of(room: Context) -> httpx.AsyncClient:
    """Return a device whose requests run at once, in one event loop."""
    transport = httpx.ASGITransport(site(room), raise_app_exceptions=False)
    cookies = {COOKIE: "d" * 40}
    return httpx.AsyncClient(transport=transport, base_url="http://testserver", cookies=cookies)


def supports(client: httpx.AsyncClient, public_id: str, most: int) -> list[asyncio.Task[Any]]:
    address = f"/w/p/{public_id}/support"
    return [
        asyncio.create_task(client.post(address, data={"on": "1"}, headers=JSON))
        for _ in range(most)
    ]


def test_readers_do_not_wait_behind_waiting_writers(
    room: Context, database: Database, campaign: CampaignView, request: pytest.FixtureRequest
) -> None:
    made = file(database, campaign)
    release: threading.Event = request.getfixturevalue("held")

    async def walk() -> list[int]:
        async with client_of(room) as client:
            sent = supports(client, made.public_id, 60)
            async with asyncio.timeout(20):
                while room.writing.statistics().tasks_waiting < 60 - write_turns.WRITERS:
                    await asyncio.sleep(0.01)
                pages = [await client.get("/w/c/test-campaign/list") for _ in range(3)]
            assert not any(task.done() for task in sent)
            release.set()
            return [page.status_code for page in pages] + [
                answer.status_code for answer in await asyncio.gather(*sent)
            ]

    assert finish(walk()) == [200] * 63
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Support)) == 1


def test_past_a_bounded_queue_writers_are_told_to_come_again(
    room: Context,
    database: Database,
    campaign: CampaignView,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    made = file(database, campaign)
    release: threading.Event = request.getfixturevalue("held")
    monkeypatch.setattr(write_turns, "MOST_WAITING", 3)
    object.__setattr__(room, "writing", CapacityLimiter(2))

    async def walk() -> list[Any]:
        async with client_of(room) as client:
            sent = supports(client, made.public_id, 9)
            async with asyncio.timeout(20):
                while sum(task.done() for task in sent) < 4:
                    await asyncio.sleep(0.01)
            release.set()
            return await asyncio.gather(*sent)

    answers = finish(walk())
    refused = [answer for answer in answers if answer.status_code == 503]
    assert [answer.status_code for answer in answers].count(200) == 5
    assert {answer.headers["retry-after"] for answer in refused} == {"10"}
    assert {answer.json()["code"] for answer in refused} == {"busy"}


def test_being_seen_never_holds_up_a_page(
    staff: Browser, database: Database, campaign: CampaignView, request: pytest.FixtureRequest
) -> None:
    """A session that is due to be noted as seen is read while the writer is held."""
    due = update(SignIn).values(seen=datetime.now(UTC) - timedelta(minutes=5))
    database.write(lambda session: session.execute(due) and None)
    request.getfixturevalue("held")
    staff.open("/w/desk")
    assert staff.status == 200
    assert len(database._writer._waiting) == 1  # the note, and the writer is held yet
