"""Qinghe as drawn by hand for the demonstration: schematic, not surveyed (示意).

The tables are in ``qinghe_drawing.json``; each says what its columns are. Coordinates are longitude
and latitude in degrees, WGS 84 (EPSG:4326); sizes are metres, turns degrees anticlockwise from
east. The outline keeps the box, the area and the neighbours that are publicly known (G6 east,
railway west, river south); what lies inside is placed plausibly. Community gates are not listed:
``data.make_layers`` derives them, and turns all of it into GeoJSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LonLat = tuple[float, float]
_DRAWN: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_EDGES = _DRAWN["edges"]


def _rows(name: str) -> list[Any]:
    return [tuple(row) for row in _DRAWN[name]["rows"]]


def _points(line: list[Any]) -> Iterator[LonLat]:
    """Yield the points of a line, in which an edge of the outline stands by its name."""
    for part in line:
        yield from _points(_EDGES[part]) if isinstance(part, str) else [(part[0], part[1])]


def _lines(name: str) -> list[Any]:
    return [(*told, list(_points(line))) for *told, line in _rows(name)]


OUTLINE: list[LonLat] = list(_points(["west", "south", "east", "north"]))
COMMUNITIES: list[tuple[str, str, str, LonLat, int, int]] = _rows("communities")
ROADS: list[tuple[str, str, str, bool, list[LonLat]]] = _lines("roads")
RIVER: list[LonLat] = _rows("river")
RIVER_WIDTH_M: float = _DRAWN["river"]["width_m"]
RAILWAYS: list[tuple[str, str, str, list[LonLat]]] = _lines("railways")
STATIONS: list[tuple[str, str, str, LonLat]] = _rows("stations")
PARKS: list[tuple[str, str, LonLat, float, float, float]] = _rows("parks")
PLACES: list[tuple[str, str, str, LonLat]] = _rows("places")
BUS_STOPS: list[tuple[str, str, LonLat]] = _rows("bus_stops")
BIKE_PARKING: list[tuple[str, float, float, int]] = _rows("bike_parking")
IDLE_PLOTS: list[tuple[str, str, LonLat, float, float, float]] = _rows("idle_plots")
