"""Who proposed where and when, so that a person counts once in each period. Pure.

What is shuffled by a permutation is not a proposal: the proposals of one person are no independent
witnesses. It is a *presence*: one person in one period, with all places that they named in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.aggregate import point_coordinates, require_columns
from geo.crs import WGS84, metric_crs_at, require_crs, transformer
from geo.people import people_behind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PersonPeriods:
    """Presences, and the places of each.

    ``period`` (position among ``periods``) and ``person`` are of the presences, in an order that
    the rows of the input do not change. ``presence``, ``longitude`` and ``latitude`` (WGS 84
    degrees), ``x`` and ``y`` (metres in ``metric_crs``) are of the distinct places of presences,
    sorted by presence. ``left_out`` counts proposals by why they are in none: ``unplaced``,
    ``in_no_period``, ``without_person``. ``proposals`` counts those that are in one.
    """

    periods: tuple[object, ...]
    period: NDArray[np.int16]
    person: Ints
    presence: Ints
    longitude: Floats
    latitude: Floats
    x: Floats
    y: Floats
    metric_crs: str
    proposals: int
    left_out: dict[str, int]

    def __len__(self) -> int:
        """Return how many presences there are."""
        return len(self.period)

    def per_period(self) -> Ints:
        """Return how many people each period has."""
        return np.bincount(self.period, minlength=len(self.periods))

    def shuffled(self, rng: np.random.Generator) -> PersonPeriods:
        """Return them with periods given to other people: whom a period had says where no more.

        Whoever was present in several periods keeps as many, so that nobody counts twice in one:
        sets of periods go to people who have as many, and within a person to other places.
        """
        period = self.period.copy()
        for rows in self._alike():
            given = period[rows][rng.permutation(len(rows))]
            period[rows] = given if rows.shape[1] == 1 else rng.permuted(given, axis=1)
        return replace(self, period=period)

    def _alike(self) -> list[Ints]:
        """Return the presences of people who have as many: a row for each person."""
        order = np.argsort(self.person, kind="stable")
        starts = np.flatnonzero(np.diff(self.person[order], prepend=-1))
        many = np.diff(np.append(starts, len(order)))
        return [order[starts[many == n][:, None] + np.arange(n)] for n in np.unique(many)]


def person_periods(
    proposals: gpd.GeoDataFrame,
    periods: pd.Series,
    *,
    person_column: str | None = None,
    further_people: pd.Series | None = None,
) -> PersonPeriods:
    """Return the presences of proposals (points, any CRS) in periods.

    ``periods``: on the index of the proposals, missing for those in none; its categories in their
    order where it is categorical, else its values, sorted. Without ``person_column`` each proposal
    is a person of its own; with one, those without a person are left out. ``further_people``:
    others behind a proposal, on the label of its row.

    Raises ``MissingCrsError``, ``MissingColumnError``, ``NotPointsError``.
    """
    require_crs(proposals, what="proposals")
    require_columns(proposals, [person_column], what="proposals")
    lon, lat = point_coordinates(proposals, crs=WGS84)
    named = pd.Categorical(periods.reindex(proposals.index))
    placed = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    used = placed & (named.codes >= 0)
    each = _positions(lon, lat, named.codes)
    rows, person = _people(proposals, person_column, further_people, each)
    counted = used[rows] & (person >= 0)
    rows, person = rows[counted], person[counted]
    columns = {
        "person": person,
        "period": named.codes[rows].astype(np.int16),
        "lon": lon[rows] + 0.0,
        "lat": lat[rows] + 0.0,
    }
    table = pd.DataFrame(columns).drop_duplicates().sort_values(["person", "period", "lon", "lat"])
    first = ~table.duplicated(["person", "period"]).to_numpy()
    places = table["lon"].to_numpy(), table["lat"].to_numpy()
    middle = [float(np.median(axis)) if len(axis) else np.nan for axis in places]
    metric = metric_crs_at(*middle)
    x, y = transformer(WGS84, metric).transform(*places)
    return PersonPeriods(
        periods=tuple(named.categories),
        period=table["period"].to_numpy()[first],
        person=table["person"].to_numpy()[first],
        presence=np.cumsum(first) - 1,
        longitude=places[0],
        latitude=places[1],
        x=np.asarray(x),
        y=np.asarray(y),
        metric_crs=metric,
        proposals=len(np.unique(rows)),
        left_out={
            "unplaced": int(np.count_nonzero(~placed)),
            "in_no_period": int(np.count_nonzero(placed & ~used)),
            "without_person": int(np.count_nonzero(used)) - len(np.unique(rows)),
        },
    )


def _people(
    proposals: gpd.GeoDataFrame,
    person_column: str | None,
    further_people: pd.Series | None,
    each: Ints,
) -> tuple[Ints, Ints]:
    """Return pairs of row and person, -1 for none; ``each`` numbers rows where nobody is named."""
    if person_column is None:
        return np.arange(len(proposals)), each
    rows, people = people_behind(proposals, person_column, further_people)
    return rows, pd.factorize(people, sort=True)[0].astype(np.int64)


def _positions(*keys: NDArray[np.generic]) -> Ints:
    """Return the position of each row in the order of keys, the first key first."""
    order = np.lexsort(keys[::-1])
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    return position
