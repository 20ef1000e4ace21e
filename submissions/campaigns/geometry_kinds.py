"""Which geometries a campaign takes: points, lines, areas."""

from __future__ import annotations

from enum import StrEnum


class GeometryKind(StrEnum):
    """What a campaign takes: a pin, a route to improve, a plot."""

    POINT = "point"
    LINE = "line"
    AREA = "area"
