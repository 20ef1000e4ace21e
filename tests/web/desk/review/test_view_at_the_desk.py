"""A view at the desk in a browser without a script: all by address, and nothing leaks."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pypdf
import pytest

from analysis import results
from analysis.filter import Filter
from analysis.selection import Selection
from analysis.significance import hotspot_verdicts
from core.database import Database
from deliberation import hotspot_profile
from geo.significance.hotspot_scan import JudgedHotspots
from layers.visibility import Shown
from people.access.actor import Actor, Grant, Reach, Role
from serving.context import Context
from submissions.participation.supports import support_proposal
from submissions.proposals.queries import CampaignView, campaign_by_slug
from tests.conftest import NOW
from tests.layers.sending import kept
from tests.submissions.acting import act, file, moderate, trail
from tests.web.acting import picture, sign_in
from tests.web.browsing import Browser
from web.desk.review import brief_tables, hotspot_page

REVIEW = "/w/desk/review"


@pytest.fixture
def spots(database: Database, campaign: CampaignView) -> list[str]:
    """Give a hotspot of nine, one of them hidden, and one proposal elsewhere."""
    made = [
        file(
            database,
            campaign,
            Actor(f"d{n}"),
            now=NOW + n * timedelta(days=3),
            text=f"地铁口的自行车停不下了{n}" if n % 3 else f"想要座椅 <b>{n}</b>",
            longitude=116.31 + n * 1e-5,
            category="public_space" if n % 3 == 0 else "bike_parking",
        ).public_id
        for n in range(9)
    ]
    made.append(file(database, campaign, Actor("far"), longitude=116.335).public_id)
    moderate(database, made[8], "hidden")
    act(database, support_proposal, Actor("x"), made[1])
    return made


@pytest.fixture
def planner(database: Database, open_browser: Callable[..., Browser]) -> Browser:
    browser = open_browser()
    sign_in(browser, database, Role.COMMUNITY_PLANNER)
    return browser


def hotspot_of(database: Database, campaign: CampaignView) -> str:
    whole = Selection(campaign, Filter(), Actor())
    frame = results.hotspots(database, whole, radius_m=50, min_proposals=5).frame
    return str(frame.iloc[0]["hotspot_id"])


def said(browser: Browser) -> str:
    return re.sub(r"\s+", " ", browser.body)


@pytest.mark.parametrize("path", ["", "/more"])
def test_addresses_of_the_map_that_was_here_lead_to_the_workbench(
    planner: Browser, campaign: CampaignView, path: str
) -> None:
    asked = (
        "campaign=test-campaign&category=public_space&text=%E5%BA%A7%E6%A4%85&measure=per_km2"
        "&layers=heat%3A60%2Cpins%3A100&at=116.31000%2C40.03000%2C17&sort=supported"
    )
    planner.open(f"{REVIEW}{path}?{asked}&done=saved&lang=en")
    assert planner.status == 303
    assert planner.answer.headers["location"] == f"/planner?{asked}&lang=en"
    # What is compared is compared there; a filter that makes no sense is said there.
    planner.open(f"{REVIEW}{path}?to=2026-05-08&with_from=2026-05-09")
    assert planner.answer.headers["location"] == "/change?to=2026-05-08&with_from=2026-05-09"
    planner.open(f"{REVIEW}{path}?campaign=//evil.example&from=x")
    assert planner.answer.headers["location"] == "/planner?campaign=%2F%2Fevil.example"
    planner.open(f"{REVIEW}{path}?nonsense=1")
    assert planner.status == 400


def test_a_view_at_the_desk_says_what_it_is_narrowed_to(
    planner: Browser, database: Database, spots: list[str], campaign: CampaignView
) -> None:
    page = planner.open(f"{REVIEW}/views?lang=en")
    assert "without any filter" in page.text
    name = hotspot_of(database, campaign)
    listed = "spots_sure=1&spots_in=110108017001&spots_of=bike_parking"
    asked = f"campaign=test-campaign&answered=no&hotspot={name}&radius_m=50&min_proposals=5"
    page = planner.open(f"{REVIEW}/views?{asked}&{listed}&lang=en")
    assert planner.status == 200
    for told in (
        "Answer: not answered yet",
        "Hotspot: Hotspot 1",
        "Hotspots in the list: only those that are more than chance, Qinghe Jiayuan, mostly about",
    ):
        assert told in re.sub(r"\s+", " ", page.text), told
    (back,) = {a["href"] for a in page.all("a") if a.get("href", "").startswith("/planner?")}
    assert back.endswith(f"?{asked}&{listed.replace('spots_sure=1&', '')}&spots_sure=1")


def test_a_page_says_that_verdicts_are_worked_out_and_has_them_once_they_are(
    planner: Browser,
    database: Database,
    spots: list[str],
    campaign: CampaignView,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge, go_on = hotspot_verdicts.judge_hotspots, threading.Event()

    def slowly(*given: Any, **named: Any) -> JudgedHotspots:
        assert go_on.wait(60)
        return judge(*given, **named)

    monkeypatch.setattr(hotspot_verdicts, "judge_hotspots", slowly)
    asked = "campaign=test-campaign&min_proposals=3&radius_m=50&lang=en"
    card = f"{REVIEW}/hotspot/{hotspot_of(database, campaign)}?{asked}"
    assert "Whether it is more than chance is being worked out." in planner.open(card).text
    go_on.set()
    with database.reading() as session:
        view = Selection(campaign_by_slug(session, "test-campaign"))
    found = hotspot_verdicts.hotspot_verdicts(database, view, radius_m=50, min_proposals=3)
    assert found.frame["verdict"].tolist() == ["significant"]
    times = f"{found.frame['effect'].iloc[0]:.1f}"
    page = planner.open(card.replace("?", "/sure?"))
    assert f"{times} times as many people" in page.text
    assert "8 people counted here" in page.text
    assert "Version of the data" in page.text


@pytest.mark.parametrize(
    ("grant", "status"),
    [
        pytest.param(Role.COMMUNITY_PLANNER, 200, marks=pytest.mark.everything),
        pytest.param(Role.RESIDENT_PLANNER, 200, marks=pytest.mark.everything),
        (Role.DEPARTMENT, 200),
        (Grant(Role.COMMUNITY_PLANNER, Reach.COMMUNITY, "110108017001", "2020"), 200),
        (Role.COUNCIL_MEMBER, 404),
        pytest.param(Role.DESIGN_FIRM, 404, marks=pytest.mark.everything),
        pytest.param(Role.RESIDENT, 404, marks=pytest.mark.everything),
    ],
)
def test_who_has_a_desk_may_review(
    database: Database,
    open_browser: Callable[..., Browser],
    campaign: CampaignView,
    spots: list[str],
    grant: Any,
    status: int,
) -> None:
    browser = open_browser()
    browser.open(REVIEW)
    assert browser.status == 303
    assert "/w/desk/sign-in?next=" in browser.answer.headers["location"]
    sign_in(browser, database, grant)
    name = hotspot_of(database, campaign)
    spot = f"/hotspot/{name}"
    for path in ("", "/views", spot, f"{spot}/more", f"{spot}/found"):
        browser.open(f"{REVIEW}{path}")
        allowed = {"": 303, f"{spot}/found": 204}.get(path, 200)
        assert browser.status == (allowed if status == 200 else status), path
        assert spots[8] not in browser.body
        assert "自行车停不下了8" not in browser.body


def test_states_are_for_those_who_moderate(
    database: Database, open_browser: Callable[..., Browser], planner: Browser, spots: list[str]
) -> None:
    for path in ("/views", "/brief.pdf"):
        planner.open(f"{REVIEW}{path}?status=hidden")
        assert planner.status == 403
        assert spots[8] not in planner.body
    worker = open_browser()
    sign_in(worker, database, Role.SOCIAL_WORKER)
    page = worker.open(f"{REVIEW}/views?status=hidden&lang=en")
    assert "State: " in page.text
    assert "brief.pdf" not in worker.body
    worker.open(f"{REVIEW}/brief.pdf?status=hidden")
    assert worker.status == 403


@pytest.mark.parametrize("asked", ["campaign=nothing", "category=no", "from=x", "a_no=1"])
def test_an_address_that_makes_no_sense_is_answered(
    planner: Browser, campaign: CampaignView, asked: str
) -> None:
    planner.open(f"{REVIEW}/views?{asked}")
    assert planner.status in (404, 422)


def test_a_view_is_saved_renamed_and_removed(
    planner: Browser, database: Database, open_browser: Callable[..., Browser], spots: list[str]
) -> None:
    page = planner.open(f"{REVIEW}/views?text=%E5%BA%A7%E6%A4%85&lang=en")
    planner.send(next(f for f in page.forms if "/views?" in f.action), called=" ")
    assert planner.status == 422
    planner.send(next(f for f in page.forms if "/views?" in f.action), called="座椅<b>")
    assert planner.status == 303
    page = planner.follow()
    assert "The view is saved." in page.text
    assert "座椅<b>" in page.text
    (link,) = {a["href"] for a in page.all("a", class_="lj-button") if "planner" in a["href"]}
    assert link == "/planner?campaign=test-campaign&text=%E5%BA%A7%E6%A4%85"
    page = planner.open(f"{REVIEW}/views?lang=en")
    rename = next(f for f in page.forms if "/rename?" in f.action)
    planner.send(rename, called="x" * 81)
    assert planner.status == 422
    planner.send(rename, called="长椅")
    page = planner.follow()
    assert "The saved view has its new name." in page.text
    other = open_browser()
    sign_in(other, database, Role.RESIDENT_PLANNER)
    there = other.open(f"{REVIEW}/views?lang=en")
    assert "长椅" in there.text
    assert not [f for f in there.forms if "/rename?" in f.action or "/remove?" in f.action]
    assert other.client.post(rename.action, data={"called": "meins"}).status_code == 403
    planner.send(next(f for f in page.forms if "/remove?" in f.action))
    assert "The saved view is removed." in planner.follow().text
    entries = trail(database, "view_saved", "view_renamed", "view_removed")
    assert [one.action for one in entries] == ["view_saved", "view_renamed", "view_removed"]
    assert entries[1].details == {"view": 1, "name": "长椅", "before": "座椅<b>"}


def test_a_hotspot_is_opened_observed_and_made_a_topic(
    database: Database, planner: Browser, campaign: CampaignView, spots: list[str]
) -> None:
    name = hotspot_of(database, campaign)
    page = planner.open(f"{REVIEW}/hotspot/{name}?campaign=test-campaign&lang=en")
    assert planner.status == 200, planner.body
    assert "Hotspot 1" in page.text
    assert "What is nearest" in page.text
    alone = f"/planner?campaign=test-campaign&hotspot={name}"
    assert [one for one in page.all("a") if one.get("href", "").startswith(alone)]
    form = next(f for f in page.forms if "/observe?" in f.action)
    for name_of_count in ("what", "count", "kind"):
        form.values.pop(name_of_count, None)
    typed = {
        "note": "早高峰",
        "day": "2026-05-01",
        "hour": "08:00",
        "what": "早上",
        "count": "34",
        "kind": "parked",
    }
    planner.send(form, files=[("photo", ("", b"", "image/jpeg"))], **{**typed, "count": "many"})
    assert planner.status == 422
    assert "早高峰" in planner.body
    planner.send(form, files=[("photo", ("a.jpg", picture(), "image/jpeg"))], **typed)
    assert planner.status == 303, planner.body
    page = planner.follow()
    assert "Bikes parked, all together (早上): 34" in page.text
    photo = next(a["href"] for a in page.all("a") if a.get("href", "").endswith("/full.jpg"))
    assert planner.client.get(photo).headers["content-type"] == "image/jpeg"
    assert planner.client.get(photo).headers["cache-control"] == "private, no-store"
    form = next(f for f in page.forms if "/topic?" in f.action)
    planner.send(form, title=" ")
    assert planner.status == 422
    planner.send(form, title="地铁口停车", about="请交通委来看")
    assert planner.status == 303
    topic = planner.answer.headers["location"]
    page = planner.open(f"{topic}?lang=en")
    assert "地铁口停车" in page.text
    moderate(database, spots[1], "hidden")
    page = planner.open(f"{topic}?lang=en")
    assert "1 of them is not shown any more" in page.text
    today = next(a["href"] for a in page.all("a") if "/hotspot/" in a.get("href", ""))
    assert "campaign=test-campaign" in today
    assert "自行车停不下了1" not in planner.body
    planner.open(today)
    assert planner.status == 200
    assert [entry.action for entry in trail(database, "observed", "topic_made")] == [
        "observed",
        "topic_made",
    ]


def test_a_pack_is_made_from_the_page_of_a_hotspot(
    database: Database, planner: Browser, campaign: CampaignView, spots: list[str]
) -> None:
    name = hotspot_of(database, campaign)
    page = planner.open(f"{REVIEW}/hotspot/{name}?campaign=test-campaign&lang=en")
    (way,) = {one["href"] for one in page.all("a") if "/packs/new?" in one.get("href", "")}
    form = next(one for one in planner.open(way).forms if "/packs/new?" in one.action)
    planner.send(form, title="街角<公园>")
    assert planner.status == 303, planner.body
    page = planner.follow()
    assert "街角<公园>" in page.text
    assert "街角<公园>" not in planner.body
    assert [entry.action for entry in trail(database, "pack_made")] == ["pack_made"]


def test_a_large_hotspot_is_shown_part_by_part(
    database: Database,
    planner: Browser,
    campaign: CampaignView,
    spots: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (hotspot_profile, hotspot_page):
        monkeypatch.setattr(module, "MOST_AT_ONCE", 3)
    name = hotspot_of(database, campaign)
    asked = "?campaign=test-campaign&lang=en&radius_m=60"  # otherwise than they were found above
    page = planner.open(f"{REVIEW}/hotspot/{name}{asked}")
    assert planner.status == 200
    assert "Hotspots are being found" in page.text
    found = next(a["data-until"] for a in page.all("section") if "data-until" in a)
    whole = next(a["href"] for a in page.all("a") if "whole=1" in a.get("href", ""))
    missing = found.replace(name, "h0123456789ab")
    planner.open(missing)
    assert planner.status == 404
    planner.open(found)
    assert (planner.status, planner.body) == (204, "")
    page = planner.open(f"{REVIEW}/hotspot/{name}{asked}")
    assert "Hotspot 1" in page.text
    assert "What people say, photos" in page.text
    assert "8 proposals" in page.text
    assert "自行车停不下了" not in planner.body
    more = next(a["data-more"] for a in page.all("section") if "data-more" in a)
    page = planner.open(more)
    assert planner.answer.headers["cache-control"] == "private, no-store"
    assert "自行车停不下了" in planner.body
    assert "0 answered by the office" in page.text
    assert "Week by week" in page.text
    page = planner.open(whole)
    assert "data-more" not in planner.body
    for part in ("自行车停不下了", "0 answered by the office", "Week by week"):
        assert part in page.text
    # What changes is found anew before it is shown.
    moderate(database, spots[7], "hidden")
    page = planner.open(f"{REVIEW}/hotspot/{name}{asked}")
    assert "Hotspots are being found" in page.text


def test_what_is_of_the_desk_is_told_to_nobody_else(
    database: Database,
    open_browser: Callable[..., Browser],
    planner: Browser,
    campaign: CampaignView,
    spots: list[str],
) -> None:
    name = hotspot_of(database, campaign)
    page = planner.open(f"{REVIEW}/hotspot/{name}")
    form = next(f for f in page.forms if "/observe?" in f.action)
    given = {"note": "只给自己人看", "day": "2026-05-01", "what": [], "count": []}
    planner.send(form, files=[("photo", ("a.jpg", picture(), "image/jpeg"))], **given)
    page = planner.follow()
    photo = next(a["href"] for a in page.all("a") if a.get("href", "").endswith("/full.jpg"))
    planner.send(next(f for f in page.forms if "/topic?" in f.action), title="题目")
    topic = planner.answer.headers["location"]
    elsewhere = Grant(Role.RESIDENT_PLANNER, Reach.COMMUNITY, "110108017003", "2020")
    for grant in (None, Role.DESIGN_FIRM, elsewhere):
        other = open_browser()
        if grant is not None:
            sign_in(other, database, grant)
        for address in (photo, topic):
            other.open(address)
            assert other.status in (303, 404), (grant, address)
        other.open(f"{REVIEW}/hotspot/{name}")
        assert "只给自己人看" not in other.body
        assert "题目" not in other.body
        other.client.post(form.action, data={**form.values, **given, "token": "x" * 12})
    assert len(trail(database, "observed")) == 1


def test_the_brief_is_a_pdf_of_the_view(
    planner: Browser,
    database: Database,
    open_browser: Callable[..., Browser],
    spots: list[str],
    room: Context,
) -> None:
    for lang in ("zh_CN", "en"):
        planner.open(f"{REVIEW}/brief.pdf?category=bike_parking&lang={lang}")
        assert planner.status == 200, planner.body
        assert planner.answer.headers["content-type"] == "application/pdf"
        body = planner.answer.content
        assert body.startswith(b"%PDF-")
        assert io.BytesIO(body).getbuffer().nbytes > 20_000


def printed(browser: Browser, query: str) -> str:
    """Return the text of a brief, without any white space."""
    browser.open(f"{REVIEW}/brief.pdf?lang=zh_CN&{query}")
    assert browser.status == 200, browser.body
    pages = pypdf.PdfReader(io.BytesIO(browser.answer.content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def test_the_brief_shows_layers_the_drawn_part_and_what_is_compared(
    planner: Browser, database: Database, spots: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded = database.write(lambda s: kept(s, shown=Shown.DESK, title_zh="停放区普查"))
    draft = database.write(lambda s: kept(s, title_zh="草稿图层", token="another-token"))
    monkeypatch.setattr(brief_tables, "CHARTS", 1)
    plain = printed(planner, "spots_sure=1")
    assert "列出的热点:只有不像是碰巧的" in plain
    assert re.search("大家怎么说（9条建议中的[1-6]条）", plain)
    assert "这里是2张图中的前1张" in plain
    assert "停放区普查" not in plain
    assert "现有自行车停放区" not in plain
    layers = f"layers=communities,bike_parking,u{uploaded}:50,u{draft},hotspots,pins"
    part = "area=116.30,40.02 116.32,40.02 116.32,40.04 116.30,40.04"
    drawn = printed(planner, f"{layers}&{part}")
    assert "停放区普查" in drawn
    assert "现有自行车停放区" in drawn
    assert "草稿图层" not in drawn
    assert "8条建议" in drawn  # the ninth lies outside of what is drawn

    compared = printed(planner, f"{layers}&from=2026-05-01&to=2026-05-08&with_from=2026-05-09")
    assert compared.count("测试征集·") >= 4
    assert "4条建议" in compared
    assert "5条建议" in compared


def test_a_department_prints_no_brief(
    database: Database, open_browser: Callable[..., Browser], spots: list[str]
) -> None:
    department = open_browser()
    sign_in(department, database, Role.DEPARTMENT)
    department.open(f"{REVIEW}/brief.pdf")
    assert department.status == 404
