"""How a layer is drawn, as plain data, and as QML: the style files of QGIS.

One description serves the map, a GeoPackage, a KML, a DXF and a QGIS project. Sizes are in pixels
of a screen at 96 dots an inch; QGIS is told millimetres.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from xml.etree import ElementTree as ET

from core.errors import InvalidError

StyleKind = Literal["single", "classes", "categories"]
#: The kinds of geometry that a style is written for.
GeometryKind = Literal["point", "line", "area"]
_MM_PER_PIXEL = 25.4 / 96
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
MOST_ENTRIES, MOST_TEXT = 200, 200
GREY = "#8a8172"
#: The width of outlines of areas that are all alike, in pixels.
SINGLE_PX = 2.5


class BadStyleError(InvalidError):
    """A style cannot be read. Parameter: ``field``."""

    code = "bad_style"


@dataclass(frozen=True)
class StyleEntry:
    """One entry of a legend. ``value``: of a category; of a class its upper bound; else None."""

    value: str | float | None
    title: str
    colour: str


@dataclass(frozen=True)
class LayerStyle:
    """How features are drawn: all alike, by classes of a number, or by the values of a column.

    ``field`` is the column; ``entries`` rise with their bounds in classes, and of a single style
    there is one. ``stroke`` is the colour of outlines (empty: each as its entry), ``stroke_px``
    their width; a line is drawn in the colour of its entry. ``fill_opacity`` from 0 to 1;
    ``point_px`` is a diameter. ``label`` is a column, empty for none. Colours are ``#rrggbb``.
    """

    kind: StyleKind
    entries: tuple[StyleEntry, ...]
    field: str = ""
    stroke: str = "#ffffff"
    stroke_px: float = 1.0
    fill_opacity: float = 0.6
    point_px: float = 10.0
    label: str = ""

    @classmethod
    def single(cls, colour: str, title: str = "", **more: Any) -> LayerStyle:
        """Return a style that draws all features in one colour."""
        return cls("single", (StyleEntry(None, title, colour),), **more)

    def colour_of(self, value: Any) -> str:
        """Return the colour of a feature by its value in ``field``; grey for none."""
        entry = self.entry_of(value)
        return GREY if entry is None else entry.colour

    def entry_of(self, value: Any) -> StyleEntry | None:
        """Return the entry of a feature by its value in ``field``; None where none fits."""
        if self.kind == "single":
            return self.entries[0]
        if self.kind == "categories":
            return next((one for one in self.entries if one.value == value), None)
        if value is None or value != value:
            return None
        return next((one for one in self.entries if float(value) <= float(one.value or 0)), None)

    def to_json(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        told = {name: getattr(self, name) for name in _NAMES}
        entries = [[one.value, one.title, one.colour] for one in self.entries]
        return {**told, "entries": entries}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> LayerStyle:
        """Return what ``to_json`` gave; raises :class:`BadStyleError` for anything else."""
        try:
            entries = tuple(StyleEntry(*one) for one in given["entries"])
            style = cls(entries=entries, **{name: given[name] for name in _NAMES if name in given})
        except (KeyError, TypeError, ValueError):
            raise BadStyleError(field="style") from None
        style.check()
        return style

    def check(self) -> None:
        """Raise :class:`BadStyleError` naming the first field that cannot be."""
        for name, good in (
            ("kind", self.kind in get_args(StyleKind)),
            ("entries", 0 < len(self.entries) <= MOST_ENTRIES and all(map(_sound, self.entries))),
            ("entries", self.kind != "classes" or _rising(self.entries)),
            ("field", _text(self.field) and (self.kind == "single" or bool(self.field))),
            ("label", _text(self.label)),
            ("stroke", not self.stroke or _is_colour(self.stroke)),
            ("stroke_px", _within(self.stroke_px, 0, 20)),
            ("fill_opacity", _within(self.fill_opacity, 0, 1)),
            ("point_px", _within(self.point_px, 1, 60)),
        ):
            if not good:
                raise BadStyleError(field=name)


_NAMES = ("kind", "field", "stroke", "stroke_px", "fill_opacity", "point_px", "label")


def _is_colour(value: Any) -> bool:
    return isinstance(value, str) and _COLOUR.fullmatch(value) is not None


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MOST_TEXT


def _within(value: Any, least: float, most: float) -> bool:
    return isinstance(value, int | float) and least <= value <= most


def _sound(entry: StyleEntry) -> bool:
    value = entry.value
    good = value is None or _text(value) or (isinstance(value, int | float) and value == value)
    return good and _text(entry.title) and _is_colour(entry.colour)


def _rising(entries: tuple[StyleEntry, ...]) -> bool:
    bounds = [one.value for one in entries if isinstance(one.value, int | float)]
    return len(bounds) == len(entries) and bounds == sorted(bounds)


def outline_of(style: LayerStyle, colour: Any) -> tuple[Any, float]:
    """Return the colour and width in pixels of the outline of an area that is filled in a colour.

    Where all are alike, in that colour, so that areas without much filling are seen.
    """
    return (colour, SINGLE_PX) if style.kind == "single" else (style.stroke, style.stroke_px)


def line_px(style: LayerStyle) -> float:
    """Return the width of a line in pixels."""
    return max(style.stroke_px, 1.0)


def to_qml(style: LayerStyle, geometry: GeometryKind) -> str:
    """Return a style as QML, for a layer of points, lines or areas."""
    labels = "1" if style.label else "0"
    root = ET.Element(
        "qgis", version="3.28", styleCategories="Symbology|Labeling", labelsEnabled=labels
    )
    root.append(_renderer(style, geometry))
    if style.label:
        root.append(_labeling(style.label, geometry))
    ET.SubElement(root, "layerGeometryType").text = str(_GEOMETRIES.index(geometry))
    text = ET.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}"


_GEOMETRIES: tuple[GeometryKind, ...] = ("point", "line", "area")
_SYMBOLS: Mapping[GeometryKind, str] = {"point": "marker", "line": "line", "area": "fill"}
_RENDERERS: Mapping[StyleKind, str] = {
    "single": "singleSymbol",
    "classes": "graduatedSymbol",
    "categories": "categorizedSymbol",
}


def _renderer(style: LayerStyle, geometry: GeometryKind) -> ET.Element:
    kind = _RENDERERS[style.kind]
    renderer = ET.Element(
        "renderer-v2", type=kind, symbollevels="0", enableorderby="0", forceraster="0"
    )
    if style.kind == "classes":
        renderer.set("graduatedMethod", "GraduatedColor")
    if style.kind != "single":
        renderer.set("attr", style.field)
        _legend(renderer, style)
    symbols = ET.SubElement(renderer, "symbols")
    for number, entry in enumerate(style.entries):
        symbols.append(_symbol(style, geometry, entry.colour, str(number)))
    return renderer


def _legend(renderer: ET.Element, style: LayerStyle) -> None:
    """Write which values have which symbol."""
    parent = ET.SubElement(renderer, "ranges" if style.kind == "classes" else "categories")
    lower = 0.0
    for number, entry in enumerate(style.entries):
        told = {"symbol": str(number), "label": entry.title, "render": "true"}
        if style.kind == "categories":
            told |= {"value": "" if entry.value is None else str(entry.value), "type": "string"}
            ET.SubElement(parent, "category", told)
        else:
            upper = float(entry.value or 0)
            lower = min(lower, upper) if number else min(0.0, upper - 1e12 * (upper < 0))
            ET.SubElement(parent, "range", {**told, "lower": repr(lower), "upper": repr(upper)})
            lower = upper


def _symbol(style: LayerStyle, geometry: GeometryKind, colour: str, name: str) -> ET.Element:
    symbol = ET.Element("symbol", type=_SYMBOLS[geometry], name=name, alpha="1", clip_to_extent="1")
    kind = {"point": "SimpleMarker", "line": "SimpleLine", "area": "SimpleFill"}[geometry]
    layer = ET.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "pass": "0"})
    told = _drawn(style, geometry, colour)
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in told.items():
        ET.SubElement(options, "Option", name=key, value=value, type="QString")
    for key, value in told.items():  # as QGIS before 3.26 reads them
        ET.SubElement(layer, "prop", k=key, v=value)
    return symbol


def _drawn(style: LayerStyle, geometry: GeometryKind, colour: str) -> dict[str, str]:
    if geometry == "line":
        width = f"{line_px(style) * _MM_PER_PIXEL:.3f}"
        return {"line_color": _rgba(colour), "line_width": width, "line_width_unit": "MM"}
    stroke, stroke_px = style.stroke, style.stroke_px
    if geometry == "area":
        stroke, stroke_px = outline_of(style, colour)
    width = f"{stroke_px * _MM_PER_PIXEL:.3f}"
    outline = {
        "outline_color": _rgba(stroke or colour),
        "outline_width": width,
        "outline_width_unit": "MM",
        "outline_style": "solid" if stroke_px else "no",
    }
    if geometry == "area":
        return {"color": _rgba(colour, style.fill_opacity), "style": "solid", **outline}
    size = f"{style.point_px * _MM_PER_PIXEL:.3f}"
    return {"color": _rgba(colour), "name": "circle", "size": size, "size_unit": "MM", **outline}


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the red, green and blue (0 to 255) of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _rgba(colour: str, opacity: float = 1.0) -> str:
    return ",".join(map(str, (*rgb(colour), round(255 * opacity))))


def _labeling(field: str, geometry: GeometryKind) -> ET.Element:
    labeling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    text = ET.SubElement(settings, "text-style", fieldName=field, isExpression="0")
    text.attrib |= {"fontSize": "9", "fontSizeUnit": "Point", "textColor": "40,40,40,255"}
    halo = {"bufferDraw": "1", "bufferSize": "0.8", "bufferSizeUnits": "MM"}
    ET.SubElement(text, "text-buffer", {**halo, "bufferColor": "255,255,255,255"})
    placement = {"point": "0", "line": "2", "area": "1"}[geometry]
    ET.SubElement(settings, "placement", placement=placement, quadOffset="4", dist="1")
    # Unless told, QGIS keeps all labels off the inside of areas.
    ET.SubElement(settings, "rendering", obstacle="0", drawLabels="1")
    return labeling
