"""A draft campaign is on no outlet, for nobody but its makers, and is there once it is opened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from core.database import Database
from people.access.actor import OPERATOR, Role
from screens.parts.campaign_picker import _campaigns
from submissions.campaigns.lifecycle import create_draft, open_campaign, schedule_campaign
from tests.conftest import make_campaign, new_campaign
from tests.submissions.acting import act
from tests.web.acting import TYPED, sign_in
from tests.web.browsing import Browser

WORDS = "只有办公室知道的活动"
NOW = datetime.now(UTC)
GET = [
    "/w/c/hidden-one",
    "/w/c/hidden-one?lang=en",
    "/w/c/hidden-one/say",
    "/w/c/hidden-one/list",
    "/w/c/hidden-one/feed.atom",
    "/w/c/hidden-one/share.png",
    "/w/c/hidden-one/cover.jpg",
    "/w/c/hidden-one/draw",
    "/w/c/hidden-one/draw/entries.txt",
    "/w/c/hidden-one/draw/record.json",
    "/w/c/hidden-one/draw/1/entries.txt",
    "/w/c/hidden-one/draw/1/record.json",
    "/api/campaigns/hidden-one/proposals.geojson",
    "/api/campaigns/hidden-one/communities.geojson",
    "/api/campaigns/hidden-one/hotspots.geojson",
    "/api/campaigns/hidden-one/shapes.json?west=116.3&south=40&east=116.4&north=40.1",
    "/api/campaigns/hidden-one/ground.json",
    "/api/campaigns/hidden-one/clusters/12/3375/1549.json",
    "/api/campaigns/hidden-one/pins.json?west=116.3&south=40&east=116.4&north=40.1",
    "/api/campaigns/hidden-one/places?q=清河",
    "/api/campaigns/hidden-one/at?longitude=116.31&latitude=40.03",
]
LISTS = ["/w/", "/w/?lang=en", "/w/mine", "/w/c/test-campaign", "/api/campaigns"]


@pytest.fixture
def draft(database: Database) -> str:
    make_campaign(database)
    words = {"title": WORDS, "question": WORDS, "intro": WORDS, "prize": WORDS}
    new = new_campaign(
        slug="hidden-one",
        theme=WORDS,
        texts={"zh_CN": words, "en": words},
        opens_at=NOW + timedelta(days=9),
    )
    act(database, create_draft, OPERATOR, new)
    return new.slug


def chosen_from(database: Database) -> list[str]:
    """Return what the Streamlit pages offer."""
    return list(_campaigns(database))


def assert_hidden(browser: Browser, database: Database) -> None:
    for address in GET:
        browser.open(address)
        assert browser.status == 404, address
        assert WORDS not in browser.body, address
    for address in LISTS:
        browser.open(address)
        assert browser.status == 200, address
        assert WORDS not in browser.body, address
        assert "hidden-one" not in browser.body, address
    browser.answer = browser.client.post("/w/c/hidden-one/say", data=TYPED)
    assert browser.status == 404
    assert chosen_from(database) == ["test-campaign"]


@pytest.mark.parametrize("role", [None, Role.SOCIAL_WORKER, Role.DEPARTMENT, Role.ADMINISTRATOR])
def test_a_draft_is_on_no_outlet(
    resident: Browser, database: Database, draft: str, role: Role | None
) -> None:
    if role is not None:
        sign_in(resident, database, role)
    assert_hidden(resident, database)


def test_nor_before_it_opens_by_itself(
    resident: Browser, neighbour: Browser, database: Database, draft: str
) -> None:
    act(database, schedule_campaign, OPERATOR, draft, announce=False, now=NOW)
    assert_hidden(resident, database)


def test_it_is_everywhere_once_it_is_opened(
    resident: Browser, open_browser: Callable[..., Browser], database: Database, draft: str
) -> None:
    act(database, open_campaign, OPERATOR, draft, now=NOW)
    for address in GET:
        resident.open(address)
        if not address.endswith(("cover.jpg", "draw", "entries.txt", "record.json")):
            assert resident.status == 200, (address, resident.body[:300])
    for address in ("/w/", "/api/campaigns"):
        resident.open(address)
        assert WORDS in resident.body
    assert chosen_from(database) == ["test-campaign", "hidden-one"]
