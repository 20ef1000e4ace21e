"""What a person typed outlives reloads, refusals, languages, other pages, dead lines and ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import update

from submissions.campaigns.models import Campaign
from tests.browser.residents import RECEIPT, Form, Ground, Place, file_one, filed
from tests.browser.test_photos import add, camera, pictures
from tests.browser.walking import DESK, PHONE, OpenPage, Server, start_server, watched_pages
from tests.notifications.conftest import KEY

TEXT = "门口停车太乱，请画停车线。"


def fill_in(form: Form, ground: Ground) -> None:
    """Fill in everything there is, and send nothing."""
    form.place(*ground.quiet())
    form.say(TEXT, q_about=("position", "management"), relation=("works",))
    form.box.locator("input[name=q_bikes]").fill("40")
    add(form, camera((100.0, 20.0)))
    expect(pictures(form)).to_have_count(1)


def assert_all_there(form: Form, where: tuple[float, float]) -> None:
    expect(form.text).to_have_value(TEXT)
    expect(form.pin).to_be_visible()
    assert form.where() == where
    for name, key in (
        ("category", "bike_parking"),
        ("q_about", "position"),
        ("q_about", "management"),
        ("relation", "works"),
    ):
        expect(form.box.locator(f"input[name={name}][value={key}]")).to_be_checked()
    expect(form.box.locator("input[name=q_bikes]")).to_have_value("40")
    expect(pictures(form)).to_have_count(1)
    assert pictures(form).evaluate("(it) => it.decode().then(() => it.naturalWidth > 0)")


def test_over_a_reload_a_language_and_a_refusal(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    page = open_page("/w/c/bike-parking", size=DESK)
    form = Form(page)
    fill_in(form, ground)
    where = form.where()

    page.reload()
    form = Form(page)
    expect(form.box.locator(".lj-kept")).to_be_visible()
    assert_all_there(form, where)

    page.get_by_role("link", name="English").click()
    form = Form(page, "en")
    expect(form.button("Send my proposal")).to_be_visible()
    assert_all_there(form, where)

    form.text.fill("")
    form.button("Send my proposal").click()
    expect(form.problem("text")).to_have_text(
        form.words("Please write a few words about what you would like here.")
    )
    form.text.fill(TEXT)
    assert_all_there(form, where)
    before = len(filed(server, "bike-parking", TEXT))
    form.send()
    assert len(filed(server, "bike-parking", TEXT)) == before + 1


@pytest.mark.everything
def test_over_the_full_map_its_languages_and_refusals(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    page = open_page("/w/c/bike-parking", size=DESK, lang="en")
    form = Form(page, "en")
    fill_in(form, ground)
    where = form.where()
    page.get_by_role("link", name="Open the full map").click()
    form = Form(page, "en")
    assert_all_there(form, where)
    page.get_by_role("button", name="简体中文").click()
    form = Form(page)
    expect(form.button("Send my proposal")).to_be_visible()
    assert_all_there(form, where)

    form.box.locator("input[name=q_bikes]").fill("0")
    form.button("Send my proposal").click()
    expect(form.problem("q_bikes")).to_be_visible()
    form.box.locator("input[name=q_bikes]").fill("40")
    assert_all_there(form, where)
    before = len(filed(server, "bike-parking", TEXT))
    form.send()
    assert len(filed(server, "bike-parking", TEXT)) == before + 1


@pytest.mark.everything
def test_anew_empties_all(open_page: OpenPage, ground: Ground) -> None:
    page = open_page("/w/c/bike-parking", size=DESK)
    form = Form(page)
    fill_in(form, ground)
    page.reload()
    form = Form(page)
    form.button("Start anew").click()
    expect(form.text).to_have_value("")
    expect(form.pin).to_have_count(0)
    expect(pictures(form)).to_have_count(0)
    page.reload()
    expect(Form(page).text).to_have_value("")


def test_a_place_is_asked_for_before_anything_is_lost(open_page: OpenPage) -> None:
    page = open_page("/w/c/bike-parking")
    form = Form(page)
    form.say(TEXT)
    form.button("Send my proposal").click()
    expect(form.problem("place")).to_have_text(
        form.words("Please tap the map first, so that we know which place you mean.")
    )
    expect(form.text).to_have_value(TEXT)
    expect(form.problem("place")).to_be_in_viewport()
    page.reload()
    form = Form(page)
    expect(form.text).to_have_value(TEXT)
    form.button("Start anew").click()
    expect(form.text).to_have_value("")


def held(page: Page) -> Locator:
    """Return what a page says of what it could not send."""
    return page.locator("section.lj-held")


def test_a_dead_line_delays_one_proposal_and_makes_no_second(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    page = open_page("/w/c/bike-parking")
    form, text = Form(page), "没有信号的地方也要能提"
    form.place(*ground.quiet())
    form.say(text)
    page.context.set_offline(True)
    form.button("Send my proposal").click()
    expect(held(page)).to_contain_text(form.words("Not sent yet"))
    expect(held(page).locator(".lj-excerpt")).to_have_text(text)
    expect(held(page).locator(".lj-code")).to_be_hidden()
    expect(
        page.get_by_text(form.words("Thank you. Your proposal has been received."))
    ).to_have_count(0)
    expect(form.box).to_be_hidden()
    held(page).get_by_role("button", name=form.words("Send it now")).click()
    expect(held(page)).to_contain_text(form.words("There is still no connection."))
    page.context.set_offline(False)
    form.receipt()
    assert len(filed(server, "bike-parking", text)) == 1


def test_an_answer_that_got_lost_makes_no_second(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    page = open_page("/w/c/bike-parking")
    form, text = Form(page), "答复没有收到，再按一次"
    form.place(*ground.quiet())
    form.say(text)

    def lose(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/w/c/bike-parking/say", lose, times=1)
    form.button("Send my proposal").click()
    expect(held(page)).to_be_visible()
    assert len(filed(server, "bike-parking", text)) == 1
    page.goto(f"{server.url}/w/mine")
    expect(page.locator("[data-outbox] [data-state=sent] .lj-code")).to_have_text(RECEIPT)
    page.get_by_role("link", name=form.words("Open the receipt")).click()
    form.receipt()
    assert len(filed(server, "bike-parking", text)) == 1
    page.goto(f"{server.url}/w/mine")
    expect(page.locator("[data-outbox] li")).to_have_count(0)
    expect(page.locator(".lj-excerpt a")).to_have_count(1)


@pytest.mark.everything
def test_two_tabs_are_two_drafts_and_two_proposals(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    """Also in a copy of a tab, which begins with all that the tab keeps for itself."""
    first = open_page("/w/c/bike-parking")
    form = Form(first)
    form.place(*ground.quiet())
    form.say("第一个窗口里的话")
    with first.context.expect_page() as opened:
        first.evaluate("() => { window.open(location.href); }")
    copy = Form(opened.value)
    second = first.context.new_page()
    second.goto(first.url)
    other = Form(second)
    for tab, text in ((copy, "第二个窗口里的话"), (other, "第三个窗口里的话")):
        tab.page.wait_for_timeout(400)
        expect(tab.text).to_have_value("")
        expect(tab.box.locator(".lj-left")).to_be_hidden()
        tab.place(*ground.quiet())
        tab.say(text)
    tokens = {tab.value("client_token") for tab in (form, copy, other)}
    assert len(tokens) == 3
    code = form.send()
    for tab, text in ((copy, "第二个窗口里的话"), (other, "第三个窗口里的话")):
        expect(tab.text).to_have_value(text)
        tab.page.reload()
        again = Form(tab.page)
        expect(again.text).to_have_value(text)
        assert again.send() != code
        assert len(filed(server, "bike-parking", text)) == 1


def test_tabs_keep_drafts_apart_and_what_a_closed_one_left_can_be_taken_up(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    page = open_page("/w/c/bike-parking", size=DESK)
    form = Form(page)
    fill_in(form, ground)
    where, token = form.where(), form.value("client_token")
    second = page.context.new_page()
    second.goto(f"{server.url}/w/c/bike-parking")
    form = Form(second)
    second.wait_for_timeout(400)  # the other tab is still there, and keeps what is its own
    expect(form.box.locator(".lj-left")).to_be_hidden()
    expect(form.text).to_have_value("")
    assert form.value("client_token") != token
    page.close()
    second.reload()
    form = Form(second)
    left = form.box.locator(".lj-left")
    expect(left).to_contain_text(TEXT)
    expect(form.text).to_have_value("")
    form.button("Go on with it").click()
    expect(left).to_be_hidden()
    assert_all_there(form, where)
    assert form.value("client_token") == token
    second.reload()
    form = Form(second)
    assert_all_there(form, where)
    expect(form.box.locator(".lj-left")).to_be_hidden()
    third = second.context.new_page()
    second.close()
    third.goto(f"{server.url}/w/c/bike-parking")
    form = Form(third)
    form.button("Throw it away").click()
    third.reload()
    form = Form(third)
    third.wait_for_timeout(400)
    expect(form.box.locator(".lj-left")).to_be_hidden()
    expect(form.text).to_have_value("")


@pytest.mark.everything
def test_back_from_the_receipt_keeps_the_pin_of_the_card_and_no_old_words(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    place = ground.quiet()
    page = open_page(f"/w/c/bike-parking?at={place[0]:.6f},{place[1]:.6f}")
    form, first, second = Form(page), "扫码提的第一条", "扫码提的第二条"
    form.say(first)
    form.send()
    page.go_back()
    form = Form(page)
    expect(form.text).to_have_value("")
    expect(form.pin).to_be_visible()
    assert form.where() == pytest.approx(place, abs=1e-6)
    form.say(second)
    form.send()
    assert [len(filed(server, "bike-parking", text)) for text in (first, second)] == [1, 1]


def test_a_double_tap_on_send_files_once_and_back_the_form_is_empty(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    page = open_page("/w/c/bike-parking")
    form, text = Form(page), "手抖按了两下"
    form.place(*ground.quiet())
    form.say(text)
    page.evaluate("() => { const b = document.querySelector('.lj-send'); b.click(); b.click(); }")
    form.receipt()
    assert len(filed(server, "bike-parking", text)) == 1
    page.go_back()
    expect(Form(page).text).to_have_value("")


@pytest.mark.everything
@pytest.mark.parametrize("remembered", [False, True])
def test_the_way_back_from_the_receipt_leads_to_another_proposal(
    open_page: OpenPage, server: Server, ground: Ground, remembered: bool
) -> None:
    """``remembered``: as browsers do that keep the whole page, which this one is told not to."""
    page = open_page("/w/c/bike-parking")
    form, first, second = Form(page), f"第一条 {remembered}", f"第二条 {remembered}"
    form.place(*ground.quiet())
    form.say(first)
    if remembered:
        page.evaluate("() => { document.forms[0].lujianSay.filed = true; }")
        shown = "new PageTransitionEvent('pageshow', { persisted: true })"
        page.evaluate(f"() => {{ window.dispatchEvent({shown}); }}")
        expect(form.text).to_have_value("")
        expect(form.pin).to_have_count(0)
    else:
        form.send()
        page.go_back()
        form = Form(page)
    form.place(*ground.quiet())
    form.say(second)
    form.send()
    found = [len(filed(server, "bike-parking", text)) for text in (first, second)]
    assert found == [0 if remembered else 1, 1]


@contextmanager
def closed(server: Server, slug: str) -> Iterator[None]:
    """Let a campaign be over for a while."""

    def close(at: datetime) -> None:
        with server.database() as database:
            change = update(Campaign).where(Campaign.slug == slug).values(closes_at=at)
            database.write(lambda session: session.execute(change) and None)

    close(datetime(2026, 1, 1, tzinfo=UTC))
    yield
    close(datetime(2099, 12, 31, tzinfo=UTC))


@pytest.mark.everything
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["light", "full"])
def test_a_campaign_that_ends_meanwhile_keeps_the_text(
    open_page: OpenPage, server: Server, ground: Ground, size: dict[str, int]
) -> None:
    address = "/w/c/bike-parking" if size is PHONE else "/?campaign=bike-parking&full=1"
    page = open_page(address, size=size)
    form, text = Form(page), "写着写着活动结束了"
    form.place(*ground.quiet())
    form.say(text)
    with closed(server, "bike-parking"):
        form.button("Send my proposal").click()
        said = form.words(
            "This campaign takes no proposals at the moment. Your text is still here to copy."
        )
        expect(form.problem("form")).to_have_text(said)
        expect(form.text).to_have_value(text)
        page.reload()
        form = Form(page)
        expect(form.text).to_have_value(text)
        expect(form.box.locator(".lj-warn").first).to_have_text(said)
        expect(form.button("Send my proposal")).to_be_disabled()
    page.reload()
    form = Form(page)
    expect(form.text).to_have_value(text)
    form.send()


@pytest.mark.everything
def test_kill_9_after_the_receipt_loses_nothing(
    tmp_path: Path, chromium: Browser, ground: Ground
) -> None:
    place, text = ground.quiet("micro-park"), "来一个小公园"
    running = start_server(tmp_path, LUJIAN_SECRET_KEY=KEY)
    with watched_pages(running, chromium) as opener:
        code = file_one(opener("/w/c/micro-park"), place, text)
        running.process.kill()
        running.process.wait()
    again = start_server(tmp_path, LUJIAN_SECRET_KEY=KEY)
    try:
        with watched_pages(again, chromium) as opener:
            page: Page = opener(f"/w/r/{code}")
            expect(page.locator(".lj-text")).to_have_text(text)
            assert len(filed(again, "micro-park", text)) == 1
    finally:
        again.stop()


def file_unseen(server: Server, place: Place, text: str) -> None:
    """File from one more device of this address, without a browser."""
    path = f"{server.url}/w/c/bike-parking"
    typed = {"longitude": str(place[0]), "latitude": str(place[1]), "text": text}
    typed |= {"client_token": text, "placed_by": "tap", "relation": "lives"}
    typed |= {"category": "bike_parking"}
    with httpx2.Client(headers={"Accept": "application/json"}) as device:
        device.get(path)
        assert device.post(f"{path}/say", data=typed).json()["receipt"]


@pytest.mark.everything
def test_a_crowd_makes_the_phone_work_and_files_all_the_same(
    tmp_path: Path, chromium: Browser, ground: Ground
) -> None:
    """One filing an hour and device, so ten an address: more than five are a crowd."""
    place, text = ground.quiet(), "这里每天都有很多人"
    running = start_server(tmp_path, LUJIAN_MAX_FILINGS_PER_HOUR="1", LUJIAN_SECRET_KEY=KEY)
    solvers: list[str] = []
    try:
        for number in range(5):
            file_unseen(running, place, f"crowd-{number}")
        with watched_pages(running, chromium) as opener:
            page = opener(f"/w/c/bike-parking?at={place[0]},{place[1]}")
            page.on("request", lambda r: solvers.append(r.url) if "proof.js" in r.url else None)
            form = Form(page)
            form.say(text)
            form.send()
            assert len(solvers) == 1
            assert len(filed(running, "bike-parking", text)) == 1
            page.goto(f"{running.url}/w/c/bike-parking?at={place[0]},{place[1]}")
            form = Form(page)
            form.say("同一台手机再来一条")
            form.button("Send my proposal").click()
            expect(form.problem("form")).to_contain_text("分钟")
            expect(form.text).to_have_value("同一台手机再来一条")
    finally:
        running.stop()
