"""The review list of doubtful locations: what is raised, what is not, what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from core.database import Database
from core.errors import EmptyTextError, InvalidError, NotAllowedError, NotFoundError
from layers.built_in import layer_named, layer_text
from layers.gazetteer.mentioned_places import StatedNames
from moderation.changes import move_pin
from moderation.locations.location_checks import DoubtKind, find_doubts
from moderation.locations.location_queue import dismiss_doubt
from people.access.actor import Actor, Role, everywhere
from submissions.proposals.queries import CampaignView, list_campaigns
from tests.conftest import make_campaign, quarters
from tests.moderation.locations.doubting import DESK, HERE, fresh, metres_to, of, page
from tests.submissions.acting import AUTHOR, act, file, moderate, trail


def test_names_are_read_as_people_use_them() -> None:
    names = StatedNames(
        ["阳光社区", "清河嘉园", "安宁庄社区", "安宁东路", "智学苑", ""],
        ["安宁庄路", "清河", "智学苑北门", ""],
    )
    for text, communities, places in (
        ("阳光很好", set(), set()),
        ("阳光社区和智学苑", {0, 4}, set()),
        ("阳光小区门口", {0}, set()),
        ("清河嘉园在清河边", {1}, {1}),
        ("安宁庄路太窄", set(), {0}),
        ("安宁庄东路太窄,安宁庄小学", set(), set()),
        ("安宁庄的人", {2}, set()),
        ("安宁东路不好走", set(), set()),
        ("安宁东路社区", {3}, set()),
        ("智学苑北门", set(), {2}),
    ):
        found = names.named_in(text)
        assert (set(found.communities), set(found.places)) == (communities, places), text
    assert StatedNames([], []).named_in("智学苑").communities == frozenset()


def test_a_pin_far_from_the_community_it_names_is_doubted(
    database: Database, campaign: CampaignView
) -> None:
    far = file(database, campaign, text="四街社区门口停不下车").public_id
    nobody = file(database, campaign, longitude=116.33, latitude=40.05, text="在朱房小区北门")
    for text in ("清河嘉园门口", "四街社区和清河嘉园之间", "四街上很堵", "门口停不下车"):
        file(database, campaign, longitude=116.312, text=text)
    beside = file(database, campaign, longitude=116.3197, text="四街社区门口")
    found = {doubt.public_ids[0]: doubt for doubt in fresh(database, campaign)}
    assert set(found) == {far, nobody.public_id}
    doubt = found[far]
    east = quarters().geometry.iloc[1]
    assert doubt.kind is DoubtKind.COMMUNITY
    assert doubt.details["stated"] == {"zh_CN": "四街", "en": "Sijie"}
    assert doubt.details["located"] == {"zh_CN": "清河嘉园", "en": "Qinghe Jiayuan"}
    # A hundredth of a degree of longitude at 40.03 N is 853.6 m; the fix lies 20 m farther in.
    assert doubt.details["distance_m"] == pytest.approx(853.6, abs=1)
    move = doubt.moves[0]
    assert move.distance_m == pytest.approx(873.6, abs=1)
    assert shapely.intersects_xy(east, move.longitude, move.latitude)
    assert found[nobody.public_id].details["located"] is None
    act(
        database, move_pin, DESK, far, move.longitude, move.latitude, reason="文字说四街", seen=None
    )
    assert far not in {
        name for doubt in page(database, campaign).page.items for name in doubt.public_ids
    }
    assert far not in {one for doubt in fresh(database, campaign) for one in doubt.public_ids}
    assert beside.public_id not in found


def test_pins_on_water_or_rails_may_go_beside_them(
    database: Database, campaign: CampaignView
) -> None:
    def features(name: str, kind: str) -> list[Any]:
        found = json.loads(layer_text(layer_named(name)))["features"]
        shapes = [shape(one["geometry"]) for one in found if one["properties"]["kind"] == kind]
        return [one.intersection(campaign.area) for one in shapes]

    river, rail = features("river", "river")[0], features("railway", "railway")[0]
    metro = features("railway", "metro")[0]
    wet = river.representative_point()
    on_rail, on_metro = (
        rail.interpolate(0.4, normalized=True),
        metro.interpolate(0.3, normalized=True),
    )
    names = [
        file(
            database, campaign, longitude=point.x, latitude=point.y, text=f"这里要车位{n}"
        ).public_id
        for n, point in enumerate((wet, on_rail, on_metro))
    ]
    found = fresh(database, campaign)
    assert [(doubt.kind, doubt.public_ids) for doubt in found] == [
        (DoubtKind.WATER, (names[0],)),
        (DoubtKind.RAIL, (names[1],)),
    ]
    for doubt, obstacle, clear_m in zip(found, (river, rail), (2, 8), strict=True):
        move = doubt.moves[0]
        assert doubt.details["schematic"] is True
        assert doubt.sureness == "perhaps"
        assert clear_m <= metres_to(move.longitude, move.latitude, obstacle) < clear_m + 0.2
        act(
            database,
            move_pin,
            DESK,
            doubt.public_ids[0],
            move.longitude,
            move.latitude,
            reason="在水里",
            seen=None,
        )
    assert fresh(database, campaign) == []


def test_many_at_one_spot_may_go_where_their_words_say(
    database: Database, campaign: CampaignView
) -> None:
    places = json.loads(layer_text(layer_named("places")))["features"]
    place = next(
        one
        for one in places
        if one["geometry"]["type"] == "Point"
        and campaign.area.buffer(-0.002).intersects(shape(one["geometry"]))
        and shape(one["geometry"]).distance(shapely.Point(116.305, 40.022)) > 0.005
    )
    spot = {"longitude": 116.305, "latitude": 40.022}
    texts = [
        f"{place['properties']['name_zh']}旁边缺座椅",
        *(f"这里缺{n}把椅子" for n in "一二三四"),
    ]
    names = [
        file(database, campaign, Actor(f"device {n}"), text=text, **spot).public_id
        for n, text in enumerate(texts)
    ]
    for n in range(4):
        file(database, campaign, Actor(f"other {n}"), longitude=116.306, latitude=40.022)
    (doubt,) = fresh(database, campaign)
    assert (doubt.kind, doubt.proposals, doubt.public_ids) == (DoubtKind.CROWD, 5, tuple(names))
    assert doubt.details == {"people": 5}
    assert [move.public_id for move in doubt.moves] == names[:1]
    goal = shape(place["geometry"])
    assert (doubt.moves[0].longitude, doubt.moves[0].latitude) == (goal.x, goal.y)
    assert doubt.moves[0].name_zh == place["properties"]["name_zh"]


def test_what_was_dismissed_stays_so_until_it_moves(
    database: Database, campaign: CampaignView
) -> None:
    name = file(database, campaign, text="四街社区门口停不下车").public_id
    key = fresh(database, campaign)[0].key
    with pytest.raises(EmptyTextError):
        act(database, dismiss_doubt, DESK, campaign.id, key, reason=" ")
    act(database, dismiss_doubt, DESK, campaign.id, key, reason="说的是对面")
    act(database, dismiss_doubt, DESK, campaign.id, key, reason="再按一次")
    assert page(database, campaign).page.total == 0
    file(database, campaign, text="别的事情也要看")
    assert fresh(database, campaign) == []
    act(database, move_pin, DESK, name, 116.312, 40.03, reason="挪近", seen=None)
    assert [doubt.public_ids for doubt in fresh(database, campaign)] == [(name,)]
    assert len(trail(database, "doubt_dismissed")) == 1


def test_each_sees_and_settles_only_what_lies_within_reach(
    database: Database, campaign: CampaignView
) -> None:
    west = file(database, campaign, text="四街社区门口停不下车").public_id
    east = file(database, campaign, longitude=116.335, text="清河嘉园门口停不下车").public_id
    everyone = {doubt.public_ids[0]: doubt.key for doubt in fresh(database, campaign)}
    assert set(everyone) == {west, east}
    worker = Actor("w", frozenset({HERE}))
    assert [doubt.public_ids for doubt in fresh(database, campaign, worker)] == [(west,)]
    assert page(database, campaign, worker).by_kind == {"community": 1}
    refused: list[tuple[Actor, str, type[Exception]]] = [
        (worker, everyone[east], NotAllowedError),
        (worker, "crowd:116.3100000,40.0300000", NotAllowedError),
        (AUTHOR, everyone[west], NotAllowedError),
        (
            Actor("p", everyone and everywhere(Role.COMMUNITY_PLANNER)),
            everyone[west],
            NotAllowedError,
        ),
        (DESK, "water:nowhere2:1,2", NotFoundError),
        (DESK, "nothing:at all", NotFoundError),
        (DESK, "water", NotFoundError),
        (DESK, everyone[west] + "x" * 120, NotFoundError),
    ]
    for actor, key, error in refused:
        with pytest.raises(error):
            act(database, dismiss_doubt, actor, campaign.id, key, reason="因")
    with pytest.raises(NotFoundError):
        act(database, dismiss_doubt, DESK, campaign.id + 99, everyone[west], reason="因")
    for actor in (AUTHOR, Actor(), Actor("d", everywhere(Role.DEPARTMENT))):
        with pytest.raises(NotAllowedError):
            page(database, campaign, actor)
    with pytest.raises(InvalidError):
        page(database, campaign, kind="nothing")
    moderate(database, west, "hidden")
    assert [doubt.public_ids for doubt in page(database, campaign).page.items] == [(east,)]
    assert page(database, campaign, page=9, size=1).page.number == 1


def test_the_demo_is_no_shifted_import(demo_database: Database) -> None:
    with demo_database.reading() as session:
        for campaign in list_campaigns(session):
            found = find_doubts(session, campaign)
            assert of(found, DoubtKind.IMPORT) == []
            assert len(found) < 60


def test_an_empty_campaign_has_no_doubts(database: Database) -> None:
    campaign = make_campaign(database)
    assert fresh(database, campaign) == []
