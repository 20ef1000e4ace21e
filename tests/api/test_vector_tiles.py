"""Tiles of the collections, their TileJSON and their styles, as MapLibre or QGIS ask for them."""

from __future__ import annotations

import itertools
import operator
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
from fastapi.testclient import TestClient

from core.database import Database
from geo.cluster_index import mercator_unit
from geo.writing.styling import LayerStyle, StyleEntry
from layers.manage import style_layer, version_of
from layers.models import UploadedLayer
from layers.queries import layer_seen
from layers.visibility import Shown
from people.access.actor import OPERATOR, Actor
from serving.context import Context
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status
from tests.api.test_open_data import PLACE, file, set_status
from tests.conftest import NOW, make_campaign
from tests.layers.sending import kept
from tests.submissions.acting import file as file_drawn

NAME = "bike-parking_proposals"


def tile_at(zoom: int, place: tuple[float, float] = PLACE) -> str:
    x, y = mercator_unit(np.array([place[0]]), np.array([place[1]]))
    return f"{zoom}/{int(x[0] * (1 << zoom))}/{int(y[0] * (1 << zoom))}.mvt"


def tile(client: TestClient, name: str, at: str, query: str = "") -> Any:
    answer = client.get(f"/tiles/{name}/{at}{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    return mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})


@pytest.mark.parametrize("query", ["", "?category=public_space", "?text=单车&from=2020-10-01"])
def test_a_tile_holds_what_the_map_has_there(demo_client: TestClient, query: str) -> None:
    files = demo_client.get(f"/campaigns/bike-parking/proposals.geojson{query}").json()["features"]
    layer = tile(demo_client, NAME, tile_at(10), query)["proposals"]
    told = {one["properties"]["id"]: one["properties"]["category"] for one in layer["features"]}
    assert told == {one["id"]: one["properties"]["category"] for one in files}
    assert 0 < len(told) == len(layer["features"]) <= 1650


def test_communities_hotspots_and_layers_have_tiles(demo_client: TestClient) -> None:
    for kind in ("communities", "hotspots"):
        name = f"bike-parking_{kind}"
        files = demo_client.get(f"/ogc/collections/{name}/items?limit=10000").json()["features"]
        layer = tile(demo_client, name, tile_at(10))["features"]
        told = {one["properties"]["id"]: one["properties"] for one in layer["features"]}
        assert told.keys() == {one["id"] for one in files}
        for one in files:
            plain = {k: v for k, v in one["properties"].items() if v is not None}
            assert told[one["id"]] == {"id": one["id"], **plain}
    assert tile(demo_client, "map_roads", tile_at(12))["features"]["features"]
    few = tile(demo_client, "bike-parking_communities", tile_at(10), "?category=public_space")
    counted = sum(one["properties"]["proposals"] for one in few["features"]["features"])
    assert 0 < counted < 1650


def test_tilejson_and_style_lead_to_the_tiles(demo_client: TestClient) -> None:
    for name in (NAME, "bike-parking_communities", "bike-parking_hotspots", "map_parks"):
        query = "?category=public_space" if name.startswith("bike") else ""
        told = demo_client.get(f"/tiles/{name}.json{query}").json()
        assert told["tilejson"] == "3.0.0"
        west, south, east, north = told["bounds"]
        assert west < told["center"][0] < east
        assert south < told["center"][1] < north
        (address,) = told["tiles"]
        at = tile_at(10).removesuffix(".mvt").split("/")
        filled = address.replace("{z}", at[0]).replace("{x}", at[1]).replace("{y}", at[2])
        body = demo_client.get(filled).content
        layers = mapbox_vector_tile.decode(body)
        known = {one["id"]: one["fields"] for one in told["vector_layers"]}
        for layer, content in layers.items():
            for feature in content["features"]:
                assert feature["properties"].keys() <= known[layer].keys()
        style = demo_client.get(f"/tiles/{name}/style.json{query}").json()
        assert style["version"] == 8
        (source,) = style["sources"].values()
        assert demo_client.get(source["url"]).json() == told
        ids = [one["id"] for one in style["layers"]]
        assert len(ids) == len(set(ids))
        for layer in style["layers"]:
            assert layer["source"] in style["sources"]
            assert layer["source-layer"] in known
            assert layer["type"] in {"fill", "line", "circle"}
            assert all(key.startswith(layer["type"]) for key in layer["paint"])


def test_every_feature_is_drawn_once_in_its_colour(demo_client: TestClient) -> None:
    """By filters that MapLibre and QGIS read alike, not by colours that hang on a property."""
    for name, column in ((NAME, "category"), ("bike-parking_communities", "proposals")):
        style = demo_client.get(f"/tiles/{name}/style.json").json()
        assert not [one for one in style["layers"] if "get" in str(one["paint"])]
        kind = "circle" if name == NAME else "fill"
        layers = [one for one in style["layers"] if one["type"] == kind]
        features = tile(demo_client, name, tile_at(10))[
            "proposals" if name == NAME else "features"
        ]["features"]
        shown = {}
        for feature in features:
            kind_of = feature["geometry"]["type"].removeprefix("Multi")
            told = {"$type": kind_of, **feature["properties"]}
            drawn = [one for one in layers if one["source-layer"] != "drawn" and meets(told, one)]
            (one,) = drawn
            shown.setdefault(one["paint"][f"{kind}-color"], set()).add(told[column])
        assert len(shown) > 1
        if name == NAME:
            campaign = demo_client.get("/campaigns").json()["campaigns"]
            (categories,) = [one["categories"] for one in campaign if one["slug"] == "bike-parking"]
            assert shown == {one["color"]: {one["key"]} for one in categories}
        else:
            spans = sorted((min(values), max(values)) for values in shown.values())
            assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))
            assert len(spans) == 5


def meets(told: dict[str, Any], layer: dict[str, Any]) -> bool:
    """Tell whether a feature meets the filter of a layer."""

    def holds(asked: list[Any]) -> bool:
        op, *rest = asked
        if op == "all":
            return all(map(holds, rest))
        if op == "!in":
            return told.get(rest[0]) not in rest[1:]
        compare = {"==": operator.eq, ">=": operator.ge, "<": operator.lt}[op]
        return bool(compare(told.get(rest[0]), rest[1]))

    return "filter" not in layer or holds(layer["filter"])


def test_what_is_hidden_is_in_no_tile_and_the_etag_changes(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    name = f"{campaign.slug}_proposals"
    kept, hidden = (file(database, campaign, f"建议{n}", (116.31 + n / 1e4, 40.03)) for n in (1, 2))
    answer = client.get(f"/tiles/{name}/{tile_at(14)}")
    held = {"if-none-match": answer.headers["etag"]}
    assert answer.headers["access-control-allow-origin"] == "*"
    assert client.get(f"/tiles/{name}/{tile_at(14)}", headers=held).status_code == 304
    set_status(database, hidden, Status.HIDDEN)
    again = client.get(f"/tiles/{name}/{tile_at(14)}", headers=held)
    assert again.status_code == 200
    layer = mapbox_vector_tile.decode(again.content)["proposals"]
    assert [one["properties"]["id"] for one in layer["features"]] == [kept]
    assert hidden.encode() not in again.content
    assert client.get(f"/tiles/{name}/{tile_at(14)}?status=hidden").status_code == 403
    for odd in ("23/0/0", "3/8/0", "3/0/8"):
        assert client.get(f"/tiles/{name}/{odd}.mvt").status_code == 404
    assert client.get(f"/tiles/map_roads/{tile_at(12)}?category=x").status_code == 400
    assert client.get(f"/tiles/layer_9/{tile_at(12)}").status_code == 404


def test_lines_and_areas_are_drawn_as_they_were(client: TestClient, database: Database) -> None:
    campaign = make_campaign(database, geometry_kinds=["point", "line", "area"])
    line = {"type": "LineString", "coordinates": [[116.30, 40.03], [116.32, 40.03]]}
    drawn = file_drawn(database, campaign, Actor("a"), text="一条路线", shape=line).public_id
    file_drawn(database, campaign, Actor("b"), text="一个点")
    layers = tile(client, f"{campaign.slug}_proposals", tile_at(12))
    assert len(layers["proposals"]["features"]) == 2
    (feature,) = layers["drawn"]["features"]
    assert (feature["geometry"]["type"], feature["properties"]["id"]) == ("LineString", drawn)


def test_a_layer_has_its_own_colours_as_far_as_its_columns_may_be_read(
    client: TestClient, room: Context
) -> None:
    database = room.database
    made = database.write(lambda s: kept(s, shown=Shown.PUBLIC))
    address = f"/tiles/layer_{made}/style.json"
    with database.reading() as session:
        layer = layer_seen(session, OPERATOR, made)
        version = version_of(session.get_one(UploadedLayer, made))
    column = layer.fields[0].name
    values = StyleEntry("a", "a", "#111111"), StyleEntry("b", "b", "#222222")
    style = LayerStyle("categories", values, field=column, fill_opacity=0.2)
    database.write(lambda s: style_layer(s, OPERATOR, made, style, version=version, now=NOW))
    (areas, *_more) = client.get(address).json()["layers"]
    assert areas["paint"]["fill-color"] == layer.colour, "its column is not public"
    opened = [{"name": one.name, "public": True} for one in layer.fields]
    database.write(lambda s: setattr(s.get_one(UploadedLayer, made), "fields", opened))
    (areas, *_more) = client.get(address).json()["layers"]
    assert areas["filter"] == ["all", ["==", "$type", "Polygon"], ["==", column, "a"]]
    assert areas["paint"] == {"fill-color": "#111111", "fill-opacity": 0.2}
