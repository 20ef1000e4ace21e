"""Moderating: by keys at a desk, by finger on a phone, by two at once, and many together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from core.language import translations
from core.settings import Settings
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor, Role
from serving.context import make_context
from submissions.campaigns.models import Campaign
from submissions.participation.filing import file_proposal
from submissions.participation.models import Photo
from submissions.participation.photos import take_photo
from submissions.participation.proposal_draft import DraftProposal
from submissions.proposals.models import Proposal
from tests.browser.residents import Ground, drag
from tests.browser.walking import (
    DESK,
    PHONE,
    OpenPage,
    Server,
    look_at,
    on_screen,
    overflow,
    sign_in,
    tap,
)

SAY = translations("en").gettext
SLUG = "bike-parking"


def waiting(
    server: Server, ground: Ground, *texts: str, photo: bool = False, shown: bool = False
) -> list[str]:
    """File proposals, each of a device of its own, a minute after each other; none is shown yet.

    What waited before, in another test, is put away.
    """
    now = datetime.now(UTC) - timedelta(hours=1)
    made = []
    left = update(Proposal).where(Proposal.status == "received").values(status="hidden")
    with server.database() as database:
        database.write(lambda s: s.execute(left) and None)
        if not shown:
            database.write(
                lambda s: s.execute(update(Campaign).values(publish_on_filing=False)) and None
            )
        with database.reading() as session:
            campaign = session.scalar(select(Campaign.id).where(Campaign.slug == SLUG))
        place = ground.quiet()
        for n, text in enumerate(texts):
            actor, moment = Actor(uuid4().hex), now + timedelta(minutes=n)
            names = ()
            if photo:
                store = make_context(database, Settings(var_dir=server.var_dir)).photos
                names = (take_photo(database, store, actor, chequered(), now=now)[0],)
            draft = DraftProposal(
                uuid4().hex,
                place[0] + n * 1e-4,
                place[1],
                "bike_parking",
                text,
                "lives",
                photos=names,
            )
            filed = database.write(
                lambda s, a=actor, d=draft, m=moment: file_proposal(s, a, campaign, d, now=m)
            )
            made.append(filed.public_id)
        waits = update(Proposal).where(Proposal.public_id.in_(made), Proposal.status == "held")
        waits = waits.values(status="received", held_reason=None)  # whatever their words
        database.write(lambda s: s.execute(waits) and None)
        database.write(
            lambda s: s.execute(update(Campaign).values(publish_on_filing=True)) and None
        )
    return made


def chequered() -> bytes:
    """Return a picture of small black and white squares."""
    small = Image.effect_noise((60, 40), 120)
    content = BytesIO()
    small.resize((600, 400), Image.Resampling.NEAREST).convert("RGB").save(content, "JPEG")
    return content.getvalue()


def stored(server: Server, public_id: str) -> Proposal:
    with server.database() as database, database.reading() as session:
        return session.scalars(select(Proposal).where(Proposal.public_id == public_id)).one()


def at_desk(
    open_page: OpenPage, server: Server, role: Role = Role.SOCIAL_WORKER, **window: object
) -> Page:
    page = open_page("about:blank", lang="en", **window)
    sign_in(page, server, role)
    return page


def open_from_list(page: Page, server: Server, text: str, tab: str = "new") -> None:
    page.goto(f"{server.url}/w/desk/queue?tab={tab}&campaign={SLUG}")
    page.get_by_role("link", name=text).first.click()
    expect(page.locator("h1.lj-text")).to_contain_text(text)
    page.wait_for_load_state("networkidle")


def test_a_queue_is_read_by_keys(open_page: OpenPage, server: Server, ground: Ground) -> None:
    mark = uuid4().hex[:8]
    texts = [f"{mark} 第{n}条" for n in "一二三四"]
    ids = waiting(server, ground, *texts)
    refused = f"/w/desk/queue/{ids[2]}/status"
    page = at_desk(open_page, server, size=DESK, forgive=(refused,))
    open_from_list(page, server, texts[0])
    heading = page.locator("h1.lj-text")
    page.keyboard.press("?")
    help_box = page.get_by_role("dialog")
    expect(help_box).to_be_visible()
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    expect(help_box).to_be_hidden()
    assert stored(server, ids[0]).status == "received"
    page.keyboard.press("p")
    expect(heading).to_have_text(texts[1])
    expect(page.locator(".lj-told")).to_contain_text("Published.")
    assert stored(server, ids[0]).status == "published"
    page.keyboard.press("h")
    page.keyboard.press("2")
    expect(heading).to_have_text(texts[2])
    expect(page.locator(".lj-told")).to_contain_text("Held.")
    assert stored(server, ids[1]).status == "held"
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    expect(heading).to_have_text(texts[3])
    page.keyboard.press("k")
    expect(heading).to_have_text(texts[2])
    page.wait_for_load_state("networkidle")
    page.keyboard.press("e")
    field = page.locator("textarea[name=text]")
    expect(field).to_be_focused()
    page.keyboard.type("phx")
    expect(field).to_have_value(texts[2] + "phx")
    assert stored(server, ids[2]).status == "received"
    field.fill(texts[2])
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    page.get_by_label("Another reason").locator("visible=true").first.fill("为了试一试")
    page.keyboard.press("Enter")
    expect(heading).to_have_text(texts[3])
    expect(page.locator(".lj-told")).to_contain_text("Hidden.")
    page.keyboard.press("u")
    expect(page.locator(".lj-told")).to_contain_text("Undone.")
    assert stored(server, ids[2]).status == "received"

    # What a colleague does meanwhile is not undone unawares, and what was typed is not lost.
    expect(heading).to_have_text(texts[2])
    page.wait_for_load_state("networkidle")
    with server.database() as database:
        database.write(
            partial(
                change_status,
                actor=OPERATOR,
                public_id=ids[2],
                status="published",
                reason="读过了",
                now=datetime.now(UTC),
            )
        )
    page.keyboard.press("x")
    reason = page.get_by_label("Another reason").locator("visible=true").first
    reason.fill("写了很久的理由")
    page.keyboard.press("Enter")
    expect(page.locator(".lj-problem")).to_contain_text("Someone changed this meanwhile")
    expect(heading).to_have_text(texts[2])
    expect(reason).to_have_value("写了很久的理由")
    assert stored(server, ids[2]).status == "published"


@pytest.mark.everything
def test_a_queue_is_read_by_finger(open_page: OpenPage, server: Server, ground: Ground) -> None:
    mark = uuid4().hex[:8]
    texts = [f"{mark} 请打13812345678", f"{mark} 第二条"]
    ids = waiting(server, ground, *texts, photo=True)
    page = at_desk(open_page, server, size=PHONE)
    page.goto(f"{server.url}/w/desk/queue?tab=new&campaign={SLUG}")
    page.get_by_role("link", name=texts[0]).tap()
    expect(page.locator("mark")).to_contain_text("13812345678")
    page.get_by_role("button", name="Black out what is ticked").tap()
    expect(page.locator("h1.lj-text")).to_have_text(f"{mark} 请打■■■")
    page.locator(".lj-decide summary", has_text="Hide").tap()
    page.get_by_role("button", name="It is an advertisement").locator("visible=true").tap()
    expect(page.locator("h1.lj-text")).to_have_text(texts[1])
    expect(page.locator(".lj-told")).to_contain_text("Hidden.")
    assert stored(server, ids[0]).status == "hidden"
    assert overflow(page) == 0
    page.get_by_role("button", name="Undo it").first.tap()
    expect(page.locator(".lj-told")).to_contain_text("Undone.")
    assert stored(server, ids[0]).status == "received"


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(DESK, id="mouse", marks=pytest.mark.everything),
        pytest.param(PHONE, id="finger"),
    ],
)
def test_a_face_is_made_unrecognisable(
    open_page: OpenPage, server: Server, ground: Ground, size: dict[str, int]
) -> None:
    text = f"{uuid4().hex[:8]} 有照片"
    [public_id] = waiting(server, ground, text, photo=True)
    page = at_desk(open_page, server, size=size)
    open_from_list(page, server, text, "photos")
    page.get_by_text("Make a part unrecognisable").click()
    frame = page.locator(".lj-blur-frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box is not None
    start = (box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    drag(page, start, (start[0] + 0.3 * box["width"], start[1] + 0.4 * box["height"]))
    expect(page.locator(".lj-blur-box")).to_have_count(1)
    page.get_by_role("button", name="Add a box").click()
    for key in ("ArrowRight", "Shift+ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    drawn = page.evaluate("() => JSON.parse(document.querySelector('[name=regions]').value)")
    assert drawn[0] == pytest.approx([0.2, 0.2, 0.3, 0.4], abs=0.03)
    assert drawn[1] == pytest.approx([0.41, 0.39, 0.2, 0.21])
    page.keyboard.press("Delete")
    expect(page.locator(".lj-blur-box")).to_have_count(1)
    page.get_by_role("button", name="Make it unrecognisable").click()
    expect(page.get_by_text("a part is unrecognisable")).to_be_visible()
    with server.database() as database, database.reading() as session:
        files = session.scalars(
            select(Photo.file).join(Proposal).where(Proposal.public_id == public_id)
        ).all()
    assert files != [None]


def test_the_pin_is_moved_by_dragging_never_by_a_tap(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    text = f"{uuid4().hex[:8]} 图钉放错了"
    [public_id] = waiting(server, ground, text)
    before = stored(server, public_id)
    page = at_desk(open_page, server, size=DESK)
    open_from_list(page, server, text)
    pin = page.locator(".lujian-drop").first
    expect(pin).to_be_visible()
    look_at(page, before.longitude, before.latitude, 18)
    tap(page, before.longitude + 3e-4, before.latitude)
    expect(page.locator("input[name=longitude]")).to_have_value(f"{before.longitude:.6f}")
    tip = on_screen(page, before.longitude, before.latitude)
    wanted = on_screen(page, before.longitude + 2e-4, before.latitude)
    drag(page, (tip[0], tip[1] - 20), (wanted[0], wanted[1] - 20))
    expect(page.locator(".lj-shift")).to_contain_text("The pin has been moved by 17 m")
    page.locator(".lj-correct .lj-chip", has_text="The pin stood in the wrong place").click()
    page.locator(".lj-correct").get_by_role("button", name="Save").click()
    expect(page.locator(".lj-told")).to_contain_text("Corrected.")
    moved = stored(server, public_id)
    assert moved.longitude == pytest.approx(before.longitude + 2e-4, abs=2e-5)


@pytest.mark.everything
def test_two_moderators_meet_at_one_proposal(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    mark = uuid4().hex[:8]
    texts = [f"{mark} 两个人看", f"{mark} 后面一条"]
    ids = waiting(server, ground, *texts)
    refused = f"/w/desk/queue/{ids[0]}/status"
    one = at_desk(open_page, server, size=DESK, forgive=(refused,))
    other = at_desk(open_page, server, Role.SUBDISTRICT_OFFICER, size=DESK)
    open_from_list(one, server, texts[0])
    open_from_list(other, server, texts[0])
    expect(other.locator(".lj-busy")).to_be_visible()
    other.keyboard.press("e")
    other.locator("textarea[name=text]").fill(f"{mark} 同事改过的")
    other.locator(".lj-correct .lj-chip", has_text="Slip of the pen").click()
    other.locator(".lj-correct").get_by_role("button", name="Save").click()
    expect(other.locator(".lj-told")).to_contain_text("Corrected.")
    one.locator(".lj-decide summary", has_text="Hide").click()
    reason = one.locator(".lj-decide details[open] input[name=reason]")
    reason.fill("写了很久的理由")
    reason.press("Enter")
    expect(one.locator(".lj-problem")).to_contain_text("Someone changed this meanwhile")
    expect(one.locator("h1.lj-text")).to_have_text(texts[0])
    expect(reason).to_have_value("写了很久的理由")
    assert stored(server, ids[0]).status == "received"
    assert stored(server, ids[0]).text == f"{mark} 同事改过的"


@pytest.mark.everything
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_two_that_say_the_same_are_joined_and_parted(
    open_page: OpenPage, server: Server, ground: Ground, size: dict[str, int]
) -> None:
    text = f"{uuid4().hex[:8]} 地铁口的停车线请画宽一点"
    kept, joined = waiting(server, ground, text, f"{text}，谢谢", shown=True)
    page = at_desk(open_page, server, size=size)
    page.goto(f"{server.url}/w/desk/queue/{kept}")
    pair = page.locator(".lj-plain li", has_text="谢谢").first
    pair.get_by_role("button", name="Join it to this one").click()
    expect(page.locator(".lj-told")).to_contain_text("They are joined.")
    assert stored(server, joined).status == "merged"
    page.get_by_role("button", name="Part them again").click()
    expect(page.locator(".lj-told")).to_contain_text("They are parted again.")
    assert stored(server, joined).status == "published"
    assert overflow(page) == 0


@pytest.mark.everything
def test_a_pin_that_is_not_shown_yet_opens_for_a_moderator(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    text = f"{uuid4().hex[:8]} 还没人看过"
    [public_id] = waiting(server, ground, text)
    at = stored(server, public_id)
    page = at_desk(open_page, server, size=DESK)
    near = f"{at.longitude:.5f},{at.latitude:.5f},19"
    page.goto(f"{server.url}/planner?campaign={SLUG}&status=received&at={near}&lang=en")
    page.locator(".lujian-pin").first.click()
    card = page.locator(".lujian-popup section")
    expect(card).to_contain_text(text)
    expect(card.locator("strong")).to_contain_text("· New")
    with page.context.expect_page() as opened:
        card.get_by_role("link").click()
    expect(opened.value.locator("h1.lj-text")).to_have_text(text)
    assert f"/w/desk/queue/{public_id}" in opened.value.url


@pytest.mark.everything
def test_all_that_is_drawn_around_gets_a_reply(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    mark = uuid4().hex[:8]
    ids = waiting(server, ground, *(f"{mark} 第{n}条" for n in "一二三"), shown=True)
    middle = stored(server, ids[1])
    page = at_desk(open_page, server, size=DESK)
    page.goto(f"{server.url}/w/desk/bulk?campaign={SLUG}&status=published&text={mark}")
    expect(page.get_by_text("3 proposals are selected")).to_be_visible()
    look_at(page, middle.longitude, middle.latitude, 19)
    for dx, dy in ((-1.5e-4, -5e-5), (5e-5, -5e-5), (5e-5, 5e-5), (-1.5e-4, 5e-5)):
        tap(page, middle.longitude + dx, middle.latitude + dy)
    page.get_by_role("button", name="Select").click()
    expect(page.get_by_text("2 proposals are selected")).to_be_visible()
    page.locator("summary", has_text="Reply officially").click()
    page.get_by_label("In whose name").fill("清河街道")
    page.get_by_label("Reply, as residents read it").fill("{community}的建议收到，下月画线。")
    page.locator("details[open]").get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("2 proposals would change.")).to_be_visible()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("2 of 2 done")).to_be_visible(timeout=30_000)
    for public_id, told in zip(ids, (1, 1, 0), strict=True):
        page.goto(f"{server.url}/w/p/{public_id}")
        expect(page.get_by_text("下月画线")).to_have_count(told)


def test_filters_are_folded_on_a_phone_until_they_are_used(
    open_page: OpenPage, server: Server
) -> None:
    page = at_desk(open_page, server, Role.ADMINISTRATOR, size=PHONE)
    page.goto(f"{server.url}/w/desk/queue?tab=all")
    box = page.locator("details.lj-narrowing")
    show = box.get_by_role("button", name="Show")
    expect(show).to_be_hidden()
    box.locator("summary").tap()
    box.locator("[name=text]").fill("zzzz")
    show.tap()
    page.wait_for_url("**text=zzzz**")
    expect(box.locator("[name=text]")).to_have_value("zzzz")
    expect(show).to_be_visible()
    expect(page.get_by_text("Nothing was found.").first).to_be_visible()
    assert overflow(page) == 0
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.goto(f"{server.url}/w/desk/audit")
    expect(page.locator("details.lj-narrowing").get_by_role("button")).to_be_visible()
