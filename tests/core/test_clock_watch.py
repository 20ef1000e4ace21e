"""A clock that jumps lengthens no limit, lease, session or wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.background.leased_work import SKEW
from core.clock_watch import STEP_S, ClockWatch, SteadyClock
from core.database import Database
from core.settings import Settings
from moderation.bulk.job_states import JobState
from moderation.bulk.jobs import LEASE, WORK
from moderation.bulk.models import Job
from notifications import outbox
from notifications.contacts import Sealer
from notifications.models import Message
from notifications.outbox import MessageState
from people.access import rate_limit
from people.access.actor import Actor, Role
from people.access.proof_of_work import ProofDesk
from people.access.rate_limit import LimitKind, Limits
from people.accounts.models import Account
from people.accounts.sessions import SESSION_COOKIE, find_session
from submissions.clock_repair import cut_ahead
from submissions.proposals.queries import CampaignView
from tests.notifications.conftest import KEY, put
from tests.people.access.test_proof_of_work import solved
from tests.people.acting import new_account, session_cookie
from web.desk.moderation.presence import KEPT, Openings

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY_S = 24 * 3600.0
SLACK_S = 2 * STEP_S + 0.001


class Clock:
    """What has really passed, and what the clock on the wall makes of it."""

    def __init__(self) -> None:
        self.passed_s, self.set_s = 0.0, 0.0

    def go(self, real_s: float, jump_s: float = 0.0) -> datetime:
        self.passed_s += real_s
        self.set_s += jump_s
        return self.now

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s + self.set_s)

    def steady(self) -> float:
        return self.passed_s


JUMPS = st.lists(
    st.tuples(st.floats(0, 2 * 3600), st.one_of(st.just(0.0), st.floats(-DAY_S, DAY_S))),
    max_size=20,
)


@given(JUMPS)
def test_the_seconds_never_fall_behind_what_has_passed(steps: list[tuple[float, float]]) -> None:
    clock = Clock()
    steady = SteadyClock(clock.steady)
    told = [(clock.passed_s, steady.seconds(clock.now))]
    for real_s, jump_s in steps:
        now = clock.go(real_s, jump_s)
        told.append((clock.passed_s, steady.seconds(now)))
    for (before_s, earlier), (after_s, later) in combinations(told, 2):
        assert later >= earlier
        assert later - earlier >= after_s - before_s - SLACK_S


@given(JUMPS)
def test_no_limit_lasts_longer_than_its_window(steps: list[tuple[float, float]]) -> None:
    clock = Clock()
    limit = Limits(Settings(max_filings_per_hour=1))
    limit._clock = SteadyClock(clock.steady)
    limit.check(LimitKind.FILE, "device", "1.2.3.4", now=clock.now)
    for real_s, jump_s in steps:
        now = clock.go(real_s, jump_s)
        if clock.passed_s > rate_limit.HOUR_S + SLACK_S:
            limit.allow(LimitKind.FILE, "device", "1.2.3.4", now=now)


@pytest.mark.parametrize("jump_s", [-3600.0, -DAY_S, 0.0])
def test_what_is_open_and_what_is_to_be_proven(jump_s: float) -> None:
    clock = Clock()
    openings, desk = Openings(), ProofDesk(b"k" * 32, per_minute=1)
    openings._clock, desk._clock = SteadyClock(clock.steady), SteadyClock(clock.steady)
    openings.enter("a", Actor("one"), now=clock.now)
    for _ in range(2):
        desk.accepted(LimitKind.FILE, now=clock.now)
    assert desk.needed(LimitKind.FILE, now=clock.now)
    now = clock.go(KEPT.total_seconds() + 1, jump_s)
    assert openings.others(Actor("two"), now=now) == {}
    now = clock.go(600)
    assert not desk.needed(LimitKind.FILE, now=now)
    # Given out before the clock was set back: it expires later than any may.
    challenge = desk.challenge(now=START + timedelta(hours=2))
    payload = solved(challenge)
    assert not desk.check(payload, now=now)
    assert desk.check(payload, now=START + timedelta(hours=2))


def test_the_watch_cuts_at_the_start_and_when_the_clock_was_set_back() -> None:
    clock, cuts = Clock(), []
    watch = ClockWatch(cuts.append, steady=clock.steady)
    for real_s, jump_s in ((0, 0), (5, 0), (5, 600), (5, -0.5), (5, -600), (5, 0)):
        watch.do_round(clock.go(real_s, jump_s))
    assert cuts == [START, START + timedelta(seconds=20 - 0.5)]


def set_back(database: Database, now: datetime) -> None:
    """Do what the program does then."""
    database.write(lambda session: cut_ahead(session, Settings(), now=now))


def test_no_session_outlives_its_hours_or_its_idle_time(database: Database) -> None:
    settings = Settings(secret_key=KEY, session_hours=12, session_idle_minutes=120)
    account = new_account(database, Role.ADMINISTRATOR)
    idle = {SESSION_COOKIE: session_cookie(database, KEY, account, START)}
    used = {SESSION_COOKIE: session_cookie(database, KEY, account, START)}
    clock = Clock()
    clock.go(60, -5 * 3600)
    set_back(database, clock.now)
    assert find_session(database, settings, idle, now=clock.now)
    ends_s = clock.passed_s + 12 * 3600
    while clock.passed_s < ends_s - 3600:
        assert find_session(database, settings, used, now=clock.go(3600))
        database.write(lambda _: None)
        if clock.passed_s > 2.1 * 3600:
            assert find_session(database, settings, idle, now=clock.now) is None
    assert find_session(database, settings, used, now=clock.go(3601)) is None


def test_no_password_waits_longer_than_its_hours(database: Database) -> None:
    account = new_account(database)
    until = START + timedelta(hours=72)
    change = update(Account).where(Account.id == account).values(password_until=until)
    database.write(lambda session: session.execute(change) and None)
    set_back(database, START - timedelta(hours=5))
    with database.reading() as session:
        assert session.get_one(Account, account).password_until == until - timedelta(hours=5)


def test_no_message_waits_or_is_sent_longer(database: Database) -> None:
    """One that waits, one that was tried twice, one that is just being sent."""
    put(database, Sealer([KEY]), "a@example.org", "b@example.org", "c@example.org")
    waits = (timedelta(), outbox.BACK_OFF[1], outbox.LEASE)
    states = (MessageState.WAITING, MessageState.WAITING, MessageState.SENDING)

    def spread(session: Session) -> None:
        rows = session.scalars(select(Message).order_by(Message.id)).all()
        for row, attempts, wait, state in zip(rows, (0, 2, 1), waits, states, strict=True):
            row.attempts, row.due, row.state, row.created = attempts, START + wait, state, START

    database.write(spread)
    now = START - timedelta(hours=5)
    set_back(database, now)
    with database.reading() as session:
        rows = session.execute(select(Message.due, Message.created).order_by(Message.id)).all()
    assert [row.due for row in rows] == [now + wait for wait in waits]
    # By when it was made the gateway knows a message that comes once more.
    assert [row.created for row in rows] == [now, START, START]


def test_a_job_is_taken_up_though_its_lease_lies_far_ahead(
    database: Database, campaign: CampaignView
) -> None:
    job = {"action": "x", "by": "li", "grants": [], "selection": {}, "params": {}, "total": 0}

    def start(session: Session) -> None:
        row = Job(
            **job, token="t", campaign_id=campaign.id, state=str(JobState.RUNNING), runner="dead"
        )
        row.created, row.lease = START, START + LEASE
        session.add(row)

    database.write(start)
    for ahead, free in ((LEASE + SKEW, False), (LEASE + SKEW + timedelta(seconds=1), True)):
        now = START + LEASE - ahead
        with database.reading() as session:
            assert WORK.is_there(session, "me", now=now) is free
    assert database.write(lambda session: WORK.claim(session, "me", now=now)) is not None
