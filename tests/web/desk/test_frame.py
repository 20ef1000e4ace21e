"""The desk's frame and first page: who gets in where, and figures that lead to what they count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import unquote

import pytest

from core.database import Database
from moderation.overview import campaigns_within, open_queue, overview
from people.access.actor import Grant, Reach, Role
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import MODERATOR, file, moderate
from tests.web.acting import sign_in
from tests.web.browsing import Browser
from web.desk.overview_page import Bar, bars_of

Open = Callable[..., Browser]
NEIGHBOURHOOD = Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017001", "2020")

#: The rooms, in the order of the nav row, that each role is shown.
ROOMS: dict[Role, str] = {
    Role.RESIDENT: "",
    Role.COUNCIL_MEMBER: "",
    Role.DESIGN_FIRM: "",
    Role.RESIDENT_PLANNER: "overview queue review",
    Role.SOCIAL_WORKER: "overview queue review bulk",
    Role.COMMUNITY_PLANNER: "overview queue review bulk",
    Role.DEPARTMENT: "overview queue review bulk",
    Role.SUBDISTRICT_OFFICER: "overview queue review bulk campaigns audit",
    Role.ADMINISTRATOR: "overview queue review bulk campaigns accounts audit",
}
ADDRESSES = {
    "overview": "/w/desk",
    "queue": "/w/desk/queue",
    "review": "/planner",
    "bulk": "/w/desk/bulk",
    "campaigns": "/w/desk/campaigns",
    "accounts": "/w/desk/accounts",
    "audit": "/w/desk/audit",
}


#: Of a room that is the workbench, a page at the desk.
WITHIN = {"review": "/w/desk/review/views"}


@pytest.mark.parametrize("role", ROOMS)
def test_each_role_enters_its_rooms_and_no_other(
    open_browser: Open, database: Database, campaign: CampaignView, role: Role
) -> None:
    here = open_browser()
    sign_in(here, database, role)
    mine = ROOMS[role].split()
    for room, address in ADDRESSES.items():
        page = here.open(WITHIN.get(room, address))
        elsewhere = 303 if room == "overview" else 404  # to the data that anybody signed in takes
        assert here.status == (200 if room in mine else elsewhere), (role, room)
        links = [a["href"] for a in page.all("a") if a.get("href") in ADDRESSES.values()]
        assert links == ([ADDRESSES[name] for name in mine] if room in mine else []), (role, room)


def test_who_has_no_desk_finds_the_data_to_take_away(
    open_browser: Open, database: Database, campaign: CampaignView
) -> None:
    firm, here = open_browser(), campaign.subdistrict or "110108017"
    sign_in(firm, database, Grant(Role.DESIGN_FIRM, Reach.SUBDISTRICT, here))
    firm.open("/w/desk")
    assert (firm.status, firm.answer.headers["location"]) == (303, "/w/firm")
    assert firm.open("/w/firm").all("a", href="/w/desk/data")
    member = open_browser()
    sign_in(member, database, Role.COUNCIL_MEMBER)
    member.open("/w/desk")
    assert (member.status, member.answer.headers["location"]) == (303, "/w/desk/data")
    page = firm.open("/w/desk/data?lang=en")
    assert firm.status == 200
    files = [a["href"] for a in page.all("a") if a.get("href", "").startswith("/api/campaigns/")]
    assert len(files) > 7
    for address in files:
        firm.open(address)
        assert firm.status == 200, address
    assert "largest_shared_point" in page.text
    elsewhere = open_browser()
    sign_in(elsewhere, database, Grant(Role.DESIGN_FIRM, Reach.SUBDISTRICT, "110108018"))
    page = elsewhere.open("/w/desk/data?lang=en")
    assert ("/proposals.csv" in elsewhere.body) is not bool(campaign.subdistrict)


@pytest.mark.parametrize("address", ["/w/desk", "/w/desk/queue?tab=held&age=3", "/w/desk/bulk"])
def test_signed_out_one_is_asked_to_sign_in_and_comes_back(
    open_browser: Open, campaign: CampaignView, address: str
) -> None:
    here = open_browser()
    here.open(address)
    assert here.status == 303
    asked = here.answer.headers["location"]
    assert asked.startswith("/w/desk/sign-in?next=")
    assert unquote(asked.partition("next=")[2]) == address


def test_a_form_sent_after_the_session_ended_comes_back_to_its_page(
    open_browser: Open, campaign: CampaignView
) -> None:
    here = open_browser()
    here.open("/w/")
    sent = here.client.post(
        "/w/desk/queue/abcd2345/status",
        data={"status": "published"},
        headers={"referer": "http://testserver/w/desk/queue/abcd2345?tab=new"},
    )
    assert sent.status_code == 303
    assert unquote(sent.headers["location"]).endswith("next=/w/desk/queue/abcd2345")
    away = here.client.post(
        "/w/desk/queue/abcd2345/status", headers={"referer": "https://evil.example/w/desk"}
    )
    assert unquote(away.headers["location"]).endswith("next=/w/desk")


def test_the_desk_is_kept_by_no_browser(
    open_browser: Open, database: Database, campaign: CampaignView
) -> None:
    here = open_browser()
    sign_in(here, database, Role.ADMINISTRATOR)
    for room, address in ADDRESSES.items():
        here.open(WITHIN.get(room, address))
        assert "no-store" in here.answer.headers["cache-control"], address


def test_figures_are_those_of_the_hand_and_lead_to_what_they_count(
    open_browser: Open, database: Database, campaign: CampaignView, ids: list[str]
) -> None:
    here = open_browser()
    sign_in(here, database, Role.SOCIAL_WORKER)
    page = here.open("/w/desk?lang=en")
    links = {
        a["href"]: a
        for a in page.all("a")
        if "campaign=test-campaign" in a.get("href", "") and "queue" in a["href"]
    }
    counted = ("23 proposals", "23 people took part", "1 answered by the office (4%)")
    for told in (*counted, "22 without an answer yet"):
        assert told in page.text, told
    # 116.301 + n · 0.0016 is west of 116.32 for n < 12, of 116.34 for all: two communities.
    assert "2 communities reached" in page.text
    rows = {address: len(_listed(here.open(address))) for address in links}
    assert rows == {
        "/w/desk/queue?tab=all&campaign=test-campaign&status=published": 23,
        "/w/desk/queue?tab=all&campaign=test-campaign&status=published&answered=yes": 1,
        "/w/desk/queue?tab=all&campaign=test-campaign&status=published&answered=no": 22,
        "/w/desk/queue?tab=new&campaign=test-campaign": 0,
        "/w/desk/queue?tab=held&campaign=test-campaign": 0,
        "/w/desk/queue?tab=unreviewed&campaign=test-campaign": 23,
    }


def test_a_community_sees_its_own_figures_alone(
    open_browser: Open, database: Database, campaign: CampaignView, ids: list[str]
) -> None:
    here = open_browser()
    sign_in(here, database, NEIGHBOURHOOD)
    assert "12 proposals" in here.open("/w/desk?lang=en").text
    assert len(_listed(here.open("/w/desk/queue?tab=all"))) == 12
    here = open_browser()
    sign_in(here, database, Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017001", "2023"))
    assert "test-campaign" not in here.open("/w/desk").text  # another edition's community


def test_the_open_queue_tells_its_age(database: Database) -> None:
    campaign = make_campaign(database, publish_on_filing=False)
    hours = (1, 2, 5, 30)
    made = [file(database, campaign, now=NOW - timedelta(hours=n)).public_id for n in hours]
    moderate(database, made[1], "held")
    moderate(database, made[0], "published")
    with database.reading() as session:
        found = open_queue(session, MODERATOR, campaign.id)
    assert (found.received, found.held, found.total) == (2, 1, 3)
    assert found.oldest == NOW - timedelta(hours=30)
    assert found.median == NOW - timedelta(hours=5)


def test_what_waits_beyond_all_communities_is_told_to_who_cannot_decide_on_it(
    open_browser: Open, database: Database
) -> None:
    campaign = make_campaign(database)
    stray = file(database, campaign, longitude=116.33, latitude=40.05).public_id
    inside = file(database, campaign).public_id
    for name in (stray, inside):
        moderate(database, name, "held")
    for grant, told in ((NEIGHBOURHOOD, True), (Role.ADMINISTRATOR, False)):
        here = open_browser()
        sign_in(here, database, grant)
        page = here.open("/w/desk?lang=en")
        said = "1 more that waits lies in no community; an administrator decides on it."
        assert (said in page.text) is told, grant
        assert here.open(f"/w/desk/queue/{stray}") is not None
        assert here.status == (404 if told else 200)


def test_days_are_those_of_beijing_and_new_figures_are_seen_at_once(database: Database) -> None:
    campaign = make_campaign(database)
    late = NOW.replace(hour=15, minute=59)
    for moment in (late, late + timedelta(minutes=1), late + timedelta(hours=24)):
        file(database, campaign, now=moment)
    found = overview(database, MODERATOR, campaign.id)
    assert found.days == ((date(2026, 5, 1), 1), (date(2026, 5, 2), 1 + 1))
    assert (found.proposals, found.people, found.communities) == (3, 1, 1)
    made = file(database, campaign, now=NOW).public_id
    assert overview(database, MODERATOR, campaign.id).proposals == 4
    moderate(database, made, "hidden")
    assert overview(database, MODERATOR, campaign.id).proposals == 3
    with database.reading() as session:
        names = [one.slug for one in campaigns_within(session, MODERATOR, "see_desk")]  # type: ignore[arg-type]
    assert names == ["test-campaign"]


def test_bars_hold_every_day_and_long_times_are_put_together() -> None:
    first = date(2026, 5, 1)
    days = ((first, 2), (first + timedelta(days=3), 5))
    assert [(bar.count, bar.total) for bar in bars_of(days)] == [(2, 2), (0, 2), (0, 2), (5, 7)]
    long = tuple((first + timedelta(days=n), 1) for n in range(130))
    bars = bars_of(long)
    assert [bar.count for bar in bars] == [3] * 43 + [1]
    assert bars[0] == Bar(first, first + timedelta(days=2), 3, 3)
    assert bars[-1] == Bar(first + timedelta(days=129), first + timedelta(days=129), 1, 130)
    assert bars_of(()) == []


def _listed(page: object) -> list[str]:
    """Return the addresses of what stands in a list of the queue."""
    return [
        a["href"]
        for a in page.all("a")  # type: ignore[attr-defined]
        if a.get("href", "").startswith("/w/desk/queue/")
    ]
