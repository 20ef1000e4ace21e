"""The description of /api/ogc in OpenAPI 3.0, which FastAPI (3.1) does not write.

Every collection that the asker may see has paths of its own: programs look there for the pages'
greatest size (GDAL reads ``maximum`` and ``default`` of ``limit``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.ogc.asked import LIMIT, MOST
from api.ogc.links import GEOJSON, HTML, JSON, OPENAPI, SCHEMA
from geo.axes.axis_order import ADDRESSES, CRS84

VERSION = "1.0.0"
_PAGE = ("limit", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs")
_TEXT: dict[str, Any] = {"type": "string"}
_BOX = {
    "oneOf": [
        {"type": "array", "items": {"type": "number"}, "minItems": size, "maxItems": size}
        for size in (4, 6)
    ]
}


def description(base: str, named: Sequence[str], words: Mapping[str, str]) -> dict[str, Any]:
    """Return the document for these collections."""
    info = {"title": words["title"], "description": words["description"], "version": VERSION}
    return {
        "openapi": "3.0.3",
        "info": info,
        "servers": [{"url": base}],
        "paths": _paths(named),
        "components": {
            "parameters": _parameters(),
            "responses": _responses(),
            "schemas": _schemas(),
        },
    }


def items_parameters() -> dict[str, Any]:
    """Return the parameters of a page of features, for the description of the whole API."""
    known = _parameters()
    return {"parameters": [known[name] for name in (*_PAGE, "after", "f")]}


def _paths(named: Sequence[str]) -> dict[str, Any]:
    found = {
        "/": _get("Landing page", "landing", "Document"),
        "/api": _get("This description", "description", "Description"),
        "/conformance": _get("Conformance classes", "conformance", "Document"),
        "/collections": _get("All collections", "collections", "Document"),
    }
    for name in ("{collectionId}", *named):
        found |= _paths_of(name)
    return found


def _paths_of(name: str) -> dict[str, Any]:
    base, called = f"/collections/{name}", "any" if name.startswith("{") else name
    own = [_ref("parameters", "collectionId")] if called == "any" else []
    pages = [*own, *(_ref("parameters", one) for one in (*_PAGE, "after", "f"))]
    one = [*own, *(_ref("parameters", each) for each in ("featureId", "crs", "f"))]
    short = [*own, _ref("parameters", "f")]
    return {
        base: _get("One collection", f"{called}.collection", "Document", short),
        f"{base}/queryables": _get("What may be asked", f"{called}.queryables", "Schema", short),
        f"{base}/schema": _get("What features have", f"{called}.schema", "Schema", short),
        f"{base}/items": _get("Features, page by page", f"{called}.items", "Features", pages),
        f"{base}/items/{{featureId}}": _get("One feature", f"{called}.item", "Feature", one),
    }


def _get(
    summary: str, name: str, answer: str, parameters: Sequence[Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    asked = [_ref("parameters", "f")] if parameters is None else list(parameters)
    refused = {code: _ref("responses", "Refused") for code in ("400", "404")}
    answers = {"200": _ref("responses", answer), **refused}
    told = {"summary": summary, "operationId": name, "parameters": asked, "responses": answers}
    return {"get": told}


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _parameters() -> dict[str, Any]:
    system = {"type": "string", "format": "uri", "enum": list(ADDRESSES), "default": CRS84}
    page = {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}
    asked: dict[str, tuple[dict[str, Any], str]] = {
        "f": ({"type": "string", "enum": ["json", "html"]}, "The form of the answer."),
        "limit": (page, "How many features a page has at most."),
        "bbox": (_BOX, "Only features that touch this box: west, south, east, north."),
        "bbox-crs": (system, "The system of the box."),
        "datetime": (_TEXT, "Only features of this moment or interval (RFC 3339)."),
        "crs": (system, "The system of the answer; its axes come in the order it states."),
        "filter": (_TEXT, "Only features that meet this condition, in CQL2 text."),
        "filter-lang": ({"type": "string", "enum": ["cql2-text"], "default": "cql2-text"}, "CQL2."),
        "filter-crs": (system, "The system of places in the filter."),
        "after": (_TEXT, "The feature after which the page begins; see the link `next`."),
    }
    found = {name: _query(name, *told) for name, told in asked.items()}
    found["bbox"] |= {"style": "form", "explode": False}
    for name in ("collectionId", "featureId"):
        found[name] = {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _TEXT,
            "description": "The id, as the lists have it.",
        }
    return found


def _query(name: str, schema: Mapping[str, Any], said: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": said}


def _responses() -> dict[str, Any]:
    kinds = {
        "Document": (JSON, "A document"),
        "Description": (OPENAPI, "A description"),
        "Schema": (SCHEMA, "A schema"),
        "Features": (GEOJSON, "Features"),
        "Feature": (GEOJSON, "A feature"),
    }
    found = {
        name: {
            "description": f"{said}, or a page.",
            "content": {
                kind: {"schema": _ref("schemas", name)},
                HTML: {"schema": _TEXT},
            },
        }
        for name, (kind, said) in kinds.items()
    }
    refused = {"schema": _ref("schemas", "Refused")}
    found["Refused"] = {"description": "Why not.", "content": {JSON: refused}}
    return found


def _schemas() -> dict[str, Any]:
    links = {"type": "array", "items": _ref("schemas", "Link")}
    return {
        "Link": {
            "type": "object",
            "required": ["href", "rel"],
            "properties": dict.fromkeys(("href", "rel", "type", "title"), _TEXT),
        },
        "Document": {"type": "object", "properties": {"links": links}},
        "Description": {
            "type": "object",
            "required": ["openapi"],
            "properties": {"openapi": _TEXT},
        },
        "Schema": {"type": "object"},
        "Feature": {
            "type": "object",
            "required": ["type", "geometry", "properties"],
            "properties": {
                "type": {"type": "string", "enum": ["Feature"]},
                "id": {"oneOf": [_TEXT, {"type": "integer"}]},
                "geometry": {"type": "object", "nullable": True},
                "properties": {"type": "object", "nullable": True},
                "links": links,
            },
        },
        "Features": {
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": {"type": "array", "items": _ref("schemas", "Feature")},
                "links": links,
                "timeStamp": {"type": "string", "format": "date-time"},
                "numberMatched": {"type": "integer", "minimum": 0},
                "numberReturned": {"type": "integer", "minimum": 0},
            },
        },
        "Refused": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {"type": "object"}, "sentence": _TEXT},
        },
    }
