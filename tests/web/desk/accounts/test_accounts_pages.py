"""The pages of accounts: signing in and out, the own account, and those whom one manages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from people.access.actor import Grant, Reach, Role
from people.access.device_cookie import COOKIE
from people.accounts import passwords
from people.accounts.models import Account, Appointment
from people.accounts.password_login import FREE
from people.accounts.sessions import SESSION_COOKIE
from serving.context import Context
from submissions.proposals.queries import CampaignView
from tests.people.acting import new_account
from tests.submissions.acting import file
from tests.web.acting import JSON, sign_in
from tests.web.browsing import Browser, Page
from tests.web.conftest import site
from tests.web.test_refusals import OTHER_SITES
from web.desk.accounts.sign_in import safe_next

SOUND, NEW = "在清河边上散步十分钟", "正确的马 battery staple"
QINGHE = "110108017"
ADMIN = Grant(Role.ADMINISTRATOR)
STREET = Grant(Role.ADMINISTRATOR, Reach.SUBDISTRICT, QINGHE)
HERE = Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, QINGHE)
THERE = Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, "110108022")
ACCOUNTS = "/w/desk/accounts"
#: A provider as ``secrets.toml`` sets it up.
SECTION = {"client_id": "lujian", "server_metadata_url": "https://id.example.org"}

Open = Callable[..., Browser]


@pytest.fixture(scope="module")
def hashed() -> str:
    return passwords.hash_password(SOUND)


@pytest.fixture
def person(database: Database, hashed: str) -> int:
    """Give a social worker who signs in as lihua."""
    return somebody(database, hashed, "lihua")


def somebody(database: Database, hashed: str, login: str, *grants: Grant, **values: Any) -> int:
    account = new_account(database, *(grants or (HERE,)), name="李华", login=login)

    def give(session: Session) -> None:
        row = session.get_one(Account, account)
        row.password_hash = hashed
        for name, value in values.items():
            setattr(row, name, value)

    database.write(give)
    return account


def type_in(browser: Browser, login: str, password: str, next: str = "", **headers: str) -> Page:
    page = browser.open(f"/w/desk/sign-in?lang=en&next={next or '/w/desk/me'}")
    typed = {"login": login, "password": password}
    return browser.send(page.form("/sign-in"), headers=headers or None, **typed)


def cookie_line(browser: Browser) -> str:
    told = browser.answer.headers.get_list("set-cookie")
    return next(line for line in told if line.startswith(SESSION_COOKIE))


def secret_of(browser: Browser) -> str:
    """Return what the page shows for once."""
    found = re.search(r'class="lj-secret">([^<]+)<', browser.body)
    assert found is not None, browser.body
    return found[1]


class TestSigningIn:
    def test_in_and_out(self, resident: Browser, person: int) -> None:
        page = type_in(resident, " LiHua ", SOUND)
        assert resident.status == 303
        line = cookie_line(resident)
        assert "HttpOnly" in line
        assert "SameSite=lax" in line
        assert "Path=/" in line
        assert "Max-Age" not in line
        assert "Secure" not in line
        kept = resident.client.cookies[SESSION_COOKIE]
        page = resident.follow()
        assert (resident.status, resident.answer.url.path) == (200, "/w/desk/me")
        assert "李华" in page.text
        assert "no-store" in resident.answer.headers["cache-control"]
        resident.send(page.form("/sign-out"))
        assert resident.status == 303
        assert SESSION_COOKIE not in resident.client.cookies
        resident.client.cookies.set(SESSION_COOKIE, kept, domain="testserver.local", path="/")
        resident.open("/w/desk/me")
        assert resident.answer.headers["location"].startswith("/w/desk/sign-in?next=")

    def test_the_cookie_is_secure_under_https(self, room: Context, person: int) -> None:
        browser = Browser(site(room), host="https://testserver")
        type_in(browser, "lihua", SOUND)
        assert "Secure" in cookie_line(browser)

    def test_a_refusal_says_one_thing_and_keeps_the_login(
        self, open_browser: Open, database: Database, hashed: str, person: int
    ) -> None:
        somebody(database, hashed, "gone", closed=datetime.now(UTC))
        said = set()
        for login, password in (
            ("lihua", NEW),
            ("nobody", SOUND),
            ("gone", SOUND),
            ("", ""),
            ("%00", "\x00"),
            ("<b>", "x" * 300),
        ):
            browser = open_browser()
            page = type_in(browser, login, password)
            assert browser.status == 403
            assert SESSION_COOKIE not in browser.client.cookies
            assert page.form("/sign-in").one("login") == login
            assert page.form("/sign-in").one("password") == ""
            assert page.form("/sign-in").one("next") == "/w/desk/me"
            said.add(page.by_id["problem"])
        assert len(said) == 1

    def test_trying_on_and_on_has_to_wait(
        self,
        resident: Browser,
        open_browser: Open,
        person: int,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(passwords, "matches", lambda _hashed, given: given == SOUND)
        type_in(resident, "lihua", SOUND)
        resident.send(resident.follow().form("/sign-out"))
        stranger = open_browser()
        for _ in range(FREE):
            type_in(stranger, "lihua", NEW)
            assert stranger.status == 403
        page = type_in(stranger, "lihua", SOUND)
        assert stranger.status == 429
        wait = stranger.answer.headers["retry-after"]
        assert f"Please wait {wait} seconds" in page.by_id["problem"]
        assert page.form("/sign-in").one("login") == "lihua"
        page = stranger.open("/w/desk/sign-in?lang=zh_CN")
        page = stranger.send(page.form("/sign-in"), login="lihua", password=SOUND)
        assert re.search(r"请等 \d+ 秒", page.by_id["problem"])
        type_in(resident, "lihua", SOUND)  # where somebody signed in before
        assert resident.status == 303

    def test_no_other_site_signs_anybody_in_or_out(
        self, resident: Browser, open_browser: Open, database: Database, person: int
    ) -> None:
        for headers in [*OTHER_SITES, {"origin": "null"}]:
            type_in(resident, "lihua", SOUND, **headers)
            assert resident.status == 403, headers
        typed = {"login": "lihua", "password": SOUND}
        bare = open_browser()
        assert bare.client.post("/w/desk/sign-in", data=typed).status_code == 403
        sign_in(resident, database, HERE)
        for headers in [*OTHER_SITES, {"origin": "null"}]:
            answer = resident.client.post("/w/desk/sign-out", headers=headers)
            assert answer.status_code == 403
        resident.open("/w/desk/me")
        assert resident.status == 200

    def test_a_second_sign_in_takes_the_place_of_the_first(
        self, resident: Browser, open_browser: Open, database: Database, person: int
    ) -> None:
        sign_in(resident, database, ADMIN)
        kept = resident.client.cookies[SESSION_COOKIE]
        resident.client.cookies.delete(SESSION_COOKIE)
        form = resident.open("/w/desk/sign-in").form("/sign-in")
        headers = {"cookie": f"{COOKIE}={resident.client.cookies[COOKIE]}; {SESSION_COOKIE}={kept}"}
        resident.send(form, headers=headers, login="lihua", password=SOUND)
        assert resident.status == 303
        other = open_browser()
        other.client.cookies.set(SESSION_COOKIE, kept)
        other.open("/w/desk/me")
        assert other.status == 303

    def test_without_a_key_it_says_what_is_missing(
        self, make_room: Callable[..., Context], person: int
    ) -> None:
        browser = Browser(site(make_room(secret_key="")))
        page = type_in(browser, "lihua", SOUND)
        assert browser.status == 503
        assert "LUJIAN_SECRET_KEY" in page.by_id["problem"]

    @pytest.mark.parametrize(
        "address",
        [
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/w/desk",
            "https:evil.example",
            "javascript:alert(1)",
            "w/desk",
            "",
            "/\t/evil.example",
            "/\n/evil.example",
            " /w/desk",
            "/w/desk\r\nset-cookie: a=b",
            "@evil.example",
            "/\x00",
        ],
    )
    def test_no_address_leads_elsewhere(self, address: str) -> None:
        assert safe_next(address) == "/w/desk"

    @pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "", "/\x00"])
    def test_nobody_is_sent_elsewhere(self, resident: Browser, person: int, address: str) -> None:
        form = resident.open("/w/desk/sign-in").form("/sign-in")
        resident.send(form, login="lihua", password=SOUND, next=address)
        assert resident.answer.headers["location"] == "/w/desk/sign-in?next=%2Fw%2Fdesk"
        resident.open(f"/w/desk/sign-in?next={quote(address)}")
        assert resident.answer.headers["location"] == "/w/desk"

    @pytest.mark.parametrize(
        "address", ["/", "/planner?a=b#c", "/w/desk/queue?x=%2F%2Fy", "/w/路见"]
    )
    def test_local_addresses_are_kept(self, address: str) -> None:
        assert safe_next(address) == address

    def test_whoever_has_no_desk_comes_to_their_account(
        self, resident: Browser, database: Database, hashed: str
    ) -> None:
        somebody(database, hashed, "council", Grant(Role.COUNCIL_MEMBER))
        form = resident.open("/w/desk/sign-in").form("/sign-in")
        resident.send(form, login="council", password=SOUND)
        resident.follow()
        assert (resident.status, resident.answer.url.path) == (200, "/w/desk/me")

    def test_the_ways_in_by_an_organisation(
        self, resident: Browser, make_room: Callable[..., Context]
    ) -> None:
        assert "/oidc/" not in resident.open("/w/desk/sign-in?lang=en").text
        make_room(oidc_roles="a=department")
        room = make_room(
            auth=dict.fromkeys(("default", "city", "town"), SECTION),
            oidc_roles="[city]a=department,b=department,[town]a=department,[gone]a=department",
            oidc_names="[city]<b>市政务统一认证</b>",
        )
        browser = Browser(site(room))
        page = browser.open("/w/desk/sign-in?lang=en")
        ways = [link["href"] for link in page.all("a") if "/oidc/" in str(link.get("href"))]
        assert ways == [f"/w/desk/oidc/{key}/start" for key in ("default", "city", "town")]
        browser.open("/w/desk/oidc/gone/start")
        assert browser.status == 404
        for said in (
            "Sign in with the account of your organisation",
            "Sign in with <b>市政务统一认证</b>",
            "Sign in with town",
        ):
            assert said in page.text
        for wrong in ({"oidc_roles": "a"}, {"oidc_claim": "a,b"}, {"oidc_names": '"a'}):
            with pytest.raises(ValueError, match="LUJIAN_OIDC"):
                make_room(**wrong)


class TestTheFirstPassword:
    def start(self, browser: Browser, database: Database, hashed: str) -> Page:
        somebody(database, hashed, "new", ADMIN, must_change=True)
        type_in(browser, "new", SOUND, next="/w/desk/accounts")
        return browser.follow()

    def test_it_is_changed_before_anything_else(
        self, resident: Browser, database: Database, hashed: str
    ) -> None:
        page = self.start(resident, database, hashed)
        assert resident.answer.url.path == "/w/desk/password"
        for address in ("/w/desk/accounts", "/w/desk/me", "/w/desk/accounts/new"):
            resident.open(address)
            assert resident.answer.headers["location"].startswith("/w/desk/sign-in?next="), address
        for path in ("/w/desk/me/name", "/w/desk/me/tokens", "/w/desk/accounts/new"):
            answer = resident.client.post(path, data={"name": "x", "login": "xyz"})
            assert answer.status_code == 303, path
        resident.send(page.form("/password"), new=NEW, again=NEW)
        assert resident.answer.headers["location"] == "/w/desk/accounts"
        resident.follow()
        assert resident.status == 200

    @pytest.mark.parametrize(
        ("new", "again", "said"),
        [
            (NEW, NEW + "x", "The two passwords differ."),
            ("xk93q", "xk93q", "at least 10 characters"),
            ("password123", "password123", "among the first"),
            (SOUND, SOUND, "the password you have"),
        ],
    )
    def test_what_it_may_not_be(
        self, resident: Browser, database: Database, hashed: str, new: str, again: str, said: str
    ) -> None:
        page = self.start(resident, database, hashed)
        page = resident.send(page.form("/password"), new=new, again=again)
        assert resident.status == 422
        assert said in page.by_id["problem"]
        assert new not in resident.body
        assert page.form("/password").one("next") == "/w/desk/accounts"

    def test_nobody_guesses_the_present_one_for_ever(
        self, resident: Browser, person: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        type_in(resident, "lihua", SOUND)
        form = resident.open("/w/desk/password").form("/password")
        monkeypatch.setattr(passwords, "matches", lambda _hashed, _given: False)
        for _ in range(FREE):
            resident.send(form, old="nonsense", new=NEW, again=NEW)
            assert resident.status == 422
        page = resident.send(form, old=SOUND, new=NEW, again=NEW)
        assert resident.status == 429
        assert resident.answer.headers["retry-after"] == "2"
        assert "2" in page.by_id["problem"]


class TestTheOwnAccount:
    def test_a_name(self, resident: Browser, database: Database) -> None:
        sign_in(resident, database, HERE)
        form = resident.open("/w/desk/me?lang=en").form("/me/name")
        page = resident.send(form, name="  ")
        assert (resident.status, page.form("/me/name").one("name")) == (422, "  ")
        assert "up to 80 characters" in page.by_id["problem-name"]
        resident.send(form, name="<i>王芳</i>")
        page = resident.follow()
        assert "<i>王芳</i>" in page.text
        assert "Your name has been changed." in page.text

    def test_sessions_by_device(self, open_browser: Open, person: int) -> None:
        agents = (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126 Mobile Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) AppleWebKit/605 Version/17.5 Safari/604.1",
            "curl/8 <script>",
        )
        browsers = [open_browser() for _ in agents]
        for browser, agent in zip(browsers, agents, strict=True):
            browser.client.headers["user-agent"] = agent
            type_in(browser, "lihua", SOUND)
        first = browsers[0]
        page = first.open("/w/desk/me?lang=en")
        for name in ("Chrome · Android", "Safari · iPhone", "Unknown device", "this device"):
            assert name in page.text
        singles = [form for form in page.forms if form.one("only")]
        assert len(singles) == 2
        first.send(singles[0])
        assert self.alive(browsers) == [True, True, False]
        others = next(
            form
            for form in first.open("/w/desk/me").forms
            if form.action.endswith("/sessions") and not form.one("only") and not form.one("all")
        )
        first.send(others)
        assert self.alive(browsers) == [True, False, False]
        everywhere = next(form for form in first.open("/w/desk/me").forms if form.one("all"))
        first.send(everywhere)
        assert self.alive(browsers) == [False, False, False]

    @staticmethod
    def alive(browsers: list[Browser]) -> list[bool]:
        done = []
        for browser in browsers:
            browser.open("/w/desk/me")
            done.append(browser.status == 200)
        return done

    def test_nobody_ends_anothers_session_or_token(
        self, resident: Browser, neighbour: Browser, database: Database
    ) -> None:
        sign_in(resident, database, HERE)
        sign_in(neighbour, database, ADMIN)
        page = resident.open("/w/desk/me")
        resident.send(page.form("/me/tokens"), token_name="x", acts=["moderate"])
        for number in range(1, 5):
            neighbour.client.post("/w/desk/me/tokens/revoke", data={"token": number})
            if number > 1:
                neighbour.client.post("/w/desk/me/sessions", data={"only": 10**6 + number})
        page = resident.open("/w/desk/me")
        assert resident.status == 200
        assert len([form for form in page.forms if form.action.endswith("/revoke")]) == 1

    def test_a_token_is_shown_once_and_used(
        self, resident: Browser, open_browser: Open, database: Database, campaign: CampaignView
    ) -> None:
        sign_in(resident, database, ADMIN)
        form = resident.open("/w/desk/me?lang=en").form("/me/tokens")
        page = resident.send(form, token_name="脚本")
        assert (resident.status, page.form("/me/tokens").one("token_name")) == (422, "脚本")
        resident.send(form, token_name="脚本", acts=["assist", "manage_accounts"])
        token = secret_of(resident)
        page = resident.open("/w/desk/me?lang=en")
        assert token not in resident.body
        assert f"{token[:9]}…" in page.text
        assert "last used: never" in page.text
        program = open_browser()
        bearer = {"authorization": f"Bearer {token}"}
        program.open(f"/w/c/{campaign.slug}/assist", **bearer)
        assert program.status == 200
        program.open("/w/desk/audit", **bearer, **JSON)
        assert program.status == 404
        typed = {"login": "xiao", "name": "小王", "role": "social_worker", "place": "platform"}
        answer = program.client.post(f"{ACCOUNTS}/new", data=typed, headers=bearer | JSON)
        assert answer.status_code == 403
        council = {**typed, "role": "council_member", "ends": "2099-01-01"}
        answer = program.client.post(f"{ACCOUNTS}/new", data=council, headers=bearer)
        assert answer.status_code == 200
        for path in ("/w/desk/me", "/w/desk/password"):
            program.open(path, **bearer, **JSON)
            assert program.status == 401
        assert "last used: never" not in resident.open("/w/desk/me?lang=en").text
        revoke = resident.open("/w/desk/me").form("/revoke")
        resident.send(revoke)
        for path in ("/w/", "/api/health", f"/w/c/{campaign.slug}/assist"):
            program.open(path, **bearer)
            assert program.status == 401
            assert program.answer.json()["error"]["code"] == "bad_token"
            assert "invalid_token" in program.answer.headers["www-authenticate"]

    def test_a_token_beats_cookies_and_other_schemes_pass_by(
        self, resident: Browser, database: Database
    ) -> None:
        sign_in(resident, database, ADMIN)
        resident.open("/w/desk/me", authorization="Bearer nonsense")
        assert resident.status == 401
        resident.open("/w/desk/me", authorization="Basic eDp5")
        assert resident.status == 200


def terms(place: str, role: str = "social_worker", **more: str) -> dict[str, str]:
    return {"role": role, "place": place, "starts": "", "ends": ""} | more


class TestManaging:
    def test_a_new_account_signs_in_with_what_is_shown_once(
        self, resident: Browser, neighbour: Browser, database: Database, campaign: CampaignView
    ) -> None:
        sign_in(resident, database, STREET)
        form = resident.open(f"{ACCOUNTS}/new?lang=en").form("/new")
        places = form.offered["place"]
        assert f"subdistrict:{QINGHE}" in places
        assert "platform" not in places
        home = next(place for place in places if place.startswith("community:"))
        page = resident.send(form, name="王芳", login="Wang.Fang", **terms(home, ends="2099-12-31"))
        assert resident.status == 200
        password = secret_of(resident)
        assert "31 December 2099" in page.text or "December 31, 2099" in page.text
        page = type_in(neighbour, "wang.fang", password)
        page = neighbour.follow()
        neighbour.send(page.form("/password"), new=NEW, again=NEW)
        page = neighbour.follow()
        assert "Social worker" in page.text
        number = resident.answer.url.path
        assert password not in resident.open(f"{ACCOUNTS}?text=wang").text
        with database.reading() as session:
            row = session.scalars(
                select(Appointment).where(Appointment.role == "social_worker")
            ).one()
        assert row.ends_at is not None
        assert row.ends_at == datetime(2099, 12, 31, 16, tzinfo=UTC)
        assert number == f"{ACCOUNTS}/new"

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"login": "x y"}, 422),
            ({"login": "taken"}, 422),
            ({"name": ""}, 422),
            ({"role": "mayor"}, 422),
            ({"role": "resident"}, 422),
            ({"place": "platform"}, 403),
            ({"place": "subdistrict:110108022"}, 422),
            ({"place": "community:110108017001:1999"}, 422),
            ({"place": "\x00"}, 422),
            ({"ends": "2001-01-01"}, 422),
            ({"ends": "nonsense"}, 422),
            ({"starts": "9999-12-31"}, 422),
            ({"role": "council_member"}, 422),
        ],
    )
    def test_a_refusal_keeps_what_was_typed(
        self,
        resident: Browser,
        database: Database,
        campaign: CampaignView,
        changes: dict[str, str],
        status: int,
    ) -> None:
        sign_in(resident, database, STREET)
        new_account(database, login="taken")
        form = resident.open(f"{ACCOUNTS}/new").form("/new")
        typed = {"name": "王芳", "login": "wang", **terms(f"subdistrict:{QINGHE}"), **changes}
        page = resident.send(form, **typed)
        assert resident.status == status
        assert page.by_id["problem"].strip()
        for name in ("name", "login", "starts", "ends"):
            assert page.form("/new").one(name) == typed[name].replace("\x00", "\ufffd")
        if "role" not in changes:
            assert page.form("/new").one("role") == "social_worker"
        with database.reading() as session:
            assert len(session.scalars(select(Account)).all()) == 2

    def test_roles_begin_and_end(
        self, resident: Browser, database: Database, campaign: CampaignView
    ) -> None:
        sign_in(resident, database, STREET)
        worker = new_account(database, HERE, name="李华")
        address = f"{ACCOUNTS}/{worker}"
        page = resident.open(f"{address}?lang=en")
        resident.send(page.form("/appoint"), **terms(f"subdistrict:{QINGHE}", "department"))
        page = resident.follow()
        assert "The role has been given." in page.text
        assert "Department · 清河街道" in page.text
        ending = next(form for form in page.forms if form.action.endswith("/end"))
        resident.send(ending)
        page = resident.follow()
        assert "past" in page.text
        page = resident.send(page.form("/appoint"), **terms(f"subdistrict:{QINGHE}"))
        assert resident.status == 422
        assert "holds this role there already" in page.by_id["problem"]
        assert page.form("/appoint").one("role") == "social_worker"

    def test_renaming_closing_and_a_lost_password(
        self, resident: Browser, neighbour: Browser, database: Database, hashed: str
    ) -> None:
        sign_in(resident, database, STREET)
        worker = somebody(database, hashed, "lihua")
        type_in(neighbour, "lihua", SOUND)
        address = f"{ACCOUNTS}/{worker}"
        page = resident.open(f"{address}?lang=en")
        resident.send(page.form("/rename"), name="李小华")
        assert "李小华" in resident.follow().by_id["main"]
        page = resident.send(resident.open(f"{address}?lang=en").form("/password"))
        given = secret_of(resident)
        assert neighbour.open("/w/desk/me").text == ""
        type_in(neighbour, "lihua", SOUND)
        assert neighbour.status == 403
        type_in(neighbour, "lihua", given)
        assert neighbour.status == 303
        resident.send(page.form("/close"), reason="离职")
        page = resident.follow()
        assert "This account was closed" in page.text
        type_in(neighbour, "lihua", given)
        assert neighbour.status == 403
        resident.send(page.form("/reopen"))
        type_in(neighbour, "lihua", given)
        assert neighbour.status == 303

    def test_a_password_that_ran_out_is_told_and_given_anew(
        self, resident: Browser, neighbour: Browser, database: Database, hashed: str
    ) -> None:
        sign_in(resident, database, STREET)
        worker, ago = somebody(database, hashed, "lihua"), datetime.now(UTC) - timedelta(minutes=1)
        address = f"{ACCOUNTS}/{worker}"

        def run_out(session: Session) -> None:
            row = session.get_one(Account, worker)
            row.must_change, row.password_until = True, ago

        page = resident.send(resident.open(f"{address}?lang=en").form("/password"))
        assert "It is valid until" in page.text
        database.write(run_out)
        page = type_in(neighbour, "lihua", SOUND)
        assert neighbour.status == 403
        assert page.by_id["problem"] == type_in(neighbour, "nobody", SOUND).by_id["problem"]
        assert "first password ran out" in resident.open(f"{ACCOUNTS}?lang=en").text
        page = resident.open(f"{address}?lang=en")
        assert "ran out on" in page.text
        resident.send(page.form("/password"))
        given = secret_of(resident)
        assert "first password ran out" not in resident.open(f"{ACCOUNTS}?lang=en").text
        page = resident.open(f"{address}?lang=en")
        assert "has not been changed since it was given. It is valid until" in page.text
        type_in(neighbour, "lihua", given)
        page = neighbour.follow()
        neighbour.send(page.form("/password"), new=NEW, again=NEW)
        assert "valid until" not in resident.open(f"{address}?lang=en").text

    def test_of_somebody_who_works_elsewhere_too_no_password_is_offered(
        self, resident: Browser, database: Database, hashed: str
    ) -> None:
        sign_in(resident, database, STREET)
        ago = datetime.now(UTC) - timedelta(minutes=1)
        worker = somebody(database, hashed, "x", HERE, THERE, must_change=True, password_until=ago)
        page = resident.open(f"{ACCOUNTS}/{worker}?lang=en")
        assert "ran out on" in page.text
        assert not [form for form in page.forms if form.action.endswith("/password")]

    #: Who gets 404 for what, from the list to the last button.
    STRANGERS = (
        (Grant(Role.SUBDISTRICT_OFFICER),),
        (Grant(Role.SOCIAL_WORKER), Grant(Role.COMMUNITY_PLANNER), Grant(Role.DEPARTMENT)),
        (),
    )
    DOORS = ("", "/new", "/{id}")
    BUTTONS = ("appoint", "rename", "close", "reopen", "password", "terms/1/end")

    @pytest.mark.parametrize("grants", STRANGERS)
    def test_whoever_manages_nothing_finds_nothing(
        self, resident: Browser, database: Database, grants: tuple[Grant, ...]
    ) -> None:
        worker = new_account(database, HERE)
        sign_in(resident, database, *grants)
        self.all_refused(resident, worker, 404)

    def test_an_administrator_of_elsewhere_finds_nothing(
        self, resident: Browser, database: Database, campaign: CampaignView
    ) -> None:
        worker = new_account(database, THERE)
        sign_in(resident, database, STREET)
        assert str(worker) not in [
            link["href"].rpartition("/")[2] for link in resident.open(ACCOUNTS).all("a")
        ]
        resident.open(f"{ACCOUNTS}/{worker}")
        assert resident.status == 404
        for button in self.BUTTONS:
            data = {"name": "x", **terms(f"subdistrict:{QINGHE}")}
            answer = resident.client.post(f"{ACCOUNTS}/{worker}/{button}", data=data)
            assert answer.status_code == 404, button

    def test_who_is_signed_out_is_asked_to_sign_in(
        self, resident: Browser, database: Database
    ) -> None:
        worker = new_account(database, HERE)
        resident.open("/w/")
        self.all_refused(resident, worker, 303)

    def test_no_other_site_sends_any_form(self, resident: Browser, database: Database) -> None:
        worker = new_account(database, HERE)
        sign_in(resident, database, ADMIN)
        paths = [f"{ACCOUNTS}/{worker}/{button}" for button in self.BUTTONS]
        paths += [f"{ACCOUNTS}/new", "/w/desk/password"]
        paths += [f"/w/desk/me/{name}" for name in ("name", "sessions", "tokens")]
        for headers in [*OTHER_SITES, {"origin": "null"}]:
            for path in paths:
                data = {"name": "x", "acts": "moderate", "token_name": "x", "all": "1"}
                answer = resident.client.post(path, headers=headers, data=data)
                assert answer.status_code == 403, (path, headers)
        resident.open("/w/desk/me")
        assert resident.status == 200

    def all_refused(self, browser: Browser, account: int, status: int) -> None:
        for door in self.DOORS:
            browser.open(f"{ACCOUNTS}{door.format(id=account)}")
            assert browser.status == status, door
        data = {"name": "x", "login": "xyz", **terms("platform")}
        for button in ("new", *(f"{account}/{button}" for button in self.BUTTONS)):
            answer = browser.client.post(f"{ACCOUNTS}/{button}", data=data)
            assert answer.status_code == status, button

    @pytest.mark.parametrize("odd", ["0", "-1", "999999999", "9" * 30, "x", "%00", "1%27"])
    def test_odd_numbers_find_nothing(
        self, resident: Browser, database: Database, odd: str
    ) -> None:
        sign_in(resident, database, ADMIN)
        resident.open(f"{ACCOUNTS}/{odd}")
        assert resident.status == 404
        for query in (f"page={odd}", f"text={odd}", f"role={odd}", f"closed={odd}"):
            resident.open(f"{ACCOUNTS}?{query}")
            assert resident.status == 200, query


def test_a_term_that_ends_while_somebody_works(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    public_id = file(database, campaign).public_id
    account = sign_in(resident, database, Role.SOCIAL_WORKER)
    assert public_id
    resident.open(f"/w/c/{campaign.slug}/assist")
    assert resident.status == 200

    def end(session: Session) -> None:
        row = session.scalars(select(Appointment).where(Appointment.account_id == account)).one()
        row.ends_at = datetime.now(UTC) - timedelta(seconds=1)

    database.write(end)
    resident.open(f"/w/c/{campaign.slug}/assist")
    assert resident.status == 404
