"""Staff write down what somebody says: signed in, marked, each slip a person of its own."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from core.language import translations
from people.access.actor import Role
from tests.browser.residents import Form, Ground, filed
from tests.browser.walking import DESK, OpenPage, Server, sign_in

SAY = translations("zh_CN").gettext


@pytest.mark.everything
def test_slips_of_paper_become_proposals_of_people(
    open_either: OpenPage, either: Server, ground: Ground
) -> None:
    page = open_either("/w/desk/sign-in", size=DESK)
    sign_in(page, either, Role.SOCIAL_WORKER, name="小李")
    page.goto(f"{either.url}/w/desk")
    expect(page.get_by_text("小李")).to_be_visible()
    page.locator("a[href='/w/c/bike-parking/assist']").click()
    counts = "/api/campaigns/bike-parking/communities.geojson"
    either.json(counts)  # public sums may be ten seconds old; asking has them made anew
    time.sleep(2)
    people = either.json(counts)
    here = uuid4().hex[:8]
    texts = [f"有人说：路太窄 {here}", f"有人说：没处停 {here}"]
    place = ground.quiet()
    for at, entry in enumerate(("paper", "interview")):
        form, text = Form(page), texts[at]
        form.place(place[0] + at * 4e-4, place[1])
        form.say(text, entry=(entry,))
        form.button("Send my proposal").click()
        expect(page.get_by_role("status").first).to_contain_text(
            SAY("Written down. The person's code is {code}.").split("{")[0]
        )
        expect(Form(page).text).to_have_value("")
    saved = [filed(either, "bike-parking", text)[0]["properties"] for text in texts]
    assert [one["entry"] for one in saved] == ["paper", "interview"]

    def total(data: dict[str, object]) -> int:
        rows = data["features"]
        assert isinstance(rows, list)
        return sum(
            row["properties"]["people"]
            for row in rows
            if row["properties"]["code"] == saved[0]["community_code"]
        )

    until = time.monotonic() + 60
    while total(either.json(counts)) != total(people) + 2:
        assert time.monotonic() < until, "the two slips are not counted"
        time.sleep(1)
    page.goto(f"{either.url}/w/mine")
    for text in texts:
        expect(page.get_by_text(text)).to_have_count(0)


def test_without_a_role_there_is_no_desk(open_page: OpenPage, server: Server) -> None:
    doors = ("/w/c/bike-parking/assist", "/w/c/bike-parking/cards.pdf")
    page = open_page("/w/staff", forgive=doors)
    expect(page).to_have_url(f"{server.url}/w/desk/sign-in?next=%2Fw%2Fdesk")
    for door in doors:
        page.goto(server.url + door)
        expect(page.locator("form.lj-say, a[href$='/assist']")).to_have_count(0)
        expect(page.get_by_role("heading", name=SAY("This did not work"))).to_be_visible()
