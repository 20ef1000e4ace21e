"""Which tests run on PostGIS each time, and which with ``make test-all`` alone.

Of what runs on both kinds of database, ``make test`` runs on PostGIS so many tests that every
clause which any of them sends there is sent: a fifth of the time of all. Which are left to
``make test-all`` stands in ``nightly_on_postgis.txt``; a test that does not stand there, as every
new one, runs each time, and so do those marked ``on_both`` and those of ``EACH_TIME``.

    python -m tests.statements      runs all tests on PostGIS and writes that file anew

A clause is what stands between two key words or commas of a statement, without its values; that a
column is read, set or compared with a value is the same on every database and counts for nothing.
Which tables are written to counts.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

FILE = Path(__file__).with_name("nightly_on_postgis.txt")
_HEAD = "# On PostGIS with `make test-all` alone; `python -m tests.statements` writes this file.\n"
#: What a database does by itself (locks, order, time-outs) is in no statement.
EACH_TIME = ("tests/core/", "tests/deploy/", "tests/web/", "tests/api/")
#: Where the process of the tests leaves what it has seen.
_SEEN = "LUJIAN_STATEMENTS_SEEN"
_OVERHEAD_S = 0.05
_VALUE = re.compile(r"%\(\w+\)s|'(?:[^']|'')*'|(?<![\w.])-?\d+(?:\.\d+)?\b")
_TYPE = re.compile(r"::[A-Z]+(?: PRECISION| VARYING| WITH(?:OUT)? TIME ZONE)?(?:\[\])?")
#: A name that SQLAlchemy has numbered.
_NUMBERED = re.compile(r"(?<=\w)_\d+\b")
_WORDS = re.compile(
    r"\b(?:AND|OR|WHERE|FROM|(?:LEFT OUTER )?JOIN|(?:ORDER|GROUP) BY|HAVING|UNION(?: ALL)?|EXCEPT"
    r"|SELECT(?: DISTINCT)?|SET|VALUES|RETURNING|LIMIT|OFFSET|ON|CASE|WHEN|THEN|ELSE|END|IN)\b|,"
)
#: Others make, empty and lock what the tests need.
_ASKING = re.compile(r"SELECT|WITH|(?:INSERT INTO|UPDATE|DELETE FROM) \w+")
_COLUMN = r'[\w."]*|\?'
_PLAIN = re.compile(
    rf"(?:NOT )?(?:{_COLUMN})(?: ?(?:=|!=|<|>|<=|>=|IS|IS NOT) ?(?:{_COLUMN}))?(?: DESC| ASC)?"
)
_NAMED = re.compile(r"(?: AS \w+)+$")


@dataclass
class Told:
    """What was seen of one test function: its clauses, how long it took, whether it must run."""

    clauses: set[str] = field(default_factory=set)
    seconds: float = 0.0
    each_time: bool = False


@cache
def left_to_nights() -> frozenset[str]:
    """Return the test functions that run on PostGIS with ``make test-all`` alone."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def function_of(nodeid: str) -> str:
    """Return a test's address without its example."""
    return nodeid.partition("[")[0]


def redundant(told: Mapping[str, Told]) -> set[str]:
    """Return the functions whose clauses all others send, the dearest left out first."""
    chosen = {name for name, one in told.items() if one.each_time or name.startswith(EACH_TIME)}
    missing: set[str] = set().union(*(one.clauses for one in told.values()))
    missing -= set().union(*(told[name].clauses for name in chosen))

    def worth(name: str) -> float:
        return len(told[name].clauses & missing) / (told[name].seconds + _OVERHEAD_S)

    while missing:
        best = max(sorted(told), key=worth)
        chosen.add(best)
        missing -= told[best].clauses
    return set(told) - chosen


def clauses(statement: str) -> set[str]:
    """Return what a statement asks of a database that another database might answer otherwise."""
    asking = _ASKING.match(statement)
    if asking is None:
        return set()
    plain = _NUMBERED.sub("", _VALUE.sub("?", _TYPE.sub("", statement[asking.end() :])))
    parts = (" ".join(part.split()) for part in _WORDS.split(plain))
    named = {_NAMED.sub("", part).strip("() ") for part in parts}
    return {asking[0]} | {part for part in named if not _PLAIN.fullmatch(part)}


class Watch:
    """Notes for each test on PostGIS what it sends there; a plugin of pytest."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._told: defaultdict[str, Told] = defaultdict(Told)
        self._now: set[str] = set()
        event.listen(Engine, "before_cursor_execute", self._sent)

    def _sent(self, connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if connection.dialect.name == "postgresql":
            self._now |= clauses(statement)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._now.clear()
        began = time.monotonic()
        done = yield
        told = self._told[function_of(item.nodeid)]
        told.clauses |= self._now
        told.seconds += time.monotonic() - began
        told.each_time |= item.get_closest_marker("on_both") is not None
        return done

    def pytest_sessionfinish(self) -> None:
        found = {
            name: [sorted(one.clauses), one.seconds, one.each_time]
            for name, one in self._told.items()
        }
        self._file.write_text(json.dumps(found), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Watch, where this module is a plugin of the tests that ``main`` runs."""
    if place := os.environ.get(_SEEN):
        config.pluginmanager.register(Watch(Path(place)))


def main() -> int:
    """Run all tests on PostGIS and write which of them send nothing that others do not."""
    FILE.write_text(_HEAD, encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        seen = Path(folder) / "seen.json"
        run = [*(sys.executable, "-m", "tests.postgis", "--fast", "--", sys.executable, "-m")]
        run += ["pytest", "-q", "-p", "tests.statements", "-m", "not browser", "-k", "postgis"]
        code = subprocess.run(run, env={**os.environ, _SEEN: str(seen)}, check=False).returncode
        if code:
            return code
        found = json.loads(seen.read_text(encoding="utf-8"))
    told = {name: Told(set(sent), *more) for name, (sent, *more) in found.items()}
    left = sorted(redundant(told))
    FILE.write_text(_HEAD + "".join(f"{name}\n" for name in left), encoding="utf-8")
    many = len(set().union(*(one.clauses for one in told.values())))
    print(f"{many} clauses; {len(told) - len(left)} of {len(told)} functions send all of them.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
