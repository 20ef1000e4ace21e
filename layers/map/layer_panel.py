"""The layers of the planners' map, each in a pane of its own; ``lujian-review.js`` draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: From the bottom up, as the map begins: what is shown, and how opaque in percent.
KEYS = ("communities", "heat", "idle_plots", "bike_parking", "stations", "hotspots", "pins")
SHOWN = {"communities": 75, "hotspots": 100, "pins": 100}
FACILITIES = ("idle_plots", "bike_parking", "stations")
#: Uploaded layers begin there: below hotspots and pins.
_FURTHER = KEYS.index("hotspots")


@dataclass(frozen=True)
class LayerState:
    """One layer of the panel: whether it is shown, and how opaque, from 5 to 100 percent."""

    key: str
    shown: bool
    opacity: int


def layer_states(
    named: Sequence[tuple[str, int]] | None, uploaded: Sequence[str] = ()
) -> list[LayerState]:
    """Return all layers from the bottom up, of which those named are shown, as opaque as told.

    None: as the map begins. What is no layer is left out; those not named lie under the others.
    ``uploaded``: keys of further layers.
    """
    keys = [*KEYS[:_FURTHER], *uploaded, *KEYS[_FURTHER:]]
    if named is None:
        return [LayerState(key, key in SHOWN, SHOWN.get(key, 80)) for key in keys]
    shown = dict(named)
    under = [LayerState(key, False, SHOWN.get(key, 80)) for key in keys if key not in shown]
    return under + [LayerState(key, True, n) for key, n in shown.items() if key in keys]
