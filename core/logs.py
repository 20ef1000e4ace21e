"""The log in times of trouble: what repeats is told once, then counted minute by minute.

A database that is away would else be told with every request, and each time with a hundred lines
of where: of an outage the words say enough.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import TracebackType

from core.outages import one_line, problem_of
from core.worker import Task

WINDOW_S = 60.0
MOST_KEYS = 500
_MOST_CHARACTERS = 200
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")
_OURS = "_counted"
_NOT_COUNTED = "what was said again and again could not be told"
Key = tuple[str, int, str, str, str]
_OTHERS: Key = ("", logging.WARNING, "", "", "")


@dataclass
class _Count:
    """Since when a fault is known, and how often it came again since it was told."""

    since_s: float
    record: logging.LogRecord
    again: int = 0


class Repeats:
    """Which faults were told lately, and how often they came again. Thread-safe."""

    def __init__(self, *, most: int = MOST_KEYS) -> None:
        self._most = most
        self._known: dict[Key, _Count] = {}
        self._lock = threading.Lock()

    def is_new(self, record: logging.LogRecord, now_s: float) -> bool:
        """Tell whether a fault is to be told now; count it if not.

        Past ``most`` different ones those that come anew are counted together.
        """
        key = key_of(record)
        with self._lock:
            if key not in self._known and len(self._known) >= self._most:
                key = _OTHERS
            if key in self._known:
                self._known[key].again += 1
                return False
            self._known[key] = _Count(now_s, record)
            return True

    def due(self, now_s: float) -> list[tuple[logging.LogRecord, int]]:
        """Return what came again in the window that has ended, and how often.

        What did not come again is forgotten: it is told whole the next time.
        """
        told = []
        with self._lock:
            for key, count in list(self._known.items()):
                if now_s - count.since_s < WINDOW_S:
                    continue
                if count.again:
                    told.append((count.record, count.again))
                    count.since_s, count.again = now_s, 0
                else:
                    del self._known[key]
        return told


class FoldRepeats(logging.Filter):
    """A filter for handlers: lets a warning or an error through once, later their numbers."""

    def __init__(self, repeats: Repeats, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._repeats, self._clock = repeats, clock

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a record pass or not; the same for each handler that it comes to."""
        if record.levelno < logging.WARNING:
            return True
        if not hasattr(record, _OURS):
            setattr(record, _OURS, self._repeats.is_new(record, self._clock()))
            _leave_trace_out(record)
        return bool(getattr(record, _OURS))


def key_of(record: logging.LogRecord) -> Key:
    """Return what makes two records the same fault: who says what, of which error, from where.

    Numbers in the words do not count.
    """
    words = _NUMBER.sub("#", str(record.msg))[:_MOST_CHARACTERS]
    kind, _error, trace = record.exc_info or (None, None, None)
    name = kind.__qualname__ if kind else ""
    return record.name, record.levelno, words, name, _place(trace)


def fold_repeats() -> Callable[[], None]:
    """Let all handlers of this process count what repeats; return how to stop that.

    Called when all loggers have their handlers.
    """
    repeats = Repeats()
    fold = FoldRepeats(repeats)
    handlers = _handlers()
    for handler in handlers:
        handler.addFilter(fold)
    telling = Task("logs", partial(_tell, repeats), poll_s=WINDOW_S / 10, failed=_NOT_COUNTED)
    telling.start()

    def stop() -> None:
        telling.stop()
        for handler in handlers:
            handler.removeFilter(fold)

    return stop


def _tell(repeats: Repeats, _now: datetime) -> int:
    for record, again in repeats.due(time.monotonic()):
        tell_again(record, again)
    return 0


def tell_again(record: logging.LogRecord, again: int) -> None:
    """Log in one line how often a fault came again."""
    said = record.getMessage().strip().partition("\n")[0][:_MOST_CHARACTERS]
    kind = record.exc_info[0] if record.exc_info else None
    named = f" ({kind.__name__})" if kind else ""
    words = "%s%s: %d more times in the last minute"
    summary = logging.LogRecord(
        record.name,
        record.levelno,
        record.pathname,
        record.lineno,
        words,
        (said, named, again),
        None,
    )
    setattr(summary, _OURS, True)
    logging.getLogger(record.name).handle(summary)


def _handlers() -> list[logging.Handler]:
    loggers = [logging.getLogger(), *logging.root.manager.loggerDict.values()]
    found = [handler for one in loggers for handler in getattr(one, "handlers", ())]
    last = [logging.lastResort] if logging.lastResort is not None else []
    return list(dict.fromkeys([*found, *last]))


def _leave_trace_out(record: logging.LogRecord) -> None:
    error = record.exc_info[1] if record.exc_info else None
    if error is None or problem_of(error) is None:
        return
    record.msg, record.args = f"{record.getMessage().strip()}: {one_line(error)}", ()
    record.exc_info = record.exc_text = None


def _place(trace: TracebackType | None) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
