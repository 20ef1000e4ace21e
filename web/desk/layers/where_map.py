"""A small map as SVG, without any script: where a file would lie, beside what is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import cos, radians
from typing import Any

import numpy as np
import shapely
from markupsafe import Markup

from geo.datum.candidates import SystemCandidate
from geo.datum.compare import KnownGround

WIDTH, HEIGHT, MARGIN = 640, 420, 16
#: Farther than this many times the width of the known area, the map shows the area alone.
_FARTHEST = 6.0
_MOST_LINES = 400


def where_map(
    ground: KnownGround,
    shapes: Sequence[Any],
    candidates: Sequence[SystemCandidate] = (),
    *,
    marked: Sequence[tuple[str, Any]] = (),
    label: str,
) -> Markup:
    """Return the known area with roads, and on it shapes and numbered candidates, all in WGS 84.

    ``marked``: further shapes, each with the CSS class that says what it is. Empty where there is
    nothing to show.
    """
    known = [] if ground.area is None else [ground.area]
    box = _box(known, [*shapes, *(shape for _name, shape in marked)])
    if box is None:
        return Markup("")
    at = _Paper(box)
    parts = [_drawn(at, known, "lj-w-area"), _drawn(at, _some(ground.roads), "lj-w-road")]
    parts += [_drawn(at, [one for one in ground.named if _is_area(one)], "lj-w-community")]
    parts += [_drawn(at, [shape], name) for name, shape in marked]
    parts += [_drawn(at, shapes, "lj-w-own")]
    parts += [_number(at, number, one) for number, one in enumerate(candidates, start=1)]
    return Markup(
        '<svg class="lj-where" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{body}</svg>'
    ).format(w=WIDTH, h=HEIGHT, label=label, body=Markup("").join(parts))


class _Paper:
    """Brings WGS 84 onto the paper; degrees of longitude are as wide as they are here."""

    def __init__(self, box: tuple[float, float, float, float]) -> None:
        self._west, south, east, self._north = box
        self._narrow = cos(radians((south + self._north) / 2))
        wide = max((east - self._west) * self._narrow, 1e-9)
        high = max(self._north - south, 1e-9)
        self._scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
        self._left = (WIDTH - wide * self._scale) / 2
        self._top = (HEIGHT - high * self._scale) / 2

    def xy(self, places: Any) -> Any:
        x = self._left + (places[:, 0] - self._west) * self._narrow * self._scale
        y = self._top + (self._north - places[:, 1]) * self._scale
        return np.round(np.column_stack([x, y]), 1)


def _box(known: Sequence[Any], shapes: Sequence[Any]) -> tuple[float, float, float, float] | None:
    areas = [shape.bounds for shape in known]
    others = [shape.bounds for shape in shapes if not shape.is_empty]
    if areas and others:
        west, south, east, north = _around(areas)
        reach = _FARTHEST * max(east - west, north - south)
        others = [
            one
            for one in others
            if one[2] > west - reach
            and one[0] < east + reach
            and one[3] > south - reach
            and one[1] < north + reach
        ]
    found = areas + others
    return _around(found) if found else None


def _around(boxes: Sequence[Any]) -> tuple[float, float, float, float]:
    west, south, east, north = np.array(boxes).T
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())


def _some(shapes: Sequence[Any]) -> Sequence[Any]:
    return shapes[:: len(shapes) // _MOST_LINES + 1]


def _is_area(shape: Any) -> bool:
    return bool(shapely.get_dimensions(shape) == 2)


def _drawn(at: _Paper, shapes: Iterable[Any], name: str) -> Markup:
    """Return shapes as one path each kind: lines and areas as paths, points as circles."""
    lines, circles = [], []
    for shape in shapes:
        for part in shapely.get_parts(shape):
            if part.is_empty:
                continue
            if part.geom_type == "Point":
                ((x, y),) = at.xy(shapely.get_coordinates(part))
                circles.append(Markup('<circle cx="{}" cy="{}" r="4"/>').format(x, y))
            else:
                rings = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
                lines += [_path(at.xy(shapely.get_coordinates(ring))) for ring in rings]
    drawn = Markup('<path d="{}"/>').format(" ".join(lines)) if lines else Markup("")
    return Markup('<g class="{}">{}{}</g>').format(name, drawn, Markup("").join(circles))


def _path(places: Any) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in places.tolist())


def _number(at: _Paper, number: int, candidate: SystemCandidate) -> Markup:
    ((x, y),) = at.xy(np.array([[candidate.longitude, candidate.latitude]]))
    if not (0 <= x <= WIDTH and 0 <= y <= HEIGHT):
        return Markup("")
    return Markup(
        '<g class="lj-w-number"><circle cx="{x}" cy="{y}" r="9"/>'
        '<text x="{x}" y="{t}">{n}</text></g>'
    ).format(x=x, y=y, t=y + 4, n=number)
