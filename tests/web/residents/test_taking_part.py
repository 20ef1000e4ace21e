"""What a visitor does at a proposal: support, comment, report, follow; what its author does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from core.database import Database
from notifications.models import Contact, Message
from people.access.actor import OPERATOR
from serving.context import Context
from submissions.participation.comments import change_comment_status
from submissions.participation.models import Comment, Follow, Report
from submissions.proposals.queries import CampaignView
from tests.conftest import make_campaign
from tests.submissions.acting import act
from tests.web.acting import JSON, SAID, TYPED, filed, problem, row, rows, say
from tests.web.browsing import Browser, Page
from tests.web.conftest import CHANNELS, PUBLIC, site

NOW = datetime.now(UTC)


@pytest.fixture
def place(resident: Browser, database: Database, campaign: CampaignView) -> str:
    """Give the address of a published proposal of the resident."""
    return f"/w/p/{row(database, filed(resident)).public_id}"


def pressed(page: Page) -> tuple[str, str]:
    """Return whether the support button is pressed, and the count on it."""
    button = next(e for e in page.all("button") if "aria-pressed" in e)
    count = page.text.split(button["data-on"] if button["aria-pressed"] == "true" else "支持", 1)
    return button["aria-pressed"], next(c for c in count[1] if c.isdigit())


def stored(database: Database, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


class TestSupport:
    def test_a_second_press_takes_it_back(self, neighbour: Browser, place: str) -> None:
        shown = []
        page = neighbour.open(place)
        for _ in range(4):
            shown.append(pressed(page))
            neighbour.send(page.form("/support"))
            assert neighbour.status == 303
            page = neighbour.follow()
        assert shown == [("false", "0"), ("true", "1"), ("false", "0"), ("true", "1")]
        on = neighbour.client.post(f"{place}/support", data={"on": "1"}, headers=JSON)
        assert on.json() == {"supports": 1, "supported": True}
        off = neighbour.client.post(f"{place}/support", headers=JSON)
        assert off.json() == {"supports": 0, "supported": False}

    def test_one_does_not_support_ones_own(
        self, resident: Browser, neighbour: Browser, place: str
    ) -> None:
        page = resident.open(place)
        assert not [form for form in page.forms if form.action.endswith("/support")]
        assert resident.client.post(f"{place}/support", data={"on": "1"}).status_code == 403
        neighbour.send(neighbour.open(place).form("/support"))
        assert "1 人支持" in resident.open(place).text


class TestComments:
    def test_shown_to_others_once_read(
        self, resident: Browser, neighbour: Browser, database: Database, place: str
    ) -> None:
        form = neighbour.open(place).form("/comments")
        neighbour.send(form, text="雨天也没地方停")
        assert neighbour.status == 303
        page = neighbour.follow()
        assert "雨天也没地方停" in page.text
        assert page.all("p", class_="lj-note")
        neighbour.send(form, text="雨天也没地方停")  # the same form once more
        comments = stored(database, Comment)
        assert len(comments) == 1
        resident.open(place)
        assert "雨天也没地方停" not in resident.body
        name = comments[0].public_id
        act(database, change_comment_status, OPERATOR, name, "published", reason="读过", now=NOW)
        page = resident.open(place)
        assert "雨天也没地方停" in page.text
        assert name not in [form.action.split("/")[-2] for form in page.forms]
        page = neighbour.open(place)
        neighbour.send(page.form(f"/comments/{name}/withdraw"))
        assert neighbour.status == 303
        for browser in (resident, neighbour):
            browser.open(place)
            assert "雨天也没地方停" not in browser.body

    def test_nobody_takes_back_anothers(
        self, resident: Browser, neighbour: Browser, database: Database, place: str
    ) -> None:
        neighbour.send(neighbour.open(place).form("/comments"), text="说一句")
        name = stored(database, Comment)[0].public_id
        resident.client.post(f"{place}/comments/{name}/withdraw")
        act(database, change_comment_status, OPERATOR, name, "published", reason="读过", now=NOW)
        answer = resident.client.post(f"{place}/comments/{name}/withdraw")
        assert answer.status_code == 403
        assert stored(database, Comment)[0].status == "published"

    @pytest.mark.parametrize("text", ["", " \n ", "长" * 501])
    def test_a_refused_comment_stays(
        self, neighbour: Browser, database: Database, place: str, text: str
    ) -> None:
        page = neighbour.send(neighbour.open(place).form("/comments"), text=text)
        assert neighbour.status == 422
        assert page.all("p", role="alert")
        assert page.form("/comments").one("text") == text
        assert stored(database, Comment) == []

    def test_what_only_a_machine_fills_in(
        self, neighbour: Browser, database: Database, place: str
    ) -> None:
        form = neighbour.open(place).form("/comments")
        neighbour.send(form, text="便宜", website="http://spam.example")
        assert neighbour.status == 303
        assert stored(database, Comment) == []

    def test_too_many_are_refused_kindly(self, neighbour: Browser, place: str) -> None:
        for n in range(20):
            neighbour.send(neighbour.open(place).form("/comments"), text=f"第{n}句")
        page = neighbour.send(neighbour.open(place).form("/comments"), text="第二十一句")
        assert neighbour.status == 429
        assert page.form("/comments").one("text") == "第二十一句"


class TestReports:
    def test_kept_once(
        self, resident: Browser, neighbour: Browser, database: Database, place: str
    ) -> None:
        for _ in range(2):
            form = neighbour.open(place).form("/report")
            assert "private" in form.offered["reason"]
            neighbour.send(form, reason="private", text="写了门牌号")
            assert neighbour.status == 303
            assert neighbour.follow().all("p", class_="lj-note")
        assert [(r.reason, r.text) for r in stored(database, Report)] == [("private", "写了门牌号")]
        page = resident.open(place)
        assert "写了门牌号" not in resident.body
        assert not [form for form in page.forms if form.action.endswith("/report")]
        answer = resident.client.post(f"{place}/report", data={"reason": "other"})
        assert answer.status_code == 403

    @pytest.mark.parametrize("reason", ["", "nope"])
    def test_a_reason_is_one_of_those_offered(
        self, neighbour: Browser, database: Database, place: str, reason: str
    ) -> None:
        neighbour.send(neighbour.open(place).form("/report"), reason=reason)
        assert neighbour.status == 422
        assert stored(database, Report) == []

    def test_a_comment_is_reported_by_itself(
        self, resident: Browser, neighbour: Browser, database: Database, place: str
    ) -> None:
        neighbour.send(neighbour.open(place).form("/comments"), text="说一句")
        name = stored(database, Comment)[0].public_id
        waiting = resident.client.post(f"{place}/report", data={"comment": name, "reason": "other"})
        assert waiting.status_code == 404
        act(database, change_comment_status, OPERATOR, name, "published", reason="读过", now=NOW)
        page = resident.open(place)
        form = next(f for f in page.forms if f.one("comment") == name)
        resident.send(form, reason="insult")
        assert resident.status == 303
        assert [r.comment_id is not None for r in stored(database, Report)] == [True]


class TestFollowing:
    def test_on_this_device(self, neighbour: Browser, place: str) -> None:
        for wanted, here in (("1", True), ("0", False), ("1", True)):
            form = neighbour.open(place).form("/follow")
            assert form.one("on") == wanted
            neighbour.send(form)
            assert neighbour.follow().all("p", class_="lj-note")
            listed = neighbour.open("/w/mine")
            assert (SAID in listed.text) is here

    def test_no_letter_is_promised_where_none_can_be_sent(
        self, neighbour: Browser, database: Database, place: str
    ) -> None:
        """Nor would its link follow the name under which somebody reached this server."""
        page = neighbour.open(place)
        assert not [form for form in page.forms if "contact" in form.values]
        form = page.form("/follow")
        told = {"host": "evil.example"}
        neighbour.send(form, headers=told, contact="li@example.org", consent="1")
        assert neighbour.status == 503
        assert stored(database, Message) == stored(database, Follow) == []

    @pytest.mark.parametrize(
        ("contact", "consent"), [("nobody", "1"), ("li@example.org", None), ("13800138000", "1")]
    )
    def test_an_address_that_cannot_be(
        self,
        make_room: Callable[..., Context],
        database: Database,
        place: str,
        contact: str,
        consent: str | None,
    ) -> None:
        browser = Browser(site(make_room(**CHANNELS)))
        form = next(f for f in browser.open(place).forms if "contact" in f.values)
        page = browser.send(form, contact=contact, consent=consent)
        assert browser.status == 422
        assert page.all("p", role="alert")
        assert contact in [form.one("contact") for form in page.forms]
        assert stored(database, Message) == []

    def test_by_post_from_the_question_to_the_end(
        self, make_room: Callable[..., Context], database: Database, place: str
    ) -> None:
        browser = Browser(site(make_room(**CHANNELS)))
        form = next(f for f in browser.open(place).forms if "contact" in f.values)
        browser.send(form, contact="wu@example.org", consent="1", headers={"host": "evil.example"})
        assert browser.status == 303
        assert browser.follow().all("p", class_="lj-note")
        assert "wu@example.org" not in browser.body
        [message] = stored(database, Message)
        assert (message.template, message.params["base"]) == ("confirm_follow", PUBLIC)
        token = message.params["follow"]
        elsewhere = Browser(site(make_room(**CHANNELS)))
        for _ in range(2):  # a program that looks into the links of letters
            page = elsewhere.open(f"/w/follow/{token}?lang=en")
            assert elsewhere.status == 200
            assert stored(database, Follow)[0].confirmed is None
        assert elsewhere.answer.headers["referrer-policy"] == "same-origin"
        assert [f.one("act") for f in page.forms] == ["confirm", "end"]
        yes = page.forms[0]
        for _ in range(2):
            page = elsewhere.send(yes)
            assert elsewhere.status == 200
            assert stored(database, Follow)[0].confirmed is not None
        assert [f.one("act") for f in page.forms][-1] == "end"
        answer = Browser(site(make_room(**CHANNELS))).client.post(
            f"/w/follow/{token}",
            content=b"List-Unsubscribe=One-Click",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 200
        assert stored(database, Follow)[0].ended is not None
        page = elsewhere.open(f"/w/follow/{token}")
        assert page.forms == []
        answer = elsewhere.client.post(f"/w/follow/{token}", data={"act": "confirm"})
        assert answer.status_code == 409
        assert stored(database, Follow)[0].ended is not None

    @pytest.mark.parametrize("body", [b"", b"act=nope", b"act=end&act=confirm&x=y"])
    def test_anything_but_a_clear_yes_is_none(
        self, make_room: Callable[..., Context], database: Database, place: str, body: bytes
    ) -> None:
        browser = Browser(site(make_room(**CHANNELS)))
        form = next(f for f in browser.open(place).forms if "contact" in f.values)
        browser.send(form, contact="wu@example.org", consent="1")
        token = stored(database, Message)[0].params["follow"]
        kind = {"content-type": "application/x-www-form-urlencoded"}
        browser.client.post(f"/w/follow/{token}", content=body, headers=kind)
        follow = stored(database, Follow)[0]
        assert (follow.confirmed is None) or body.endswith(b"confirm&x=y")

    def test_one_click_ends_all_letters_to_an_address(
        self, make_room: Callable[..., Context], database: Database, place: str
    ) -> None:
        browser = Browser(site(make_room(**CHANNELS)))
        for where in (place, f"/w/p/{row(database, filed(browser, text='另一条建议')).public_id}"):
            form = next(f for f in browser.open(where).forms if "contact" in f.values)
            browser.send(form, contact="wu@example.org", consent="1")
        address = f"/w/follow/{stored(database, Message)[0].params['follow']}/all"
        mail = Browser(site(make_room(**CHANNELS)))
        assert len(mail.open(address).forms) == 1
        assert [one.ended for one in stored(database, Follow)] == [None, None]
        answer = mail.client.post(address, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert all(one.ended for one in stored(database, Follow))

    def test_a_number_is_refused_where_no_gateway_is(
        self, reachable: Browser, resident: Browser, campaign: CampaignView, database: Database
    ) -> None:
        page = reachable.open(f"/w/c/{campaign.slug}")
        assert "您的邮箱" in page.text
        page = say(reachable, contact="13800138000", consent="1")
        assert reachable.status == 422
        assert problem(page, "contact")
        assert page.form("/say").one("contact") == "13800138000"
        assert "contact" not in resident.open(f"/w/c/{campaign.slug}").form("/say").values
        say(resident, contact="li@example.org", consent="1")
        assert resident.status == 503
        assert stored(database, Contact) == []

    def test_an_author_with_a_contact_gets_the_code_by_post(
        self, make_room: Callable[..., Context], database: Database, campaign: CampaignView
    ) -> None:
        browser = Browser(site(make_room(**CHANNELS)))
        code = filed(browser, contact="li@example.org", consent="1")
        assert "等您确认" in browser.follow().text
        [message] = stored(database, Message)
        own = f"/w/p/{row(database, code).public_id}"
        elsewhere = Browser(site(make_room(**CHANNELS)))
        waits = (browser.open(own), elsewhere.open(f"/w/r/{code}"))
        assert all("等您确认" in page.text for page in waits)
        assert "等您确认" not in elsewhere.open(own).text
        page = browser.open(f"/w/follow/{message.params['follow']}")
        browser.send(page.forms[0])
        for page in (browser.open(own), elsewhere.open(f"/w/r/{code}")):
            assert "等您确认" not in page.text
            assert "我们会写信到" in page.text
        assert "li@example.org" not in elsewhere.body
        messages = stored(database, Message)
        assert [m.template for m in messages] == ["confirm_follow", "receipt"]
        assert messages[1].params["code"] == code.replace("-", "")
        assert messages[1].params["base"] == PUBLIC


class TestAuthors:
    @pytest.fixture
    def waiting(self, resident: Browser, database: Database) -> str:
        make_campaign(database, publish_on_filing=False)
        return f"/w/p/{row(database, filed(resident, why_another='那边太远')).public_id}"

    def test_words_and_category_are_changed(
        self, resident: Browser, database: Database, waiting: str
    ) -> None:
        assert "那边太远" in resident.open(waiting).text
        form = resident.open(f"{waiting}/change").forms[0]
        assert (form.one("text"), form.one("category")) == (SAID, "bike_parking")
        resident.send(form, text="改过的话", category="public_space")
        assert resident.status == 303
        page = resident.follow()
        assert "改过的话" in page.text
        assert "那边太远" in page.text
        assert SAID not in page.text
        assert resident.open(f"{waiting}/change").forms[0].one("category") == "public_space"

    def test_a_stale_change_is_refused_and_kept(
        self, resident: Browser, database: Database, waiting: str
    ) -> None:
        stale = resident.open(f"{waiting}/change").forms[0]
        resident.send(stale, text="第一次改的话")
        page = resident.send(stale, text="第二次改的话", category="public_space")
        assert resident.status == 409
        assert page.all("p", role="alert")
        form = page.forms[0]
        assert form.one("text") == "第二次改的话"
        assert form.one("category") == "public_space"
        assert "第一次改的话" in resident.open(waiting).text
        resident.send(form)
        assert resident.status == 303
        assert "第二次改的话" in resident.follow().text

    @pytest.mark.parametrize(
        ("typed", "updated"),
        [
            ({"text": ""}, None),
            ({"text": "长" * 1001}, None),
            ({"category": "nope"}, None),
            ({}, ""),
            ({}, "2026-01-01T00:00:00"),
        ],
    )
    def test_a_change_that_cannot_be(
        self,
        resident: Browser,
        database: Database,
        waiting: str,
        typed: dict[str, str],
        updated: str | None,
    ) -> None:
        form = resident.open(f"{waiting}/change").forms[0]
        if updated is not None:
            form.action = f"{waiting}/change?updated={updated}"
        page = resident.send(form, **typed)
        assert resident.status in {409, 422}
        assert page.all("p", role="alert")
        assert page.forms[0].one("text") == typed.get("text", SAID)
        assert [each.text for each in rows(database)] == [SAID]

    def test_changing_the_words_alone_leaves_the_pin_as_it_came(
        self, resident: Browser, database: Database, campaign: CampaignView
    ) -> None:
        pin = {"longitude": "116.31234567891", "placed_by": "device", "accuracy_m": "12.5"}
        before = row(database, filed(resident, website="x", **pin))
        form = resident.open(f"/w/p/{before.public_id}/change").form(
            f"{before.public_id}/change?updated={quote(before.updated.isoformat(), safe='')}"
        )
        resident.send(form, text="只改了几个字而已")
        assert resident.status == 303
        after = rows(database)[0]
        assert after.text == "只改了几个字而已"
        kept = ("longitude", "latitude", "raw_x", "raw_y", "raw_crs", "placed_by", "accuracy_m")
        assert [getattr(after, n) for n in kept] == [getattr(before, n) for n in kept]

    def test_held_is_still_ones_own(
        self, resident: Browser, neighbour: Browser, database: Database, campaign: CampaignView
    ) -> None:
        held = f"/w/p/{row(database, filed(resident, website='x')).public_id}"
        neighbour.open(held)
        assert neighbour.status == 404
        resident.send(resident.open(f"{held}/change").forms[0], text="说清楚一点")
        assert "说清楚一点" in resident.follow().text

    def test_what_is_shown_is_not_changed_any_more(
        self, resident: Browser, neighbour: Browser, place: str
    ) -> None:
        for browser in (resident, neighbour):
            browser.open(place)
            assert f"{place}/change" not in browser.body
            address = f"{place}/change?updated=2026-01-01T00:00:00%2B00:00"
            answer = browser.client.post(address, data={**TYPED, "text": "改"})
            assert answer.status_code in {403, 404, 409}
            assert SAID in browser.open(place).text

    def test_taken_back_it_is_gone_for_others(
        self, resident: Browser, neighbour: Browser, database: Database, place: str
    ) -> None:
        neighbour.send(neighbour.open(place).form("/follow"))
        page = resident.open(place)
        resident.send(page.form(f"{place}/withdraw"))
        assert resident.status == 303
        page = resident.follow()
        assert resident.status == 200
        assert SAID in page.text
        assert not [f for f in page.forms if f.action == f"{place}/withdraw"]
        assert page.all("meta", name="robots")[0]["content"] == "noindex"
        for address in (place, f"{place}/share.png"):
            neighbour.open(address)
            assert neighbour.status == 404
        neighbour.open("/w/mine")
        assert SAID not in neighbour.body
        assert SAID in resident.open("/w/mine").text
