"""What a choice of sites comes to: people served, by site and community, and what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from analysis.answer_tallies import FEW
from analysis.scenarios.demand import Demand
from geo.siting.locate import Located
from geo.siting.problem import Reason, Solution, Status

#: A proposal of which less than this share is not served is served.
WHOLE = 1e-6


@dataclass(frozen=True)
class SiteServed:
    """An open site: who it serves.

    ``place``: its position among candidates. ``wishes``: people by option of the question, None for
    fewer than five. ``amount``: the median of the numbers that were answered, None of fewer
    than five. ``metres``: the median distance of whom it serves. ``cost`` of a new one and
    ``capacity``, None where not stated or without limit; ``load``: how much of what counts goes
    there, in parts of proposals too.
    """

    place: int
    key: str
    name: dict[str, str]
    longitude: float
    latitude: float
    existing: bool
    people: int
    proposals: int
    metres: float | None
    wishes: tuple[int | None, ...]
    amount: float | None
    cost: float | None = None
    capacity: float | None = None
    load: float = 0.0

    @property
    def full(self) -> float | None:
        """How much of what it holds is used, from 0 to 1; None without a limit."""
        return None if self.capacity is None else fullness(self.load, self.capacity)


@dataclass(frozen=True)
class CommunityServed:
    """A community: how many people spoke there, and how many of them are served."""

    code: str
    residents: int | None
    people: int
    served: int


@dataclass(frozen=True)
class Outcome:
    """What so many new sites come to; ``number`` 0 is what is there today.

    ``site``: position of the candidate that serves each row of the demand, -1 for none. Where
    places hold only so much, a proposal counts as served if all of it is; ``partly``: how many are
    served in part, and count as not served. ``cost`` of the new sites, None where not stated.
    """

    number: int
    status: Status
    reason: Reason
    objective: float
    bound: float
    gap: float
    seconds: float
    people: int
    proposals: int
    sites: tuple[SiteServed, ...]
    communities: tuple[CommunityServed, ...]
    site: NDArray[np.int32]
    cost: float | None = None
    partly: int = 0

    @property
    def chosen(self) -> tuple[SiteServed, ...]:
        """The new sites."""
        return tuple(one for one in self.sites if not one.existing)

    @property
    def nbytes(self) -> int:
        """What it takes, about."""
        return int(self.site.nbytes) + 2_000 * (len(self.sites) + len(self.communities))


def outcome_of(
    number: int, demand: Demand, candidates: gpd.GeoDataFrame, found: Located, solution: Solution
) -> Outcome:
    """Work out what a solution comes to. ``candidates``: see ``places.Places.frame``."""
    whole = found.served >= demand.weights * (1 - WHOLE)
    by = np.where(whole, found.served_by, -1)
    served = by >= 0
    people = _people_by(demand, by, len(candidates))
    proposals = np.bincount(by[served], minlength=len(candidates))
    sites = []
    for place in np.flatnonzero(found.opened):
        mine = by == place
        existing = not found.chosen[place]
        if existing and not proposals[place]:
            continue
        sites.append(_site(demand, candidates, int(place), mine, found, int(people[place])))
    sites.sort(key=lambda one: (one.existing, -one.people, one.key))
    return Outcome(
        number,
        solution.status,
        solution.reason,
        solution.objective,
        solution.bound,
        solution.gap,
        solution.seconds,
        demand.people(served),
        int(served.sum()),
        tuple(sites),
        communities_of(demand, served),
        by.astype(np.int32),
        _cost(candidates["cost"].to_numpy(dtype=np.float64)[found.chosen]),
        int(((found.served_by >= 0) & ~whole).sum()),
    )


def fullness(load: float, capacity: float) -> float:
    """Return how much of a capacity is used, from 0 to 1."""
    return min(load / capacity, 1.0) if capacity > 0 else 1.0


def _cost(costs: NDArray[np.float64]) -> float | None:
    """Return what places cost together; None where it is not known of all."""
    return None if np.isnan(costs).any() else float(costs.sum())


def communities_of(demand: Demand, served: NDArray[np.bool_]) -> tuple[CommunityServed, ...]:
    """Return the communities in which somebody spoke, by their code; people once in each."""
    codes, code = np.unique(demand.frame["community"].to_numpy(dtype=str), return_inverse=True)
    pairs = np.unique(np.column_stack([code[demand.row], demand.person]), axis=0)
    inside = served[demand.row]
    got = np.unique(np.column_stack([code[demand.row][inside], demand.person[inside]]), axis=0)
    spoke = np.bincount(pairs[:, 0], minlength=len(codes))
    reached = np.bincount(got[:, 0], minlength=len(codes))
    return tuple(
        CommunityServed(
            str(name), demand.residents.get(str(name)), int(spoke[at]), int(reached[at])
        )
        for at, name in enumerate(codes)
    )


def _people_by(demand: Demand, by: NDArray[np.int64], sites: int) -> NDArray[np.int64]:
    """Count people by site: each once at every site that serves a proposal of theirs."""
    site = by[demand.row]
    kept = site >= 0
    pairs = np.unique(np.column_stack([site[kept], demand.person[kept]]), axis=0)
    return np.bincount(pairs[:, 0], minlength=sites)


def _site(
    demand: Demand,
    candidates: gpd.GeoDataFrame,
    place: int,
    mine: NDArray[np.bool_],
    found: Located,
    people: int,
) -> SiteServed:
    row, existing = candidates.iloc[place], not found.chosen[place]
    metres = found.metres
    given = demand.amount[mine]
    given = given[np.isfinite(given)]
    return SiteServed(
        place,
        str(row["key"]),
        {"zh_CN": str(row["name_zh"]), "en": str(row["name_en"]) or str(row["name_zh"])},
        float(row["geometry"].x),
        float(row["geometry"].y),
        existing,
        people,
        int(mine.sum()),
        float(np.median(metres[mine])) if mine.any() else None,
        tuple(int(one) if one >= FEW else None for one in demand.people_by_wish(mine)),
        float(np.median(given)) if len(given) >= FEW else None,
        None if existing or np.isnan(row["cost"]) else float(row["cost"]),
        None if np.isnan(row["capacity"]) else float(row["capacity"]),
        round(float(found.load[place]), 6),
    )


def under_served(outcome: Outcome) -> list[CommunityServed]:
    """Return communities of five people or more that are served less than all are, least first."""
    whole = sum(one.people for one in outcome.communities)
    share = sum(one.served for one in outcome.communities) / max(whole, 1)
    found = [
        one for one in outcome.communities if one.people >= FEW and one.served / one.people < share
    ]
    return sorted(found, key=lambda one: (one.served / one.people, one.code))


def told(outcome: Outcome, numbers: NDArray[np.int64]) -> dict[str, Any]:
    """Return an outcome as JSON, to be kept; ``numbers``: internal ids of the demand, by row."""
    plain = ("number", "objective", "bound", "gap", "seconds", "people", "proposals")
    limits = ("cost", "partly")
    return {
        **{name: getattr(outcome, name) for name in (*plain, *limits)},
        "status": str(outcome.status),
        "sites": [
            {
                **{name: value for name, value in vars(one).items() if name != "place"},
                "wishes": list(one.wishes),
                "ids": numbers[outcome.site == one.place].tolist(),
            }
            for one in outcome.sites
        ],
        "communities": [vars(one) for one in outcome.communities],
    }
