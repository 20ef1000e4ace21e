"""Work in the background comes back after a fault, tells how it does, and ends when asked to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from core.worker import OneTask, SerialWorker, Task, Worker, WorkerStatus, stop_all, worker_statuses

SECRET = "li@example.org"
WAIT_S = 30.0


class Waits:
    """Stands for the event that ends the thread: keeps how long was waited, ends after so many."""

    def __init__(self, most: int) -> None:
        self.waited: list[float] = []
        self._most = most

    def wait(self, wait_s: float) -> bool:
        self.waited.append(wait_s)
        return len(self.waited) > self._most

    def is_set(self) -> bool:
        return False


class Shaky(Worker):
    def __init__(self, outcomes: list[int | None], **told: float) -> None:
        super().__init__("shaky", **{"poll_s": 5.0, **told})
        self._outcomes, self.faults = iter(outcomes), 0

    def do_round(self, now: datetime) -> int:
        done = next(self._outcomes)
        if done is None:
            raise OSError(SECRET)
        return done

    def tell_fault(self, fault: Exception) -> None:
        self.faults += 1


def waited(outcomes: list[int | None], **told: float) -> list[float]:
    rounds, waits = Shaky(outcomes, **told), Waits(len(outcomes))
    rounds._stopping = waits  # type: ignore[assignment]
    rounds._run()
    assert rounds.faults == outcomes.count(None)
    return waits.waited


def test_a_database_that_is_away_is_asked_less_and_less() -> None:
    assert waited([0, None, None, None, None, None, 0, None, 3, 0]) == [
        0, 5, 10, 20, 40, 60, 60, 5, 10, 0, 5
    ]  # fmt: skip


def test_what_comes_hour_by_hour_comes_no_sooner_after_a_fault() -> None:
    assert waited([None, None, 0], poll_s=3600.0, first_s=3600.0) == [3600.0] * 4


@pytest.fixture
def status() -> Iterator[Callable[[], WorkerStatus]]:
    """Give how the one worker does that a test starts, which is stopped after it."""
    before = {each.name for each in worker_statuses()}

    def only() -> WorkerStatus:
        (found,) = [each for each in worker_statuses() if each.name not in before]
        return found

    yield only
    stop_all()
    assert {each.name for each in worker_statuses()} <= before


def test_a_fault_ends_nothing_and_is_told_without_its_words(
    status: Callable[[], WorkerStatus], caplog: pytest.LogCaptureFixture
) -> None:
    rounds, thrice = iter([0, 1, 0]), threading.Event()

    def do(_now: datetime) -> int:
        if next(rounds, None) is None:
            thrice.set()
        elif not status().last_error:
            raise ValueError(SECRET)
        return 0

    began = datetime.now(UTC)
    task = Task("trial", do, poll_s=0.001, failed="the trial did not work")
    with caplog.at_level(logging.ERROR):
        task.start()
        assert thrice.wait(WAIT_S)
    told = status()
    assert (told.name, told.running) == ("trial", True)
    assert told.last_run
    assert told.last_error_at
    assert began <= told.last_error_at <= told.last_run
    assert told.last_error is not None
    assert told.last_error.startswith(f"ValueError ({__name__}:")
    assert [record.message for record in caplog.records] == ["the trial did not work"]
    thread = task._thread
    task.stop(WAIT_S)
    assert thread is not None
    assert not thread.is_alive()


def test_what_is_done_once_stays_to_be_seen(
    status: Callable[[], WorkerStatus], caplog: pytest.LogCaptureFixture
) -> None:
    for fault in (False, True):
        one = OneTask("once", lambda fault=fault: 1 // (not fault), failed="it did not work")
        one.start()
        assert one._thread is not None
        one._thread.join(WAIT_S)
        told = status()
        assert not told.running
        assert (told.last_run is None, bool(told.last_error)) == (fault, fault)
        one.stop()
    assert len(caplog.records) == 1


def test_what_is_handed_over_is_done_in_order_and_a_fault_goes_to_who_waits(
    status: Callable[[], WorkerStatus], caplog: pytest.LogCaptureFixture
) -> None:
    worker, done = SerialWorker("serial"), []
    futures = [worker.submit(done.append, number) for number in range(50)]
    broken = worker.submit(int, SECRET)
    assert worker.submit(pow, 2, 10).result(WAIT_S) == 1024
    assert done == list(range(50))
    assert all(future.done() for future in futures)
    with pytest.raises(ValueError, match=SECRET):
        broken.result(WAIT_S)
    assert (status().last_error or "").startswith(f"ValueError ({SerialWorker.__module__}:")
    assert not caplog.records
    worker.stop(WAIT_S)
    assert worker.submit(pow, 2, 3).result(WAIT_S) == 8


def test_at_the_end_what_has_not_begun_is_let_go(status: Callable[[], WorkerStatus]) -> None:
    worker, begun, going_on = SerialWorker("serial"), threading.Event(), threading.Event()

    def long() -> None:
        begun.set()
        going_on.wait(WAIT_S)

    first, second = worker.submit(long), worker.submit(pow, 2, 3)
    assert begun.wait(WAIT_S)
    assert status().running
    stopping = threading.Thread(target=worker.stop, args=(WAIT_S,))
    stopping.start()
    while not worker._stopping.is_set():
        pass
    going_on.set()
    stopping.join(WAIT_S)
    assert first.done()
    assert second.cancelled()
