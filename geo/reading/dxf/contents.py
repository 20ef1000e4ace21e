"""What a drawing holds: each entity of its model space as a feature, blocks as signs or drawn out.

A block reference with attributes, or whose block is no larger than ``SIGN_M``, is a sign: a point
with the block's name and its attributes. Any other is drawn out, entity by entity; what lies on
layer 0 in it takes the layer of the reference, as in CAD programs. External drawings are not
opened.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import shapely

from core.errors import BadFileError, FileProblem
from geo.reading.dxf.shapes import DRAWN, shape_of
from geo.reading.limits import ReadLimits

#: A block up to so many metres, in width and height, is a sign.
SIGN_M = 20.0
#: Blocks in blocks in blocks: deeper is a circle.
_DEEPEST = 12
#: Entities that are looked at for each feature that may come of it.
_LOOKS_PER_FEATURE = 20
_MOST_FEATURES = 1_000_000
#: A layer of construction points that CAD programs make and never plot.
_NEVER_PLOTTED = "defpoints"
_BY_BLOCK, _BY_LAYER = 0, 256
_TEXTS = frozenset({"TEXT", "MTEXT"})


@dataclass
class Drawn:
    """A feature of a drawing, in its units; ``height`` is that of a text's letters, else 0."""

    shape: Any
    layer: str
    entity: str
    block: str = ""
    colour: str = ""
    text: str = ""
    height: float = 0.0
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class Contents:
    """The features of a drawing, and how many entities of which kinds could not be read."""

    features: list[Drawn] = field(default_factory=list)
    not_read: Counter[str] = field(default_factory=Counter)


def contents_of(drawing: Any, limits: ReadLimits, *, metres: float) -> Contents:
    """Return what is in the model space; ``metres``: a unit of the drawing.

    Raises ``BadFileError`` (``features``) for what grows without end.
    """
    walk = _Walk(drawing, limits, metres)
    walk.over(drawing.modelspace(), layer="", block="", depth=0)
    return walk.found


class _Walk:
    """Goes through entities, and into blocks."""

    def __init__(self, drawing: Any, limits: ReadLimits, metres: float) -> None:
        self.found = Contents()
        self._drawing = drawing
        self._tolerance = 0.01 / metres
        self._sign = SIGN_M / metres
        self._most = limits.features or _MOST_FEATURES
        self._looks = _LOOKS_PER_FEATURE * self._most
        self._sizes: dict[str, tuple[float, float, float, float] | None] = {}

    def over(self, entities: Iterable[Any], *, layer: str, block: str, depth: int) -> None:
        """Take entities in; ``layer`` is what those on layer 0 of a block lie on."""
        for entity in entities:
            self._look()
            kind, own = entity.dxftype(), str(entity.dxf.get("layer", "0"))
            where = layer if layer and own == "0" else own
            if where.lower() == _NEVER_PLOTTED:
                continue
            if kind == "INSERT":
                self._insert(entity, layer=where, depth=depth)
            elif kind in _TEXTS:
                self._text(entity, where, block)
            elif kind in DRAWN:
                self._drawn(entity, where, block)
            elif kind not in ("ATTDEF", "ATTRIB", "VIEWPORT"):
                self.found.not_read[kind] += 1

    def _look(self) -> None:
        self._looks -= 1
        if self._looks < 0 or len(self.found.features) > self._most:
            number = max(len(self.found.features), self._most + 1)
            told = f"more than {self._most} features"
            raise BadFileError(
                reason=told, problem=FileProblem.FEATURES, number=number, most=self._most
            )

    def _drawn(self, entity: Any, layer: str, block: str) -> None:
        try:
            shape = shape_of(entity, self._tolerance)
        except (ValueError, ArithmeticError, TypeError, IndexError, shapely.errors.ShapelyError):
            shape = None
        if shape is None:
            self.found.not_read[entity.dxftype()] += 1
            return
        colour = self._colour(entity, layer)
        self.found.features.append(Drawn(shape, layer, entity.dxftype(), block, colour))

    def _text(self, entity: Any, layer: str, block: str) -> None:
        words = " ".join(entity.plain_text().split())
        if not words:
            return
        at = entity.dxf.insert
        if entity.dxftype() == "MTEXT":
            height = float(entity.dxf.get("char_height", 1.0))
        else:
            height = float(entity.dxf.get("height", 1.0))
            aligned = entity.dxf.get("halign", 0) or entity.dxf.get("valign", 0)
            at = entity.dxf.get("align_point", at) if aligned else at
            at = entity.ocs().to_wcs(at)
        point = shapely.Point(at.x, at.y)
        colour = self._colour(entity, layer)
        self.found.features.append(
            Drawn(point, layer, entity.dxftype(), block, colour, words, abs(height))
        )

    def _insert(self, insert: Any, *, layer: str, depth: int) -> None:
        block = insert.block()
        if block is None or block.block.is_xref or depth > _DEEPEST:
            self.found.not_read["XREF" if block is not None else "INSERT"] += 1
            return
        for one in insert.multi_insert() if insert.mcount > 1 else (insert,):
            self._look()
            if insert.attribs or self._is_sign(one):
                self._sign_of(one, layer)
            else:
                parts = one.virtual_entities(skipped_entity_callback=self._skip)
                self.over(parts, layer=layer, block=str(one.dxf.name), depth=depth + 1)

    def _skip(self, entity: Any, _why: str) -> None:
        self.found.not_read[entity.dxftype()] += 1

    def _sign_of(self, insert: Any, layer: str) -> None:
        at = insert.ocs().to_wcs(insert.dxf.insert)
        attributes = {
            str(one.dxf.tag): " ".join(_words(one).split())
            for one in insert.attribs
            if _words(one).strip()
        }
        self.found.features.append(
            Drawn(
                shapely.Point(at.x, at.y),
                layer,
                "INSERT",
                str(insert.dxf.name),
                self._colour(insert, layer),
                attributes=attributes,
            )
        )

    def _is_sign(self, insert: Any) -> bool:
        size = self._box_of(str(insert.dxf.name))
        if size is None:
            return True
        west, south, east, north = size
        wide = abs((east - west) * insert.dxf.xscale)
        high = abs((north - south) * insert.dxf.yscale)
        return bool(max(wide, high) <= self._sign)

    def _box_of(self, name: str, depth: int = 0) -> tuple[float, float, float, float] | None:
        """Return the box of a block in its own coordinates; each block is looked at once."""
        if name in self._sizes or depth > _DEEPEST:
            return self._sizes.get(name)
        self._sizes[name] = None
        block = self._drawing.blocks.get(name)
        boxes = [box for entity in block or () if (box := self._box(entity, depth)) is not None]
        if boxes:
            wests, souths, easts, norths = zip(*boxes, strict=True)
            self._sizes[name] = min(wests), min(souths), max(easts), max(norths)
        return self._sizes[name]

    def _box(self, entity: Any, depth: int) -> tuple[float, float, float, float] | None:
        self._look()
        if entity.dxftype() == "INSERT":
            inner = self._box_of(str(entity.dxf.name), depth + 1)
            return None if inner is None else _moved(inner, entity)
        if entity.dxftype() not in DRAWN:
            return None
        try:
            shape = shape_of(entity, self._tolerance)
        except (ValueError, ArithmeticError, TypeError, IndexError, shapely.errors.ShapelyError):
            return None
        return None if shape is None or shape.is_empty else shape.bounds

    def _colour(self, entity: Any, layer: str) -> str:
        from ezdxf.colors import aci2rgb

        if (rgb := entity.rgb) is None:
            aci = int(entity.dxf.get("color", _BY_LAYER))
            if aci == _BY_LAYER and layer in self._drawing.layers:
                own = self._drawing.layers.get(layer)
                rgb, aci = own.rgb, abs(int(own.dxf.get("color", 7)))
            if rgb is None and _BY_BLOCK < aci < _BY_LAYER:
                rgb = aci2rgb(aci)
        return "" if rgb is None else "#{:02x}{:02x}{:02x}".format(*rgb)


def _words(attribute: Any) -> str:
    return str(
        attribute.plain_mtext() if attribute.has_embedded_mtext_entity else attribute.dxf.text
    )


def _moved(
    box: tuple[float, float, float, float], insert: Any
) -> tuple[float, float, float, float] | None:
    west, south, east, north = box
    corners = [(west, south, 0), (west, north, 0), (east, south, 0), (east, north, 0)]
    there = list(insert.matrix44().transform_vertices(corners))
    xs, ys = [each.x for each in there], [each.y for each in there]
    found = min(xs), min(ys), max(xs), max(ys)
    return found if all(math.isfinite(each) for each in found) else None


def layers_of(features: Iterable[Drawn]) -> Iterator[str]:
    """Yield the names of the layers on which something lies, each once, in their order."""
    yield from dict.fromkeys(one.layer for one in features)
