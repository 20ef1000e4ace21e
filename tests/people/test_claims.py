"""OpenID Connect: what a provider says becomes roles, renewed each time; tickets are good once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from database import Database
from errors import NoKeyError, WrongSignInError
from people import accounts, claims, sessions
from people.actors import Actor, Grant, Reach, Role
from people.appointments import Term, appoint, end_appointment
from people.claims import (
    ENTRY_COOKIE,
    Identity,
    enter,
    hand_out,
    identity_mark,
    identity_of,
    note_return,
    take_ticket,
)
from people.directory import TermView, terms_of
from people.keys import Purpose, hash_of, sign
from people.models import Account, ProviderSignIn
from people.providers import Provider
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
CITY = Provider("city", roles=ROLES)
ENTRY = "e" * 43
COOKIES = {
    ENTRY_COOKIE: ENTRY,
    "_streamlit_user": "chunks-2",
    "_streamlit_user__1": "signed by Streamlit",
    "_streamlit_user_tokens": "not looked at",
}
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


def come_back(
    database: Database,
    *,
    noted: dict[str, str] = COOKIES,
    sent: dict[str, str] = COOKIES,
    now: datetime = NOW,
) -> str:
    """Let the provider's answer come to a browser, and give it its ticket."""
    mark = identity_mark(noted)
    if mark is not None:
        database.write(lambda s: note_return(s, noted[ENTRY_COOKIE], mark, now=NOW))
    identity = known("moderators")
    return database.write(lambda s: hand_out(s, KEY, CITY, identity, sent, now=now))


def take(
    database: Database,
    ticket: str,
    entry: str = ENTRY,
    now: datetime = NOW,
    key: str = KEY,
    providers: frozenset[str] = frozenset({"city"}),
) -> str:
    return take_ticket(database, key, ticket, entry, providers=providers, device="Chrome", now=now)


def test_a_ticket_becomes_a_session_once(database: Database) -> None:
    ticket = come_back(database)
    token = take(database, ticket, now=NOW + timedelta(seconds=60))
    who = find_session(database, SETTINGS, {SESSION_COOKIE: cookie_of(KEY, token)}, now=NOW)
    assert who is not None
    assert who.grants == {HERE}
    for _ in range(2):
        with pytest.raises(WrongSignInError):
            take(database, ticket)
    assert [entry.details for entry in trail(database, "signed_in")] == [{"how": "provider"}]
    with database.reading() as session:
        assert session.scalars(select(ProviderSignIn)).all() == []


def test_the_latest_ticket_of_a_browser_counts(database: Database) -> None:
    first, second = come_back(database), come_back(database)
    with pytest.raises(WrongSignInError):
        take(database, first)
    take(database, second)


@pytest.mark.parametrize(
    ("entry", "after_s", "key", "providers", "keeps"),
    [
        ("", 0, KEY, {"city"}, False),
        ("f" * 43, 0, KEY, {"city"}, False),
        (ENTRY, 61, KEY, {"city"}, False),
        (ENTRY, -6, KEY, {"city"}, False),
        (ENTRY, -3600, KEY, {"city"}, False),
        (ENTRY, 0, KEY, {"town"}, False),
        (ENTRY, 0, KEY, set(), True),
        (ENTRY, 0, OTHER, {"city"}, True),
        (ENTRY, 0, "", {"city"}, True),
    ],
)
def test_a_ticket_is_for_one_browser_one_minute_and_one_provider(
    database: Database, entry: str, after_s: float, key: str, providers: set[str], keeps: bool
) -> None:
    """One that is tried and fails is used up, but for those whose signature is not ours."""
    ticket = come_back(database)
    now = NOW + timedelta(seconds=after_s)
    with pytest.raises(WrongSignInError):
        take(database, ticket, entry, now, key, frozenset(providers))
    if keeps:
        take(database, ticket, key=f"{OTHER},{KEY}")
    else:
        with pytest.raises(WrongSignInError):
            take(database, ticket)
    assert len(trail(database, "signed_in")) == keeps


def test_a_ticket_needs_a_providers_answer_to_this_browser(database: Database) -> None:
    """What Streamlit signs is worth nothing unless it stood in an answer to the same browser."""
    forged = COOKIES | {"_streamlit_user__1": "signed with a stolen key"}
    for noted, sent, seconds in (
        ({}, COOKIES, 0),
        (COOKIES, forged, 0),
        (COOKIES, COOKIES | {ENTRY_COOKIE: "another"}, 0),
        (COOKIES, {ENTRY_COOKIE: ENTRY}, 0),
        (COOKIES, COOKIES, 301),
        (COOKIES, COOKIES, -3600),
    ):
        with pytest.raises(WrongSignInError) as caught:
            come_back(database, noted=noted, sent=sent, now=NOW + timedelta(seconds=seconds))
        assert caught.value.params["problem"] == "ticket"
        with database.reading() as session:
            assert session.scalars(select(Account)).all() == []
    assert come_back(database, sent=COOKIES | {"_streamlit_user_tokens": "others"})
    with pytest.raises(NoKeyError):
        database.write(lambda s: hand_out(s, "", CITY, known("moderators"), COOKIES, now=NOW))


def end_role(database: Database, account: int) -> None:
    (term,) = held(database, account).values()
    act(database, end_appointment, CHIEF, term.id)


ENDS: dict[str, Callable[[Database, int], object]] = {
    "closed": lambda d, a: act(d, accounts.close_account, CHIEF, a, reason=""),
    "closed and open again": lambda d, a: (
        act(d, accounts.close_account, CHIEF, a, reason=""),
        act(d, accounts.reopen_account, CHIEF, a),
    ),
    "password": lambda d, a: act(d, accounts.reset_password, CHIEF, a, "hash"),
    "role": end_role,
    "everywhere": lambda d, a: act(d, sessions.end_sessions, Actor(account_id=a), a),
    "subject": lambda d, a: d.write(lambda s: setattr(s.get_one(Account, a), "subject", "x y")),
}


@pytest.mark.parametrize("way", ENDS)
def test_a_ticket_and_a_session_end_with_what_they_stand_on(database: Database, way: str) -> None:
    before = take(database, come_back(database))
    ticket = come_back(database)
    cookies = {SESSION_COOKIE: cookie_of(KEY, before)}
    who = find_session(database, SETTINGS, cookies, now=NOW)
    assert who is not None
    ENDS[way](database, who.account_id)
    with pytest.raises(WrongSignInError):
        take(database, ticket)
    if way != "subject":
        assert find_session(database, SETTINGS, cookies, now=NOW) is None


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_is_a_ticket(text: str) -> None:
    with pytest.raises(WrongSignInError):
        take(None, text)  # type: ignore[arg-type]


def test_a_signature_alone_opens_nothing(database: Database) -> None:
    come_back(database)
    with database.reading() as session:
        row = session.scalars(select(ProviderSignIn)).one()
    assert row.ticket is not None
    for token in (row.ticket, row.browser, row.identity, "0" * 64, hash_of(ENTRY)):
        for purpose in Purpose:
            with pytest.raises(WrongSignInError):
                take(database, sign(KEY, purpose, token))
