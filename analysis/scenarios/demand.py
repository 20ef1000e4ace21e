"""Who is to be served: the proposals of a selection, and the people behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic_core import from_json
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from analysis.scenarios.plan import Kind, Weighing
from analysis.selection import Selection, chosen
from geo.crs import WGS84
from geo.representation.weights import group_weights
from layers.communities.communities import community_frame
from submissions.campaigns.question_types import Multiple, Number
from submissions.campaigns.questionnaire import read_questions
from submissions.proposals.merged_family import joined_authors
from submissions.proposals.models import Proposal

#: Questions whose answers say what is to be built, by kind: wishes to choose, and how many.
WISHES = {Kind.MICRO_PARK: "uses", Kind.BIKE_PARKING: ""}
AMOUNT = {Kind.MICRO_PARK: "", Kind.BIKE_PARKING: "bikes"}


@dataclass(frozen=True)
class Demand:
    """Proposals by rows (number, public id, community, place in WGS 84), and who is behind them.

    ``row`` and ``person``: pairs of a proposal's row and somebody behind it, also by what was
    joined with it; ``weights``: of rows. ``wishes``: rows x options of the question whose labels
    are ``options``; ``amount``: the number that was answered, NaN for none.
    """

    frame: gpd.GeoDataFrame
    row: NDArray[np.int64]
    person: NDArray[np.int64]
    weights: NDArray[np.float64]
    options: tuple[dict[str, str], ...]
    wishes: NDArray[np.bool_]
    amount: NDArray[np.float64]
    residents: dict[str, int]

    def people(self, rows: NDArray[np.bool_]) -> int:
        """Count the people behind some rows, each once."""
        return len(np.unique(self.person[rows[self.row]]))

    def people_by_wish(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Count the people behind some rows by option of the question, each once an option."""
        kept = rows[self.row]
        pair, option = np.nonzero(self.wishes[self.row[kept]])
        asked = np.unique(np.column_stack([self.person[kept][pair], option]), axis=0)
        return np.bincount(asked[:, 1], minlength=self.wishes.shape[1])


def demand_of(session: Session, selection: Selection, kind: Kind, weighing: Weighing) -> Demand:
    """Return the demand of a selection.

    Each person weighs 1, shared over their proposals. ``SUPPORTS``: each support adds 1.
    ``RESIDENTS``: people of a community weigh in proportion to its residents per person who spoke,
    as on the page "Who is missing" (weights after stratification, trimmed; all together weigh as
    many as they are).
    """
    statement = select(
        Proposal.id,
        Proposal.public_id,
        Proposal.author_key,
        Proposal.community_code,
        Proposal.longitude,
        Proposal.latitude,
        Proposal.supports,
        cast(Proposal.answers, Text).label("answers"),
    )
    where = chosen(session, selection)
    rows = session.connection().execute(statement.where(*where).order_by(Proposal.id)).all()
    numbers = np.array([row.id for row in rows], dtype=np.int64)
    joined = session.connection().execute(joined_authors(where)).all()
    row, person = _people(numbers, [row.author_key for row in rows], joined)
    codes = [row.community_code or "" for row in rows]
    frame = gpd.GeoDataFrame(
        {"number": numbers, "public_id": [r.public_id for r in rows], "community": codes},
        geometry=gpd.points_from_xy([r.longitude for r in rows], [r.latitude for r in rows]),
        crs=WGS84,
    )
    share = 1.0 / np.maximum(np.bincount(person), 1)[person] if len(person) else np.zeros(0)
    weights = np.bincount(row, share, minlength=len(rows)).astype(np.float64)
    communities = community_frame(session, selection.campaign.edition)
    population = communities.set_index("code")["population"].dropna()
    residents = {str(code): int(number) for code, number in population.items()}
    if weighing is Weighing.SUPPORTS:
        weights = weights + np.array([r.supports for r in rows], dtype=np.float64)
    elif weighing is Weighing.RESIDENTS:
        weights = weights * _by_residents(codes, weights, residents)
    answers = [r.answers for r in rows]
    return Demand(frame, row, person, weights, *_wishes(selection, kind, answers), residents)


def _people(
    numbers: NDArray[np.int64], authors: list[str | None], joined: Iterable[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of a row and a person; who cannot be told apart counts as one each.

    ``joined``: ids of proposals and further authors behind them.
    """
    place = {int(number): at for at, number in enumerate(numbers)}
    told = {(at, name or f"?{at}") for at, name in enumerate(authors)}
    told |= {(place[number], name) for number, name in joined}
    pairs = sorted(told)
    row = np.array([at for at, _ in pairs], dtype=np.int64)
    person = pd.factorize(pd.Series([name for _, name in pairs], dtype="str"))[0]
    return row, person.astype(np.int64)


def _by_residents(
    codes: list[str], weights: NDArray[np.float64], residents: dict[str, int]
) -> NDArray[np.float64]:
    """Return what a person of each row's community weighs, see ``weights.group_weights``.

    Where no residents are known a person weighs 1, as all together do.
    """
    spoke = pd.Series(weights).groupby(codes).sum()
    known = {code: float(number) for code, number in residents.items() if number > 0}
    share = np.array([known.get(str(code), np.nan) for code in spoke.index])
    each = pd.Series(group_weights(spoke.to_numpy(), share), index=spoke.index).fillna(1.0)
    return each.reindex(codes).to_numpy(dtype=np.float64)


def _wishes(
    selection: Selection, kind: Kind, answers: list[str]
) -> tuple[tuple[dict[str, str], ...], NDArray[np.bool_], NDArray[np.float64]]:
    """Return the options of the question on wishes, who chose which, and the numbers wanted."""
    asked = [one for one in read_questions(selection.campaign.questions) if not one.private]
    wishes = [o for o in asked if isinstance(o, Multiple) and o.key == WISHES[kind]]
    numbers = [o for o in asked if isinstance(o, Number) and o.key == AMOUNT[kind]]
    keys = [option.key for option in wishes[0].options] if wishes else []
    found = np.zeros((len(answers), len(keys)), dtype=bool)
    amount = np.full(len(answers), np.nan)
    for place, text in enumerate(answers if wishes or numbers else []):
        told = from_json(text)
        if wishes:
            given = told.get(wishes[0].key) or []
            found[place] = [key in given for key in keys]
        if numbers and isinstance(told.get(numbers[0].key), int | float):
            amount[place] = told[numbers[0].key]
    labels = [one.label for one in wishes[0].options] if wishes else []
    return tuple({"zh_CN": one.zh_CN, "en": one.en} for one in labels), found, amount
