"""Vector tiles, read back by a decoder that is not ours (mapbox-vector-tile)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.cluster_index import PinIndex, mercator_unit
from geo.vector_tiles import tile_rows
from geo.vector_tiles.point_layer import EXTENT, point_layer
from geo.vector_tiles.shape_layer import BUFFER, in_tile, shape_layer, tile_bounds
from geo.vector_tiles.tile_rows import tile_points


def decoded(body: bytes) -> Any:
    return mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})


POINT = st.tuples(
    st.integers(0, EXTENT - 1),
    st.integers(0, EXTENT - 1),
    st.text("ab单 车é", max_size=5),
    st.integers(0, 2**40),
)


@given(st.lists(POINT, min_size=1, max_size=60), st.integers(0, 3))
def test_points_come_back_as_they_were(points: list[tuple[int, int, str, int]], wide: int) -> None:
    x, y, texts, numbers = (np.array(column) for column in zip(*points, strict=True))
    names = np.array([f"{'n' * wide}{n}".encode() for n in range(len(points))])
    coded = np.array([text.encode() for text in texts.tolist()])
    columns = {"id": names, "text": coded, "number": numbers.astype(np.int64)}
    layer = decoded(point_layer("点", x, y, columns, distinct={"id"}))["点"]
    assert layer["extent"] == EXTENT
    assert layer["version"] == 2
    told = [
        (*one["geometry"]["coordinates"], one["properties"].get("text", ""),
         one["properties"]["number"], one["properties"]["id"])
        for one in layer["features"]
    ]  # fmt: skip
    wanted = [(*point, f"{'n' * wide}{n}") for n, point in enumerate(points)]
    # numpy drops zero bytes at the end of a text; these have none.
    assert told == wanted


def test_many_points_come_back_too() -> None:
    """More of them than one byte, and than two, can name."""
    number = 20_000
    x, y = np.arange(number) % EXTENT, np.arange(number) // 5 % EXTENT
    ids = np.array([f"{n:08x}".encode() for n in range(number)])
    kinds = np.array([b"bike", b"", b"park"])[np.arange(number) % 3]
    columns = {"id": ids, "kind": kinds}
    features = decoded(point_layer("p", x, y, columns, distinct={"id"}))["p"]["features"]
    assert [one["properties"]["id"] for one in features] == [one.decode() for one in ids]
    assert [one["properties"].get("kind", "") for one in features] == [k.decode() for k in kinds]
    assert [one["geometry"]["coordinates"] for one in features] == np.column_stack([x, y]).tolist()
    assert point_layer("p", x[:0], y[:0], {"id": ids[:0]}) == b""


@pytest.fixture
def index() -> PinIndex:
    rng = np.random.default_rng(7)
    ids = np.arange(1, 3001)
    return PinIndex.build(
        ids, rng.normal(116.3, 0.02, 3000), rng.normal(40.03, 0.02, 3000), ids.astype("S16")
    )


@pytest.mark.parametrize("zoom", [0, 3, 9, 13, 15, 22])
def test_each_pin_is_in_one_tile_and_where_it_lies(index: PinIndex, zoom: int) -> None:
    side = 1 << zoom
    x, y = mercator_unit(index.longitude, index.latitude)
    tiles = set(zip((x * side).astype(int), (y * side).astype(int), strict=True))
    seen: list[int] = []
    for column, row in list(tiles)[:400]:
        points = tile_points(index, zoom, column, row)
        seen += points.rows.tolist()
        assert np.abs((column + (points.x + 0.5) / EXTENT) / side - x[points.rows]).max() < (
            0.51 / EXTENT / side + 2.0**-40
        )
        assert ((points.y >= 0) & (points.y < EXTENT)).all()
    assert len(seen) == len(set(seen))
    if len(tiles) <= 400:
        assert len(seen) == len(index)


def test_where_points_are_dense_one_stands_for_those_of_its_cell(
    index: PinIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tile_rows, "MOST_POINTS", 100)
    for zoom in (0, 8, 12):
        x, y = mercator_unit(index.longitude, index.latitude)
        side = 1 << zoom
        total = 0
        for column, row in {(int(a * side), int(b * side)) for a, b in zip(x, y, strict=True)}:
            points = tile_points(index, zoom, column, row)
            total += int(points.counts.sum())
            cells = points.x // tile_rows.CELL * EXTENT + points.y // tile_rows.CELL
            assert len(set(cells.tolist())) == len(cells) or len(points.rows) <= 100
        assert total == len(index)


def _tile_around(longitude: float, latitude: float, zoom: int) -> tuple[int, int, int]:
    x, y = mercator_unit(np.array([longitude]), np.array([latitude]))
    return zoom, int(x[0] * (1 << zoom)), int(y[0] * (1 << zoom))


def test_shapes_are_clipped_valid_and_cover_what_they_did() -> None:
    """The sum of a polygon's parts over the tiles of a zoom is the polygon itself."""
    ring = shapely.Point(116.31, 40.03).buffer(0.02, 64)
    hole = shapely.Point(116.31, 40.03).buffer(0.008, 64)
    shape = np.array([ring.difference(hole)], dtype=object)
    zoom, column, row = _tile_around(116.31, 40.03, 14)
    whole = 0.0
    for x in range(column - 3, column + 4):
        for y in range(row - 3, row + 4):
            (part,) = in_tile(shape, zoom, x, y)
            if part is None:
                continue
            assert part.is_valid
            west, south, east, north = part.bounds
            assert min(west, south) >= -BUFFER
            assert max(east, north) <= EXTENT + BUFFER
            whole += shapely.intersection(part, shapely.box(0, 0, EXTENT, EXTENT)).area
            told = decoded(shape_layer("s", shape, [{"name": "园", "none": None}], zoom, x, y))["s"]
            (feature,) = told["features"]
            assert feature["properties"] == {"name": "园"}
            back = shapely.geometry.shape(feature["geometry"])
            assert back.is_valid
            assert back.symmetric_difference(part).area < 1
    side = 1 << zoom

    def placed(places: Any) -> Any:
        return np.column_stack(mercator_unit(places[:, 0], places[:, 1])) * side * EXTENT

    assert whole == pytest.approx(shapely.transform(shape[0], placed).area, rel=0.002)


def test_shapes_far_away_too_small_or_spoilt_make_no_tile_wrong() -> None:
    bow = shapely.Polygon([(116.30, 40.02), (116.32, 40.04), (116.32, 40.02), (116.30, 40.04)])
    line = shapely.LineString([(116.30, 40.03), (116.32, 40.03)])
    tiny = shapely.Point(116.31, 40.03).buffer(1e-9)
    shapes = np.array([bow, line, tiny, shapely.Point(10, 10), None], dtype=object)
    told = [{"n": n} for n in range(5)]
    at = _tile_around(116.311, 40.031, 12)
    features = decoded(shape_layer("s", shapes, told, *at))["s"]["features"]
    assert {0, 1} <= {one["properties"]["n"] for one in features} <= {0, 1, 2}
    assert shape_layer("s", shapes, told, *_tile_around(0.0, -60.0, 12)) == b""
    west, south, east, north = tile_bounds(*at)
    assert west < 116.311 < east
    assert south < 40.031 < north


def test_gdal_reads_points_and_shapes_where_they_lie(tmp_path: Path) -> None:
    zoom, column, row = _tile_around(116.31, 40.03, 12)
    ring = shapely.Point(116.31, 40.03).buffer(0.01, 16)
    shapes = np.array([ring, shapely.Point(116.312, 40.031)], dtype=object)
    file = tmp_path / f"{zoom}/{column}/{row}.pbf"
    file.parent.mkdir(parents=True)
    places = [{"name": "园", "n": 3}, {"name": "点", "n": 4}]
    ids = np.array([b"first001", b"second02"])
    points = point_layer("pins", np.array([0, 4095]), np.array([0, 4095]), {"id": ids})
    file.write_bytes(shape_layer("s", shapes, places, zoom, column, row) + points)
    told = pyogrio.read_dataframe(file, layer="s")
    back = told.set_index("name").geometry.to_crs("EPSG:4326")
    assert dict(zip(told["name"], told["n"], strict=True)) == {"园": 3, "点": 4}
    unit = 360 / 2**zoom / EXTENT
    assert back["园"].symmetric_difference(ring).area < ring.length * 8 * unit
    assert back["点"].distance(shapes[1]) < 2 * unit
    pins = pyogrio.read_dataframe(file, layer="pins").to_crs("EPSG:4326")
    west, south, east, north = tile_bounds(zoom, column, row)
    corners = [shapely.Point(west, north), shapely.Point(east, south)]
    assert pins["id"].tolist() == ["first001", "second02"]
    away = (one.distance(at) for one, at in zip(pins.geometry, corners, strict=True))
    assert max(away) < 2 * unit
