"""What a scenario is asked: what is to be built, where it may stand, and for whom. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from core.errors import InvalidError
from geo.siting.problem import Model

#: Each number of sites up to this is solved, so that the curve and any choice are there.
MOST_SITES = 15
WITHIN_M = (100, 2_000)
SPACING_M = (50, 1_000)
MOST_MARKED = 40
#: The most that a place may cost or hold, and all may cost.
MOST_AMOUNT, MOST_COLUMN = 1e12, 100
_LAYER = re.compile(r"[a-z_]{1,20}|u[0-9]{1,18}", re.ASCII)
_AMOUNTS = ("cost", "capacity", "budget")
_SITE = re.compile(r"(?:[a-z_]{1,20}|u[0-9]{1,18}):[0-9]{1,7}", re.ASCII)
#: In place of a layer: places in a grid over the communities.
GRID = "grid"


class Kind(StrEnum):
    """What is to be built."""

    BIKE_PARKING = "bike_parking"
    MICRO_PARK = "micro_park"


class Weighing(StrEnum):
    """What counts: people; supports besides; or people so that each resident counts the same."""

    PEOPLE = "people"
    SUPPORTS = "supports"
    RESIDENTS = "residents"


@dataclass(frozen=True)
class Plan:
    """One question of siting. Equal plans have equal answers.

    ``sources`` and ``masks``: names of layers (``idle_plots``, ``u12``), or ``GRID``. ``existing``:
    the layer of what is there today, empty for none. ``must`` and ``must_not``: candidates by key,
    ``idle_plots:3``. ``walked``: along the layer of roads, else straight.

    ``cost`` and ``capacity`` of one place; 0: not stated. ``cost_column``, ``capacity_column``: a
    column of the layers that hold the candidates, which goes first. Capacity is in what counts
    (``weighing``), so that of people it is people. ``budget``: the most that new places may cost
    together, 0 for no limit, in the unit of the costs; ``budget_alone``: it limits them, whatever
    their number.
    """

    kind: Kind = Kind.MICRO_PARK
    sources: tuple[str, ...] = ("idle_plots",)
    masks: tuple[str, ...] = ("river", "railway")
    existing: str = "parks"
    model: Model = Model.COVERAGE
    within_m: int = 400
    weighing: Weighing = Weighing.PEOPLE
    walked: bool = False
    spacing_m: int = 200
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    cost: float = 0.0
    cost_column: str = ""
    capacity: float = 0.0
    capacity_column: str = ""
    budget: float = 0.0
    budget_alone: bool = False

    def __post_init__(self) -> None:
        for name in ("sources", "masks", "must", "must_not"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    @property
    def has_cost(self) -> bool:
        """Tell whether it is stated what places cost."""
        return bool(self.cost or self.cost_column)

    @property
    def has_capacity(self) -> bool:
        """Tell whether it is stated what places hold."""
        return bool(self.capacity or self.capacity_column)

    @property
    def has_limits(self) -> bool:
        """Tell whether costs, a budget or capacities are stated."""
        return self.has_cost or self.has_capacity

    @property
    def is_curve(self) -> bool:
        """Tell whether each number of places has an answer of its own."""
        return self.model is not Model.COVER and not self.budget_alone

    def consistent(self) -> Plan:
        """Return it without what makes no sense beside the rest.

        A budget needs costs. The shortest way in sum is sought without a budget and capacities:
        with them it would take minutes, and often end without proof.
        """
        limits = self.model is not Model.MEDIAN
        budget = self.budget if limits and self.has_cost else 0.0
        return replace(
            self,
            budget=budget,
            budget_alone=self.budget_alone and budget > 0 and self.model is not Model.COVER,
            capacity=self.capacity if limits else 0.0,
            capacity_column=self.capacity_column if limits else "",
        )

    def told(self) -> dict[str, Any]:
        """Return it as JSON; :func:`read_plan` undoes it."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


#: What a plan begins with.
BEGUN = {
    Kind.MICRO_PARK: Plan(),
    Kind.BIKE_PARKING: Plan(
        Kind.BIKE_PARKING, ("roads",), ("river", "railway", "roads"), "bike_parking", within_m=150
    ),
}


def read_plan(told: Mapping[str, Any]) -> Plan:
    """Return the plan that JSON tells. Raises ``InvalidError`` naming the field."""
    given = {one.name: told[one.name] for one in fields(Plan) if one.name in told}
    kinds = {"kind": Kind, "model": Model, "weighing": Weighing}
    for name, kind in kinds.items():
        if name in given and given[name] not in set(kind):
            raise InvalidError(field=name)
        given |= {name: kind(given[name])} if name in given else {}
    for name in ("sources", "masks", "must", "must_not"):
        given |= {name: tuple(str(one) for one in given[name])} if name in given else {}
    for name in _AMOUNTS:
        value = given.get(name, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidError(field=name)
        given[name] = float(value)
    if not isinstance(given.get("budget_alone", False), bool):
        raise InvalidError(field="budget_alone")
    plan = Plan(**given)
    check_plan(plan)
    return plan


def check_plan(plan: Plan) -> None:
    """Raise ``InvalidError`` naming what of a plan makes no sense."""
    layers = (*plan.sources, *plan.masks, *((plan.existing,) if plan.existing else ()))
    if not plan.sources or not all(_LAYER.fullmatch(one) for one in layers):
        raise InvalidError(field="sources")
    for name, (least, most) in (("within_m", WITHIN_M), ("spacing_m", SPACING_M)):
        if not least <= getattr(plan, name) <= most:
            raise InvalidError(field=name, least=least, most=most)
    for name in _AMOUNTS:
        if not 0 <= getattr(plan, name) <= MOST_AMOUNT:
            raise InvalidError(field=name, least=0, most=MOST_AMOUNT)
    for name in ("cost_column", "capacity_column"):
        value = getattr(plan, name)
        if not isinstance(value, str) or len(value) > MOST_COLUMN:
            raise InvalidError(field=name)
    if plan != plan.consistent():
        raise InvalidError(field="model" if plan.model is Model.MEDIAN else "budget")
    marked = (*plan.must, *plan.must_not)
    if len(marked) > MOST_MARKED or not all(_SITE.fullmatch(one) for one in marked):
        raise InvalidError(field="must")
    if set(plan.must) & set(plan.must_not):
        raise InvalidError(field="must_not")
