"""The map that is printed: the ground of a campaign as SVG, in Web Mercator, and its labels.

The colours are those of the map on the screen (``layers/map/static/lujian-map.js``). Lengths are in
the drawing's own units: pixels of a picture, points of a page.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from shapely import MultiPolygon, Polygon, box
from shapely.geometry import mapping, shape

from core.language import in_language
from geo.cluster_index import Floats, mercator_unit

_BACKGROUND = "#eef0ea"
_AREA = "#fbfaf6"
#: Layer, fill, stroke, width, dashes: from the bottom up.
_AREAS = (
    ("parks", "#d5ebcf", "#9cc79a", 0.8),
    ("river", "#bfe0f2", "#9cc9e6", 1.2),
)
_ROADS = (("secondary", "#e1ddd0", 2.4), ("main", "#d9cfa6", 3.6), ("expressway", "#e9a24b", 4.6))
#: Layers that are drawn in colours of their own where the office gave them some.
_OWN = ("parks", "river", "roads", "railway")
_MARGIN = 0.04


@dataclass(frozen=True)
class MapFrame:
    """A window onto the map: ``width`` × ``height`` units, and what part of the earth it shows."""

    width: float
    height: float
    west: float
    north: float
    units: float
    """Units of the drawing to one side of the whole Web Mercator square."""

    @classmethod
    def around(
        cls, bounds: tuple[float, float, float, float], width: float, height: float
    ) -> MapFrame:
        """Frame a WGS 84 box (west, south, east, north), with a small margin, in the middle."""
        x, y = mercator_unit(np.array(bounds[0::2]), np.array(bounds[1::2]))
        across, down = float(x[1] - x[0]), float(y[0] - y[1])
        units = min(width / max(across, 1e-9), height / max(down, 1e-9)) / (1 + 2 * _MARGIN)
        west = float(x.mean()) - width / units / 2
        north = float(y.mean()) - height / units / 2
        return cls(width, height, west, north, units)

    def place(self, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
        """Return where WGS 84 places lie in the drawing: x to the right, y down."""
        x, y = mercator_unit(longitude, latitude)
        return (x - self.west) * self.units, (y - self.north) * self.units

    def one(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return where one place lies in the drawing."""
        x, y = self.place(np.array([longitude]), np.array([latitude]))
        return float(x[0]), float(y[0])


@dataclass(frozen=True)
class Label:
    """A name on the map; ``x`` and ``y`` are the middle of its text."""

    text: str
    kind: str
    x: float
    y: float
    size: float


def ground_svg(
    ground: dict[str, Any],
    area: Polygon | MultiPolygon,
    frame: MapFrame,
    *,
    line: float = 1.0,
    over: str = "",
) -> str:
    """Draw the ground; ``line`` scales the strokes, ``over`` is SVG drawn on top of it."""
    outline = _path(mapping(area), frame)
    whole = f"M0 0H{frame.width:g}V{frame.height:g}H0Z"
    parts = [
        f'<path d="{whole}" fill="{_BACKGROUND}"/>',
        f'<path d="{outline}" fill="{_AREA}"/>',
        *_fills(ground, frame, line),
        *_roads(ground, frame, line),
        *_railways(ground, frame, line),
        *_own_colours(ground, frame, line),
        _stroke(
            _layer(ground, "communities", frame),
            "#b3a58f",
            1.1 * line,
            f"{3 * line:g} {3 * line:g}",
        ),
        f'<path d="{whole}{outline}" fill="{_BACKGROUND}" fill-opacity=".62" fill-rule="evenodd"/>',
        _stroke(outline, "#1f6f8b", 2.4 * line, ""),
        over,
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width:g} {frame.height:g}" '
        f'width="{frame.width:g}" height="{frame.height:g}">{"".join(parts)}</svg>'
    )


def areas_svg(areas: Iterable[tuple[Any, str, bool]], frame: MapFrame, *, line: float = 1.0) -> str:
    """Draw WGS 84 polygons, each with its colour as #rrggbb; striped ones stand on few."""
    parts, stripes = [], set()
    for area, colour, striped in areas:
        fill = f"url(#few{colour[1:]})" if striped else colour
        stripes |= {colour} if striped else set()
        parts.append(
            f'<path d="{_path(mapping(area), frame)}" fill="{fill}" fill-opacity=".62" '
            f'fill-rule="evenodd" stroke="#8a8172" stroke-width="{0.6 * line:g}"/>'
        )
    patterns = "".join(_stripes(colour, 5 * line) for colour in sorted(stripes))
    return (f"<defs>{patterns}</defs>" if patterns else "") + "".join(parts)


def _stripes(colour: str, size: float) -> str:
    return (
        f'<pattern id="few{colour[1:]}" width="{size:g}" height="{size:g}" '
        'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="{size / 2:g}" height="{size:g}" fill="{colour}"/></pattern>'
    )


def picture_svg(png: bytes, bounds: tuple[float, float, float, float], frame: MapFrame) -> str:
    """Lay a picture in Web Mercator on its box (west, south, east, north in WGS 84)."""
    west, south, east, north = bounds
    (left, top), (right, bottom) = frame.one(west, north), frame.one(east, south)
    data = base64.b64encode(png).decode()
    return (
        f'<image x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" '
        f'height="{bottom - top:.2f}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{data}"/>'
    )


def rings_svg(
    areas: Iterable[Any], frame: MapFrame, *, doubtful: Iterable[bool], line: float = 1.0
) -> str:
    """Draw the outlines of hotspots (WGS 84 polygons), the doubtful ones dashed."""
    sure = 'fill-opacity=".2"'
    dashed = f'fill-opacity=".05" stroke-dasharray="{3 * line:g} {2.4 * line:g}"'
    return "".join(
        f'<path d="{_path(mapping(area), frame)}" fill="#e4572e" {dashed if doubts else sure} '
        f'stroke="#b3261e" stroke-width="{1.4 * line:g}"/>'
        for area, doubts in zip(areas, doubtful, strict=True)
    )


def things_svg(
    features: Iterable[dict[str, Any]], colour: str, frame: MapFrame, *, line: float = 1.0
) -> str:
    """Draw GeoJSON features (WGS 84) in one colour: areas and lines as they are, points as dots."""
    parts = []
    for feature in features:
        geometry = feature.get("geometry")
        if not geometry:
            continue
        kind = geometry["type"]
        if kind in {"Point", "MultiPoint"}:
            places = [geometry["coordinates"]] if kind == "Point" else geometry["coordinates"]
            spots = (frame.one(*place[:2]) for place in places)
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{2.6 * line:g}" fill="{colour}" '
                f'stroke="#ffffff" stroke-width="{0.6 * line:g}"/>'
                for x, y in spots
            ]
            continue
        fill = f'fill="{colour}" fill-opacity=".35"' if "Polygon" in kind else 'fill="none"'
        parts.append(
            f'<path d="{_path(geometry, frame)}" {fill} fill-rule="evenodd" stroke="{colour}" '
            f'stroke-width="{1.2 * line:g}"/>'
        )
    return "".join(parts)


def drawn_part_svg(
    corners: Sequence[tuple[float, float]], frame: MapFrame, *, line: float = 1.0
) -> str:
    """Draw the outline of a part of the map; ``corners`` are WGS 84 longitudes and latitudes."""
    path = _line(corners, frame, "Z")
    return _stroke(path, "#0b5fa5", 1.8 * line, f"{5 * line:g} {3 * line:g}")


def pin_svg(x: float, y: float, size: float) -> str:
    """Draw the red pin of the project with its tip on a place, ``size`` units high."""
    scale = size / 46
    return (
        f'<g transform="translate({x - 18 * scale:.2f} {y - 45 * scale:.2f}) scale({scale:.4f})">'
        '<path d="M18 45C18 45 34 27 34 17A16 16 0 1 0 2 17C2 27 18 45 18 45Z" fill="#c62828" '
        'stroke="#fff" stroke-width="2"/><circle cx="18" cy="17" r="6" fill="#fff"/></g>'
    )


def stations_svg(ground: dict[str, Any], frame: MapFrame, size: float) -> str:
    """Draw a sign at each station, ``size`` units across."""
    signs = []
    for feature in _stations(ground):
        x, y = frame.one(*feature["geometry"]["coordinates"][:2])
        signs.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size / 2:g}" fill="#1d3b66" stroke="#fff" '
            f'stroke-width="{size / 5:g}"/>'
        )
    return "".join(signs)


def labels(
    ground: dict[str, Any],
    frame: MapFrame,
    language: str,
    *,
    size: float,
    kinds: Iterable[str] = ("stations", "river", "communities"),
) -> list[Label]:
    """Return the names that fit without covering each other; the more important come first."""
    placed = [_sign(feature, frame, size) for feature in _stations(ground)]
    signs = len(placed)
    for wanted in _wanted(ground, frame, language, size, set(kinds)):
        half = _half_width(wanted) + size / 2
        inside = half < frame.width - half and size < wanted.y < frame.height - size
        label = replace(wanted, x=min(max(wanted.x, half), frame.width - half))
        near = abs(label.x - wanted.x) < half
        told = any(label.text == other.text for other in placed if other.kind == label.kind)
        if inside and near and not told and not any(_touch(label, other) for other in placed):
            placed.append(label)
    return [label for label in placed[signs:] if label.text]


def read_ground(body: bytes) -> dict[str, Any]:
    """Read the ground as ``layers.basemap.ground`` gives it."""
    ground: dict[str, Any] = json.loads(body)
    return ground


def name_of(properties: dict[str, Any], language: str) -> str:
    """Return a feature's name in a language, whichever way its layer writes it."""
    chinese = properties.get("name_zh") or properties.get("name")
    return in_language({"zh_CN": chinese, "en": properties.get("name_en")}, language)


def _wanted(
    ground: dict[str, Any], frame: MapFrame, language: str, size: float, kinds: set[str]
) -> Iterator[Label]:
    if "stations" in kinds:
        for feature in _stations(ground):
            x, y = frame.one(*feature["geometry"]["coordinates"][:2])
            name = name_of(feature["properties"], language)
            yield Label(name, "stations", x, y + size * 1.25, size)
            yield Label(name, "stations", x, y - size * 1.25, size)
    for kind in ("river", "communities"):
        if kind not in kinds:
            continue
        for feature in ground.get(kind, {"features": []})["features"]:
            x, y = _middle(feature["geometry"], frame, level=kind == "river")
            name = name_of(feature["properties"], language).removesuffix("社区")
            yield Label(name, kind, x, y, size * 0.86)


def _sign(station: dict[str, Any], frame: MapFrame, size: float) -> Label:
    """Return a station's sign as something that no name may cover."""
    x, y = frame.one(*station["geometry"]["coordinates"][:2])
    return Label("", "sign", x, y, size / 2)


def _stations(ground: dict[str, Any]) -> list[dict[str, Any]]:
    features = ground.get("stations", {"features": []})["features"]
    return [f for f in features if f["properties"].get("kind") != "station_exit"]


def _middle(geometry: dict[str, Any], frame: MapFrame, *, level: bool) -> tuple[float, float]:
    """Return a point inside a shape; of a long one (``level``), near its western third."""
    form = shape(geometry)
    if level:
        west, south, east, north = form.bounds
        cut = west + 0.3 * (east - west)
        form = form.intersection(box(cut, south, cut + 0.05 * (east - west), north))
    point = form.representative_point()
    return frame.one(point.x, point.y)


def _half_width(label: Label) -> float:
    wide = sum(1.0 if ord(c) > 0x2E80 else 0.55 for c in label.text)
    return wide * label.size / 2


def _touch(one: Label, other: Label) -> bool:
    return (
        abs(one.x - other.x) < _half_width(one) + _half_width(other) + 0.4 * one.size
        and abs(one.y - other.y) < (one.size + other.size) * 0.7
    )


def _fills(ground: dict[str, Any], frame: MapFrame, line: float) -> Iterator[str]:
    for name, fill, stroke, width in _AREAS:
        path = _layer(ground, name, frame)
        yield (
            f'<path d="{path}" fill="{fill}" stroke="{stroke}" stroke-width="{width * line:g}" '
            'fill-rule="evenodd"/>'
        )


def _roads(ground: dict[str, Any], frame: MapFrame, line: float) -> Iterator[str]:
    for kind, colour, width in _ROADS:
        yield _stroke(_layer(ground, "roads", frame, kind=kind), colour, width * line, "")


def _railways(ground: dict[str, Any], frame: MapFrame, line: float) -> Iterator[str]:
    path = _layer(ground, "railway", frame)
    yield _stroke(path, "#6d6d6d", 2.6 * line, "")
    yield _stroke(path, "#ffffff", 1.5 * line, f"{6 * line:g} {6 * line:g}")


def _own_colours(ground: dict[str, Any], frame: MapFrame, line: float) -> Iterator[str]:
    """Draw what the office gave colours of its own: areas filled, lines in their colour."""
    styles = ground.get("styles", {})
    features = [one for name in _OWN for one in ground.get(name, {"features": []})["features"]]
    for feature in features:
        style = styles.get(feature["properties"].get("drawn_as"))
        if style is None:
            continue
        colour, path = feature["properties"]["drawn"], _path(feature["geometry"], frame)
        if "Line" in feature["geometry"]["type"]:
            yield _stroke(path, colour, style["line_px"] * line, "")
            continue
        edge = (
            f'stroke="{style["outline"] or colour}" stroke-width="{style["outline_px"] * line:g}"'
        )
        yield (
            f'<path d="{path}" fill="{colour}" fill-opacity="{style["fill_opacity"]:g}" {edge} '
            'fill-rule="evenodd"/>'
        )


def _stroke(path: str, colour: str, width: float, dashes: str) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    ends = "butt" if dashes else "round"
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        f'stroke-linejoin="round" stroke-linecap="{ends}"{dashed}/>'
    )


def _layer(ground: dict[str, Any], name: str, frame: MapFrame, kind: str | None = None) -> str:
    features = ground.get(name, {"features": []})["features"]
    return "".join(
        _path(feature["geometry"], frame)
        for feature in features
        if (kind is None or feature["properties"].get("kind") == kind)
        and "drawn" not in feature["properties"]
    )


def _path(geometry: dict[str, Any], frame: MapFrame) -> str:
    """Write the lines and rings of a GeoJSON geometry as SVG path data; points give nothing."""
    kind, rows = geometry["type"], geometry.get("coordinates", ())
    if kind == "LineString":
        return _line(rows, frame, "")
    if kind in {"Polygon", "MultiLineString"}:
        end = "Z" if kind == "Polygon" else ""
        return "".join(_line(row, frame, end) for row in rows)
    if kind == "MultiPolygon":
        return "".join(_line(ring, frame, "Z") for part in rows for ring in part)
    return ""


def _line(positions: Any, frame: MapFrame, end: str) -> str:
    x, y = frame.place(
        np.array([p[0] for p in positions], float), np.array([p[1] for p in positions], float)
    )
    points = " ".join(f"{a:.1f} {b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    return f"M{points}{end}"
