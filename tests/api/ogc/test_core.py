"""OGC API - Features Part 1 (17-069r4), annex A: each test is named after the abstract tests.

Core (A.2), GeoJSON (A.3), HTML (A.4), OpenAPI 3.0 (A.5).
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from jsonschema import Draft4Validator, Draft202012Validator
from sqlalchemy import select

from api.ogc.asked import ON_A_PAGE
from api.ogc.conformance import CLASSES
from core.database import Database
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status
from tests.api.ogc.conftest import PROPOSALS, Service, rels
from tests.api.test_open_data import file, set_status
from tests.query_plans import plan_by

BOX = (116.31, 40.02, 116.33, 40.03)


def test_a22_landing_page_and_what_it_leads_to(service: Service) -> None:
    """A.2.2: /ats/core/root-op, root-success, api-definition-op, api-definition-success."""
    told = service.get("")
    links = rels(told)
    assert {"service-desc", "service-doc", "conformance", "data"} <= links.keys()
    for rel in ("service-desc", "service-doc", "conformance", "data"):
        for one in links[rel]:
            answer = service.follow(one["href"])
            assert answer.headers["content-type"].split(";")[0] == one["type"].split(";")[0]
    described = links["service-desc"][0]
    assert described["type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert service.follow(described["href"]).json()["openapi"] == "3.0.3"


def test_a24_conformance(service: Service) -> None:
    """A.2.4: /ats/core/conformance-op, conformance-success."""
    told = service.get("/conformance")["conformsTo"]
    assert told == list(CLASSES)
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in told


def test_a25_collections_and_each_of_them(service: Service) -> None:
    """A.2.5, A.2.6: /ats/core/fc-md-op, fc-md-success, sfc-md-op, sfc-md-success."""
    told = service.get("/collections")
    assert {"self", "alternate"} <= rels(told).keys()
    assert len(told["collections"]) >= 16
    for one in told["collections"]:
        links = rels(one)
        assert {link["type"] for link in links["items"]} == {"application/geo+json", "text/html"}
        alone = service.get(f"/collections/{one['id']}")
        for member in ("id", "title", "description", "extent", "itemType", "links"):
            assert alone[member] == one[member], one["id"]
        ((west, south, east, north),) = one["extent"]["spatial"]["bbox"]
        assert -180 <= west <= east <= 180
        assert -90 <= south <= north <= 90
        items = service.follow(links["items"][0]["href"]).json()
        for feature in items["features"]:
            if feature["geometry"]:
                box = shapely.box(west, south, east, north).buffer(0.05)
                assert box.intersects(shapely.geometry.shape(feature["geometry"])), one["id"]


def test_a27_features_and_their_paging(service: Service) -> None:
    """A.2.7: /ats/core/fc-op, fc-response, fc-links, fc-timeStamp, fc-numberMatched/Returned."""
    asked = datetime.now(UTC).replace(microsecond=0)
    page = service.items(limit=700)
    seen: list[str] = []
    pages = 0
    while True:
        pages += 1
        assert page["type"] == "FeatureCollection"
        assert page["numberMatched"] == 1650
        assert page["numberReturned"] == len(page["features"]) <= 700
        assert asked <= datetime.fromisoformat(page["timeStamp"]) <= datetime.now(UTC)
        links = rels(page)
        assert len(links["self"]) == len(links["alternate"]) == len(links["collection"]) == 1
        assert all({"rel", "type", "href"} <= one.keys() for one in page["links"])
        seen += [one["id"] for one in page["features"]]
        if "next" not in links:
            break
        page = service.follow(links["next"][0]["href"]).json()
    assert pages == 3
    assert len(seen) == len(set(seen)) == 1650
    assert seen == [one["id"] for one in service.items(limit=10_000)["features"]]


def test_a27_limit(service: Service) -> None:
    """A.2.7: /ats/core/fc-limit-definition, fc-limit-response; a greater one is the greatest."""
    assert service.items()["numberReturned"] == 1000
    assert service.items(limit=1)["numberReturned"] == 1
    assert service.items(limit=10**9)["numberReturned"] == 1650
    for odd in ("0", "-1", "x", "1.5", ""):
        path = f"/collections/{PROPOSALS}/items"
        if odd:
            assert "limit" in service.refused(path, limit=odd)


def test_a27_bbox(service: Service) -> None:
    """A.2.7: /ats/core/fc-bbox-definition, fc-bbox-response; of lines and areas what touches it."""
    text = ",".join(map(str, BOX))
    everything = service.items(limit=10_000)["features"]
    for name, features in ((PROPOSALS, everything), ("map_roads", None), ("map_parks", None)):
        if features is None:
            features = service.items(name)["features"]
        box = shapely.box(*BOX)
        wanted = {
            f["id"] for f in features if box.intersects(shapely.geometry.shape(f["geometry"]))
        }
        found = service.items(name, bbox=text, limit=10_000)
        assert {one["id"] for one in found["features"]} == wanted, name
        assert found["numberMatched"] == len(wanted)
        assert 0 < len(wanted) < len(features)
        high = service.items(name, bbox=f"{BOX[0]},{BOX[1]},-5,{BOX[2]},{BOX[3]},9", limit=10_000)
        assert high["numberMatched"] == len(wanted)
    # Across the antimeridian: from 170 east on to 117 east all but the east of the box.
    assert service.items(bbox="170,-90,117,90")["numberMatched"] == 1650
    for odd in ("1,2,3", "1,2,3,x", "1,5,2,4", "nan,1,2,3", "1,2,3,4,5"):
        assert "bbox" in service.refused(f"/collections/{PROPOSALS}/items", bbox=odd)


def test_a27_datetime(service: Service) -> None:
    """A.2.7: /ats/core/fc-time-definition, fc-time-response."""
    moments = [one["properties"]["created"] for one in service.items(limit=10_000)["features"]]
    first, middle, last = min(moments), sorted(moments)[800], max(moments)
    cases = {
        middle: sum(one == middle for one in moments),
        f"{middle}/..": sum(one >= middle for one in moments),
        f"../{middle}": sum(one <= middle for one in moments),
        f"/{middle}": sum(one <= middle for one in moments),
        f"{first}/{last}": len(moments),
        middle[:10]: sum(one[:10] == middle[:10] for one in moments),
        "1990-01-01/1991-01-01": 0,
    }
    for text, wanted in cases.items():
        assert service.items(datetime=text, limit=1)["numberMatched"] == wanted, text
    assert 0 < cases[middle[:10]] < len(moments)
    # What has no moment is of any time; a hotspot is of all between its first and its last.
    assert service.items("map_parks", datetime="1990-01-01")["numberMatched"] > 0
    spots = service.items("bike-parking_hotspots", datetime=f"{middle}/..")["numberMatched"]
    assert 0 < spots <= service.items("bike-parking_hotspots")["numberMatched"]
    for odd in ("x", "2026-13-01", "2020-01-02/2020-01-01", "../..", "2020-01-01T00:00:00"):
        assert "datetime" in service.refused(f"/collections/{PROPOSALS}/items", datetime=odd)


def test_a27_properties_as_parameters(service: Service) -> None:
    """A.2.7: filtering by the values of properties (recommendation 14)."""
    everything = service.items(limit=10_000)["features"]
    for name, value in (
        ("category", "public_space"),
        ("relation", "lives"),
        ("supports", "0"),
        ("q_about_position", "true"),
        ("q_bikes", "30"),
        ("community_code", "110108017030"),
        ("created", everything[0]["properties"]["created"]),
    ):
        wanted = [f["id"] for f in everything if json_text(f["properties"][name]) == value]
        path = f"/collections/{PROPOSALS}/items"
        found = service.get(path, limit=10_000, **{name: value})
        assert [one["id"] for one in found["features"]] == wanted, name
        assert len(wanted) > 0, name


def json_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def test_a23_what_is_not_known_is_refused(service: Service) -> None:
    """A.2.3: /ats/core/query-param-unknown, query-param-invalid."""
    for path in ("", "/api", "/conformance", "/collections", f"/collections/{PROPOSALS}"):
        assert "nonsense" in service.refused(path, nonsense="1")
        assert "json, html" in service.refused(path, f="xml")
    items = f"/collections/{PROPOSALS}/items"
    assert "nonsense" in service.refused(items, nonsense="1")
    assert "author_key" in service.refused(items, author_key="1")
    assert "after" in service.refused(items, after="zzzzzzzz")
    name = service.items(limit=1)["features"][0]["id"]
    assert "limit" in service.refused(f"{items}/{name}", limit="1")


def test_a28_one_feature(service: Service) -> None:
    """A.2.8: /ats/core/f-op, f-success; what is not there is 404."""
    for name in (PROPOSALS, "bike-parking_hotspots", "bike-parking_communities", "map_roads"):
        listed = service.items(name, limit=2)["features"][1]
        told = service.get(f"/collections/{name}/items/{listed['id']}")
        assert {key: told[key] for key in listed} == listed
        assert {"self", "alternate", "collection"} <= rels(told).keys()
        for path in (f"/collections/{name}/items/nothing", f"/collections/x{name}"):
            assert service.client.get(f"/ogc{path}").status_code == 404


def test_a3_geojson(service: Service) -> None:
    """A.3: /ats/geojson/definition, content: RFC 7946, whatever the features are."""
    for one in service.get("/collections")["collections"]:
        answer = service.client.get(f"/ogc/collections/{one['id']}/items?limit=50")
        assert answer.headers["content-type"] == "application/geo+json"
        for feature in answer.json()["features"]:
            assert feature["type"] == "Feature"
            assert isinstance(feature["properties"], dict)
            shape = shapely.geometry.shape(feature["geometry"])
            assert shape.is_valid, (one["id"], feature["id"])
            for part in getattr(shape, "geoms", [shape]):
                assert part.geom_type != "Polygon" or part.exterior.is_ccw


def test_a4_html(service: Service) -> None:
    """A.4: /ats/html/definition, content: every resource as a page, with what it links to."""
    name = service.items(limit=1)["features"][0]["id"]
    base = f"/collections/{PROPOSALS}"
    paths = ("", "/api", "/conformance", "/collections", base, f"{base}/queryables")
    for path in (*paths, f"{base}/items", f"{base}/items/{name}"):
        for headers, more in (({"accept": "text/html,*/*;q=0.8"}, ""), ({}, "?f=html")):
            answer = service.client.get(f"/ogc{path}{more}", headers=headers)
            assert answer.headers["content-type"].startswith("text/html"), path
            assert answer.text.startswith("<!doctype html>")
            assert "</html>" in answer.text
    told = service.get(f"{base}/items/{name}")["properties"]
    assert told["text"] in service.client.get(f"/ogc{base}/items/{name}?f=html").text
    assert service.client.get(f"/ogc{base}/items?f=html").text.count("<tr") == 1 + ON_A_PAGE
    page = service.client.get(f"/ogc{base}/items?f=html&limit=20&category=public_space").text
    further = re.search(r'href="([^"]*after=[^"]*)"', page)
    assert further is not None
    assert "category=public_space" in further[1]
    assert page.count("<tr>") == 21


def test_a5_openapi_3_0(service: Service) -> None:
    """A.5: /ats/oas30/oas-definition-1/2, oas-impl: true 3.0, and every address answers so."""
    document = service.get("/api", f="json")
    assert document["openapi"].startswith("3.0.")
    _check_is_3_0(document)
    schemas = document["components"]["schemas"]
    for path, verbs in document["paths"].items():
        if "{" in path.replace("{featureId}", ""):
            continue
        (name,) = re.findall(r"/collections/([^/]+)", path) or [""]
        if "{featureId}" in path:
            first = service.items(name, limit=1)["features"][0]["id"]
            path = path.replace("{featureId}", str(first))
        answer = service.client.get(f"/ogc{path.rstrip('/')}")
        assert answer.status_code == 200, path
        told = _resolved(document, verbs["get"]["responses"]["200"])
        kind = answer.headers["content-type"].split("; charset")[0]
        assert kind in told["content"], (path, kind)
        schema = told["content"][kind]["schema"]
        whole = _as_json_schema({**schema, "components": {"schemas": schemas}})
        Draft4Validator(whole).validate(answer.json())
    limit = document["components"]["parameters"]["limit"]["schema"]
    assert (limit["default"], limit["maximum"]) == (1000, 10_000)


def _resolved(document: dict[str, Any], told: dict[str, Any]) -> Any:
    found: Any = document
    if "$ref" not in told:
        return told
    for part in told["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def _as_json_schema(schema: Any) -> Any:
    """Return a schema of OpenAPI 3.0 as one of JSON Schema: ``nullable`` is its own there."""
    if isinstance(schema, list):
        return [_as_json_schema(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: _as_json_schema(value) for key, value in schema.items() if key != "nullable"}
    if schema.get("nullable") is True:
        told["type"] = [told["type"], "null"]
    return told


def _check_is_3_0(document: dict[str, Any]) -> None:
    """Assert what sets 3.0 apart: one type each, no null, references that lead somewhere."""
    ids = [verbs["get"]["operationId"] for verbs in document["paths"].values()]
    assert len(ids) == len(set(ids))
    for path, verbs in document["paths"].items():
        asked = [_resolved(document, one) for one in verbs["get"]["parameters"]]
        in_path = {one["name"] for one in asked if one["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), path
        assert all(one["required"] for one in asked if one["in"] == "path")

    def walk(told: Any) -> None:
        if isinstance(told, list):
            for one in told:
                walk(one)
        elif isinstance(told, dict):
            if "$ref" in told:
                assert _resolved(document, told)
                assert len(told) == 1
            assert not isinstance(told.get("type"), list)
            assert told.get("type") != "null"
            assert not {"const", "examples", "$defs", "webhooks"} & told.keys()
            for one in told.values():
                walk(one)

    walk(document)


def test_queryables_are_a_schema(service: Service) -> None:
    """Part 3 (19-079r2), A.2: /ats/queryables/get-queryables-op, response, returned features."""
    for name in (PROPOSALS, "bike-parking_communities", "map_places"):
        told = service.get(f"/collections/{name}/queryables")
        Draft202012Validator.check_schema(told)
        assert told["$id"].endswith(f"/collections/{name}/queryables")
        answer = service.client.get(f"/ogc/collections/{name}/queryables")
        assert answer.headers["content-type"] == "application/schema+json"
        links = rels(service.get(f"/collections/{name}"))
        assert links["http://www.opengis.net/def/rel/ogc/1.0/queryables"]
        values = service.items(name, limit=1)["features"][0]["properties"]
        assert told["properties"].keys() - {"geometry"} <= values.keys()


def test_answers_are_kept_by_their_etag_and_open_to_other_sites(service: Service) -> None:
    for path in (
        "",
        "/collections",
        f"/collections/{PROPOSALS}",
        f"/collections/{PROPOSALS}/items",
    ):
        answer = service.client.get(f"/ogc{path}", params={"f": "json"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "no-cache"
        held = {"if-none-match": answer.headers["etag"]}
        again = service.client.get(f"/ogc{path}", params={"f": "json"}, headers=held)
        assert (again.status_code, again.content) == (304, b"")
        other = service.client.get(f"/ogc{path}", params={"f": "json", "lang": "en"}, headers=held)
        assert other.status_code == 200, path
        head = service.client.head(f"/ogc{path}", params={"f": "json"})
        assert (head.status_code, head.content) == (200, b"")


def test_pages_of_a_filter_go_on_after_one_that_was_hidden(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    names = [file(database, campaign, f"建议{n}", (116.31 + n / 1e4, 40.03)) for n in range(6)]
    path = f"/ogc/collections/{campaign.slug}_proposals/items"
    for query in ("limit=2", "limit=2&filter=supports = 0", "limit=2&bbox=116.3,40,116.4,40.1"):
        seen, address = [], f"{path}?{query}"
        for _page in range(3):
            told = client.get(address).json()
            assert told["numberMatched"] == 6
            seen += [one["id"] for one in told["features"]]
            (address,) = [one["href"] for one in told["links"] if one["rel"] == "next"] or [""]
        assert seen == names
        assert address == ""
    first = client.get(f"{path}?limit=2&filter=supports = 0").json()
    set_status(database, names[1], Status.HIDDEN)
    (further,) = [one["href"] for one in first["links"] if one["rel"] == "next"]
    told = client.get(further).json()
    assert [one["id"] for one in told["features"]] == names[2:4]
    assert told["numberMatched"] == 5


@pytest.mark.parametrize("after", [0, 5])
def test_a_page_is_found_without_sorting_all_of_them(database: Database, after: int) -> None:
    """However many there are, those of a page are the next ones of an index."""
    where = [Proposal.campaign_id == 1, Proposal.status == "published", Proposal.id > after]
    rows = select(Proposal.id, Proposal.text).where(*where).order_by(Proposal.id).limit(11)
    plan = plan_by(database, rows, "ix_proposal_filed")
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
    assert "ix_proposal_filed" in plan


def test_what_is_not_there_is_said_as_such(service: Service) -> None:
    """Not in the words of who has typed the code of a proposal."""
    for path in ("/ogc/nowhere", "/ogc/collections/nothing", "/tiles/nothing.json"):
        answer = service.client.get(path, params={"lang": "en"}, headers={"accept-language": "en"})
        assert answer.status_code == 404
        assert "address may have been mistyped" in answer.json()["sentence"]
