"""Schemas of collections: all properties (Part 5, 23-058r2), and those that may be asked (Part 3).

Both as JSON Schema, in the reader's language. A property without a value is null in GeoJSON, which
the standard takes as not being there: it is not among ``required``.
"""

from __future__ import annotations

from collections.abc import Sequence
from gettext import GNUTranslations
from typing import Any

from analysis.cql.terms import Kind
from api.collections.model import MOMENTS, Collection, Field
from core.language import in_language, language_of
from wording.doors.columns import code_titles, column_title, geometry_title

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_ASKED = {
    Kind.TEXT: {"type": "string"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.INSTANT: {"type": "string", "format": "date-time"},
}
#: Units as UCUM writes them.
UNITS = {
    "length_m": "m",
    "area_m2": "m2",
    "area_km2": "km2",
    **dict.fromkeys(("longitude", "latitude", "centre_longitude", "centre_latitude"), "deg"),
}
#: What is the identifier, and when a feature is of.
ROLES = {"id": "id", "code": "id", "hotspot_id": "id", "created": "primary-instant"}
_ENDS = {"first": "primary-interval-start", "last": "primary-interval-end"}
Told = dict[str, Any]


def schema(base: str, collection: Collection, title: str, words: GNUTranslations) -> Told:
    """Return what the features of a collection have (Part 5, Schemas)."""
    fields = collection.fields
    properties: Told = {}
    if not any(_role(collection, one) == "id" for one in fields):
        # A layer's features are numbered; their number is no property of them.
        properties[_free("id", fields)] = {
            "title": "id",
            "type": "integer",
            "readOnly": True,
            "x-ogc-role": "id",
        }
    for one in fields:
        role = _role(collection, one)
        told = _property(one, words) | ({"x-ogc-role": role} if role else {})
        properties[one.name] = told
    properties["geometry"] = {
        "title": geometry_title(words),
        "format": "geometry-any",
        "x-ogc-role": "primary-geometry",
    }
    for place, told in enumerate(properties.values(), 1):
        told["x-ogc-propertySeq"] = place
    return {
        **_head(base, collection, "schema", title),
        "properties": properties,
        "required": [one.name for one in fields if "|null" not in one.kind],
        "additionalProperties": False,
    }


def queryables(base: str, collection: Collection, title: str, words: GNUTranslations) -> Told:
    """Return what may be asked of a collection (Part 3, 7.4)."""
    known = {one.name: one for one in collection.fields}
    properties: Told = {
        name: _property(known.get(name, Field(name, "string")), words) | _ASKED[kind]
        for name, kind in collection.kinds.items()
    }
    properties["geometry"] = {"title": geometry_title(words), "format": "geometry-any"}
    return {
        **_head(base, collection, "queryables", title),
        "properties": properties,
        "additionalProperties": False,
    }


def _head(base: str, collection: Collection, kind: str, title: str) -> Told:
    return {
        "$schema": DRAFT,
        "$id": f"{base}/collections/{collection.about.id}/{kind}",
        "type": "object",
        "title": title,
    }


def _role(collection: Collection, one: Field) -> str:
    if collection.about.campaign:
        return ROLES.get(one.name) or _ENDS.get(one.name, "")
    return ""


def _property(one: Field, words: GNUTranslations) -> Told:
    about = in_language(dict(one.titles), language_of(words)) if one.titles else ""
    told: Told = {"title": column_title(one.name, about, words) if one.coded else one.name}
    if one.meaning:
        told["description"] = one.meaning
    told["type"] = one.kind.partition("|")[0]
    if one.name in MOMENTS:
        told["format"] = "date-time"
    if one.name in UNITS and told["type"] in ("number", "integer"):
        told["x-ogc-unit"] = UNITS[one.name]
    if codes := _codes(one, words):
        told["oneOf"] = [{"const": code, "title": said} for code, said in codes.items()]
    return told


def _codes(one: Field, words: GNUTranslations) -> dict[str, str]:
    """Return the codes of a property with what they mean."""
    lang = language_of(words)
    own = {code: in_language(dict(texts), lang) for code, texts in one.codes.items()}
    return own or (dict(code_titles(one.name, words)) if one.coded else {})


def _free(name: str, fields: Sequence[Field]) -> str:
    """Return a name that no field has."""
    taken = {one.name for one in fields}
    while name in taken:
        name = f"feature_{name}"
    return name
