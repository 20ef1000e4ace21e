"""Two connections that read one state: in order, one to lend, given back whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import Database
from core.dialect import SQLITE, name_of
from core.reading import second_reader
from core.reading.second_reader import read_in_order
from people.accounts.models import Account
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_reader.os, "cpu_count", lambda: 2)


def known(session: Session) -> int:
    return session.scalar(select(func.count(Account.id))) or 0


def same(_session: Session) -> Hashable:
    return 0


def add(database: Database, name: str) -> None:
    row = Account(login=name, name=name, must_change=False, created=NOW)
    database.write(lambda session: session.add(row))


def test_both_read_at_once_and_answers_keep_their_order(database: Database) -> None:
    together, used = threading.Barrier(2, timeout=30), set()

    def read(session: Session, job: int) -> int:
        used.add(id(session))
        together.wait()  # passed by two at once alone
        return job * 10 + known(session)

    with database.reading() as session:
        assert list(read_in_order(session, range(20), read, same)) == [n * 10 for n in range(20)]
        assert len(used) == 2
        assert id(session) in used


def test_a_second_reader_sees_the_same_or_is_not_used(database: Database) -> None:
    with database.reading() as session:
        assert known(session) == 0
        with second_reader.second_reader(session, known) as other:
            assert other is not None
            assert known(other) == 0
        add(database, "later")
        with second_reader.second_reader(session, known) as other:
            if name_of(session) == SQLITE:  # cannot be taken back
                assert other is None
            else:
                assert other is not None
                assert known(other) == 0


def test_there_is_one_to_lend_and_it_comes_back(database: Database) -> None:
    def numbers(session: Session) -> Iterator[int]:
        return read_in_order(session, range(50), lambda _session, job: job, same)

    def fails(_session: Session, job: int) -> int:
        if job == 3:
            raise ValueError(job)
        return job

    with database.reading() as one, database.reading() as two:
        first = numbers(one)
        assert next(first) == 0
        with second_reader.second_reader(two, same) as other:
            assert other is None
        assert list(numbers(two)) == list(range(50))  # alone
        first.close()  # whoever asked is gone
        with second_reader.second_reader(two, same) as other:
            assert other is not None
        found = read_in_order(one, range(50), fails, same)
        with pytest.raises(ValueError, match="3"):
            list(found)
        with second_reader.second_reader(two, same) as other:
            assert other is not None
