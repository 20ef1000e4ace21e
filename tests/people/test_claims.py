"""OpenID Connect: what a provider says becomes roles, renewed each time; tickets are good once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from database import Database
from errors import NoKeyError, WrongSignInError
from people import accounts, claims
from people.actors import Actor, Grant, Reach, Role
from people.appointments import Term, appoint
from people.claims import Identity, enter, identity_of, take_ticket, ticket_for
from people.directory import TermView, terms_of
from people.models import Account
from people.sessions import SESSION_COOKIE, cookie_of, find_session
from settings import Settings
from tests.conftest import NOW
from tests.people.acting import new_account
from tests.submissions.acting import act, trail

KEY, OTHER = "a" * 32, "b" * 40
SETTINGS = Settings(secret_key=KEY)
CHIEF = Actor("d", frozenset({Grant(Role.ADMINISTRATOR)}))
HERE = Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, "110108017")
HOME = Grant(Role.COUNCIL_MEMBER, Reach.COMMUNITY, "110108017034", "2020")
PLANNER = Grant(Role.COMMUNITY_PLANNER)
ROLES = {
    "moderators": frozenset({HERE}),
    "planners": frozenset({PLANNER}),
    "yard": frozenset({HOME}),
}
DEVICE = Actor("d" * 32).key or ""
DAY = timedelta(days=1)
USER = {
    "is_logged_in": True,
    "iss": "https://id.example.org",
    "sub": "248289761001",
    "iat": NOW.timestamp(),
    "name": "李华",
    "preferred_username": "Li Hua",
    "groups": ["moderators", "everybody"],
}


def known(*said: str, subject: str = "1", **changes: Any) -> Identity:
    given = {"issuer": "https://id.example.org", "name": "李华", "login": "lihua"} | changes
    return Identity(subject=subject, said=frozenset(said), **given)


def come(database: Database, identity: Identity, now: datetime = NOW) -> int:
    account: int = act(database, enter, ROLES, identity, now=now)
    return account


def held(database: Database, account: int, now: datetime = NOW) -> dict[Grant, TermView]:
    """Return the roles in force."""
    with database.reading() as session:
        terms = terms_of(session, CHIEF, account, now=now)
    return {term.grant: term for term in terms if term.state == "now"}


def test_whom_streamlit_names() -> None:
    found = identity_of(USER, "groups", now=NOW)
    assert found == Identity(
        "https://id.example.org",
        "248289761001",
        "李华",
        "Li Hua",
        frozenset({"moderators", "everybody"}),
    )
    one = identity_of(USER | {"role": "planners"}, "role", now=NOW)
    assert one is not None
    assert one.said == {"planners"}


@pytest.mark.parametrize(
    "changes",
    [
        {"is_logged_in": False},
        {"is_logged_in": "yes"},
        {"iss": ""},
        {"sub": None},
        {"iat": None},
        {"iat": "nonsense"},
        {"iat": float("nan")},
        {"iat": 1e300},
        {"iat": (NOW - timedelta(seconds=301)).timestamp()},
        {"iat": (NOW - 29 * DAY).timestamp()},
        {"iat": (NOW + timedelta(seconds=301)).timestamp()},
    ],
)
def test_who_did_not_sign_in_just_now_is_nobody(changes: dict[str, Any]) -> None:
    assert identity_of(USER | changes, "groups", now=NOW) is None
    assert identity_of({}, "groups", now=NOW) is None


@pytest.mark.parametrize("claimed", [None, 7, {}, [], [None, 3, ["moderators"]]])
def test_a_claim_that_names_nothing(claimed: object) -> None:
    found = identity_of(USER | {"groups": claimed}, "groups", now=NOW)
    assert found is not None
    assert found.said == frozenset()


def test_an_account_is_made_at_the_first_entry_and_found_again(database: Database) -> None:
    account = come(database, known("moderators"))
    assert set(held(database, account)) == {HERE}
    assert come(database, known("moderators", name="改了名", login="other")) == account
    with database.reading() as session:
        row = session.scalars(select(Account)).one()
    assert (row.login, row.name, row.password_hash, row.must_change) == (
        "lihua",
        "李华",
        None,
        False,
    )
    assert [entry.details["by"] for entry in trail(database, "account_created")] == ["provider"]
    assert len(trail(database, "appointed")) == 1


def test_a_subject_is_its_issuers_own(database: Database) -> None:
    first = come(database, known("moderators"))
    others = {
        come(database, known("moderators", issuer="https://other.example")),
        come(database, known("moderators", subject="2")),
        come(database, known("moderators", subject="x" * 900)),
        come(database, known("moderators", subject="x" * 901)),
    }
    assert len(others | {first}) == 5
    assert come(database, known("moderators", subject="x" * 901)) in others


def test_two_providers_share_nobody_but_one_issuers_own(database: Database) -> None:
    """The same subject at another issuer is somebody else, with none of the roles."""
    city, town = "https://id.city.example", "https://id.town.example"
    first = come(database, known("moderators", issuer=city, subject="7"))
    with pytest.raises(WrongSignInError):
        come(database, known(issuer=town, subject="7"))
    second = come(database, known("planners", issuer=town, subject="7"))
    assert first != second
    assert (set(held(database, first)), set(held(database, second))) == ({HERE}, {PLANNER})
    # What one provider says at an entry ends nothing that the other has said of somebody else.
    come(database, known(issuer=town, subject="7"), NOW + DAY)
    assert set(held(database, first, NOW + DAY)) == {HERE}
    assert held(database, second, NOW + DAY) == {}


def test_nobody_takes_over_an_account_by_its_login(database: Database) -> None:
    mine = new_account(database, Role.ADMINISTRATOR, login="lihua")
    for login in ("lihua", "LIHUA ", "lihua"):
        account = come(database, known("moderators", login=login, subject=login))
        assert account != mine
        assert set(held(database, account)) == {HERE}
    odd = come(database, known("moderators", login="李 华\n", subject="3", name="\x00"))
    with database.reading() as session:
        logins = set(session.scalars(select(Account.login)))
        row = session.get_one(Account, odd)
    assert logins == {"lihua", "lihua-2", "lihua-3", "account"}
    assert row.name == "account"


def test_roles_are_renewed_at_every_entry_and_those_of_the_desk_stay(database: Database) -> None:
    account = come(database, known("moderators", "planners"))
    act(database, appoint, CHIEF, account, Term(HOME, NOW, NOW + 300 * DAY))
    later = NOW + 10 * DAY
    come(database, known("planners", "yard"), later)
    now_held = held(database, account, later)
    assert set(now_held) == {PLANNER, HOME}
    assert now_held[PLANNER].ends_at == later + claims.HOLDS_FOR
    assert len([t for t in now_held.values() if t.by_claim]) >= 1
    come(database, known(), later + DAY)
    assert set(held(database, account, later + DAY)) == {HOME}
    ended = [entry.details["role"] for entry in trail(database, "appointment_ended")]
    assert sorted(ended) == ["community_planner", "council_member", "social_worker"]


def test_roles_by_claim_end_without_a_new_word(database: Database) -> None:
    account = come(database, known("moderators"))
    assert set(held(database, account, NOW + 30 * DAY - timedelta(seconds=1))) == {HERE}
    assert held(database, account, NOW + 30 * DAY) == {}
    assert come(database, known("moderators"), NOW + 40 * DAY) == account
    assert set(held(database, account, NOW + 40 * DAY)) == {HERE}


def test_who_is_not_let_in(database: Database) -> None:
    for said in ((), ("everybody",), ("Moderators",)):
        with pytest.raises(WrongSignInError) as caught:
            come(database, known(*said))
        assert caught.value.params["problem"] == "no_role"
    with database.reading() as session:
        assert session.scalars(select(Account)).all() == []
    account = come(database, known("moderators"))
    act(database, accounts.close_account, CHIEF, account, reason="")
    with pytest.raises(WrongSignInError) as caught:
        come(database, known("moderators", "planners"))
    assert caught.value.params["problem"] == "closed"
    assert PLANNER not in held(database, account)


def take(
    database: Database,
    ticket: str,
    device: str | None = DEVICE,
    now: datetime = NOW,
    key: str = KEY,
) -> str:
    return take_ticket(database, key, ticket, device, device="Chrome", now=now)


def test_a_ticket_becomes_a_session_once(database: Database) -> None:
    account = come(database, known("moderators"))
    ticket = ticket_for(KEY, account, DEVICE, now=NOW)
    token = take(database, ticket, now=NOW + timedelta(seconds=60))
    who = find_session(database, SETTINGS, {SESSION_COOKIE: cookie_of(KEY, token)}, now=NOW)
    assert who is not None
    assert (who.account_id, who.grants) == (account, {HERE})
    for _ in range(2):
        with pytest.raises(WrongSignInError):
            take(database, ticket)
    assert [entry.details for entry in trail(database, "signed_in")] == [{"how": "provider"}]
    assert take(database, ticket_for(KEY, account, DEVICE, now=NOW)) != token


def test_a_ticket_is_for_one_device_one_minute_and_one_account(database: Database) -> None:
    account, other = come(database, known("moderators")), new_account(database)
    ticket = ticket_for(KEY, account, DEVICE, now=NOW)
    number, rest = ticket.split(".", 1)
    refused: list[tuple[str, str | None, datetime, str]] = [
        (ticket, None, NOW, KEY),
        (ticket, Actor("e" * 32).key, NOW, KEY),
        (ticket, DEVICE, NOW + timedelta(seconds=61), KEY),
        (ticket, DEVICE, NOW, OTHER),
        (ticket, DEVICE, NOW, ""),
        (f"{other}.{rest}", DEVICE, NOW, KEY),
        (f"0{number}.{rest}", DEVICE, NOW, KEY),
        (f" {ticket}", DEVICE, NOW, KEY),
        (f"{ticket}\n", DEVICE, NOW, KEY),
        (ticket.upper(), DEVICE, NOW, KEY),
        ("", DEVICE, NOW, KEY),
    ]
    for text, device, now, key in refused:
        with pytest.raises(WrongSignInError):
            take(database, text, device, now, key)
    take(database, ticket, DEVICE, NOW, f"{OTHER},{KEY}")
    with pytest.raises(NoKeyError):
        ticket_for("", account, DEVICE, now=NOW)


def test_a_ticket_of_an_account_closed_since(database: Database) -> None:
    account = come(database, known("moderators"))
    ticket = ticket_for(KEY, account, DEVICE, now=NOW)
    act(database, accounts.close_account, CHIEF, account, reason="")
    with pytest.raises(WrongSignInError):
        take(database, ticket)


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_is_a_ticket(text: str) -> None:
    with pytest.raises(WrongSignInError):
        take_ticket(None, KEY, text, DEVICE, device="x", now=NOW)  # type: ignore[arg-type]
