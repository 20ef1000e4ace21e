"""What repeats in the log is told once, then counted; what is new is told at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from core.errors import UnavailableError
from core.logs import WINDOW_S, FoldRepeats, Repeats, tell_again


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.traces: list[object] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())
        self.traces.append(record.exc_info)


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def repeats() -> Repeats:
    return Repeats(most=3)


@pytest.fixture
def handlers(repeats: Repeats, clock: list[float]) -> Iterator[list[Kept]]:
    """Two handlers on the way up, as uvicorn's and the root's."""
    log, above = logging.getLogger("folded.here"), logging.getLogger("folded")
    made = [Kept(), Kept()]
    fold = FoldRepeats(repeats, lambda: clock[0])
    for one, handler in zip((log, above), made, strict=True):
        handler.addFilter(fold)
        one.addHandler(handler)
        one.propagate = one is log
        one.setLevel(logging.INFO)
    yield made
    for one, handler in zip((log, above), made, strict=True):
        one.removeHandler(handler)
        one.propagate = True


def fail(kind: type[Exception], said: str = "task %d failed") -> None:
    try:
        raise kind("away")
    except kind:
        logging.getLogger("folded.here").exception(said, 7)


def tell(repeats: Repeats, clock: list[float]) -> None:
    for record, again in repeats.due(clock[0]):
        tell_again(record, again)


def test_an_outage_is_told_once_and_then_counted(
    handlers: list[Kept], repeats: Repeats, clock: list[float]
) -> None:
    for second in range(150):
        clock[0] = float(second)
        for _ in range(10):
            fail(OSError)
        logging.getLogger("folded.here").warning(f"request {second} at 0x{second:x} was slow")
        logging.getLogger("folded.here").info("served")
        tell(repeats, clock)
    for handler in handlers:
        told = [said for said in handler.said if said != "served"]
        assert told == [
            "task 7 failed",
            "request 0 at 0x0 was slow",
            "task 7 failed (OSError): 609 more times in the last minute",
            "request 0 at 0x0 was slow: 60 more times in the last minute",
            "task 7 failed (OSError): 600 more times in the last minute",
            "request 0 at 0x0 was slow: 60 more times in the last minute",
        ]
        assert handler.said.count("served") == 150


def test_another_error_another_place_and_what_is_over_are_told_whole(
    handlers: list[Kept], repeats: Repeats, clock: list[float]
) -> None:
    fail(OSError)
    fail(ValueError)
    logging.getLogger("folded.here").error("task %d failed", 8)
    assert len(handlers[0].said) == 3
    clock[0] += WINDOW_S
    tell(repeats, clock)
    fail(OSError)
    assert len(handlers[0].said) == 4


def test_however_many_differ_little_is_kept(
    handlers: list[Kept], repeats: Repeats, clock: list[float]
) -> None:
    for letter in "abcdefghij":
        logging.getLogger("folded.here").error(letter)
    assert len(handlers[0].said) == 4
    assert len(repeats._known) == 4


def test_of_an_outage_the_words_say_enough(handlers: list[Kept]) -> None:
    log = logging.getLogger("folded.here")
    try:
        raise UnavailableError(problem="away") from OSError(5, "Input/output error")
    except UnavailableError:
        log.exception("texts could not be indexed")
    assert handlers[0].said == ["texts could not be indexed: [Errno 5] Input/output error"]
    assert handlers[0].traces == [None]
