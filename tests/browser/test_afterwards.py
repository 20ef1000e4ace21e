"""What becomes of a proposal: comments, lists, letters, reports, changes, taking it back."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.database import Database
from core.language import translations
from deliberation.official_steps import tell_step
from moderation.changes import change_status
from notifications.models import Message
from people.access.actor import OPERATOR, Actor
from submissions.alerts.models import AreaAlert
from submissions.campaigns.create import create_campaign
from submissions.participation.comments import change_comment_status
from submissions.participation.filing import file_proposal
from submissions.participation.models import Comment
from submissions.participation.proposal_draft import DraftProposal
from submissions.participation.reports import open_reports
from submissions.proposals.queries import campaign_by_slug
from submissions.proposals.states import ReportReason, Status
from tests.browser.residents import (
    PLACE,
    Form,
    Ground,
    Place,
    drag_pin,
    file_one,
    filed,
    public_id,
)
from tests.browser.walking import OpenPage, Server, look_at
from tests.conftest import new_campaign
from tests.notifications.conftest import Mailbox

SAY = translations("zh_CN").gettext
LINK = re.compile(r"https?://\S+/w/follow/\S+")
ALERT = re.compile(r"https?://\S+/w/alerts/\S+")


def somebodys(server: Server, text: str, place: Place = PLACE) -> str:
    """File a proposal from another device, without a browser; return its public id."""
    draft = DraftProposal(uuid4().hex, *place, "bike_parking", text, "lives")
    with server.database() as database:
        with database.reading() as session:
            campaign = campaign_by_slug(session, "bike-parking")
        receipt = database.write(
            lambda session: file_proposal(
                session, Actor(uuid4().hex), campaign.id, draft, now=datetime.now(UTC)
            )
        )
    return receipt.public_id


def act(database: Database, action: Any, *given: Any, **named: Any) -> None:
    """Do something with an administrator's rights."""
    now = datetime.now(UTC)
    database.write(lambda session: action(session, OPERATOR, *given, now=now, **named) and None)


def letters_to(letters: Mailbox, address: str, count: int) -> list[EmailMessage]:
    """Wait until so many letters have come to an address."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = [content for to, content in letters.letters if to == address]
        if len(found) >= count:
            return [message_from_bytes(one, policy=default) for one in found]  # type: ignore[misc]
        time.sleep(0.1)
    raise AssertionError(f"{address} has {len(found)} letters, not {count}")


def steps_told(database: Database) -> list[int]:
    """Return the letters about steps that were sent or are to be sent."""
    with database.reading() as session:
        return list(session.scalars(select(Message.id).where(Message.template == "step")))


def body_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_comment_waits_until_somebody_has_read_it(open_either: OpenPage, either: Server) -> None:
    public = somebodys(either, f"评论的人先别急 {uuid4().hex}")
    page, text = open_either(f"/w/p/{public}"), f"同意，晚上更挤 {public}。"
    box = page.get_by_label(SAY("Your comment"))
    box.fill(text)
    page.reload()
    expect(box).to_have_value(text)
    page.get_by_role("button", name=SAY("Send my comment")).click()
    expect(page.get_by_role("status").first).to_have_text(
        SAY("Thank you. Your comment is shown after somebody has read it.")
    )
    expect(box).to_have_value("")
    own = page.locator(".lj-comments li")
    expect(own).to_contain_text(text)
    expect(own).to_contain_text(SAY("not shown to others yet"))
    other = open_either(f"/w/p/{public}")
    expect(other.locator(".lj-comments li")).to_have_count(0)

    with either.database() as database:
        with database.reading() as session:
            comment = session.scalars(
                select(Comment.public_id).where(Comment.text == text).order_by(Comment.id)
            ).all()[-1]
        act(database, change_comment_status, comment, Status.PUBLISHED, reason="ok")
    other.reload()
    expect(other.locator(".lj-comments li")).to_contain_text(text)
    page.reload()
    expect(own).not_to_contain_text(SAY("not shown to others yet"))
    own.get_by_role("button", name=SAY("Take it back")).click()
    expect(own).to_have_count(0)


@pytest.mark.everything
def test_something_improper_is_pointed_out(open_either: OpenPage, either: Server) -> None:
    public = somebodys(either, f"卖房请打电话 {uuid4().hex}")
    page = open_either(f"/w/p/{public}")
    page.get_by_text(SAY("Report something improper")).click()
    shown = page.locator("form[action$='/report']").last
    shown.locator("select").select_option("advert")
    shown.get_by_role("button").click()
    expect(page.get_by_role("status").first).to_have_text(
        SAY("Thank you. Somebody will look at it.")
    )
    with either.database() as database, database.reading() as session:
        (told,) = [one for one in open_reports(session, OPERATOR) if one.public_id == public]
    assert told.reason == ReportReason.ADVERT


@pytest.mark.everything
def test_a_proposal_is_kept_on_the_list(open_either: OpenPage, either: Server) -> None:
    text = f"放进我的关注 {uuid4().hex}"
    page = open_either(f"/w/p/{somebodys(either, text)}")
    page.get_by_role("button", name=SAY("Keep it on my list")).click()
    expect(page.get_by_role("status").first).to_contain_text(SAY("My proposals"))
    page.goto(f"{either.url}/w/mine")
    page.get_by_role("link", name=text).click()
    page.get_by_role("button", name=SAY("Take it off my list")).click()
    page.goto(f"{either.url}/w/mine")
    expect(page.get_by_role("heading", name=SAY("On my list"))).to_be_visible()
    expect(page.get_by_role("link", name=text)).to_have_count(0)


@pytest.mark.everything
def test_letters_come_once_wanted_and_stop_when_told(
    open_either: OpenPage, either: Server, letters: Mailbox
) -> None:
    public, address = somebodys(either, f"盼回音 {uuid4().hex}"), f"{uuid4().hex}@example.org"
    page = open_either(f"/w/p/{public}")
    shown = page.locator("form.lj-panel[action$='/follow']")
    shown.get_by_label(SAY("Your e-mail address")).fill(address)
    shown.get_by_role("checkbox").check()
    shown.get_by_role("button", name=SAY("Tell me")).click()
    expect(page.get_by_role("status").first).to_contain_text("链接")

    (asked,) = letters_to(letters, address, 1)
    link = LINK.search(body_of(asked))
    assert link is not None
    assert link[0].startswith(either.url)
    mailed: Page = open_either(link[0].removeprefix(either.url))
    yes = mailed.get_by_role("button", name=SAY("Yes, tell me what becomes of it"))
    yes.click()
    expect(yes).to_have_count(0)
    reply = "五月底前划好停车线。"
    step = ("step", public, "answered", "--by", "清河街道", "--reply", reply)
    either.command("submissions", *step)
    _, told = letters_to(letters, address, 2)
    assert reply in body_of(told)
    assert "清河街道" in body_of(told)
    page.goto(f"{either.url}/w/p/{public}")
    expect(page.locator(".lj-timeline")).to_contain_text(reply)

    end = LINK.search(body_of(told))
    assert end is not None
    mailed.goto(end[0])
    stop = mailed.get_by_role("button", name=SAY("Send me no more messages about it"))
    stop.click()
    expect(stop).to_have_count(0)
    with either.database() as database:
        before = steps_told(database)
        act(database, tell_step, [public], "built", "已经划好了。", by="清河街道")
        assert steps_told(database) == before  # else it would be put there with the step itself
    assert len(letters_to(letters, address, 2)) == 2


def asked_for_a_circle(open_page: OpenPage, address: str) -> Page:
    """Put the middle of a circle on the map, and ask for letters about it."""
    page = open_page("/w/alerts/new?campaign=bike-parking&radius=200")
    look_at(page, *PLACE, 17)
    page.locator(".leaflet-container").press("Enter")
    shown = page.locator("form.lj-alert")
    expect(shown.locator("[name=longitude]")).to_have_value(re.compile(r"\d"))
    expect(shown.locator("[value=circle]")).to_be_checked()
    shown.locator("[name=contact]").fill(address)
    shown.locator("[name=consent]").check()
    shown.get_by_role("button", name=SAY("Write to me")).click()
    expect(page.get_by_role("status").first).to_contain_text("链接")
    return page


def test_the_middle_of_a_circle_is_put_on_the_map(open_page: OpenPage, server: Server) -> None:
    asked_for_a_circle(open_page, f"{uuid4().hex}@example.org")
    with server.database() as database, database.reading() as session:
        (asked,) = session.scalars(select(AreaAlert).order_by(AreaAlert.id.desc()).limit(1))
    assert (asked.longitude, asked.latitude) == pytest.approx(PLACE, abs=2e-5)
    assert asked.radius_m == 200


@pytest.mark.everything
def test_what_is_new_in_a_circle_is_told_until_one_click_stops_it(
    open_page: OpenPage, server: Server, letters: Mailbox
) -> None:
    address, text = f"{uuid4().hex}@example.org", f"围起来的这一片 {uuid4().hex}"
    page = asked_for_a_circle(open_page, address)
    (asked,) = letters_to(letters, address, 1)
    link = ALERT.search(body_of(asked))
    assert link is not None
    page.goto(link[0])
    page.get_by_role("button", name=SAY("Yes, write to me")).click()
    expect(page.get_by_role("button", name=SAY("Stop all of these letters"))).to_be_visible()

    somebodys(server, text)
    _, told = letters_to(letters, address, 2)
    assert text in " ".join(body_of(told).split())
    stop = str(told["List-Unsubscribe"]).strip("<>")
    # As a mail program does it: no page, no cookies, nothing but this.
    answer = httpx2.post(stop, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    page.reload()
    expect(page.get_by_text(SAY("Stop all of these letters"))).to_have_count(0)
    with server.database() as database, database.reading() as session:
        (left,) = session.scalars(select(AreaAlert).order_by(AreaAlert.id.desc()).limit(1))
    assert (left.contact_id, left.longitude, left.latitude) == (None, None, None)


@pytest.mark.everything
def test_the_author_leaves_an_address_with_the_form(
    open_page: OpenPage, server: Server, ground: Ground, letters: Mailbox
) -> None:
    page, address = open_page("/w/c/bike-parking"), f"{uuid4().hex}@example.org"
    form, text = Form(page), "有结果请告诉我"
    form.place(*ground.quiet())
    form.say(text)
    form.box.locator("input[name=contact]").fill(address)
    form.button("Send my proposal").click()
    expect(form.problem("contact")).to_have_text(
        form.words("Please agree that we may keep your address, or leave the field empty.")
    )
    form.box.locator("input[name=consent]").check()
    form.send()
    (asked,) = letters_to(letters, address, 1)
    assert LINK.search(body_of(asked))
    assert address not in str(filed(server, "bike-parking", text))


@pytest.mark.everything
def test_an_author_takes_a_proposal_back(
    open_either: OpenPage, either: Server, ground: Ground
) -> None:
    page, text = open_either("/w/c/bike-parking"), f"想了想还是算了 {uuid4().hex}"
    code = file_one(page, ground.quiet(), text)
    public = public_id(page)
    page.get_by_text(SAY("Take it back"), exact=True).click()
    page.get_by_role("button", name=SAY("Yes, take it back")).click()
    expect(page.locator(".lj-note[role=status]:visible")).to_have_text(
        SAY("You have taken your proposal back. It is no longer shown or counted.")
    )
    assert f"/w/p/{public}" in page.url
    for gone in ("form[data-support]", "form[action$='/follow']"):
        expect(page.locator(gone)).to_have_count(0)
    assert filed(either, "bike-parking", text) == []
    other = open_either(f"/w/p/{public}", forgive=(f"/w/p/{public}",))
    expect(other.get_by_text(text)).to_have_count(0)
    other.goto(f"{either.url}/w/r/{code}")
    expect(other.locator(".lj-timeline")).to_be_visible()


@pytest.mark.everything
def test_everything_is_changed_until_it_is_published(open_either: OpenPage, either: Server) -> None:
    slug = f"read-first-{uuid4().hex[:8]}"
    with either.database() as database:
        act(database, create_campaign, new_campaign(slug=slug, publish_on_filing=False))
    page = open_either(f"/w/c/{slug}")
    file_one(page, (116.31, 40.03), "先这样写")
    page.get_by_role("link", name=SAY("Change my proposal")).click()
    form = Form(page)
    form.text.fill("还是这样写好")
    form.box.locator("button.lj-send").click()
    expect(page.locator(".lj-text")).to_have_text("还是这样写好")
    public = page.url.split("/w/p/")[1].split("?")[0]
    other = open_either(f"/w/p/{public}", forgive=(f"/w/p/{public}",))
    expect(other.get_by_text("还是这样写好")).to_have_count(0)
    page.get_by_role("link", name=SAY("Change my proposal")).click()
    form = Form(page)
    expect(form.text).to_have_value("还是这样写好")
    before, wanted = form.where(), (116.3104, 40.0303)
    look_at(page, *before, 18)
    drag_pin(form, *wanted)
    expect(form.box.locator("[name=longitude]")).not_to_have_value(f"{before[0]:.6f}")
    form.pick("relation", "passes")
    form.box.locator("button.lj-send").click()
    page.wait_for_url(f"**/w/p/{public}?said=saved")
    with either.database() as database:
        act(database, change_status, public, Status.PUBLISHED, reason="ok")
    (saved,) = filed(either, slug, "还是这样写好")
    assert saved["geometry"]["coordinates"] == pytest.approx(wanted, abs=4e-5)
    assert saved["properties"]["relation"] == "passes"
    other.reload()
    expect(other.locator(".lj-text")).to_have_text("还是这样写好")
    page.reload()
    expect(page.get_by_role("link", name=SAY("Change my proposal"))).to_have_count(0)
