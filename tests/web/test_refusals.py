"""Who may not: other sites, browsers without a device, whoever has no role; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pypdf
import pytest
from sqlalchemy import func, select

from core.database import Base, Database
from people.access.actor import Grant, Reach, Role
from people.access.permissions import ROLES, Act
from people.audit.models import AuditEntry
from serving.context import Context
from submissions.proposals.queries import CampaignView
from tests.web.acting import JSON, TYPED, filed, row, rows, sign_in
from tests.web.browsing import Browser
from tests.web.conftest import PUBLIC, site

OTHER_SITES = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver:8080"},
    {"origin": "http://["},
    {"origin": "file://"},
    {"origin": "testserver"},
    {"origin": "null"},
    {"sec-fetch-site": "same-origin", "origin": "null"},
]


def held_in(database: Database) -> dict[str, int]:
    """Count the rows of every table."""
    with database.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


@pytest.fixture
def room(make_room: Callable[..., Context]) -> Context:
    """Give rooms that send letters, so that every form can be sent."""
    return make_room(public_url=PUBLIC, smtp_url="smtp://localhost:25", mail_from="a@b.example")


@pytest.fixture
def staff(open_browser: Callable[..., Browser], database: Database) -> Browser:
    browser = open_browser()
    sign_in(browser, database, Role.SOCIAL_WORKER)
    return browser


@pytest.fixture
def forms(
    resident: Browser, neighbour: Browser, database: Database, campaign: CampaignView
) -> list[tuple[Browser, str, dict[str, str]]]:
    """Give every form that a device may send, with what would be accepted from it."""
    public_id = row(database, filed(resident)).public_id
    waiting = row(database, filed(resident, text="另外说的一句话啊", website="x"))
    neighbour.open("/w/")
    here = f"/w/p/{public_id}"
    neighbour.client.post(f"{here}/comments", data={"text": "说一句", "client_token": "c"})
    page = neighbour.open(here)
    taken_back = next(form.action for form in page.forms if form.action.endswith("/withdraw"))
    again = row(database, filed(resident, text="还要说的一句话啊", website="x"))
    changed = f"/w/p/{waiting.public_id}/change?{urlencode({'updated': waiting.updated})}"
    say = {**TYPED, "text": "又一条不同的建议", "client_token": "t", "placed_by": "tap"}
    return [
        (neighbour, f"/w/c/{campaign.slug}/say", say),
        (neighbour, f"{here}/support", {}),
        (neighbour, f"{here}/comments", {"text": "再说一句", "client_token": "d"}),
        (neighbour, taken_back, {}),
        (neighbour, f"{here}/report", {"reason": "other"}),
        (neighbour, f"{here}/follow", {"on": "1"}),
        (neighbour, f"{here}/follow", {"contact": "li@example.org", "consent": "1"}),
        (resident, changed, {**TYPED, "text": "在表里改了"}),
        (resident, f"/w/p/{again.public_id}/withdraw", {}),
        (resident, f"/w/p/{waiting.public_id}/withdraw", {}),
        (resident, f"{here}/withdraw", {}),
    ]


def test_no_other_site_can_send_any_form(
    forms: list[tuple[Browser, str, dict[str, str]]], database: Database
) -> None:
    before = held_in(database)
    states = [(each.status, each.text) for each in rows(database)]
    for browser, address, data in forms:
        for headers in OTHER_SITES:
            answer = browser.client.post(address, data=data, headers=headers)
            assert answer.status_code == 403, (address, headers)
            assert answer.headers["content-type"].startswith("text/html")
        device = dict(browser.client.cookies)
        browser.client.cookies.clear()
        assert browser.client.post(address, data=data).status_code in {403, 404}, address
        browser.client.cookies.update(device)
    assert held_in(database) == before
    assert [(each.status, each.text) for each in rows(database)] == states


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "same-origin", "origin": "http://testserver"}],
    ids=["old browser", "our page"],
)
def test_our_own_pages_can(
    forms: list[tuple[Browser, str, dict[str, str]]], database: Database, headers: dict[str, str]
) -> None:
    for browser, address, data in forms:
        before = held_in(database)[AuditEntry.__tablename__]
        answer = browser.client.post(address, data=data, headers=headers)
        assert answer.status_code == 303, (address, answer.text)
        assert held_in(database)[AuditEntry.__tablename__] > before, address


def test_a_proxy_may_change_the_host_when_the_public_address_is_set(
    make_room: Callable[..., Context], database: Database, campaign: CampaignView
) -> None:
    behind = Browser(site(make_room(public_url=f"{PUBLIC}/")), host="http://10.0.0.7:8501")
    form = behind.open(f"/w/c/{campaign.slug}").form("/say")
    behind.send(form, headers={"origin": "https://evil.example"}, **TYPED)
    assert behind.status == 403
    behind.send(form, headers={"origin": PUBLIC}, **TYPED)
    assert behind.status == 303


def test_a_refused_form_keeps_what_was_typed(
    resident: Browser, neighbour: Browser, database: Database, campaign: CampaignView
) -> None:
    public_id = row(database, filed(resident)).public_id
    forms = [neighbour.open(f"/w/c/{campaign.slug}").form("/say")]
    forms += [neighbour.open(f"/w/p/{public_id}").form("/comments")]
    for form in forms:
        typed = {**(TYPED if form.one("placed_by") else {}), "text": "说了很久的话"}
        page = neighbour.send(form, headers={"sec-fetch-site": "cross-site"}, **typed)
        assert neighbour.status == 403
        assert "说了很久的话" in page.text
        device = dict(neighbour.client.cookies)
        neighbour.client.cookies.clear()
        page = neighbour.send(form, **typed)
        assert "Cookie" in page.text  # what is missing has a name
        assert page.form(form.action.rpartition("/")[2]).one("text") == "说了很久的话"
        neighbour.client.cookies.update(device)


@pytest.mark.parametrize(("lang", "said"), [("zh_CN", "没有"), ("en", "There is nothing here")])
@pytest.mark.parametrize(
    "address",
    [
        "/w/nope",
        "/w/c/nope",
        "/w/c/NOPE!",
        "/w/c/nope/list",
        "/w/c/nope/say",
        "/w/c/nope/feed.atom",
        "/w/c/nope/share.png",
        "/w/p/nope",
        "/w/p/abcdefgh",
        "/w/p/%00",
        f"/w/p/{'a' * 300}",
        "/w/p/abcdefgh/share.png",
        "/w/follow/nope",
        "/w/follow/%00",
        f"/w/follow/{'a' * 300}",
        "/w/c/test-campaign/assist",
        "/w/c/test-campaign/poster.pdf",
        "/w/c/test-campaign/cards.pdf",
    ],
)
def test_what_is_not_there(
    resident: Browser, campaign: CampaignView, address: str, lang: str, said: str
) -> None:
    page = resident.open(f"{address}?lang={lang}")
    assert resident.status == 404
    assert said in page.text
    assert "Traceback" not in resident.body
    assert page.all("html")[0]["lang"] == ("en" if lang == "en" else "zh-CN")
    answer = resident.client.get(address, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("code", ["nope", "%00", "ACEF-2345-WXY6", "x" * 300, "..%2F..%2Fetc"])
def test_a_code_that_leads_nowhere(resident: Browser, campaign: CampaignView, code: str) -> None:
    page = resident.open(f"/w/r/{code}?lang=en")
    assert resident.status == 404
    assert page.by_id.get("problem-code") or "There is nothing here" in page.text


def test_guessing_codes_is_slowed(resident: Browser, campaign: CampaignView) -> None:
    statuses = []
    resident.open("/w/")
    for _ in range(31):
        resident.open("/w/r/ACEF-2345-WXY6")
        statuses.append(resident.status)
    assert statuses == [404] * 30 + [429]


def test_unknown_proposals_take_no_forms(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    resident.open("/w/")
    before = held_in(database)
    for public_id in ("abcdefgh", "nope", "%00", "a" * 99):
        for act in ("support", "comments", "report", "follow", "edit", "withdraw"):
            data = {"text": "x", "client_token": "c", "reason": "other", "updated": "2026-01-01"}
            answer = resident.client.post(f"/w/p/{public_id}/{act}", data=data)
            assert answer.status_code in {404, 422}, (public_id, act)
            assert answer.headers["content-type"].startswith("text/html")
    assert held_in(database) == before


def test_a_proposal_that_waits_takes_no_forms_of_others(
    resident: Browser, neighbour: Browser, database: Database, campaign: CampaignView
) -> None:
    waiting = row(database, filed(resident, website="x"))
    neighbour.open("/w/")
    before = held_in(database)
    for act in ("support", "comments", "report", "follow", "edit", "withdraw"):
        data = {
            "text": "x",
            "client_token": "c",
            "reason": "other",
            "updated": waiting.updated.isoformat(),
        }
        answer = neighbour.client.post(f"/w/p/{waiting.public_id}/{act}", data=data)
        assert answer.status_code == 404, act
    assert held_in(database) == before


class TestStaff:
    @pytest.mark.parametrize("role", sorted(Role))
    def test_doors_open_to_those_who_assist(
        self, resident: Browser, database: Database, campaign: CampaignView, role: Role
    ) -> None:
        sign_in(resident, database, role)
        resident.open(f"/w/c/{campaign.slug}/assist")
        assert resident.status == (200 if role in ROLES[Act.ASSIST] else 404)

    def test_who_assists_elsewhere_and_only_looks_on_here_gets_no_form(
        self, resident: Browser, database: Database, campaign: CampaignView
    ) -> None:
        elsewhere = Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, "110108999")
        sign_in(resident, database, Grant(Role.DEPARTMENT), elsewhere)
        resident.open("/w/desk")
        assert resident.status == 200
        resident.open(f"/w/c/{campaign.slug}/assist")
        assert resident.status == 404
        assert resident.client.post(f"/w/c/{campaign.slug}/assist", data=TYPED).status_code == 404

    def test_posters_and_cards(self, staff: Browser, campaign: CampaignView) -> None:
        for name in ("poster.pdf?office=<b>清河街道</b>", "cards.pdf?layer=communities"):
            staff.open(f"/w/c/{campaign.slug}/{name}")
            assert staff.answer.headers["content-type"] == "application/pdf"
            assert len(pypdf.PdfReader(BytesIO(staff.answer.content)).pages) >= 1
        for layer in ("nope", "%00", "../../etc/passwd"):
            staff.open(f"/w/c/{campaign.slug}/cards.pdf?layer={layer}")
            assert staff.status == 404

    def test_old_links_lead_to_the_desk(self, resident: Browser) -> None:
        resident.open("/w/staff")
        assert (resident.status, resident.answer.headers["location"]) == (303, "/w/desk")

    def test_what_staff_write_down(
        self, staff: Browser, database: Database, campaign: CampaignView
    ) -> None:
        codes = []
        here = f"/w/c/{campaign.slug}/assist"
        assert staff.open("/w/desk").all("a", href=here)
        for name, entry in (("李", "paper"), ("张", "interview"), ("王", "paper")):
            form = staff.open(here).form("/assist")
            assert form.one("text") == ""
            assert form.offered["entry"] == ["paper", "interview"]
            staff.send(form, **{**TYPED, "entry": entry})
            assert staff.status == 303, name
            page = staff.follow()
            codes.append(staff.answer.url.params["filed"])
            assert codes[-1] in page.text
        stored = [row(database, code) for code in codes]
        assert [each.entry for each in stored] == ["paper", "interview", "paper"]
        assert [each.status for each in stored] == ["published"] * 3
        assert len({each.author_key for each in stored}) == 3
        assert TYPED["text"] not in staff.open("/w/mine").text

    def test_a_resident_cannot_say_it_was_staff(
        self, resident: Browser, database: Database, campaign: CampaignView
    ) -> None:
        code = filed(resident, entry="paper")
        assert row(database, code).entry == "self"
        answer = resident.client.post(f"/w/c/{campaign.slug}/assist", data=TYPED)
        assert answer.status_code == 404
        assert len(rows(database)) == 1

    def test_staff_pages_refuse_other_sites_and_keep_what_was_typed(
        self, staff: Browser, database: Database, campaign: CampaignView
    ) -> None:
        form = staff.open(f"/w/c/{campaign.slug}/assist").form("/assist")
        for headers in OTHER_SITES:
            page = staff.send(form, headers=headers, **TYPED)
            assert staff.status == 403
            assert TYPED["text"] in page.text
        page = staff.send(form, **{**TYPED, "text": ""})
        assert staff.status == 422
        assert page.form("/assist").values["relation"] == ["lives"]
        assert rows(database) == []

    def test_the_number_filed_is_not_limited_for_staff(
        self, make_room: Callable[..., Context], database: Database, campaign: CampaignView
    ) -> None:
        browser: Any = Browser(site(make_room(max_filings_per_hour=1)))
        sign_in(browser, database, Role.RESIDENT_PLANNER)
        for _ in range(3):
            browser.send(browser.open(f"/w/c/{campaign.slug}/assist").form("/assist"), **TYPED)
            assert browser.status == 303
        assert len(rows(database)) == 3
