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
from geo.writing.styling import LayerStyle

WIDTH, HEIGHT, MARGIN = 640, 420, 16
MOST_DRAWN, MOST_LABELS = 600, 80
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


def coloured_map(
    ground: KnownGround,
    drawn: Sequence[tuple[Any, str, str]],
    style: LayerStyle,
    *,
    label: str,
) -> Markup:
    """Return shapes (WGS 84) in their colours and with their labels, on roads and borders.

    The paper is as large as the shapes alone need. Colours come from a checked style.
    """
    box = _box([], [shape for shape, _colour, _text in drawn])
    if box is None:
        return Markup("")
    at = _Paper(box)
    known = [] if ground.area is None else [ground.area]
    parts = [_drawn(at, known, "lj-w-area"), _drawn(at, _some(ground.roads), "lj-w-road")]
    for shape, colour, _text in drawn:
        line = shapely.get_dimensions(shape) == 1
        told = Markup(
            '<g class="lj-w-styled" fill="{fill}" fill-opacity="{opacity}" stroke="{stroke}" '
            'stroke-width="{width}">{body}</g>'
        ).format(
            fill="none" if line else colour,
            opacity=0.95 if shapely.get_dimensions(shape) == 0 else style.fill_opacity,
            stroke=colour if line else style.stroke,
            width=max(style.stroke_px, 1) if line else style.stroke_px,
            body=_shapes(at, [shape], radius=style.point_px / 2),
        )
        parts.append(told)
    parts += _labels(at, [(shape, text) for shape, _colour, text in drawn if text])
    return Markup(
        '<svg class="lj-where" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{body}</svg>'
    ).format(w=WIDTH, h=HEIGHT, label=label, body=Markup("").join(parts))


def _labels(at: _Paper, named: Sequence[tuple[Any, str]]) -> list[Markup]:
    """Return labels, the first first; one that would lie on another is left out."""
    made: list[Markup] = []
    taken: list[tuple[float, float, float]] = []
    for shape, text in named[:MOST_LABELS]:
        spot = shape.representative_point()
        ((x, y),) = at.xy(np.array([[spot.x, spot.y]])).tolist()
        half = 7.0 * len(text[:24])
        if any(abs(x - u) < half + w and abs(y - v) < 16 for u, v, w in taken):
            continue
        taken.append((x, y, half))
        label = Markup('<text class="lj-w-label" x="{}" y="{}">{}</text>')
        made.append(label.format(x, y + 4, text[:24]))
    return made


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
    """Return shapes as a group of a class."""
    return Markup('<g class="{}">{}</g>').format(name, _shapes(at, shapes))


def _shapes(at: _Paper, shapes: Iterable[Any], *, radius: float = 4.0) -> Markup:
    """Return lines and areas as one path, points as circles."""
    lines, circles = [], []
    for shape in shapes:
        for part in shapely.get_parts(shape):
            if part.is_empty:
                continue
            if part.geom_type == "Point":
                ((x, y),) = at.xy(shapely.get_coordinates(part))
                circle = Markup('<circle cx="{}" cy="{}" r="{}"/>')
                circles.append(circle.format(x, y, f"{radius:g}"))
            else:
                rings = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
                lines += [_path(at.xy(shapely.get_coordinates(ring))) for ring in rings]
    drawn = Markup('<path d="{}"/>').format(" ".join(lines)) if lines else Markup("")
    return drawn + Markup("").join(circles)


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
