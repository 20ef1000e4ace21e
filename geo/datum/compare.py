"""WGS 84, GCJ-02 or BD-09: which of them puts points where what is known of a place says they lie.

Longitudes and latitudes come in as the file has them. Each hypothesis turns them back to WGS 84,
exactly, and is scored by how far the points then lie from what is known: places and communities
that they name, roads, places, the area. Distances are metres in ``metric_crs``, each capped, so
that no stray point decides. Neighbours are no independent witnesses: points are gathered in cells
of 200 m, and winner and runner-up are compared cell by cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from geo.crs import BD09, BEIJING_METRIC, GCJ02, WGS84, to_wgs84, transformer

Floats = NDArray[np.float64]
#: The three that are told apart.
DATUMS = (WGS84, GCJ02, BD09)
#: Fewer points, or cells, or a smaller margin: whoever brings the file is asked.
LEAST_POINTS, LEAST_CELLS, LEAST_MARGIN = 20, 8, 3.0
#: How far a distance counts, in metres, and what it weighs.
_NAMED_M, _ROAD_M, _PLACE_M, _AREA_M = 600.0, 60.0, 100.0, 300.0
_NAMED, _ROAD, _PLACE, _AREA = 3.0, 1.0, 1.0, 1.0
_CELL_M = 200.0
_MOST_POINTS = 2_000


@dataclass(frozen=True)
class KnownGround:
    """What is known of a place, in WGS 84: shapes by kind, and what they are called.

    ``named``: places and communities with ``names``, of equal length; ``roads``: lines; ``places``:
    points where things are; ``area``: within which most should lie, or None.
    """

    named: Sequence[Any] = ()
    names: Sequence[str] = ()
    roads: Sequence[Any] = ()
    places: Sequence[Any] = ()
    area: Any = None


@dataclass(frozen=True)
class DatumScore:
    """How points lie in a system: median metres to what they name, to roads, to places; share in.

    None where there is nothing to compare with. ``score``: lower is better, per point.
    """

    system: str
    score: float
    named_m: float | None
    road_m: float | None
    place_m: float | None
    inside: float | None


@dataclass(frozen=True)
class DatumGuess:
    """The systems by how well they fit, the best first.

    ``margin``: by how many standard errors, over cells, the winner is better than the runner-up.
    ``certain``: from ``LEAST_POINTS`` points in ``LEAST_CELLS`` cells and a margin of
    ``LEAST_MARGIN`` on; else whoever brings the data must be asked.
    """

    scores: tuple[DatumScore, ...]
    margin: float
    points: int
    cells: int
    certain: bool = field(default=False)

    @property
    def winner(self) -> DatumScore:
        """Return the best."""
        return self.scores[0]

    @property
    def runner_up(self) -> DatumScore:
        """Return the second best."""
        return self.scores[1]


def compare_datums(
    longitudes: Floats,
    latitudes: Floats,
    ground: KnownGround,
    *,
    stated: Sequence[str] = (),
    metric_crs: str = BEIJING_METRIC,
) -> DatumGuess:
    """Return which of the three systems the points (in degrees) are in.

    ``stated``: what each point names, such as the name of its place or community; empty for
    nothing. Of more than ``_MOST_POINTS`` every so-manieth is looked at.
    """
    usable = np.isfinite(longitudes) & np.isfinite(latitudes)
    rows = np.flatnonzero(usable)
    rows = rows[:: len(rows) // _MOST_POINTS + 1]
    x, y = longitudes[rows], latitudes[rows]
    names = [stated[row] for row in rows.tolist()] if len(stated) else [""] * len(rows)
    metric = _Metric.of(ground, metric_crs)
    found = {system: _lying(*to_wgs84(x, y, crs=system), names, metric) for system in DATUMS}
    order = sorted(DATUMS, key=lambda one: float(found[one].score.mean()) if len(rows) else 0.0)
    best, next_best = found[order[0]], found[order[1]]
    margin, cells = _margin(best, next_best)
    certain = len(rows) >= LEAST_POINTS and cells >= LEAST_CELLS and margin >= LEAST_MARGIN
    told = tuple(found[system].told(system) for system in order)
    return DatumGuess(told, margin, len(rows), cells, certain)


@dataclass(frozen=True)
class _Metric:
    """What is known, in metres."""

    by_name: dict[str, Any]
    roads: STRtree | None
    places: STRtree | None
    area: Any
    crs: str

    @classmethod
    def of(cls, ground: KnownGround, crs: str) -> _Metric:
        by_name: dict[str, list[Any]] = {}
        for name, shape in zip(ground.names, _metric(ground.named, crs), strict=True):
            by_name.setdefault(_plain(name), []).append(shape)
        together = {name: shapely.union_all(shapes) for name, shapes in by_name.items() if name}
        area = None if ground.area is None else _metric([ground.area], crs)[0]
        roads = STRtree(_metric(ground.roads, crs)) if len(ground.roads) else None
        places = STRtree(_metric(ground.places, crs)) if len(ground.places) else None
        return cls(together, roads, places, area, crs)


@dataclass(frozen=True)
class _Lying:
    """How points lie; arrays of one value a point."""

    x: Floats
    y: Floats
    score: Floats
    named_m: Floats | None
    road_m: Floats | None
    place_m: Floats | None
    outside_m: Floats | None

    def told(self, system: str) -> DatumScore:
        outside = self.outside_m if self.outside_m is not None and len(self.x) else None
        return DatumScore(
            system=system,
            score=float(self.score.mean()) if len(self.score) else 0.0,
            named_m=_median(self.named_m),
            road_m=_median(self.road_m),
            place_m=_median(self.place_m),
            inside=None if outside is None else float((outside == 0).mean()),
        )


def _lying(lon: Floats, lat: Floats, names: Sequence[str], metric: _Metric) -> _Lying:
    x, y = (np.asarray(one) for one in transformer(WGS84, metric.crs).transform(lon, lat))
    points = shapely.points(x, y)
    named = _named_m(points, names, metric)
    road, place = _nearest_m(points, metric.roads), _nearest_m(points, metric.places)
    outside = None if metric.area is None else shapely.distance(points, metric.area)
    score = np.zeros(len(x))
    for away, most, weight in (
        (named, _NAMED_M, _NAMED),
        (road, _ROAD_M, _ROAD),
        (place, _PLACE_M, _PLACE),
        (outside, _AREA_M, _AREA),
    ):
        if away is not None:
            score += weight * np.nan_to_num(np.minimum(away, most), nan=0.0) / most
    return _Lying(x, y, score, named, road, place, outside)


def _named_m(points: Any, names: Sequence[str], metric: _Metric) -> Floats | None:
    goals = [metric.by_name.get(_plain(name)) for name in names]
    if not any(goal is not None for goal in goals):
        return None
    return np.asarray(shapely.distance(points, np.array([*goals, None], dtype=object)[:-1]))


def _nearest_m(points: Any, tree: STRtree | None) -> Floats | None:
    if tree is None or not len(points):
        return None
    _pairs, metres = tree.query_nearest(points, return_distance=True, all_matches=False)
    return np.asarray(metres, dtype=np.float64)


def _margin(best: _Lying, other: _Lying) -> tuple[float, int]:
    """Return by how many standard errors one is better, and over how many cells."""
    if not len(best.x):
        return 0.0, 0
    cells = pd.DataFrame({"x": best.x // _CELL_M, "y": best.y // _CELL_M})
    gains = cells.assign(gain=other.score - best.score).groupby(["x", "y"])["gain"].mean()
    if len(gains) < 2:
        return 0.0, len(gains)
    spread = float(gains.std(ddof=1)) / np.sqrt(len(gains))
    return float(gains.mean()) / max(spread, 1e-9), len(gains)


def _plain(name: str) -> str:
    """Return a name as it is compared: without what only says that it is a community."""
    found = "".join(str(name).split()).lower()
    return found.removesuffix("社区居委会").removesuffix("居委会").removesuffix("社区")


def _median(metres: Floats | None) -> float | None:
    known = None if metres is None else metres[np.isfinite(metres)]
    return None if known is None or not len(known) else float(np.median(known))


def _metric(shapes: Sequence[Any], crs: str) -> NDArray[np.object_]:
    def project(at: Floats) -> Floats:
        return np.column_stack(transformer(WGS84, crs).transform(at[:, 0], at[:, 1]))

    flat = shapely.force_2d(np.array([*shapes, None], dtype=object)[:-1])
    return np.asarray(shapely.transform(flat, project))
