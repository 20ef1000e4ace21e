"""Work in the background comes back after a fault, later and later, and at once when it is over."""

from __future__ import annotations

from datetime import datetime

from rounds import Rounds


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


class Shaky(Rounds):
    def __init__(self, outcomes: list[int | None], **told: float) -> None:
        super().__init__("shaky", **{"poll_s": 5.0, **told})
        self._outcomes, self.faults = iter(outcomes), 0

    def do_round(self, now: datetime) -> int:
        done = next(self._outcomes)
        if done is None:
            raise OSError("away")
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
