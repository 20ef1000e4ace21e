"""Making a campaign on the pages of the desk, without a script: from a template to its opening."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy import update

from core.database import Database
from core.language import translations
from people.access.actor import OPERATOR, Grant, Reach, Role
from people.access.permissions import Act
from serving.context import Context
from submissions.campaigns import lifecycle
from submissions.campaigns.lifecycle import close_campaign
from submissions.campaigns.models import Campaign
from submissions.prize_draws import draw_prizes, void_draw
from submissions.prize_draws.entries import Reason
from submissions.prize_draws.models import PrizeDraw
from submissions.proposals.queries import CampaignView, any_campaign
from tests.conftest import make_campaign, new_campaign
from tests.submissions.acting import act, moderate, trail
from tests.web.acting import QUESTIONS, filed, picture, row, say, sign_in
from tests.web.browsing import Browser, Page
from wording.campaign_editor import reason_names

HERE = Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, "110108017")
DESK = "/w/desk/campaigns"
NOW = datetime.now(UTC)
PARTS = ("texts", "area", "dates", "categories", "questions", "taking", "prizes", "cover")
SQUARE = json.dumps(shapely.geometry.mapping(shapely.box(116.305, 40.025, 116.315, 40.035)))


@pytest.fixture
def officer(resident: Browser, database: Database) -> Browser:
    """Give the browser of an officer, in a place with a public campaign."""
    make_campaign(database)
    sign_in(resident, database, HERE)
    return resident


@pytest.fixture
def autumn(officer: Browser) -> Browser:
    """Give the officer's browser with a draft made of the autumn's template."""
    page = officer.open(f"{DESK}/new?start=autumn")
    officer.send(page.form("/new"), slug="autumn")
    assert officer.answer.headers["location"] == f"{DESK}/autumn/edit/texts"
    return officer


def view(database: Database, slug: str = "autumn") -> CampaignView:
    with database.reading() as session:
        return any_campaign(session, OPERATOR, Act.MAKE_CAMPAIGN, slug)


def edit(browser: Browser, part: str, **typed: Any) -> Page:
    """Open a part, send its form filled in, and go where it leads."""
    page = browser.open(f"{DESK}/autumn/edit/{part}")
    page = browser.send(page.form(f"/edit/{part}"), **typed)
    return browser.follow() if browser.status == 303 else page


def test_from_a_template_to_an_open_campaign(
    autumn: Browser, neighbour: Browser, database: Database
) -> None:
    assert "四季焕新·秋" in autumn.follow().form("/edit/texts").one("theme")
    titles = {"title_zh": "清河的秋天", "title_en": "Autumn in Qinghe"}
    edit(autumn, "texts", **titles)
    assert view(database).texts["en"]["title"] == "Autumn in Qinghe"
    page = autumn.open(f"{DESK}/autumn/edit/area")
    autumn.send(page.form("/edit/area"), shape=SQUARE, how="drawn")
    assert view(database).area.bounds == (116.305, 40.025, 116.315, 40.035)
    # A question is added, typed, and saved.
    page = autumn.open(f"{DESK}/autumn/edit/questions")
    form = page.form("/edit/questions")
    count = int(form.one("n"))
    page = autumn.send(form, do="add", new_kind="single")
    form = page.form("/edit/questions")
    assert form.one("n") == str(count + 1)
    typed = {
        f"q{count}_label_zh": "您几点出门？",
        f"q{count}_label_en": "When do you leave home?",
        f"q{count}_options": "早上 | Morning\n晚上 | Evening | late",
        f"q{count}_required": "1",
    }
    autumn.send(form, do="save", **typed)
    assert autumn.status == 303, autumn.body
    asked = view(database).questions[-1]
    assert (asked["key"], asked["required"]) == ("when_do_you_leave_home", True)
    assert [each["key"] for each in asked["options"]] == ["morning", "late"]
    preview = autumn.open(f"{DESK}/autumn/preview")
    assert "清河的秋天" in preview.text
    assert "您几点出门？" in preview.text
    assert "disabled" in preview.all("button", class_="lj-send")[0]
    neighbour.open("/w/c/autumn")
    assert neighbour.status == 404
    run = autumn.open(f"{DESK}/autumn/edit/dates").form("/run")
    autumn.send(run, do="open")
    autumn.follow()
    assert "清河的秋天" in neighbour.open("/w/").text
    given = {
        "category": "parking",
        "q_wishes": "mark",
        "q_when_do_you_leave_home": "late",
        "latitude": "40.03",
    }
    say(neighbour, "autumn", **given)
    assert neighbour.status == 303, neighbour.body
    names = ["created", "edited", "opened"]
    told = trail(database, *(f"campaign_{name}" for name in names))
    assert {entry.action for entry in told if entry.account_id} >= {"campaign_edited"}


@pytest.mark.parametrize("part", PARTS)
def test_each_part_saves_what_it_shows(
    autumn: Browser, database: Database, room: Context, part: str
) -> None:
    before = view(database)
    if part == "cover":
        page = autumn.open(f"{DESK}/autumn/edit/cover")
        files = [("cover", ("a.jpg", picture(), "image/jpeg"))]
        autumn.send(page.form("/edit/cover"), files=files)
        name = view(database).cover
        assert name is not None
        autumn.open(f"{DESK}/autumn/cover.jpg")
        assert autumn.status == 200
        assert autumn.answer.content == room.photos.read(name)
        page = autumn.open(f"{DESK}/autumn/edit/cover")
        autumn.send(page.forms[-1], files=[("none", ("", b"", "text/plain"))])
        assert view(database).cover is None
        return
    if part == "area":
        page = autumn.open(f"{DESK}/autumn/edit/area")
        autumn.send(page.form("/edit/area"), how="drawn", shape="")
        assert autumn.status == 422
        codes = ["110108017001", "110108017003"]
        chosen = next(form for form in page.forms if "codes" in form.offered)
        autumn.send(chosen, how="communities", codes=codes)
        assert view(database).area.bounds == (116.30, 40.02, 116.34, 40.04)
        return
    page = autumn.open(f"{DESK}/autumn/edit/{part}")
    autumn.send(page.form(f"/edit/{part}"))
    assert autumn.status == 303, autumn.body
    after = view(database)
    names = set(CampaignView.__dataclass_fields__) - {"area", "phases"}
    for name in names:
        if name != "questions":
            assert getattr(after, name) == getattr(before, name), name
    # Written anew from the form, they say the same.
    assert [each.model_dump() for each in after.asked_ever] == [
        each.model_dump() for each in before.asked_ever
    ]
    assert {key: datetime.fromisoformat(at) for key, at in after.phases.items()} == {
        key: datetime.fromisoformat(at) for key, at in before.phases.items()
    }


REFUSED = {
    "texts": {"title_en": "x" * 80, "theme": "还在"},
    "dates": {"closes_at": "2020-01-01T09:00", "answered": ""},
    "categories": {"c0_zh": "", "c1_zh": "还在"},
    "questions": {"q0_label_en": "", "q1_label_zh": "还在"},
    "taking": {"alike": "很像", "facility_zh": "还在"},
    "prizes": {"draw": "1", "winners": "很多", "claim_zh": "还在"},
}


@pytest.mark.parametrize("part", REFUSED)
def test_what_was_typed_survives_a_refusal(autumn: Browser, database: Database, part: str) -> None:
    before = view(database)
    page = edit(autumn, part, **REFUSED[part])
    assert autumn.status == 422, autumn.body
    assert page.by_id["problem-form"].strip()
    form = page.form(f"/edit/{part}")
    for name, typed in REFUSED[part].items():
        assert form.one(name) == typed, name
    assert view(database) == before


def test_two_people_at_one_part(autumn: Browser, neighbour: Browser, database: Database) -> None:
    mine = autumn.open(f"{DESK}/autumn/edit/texts").form("/edit/texts")
    sign_in(neighbour, database, Role.ADMINISTRATOR)
    edit(neighbour, "texts", theme="别人先存")
    page = autumn.send(mine, theme="我后存")
    assert autumn.status == 409
    form = page.form("/edit/texts")
    assert form.one("theme") == "我后存"
    assert view(database).theme == "别人先存"
    autumn.send(form)  # looked at, and saved once more
    assert autumn.status == 303
    assert view(database).theme == "我后存"


def test_rows_move_and_go_without_being_saved(autumn: Browser, database: Database) -> None:
    before = view(database)
    page = autumn.open(f"{DESK}/autumn/edit/questions")
    keys = [each["key"] for each in before.questions]
    for do, expected in (
        ("down:0", [keys[1], keys[0], *keys[2:]]),
        ("up:1", keys),
        ("remove:0", keys[1:]),
        ("up:0", keys[1:]),
        ("remove:99", keys[1:]),
        ("nonsense", keys[1:]),
    ):
        page = autumn.send(page.form("/edit/questions"), do=do)
        form = page.form("/edit/questions")
        assert [form.one(f"q{at}_key") for at in range(int(form.one("n")))] == expected, do
    page = autumn.open(f"{DESK}/autumn/edit/categories")
    page = autumn.send(page.form("/edit/categories"), do="add")
    form = page.form("/edit/categories")
    assert form.one("n") == "4"
    page = autumn.send(form, do="save", c3_zh="别的事", c3_en="Something else")
    assert [each["key"] for each in view(database).categories][3] == "something_else"
    assert view(database).questions == before.questions


def test_questions_with_answers_are_changed_after_a_yes(
    officer: Browser, neighbour: Browser, database: Database
) -> None:
    new = new_campaign(slug="autumn", subdistrict=HERE.code, questions=QUESTIONS)
    act(database, lifecycle.create_draft, OPERATOR, new)
    act(database, lifecycle.open_campaign, OPERATOR, "autumn", now=NOW)
    say(neighbour, "autumn", q_when="evening", q_wishes="seats")
    page = officer.open(f"{DESK}/autumn/edit/questions")
    page = officer.send(page.form("/edit/questions"), do="remove:1")
    page = officer.send(page.form("/edit/questions"), do="save")
    assert officer.status == 200
    assert page.all("input", name="confirmed")
    assert len(view(database).questions) == 3
    officer.send(page.form("/edit/questions"), do="save", confirmed="1")
    assert len(view(database).questions) == 2
    neighbour.open("/api/campaigns/autumn/proposals.geojson")
    (feature,) = neighbour.answer.json()["features"]
    assert feature["properties"]["q_wishes_seats"] is True
    preview = officer.open(f"{DESK}/autumn/questions-preview")
    assert "什么时候?" in preview.text
    assert "想要什么?" not in preview.text


DOORS = [
    ("get", DESK),
    ("get", f"{DESK}/new"),
    ("post", f"{DESK}/new"),
    *(("get", f"{DESK}/autumn/edit/{part}") for part in PARTS),
    *(("post", f"{DESK}/autumn/edit/{part}") for part in PARTS),
    ("get", f"{DESK}/autumn/preview"),
    ("get", f"{DESK}/autumn/ground.json"),
    ("get", f"{DESK}/autumn/cover.jpg"),
    ("get", f"{DESK}/autumn/questions-preview"),
    ("post", f"{DESK}/autumn/questions-preview"),
    ("post", f"{DESK}/autumn/run"),
    ("post", f"{DESK}/autumn/copy"),
    ("get", f"{DESK}/autumn/draw"),
    ("post", f"{DESK}/autumn/draw/list"),
    ("post", f"{DESK}/autumn/draw/seed"),
]
OTHER = Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, "110108018")


@pytest.mark.parametrize(
    "grant", [None, Role.SOCIAL_WORKER, Role.COMMUNITY_PLANNER, Role.DEPARTMENT, OTHER]
)
def test_a_draft_is_behind_locked_doors(
    autumn: Browser, neighbour: Browser, database: Database, grant: Any
) -> None:
    title = view(database).texts["zh_CN"]["title"]
    before = view(database)
    neighbour.open("/w/")
    if grant is not None:
        sign_in(neighbour, database, grant)
    for method, address in DOORS:
        neighbour.answer = getattr(neighbour.client, method)(address)
        own = grant == OTHER and address in {DESK, f"{DESK}/new"}
        if not own:
            assert neighbour.status == (303 if grant is None else 404), (method, address)
        assert title not in neighbour.body
        if own:
            assert neighbour.status in {200, 403, 422}, (method, address)
    assert view(database) == before


def test_a_page_of_another_site_changes_nothing(autumn: Browser, database: Database) -> None:
    before = view(database)
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    for part in ("texts", "dates"):
        form = autumn.open(f"{DESK}/autumn/edit/{part}").form(f"/edit/{part}")
        autumn.send(form, headers=foreign, theme="x", title_en="x")
        assert autumn.status == 403
    run = autumn.open(f"{DESK}/autumn/edit/texts").form("/run")
    autumn.send(run, headers=foreign, do="open")
    assert autumn.status == 403
    assert view(database) == before


class TestDraw:
    @pytest.fixture
    def closed(self, officer: Browser, neighbour: Browser, database: Database) -> str:
        """Give the code of a neighbour's proposal in a campaign with prizes that has closed."""
        prize = {"winners": 1, "claim": {"zh_CN": "来领", "en": "Come"}}
        new = new_campaign(slug="autumn", subdistrict=HERE.code, prize=prize)
        act(database, lifecycle.create_draft, OPERATOR, new)
        act(database, lifecycle.open_campaign, OPERATOR, "autumn", now=NOW)
        say(neighbour, "autumn")
        code = neighbour.answer.headers["location"].rpartition("/")[2].partition("?")[0]
        act(database, close_campaign, OPERATOR, "autumn", now=datetime.now(UTC))
        return str(code)

    def test_the_whole_draw(
        self, officer: Browser, neighbour: Browser, database: Database, closed: str
    ) -> None:
        stranger = neighbour
        assert "来领" in stranger.open("/w/c/autumn/draw").text
        for name in ("entries.txt", "record.json"):
            stranger.open(f"/w/c/autumn/draw/{name}")
            assert stranger.status == 404
        page = officer.open(f"{DESK}/autumn/draw")
        form = page.form("/draw/list")
        page = officer.send(form, source="某期彩票", known_from="")
        assert officer.status == 422
        assert page.form("/draw/list").one("source") == "某期彩票"
        later = (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        officer.send(form, source="某期彩票", known_from=later)
        assert officer.status == 303, officer.body
        assert not [f for f in officer.open(f"{DESK}/autumn/draw").forms if "seed" in f.action]

        def let_time_pass(session: Any) -> None:
            rules = {"known_from": (NOW - timedelta(days=1)).isoformat()}
            found = session.query(PrizeDraw).one()
            session.execute(update(PrizeDraw).values(rules=found.rules | rules))

        database.write(let_time_pass)
        page = officer.open(f"{DESK}/autumn/draw")
        officer.send(page.form("/draw/seed"), seed="1 2 3")
        assert officer.status == 303, officer.body
        officer.send(page.form("/draw/seed"), seed="1 2 4")
        assert officer.status == 409
        told = stranger.open("/w/c/autumn/draw")
        record = stranger.client.get("/w/c/autumn/draw/record.json").json()
        listed = stranger.client.get("/w/c/autumn/draw/entries.txt").text
        (entry,) = record["entries"]
        assert record["drawn"] == [entry]
        assert listed.split()[-1] == entry
        assert entry in told.text
        assert record["digest"] in told.text
        assert entry in stranger.open(f"/w/r/{closed}").text
        public_id = row(database, closed).public_id
        assert entry not in stranger.open(f"/w/p/{public_id}").text
        for secret in (closed, public_id):
            assert (
                secret not in json.dumps(record) + listed + stranger.open("/w/c/autumn/draw").text
            )

    def test_a_list_is_declared_void_before_everybodys_eyes(
        self, officer: Browser, neighbour: Browser, database: Database, closed: str
    ) -> None:
        stranger, desk = neighbour, f"{DESK}/autumn/draw"
        later = (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        form = officer.open(desk).form("/draw/list")
        officer.send(form, source="某期彩票", known_from=later)
        page = officer.open(f"{desk}?lang=en")
        void = page.form("/draw/void")
        digest = void.one("digest")
        assert "knowing" not in void.offered
        page = officer.send(void, reason=" ")
        assert officer.status == 422
        assert "Please say why" in page.text
        page = officer.send(void, reason="<b>漏了纸质建议</b>", digest="0" * 64)
        assert officer.status == 409
        assert page.form("/draw/void").one("reason") == "<b>漏了纸质建议</b>"
        assert "declared void" not in stranger.open("/w/c/autumn/draw?lang=en").text
        officer.send(void, reason="<b>漏了纸质建议</b>")
        assert officer.status == 303, officer.body
        told = stranger.open("/w/c/autumn/draw?lang=en")
        assert "The list was declared void, and nobody has won by it." in told.text
        assert "before anybody could know" in told.text
        assert "<b>漏了纸质建议</b>" in told.text
        assert digest in told.text
        for name in ("draw/record.json", "draw/1/record.json"):
            record = stranger.client.get(f"/w/c/autumn/{name}").json()
            assert record["void"]["reason"] == "<b>漏了纸质建议</b>"
            assert record["digest"] == digest
        assert "was declared void" in stranger.open(f"/w/r/{closed}?lang=en").text
        # A new list, which names the void one; the void one stays.
        officer.send(officer.open(desk).form("/draw/list"), source="下一期", known_from=later)
        told = stranger.open("/w/c/autumn/draw?lang=en")
        assert "The list was declared void" not in told.text
        assert "takes the place of a void list" in told.text
        record = stranger.client.get("/w/c/autumn/draw/record.json").json()
        assert (record["replaces"], record["void"]) == (digest, None)
        listed = stranger.client.get("/w/c/autumn/draw/1/entries.txt").content
        assert hashlib.sha256(listed).hexdigest() == digest
        for number in ("3", "0", "-1", "x", "9" * 30):
            stranger.open(f"/w/c/autumn/draw/{number}/record.json")
            assert stranger.status == 404
        assert "was declared void" not in stranger.open(f"/w/r/{closed}?lang=en").text
        # The button of a page that shows the list of before declares nothing void.
        officer.send(void, reason="还是作废")
        assert officer.status == 409
        # Once the seed may be known, what follows has to be confirmed.
        known = {"known_from": (NOW - timedelta(days=1)).isoformat()}

        def let_time_pass(session: Any) -> None:
            for draw in session.query(PrizeDraw).filter(PrizeDraw.voided_at.is_(None)):
                draw.rules = draw.rules | known

        database.write(let_time_pass)
        page = officer.open(f"{desk}?lang=en")
        assert "The source of the seed is public" in page.text
        void = page.form("/draw/void")
        page = officer.send(void, reason="又错了", knowing="")
        assert officer.status == 409
        assert "confirm that you have" in page.text
        officer.send(void, reason="又错了", knowing="1")
        assert officer.status == 303, officer.body
        told = stranger.open("/w/c/autumn/draw?lang=en")
        assert "the source of the seed was public already" in told.text
        for count, text in ((1, "漏了纸质建议"), (1, "又错了")):
            assert told.text.count(text) == count

    def test_letters_point_to_no_address_that_a_request_made_up(
        self,
        officer: Browser,
        neighbour: Browser,
        database: Database,
        closed: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        seen: list[str] = []

        def watched(*_given: Any, base: str, **_named: Any) -> None:
            seen.append(base)

        monkeypatch.setattr(draw_prizes, "draw_prizes", watched)
        monkeypatch.setattr(void_draw, "void_draw", watched)
        form = officer.open(f"{DESK}/autumn/draw").form("/draw/list")
        later = (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        officer.send(form, source="某期彩票", known_from=later)
        void = officer.open(f"{DESK}/autumn/draw").form("/draw/void")
        host = {"host": "evil.example", "origin": "http://evil.example"}
        officer.send(void, headers=host, reason="x")
        officer.client.post(f"{DESK}/autumn/draw/seed", data={"seed": "1"}, headers=host)
        assert len(seen) == 2
        assert not [base for base in seen if "evil" in base]

    def test_it_says_where_to_go_and_why_nobody_can_win(
        self, officer: Browser, neighbour: Browser, database: Database
    ) -> None:
        prize = {"winners": 1, "claim": {"zh_CN": "来领", "en": "Come"}}
        new = new_campaign(slug="autumn", subdistrict=HERE.code, prize=prize)
        act(database, lifecycle.create_draft, OPERATOR, new)
        act(database, lifecycle.open_campaign, OPERATOR, "autumn", now=NOW)
        say(neighbour, "autumn")
        code = neighbour.answer.headers["location"].rpartition("/")[2].partition("?")[0]
        page = officer.open(f"{DESK}/autumn/draw?lang=en")
        assert page.all("a", href=f"{DESK}/autumn/edit/dates", class_="lj-button")
        moderate(database, row(database, code).public_id, "hidden")
        act(database, close_campaign, OPERATOR, "autumn", now=datetime.now(UTC))
        form = officer.open(f"{DESK}/autumn/draw").form("/draw/list")
        later = (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        page = officer.send(form, source="某期彩票", known_from=later)
        assert officer.status == 409
        assert f"{reason_names(translations('en'))[Reason.HIDDEN]}: 1" in page.text

    def test_without_a_draw_there_is_no_page(
        self, officer: Browser, neighbour: Browser, database: Database
    ) -> None:
        for address in ("/w/c/test-campaign/draw", "/w/c/none/draw", "/w/c/none/cover.jpg"):
            neighbour.open(address)
            assert neighbour.status == 404


def test_pages_say_the_phase_and_what_comes_next(
    resident: Browser, neighbour: Browser, database: Database
) -> None:
    campaign = make_campaign(database)
    code = filed(resident)
    public_id = row(database, code).public_id
    day = timedelta(days=1)

    def moved(**values: Any) -> None:
        database.write(lambda session: session.execute(update(Campaign).values(**values)))

    pages = (f"/w/p/{public_id}", f"/w/c/{campaign.slug}")
    moved(opens_at=NOW - 9 * day, closes_at=NOW - 6 * day)
    page = neighbour.open(pages[0])
    assert [form for form in page.forms if form.action.endswith("/comments")]
    later = {"deliberating": (NOW - 3 * day).isoformat(), "answered": (NOW - day).isoformat()}
    moved(phases=later)
    page = neighbour.open(pages[0])
    assert "disabled" in page.all("button", aria_pressed="false")[0]
    told = neighbour.open(pages[1])
    assert len(told.all("p", class_="lj-note lj-phase")) == 1
    moved(archived_at=NOW - timedelta(hours=1))
    page = neighbour.open(pages[0])
    assert not [form for form in page.forms if form.action.endswith("/comments")]
    for kept in ("/report", "/follow"):  # building takes years
        assert [form for form in page.forms if form.action.endswith(kept)]
    neighbour.answer = neighbour.client.post(f"/w/p/{public_id}/support")
    assert neighbour.status == 409
    page = say(neighbour)
    assert neighbour.status == 409


def test_a_new_campaign_that_cannot_be(officer: Browser, database: Database) -> None:
    form = officer.open(f"{DESK}/new").form("/new")
    for slug in ("test-campaign", "Not so", "a" * 70):
        page = officer.send(form, slug=slug, title_zh="还在")
        assert officer.status == 422, slug
        assert page.form("/new").one("title_zh") == "还在"
    officer.send(form, start="blank", title_en="Lanes & yards!")
    assert officer.status == 303
    made = officer.answer.headers["location"].split("/")[4]
    assert made.startswith("lanes-yards")
    assert view(database, made).subdistrict == HERE.code
    page = officer.send(officer.open(f"{DESK}/{made}/edit/dates").form("/run"), do="open")
    assert officer.status == 422  # there is no question yet


def test_a_title_in_one_language_leaves_none_of_the_template(
    officer: Browser, database: Database
) -> None:
    form = officer.open(f"{DESK}/new?start=autumn&lang=en").form("/new")
    officer.send(form, slug="one-title", title_zh="清河单车停哪儿？")
    page = officer.follow()
    assert "The template's title in the other language was taken out" in page.text
    texts = view(database, "one-title").texts
    assert (texts["zh_CN"]["title"], texts["en"]["title"]) == ("清河单车停哪儿？", "")
    assert texts["en"]["question"]
    officer.send(form, slug="no-title")
    assert view(database, "no-title").texts["en"]["title"]
    page = officer.open(f"{DESK}/no-title/edit/dates?lang=en")
    assert "is overwritten with this minute" in page.text


def test_an_area_beyond_all_communities_says_so(
    officer: Browser, open_browser: Callable[..., Browser], database: Database
) -> None:
    officer.send(officer.open(f"{DESK}/new?start=autumn&lang=en").form("/new"), slug="autumn")
    administrator = open_browser()
    sign_in(administrator, database, Role.ADMINISTRATOR)
    administrator.open("/w/?lang=en")
    for west, east, said in (
        (116.31, 116.315, "The area has"),
        (116.31, 116.36, "of it lies in no community: proposals there are taken"),
        (121.31, 121.32, "It lies in no community at all"),
    ):
        ring = shapely.geometry.mapping(shapely.box(west, 40.03, east, 40.035))
        page = edit(administrator, "area", how="drawn", shape=json.dumps(ring))
        assert said in page.text, west
        assert "EPSG:4326" not in page.text
        assert ("no community" in page.text) is (east > 116.32)


def test_a_copy(autumn: Browser, database: Database, open_browser: Callable[..., Browser]) -> None:
    form = autumn.open(DESK).form("/autumn/copy")
    autumn.send(form, name="autumn-2")
    assert autumn.status == 303
    assert view(database, "autumn-2").questions == view(database).questions
    autumn.send(form, name="autumn-2")
    assert autumn.status == 422
    assert open_browser().open("/w/c/autumn-2") is not None
