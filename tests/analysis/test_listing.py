"""The list beside the map: against a plain sort in Python, and by the indexes made for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod
from sqlalchemy import event, text, update

from analysis.listing import (
    UNANSWERED,
    list_proposals,
    nearest_proposals,
    outcome_list,
    outcomes,
    varied_outcomes,
)
from analysis.pin_feed import Pinboard
from core.database import Database
from core.errors import BadCoordinateError, InvalidError
from deliberation.official_steps import tell_step
from people.access.actor import OPERATOR
from submissions.imports.import_table import import_proposals
from submissions.imports.row_reader import ImportColumns
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Stage
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import act, file, moderate

WORDS = ["地铁口停不下车", "座椅坏了 100%", "a_b 路灯", "Shade please", "雨棚\n坏"]
HERE = (116.3187, 40.0412)
COUNT = 230


@pytest.fixture
def rows(database: Database, campaign: CampaignView) -> pd.DataFrame:
    """Fill the campaign; give its rows with public ids, in the order they were stored."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "text": rng.choice(WORDS, COUNT),
            "category": rng.choice(["bike_parking", "public_space"], COUNT, p=[0.8, 0.2]),
            "created": [NOW + timedelta(minutes=int(m)) for m in rng.integers(0, 60, COUNT)],
        }
    )
    lon, lat = rng.uniform(116.30, 116.34, COUNT), rng.uniform(40.02, 40.06, COUNT)
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    columns = ImportColumns("text", "category", created="created")
    act(database, import_proposals, OPERATOR, campaign.id, frame, columns=columns)
    supports = rng.integers(0, 9, COUNT).tolist()

    def store(session: Any) -> list[Any]:
        stored = session.query(Proposal.id, Proposal.public_id, Proposal.community_code)
        found = stored.order_by(Proposal.id).all()
        for row, number in zip(found, supports, strict=True):
            session.execute(update(Proposal).where(Proposal.id == row.id).values(supports=number))
        return found

    found = database.write(store)
    return table.assign(
        supports=supports,
        name=[row.public_id for row in found],
        community=[row.community_code for row in found],
        metres=Geod(ellps="WGS84").inv(*(np.full(COUNT, v) for v in HERE), lon, lat)[2],
        number=range(COUNT),
    )


def listed(database: Database, campaign: CampaignView, **asked: Any) -> list[str]:
    """Return the ids of all pages, checking that the pages are sound."""
    names: list[str] = []
    number, pages = 1, 1
    while number <= pages:
        with database.reading() as session:
            page = list_proposals(session, campaign, page=number, size=40, **asked)
        assert page.number == number
        pages = page.pages
        names += [view.public_id for view in page.items]
        assert len(page.items) == 40 or number == pages
        number += 1
    assert page.total == len(names)
    return names


def test_pages_are_a_plain_sort_cut_in_pieces(
    database: Database, campaign: CampaignView, rows: pd.DataFrame
) -> None:
    file(database, make_campaign(database, slug="other"))
    moderate(database, rows["name"][7], "hidden")
    shown = rows.drop(7)
    for sort, column in (("new", "created"), ("supported", "supports")):
        expected = shown.sort_values([column, "number"], ascending=False)["name"].tolist()
        assert listed(database, campaign, sort=sort) == expected


NARROWED: list[tuple[dict[str, Any], Any]] = [
    ({"categories": ["public_space"]}, lambda r: r["category"] == "public_space"),
    ({"categories": ["public_space", "bike_parking", "x"]}, lambda r: r["supports"] >= 0),
    ({"categories": ["nothing"]}, lambda r: r["supports"] < 0),
    ({"community": "110108017003"}, lambda r: r["community"] == "110108017003"),
    ({"text": "停不下"}, lambda r: r["text"] == WORDS[0]),
    ({"text": " sHADE "}, lambda r: r["text"] == WORDS[3]),
    ({"text": "0%"}, lambda r: r["text"] == WORDS[1]),
    ({"text": "a_b"}, lambda r: r["text"] == WORDS[2]),
    ({"text": "_"}, lambda r: r["text"] == WORDS[2]),
    ({"text": "%"}, lambda r: r["text"] == WORDS[1]),
    ({"text": "/"}, lambda r: r["supports"] < 0),
    ({"text": "\\"}, lambda r: r["supports"] < 0),
    ({"text": "' OR 1=1 --"}, lambda r: r["supports"] < 0),
    ({"text": "\x00\u3000"}, lambda r: r["supports"] >= 0),
    (
        {"text": "坏", "categories": ["bike_parking"], "community": "110108017001"},
        lambda r: (
            r["text"].str.contains("坏")
            & (r["category"] == "bike_parking")
            & (r["community"] == "110108017001")
        ),
    ),
]


def test_filters_narrow_both_lists_alike(
    database: Database, campaign: CampaignView, rows: pd.DataFrame
) -> None:
    for asked, chosen in NARROWED:
        expected = rows[chosen(rows)]
        newest = expected.sort_values(["created", "number"], ascending=False)
        assert listed(database, campaign, **asked) == newest["name"].tolist(), asked
        near = nearest_proposals(database, campaign, *HERE, size=100, **asked)
        nearest = expected.sort_values("metres")
        assert near.total == len(expected), asked
        assert [view.public_id for view in near.items] == nearest["name"].tolist()[:100], asked


def test_the_nearest_come_first_page_by_page(
    database: Database, campaign: CampaignView, rows: pd.DataFrame
) -> None:
    expected = rows.sort_values("metres")
    names: list[str] = []
    for number in range(1, 7):
        page = nearest_proposals(database, campaign, *HERE, page=number, size=40)
        assert (page.total, page.pages, page.number) == (COUNT, 6, number)
        told = [view.distance_m for view in page.items]
        assert told == pytest.approx(expected["metres"][len(names) :][:40].tolist(), abs=0.01)
        names += [view.public_id for view in page.items]
    assert names == expected["name"].tolist()


@pytest.mark.parametrize("place", [(121.47, 31.23), (0.0, 0.0), (-179.99, -60.0), (116.3, 90.0)])
def test_from_anywhere_on_earth_all_are_found(
    database: Database, campaign: CampaignView, rows: pd.DataFrame, place: tuple[float, float]
) -> None:
    page = Pinboard(database).nearest(campaign.id, *place, page=1, size=COUNT)
    told = [view.distance_m for view in page.nearest]
    assert (page.total, len(told), told) == (COUNT, COUNT, sorted(told))  # type: ignore[type-var]


def test_pages_that_do_not_exist_give_one_that_does(
    database: Database, campaign: CampaignView, rows: pd.DataFrame
) -> None:
    with database.reading() as session:
        for page, size, number, count in (
            (0, 20, 1, 20),
            (-3, 20, 1, 20),
            (10**30, 100, 3, 30),
            (1, 0, 1, 1),
            (1, 10**9, 1, 100),
        ):
            found = list_proposals(session, campaign, page=page, size=size)
            assert (found.number, len(found.items)) == (number, count)
            near = nearest_proposals(database, campaign, *HERE, page=page, size=size)
            assert (near.number, len(near.items)) == (number, count)
        for wrong in ({"sort": "oldest"}, {"sort": ""}, {"stage": "finished"}):
            with pytest.raises(InvalidError):
                list_proposals(session, campaign, **wrong)
    with pytest.raises(BadCoordinateError):
        nearest_proposals(database, campaign, float("nan"), 40.0)
    empty = make_campaign(database, slug="empty")
    with database.reading() as session:
        nothing = list_proposals(session, empty)
    assert nothing == nearest_proposals(database, empty, *HERE)
    assert (nothing.items, nothing.total, nothing.number, nothing.pages) == ((), 0, 1, 1)


def test_what_came_of_it(database: Database, campaign: CampaignView) -> None:
    names = [file(database, campaign).public_id for _ in range(5)]
    other = file(database, make_campaign(database, slug="other")).public_id

    def tell(chosen: list[str], stage: str, reply: str, days: int) -> None:
        now = NOW + timedelta(days=days)
        act(database, tell_step, OPERATOR, chosen, stage, reply, by="清河街道", now=now)

    tell([*names[:4], other], "answered", "收到", 1)
    tell(names[:3], "decided", "做", 2)
    tell([names[1], names[3]], "built", "画好了", 3)
    tell([names[1]], "decided", "拆了重来", 4)
    moderate(database, names[0], "hidden")
    with database.reading() as session:
        assert outcomes(session, campaign.id) == {
            "answered": 0,
            "discussed": 0,
            "decided": 2,
            "declined": 0,
            "built": 1,
        }
        found = outcome_list(session, campaign.id, ["decided", "built"])
        assert [(each.view.public_id, each.stage, each.reply) for each in found] == [
            (names[1], "decided", "拆了重来"),
            (names[3], "built", "画好了"),
            (names[2], "decided", "做"),
        ]
        assert (found[1].by, found[1].at) == ("清河街道", NOW + timedelta(days=3))
        assert outcome_list(session, campaign.id, ["decided", "built"], most=1) == found[:1]
        assert outcome_list(session, campaign.id, ["answered"]) == []
        in_turn = varied_outcomes(session, campaign.id, [Stage.BUILT, Stage.DECIDED], most=3)
        assert [each.view.public_id for each in in_turn] == [names[3], names[1], names[2]]
        assert varied_outcomes(session, campaign.id, [Stage.DECIDED], most=1) == found[:1]
        with pytest.raises(InvalidError):
            outcome_list(session, campaign.id, ["finished"])
        by_stage = {
            stage: {v.public_id for v in list_proposals(session, campaign, stage=stage).items}
            for stage in ("decided", "built", "declined", UNANSWERED, None)
        }
    assert by_stage == {
        "decided": {names[1], names[2]},
        "built": {names[3]},
        "declined": set(),
        UNANSWERED: {names[4]},
        None: set(names[1:]),
    }


@pytest.mark.parametrize(
    ("sort", "index"), [("new", "ix_proposal_newest"), ("supported", "ix_proposal_supported")]
)
def test_a_page_walks_its_index_without_sorting(
    database: Database, campaign: CampaignView, sort: str, index: str
) -> None:
    said: list[tuple[str, Any]] = []
    with database.reading() as session:
        event.listen(database.engine, "before_cursor_execute", lambda *a: said.append((a[2], a[3])))
        list_proposals(session, campaign, sort=sort)
        sql, given = next(each for each in said if "ORDER BY" in each[0])
        connection = session.connection()
        if database.engine.dialect.name == "postgresql":
            # Of so few rows anything is quick: what is asked is whether an index has their order.
            for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
                session.execute(text(f"SET LOCAL enable_{way} = off"))
            steps = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {sql}", given)]
        else:
            steps = [
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
            ]
    plan = " | ".join(steps)
    assert index in plan, plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
