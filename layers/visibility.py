"""What an uploaded layer is for, who sees it, and who may change it. Pure: no database."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from people.access.actor import Actor, Grant, Reach, Where
from people.access.permissions import Act, grants_for, may


class LayerUse(StrEnum):
    """What a layer is for.

    The first eight are layers of the map itself: once public, it stands in the place of the layer
    of this name in ``layers.built_in``. ``FACILITY`` is measured to as they are, ``REFERENCE`` is
    only looked at.
    """

    BIKE_PARKING = "bike_parking"
    IDLE_PLOTS = "idle_plots"
    STATIONS = "stations"
    PLACES = "places"
    PARKS = "parks"
    RIVER = "river"
    ROADS = "roads"
    RAILWAY = "railway"
    FACILITY = "facility"
    REFERENCE = "reference"


#: Those that can stand in the place of a layer of the catalogue.
OF_THE_MAP = frozenset(LayerUse) - {LayerUse.FACILITY, LayerUse.REFERENCE}
#: Those in which the thing nearest to a hotspot is told.
MEASURED = frozenset(
    {
        LayerUse.BIKE_PARKING,
        LayerUse.IDLE_PLOTS,
        LayerUse.STATIONS,
        LayerUse.PLACES,
        LayerUse.PARKS,
        LayerUse.FACILITY,
    }
)


class Shown(StrEnum):
    """Who sees a layer: those who load layers there, everybody at the desk there, anybody."""

    DRAFT = "draft"
    DESK = "desk"
    PUBLIC = "public"


class Placed(Protocol):
    """A layer, or what is known of one."""

    @property
    def subdistrict(self) -> str:
        """The code of its subdistrict; empty for the whole platform."""

    @property
    def shown(self) -> str:
        """Who sees it."""


def may_load(actor: Actor, subdistrict: str) -> bool:
    """Tell whether this person may load layers of a subdistrict (empty: of the platform)."""
    return may(actor, Act.LOAD_LAYER, Where(subdistrict))


def may_publish(actor: Actor, subdistrict: str) -> bool:
    """Tell whether this person may show layers of a subdistrict to anybody."""
    return may(actor, Act.PUBLISH_LAYER, Where(subdistrict))


def may_change(actor: Actor, layer: Placed) -> bool:
    """Tell whether this person may change a layer as it stands: what is public, who may publish."""
    allowed = may_publish if layer.shown == Shown.PUBLIC else may_load
    return allowed(actor, layer.subdistrict)


def may_see(actor: Actor, layer: Placed) -> bool:
    """Tell whether this person may see a layer that is not removed."""
    if layer.shown == Shown.PUBLIC or may_load(actor, layer.subdistrict):
        return True
    return layer.shown == Shown.DESK and sees_at_desk(actor, layer)


def sees_at_desk(actor: Actor, layer: Placed) -> bool:
    """Tell whether a layer lies, in part at least, where this person has a desk."""
    return any(_touches(grant, layer.subdistrict) for grant in grants_for(actor, Act.SEE_DESK))


def _touches(grant: Grant, subdistrict: str) -> bool:
    """Tell whether a role reaches to any part of a subdistrict; a layer of none is all over."""
    if grant.reach is Reach.PLATFORM or not subdistrict:
        return True
    return bool(grant.code) and grant.code.startswith(subdistrict)
