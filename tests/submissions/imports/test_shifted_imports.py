"""Imports in another system than they state: told from right ones, converted, undone."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import EmptyTextError, InvalidError, NotAllowedError, NotFoundError
from data.campaigns import demo_proposals
from geo.crs import GCJ02, wgs84_to_bd09, wgs84_to_gcj02
from layers.built_in import layer_named
from layers.communities.communities import load_communities
from moderation.locations.location_checks import DoubtKind
from moderation.locations.location_queue import batch_of, convert_import
from moderation.undo import undo_change
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, everywhere
from submissions.campaigns.create import create_campaign
from submissions.imports.import_table import import_proposals
from submissions.imports.row_reader import ImportColumns
from submissions.proposals.models import Change, Proposal
from submissions.proposals.queries import CampaignView, campaign_by_slug
from tests.conftest import NOW, new_campaign
from tests.moderation.locations.doubting import DESK, HERE, fresh, of
from tests.submissions.acting import AUTHOR, act


def town(database: Database) -> CampaignView:
    """Store the communities of Qinghe and an empty campaign over its outline."""
    outline = gpd.read_file(layer_named("outline").path).geometry.iloc[0]
    communities = gpd.read_file(layer_named("communities").path)
    frame = communities[communities["edition"] == "2020"].rename(columns={"name_zh": "name"})

    def store(session: Session) -> None:
        load_communities(session, OPERATOR, "2020", frame, source="t", schematic=True, now=NOW)
        campaign = new_campaign(slug="town", area=outline, subdistrict="110108017")
        create_campaign(session, OPERATOR, campaign, now=NOW)

    database.write(store)
    with database.reading() as session:
        return campaign_by_slug(session, "town")


def bring(database: Database, campaign: CampaignView, shift: Any, *, rows: slice) -> None:
    """Import proposals of the demo whose coordinates were shifted, stated as WGS 84."""
    table = pd.DataFrame(demo_proposals("bike-parking"))[["text", "longitude", "latitude"]][rows]
    lon, lat = shift(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    points = gpd.points_from_xy(lon, lat)
    frame = gpd.GeoDataFrame(table[["text"]], geometry=points, crs="EPSG:4326").reset_index()
    columns = ImportColumns(text="text", category_value="bike_parking", id="index")
    act(database, import_proposals, OPERATOR, campaign.id, frame, columns=columns)


def stored(database: Database) -> dict[int, tuple[Any, ...]]:
    with database.reading() as session:
        rows = session.execute(
            select(
                Proposal.id,
                Proposal.longitude,
                Proposal.latitude,
                Proposal.community_code,
                Proposal.raw_x,
                Proposal.raw_y,
                Proposal.raw_crs,
                Proposal.status,
            ).order_by(Proposal.id)
        )
        return {row[0]: tuple(row[1:]) for row in rows}


def test_imports_in_another_system_are_told_from_right_ones_and_converted(
    database: Database,
) -> None:
    campaign = town(database)
    bring(database, campaign, lambda lon, lat: (lon, lat), rows=slice(0, 150))
    before = stored(database)
    assert of(fresh(database, campaign), DoubtKind.IMPORT) == []
    bring(database, campaign, wgs84_to_gcj02, rows=slice(400, 700))
    (doubt,) = of(fresh(database, campaign), DoubtKind.IMPORT)
    fit = doubt.details["fit"]
    assert (doubt.system, doubt.sureness, doubt.proposals) == (GCJ02, "sure", 300)
    assert fit.p_value < 1e-4
    assert fit.after.inside > fit.before.inside
    assert fit.after.named > 0.6 > fit.before.named
    assert fit.after.road_m < fit.before.road_m
    shifted = stored(database)
    key = doubt.details["import_key"]
    after, moved, outside = 0, 0, 0
    while True:
        done = act(
            database,
            convert_import,
            DESK,
            campaign.id,
            key,
            GCJ02,
            reason="原是GCJ-02",
            after=after,
            most=120,
        )
        after, moved, outside = done.after, moved + done.moved, outside + done.outside
        if not done.left:
            break
    assert moved + outside == 300
    assert moved > 290
    again = act(database, convert_import, DESK, campaign.id, key, GCJ02, reason="再按一次")
    assert again.moved == 0
    places = stored(database)
    true = pd.DataFrame(demo_proposals("bike-parking"))[400:700]
    new = [values for number, values in places.items() if number not in before]
    near = [
        abs(values[0] - x) < 1e-8 and abs(values[1] - y) < 1e-8
        for values, x, y in zip(new, true["longitude"], true["latitude"], strict=True)
    ]
    assert sum(near) == moved
    assert [places[number][3:6] for number in shifted] == [v[3:6] for v in shifted.values()]
    assert {number: places[number] for number in before} == before
    assert of(fresh(database, campaign), DoubtKind.IMPORT) == []
    with database.reading() as session:
        ids = session.scalars(select(Change.id).where(Change.batch == batch_of(key))).all()
    assert len(ids) == moved
    for change_id in ids:
        act(database, undo_change, DESK, change_id)
    assert stored(database) == shifted


def test_an_import_in_baidus_system_is_not_taken_for_gcj(database: Database) -> None:
    campaign = town(database)
    bring(database, campaign, wgs84_to_bd09, rows=slice(0, 300))
    (doubt,) = of(fresh(database, campaign), DoubtKind.IMPORT)
    assert (doubt.system, doubt.sureness) == ("BD-09", "sure")


def test_an_import_is_converted_by_whoever_moderates_the_campaign(database: Database) -> None:
    campaign = town(database)
    bring(database, campaign, wgs84_to_gcj02, rows=slice(0, 30))
    with database.reading() as session:
        key = session.scalars(select(Proposal.import_key)).first()
    elsewhere = Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, "110108018")
    before = stored(database)
    for actor in (
        AUTHOR,
        Actor("w", frozenset({HERE})),
        Actor("o", frozenset({elsewhere})),
        Actor("p", everywhere(Role.COMMUNITY_PLANNER)),
    ):
        with pytest.raises(NotAllowedError):
            act(database, convert_import, actor, campaign.id, key, GCJ02, reason="因")
    for given, error in (
        ((campaign.id, key, "EPSG:4326"), InvalidError),
        ((campaign.id + 9, key, GCJ02), NotFoundError),
    ):
        with pytest.raises(error):
            act(database, convert_import, DESK, *given, reason="因")
    with pytest.raises(EmptyTextError):
        act(database, convert_import, DESK, campaign.id, key, GCJ02, reason="")
    assert stored(database) == before
    here = Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, "110108017")
    done = act(
        database,
        convert_import,
        Actor("o", frozenset({here})),
        campaign.id,
        key,
        GCJ02,
        reason="因",
    )
    assert done.moved + done.outside == 30
