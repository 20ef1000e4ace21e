"""What a campaign takes: its kinds, inside its area; and what is read of it, one database each."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from sqlalchemy import update

from analysis.pin_changes import pins
from analysis.pin_feed import Pinboard
from core.database import Database
from core.errors import BadShapeError, OutsideAreaError
from layers.communities.communities import community_at
from people.access.actor import Actor
from submissions.participation.drawn_shape import PlacedShape, check_shape
from submissions.participation.filing import file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.proposals import queries
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.analysis.counting import published_frame, published_rows
from tests.conftest import AREA, NOW

WALK = {"type": "LineString", "coordinates": [[116.31, 40.03], [116.314, 40.03]]}
PLOT = {
    "type": "Polygon",
    "coordinates": [[[116.33, 40.03], [116.331, 40.03], [116.331, 40.031], [116.33, 40.031]]],
}
ALL = ["point", "line", "area"]


def draw(
    database: Database, campaign: CampaignView, geojson: Any, kinds: list[str] = ALL
) -> tuple[str, PlacedShape]:
    """File a proposal that is a shape and return its public id."""
    placed = check_shape(campaign.area, geojson, kinds)
    assert placed is not None
    draft = DraftProposal(
        client_token=f"t{shapely.to_wkb(placed.geometry, hex=True)[-60:]}",
        longitude=placed.longitude,
        latitude=placed.latitude,
        category="public_space",
        text="这里画出来",
        relation="lives",
    )

    def store(session: Any) -> str:
        receipt = file_proposal(session, Actor(device="d" * 40), campaign.id, draft, now=NOW)
        session.execute(
            update(Proposal)
            .where(Proposal.public_id == receipt.public_id)
            .values(geometry=placed.geometry, length_m=placed.length_m, area_m2=placed.area_m2)
        )
        return receipt.public_id

    return database.write(store), placed


def test_a_line_and_an_area_are_placed() -> None:
    walk = check_shape(AREA, WALK, ALL)
    assert walk is not None
    assert (walk.kind, walk.area_m2) == ("line", None)
    assert walk.length_m == pytest.approx(341.4, abs=0.3)  # 0.004° × 85.36 km at 40.03° N
    assert (walk.longitude, walk.latitude) == pytest.approx((116.312, 40.03), abs=1e-9)
    plot = check_shape(AREA, PLOT, ["area"])
    assert plot is not None
    assert (plot.kind, plot.length_m) == ("area", None)
    assert plot.area_m2 == pytest.approx(85.35 * 111.04, rel=1e-3)
    assert (plot.longitude, plot.latitude) == pytest.approx((116.3305, 40.0305), abs=1e-9)


@pytest.mark.parametrize(
    ("shape", "kinds", "refused"),
    [
        (None, ["line", "area"], "point"),
        (WALK, ["point", "area"], "line"),
        (PLOT, ["point", "line"], "area"),
    ],
)
def test_only_the_campaigns_kinds_are_taken(shape: Any, kinds: list[str], refused: str) -> None:
    with pytest.raises(BadShapeError) as error:
        check_shape(AREA, shape, kinds)
    assert (error.value.params["problem"], error.value.params["kind"]) == ("kind", refused)


def test_a_plain_pin_needs_no_shape() -> None:
    assert check_shape(AREA, None, ["point"]) is None


def test_the_whole_shape_lies_in_the_area_its_border_included() -> None:
    """Both ends inside are not enough: the area here has a bay."""
    on_the_border = {"type": "LineString", "coordinates": [[116.30, 40.02], [116.30, 40.024]]}
    assert check_shape(AREA, on_the_border, ALL) is not None
    bay = AREA.difference(shapely.box(116.311, 40.02, 116.313, 40.05))
    with pytest.raises(OutsideAreaError) as error:
        check_shape(bay, WALK, ALL)
    assert error.value.params["kind"] == "line"
    assert 116.311 <= error.value.params["longitude"] <= 116.313
    beyond = {"type": "LineString", "coordinates": [[116.31, 40.03], [116.31, 40.0199999]]}
    with pytest.raises(OutsideAreaError):
        check_shape(AREA, beyond, ALL)


def test_the_pin_of_a_line_along_a_slanting_border_is_inside() -> None:
    area = shapely.Polygon([(116.30, 40.02), (116.34, 40.0333), (116.30, 40.06)])
    along = {"type": "LineString", "coordinates": [[116.30, 40.02], [116.34, 40.0333]]}
    placed = check_shape(area, along, ALL)
    assert placed is not None
    assert area.intersects(shapely.Point(placed.longitude, placed.latitude))


def test_rows_and_views_carry_what_was_drawn(database: Database, campaign: CampaignView) -> None:
    walk_id, walk = draw(database, campaign, WALK)
    plot_id, plot = draw(database, campaign, PLOT)
    with database.reading() as session:
        rows = {row.id: row for row in published_rows(session, campaign.id)}
        views = {
            v.public_id: v for v in queries.proposals_by_public_ids(session, [walk_id, plot_id])
        }
        frame = published_frame(session, campaign.id)
        delta = pins(session, campaign.id)
        where = community_at(session, campaign.edition, walk.longitude, walk.latitude)
    for public_id, placed in ((walk_id, walk), (plot_id, plot)):
        for told in (rows[public_id], views[public_id]):
            assert told.geometry.equals_exact(placed.geometry)
            assert (told.length_m, told.area_m2) == (placed.length_m, placed.area_m2)
    assert set(frame.geom_type) == {"Point"}
    assert frame.geometry.x.tolist() == pytest.approx([walk.longitude, plot.longitude])
    assert delta.drawn.tolist() == [True, True]
    assert where is not None
    assert views[walk_id].community_name == where["zh_CN"]


def test_the_pin_index_tells_pins_from_shapes(database: Database, campaign: CampaignView) -> None:
    board = Pinboard(database)
    assert len(board.current(campaign.id, None)[1]) == 0
    draw(database, campaign, PLOT)
    draft = DraftProposal("plain", 116.31, 40.03, "bike_parking", "点一下", "lives")
    database.write(lambda s: file_proposal(s, Actor(device="e" * 40), campaign.id, draft, now=NOW))
    with database.reading() as session:
        plain = [
            row for row in published_rows(session, campaign.id) if row.category == "bike_parking"
        ]
    assert [(row.geometry, row.length_m, row.area_m2) for row in plain] == [(None, None, None)]
    index = board.current(campaign.id, None)[1]
    assert sorted(
        zip(index.labels["category"].tolist(), index.labels["drawn"].tolist(), strict=True)
    ) == [(b"bike_parking", False), (b"public_space", True)]
