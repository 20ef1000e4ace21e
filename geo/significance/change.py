"""Change between periods: where more people spoke in some periods than in the others. Pure.

A space-time permutation scan: places stay, periods are given to other people, so the result holds
whatever the background looks like and however uneven the periods are: only where *and* when
together is judged. See :mod:`geo.significance.period_scan` for the measure and its sources.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from core.errors import InvalidError
from geo.crs import WGS84, reproject, require_crs, transformer
from geo.partitions.strips import DoAll
from geo.significance.period_scan import (
    Strongest,
    Zones,
    intervals,
    largest_by_chance,
    p_values,
    strongest,
)
from geo.significance.person_periods import PersonPeriods, person_periods
from geo.significance.verdicts import LEAST_PEOPLE, MethodCard, Verdict

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Radii of the nested discs and the grid on which they stand, in metres.
RADII_M = (30.0, 45.0, 60.0, 80.0, 100.0, 140.0, 200.0)
STEP_M = 30.0
SIMULATIONS, SEED, LEVEL = 999, 2005, 0.05
#: So many places that are not more than chance are told of, too: the strongest.
NEXT_BEST = 20
#: From this share of an area's people on one exact coordinate it is a shared point.
SHARED = 0.5
MOST_PERIODS = 60


class BadPeriodsError(InvalidError):
    """A change needs two to ``most`` periods. Parameters: ``periods``, ``most``."""

    code = "bad_periods"


@dataclass(frozen=True)
class JudgedChange:
    """Areas of change, the strongest first, or one row for each area that was asked about.

    ``frame`` (EPSG:4326): ``area`` (a number from 1, or the label of the area asked about),
    ``change`` (``grown`` where it lasts to the last period, ``shrunk`` where only the first ones
    had more, else ``passed``), ``since`` and ``until`` (the first and last of the periods that had
    more people than expected), ``people`` and ``expected`` of these, ``people_before`` and
    ``people_after`` (without and with it for what grew or passed: before ``since`` and from it on;
    for what shrank up to ``until`` and after it), ``effect`` (people / expected), ``p_value``
    (family-wise: of the strongest anywhere), ``verdict``, ``radius_m`` (missing for given areas)
    and geometry. A person counts once in each period. Where nothing had more, ``change`` is empty
    and effect and p-value are missing.
    """

    frame: gpd.GeoDataFrame
    card: MethodCard


def judge_change(
    proposals: gpd.GeoDataFrame,
    periods: pd.Series,
    *,
    person_column: str | None = None,
    further_people: pd.Series | None = None,
    radii_m: Sequence[float] = RADII_M,
    step_m: float = STEP_M,
    simulations: int = SIMULATIONS,
    seed: int = SEED,
    level: float = LEVEL,
    progress: Callable[[float], None] | None = None,
    do_all: DoAll = map,
) -> JudgedChange:
    """Return the discs in which some periods have more people than others, none over another.

    ``proposals`` are points in any CRS; ``periods`` is on their index, see
    :func:`geo.significance.person_periods.person_periods`. Discs stand on a grid of ``step_m``
    metres where somebody spoke, and hold the cells whose middle is at most a radius away: these are
    the geometry. All discs that are significant at ``level``, and the ``NEXT_BEST`` strongest of
    the others. ``progress`` is told from 0 to 1; what it raises ends the work. ``do_all`` may scan
    shuffled maps elsewhere, with the same result.

    Raises :class:`BadPeriodsError`, ``MissingCrsError``, ``MissingColumnError``,
    ``NotPointsError``.
    """
    people = _presences(proposals, periods, person_column, further_people)
    sites, site, discs = _discs(people, sorted(radii_m), step_m)
    found = strongest(people, discs, least=LEAST_PEOPLE)
    chance = largest_by_chance(
        people,
        discs,
        least=LEAST_PEOPLE,
        simulations=simulations,
        seed=seed,
        progress=progress,
        do_all=do_all,
    )
    p_value = p_values(found.ratio, chance)
    rows, columns = _apart(sites, found.ratio, p_value, sorted(radii_m), level)
    radius = np.array(sorted(radii_m))[columns]
    held = [np.hypot(*(sites - sites[row]).T) <= r for row, r in zip(rows, radius, strict=True)]
    picked = found.at(rows, columns)
    inside = [within[site] for within in held]
    frame = _frame(people, picked, p_value[rows, columns], inside, level)
    frame.insert(0, "area", np.arange(1, len(frame) + 1))
    frame["radius_m"] = radius
    shapes = [_cells_around(sites[row], r, step_m) for row, r in zip(rows, radius, strict=True)]
    outlines = reproject(gpd.GeoSeries(shapes, crs=people.metric_crs), WGS84)
    parameters: dict[str, float | int | str] = {
        "radii_m": ", ".join(f"{radius:g}" for radius in sorted(radii_m)),
        "step_m": step_m,
    }
    return JudgedChange(
        gpd.GeoDataFrame(frame, geometry=outlines, crs=WGS84),
        _card("space_time_permutation", people, parameters, simulations, seed, level),
    )


def judge_change_in(
    areas: gpd.GeoSeries,
    proposals: gpd.GeoDataFrame,
    periods: pd.Series,
    *,
    person_column: str | None = None,
    further_people: pd.Series | None = None,
    simulations: int = SIMULATIONS,
    seed: int = SEED,
    level: float = LEVEL,
    progress: Callable[[float], None] | None = None,
    do_all: DoAll = map,
) -> JudgedChange:
    """Return the change in given areas (polygons in any CRS, on labels of their own), in order.

    The p-value is of the strongest change in any of them, so that many areas may be asked about.
    An area with fewer than ``LEAST_PEOPLE`` people is ``too_few``. Raises as :func:`judge_change`.
    """
    require_crs(areas.to_frame("geometry"), what="areas")
    people = _presences(proposals, periods, person_column, further_people)
    zones, inside = _given(people, areas)
    found = strongest(people, zones, least=LEAST_PEOPLE)
    chance = largest_by_chance(
        people,
        zones,
        least=LEAST_PEOPLE,
        simulations=simulations,
        seed=seed,
        progress=progress,
        do_all=do_all,
    )
    picked = found.at(slice(None), 0)
    p_value = np.where(picked.ratio > 0, p_values(picked.ratio, chance), np.nan)
    frame = _frame(people, picked, p_value, inside, level)
    frame.insert(0, "area", areas.index.to_numpy())
    frame["radius_m"] = np.nan
    shapes = reproject(areas, WGS84).reset_index(drop=True)
    return JudgedChange(
        gpd.GeoDataFrame(frame, geometry=shapes, crs=WGS84),
        _card("area_permutation", people, {}, simulations, seed, level),
    )


def _presences(
    proposals: gpd.GeoDataFrame,
    periods: pd.Series,
    person_column: str | None,
    further_people: pd.Series | None,
) -> PersonPeriods:
    people = person_periods(
        proposals, periods, person_column=person_column, further_people=further_people
    )
    if not 2 <= len(people.periods) <= MOST_PERIODS:
        raise BadPeriodsError(periods=len(people.periods), most=MOST_PERIODS)
    return people


def _discs(
    people: PersonPeriods, radii_m: list[float], step_m: float
) -> tuple[Floats, Ints, Zones]:
    """Return the middles of the cells in which somebody spoke, whose cell is which, and the discs.

    Middles in metres.
    """
    cells = np.floor(np.column_stack([people.x, people.y]) / step_m).astype(np.int64)
    found, site = np.unique(cells, axis=0, return_inverse=True)
    reach = int(radii_m[-1] // step_m)
    steps = np.arange(-reach, reach + 1)
    dx, dy = (axis.ravel() for axis in np.meshgrid(steps, steps))
    away = np.hypot(dx, dy) * step_m
    rings = []
    nearer = -1.0
    for radius in radii_m:
        at = np.flatnonzero((away > nearer) & (away <= radius))
        rings.append(_ring(found, np.column_stack([dx[at], dy[at]])))
        nearer = radius
    middles = np.asarray((found + 0.5) * step_m, dtype=np.float64)
    return middles, site.ravel(), Zones.of(people, site.ravel(), rings)


def _cells_around(middle: Floats, radius_m: float, step_m: float) -> shapely.Geometry:
    """Return the cells whose middle is at most so far from the middle of one, as one shape."""
    reach = int(radius_m // step_m)
    steps = np.arange(-reach, reach + 1) * step_m
    dx, dy = (axis.ravel() for axis in np.meshgrid(steps, steps))
    near = np.hypot(dx, dy) <= radius_m
    left = middle[0] + dx[near] - step_m / 2
    low = middle[1] + dy[near] - step_m / 2
    return shapely.union_all(shapely.box(left, low, left + step_m, low + step_m))


def _ring(cells: Ints, offsets: Ints) -> sparse.csr_array:
    """Return which cells (columns) lie by one of the offsets from which (rows)."""
    wide = int(np.ptp(cells[:, 1])) + 1 if len(cells) else 1
    low = cells.min(0) if len(cells) else np.zeros(2, dtype=np.int64)
    numbers = (cells[:, 0] - low[0]) * wide + cells[:, 1] - low[1]  # ascending, as cells are
    rows, columns = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for dx, dy in offsets.tolist():
        across = cells[:, 1] - low[1] + dy
        wanted = numbers + dx * wide + dy
        at = np.minimum(np.searchsorted(numbers, wanted), max(len(numbers) - 1, 0))
        hit = np.flatnonzero((numbers[at] == wanted) & (across >= 0) & (across < wide))
        rows.append(hit)
        columns.append(at[hit])
    row, column = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(len(cells), len(cells)))


def _given(people: PersonPeriods, areas: gpd.GeoSeries) -> tuple[Zones, list[NDArray[np.bool_]]]:
    """Return areas as zones, and for each which places of presences lie in it, border included."""
    spots = np.column_stack([people.longitude, people.latitude])
    found, site = np.unique(spots, axis=0, return_inverse=True)
    x, y = transformer(WGS84, areas.crs).transform(found[:, 0], found[:, 1])
    tree = shapely.STRtree(shapely.points(x, y))
    row, column = tree.query(np.asarray(areas.array), predicate="intersects")
    ring = sparse.csr_array((np.ones(len(row)), (row, column)), shape=(len(areas), len(found)))
    inside = [np.isin(site.ravel(), column[row == n]) for n in range(len(areas))]
    return Zones.of(people, site.ravel(), [ring]), inside


def _apart(
    sites: Floats, ratio: Floats, p_value: Floats, radii_m: list[float], level: float
) -> tuple[Ints, Ints]:
    """Return rows and columns of the discs that are told of, the strongest first, none over one."""
    left = ratio.copy()
    radius = np.array(radii_m)
    rows, columns, others = [], [], 0
    while left.size and left.max() > 0 and others < NEXT_BEST:
        row, column = np.unravel_index(int(np.argmax(np.round(left, 9))), left.shape)
        others += bool(p_value[row, column] > level)
        rows.append(int(row))
        columns.append(int(column))
        away = np.hypot(*(sites - sites[row]).T)
        left[away[:, None] < radius + radius[column]] = 0
    return np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64)


def _frame(
    people: PersonPeriods,
    found: Strongest,
    p_value: Floats,
    inside: Sequence[NDArray[np.bool_]],
    level: float,
) -> pd.DataFrame:
    """Return the columns of an area each; ``inside``: which places of presences lie in it."""
    runs, last = intervals(len(people.periods)), len(people.periods) - 1
    rows: list[dict[str, Any]] = []
    for n, within in enumerate(inside):
        run = runs[int(found.interval[n])]
        some = bool(found.ratio[n] > 0)
        shrunk = run.first == 0
        presence = np.unique(people.presence[within])
        counts = np.bincount(people.period[presence], minlength=last + 1)
        cut = run.last + 1 if shrunk else run.first
        kind = ("shrunk" if shrunk else "grown" if run.last == last else "passed") if some else ""
        rows.append(
            {
                "change": kind,
                "since": people.periods[run.first] if some else None,
                "until": people.periods[run.last] if some else None,
                "people": int(counts[run.first : run.last + 1].sum()) if some else 0,
                "expected": found.expected[n] if some else np.nan,
                "people_before": int(counts[:cut].sum()) if some else int(counts[0]),
                "people_after": int(counts[cut:].sum()) if some else int(counts[1:].sum()),
                "effect": found.people[n] / found.expected[n] if some else np.nan,
                "p_value": p_value[n] if some else np.nan,
                "verdict": str(_verdict(people, within, run, p_value[n], level, some)),
            }
        )
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)


_COLUMNS = {
    **{"change": "str", "since": "object", "until": "object", "people": "int64"},
    **{"expected": "float64", "people_before": "int64", "people_after": "int64"},
    **{"effect": "float64", "p_value": "float64", "verdict": "str"},
}


def _verdict(
    people: PersonPeriods,
    within: NDArray[np.bool_],
    run: Any,
    p_value: float,
    level: float,
    some: bool,
) -> Verdict:
    """Return what can be said of an area."""
    if len(np.unique(people.presence[within])) < LEAST_PEOPLE:
        return Verdict.TOO_FEW
    if not some or p_value > level:
        return Verdict.NOT_SIGNIFICANT
    period = people.period[people.presence]
    at = within & (period >= run.first) & (period <= run.last)
    spots = np.column_stack([people.longitude[at], people.latitude[at]])
    largest = np.unique(spots, axis=0, return_counts=True)[1].max(initial=0)
    shared = largest >= LEAST_PEOPLE and largest >= SHARED * len(np.unique(people.presence[at]))
    return Verdict.SHARED_POINT if shared else Verdict.SIGNIFICANT


def _card(
    method: str,
    people: PersonPeriods,
    parameters: dict[str, float | int | str],
    simulations: int,
    seed: int,
    level: float,
) -> MethodCard:
    return MethodCard(
        method=method,
        parameters={
            **parameters,
            "simulations": simulations,
            "seed": seed,
            "level": level,
            "least_people": LEAST_PEOPLE,
        },
        counted={
            "people": len(np.unique(people.person)),
            "proposals": people.proposals,
            "periods": len(people.periods),
        },
        left_out=people.left_out,
    )
