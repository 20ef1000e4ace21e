"""The named places of a campaign's area, from the communities and the map's own layers.

Everything is read from the layers: a subdistrict with layers of its own has places of its own.
Coordinates are WGS 84 degrees; metres are measured in the metric CRS of the area.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry import shape
from sqlalchemy.orm import Session

from core.cache import CACHE
from geo.crs import WGS84, metric_crs_for, reproject
from layers import built_in
from layers.communities.communities import (
    CommunityIndex,
    community_frame,
    community_index,
    edition_named,
)
from layers.effective import Standing, standing
from layers.gazetteer.index import Place, PlaceIndex
from layers.gazetteer.pinyin import folded

#: Places are known as far as this beyond the campaign's area, in metres.
AROUND_M = 1000.0
#: Points and areas of one name and kind are one place when they are no farther apart, in metres.
SAME_M = 50.0
_NOT_HERE = frozenset({"outline", "communities"})


@dataclass(frozen=True)
class _Named:
    """A feature with a name; its geometry in the metric CRS."""

    name_zh: str
    name_en: str
    kind: str
    geometry: Any


@dataclass(frozen=True)
class _Surroundings:
    """A campaign's area and what lies within ``AROUND_M`` of it, in a metric CRS."""

    area: Any
    around: Any
    crs: str

    @classmethod
    def of(cls, area: Polygon | MultiPolygon) -> _Surroundings:
        frame = gpd.GeoSeries([area], crs=WGS84)
        crs = metric_crs_for(frame.to_frame("geometry").set_geometry("geometry"))
        metric = shapely.make_valid(reproject(frame, crs).iloc[0])
        return cls(metric, metric.buffer(AROUND_M), crs)


def places_of(
    session: Session, edition: str, area: Polygon | MultiPolygon, *, subdistrict: str = ""
) -> PlaceIndex:
    """Return the places in and around a campaign's ``area`` (WGS 84), ready to be searched.

    They are those of the edition's communities and of the layers that stand there now, by the
    campaign's ``subdistrict``. Raises ``NotFoundError`` for an unknown edition.
    """
    made_of = standing(session, subdistrict, area)
    key = _key(session, edition, area, made_of)
    return CACHE.keep(key, lambda: PlaceIndex.build(_places(session, edition, area, made_of)))


def places_key(
    session: Session, edition: str, area: Polygon | MultiPolygon, *, subdistrict: str = ""
) -> Hashable:
    """Return what changes whenever what ``places_of`` returns does. Raises ``NotFoundError``."""
    return _key(session, edition, area, standing(session, subdistrict, area))


def _key(
    session: Session, edition: str, area: Polygon | MultiPolygon, made_of: Standing
) -> Hashable:
    fingerprint = edition_named(session, edition).fingerprint
    return "places", edition, fingerprint, made_of.key, area.wkb


def is_called(place: Place, name: str) -> bool:
    """Tell whether this is a place's name in one of its languages, width and case aside."""
    wanted = folded(name)
    return wanted != "" and wanted in {folded(place.name_zh), folded(place.name_en)}


def area_around(area: Polygon | MultiPolygon) -> Any:
    """Return the area with ``AROUND_M`` metres around it, in WGS 84."""
    return CACHE.keep(("area_around", area.wkb), lambda: _buffered(area))


def subdistrict_of(index: PlaceIndex) -> str:
    """Return the name of the subdistrict that most communities belong to, or an empty one."""
    found = Counter(p.community for p in index.places if p.kind == "community" and p.community)
    return found.most_common(1)[0][0] if found else ""


def _buffered(area: Polygon | MultiPolygon) -> Any:
    here = _Surroundings.of(area)
    return reproject(gpd.GeoSeries([here.around], crs=here.crs), WGS84).iloc[0]


def _places(
    session: Session, edition: str, area: Polygon | MultiPolygon, made_of: Standing
) -> list[Place]:
    here = _Surroundings.of(area)
    communities = community_frame(session, edition)
    index = community_index(session, edition)
    names = {row.code: (row.name, row.name_en or row.name) for row in communities.itertuples()}
    features = [
        feature
        for layer in built_in.CATALOGUE
        if layer.name not in _NOT_HERE
        for feature in _features(made_of.features(session, layer.name), layer.name, here.crs)
    ]
    known = [found for named in _merged(features) if (found := _seen(named, here)) is not None]
    places = list(_communities(communities, here))
    places += [_in_community(place, index, names) for place in _located(known, here.crs)]
    return _told_apart(places, [named for named in known if _is_line(named.geometry)], here.crs)


def _communities(frame: gpd.GeoDataFrame, here: _Surroundings) -> Iterator[Place]:
    shapes = reproject(frame.geometry, here.crs)
    named = [
        _Named(row.name, row.name_en or "", "community", polygon)
        for row, polygon in zip(frame.itertuples(), shapes, strict=True)
    ]
    subdistricts = dict(zip(frame["name"], frame["subdistrict"], strict=True))
    seen = [found for one in named if (found := _seen(one, here)) is not None]
    for place in _located(seen, here.crs):
        subdistrict = subdistricts[place.name_zh] or ""
        yield replace(place, community=subdistrict, community_en=subdistrict)


def _features(features: list[dict[str, Any]], layer: str, crs: str) -> Iterator[_Named]:
    """Give the GeoJSON features that have a name and a place."""
    rows = [feature for feature in features if feature.get("geometry")]
    shapes = gpd.GeoSeries([shape(feature["geometry"]) for feature in rows], crs=WGS84)
    for feature, geometry in zip(rows, reproject(shapes, crs), strict=True):
        properties = feature.get("properties") or {}
        name_zh = str(properties.get("name_zh") or properties.get("name") or "").strip()
        name_en = str(properties.get("name_en") or "").strip()
        if (name_zh or name_en) and not geometry.is_empty:
            kind = str(properties.get("kind") or layer)
            yield _Named(name_zh, name_en, kind, shapely.make_valid(geometry))


def _merged(features: Iterable[_Named]) -> Iterator[_Named]:
    """Join what has the same name and kind: lines always, the rest where it is close by."""
    groups: defaultdict[tuple[str, str, bool], list[_Named]] = defaultdict(list)
    for named in features:
        groups[named.name_zh or named.name_en, named.kind, _is_line(named.geometry)].append(named)
    for (_name, _kind, is_line), group in groups.items():
        shapes = [named.geometry for named in group]
        for together in [range(len(group))] if is_line else _close_by(shapes):
            members = [shapes[at] for at in together]
            whole = members[0] if len(members) == 1 else shapely.union_all(members)
            yield replace(group[together[0]], geometry=whole)


def _close_by(shapes: list[Any]) -> list[list[int]]:
    """Group positions of shapes that hang together by steps of at most ``SAME_M`` metres."""
    groups: list[list[int]] = []
    for at, geometry in enumerate(shapes):
        touching = [
            group
            for group in groups
            if any(shapely.dwithin(shapes[other], geometry, SAME_M) for other in group)
        ]
        groups = [group for group in groups if group not in touching]
        groups.append(sorted([at, *(other for group in touching for other in group)]))
    return sorted(groups)


def _seen(named: _Named, here: _Surroundings) -> _Named | None:
    """Return the part of a feature that lies in the area, else around it, else None."""
    for within in (here.area, here.around):
        part = named.geometry.intersection(within)
        if not part.is_empty:
            return replace(named, geometry=part)
    return None


def _located(known: list[_Named], crs: str) -> Iterator[Place]:
    points = gpd.GeoSeries([_point_of(named.geometry) for named in known], crs=crs)
    for named, point in zip(known, reproject(points, WGS84), strict=True):
        longitude, latitude = round(float(point.x), 7), round(float(point.y), 7)
        yield Place(named.name_zh, named.name_en, named.kind, longitude, latitude)


def _point_of(geometry: Any) -> Any:
    """Return a point on a shape: half-way along the longest line, else well within."""
    if not _is_line(geometry):
        return geometry.representative_point()
    lines = shapely.get_parts(shapely.line_merge(geometry))
    return max(lines, key=shapely.length).interpolate(0.5, normalized=True)


def _is_line(geometry: Any) -> bool:
    return geometry.geom_type in {"LineString", "MultiLineString"}


def _in_community(place: Place, index: CommunityIndex, names: dict[str, tuple[str, str]]) -> Place:
    code = index.locate_one(place.longitude, place.latitude)
    name, name_en = names[code] if code else ("", "")
    return replace(place, community=name, community_en=name_en)


def _told_apart(places: list[Place], lines: list[_Named], crs: str) -> list[Place]:
    """Add the nearest road where name, kind and community are the same."""
    same: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row, place in enumerate(places):
        same[place.name, place.kind, place.community].append(row)
    told = list(places)
    for rows in (rows for rows in same.values() if len(rows) > 1 and lines):
        longitudes = [places[row].longitude for row in rows]
        latitudes = [places[row].latitude for row in rows]
        points = reproject(gpd.GeoSeries.from_xy(longitudes, latitudes, crs=WGS84), crs)
        for row, point in zip(rows, points, strict=True):
            beside = min(lines, key=lambda line: shapely.distance(line.geometry, point))
            told[row] = replace(
                places[row],
                community=_joined(places[row].community, beside.name_zh or beside.name_en),
                community_en=_joined(places[row].community_en, beside.name_en or beside.name_zh),
            )
    return told


def _joined(community: str, beside: str) -> str:
    return " · ".join(part for part in (community, beside) if part)
