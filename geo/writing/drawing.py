"""DXF (AutoCAD 2018) in metres: layers by category, pins as blocks whose attributes say all.

A drawing has no coordinate system of its own: a title in it says which one its numbers are in.
Each value of the column ``by`` of a layer has a layer in the drawing, called as in the legend, in
its colour. A point is the block PIN; a line or an area is drawn, and a block at a point of it
carries its attributes: those that say something, a truth as 1. Chinese is set in simsun.ttc.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import InvalidError
from geo.writing.file_layer import FileLayer, column_type
from geo.writing.styling import GREY, rgb
from geo.writing.target_systems import TargetSystem

if TYPE_CHECKING:  # ezdxf takes a third of a second to load: only whoever draws waits for it
    from ezdxf.document import Drawing
    from ezdxf.entities.insert import Insert
    from ezdxf.layouts.blocklayout import BlockLayout
    from ezdxf.layouts.layout import Modelspace

PIN, FONT, STYLE, TITLE_LAYER = "PIN", "simsun.ttc", "LUJIAN", "LuJian"
#: Metres: a pin is as large as a parked bicycle, its text readable at 1:1000.
_PIN_M, _TEXT_M = 2.0, 2.5
#: More than this no CAD program opens without trouble; ezdxf holds all of it in memory.
MOST_FEATURES = 20_000
#: A text of a drawing is one line, and not longer.
_MOST_TEXT = 250
_NO_NAME = re.compile(r'[<>/\\":;?*|=`,\x00-\x1f]')
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_NO_TAG = re.compile(r"[^A-Z0-9_]+")


class TooManyForDrawingError(InvalidError):
    """A drawing cannot hold so many features. Parameters: ``count``, ``most``."""

    code = "too_many_for_drawing"


def write_dxf(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write the drawing. Raises :class:`TooManyForDrawingError`."""
    count = sum(len(layer.frame) for layer in layers)
    if count > MOST_FEATURES:
        raise TooManyForDrawingError(count=count, most=MOST_FEATURES)
    drawing = _new_drawing()
    for number, layer in enumerate(layers):
        _Layer(drawing, layer, PIN if number == 0 else f"{PIN}_{layer.name.upper()}").draw()
    _title(drawing.modelspace(), layers, system, notes)
    drawing.saveas(to)


def _new_drawing() -> Drawing:
    from ezdxf import units
    from ezdxf.filemanagement import new

    drawing = new("R2018", setup=False)
    drawing.header["$INSUNITS"] = units.M
    drawing.header["$MEASUREMENT"] = 1
    drawing.header["$LUNITS"] = 2
    drawing.styles.add(STYLE, font=FONT)
    drawing.layers.add(TITLE_LAYER)
    return drawing


class _Layer:
    """Draws the features of one layer of a file."""

    def __init__(self, drawing: Drawing, layer: FileLayer, block: str) -> None:
        self._drawing, self._space, self._layer = drawing, drawing.modelspace(), layer
        self._tags = _tags(layer.columns)
        self._label = layer.style.label if layer.style is not None else ""
        self._block = block
        self._blocks: dict[str, BlockLayout] = {}
        self._names: dict[Any, str] = {}

    def draw(self) -> None:
        """Draw all features."""
        names = self._layer.columns
        kinds = [column_type(self._layer.frame[name]) for name in names]
        columns = [self._layer.frame[name].astype(object).tolist() for name in names]
        for row, shape in enumerate(self._layer.frame.geometry):
            if shape is None or shape.is_empty:
                continue
            values = {
                name: _text(kind, column[row])
                for name, kind, column in zip(names, kinds, columns, strict=True)
            }
            self._feature(shape, values, self._drawn_on(row))

    def _drawn_on(self, row: int) -> str:
        """Return the name of the drawing's layer that a feature is on."""
        layer = self._layer
        value = layer.frame[layer.by].iat[row] if layer.by else None
        value = None if value is pd.NA or value != value else value
        if value not in self._names:
            self._names[value] = self._new_layer(value)
        return self._names[value]

    def _new_layer(self, value: Any) -> str:
        style, title = self._layer.style, self._layer.title
        entry = style.entry_of(value) if style and style.field == self._layer.by else None
        if value is not None:
            title = f"{title}-{entry.title if entry and entry.title else value}"
        name = _NO_NAME.sub("_", title)[:200].strip() or self._layer.name
        colour = entry.colour if entry else style.entries[0].colour if style else GREY
        if name not in self._drawing.layers:
            made = self._drawing.layers.add(name)
            made.rgb = rgb(colour if style is None or style.kind != "classes" else GREY)
        return name

    def _feature(self, shape: BaseGeometry, values: Mapping[str, str], on: str) -> None:
        for part in shapely.get_parts(shape):
            if part.geom_type == "Point":
                self._insert(part, self._block, values, on)
            else:
                self._outline(part, on)
        if shapely.get_dimensions(shape) > 0:
            at = shapely.point_on_surface(shape)
            # The name of an area is as large as the area has room for.
            height_m = max(_TEXT_M, float(np.sqrt(shapely.area(shape))) / 30)
            self._insert(at, f"{self._block}_INFO", values, on, height_m)

    def _outline(self, part: BaseGeometry, on: str) -> None:
        closed = part.geom_type == "Polygon"
        rings = [part.exterior, *part.interiors] if closed else [part]
        for ring in rings:
            places = shapely.get_coordinates(ring)
            self._space.add_lwpolyline(
                places[:-1] if closed else places, close=closed, dxfattribs={"layer": on}
            )

    def _insert(
        self,
        at: BaseGeometry,
        block: str,
        values: Mapping[str, str],
        on: str,
        height_m: float = _TEXT_M,
    ) -> None:
        self._block_of(block)
        place = shapely.get_coordinates(at)[0]
        insert: Insert = self._space.add_blockref(block, place, dxfattribs={"layer": on})
        told = [(name, tag) for name, tag in self._tags.items() if values[name]]
        for number, (name, tag) in enumerate(told):
            attribute = insert.add_attrib(tag, values[name], place + _beside(number))
            attribute.dxf.style, attribute.dxf.layer = STYLE, on
            attribute.dxf.height = height_m if name == self._label else _TEXT_M
            attribute.is_invisible = name != self._label

    def _block_of(self, name: str) -> None:
        """Define a block: a pin with its attributes, or the attributes alone."""
        if name in self._blocks:
            return
        block = self._drawing.blocks.new(name)
        if not name.endswith("_INFO"):
            block.add_circle((0, 0), _PIN_M)
            block.add_line((-_PIN_M, 0), (_PIN_M, 0))
            block.add_line((0, -_PIN_M), (0, _PIN_M))
        for number, (column, tag) in enumerate(self._tags.items()):
            given = {"style": STYLE, "height": _TEXT_M, "prompt": _line(column)}
            made = block.add_attdef(tag, _beside(number), dxfattribs=given)
            made.is_invisible = column != self._label
        self._blocks[name] = block


def _beside(number: int) -> Any:
    """Return where the text of an attribute begins, from the middle of its pin (metres)."""
    return np.array([_PIN_M * 1.5, -_TEXT_M * 1.5 * number])


def _tags(columns: Sequence[str]) -> dict[str, str]:
    """Return the tag of each column: capitals without blanks, each of its own."""
    told: dict[str, str] = {}
    for number, name in enumerate(columns, 1):
        tag = _NO_TAG.sub("_", name.upper()).strip("_") or f"FIELD_{number}"
        told[name] = tag if tag not in told.values() else f"{tag}_{number}"
    return told


def _text(kind: str, value: Any) -> str:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    if kind == "number":
        return f"{float(value):.10g}"
    if kind == "boolean":
        return "1" if value else ""
    return _line(str(value))


def _line(text: str) -> str:
    """Return a text as one line of a drawing, in which ``^`` and ``%%`` have no meaning."""
    plain = _NO_TEXT.sub(" ", text).replace("%%", "% %").replace("^", "^ ").strip()
    return plain if len(plain) <= _MOST_TEXT else plain[: _MOST_TEXT - 1] + "…"


def _title(
    space: Modelspace, layers: Sequence[FileLayer], system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write below everything what the drawing is, and which system its numbers are in."""
    from ezdxf.enums import TextEntityAlignment

    filled = [layer.frame for layer in layers if not layer.frame.geometry.is_empty.all()]
    boxes = np.array([frame.total_bounds for frame in filled if len(frame)]).reshape(-1, 4)
    west, south, east, north = (
        (*np.nanmin(boxes[:, :2], axis=0), *np.nanmax(boxes[:, 2:], axis=0))
        if len(boxes)
        else (0.0, 0.0, 0.0, 0.0)
    )
    height = max((east - west) / 60, (north - south) / 60, 5.0)
    titles = " · ".join(dict.fromkeys(layer.title for layer in layers))
    for number, line in enumerate([titles, system.code, *notes]):
        text = space.add_text(
            _line(line), height=height, dxfattribs={"layer": TITLE_LAYER, "style": STYLE}
        )
        text.set_placement(
            (west, south - height * (3 + 2 * number)), align=TextEntityAlignment.LEFT
        )
