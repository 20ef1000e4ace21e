"""Proposals per community polygon.

Every proposal counts once: for the first community, in row order, that covers it, also on a shared
edge or vertex and where polygons overlap; or as outside. See :mod:`geo.point_in_polygon` and
:mod:`geo.repair` for the two rules.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.errors import InvalidError
from geo.crs import areas_m2, require_crs
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
    require_crs(proposals, what="proposals")
    require_crs(communities, what="communities")
    require_columns(proposals, [category_column, person_column], what="proposals")
    require_columns(communities, [population_column], what="communities")
    index = index if index is not None else PolygonIndex(communities)
    x, y = point_coordinates(proposals, crs=communities.crs)
    place = index.locate(x, y)
    result = communities.set_geometry(
        gpd.GeoSeries(index.polygons, index=communities.index, crs=communities.crs)
    )
    rows = len(communities)
    # Position -1 is counted in a row of its own before the first.
    counts = np.bincount(place + 1, minlength=rows + 1)
    result["proposals"] = counts[1:]
    if person_column is not None:
        result["people"] = _distinct(place, proposals[person_column], rows)
    if category_column is not None:
        result["categories"] = _by_category(place, proposals[category_column], rows)
    _add_densities(result, population_column)
    return Aggregation(
        communities=result,
        outside=int(counts[0]),
        unplaced=int(np.count_nonzero(~(np.isfinite(x) & np.isfinite(y)))),
        repairs=index.repairs,
        assignment=pd.Series(place, index=proposals.index, name="community_row"),
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
        points = points.geometry.to_crs(crs)
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


def _distinct(place: NDArray[np.intp], values: pd.Series, rows: int) -> NDArray[np.int64]:
    codes, found = pd.factorize(values)
    known = (codes >= 0) & (place >= 0)
    pairs = place[known] * max(len(found), 1) + codes[known]
    pairs.sort()
    new = np.ones(len(pairs), dtype=bool)
    new[1:] = pairs[1:] != pairs[:-1]
    return np.bincount(pairs[new] // max(len(found), 1), minlength=rows)


def _by_category(place: NDArray[np.intp], values: pd.Series, rows: int) -> list[dict[object, int]]:
    codes, found = pd.factorize(values, sort=True)
    known = (codes >= 0) & (place >= 0)
    size = len(found)
    table = np.bincount(place[known] * size + codes[known], minlength=rows * size)
    names = [name.item() if isinstance(name, np.generic) else name for name in found]
    return [dict(zip(names, counts, strict=True)) for counts in table.reshape(rows, size).tolist()]


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
