"""The trail at the desk: who enters, filters in the address, pages, files, the check."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO

import pytest
from sqlalchemy.orm import Session

from core.database import Database
from people.access.actor import OPERATOR, Grant, Reach, Role
from people.audit import query
from people.audit.hash_chain import seal_all
from people.audit.record import record
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW, make_campaign
from tests.people.audit.tampering import tamper
from tests.submissions.acting import AUTHOR, act, file, moderate
from tests.web.acting import sign_in
from tests.web.browsing import Browser, Page
from tests.web.test_outlets import BAD, inert

HERE = "110108017"
ADDRESS = "/w/desk/audit"


@pytest.fixture
def campaign(database: Database) -> CampaignView:
    return make_campaign(database, subdistrict=HERE)


@pytest.fixture
def public_id(database: Database, campaign: CampaignView) -> str:
    """Give a proposal that was held, with a reason."""
    public_id = file(database, campaign, AUTHOR).public_id
    moderate(database, public_id, "held")
    return public_id


@pytest.fixture
def office(open_browser: Callable[..., Browser], database: Database) -> Browser:
    browser = open_browser()
    sign_in(browser, database, Role.ADMINISTRATOR)
    return browser


def entries(page: Page) -> list[str]:
    """Return the entries of a page by the number that stands in their id."""
    return [each["id"][1:] for each in page.all("li", class_="lj-card")]


def test_who_enters(
    open_browser: Callable[..., Browser], database: Database, public_id: str
) -> None:
    for role in Role:
        browser = open_browser()
        sign_in(browser, database, role)
        page = browser.open(ADDRESS)
        allowed = role in {Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}
        assert browser.status == (200 if allowed else 404), role
        assert bool(page.all("a", href=ADDRESS)) is allowed
        for address in ("export.csv", "export.jsonl", "check"):
            answer = browser.client.post(f"{ADDRESS}/{address}")
            assert (answer.status_code in {200, 303}) is allowed, (role, address)
    stranger = open_browser()
    stranger.open(f"{ADDRESS}?person=x")
    assert stranger.status == 303
    assert stranger.answer.headers["location"].startswith(
        "/w/desk/sign-in?next=%2Fw%2Fdesk%2Faudit"
    )


def test_it_says_who_what_from_to_why_in_both_languages(
    office: Browser, database: Database, public_id: str
) -> None:
    page = office.open(f"{ADDRESS}?proposal={public_id}")
    assert office.answer.headers["cache-control"] == "private, no-store"
    assert len(entries(page)) == 2
    for said in ("测试", public_id, "测试征集"):
        assert said in page.text
    assert page.all("a", href=f"/w/desk/queue/{public_id}")
    page = office.open(f"{ADDRESS}?proposal={public_id}&lang=en")
    for said in ("the server", "Changed the state of a proposal", "Published → Being looked at"):
        assert said in page.text
    assert "a resident's device : Filed a proposal" in page.text
    assert AUTHOR.key is not None
    assert AUTHOR.key not in office.body


def test_an_officer_sees_what_is_in_reach(
    open_browser: Callable[..., Browser], database: Database, public_id: str
) -> None:
    for code, seen in ((HERE, True), ("110108018", False)):
        browser = open_browser()
        sign_in(browser, database, Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, code))
        page = browser.open(f"{ADDRESS}?lang=en")
        assert (public_id in page.text) is seen
        assert "Signed in" not in page.by_id.get("main", "").replace("Signed in", "", 1)
        answer = browser.client.post(f"{ADDRESS}/export.jsonl")
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert {line["action"] for line in lines[1:-1]} == (
            {"filed", "status_changed", "campaign_created"} if seen else set()
        )


def test_filters_stay_in_the_address_and_lead_to_pages(
    office: Browser, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def go(session: Session) -> None:
        for n in range(130):
            record(session, OPERATOR, "photos_swept", now=NOW, details={"photos": n})

    database.write(go)
    asked = "action=photos_swept&kind=server&since=2026-05-01&until=2026-05-01"
    page = office.open(f"{ADDRESS}?{asked}")
    form = next(form for form in page.forms if form.method == "get")
    assert (form.one("action"), form.one("since"), form.one("kind")) == (
        "photos_swept",
        "2026-05-01",
        "server",
    )
    seen = []
    while True:
        seen += entries(page)
        further = page.all("a", rel="next")
        if not further:
            break
        assert "action=photos_swept" in further[0]["href"]
        page = office.open(further[0]["href"])
    assert len(seen) == len(set(seen)) == 130
    assert seen == sorted(seen, key=int, reverse=True)
    for nothing in ("since=2026-05-02", "until=2026-04-30", "kind=device"):
        assert not entries(office.open(f"{ADDRESS}?action=photos_swept&{nothing}"))
    monkeypatch.setattr(query, "LOOK_BACK", 5)
    monkeypatch.setattr(query, "MOST_LOOKS", 1)
    page = office.open(f"{ADDRESS}?action=signed_out")
    assert not entries(page)
    assert page.all("a", rel="next")


def test_what_is_looked_for_most_takes_one_tap(
    office: Browser, database: Database, public_id: str
) -> None:
    page = office.open(f"{ADDRESS}?lang=en")
    for name in ("Today", "The last seven days", "By staff alone"):
        assert name in page.text
    assert "Show everything" not in page.text
    staff = page.all("a", href=f"{ADDRESS}?kind=account")
    page = office.open(staff[0]["href"])
    assert "Signed in" in page.text
    assert "Filed a proposal: " not in page.text
    assert len(page.all("li", class_="lj-card")) == 1
    # The same tap takes it back; another leads to all that somebody did.
    assert page.all("a", aria_current="true")[0]["href"] == ADDRESS
    assert "Show everything" in page.text
    person = next(a["href"] for a in page.all("a") if "person=" in a.get("href", ""))
    assert len(entries(office.open(person))) == 1


def test_details_have_names(office: Browser, database: Database) -> None:
    details = {"role": "social_worker", "reach": "platform", "of_another_version": "x"}
    act(database, record, OPERATOR, "appointed", details=details)
    page = office.open(f"{ADDRESS}?lang=en&action=appointed")
    for said in ("Role Social worker", "Where The whole platform", "of_another_version x"):
        assert said in page.text


@pytest.mark.parametrize(
    "odd",
    [
        "since=x&until=9999-99-99&kind=x&before=x",
        "since=0001-01-01&until=9999-12-30&before=99999999999999999999",
        "before=0&person=%00&text=%00%27%22%5C%25",
        "before=-5&campaign=%3Cb%3E&proposal=%3Cb%3E",
        "before=%C2%B2&since=2026-05-01T00:00&action=" + "x" * 500,
    ],
)
def test_odd_addresses_are_answered(office: Browser, public_id: str, odd: str) -> None:
    office.open(f"{ADDRESS}?{odd}")
    assert office.status == 200


@pytest.mark.parametrize("bad", BAD)
def test_what_stands_in_entries_does_nothing(
    office: Browser, database: Database, campaign: CampaignView, bad: str
) -> None:
    details = {"from": bad, "to": [bad], "reason": bad, bad: {bad: bad}}
    act(database, record, OPERATOR, bad[:40], details=details)
    page = office.open(ADDRESS)
    inert(office, page, bad)
    page = office.open(f"{ADDRESS}?text={bad.encode().hex()}")
    inert(office, page, bad)


def test_files(office: Browser, database: Database, public_id: str) -> None:
    seal_all(database, now=NOW)
    page = office.open(f"{ADDRESS}?proposal={public_id}")
    office.send(page.form(f"export.csv?proposal={public_id}"))
    assert office.status == 200
    headers = office.answer.headers
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert headers["content-disposition"].startswith('attachment; filename="trail-')
    assert office.answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(StringIO(office.answer.content.decode("utf-8-sig"))))
    assert [row["action"] for row in rows] == ["filed", "status_changed"]
    assert (rows[1]["from"], rows[1]["to"], rows[1]["why"]) == ("published", "held", "测试")
    assert {row["proposal"] for row in rows} == {public_id}
    assert all(row["digest"] and row["said"] for row in rows)
    page = office.open(f"{ADDRESS}?action=trail_exported")
    assert len(entries(page)) == 1
    assert public_id in page.text
    office.open(f"{ADDRESS}/export.csv")
    assert office.status in {404, 405}
    assert office.client.post(f"{ADDRESS}/export.exe").status_code == 404


def test_no_other_site_makes_an_export(office: Browser, database: Database, public_id: str) -> None:
    for address in ("export.csv", "export.jsonl", "check"):
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
            answer = office.client.post(f"{ADDRESS}/{address}", headers=headers)
            assert answer.status_code == 403
    assert not entries(office.open(f"{ADDRESS}?action=trail_exported"))


def test_the_check(office: Browser, database: Database, public_id: str) -> None:
    page = office.open(f"{ADDRESS}?lang=en&action=filed")
    assert "Not checked yet" in page.text
    office.send(page.form("check?action=filed"))
    assert office.answer.headers["location"] == f"{ADDRESS}?action=filed"
    page = office.follow()
    assert "unbroken until" in page.text
    assert not page.all("p", role="alert")
    digest = page.all("p", class_="lj-digest")
    assert len(digest) == 1
    number = entries(page)[-1]
    tamper(database, "UPDATE audit SET action = 'x' WHERE id = :id", id=int(number))
    office.send(page.form("check?action=filed"))
    page = office.follow()
    assert page.all("p", role="alert")
    assert f"Entry {number} was altered" in page.text
