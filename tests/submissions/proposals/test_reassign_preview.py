"""Other borders under a campaign: what is foretold is what happens, and only within reach."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from core import errors
from core.database import Database
from layers.communities.communities import community_frame, load_communities
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role
from submissions.proposals.queries import CampaignView, campaign_by_slug
from submissions.proposals.reassign_communities import adopt_communities
from submissions.proposals.reassign_preview import Adoption, CampaignEffect, foresee
from tests.conftest import NOW, quarters
from tests.submissions.acting import file

HERE, THERE = "110108017", "110108018"


def halves(subdistrict: str = HERE) -> gpd.GeoDataFrame:
    """Return two communities: the southern half, and of the north the eastern quarter."""
    return gpd.GeoDataFrame(
        {"code": [f"{subdistrict}001", f"{subdistrict}099"], "name": ["南半", "东北"]},
        geometry=[
            shapely.box(116.30, 40.02, 116.34, 40.04),
            shapely.box(116.32, 40.04, 116.34, 40.06),
        ],
        crs="EPSG:4326",
    )


@pytest.fixture
def filed(database: Database, campaign: CampaignView) -> CampaignView:
    """Give a campaign with a proposal in each quarter, the north-east of which is no community."""
    for n, (x, y) in enumerate(
        ((116.31, 40.03), (116.33, 40.03), (116.31, 40.05), (116.33, 40.05))
    ):
        file(database, campaign, Actor(f"d{n}"), longitude=x, latitude=y, text=f"第{n}条建议")
    return campaign


def test_what_is_foretold_is_what_happens(database: Database, filed: CampaignView) -> None:
    with database.reading() as session:
        found = foresee(session, OPERATOR, halves(), "2026", [filed.id])
    # 001 keeps its own, 003 becomes 001, 007 lies in none, and what lay in none is 099 now.
    assert found == Adoption(
        communities=2,
        compared="2020",
        new=("东北",),
        gone=("四街", "朱房"),
        effects=(CampaignEffect("test-campaign", 4, changed=3, outside=1, outside_before=1),),
        moved=(("南半", pytest.approx(0.5, abs=0.01)),),
    )
    _loaded, (moved,) = database.write(
        lambda s: adopt_communities(
            s, OPERATOR, "2026", halves(), source="街道", campaign_ids=(filed.id,), now=NOW
        )
    )
    assert (moved.changed, moved.outside, moved.proposals) == (3, 1, 4)
    with database.reading() as session:
        assert campaign_by_slug(session, filed.slug).edition == "2026"
        again = foresee(session, OPERATOR, halves(), "2026", [])
    assert (again.new, again.gone, again.effects[0].changed) == ((), (), 0)


def test_nobody_replaces_the_communities_of_others(database: Database, filed: CampaignView) -> None:
    officer = Actor(grants=frozenset({Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, THERE)}))
    planner = Actor(grants=frozenset({Grant(Role.COMMUNITY_PLANNER)}))
    told = {"source": "x", "schematic": False, "now": NOW}
    for actor, edition, frame in (
        (planner, "2026", halves()),
        (officer, "2026", halves()),  # codes of another subdistrict
        (officer, "2020", halves(THERE)),  # an edition that holds another subdistrict's
    ):
        with pytest.raises(errors.NotAllowedError):
            database.write(
                lambda s, a=actor, e=edition, f=frame: load_communities(s, a, e, f, **told)
            )
    database.write(lambda s: load_communities(s, officer, "2026", halves(THERE), **told))
    with database.reading() as session:
        assert len(community_frame(session, "2020")) == 3
        assert len(community_frame(session, "2026")) == 2
        for actor in (planner, officer, Actor()):
            with pytest.raises(errors.NotAllowedError):
                foresee(session, actor, halves(), "2026", [filed.id])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"code": ["110108017001", "110108017001"]}, "twice"),
        ({"code": ["110108017001", None]}, "no_code"),
        ({"name": ["南半", " "]}, "no_name"),
        ({"population": ["1,200", "viele"]}, "persons"),
    ],
)
def test_what_cannot_be_communities_is_told(
    database: Database, filed: CampaignView, change: dict[str, list[str]], problem: str
) -> None:
    frame = halves().assign(**change)
    with database.reading() as session, pytest.raises(errors.BadFileError) as refused:
        foresee(session, OPERATOR, frame, "2026", [filed.id])
    assert refused.value.params["problem"] == problem


def test_the_same_communities_change_nothing(database: Database, filed: CampaignView) -> None:
    with database.reading() as session:
        found = foresee(session, OPERATOR, quarters(), "2020", [])
    assert (found.new, found.gone) == ((), ())
    assert [one.changed for one in found.effects] == [0]
