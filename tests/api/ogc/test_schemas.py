"""Schemas (Part 5, 23-058r2), after their abstract tests: what features have, in words."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.ogc.schemas import DRAFT, UNITS
from tests.api.ogc.conftest import PROPOSALS, Service, rels

NAMES = (PROPOSALS, "bike-parking_communities", "bike-parking_hotspots", "map_places", "map_roads")
SCHEMA = "application/schema+json"
#: Of JSON Schema, as recommendation T has them; what is of OGC begins with ``x-ogc-``.
KEYWORDS = {
    *("$schema", "$id", "type", "title", "description", "properties", "required"),
    *("additionalProperties", "format", "readOnly", "oneOf", "const"),
}


def schema_of(service: Service, name: str, **parameters: Any) -> Any:
    return service.get(f"/collections/{name}/schema", **parameters)


@pytest.mark.parametrize("name", NAMES)
def test_basic_schema_inspection(service: Service, name: str) -> None:
    """/conf/schemas/basic-schema-inspection, role, role-id, property-seq, unit."""
    told = schema_of(service, name)
    Draft202012Validator.check_schema(told)
    assert told["$schema"] == DRAFT
    assert told["type"] == "object"
    assert "?" not in told["$id"]
    again = service.client.get(told["$id"], headers={"accept": SCHEMA})
    assert (again.status_code, again.headers["content-type"]) == (200, SCHEMA)
    assert again.json() == told
    properties = told["properties"]
    for key, one in properties.items():
        if "type" not in one:
            assert "$ref" not in one
            assert one["format"].startswith("geometry-"), key
        assert {word for word in one if not word.startswith("x-ogc-")} <= KEYWORDS
        assert isinstance(one.get("x-ogc-role", ""), str)
        if "x-ogc-unit" in one:
            assert one["type"] in ("number", "integer")
            assert one["x-ogc-unit"] == UNITS[key]
    (name_of_id,) = [key for key, one in properties.items() if one.get("x-ogc-role") == "id"]
    assert properties[name_of_id]["type"] in ("string", "integer")
    places = [one["x-ogc-propertySeq"] for one in properties.values()]
    assert places == list(range(1, len(properties) + 1))
    first = service.items(name, limit=1)["features"][0]
    assert first["properties"].get(name_of_id, first["id"]) == first["id"]


@pytest.mark.parametrize("name", NAMES)
def test_returnables_are_linked_and_hold_of_every_feature(service: Service, name: str) -> None:
    """/conf/returnables-and-receivables: link, op, response; the features are as it says."""
    links = rels(service.get(f"/collections/{name}"))
    for rel in ("http://www.opengis.net/def/rel/ogc/1.0/schema", "describedby"):
        (link,) = links[rel]
        assert link["type"] == SCHEMA
        assert service.follow(link["href"]).headers["content-type"] == SCHEMA
    told = schema_of(service, name)
    shapeless = {key: one for key, one in told["properties"].items() if "type" in one}
    validator = Draft202012Validator({**told, "properties": shapeless})
    for feature in service.items(name, limit=10_000)["features"]:
        present = {key: value for key, value in feature["properties"].items() if value is not None}
        validator.validate(present)  # nothing else is there, and what is required is


def test_advanced_roles(service: Service) -> None:
    """/conf/advanced-property-roles: one primary geometry; moments that are some."""
    wanted = {
        PROPOSALS: {"created": "primary-instant"},
        "bike-parking_hotspots": {
            "first": "primary-interval-start",
            "last": "primary-interval-end",
        },
        "map_roads": {},
    }
    for name, moments in wanted.items():
        properties = schema_of(service, name)["properties"]
        roles = {key: one["x-ogc-role"] for key, one in properties.items() if "x-ogc-role" in one}
        shapes = [key for key, role in roles.items() if role == "primary-geometry"]
        assert shapes == ["geometry"]
        assert {k: v for k, v in roles.items() if v not in ("id", "primary-geometry")} == moments
        assert all(properties[key]["format"] == "date-time" for key in moments)


def test_titles_and_codes_are_in_the_readers_language(service: Service) -> None:
    said = {
        lang: schema_of(service, PROPOSALS, lang=lang)["properties"] for lang in ("zh_CN", "en")
    }
    assert said["zh_CN"]["created"]["title"] == "提出时间"
    assert said["en"]["created"]["title"] == "When it was filed"
    codes = {one["const"]: one["title"] for one in said["en"]["category"]["oneOf"]}
    assert codes == {"bike_parking": "Bike parking", "public_space": "Public space"}
    assert {one["const"] for one in said["en"]["stage"]["oneOf"]} >= {"built", "declined"}
    for lang, told in said.items():
        questions = [one["title"] for key, one in told.items() if key.startswith("q_")]
        assert questions
        assert all((not title.isascii()) == (lang == "zh_CN") for title in questions), questions
    asked = service.get(f"/collections/{PROPOSALS}/queryables", lang="zh_CN")["properties"]
    for key in asked.keys() & said["zh_CN"].keys() - {"geometry"}:
        assert asked[key]["title"] == said["zh_CN"][key]["title"]
    communities = schema_of(service, "bike-parking_communities", lang="en")["properties"]
    assert communities["proposals_public_space"]["title"] == "Proposals: Public space"
    page = service.client.get(f"/ogc/collections/{PROPOSALS}/schema?f=html&lang=zh_CN").text
    assert "提出时间" in page
    assert "bike_parking: 共享单车停放" in page
