from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal, assert_geoseries_equal
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from geo import crs

VECTORS = Path(__file__).resolve().parents[2] / "../shared/data/gcj02_bd09_vectors.csv"
METRES_PER_DEGREE = 111_320.0

inside_china = st.tuples(st.floats(72.1, 137.7), st.floats(0.9, 55.7))
PAIRS = [("wgs84", "gcj02"), ("gcj02", "bd09"), ("wgs84", "bd09")]


def metres_apart(one: tuple[float, float], two: tuple[float, float]) -> float:
    return float(np.hypot(one[0] - two[0], one[1] - two[1])) * METRES_PER_DEGREE


def vectors() -> list[dict[str, str]]:
    if not VECTORS.exists():
        return []
    with VECTORS.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if "->" in row["transform"]]


def tolerance_m(row: dict[str, str]) -> float:
    """Return how far a reference may be off, by what its note says of how it was made."""
    if row["source"] == "eviltransform tests" and row["transform"] == "bd09->wgs84":
        return 45.0  # made with pi in place of x_pi = pi * 3000 / 180
    if "tolerance 5e-5" in row["note"]:
        return 5e-5 * METRES_PER_DEGREE
    # The references invert in one step, or by a closed formula.
    return 0.2 if row["transform"] in {"bd09->gcj02", "gcj02->wgs84"} else 1e-6


@pytest.mark.skipif(not VECTORS.exists(), reason="shared reference vectors are absent")
@pytest.mark.parametrize("row", vectors(), ids=lambda row: f"{row['transform']} {row['lng_in']}")
def test_agrees_with_published_vectors(row: dict[str, str]) -> None:
    convert = getattr(crs, row["transform"].replace("->", "_to_"))
    got = convert(float(row["lng_in"]), float(row["lat_in"]))
    assert metres_apart(got, (float(row["lng_out"]), float(row["lat_out"]))) <= tolerance_m(row)


@pytest.mark.parametrize(("there", "back"), PAIRS)
@given(place=inside_china)
def test_coming_back_from_a_shifted_system_is_exact_to_a_centimetre(
    there: str, back: str, place: tuple[float, float]
) -> None:
    shifted = getattr(crs, f"{there}_to_{back}")(*place)
    assert metres_apart(getattr(crs, f"{back}_to_{there}")(*shifted), place) < 0.01
    assert metres_apart(shifted, place) > 10


def test_gcj02_is_identity_outside_china() -> None:
    for place in [(-104.9903, 39.7392), (153.0251, -27.4698), (0.0, 0.0), (116.0, 55.9)]:
        assert crs.wgs84_to_gcj02(*place) == place
        assert crs.gcj02_to_wgs84(*place) == place


def test_arrays_give_what_scalars_give_and_nan_stays_nan() -> None:
    lon, lat = np.array([116.32, np.nan, -100.0, np.inf]), np.array([40.03, 40.0, 40.0, 40.0])
    for name in ("wgs84_to_gcj02", "gcj02_to_wgs84", "bd09_to_wgs84"):
        convert = getattr(crs, name)
        got = convert(lon, lat)
        for at in (0, 2):
            one = convert(float(lon[at]), float(lat[at]))
            assert one == pytest.approx((got[0][at], got[1][at]), rel=0, abs=1e-10)
        assert np.isnan([got[0][1], got[0][3]]).all()


@pytest.mark.parametrize("name", ["GCJ-02", "gcj02", "Gcj_02"])
def test_raw_coordinates_are_converted_by_their_stated_system(name: str) -> None:
    assert crs.to_wgs84(116.404, 39.915, crs=name) == crs.gcj02_to_wgs84(116.404, 39.915)
    east, north = 442_000.0, 4_430_000.0
    lon, lat = crs.to_wgs84(east, north, crs="EPSG:4548")
    back = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326).to_crs(4548)
    assert back.x[0] == pytest.approx(east, abs=1e-4)
    assert back.y[0] == pytest.approx(north, abs=1e-4)
    with pytest.raises(crs.UnknownCrsError):
        crs.to_wgs84(1.0, 2.0, crs="GCJ-03")


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        (116.32, 40.03, "EPSG:4548"),
        (118.49, 40.0, "EPSG:4548"),
        (118.51, 40.0, "EPSG:4549"),
        (74.0, 39.0, "EPSG:4534"),
        (135.0, 48.0, "EPSG:4554"),
        (9.99, 53.55, "EPSG:32632"),
        (151.2, -33.9, "EPSG:32756"),
    ],
)
def test_data_are_measured_in_the_zone_they_lie_in(lon: float, lat: float, expected: str) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)] * 3, crs=4326)
    assert crs.metric_crs_for(frame) == expected
    assert crs.metric_crs_for(frame.to_crs(3857)) == expected


def test_one_stray_point_does_not_move_the_zone_and_nothing_has_a_zone_too() -> None:
    points = [shapely.Point(116.3, 40.0)] * 3 + [shapely.Point(0, 0), None, shapely.Point()]
    assert crs.metric_crs_for(gpd.GeoDataFrame(geometry=points, crs=4490)) == "EPSG:4548"
    assert crs.metric_crs_for(gpd.GeoDataFrame(geometry=[], crs=4326)) == crs.BEIJING_METRIC
    with pytest.raises(crs.MissingCrsError):
        crs.metric_crs_for(gpd.GeoDataFrame(geometry=points))


def test_a_frame_in_gcj02_becomes_wgs84_with_index_and_columns_kept() -> None:
    ring = [(116.30, 40.02), (116.35, 40.02), (116.35, 40.06), (116.30, 40.02)]
    moved = [crs.wgs84_to_gcj02(*place) for place in ring]
    frame = gpd.GeoDataFrame({"a": [7]}, geometry=[shapely.Polygon(moved)], index=["x"])
    back = crs.frame_to_wgs84(frame, crs="GCJ-02")
    assert back.crs == "EPSG:4326"
    assert list(back.index) == ["x"]
    assert back["a"].tolist() == [7]
    assert back.geometry.iloc[0].equals_exact(shapely.Polygon(ring), 1e-9)


#: Ways of one step, of several, of none, and such that PROJ chooses by the place.
WAYS = [
    ("EPSG:4326", "EPSG:4548"),
    ("EPSG:4548", "EPSG:4326"),
    ("EPSG:4490", "EPSG:32650"),
    ("EPSG:4326", "EPSG:4490"),
    ("EPSG:4326", "EPSG:3857"),
    ("EPSG:4547", "EPSG:4549"),
    ("EPSG:2333", "EPSG:4610"),
    ("EPSG:4214", "EPSG:4326"),
    ("EPSG:21480", "EPSG:4326"),
]


@pytest.mark.parametrize(("source", "target"), WAYS)
def test_a_kept_way_leads_where_pyproj_leads_in_every_thread(source: str, target: str) -> None:
    to_source = Transformer.from_crs("EPSG:4326", source, always_xy=True)
    x, y = to_source.transform(np.linspace(115.5, 117.5, 9), np.linspace(39.4, 41.0, 9))
    asked = Transformer.from_crs(source, target, always_xy=True)
    kept = crs.transformer(source, target)
    with ThreadPoolExecutor(1) as another:
        for found in (kept.transform(x, y), another.submit(kept.transform, x, y).result()):
            np.testing.assert_array_equal(found, asked.transform(x, y))


@pytest.mark.parametrize(("source", "target"), WAYS)
def test_shapes_are_reprojected_as_geopandas_reprojects_them(source: str, target: str) -> None:
    ring = shapely.box(116.2, 39.9, 116.4, 40.1)
    two = shapely.MultiPolygon([ring, shapely.box(116.5, 39.9, 116.6, 40.0)])
    mixed = [ring.boundary, None, shapely.Point(), shapely.Point(116.3, 40.0), two]
    high = [ring, shapely.Point(116.3, 40.0, 55.0)]
    for shapes in (mixed, high, []):
        frame = gpd.GeoDataFrame(
            {"name": [f"n{at}" for at in range(len(shapes))]},
            geometry=gpd.GeoSeries(shapes, crs="EPSG:4326").to_crs(source).array,
            index=[f"i{at}" for at in range(len(shapes))],
        ).rename_geometry("there")
        found, wanted = crs.reproject(frame, target), frame.to_crs(target)
        assert_geodataframe_equal(found, wanted)
        alone = crs.reproject(frame.geometry, target)
        assert_geoseries_equal(alone, wanted.geometry)
        for one in (found.geometry, alone):  # to the last digit
            assert one.to_wkb().tolist() == wanted.geometry.to_wkb().tolist()


def test_shapes_that_state_no_system_are_not_reprojected() -> None:
    with pytest.raises(crs.MissingCrsError):
        crs.reproject(gpd.GeoSeries([shapely.Point(116.3, 40.0)]), crs.WGS84)
    here = gpd.GeoSeries([shapely.Point(116.3, 40.0)], crs=crs.WGS84)
    assert crs.reproject(here, crs.WGS84) is here
