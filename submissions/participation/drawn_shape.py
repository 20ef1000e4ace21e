"""What a campaign takes besides pins: drawn lines and areas, inside its area. Pure: no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from core.errors import BadShapeError, OutsideAreaError, ShapeProblem
from geo import drawn_geometry
from submissions.campaigns.geometry_kinds import GeometryKind


@dataclass(frozen=True)
class PlacedShape:
    """A drawn line or area that a campaign takes, WGS 84, and the pin that stands for it.

    A line has a ``length_m`` in metres, an area its ``area_m2``.
    """

    geometry: Any
    longitude: float
    latitude: float
    length_m: float | None
    area_m2: float | None

    @property
    def kind(self) -> GeometryKind:
        """Whether it is a line or an area."""
        return GeometryKind(drawn_geometry.kind_of(self.geometry))


def check_shape(area: Any, shape: Any, kinds: Sequence[str]) -> PlacedShape | None:
    """Return a shape that is one of the campaign's ``kinds`` and lies in its ``area`` (WGS 84).

    ``shape`` is GeoJSON, a dict or text; None is a plain pin and gives None. The border of the
    area belongs to it.

    Raises ``BadShapeError`` (``kind``: also where the campaign takes no plain pin);
    ``OutsideAreaError`` with a place of the shape outside and the shape's ``kind``.
    """
    if shape is None:
        if GeometryKind.POINT not in kinds:
            raise _untaken(GeometryKind.POINT)
        return None
    geometry = drawn_geometry.read_shape(shape)
    kind = drawn_geometry.kind_of(geometry)
    if kind not in kinds:
        raise _untaken(kind)
    drawn_geometry.check_shape(geometry)
    _refuse_outside(area, geometry, kind)
    longitude, latitude = drawn_geometry.anchor(geometry)
    if not shapely.intersects_xy(area, longitude, latitude):
        # A line along a slanting border: its corners lie on it exactly, a place between may not.
        longitude, latitude = shapely.get_coordinates(geometry)[0].tolist()
    measures = drawn_geometry.measure(geometry)
    return PlacedShape(geometry, longitude, latitude, measures.length_m, measures.area_m2)


def _untaken(kind: str) -> BadShapeError:
    return BadShapeError(problem=ShapeProblem.KIND, kind=str(kind), least=0, most=0)


def _refuse_outside(area: Any, geometry: Any, kind: str) -> None:
    if area.covers(geometry):
        return
    beyond = geometry.difference(area)
    place = (geometry if beyond.is_empty else beyond).representative_point()
    raise OutsideAreaError(longitude=float(place.x), latitude=float(place.y), kind=kind)
