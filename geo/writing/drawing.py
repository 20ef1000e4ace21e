"""DXF (AutoCAD 2018) in metres: layers by category, pins as blocks whose attributes say all.

A drawing has no coordinate system of its own: a title in it says which one its numbers are in.
Each value of the column ``by`` of a layer has a layer in the drawing, called as in the legend, in
its colour. A point is the block PIN; a line or an area is drawn, and a block at a point of it
carries its attributes: those that say something, a truth as 1. Chinese is set in simsun.ttc.

Entities are written and forgotten a thousand features at a time, so that memory does not grow with
the drawing: ezdxf writes each as it does itself, and the rest of the document is put around them.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from core.errors import InvalidError
from geo.writing.file_layer import FileLayer, Progress, column_type
from geo.writing.styling import GREY, rgb
from geo.writing.target_systems import TargetSystem

if TYPE_CHECKING:  # ezdxf takes a third of a second to load: only whoever draws waits for it
    from ezdxf.document import Drawing
    from ezdxf.entities.insert import Insert
    from ezdxf.layouts.blocklayout import BlockLayout

PIN, FONT, STYLE, TITLE_LAYER = "PIN", "simsun.ttc", "LUJIAN", "LuJian"
#: Metres: a pin is as large as a parked bicycle, its text readable at 1:1000.
_PIN_M, _TEXT_M = 2.0, 2.5
#: Two minutes of a processor and 260 MB of file, for proposals with a dozen answers: beyond that a
#: drawing takes a CAD program longer to open than anybody waits.
MOST_FEATURES = 100_000
#: So many features are held at a time.
_AT_A_TIME = 1_000
#: Behind this stand the entities of a document.
_ENTITIES = "  0\nSECTION\n  2\nENTITIES\n"
#: A text of a drawing is one line, and not longer.
_MOST_TEXT = 250
_NO_NAME = re.compile(r'[<>/\\":;?*|=`,\x00-\x1f]')
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_NO_TAG = re.compile(r"[^A-Z0-9_]+")


class TooManyForDrawingError(InvalidError):
    """A drawing cannot hold so many features. Parameters: ``count``, ``most``."""

    code = "too_many_for_drawing"


def write_dxf(
    layers: Sequence[FileLayer],
    to: Path,
    system: TargetSystem,
    notes: Sequence[str],
    tell: Progress | None = None,
) -> None:
    """Write the drawing. ``tell`` is told how much is done and may raise to end the work.

    Raises :class:`TooManyForDrawingError`.
    """
    check_drawable(sum(len(layer.frame) for layer in layers))
    drawing = _new_drawing()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="dxfreplace", newline="\n") as body:
        written = _Written(drawing, body, layers, tell)
        for number, layer in enumerate(layers):
            block = PIN if number == 0 else f"{PIN}_{layer.name.upper()}"
            _Layer(drawing, layer, block, written).draw()
        _title(drawing, layers, system, notes)
        written.flush()
        _around(drawing, body, to)


def check_drawable(count: int) -> None:
    """Raise :class:`TooManyForDrawingError` for more features than a drawing can hold."""
    if count > MOST_FEATURES:
        raise TooManyForDrawingError(count=count, most=MOST_FEATURES)


class _Written:
    """Writes what has been drawn so far to a file, and lets go of it."""

    def __init__(
        self,
        drawing: Drawing,
        body: TextIO,
        layers: Sequence[FileLayer],
        tell: Progress | None,
    ) -> None:
        from ezdxf.lldxf.tagwriter import TagWriter

        self._drawing, self._space, self._tell = drawing, drawing.modelspace(), tell
        self._tags = TagWriter(body, dxfversion=drawing.dxfversion)
        self._all = max(sum(len(layer.frame) for layer in layers), 1)
        self._done = 0

    def count(self) -> None:
        """Count a feature that was drawn."""
        self._done += 1
        if self._done % _AT_A_TIME == 0:
            self.flush()
            if self._tell is not None:
                self._tell(self._done / self._all)

    def flush(self) -> None:
        """Write all entities and forget them; their handles are not given twice."""
        self._space.entity_space.export_dxf(self._tags)
        self._space.delete_all_entities()
        self._drawing.entitydb.purge()


def _around(drawing: Drawing, body: TextIO, to: Path) -> None:
    """Write the document, whose entities stand in ``body`` already."""
    whole = io.StringIO()
    drawing.write(whole)
    head, _, rest = whole.getvalue().partition(_ENTITIES)
    body.seek(0)
    with to.open("w", encoding="utf-8", errors="dxfreplace", newline="\n") as file:
        file.write(head + _ENTITIES)
        shutil.copyfileobj(body, file, 1 << 20)
        file.write(rest)


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

    def __init__(self, drawing: Drawing, layer: FileLayer, block: str, written: _Written) -> None:
        self._drawing, self._space, self._layer = drawing, drawing.modelspace(), layer
        self._written = written
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
            self._written.count()

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
            seen = _on_any_ground(colour if style is None or style.kind != "classes" else GREY)
            if seen is not None:
                made.rgb = seen
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


def _on_any_ground(colour: str) -> tuple[int, int, int] | None:
    """Return a colour that is seen on black, as one draws, and on white, as one prints.

    None for what is nearly white or black: CAD programs draw that as what their ground is not.
    Contrast as in WCAG 2: at least 3 to 1 on black and 2 to 1 on white.
    """
    told = np.array(rgb(colour), dtype=float)
    if (told >= 0xF0).all() or (told <= 0x10).all():
        return None
    for towards in (255.0, 0.0):
        for _step in range(20):
            dark, light = _luminance(told) < 0.10, _luminance(told) > 0.475
            if not (dark if towards else light):
                break
            told += (towards - told) * 0.1
    red, green, blue = np.rint(told).astype(int).tolist()
    return red, green, blue


def _luminance(colour: NDArray[np.float64]) -> float:
    """Return the relative luminance (0 to 1) of red, green and blue (0 to 255), as WCAG 2."""
    share = colour / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


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
    drawing: Drawing, layers: Sequence[FileLayer], system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write below everything what the drawing is, and which system its numbers are in.

    The drawing opens with all of it in view.
    """
    from ezdxf.enums import TextEntityAlignment

    west, south, east, north = _bounds(layers)
    height = max((east - west) / 60, (north - south) / 60, 5.0)
    titles = " · ".join(dict.fromkeys(layer.title for layer in layers))
    lines = [titles, system.code, *notes]
    for number, line in enumerate(lines):
        text = drawing.modelspace().add_text(
            _line(line), height=height, dxfattribs={"layer": TITLE_LAYER, "style": STYLE}
        )
        text.set_placement(
            (west, south - height * (3 + 2 * number)), align=TextEntityAlignment.LEFT
        )
    below = south - height * (3 + 2 * len(lines))
    drawing.modelspace().reset_extents((west, below, 0.0), (east, north, 0.0))
    middle = (west + east) / 2, (below + north) / 2
    tall = max(north - below, (east - west) * 0.6, 50.0)
    drawing.set_modelspace_vport(1.1 * tall, middle)


def _bounds(layers: Sequence[FileLayer]) -> tuple[float, float, float, float]:
    """Return the box around all layers (metres): west, south, east, north; zeros for nothing."""
    filled = [layer.frame for layer in layers if not layer.frame.geometry.is_empty.all()]
    boxes = np.array([frame.total_bounds for frame in filled if len(frame)]).reshape(-1, 4)
    if not len(boxes):
        return 0.0, 0.0, 0.0, 0.0
    west, south = np.nanmin(boxes[:, :2], axis=0)
    east, north = np.nanmax(boxes[:, 2:], axis=0)
    return float(west), float(south), float(east), float(north)
