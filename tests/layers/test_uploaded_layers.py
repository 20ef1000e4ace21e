"""Uploaded layers: who sees and changes them, what leaks of them, what stands in their place."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import errors
from core.database import Database
from layers.basemap import ground
from layers.effective import standing
from layers.gazetteer.gazetteer import places_of
from layers.manage import (
    add_layer,
    edit_layer,
    remove_layer,
    replace_features,
    restore_layer,
    show_layer,
    version_of,
)
from layers.models import UploadedFeature, UploadedLayer
from layers.nearest_facility import nearest_facility, nearest_in_layer
from layers.queries import features_of, geojson_features, layer_seen, layers_around, layers_seen
from layers.read_upload import read_file
from layers.thinning import rows_in
from layers.visibility import Shown
from moderation.audit_trail import trail_of
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role
from people.audit.models import AuditEntry
from people.audit.query import AuditFilter
from submissions.proposals.queries import CampaignView
from tests.conftest import AREA, NOW
from tests.layers.sending import geojson, kept, read_plots, texts

HERE, THERE, COMMUNITY = "110108017", "110108018", "110108017001"
#: What each role may do to a layer of its own subdistrict: see, change, publish; by who sees it.
TABLE = """
resident_planner      .     s     s
social_worker         .     s     s
community_planner     sc    sc    s
subdistrict_officer   scp   scp   scp
department            .     s     s
administrator         scp   scp   scp
council_member        .     .     s
design_firm           .     .     s
resident              .     .     s
"""
ALLOWED = {
    (row.split()[0], shown): row.split()[1 + at]
    for row in TABLE.strip().splitlines()
    for at, shown in enumerate(Shown)
}


def holder(role: str, reach: Reach = Reach.SUBDISTRICT, code: str = HERE) -> Actor:
    edition = "2020" if reach is Reach.COMMUNITY else ""
    return Actor(device="d", grants=frozenset({Grant(Role(role), reach, code, edition)}))


def version(session: Session, layer_id: int) -> str:
    return version_of(session.get(UploadedLayer, layer_id, populate_existing=True))


def change(session: Session, actor: Actor, made: int) -> None:
    edit_layer(
        session,
        actor,
        made,
        texts(title_zh="改"),
        name_field="名称",
        public=["名称"],
        version=version(session, made),
        now=NOW,
    )


def publish(session: Session, actor: Actor, made: int) -> None:
    show_layer(session, actor, made, Shown.PUBLIC, version=version(session, made), now=NOW)


def replace(session: Session, actor: Actor, made: int) -> None:
    read = read_file("b.geojson", geojson(shapely.Point(116.31, 40.03)))
    replace_features(
        session, actor, made, read, file_name="b", version=version(session, made), now=NOW
    )


def remove(session: Session, actor: Actor, made: int) -> None:
    remove_layer(session, actor, made, version=version(session, made), now=NOW)


DEEDS: dict[str, tuple[str, Callable[[Session, Actor, int], object]]] = {
    "see": ("s", layer_seen),
    "change": ("c", change),
    "replace": ("c", replace),
    "remove": ("c", remove),
    "publish": ("p", publish),
}


class UndoneError(Exception):
    """Takes back what was tried."""


def tried(database: Database, actor: Actor, made: int, deed: Callable[..., object]) -> str:
    """Try something and undo it; tell how it went."""

    def job(session: Session) -> None:
        before = session.scalar(select(func.count()).select_from(AuditEntry))
        try:
            deed(session, actor, made)
        except errors.NotFoundError:
            outcome = "not_found"
        except errors.NotAllowedError:
            outcome = "not_allowed"
        else:
            outcome = "done"
        if outcome != "done":
            assert session.scalar(select(func.count()).select_from(AuditEntry)) == before
        raise UndoneError(outcome)

    with pytest.raises(UndoneError) as back:
        database.write(job)
    return str(back.value)


def test_role_by_reach_by_who_sees_it(database: Database) -> None:
    made = {
        shown: database.write(lambda s, x=shown: kept(s, subdistrict=HERE, shown=x, token=f"t-{x}"))
        for shown in Shown
    }
    grants = refusals = 0
    reaches = [(Reach.SUBDISTRICT, HERE), (Reach.SUBDISTRICT, THERE), (Reach.COMMUNITY, COMMUNITY)]
    roles = [role for role, _shown in ALLOWED][:: len(Shown)]
    for role, (reach, code), shown, (name, (letter, deed)) in product(
        roles, reaches, Shown, DEEDS.items()
    ):
        allowed = ALLOWED[role, shown]
        if code == THERE:
            allowed = "s" if shown is Shown.PUBLIC else ""
        elif reach is Reach.COMMUNITY:
            # A layer is a whole subdistrict's: a community's desk looks at it and leaves it alone.
            at_desk = "s" in ALLOWED[role, Shown.DESK]
            allowed = "s" if shown is Shown.PUBLIC or (at_desk and shown is Shown.DESK) else ""
        outcome = tried(database, holder(role, reach, code), made[shown], deed)
        refused = "not_allowed" if "s" in allowed else "not_found"
        wanted = "done" if letter in allowed else refused
        assert outcome == wanted, (role, reach, code, shown, name)
        grants, refusals = grants + (outcome == "done"), refusals + (outcome != "done")
    assert refusals > 2 * grants > 0


def test_whoever_holds_nothing_loads_nothing_and_lists_hold_what_may_be_seen(
    database: Database,
) -> None:
    for shown in Shown:
        database.write(lambda s, x=shown: kept(s, subdistrict=HERE, shown=x, token=f"t-{x}"))
    gone = database.write(lambda s: kept(s, subdistrict=HERE, token="t-gone"))
    database.write(lambda s: remove(s, OPERATOR, gone))
    nobody, planner = Actor(), holder("community_planner")
    with pytest.raises(errors.NotAllowedError):
        database.write(lambda s: kept(s, nobody))
    with pytest.raises(errors.NotAllowedError):
        database.write(lambda s: kept(s, planner))  # of the whole platform
    with pytest.raises(errors.NotAllowedError):
        database.write(lambda s: kept(s, planner, subdistrict=THERE))
    with database.reading() as session:
        seen = {
            name: [str(one.shown) for one in layers_seen(session, actor)]
            for name, actor in {
                "nobody": nobody,
                "firm": holder("design_firm"),
                "worker": holder("social_worker"),
                "planner": planner,
                "elsewhere": holder("administrator", code=THERE),
            }.items()
        }
        assert seen["nobody"] == seen["firm"] == seen["elsewhere"] == ["public"]
        assert seen["worker"] == ["desk", "public"]
        assert seen["planner"] == ["draft", "desk", "public"]
        assert [one.id for one in layers_seen(session, planner, removed=True)] == [gone]
        assert layers_seen(session, holder("social_worker"), removed=True) == []
        around = layers_around(session, planner, HERE, AREA.bounds)
        assert [str(one.shown) for one in around] == ["desk", "public"]
        assert layers_around(session, planner, THERE, AREA.bounds) == []
        assert layers_around(session, planner, HERE, (0, 0, 1, 1)) == []


def test_what_is_kept_comes_back_as_it_was(database: Database) -> None:
    read = read_plots()
    made = database.write(lambda s: kept(s, read=read))
    again = database.write(lambda s: kept(s, read=read))
    assert again == made

    with database.reading() as session:
        layer = layer_seen(session, OPERATOR, made)
        found = features_of(session, layer)
        assert [one.name for one in layer.fields] == ["名称", "联系人", "size"]
        assert not any(one.public for one in layer.fields)
        assert [row["size"] for row in found.properties] == [1, 2.5]
        assert all(map(shapely.equals_exact, found.geometries, read.geometries))
        assert layer.bounds == pytest.approx((116.31, 40.03, 116.321, 40.051))
        (first, _second) = geojson_features(session, layer, columns=layer.public_fields)
        assert first["properties"] == {"name": "南角"}
        assert "13800138000" not in json.dumps(first)


def test_a_newer_file_keeps_what_was_public_and_publishes_nothing_new(database: Database) -> None:
    made = database.write(lambda s: kept(s, subdistrict=HERE))
    database.write(lambda s: change(s, OPERATOR, made))
    database.write(lambda s: publish(s, OPERATOR, made))
    newer = read_plots(电话=["13900139000", None])

    def put(session: Session) -> None:
        old = version(session, made)
        replace_features(session, OPERATOR, made, newer, file_name="n", version=old, now=NOW)

    database.write(put)
    with database.reading() as session:
        layer = layer_seen(session, Actor(), made)
        assert layer.public_fields == ("名称",)
        assert "139" not in json.dumps(geojson_features(session, layer, columns=("名称",)))
    database.write(lambda s: replace(s, OPERATOR, made))  # a file without that column
    with database.reading() as session:
        layer = layer_seen(session, Actor(), made)
        assert (layer.public_fields, layer.name_field, layer.features) == ((), "", 1)
        assert session.scalar(select(func.count()).select_from(UploadedFeature)) == 1


def test_stale_changes_are_refused_and_a_removed_layer_comes_back_as_a_draft(
    database: Database,
) -> None:
    made = database.write(lambda s: kept(s, subdistrict=HERE, shown=Shown.PUBLIC))
    with pytest.raises(errors.WrongStateError):
        database.write(lambda s: show_layer(s, OPERATOR, made, Shown.DESK, version="old", now=NOW))
    with pytest.raises(errors.WrongStateError):
        database.write(lambda s: restore_layer(s, OPERATOR, made, now=NOW))
    database.write(lambda s: remove(s, OPERATOR, made))
    with database.reading() as session, pytest.raises(errors.NotFoundError):
        layer_seen(session, OPERATOR, made)
    with pytest.raises(errors.NotFoundError):
        database.write(lambda s: restore_layer(s, holder("social_worker"), made, now=NOW))
    database.write(lambda s: restore_layer(s, OPERATOR, made, now=NOW))
    with database.reading() as session:
        assert layer_seen(session, OPERATOR, made).shown == Shown.DRAFT


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"title_zh": "  "}, errors.EmptyTextError),
        ({"title_zh": "长" * 81}, errors.LongTextError),
        ({"use": "outline"}, errors.InvalidError),
        ({"colour": "red"}, errors.InvalidError),
        ({"colour": "#12345"}, errors.InvalidError),
        ({"source": "s" * 501}, errors.LongTextError),
    ],
)
def test_what_cannot_be_said_of_a_layer(
    database: Database, said: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        database.write(lambda s: kept(s, **said))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(UploadedLayer)) == 0


def test_the_trail_of_a_layer_is_read_in_its_subdistrict_alone(database: Database) -> None:
    made = database.write(lambda s: kept(s, subdistrict=HERE))
    database.write(lambda s: change(s, OPERATOR, made))
    with database.reading() as session:
        here = trail_of(session, holder("subdistrict_officer"), AuditFilter()).entries
        there = trail_of(session, holder("subdistrict_officer", code=THERE), AuditFilter()).entries
    assert [one.action for one in here if one.action.startswith("layer_")] == [
        "layer_edited",
        "layer_loaded",
    ]
    assert here[0].after["title_zh"] == "改"
    assert here[0].before["title_zh"] == "停放区"
    assert not there


def standing_places(session: Session, campaign: CampaignView) -> dict[str, Any]:
    place = {"subdistrict": campaign.subdistrict}
    body = json.loads(ground(session, campaign.edition, campaign.area, **place).body)
    made_of = standing(session, campaign.subdistrict, campaign.area)
    index = places_of(session, campaign.edition, campaign.area, **place)
    near = nearest_facility(session, made_of, "bike_parking", 116.3105, 40.0305)
    return {
        "ground": [f["properties"]["name_zh"] for f in body["bike_parking"]["features"]],
        "kinds": {f["geometry"]["type"] for f in body["bike_parking"]["features"]},
        "found": [one.place.name_zh for one in index.search("南角", most=3)],
        "nearest": near.name_zh if near else None,
        "sources": body["sources"],
        "body": json.dumps(body, ensure_ascii=False),
    }


def test_a_public_layer_stands_in_the_place_of_the_shipped_one(
    database: Database, campaign: CampaignView
) -> None:
    with database.reading() as session:
        before = standing_places(session, campaign)
    assert len(before["ground"]) == 27
    assert before["sources"] == {"edition": "2020", "licence": "CC0 1.0", "layers": []}
    assert "南角" not in before["found"]

    made = database.write(lambda s: kept(s, shown=Shown.DESK, use="bike_parking"))
    with database.reading() as session:
        assert standing_places(session, campaign) == before  # it is for the desk alone
    database.write(lambda s: publish(s, OPERATOR, made))
    with database.reading() as session:
        after = standing_places(session, campaign)
    assert after["ground"] == ["南角", "北角"]
    assert after["kinds"] == {"Point"}  # drawn as signs, though they are areas
    assert after["found"][0] == "南角"
    assert after["nearest"] == "南角"
    assert "13800138000" not in after["body"]
    assert len(after["sources"]["layers"]) == 1

    database.write(lambda s: remove(s, OPERATOR, made))
    with database.reading() as session:
        assert standing_places(session, campaign) == before


def test_it_stands_in_only_for_its_subdistrict_and_its_surroundings(
    database: Database, campaign: CampaignView
) -> None:
    far = read_file("far.geojson", geojson(shapely.Point(121.5, 31.2)))
    database.write(
        lambda s: kept(s, read=far, use="parks", shown=Shown.PUBLIC, token="far-away-token")
    )
    database.write(
        lambda s: kept(s, use="parks", shown=Shown.PUBLIC, subdistrict=THERE, token="not-ours-to")
    )
    with database.reading() as session:
        assert standing(session, HERE, campaign.area).uploaded == ()
        assert len(standing(session, THERE, campaign.area).uploaded) == 1
        # A campaign of the whole district takes what lies around it.
        assert len(standing(session, "", campaign.area).uploaded) == 1


def test_the_nearest_in_a_layer_by_hand(database: Database) -> None:
    made = database.write(lambda s: kept(s))
    with database.reading() as session:
        layer = layer_seen(session, OPERATOR, made)
        inside = nearest_in_layer(session, layer, 116.3105, 40.0305)
        beside = nearest_in_layer(session, layer, 116.312, 40.0305)
        with pytest.raises(errors.BadCoordinateError):
            nearest_in_layer(session, layer, 200, 40)
    assert inside is not None
    assert (inside.name_zh, inside.distance_m) == ("南角", 0.0)
    assert beside is not None
    # 0.001° of longitude at 40.0305°: cos(40.0305°) × 111,320 m × 0.001, within 0.3 %.
    assert beside.distance_m == pytest.approx(85.24, rel=0.003)


def test_a_window_shows_what_can_be_told_apart_and_says_how_many_there_are(
    database: Database,
) -> None:
    at = np.random.default_rng(3).uniform((116.30, 40.02), (116.34, 40.06), (2_000, 2))
    large = shapely.box(116.31, 40.03, 116.33, 40.05)
    read = read_file("many.geojson", geojson(*shapely.points(at), large))
    made = database.write(lambda s: kept(s, read=read))
    with database.reading() as session:
        found = features_of(session, layer_seen(session, OPERATOR, made))
    whole = (116.29, 40.01, 116.35, 40.07)

    everything = rows_in(found, whole, 15)
    thinned = rows_in(found, whole, 12, most=200)
    corner = rows_in(found, (116.30, 40.02, 116.305, 40.025), 15)

    assert everything.total == len(everything.rows) == 2_001
    assert thinned.total == 2_001
    assert 50 < len(thinned.rows) <= 200
    assert 2_000 in thinned.rows  # the large one is not lost among the small
    inside = (at[:, 0] <= 116.305) & (at[:, 1] <= 40.025)
    assert corner.rows.tolist() == np.flatnonzero(inside).tolist()


def test_add_layer_stores_all_or_nothing(database: Database, monkeypatch: Any) -> None:
    from layers import manage

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(manage, "_record", fail)
    with pytest.raises(RuntimeError):
        database.write(
            lambda s: add_layer(
                s,
                OPERATOR,
                texts(),
                read_plots(),
                token="one-form-token",
                subdistrict="",
                file_name="a",
                now=NOW,
            )
        )
    with database.reading() as session:
        for table in (UploadedLayer, UploadedFeature):
            assert session.scalar(select(func.count()).select_from(table)) == 0
