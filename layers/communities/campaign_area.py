"""The area of a campaign from a file: GeoJSON, zipped Shapefile, GeoPackage or KML.

What comes out is one valid polygon in WGS 84 (EPSG:4326), without heights. A coordinate system is
never guessed: the file states it (GeoJSON and KML are WGS 84 by their standards), or whoever sends
it says which. GCJ-02 and BD-09 no file can state, so what is said stands above the file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import shapely
from shapely import MultiPolygon, Polygon
from sqlalchemy.orm import Session

from core.errors import BadFileError, BadShapeError, FileProblem, InvalidError, ShapeProblem
from geo.crs import WGS84, metric_crs_at, reproject
from geo.drawn_geometry import read_shape
from geo.reading.limits import ReadLimits
from geo.reading.reader import read_bytes
from geo.repair import repaired_polygons
from layers.communities.communities import community_frame

#: From a courtyard to several districts.
AREA_KM2 = (0.001, 20_000.0)
#: Above, the border is made plainer by up to a metre: a phone draws it with each map.
MOST_CORNERS = 5_000
SIMPLER_M = 1.0
_DECIMALS = 7
ENDINGS = (".geojson", ".json", ".geojsonl", ".zip", ".gpkg", ".kml", ".kmz", ".fgb", ".dxf")
#: More polygons, or more corners, are no area of one campaign.
MOST_PARTS, MOST_POSITIONS = 20_000, 1_000_000


@dataclass(frozen=True)
class AreaRead:
    """An area with what was done to it: how many polygons, the system, repairs, simplified."""

    area: Polygon | MultiPolygon
    crs: str
    polygons: int
    repaired: int
    simplified: bool


def read_area(
    name: str,
    data: bytes,
    *,
    crs: str = "",
    layer: str = "",
    ask_layer: bool = False,
    limits: ReadLimits | None = None,
) -> AreaRead:
    """Read the area that a file's polygons cover together; ``crs`` says their system.

    Raises what ``geo.reading.reader.read_bytes`` raises; ``InvalidError`` (``area``) for what is
    too small or too large to be one.
    """
    limits = replace(limits or ReadLimits(), features=MOST_PARTS, positions=MOST_POSITIONS)
    sent = read_bytes(
        name, data, crs=crs, layer=layer, ask_layer=ask_layer, endings=ENDINGS, limits=limits
    )
    return _united(sent.wgs84(), sent.crs)


def drawn_area(geojson: Any) -> AreaRead:
    """Return the area that was drawn: a GeoJSON Polygon in WGS 84, as a dict or as JSON text.

    Raises ``BadShapeError``; ``InvalidError`` (``area``).
    """
    shape = read_shape(geojson)
    if not isinstance(shape, Polygon):
        raise BadShapeError(problem=ShapeProblem.UNREADABLE, kind="area", least=0, most=0)
    if not shape.is_valid:
        raise BadShapeError(problem=ShapeProblem.CROSSES_ITSELF, kind="area", least=0, most=0)
    return _united(gpd.GeoDataFrame(geometry=[shape], crs=WGS84), WGS84)


def area_of_communities(session: Session, edition: str, codes: list[str]) -> AreaRead:
    """Return the union of some communities' polygons.

    Raises ``NotFoundError`` for the edition; ``InvalidError`` (``area``) for codes it has not.
    """
    frame = community_frame(session, edition)
    chosen = frame[frame["code"].isin(codes)]
    if not codes or len(chosen) < len(set(codes)):
        raise InvalidError(field="area", reason="communities")
    return _united(chosen[["geometry"]], WGS84)


def area_km2(area: Polygon | MultiPolygon) -> float:
    """Measure a WGS 84 area in the metric system of its place."""
    middle = area.centroid
    flat = reproject(gpd.GeoSeries([area], crs=WGS84), metric_crs_at(middle.x, middle.y))
    return float(flat.area.iloc[0]) / 1e6


def share_inside(area: Polygon | MultiPolygon, frame: gpd.GeoDataFrame) -> float:
    """Return which share of an area (0 to 1) lies in the polygons of a frame; both WGS 84."""
    if frame.empty:
        return 0.0
    inside = area.intersection(shapely.union_all(frame.geometry.array))
    return float(inside.area / area.area) if area.area else 0.0


def _united(frame: gpd.GeoDataFrame, crs: str) -> AreaRead:
    shapes, repairs = repaired_polygons(frame)
    kept = [shapely.force_2d(shape) for shape in shapes if not shape.is_empty]
    if not kept:
        raise BadFileError(reason="no polygon", problem=FileProblem.NO_AREA)
    bounds = shapely.total_bounds(kept)
    if not (bounds[0] >= -180 and bounds[2] <= 180 and bounds[1] >= -90 and bounds[3] <= 90):
        raise InvalidError(field="area", reason="no place on earth")
    area = shapely.set_precision(shapely.union_all(kept), 10.0**-_DECIMALS)
    if area.geom_type not in ("Polygon", "MultiPolygon") or area.is_empty:
        raise BadFileError(reason="no polygon", problem=FileProblem.NO_AREA)
    simplified = shapely.get_num_coordinates(area) > MOST_CORNERS
    if simplified:
        area = shapely.simplify(area, SIMPLER_M / 111_320, preserve_topology=True)
    size = area_km2(area)
    least, most = AREA_KM2
    if not least <= size <= most:
        raise InvalidError(field="area", reason="size", km2=round(size, 4), least=least, most=most)
    return AreaRead(shapely.orient_polygons(area), crs, len(kept), len(repairs), simplified)
