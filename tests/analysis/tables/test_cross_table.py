"""One question against another: each person once in a cell, and nobody told apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.filter import Filter
from analysis.selection import Selection
from analysis.tables.cross_table import FEW, Side, counted, cross_table, sides, suppressed
from core.database import Database
from people.access.actor import Actor
from submissions.campaigns.question_writing import AGE, options, words
from tests.conftest import make_campaign
from tests.submissions.acting import file

WISH = {
    "key": "wish",
    "kind": "multiple",
    "label": words("想要什么？", "What do you wish for?"),
    "options": options(("seats", "座椅", "Seats", ""), ("trees", "树", "Trees", "")),
}
ROWS, COLUMNS = Side("a_row", ("x", "y")), Side("a_column", ("u", "v", "w"))


@given(arrays(np.int64, (3, 4), elements=st.integers(0, 12)))
def test_no_line_gives_away_its_small_cells(people: np.ndarray) -> None:
    few = (people > 0) & (people < FEW)
    hidden = suppressed(people, few)
    assert (hidden | ~few).all()
    assert not (hidden & (people == 0)).any()
    for counts, lines in ((people, hidden), (people.T, hidden.T)):
        for line in range(len(lines)):
            mine = lines[line]
            if mine.any() and (mine.sum() < 2 or counts[line][mine].sum() < FEW):
                assert not (~mine & (counts[line] > 0)).any()  # there is no other to hide


def test_a_person_counts_once_in_a_cell_and_small_cells_are_not_told() -> None:
    cells = [(0, 0, f"p{n}") for n in range(7)] + [(0, 0, "p0"), (1, 1, "q"), (0, 1, "r")]
    cells += [(1, 0, f"s{n}") for n in range(6)] + [(1, 2, f"t{n}") for n in range(9)]
    found = counted(ROWS, COLUMNS, cells, answered=25, looked_at=30)
    assert found.few.tolist() == [[False, True, False], [False, True, False]]
    assert found.people[1, 2] == 9
    assert (found.people[found.hidden] == 0).all()
    assert (found.proposals[found.hidden] == 0).all()
    assert found.hidden[0].sum() == 2  # the row of seven and one would give the one away
    open_ = counted(
        Side("category", ("x", "y")),
        Side("category", ("u", "v", "w")),
        cells,
        answered=0,
        looked_at=0,
    )
    assert open_.people[0].tolist() == [7, 1, 0]
    assert open_.proposals[0].tolist() == [8, 1, 0]


def test_answers_are_crossed_as_they_were_given(database: Database) -> None:
    campaign = make_campaign(database, questions=[WISH, AGE])
    for n in range(6):
        answers = {"wish": ["seats", "trees"] if n else ["seats"], "age": "from_60"}
        file(database, campaign, Actor(f"d{n}"), answers=answers, relation="lives")
    file(database, campaign, Actor("d1"), answers={"wish": ["trees"]}, relation="lives")
    file(database, campaign, Actor("d9"), relation="works")
    whole = Selection(campaign)
    known = {one.key: one for one in sides(whole)}
    with database.reading() as session:
        found = cross_table(session, whole, known["relation"], known["a_wish"])
        by_age = cross_table(session, whole, known["a_age"], known["a_wish"])
    lives = found.rows.values.index("lives")
    assert found.people[lives].tolist() == [6, 5]
    assert found.proposals[lives].tolist() == [6, 6]
    assert (found.answered, found.looked_at) == (7, 8)
    assert by_age.people[by_age.rows.values.index("from_60")].tolist() == [6, 5]


def test_private_questions_are_crossed_for_the_whole_campaign_alone(database: Database) -> None:
    campaign = make_campaign(database, questions=[WISH, AGE])
    narrowed = Selection(campaign, Filter(relations=("lives",)))
    assert "a_age" in [one.key for one in sides(Selection(campaign))]
    assert "a_age" not in [one.key for one in sides(narrowed)]


@pytest.mark.parametrize("one", ["a_age", "no_such", "relation"])
def test_a_side_that_a_selection_does_not_have_is_refused(database: Database, one: str) -> None:
    from analysis.tables.cross_table import begun_cross_table
    from core.errors import InvalidError

    campaign = make_campaign(database, questions=[WISH, AGE])
    narrowed = Selection(campaign, Filter(relations=("lives",)))
    with pytest.raises(InvalidError):
        begun_cross_table(database, narrowed, one, "relation", at_most_s=1)
