"""Work that processes hold by a lease: one holder at a time, whoever dies, whatever clocks say."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import String, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.background.leased_work import SKEW, LeasedWork, LeasedWorker, StoppedError
from core.database import Database, UtcDateTime
from tests.forked_programs import start_program

NOW = datetime(2026, 5, 1, 4, 30, tzinfo=UTC)
LEASE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
ROOT = Path(__file__).resolve().parents[3]


class Base(DeclarativeBase):
    pass


class Errand(Base):
    __tablename__ = "errand_of_tests"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    done: Mapped[float] = mapped_column(default=0.0)
    runner: Mapped[str | None] = mapped_column(String(32))
    lease: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)


WORK = LeasedWork(Errand, waiting="waiting", held="going", lease=LEASE)


class Holder(LeasedWorker):
    def do_round(self, now: datetime) -> int:
        return self.claim(now) or 0


def holder(database: Database) -> Holder:
    return Holder("errands", database, WORK, poll_s=9.0, failed="no errand")


@pytest.fixture
def errands(database: Database) -> Iterator[Database]:
    """Give a database with six errands that wait."""
    database.write(lambda session: Base.metadata.create_all(session.connection()))
    rows = [Errand(id=number, state="waiting") for number in range(1, 7)]
    database.write(lambda session: session.add_all(rows))
    yield database
    database.write(lambda session: Base.metadata.drop_all(session.connection()))


def stored(database: Database, number: int) -> tuple[str, float, datetime | None]:
    with database.reading() as session:
        row = session.get_one(Errand, number)
        return row.state, row.done, row.lease


def test_two_that_claim_at_once_share_without_overlap(errands: Database) -> None:
    with_own_writer = Database(errands.url)
    found: list[list[int]] = [[], []]
    together = threading.Barrier(2)

    def take(mine: Database, into: list[int]) -> None:
        worker = holder(mine)
        together.wait()
        while (number := worker.claim(NOW)) is not None:
            into.append(number)
            own = (number, worker.runner_id, {"state": "done"})
            mine.write(lambda s, own=own: WORK.settle(s, *own, now=NOW))  # type: ignore[misc]

    threads = [
        threading.Thread(target=take, args=given)
        for given in zip((errands, with_own_writer), found, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with_own_writer.close()
    assert sorted(found[0] + found[1]) == [1, 2, 3, 4, 5, 6]


def test_it_is_held_until_its_lease_lapses_and_lost_after(errands: Database) -> None:
    one, other = holder(errands), holder(errands)
    errands.write(lambda s: s.execute(update(Errand).where(Errand.id > 1).values(state="done")))
    assert one.claim(NOW) == 1
    assert other.claim(NOW + LEASE - SECOND) is None
    assert one.claim(NOW + SECOND) == 1  # a restarted process goes on with its own
    renewed = one.renewing(1, now=NOW + LEASE, every_s=0.0)
    renewed(done=0.5)
    state, done, lease = stored(errands, 1)
    assert (state, done) == ("going", 0.5)
    assert lease is not None
    assert NOW + 2 * LEASE <= lease < NOW + 2 * LEASE + 30 * SECOND
    assert other.claim(lease - SECOND) is None
    assert other.claim(lease) == 1
    with pytest.raises(StoppedError):
        renewed(done=0.9)
    runner = one.runner_id
    assert not errands.write(lambda s: WORK.settle(s, 1, runner, {"state": "done"}, now=lease))
    assert stored(errands, 1)[:2] == ("going", 0.5)
    assert errands.write(lambda s: WORK.settle(s, 1, other.runner_id, {"state": "x"}, now=lease))
    assert stored(errands, 1)[2] is None


def test_a_lease_from_a_clock_that_stepped_back_binds_nobody(errands: Database) -> None:
    assert holder(errands).claim(NOW) == 1
    errands.write(lambda s: s.execute(update(Errand).where(Errand.id > 1).values(state="done")))
    other = holder(errands)
    assert other.claim(NOW - SKEW) is None
    assert other.claim(NOW - SKEW - SECOND) == 1


def test_whoever_is_told_to_stop_gives_up(errands: Database) -> None:
    worker = holder(errands)
    assert worker.claim(NOW) == 1
    renew = worker.renewing(1, now=NOW, every_s=3600.0)
    renew(done=0.1)
    errands.write(lambda s: s.execute(update(Errand).where(Errand.id == 1).values(state="no")))
    renew(done=0.2)  # too soon to ask again
    with pytest.raises(StoppedError):
        worker.renewing(1, now=NOW, every_s=0.0)(done=0.3)
    assert stored(errands, 1)[:2] == ("no", 0.1)
    assert worker.claim(NOW) == 2
    worker.halt()
    with pytest.raises(StoppedError):  # the process ends; what it holds waits for the next
        worker.renewing(2, now=NOW, every_s=0.0)(done=0.3)


_DIES = """
import sys, time
from tests.core.background.test_leased_work import NOW, Database, holder
worker = holder(Database(sys.argv[1]))
print(worker.claim(NOW), flush=True)
time.sleep(600)
"""


def test_what_a_killed_process_held_is_taken_over(errands: Database) -> None:
    url = errands.url.render_as_string(hide_password=False)
    reading, writing = os.pipe()
    with open(reading) as told:
        with open(writing, "wb") as output:
            process = start_program(["-c", _DIES, url], output=output)
        try:
            assert told.readline() == "1\n"
        finally:
            process.kill()
            process.wait()
    other = holder(errands)
    assert other.claim(NOW + SECOND) == 2  # it may be alive yet
    errands.write(lambda s: s.execute(update(Errand).where(Errand.id > 2).values(state="done")))
    assert other.claim(NOW + LEASE) == 1
