"""Looking for places that cannot be meant: on water or rails, many at one spot, a set shifted.

Coordinates and geometries are WGS 84 (EPSG:4326) going in and out; distances are metres in
``metric_crs`` (EPSG:4548 for Beijing), to which everything is projected before it is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from geo.crs import BEIJING_METRIC, WGS84, to_wgs84, transformer

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
NONE = -1
#: About 1 cm: coordinates that agree so far are one spot.
_DECIMALS = 7
_CELL_M = 200.0
#: Roads, and what is named, must come this much nearer before that counts as evidence.
_ROAD_STEP_M = 10.0
_GOAL_STEP_M = 100.0
_INSET_STEPS_M = (20.0, 5.0, 0.0)


@dataclass(frozen=True)
class Evidence:
    """How the points of a set lie as they are (``before``) and once converted (``after``).

    Shares from 0 to 1 of the points: ``inside`` the area, in one of the ``polygons``, in the very
    polygon that is ``named`` with them (of ``naming`` points that name one). ``road_m`` is the
    median distance to the nearest line, ``goal_m`` that to the thing named with a point. None where
    there is nothing to compare with.
    """

    inside: float
    polygons: float
    named: float | None
    road_m: float | None
    goal_m: float | None


@dataclass(frozen=True)
class DatumFit:
    """Whether a set of points fits better when read in another coordinate ``system``.

    Points are gathered in cells of 200 m, each with one vote, as neighbours are no independent
    witnesses: ``better`` and ``worse`` cells after conversion, and how likely so many or more
    better ones are by chance (``p_value``, one-sided sign test). ``shift_m`` is the median shift.
    """

    system: str
    points: int
    naming: int
    better: int
    worse: int
    p_value: float
    shift_m: float
    before: Evidence
    after: Evidence


def rows_on(
    longitudes: Floats,
    latitudes: Floats,
    geometries: Sequence[Any],
    *,
    within_m: float = 0.0,
    metric_crs: str = BEIJING_METRIC,
) -> Rows:
    """Return for each point the row of a geometry it lies on, or within ``within_m`` of; else -1.

    Of several the nearest, of equally near ones the first.
    """
    found = np.full(len(longitudes), NONE, dtype=np.intp)
    if not len(geometries) or not len(longitudes):
        return found
    tree = STRtree(_to_metric(geometries, metric_crs))
    points = shapely.points(*_metres(longitudes, latitudes, metric_crs))
    pairs, metres = tree.query_nearest(
        points, max_distance=max(within_m, 1e-9), return_distance=True
    )
    for point, row, away_m in zip(*pairs.tolist(), metres.tolist(), strict=True):
        if away_m <= within_m and (found[point] == NONE or row < found[point]):
            found[point] = row
    return found


def nearest_clear(
    longitude: float,
    latitude: float,
    obstacles: Sequence[Any],
    *,
    clear_m: float,
    area: Any,
    metric_crs: str = BEIJING_METRIC,
) -> tuple[float, float, float] | None:
    """Return the nearest place in ``area`` that is ``clear_m`` from all obstacles, and how far.

    Longitude, latitude, metres; None where the area has none.
    """
    blocked = shapely.union_all(
        shapely.buffer(_to_metric(obstacles, metric_crs), clear_m + 0.05, quad_segs=32)
    )
    free = shapely.difference(_to_metric([area], metric_crs)[0], blocked)
    return _nearest(longitude, latitude, free, metric_crs)


def nearest_inside(
    longitude: float, latitude: float, polygon: Any, *, metric_crs: str = BEIJING_METRIC
) -> tuple[float, float, float] | None:
    """Return the nearest place of a polygon, some metres inside where it is wide enough.

    Longitude, latitude, and how far it is in metres (0 from inside).
    """
    metric = shapely.make_valid(_to_metric([polygon], metric_crs)[0])
    for inset_m in _INSET_STEPS_M:
        inner = shapely.buffer(metric, -inset_m) if inset_m else metric
        if not shapely.is_empty(inner):
            return _nearest(longitude, latitude, inner, metric_crs)
    return None


def metres_each(
    longitudes: Floats,
    latitudes: Floats,
    geometries: Sequence[Any],
    rows: Rows,
    *,
    metric_crs: str = BEIJING_METRIC,
) -> Floats:
    """Return how far each point is from the geometry in its row, in metres; NaN for row -1."""
    away_m = np.full(len(longitudes), np.nan)
    has_one = rows != NONE
    if has_one.any():
        points = shapely.points(*_metres(longitudes[has_one], latitudes[has_one], metric_crs))
        theirs = _to_metric(geometries, metric_crs)[rows[has_one]]
        away_m[has_one] = shapely.distance(points, theirs)
    return away_m


def spots(longitudes: Floats, latitudes: Floats, *, least: int) -> list[Rows]:
    """Return the rows that share one spot (to 1 cm), for each spot with ``least`` or more.

    The fullest first, then in the order of their first rows.
    """
    keys = pd.MultiIndex.from_arrays(
        [np.round(longitudes, _DECIMALS), np.round(latitudes, _DECIMALS)]
    )
    codes, _ = pd.factorize(keys)
    counts = np.bincount(codes, minlength=1) if len(codes) else np.zeros(0, dtype=np.intp)
    crowded: list[int] = np.flatnonzero(counts >= least).tolist()
    crowded.sort(key=lambda code: (-counts[code], code))
    return [np.flatnonzero(codes == code) for code in crowded]


def datum_fit(
    longitudes: Floats,
    latitudes: Floats,
    *,
    system: str,
    area: Any,
    polygons: Sequence[Any] = (),
    named: Rows | None = None,
    goals: Sequence[Any] = (),
    goal_rows: Rows | None = None,
    lines: Sequence[Any] = (),
    metric_crs: str = BEIJING_METRIC,
) -> DatumFit:
    """Compare how points lie as they are with how they lie if they were in ``system``.

    ``system`` is ``"GCJ-02"`` or ``"BD-09"``; the conversion is exact. Strong evidence is lying in
    the polygon that is ``named`` (its row, -1 for none), in the ``area``, and nearer to the goal
    that is named (``goal_rows``); weak evidence is lying in any polygon, and nearer to a line.
    """
    moved = to_wgs84(longitudes, latitudes, crs=system)
    nothing = np.full(len(longitudes), NONE, dtype=np.intp)
    names = nothing if named is None else named
    wanted = nothing if goal_rows is None else goal_rows
    given = (area, polygons, names, goals, wanted, lines, metric_crs)
    here = _Lying.of(longitudes, latitudes, *given)
    there = _Lying.of(moved[0], moved[1], *given)
    pulls = 2.0 * _pull(here.goal_m, there.goal_m, _GOAL_STEP_M)
    pulls = pulls + 0.5 * _pull(here.road_m, there.road_m, _ROAD_STEP_M)
    votes = np.sign(there.score - here.score + pulls)
    x, y = _metres(longitudes, latitudes, metric_crs)
    cells = np.stack([np.floor(x / _CELL_M), np.floor(y / _CELL_M)], axis=1)
    ballots = pd.DataFrame(cells).assign(vote=votes).groupby([0, 1])["vote"].sum()
    better, worse = int((ballots > 0).sum()), int((ballots < 0).sum())
    moved_x, moved_y = _metres(*moved, metric_crs)
    return DatumFit(
        system=system,
        points=len(longitudes),
        naming=int((names != NONE).sum()),
        better=better,
        worse=worse,
        p_value=_by_chance(better, better + worse),
        shift_m=float(np.median(np.hypot(moved_x - x, moved_y - y))) if len(x) else 0.0,
        before=here.evidence(names),
        after=there.evidence(names),
    )


def _by_chance(heads: int, throws: int) -> float:
    """Return how likely a fair coin shows so many heads or more."""
    return sum(comb(throws, each) for each in range(heads, throws + 1)) / 2**throws


@dataclass(frozen=True)
class _Lying:
    """How points lie; the arrays are aligned."""

    inside: NDArray[np.bool_]
    row: Rows
    right: NDArray[np.bool_]
    goal_m: Floats | None
    road_m: Floats | None

    @classmethod
    def of(
        cls,
        longitudes: Floats,
        latitudes: Floats,
        area: Any,
        polygons: Sequence[Any],
        names: Rows,
        goals: Sequence[Any],
        wanted: Rows,
        lines: Sequence[Any],
        metric_crs: str,
    ) -> _Lying:
        row = rows_on(longitudes, latitudes, polygons, metric_crs=metric_crs)
        shapely.prepare(area)
        return cls(
            inside=shapely.intersects_xy(area, longitudes, latitudes),
            row=row,
            right=(names != NONE) & (row == names),
            goal_m=metres_each(longitudes, latitudes, goals, wanted, metric_crs=metric_crs)
            if (wanted != NONE).any()
            else None,
            road_m=_road_m(longitudes, latitudes, lines, metric_crs),
        )

    @property
    def score(self) -> Floats:
        """Two for each strong evidence, one for a weak one; roads are compared apart."""
        return 2.0 * self.right + 2.0 * self.inside + 1.0 * (self.row != NONE)

    def evidence(self, names: Rows) -> Evidence:
        naming = int((names != NONE).sum())
        total = max(len(self.inside), 1)
        return Evidence(
            inside=float(self.inside.sum()) / total,
            polygons=float((self.row != NONE).sum()) / total,
            named=float(self.right.sum()) / naming if naming else None,
            road_m=_median(self.road_m),
            goal_m=_median(self.goal_m),
        )


def _road_m(
    longitudes: Floats, latitudes: Floats, lines: Sequence[Any], metric_crs: str
) -> Floats | None:
    if not len(lines) or not len(longitudes):
        return None
    together = shapely.union_all(_to_metric(lines, metric_crs))
    shapely.prepare(together)
    points = shapely.points(*_metres(longitudes, latitudes, metric_crs))
    return np.asarray(shapely.distance(points, together), dtype=np.float64)


def _median(metres: Floats | None) -> float | None:
    return None if metres is None else float(np.nanmedian(metres))


def _pull(before_m: Floats | None, after_m: Floats | None, step_m: float) -> Floats | float:
    """Return 1 for what comes nearer by more than a step, -1 for what goes away, else 0."""
    if before_m is None or after_m is None:
        return 0.0
    nearer = np.nan_to_num(before_m - after_m)
    return np.where(np.abs(nearer) > step_m, np.sign(nearer), 0.0)


def _nearest(
    longitude: float, latitude: float, geometry: Any, metric_crs: str
) -> tuple[float, float, float] | None:
    if shapely.is_empty(geometry):
        return None
    x, y = _metres(np.array([longitude]), np.array([latitude]), metric_crs)
    here = shapely.Point(x[0], y[0])
    line = shapely.shortest_line(here, geometry)
    there = shapely.get_point(line, -1)
    back = transformer(metric_crs, WGS84).transform(there.x, there.y)
    return float(back[0]), float(back[1]), float(shapely.length(line))


def _metres(longitudes: Floats, latitudes: Floats, metric_crs: str) -> tuple[Floats, Floats]:
    x, y = transformer(WGS84, metric_crs).transform(longitudes, latitudes)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def _to_metric(geometries: Sequence[Any], metric_crs: str) -> NDArray[np.object_]:
    def project(places: Floats) -> Floats:
        return np.column_stack(_metres(places[:, 0], places[:, 1], metric_crs))

    shapes = np.asarray(list(geometries), dtype=object)
    return np.asarray(shapely.transform(shapely.force_2d(shapes), project))
