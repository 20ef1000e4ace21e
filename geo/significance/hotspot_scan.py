"""Which hotspots are more than chance: a scan of discs against a clustered background.

Five steps. (1) The background is smoothed inside each community (:mod:`.background`). (2) Nested
discs of 20 to 140 m around each cell of a 40 m grid are compared with it (:mod:`.disc_scan`).
(3) Random maps are clustered as the real one is, in small groups (:mod:`.clustered_null`). (4) What
the best disc of a whole random map reaches by chance is what a hotspot must exceed: the answer
holds for all hotspots of the map together (family-wise; Kulldorff 1997). (5) An effect below
``LEAST_EFFECT`` times the background, or of fewer than ``LEAST_PEOPLE`` people, is never called
significant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.aggregate import require_columns
from geo.crs import require_crs
from geo.hotspots import Hotspots
from geo.partitions.strips import DoAll
from geo.projection_zones import measurable_groups
from geo.significance.background import SMOOTHED_M
from geo.significance.disc_scan import LEAST_EFFECT
from geo.significance.hotspot_study import HotspotStudy, StudyRequest, study_hotspots
from geo.significance.verdicts import LEAST_PEOPLE, MethodCard, Verdict

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

METHOD = "clustered_scan"
SIMULATIONS, SEED, LEVEL = 199, 20_261_130, 0.025
# From this share of its people on, a hotspot is its shared point.
_MOSTLY = 0.5


@dataclass(frozen=True)
class JudgedHotspots:
    """A verdict on each hotspot.

    ``frame`` has the index ``hotspot_id`` in the order of ``Hotspots.frame`` and the columns

    - ``people``: distinct people in it who are not on a shared point (proposals, where no person
      column was named);
    - ``on_shared_point``: distinct people in it who are;
    - ``expected``: how many the background has in its outline, and ``effect``, ``people`` by
      ``expected``; missing where no background is known;
    - ``core_radius_m``, ``core_people``, ``core_expected``: the disc in it that stands out most,
      missing where none does by ``LEAST_EFFECT``; its people on shared points are not counted;
    - ``p_value``: on which share of random maps some place, anywhere, stands out as much; missing
      where nothing can be said;
    - ``verdict``: ``shared_point`` where half or more of its people are on a shared point;
      ``too_few`` below ``LEAST_PEOPLE`` or outside the communities; ``significant`` up to
      ``LEVEL``; else ``not_significant``.
    """

    frame: pd.DataFrame
    card: MethodCard


def judge_hotspots(
    proposals: gpd.GeoDataFrame,
    hotspots: Hotspots,
    communities: gpd.GeoDataFrame,
    *,
    person_column: str | None = None,
    further_people: pd.Series | None = None,
    exposure: gpd.GeoDataFrame | None = None,
    exposure_column: str | None = None,
    simulations: int = SIMULATIONS,
    seed: int = SEED,
    progress: Callable[[float], None] | None = None,
    do_all: DoAll = map,
) -> JudgedHotspots:
    """Say of each hotspot whether it is more than chance.

    ``proposals`` are points in any CRS, those of which ``hotspots`` were found; a person counts
    once within 140 m, and people on shared points are left out. ``communities`` are polygons in any
    CRS, the area that is judged: proposals outside them are left out. ``exposure`` are points,
    lines or polygons with a number in ``exposure_column``, in proportion to which people can be
    expected; see :func:`geo.significance.exposure.exposure_per_cell`. The order of rows changes
    nothing. ``progress`` is told the share that is done, from 0 to 1. ``do_all`` may scan random
    maps elsewhere, with the same result.

    Raises ``MissingCrsError``, ``MissingColumnError``, ``NotPointsError``,
    ``geo.projection_zones.TooWideError``.
    """
    require_crs(proposals, what="proposals")
    require_crs(communities, what="communities")
    require_columns(proposals, [person_column], what="proposals")
    request = StudyRequest(
        communities,
        person_column,
        further_people,
        exposure,
        exposure_column,
        simulations,
        seed,
        do_all,
    )
    names = pd.Index(hotspots.frame["hotspot_id"], name="hotspot_id")
    member = names.get_indexer(hotspots.membership.to_numpy())
    outlines = hotspots.frame.geometry
    groups = measurable_groups(proposals, apart_m=2 * SMOOTHED_M)
    studies = [
        study_hotspots(
            proposals.iloc[rows],
            member[rows],
            outlines,
            request,
            _told(progress, number, len(groups)),
        )
        for number, rows in enumerate(groups)
    ]
    return JudgedHotspots(_verdicts(names, studies), _card(studies, request, len(names)))


def _told(
    progress: Callable[[float], None] | None, number: int, groups: int
) -> Callable[[float], None]:
    def tell(done: float) -> None:
        if progress is not None:
            progress((number + done) / groups)

    return tell


def _verdicts(names: pd.Index, studies: list[HotspotStudy]) -> pd.DataFrame:
    people = np.sum([study.people for study in studies], axis=0)
    shared = np.sum([study.shared for study in studies], axis=0)
    expected = np.full(len(names), np.nan)
    for study in studies:
        expected = np.where(np.isnan(expected), study.expected, expected)
    effect = people / np.where(expected > 0, expected, np.nan)
    few = (people < LEAST_PEOPLE) | np.isnan(effect)
    p_value = np.where(few, np.nan, _family_wise(studies))
    verdict = np.full(len(names), str(Verdict.NOT_SIGNIFICANT), dtype=object)
    verdict[p_value <= LEVEL] = str(Verdict.SIGNIFICANT)
    verdict[few] = str(Verdict.TOO_FEW)
    on_it = (shared >= LEAST_PEOPLE) & (shared >= _MOSTLY * (people + shared))
    verdict[on_it] = str(Verdict.SHARED_POINT)
    columns = {
        "people": people.astype(np.int64),
        "on_shared_point": shared.astype(np.int64),
        "expected": expected,
        "effect": effect,
        **_core(studies),
        "p_value": p_value,
        "verdict": pd.Series(verdict, index=names, dtype="str"),
    }
    return pd.DataFrame(columns, index=names)


def _core(studies: list[HotspotStudy]) -> dict[str, Floats]:
    """Return the best core of each hotspot among those that the groups gave it."""
    best = np.argmax([study.core.score for study in studies], axis=0)[np.newaxis]
    return {
        f"core_{name}": np.take_along_axis(
            np.array([getattr(study.core, name) for study in studies]), best, axis=0
        )[0]
        for name in ("radius_m", "people", "expected")
    }


def _family_wise(studies: list[HotspotStudy]) -> Floats:
    """Return for each hotspot how often a random map has its like, all groups together."""
    score = np.max([study.core.score for study in studies], axis=0)
    maxima = np.sort(np.max([study.maxima for study in studies], axis=0))
    reached = len(maxima) - np.searchsorted(maxima, score, side="left")
    return (1 + reached) / (1 + len(maxima))


def _card(studies: list[HotspotStudy], request: StudyRequest, hotspots: int) -> MethodCard:
    parameters: dict[str, float | int | str] = {
        "simulations": request.simulations,
        "seed": request.seed,
        "level": LEVEL,
        "least_effect": LEAST_EFFECT,
        "least_people": LEAST_PEOPLE,
        "smoothed_m": SMOOTHED_M,
    }
    for study in studies:
        parameters |= study.parameters
    counted = {"hotspots": hotspots} | _added([study.counted for study in studies])
    return MethodCard(METHOD, parameters, counted, _added([study.left_out for study in studies]))


def _added(tables: list[dict[str, int]]) -> dict[str, int]:
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: sum(table.get(name, 0) for table in tables) for name in names}
