"""From the first administrator to a social worker with a term; and signing in by a provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from core.language import translations
from people.accounts.sessions import SESSION_COOKIE
from tests.browser.provider import CLIENT, Provider, running
from tests.browser.walking import PHONE, OpenPage, Server, overflow, start_server
from tests.notifications.conftest import KEY

SAY = translations("zh_CN").gettext
NEW, HERS = "清河边上的第一个管理员", "每天在智学苑散步十分钟"


def button(page: Page, english: str) -> None:
    page.get_by_role("main").get_by_role("button", name=SAY(english), exact=True).click()


def type_in(page: Page, login: str, password: str) -> None:
    page.get_by_label(SAY("Login"), exact=True).fill(login)
    page.get_by_label(SAY("Password"), exact=True).fill(password)
    button(page, "Sign in")
    expect(page.locator("form[action='/w/desk/sign-in']")).to_have_count(0)


def choose_password(page: Page, password: str) -> None:
    expect(page.get_by_role("heading", name=SAY("New password"))).to_be_visible()
    page.locator("input[name=new]").fill(password)
    page.locator("input[name=again]").fill(password)
    button(page, "Change the password")
    expect(page.locator("input[name=new]")).to_have_count(0)


@pytest.mark.everything
def test_the_first_administrator_makes_a_social_worker(
    open_either: OpenPage, either: Server
) -> None:
    first, chen = f"first-{uuid4().hex[:8]}", f"chen-{uuid4().hex[:8]}"
    made = either.command("people", "admin", "--login", first, "--name", "周主任")
    password = made.split("shown only here: ")[1].split("\n")[0]
    page = open_either("/w/desk/accounts", size=PHONE)
    type_in(page, first, password)
    choose_password(page, NEW)
    expect(page).to_have_url(f"{either.url}/w/desk/accounts")
    assert overflow(page) == 0
    page.get_by_role("link", name=SAY("New account")).click()
    page.locator("input[name=name]").fill("陈社工")
    page.locator("input[name=login]").fill(chen)
    page.locator("select[name=role]").select_option("social_worker")
    page.locator("select[name=place]").select_option("community:110108017034:2020")
    page.locator("input[name=ends]").fill("2099-06-30")
    assert overflow(page) == 0
    button(page, "Make the account")
    given = page.locator(".lj-secret").inner_text().strip()
    expect(page.locator("#terms + ul li")).to_contain_text("智学苑")
    expect(page.locator("#terms + ul li")).to_contain_text("2099年6月30日")
    assert overflow(page) == 0

    hers = open_either("/w/desk/sign-in", size=PHONE, forgive=("/w/desk/accounts",))
    type_in(hers, chen, given)
    choose_password(hers, HERS)
    hers.goto(f"{either.url}/w/desk/me")
    expect(hers.get_by_text("智学苑")).to_be_visible()
    assert overflow(hers) == 0
    hers.goto(f"{either.url}/w/desk/accounts")
    expect(hers.get_by_role("heading", name=SAY("This did not work"))).to_be_visible()

    second = open_either("/w/desk/sign-in", size=PHONE)
    type_in(second, chen, HERS)
    second.goto(f"{either.url}/w/desk/me")
    button(second, "Sign out everywhere")
    for left in (hers, second):
        left.goto(f"{either.url}/w/desk/me")
        expect(left.get_by_role("heading", name=SAY("Sign in"))).to_be_visible()


def test_former_addresses_of_signing_in_are_ours_and_not_streamlits(server: Server) -> None:
    for former, ours in (
        ("/sign-in", "/w/desk/sign-in"),
        ("/oauth2callback?state=town.x", "/w/desk/oidc/town/callback?state=town.x"),
    ):
        answer = httpx2.get(server.url + former)
        assert (answer.status_code, answer.headers["location"]) == (303, ours)
    assert httpx2.get(f"{server.url}/auth/login").status_code == 404


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running() as one:
        yield one


@pytest.fixture(scope="module")
def town() -> Iterator[Provider]:
    with running() as one:
        yield one


@pytest.fixture(scope="module")
def organisations(
    provider: Provider, town: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Run the program with a provider that has no name and one that has."""
    folder: Path = tmp_path_factory.mktemp("var")
    secrets = folder / "secrets.toml"
    client = f'client_id = "{CLIENT}"\nclient_secret = "a secret of the tests"\n'
    end = "/.well-known/openid-configuration"
    secrets.write_text(
        "[auth]\n"
        'redirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
        f'cookie_secret = "{KEY}"\n{client}server_metadata_url = "{provider.url}{end}"\n'
        f'[auth.town]\n{client}server_metadata_url = "{town.url}{end}"\n',
        encoding="utf-8",
    )
    program = start_server(
        folder,
        STREAMLIT_SECRETS_FILES=str(secrets),
        LUJIAN_SECRET_KEY=KEY,
        LUJIAN_OIDC_CLAIM="groups,[town]departments",
        LUJIAN_OIDC_ROLES=(
            'moderators=social_worker@110108017,[town]"planning, 规划"=community_planner'
        ),
        LUJIAN_OIDC_NAMES="[town]镇政府统一认证",
    )
    yield program
    program.stop()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Open a page that may go to the provider's address, too."""
    context = chromium.new_context(viewport=PHONE, locale="zh-CN")
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    yield opened
    context.close()


def by_provider(page: Page, program: Server) -> None:
    page.goto(f"{program.url}/w/desk/sign-in")
    name = SAY("Sign in with the account of your organisation")
    page.get_by_role("link", name=name).click()


@pytest.mark.everything
def test_an_organisations_account_opens_the_desk(
    page: Page, organisations: Server, provider: Provider
) -> None:
    provider.claims = {"sub": "17", "name": "王芳", "groups": ["moderators", "all"]}
    by_provider(page, organisations)
    page.wait_for_url(f"{organisations.url}/w/desk")
    assert {"nonce", "code_challenge", "state"} <= set(provider.asked[-1])
    names = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert names[SESSION_COOKIE]["httpOnly"]
    assert not [name for name in names if name.startswith(("_streamlit_user", "lujian_oidc"))]
    page.goto(f"{organisations.url}/w/desk/me")
    expect(page.get_by_role("heading", name="王芳")).to_be_visible()
    expect(page.get_by_text(SAY("Social worker"))).to_be_visible()
    page.locator("form[action='/w/desk/sign-out'] button").click()
    expect(page.get_by_role("heading", name=SAY("Sign in"))).to_be_visible()
    assert SESSION_COOKIE not in {cookie["name"] for cookie in page.context.cookies()}
    # The provider's word is taken anew.
    provider.claims = {"sub": "17", "name": "王芳", "groups": ["all"]}
    by_provider(page, organisations)
    page.wait_for_url(f"{organisations.url}/w/desk**")
    page.goto(f"{organisations.url}/w/desk/me")
    expect(page.get_by_role("heading", name="王芳")).to_be_visible()
    expect(page.locator("#roles + ul .lj-tag")).to_have_text(SAY("past"))


@pytest.mark.everything
def test_somebody_without_a_role_is_told_so(
    page: Page, organisations: Server, provider: Provider
) -> None:
    provider.claims = {"sub": "18", "name": "路人", "groups": ["all"]}
    by_provider(page, organisations)
    told = SAY(
        "Your organisation knows you, but you have no role here. Please ask an administrator."
    )
    expect(page.get_by_text(told)).to_be_visible()
    assert SESSION_COOKIE not in {cookie["name"] for cookie in page.context.cookies()}


def by_town(page: Page, program: Server) -> None:
    page.goto(f"{program.url}/w/desk/sign-in")
    name = SAY("Sign in with {name}").format(name="镇政府统一认证")
    page.get_by_role("link", name=name).click()


@pytest.mark.everything
def test_two_organisations_each_with_its_own_people_and_roles(
    page: Page, organisations: Server, provider: Provider, town: Provider
) -> None:
    program = organisations
    town.claims = {
        "sub": "27",
        "name": "赵规划",
        "groups": ["moderators"],
        "departments": ["planning, 规划"],
    }
    by_town(page, program)
    page.wait_for_url(f"{program.url}/w/desk")
    page.goto(f"{program.url}/w/desk/me")
    expect(page.get_by_role("heading", name="赵规划")).to_be_visible()
    expect(page.locator("#roles + ul strong")).to_have_count(1)
    expect(page.get_by_text(SAY("Community planner"))).to_be_visible()
    page.locator("form[action='/w/desk/sign-out'] button").click()
    # The same subject at the other provider is somebody else, and its claim is another.
    provider.claims = {"sub": "27", "name": "王芳", "departments": ["planning, 规划"]}
    by_provider(page, program)
    told = SAY(
        "Your organisation knows you, but you have no role here. Please ask an administrator."
    )
    expect(page.get_by_text(told)).to_be_visible()
    assert SESSION_COOKIE not in {cookie["name"] for cookie in page.context.cookies()}


@pytest.mark.everything
def test_a_provider_that_calls_itself_another_lets_nobody_in(
    page: Page, organisations: Server, provider: Provider, town: Provider
) -> None:
    town.claims = {"sub": "17", "name": "冒名", "departments": ["planning, 规划"]}
    town.issuer = provider.url
    try:
        by_town(page, organisations)
        told = SAY(
            "This way to sign in is not set up rightly, so that we let nobody in by it. Please "
            "tell an administrator."
        )
        expect(page.get_by_text(told)).to_be_visible()
    finally:
        town.issuer = ""
    assert SESSION_COOKIE not in {cookie["name"] for cookie in page.context.cookies()}
