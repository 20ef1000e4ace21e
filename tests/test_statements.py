"""What is left to nights asks PostGIS nothing that the others do not, and is there."""

from __future__ import annotations

import re

from core.settings import ROOT
from tests.statements import EACH_TIME, Told, clauses, function_of, left_to_nights, redundant


def test_a_clause_is_what_another_database_might_answer_otherwise() -> None:
    assert clauses(
        "SELECT a.id, a.text AS said, count(*) AS count_1 FROM a JOIN b ON b.id = a.id "
        "WHERE a.id = %(id_1)s::INTEGER AND a.at > %(at)s::TIMESTAMP WITH TIME ZONE "
        "AND a.shape @> %(shape_1)s::VARCHAR AND a.id IN (%(x_1)s, %(x_2)s) "
        "AND lower(a.text) LIKE 'a AND b' || %(y)s ORDER BY a.at DESC LIMIT %(n)s"
    ) == {
        "SELECT",
        "count(*",
        "a.shape @> ?",
        "lower(a.text) LIKE ? || ?",
    }
    assert clauses("UPDATE a SET text=%(text)s WHERE a.id = 7") == {"UPDATE a"}
    assert clauses("TRUNCATE a CASCADE") == set()


def test_every_clause_is_sent_by_a_test_that_stays() -> None:
    told = {
        "tests/a.py::test_dear": Told({"1", "2"}, 10.0),
        "tests/a.py::test_cheap": Told({"1"}, 0.1),
        "tests/a.py::test_other": Told({"2", "3"}, 0.2),
        "tests/a.py::test_alone": Told({"4"}, 20.0),
        "tests/a.py::test_marked": Told({"1"}, 5.0, each_time=True),
        "tests/core/b.py::test_of_the_core": Told({"1"}, 9.0),
    }
    left = redundant(told)
    assert left == {"tests/a.py::test_dear", "tests/a.py::test_cheap"}
    staying = set(told) - left
    assert set().union(*(told[name].clauses for name in staying)) == {"1", "2", "3", "4"}


def test_what_is_left_to_nights_is_there_and_may_be_left() -> None:
    for name in left_to_nights():
        file, *_classes, function = name.split("::")
        assert not name.startswith(EACH_TIME)
        assert function_of(name) == name
        text = (ROOT / file).read_text(encoding="utf-8")
        written = re.search(rf"^ *def {function}\(", text, re.MULTILINE)
        assert written, f"{name} is gone: python -m tests.statements writes the list anew"
