"""OpenID Connect: what a provider says becomes roles, renewed each time; an answer counts once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import SignInProblem, WrongSignInError
from core.settings import Settings
from people.access.actor import Actor, Grant, Reach, Role
from people.accounts import accounts, oidc_login, sessions
from people.accounts.account_list import TermView, terms_of
from people.accounts.models import Account, ProviderSignIn
from people.accounts.oidc_client import FLOW_S
from people.accounts.oidc_login import Identity, enter, enter_once, identity_of
from people.accounts.oidc_providers import Provider
from people.accounts.role_grants import Term, appoint, end_appointment
from people.accounts.sessions import SESSION_COOKIE, cookie_of, find_session
from tests.conftest import NOW
from tests.people.acting import new_account
from tests.submissions.acting import act, trail

KEY = "a" * 32
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
DAY = timedelta(days=1)
USER = {
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


def test_whom_claims_name() -> None:
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
    assert now_held[PLANNER].ends_at == later + oidc_login.HOLDS_FOR
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


def enter_by(
    database: Database, state: str, *said: str, now: datetime = NOW, provider: Provider = CITY
) -> str:
    identity = known(*(said or ("moderators",)))
    return enter_once(database, provider, identity, state=state, device="Chrome", now=now)


def test_an_answer_becomes_a_session_once(database: Database) -> None:
    token = enter_by(database, "city.a")
    who = find_session(database, SETTINGS, {SESSION_COOKIE: cookie_of(KEY, token)}, now=NOW)
    assert who is not None
    assert who.grants == {HERE}
    for provider in (CITY, Provider("town", roles=ROLES)):
        with pytest.raises(WrongSignInError) as caught:
            enter_by(database, "city.a", provider=provider)
        assert caught.value.problem is SignInProblem.EXPIRED
    assert [entry.details for entry in trail(database, "signed_in")] == [{"how": "provider"}]
    enter_by(database, "city.b")
    assert len(trail(database, "signed_in")) == 2
    assert len(trail(database, "account_created")) == 1


def test_a_state_is_remembered_longer_than_its_cookie_holds(database: Database) -> None:
    enter_by(database, "city.a")
    later = NOW + timedelta(seconds=FLOW_S)
    act(database, sessions.forget_old, now=later)
    with pytest.raises(WrongSignInError):
        enter_by(database, "city.a", now=later)
    act(database, sessions.forget_old, now=NOW + DAY)
    with database.reading() as session:
        assert session.scalars(select(ProviderSignIn)).all() == []


def test_who_gets_no_session_uses_nothing_up(database: Database) -> None:
    with pytest.raises(WrongSignInError):
        enter_by(database, "city.a", "everybody")
    with database.reading() as session:
        assert session.scalars(select(ProviderSignIn)).all() == []
    assert trail(database, "signed_in") == []


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
}


@pytest.mark.parametrize("way", ENDS)
def test_a_session_ends_with_what_it_stands_on(database: Database, way: str) -> None:
    cookies = {SESSION_COOKIE: cookie_of(KEY, enter_by(database, "city.a"))}
    who = find_session(database, SETTINGS, cookies, now=NOW)
    assert who is not None
    ENDS[way](database, who.account_id)
    assert find_session(database, SETTINGS, cookies, now=NOW) is None
