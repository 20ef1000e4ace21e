"""What is read: only what is published, nothing of a person, by the indexes made for it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod
from sqlalchemy import event, text

from analysis import pin_changes
from analysis.frames import PublishedRow
from analysis.pin_changes import PinDelta, changes_statement, pins
from analysis.pin_feed import Pinboard
from core.database import Database
from core.errors import NotFoundError
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor
from submissions.imports.import_table import import_proposals
from submissions.imports.row_reader import ImportColumns
from submissions.participation.filing import Receipt, file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.participation.supports import support_proposal
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView, ProposalView
from tests.analysis.counting import counts_of, published_frame, published_rows, sums_of
from tests.conftest import NOW, make_campaign

PRIVATE = {"author_key", "receipt", "client_token", "person", "author"}


def file(
    database: Database,
    campaign: CampaignView,
    lon: float = 116.31,
    lat: float = 40.03,
    *,
    person: str = "a",
    category: str = "bike_parking",
) -> Receipt:
    draft = DraftProposal(uuid4().hex, lon, lat, category, "文字", "works")
    return database.write(lambda s: file_proposal(s, Actor(person), campaign.id, draft, now=NOW))


def hide(database: Database, receipt: Receipt, status: str = "hidden") -> None:
    database.write(
        lambda s: change_status(s, OPERATOR, receipt.public_id, status, reason="测试", now=NOW)
    )


def scatter(database: Database, campaign: CampaignView, number: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(116.30, 116.34, number), rng.uniform(40.02, 40.06, number)
    table = pd.DataFrame(
        {
            "text": "字",
            "category": rng.choice(["bike_parking", "public_space"], number),
            "person": rng.integers(0, number // 2 + 1, number).astype(str),
        }
    )
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    columns = ImportColumns("text", "category", person="person")
    database.write(
        lambda s: import_proposals(s, OPERATOR, campaign.id, frame, columns=columns, now=NOW)
    )
    return frame


def test_campaigns_are_read_whole(database: Database, campaign: CampaignView) -> None:
    other = make_campaign(database, slug="second", publish_on_filing=False, max_text_length=20)
    with database.reading() as session:
        assert queries.list_campaigns(session) == [campaign, other]
        assert queries.campaign_by_id(session, other.id) == other
        with pytest.raises(NotFoundError):
            queries.campaign_by_slug(session, "third")
    assert other.categories[1]["name"]["zh_CN"] == "公共空间"
    assert (other.publish_on_filing, other.max_text_length) == (False, 20)


def test_the_frame_holds_the_published_and_nothing_of_a_person(
    database: Database, campaign: CampaignView
) -> None:
    first = file(database, campaign)
    hidden = file(database, campaign)
    last = file(database, campaign, 116.33, person="b", category="public_space")
    hide(database, hidden)
    with database.reading() as session:
        frame = published_frame(session, campaign.id)
        none = published_rows(session, 987_654)
        streamed = published_rows(session, campaign.id, batch=1)
    assert frame["id"].tolist() == [first.public_id, last.public_id]
    assert none == []
    assert not PRIVATE & set(frame.columns)
    assert (frame.geometry[1].x, frame.geometry[1].y) == (116.33, 40.03)
    assert frame["created"].tolist() == [NOW, NOW]
    assert [row.id for row in streamed] == frame["id"].tolist()
    assert [row.community_code for row in streamed] == frame["community_code"].tolist()


def test_no_outlet_has_a_field_for_a_person() -> None:
    for outlet in (ProposalView, PinDelta, CampaignView):
        assert not PRIVATE & {field.name for field in fields(outlet)}
    assert not PRIVATE & set(PublishedRow._fields)


def test_a_hidden_proposal_leaks_from_no_outlet(database: Database, campaign: CampaignView) -> None:
    receipt = file(database, campaign)
    for status in ("hidden", "published", "held"):
        hide(database, receipt, status)
        expected = [receipt.public_id] if status == "published" else []
        with database.reading() as session:
            outlets: list[Any] = [
                published_frame(session, campaign.id)["id"].tolist(),
                [row.id for row in published_rows(session, campaign.id)],
                pins(session, campaign.id).public_ids.tolist(),
                [v.public_id for v in queries.proposals_by_public_ids(session, expected or ["x"])],
            ]
            assert outlets == [expected] * len(outlets)
            assert sums_of(session, campaign.id).proposals == len(expected)
            counts = counts_of(session, campaign.id)
            assert counts.frame["proposals"].sum() == len(expected)
            seen = queries.proposal_by_receipt(session, receipt.code)
            assert seen is not None
            assert seen.status == status


def test_counts_per_community(database: Database, campaign: CampaignView) -> None:
    places = [(116.31, 40.03), (116.31, 40.03), (116.33, 40.03), (116.33, 40.05)]
    for number, (lon, lat) in enumerate(places):
        kind = "public_space" if number == 1 else "bike_parking"
        file(database, campaign, lon, lat, person=f"p{number % 2}", category=kind)
    file(database, campaign, 116.31, 40.03, person="p0")
    with database.reading() as session:
        counts = counts_of(session, campaign.id)
        bikes = counts_of(session, campaign.id, category="bike_parking")
    frame = counts.frame
    assert frame["code"].tolist() == ["110108017001", "110108017003", "110108017007"]
    assert frame["proposals"].tolist() == [3, 1, 0]
    assert frame["people"].tolist() == [2, 1, 0]
    assert frame["bike_parking"].tolist() == [2, 1, 0]
    assert frame["public_space"].tolist() == [1, 0, 0]
    assert frame["per_1000"].tolist() == [3.0, 2.0, pd.NA]
    areas_km2 = frame.to_crs("EPSG:4548").area / 1e6
    assert frame["per_km2"].tolist() == pytest.approx([3 / areas_km2[0], 1 / areas_km2[1], 0])
    assert (counts.outside, counts.people) == (1, 2)
    assert bikes.frame["proposals"].tolist() == [2, 1, 0]
    assert bikes.frame["people"].tolist() == [1, 1, 0]
    assert frame.crs == "EPSG:4326"


def test_pins_follow_the_changes_one_by_one(database: Database, campaign: CampaignView) -> None:
    first, second = file(database, campaign), file(database, campaign, 116.33)
    with database.reading() as session:
        full = pins(session, campaign.id)
        nothing = pins(session, campaign.id, after=full.revision)
    assert full.full
    assert full.public_ids.tolist() == [first.public_id, second.public_id]
    assert full.visible.tolist() == [True, True]
    assert (nothing.full, len(nothing), nothing.revision) == (False, 0, full.revision)

    hide(database, first)
    third = file(database, campaign)
    database.write(lambda s: support_proposal(s, Actor("z"), third.public_id, now=NOW))
    with database.reading() as session:
        delta = pins(session, campaign.id, after=full.revision)
        assert delta.revision == queries.revision(session, campaign.id) > full.revision
    assert not delta.full
    assert dict(zip(delta.public_ids, delta.visible, strict=True)) == {
        first.public_id: False,
        third.public_id: True,
    }
    assert delta.ids[0] == full.ids[0]
    assert (delta.longitudes[1], delta.latitudes[1]) == (116.31, 40.03)


def test_pins_are_sent_whole_when_they_cannot_be_followed(
    database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = file(database, campaign)
    with database.reading() as session:
        before = pins(session, campaign.id).revision
        for stranger in (1, before + 1, 2**40):
            assert pins(session, campaign.id, after=stranger).full
    scatter(database, campaign, 10)
    with database.reading() as session:
        after_import = pins(session, campaign.id, after=before)
        assert after_import.full
        assert len(after_import) == 11
    monkeypatch.setattr(pin_changes, "MOST_CHANGES", 1)
    hide(database, receipt)
    with database.reading() as session:
        one = pins(session, campaign.id, after=after_import.revision)
        assert (one.full, len(one)) == (False, 1)
    hide(database, receipt, "published")
    with database.reading() as session:
        assert pins(session, campaign.id, after=after_import.revision).full


def test_pins_of_another_campaign_are_not_mixed_in(
    database: Database, campaign: CampaignView
) -> None:
    other = make_campaign(database, slug="second")
    file(database, campaign)
    with database.reading() as session:
        before = pins(session, other.id)
        assert len(before) == 0
    file(database, campaign)
    with database.reading() as session:
        assert len(pins(session, other.id, after=before.revision)) == 0
        assert queries.revision(session, other.id) == before.revision
        assert queries.revision(session, 987_654) == 0


def test_asking_for_changes_when_there_are_none_reads_no_proposal(
    database: Database, campaign: CampaignView
) -> None:
    scatter(database, campaign, 500)
    said: list[str] = []
    with database.reading() as session:
        newest = pins(session, campaign.id).revision
        event.listen(database.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
        delta = pins(session, campaign.id, after=newest)
    assert (delta.full, len(delta)) == (False, 0)
    assert len(said) == 1
    assert "FROM proposal" not in said[0]


def test_near_finds_what_a_plain_search_finds(database: Database, campaign: CampaignView) -> None:
    frame = scatter(database, campaign, 400)
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    centre = 116.3187, 40.0412
    away = Geod(ellps="WGS84").inv(np.full(400, centre[0]), np.full(400, centre[1]), x, y)[2]
    board = Pinboard(database)
    for radius_m, most in ((600.0, 500), (600.0, 7), (25.0, 500)):
        found = board.near(campaign.id, *centre, radius_m=radius_m, most=most)
        expected = np.sort(away[away <= radius_m])
        assert found.total == len(expected)
        assert [v.distance_m for v in found.nearest] == pytest.approx(expected[:most], abs=1e-3)
    views = board.near(campaign.id, *centre, radius_m=600, most=500).nearest
    assert {view.community_name for view in views} <= {"清河嘉园", "四街", "朱房", None}


def test_near_follows_what_is_filed_and_hidden(database: Database, campaign: CampaignView) -> None:
    board = Pinboard(database)
    assert board.near(campaign.id, 116.31, 40.03, radius_m=100, most=5).total == 0
    receipt = file(database, campaign)
    near = board.near(campaign.id, 116.31, 40.03, radius_m=100, most=5)
    assert [view.public_id for view in near.nearest] == [receipt.public_id]
    hide(database, receipt, "hidden")
    assert board.near(campaign.id, 116.31, 40.03, radius_m=100, most=5).total == 0


def test_the_index_answers_what_changed(database: Database, campaign: CampaignView) -> None:
    changes = changes_statement(campaign.id, 5)
    dialect = database.engine.dialect
    sql = changes.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    with database.reading() as session:
        if dialect.name == "postgresql":  # which on a table of nothing reads the whole table
            session.execute(text("SET LOCAL enable_seqscan = off"))
            session.execute(text("SET LOCAL enable_bitmapscan = off"))
            steps = [row[0] for row in session.execute(text(f"EXPLAIN {sql}"))]
        else:
            found = session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))
            steps = [row.detail for row in found]
    plan = " | ".join(steps)
    assert "ix_audit_campaign_id_id" in plan, plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_totals(database: Database, campaign: CampaignView) -> None:
    hidden = file(database, campaign)
    hide(database, hidden, "held")
    file(database, campaign, category="public_space", person="b")
    file(database, campaign, person="b")
    with database.reading() as session:
        totals = sums_of(session, campaign.id)
    assert (totals.proposals, totals.people) == (2, 1)
    assert totals.by_category == {"bike_parking": 1, "public_space": 1}
    assert totals.by_relation == {"works": 2}
