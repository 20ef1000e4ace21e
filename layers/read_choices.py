"""How a person says that a file is to be read; kept with the layer and offered again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

_MOST_TEXT, _MOST_LAYERS = 200, 200


@dataclass(frozen=True)
class ReadChoices:
    """What was chosen for a file; empty: as the file says, or as is found out.

    ``crs``: its coordinate system; ``unit``: of a drawing; ``encoding``; ``x`` and ``y``: columns
    of coordinates; ``swapped``: latitude before longitude, or north before east; ``layers``: those
    that are wanted; ``each``: every one of them becomes a layer of its own. ``approximate``: it is
    known that the places may lie off, as no transformation of the system is known.
    """

    crs: str = ""
    unit: str = ""
    encoding: str = ""
    x: str = ""
    y: str = ""
    swapped: bool = False
    layers: tuple[str, ...] = ()
    each: bool = False
    approximate: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold, without what was not chosen."""
        told = {name: value for name, value in asdict(self).items() if value}
        return told | ({"layers": list(self.layers)} if self.layers else {})

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> ReadChoices:
        """Return choices as they were kept, or as a form sends them; what is odd is left out."""
        texts: dict[str, Any] = {
            one.name: str(told.get(one.name) or "")[:_MOST_TEXT].strip()
            for one in fields(cls)
            if one.type == "str"
        }
        layers = tuple(str(one) for one in list(told.get("layers") or ())[:_MOST_LAYERS])
        given: dict[str, Any] = {
            one.name: bool(told.get(one.name)) for one in fields(cls) if one.type == "bool"
        }
        return cls(**texts, layers=layers, **given)
