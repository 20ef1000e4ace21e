"""The documents of OGC API - Features as JSON: landing page, collections, features, queryables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from api.collections.model import About, Collection, Features
from api.ogc.asked import AskedPage
from api.ogc.links import (
    GEOJSON,
    HTML,
    JSON,
    OPENAPI,
    QUERYABLES,
    SCHEMA,
    SCHEMA_OF,
    Link,
    itself,
    link,
    with_query,
)
from geo.axes.axis_order import ADDRESSES, CRS84, AxisSystem, in_system
from layers.export.geojson import timestamp


def landing(base: str, words: Mapping[str, str], form: str) -> dict[str, Any]:
    """Return the landing page (Core, 7.2)."""
    return {
        "title": words["title"],
        "description": words["description"],
        "links": [
            *itself(base, JSON, shown=form),
            link(f"{base}/api?f=json", "service-desc", OPENAPI, "OpenAPI 3.0"),
            link(f"{base}/api?f=html", "service-doc", HTML, words["service"]),
            link(f"{base}/conformance", "conformance", JSON, words["conformance"]),
            link(f"{base}/collections", "data", JSON, words["collections"]),
        ],
    }


def collection_document(base: str, about: About, title: str, form: str) -> dict[str, Any]:
    """Return what is told of a collection (Core, 7.14; Part 2, 6.2)."""
    address = f"{base}/collections/{about.id}"
    told: dict[str, Any] = {
        "id": about.id,
        "title": title,
        "description": about.about,
        "itemType": "feature",
        "extent": {"spatial": {"bbox": [list(about.bounds)], "crs": CRS84}},
        "crs": ["#/crs"],
        "storageCrs": CRS84,
        "links": [
            *itself(address, JSON, shown=form),
            link(f"{address}/items?f=json", "items", GEOJSON, title),
            link(f"{address}/items?f=html", "items", HTML, title),
            link(f"{address}/queryables?f=json", QUERYABLES, SCHEMA, "Queryables"),
            link(f"{address}/schema?f=json", SCHEMA_OF, SCHEMA, "Schema"),
            link(f"{address}/schema?f=json", "describedby", SCHEMA, "Schema"),
        ],
    }
    if about.moments is not None:
        ends = [None if one is None else timestamp(one) for one in about.moments]
        told["extent"]["temporal"] = {"interval": [ends]}
    return told


def with_systems(told: dict[str, Any]) -> dict[str, Any]:
    """Return a document with the systems that its collections refer to."""
    return {**told, "crs": list(ADDRESSES)}


def page_links(
    base: str, collection: Collection, asked: AskedPage, found: Features, title: str
) -> list[Link]:
    """Return the links of a page of features: itself, its other form, the next one."""
    address, form = f"{base}/collections/{collection.about.id}", asked.form
    kept = {name: value for name, value in asked.kept.items() if name != "f"}
    here = kept | ({"after": asked.asked.after} if asked.asked.after else {})
    links = itself(f"{address}/items", GEOJSON, shown=form, **here)
    links.append(link(address, "collection", JSON, title))
    if found.after is not None:
        more = {"f": form, "after": found.after, **asked.further}
        further = with_query(f"{address}/items", **{**kept, **more})
        links.append(link(further, "next", GEOJSON if form == "json" else HTML))
    return links


def page_text(found: Features, links: Sequence[Link], system: AxisSystem) -> str:
    """Return a page of features as GeoJSON (Core, 7.15), in a system (Part 2)."""
    head = {
        "type": "FeatureCollection",
        "numberMatched": found.matched,
        "numberReturned": len(found),
        "timeStamp": timestamp(datetime.now(UTC)),
        "links": list(links),
    }
    features = ",\n".join(feature_texts(found, system))
    return f'{_json(head)[:-1]},"features":[\n{features}\n]}}\n'


def feature_text(found: Features, links: Sequence[Link], system: AxisSystem) -> str:
    """Return one feature with its links (Core, 7.16)."""
    (text,) = feature_texts(found, system)
    return f'{text[:-1]},"links":{_json(list(links))}}}\n'


def feature_texts(found: Features, system: AxisSystem) -> list[str]:
    """Return features as texts of GeoJSON."""
    shapes = shape_objects(found.shapes, system)
    rows = zip(found.ids, shapes, found.properties, strict=True)
    return [
        _json({"type": "Feature", "id": name, "geometry": shape, "properties": told})
        for name, shape, told in rows
    ]


def shape_objects(shapes: NDArray[np.object_], system: AxisSystem) -> list[dict[str, Any] | None]:
    """Return shapes (WGS 84) as objects of GeoJSON in a system; rings of polygons anticlockwise.

    So they are for whoever looks along the axes as the system states them.
    """
    moved = in_system(shapes, system)
    if not system.turned:
        moved = np.asarray(shapely.orient_polygons(moved), dtype=object)
    return [None if one is None else shapely.geometry.mapping(one) for one in moved]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
