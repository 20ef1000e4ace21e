"""Loading an edition of the community polygons, and reading it back ready to use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import func, select

from core.database import Database
from core.errors import BadFileError, InvalidError, LuJianError, NotAllowedError, NotFoundError
from geo.crs import MissingCrsError
from layers.communities.communities import (
    LoadReport,
    community_frame,
    community_index,
    load_communities,
)
from layers.models import Community, Edition
from people.access.actor import OPERATOR, Actor, Role, everywhere
from tests.conftest import NOW, quarters

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def load(
    database: Database,
    frame: gpd.GeoDataFrame,
    edition: str = "2020",
    actor: Actor = OPERATOR,
) -> LoadReport:
    return database.write(
        lambda s: load_communities(
            s, actor, edition, frame, source="office", schematic=False, now=NOW
        )
    )


def read(database: Database, edition: str = "2020") -> gpd.GeoDataFrame:
    with database.reading() as session:
        return community_frame(session, edition)


def test_an_edition_comes_back_as_it_was_loaded(database: Database) -> None:
    shuffled = quarters().iloc[[2, 0, 1]].set_index("name", drop=False)
    assert load(database, shuffled) == LoadReport("2020", 3, True, False, ())
    frame = read(database)
    expected = quarters()
    assert frame.crs == "EPSG:4326"
    assert frame.index.tolist() == [0, 1, 2]
    for column in ("code", "name", "name_en", "subdistrict"):
        assert frame[column].tolist() == expected[column].tolist()
    assert frame["population"].isna().tolist() == [False, False, True]
    assert frame["population"].tolist()[:2] == [1000, 500]
    assert (frame["edition"] == "2020").all()
    assert frame.geometry.geom_equals(expected.geometry).all()
    areas_km2 = expected.to_crs("EPSG:4548").area / 1e6
    assert frame["area_km2"].tolist() == pytest.approx(areas_km2.tolist(), rel=1e-12)


def test_another_crs_is_brought_to_wgs84(database: Database) -> None:
    load(database, quarters().to_crs("EPSG:4548"))
    assert (
        shapely.hausdorff_distance(read(database).geometry.array, quarters().geometry.array).max()
        < 1e-9
    )
    with pytest.raises(MissingCrsError):
        load(database, quarters().set_crs(None, allow_override=True), "2023")


def test_loaded_again_nothing_changes_and_other_content_replaces(database: Database) -> None:
    load(database, quarters())
    assert load(database, quarters()) == LoadReport("2020", 3, False, False, ())
    fewer = quarters().iloc[:2].assign(population=["1,200", 7.0])
    assert load(database, fewer) == LoadReport("2020", 2, True, True, ())
    assert read(database)["population"].tolist() == [1200, 7]
    load(database, quarters(), "2023")
    assert len(read(database)) == 2
    assert len(read(database, "2023")) == 3


def test_what_is_kept_in_memory_follows_the_database(database: Database) -> None:
    load(database, quarters())
    with database.reading() as session:
        index = community_index(session, "2020")
        assert community_index(session, "2020") is index
    changed = quarters()
    changed["code"] = ["1", "2", "3"]
    load(database, changed)
    with database.reading() as session:
        assert community_index(session, "2020").locate_one(116.31, 40.03) == "1"
    frame = read(database)
    frame["name"] = "spoilt"
    assert read(database)["name"].tolist() == quarters()["name"].tolist()


def test_points_find_their_community(database: Database) -> None:
    load(database, quarters())
    with database.reading() as session:
        index = community_index(session, "2020")
    places = [(116.31, 40.03), (116.33, 40.03), (116.31, 40.05), (116.33, 40.05), (0, 0)]
    codes = ["110108017001", "110108017003", "110108017007", None, None]
    assert index.locate(*np.array(places).T) == codes
    assert [index.locate_one(*place) for place in places] == codes


def with_row(**changes: Any) -> gpd.GeoDataFrame:
    frame = quarters()
    frame["population"] = frame["population"].astype(object)
    for column, value in changes.items():
        frame.loc[1, column] = value
    return frame


BROKEN: list[tuple[gpd.GeoDataFrame, str]] = [
    (quarters().drop(columns="code"), "no column 'code'"),
    (quarters().drop(columns="name"), "no column 'name'"),
    (quarters().iloc[:0], "holds no community"),
    (with_row(code="110108017001"), "110108017001 stands there more than once"),
    (with_row(code=None), "row 2 has no code"),
    (with_row(name="  "), "row 2 has no name"),
    (with_row(population="many"), "'many' is no number of persons"),
    (with_row(population=-5), "'-5' is no number of persons"),
    (with_row(geometry=None), "row 2 has no polygon"),
    (with_row(geometry=shapely.Point(116, 40)), "row 2 has no polygon"),
    (with_row(geometry=shapely.Polygon([(0, 0), (1, 1), (0, 0)])), "row 2 has no polygon"),
]


def test_what_is_no_set_of_communities_is_refused_in_one_line(database: Database) -> None:
    for frame, reason in BROKEN:
        with pytest.raises(BadFileError) as caught:
            load(database, frame)
        assert reason in caught.value.params["reason"]
    with pytest.raises(InvalidError):
        load(database, quarters(), " ")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Community)) == 0
        assert session.scalar(select(func.count()).select_from(Edition)) == 0
        with pytest.raises(NotFoundError):
            community_frame(session, "2020")


def test_only_the_office_and_administrators_load(database: Database) -> None:
    allowed = {Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}
    for role in Role:
        actor = Actor("x", everywhere(role))
        if role in allowed:
            load(database, quarters(), str(role), actor)
        else:
            with pytest.raises(NotAllowedError):
                load(database, quarters(), str(role), actor)


def test_a_crossing_polygon_is_repaired_and_reported(database: Database) -> None:
    bow = shapely.Polygon([(116.32, 40.02), (116.34, 40.04), (116.34, 40.02), (116.32, 40.04)])
    report = load(database, with_row(geometry=bow))
    assert len(report.repairs) == 1
    assert "polygon 2" in report.repairs[0]
    shapes = read(database).geometry
    assert shapes.is_valid.all()
    assert shapes[1].area == pytest.approx(0.0002, rel=1e-9)
    assert load(database, with_row(geometry=bow)).changed is False


def test_real_invalid_polygons_load(database: Database) -> None:
    path = SHARED / "haidian_streets_29_poi86_wgs84.geojson"
    if not path.exists():
        pytest.skip("shared/data is not beside the project")
    streets = gpd.read_file(path)
    named = next(c for c in streets.columns if streets[c].astype(str).str.contains("清河").any())
    frame = streets.assign(code=[str(n) for n in range(len(streets))], name=streets[named])
    report = load(database, frame)
    assert (report.communities, len(report.repairs)) == (29, 3)
    loaded = read(database)
    assert loaded.geometry.is_valid.all()
    areas_km2 = loaded.set_index("name")["area_km2"]
    (qinghe,) = areas_km2[areas_km2.index.str.contains("清河")]
    assert qinghe == pytest.approx(9.358, abs=0.001)
    assert areas_km2.sum() == pytest.approx(430.93, abs=0.01)


def test_an_error_is_one_of_ours() -> None:
    assert issubclass(BadFileError, LuJianError)
