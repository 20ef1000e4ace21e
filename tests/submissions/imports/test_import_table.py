"""Importing: every row is accounted for, real points land in the polygons GEOS puts them in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import func, select

from core.database import Database
from core.errors import BadFileError, NotAllowedError, NotFoundError, UnknownCategoryError
from geo.crs import MissingCrsError, wgs84_to_bd09, wgs84_to_gcj02
from people.access.actor import OPERATOR, Actor, Role, everywhere
from people.audit.models import AuditEntry
from submissions.campaigns.create import create_campaign
from submissions.imports.import_table import ImportReport, import_proposals
from submissions.imports.row_reader import ImportColumns, Refusal
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView, campaign_by_slug
from submissions.proposals.reassign_communities import adopt_communities, reassign_communities
from tests.analysis.counting import counts_of, published_frame, sums_of
from tests.conftest import CLOSES, NOW, OPENS, new_campaign, quarters

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
COLUMNS = ImportColumns(text="text", category="category", id="id")


def table(*rows: dict[str, Any], crs: str | None = "EPSG:4326") -> gpd.GeoDataFrame:
    defaults = {
        "id": None,
        "text": "车太多",
        "category": "bike_parking",
        "lon": 116.31,
        "lat": 40.03,
    }
    full = [{**defaults, "id": f"r{number}", **row} for number, row in enumerate(rows)]
    frame = pd.DataFrame(full)
    points = gpd.points_from_xy(frame.pop("lon"), frame.pop("lat"))
    return gpd.GeoDataFrame(frame, geometry=points, crs=crs)


def bring(
    database: Database,
    campaign: CampaignView,
    frame: gpd.GeoDataFrame,
    columns: ImportColumns = COLUMNS,
    **options: Any,
) -> ImportReport:
    return database.write(
        lambda s: import_proposals(
            s, OPERATOR, campaign.id, frame, columns=columns, now=NOW, **options
        )
    )


def rows(database: Database) -> list[Proposal]:
    with database.reading() as session:
        found = list(session.scalars(select(Proposal).order_by(Proposal.id)))
        session.expunge_all()
    return found


def test_every_row_is_imported_held_or_refused_with_its_number(
    database: Database, campaign: CampaignView
) -> None:
    frame = table(
        {},
        {"text": "  "},
        {"text": None},
        {"text": "长" * 1001},
        {"lon": 116.35},
        {"lon": 116.33, "lat": 40.05},
        {"category": "公共空间"},
        {"category": "weather"},
        {"lon": np.nan},
        {"lat": 91.0},
        {"id": "r0", "text": "again"},
        {"id": None},
        {"lon": 116.30, "lat": 40.06},
    )
    frame.loc[13] = {"id": "r13", "text": "x", "category": "public_space", "geometry": None}
    frame.loc[14] = {
        "id": "r14",
        "text": "x",
        "category": "public_space",
        "geometry": shapely.box(116.30, 40.02, 116.31, 40.03),
    }
    report = bring(database, campaign, frame)
    assert (report.rows, report.imported, report.repeated) == (15, 5, 0)
    assert (report.held, report.held_rows, report.outside_communities) == (1, ((5, "outside"),), 1)
    assert [(refusal.row, refusal.reason) for refusal in report.refused] == [
        (2, "empty_text"),
        (3, "empty_text"),
        (4, "long_text"),
        (8, "unknown_category"),
        (9, "bad_coordinate"),
        (10, "bad_coordinate"),
        (11, "invalid"),
        (12, "invalid"),
        (14, "bad_coordinate"),
        (15, "bad_coordinate"),
    ]
    assert report.refused[2] == Refusal(4, "long_text", "length=1001, most=1000")
    assert report.reasons["bad_coordinate"] == 4
    assert [(p.status, p.category, p.community_code) for p in rows(database)] == [
        ("published", "bike_parking", "110108017001"),
        ("held", "bike_parking", None),
        ("published", "bike_parking", None),
        ("published", "public_space", "110108017001"),
        ("published", "bike_parking", "110108017007"),
    ]
    with database.reading() as session:
        counts = counts_of(session, campaign.id)
        assert counts.outside == 1
        assert counts.frame["proposals"].tolist() == [2, 0, 1]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "imported")).one()
    assert entry.proposal_id is None
    assert entry.details["imported"] == 5


def test_imported_again_nothing_is_added(database: Database, campaign: CampaignView) -> None:
    frame = table({}, {"text": "二"}, {"text": "二"})
    assert bring(database, campaign, frame).imported == 3
    more = pd.concat([frame, table({"id": "new"})], ignore_index=True)
    report = bring(database, campaign, more, ImportColumns("text", "category", id="id"))
    assert (report.imported, report.repeated) == (1, 3)
    with_person = more.assign(who="甲")
    columns = ImportColumns("text", "category", id="id", person="who")
    assert bring(database, campaign, with_person, columns).imported == 0


def test_rows_without_an_id_are_known_by_their_content(
    database: Database, campaign: CampaignView
) -> None:
    frame = table({}, {}, {"text": "别的"}).drop(columns="id")
    columns = ImportColumns("text", "category")
    assert bring(database, campaign, frame, columns).imported == 3
    shuffled = frame.iloc[[2, 0, 1]].reset_index(drop=True)
    report = bring(database, campaign, shuffled, columns)
    assert (report.imported, report.repeated) == (0, 3)


def test_people_are_told_apart_and_their_names_are_not_kept(
    database: Database, campaign: CampaignView
) -> None:
    frame = table(
        {"who": "张三 13800000000"}, {"who": "李四"}, {"who": "李四"}, {"who": None}, {"who": " "}
    )
    bring(database, campaign, frame, ImportColumns("text", "category", id="id", person="who"))
    with database.reading() as session:
        assert sums_of(session, campaign.id).people == 2
    keys = [row.author_key for row in rows(database)]
    assert [key is None for key in keys] == [False, False, False, True, True]
    assert all(len(key) == 64 and "138" not in key[:3] for key in keys if key)


@pytest.mark.parametrize(("name", "shift"), [("GCJ-02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_chinese_coordinates_are_converted_and_kept_as_stated(
    database: Database,
    campaign: CampaignView,
    name: str,
    shift: Callable[[float, float], tuple[float, float]],
) -> None:
    x, y = shift(116.31, 40.03)
    bring(database, campaign, table({"lon": x, "lat": y}), crs=name)
    (row,) = rows(database)
    assert (row.raw_x, row.raw_y) == (x, y)
    assert row.raw_crs == {"GCJ-02": "GCJ-02", "bd09": "BD-09"}[name]
    assert (row.longitude, row.latitude) == pytest.approx((116.31, 40.03), abs=1e-8)


def test_metric_coordinates_are_converted_and_kept_as_stated(
    database: Database, campaign: CampaignView
) -> None:
    metric = table({}).to_crs("EPSG:4548")
    bring(database, campaign, metric)
    (row,) = rows(database)
    assert (row.raw_x, row.raw_y) == (metric.geometry.x[0], metric.geometry.y[0])
    assert row.raw_crs == "EPSG:4548"
    assert (row.longitude, row.latitude) == pytest.approx((116.31, 40.03), abs=1e-8)


def test_without_a_stated_system_nothing_is_guessed(
    database: Database, campaign: CampaignView
) -> None:
    with pytest.raises(MissingCrsError):
        bring(database, campaign, table({}, crs=None))
    assert bring(database, campaign, table({}, crs=None), crs="EPSG:4326").imported == 1


def test_times_are_read_in_the_stated_zone_or_refused(
    database: Database, campaign: CampaignView
) -> None:
    stated = ["2017-01-02 08:00", "2017-01-02T08:00:00+00:00", "2017/1/2 8:00", None, "02.01.2017"]
    frame = table(*({"at": moment} for moment in stated))
    columns = ImportColumns("text", "category", id="id", created="at")
    report = bring(database, campaign, frame, columns)
    assert [(refusal.row, refusal.reason) for refusal in report.refused] == [(5, "invalid")]
    assert [row.created for row in rows(database)] == [
        datetime(2017, 1, 2, 0, tzinfo=UTC),
        datetime(2017, 1, 2, 8, tzinfo=UTC),
        datetime(2017, 1, 2, 0, tzinfo=UTC),
        NOW,
    ]


def test_a_wrong_call_changes_nothing(database: Database, campaign: CampaignView) -> None:
    frame = table({})
    with pytest.raises(BadFileError, match="no column 'txt'; there are: id, text, category"):
        bring(database, campaign, frame, ImportColumns("txt", "category"))
    with pytest.raises(UnknownCategoryError):
        bring(database, campaign, frame, ImportColumns("text", category_value="nothing"))
    with pytest.raises(NotFoundError):
        database.write(
            lambda s: import_proposals(s, OPERATOR, 987_654, frame, columns=COLUMNS, now=NOW)
        )
    for actor in (Actor("x"), Actor("x", everywhere(Role.RESIDENT, Role.SOCIAL_WORKER))):
        with pytest.raises(NotAllowedError):
            database.write(
                lambda s, a=actor: import_proposals(
                    s, a, campaign.id, frame, columns=COLUMNS, now=NOW
                )
            )
    assert rows(database) == []


def test_a_new_edition_moves_every_proposal(database: Database, campaign: CampaignView) -> None:
    bring(database, campaign, table({}, {"lon": 116.33}, {"lon": 116.33, "lat": 40.05}))
    later = quarters()
    later.loc[1, "name"] = "新四街"
    later.geometry = later.geometry.shift(1)
    later.loc[0, "geometry"] = shapely.box(116.32, 40.04, 116.34, 40.06)
    loaded, moved = database.write(
        lambda s: adopt_communities(
            s, OPERATOR, "2023", later, source="office", campaign_ids=(campaign.id,), now=NOW
        )
    )
    assert loaded.changed
    assert [(m.proposals, m.changed, m.outside) for m in moved] == [(3, 3, 0)]
    with database.reading() as session:
        assert campaign_by_slug(session, campaign.slug).edition == "2023"
        frame = published_frame(session, campaign.id)
        counts = counts_of(session, campaign.id).frame
    assert frame["edition"].unique().tolist() == ["2023"]
    assert frame["community_code"].tolist() == ["110108017003", "110108017007", "110108017001"]
    assert counts["name"].tolist() == ["清河嘉园", "新四街", "朱房"]
    assert counts["proposals"].tolist() == [1, 1, 1]
    with pytest.raises(NotAllowedError):
        database.write(lambda s: reassign_communities(s, Actor("x"), campaign.id, "2020", now=NOW))


def test_replacing_an_edition_moves_the_campaigns_that_stand_on_it(
    database: Database, campaign: CampaignView
) -> None:
    bring(database, campaign, table({}))
    changed = quarters()
    changed["code"] = ["110108017901", "110108017902", "110108017903"]
    for expected in ([1], []):
        _, moved = database.write(
            lambda s: adopt_communities(s, OPERATOR, "2020", changed, source="office", now=NOW)
        )
        assert [report.changed for report in moved] == expected
    with database.reading() as session:
        assert published_frame(session, campaign.id)["community_code"].tolist() == ["110108017901"]


def test_real_requests_count_as_geopandas_counts_them(database: Database) -> None:
    points_file = SHARED / "tainan_1999_2017_zhongxi_bei.geojson"
    villages_file = SHARED / "tainan_villages_752_wgs84.geojson"
    if not points_file.exists() or not villages_file.exists():
        pytest.skip("shared/data is not beside the project")
    points, villages = gpd.read_file(points_file), gpd.read_file(villages_file)
    city = villages[villages["TOWN"].isin(["中西區", "北區"])]
    area = shapely.union_all(city.geometry.array)
    keys = {name: f"c{number}" for number, name in enumerate(points["service_name"].unique())}
    campaign = new_campaign(
        slug="tainan",
        edition="2017",
        area=area,
        categories=[{"key": key, "name": {"zh_TW": name}} for name, key in keys.items()],
        opens_at=OPENS,
        closes_at=CLOSES,
    )
    named = villages.rename(columns={"VILLCODE": "code", "VILLAGE": "name"})

    def store(session: Any) -> int:
        adopt_communities(session, OPERATOR, "2017", named, source="test", now=NOW)
        return create_campaign(session, OPERATOR, campaign, now=NOW)

    campaign_id = database.write(store)
    columns = ImportColumns("description", "service_name", id="id", created="datetime")
    report = database.write(
        lambda s: import_proposals(s, OPERATOR, campaign_id, points, columns=columns, now=NOW)
    )

    inside = points[points.intersects(area)]
    joined = gpd.sjoin(inside, villages, predicate="intersects")
    joined = joined[~joined.index.duplicated()]
    expected = joined.groupby("VILLCODE").size()
    by_kind = joined.groupby(["VILLCODE", joined["service_name"].map(keys)]).size().unstack()
    assert (report.rows, report.imported, report.refused) == (9303, 9303, ())
    assert report.held == len(points) - len(inside) > 0
    with database.reading() as session:
        counts = counts_of(session, campaign_id)
        stored = session.scalar(select(func.count()).select_from(Proposal))
    frame = counts.frame.set_index("code")
    assert frame.crs == "EPSG:4326"
    assert len(frame) == 752
    assert stored == 9303
    assert frame["proposals"].sum() + counts.outside == len(inside)
    wanted = expected.reindex(frame.index, fill_value=0)
    assert (frame["proposals"] == wanted).all()
    for key in keys.values():
        assert (frame[key] == by_kind[key].reindex(frame.index).fillna(0)).all()
    again = database.write(
        lambda s: import_proposals(s, OPERATOR, campaign_id, points, columns=columns, now=NOW)
    )
    assert (again.imported, again.repeated) == (0, 9303)
