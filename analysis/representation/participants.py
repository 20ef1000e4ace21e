"""Who took part in a selection: one row a person, each in one community and with one answer.

A person is in the community where most of their proposals lie; of equally many where the first
lies. So it is with their tie to the place and with what they were asked: the value given most
often, of equally often the first. What is known is where people proposed, not where they live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic_core import from_json
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session, aliased

from analysis.filter import ANSWER
from analysis.representation.bands import banded_side, in_bands
from analysis.selection import EVERYTHING, Selection, chosen
from analysis.tables.cross_table import RELATION, TIES, Side, side_of
from core.errors import InvalidError
from geo.people import most_given
from submissions.campaigns.question_types import Multiple, Number, Scale, Single
from submissions.proposals.models import Proposal

Ints = NDArray[np.int64]
#: What people ask for: a category, or an option of a question.
CATEGORY = "category"
_PART = aliased(Proposal, name="joined_part")


@dataclass(frozen=True)
class Participants:
    """The people of a selection.

    ``people``: a row each, by number; ``community`` a code, None for none of the edition's, and a
    column per attribute (by the key of its side) with the value, None where it was not said.
    ``wishes``: distinct pairs of ``person`` (row) and ``wish`` (place in ``wished``).
    ``in_several``: how many people proposed in several communities. ``nameless``: proposals without
    a known person; ``proposals``: all that were looked at, those joined with others too.
    """

    people: pd.DataFrame
    wishes: pd.DataFrame
    wished: tuple[tuple[str, str], ...]
    in_several: int
    nameless: int
    proposals: int


def attributes(
    selection: Selection, known: Mapping[str, Iterable[str]] = MappingProxyType({})
) -> list[Side]:
    """Return what is asked of the people of a selection: their tie to the place, and questions.

    A question is about the person where its answers are private, or where the population by its
    answers is ``known`` (values by key of a side). Private ones are told of a whole campaign
    alone: two filters that differ by one person would tell that person's answer. Numbers are told
    in the bands of the known figures, not without them.
    """
    found = [TIES]
    for question in selection.campaign.asked_ever:
        if question.private and selection.narrow != EVERYTHING:
            continue
        about = question.private or ANSWER + question.key in known
        if about and isinstance(question, Single | Scale):
            found.append(side_of(question))
        elif isinstance(question, Number) and ANSWER + question.key in known:
            with suppress(InvalidError):  # its bands are of before the question was changed
                found.append(banded_side(question, known[ANSWER + question.key]))
    return found


def wishes_of(selection: Selection, sides: Sequence[Side]) -> list[tuple[str, str]]:
    """Return what people can ask for: categories, and options of public questions of choice."""
    asked = {side.key for side in sides}
    categories = [str(one["key"]) for one in selection.campaign.categories]
    found = [(CATEGORY, key) for key in categories] if len(categories) > 1 else []
    for question in selection.campaign.asked_ever:
        key = ANSWER + question.key
        if not question.private and key not in asked and isinstance(question, Single | Multiple):
            found += [(key, option) for option in question.option_keys]
    return found


def participants(session: Session, selection: Selection, sides: Sequence[Side]) -> Participants:
    """Return the people behind a selection, those of what was joined with it too.

    Who was joined counts where the proposal lies that is shown, with what they said themselves.
    """
    wished = wishes_of(selection, sides)
    rows = _rows(session, selection)
    ids, person, code, relation, category, answers = rows
    numbers, names = pd.factorize(pd.Series(person, dtype=object))
    order = np.argsort(np.asarray(ids, dtype=np.int64), kind="stable")
    order = order[numbers[order] >= 0]
    given = _parsed(answers, [side.key for side in sides], wished)
    for side in sides:
        if isinstance(side.question, Number):
            given[0][side.key] = in_bands(side, given[0][side.key])
    columns = {"community": np.asarray(code, dtype=object)}
    columns |= {
        side.key: np.asarray(relation, dtype=object) if side.key == RELATION else given[0][side.key]
        for side in sides
    }
    people, moved = {}, 0
    for name, values in columns.items():
        people[name], several = most_given(numbers[order], values[order], len(names))
        moved = several if name == "community" else moved
    return Participants(
        people=pd.DataFrame(people),
        wishes=_wishes(numbers, category, given[1], wished),
        wished=tuple(wished),
        in_several=moved,
        nameless=int(np.count_nonzero(numbers < 0)),
        proposals=len(ids),
    )


def _rows(session: Session, selection: Selection) -> list[Sequence[Any]]:
    """Return columns: id, person, community, relation, category, answers as text."""
    where = chosen(session, selection)
    place, category = Proposal.community_code, Proposal.category
    own = select(
        Proposal.id,
        Proposal.author_key,
        place,
        Proposal.relation,
        category,
        cast(Proposal.answers, Text),
    ).where(*where)
    joined = (
        select(
            _PART.id,
            _PART.author_key,
            place,
            _PART.relation,
            category,
            cast(_PART.answers, Text),
        )
        .join(Proposal, Proposal.id == _PART.merged_into)
        .where(_PART.merged_into.is_not(None), *where)
    )
    connection = session.connection()
    found = [*connection.execute(own), *connection.execute(joined)]
    return list(zip(*found, strict=True)) if found else [()] * 6


def _parsed(
    answers: Sequence[str], keys: Sequence[str], wished: Sequence[tuple[str, str]]
) -> tuple[dict[str, NDArray[np.object_]], list[list[int]]]:
    """Return one value a proposal for each key, and the wishes of each; alike texts are read once.

    A list has no one value.
    """
    place = {wish: at for at, wish in enumerate(wished)}
    asked = [key.removeprefix(ANSWER) for key in keys if key != RELATION]
    read: dict[str, tuple[list[str | None], list[int]]] = {}
    for text in set(answers):
        given = from_json(text) if text else {}
        values = [None if (v := given.get(key)) is None else str(v) for key in asked]
        pairs = (
            (ANSWER + key, str(one))
            for key, value in given.items()
            for one in (value if isinstance(value, list) else [value])
        )
        read[text] = values, [place[pair] for pair in pairs if pair in place]
    found = [read[text] for text in answers]
    told = {
        ANSWER + key: np.array([values[at] for values, _w in found], dtype=object)
        for at, key in enumerate(asked)
    }
    return told, [wishes for _values_, wishes in found]


def _wishes(
    numbers: NDArray[np.intp],
    category: Sequence[str],
    asked: list[list[int]],
    wished: Sequence[tuple[str, str]],
) -> pd.DataFrame:
    place = {key: at for at, (kind, key) in enumerate(wished) if kind == CATEGORY}
    person = np.repeat(numbers, [len(one) for one in asked])
    wish = np.array([at for one in asked for at in one], dtype=np.int64)
    if place:
        person = np.concatenate([person, numbers])
        wish = np.concatenate([wish, [place.get(one, -1) for one in category]])
    pairs = pd.DataFrame({"person": person, "wish": wish.astype(np.int64)})
    return pairs[(pairs >= 0).all(axis=1)].drop_duplicates(ignore_index=True)
