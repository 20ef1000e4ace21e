"""Many at once, without a script: chosen, previewed, done, told, undone; and refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.database import Database
from moderation.bulk.worker import JobRunner
from people.access.actor import Actor, Grant, Reach, Role
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import file
from tests.web.acting import JSON, rows, sign_in
from tests.web.browsing import Browser, Form, Page

Open = Callable[..., Browser]
LATER = NOW + timedelta(days=400)
ALL = "/w/desk/bulk?campaign=test-campaign&status=received"
#: Around the two western pins.
WEST = "116.30,40.02 116.315,40.02 116.315,40.04 116.30,40.04"


@pytest.fixture
def five(database: Database) -> list[str]:
    campaign = make_campaign(database, publish_on_filing=False)
    made = []
    for n in range(5):
        east = n >= 2
        made.append(
            file(
                database,
                campaign,
                Actor(f"device {n}"),
                now=NOW + timedelta(minutes=n),
                longitude=116.33 if east else 116.31,
                category="public_space" if n == 4 else "bike_parking",
            ).public_id
        )
    return made


@pytest.fixture
def worker(open_browser: Open, database: Database) -> Browser:
    here = open_browser()
    sign_in(here, database, Role.SOCIAL_WORKER)
    here.open("/w/?lang=en")
    return here


def order(page: Page, action: str) -> Form:
    return next(form for form in page.forms if form.one("action") == action)


def ending(page: Page, part: str) -> Form:
    return next(form for form in page.forms if form.action.partition("?")[0].endswith(part))


def states(database: Database) -> list[str]:
    return [row.status for row in rows(database)]


def run(database: Database) -> None:
    JobRunner(database).run_once(LATER)


def test_many_are_published_told_and_undone(
    worker: Browser, database: Database, five: list[str]
) -> None:
    page = worker.open(ALL)
    assert "5 proposals are selected" in page.text
    for link in page.all("a", download=""):
        worker.open(link["href"])
        assert worker.status == 200, link
        assert worker.body.count("received") == 5, link
    page = worker.send(order(page, "publish"))
    assert "5 proposals would change." in page.text
    assert states(database) == ["received"] * 5
    confirm = ending(page, "/start")
    worker.send(confirm)
    address = worker.answer.headers["location"]
    worker.send(confirm)  # pressed twice: the same job
    assert worker.answer.headers["location"] == address
    page = worker.follow()
    assert "0 of 5 done" in page.text
    run(database)
    told = worker.client.get(address, headers=JSON).json()
    assert (told["open"], told["through"], told["said"]) == (False, 5, "5 of 5 done")
    assert states(database) == ["published"] * 5
    page = worker.open(address)
    worker.send(ending(page, "/undo"))
    run(database)
    assert states(database) == ["received"] * 5
    assert "It was undone." in worker.open(address).text
    assert "Publish" in worker.open(ALL).by_id["jobs"] or "5 of 5 done" in worker.open(ALL).text


def test_what_is_drawn_and_filtered_is_what_is_changed(
    worker: Browser, database: Database, five: list[str]
) -> None:
    page = worker.open(f"{ALL}&area={WEST.replace(' ', '%20')}")
    assert "2 proposals are selected" in page.text
    page = worker.send(order(page, "hide"))
    worker.send(ending(page, "/start"))
    run(database)
    assert states(database) == ["hidden", "hidden", "received", "received", "received"]
    page = worker.open(f"{ALL}&category=bike_parking&community=110108017003")
    page = worker.send(order(page, "recategorise"), category="public_space")
    assert "2 proposals would change." in page.text
    worker.send(ending(page, "/start"))
    run(database)
    assert [row.category for row in rows(database)][2:] == ["public_space"] * 3


def test_a_job_that_waits_is_cancelled(
    worker: Browser, database: Database, five: list[str]
) -> None:
    worker.send(ending(worker.send(order(worker.open(ALL), "hold")), "/start"))
    worker.send(ending(worker.follow(), "/cancel"))
    assert "cancelled" in worker.follow().text
    run(database)
    assert states(database) == ["received"] * 5


def test_a_reply_goes_to_all_of_a_hotspot(
    worker: Browser, database: Database, campaign: CampaignView
) -> None:
    made = [file(database, campaign, Actor(f"d{n}")).public_id for n in range(6)]
    file(database, campaign, Actor("far"), longitude=116.335)
    page = worker.open("/w/desk/bulk?campaign=test-campaign&hotspots=1")
    spot = ending(page, "/desk/bulk").offered["hotspot"][1]
    page = worker.open(f"/w/desk/bulk?campaign=test-campaign&hotspot={spot}")
    assert "6 proposals are selected" in page.text
    page = worker.send(order(page, "reply"), reply="{community}：已收到 {wrong}", by="清河街道")
    assert worker.status == 422
    assert order(page, "reply").one("reply") == "{community}：已收到 {wrong}"
    page = worker.send(order(page, "reply"), reply="{community}：已收到", by="清河街道")
    assert "清河嘉园：已收到" in page.text
    worker.send(ending(page, "/start"))
    run(database)
    for public_id in made:
        assert "清河嘉园：已收到" in worker.open(f"/w/p/{public_id}").text


@pytest.mark.parametrize("query", ["from=x", "hotspot=nonsense", "area=1,2", "category=none"])
def test_an_address_that_cannot_be_is_told(worker: Browser, five: list[str], query: str) -> None:
    page = worker.open(f"/w/desk/bulk?campaign=test-campaign&{query}")
    assert worker.status == 200
    assert page.all("p", role="alert")


def test_orders_that_cannot_be_are_refused(
    worker: Browser, open_browser: Open, database: Database, five: list[str]
) -> None:
    sent = {"action": "publish", "token": "t"}
    for step in ("preview", "start"):
        post = f"/w/desk/bulk/{step}?campaign=test-campaign&status=received"
        assert worker.client.post(post, data=sent).status_code == 422  # no reason
        assert worker.client.post(post, data={"action": "burn"}).status_code == 422
        cross = {"sec-fetch-site": "cross-site"}
        reasoned = sent | {"reason": "x"}
        assert worker.client.post(post, data=reasoned, headers=cross).status_code == 403
        for role in (Role.RESIDENT_PLANNER, Role.DESIGN_FIRM):
            other = open_browser()
            sign_in(other, database, role)
            assert other.client.post(post, data=reasoned).status_code == 404
        planner = open_browser()
        sign_in(planner, database, Role.COMMUNITY_PLANNER)
        assert planner.client.post(post, data=reasoned).status_code == 403
    run(database)
    assert states(database) == ["received"] * 5


def test_reach_bounds_what_is_changed(
    open_browser: Open, database: Database, five: list[str]
) -> None:
    local = open_browser()
    sign_in(local, database, Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017003", "2020"))
    page = local.open(f"{ALL}&lang=en")
    assert "3 proposals are selected" in page.text
    local.send(ending(local.send(order(page, "publish")), "/start"))
    address = local.answer.headers["location"]
    run(database)
    assert states(database) == ["received"] * 2 + ["published"] * 3
    nobody = open_browser()
    sign_in(nobody, database, Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017001", "2020"))
    nobody.open(address)
    assert nobody.status == 404
    for verb in ("cancel", "undo"):
        assert nobody.client.post(f"{address}/{verb}").status_code == 404
