"""Drawn shapes: read strictly, refused for a reason, measured as the ellipsoid has them."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from shapely import LineString, Polygon

from core.errors import BadShapeError
from geo.drawn_geometry import MOST_CORNERS, anchor, check_shape, kind_of, measure, read_shape

WEST, SOUTH = 116.32, 40.035
GEOD = Geod(ellps="WGS84")
_FROM_METRES = Transformer.from_crs("EPSG:4548", "EPSG:4326", always_xy=True)


def metres(*corners: tuple[float, float]) -> list[list[float]]:
    """Corners given in metres east and north of a place in Qinghe."""
    x0, y0 = _FROM_METRES.transform(WEST, SOUTH, direction="INVERSE")
    return [list(_FROM_METRES.transform(x0 + x, y0 + y)) for x, y in corners]


def line(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": metres(*corners)}


def area(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [metres(*corners)]}


TOUCHING = {
    "type": "LineString",
    "coordinates": [[WEST, SOUTH], [116.33, SOUTH], [116.33, 40.036], [116.325, SOUTH]],
}


def problem(geojson: Any) -> tuple[str, str | None, float, float]:
    with pytest.raises(BadShapeError) as refused:
        check_shape(read_shape(geojson))
    told = refused.value.params
    return told["problem"], told["kind"], told["least"], told["most"]


def test_a_square_is_read_closed_turned_and_measured() -> None:
    clockwise_open = area((0, 0), (0, 20), (0, 20), (30, 20), (30, 0))
    square = check_shape(read_shape(clockwise_open))
    assert kind_of(square) == "area"
    assert square.exterior.is_ccw
    assert len(square.exterior.coords) == 5
    assert measure(square).length_m is None
    assert measure(square).area_m2 == pytest.approx(600, abs=0.5)
    closed = area((0, 0), (30, 0), (30, 20), (0, 20), (0, 0))
    assert read_shape(json.dumps(closed)).equals(square)
    assert anchor(square) == pytest.approx(metres((15, 10))[0], abs=2e-7)


def test_a_bent_line_is_measured_and_its_pin_stands_half_way() -> None:
    route = check_shape(read_shape(line((0, 0), (300, 0), (300, 100))))
    assert kind_of(route) == "line"
    assert measure(route).area_m2 is None
    assert measure(route).length_m == pytest.approx(400, abs=0.03)
    assert anchor(route) == pytest.approx(metres((200, 0))[0], abs=2e-7)


def test_the_pin_of_a_bow_lies_in_it() -> None:
    """The centroid of a U lies between its arms."""
    bow = read_shape(
        area((0, 0), (60, 0), (60, 60), (50, 60), (50, 10), (10, 10), (10, 60), (0, 60))
    )
    assert not bow.contains(bow.centroid)
    assert bow.contains(shapely.Point(anchor(bow)))


@pytest.mark.parametrize(
    ("geojson", "expected"),
    [
        (line((0, 0), (40, 40), (40, 0), (0, 40)), ("crosses_itself", "line", 5, 5_000)),
        (line((0, 0), (40, 0), (0, 0)), ("crosses_itself", "line", 5, 5_000)),
        (TOUCHING, ("crosses_itself", "line", 5, 5_000)),
        (area((0, 0), (40, 40), (40, 0), (0, 40)), ("crosses_itself", "area", 4, 50_000)),
        (
            area((0, 0), (40, 0), (20, 20), (40, 40), (0, 40), (20, 20)),
            ("crosses_itself", "area", 4, 50_000),
        ),
        (line((0, 0), (4.9, 0)), ("too_small", "line", 5, 5_000)),
        (line((0, 0), (5_010, 0)), ("too_large", "line", 5, 5_000)),
        (area((0, 0), (1.9, 0), (1.9, 1.9), (0, 1.9)), ("too_small", "area", 4, 50_000)),
        (area((0, 0), (40, 0), (80, 0)), ("too_small", "area", 4, 50_000)),
        (area((0, 0), (251, 0), (251, 200), (0, 200)), ("too_large", "area", 4, 50_000)),
        (line((0, 0)), ("few_points", "line", 2, MOST_CORNERS)),
        (line((0, 0), (0, 0)), ("few_points", "line", 2, MOST_CORNERS)),
        (area((0, 0), (40, 0), (0, 0)), ("few_points", "area", 3, MOST_CORNERS)),
        (line(*((i, i % 2) for i in range(201))), ("many_points", "line", 2, MOST_CORNERS)),
    ],
)
def test_what_cannot_be_is_refused_for_its_reason(geojson: Any, expected: Any) -> None:
    assert problem(geojson) == expected


@pytest.mark.parametrize(
    "geojson",
    [
        line((0, 0), (40, 0), (40, 40), (0, 40), (0, 0)),  # a round walk: only its ends meet
        line((0, 0), (5.1, 0)),
        line((0, 0), (4_990, 0)),
        area((0, 0), (2.05, 0), (2.05, 2.05), (0, 2.05)),
        area((0, 0), (249, 0), (249, 200), (0, 200)),
        line(*((2 * i, i % 2) for i in range(200))),
    ],
)
def test_what_can_be_is_taken(geojson: Any) -> None:
    check_shape(read_shape(geojson))


@pytest.mark.parametrize(
    "geojson",
    [
        None,
        "",
        "{",
        "[" * 100_000,
        " " * 70_000,
        [],
        {"type": "Point", "coordinates": [WEST, SOUTH]},
        {"type": "LineString"},
        {"type": ["LineString"], "coordinates": []},
        {"type": "LineString", "coordinates": "abc"},
        {"type": "LineString", "coordinates": [[WEST, SOUTH], [WEST]]},
        {"type": "LineString", "coordinates": [[WEST, SOUTH], [str(WEST), 40]]},
        {"type": "LineString", "coordinates": [[WEST, SOUTH], [True, 40]]},
        {"type": "LineString", "coordinates": [[WEST, SOUTH], [180.5, 40]]},
        {"type": "LineString", "coordinates": [[WEST, SOUTH], [116, 10**400]]},
        '{"type": "LineString", "coordinates": [[116, 40], [116, NaN]]}',
        '{"type": "LineString", "coordinates": [[116, 40], [Infinity, 40]]}',
        {"type": "Polygon", "coordinates": []},
        {
            "type": "Polygon",
            "coordinates": [
                metres((0, 0), (40, 0), (40, 40), (0, 40)),
                metres((9, 9), (12, 9), (12, 12)),
            ],
        },
    ],
)
def test_what_is_no_shape_is_unreadable(geojson: Any) -> None:
    with pytest.raises(BadShapeError) as refused:
        read_shape(geojson)
    assert refused.value.params["problem"] == "unreadable"


places = st.tuples(st.floats(74, 135), st.floats(18, 53))
turns = st.lists(st.tuples(st.floats(2, 60), st.floats(10, 120)), min_size=3, max_size=30)


@settings(deadline=None)
@given(places, turns)
def test_measures_agree_with_the_ellipsoid(place: tuple[float, float], turns: Any) -> None:
    """Anywhere in China, within 0.1 % of what pyproj finds on the WGS 84 ellipsoid."""
    spread = sum(turn for turn, _ in turns)
    corners, bearing = [], 0.0
    for turn, away_m in turns:  # around the place in order of bearing: a star, never crossing
        bearing += 360 * turn / spread
        lon, lat, _ = GEOD.fwd(*place, bearing, away_m)
        corners.append((lon, lat))
    star, walk = Polygon(corners), LineString(corners)
    expected_m2 = abs(GEOD.geometry_area_perimeter(star)[0])
    assert measure(star).area_m2 == pytest.approx(expected_m2, rel=1e-3, abs=0.01)
    assert measure(walk).length_m == pytest.approx(GEOD.geometry_length(walk), rel=1e-3)


@settings(deadline=None)
@given(turns)
def test_both_sides_of_a_lines_pin_are_equally_long(turns: Any) -> None:
    walk = read_shape(line(*((40.0 * i, away) for i, (_, away) in enumerate(turns))))
    lon, lat = anchor(walk)
    at = walk.project(shapely.Point(lon, lat))
    assert walk.distance(shapely.Point(lon, lat)) < 1e-9
    first = shapely.ops.substring(walk, 0, at)
    assert GEOD.geometry_length(first) == pytest.approx(GEOD.geometry_length(walk) / 2, abs=0.02)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 300)), min_size=3, max_size=12))
def test_a_taken_area_holds_its_pin_and_reads_the_same_again(corners: Any) -> None:
    try:
        plot = check_shape(read_shape(area(*corners)))
    except BadShapeError:
        return
    assert plot.contains(shapely.Point(anchor(plot)))
    again = read_shape(shapely.to_geojson(plot))
    assert again.equals(plot)
    assert math.isclose(measure(again).area_m2 or 0, measure(plot).area_m2 or 1, rel_tol=1e-9)
