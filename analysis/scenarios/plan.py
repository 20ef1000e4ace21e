"""What a scenario is asked: what is to be built, where it may stand, and for whom. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from core.errors import InvalidError
from geo.siting.problem import Model

#: Each number of sites up to this is solved, so that the curve and any choice are there.
MOST_SITES = 15
WITHIN_M = (100, 2_000)
SPACING_M = (50, 1_000)
MOST_MARKED = 40
_LAYER = re.compile(r"[a-z_]{1,20}|u[0-9]{1,18}", re.ASCII)
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

    def __post_init__(self) -> None:
        for name in ("sources", "masks", "must", "must_not"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

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
    marked = (*plan.must, *plan.must_not)
    if len(marked) > MOST_MARKED or not all(_SITE.fullmatch(one) for one in marked):
        raise InvalidError(field="must")
    if set(plan.must) & set(plan.must_not):
        raise InvalidError(field="must_not")
