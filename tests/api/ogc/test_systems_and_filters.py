"""Part 2 (18-058r1) and Part 3 (19-079r2) of OGC API - Features, after their abstract tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from analysis.cql.temporal import FUNCTIONS
from geo.axes.axis_order import ADDRESSES, CRS84
from tests.api.ogc.conftest import PROPOSALS, Service

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ITEMS = f"/collections/{PROPOSALS}/items"
BOX = (116.31, 40.02, 116.33, 40.03)


def test_part_2_systems_are_told(service: Service) -> None:
    """A.1: /ats/crs/crs-uri, fc-md-crs-list, fc-md-crs-list-global, fc-md-storageCrs."""
    told = service.get("/collections")
    assert told["crs"][0] == CRS84
    assert told["crs"] == list(ADDRESSES)
    for one in told["collections"]:
        assert one["crs"] == ["#/crs"]
        assert one["storageCrs"] in told["crs"]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(one, marks=[] if place % 2 else pytest.mark.everything)
        for place, one in enumerate(ADDRESSES)
    ],
)
def test_part_2_axes_come_in_the_order_that_the_system_states(
    service: Service, address: str
) -> None:
    """A.2.1: /ats/crs/fc-crs-definition, fc-crs-valid-value, ogc-crs-header, geojson.

    The oracle is pyproj with the order of the authority (``always_xy=False``).
    """
    plain = service.items(limit=5)
    path = f"/ogc{ITEMS}"
    answer = service.client.get(path, params={"limit": 5, "crs": address})
    assert answer.headers["content-crs"] == f"<{address}>"
    code = "OGC:CRS84" if address == CRS84 else f"EPSG:{address.rsplit('/', 1)[1]}"
    change = Transformer.from_crs("OGC:CRS84", code, always_xy=False)
    for before, after in zip(plain["features"], answer.json()["features"], strict=True):
        wanted = change.transform(*before["geometry"]["coordinates"])
        allowed = 1e-7 if abs(wanted[0]) < 181 else 2e-3
        assert after["geometry"]["coordinates"] == pytest.approx(wanted, abs=allowed), address
    one = service.client.get(f"{path}/{plain['features'][0]['id']}", params={"crs": address})
    assert one.headers["content-crs"] == f"<{address}>"
    assert one.json()["geometry"] == answer.json()["features"][0]["geometry"]


def test_part_2_known_places_stand_where_surveyors_have_them(service: Service) -> None:
    """North before east, and the number of the zone in front of the easting of EPSG:4527."""
    first = service.items(limit=1)["features"][0]["geometry"]["coordinates"]
    zoned = service.items(limit=1, crs=f"{EPSG}4527")["features"][0]["geometry"]["coordinates"]
    plain = service.items(limit=1, crs=f"{EPSG}4548")["features"][0]["geometry"]["coordinates"]
    assert 4_430_000 < zoned[0] == plain[0] < 4_440_000
    assert zoned[1] - plain[1] == pytest.approx(39_000_000)
    turned = service.items(limit=1, crs=f"{EPSG}4326")["features"][0]["geometry"]["coordinates"]
    assert turned == first[::-1]


def test_part_2_default_and_unknown_systems(service: Service) -> None:
    """A.2.1: /ats/crs/fc-crs-default-value, fc-crs-valid-value (400), bbox-crs likewise."""
    answer = service.client.get(f"/ogc{ITEMS}?limit=1")
    assert answer.headers["content-crs"] == f"<{CRS84}>"
    for name in ("crs", "bbox-crs", "filter-crs"):
        for odd in (f"{EPSG}2000", "EPSG", "urn:ogc:def:crs:EPSG::4326x", "GCJ-02", ""):
            assert name in service.refused(ITEMS, **{name: odd})


@pytest.mark.parametrize("code", [4326, 4490, 4548, 4527, 3857])
def test_part_2_boxes_are_read_in_their_system(service: Service, code: int) -> None:
    """A.2.2: /ats/crs/fc-bbox-crs-definition, fc-bbox-crs-action."""
    plain = service.items(bbox=",".join(map(str, BOX)), limit=10_000)
    change = Transformer.from_crs("OGC:CRS84", f"EPSG:{code}", always_xy=False)
    corners = np.array([change.transform(x, y) for x in (BOX[0], BOX[2]) for y in (BOX[1], BOX[3])])
    box = [*corners.min(axis=0), *corners.max(axis=0)]
    found = service.items(bbox=",".join(map(str, box)), bbox_crs=f"{EPSG}{code}", limit=10_000)
    ids = {one["id"] for one in plain["features"]}
    more = {one["id"] for one in found["features"]}
    assert ids <= more
    assert len(more) < len(ids) + 15
    if code in (4326, 4490):
        assert more == ids


def test_part_3_filters_narrow_what_is_seen(service: Service) -> None:
    """A.4, A.5: /ats/filter/*, /ats/features-filter/*: parameters, CRS, response, 400."""
    everything = service.items(limit=10_000)["features"]
    shape = "POLYGON((116.31 40.02,116.33 40.02,116.33 40.03,116.31 40.03,116.31 40.02))"
    turned = "POLYGON((40.02 116.31,40.02 116.33,40.03 116.33,40.03 116.31,40.02 116.31))"
    text = f"category = 'public_space' AND S_INTERSECTS(geometry, {shape})"
    inside = shapely.box(*BOX)

    def told(one: Any) -> bool:
        placed = inside.intersects(shapely.geometry.shape(one["geometry"]))
        return bool(one["properties"]["category"] == "public_space" and placed)

    wanted = [one["id"] for one in everything if told(one)]
    found = service.items(filter=text, limit=10_000)
    assert [one["id"] for one in found["features"]] == wanted != []
    assert found["numberMatched"] == len(wanted)
    other = service.items(
        filter=text.replace(shape, turned), filter_crs=f"{EPSG}4326", limit=10_000
    )
    assert [one["id"] for one in other["features"]] == wanted
    joined = service.items(filter=text, filter_lang="cql2-text", supports=0, limit=3)
    assert joined["numberMatched"] == len(wanted)
    assert joined["numberReturned"] == 3
    assert "filter-lang" in service.refused(ITEMS, **{"filter": "TRUE", "filter-lang": "cql2-json"})
    assert "filter" in service.refused(ITEMS, filter="nothing = 1")
    assert "filter" in service.refused(ITEMS, filter="category = ")


@pytest.mark.parametrize(
    ("name", "text", "column", "meets"),
    [
        ("bike-parking_communities", "proposals > 60", "proposals", lambda v: v > 60),
        ("bike-parking_communities", "name LIKE '%园%'", "name", lambda v: "园" in v),
        ("bike-parking_communities", "population IS NULL", "population", lambda v: v is None),
        ("bike-parking_hotspots", "people BETWEEN 10 AND 20", "people", lambda v: 10 <= v <= 20),
        ("bike-parking_hotspots", "on_one_point = FALSE", "on_one_point", lambda v: v is False),
        ("map_places", "kind IN ('school')", "kind", lambda v: v == "school"),
        ("map_stations", "CASEI(name_en) LIKE CASEI('%STATION%')", "name_en",
         lambda v: v is not None and "station" in v.lower()),
    ],
)  # fmt: skip
def test_part_3_filters_of_other_collections(
    service: Service, name: str, text: str, column: str, meets: Any
) -> None:
    """CQL2 (21-065r2), A.3 basic, A.4 advanced comparison, A.5 case-insensitive."""
    everything = service.items(name, limit=10_000)["features"]
    found = service.items(name, filter=text, limit=10_000)["features"]
    wanted = [one["id"] for one in everything if meets(one["properties"][column])]
    assert [one["id"] for one in found] == wanted


@pytest.mark.parametrize("name", [PROPOSALS, "bike-parking_hotspots"])
def test_cql2_temporal_functions(service: Service, name: str) -> None:
    """CQL2, /conf/temporal-functions/temporal-functions-1 and -2: all moments of a collection."""
    schema = service.get(f"/collections/{name}/queryables")["properties"]
    moments = [key for key, one in schema.items() if one.get("format") == "date-time"]
    assert moments == (["created"] if name == PROPOSALS else ["first", "last"])
    everything = service.items(name, limit=10_000)["features"]
    told = sorted(one["properties"][moments[0]] for one in everything)
    first, middle, last = (told[n][:10] for n in (0, len(told) // 2, -1))

    def count(text: str) -> int:
        found = service.items(name, limit=1, filter=text)["numberMatched"]
        assert isinstance(found, int)
        return found

    for moment in moments:
        for time in (f"DATE('{middle}')", f"INTERVAL('{first}', '{middle}')"):
            after, before, disjoint, equal, meeting = (
                count(f"T_{op}({moment}, {time})")
                for op in ("AFTER", "BEFORE", "DISJOINT", "EQUALS", "INTERSECTS")
            )
            assert disjoint == after + before
            assert disjoint + meeting == len(everything)
            assert equal <= meeting
    pair, year = f"INTERVAL({moments[0]}, {moments[-1]})", f"INTERVAL('{first}', '{last}')"
    of = {op: count(f"{op.upper()}({pair}, {year})") for op in FUNCTIONS}
    turned = {op: count(f"{op.upper()}({year}, {pair})") for op in FUNCTIONS}
    opposites = (("after", "before"), ("contains", "during"), ("meets", "metby"))
    pairs = (*opposites, ("starts", "startedby"), ("overlaps", "overlappedby"))
    for one, other in (*pairs, ("finishes", "finishedby"), ("equals", "equals")):
        assert of[f"t_{one}"] == turned[f"t_{other}"]
        assert of[f"t_{other}"] == turned[f"t_{one}"]
    assert sum(of.values()) > len(everything)
    assert "T_INTERSECTS" in service.refused(
        f"/collections/{name}/items", filter=f"T_DURING({moments[0]}, {year})"
    )
