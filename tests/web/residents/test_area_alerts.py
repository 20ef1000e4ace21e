"""Area alerts without a script: the form, the letter's page, one's own list, and the feed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import feedparser
import pytest
from sqlalchemy import select

from core.database import Database
from deliberation.official_steps import tell_step
from people.access.actor import OPERATOR
from serving.context import Context
from submissions.alerts.models import AreaAlert
from submissions.proposals.queries import CampaignView
from tests.submissions.acting import act, file, moderate
from tests.web.browsing import Browser
from tests.web.conftest import PUBLIC, site

NEW = "/w/alerts/new?campaign=test-campaign&lang=en"
CHANNELS = {"public_url": PUBLIC, "smtp_url": "smtp://localhost:25", "mail_from": "a@b.example"}


@pytest.fixture
def reachable(make_room: Callable[..., Context]) -> Browser:
    """A browser at an office that can write letters."""
    return Browser(site(make_room(**CHANNELS)))


def stored(database: Database) -> list[AreaAlert]:
    with database.reading() as session:
        return list(session.scalars(select(AreaAlert).order_by(AreaAlert.id)))


def test_a_place_is_found_by_its_name_and_followed(
    reachable: Browser, database: Database, campaign: CampaignView
) -> None:
    form = reachable.open(NEW).form("/alerts/new?campaign=test-campaign")
    assert "110108017001" in form.offered["community"]
    filled = {"kind": "circle", "contact": "wu@example.org", "consent": "1", "radius": "500"}
    page = reachable.send(form, **filled)
    assert reachable.status == 422
    assert "which place you mean" in page.text
    place = reachable.open(f"{NEW}&at=116.31,40.03&radius=500").form(
        "/alerts/new?campaign=test-campaign"
    )
    assert place.one("at") == ""
    assert place.one("kind") == "circle"
    reachable.send(place, **filled)
    assert reachable.status == 303
    assert "open the link" in reachable.follow().text
    (alert,) = stored(database)
    assert (alert.longitude, alert.latitude, alert.radius_m) == (116.31, 40.03, 500)
    assert alert.confirmed is None

    page = reachable.open("/w/mine")
    assert "within 500 m around the place" in page.text
    assert "wu@" not in reachable.body
    page = reachable.open(f"/w/alerts/{alert.token}")
    assert "wu@" not in reachable.body
    reachable.send(next(f for f in page.forms if f.one("act") == "confirm"))
    page = reachable.follow()
    assert "We write to you when" in page.text
    assert stored(database)[0].confirmed is not None
    page = reachable.open("/w/mine")
    reachable.send(next(f for f in page.forms if "/mine/alerts/" in f.action))
    assert reachable.status == 303
    assert stored(database)[0].ended is not None
    assert "no more letters" in reachable.open(f"/w/alerts/{alert.token}").text


def test_one_click_in_a_letter_stops_all(
    reachable: Browser, database: Database, campaign: CampaignView
) -> None:
    for kind in ("campaign", "community"):
        form = reachable.open(NEW).form("/alerts/new?campaign=test-campaign")
        told = {"contact": "wu@example.org", "consent": "1", "community": "110108017001"}
        reachable.send(form, kind=kind, **told)
        token = stored(database)[-1].token
        reachable.send(reachable.open(f"/w/alerts/{token}").forms[0])
    assert [bool(one.confirmed) for one in stored(database)] == [True, True]
    # A mail program sends this, with nothing else (RFC 8058).
    answer = reachable.client.post(
        f"/w/alerts/{token}?lang=en", data={"List-Unsubscribe": "One-Click"}, headers={"cookie": ""}
    )
    assert answer.status_code == 200
    assert [(bool(one.ended), one.contact_id) for one in stored(database)] == [(True, None)] * 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"consent": ""}, "Please agree"),
        ({"contact": "nobody"}, "neither an e-mail address"),
        ({"kind": "community"}, "choose a community"),
        ({"kind": "circle", "at": "x,y"}, "understand this place"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    reachable: Browser,
    database: Database,
    campaign: CampaignView,
    changed: dict[str, str],
    said: str,
) -> None:
    sent = {"kind": "campaign", "contact": "wu@example.org", "consent": "1"} | changed
    reachable.open(NEW)
    answer = reachable.client.post(NEW, data=sent)
    assert answer.status_code in (404, 422)
    assert said in answer.text
    assert stored(database) == []


def test_without_letters_there_is_the_feed(resident: Browser, campaign: CampaignView) -> None:
    form = resident.open(NEW).form("/alerts/new?campaign=test-campaign")
    assert "contact" not in form.offered
    assert "contact" not in form.values
    for kind, address in (
        ("campaign", "/w/c/test-campaign/feed.atom"),
        ("community", "/w/feed.atom?community=110108017001"),
    ):
        resident.send(form, kind=kind, community="110108017001", act="feed")
        assert resident.answer.headers["location"] == address


@pytest.mark.parametrize("narrowed", ["at=116.31000,40.03000&radius=300", "community=110108017001"])
def test_the_feed_of_an_area_has_what_is_shown_there_alone(
    resident: Browser, database: Database, campaign: CampaignView, narrowed: str
) -> None:
    now = datetime.now(UTC)
    near = file(database, campaign, text="这里太黑", now=now).public_id
    file(database, campaign, text="很远", longitude=116.335, latitude=40.055, now=now)
    held = file(database, campaign, text="先不公开", now=now).public_id
    moderate(database, held, "held", now=now)
    act(database, tell_step, OPERATOR, [near], "answered", "下月装灯", by="街道", now=now)
    resident.open(f"/w/feed.atom?{narrowed}&lang=en")
    feed = feedparser.parse(resident.answer.content)
    assert not feed.bozo
    assert {urlsplit(entry.link).path for entry in feed.entries} == {f"/w/p/{near}"}
    assert sorted(entry.content[0].value.partition("\n")[0] for entry in feed.entries) == [
        "下月装灯",
        "这里太黑",
    ]
    assert len({entry.id for entry in feed.entries}) == 2
    etag = resident.answer.headers["etag"]
    again = resident.client.get(f"/w/feed.atom?{narrowed}&lang=en", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    moderate(database, near, "hidden", now=now)
    resident.open(f"/w/feed.atom?{narrowed}&lang=en")
    assert feedparser.parse(resident.answer.content).entries == []


@pytest.mark.parametrize("wrong", ["", "community=1", "at=1,2&radius=5", "at=x&radius=100"])
def test_a_feed_of_no_area_is_none(resident: Browser, campaign: CampaignView, wrong: str) -> None:
    resident.open(f"/w/feed.atom?{wrong}")
    assert resident.status in (404, 422)
