"""Reply templates: which placeholders there are, how they are filled, and whose they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.database import Database
from core.errors import (
    EmptyTextError,
    InvalidError,
    LongTextError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    PlaceholderError,
    StaleError,
)
from deliberation import reply_templates
from deliberation.reply_templates import checked_text, fill, values_for
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, everywhere
from people.access.permissions import ROLES, Act
from submissions.proposals.queries import (
    CampaignView,
    counted_revision,
    proposals_by_public_ids,
    revision,
)
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import AUTHOR, act, file, trail

HERE, ELSEWHERE = "110108017", "110108018"
GIVEN: dict[str, Any] = {"name": "已收到", "text": "{community}，已收到。"}


def officer(code: str) -> Actor:
    return Actor("o", frozenset({Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, code)}))


def create(database: Database, actor: Actor = OPERATOR, **changes: Any) -> int:
    return int(act(database, reply_templates.create_template, actor, **(GIVEN | changes)))


@pytest.fixture
def here(database: Database) -> CampaignView:
    """Give a campaign of a subdistrict."""
    return make_campaign(database, subdistrict=HERE)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{comunity}", "comunity"),
        ("{}", ""),
        ("{0}", "0"),
        ("{community.__class__}", "community.__class__"),
        ("{community[0]}", "community[0]"),
        ("{community!r}", ""),
        ("{date:>999999}", ""),
        ("一个 { 括号", ""),
        ("一个 } 括号", ""),
    ],
)
def test_what_is_no_placeholder_is_refused(text: str, name: str) -> None:
    with pytest.raises(PlaceholderError) as caught:
        checked_text(text)
    assert caught.value.params["name"] == name


def test_each_is_filled_with_its_own(database: Database, here: CampaignView) -> None:
    west = file(database, here, text="{office} 和 {community}").public_id
    nowhere = file(database, here, longitude=116.33, latitude=40.05).public_id
    with database.reading() as session:
        views = proposals_by_public_ids(session, [west, nowhere])
    text = "{community}{category}{date}{office}{title}{number}{supports}{{原样}}"
    told = values_for(views, here, office="清河{街道}", now=NOW)
    ends = "单车停放2026年5月1日清河{街道}测试征集"
    assert fill(text, told[west]) == f"清河嘉园{ends}{west}0{{原样}}"
    assert fill(text, told[nowhere]) == f"这里{ends}{nowhere}0{{原样}}"
    english = values_for(views, here, office="Office", lang="en", now=NOW)
    assert fill("{community}, {date}: {title}", english[west]) == (
        "Qinghe Jiayuan, May 1, 2026: Test call"
    )
    # A day in Beijing: eight hours ahead.
    late = values_for(views, here, office="x", now=NOW + timedelta(hours=5))
    assert late[west]["date"] == "2026年5月2日"
    assert set(told[west]) == set(reply_templates.PLACEHOLDERS)


def test_they_serve_a_campaign_its_subdistrict_or_all(
    database: Database, here: CampaignView
) -> None:
    other = make_campaign(database, slug="other", subdistrict=ELSEWHERE)
    made = {
        "b all": create(database, name="b all"),
        "a here": create(database, name="a here", subdistrict=HERE),
        "c campaign": create(database, officer(HERE), name="c campaign", campaign_id=here.id),
        "d elsewhere": create(database, name="d elsewhere", subdistrict=ELSEWHERE),
    }
    with database.reading() as session:
        listed = reply_templates.templates_for(session, OPERATOR, here.id)
        assert [view.name for view in listed] == ["a here", "b all", "c campaign"]
        assert [view.id for view in reply_templates.templates_for(session, OPERATOR, other.id)] == [
            made["b all"],
            made["d elsewhere"],
        ]
        mine = reply_templates.all_templates(session, officer(HERE))
        assert [view.name for view in mine] == ["a here", "c campaign"]
        assert listed[2].subdistrict == HERE
    act(database, reply_templates.remove_template, OPERATOR, made["b all"])
    with database.reading() as session:
        assert len(reply_templates.templates_for(session, OPERATOR, here.id)) == 2
        with pytest.raises(NotFoundError):
            reply_templates.template(session, OPERATOR, made["b all"])


def test_roles_by_reach(database: Database, here: CampaignView) -> None:
    number = create(database, subdistrict=HERE)
    changed = {**GIVEN, "stage": "decided"}
    granted = refused = 0
    for role in Role:
        for grant in (
            Grant(role),
            Grant(role, Reach.SUBDISTRICT, HERE),
            Grant(role, Reach.SUBDISTRICT, ELSEWHERE),
            Grant(role, Reach.COMMUNITY, "110108017001", "2020"),
        ):
            actor = Actor("x", frozenset({grant}))
            allowed = role in ROLES[Act.ANSWER] and grant.code in {"", HERE}
            for action, given, named in (
                (reply_templates.create_template, (), {**GIVEN, "subdistrict": HERE}),
                (reply_templates.create_template, (), {**GIVEN, "campaign_id": here.id}),
                (reply_templates.change_template, (number,), changed),
            ):
                if allowed:
                    act(database, action, actor, *given, **named)
                    granted += 1
                    continue
                with pytest.raises(NotAllowedError):
                    act(database, action, actor, *given, **named)
                refused += 1
            with database.reading() as session:
                if role in ROLES[Act.ANSWER]:
                    assert reply_templates.templates_for(session, actor, here.id)
                    continue
                with pytest.raises(NotAllowedError):
                    reply_templates.templates_for(session, actor, here.id)
                with pytest.raises(NotAllowedError):
                    reply_templates.all_templates(session, actor)
    assert refused > granted
    with pytest.raises(NotAllowedError):
        create(database, officer(HERE))  # for the whole platform
    with pytest.raises(NotAllowedError):
        act(database, reply_templates.remove_template, officer(ELSEWHERE), number)


def test_what_cannot_be_is_refused_and_changes_are_kept_in_the_trail(
    database: Database, here: CampaignView
) -> None:
    number = create(database, campaign_id=here.id)
    with database.reading() as session:
        view = reply_templates.template(session, OPERATOR, number)
        before = (revision(session, here.id), counted_revision(session, here.id))
    wrong: list[tuple[dict[str, Any], type[LuJianError]]] = [
        ({"name": " "}, EmptyTextError),
        ({"name": "长" * 81}, LongTextError),
        ({"text": " "}, EmptyTextError),
        ({"text": "长" * 2001}, LongTextError),
        ({"text": "{nothing}"}, PlaceholderError),
        ({"stage": "nice"}, InvalidError),
        ({"campaign_id": 99999}, NotFoundError),
    ]
    for changes, error in wrong:
        with pytest.raises(error):
            create(database, **changes)
    later = NOW + timedelta(hours=1)
    new = {"name": "新", "text": "新{date}", "stage": "built"}
    act(
        database,
        reply_templates.change_template,
        OPERATOR,
        number,
        **new,
        seen=view.updated,
        now=later,
    )
    with pytest.raises(StaleError):
        act(database, reply_templates.change_template, OPERATOR, number, **new, seen=view.updated)
    act(database, reply_templates.change_template, OPERATOR, number, **new)  # the same: nothing
    with pytest.raises(NotFoundError):
        act(database, reply_templates.change_template, OPERATOR, 99999, **new)
    act(database, reply_templates.remove_template, OPERATOR, number)
    entries = trail(database, "template_created", "template_changed", "template_removed")
    assert [entry.action.split("_")[1] for entry in entries] == ["created", "changed", "removed"]
    assert entries[1].details["from"] == {"stage": "answered"} | GIVEN
    assert entries[1].details["to"] == new
    assert all(entry.campaign_id is None for entry in entries)
    with database.reading() as session:
        assert (revision(session, here.id), counted_revision(session, here.id)) == before
    with pytest.raises(NotAllowedError):
        create(database, Actor("x", everywhere(Role.RESIDENT)))
    assert AUTHOR.key not in {entry.actor_key for entry in entries}
