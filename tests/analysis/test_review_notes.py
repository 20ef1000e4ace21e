"""Observations, topics and saved views: who may, what stays, what nobody else learns."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from analysis import results, site_observations
from analysis.filter import Filter, Spot
from analysis.pin_changes import pins
from analysis.pin_feed import Pinboard
from analysis.saved_views import remove_view, save_view, saved_views
from analysis.selection import Selection
from analysis.site_observations import Count, NewObservation, observe, remove_observation
from core.database import Database
from core.errors import (
    BadPhotoError,
    EmptyTextError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    OutsideAreaError,
)
from deliberation.hotspot_profile import dossier
from deliberation.topics import make_topic, members, topic_named, topics
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role
from submissions.participation.photo_upkeep import sweep
from submissions.photos.storage import open_store
from submissions.proposals import queries
from submissions.proposals.merge import merge
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.people.acting import new_account
from tests.submissions.acting import MODERATOR, NOBODY, act, file, moderate, trail

WEST, EAST = "110108017001", "110108017003"


def staff(database: Database, role: Role, code: str = "", name: str = "张三") -> Actor:
    """Return somebody with an account who holds a role, everywhere or in one community."""
    grant = Grant(role, Reach.COMMUNITY, code, "2020") if code else Grant(role)
    account = new_account(database, grant, name=name)
    return Actor("device", frozenset({grant}), account, name)


def jpeg() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(content, "JPEG")
    return content.getvalue()


def new(**changes: Any) -> NewObservation:
    values = {
        "token": "t1",
        "longitude": 116.31,
        "latitude": 40.03,
        "observed_at": NOW - timedelta(hours=4),
        "note": "早高峰停满",
        "counts": (Count("自行车", 34),),
    }
    return NewObservation(**(values | changes))


def seen(database: Database, actor: Actor, campaign: CampaignView) -> list[Any]:
    with database.reading() as session:
        return site_observations.observations(session, actor, campaign)


def test_an_observation_is_kept_once_and_read_within_reach(
    database: Database, campaign: CampaignView, tmp_path: Any
) -> None:
    store = open_store(tmp_path)
    planner = staff(database, Role.RESIDENT_PLANNER, WEST)
    given = {"photo": jpeg(), "now": NOW}
    first = observe(database, store, planner, campaign.id, new(), **given)
    assert observe(database, store, planner, campaign.id, new(), **given) == first
    (one,) = seen(database, planner, campaign)
    assert (one.note, one.counts, one.by) == ("早高峰停满", (Count("自行车", 34),), "张三")
    assert (one.community_code, one.removable) == (WEST, True)
    # The other picture's bytes belong to nothing and are swept; this one's stay.
    sweep(database, store, NOW + timedelta(days=9999))
    assert store.read(one.photo)
    for actor, sees in (
        (staff(database, Role.SOCIAL_WORKER), True),
        (staff(database, Role.DEPARTMENT), True),
        (staff(database, Role.RESIDENT_PLANNER, EAST), False),
        (staff(database, Role.COUNCIL_MEMBER), False),
        (staff(database, Role.DESIGN_FIRM), False),
        (NOBODY, False),
        (Actor("resident"), False),
    ):
        assert bool(seen(database, actor, campaign)) is sees, actor
        with database.reading() as session:
            if sees:
                assert site_observations.observation_photo(session, actor, one.photo) == one.photo
            else:
                with pytest.raises(NotFoundError):
                    site_observations.observation_photo(session, actor, one.photo)
    for changes in ({"note": "晚高峰也停满"}, {"counts": ()}):
        again = observe(database, store, planner, campaign.id, new(**changes), **given)
        assert again != first


@pytest.mark.parametrize(
    ("role", "code", "allowed"),
    [
        (Role.RESIDENT_PLANNER, "", True),
        (Role.RESIDENT_PLANNER, WEST, True),
        (Role.RESIDENT_PLANNER, EAST, False),
        (Role.SOCIAL_WORKER, WEST, True),
        (Role.COMMUNITY_PLANNER, EAST, False),
        (Role.DEPARTMENT, "", False),
        (Role.COUNCIL_MEMBER, "", False),
        (Role.DESIGN_FIRM, "", False),
        (Role.RESIDENT, "", False),
    ],
)
def test_who_may_observe(
    database: Database, campaign: CampaignView, tmp_path: Any, role: Role, code: str, allowed: bool
) -> None:
    actor, store = staff(database, role, code), open_store(tmp_path)
    if allowed:
        observe(database, store, actor, campaign.id, new(), now=NOW)
        (entry,) = trail(database, "observed")
        assert (entry.account_id, entry.campaign_id) == (actor.account_id, campaign.id)
        return
    with pytest.raises(NotAllowedError):
        observe(database, store, actor, campaign.id, new(), photo=jpeg(), now=NOW)
    assert not trail(database, "observed")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"note": " ", "counts": ()}, EmptyTextError),
        ({"longitude": 116.9}, OutsideAreaError),
        ({"observed_at": NOW + timedelta(days=1)}, InvalidError),
        ({"counts": (Count("自行车", -1),)}, InvalidError),
        ({"counts": (Count("", 1),)}, EmptyTextError),
        ({"counts": (Count("a", 1),) * 13}, InvalidError),
    ],
)
def test_what_cannot_be_an_observation(
    database: Database,
    campaign: CampaignView,
    tmp_path: Any,
    changes: dict[str, Any],
    error: type[Exception],
) -> None:
    planner = staff(database, Role.RESIDENT_PLANNER)
    with pytest.raises(error):
        observe(database, open_store(tmp_path), planner, campaign.id, new(**changes), now=NOW)
    with pytest.raises(BadPhotoError):
        observe(database, open_store(tmp_path), planner, campaign.id, new(), photo=b"x", now=NOW)


def test_who_removes_an_observation(
    database: Database, campaign: CampaignView, tmp_path: Any
) -> None:
    owner, store = staff(database, Role.RESIDENT_PLANNER, WEST), open_store(tmp_path)
    number = observe(database, store, owner, campaign.id, new(), now=NOW)
    for actor, error in (
        (NOBODY, NotFoundError),
        (staff(database, Role.RESIDENT_PLANNER, EAST), NotFoundError),
        (staff(database, Role.RESIDENT_PLANNER, WEST), NotAllowedError),
        (staff(database, Role.DEPARTMENT), NotAllowedError),
        (replace(owner, limited_to=frozenset({"see_desk", "print"})), NotAllowedError),
    ):
        with pytest.raises(error):
            act(database, remove_observation, actor, number)
    act(database, remove_observation, owner, number)
    assert seen(database, owner, campaign) == []
    again = observe(database, store, owner, campaign.id, new(token="t2"), now=NOW)
    act(database, remove_observation, staff(database, Role.SOCIAL_WORKER, WEST), again)
    with pytest.raises(NotFoundError):
        act(database, remove_observation, owner, again)


@pytest.fixture
def spot(database: Database, campaign: CampaignView) -> Selection:
    """Give the one hotspot of eight proposals at one place."""
    for n in range(8):
        file(
            database,
            campaign,
            Actor(f"d{n}"),
            now=NOW + n * timedelta(days=1),
            longitude=116.31 + n * 1e-5,
            text=f"地铁口的自行车停不下了{n}" if n < 6 else "希望增加夜间照明",
            relation="works" if n == 7 else "lives",
        )
    file(database, campaign, Actor("far"), longitude=116.335)
    whole = Selection(campaign, Filter(), NOBODY)
    found = results.hotspots(database, whole, radius_m=50, min_proposals=5)
    return whole.at(Spot(str(found.frame.iloc[0]["hotspot_id"])))


def by(spot: Selection, actor: Actor) -> Selection:
    return Selection(spot.campaign, spot.narrow, actor)


@pytest.mark.parametrize(
    ("role", "code", "allowed"),
    [
        (Role.COMMUNITY_PLANNER, "", True),
        (Role.COMMUNITY_PLANNER, WEST, True),
        (Role.COMMUNITY_PLANNER, EAST, False),
        (Role.SUBDISTRICT_OFFICER, "", True),
        (Role.SOCIAL_WORKER, "", False),
        (Role.RESIDENT_PLANNER, "", False),
        (Role.DEPARTMENT, "", False),
        (Role.DESIGN_FIRM, "", False),
        (Role.RESIDENT, "", False),
    ],
)
def test_who_may_make_a_topic(
    database: Database, spot: Selection, role: Role, code: str, allowed: bool
) -> None:
    actor = staff(database, role, code)
    given = {"title": "地铁口停车", "token": "once"}
    if not allowed:
        with pytest.raises(NotAllowedError):
            act(database, make_topic, actor, by(spot, actor), **given)
        assert not trail(database, "topic_made")
        return
    number = act(database, make_topic, actor, by(spot, actor), **given)
    assert act(database, make_topic, actor, by(spot, actor), **given) == number
    assert len(trail(database, "topic_made")) == 1
    other = given | {"title": "另一个题目"}
    assert act(database, make_topic, actor, by(spot, actor), **other) != number


def test_a_topic_keeps_what_was_in_it(database: Database, spot: Selection) -> None:
    planner = staff(database, Role.COMMUNITY_PLANNER)
    number = act(database, make_topic, planner, by(spot, planner), title="地铁口停车", token="once")
    with database.reading() as session:
        made, before = topic_named(session, planner, number), members(session, planner, number)
    assert (before.page.total, before.gone) == (8, 0)
    ids = [member.view.public_id for member in before.page.items if member.view]
    moderate(database, ids[0], "hidden")
    file(database, spot.campaign, Actor("new"), longitude=116.31)
    with database.reading() as session:
        after = members(session, planner, number)
        assert (after.page.total, after.gone) == (8, 1)
        assert [m.view.public_id if m.view else None for m in after.page.items] == [None, *ids[1:]]
        # Who moderates there still sees what it was.
        told = members(session, MODERATOR, number).page.items[0].view
        assert told is not None
        assert (told.public_id, told.status) == (ids[0], "hidden")
        assert topic_named(session, planner, number) == made
    # What was joined with another is seen where that is.
    act(database, merge, OPERATOR, ids[1], [ids[2]], reason="一样")
    with database.reading() as session:
        joined = members(session, planner, number)
    assert joined.gone == 1
    third = joined.page.items[2]
    assert (third.view.public_id if third.view else None, third.joined) == (ids[1], True)
    assert made.figures["proposals"] == made.figures["people"] == 8
    assert made.figures["relations"] == {"lives": 7, "works": 1}
    assert (made.community_code, made.by) == (WEST, "张三")
    assert made.outline.contains(made.outline.centroid)


def test_a_topic_is_read_within_reach_and_needs_a_hotspot(
    database: Database, spot: Selection
) -> None:
    planner = staff(database, Role.COMMUNITY_PLANNER)
    number = act(database, make_topic, planner, by(spot, planner), title="停车", token="once")
    for actor in (NOBODY, staff(database, Role.RESIDENT_PLANNER, EAST), Actor("resident")):
        with database.reading() as session:
            assert topics(session, actor, spot.campaign.id) == []
            for ask in (topic_named, members):
                with pytest.raises(NotFoundError):
                    ask(session, actor, number)
    whole = spot.without_spot()
    with pytest.raises(InvalidError):
        act(database, make_topic, planner, by(whole, planner), title="x", token="2")
    gone = whole.at(Spot("h0123456789ab"))
    with pytest.raises(NotFoundError):
        act(database, make_topic, planner, by(gone, planner), title="x", token="3")
    with pytest.raises(EmptyTextError):
        act(database, make_topic, planner, by(spot, planner), title=" ", token="4")


def test_the_dossier_tells_what_is_there(
    database: Database, spot: Selection, tmp_path: Any
) -> None:
    planner = staff(database, Role.COMMUNITY_PLANNER)
    store = open_store(tmp_path)
    observe(database, store, planner, spot.campaign.id, new(longitude=116.31003), now=NOW)
    observe(database, store, planner, spot.campaign.id, new(longitude=116.33, token="far"), now=NOW)
    act(database, make_topic, planner, by(spot, planner), title="地铁口停车", token="once")
    found = dossier(database, by(spot, planner))
    assert (found.rank, found.hotspots, found.sums.proposals, found.sums.people) == (1, 1, 8, 8)
    assert found.sums.by_relation == {"lives": 7, "works": 1}
    said = [(quote.view.text[:6], quote.alike) for quote in found.quotes]
    assert said == [("地铁口的自行", 5), ("希望增加夜间", 1)]
    assert sum(number for _week, number in found.weeks) == 8
    assert (found.first, found.last) == (NOW, NOW + timedelta(days=7))
    assert found.centre == (pytest.approx(116.310035, abs=1e-6), pytest.approx(40.03, abs=1e-6))
    assert [(one.code, one.proposals) for one in found.neighbours] == [(WEST, 8)]
    assert [one.longitude for one in found.observations] == [116.31003]
    assert [topic.title for topic in found.topics] == ["地铁口停车"]
    distances = [near.facility.distance_m for near in found.facilities]
    assert distances == sorted(distances)
    # Others get the same hotspot without what only the desk knows.
    public = dossier(database, spot)
    assert (public.observations, public.topics) == ((), ())
    with pytest.raises(NotFoundError):
        dossier(database, spot.at(Spot("h0123456789ab")))


def test_a_saved_view_has_an_owner(database: Database, campaign: CampaignView) -> None:
    owner = staff(database, Role.COMMUNITY_PLANNER)
    number = act(database, save_view, owner, campaign.id, name="早高峰", query="text=早")
    other = staff(database, Role.DEPARTMENT)
    with database.reading() as session:
        (view,) = saved_views(session, other, campaign.id)
        assert (view.name, view.query, view.changeable) == ("早高峰", "text=早", False)
        assert saved_views(session, NOBODY, campaign.id) == []
    for actor in (other, NOBODY, Actor("resident"), staff(database, Role.DESIGN_FIRM)):
        with pytest.raises(NotAllowedError):
            act(database, remove_view, actor, number)
    with pytest.raises(NotAllowedError):
        act(database, save_view, NOBODY, campaign.id, name="x", query="")
    with pytest.raises(InvalidError):
        act(database, save_view, owner, campaign.id, name="x", query="a" * 5_000)
    act(database, remove_view, owner, number)
    with database.reading() as session:
        assert saved_views(session, owner, campaign.id) == []


def test_notes_of_staff_do_not_make_the_map_be_read_anew(
    database: Database, campaign: CampaignView, tmp_path: Any
) -> None:
    kept = file(database, campaign).public_id
    planner = staff(database, Role.COMMUNITY_PLANNER)
    board = Pinboard(database)
    before, index = board.current(campaign.id, None)
    with database.reading() as session:
        counted = queries.counted_revision(session, campaign.id)
    observe(database, open_store(tmp_path), planner, campaign.id, new(), now=NOW)
    act(database, save_view, planner, campaign.id, name="x", query="")
    moderate(database, kept, "hidden")
    with database.reading() as session:
        delta = pins(session, campaign.id, after=before)
        assert queries.counted_revision(session, campaign.id) > counted
    assert not delta.full
    assert (len(delta), len(index), len(board.current(campaign.id, None)[1])) == (1, 1, 0)
