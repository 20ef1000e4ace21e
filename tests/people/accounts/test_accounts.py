"""Accounts and appointments: who gives what to whom, where; and signing in, which tells nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import (
    BadPasswordError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    WrongSignInError,
)
from core.settings import Settings
from people import __main__ as commands
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, Where
from people.access.permissions import Act, may
from people.accounts import accounts, passwords
from people.accounts.account_list import account_of, list_accounts, terms_of
from people.accounts.accounts import change_password, create_account
from people.accounts.api_tokens import find_token, make_token, tokens_of
from people.accounts.models import Account, Appointment, SignIn
from people.accounts.password_login import Door, sign_in
from people.accounts.role_grants import Term, appoint, end_appointment, may_give
from people.accounts.sessions import SESSION_COOKIE, SignedIn, cookie_of, find_session
from tests.conftest import NOW
from tests.forked_programs import run_program
from tests.people.acting import new_account, session_cookie
from tests.submissions.acting import act, trail

KEY = "a" * 32
SETTINGS = Settings(secret_key=KEY)
DAY = timedelta(days=1)
SOUND, NEW = "在清河边上散步十分钟", "正确的马 battery staple"

QINGHE, SHANGDI = "110108017", "110108022"
ADMIN = Role.ADMINISTRATOR
PLATFORM = Grant(ADMIN)
STREET = Grant(ADMIN, Reach.SUBDISTRICT, QINGHE)
YARD = Grant(ADMIN, Reach.COMMUNITY, "110108017001", "2020")


def social(reach: Reach, code: str = "", edition: str = "") -> Grant:
    return Grant(Role.SOCIAL_WORKER, reach, code, edition)


EVERYWHERE = social(Reach.PLATFORM)
HERE = social(Reach.SUBDISTRICT, QINGHE)
THERE = social(Reach.SUBDISTRICT, SHANGDI)
HOME = social(Reach.COMMUNITY, "110108017001", "2020")
LATER = social(Reach.COMMUNITY, "110108017001", "2023")
NEXT = social(Reach.COMMUNITY, "110108017003", "2020")
AWAY = social(Reach.COMMUNITY, "110108022001", "2020")
WIDER = social(Reach.SUBDISTRICT, "110108")

#: Who may give what: platform, subdistrict and community administrator; refusals outnumber grants.
GIVING = """
everywhere  x . .
there       x . .
wider       x . .
away        x . .
here        x x .
later       x x .
next        x x .
home        x x x
"""
GIVEN = {
    "everywhere": EVERYWHERE,
    "there": THERE,
    "wider": WIDER,
    "away": AWAY,
    "here": HERE,
    "later": LATER,
    "next": NEXT,
    "home": HOME,
}


def holder(database: Database, *grants: Grant, name: str = "管理员") -> Actor:
    account = new_account(database, *grants, name=name)
    return Actor("desk", frozenset(grants), account, name)


def term(grant: Grant, days: int | None = 30) -> Term:
    return Term(grant, NOW, NOW + days * DAY if days else None)


def problem(call: Callable[[], Any]) -> str:
    """Return what is wrong with an account, a term or a password; a refusal by its code."""
    try:
        call()
    except LuJianError as error:
        return str(error.params.get("problem") or error.code)
    return ""


class TestAppointing:
    @pytest.mark.parametrize("line", GIVING.split("\n")[1:-1])
    def test_nobody_gives_more_than_they_hold(self, line: str) -> None:
        name, *marks = line.split()
        for own, mark in zip((PLATFORM, STREET, YARD), marks, strict=True):
            actor = Actor("d", frozenset({own}))
            assert may_give(actor, GIVEN[name]) == (mark == "x"), own
        for role in set(Role) - {ADMIN}:
            for own in (Grant(role), Grant(role, Reach.SUBDISTRICT, QINGHE)):
                assert not may_give(Actor("d", frozenset({own})), GIVEN[name]), role

    def test_a_token_gives_only_what_it_may_do_itself(self) -> None:
        acts = frozenset({Act.MANAGE_ACCOUNTS, Act.SEE_DESK})
        program = Actor(None, frozenset({PLATFORM}), 1, "x", acts)
        assert not may_give(program, EVERYWHERE)
        assert may_give(program, Grant(Role.COUNCIL_MEMBER))

    def test_two_places_do_not_make_a_third(self, database: Database) -> None:
        boss = holder(database, STREET, Grant(ADMIN, Reach.COMMUNITY, "110108022001", "2020"))
        assert may_give(boss, AWAY)
        assert not may_give(boss, THERE)
        assert not may_give(boss, EVERYWHERE)

    def test_a_role_begins_and_ends_with_an_entry(self, database: Database) -> None:
        boss, worker = holder(database, STREET), new_account(database, HERE)
        made = act(database, appoint, boss, worker, term(HOME))
        act(database, end_appointment, boss, made, now=NOW + DAY)
        act(database, end_appointment, boss, made, now=NOW + 2 * DAY)
        given, ended = trail(database, "appointed", "appointment_ended")
        assert given.account_id == boss.account_id
        assert given.details == ended.details
        assert given.details == {
            "account": worker,
            "role": "social_worker",
            "reach": "community",
            "code": "110108017001",
            "edition": "2020",
            "starts_at": NOW.isoformat(),
            "ends_at": (NOW + 30 * DAY).isoformat(),
            "origin": "desk",
        }
        with database.reading() as session:
            row = session.get_one(Appointment, made)
        assert (row.ended, row.given_by) == (NOW + DAY, boss.account_id)

    @pytest.mark.parametrize(
        ("wanted", "said"),
        [
            (term(Grant(Role.RESIDENT)), "role"),
            (term(Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT)), "place"),
            (term(Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, QINGHE, "2020")), "place"),
            (term(Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017001")), "place"),
            (term(Grant(Role.SOCIAL_WORKER, Reach.PLATFORM, QINGHE)), "place"),
            (term(Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, "11%_")), "place"),
            (Term(HERE, NOW, NOW), "term"),
            (Term(HERE, NOW, NOW - DAY), "term"),
            (Term(Grant(Role.COUNCIL_MEMBER), NOW), "term_needed"),
            (Term(HERE, NOW + DAY), "held"),
        ],
    )
    def test_what_cannot_be(self, database: Database, wanted: Term, said: str) -> None:
        boss, worker = holder(database, PLATFORM), new_account(database, HERE)
        assert problem(lambda: act(database, appoint, boss, worker, wanted)) == said
        assert trail(database, "appointed") == []

    def test_a_second_term_may_follow_the_first(self, database: Database) -> None:
        boss, council = holder(database, PLATFORM), Grant(Role.COUNCIL_MEMBER)
        worker = new_account(database)
        first = Term(council, NOW, NOW + 30 * DAY)
        act(database, appoint, boss, worker, first)
        act(database, appoint, boss, worker, Term(council, NOW + 30 * DAY, NOW + 60 * DAY))
        between = Term(council, NOW + 20 * DAY, NOW + 40 * DAY)
        assert problem(lambda: act(database, appoint, boss, worker, between)) == "held"

    def test_nobody_ends_an_own_role_or_one_that_is_not_theirs_to_give(
        self, database: Database
    ) -> None:
        boss, chief = holder(database, STREET), holder(database, PLATFORM)
        with database.reading() as session:
            own = {
                row.account_id: row.id
                for row in session.scalars(select(Appointment).order_by(Appointment.id))
            }
        for actor, whose, wanted in (
            (boss, boss, NotAllowedError),
            (chief, chief, NotAllowedError),
            (boss, chief, NotFoundError),
            (Actor("d", frozenset({HERE}), 99), boss, NotFoundError),
            (Actor("d"), boss, NotFoundError),
        ):
            with pytest.raises(wanted):
                act(database, end_appointment, actor, own[whose.account_id or 0])
        with pytest.raises(NotFoundError):
            act(database, end_appointment, chief, 10**9)
        act(database, end_appointment, chief, own[boss.account_id or 0])


class TestAccounts:
    def test_an_account_comes_with_its_first_role(self, database: Database) -> None:
        boss = holder(database, STREET)
        made = act(
            database,
            create_account,
            boss,
            login="  Li.Hua ",
            name=" 李华 ",
            password_hash="hash",
            term=term(HOME),
        )
        with database.reading() as session:
            view = account_of(session, boss, made, now=NOW)
            (shown,) = terms_of(session, boss, made, now=NOW)
        assert (view.login, view.name, view.must_change) == ("li.hua", "李华", True)
        assert view.held == (HOME,)
        assert (shown.grant, shown.state, shown.mine) == (HOME, "now", True)
        entry, _ = trail(database, "account_created", "appointed")
        assert entry.details == {"account": made, "by": "desk"}

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"login": "x"}, "login"),
            ({"login": "有 空格"}, "login"),
            ({"login": "a" * 81}, "login"),
            ({"login": "TAKEN"}, "login_taken"),
            ({"name": "  "}, "name"),
            ({"name": "李\n华"}, "name"),
            ({"term": term(THERE)}, "not_allowed"),
            (
                {"term": Term(Grant(Role.COUNCIL_MEMBER, Reach.SUBDISTRICT, QINGHE), NOW)},
                "term_needed",
            ),
        ],
    )
    def test_what_no_account_is_made_for(
        self, database: Database, changes: dict[str, Any], said: str
    ) -> None:
        boss = holder(database, STREET)
        new_account(database, login="taken")
        given = {"login": "li", "name": "李", "password_hash": "h", "term": term(HOME)} | changes
        assert problem(lambda: act(database, create_account, boss, **given)) == said
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Account)) == 2

    #: What an administrator of the subdistrict may with accounts by what these hold.
    MANAGING = (
        ((HERE,), ""),
        ((HOME, NEXT), ""),
        ((YARD,), ""),
        ((STREET,), ""),
        ((HERE, THERE), "not_allowed"),
        ((HERE, EVERYWHERE), "not_allowed"),
        ((HOME, AWAY), "not_allowed"),
        ((THERE,), "not_found"),
        ((PLATFORM,), "not_found"),
        ((EVERYWHERE,), "not_found"),
        ((WIDER,), "not_found"),
        ((), "not_found"),
    )
    CHANGES: tuple[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]], ...] = (
        (accounts.rename, ("新名",), {}),
        (accounts.reset_password, ("hash",), {}),
        (accounts.close_account, (), {"reason": "离职"}),
        (accounts.reopen_account, (), {}),
    )

    @pytest.mark.parametrize(("grants", "said"), MANAGING)
    def test_a_password_is_given_only_within_the_own_place(
        self, database: Database, grants: tuple[Grant, ...], said: str
    ) -> None:
        boss, account = holder(database, STREET), new_account(database, *grants)
        for action, given, named in self.CHANGES:
            done = problem(
                lambda a=action, g=given, n=named: act(database, a, boss, account, *g, **n)
            )
            assert done == said, action.__name__
            for nobody in (
                Actor("d"),
                Actor("d", frozenset({HERE, Grant(Role.SUBDISTRICT_OFFICER)})),
            ):
                with pytest.raises(NotFoundError):
                    act(database, action, nobody, account, *given, **named)
            chief = Actor("d", frozenset({PLATFORM}))
            act(database, action, chief, account, *given, **named)

    def test_what_ends_with_a_closed_account(self, database: Database) -> None:
        boss, worker = holder(database, STREET), new_account(database, HERE)
        cookie = {SESSION_COOKIE: session_cookie(database, KEY, worker, NOW)}
        act(database, accounts.close_account, boss, worker, reason="离职")
        assert find_session(database, SETTINGS, cookie, now=NOW) is None
        act(database, accounts.reopen_account, boss, worker)
        assert find_session(database, SETTINGS, cookie, now=NOW) is None
        entries = trail(database, "account_closed", "signed_out", "account_reopened")
        assert [entry.action for entry in entries] == [
            "signed_out",
            "account_closed",
            "account_reopened",
        ]
        assert entries[1].details == {"account": worker, "reason": "离职"}

    def test_a_closed_account_takes_its_tokens_along(self, database: Database) -> None:
        boss, worker = holder(database, STREET), new_account(database, HERE)
        me = Actor("d", frozenset({HERE}), worker)
        token = act(database, make_token, me, name="脚本", acts=["moderate"], ends_at=None)
        assert find_token(database, token, now=NOW) is not None
        act(database, accounts.close_account, boss, worker, reason="令牌外泄")
        assert find_token(database, token, now=NOW) is None
        act(database, accounts.reopen_account, boss, worker)
        assert find_token(database, token, now=NOW) is None
        with database.reading() as session:
            assert tokens_of(session, worker, now=NOW) == []

    def test_a_program_gives_no_password_to_whoever_may_more(self, database: Database) -> None:
        boss = holder(database, PLATFORM)
        council = Grant(Role.COUNCIL_MEMBER, Reach.SUBDISTRICT, QINGHE)
        program = replace(boss, device=None, limited_to=frozenset({Act.MANAGE_ACCOUNTS}))
        for grants in ((PLATFORM,), (HOME,), (council, HERE)):
            account = new_account(database, *grants)
            with pytest.raises(NotAllowedError):
                act(database, accounts.reset_password, program, account, "hash")
            with database.reading() as session:
                assert session.get_one(Account, account).password_hash is None
        later = new_account(database, HERE, starts_at=NOW + DAY)
        with pytest.raises(NotAllowedError):
            act(database, accounts.reset_password, program, later, "hash")
        act(database, accounts.reset_password, program, new_account(database, council), "hash")
        every = replace(program, limited_to=frozenset(Act))
        act(database, accounts.reset_password, every, new_account(database, HOME), "hash")
        act(database, accounts.close_account, program, later, reason="离职")

    def test_nobody_closes_or_resets_the_own_account(self, database: Database) -> None:
        chief = holder(database, PLATFORM)
        with pytest.raises(NotAllowedError):
            act(database, accounts.close_account, chief, chief.account_id, reason="")
        with pytest.raises(NotAllowedError):
            act(database, accounts.reset_password, chief, chief.account_id, "hash")
        act(database, accounts.rename, chief, chief.account_id, "王")

    def test_everybody_names_themselves_but_no_program_does(self, database: Database) -> None:
        account = new_account(database, HERE)
        me = Actor("d", frozenset({HERE}), account)
        act(database, accounts.rename, me, account, "新名")
        program = Actor(None, frozenset({HERE}), account, "x", frozenset({"moderate"}))
        with pytest.raises(NotFoundError):
            act(database, accounts.rename, program, account, "别名")
        (entry,) = trail(database, "account_renamed")
        assert entry.details == {"account": account, "from": "张三", "to": "新名"}


class TestTheList:
    def test_each_sees_those_of_the_own_place(self, database: Database) -> None:
        held = {
            "清河": (HERE,),
            "社区": (HOME,),
            "两处": (HOME, AWAY),
            "上地": (THERE,),
            "平台": (EVERYWHERE,),
            "无": (),
        }
        for name, grants in held.items():
            new_account(database, *grants, name=name)
        past = new_account(database, HERE, name="从前", ends_at=NOW - DAY)
        for own, wanted in (
            (PLATFORM, {*held, "从前", "管理员"}),
            (STREET, {"清河", "社区", "两处", "从前", "管理员"}),
            (YARD, {"社区", "两处", "管理员"}),
        ):
            boss = holder(database, own)
            with database.reading() as session:
                found = list_accounts(session, boss, now=NOW)
                assert {one.name for one in found.items} >= wanted
                assert {one.name for one in found.items} <= wanted | {"管理员"}
                assert found.total == len(found.items)
                for one in found.items:
                    assert account_of(session, boss, one.id, now=NOW) == one
        with database.reading() as session:
            (view,) = terms_of(session, holder(database, STREET), past, now=NOW)
        assert view.state == "past"
        for nobody in (Actor("d"), Actor("d", frozenset({Grant(Role.SUBDISTRICT_OFFICER)}))):
            with database.reading() as session, pytest.raises(NotAllowedError):
                list_accounts(session, nobody, now=NOW)

    def test_it_is_searched_and_paged(self, database: Database) -> None:
        for n in range(65):
            new_account(database, HERE, name=f"社工{n:03}", login=f"worker-{n:03}")
        new_account(database, Grant(Role.DEPARTMENT), name="100%_\\", login="percent")
        new_account(database, HERE, name="Later", starts_at=NOW + DAY)
        boss = holder(database, PLATFORM)
        with database.reading() as session:

            def names(**asked: Any) -> list[str]:
                found = list_accounts(session, boss, now=NOW, **asked)
                return [one.name for one in found.items]

            pages = [
                list_accounts(session, boss, text="WORKER", page=n, now=NOW) for n in (1, 2, 3, 9)
            ]
            assert [len(page.items) for page in pages] == [30, 30, 5, 5]
            assert {(page.total, page.pages) for page in pages} == {(65, 3)}
            assert len({one.id for page in pages[:3] for one in page.items}) == 65
            assert names(text="工064") == ["社工064"]
            assert names(text="%_\\") == ["100%_\\"]
            assert names(text="%") == ["100%_\\"]
            assert names(role=Role.DEPARTMENT) == ["100%_\\"]
            assert "Later" not in names(role=Role.SOCIAL_WORKER, text="later")
            assert names(text="LATER") == ["Later"]
            assert names(closed=True) == []
            assert names(text="\x00LATER\ud800") == ["Later"]


@pytest.fixture(scope="module")
def hashed() -> str:
    return passwords.hash_password(SOUND)


def with_password(database: Database, hashed: str, login: str = "lihua", **values: Any) -> int:
    account = new_account(database, HERE, login=login)

    def give(session: Session) -> None:
        row = session.get_one(Account, account)
        row.password_hash = hashed
        for name, value in values.items():
            setattr(row, name, value)

    database.write(give)
    return account


def come(
    database: Database,
    door: Door,
    login: str,
    password: str,
    address: str = "192.0.2.1",
    **named: Any,
) -> str:
    given = {"device": "Chrome · Android", "now": NOW} | named
    return sign_in(database, door, login=login, password=password, address=address, **given)


class TestSigningIn:
    def test_login_and_password_begin_a_session(self, database: Database, hashed: str) -> None:
        account = with_password(database, hashed)
        token = come(database, Door(), " LiHua", SOUND)
        who = find_session(database, SETTINGS, {SESSION_COOKIE: cookie_of(KEY, token)}, now=NOW)
        assert who is not None
        assert (who.account_id, who.must_change) == (account, False)
        with database.reading() as session:
            assert session.scalars(select(SignIn.device)).one() == "Chrome · Android"

    def test_every_refusal_is_the_same_after_the_same_work(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed = passwords.hash_password(SOUND)
        passwords._nobodys.cache_clear()
        with_password(database, hashed)
        with_password(database, hashed, "closed", closed=NOW)
        with_password(database, hashed, "late", must_change=True, password_until=NOW)
        new_account(database, HERE, login="provider")
        done: list[str] = []
        verify = passwords._HASHER.verify

        class Watched:
            hash = passwords._HASHER.hash

            def verify(self, known: str, given: str) -> bool:
                done.append(known.rpartition("$")[0].rpartition("$")[0])
                return verify(known, given)

        passwords._nobodys()
        monkeypatch.setattr(passwords, "_HASHER", Watched())
        said = set()
        for login, password in (
            ("lihua", NEW),
            ("lihua", ""),
            ("lihua", "x" * 5000),
            ("closed", SOUND),
            ("late", SOUND),
            ("provider", SOUND),
            ("nobody", SOUND),
            ("", ""),
            ("' OR 1=1 --", SOUND),
            ("\ud800", SOUND),
            ("\x00", SOUND),
        ):
            with pytest.raises(WrongSignInError) as caught:
                come(database, Door(), login, password)
            said.add(str(caught.value))
        assert len(said) == 1
        assert len(done) == 11
        assert len(set(done)) == 1
        assert trail(database, "signed_in") == []

    def test_an_older_hash_is_renewed(self, database: Database) -> None:
        old = PasswordHasher.from_parameters(CHEAPEST).hash(SOUND)
        account = with_password(database, old)
        come(database, Door(), "lihua", SOUND)
        with database.reading() as session:
            now_kept = session.get_one(Account, account).password_hash
        assert now_kept is not None
        assert not passwords.is_outdated(now_kept)
        come(database, Door(), "lihua", SOUND)


class TestAPasswordThatWasGiven:
    def given(self, database: Database, hashed: str, **named: Any) -> tuple[Actor, int]:
        boss = holder(database, STREET)
        made = act(
            database,
            create_account,
            boss,
            login="chen",
            name="陈",
            password_hash=hashed,
            term=term(HOME, 300),
            **named,
        )
        return boss, made

    @staticmethod
    def kept(database: Database, account: int) -> tuple[bool, datetime | None]:
        with database.reading() as session:
            row = session.get_one(Account, account)
        return row.must_change, row.password_until

    def test_it_holds_for_three_days_and_not_a_moment_longer(
        self, database: Database, hashed: str
    ) -> None:
        boss, made = self.given(database, hashed)
        until = NOW + timedelta(hours=72)
        assert self.kept(database, made) == (True, until)
        come(database, Door(), "chen", SOUND, now=until - timedelta(microseconds=1))
        for late in (until, until + 300 * DAY):
            with pytest.raises(WrongSignInError):
                come(database, Door(), "chen", SOUND, now=late)
        for moment, ran_out in ((until - timedelta(seconds=1), False), (until, True)):
            with database.reading() as session:
                view = account_of(session, boss, made, now=moment)
            assert (view.must_change, view.password_until, view.ran_out) == (True, until, ran_out)

    def test_a_new_one_holds_anew_and_is_written_down(
        self, database: Database, hashed: str
    ) -> None:
        boss, made = self.given(database, hashed)
        late = NOW + 4 * DAY
        act(database, accounts.reset_password, boss, made, hashed, now=late)
        assert self.kept(database, made) == (True, late + timedelta(hours=72))
        come(database, Door(), "chen", SOUND, now=late + 2 * DAY)
        with pytest.raises(WrongSignInError):
            come(database, Door(), "chen", SOUND, now=late + 3 * DAY)
        (entry,) = trail(database, "password_reset")
        assert entry.details == {"account": made, "until": (late + 3 * DAY).isoformat()}

    def test_the_operator_says_for_how_long(self, database: Database, hashed: str) -> None:
        for hours, wanted in ((1, 1), (24, 24), (0, 1), (-5, 1)):
            settings = Settings(one_time_password_hours=hours)
            assert accounts.one_time_for(settings) == timedelta(hours=wanted)
        assert accounts.one_time_for(Settings()) == accounts.ONE_TIME_FOR
        _, made = self.given(database, hashed, valid_for=timedelta(hours=2))
        assert self.kept(database, made) == (True, NOW + timedelta(hours=2))

    def test_one_that_its_owner_chose_has_no_end(self, database: Database, hashed: str) -> None:
        _, made = self.given(database, hashed)
        token = come(database, Door(), "chen", SOUND)
        who = find_session(database, SETTINGS, {SESSION_COOKIE: cookie_of(KEY, token)}, now=NOW)
        assert who is not None
        change_password(database, who, None, NEW, now=NOW)
        assert self.kept(database, made) == (False, None)
        come(database, Door(), "chen", NEW, now=NOW + 299 * DAY)


class TestChangingThePassword:
    def start(self, database: Database, hashed: str, **values: Any) -> tuple[SignedIn, list[str]]:
        account = with_password(database, hashed, **values)
        cookies = [session_cookie(database, KEY, account, NOW) for _ in range(3)]
        who = find_session(database, SETTINGS, {SESSION_COOKIE: cookies[0]}, now=NOW)
        assert who is not None
        return who, cookies

    def test_all_other_sessions_end(self, database: Database, hashed: str) -> None:
        who, cookies = self.start(database, hashed)
        change_password(database, who, SOUND, NEW, now=NOW)
        alive = [
            find_session(database, SETTINGS, {SESSION_COOKIE: cookie}, now=NOW) is not None
            for cookie in cookies
        ]
        assert alive == [True, False, False]
        come(database, Door(), "lihua", NEW)
        with pytest.raises(WrongSignInError):
            come(database, Door(), "lihua", SOUND)
        (entry,) = trail(database, "password_changed")
        assert entry.details == {"account": who.account_id}

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            (NEW, NEW, "wrong"),
            (None, NEW, "wrong"),
            (SOUND, "short", "short"),
            (SOUND, "lihua123456", "name"),
            (SOUND, SOUND, "same"),
        ],
    )
    def test_what_does_not_change_it(
        self, database: Database, hashed: str, old: str | None, new: str, said: str
    ) -> None:
        who, _ = self.start(database, hashed)
        with pytest.raises(BadPasswordError) as caught:
            change_password(database, who, old, new, now=NOW)
        assert caught.value.params["problem"] == said
        assert trail(database, "password_changed", "signed_out") == []

    def test_a_given_one_is_changed_without_typing_it_again(
        self, database: Database, hashed: str
    ) -> None:
        who, _ = self.start(database, hashed, must_change=True)
        assert who.grants == frozenset()
        change_password(database, who, None, NEW, now=NOW)
        token = come(database, Door(), "lihua", NEW)
        again = find_session(database, SETTINGS, {SESSION_COOKIE: cookie_of(KEY, token)}, now=NOW)
        assert again is not None
        assert again.grants == {HERE}

    @pytest.mark.on_both
    def test_a_reset_meanwhile_wins(
        self, database: Database, hashed: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        who, _ = self.start(database, hashed)
        boss, check = holder(database, PLATFORM), passwords.check_password

        def reset_first(*given: str) -> None:
            act(database, accounts.reset_password, boss, who.account_id, "another hash")
            check(*given)

        monkeypatch.setattr(passwords, "check_password", reset_first)
        with pytest.raises(BadPasswordError):
            change_password(database, who, SOUND, NEW, now=NOW)
        with database.reading() as session:
            assert session.get_one(Account, who.account_id).password_hash == "another hash"


class TestTheCommand:
    def run(self, database: Database, *words: str, key: str = KEY) -> tuple[int, str, str]:
        settings = {
            "LUJIAN_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "LUJIAN_SECRET_KEY": key,
            "LUJIAN_PUBLIC_URL": "https://lujian.example.org",
        }
        return run_program(["-m", "people", "admin", *words], env=os.environ | settings)

    def test_it_makes_an_administrator_and_says_what_it_did(self, database: Database) -> None:
        code, told, wrong = self.run(database, "--login", "Li", "--name", "李华")
        assert (code, wrong) == (0, "")
        assert told.startswith("New account li: is now administrator.")
        assert "https://lujian.example.org/w/desk/sign-in" in told
        password = told.split("shown only here: ")[1].split("\n")[0]
        with database.reading() as session:
            until = session.scalars(select(Account.password_until)).one()
        assert until is not None
        assert timedelta(0) < datetime.now(UTC) + timedelta(hours=72) - until < timedelta(minutes=2)
        assert f"It is valid until {until:%Y-%m-%d %H:%M} UTC" in told
        token = come(database, Door(), "li", password)
        who = find_session(database, SETTINGS, {SESSION_COOKIE: cookie_of(KEY, token)}, now=NOW)
        assert who is not None
        assert who.must_change

        with database.reading() as session:
            account = session.scalars(select(Account)).one().id
        chief = Actor("d", frozenset({PLATFORM}))
        act(database, accounts.close_account, chief, account, reason="")
        _, told, _ = self.run(database, "--login", "li")
        assert told.startswith(
            "Existing account li: was closed and is open again; was administrator already; its old"
        )
        with pytest.raises(WrongSignInError):
            come(database, Door(), "li", password)

    def test_it_asks_for_a_password_that_need_not_be_changed(
        self,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        settings = Settings(
            secret_key=KEY, database_url=database.url.render_as_string(hide_password=False)
        )
        monkeypatch.setattr(commands, "get_settings", lambda: settings)
        monkeypatch.setattr(commands, "open_database", lambda _url: database)
        for typed, said in (
            (["password123", ""], "among the first"),
            (["short", ""], "10 characters"),
            ([SOUND, NEW], "differ"),
            ([SOUND, SOUND], ""),
        ):
            answers = iter(typed)
            monkeypatch.setattr(commands.getpass, "getpass", lambda _said, a=answers: next(a))
            code = commands.main(["admin", "--login", "li", "--ask"])
            shown = capsys.readouterr()
            assert code == (2 if said else 0)
            assert said in shown.err
            assert SOUND not in shown.out
        token = come(database, Door(), "li", SOUND)
        who = find_session(database, SETTINGS, {SESSION_COOKIE: cookie_of(KEY, token)}, now=NOW)
        assert who is not None
        assert not who.must_change
        with database.reading() as session:
            assert session.scalars(select(Account.password_until)).one() is None

    def test_it_refuses_in_one_line(self, database: Database) -> None:
        for words, said in (
            (("--login", ""), "--login"),
            (("--login", "li", "--name", "\n"), "--name"),
        ):
            code, told, wrong = self.run(database, *words)
            assert (code, told, len(wrong.splitlines())) == (2, "", 1)
            assert said in wrong
        code, _, wrong = self.run(database, "--login", "li", key="")
        assert code == 0
        assert "LUJIAN_SECRET_KEY" in wrong


def test_the_operator_gives_anything() -> None:
    assert may_give(OPERATOR, PLATFORM)
    assert may(OPERATOR, Act.MANAGE_ACCOUNTS, Where())
