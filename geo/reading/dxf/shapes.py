"""Turns one entity of a drawing into a shape: curves in straight pieces, closed outlines as areas.

Shapes are in the drawing's own units and world coordinates, in two dimensions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely

#: How far a straight piece may lie from its curve, in metres.
TOLERANCE_M = 0.01
#: The least that a piece may be of its curve's size: no curve has more corners than some thousands.
_LEAST_OF_SIZE = 2e-7
#: Rings of one hatch beyond this many are left out.
_MOST_RINGS = 5_000
DRAWN = frozenset(
    {"LINE", "LWPOLYLINE", "POLYLINE", "CIRCLE", "ARC", "ELLIPSE", "SPLINE", "HELIX", "HATCH"}
    | {"MPOLYGON", "SOLID", "TRACE", "3DFACE", "POINT"}
)
_PATHS = frozenset({"LWPOLYLINE", "POLYLINE", "CIRCLE", "ARC", "ELLIPSE", "SPLINE", "HELIX"})
_CORNERS = frozenset({"SOLID", "TRACE", "3DFACE"})


def shape_of(entity: Any, tolerance: float) -> Any:
    """Return the shape of an entity of the kinds in ``DRAWN``; None for one without any.

    ``tolerance`` is in the drawing's units. Closed polylines, circles and ellipses are polygons.
    """
    kind = entity.dxftype()
    if kind == "POINT":
        return shapely.Point(entity.dxf.location.x, entity.dxf.location.y)
    if kind == "LINE":
        return _line([entity.dxf.start.vec2, entity.dxf.end.vec2])
    if kind in _CORNERS:
        return _area([each.vec2 for each in entity.wcs_vertices()])
    if kind in ("HATCH", "MPOLYGON"):
        return _hatch(entity, tolerance)
    if kind == "POLYLINE" and (entity.is_polygon_mesh or entity.is_poly_face_mesh):
        return None
    return _path(entity, tolerance)


def _path(entity: Any, tolerance: float) -> Any:
    from ezdxf import path

    made = path.make_path(entity)
    corners = _flat(made, tolerance)
    if len(corners) >= 3 and (made.is_closed or _says_closed(entity)):
        return _area(corners)
    return _line(corners)


def _says_closed(entity: Any) -> bool:
    return bool(entity.dxftype() in ("LWPOLYLINE", "POLYLINE", "SPLINE") and entity.closed) or bool(
        getattr(entity, "is_closed", False)
    )


def _flat(made: Any, tolerance: float) -> list[Any]:
    if not len(made):
        return []
    if not made.has_curves:
        return [each.vec2 for each in made.control_vertices()]
    xs = [each.x for each in made.control_vertices()]
    ys = [each.y for each in made.control_vertices()]
    size = math.hypot(max(xs) - min(xs), max(ys) - min(ys))
    if not math.isfinite(size):
        return []
    return [each.vec2 for each in made.flattening(max(tolerance, size * _LEAST_OF_SIZE))]


def _coordinates(corners: list[Any]) -> Any:
    return np.array([(each.x, each.y) for each in corners], dtype=np.float64).reshape(-1, 2)


def _line(corners: list[Any]) -> Any:
    return shapely.LineString(_coordinates(corners)) if len(corners) >= 2 else None


def _area(corners: list[Any]) -> Any:
    at = _coordinates(corners)
    if len(at) < 3 or not np.isfinite(at).all():
        return _line(corners)
    return shapely.Polygon(at)


def _hatch(entity: Any, tolerance: float) -> Any:
    """Return a hatch as areas: what lies inside an odd number of its rings."""
    from ezdxf import path

    paths = list(path.from_hatch(entity))[:_MOST_RINGS]
    rings = [_area(_flat(each, tolerance)) for each in paths]
    areas = [shapely.make_valid(one) for one in rings if one is not None and one.area > 0]
    return _odd(areas)


def _odd(areas: list[Any]) -> Any:
    found = None
    for area in sorted(areas, key=lambda one: -one.area):
        found = area if found is None else shapely.symmetric_difference(found, area)
    return found
