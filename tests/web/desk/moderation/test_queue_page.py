"""Moderating without a script: every form of a proposal's page, refusals, colleagues, reach."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.database import Database
from deliberation.reply_templates import create_template
from people.access.actor import Actor, Grant, Reach, Role
from serving.context import Context
from submissions.participation.comments import comment_on
from submissions.participation.photos import take_photo
from submissions.participation.reports import report
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW, make_campaign
from tests.examples import some_of
from tests.submissions.acting import AUTHOR, NEIGHBOUR, act, file, moderate, trail
from tests.web.acting import JSON, picture, rows, sign_in
from tests.web.browsing import Browser, Form, Page

Open = Callable[..., Browser]
EAST = Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017003", "2020")
PRIVATE = "请打13812345678找我"


@pytest.fixture
def held(database: Database) -> CampaignView:
    """A campaign in which all that comes waits to be read."""
    return make_campaign(database, publish_on_filing=False)


@pytest.fixture
def three(database: Database, held: CampaignView) -> list[str]:
    """Three proposals that wait, an hour after each other, whatever their words."""
    texts = (PRIVATE, "想要一个长椅", "地铁口停不下车")
    names = [
        file(
            database, held, Actor(f"device {n}"), now=NOW + timedelta(hours=n), text=text
        ).public_id
        for n, text in enumerate(texts)
    ]
    waits = update(Proposal).values(status="received", held_reason=None)
    database.write(lambda session: session.execute(waits) and None)
    return names


@pytest.fixture
def worker(open_browser: Open, database: Database) -> Browser:
    here = open_browser()
    sign_in(here, database, Role.SOCIAL_WORKER)
    here.open("/w/?lang=en")
    return here


def opened(here: Browser, public_id: str, tab: str = "new") -> Page:
    """Open a proposal from a list of the queue."""
    page = here.open(f"/w/desk/queue?tab={tab}")
    links = [a["href"] for a in page.all("a") if f"/queue/{public_id}" in a.get("href", "")]
    return here.open(links[0])


def form(page: Page, verb: str, **wanted: str) -> Form:
    """Return the form of a verb that holds these values."""
    return next(
        one
        for one in page.forms
        if one.action.partition("?")[0].endswith(f"/{verb}")
        and all(one.one(name) == value for name, value in wanted.items())
    )


def state(database: Database, public_id: str) -> str:
    return next(row.status for row in rows(database) if row.public_id == public_id)


def text(database: Database, public_id: str) -> str:
    return next(row.text for row in rows(database) if row.public_id == public_id)


def test_a_decision_leads_to_the_next_and_is_taken_back(
    worker: Browser, database: Database, three: list[str]
) -> None:
    page = opened(worker, three[0])
    worker.send(form(page, "status", status="published"))
    assert worker.status == 303
    assert state(database, three[0]) == "published"
    page = worker.follow()
    assert worker.answer.request.url.path == f"/w/desk/queue/{three[1]}"
    assert "Published." in page.text
    assert [entry.details["reason"] for entry in trail(database, "status_changed")] == ["In order"]
    worker.send(form(page, "undo"))
    assert state(database, three[0]) == "received"
    told = [entry.details for entry in trail(database, "status_changed")]
    assert ["undoes" in details for details in told] == [False, True]
    # The last of a list leads back to what is before it, and the very last to the list.
    page = opened(worker, three[2])
    worker.send(form(page, "status", status="hidden"), common="It is an advertisement")
    assert worker.answer.headers["location"].startswith(f"/w/desk/queue/{three[1]}?")
    for _ in range(2):
        page = worker.follow()
        worker.send(form(page, "status", status="published"))
    assert worker.answer.headers["location"].startswith("/w/desk/queue?tab=new")
    assert "Nothing waits here." in worker.follow().text


def opens_on(page: Page) -> str:
    """Return the list that a page of the queue has open."""
    (here,) = [a["href"] for a in page.all("a", aria_current="page") if "?tab=" in a["href"]]
    return here.partition("tab=")[2].partition("&")[0]


def test_it_opens_on_the_first_list_in_which_something_waits(
    worker: Browser, open_browser: Open, database: Database, three: list[str]
) -> None:
    page = worker.open("/w/desk/queue")
    assert opens_on(page) == "new"
    assert "New 3 Held 0" in page.text
    for public_id in three:
        moderate(database, public_id, "held")
    page = worker.open("/w/desk/queue?tab=nonsense")
    assert opens_on(page) == "held"
    assert "New 0 Held 3" in page.text
    # A list that was asked for stays open, and says where something waits.
    page = worker.open("/w/desk/queue?tab=new")
    assert opens_on(page) == "new"
    assert "Nothing waits here." in page.text
    assert len(page.all("a", href="/w/desk/queue?tab=held")) == 2
    assert "3 Held" in worker.open("/w/desk?lang=en").text
    for public_id in three:
        moderate(database, public_id, "published")
    page = worker.open("/w/desk/queue")
    assert opens_on(page) == "new"
    assert "Nothing waits here. The other lists are empty, too." in page.text
    assert "Nothing waits for you." in worker.open("/w/desk").text
    # A list that is worked out for one campaign narrows the others to none.
    moderate(database, three[0], "held")
    make_campaign(database, slug="newer")
    page = worker.open("/w/desk/queue?tab=duplicates")
    assert "New 0 Held 1" in page.text
    assert page.all("a", href="/w/desk/queue?tab=held")
    # Nothing is hidden by a filter without a word.
    page = worker.open("/w/desk/queue?tab=new&age=30")
    assert page.all("a", class_="lj-button", href="/w/desk/queue?tab=new")
    reader = open_browser()
    sign_in(reader, database, Role.COMMUNITY_PLANNER)
    assert opens_on(reader.open("/w/desk/queue")) == "all"


def test_a_proposal_says_how_many_wait_with_it(worker: Browser, three: list[str]) -> None:
    assert "← New 3" in opened(worker, three[1]).text
    assert "← All" in opened(worker, three[1], "all").text


def test_each_decision_needs_a_reason_and_keeps_what_was_typed(
    worker: Browser, database: Database, three: list[str]
) -> None:
    page = opened(worker, three[0])
    worker.send(form(page, "status", status="hidden"))
    assert worker.status == 422
    assert state(database, three[0]) == "received"
    page = worker.send(form(page, "correct"), text="改过的字", longitude="116.305")
    assert worker.status == 422
    assert "Please choose or write a reason." in page.text
    again = form(page, "correct")
    assert (again.one("text"), again.one("longitude")) == ("改过的字", "116.305")
    worker.send(again, reason="错别字")
    assert worker.status == 303
    assert text(database, three[0]) == "改过的字"
    assert "As it was filed" in worker.follow().text
    page = worker.send(form(worker.follow(), "correct"), reason="nothing")
    assert worker.status == 422


def test_two_moderators_do_not_undo_each_other_unawares(
    worker: Browser, open_browser: Open, database: Database, three: list[str]
) -> None:
    other = open_browser()
    sign_in(other, database, Role.SUBDISTRICT_OFFICER)
    other.open("/w/?lang=en")
    mine = opened(worker, three[0])
    theirs = opened(other, three[0])
    assert "has this open now" in theirs.text
    assert "has this open now" in worker.open("/w/desk/queue").text
    other.send(form(theirs, "correct"), text="同事改的", common="Slip of the pen")
    page = worker.send(form(mine, "correct"), text="我写了很久的字", reason="说明")
    assert worker.status == 409
    assert "Someone changed this meanwhile" in page.text
    assert "张三 changed the text." in page.text
    assert form(page, "correct").one("text") == "我写了很久的字"
    assert form(page, "correct").one("reason") == "说明"
    assert text(database, three[0]) == "同事改的"
    worker.send(form(mine, "status", status="published"), headers=JSON)
    assert (worker.status, worker.answer.json()["code"]) == (409, "stale")
    worker.send(form(page, "correct"))
    assert worker.status == 303
    told = worker.client.post(f"/w/desk/queue/{three[0]}/open", headers=JSON).json()
    assert told["names"] == ["张三"]
    other.client.post(f"/w/desk/queue/{three[0]}/leave")
    assert worker.client.post(f"/w/desk/queue/{three[0]}/open").json()["names"] == []


def test_reading_ahead_does_not_count_as_looking(
    worker: Browser, open_browser: Open, database: Database, three: list[str]
) -> None:
    other = open_browser()
    sign_in(other, database, Role.SOCIAL_WORKER)
    other.open(f"/w/desk/queue/{three[1]}", X_Lujian_Ahead="1")
    assert other.status == 200
    assert "has this open now" not in worker.open(f"/w/desk/queue/{three[1]}").text


def test_private_details_are_highlighted_and_blacked_out(
    worker: Browser, database: Database, three: list[str]
) -> None:
    page = opened(worker, three[0])
    assert [m["title"] for m in page.all("mark")] == ["mobile number"]
    assert form(page, "redact").values["span"] == ["2-13"]
    worker.send(form(page, "redact"))
    assert text(database, three[0]) == "请打■■■找我"
    page = worker.follow()
    assert PRIVATE in page.text  # as it was filed, and what was changed
    worker.send(form(page, "undo"))
    assert text(database, three[0]) == PRIVATE
    for span in ("0-99", "x", "5-5", ""):
        worker.send(form(opened(worker, three[0]), "redact"), span=span)
        assert worker.status == 422, span


def test_a_script_is_told_where_to_go_and_what_to_undo(
    worker: Browser, database: Database, three: list[str]
) -> None:
    page = opened(worker, three[0])
    worker.send(form(page, "status", status="held"), common="x", headers=JSON)
    told = worker.answer.json()
    assert told["address"].startswith(f"/w/desk/queue/{three[1]}?")
    assert told["sentence"] == "Held."
    worker.client.post(f"/w/desk/queue/{three[0]}/undo", data={"change": told["change"]})
    assert state(database, three[0]) == "received"


def test_photos_comments_and_reports_are_dealt_with_in_their_lists(
    worker: Browser, database: Database, campaign: CampaignView, room: Context
) -> None:
    names = [
        take_photo(database, room.photos, AUTHOR, picture(colour), now=NOW)[0]
        for colour in ("red", "blue")
    ]
    shown = file(database, campaign, photos=tuple(names)).public_id
    said = act(database, comment_on, NEIGHBOUR, shown, "说得对", client_token="c")
    act(database, report, NEIGHBOUR, shown, reason="private", text="有名字")
    page = opened(worker, shown, "photos")
    worker.send(form(page, "photo", photo=names[0], status="published"))
    assert f"thing={names[1]}" in worker.answer.headers["location"]
    page = worker.follow()
    worker.send(form(page, "photo", photo=names[1], status="hidden"), reason="脸")
    worker.open(f"/w/p/{shown}")
    assert names[0] in worker.body
    assert names[1] not in worker.body
    page = opened(worker, shown, "comments")
    worker.send(form(page, "comment", comment=said, status="published"))
    assert worker.status == 303
    assert "说得对" in worker.open(f"/w/p/{shown}").text
    page = opened(worker, shown, "reported")
    assert "有名字" in page.text
    worker.send(form(page, "report", outcome="hidden"))
    assert state(database, shown) == "hidden"
    assert "Nothing waits here." in worker.open("/w/desk/queue?tab=reported").text


def test_a_part_of_a_photo_is_blurred_and_comes_back(
    worker: Browser, database: Database, campaign: CampaignView, room: Context
) -> None:
    name, _picture = take_photo(database, room.photos, AUTHOR, picture(), now=NOW)
    shown = file(database, campaign, photos=(name,)).public_id
    page = worker.open(f"/w/desk/queue/{shown}")
    for regions in ("[]", "nonsense", "[[0,0,2]]", "[[0.9,0.9,-0.5,0.1]]", '{"a":1}'):
        worker.send(form(page, "blur"), regions=regions)
        assert worker.status == 422, regions
    worker.send(form(page, "blur"), regions="[[0.2,0.2,0.9,0.5]]")
    assert worker.status == 303
    page = worker.follow()
    assert "a part is unrecognisable" in page.text
    worker.send(form(page, "undo"))
    assert "a part is unrecognisable" not in worker.follow().text
    page = worker.open(f"/w/desk/queue/{shown}")
    worker.send(form(page, "photo", status="published"), reason="好")
    page = worker.follow()
    assert "Hide it again" in page.text
    worker.send(form(page, "photo", reason="Taken back at once"))
    assert "Show it again" in worker.follow().text


def test_proposals_are_joined_parted_and_told_apart(
    worker: Browser, database: Database, campaign: CampaignView
) -> None:
    one = file(database, campaign, Actor("a")).public_id
    other = file(database, campaign, Actor("b")).public_id
    page = worker.open(f"/w/desk/queue/{one}")
    assert "Possible duplicates" in page.text
    worker.send(form(page, "merge", keep=one, other=other))
    assert worker.status == 303
    assert state(database, other) == "merged"
    page = worker.follow()
    assert "Joined with it" in page.text
    (back,) = page.all("button", **{"data-key": "u"})
    assert back["class"] == "lj-link"
    undo = next(one for one in page.forms if one.one("reason") == "Taken back at once")
    worker.send(undo)
    assert state(database, other) == "published"
    page = worker.open(f"/w/desk/queue/{one}")
    worker.send(form(page, "merge", keep=one, other=other))
    page = worker.follow()
    assert "2 people took part" in worker.open("/w/desk").text
    assert "1 proposals" in worker.open("/w/desk").text
    worker.send(form(page, "unmerge", other=other))
    assert state(database, other) == "published"
    page = worker.open("/w/desk/queue?tab=duplicates")
    assert "Keep this one" in page.text
    worker.send(form(page, "distinct"))
    assert (
        "Possible duplicates" not in worker.open(f"/w/desk/queue/{one}").text.partition("Around")[2]
    )


def test_replies_notes_and_errands(
    worker: Browser, open_browser: Open, database: Database, campaign: CampaignView
) -> None:
    planner = open_browser()
    account = sign_in(planner, database, Role.COMMUNITY_PLANNER)
    planner.open("/w/?lang=en")
    shown = file(database, campaign).public_id
    given = {"name": "已收到", "text": "{community}的建议 {number} 已收到", "stage": "discussed"}
    act(database, create_template, Actor("o", frozenset({Grant(Role.ADMINISTRATOR)})), **given)
    page = planner.open(f"/w/desk/queue/{shown}")
    offered = [one for one in page.all("option") if "data-template" in one]
    filled = [json.loads(one["data-template"]) for one in offered]
    assert filled == [{"text": f"清河嘉园的建议 {shown} 已收到", "stage": "discussed"}]
    planner.send(form(page, "reply"), reply="马上画线", by="清河街道", stage="decided")
    assert "马上画线" in planner.open(f"/w/p/{shown}").text
    page = worker.open(f"/w/desk/queue/{shown}")
    worker.send(form(page, "note"), note="大家看看")
    worker.send(form(page, "assign"), account=str(account), due="2020-01-01", task="去现场看")
    assert worker.status == 422
    page = worker.send(
        form(page, "assign"), account=str(account), due="2099-01-01", task="去现场看"
    )
    assert worker.status == 303
    mine = planner.open("/w/desk/queue?tab=mine")
    assert "去现场看" in mine.text
    page = planner.open(f"/w/desk/queue/{shown}")
    assert "大家看看" in page.text
    planner.send(form(page, "finish"))
    assert "去现场看" not in planner.open("/w/desk/queue?tab=mine").text
    assert "大家看看" not in planner.open(f"/w/p/{shown}").text


VERBS = (
    "status",
    "correct",
    "redact",
    "undo",
    "photo",
    "comment",
    "report",
    "merge",
    "unmerge",
    "distinct",
    "blur",
    "reply",
    "note",
    "assign",
    "finish",
    "open",
)


@pytest.mark.parametrize(
    "grant",
    [
        Grant(Role.COMMUNITY_PLANNER),
        Grant(Role.DEPARTMENT),
        Grant(Role.RESIDENT_PLANNER),
        Grant(Role.DESIGN_FIRM),
        Grant(Role.COUNCIL_MEMBER),
        EAST,
    ],
    ids=lambda grant: f"{grant.role}-{grant.reach}",
)
def test_who_does_not_moderate_there_learns_of_nothing(
    open_browser: Open, database: Database, three: list[str], grant: Grant
) -> None:
    here = open_browser()
    sign_in(here, database, grant)
    before = [(row.status, row.text, row.updated) for row in rows(database)]
    waiting = "/w/desk/queue/" + three[0]
    for address in (waiting, "/w/desk/queue?tab=new", "/w/desk/queue?tab=all&status=received"):
        page = here.open(address)
        assert PRIVATE not in page.text
        assert three[0] not in page.text
    here.open(waiting)
    nothing = here.open("/w/desk/queue/zzzz2345").text
    assert here.open(waiting).text == nothing
    everything: dict[str, Any] = {
        "status": "published",
        "common": "x",
        "seen": NOW.isoformat(),
        "text": "y",
        "reply": "z",
        "by": "w",
        "stage": "answered",
        "note": "n",
        "account": "1",
        "span": "0-1",
        "other": three[1],
        "keep": three[2],
    }
    for place, verb in enumerate(VERBS):
        for headers in some_of(({}, JSON), place):
            sent = here.client.post(f"{waiting}/{verb}", data=everything, headers=headers)
            assert sent.status_code in {403, 404, 422}, verb
    assert [(row.status, row.text, row.updated) for row in rows(database)] == before
    for action in ("noted", "assigned", "status_changed", "merged"):
        assert trail(database, action) == []


def test_another_site_cannot_send_and_nobodys_key_is_shown(
    worker: Browser, database: Database, three: list[str]
) -> None:
    page = opened(worker, three[0])
    worker.send(form(page, "status", status="published"), headers={"sec-fetch-site": "cross-site"})
    assert worker.status == 403
    assert state(database, three[0]) == "received"
    file(database, make_campaign(database, slug="more"), Actor("device 0"), text="同一台手机")
    moderate(database, three[1], "held")
    page = opened(worker, three[0])
    assert "From the same device" in page.text
    assert "同一台手机" in page.text
    for key in [row.author_key for row in rows(database)]:
        assert key is not None
        assert key not in worker.body
        assert key[:16] not in worker.body


def test_any_proposal_is_found_by_its_words_or_name(worker: Browser, three: list[str]) -> None:
    for text, found in (("长椅", three[1:2]), (three[2].upper(), three[2:]), ("没有的", [])):
        page = worker.open(f"/w/desk/queue?tab=all&text={text}")
        links = [
            a["href"].partition("?")[0][-8:] for a in page.all("a") if "at=" in a.get("href", "")
        ]
        assert links == found, text


def looked_at(here: Browser) -> Page:
    """Open the list of doubtful places until something stands in it: it is found out beside."""
    for _ in range(200):
        page = here.open("/w/desk/queue?tab=places")
        if any(one.action.endswith("/dismiss") for one in page.forms):
            break
        time.sleep(0.05)
    return page


def test_places_that_are_odd_are_moved_or_found_right(
    worker: Browser, database: Database, campaign: CampaignView
) -> None:
    odd = file(database, campaign, text="清河嘉园门口停不下车", longitude=116.339).public_id
    page = looked_at(worker)
    assert "Another community is named" in page.text
    worker.send(form(page, "move"))
    assert worker.status == 303
    assert "The pin has been moved." in worker.follow().text
    moved = next(row for row in rows(database) if row.public_id == odd)
    assert moved.community_code == "110108017001"
    worker.send(form(worker.follow(), "undo"))
    worker.send(form(looked_at(worker), "dismiss"))
    assert "This place is not listed again." in worker.follow().text


def test_templates_of_replies_are_kept_changed_and_removed(
    worker: Browser, open_browser: Open, database: Database, campaign: CampaignView
) -> None:
    page = worker.open("/w/desk/templates")
    page = worker.send(form(page, "create"), name="收到", text="{comunity}收到")
    assert worker.status == 422
    assert form(page, "create").one("text") == "{comunity}收到"
    worker.send(form(page, "create"), text="{community}收到", stage="decided")
    assert worker.status == 303
    page = worker.follow()
    stale = form(page, "change")
    worker.send(stale, text="{community}已收到")
    assert worker.status == 303
    page = worker.send(stale, text="又改")
    assert worker.status == 409
    assert "又改" in worker.body
    shown = file(database, campaign).public_id
    worker.open(f"/w/desk/queue/{shown}")
    assert "data-template" in worker.body
    nobody = open_browser()
    sign_in(nobody, database, Role.RESIDENT_PLANNER)
    nobody.open("/w/desk/templates")
    assert nobody.status == 404
    for verb in ("create", "change", "remove"):
        sent = nobody.client.post(f"/w/desk/templates/{verb}", data={"id": "1"})
        assert sent.status_code == 404
    worker.send(form(worker.open("/w/desk/templates"), "remove"))
    worker.open(f"/w/desk/queue/{shown}")
    assert "data-template" not in worker.body


def test_what_was_shown_at_once_leaves_its_list_with_one_tap(
    worker: Browser, database: Database, campaign: CampaignView
) -> None:
    texts = [f"{'这里停不下车' * 30}{n}" for n in "甲乙丙丁"]
    names = [
        file(database, campaign, Actor(text), now=NOW + timedelta(hours=n), text=text).public_id
        for n, text in enumerate(texts)
    ]
    page = worker.open("/w/desk/queue?tab=unreviewed")
    assert all(text in page.text for text in texts)
    list_form = next(one for one in page.forms if "/looked-at" in one.action)
    assert list_form.values["id"] == names
    worker.send(list_form, only=names[1])
    page = worker.follow()
    assert texts[1] not in page.text
    assert texts[0] in page.text
    page = opened(worker, names[0], "unreviewed")
    worker.send(form(page, "look"))
    assert f"/queue/{names[2]}" in worker.answer.headers["location"]  # on to the next one
    moderate(database, names[3], "hidden")
    page = worker.open("/w/desk/queue?tab=unreviewed")
    worker.send(next(one for one in page.forms if "/looked-at" in one.action))
    assert not any(row.unreviewed for row in rows(database))
    assert [entry.action for entry in trail(database, "looked_at")] == ["looked_at"] * 3
