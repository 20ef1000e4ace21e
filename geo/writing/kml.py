"""KML 2.2 as Google Earth and phone maps read it: a folder a layer, styled, with typed data.

Column names are kept as they are (``SchemaData``); GDAL shows a column ``id`` as ``id2``, as it has
one of its own. KML is in WGS 84 by its standard. It is written feature by feature, so that memory
holds none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.writing.file_layer import FileLayer, column_type
from geo.writing.geojson import write_whole
from geo.writing.styling import GREY, LayerStyle
from geo.writing.target_systems import TargetSystem

_TYPES = {"boolean": "bool", "integer": "int", "number": "double", "time": "string"}
#: XML has no place for these, not even escaped.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECIMALS, _MOST_INT = 9, 2**31


def write_kml(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write the file; ``notes`` are its description."""
    del system
    write_whole(to, (piece.encode() for piece in _pieces(layers, notes)))


def _pieces(layers: Sequence[FileLayer], notes: Sequence[str]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
    yield f"<Document><name>{_xml(layers[0].title)}</name>"
    if notes:
        yield f"<description>{_xml(' '.join(notes))}</description>"
    for layer in layers:
        yield from _schema(layer)
        yield from _styles(layer)
    for layer in layers:
        yield f"<Folder><name>{_xml(layer.title)}</name>\n"
        yield from _placemarks(layer)
        yield "</Folder>\n"
    yield "</Document></kml>\n"


def _schema(layer: FileLayer) -> Iterator[str]:
    yield f'<Schema name="{layer.name}" id="{layer.name}">'
    for name in layer.columns:
        kind = _type(layer.frame[name])
        yield f'<SimpleField type="{kind}" name={_attribute(name)}/>'
    yield "</Schema>\n"


def _type(column: pd.Series) -> str:
    """Return the type of a field; an ``int`` of KML has 32 bits, a ``double`` holds what has 53."""
    kind = _TYPES.get(column_type(column), "string")
    return "double" if kind == "int" and bool((column.abs() >= _MOST_INT).any()) else kind


def _styles(layer: FileLayer) -> Iterator[str]:
    style = layer.style
    if style is None:
        return
    for number, colour in enumerate([*(one.colour for one in style.entries), GREY]):
        yield f'<Style id="{layer.name}-{number}">{_look(style, colour)}</Style>\n'


def _look(style: LayerStyle, colour: str) -> str:
    solid, filled = f"<color>{_abgr(colour)}</color>", _abgr(colour, style.fill_opacity)
    return (
        f"<IconStyle>{solid}<scale>{style.point_px / 12:.2f}</scale></IconStyle>"
        f"<LineStyle>{solid}<width>{max(style.stroke_px, 1):g}</width></LineStyle>"
        f"<PolyStyle><color>{filled}</color></PolyStyle>"
    )


def _abgr(colour: str, opacity: float = 1.0) -> str:
    """Write a colour as KML does: opacity, blue, green, red."""
    return f"{round(255 * opacity):02x}{colour[5:7]}{colour[3:5]}{colour[1:3]}"


def _placemarks(layer: FileLayer) -> Iterator[str]:
    names, style = layer.columns, layer.style
    kinds = [column_type(layer.frame[name]) for name in names]
    columns = [layer.frame[name].astype(object).tolist() for name in names]
    shown = style.label if style is not None and style.label in names else ""
    for row, shape in enumerate(layer.frame.geometry):
        values = [column[row] for column in columns]
        by_name = dict(zip(names, values, strict=True))
        yield "<Placemark>"
        if shown and not _gap(by_name[shown]):
            yield f"<name>{_xml(str(by_name[shown]))}</name>"
        if style is not None:
            yield f"<styleUrl>#{layer.name}-{_entry(style, by_name)}</styleUrl>"
        yield f'<ExtendedData><SchemaData schemaUrl="#{layer.name}">'
        for name, kind, value in zip(names, kinds, values, strict=True):
            if not _gap(value):
                yield f"<SimpleData name={_attribute(name)}>{_told(kind, value)}</SimpleData>"
        yield "</SchemaData></ExtendedData>"
        yield from _geometry(shape)
        yield "</Placemark>\n"


def _entry(style: LayerStyle, row: dict[str, Any]) -> int:
    value = row.get(style.field)
    entry = style.entry_of(None if _gap(value) else value)
    return len(style.entries) if entry is None else style.entries.index(entry)


def _told(kind: str, value: Any) -> str:
    if kind == "boolean":
        return "1" if value else "0"
    return repr(float(value)) if kind == "number" else _xml(str(value))


def _gap(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value


def _geometry(shape: BaseGeometry | None) -> Iterator[str]:
    if shape is None or shape.is_empty:
        return
    kind = shape.geom_type
    if kind.startswith("Multi") or kind == "GeometryCollection":
        yield "<MultiGeometry>"
        for part in shapely.get_parts(shape):
            yield from _geometry(part)
        yield "</MultiGeometry>"
    elif kind == "Polygon":
        yield f"<Polygon><outerBoundaryIs>{_ring(shape.exterior)}</outerBoundaryIs>"
        for hole in shape.interiors:
            yield f"<innerBoundaryIs>{_ring(hole)}</innerBoundaryIs>"
        yield "</Polygon>"
    else:
        yield f"<{kind}>{_coordinates(shape)}</{kind}>"


def _ring(ring: BaseGeometry) -> str:
    return f"<LinearRing>{_coordinates(ring)}</LinearRing>"


def _coordinates(shape: BaseGeometry) -> str:
    places = np.round(shapely.get_coordinates(shape), _DECIMALS).tolist()
    return f"<coordinates>{' '.join(f'{x!r},{y!r}' for x, y in places)}</coordinates>"


def _xml(text: str) -> str:
    return escape(_NO_XML.sub("", text))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("", text))
