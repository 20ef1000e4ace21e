"""The layers of the planners' map, each in a pane of its own; ``desk-review.js`` draws them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: From the bottom up, as the map begins: what is shown, and how opaque in percent.
KEYS = ("communities", "heat", "idle_plots", "bike_parking", "stations", "hotspots", "pins")
SHOWN = {"communities": 75, "hotspots": 100, "pins": 100}
FACILITIES = ("idle_plots", "bike_parking", "stations")
#: Uploaded layers begin there: below hotspots and pins.
_FURTHER = KEYS.index("hotspots")
_ONE = re.compile(r"([a-z_]{1,20}|u[0-9]{1,18})(?::([0-9]{1,3}))?", re.ASCII)


@dataclass(frozen=True)
class LayerState:
    """One layer of the panel: whether it is shown, and how opaque, from 5 to 100 percent."""

    key: str
    shown: bool
    opacity: int


def read_layers(text: str, uploaded: Sequence[str] = ()) -> list[LayerState]:
    """Return all layers from the bottom up, as an address names those that are shown.

    ``communities:75,pins``: these two, the second in full. Nothing: as the map begins. What is no
    layer is left out; those not named lie under the others. ``uploaded``: keys of further layers.
    """
    keys = [*KEYS[:_FURTHER], *uploaded, *KEYS[_FURTHER:]]
    if not text:
        return [LayerState(key, key in SHOWN, SHOWN.get(key, 80)) for key in keys]
    named: dict[str, int] = {}
    for part in text.split(",")[: 2 * len(keys)]:
        hit = _ONE.fullmatch(part)
        if hit and hit[1] in keys:
            named.pop(hit[1], None)
            named[hit[1]] = min(max(int(hit[2] or 100), 5), 100)
    under = [LayerState(key, False, SHOWN.get(key, 80)) for key in keys if key not in named]
    return under + [LayerState(key, True, opacity) for key, opacity in named.items()]


def layers_text(states: Sequence[LayerState]) -> str:
    """Return the layers as an address names them; ``read_layers`` undoes it. Never empty."""
    told = [f"{one.key}:{one.opacity}" for one in states if one.shown]
    return ",".join(told) or "none"
