"""Packs are given to firms by name: by link or account, until it ends; letters tell of news."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import select

from core.database import Database
from core.errors import InvalidError, NotFoundError, WrongStateError
from layers.models import UploadedLayer
from layers.read_upload import read_file
from notifications.models import Message
from packs.building.worker import PackBuilder
from packs.letters import facts_of, is_wanted
from packs.links import (
    NewLink,
    accept_terms,
    downloads,
    give_link,
    link_row,
    links_of_account,
    log_download,
    open_row,
    revoke_link,
)
from packs.models import PackLink
from packs.packs import count_waiting
from packs.questions import answer_question, ask_question, questions
from packs.schemes import Sent, decide_scheme, hand_back_layer, measured, near_scheme, schemes
from packs.versions import add_version
from people.access.actor import Actor, Role
from tests.conftest import NOW
from tests.layers.sending import geojson
from tests.packs.making import Made, planted, sealer, with_pack
from tests.people.acting import new_account
from tests.submissions.acting import act, trail
from wording.letters.pack_letters import letter

BASE, DEVICE = "https://lujian.example.org", Actor("a firm's browser")
FIRM = NewLink("清华同衡设计院", 30, "zh_CN", contact="firm@example.com")


@pytest.fixture
def made(database: Database, tmp_path: Path) -> Made:
    return with_pack(planted(database, tmp_path))


def given(made: Made, new: NewLink = FIRM, *, accepted: bool = True) -> tuple[int, str]:
    found: tuple[int, str] = made.change(
        lambda s, a, p, now: give_link(s, a, sealer(), p, new, base=BASE, now=now)
    )
    if accepted:
        act(made.database, accept_terms, DEVICE, found[1], name="李工", terms="d")
    return found


def letters(made: Made) -> list[Any]:
    """Return the letters that wait, as they would be sent."""
    with made.database.reading() as session:
        facts = facts_of(sealer())
        rows = session.scalars(select(Message).order_by(Message.id)).all()
        return [
            letter(row.template, {**row.params, **facts(session, row.template, row.params)}, "en")
            for row in rows
            if row.template.startswith("pack") and is_wanted(session, row.params, now=NOW)
        ]


@pytest.mark.on_both
def test_a_link_opens_one_pack_after_its_terms_until_it_ends_or_is_taken_back(made: Made) -> None:
    number, token = given(made, accepted=False)
    database = made.database
    with database.reading() as session:
        row = link_row(session, DEVICE, token)
        assert row.id == number
        assert token not in {str(value) for value in vars(row).values()}
        with pytest.raises(WrongStateError):
            open_row(session, DEVICE, token, now=NOW)
        for other in ("x" * 43, str(number), token.swapcase()):
            with pytest.raises(NotFoundError):
                link_row(session, DEVICE, other)
    act(database, accept_terms, DEVICE, token, name=" 李工 ", terms="d")
    act(database, accept_terms, DEVICE, token, name="another", terms="e")
    with database.reading() as session:
        row = open_row(session, DEVICE, token, now=NOW)
        assert (row.accepted_by, row.terms, row.accepted) == ("李工", "d", NOW)
        with pytest.raises(WrongStateError):
            open_row(session, DEVICE, token, now=NOW + timedelta(days=30))
    assert str(letters(made)[0].body).count(token) == 1
    asked = act(database, ask_question, DEVICE, token, text="几米？", token="t" * 20)
    with database.reading() as session:
        assert count_waiting(session, made.office) == 1
        assert count_waiting(session, DEVICE) == 0
    made.change(answer_question, asked, text="六米")
    with database.reading() as session:
        assert count_waiting(session, made.office) == 0
    made.change(revoke_link, number)
    with database.reading() as session, pytest.raises(WrongStateError):
        open_row(session, DEVICE, token, now=NOW)
    assert letters(made) == []
    actions = ("pack_made", "pack_given", "pack_terms_accepted", "pack_taken_back")
    assert [one.action for one in trail(database, *actions)] == list(actions)


def test_an_account_of_a_firm_sees_what_was_given_to_it_alone(made: Made) -> None:
    firm = new_account(made.database, Role.DESIGN_FIRM, name="设计院")
    other = new_account(made.database, Role.DESIGN_FIRM, name="别家")
    planner = new_account(made.database, Role.COMMUNITY_PLANNER)
    with pytest.raises(InvalidError):
        given(made, NewLink("院", 30, "en", account_id=planner))
    number, _token = given(made, NewLink("院", 30, "en", account_id=firm), accepted=False)
    with made.database.reading() as session:
        mine = Actor("d", account_id=firm)
        assert [one.id for one in links_of_account(session, mine, now=NOW)] == [number]
        assert link_row(session, mine, str(number)).id == number
        for actor in (Actor("d", account_id=other), Actor("d"), made.office):
            assert links_of_account(session, actor, now=NOW) == []
            with pytest.raises(NotFoundError):
                link_row(session, actor, str(number))


def test_who_took_a_version_hears_of_the_next_and_who_did_not_does_not(made: Made) -> None:
    version = made.build()
    number, token = given(made)
    given(made, NewLink("别家", 30, "en", contact="other@example.com"))
    act(
        made.database,
        lambda s, now: log_download(s, DEVICE, s.get_one(PackLink, number), version.id, now=now),
    )
    assert len(letters(made)) == 2
    made.again()
    told = letters(made)
    assert len(told) == 3
    assert "new version (2)" in told[2].body
    assert f"{BASE}/w/firm/{token}" in told[2].body
    with made.database.reading() as session:
        assert [(d.link_id, d.number) for d in downloads(session, made.id)] == [(number, 1)]


def test_a_question_is_asked_once_and_its_answer_is_a_letter(made: Made) -> None:
    number, token = given(made)
    for _ in range(2):
        asked = act(made.database, ask_question, DEVICE, token, text="几米宽？", token="t" * 20)
    made.change(answer_question, asked, text="六米")
    with pytest.raises(WrongStateError):
        made.change(answer_question, asked, text="七米")
    with made.database.reading() as session:
        (one,) = questions(session, link_id=number)
        assert (one.text, one.answer, one.firm) == ("几米宽？", "六米", FIRM.firm)
    assert "六米" in letters(made)[-1].body


def sent(shape: Any) -> tuple[Sent, Any]:
    data = geojson(shape)
    return Sent.of("scheme.geojson", data, "改了入口", "s" * 20), read_file("scheme.geojson", data)


def test_a_scheme_becomes_a_draft_layer_and_tells_how_many_proposals_lie_near(made: Made) -> None:
    number, token = given(made)
    square = shapely.box(116.3099, 40.0299, 116.3101, 40.0301)
    scheme, read = sent(square)
    for _ in range(2):
        found = act(made.database, hand_back_layer, DEVICE, token, scheme, read)
    with made.database.reading() as session:
        (one,) = schemes(session, link_id=number)
        layer = session.get_one(UploadedLayer, one.layer_id)
        assert (layer.shown, layer.features, one.topic_id) == ("draft", 1, made.topic)
        assert one.away_m == 0
        assert one.area_m2 == pytest.approx(17.07 * 22.2, rel=0.02)
        assert near_scheme(session, made.campaign.id, [square]).near == 12
        wide = near_scheme(session, made.campaign.id, [square], within_m=2_000)
        assert len(wide.ids) == 13
        assert wide.near == 12
        assert list(wide.metres) == sorted(wide.metres)
    made.change(decide_scheme, found, accepted=True, word="就这样做")
    with pytest.raises(WrongStateError):
        made.change(decide_scheme, found, accepted=False, word="不")
    with made.database.reading() as session:
        assert session.get_one(UploadedLayer, one.layer_id).shown == "desk"
        assert schemes(session, pack_id=made.id)[0].state == "accepted"
    assert "就这样做" in letters(made)[-1].body


def test_a_scheme_that_lies_elsewhere_is_told_how_far_and_from_five_km_on_refused(
    made: Made,
) -> None:
    _number, token = given(made)
    # 0.001 degrees of longitude at 40.03 N are 85.4 m; the place ends at 116.3105.
    near = measured(
        [shapely.Point(116.3115, 40.03)], shapely.box(116.3099, 40.0299, 116.3105, 40.0303)
    )
    assert near.away_m == pytest.approx(85.4, abs=0.2)
    with pytest.raises(InvalidError) as caught:
        act(made.database, hand_back_layer, DEVICE, token, *sent(shapely.Point(116.41, 40.03)))
    assert caught.value.params["reason"] == "far"
    assert caught.value.params["metres"] == pytest.approx(8_491, abs=20)


def test_a_version_is_made_once_and_one_at_a_time(made: Made) -> None:
    with pytest.raises(WrongStateError):
        made.change(add_version)
    builder = PackBuilder(made.database, made.store, made.files, made.settings)
    assert [builder.run_once(NOW), builder.run_once(NOW)] == [1, 0]
