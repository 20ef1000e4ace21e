"""China's former systems: known by code and definition, never silently taken for another."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS, Geod

from geo.crs import frame_to_wgs84, to_wgs84
from geo.former_systems.former_systems import (
    BEIJING_1954,
    MOST_OFF_M,
    XIAN_1980,
    Accuracy,
    FormerSystem,
    UncertainSystemError,
    accuracy_of,
    accuracy_of_frame,
    check_certain,
    check_certain_points,
    former_system,
    former_systems_fitting,
)
from geo.reading.reader import read_path

QINGHE, ORDOS = (116.34, 40.03), (108.5, 37.0)
#: As ArcGIS writes it beside a Shapefile.
PRJ = (
    'PROJCS["{name}",GEOGCS["GCS_{datum}",DATUM["D_{datum}",SPHEROID["{datum}",{axis}]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",{east}],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
XIAN = PRJ.format(
    name="Xian_1980_3_Degree_GK_CM_117E",
    datum="Xian_1980",
    axis="6378140.0,298.257",
    east="500000.0",
)
BEIJING = PRJ.format(
    name="Beijing_1954_GK_Zone_20",
    datum="Beijing_1954",
    axis="6378245.0,298.3",
    east="20500000.0",
)


def at(place: tuple[float, float], crs: str) -> gpd.GeoDataFrame:
    """Return a place whose longitude and latitude are of a system's own datum."""
    found = CRS.from_user_input(crs)
    made = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(place, strict=True)))
    return made.set_crs(found.geodetic_crs).to_crs(found)


@pytest.mark.parametrize(
    ("crs", "found"),
    [
        ("EPSG:4214", FormerSystem(BEIJING_1954)),
        ("EPSG:2401", FormerSystem(BEIJING_1954, 3, 25, 75)),
        ("EPSG:2442", FormerSystem(BEIJING_1954, 3, 0, 135)),
        ("EPSG:21423", FormerSystem(BEIJING_1954, 6, 23, 135)),
        ("EPSG:21453", FormerSystem(BEIJING_1954, 6, 0, 75)),
        ("EPSG:2369", FormerSystem(XIAN_1980, 3, 45, 135)),
        ("EPSG:2384", FormerSystem(XIAN_1980, 3, 0, 117)),
        ("EPSG:2327", FormerSystem(XIAN_1980, 6, 13, 75)),
        (XIAN, FormerSystem(XIAN_1980, 3, 0, 117)),
        (BEIJING, FormerSystem(BEIJING_1954, 6, 20, 117)),
        ("EPSG:4548", None),
        ("nonsense", None),
    ],
)
def test_they_are_known_by_code_and_by_what_lies_beside_a_shapefile(
    crs: str, found: FormerSystem | None
) -> None:
    assert former_system(crs) == found
    if found is not None and found.meridian:
        stated = CRS.from_user_input(crs).to_json_dict()["conversion"]["parameters"]
        meridian = next(one["value"] for one in stated if "ongitude" in one["name"])
        assert meridian == found.meridian, "as PROJ has it"


@pytest.mark.parametrize(
    ("crs", "place", "accuracy"),
    [
        (BEIJING, QINGHE, Accuracy(MOST_OFF_M, published=False)),
        (BEIJING, ORDOS, Accuracy(1.0, published=True)),
        (XIAN, ORDOS, Accuracy(MOST_OFF_M, published=False)),
        ("EPSG:4267", QINGHE, Accuracy(0.0, published=False)),
        ("EPSG:4548", QINGHE, None),
        ("EPSG:3857", QINGHE, None),
    ],
)
def test_how_far_off_it_may_lie_is_what_is_published_for_the_place(
    crs: str, place: tuple[float, float], accuracy: Accuracy | None
) -> None:
    frame = at(place, crs)
    assert accuracy_of_frame(frame) == accuracy
    if accuracy is not None and not accuracy.published:
        with pytest.raises(UncertainSystemError) as refused:
            check_certain(frame)
        assert refused.value.params["most_m"] == accuracy.metres
    else:
        check_certain(frame)


def test_where_a_transformation_is_published_it_is_used() -> None:
    for crs in (BEIJING, "EPSG:21420", "EPSG:2434", "EPSG:4214"):
        frame = at(ORDOS, crs)
        moved = frame_to_wgs84(frame).geometry.iloc[0]
        metres = Geod(ellps="WGS84").inv(*ORDOS, moved.x, moved.y)[2]
        assert 46 < metres < 50, crs
        spot = frame.geometry.iloc[0]
        assert to_wgs84(spot.x, spot.y, crs=crs) == pytest.approx((moved.x, moved.y))


@pytest.mark.parametrize("code", [4490, 4548, 4527, 4326, 32650, 3857])
@pytest.mark.parametrize("version", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_systems_of_today_are_exact_however_they_are_written(code: int, version: str) -> None:
    stated = CRS.from_epsg(code).to_wkt(version)
    assert accuracy_of(stated, (*QINGHE, *QINGHE)) is None
    assert accuracy_of("+proj=tmerc +lon_0=117 +ellps=GRS80", (*QINGHE, *QINGHE)) is None
    assert accuracy_of("+proj=tmerc +lon_0=117 +ellps=krass", (*QINGHE, *QINGHE)) is not None


def test_a_definition_that_states_its_own_parameters_is_believed() -> None:
    stated = "+proj=longlat +ellps=krass +towgs84=15.8,-154.4,-82.3,0,0,0,0 +no_defs"
    assert accuracy_of_frame(at(QINGHE, "EPSG:4214").set_crs(stated, allow_override=True)) is None


def test_only_zones_of_numbers_of_this_size_are_offered() -> None:
    def offered(x: float, y: float) -> set[str]:
        return set(former_systems_fitting(np.array([x]), np.array([y]), QINGHE[0]))

    assert offered(442_809, 4_433_153) == {"EPSG:2436", "EPSG:21460", "EPSG:2384", "EPSG:2345"}
    assert offered(4_433_153, 20_442_809) == {"EPSG:21420", "EPSG:2334"}
    assert offered(39_442_809, 4_433_153) == {"EPSG:2415", "EPSG:2363"}
    assert offered(*QINGHE) == {BEIJING_1954, XIAN_1980}
    assert offered(np.nan, 1.0) == set()


def test_no_file_and_no_table_lies_silently_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("longitude,latitude\n116.34,40.03\n")
    read = read_path(path, crs="EPSG:4610")
    with pytest.raises(UncertainSystemError):
        read.wgs84()
    assert read.wgs84(approximate=True).geometry.iloc[0].x == pytest.approx(116.34, abs=0.002)
    with pytest.raises(UncertainSystemError):
        check_certain_points([116.34], [40.03], "EPSG:4610")
    for other in ("gcj02", "CRS84"):
        check_certain_points([116.34], [40.03], other)
