"""Who is counted where: one person once, and shared points not at all.

Many people on one exact coordinate are an address, or the point to which a geocoder sends what it
does not know: a place, not density. It is taken out before anything is judged.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

from geo.aggregate import point_coordinates
from geo.people import people_behind
from geo.significance.verdicts import LEAST_PEOPLE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Voices:
    """One line for each person behind each proposal that has a place.

    ``row`` is the proposal's position, ``person`` a number, ``x`` and ``y`` metres; ``shared`` says
    whether ``LEAST_PEOPLE`` or more people stand on exactly that coordinate.
    """

    row: Ints
    person: Ints
    x: Floats
    y: Floats
    shared: NDArray[np.bool_]
    unplaced: int
    nameless: int

    def kept(self, which: NDArray[np.bool_]) -> Voices:
        """Return those of the lines alone."""
        return Voices(
            self.row[which],
            self.person[which],
            self.x[which],
            self.y[which],
            self.shared[which],
            self.unplaced,
            self.nameless,
        )


def voices(
    proposals: gpd.GeoDataFrame,
    *,
    metric_crs: str,
    person_column: str | None,
    further_people: pd.Series | None = None,
) -> Voices:
    """Return who stands where; without ``person_column`` each proposal is a person of its own.

    Proposals without a usable coordinate (``unplaced``) and without a person (``nameless``) are not
    among them. ``further_people`` are persons on labels of proposals.
    """
    x, y = point_coordinates(proposals, crs=metric_crs)
    row, person = _persons(proposals, person_column, further_people)
    placed = np.isfinite(x[row]) & np.isfinite(y[row])
    known = person >= 0
    row, person = row[placed & known], person[placed & known]
    # A person with several proposals on one coordinate stands there once.
    shared = _shared(x[row], y[row], person)
    unplaced = int(np.count_nonzero(~(np.isfinite(x) & np.isfinite(y))))
    nameless = int(np.count_nonzero(placed & ~known))
    return Voices(row, person, x[row], y[row], shared, unplaced, nameless)


def once_each(found: Voices, *, apart_m: float) -> Voices:
    """Return the voices with a person's pins closer than ``apart_m`` to each other counted once.

    Of pins of one person that hang together by such steps, the one nearest their middle counts, of
    equally near ones the westernmost, then the southernmost.
    """
    order = np.lexsort((found.y, found.x, found.person))
    sorted_ones = found.kept(order)  # type: ignore[arg-type]
    several = np.bincount(sorted_ones.person)[sorted_ones.person] > 1 if len(order) else order > 0
    keep = np.ones(len(order), dtype=bool)
    at = np.flatnonzero(several)
    keep[at] = False
    keep[at[_middles(sorted_ones.kept(several), apart_m)]] = True
    return sorted_ones.kept(keep)


def _persons(
    proposals: gpd.GeoDataFrame, column: str | None, further: pd.Series | None
) -> tuple[Ints, Ints]:
    if column is None:
        each = np.arange(len(proposals))
        return each, each
    row, people = people_behind(proposals, column, further)
    return row, pd.factorize(people)[0].astype(np.int64)


def _shared(x: Floats, y: Floats, person: Ints) -> NDArray[np.bool_]:
    if not len(x):
        return np.zeros(0, dtype=bool)
    place = pd.DataFrame({"x": x, "y": y}).groupby(["x", "y"], sort=False).ngroup().to_numpy()
    return distinct_people(place, person, int(place.max()) + 1)[place] >= LEAST_PEOPLE


def distinct_people(group: Ints, person: Ints, groups: int) -> Ints:
    """Count the distinct persons (numbers from 0) of each group (-1 for none)."""
    size = int(person.max(initial=0)) + 1
    pairs = np.sort(group[group >= 0] * size + person[group >= 0])
    new = np.ones(len(pairs), dtype=bool)
    new[1:] = pairs[1:] != pairs[:-1]
    return np.bincount(pairs[new] // size, minlength=groups)


def _middles(several: Voices, apart_m: float) -> Ints:
    """Return the row that stands for each group of near pins of one person."""
    count = len(several.row)
    if not count:
        return np.zeros(0, dtype=np.int64)
    # Persons are set far apart in a third dimension, so that one tree finds all pairs of each.
    spot = np.column_stack([several.x, several.y, several.person * (4.0 * apart_m)])
    pairs = _chained_pairs(spot, apart_m)
    joined = coo_matrix((np.ones(len(pairs)), pairs.T), shape=(count, count))
    number, group = connected_components(joined, directed=False)
    weight = np.bincount(group, minlength=number)
    middle_x = np.bincount(group, several.x, number) / weight
    middle_y = np.bincount(group, several.y, number) / weight
    away = np.round(np.hypot(several.x - middle_x[group], several.y - middle_y[group]), 3)
    order = np.lexsort((several.y, several.x, away, group))
    first: Ints = np.unique(group[order], return_index=True)[1]
    return order[first]


def _chained_pairs(spot: Floats, apart_m: float) -> Ints:
    """Return pairs of near places; those in one small square hang on its first, not all on all."""
    square = np.floor(spot / (apart_m / 8)).astype(np.int64)
    place = pd.DataFrame(square).groupby([0, 1, 2], sort=False).ngroup().to_numpy()
    first = np.unique(place, return_index=True)[1]
    same = np.column_stack([np.arange(len(spot)), first[place]])
    near = cKDTree(square[first] * (apart_m / 8)).query_pairs(apart_m, output_type="ndarray")
    return np.concatenate([same, first[near]])
