"""What a siting problem is made of, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: A bound this near the objective, in relation to it, is the objective.
PROVEN = 1e-6


class Model(StrEnum):
    """What is sought.

    ``COVERAGE``: serve as much demand as possible within the reach with a number of sites (maximal
    coverage; Church & ReVelle 1974). ``MEDIAN``: the least distance in sum (p-median; Hakimi 1964).
    ``COVER``: serve all that can be reached with as few sites, or at as little cost, as possible
    (set cover; Toregas et al. 1971).
    """

    COVERAGE = "coverage"
    MEDIAN = "median"
    COVER = "cover"


class Status(StrEnum):
    """How a solution is to be taken: proven best, best known with a bound, or none possible."""

    OPTIMAL = "optimal"
    GAP = "gap"
    INFEASIBLE = "infeasible"


class Reason(StrEnum):
    """Why there is no solution, or what a solution had to leave out."""

    NONE = ""
    NO_DEMAND = "no_demand"
    NO_CANDIDATES = "no_candidates"
    MUST_AND_MUST_NOT = "must_and_must_not"
    MUST_EXCEED_SITES = "must_exceed_sites"
    MUST_EXCEED_BUDGET = "must_exceed_budget"
    COVER_NEEDS_MORE = "cover_needs_more"
    UNREACHABLE = "unreachable"
    NO_TIME = "no_time"


@dataclass(frozen=True)
class Reach:
    """Which sites each demand point can be served from, and how far that is.

    Three equally long arrays, one entry a pair; sorted by demand, then site. Pairs that are farther
    than the reach are left out.
    """

    demand: Ints
    site: Ints
    metres: Floats
    points: int
    sites: int

    @classmethod
    def of(cls, demand: Any, site: Any, metres: Any, *, points: int, sites: int) -> Reach:
        """Return pairs in their order."""
        order = np.lexsort((site, demand))
        return cls(
            np.asarray(demand, dtype=np.int64)[order],
            np.asarray(site, dtype=np.int64)[order],
            np.asarray(metres, dtype=np.float64)[order],
            points,
            sites,
        )

    def among(self, open_sites: Flags) -> Reach:
        """Return the pairs of some sites alone."""
        kept = open_sites[self.site]
        return Reach(self.demand[kept], self.site[kept], self.metres[kept], self.points, self.sites)

    def reachable(self) -> Flags:
        """Tell which demand points have a site."""
        found = np.zeros(self.points, dtype=bool)
        found[self.demand] = True
        return found


@dataclass(frozen=True)
class Sites:
    """What is known of candidate sites; arrays with one entry a site.

    ``existing`` ones are open already: they serve, count for nothing and cost nothing. ``capacity``
    is in units of demand weight, infinite where there is no limit.
    """

    existing: Flags
    must: Flags
    must_not: Flags
    cost: Floats
    capacity: Floats

    @classmethod
    def plain(cls, number: int) -> Sites:
        """Return sites that nothing is known of: each costs 1 and serves without limit."""
        no = np.zeros(number, dtype=bool)
        return cls(no, no, no, np.ones(number), np.full(number, np.inf))

    def __len__(self) -> int:
        """Count the sites."""
        return len(self.cost)

    @property
    def has_capacity(self) -> bool:
        """Tell whether some site serves only so much."""
        return bool(np.isfinite(self.capacity).any())


@dataclass(frozen=True)
class Problem:
    """A siting problem. ``weights``: of demand points, not negative; ``reach``: their sites.

    ``number``: the most new sites (not used by ``COVER`` where it is None); ``budget``: the most
    that new sites may cost together. ``far_m`` is what a point counts, in metres, that no open site
    reaches (``MEDIAN``). A point may be served by several sites in parts where capacities bind.
    """

    weights: Floats
    reach: Reach
    sites: Sites
    model: Model = Model.COVERAGE
    number: int | None = None
    budget: float | None = None
    far_m: float | None = None
    time_limit_s: float = 60.0
    #: Whether the cost of sites is what ``COVER`` keeps small, rather than their number.
    by_cost: bool = False

    @property
    def unserved_m(self) -> float:
        """Return what a point counts that no open site reaches: twice the farthest pair."""
        if self.far_m is not None:
            return self.far_m
        return 2.0 * float(self.reach.metres.max(initial=0.0)) or 1.0


@dataclass(frozen=True)
class Solution:
    """Which sites to open, and what that comes to.

    ``chosen``: positions of new sites, rising. ``objective`` and ``bound``: weight served
    (``COVERAGE``; no choice serves more than ``bound``), weight times metres (``MEDIAN``; no choice
    needs less), sites or cost (``COVER``; the same). ``gap``: their distance in relation to the
    objective. ``served_by``: position of the site that serves a point, or most of it; -1 for none.
    ``served``: how much of its weight. ``metres``: how far its site is; NaN without one.
    """

    status: Status
    reason: Reason = Reason.NONE
    chosen: tuple[int, ...] = ()
    objective: float = 0.0
    bound: float = 0.0
    served_by: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    served: Floats = field(default_factory=lambda: np.zeros(0))
    metres: Floats = field(default_factory=lambda: np.zeros(0))
    unreachable: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    seconds: float = 0.0
    #: Of ``COVER_NEEDS_MORE``: how many sites, or how much cost, it would take.
    needed: float | None = None
    #: How much weight goes to each site, in parts too; it is within the site's capacity.
    load: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def gap(self) -> float:
        """Return how far the bound is from the objective, in relation to it; 0 when proven."""
        difference = abs(self.bound - self.objective)
        return difference / max(abs(self.objective), 1e-12) if difference > 0 else 0.0


@dataclass(frozen=True)
class Choice:
    """What a solver finds: flags of new open sites, with the bound that it proved."""

    new: Flags
    objective: float
    bound: float
    reason: Reason = Reason.NONE
    needed: float | None = None
    feasible: bool = True


def status_of(objective: float, bound: float) -> Status:
    """Say whether a bound proves an objective."""
    near = abs(bound - objective) <= PROVEN * max(abs(objective), 1.0)
    return Status.OPTIMAL if near else Status.GAP
