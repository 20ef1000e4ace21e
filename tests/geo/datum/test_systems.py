"""Which system unlabelled coordinates are in: right, or asked; never sure and wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.crs import BD09, GCJ02, WGS84, transformer, wgs84_to_bd09, wgs84_to_gcj02
from geo.datum.candidates import is_clear, system_candidates
from geo.datum.compare import DATUMS, KnownGround, compare_datums
from layers.built_in import FOLDER

SHIFTED: dict[str, Callable[..., Any]] = {
    WGS84: lambda x, y: (x, y),
    GCJ02: wgs84_to_gcj02,
    BD09: wgs84_to_bd09,
}
TRIALS = 6
COMMUNITY = "社区"


def layer(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(FOLDER / f"{name}.geojson")


ROADS, PLACES, COMMUNITIES = layer("roads"), layer("places"), layer("communities")
AREA = layer("outline").union_all()
GROUND = KnownGround(
    named=[*PLACES.geometry, *COMMUNITIES.geometry],
    names=[*PLACES["name_zh"], *COMMUNITIES["name_zh"]],
    roads=list(ROADS.geometry),
    places=list(PLACES.geometry.representative_point()),
    area=AREA,
)
Sample = tuple[Any, Any, list[str]]


def at_places(random: np.random.Generator, number: int, *, named: bool = False) -> Sample:
    rows = random.choice(len(PLACES), number, replace=False)
    spots = PLACES.geometry.representative_point().iloc[rows]
    x = spots.x.to_numpy() + random.normal(0, 15, number) / 85_000
    y = spots.y.to_numpy() + random.normal(0, 15, number) / 111_000
    return x, y, PLACES["name_zh"].iloc[rows].tolist() if named else []


def named_places(random: np.random.Generator, number: int) -> Sample:
    return at_places(random, number, named=True)


def on_roads(random: np.random.Generator, number: int) -> Sample:
    chosen = ROADS.geometry.iloc[random.integers(0, len(ROADS), number)]
    spots = [line.interpolate(random.random(), normalized=True) for line in chosen]
    x = np.array([spot.x for spot in spots]) + random.normal(0, 10, number) / 85_000
    y = np.array([spot.y for spot in spots]) + random.normal(0, 10, number) / 111_000
    return x, y, []


def anywhere(random: np.random.Generator, number: int) -> Sample:
    west, south, east, north = AREA.bounds
    x, y = random.uniform(west, east, 400), random.uniform(south, north, 400)
    inside = np.flatnonzero(shapely.contains_xy(AREA, x, y))[:number]
    return x[inside], y[inside], []


def in_communities(random: np.random.Generator, number: int) -> Sample:
    x, y, _none = anywhere(random, number)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=WGS84)
    rows = gpd.sjoin(points, COMMUNITIES[["name_zh", "geometry"]], how="left")
    rows = rows[~rows.index.duplicated()]
    return x, y, [f"{name.removesuffix(COMMUNITY)}居委会" for name in rows["name_zh"].fillna("")]


@pytest.mark.parametrize("sample", [named_places, in_communities, at_places, on_roads])
@pytest.mark.parametrize("truth", DATUMS)
def test_from_twenty_points_on_the_datum_is_right(sample: Any, truth: str) -> None:
    random = np.random.default_rng(20)
    certain = 0
    for _ in range(TRIALS):
        x, y, names = sample(random, 20)
        guess = compare_datums(*SHIFTED[truth](x, y), GROUND, stated=names)
        assert guess.winner.system == truth
        assert guess.runner_up.system != truth
        certain += guess.certain
    assert certain >= TRIALS - 1


@pytest.mark.parametrize("truth", DATUMS)
def test_what_cannot_be_told_apart_is_asked(truth: str) -> None:
    random = np.random.default_rng(21)
    for _ in range(TRIALS):
        x, y, _names = anywhere(random, 20)
        guess = compare_datums(*SHIFTED[truth](x, y), GROUND)
        assert guess.winner.system == truth or not guess.certain
        few = named_places(random, 8)
        assert not compare_datums(*SHIFTED[truth](*few[:2]), GROUND, stated=few[2]).certain
    beside = compare_datums(np.array([116.3] * 60), np.array([40.03] * 60), GROUND)
    assert not beside.certain, "sixty points on one spot are one witness"
    assert not compare_datums(np.array([]), np.array([]), GROUND).certain


def test_a_winner_says_how_far_points_are_from_what_they_name() -> None:
    x, y, names = named_places(np.random.default_rng(22), 30)
    guess = compare_datums(*SHIFTED[GCJ02](x, y), GROUND, stated=names)

    assert guess.winner.named_m is not None
    assert guess.winner.named_m < 30
    other = next(score for score in guess.scores if score.system == WGS84)
    assert other.named_m is not None
    assert other.named_m > 300


@pytest.mark.parametrize(
    ("system", "unit", "factor"),
    [
        ("EPSG:4548", "m", 1),
        ("EPSG:4548", "mm", 1_000),
        ("EPSG:4527", "m", 1),
        ("EPSG:4498", "m", 1),
        ("EPSG:3857", "m", 1),
        ("EPSG:4326", "deg", 1),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_systems_are_told_by_the_size_of_their_numbers(
    system: str, unit: str, factor: float, swapped: bool
) -> None:
    lon, lat, _names = anywhere(np.random.default_rng(23), 40)
    x, y = transformer(WGS84, system).transform(lon, lat)
    given = (y, x) if swapped else (x, y)
    found = system_candidates(given[0] * factor, given[1] * factor, AREA, units=("m", "mm", "cm"))

    best = found[0]
    assert (best.system, best.unit, best.swapped) == (system, unit, swapped)
    assert best.inside > 0.99
    assert best.longitude == pytest.approx(float(np.median(lon)), abs=1e-6)


def test_systems_that_lie_close_together_are_asked_and_those_far_off_are_none() -> None:
    lon, lat, _names = anywhere(np.random.default_rng(24), 40)
    east, north = transformer(WGS84, "EPSG:4548").transform(lon, lat)

    assert not is_clear(system_candidates(east, north, AREA)), "UTM lies 1.8 km beside it"
    spot = shapely.Point(lon[0], lat[0]).buffer(0.002)
    one = system_candidates(east[:1], north[:1], spot)
    assert 1 < next(each.away_km for each in one if each.system == "EPSG:32650") < 2
    assert not is_clear(one), "a third of a subdistrict is no proof"
    numbered = transformer(WGS84, "EPSG:4527").transform(lon, lat)
    assert is_clear(system_candidates(*numbered, AREA))
    assert system_candidates(east, north + 500_000, AREA) == []
    assert system_candidates(np.array([np.nan]), np.array([np.inf]), AREA) == []
