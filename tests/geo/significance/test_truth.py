"""How often the hotspot scan is wrong, on invented maps whose truth is known.

The seeds are none that the method was tuned on. A few maps in every run, hundreds with
``--everything``; docs/methods/hotspot-scan.md has the figures.
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.hotspots import find_hotspots
from geo.significance.hotspot_scan import SIMULATIONS, judge_hotspots
from tests.geo.significance import worlds
from tests.geo.significance.rivals import disc_against_ring, negative_binomial
from tests.geo.significance.worlds import Floats

FRESH, FRESH_PLANTED = 20_261, 20_262
#: Random maps may have a false hotspot in 7.5 % of cases.
MOST_FALSE, MAPS = 15, 200
_TOUCH_M = 20.0


def significant(xy: Floats, *, simulations: int, roads: bool = False) -> list[shapely.Geometry]:
    """Return the outlines, in metres, of the hotspots that are more than chance."""
    proposals = worlds.as_proposals(xy)
    hotspots = find_hotspots(proposals, radius_m=50, min_proposals=5)
    judged = judge_hotspots(
        proposals,
        hotspots,
        worlds.communities(),
        person_column="person",
        exposure=worlds.roads() if roads else None,
        simulations=simulations,
    )
    chosen = (judged.frame["verdict"] == "significant").to_numpy()
    return list(hotspots.frame[chosen].to_crs(worlds.METRIC).geometry)


def false_maps(null: str, maps: int, *, seed: int, simulations: int) -> int:
    """Count the random maps of a kind that have a hotspot."""
    found = 0
    for number in range(maps):
        xy = worlds.NULLS[null](np.random.default_rng([seed, number]), worlds.PEOPLE)
        found += bool(significant(xy, simulations=simulations, roads=null == "road_corridors"))
    return found


def recall_and_precision(
    background: str, strength: int, maps: int, *, seed: int, simulations: int
) -> tuple[float, float]:
    """Return the share of planted hotspots that are found, and of found ones that were planted."""
    planted, found, right, all_found = 0, 0, 0, 0
    for number in range(maps):
        rng = np.random.default_rng([seed, strength, number])
        xy, middles = worlds.planted(rng, background, strength=strength)
        shapes = significant(xy, simulations=simulations, roads=background == "road_corridors")
        away = shapely.distance(
            np.array(shapes, dtype=object)[:, np.newaxis], shapely.points(middles)[np.newaxis]
        ).reshape(len(shapes), len(middles))
        planted += len(middles)
        found += int((away == 0).any(axis=0).sum())
        right += int((away <= _TOUCH_M).any(axis=1).sum())
        all_found += len(shapes)
    return found / planted, right / max(all_found, 1)


@pytest.mark.parametrize("null", ["hard_edges", "road_corridors", "small_groups"])
def test_a_few_random_maps_have_no_hotspot(null: str) -> None:
    """With 39 random maps for comparison, the fewest by which one can be called significant."""
    assert false_maps(null, 3, seed=FRESH, simulations=39) == 0


@pytest.mark.parametrize(("background", "strength"), [("hard_edges", 25), ("small_groups", 20)])
def test_a_few_planted_hotspots_are_found(background: str, strength: int) -> None:
    recall, precision = recall_and_precision(background, strength, 2, seed=FRESH, simulations=39)
    assert recall >= 0.85
    assert precision >= 0.9


@pytest.mark.everything
@pytest.mark.parametrize("null", worlds.NULLS)
def test_few_of_many_random_maps_have_a_hotspot(null: str) -> None:
    assert false_maps(null, MAPS, seed=FRESH, simulations=SIMULATIONS) <= MOST_FALSE


@pytest.mark.everything
@pytest.mark.parametrize(("strength", "least"), [(25, 0.95), (20, 0.90)])
@pytest.mark.parametrize("background", worlds.NULLS)
def test_planted_hotspots_are_found(background: str, strength: int, least: float) -> None:
    recall, precision = recall_and_precision(
        background, strength, 25, seed=FRESH_PLANTED, simulations=SIMULATIONS
    )
    assert recall >= least
    assert precision >= least


@pytest.mark.everything
def test_the_other_methods_do_worse_where_people_come_in_groups() -> None:
    """Rings take groups of neighbours for hotspots; a negative binomial misses weak hotspots."""
    wrong, missed, found = 0, [], []
    for number in range(40):
        xy = worlds.small_groups(np.random.default_rng([FRESH, number]), worlds.PEOPLE)
        wrong += bool(len(disc_against_ring(xy).xy))
    for number in range(10):
        rng = np.random.default_rng([FRESH_PLANTED, 16, number])
        xy, middles = worlds.planted(rng, "small_groups", strength=16)
        missed.append(1 - negative_binomial(xy).reach(middles).any(axis=0).mean())
        shapes = np.array(significant(xy, simulations=SIMULATIONS), dtype=object)
        away = shapely.distance(shapes[:, np.newaxis], shapely.points(middles)[np.newaxis])
        found.append((away == 0).any(axis=0).mean())
    assert wrong > 40 * MOST_FALSE / MAPS
    assert np.mean(found) > 1 - np.mean(missed) + 0.1
