"""What people answered to one question against another: counts of people and of proposals.

A person counts once in a cell, however many proposals of theirs are in it. Nothing is told of
fewer than five people: such a cell is suppressed, and where a row or a column would give it away by
subtraction so is another one (complementary cell suppression; Willenborg and de Waal, Elements of
Statistical Disclosure Control, 2001, ch. 6).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic_core import from_json
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from analysis.filter import ANSWER
from analysis.results import begun
from analysis.selection import EVERYTHING, Selection, chosen
from core.database import Database
from core.errors import InvalidError
from submissions.campaigns.question_types import Multiple, Question, Scale, Single
from submissions.proposals.models import Proposal
from submissions.proposals.states import Relation

FEW = 5
CATEGORY, RELATION = "category", "relation"
Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Side:
    """What stands along one side of a table: its values in their order, and where they are read.

    ``question``: of a question, else None. ``personal``: asked of the person, so that few are not
    told apart.
    """

    key: str
    values: tuple[str, ...]
    question: Question | None = None

    @property
    def personal(self) -> bool:
        """Whether it says something of the person."""
        return self.key != CATEGORY


#: People's tie to the place.
TIES = Side(RELATION, tuple(str(one) for one in Relation))


@dataclass(frozen=True)
class CrossTable:
    """Counts by row and column, in the order of the ``values`` of both sides.

    ``few``: cells of one to four people; ``hidden``: all cells that are not told, those too.
    ``people`` and ``proposals`` are 0 there. ``answered``: proposals that have a value on both
    sides, of so many ``proposals_looked_at``.
    """

    rows: Side
    columns: Side
    people: Counts
    proposals: Counts
    few: Mask
    hidden: Mask
    answered: int
    looked_at: int


def sides(selection: Selection) -> list[Side]:
    """Return what a selection's tables can have along a side.

    Private questions are crossed for the whole campaign alone: two filters that differ by one
    person would tell that person's answer.
    """
    campaign = selection.campaign
    found = [TIES]
    if len(campaign.categories) > 1:
        found.append(Side(CATEGORY, tuple(str(one["key"]) for one in campaign.categories)))
    for question in campaign.asked_ever:
        if question.private and selection.narrow != EVERYTHING:
            continue
        if isinstance(question, Single | Multiple | Scale):
            found.append(side_of(question))
    return found


def side_of(question: Single | Multiple | Scale) -> Side:
    """Return the side of a question: its options, or the steps of its scale."""
    if isinstance(question, Scale):
        steps = range(question.least, question.most + 1)
        return Side(ANSWER + question.key, tuple(map(str, steps)), question)
    return Side(ANSWER + question.key, question.option_keys, question)


def begun_cross_table(
    database: Database, selection: Selection, row: str, column: str, *, at_most_s: float
) -> CrossTable | None:
    """Return the table of two sides by their keys; None while the first is being counted.

    Raises ``InvalidError`` for a side that a selection does not have.
    """
    known = {one.key: one for one in sides(selection)}
    if row not in known or column not in known or row == column:
        raise InvalidError(field="sides")

    def make() -> CrossTable:
        with database.reading() as session:
            return cross_table(session, selection, known[row], known[column])

    name = ("cross_table", row, column)
    return begun(database, selection, name, make, at_most_s=at_most_s)


def cross_table(session: Session, selection: Selection, rows: Side, columns: Side) -> CrossTable:
    """Count a selection by two sides, now."""
    statement = select(
        Proposal.id,
        Proposal.author_key,
        Proposal.relation,
        Proposal.category,
        cast(Proposal.answers, Text),
    ).where(*chosen(session, selection))
    found = session.connection().execute(statement.order_by(Proposal.id)).all()
    at = (_places(rows), _places(columns))
    kept: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    cells: list[tuple[int, int, str]] = []
    answered = 0
    for number, author, relation, category, answers in found:
        alike = (relation, category, answers)
        hits = kept.get(alike)
        if hits is None:
            hits = kept[alike] = _cells(at, relation, category, answers)
        answered += bool(hits)
        # Whom nobody knows is a person of their own.
        cells += [(r, c, author or f"#{number}") for r, c in hits]
    return counted(rows, columns, cells, answered=answered, looked_at=len(found))


def counted(
    rows: Side,
    columns: Side,
    cells: Sequence[tuple[int, int, str]],
    *,
    answered: int,
    looked_at: int,
) -> CrossTable:
    """Return the table of (row, column, person), one for each proposal and cell. Pure."""
    shape = len(rows.values), len(columns.values)
    frame = pd.DataFrame(cells, columns=["row", "column", "person"])
    proposals, people = (_grid(each, shape) for each in (frame, frame.drop_duplicates()))
    hides = rows.personal or columns.personal
    few = (people > 0) & (people < FEW) & hides
    hidden = suppressed(people, few)
    proposals[hidden], people[hidden] = 0, 0
    return CrossTable(rows, columns, people, proposals, few, hidden, answered, looked_at)


def suppressed(people: Counts, few: Mask) -> Mask:
    """Return the cells that are not told so that nobody works out those of ``few``.

    In each row and column with any such cell at least two are hidden, of five people or more
    together: the next smallest that are not empty join them, again and again until none is missing.
    Where a row has no other cell it stands alone; the other way round protects it then.
    """
    hidden = few.copy()
    changed = True
    while changed:
        changed = False
        for counts, lines in ((people, hidden), (people.T, hidden.T)):
            for line in range(len(lines)):
                changed |= _hide_another(counts[line], lines[line])
    return hidden


def _hide_another(counts: Counts, hidden: Mask) -> bool:
    """Hide the smallest cell of a line that is told, if one is needed; tell whether it was."""
    needed = hidden.any() and (hidden.sum() < 2 or counts[hidden].sum() < FEW)
    open_ = np.flatnonzero(~hidden & (counts > 0))
    if not needed or not len(open_):
        return False
    hidden[open_[np.argmin(counts[open_])]] = True
    return True


def _grid(frame: pd.DataFrame, shape: tuple[int, int]) -> Counts:
    flat = frame["row"].to_numpy(np.int64) * shape[1] + frame["column"].to_numpy(np.int64)
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)


def _places(side: Side) -> Callable[[str, str, dict[str, Any]], list[int]]:
    """Return what tells at which of a side's values a proposal stands."""
    place = {value: number for number, value in enumerate(side.values)}
    if side.key == RELATION:
        return lambda relation, _category, _answers: [place[relation]] if relation in place else []
    if side.key == CATEGORY:
        return lambda _relation, category, _answers: [place[category]] if category in place else []
    key = side.key.removeprefix(ANSWER)

    def of_answer(_relation: str, _category: str, answers: dict[str, Any]) -> list[int]:
        given = answers.get(key, [])
        values = given if isinstance(given, list) else [given]
        return [place[str(value)] for value in values if str(value) in place]

    return of_answer


def _cells(
    at: tuple[Callable[..., list[int]], Callable[..., list[int]]],
    relation: str,
    category: str,
    answers: str,
) -> list[tuple[int, int]]:
    given = from_json(answers) if answers else {}
    first, second = (one(relation, category, given) for one in at)
    return [(row, column) for row in first for column in second]
