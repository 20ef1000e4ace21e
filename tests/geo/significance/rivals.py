"""Two other ways to tell hotspots from chance, on the same grid, discs and effect threshold.

Neither draws random maps, so each takes a tenth of the time. They are here to be compared with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from geo.point_in_polygon import PolygonIndex
from geo.significance.background import SMOOTHED_M, Background
from geo.significance.disc_scan import LEAST_EFFECT, DiscScan
from geo.significance.hex_grid import HexGrid, hex_grid
from geo.significance.hotspot_scan import LEVEL
from geo.significance.verdicts import LEAST_PEOPLE
from tests.geo.significance import worlds
from tests.geo.significance.worlds import Floats

_CELL_M = 40.0


@dataclass(frozen=True)
class Discs:
    """What stands out: middles of discs (metres) and their radii."""

    xy: Floats
    radius_m: Floats

    def reach(self, middles: Floats) -> np.ndarray:
        """Say for each disc and each middle whether they are at most 60 m apart."""
        away = np.hypot(*(self.xy[:, np.newaxis] - middles[np.newaxis]).transpose(2, 0, 1))
        return away <= self.radius_m[:, np.newaxis] + 60


def _map(xy: Floats) -> tuple[HexGrid, Floats]:
    grid = hex_grid(PolygonIndex(worlds.communities()), width_m=_CELL_M, also=(xy[:, 0], xy[:, 1]))
    cell = grid.cell_of(xy[:, 0], xy[:, 1])
    return grid, np.bincount(cell[cell >= 0], minlength=len(grid)).astype(np.float64)


def negative_binomial(xy: Floats) -> Discs:
    """Take discs whose count is in the tail of a negative binomial around our background.

    Its variance is the mean times the dispersion of the map, without its largest twentieth, by that
    of Poisson maps; all discs are one family (Bonferroni).
    """
    grid, counts = _map(xy)
    scan = DiscScan(grid, Background(grid, grid.area_m2))
    column = counts.astype(np.float32)[:, np.newaxis]
    observed = scan.scan(column)
    rng = np.random.default_rng(1)
    poisson = rng.poisson(observed.expected, (len(grid), 16)).astype(np.float32)
    spread = max(1.0, float(observed.dispersion[0] / scan.dispersion(poisson).mean()))
    people, would_be, found = np.zeros(len(grid)), np.zeros(len(grid)), []
    for step, ring in enumerate(scan.rings):
        people = people + ring @ counts
        would_be = would_be + ring @ observed.expected[:, 0]
        p_value = _tail(people, would_be, spread)
        found.append(_chosen(grid, step, people, would_be, p_value))
    return _together(found)


def disc_against_ring(xy: Floats) -> Discs:
    """Take discs that hold more than their share of the people within 280 m in the community.

    Given those, the disc's are binomial by area; betabinomial with the map's own correlation.
    """
    grid, counts = _map(xy)
    around = grid.disc(0, round(SMOOTHED_M / _CELL_M), in_polygon=True)
    all_people, all_area = around @ counts, around @ grid.area_m2
    people, area, found = np.zeros(len(grid)), np.zeros(len(grid)), []
    sums = []
    for step in range(4):
        ring = grid.disc(step, step, in_polygon=True)
        people, area = people + ring @ counts, area + ring @ grid.area_m2
        sums.append((step, people, np.minimum(area / all_area, 0.999)))
    correlation = _correlation(all_people, sums[1][1], sums[1][2])
    for step, inside, share in sums:
        ring_share = np.maximum(all_people - inside, 0.0) / (1 - share) * share
        p_value = _betabinomial_tail(inside, all_people, share, correlation)
        found.append(_chosen(grid, step, inside, ring_share, p_value))
    return _together(found)


def _tail(people: Floats, would_be: Floats, spread: float) -> Floats:
    if spread <= 1.001:
        return stats.poisson.sf(people - 1, would_be)
    return stats.nbinom.sf(people - 1, would_be / (spread - 1), 1 / spread)


def _correlation(whole: Floats, inside: Floats, share: Floats) -> float:
    """Return rho of var = m q (1 - q) (1 + (m - 1) rho), of all but the largest twentieth."""
    known = whole >= 2
    m, q = whole[known], share[known]
    excess = ((inside[known] - m * q) ** 2 / (m * q * (1 - q)) - 1) / (m - 1)
    kept = np.sort(excess)[: int(0.95 * len(excess))]
    return float(np.clip(kept.mean(), 1e-6, 0.5))


def _betabinomial_tail(inside: Floats, whole: Floats, share: Floats, rho: float) -> Floats:
    p_value = np.ones(len(inside))
    at = np.flatnonzero(inside >= LEAST_PEOPLE)
    size = 1 / rho - 1
    p_value[at] = stats.betabinom.sf(
        inside[at] - 1, whole[at], share[at] * size, (1 - share[at]) * size
    )
    return p_value


def _chosen(
    grid: HexGrid, step: int, people: Floats, would_be: Floats, p_value: Floats
) -> tuple[Floats, Floats]:
    chosen = (people >= LEAST_PEOPLE) & (people >= LEAST_EFFECT * would_be)
    chosen &= p_value * 4 * len(grid) <= LEVEL
    xy = np.column_stack([grid.x, grid.y])[chosen]
    return xy, np.full(len(xy), (step + 0.5) * grid.width_m)


def _together(found: list[tuple[Floats, Floats]]) -> Discs:
    return Discs(
        np.concatenate([xy for xy, _ in found]), np.concatenate([radius for _, radius in found])
    )


RIVALS = {"negative_binomial": negative_binomial, "disc_against_ring": disc_against_ring}
