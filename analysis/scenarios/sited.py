"""A plan worked out: every number of sites solved in a process of its own, kept by revision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.scenarios.demand import Demand, demand_of
from analysis.scenarios.outcome import Outcome, outcome_of
from analysis.scenarios.places import NO_COST, Places, places_of, uploads_of
from analysis.scenarios.plan import MOST_SITES, Plan
from analysis.selection import Selection, revision
from analysis.significance.long_reading import LongReading, Tell
from core.database import Database
from geo.siting.child_process import solve_in_child
from geo.siting.locate import Measured, Prepared, Question, located, prepare
from geo.siting.problem import Model, Problem, Reason, Solution, Status
from geo.siting.solve import as_it_is
from layers.effective import standing

T = TypeVar("T")
#: So long a result of an earlier revision is shown while a new one is worked out, in seconds.
SITED_S = 600.0
TIME_LIMIT_S = 20.0
#: Decimals of a degree to which places are told apart on maps (1 m).
PLACE_DECIMALS = 5


@dataclass(frozen=True)
class Sited:
    """A plan worked out for the demand of one moment.

    ``outcomes`` by number of new sites, 0 for what is there today; empty, and ``reason``, where
    there is no solution. ``candidates``: columns key, name_zh, name_en, against (why nothing may
    stand there), places in WGS 84. ``reached``: flags of demand that some candidate could serve.
    """

    plan: Plan
    reason: Reason
    needed: float | None
    outcomes: dict[int, Outcome]
    candidates: gpd.GeoDataFrame
    numbers: NDArray[np.int64]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    weight: float
    people: int
    options: tuple[dict[str, str], ...]
    reached: NDArray[np.bool_]
    blocked: dict[str, int]
    measured: Measured
    metric_crs: str
    revision: int

    @cached_property
    def places(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The number of the place of each row of the demand, and (latitude, longitude) of places.

        Rows less than about a metre apart may share one, as maps need it.
        """
        xy = np.round(np.column_stack([self.latitude, self.longitude]), PLACE_DECIMALS)
        places: NDArray[np.float64]
        places, number = np.unique(xy, axis=0, return_inverse=True)
        return number.reshape(-1).astype(np.int32), places

    @cached_property
    def free(self) -> pd.DataFrame:
        """The places where something new may stand: key, name_zh, name_en, longitude, latitude."""
        frame = self.candidates
        kept = frame[~frame["existing"] & (frame["against"] == "")]
        points = kept.geometry
        columns = pd.DataFrame(kept[["key", "name_zh", "name_en"]])
        return columns.assign(longitude=points.x.to_numpy(), latitude=points.y.to_numpy())

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return what pages make of it on each rerun, such as names in a language; made once."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    @property
    def most(self) -> int:
        """The greatest number of sites that was solved."""
        return max(self.outcomes, default=0)

    def outcome(self, number: int) -> Outcome | None:
        """Return what so many sites come to; the nearest number that was solved."""
        solved = [one for one in self.outcomes if one > 0]
        if not solved:
            return None
        return self.outcomes[min(solved, key=lambda one: (abs(one - number), one))]

    @property
    def nbytes(self) -> int:
        """What it takes, about."""
        each = sum(one.nbytes for one in self.outcomes.values())
        return each + 45 * len(self.numbers) + 500 * len(self.candidates)


def sited_reading(database: Database, selection: Selection, plan: Plan) -> LongReading[Sited]:
    """Return a plan as a reading that takes seconds, and can be ended.

    Raises ``NotFoundError`` for an uploaded layer that this person may not see.
    """
    at = revision(database, selection)
    campaign, actor = selection.campaign, selection.actor
    with database.reading() as session:
        layers = standing(session, campaign.subdistrict, campaign.area).key
        own = uploads_of(session, actor, campaign, plan)
    key = ("sited", database.url, selection.key, plan, layers, own)
    return LongReading(key, at, partial(_sited, database, selection, plan, at))


def _sited(database: Database, selection: Selection, plan: Plan, at: int, tell: Tell) -> Sited:
    with database.reading() as session:
        demand = demand_of(session, selection, plan.kind, plan.weighing)
        places = places_of(session, selection.actor, selection.campaign, plan)
    tell(0.05)
    prepared = prepare(
        demand.frame,
        places.frame,
        Question(
            plan.model,
            None,
            None if plan.model is Model.MEDIAN else float(plan.within_m),
            plan.budget or None,
            by_cost=plan.has_cost,
        ),
        weights=demand.weights,
        sites=places.sites,
        roads=places.roads,
        masks=places.masks,
        left_out={NO_COST: places.without_cost} if plan.has_cost else {},
    )
    tell(0.15)
    numbers = _numbers(prepared, plan)
    problem = replace(prepared.problem, time_limit_s=TIME_LIMIT_S)
    solved = solve_in_child(problem, numbers, lambda share: tell(0.15 + 0.75 * share))
    asked = numbers or [max(len(one.chosen), 1) for one in solved]
    return _told(demand, places, prepared, dict(zip(asked, solved, strict=True)), plan, at)


def _numbers(prepared: Prepared, plan: Plan) -> list[int]:
    """Return the numbers of sites to solve for; none where the model or the budget finds it."""
    if not plan.is_curve:
        return []
    sites = prepared.problem.sites
    free = int((~sites.existing & ~sites.must_not).sum())
    least = max(int((sites.must & ~sites.existing).sum()), 1)
    return list(range(least, min(MOST_SITES, max(free, 1)) + 1)) or [least]


def _told(
    demand: Demand,
    places: Places,
    prepared: Prepared,
    solved: dict[int, Solution],
    plan: Plan,
    at: int,
) -> Sited:
    possible = {n: one for n, one in solved.items() if one.status is not Status.INFEASIBLE}
    possible = {n: one for n, one in possible.items() if one.reason is not Reason.NO_TIME}
    outcomes = {
        number: outcome_of(number, demand, places.frame, located(prepared, one), one)
        for number, one in sorted(possible.items())
    }
    reached = np.zeros(len(demand.frame), dtype=bool)
    if possible:
        today = as_it_is(_without_must(prepared.problem))
        outcomes[0] = outcome_of(0, demand, places.frame, located(prepared, today), today)
        reached = ~located(prepared, next(iter(possible.values()))).unreachable
    last = next(iter(solved.values()))
    against = [", ".join(one) for one in prepared.against]
    return Sited(
        plan,
        Reason.NONE if possible else last.reason,
        last.needed,
        outcomes,
        places.frame.assign(against=against, existing=places.sites.existing),
        demand.frame["number"].to_numpy(),
        demand.frame.geometry.x.to_numpy(),
        demand.frame.geometry.y.to_numpy(),
        float(demand.weights.sum()),
        demand.people(np.ones(len(demand.frame), dtype=bool)),
        demand.options,
        reached,
        dict(Counter(reason for one in prepared.against for reason in one)),
        prepared.measured,
        prepared.metric_crs,
        at,
    )


def _without_must(problem: Problem) -> Problem:
    nothing = np.zeros(len(problem.sites), dtype=bool)
    return replace(problem, number=0, sites=replace(problem.sites, must=nothing))
