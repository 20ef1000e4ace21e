"""Put a resident's words together from the sentence material, for a named place.

The material, invented for the demonstration, is in ``sentences.json``, by category. ``{p}`` in it
stands for the name of the place. ``whole`` are entire entries as people send them: long, short,
with emoji, quotes, line breaks and markup, which is text that residents typed; whoever shows it
must escape it.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

MATERIAL: dict[str, Any] = json.loads(
    Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
)
_BIKES, _SPACE = MATERIAL["bike_parking"], MATERIAL["public_space"]
_PARKS = MATERIAL["micro_park"]
_PROGRAMME = _PARKS["children"] * 3 + _PARKS["bikes"] * 3 + _PARKS["facilities"] * 2
WHOLE: dict[str, list[str]] = {
    category: MATERIAL[category]["whole"]
    for category in ("bike_parking", "public_space", "micro_park")
}


def _bikes(rng: random.Random, kind: str) -> str:
    if kind in _BIKES["by_kind"] and rng.random() < 0.22:
        return rng.choice(_BIKES["by_kind"][kind])
    draw = rng.random()
    if draw < 0.25:
        return rng.choice(_BIKES["manage"])
    where = rng.choice(_BIKES["where"])
    return where if draw < 0.5 else where + rng.choice(_BIKES["manage_tail"])


def _space(rng: random.Random, kind: str) -> str:
    draw = rng.random()
    if draw < 0.45:
        return rng.choice(_SPACE["wish"])
    grounds = kind in {"park", "idle_plot"}
    problem = rng.choice([text for text in _SPACE["problem"] if not (grounds and "门口" in text)])
    return problem if draw < 0.55 else problem + rng.choice(_SPACE["wish_tail"])


def _parks(rng: random.Random, kind: str) -> str:
    programme = rng.choice(_PROGRAMME)
    return programme if rng.random() < 0.3 else programme + rng.choice(_PARKS["needs"])


_WRITERS = {"bike_parking": _bikes, "public_space": _space, "micro_park": _parks}


def spoken_name(name: str, kind: str) -> str:
    """Say a place as people do: 安宁里站(公交) is 安宁里公交站."""
    return name.removesuffix("站(公交)") + "公交站" if kind == "bus_stop" else name


def write_text(rng: random.Random, category: str, *, place: str, kind: str, relation: str) -> str:
    """Write one proposal's text about a place of some kind, in one resident's voice."""
    text = _WRITERS[category](rng, kind).format(p=spoken_name(place, kind))
    if rng.random() < 0.22:
        text = rng.choice(MATERIAL["openings"][relation]) + text
    if rng.random() < 0.18:
        text += rng.choice(MATERIAL["closings"])
    return text
