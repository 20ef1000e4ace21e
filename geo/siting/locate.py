"""Siting on frames: demand and candidates in, the same with who is chosen and who serves whom.

Rows may come in any order: they are put in an order of their own before anything is solved, so that
of several equally good answers it is always the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from core.errors import InvalidError
from geo.crs import metric_crs_for, reproject
from geo.siting.masks import Mask, reasons_against
from geo.siting.median import MOST_PAIRS
from geo.siting.problem import Flags, Floats, Ints, Model, Problem, Sites, Solution
from geo.siting.reach import straight_reach
from geo.siting.road_network import RoadNetwork, walking_reach
from geo.siting.solve import TooManyPairsError


class Measured(StrEnum):
    """How distance was measured."""

    WALKED = "walked"
    STRAIGHT = "straight"


class BadValueError(InvalidError):
    """A column holds what is no number from 0 up. Parameters: ``column``, ``value``."""

    code = "bad_value"


@dataclass(frozen=True)
class Question:
    """What is sought; see ``geo.siting.problem.Problem``.

    ``within_m``: the reach in metres; None for ``MEDIAN``: any distance.
    """

    model: Model = Model.COVERAGE
    number: int | None = None
    within_m: float | None = None
    budget: float | None = None
    by_cost: bool = False
    time_limit_s: float = 60.0


@dataclass(frozen=True)
class Prepared:
    """A problem made of frames; positions lead from the problem's rows back to the frames'.

    ``demand``, ``sites``: positions in the frames; ``against``: of each candidate of the frame, why
    nothing may stand there.
    """

    problem: Problem
    demand: Ints
    sites: Ints
    against: list[tuple[str, ...]]
    measured: Measured
    metric_crs: str
    rows: tuple[int, int]


@dataclass(frozen=True)
class Located:
    """A solution in the terms of the frames.

    ``chosen``, ``opened``: flags of candidates (new ones; with existing ones). ``served_by``:
    position of a candidate for each demand row, -1 for none; ``served`` its weight that is served;
    ``metres`` to that candidate, NaN without one. ``load``: how much weight each candidate serves,
    in parts of points too.
    """

    chosen: Flags
    opened: Flags
    served_by: Ints
    served: Floats
    metres: Floats
    unreachable: Flags
    load: Floats


def prepare(
    demand: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    question: Question,
    *,
    weights: Floats | None = None,
    sites: Sites | None = None,
    roads: gpd.GeoSeries | None = None,
    masks: Sequence[Mask] = (),
    left_out: Mapping[str, Flags] = MappingProxyType({}),
) -> Prepared:
    """Make a problem of frames in any system that they state.

    ``weights`` and ``sites`` go with the rows; each point weighs 1 unless said otherwise. With
    ``roads`` distance is walked along them, else it is straight; both in metres of the
    Gauss-Krueger (or UTM) zone of the demand. Candidates on a mask, those that are ``left_out`` (by
    reason), and rows without a shape, are left out; existing sites stay wherever they are. Raises
    ``MissingCrsError``, ``NoRoadsError``, ``TooManyPairsError``.
    """
    crs = metric_crs_for(demand)
    weights = np.ones(len(demand)) if weights is None else weights
    sites = Sites.plain(len(candidates)) if sites is None else sites
    points, places = _points(demand, crs), _points(candidates, crs)
    against = _against(reasons_against(gpd.GeoSeries(places, crs=crs), masks), left_out)
    blocked = np.array([bool(one) for one in against], dtype=bool) & ~sites.existing
    rows, columns = _in_order(points, weights), _in_order(places, sites.cost, ~blocked)
    if question.within_m is None and len(rows) * len(columns) > MOST_PAIRS:
        raise TooManyPairsError(pairs=len(rows) * len(columns), most=MOST_PAIRS)
    within_m = np.inf if question.within_m is None else question.within_m
    here, there = (shapely.get_coordinates(one) for one in (points[rows], places[columns]))
    if roads is None:
        reach = straight_reach(here, there, within_m=within_m)
    else:
        network = RoadNetwork.of(reproject(roads, crs))
        reach = walking_reach(here, there, network, within_m=within_m)
    problem = Problem(
        weights[rows],
        reach,
        Sites(**{name: getattr(sites, name)[columns] for name in Sites.__dataclass_fields__}),
        question.model,
        question.number,
        question.budget,
        None if question.within_m is None else 2.0 * question.within_m,
        question.time_limit_s,
        question.by_cost,
    )
    measured = Measured.STRAIGHT if roads is None else Measured.WALKED
    return Prepared(problem, rows, columns, against, measured, crs, (len(demand), len(candidates)))


def located(prepared: Prepared, solution: Solution) -> Located:
    """Return a solution of a prepared problem by the rows of its frames."""
    points, candidates = prepared.rows
    chosen = np.zeros(candidates, dtype=bool)
    chosen[prepared.sites[list(solution.chosen)]] = True
    opened = chosen.copy()
    opened[prepared.sites[prepared.problem.sites.existing]] = True
    by = np.full(points, -1, dtype=np.int64)
    served, metres = np.zeros(points), np.full(points, np.nan)
    unreachable, load = np.ones(points, dtype=bool), np.zeros(candidates)
    unreachable[prepared.demand] = False
    if len(solution.served_by):
        got = solution.served_by >= 0
        by[prepared.demand[got]] = prepared.sites[solution.served_by[got]]
        served[prepared.demand] = solution.served
        metres[prepared.demand] = solution.metres
        unreachable[prepared.demand[solution.unreachable]] = True
        load[prepared.sites] = solution.load
    return Located(chosen, opened, by, served, metres, unreachable, load)


def _against(masked: list[tuple[str, ...]], left_out: Mapping[str, Flags]) -> list[tuple[str, ...]]:
    more = [tuple(why for why, flags in left_out.items() if flags[at]) for at in range(len(masked))]
    return [(*one, *other) for one, other in zip(masked, more, strict=True)]


def numbers_of(frame: gpd.GeoDataFrame, column: str, *, empty: float) -> Floats:
    """Return a column as numbers from 0 up; ``empty`` stands for what is empty.

    Raises ``BadValueError``.
    """
    values = np.full(len(frame), empty, dtype=np.float64)
    for place, value in enumerate(frame[column].tolist()):
        if value is None or value == "" or value != value:
            continue
        try:
            values[place] = float(value)
        except (TypeError, ValueError):
            raise BadValueError(column=column, value=str(value)[:40]) from None
        if not 0 <= values[place] < np.inf:
            raise BadValueError(column=column, value=str(value)[:40])
    return values


def _points(frame: gpd.GeoDataFrame, crs: str) -> np.ndarray:
    """Return a point of each shape in metres: itself, or one on it; None without a shape."""
    shapes = np.asarray(reproject(frame.geometry, crs).array)
    inside = shapely.point_on_surface(shapes)
    return np.where(shapely.get_type_id(shapes) == 0, shapes, inside)


def _in_order(points: np.ndarray, values: Floats, also: Flags | None = None) -> Ints:
    """Return the positions of points that can be used, by place and then by value."""
    x, y = shapely.get_x(points), shapely.get_y(points)
    usable = np.isfinite(x) & np.isfinite(y) & (True if also is None else also)
    kept = np.flatnonzero(usable)
    return kept[np.lexsort((values[kept], y[kept], x[kept]))].astype(np.int64)
