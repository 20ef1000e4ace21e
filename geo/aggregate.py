"""Proposals per community polygon.

Every proposal counts once: for the first community, in row order, that covers it, also on a shared
edge or vertex and where polygons overlap; or as outside. See :mod:`geo.point_in_polygon` and
:mod:`geo.repair` for the two rules.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.errors import InvalidError
from geo.crs import areas_m2, reproject, require_crs
from geo.point_in_polygon import PolygonIndex
from geo.repair import Repair

_POINT = 0


class MissingColumnError(InvalidError):
    """A column that was named is not there. Parameters: ``what``, ``column``, ``columns``."""

    code = "missing_column"


class NotPointsError(InvalidError):
    """Proposals must be points. Parameter: ``found``, the kind of geometry met."""

    code = "not_points"


@dataclass(frozen=True)
class Aggregation:
    """Counts per community.

    ``communities`` has the rows, index, columns and CRS of the frame given, with repaired shapes
    and new columns: ``proposals``; ``area_km2``; ``per_km2``; ``categories`` (category -> count)
    and ``people`` when their columns were named; ``per_1000`` residents when the population was.
    ``outside`` counts the proposals in no polygon, ``unplaced`` those among them without a finite
    coordinate, ``assignment`` gives each proposal's row position (-1 outside).
    """

    communities: gpd.GeoDataFrame
    outside: int
    unplaced: int
    repairs: list[Repair]
    assignment: pd.Series


def aggregate_by_community(
    proposals: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    category_column: str | None = None,
    person_column: str | None = None,
    population_column: str | None = None,
    index: PolygonIndex | None = None,
) -> Aggregation:
    """Count point proposals per community polygon.

    Proposals in another CRS are projected to that of the communities; area is measured
    as :func:`geo.crs.areas_m2` does. ``people`` counts distinct values of
    ``person_column``, missing ones not at all; ``categories`` leaves missing ones out. A density
    over no area or no residents is missing. ``index`` may bring an index prepared from the same
    communities. Raises ``MissingCrsError``, ``MissingColumnError``, ``NotPointsError``.
    """
    return aggregate_parts(
        [proposals],
        communities,
        category_column=category_column,
        person_column=person_column,
        population_column=population_column,
        index=index,
    )


def aggregate_parts(
    parts: Iterable[gpd.GeoDataFrame],
    communities: gpd.GeoDataFrame,
    *,
    category_column: str | None = None,
    person_column: str | None = None,
    population_column: str | None = None,
    index: PolygonIndex | None = None,
    count_all: CountAll | None = None,
) -> Aggregation:
    """Do the same on proposals that come in parts (one at least), each held only while it counts.

    ``count_all`` may count the parts elsewhere; it is ``map`` by default.
    """
    require_crs(communities, what="communities")
    require_columns(communities, [population_column], what="communities")
    index = index if index is not None else PolygonIndex(communities)
    count = partial(
        count_part, index=index, category_column=category_column, person_column=person_column
    )
    counted = together((count_all or map)(count, parts))
    result = communities.set_geometry(
        gpd.GeoSeries(index.polygons, index=communities.index, crs=communities.crs)
    )
    result["proposals"] = counted.proposals[1:]
    if person_column is not None:
        result["people"] = counted.people_by_row()
    if category_column is not None:
        result["categories"] = counted.categories_by_row()
    _add_densities(result, population_column)
    return Aggregation(
        communities=result,
        outside=int(counted.proposals[0]),
        unplaced=counted.unplaced,
        repairs=index.repairs,
        assignment=counted.assignment,
    )


@dataclass(frozen=True)
class PartCounts:
    """What a part of the proposals adds to the counts of communities.

    ``proposals`` by row position of the community, with those outside (-1) in a row before the
    first; ``people`` and ``categories``: distinct pairs of ``row`` and ``value``, with their
    ``count``; ``assignment`` as in :class:`Aggregation`.
    """

    proposals: NDArray[np.int64]
    unplaced: int
    people: pd.DataFrame
    categories: pd.DataFrame
    assignment: pd.Series

    def people_by_row(self) -> NDArray[np.int64]:
        """Count the people of each community."""
        return np.bincount(self.people["row"], minlength=len(self.proposals) - 1)

    def categories_by_row(self) -> list[dict[object, int]]:
        """Return for each community how many proposals each category has, sorted by category."""
        rows = len(self.proposals) - 1
        code, found = pd.factorize(self.categories["value"], sort=True)
        names = [name.item() if isinstance(name, np.generic) else name for name in found]
        table = np.zeros((rows + 1, len(names)), dtype=np.int64)
        np.add.at(table, (self.categories["row"] + 1, code), self.categories["count"])
        return [dict(zip(names, counts, strict=True)) for counts in table[1:].tolist()]


#: Counts many parts by one function, in their order: ``map``, or many machines.
CountAll = Callable[[Callable[[Any], PartCounts], Iterable[Any]], Iterable[PartCounts]]


def count_part(
    proposals: gpd.GeoDataFrame,
    *,
    index: PolygonIndex,
    category_column: str | None = None,
    person_column: str | None = None,
) -> PartCounts:
    """Count some proposals by the communities of an index. Raises as the whole does."""
    require_crs(proposals, what="proposals")
    require_columns(proposals, [category_column, person_column], what="proposals")
    x, y = point_coordinates(proposals, crs=index.crs)
    place = index.locate(x, y)
    return PartCounts(
        proposals=np.bincount(place + 1, minlength=len(index) + 1),
        unplaced=int(np.count_nonzero(~(np.isfinite(x) & np.isfinite(y)))),
        people=_pairs(place, proposals, person_column, place >= 0),
        categories=_pairs(place, proposals, category_column, np.ones(len(place), dtype=bool)),
        assignment=pd.Series(place, index=proposals.index, name="community_row"),
    )


def together(parts: Iterable[PartCounts]) -> PartCounts:
    """Add up parts: a person who stands in several counts once in each community."""
    every = list(parts)
    if len(every) == 1:
        return every[0]
    return PartCounts(
        proposals=np.sum([part.proposals for part in every], axis=0),
        unplaced=sum(part.unplaced for part in every),
        people=_added([part.people for part in every]),
        categories=_added([part.categories for part in every]),
        assignment=pd.concat([part.assignment for part in every]),
    )


def require_columns(frame: pd.DataFrame, columns: Sequence[str | None], *, what: str) -> None:
    """Raise :class:`MissingColumnError` for the first named column that is not in the frame."""
    for column in columns:
        if column is not None and column not in frame.columns:
            known = [str(name) for name in frame.columns if name != frame.geometry.name]
            raise MissingColumnError(what=what, column=column, columns=known)


def point_coordinates(
    points: gpd.GeoDataFrame, *, crs: object = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of point rows, in ``crs`` (default: their own); NaN where there is no point.

    Raises :class:`NotPointsError` for anything that is not a point, empty or missing.
    """
    if crs is not None and points.crs != crs:
        points = reproject(points.geometry, crs)
    shapes = np.asarray(points.geometry.array)
    with contextlib.suppress(shapely.errors.GEOSException):  # raised for an empty point
        x, y = shapely.get_x(shapes), shapely.get_y(shapes)
        if not np.isnan(x).any():
            return x, y
    kinds, empty = shapely.get_type_id(shapes), shapely.is_empty(shapes)
    other = shapes[(kinds > _POINT) & ~empty]
    if len(other):
        raise NotPointsError(found=other[0].geom_type)
    usable = (kinds == _POINT) & ~empty
    x, y = np.full((2, len(shapes)), np.nan)
    x[usable], y[usable] = shapely.get_x(shapes[usable]), shapely.get_y(shapes[usable])
    return x, y


def _pairs(
    place: NDArray[np.intp], proposals: pd.DataFrame, column: str | None, counted: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return the distinct pairs of community and value, and how often each is there."""
    values = proposals[column] if column is not None else pd.Series([], dtype=object)
    codes, found = pd.factorize(values)
    known = (codes >= 0) & counted[: len(codes)]
    size = max(len(found), 1)
    keys, counts = np.unique(place[: len(codes)][known] * size + codes[known], return_counts=True)
    return _unfolded(keys, counts, found)


def _added(pairs: list[pd.DataFrame]) -> pd.DataFrame:
    every = pd.concat(pairs, ignore_index=True)
    codes, found = pd.factorize(every["value"])
    keys = every["row"].to_numpy(np.int64) * max(len(found), 1) + codes
    order = np.argsort(keys)
    keys = keys[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    counts = every["count"].to_numpy(np.int64)[order]
    counts = np.add.reduceat(counts, first) if len(first) else counts
    return _unfolded(keys[first], counts, found)


def _unfolded(keys: NDArray[np.int64], counts: NDArray[np.int64], found: Any) -> pd.DataFrame:
    """Return pairs whose keys are the row × the number of values + the value's position.

    In 32 bits, since there may be as many pairs as proposals.
    """
    row, code = np.divmod(keys, max(len(found), 1))
    columns = {"row": row.astype(np.int32), "count": counts.astype(np.int32)}
    return pd.DataFrame(columns | {"value": found.take(code)})


def _add_densities(result: gpd.GeoDataFrame, population_column: str | None) -> None:
    result["area_km2"] = areas_m2(result) / 1e6
    result["per_km2"] = _share(result["proposals"], result["area_km2"])
    if population_column is not None:
        residents = pd.to_numeric(result[population_column], errors="coerce")
        result["per_1000"] = _share(result["proposals"], residents / 1000)


def _share(count: pd.Series, of: pd.Series) -> NDArray[np.float64]:
    amounts = of.to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(amounts > 0, count.to_numpy() / amounts, np.nan)
