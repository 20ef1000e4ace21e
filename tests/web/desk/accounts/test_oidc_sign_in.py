"""Signing in by a provider: to it and back, and everything that must not let anybody in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.database import Database
from people.accounts import oidc_client
from people.accounts.models import Account, ProviderSignIn
from people.accounts.oidc_client import new_flow, opened_flow, sealed_flow
from people.accounts.sessions import SESSION_COOKIE
from serving.context import Context
from tests.browser.provider import CLIENT, NOTHING, Provider, new_key, running
from tests.web.browsing import Browser
from tests.web.conftest import SECRET, site
from web.desk.accounts.oidc_sign_in import FLOW_COOKIE, PATH, former_routes

END = "/.well-known/openid-configuration"
BASE = "http://testserver"
HOME = "/w/desk/oidc/default"
LIU = {"sub": "17", "name": "刘主任", "groups": ["chiefs", "all"]}
EXPIRED = "no longer valid"
REFUSED = "not set up rightly"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    with running() as one:
        yield one


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    """Give a provider that has one administrator."""
    fresh = Provider(url=running_provider.url, claims=dict(LIU), key=running_provider.key)
    vars(running_provider).update(vars(fresh))
    return running_provider


def section(provider: Provider, **more: Any) -> dict[str, Any]:
    told = {"client_id": CLIENT, "client_secret": "a secret", **more}
    return {"server_metadata_url": f"{provider.url}{END}", **told}


@pytest.fixture
def room(make_room: Callable[..., Context], provider: Provider) -> Context:
    return make_room(auth=section(provider), oidc_roles="chiefs=administrator")


@pytest.fixture
def browser(room: Context) -> Browser:
    """Give a browser that has been here before."""
    made = Browser(site(room))
    made.open("/w/?lang=en")
    return made


def begin(browser: Browser, home: str = HOME) -> str:
    """Go to the provider; return where it sends the browser back to."""
    browser.open(f"{home}/start")
    assert browser.status == 303
    sent_to = browser.answer.headers["location"]
    back = httpx2.get(sent_to).headers["location"]
    assert back.startswith(BASE)
    return back.removeprefix(BASE)


def is_in(browser: Browser) -> bool:
    return browser.client.get("/w/desk/accounts").status_code == 200


def refused(browser: Browser, said: str) -> bool:
    """Tell whether the answer refuses in these words, and nothing is left in the browser."""
    kept = {SESSION_COOKIE, FLOW_COOKIE} & set(browser.client.cookies)
    return said in browser.body and browser.status in {403, 503} and not kept


def test_there_and_back(browser: Browser, provider: Provider, database: Database) -> None:
    page = browser.open("/w/desk/sign-in")
    assert any(link.get("href") == f"{HOME}/start" for link in page.all("a"))
    back = begin(browser)
    (asked,) = provider.asked
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert {"nonce", "code_challenge", "state"} <= set(asked)
    assert asked["redirect_uri"] == f"{BASE}{HOME}/callback"
    line = browser.answer.headers["set-cookie"]
    assert {"HttpOnly", "Max-Age=600", "SameSite=lax", f"Path={PATH}"} <= set(line.split("; "))
    browser.open(back)
    assert (browser.status, browser.answer.headers["location"]) == (303, "/w/desk")
    assert browser.answer.headers["cache-control"] == "no-store"
    assert FLOW_COOKIE not in browser.client.cookies
    assert is_in(browser)
    with database.reading() as session:
        assert session.scalars(select(Account.name)).all() == ["刘主任"]
        assert len(session.scalars(select(ProviderSignIn)).all()) == 1


def test_two_entries_are_one_account(browser: Browser, database: Database) -> None:
    for _ in range(2):
        browser.open(begin(browser))
        assert browser.status == 303
    with database.reading() as session:
        assert len(session.scalars(select(Account)).all()) == 1


def test_whoever_comes_has_a_name_and_the_roles_that_are_said_each_time(
    make_room: Callable[..., Context], provider: Provider
) -> None:
    """And goes out again."""
    browser = Browser(site(make_room(auth=section(provider), oidc_roles="chiefs=council_member")))
    browser.open("/w/?lang=en")
    browser.open(begin(browser))
    line = next(
        one
        for one in browser.answer.headers.get_list("set-cookie")
        if one.startswith(f"{SESSION_COOKIE}=")
    )
    assert "HttpOnly" in line
    page = browser.open("/w/desk/me")
    assert "刘主任" in page.text
    assert "Council member" in page.text
    assert " past " not in page.text
    browser.send(page.form("/sign-out"))
    assert SESSION_COOKIE not in browser.client.cookies
    provider.claims["groups"] = ["all"]
    browser.open(begin(browser))
    assert browser.status == 303
    page = browser.open("/w/desk/me")
    assert "Council member" in page.text
    assert " past " in page.text


def test_an_answer_counts_once(browser: Browser, provider: Provider) -> None:
    provider.forgetful = True
    back = begin(browser)
    kept = browser.client.cookies[FLOW_COOKIE]
    browser.open(back)
    assert browser.status == 303
    browser.client.cookies.delete(SESSION_COOKIE)
    for put_back in (False, True):  # whoever kept a copy of the cookie has nothing of it, either
        if put_back:
            browser.client.cookies.set(FLOW_COOKIE, kept, domain="testserver.local", path=PATH)
        browser.open(back)
        assert refused(browser, EXPIRED), put_back
    assert not is_in(browser)


def test_a_code_that_was_used_elsewhere_lets_nobody_in(
    browser: Browser, provider: Provider
) -> None:
    back = begin(browser)
    provider.codes.clear()
    browser.open(back)
    assert refused(browser, EXPIRED)


@pytest.mark.parametrize("how", ["another state", "no state", "no code", "refused", "longer"])
def test_a_wrong_answer_uses_the_way_up(browser: Browser, how: str) -> None:
    back = begin(browser)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    changed = {
        "another state": {**asked, "state": new_flow("default", "").state},
        "no state": {"code": asked["code"]},
        "no code": {"state": asked["state"]},
        "refused": {"state": asked["state"], "error": "access_denied"},
        "longer": {**asked, "state": asked["state"] + "x"},
    }[how]
    browser.client.get(f"{HOME}/callback", params=changed)
    browser.open(back)
    assert refused(browser, EXPIRED)


def test_an_answer_belongs_to_the_browser_that_began(room: Context, browser: Browser) -> None:
    """Nobody is signed in to somebody else's account by a link (RFC 6749, 10.12)."""
    back, other = begin(browser), Browser(site(room))
    other.open("/w/?lang=en")
    other.open(back)
    assert refused(other, EXPIRED)
    begin(other)
    other.open(back)
    assert refused(other, EXPIRED)


def test_a_cookie_that_is_none_of_ours_or_too_old(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = new_flow("default", f"{BASE}{HOME}/callback")
    good = sealed_flow(SECRET, flow)
    assert opened_flow(f"{'n' * 32},{SECRET}", good) == flow
    assert opened_flow("n" * 32, good) is None
    for wrong in ("", "x", good[:-1], "x" + good, f"e30{good[good.index('.') :]}"):
        assert opened_flow(SECRET, wrong) is None
    monkeypatch.setattr(oidc_client, "FLOW_S", -1)
    browser.open(begin(browser))
    assert refused(browser, EXPIRED)


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"aud": ["another"], "azp": CLIENT},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": None},
        {"iss": "https://id.example.org"},
        {"iss": None},
        {"exp": NOW - 120},
        {"exp": None},
        {"iat": NOW + 3600},
        {"nbf": NOW + 3600},
        {"sub": None},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=lambda claims: (
        str(claims).replace(str(NOW - 120), "past").replace(str(NOW + 3600), "future")
    ),
)
def test_a_token_that_says_something_wrong(
    browser: Browser, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    browser.open(begin(browser))
    assert refused(browser, REFUSED)
    assert not is_in(browser)


def test_a_token_of_a_while_ago(browser: Browser, provider: Provider) -> None:
    provider.claims["iat"] = NOW - 3600
    browser.open(begin(browser))
    assert refused(browser, EXPIRED)


def test_a_token_that_is_not_signed_by_the_provider(browser: Browser, provider: Provider) -> None:
    """By nobody, by another key of the same name, or by what everybody knows as if it were one."""
    public = provider.key.as_pem(private=False)
    for key in (NOTHING, new_key(), public, b"a secret"):
        provider.signs_with = key
        browser.open(begin(browser))
        assert refused(browser, REFUSED), key
    provider.signs_with = None
    browser.open(begin(browser))
    assert browser.status == 303


def test_a_provider_that_renews_its_key(browser: Browser, provider: Provider) -> None:
    browser.open(begin(browser))
    before, provider.key = provider.key, new_key()
    browser.open(begin(browser))
    assert browser.status == 303
    provider.key = before


def test_a_provider_that_is_away(browser: Browser, provider: Provider) -> None:
    back = begin(browser)
    provider.away = True
    browser.open(back)
    assert refused(browser, "cannot be reached")
    assert browser.status == 503


def test_a_provider_that_is_away_from_the_start(room: Context, provider: Provider) -> None:
    fresh = Browser(site(room))
    fresh.open("/w/?lang=en")
    provider.away = True
    fresh.open(f"{HOME}/start")
    assert refused(fresh, "cannot be reached")


def test_somebody_without_a_role(browser: Browser, provider: Provider, database: Database) -> None:
    provider.claims["groups"] = ["all"]
    browser.open(begin(browser))
    assert refused(browser, "you have no role here")
    with database.reading() as session:
        assert session.scalars(select(Account)).all() == []


def test_one_provider_does_not_speak_for_another(
    make_room: Callable[..., Context], provider: Provider
) -> None:
    """Neither by its tokens nor by an answer that was asked of the other one."""
    auth = {
        **section(provider),
        "town": section(provider, issuer="https://town.example"),
    }
    room = make_room(auth=auth, oidc_roles="chiefs=administrator,[town]chiefs=administrator")
    browser = Browser(site(room))
    browser.open("/w/?lang=en")
    browser.open(begin(browser, "/w/desk/oidc/town"))
    assert refused(browser, REFUSED)
    browser.open(begin(browser).replace("/default/", "/town/"))
    assert refused(browser, EXPIRED)
    back = begin(browser)
    browser.open(f"{back}&iss=https%3A%2F%2Ftown.example")
    assert refused(browser, REFUSED)
    browser.open(f"{begin(browser)}&iss={provider.url}")
    assert browser.status == 303


def test_two_organisations_have_people_claims_and_roles_of_their_own(
    make_room: Callable[..., Context], provider: Provider, database: Database
) -> None:
    with running() as town:
        room = make_room(
            auth={**section(provider), "town": section(town)},
            oidc_claim="groups,[town]departments",
            oidc_roles='chiefs=social_worker,[town]"planning, 规划"=community_planner',
        )
        browser = Browser(site(room))
        browser.open("/w/?lang=en")
        planning = {"departments": ["planning, 规划"]}
        town.claims = {"sub": "27", "name": "赵规划", "groups": ["chiefs"], **planning}
        browser.open(begin(browser, "/w/desk/oidc/town"))
        assert browser.status == 303
        page = browser.open("/w/desk/me")
        assert "赵规划" in page.text
        assert "Community planner" in page.text
        assert "Social worker" not in page.text
        browser.send(page.form("/sign-out"))
        # The same subject at the other one is somebody else, and its claim is another.
        provider.claims = {"sub": "27", "name": "王芳", **planning}
        browser.open(begin(browser))
        assert refused(browser, "you have no role here")
    with database.reading() as session:
        assert session.scalars(select(Account.name)).all() == ["赵规划"]


def test_without_a_provider_there_is_no_such_way(
    make_room: Callable[..., Context], provider: Provider, room: Context
) -> None:
    began = Browser(site(room))
    began.open("/w/")
    back = begin(began)
    roles = "chiefs=administrator"
    for told in (
        {},
        {"oidc_roles": roles},
        {"auth": section(provider)},
        {"auth": section(provider), "oidc_roles": f"[town]{roles}"},
        {"auth": section(provider, client_id=""), "oidc_roles": roles},
    ):
        began.client = Browser(site(make_room(**told))).client
        for address in (f"{HOME}/start", back, "/w/desk/enter?ticket=1"):
            answer = began.client.get(address)
            assert answer.status_code == 404, (told, address)
            assert FLOW_COOKIE not in answer.headers.get("set-cookie", "")
        assert "/oidc/" not in began.open("/w/desk/sign-in").text


def test_without_a_key_nobody_is_sent_away(
    make_room: Callable[..., Context], provider: Provider
) -> None:
    room = make_room(auth=section(provider), oidc_roles="chiefs=administrator", secret_key="")
    browser = Browser(site(room))
    browser.open(f"{HOME}/start?lang=en")
    assert browser.status == 503
    assert "LUJIAN_SECRET_KEY" in browser.body
    browser.open(f"{HOME}/callback?code=1&state=2")
    assert browser.status == 403


class TestWhatOperatorsHaveSet:
    def test_the_address_that_was_registered_before(
        self, make_room: Callable[..., Context], provider: Provider
    ) -> None:
        registered = f"{BASE}/oauth2callback"
        auth = {
            **section(provider, redirect_uri=registered, cookie_secret="c" * 32),
            "town": section(provider, issuer=provider.url),
        }
        room = make_room(auth=auth, oidc_roles="[town]chiefs=administrator")
        browser = Browser(Starlette(routes=[*site(room).routes, *former_routes()]))
        browser.open("/w/")
        back = begin(browser, "/w/desk/oidc/town")
        assert provider.asked[-1]["redirect_uri"] == registered
        assert urlsplit(back).path == "/oauth2callback"
        browser.open(back)
        browser.follow()
        assert is_in(browser)

    def test_former_addresses(self) -> None:
        client = TestClient(Starlette(routes=former_routes()), follow_redirects=False)
        for lost in ("/oauth2callback", "/oauth2callback?state=//evil.example", "/auth/login"):
            assert client.get(lost).status_code == 404, lost
        assert client.get("/sign-in").headers["location"] == "/w/desk/sign-in"

    def test_what_is_asked_of_the_provider(
        self, make_room: Callable[..., Context], provider: Provider
    ) -> None:
        kwargs = {"scope": "openid groups", "token_endpoint_auth_method": "client_secret_post"}
        auth = section(provider, client_kwargs=kwargs, redirect_uri=f"{BASE}{HOME}/callback")
        browser = Browser(site(make_room(auth=auth, oidc_roles="chiefs=administrator")))
        browser.open("/w/")
        browser.open(begin(browser))
        assert browser.status == 303
        assert provider.asked[-1]["scope"] == "openid groups"
        assert provider.asked[-1]["prompt"] == "select_account"


def test_a_flow_is_of_one_provider_and_state() -> None:
    flow = new_flow("city", "")
    assert flow.is_of("city", flow.state)
    assert not flow.is_of("town", flow.state)
    assert not replace(flow, state="city.x").is_of("city", flow.state)
    assert not flow.is_of("city", "\ud800")
