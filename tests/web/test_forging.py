"""Whoever has read the database and the secret key has a session no more than anybody else."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from itertools import product
from urllib.parse import quote

import pytest
from sqlalchemy import select, update

from core.database import Base, Database
from core.keys import Purpose, hash_of, sign
from core.settings import Settings
from people.access.actor import Actor, Role, everywhere
from people.access.device_cookie import COOKIE
from people.accounts import passwords
from people.accounts.api_tokens import make_token
from people.accounts.known_devices import device_keys
from people.accounts.models import Account
from people.accounts.oidc_client import new_flow
from people.accounts.oidc_login import Identity, enter_once
from people.accounts.oidc_providers import Provider, providers_of
from people.accounts.password_login import sign_in
from people.accounts.sessions import SESSION_COOKIE
from serving.context import Context
from serving.visit import now
from tests.examples import some_of
from tests.people.acting import new_account
from tests.submissions.acting import act
from tests.web.browsing import Browser
from tests.web.conftest import SECRET, site
from web.desk.accounts.oidc_sign_in import FLOW_COOKIE

TABLES = ("account", "sign_in", "api_token", "known_device", "provider_sign_in", "audit")
SECTION = {"client_id": "lujian", "server_metadata_url": "https://id.example.org"}
ROLES = "chiefs=administrator"
PRIZE = "/w/desk/accounts"
DEVICE = Actor("d" * 32)
CALLBACK = "/w/desk/oidc/default/callback"


def come_by_provider(database: Database) -> None:
    """Let an administrator come back from the provider."""
    provider: Provider = providers_of(Settings(oidc_roles=ROLES))["default"]
    chief = Identity("https://id.example.org", "7", "王主任", "wang", frozenset({"chiefs"}))
    enter_once(database, provider, chief, state=new_flow("default", "").state, device="", now=now())


@pytest.fixture
def busy(
    database: Database, make_room: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> Context:
    """Give a room in which an administrator has one of everything that opens a door."""
    room = make_room(auth={"default": SECTION}, oidc_roles=ROLES)
    account = new_account(database, Role.ADMINISTRATOR, login="li")
    monkeypatch.setattr(passwords, "matches", lambda _kept, _typed: True)
    monkeypatch.setattr(passwords, "is_outdated", lambda _kept: False)
    give = {"password_hash": "hash of a password"}
    database.write(lambda s: s.execute(update(Account).values(give)) and None)
    sign_in(
        database,
        room.door,
        login="li",
        password="",
        address="192.0.2.1",
        device="Chrome",
        device_keys=device_keys(SECRET, DEVICE.device),
        now=now(),
    )
    chief = Actor(None, everywhere(Role.ADMINISTRATOR), account)
    act(database, make_token, chief, name="x", acts=["manage_accounts"], ends_at=None, now=now())
    come_by_provider(database)
    return room


def stolen(database: Database) -> set[str]:
    """Return every text in the tables of people, as whoever has the file reads them."""
    found: set[str] = set()
    with database.reading() as session:
        for name in TABLES:
            rows = session.execute(select(Base.metadata.tables[name])).all()
            assert rows, name
            found |= {str(value) for row in rows for value in row if value is not None}
    return found


def old_signature(purpose: str, said: str) -> str:
    """Sign as it was done up to 0.4.0."""
    key = hmac.digest(SECRET.encode(), f"lujian {purpose}\x01".encode(), sha256)
    return hmac.digest(key, said.encode(), sha256).hex()


def forged(values: set[str]) -> set[str]:
    """Return cookies, tickets and tokens made of what was read, signed for every purpose."""
    tokens = {value for value in values if len(value) == 64} | {hash_of(v) for v in values}
    made = {sign(SECRET, purpose, token) for purpose, token in product(Purpose, tokens)}
    made |= {f"{token}.{old_signature('session', token)}" for token in tokens}
    until = int(now().timestamp()) + 60
    for account, device in product(("1", "2"), ("", DEVICE.key, *tokens)):
        said = f"{account}.{until}.{'0' * 32}"
        made.add(f"{said}.{old_signature('ticket', f'{said} {device}')}")
    return made | values


def test_nothing_that_was_read_or_signed_opens_the_desk(busy: Context, database: Database) -> None:
    served, read = site(busy), stolen(database)
    before = len(read)
    assert len({value for value in read if len(value) == 64}) == 6
    browser = Browser(served)
    browser.client.cookies.set(COOKIE, DEVICE.device or "")  # even in the right browser
    for place, made in enumerate(sorted(forged(read))):
        if not made.isascii() or not made.isprintable():
            continue
        answer = browser.client.get(
            PRIZE, headers={"cookie": f"{COOKIE}={DEVICE.device}; {SESSION_COOKIE}={made}"}
        )
        assert answer.status_code != 200, made
        doors = some_of(("token", "provider"), place)
        if "token" in doors:
            answer = browser.client.get(PRIZE, headers={"authorization": f"Bearer {made}"})
            assert answer.status_code != 200, made
        if "provider" in doors:
            browser.client.cookies.set(FLOW_COOKIE, made)
            answer = browser.client.get(f"{CALLBACK}?code=c&state={quote(made)}")
            assert answer.status_code == 403, made
            assert SESSION_COOKIE not in answer.headers.get("set-cookie", ""), made
    assert len(stolen(database)) == before
