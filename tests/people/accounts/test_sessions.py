"""Sessions: a cookie that cannot be written otherwise, two ends, and roles as they are now."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import NoKeyError
from core.keys import Purpose, sign
from core.settings import Settings
from people.access.actor import Actor, Grant, Reach, Role
from people.accounts import sessions
from people.accounts.models import Account, Appointment, SignIn
from people.accounts.sessions import SESSION_COOKIE, cookie_of, find_session, sessions_of, token_of
from tests.conftest import NOW
from tests.people.acting import new_account, session_cookie
from tests.submissions.acting import act, trail

KEY, OTHER = "a" * 32, "b" * 40
SETTINGS = Settings(secret_key=KEY)
TOKEN = "0123456789abcdef" * 4
SOCIAL = Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017001", "2020")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def found(
    database: Database, cookie: str, now: datetime = NOW, settings: Settings = SETTINGS
) -> sessions.SignedIn | None:
    signed_in = find_session(database, settings, {SESSION_COOKIE: cookie}, now=now)
    database.write(lambda _: None)  # what was noted has been written by then
    return signed_in


def test_the_cookie_is_read_by_whoever_signed_it() -> None:
    cookie = cookie_of(KEY, TOKEN)
    assert token_of(KEY, cookie) == TOKEN
    assert token_of(OTHER, cookie) is None
    assert token_of("", cookie) is None
    assert token_of(f"{OTHER},{KEY}", cookie) == TOKEN
    with pytest.raises(NoKeyError):
        cookie_of("short", TOKEN)


@given(st.data())
def test_no_character_of_a_cookie_can_be_changed(data: st.DataObject) -> None:
    cookie = cookie_of(KEY, TOKEN)
    place = data.draw(st.integers(0, len(cookie)))
    drop = data.draw(st.integers(0, 2))
    letters = data.draw(st.text(st.characters(exclude_categories=()), max_size=2))
    changed = cookie[:place] + letters + cookie[place + drop :]
    assert (token_of(KEY, changed) is not None) == (changed == cookie)


def test_every_digit_of_a_cookie_is_signed() -> None:
    cookie = cookie_of(KEY, TOKEN)
    assert token_of(KEY, cookie) == TOKEN
    for place, digit in enumerate(cookie):
        if digit != ".":
            changed = f"{cookie[:place]}{'1' if digit == '0' else '0'}{cookie[place + 1 :]}"
            assert token_of(KEY, changed) is None, place


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_is_a_cookie(text: str) -> None:
    assert token_of(KEY, text) is None


def test_a_key_of_another_purpose_signs_none() -> None:
    for purpose in set(Purpose) - {Purpose.SESSION}:
        assert token_of(KEY, sign(KEY, purpose, TOKEN)) is None
    assert token_of(KEY, cookie_of(KEY, TOKEN).upper()) is None


def test_the_table_keeps_a_hash_alone(database: Database) -> None:
    account = new_account(database)
    cookie = session_cookie(database, KEY, account, NOW)
    with database.reading() as session:
        row = session.scalars(select(SignIn)).one()
    token = cookie.partition(".")[0]
    assert row.key == sha256(token.encode()).hexdigest()
    assert token not in repr(vars(row))
    (entry,) = trail(database, "signed_in")
    assert (entry.account_id, entry.details) == (account, {"how": "password"})


def test_a_session_says_who_and_with_which_roles(database: Database) -> None:
    account = new_account(database, SOCIAL, Role.DEPARTMENT, name="李华")
    cookie = session_cookie(database, KEY, account, NOW)
    who = found(database, cookie)
    assert who is not None
    assert (who.account_id, who.name) == (account, "李华")
    assert who.grants == {SOCIAL, Grant(Role.DEPARTMENT)}
    assert sessions.actor_from(who, "d" * 32) == Actor("d" * 32, who.grants, account, "李华")
    assert sessions.actor_from(None, "d" * 32) == Actor("d" * 32)
    assert found(database, session_cookie(database, KEY, new_account(database), NOW)) is not None


@pytest.mark.parametrize(
    ("starts", "ends", "ended", "holds"),
    [
        (NOW, None, None, True),
        (NOW - HOUR, NOW + MINUTE, None, True),
        (NOW + MINUTE, None, None, False),
        (NOW - HOUR, NOW, None, False),
        (NOW - HOUR, NOW - MINUTE, None, False),
        (NOW - HOUR, None, NOW, False),
    ],
)
def test_a_term_is_in_force_from_its_beginning_until_before_its_end(
    database: Database, starts: datetime, ends: datetime | None, ended: datetime | None, holds: bool
) -> None:
    account = new_account(database, Role.SOCIAL_WORKER, starts_at=starts, ends_at=ends)

    def end(session: Session) -> None:
        session.scalars(select(Appointment)).one().ended = ended

    database.write(end)
    who = found(database, session_cookie(database, KEY, account, NOW))
    assert who is not None
    assert who.grants == ({Grant(Role.SOCIAL_WORKER)} if holds else frozenset())


def test_a_role_that_was_abolished_gives_nothing(database: Database) -> None:
    account = new_account(database, Role.SOCIAL_WORKER)
    database.write(lambda s: setattr(s.scalars(select(Appointment)).one(), "role", "mayor"))
    who = found(database, session_cookie(database, KEY, account, NOW))
    assert who is not None
    assert who.grants == frozenset()


def test_a_session_ends_when_idle_and_in_any_case(database: Database) -> None:
    account = new_account(database)
    cookie = session_cookie(database, KEY, account, NOW)
    assert found(database, cookie, NOW + 120 * MINUTE) is None
    now = NOW
    while now < NOW + 24 * HOUR and found(database, cookie, now + 119 * MINUTE) is not None:
        now += 119 * MINUTE
    assert NOW + 10 * HOUR < now < NOW + 12 * HOUR
    assert found(database, session_cookie(database, KEY, account, NOW), NOW + 12 * HOUR) is None
    short = Settings(secret_key=KEY, session_idle_minutes=5, session_hours=1)
    cookie = session_cookie(database, KEY, account, NOW)
    assert found(database, cookie, NOW + 4 * MINUTE, short) is not None
    assert found(database, cookie, NOW + 9 * MINUTE, short) is None
    shortest = Settings(secret_key=KEY, session_idle_minutes=1)
    cookie = session_cookie(database, KEY, account, NOW)
    for half_minutes in range(1, 6):
        assert found(database, cookie, NOW + half_minutes * MINUTE / 2, shortest) is not None
    assert found(database, cookie, NOW + 3.5 * MINUTE, shortest) is None


def test_being_seen_is_written_once_a_minute(database: Database) -> None:
    account = new_account(database)
    cookie = session_cookie(database, KEY, account, NOW)
    seen = []
    for seconds in (0, 59, 60, 100, 125):
        assert found(database, cookie, NOW + timedelta(seconds=seconds)) is not None
        with database.reading() as session:
            (view,) = sessions_of(session, account, SETTINGS, now=NOW + HOUR)
        seen.append((view.seen - NOW).total_seconds())
    assert seen == [0, 0, 60, 60, 125]


def test_a_look_up_is_one_query_and_none_without_a_cookie(database: Database) -> None:
    account = new_account(database, SOCIAL, Role.DEPARTMENT, Role.ADMINISTRATOR)
    cookie = session_cookie(database, KEY, account, NOW)
    asked: list[str] = []

    def note(*given: object) -> None:
        asked.extend([str(given[2])] if str(given[2]).startswith("SELECT") else [])

    event.listen(database.engine, "before_cursor_execute", note)
    assert found(database, cookie) is not None
    assert len(asked) == 1
    for nothing in ("", "nonsense", cookie[:-1] + ("0" if cookie[-1] != "0" else "1")):
        assert found(database, nothing) is None
    assert len(asked) == 1


def test_sessions_end_one_by_one_or_together(database: Database) -> None:
    account, other = new_account(database), new_account(database)
    me = Actor(account_id=account)
    cookies = [session_cookie(database, KEY, account, NOW) for _ in range(4)]
    theirs = session_cookie(database, KEY, other, NOW)
    ids = [who.session_id for cookie in cookies if (who := found(database, cookie))]
    foreign = found(database, theirs)
    assert foreign is not None
    assert not act(database, sessions.end_session, me, foreign.session_id)
    assert act(database, sessions.end_session, me, ids[0])
    assert not act(database, sessions.end_session, me, ids[0])
    assert act(database, sessions.end_sessions, me, account, but=ids[1]) == 2
    assert [found(database, cookie) is not None for cookie in cookies] == [
        False,
        True,
        False,
        False,
    ]
    assert act(database, sessions.end_sessions, me, account) == 1
    assert found(database, cookies[1]) is None
    assert found(database, theirs) is not None
    assert [entry.details["sessions"] for entry in trail(database, "signed_out")] == [1, 2, 1]


def test_sessions_of_long_ago_are_forgotten(database: Database) -> None:
    account = new_account(database)
    for days in (0, 89, 90, 91, 200):
        session_cookie(database, KEY, account, NOW - timedelta(days=days))
    assert act(database, sessions.forget_old) == 2
    assert act(database, sessions.forget_old) == 0
    with database.reading() as session:
        kept = session.scalars(select(SignIn.created).order_by(SignIn.created)).all()
    assert [(NOW - one).days for one in kept] == [90, 89, 0]


def test_a_closed_account_is_nobody(database: Database) -> None:
    account = new_account(database, Role.ADMINISTRATOR)
    cookie = session_cookie(database, KEY, account, NOW)
    database.write(lambda s: setattr(s.get_one(Account, account), "closed", NOW))
    assert found(database, cookie) is None


def test_whoever_must_change_the_password_may_nothing_else(database: Database) -> None:
    account = new_account(database, Role.ADMINISTRATOR)
    cookie = session_cookie(database, KEY, account, NOW)
    database.write(lambda s: setattr(s.get_one(Account, account), "must_change", True))
    who = found(database, cookie)
    assert who is not None
    assert who.must_change
    assert sessions.actor_from(who, "d").roles == frozenset()
