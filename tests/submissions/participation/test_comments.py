"""Comments: said once, read before they are shown, gone with their proposal."""

from __future__ import annotations

from dataclasses import fields
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
    WrongStateError,
)
from people.access.actor import OPERATOR, Actor, Role, everywhere
from submissions.participation import comments
from submissions.participation.author_edits import withdraw_proposal
from submissions.participation.comments import (
    CommentToRead,
    CommentView,
    change_comment_status,
    comment_on,
    comments_of,
    comments_to_read,
    withdraw_comment,
)
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.submissions.acting import (
    AUTHOR,
    MODERATOR,
    NEIGHBOUR,
    NOBODY,
    act,
    file,
    moderate,
    trail,
)


@pytest.fixture
def name(database: Database, campaign: CampaignView) -> str:
    return file(database, campaign).public_id


def say(database: Database, name: str, text: str, actor: Actor = NEIGHBOUR, **named: Any) -> str:
    given = {"client_token": text.strip()[:1].encode().hex() or "t"} | named
    return act(database, comment_on, actor, name, text, **given)


def change(database: Database, comment: str, status: str, actor: Actor = MODERATOR) -> None:
    act(database, change_comment_status, actor, comment, status, reason="读过")


def seen(database: Database, name: str, actor: Actor | None = None) -> list[CommentView]:
    with database.reading() as session:
        return comments_of(session, name, actor)


def test_a_comment_waits_to_be_read_and_only_its_author_sees_it_wait(
    database: Database, name: str
) -> None:
    comment = say(database, name, " 早上更挤\r\n ")
    later = say(database, name, "作者自己也说一句", AUTHOR, now=NOW + timedelta(minutes=1))
    for actor in (None, NOBODY, AUTHOR, MODERATOR):
        assert [each.public_id for each in seen(database, name, actor)] == (
            [later] if actor == AUTHOR else []
        )
    mine = seen(database, name, NEIGHBOUR)
    assert mine == [CommentView(comment, "早上更挤", NOW, mine=True, waiting=True)]
    change(database, comment, "published")
    change(database, later, "published")
    assert [(each.public_id, each.mine, each.waiting) for each in seen(database, name, AUTHOR)] == [
        (comment, False, False),
        (later, True, False),
    ]
    assert [each.mine for each in seen(database, name)] == [False, False]
    change(database, comment, "hidden")
    for actor in (None, NEIGHBOUR, MODERATOR):
        assert [each.public_id for each in seen(database, name, actor)] == [later]
    said = trail(database, "commented", "comment_status_changed")
    assert [entry.details["comment"] for entry in said] == [comment, later, comment, later, comment]
    assert said[2].details == {
        "comment": comment,
        "from": "received",
        "to": "published",
        "reason": "读过",
    }
    assert all(entry.proposal_id and entry.campaign_id for entry in said)


def test_said_twice_under_one_token_is_said_once(database: Database, name: str) -> None:
    first = say(database, name, "一", client_token="a")
    assert say(database, name, " 一\n", client_token="a") == first
    assert say(database, name, "二", client_token="a") != first
    assert say(database, name, "二", client_token="b") != first
    assert say(database, name, "一", MODERATOR, client_token="a") != first
    assert [each.text for each in seen(database, name, NEIGHBOUR)] == ["一", "二", "二"]


def test_comments_are_shown_only_while_their_proposal_is(database: Database, name: str) -> None:
    comment = say(database, name, "话")
    change(database, comment, "published")
    for status, shown in (("hidden", 0), ("published", 1), ("held", 0)):
        moderate(database, name, status)
        for actor in (None, AUTHOR, NEIGHBOUR, MODERATOR):
            assert len(seen(database, name, actor)) == shown
    moderate(database, name, "published")
    act(database, withdraw_proposal, AUTHOR, name)
    assert seen(database, name, NEIGHBOUR) == []
    assert seen(database, "nowhere2", NEIGHBOUR) == []
    # Whoever said it may still take it back.
    act(database, withdraw_comment, NEIGHBOUR, comment)
    assert [e.details["from"] for e in trail(database, "comment_withdrawn")] == ["published"]


REFUSALS: list[tuple[dict[str, Any], type[LuJianError]]] = [
    ({"actor": NOBODY}, NotAllowedError),
    ({"actor": OPERATOR}, NotAllowedError),
    ({"name": "nowhere2"}, NotFoundError),
    ({"text": "\u200b \n"}, EmptyTextError),
    ({"text": "长" * 501}, LongTextError),
    ({"client_token": "a b"}, InvalidError),
]


def test_what_cannot_be_said_is_refused(database: Database, name: str) -> None:
    for changes, error in REFUSALS:
        given = {"name": name, "text": "话", "actor": NEIGHBOUR, "client_token": "t"} | changes
        with pytest.raises(error):
            say(database, given.pop("name"), given.pop("text"), given.pop("actor"), **given)
    say(database, name, "长" * 500, client_token="t")
    for status in ("held", "hidden"):
        moderate(database, name, status)
        with pytest.raises(NotFoundError):
            say(database, name, "话")


def test_who_may_publish_and_who_may_take_back(database: Database, name: str) -> None:
    comment = say(database, name, "话")
    for role in set(Role) - {Role.SOCIAL_WORKER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}:
        with pytest.raises(NotAllowedError):
            change(database, comment, "published", Actor("x", everywhere(role)))
    with pytest.raises(NotFoundError):
        change(database, "nowhere2", "published")
    with pytest.raises(InvalidError):
        change(database, comment, "gone")
    for wanted in ("received", "withdrawn"):
        with pytest.raises(WrongStateError):
            change(database, comment, wanted)
    for actor in (AUTHOR, NOBODY):  # who must not learn of it, then who must not touch it
        with pytest.raises(NotFoundError):
            act(database, withdraw_comment, actor, comment)
    change(database, comment, "published")
    for actor in (AUTHOR, NOBODY, MODERATOR):
        with pytest.raises(NotAllowedError):
            act(database, withdraw_comment, actor, comment)
    act(database, withdraw_comment, NEIGHBOUR, comment)
    act(database, withdraw_comment, NEIGHBOUR, comment)
    assert seen(database, name, NEIGHBOUR) == []
    with pytest.raises(WrongStateError):
        change(database, comment, "published")
    hidden = say(database, name, "坏话")
    change(database, hidden, "hidden")
    with pytest.raises(WrongStateError):
        act(database, withdraw_comment, NEIGHBOUR, hidden)


def test_followers_hear_of_a_published_comment_once_it_is_shown(
    database: Database, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[Any, ...]] = []

    def tell(_session: Any, proposal_id: int, template: str, params: Any, **named: Any) -> int:
        told.append((template, params, named["event_key"], named["now"]))
        return 0

    monkeypatch.setattr(comments, "tell_followers", tell)
    comment = say(database, name, "话")
    change(database, comment, "held")
    assert told == []
    change(database, comment, "published")
    assert told == [("comment_published", {"comment": comment}, f"comment:{comment}", NOW)]
    other = say(database, name, "另一句")
    moderate(database, name, "hidden")
    change(database, other, "published")
    assert len(told) == 1


def test_the_moderators_list(database: Database, campaign: CampaignView, name: str) -> None:
    comment = say(database, name, "话")
    read = say(database, name, "读过的")
    change(database, read, "published")
    with database.reading() as session:
        waiting = comments_to_read(session, MODERATOR)
        assert [each.public_id for each in waiting] == [comment]
        assert (waiting[0].proposal_id, waiting[0].status) == (name, "received")
        assert [each.text for each in comments_to_read(session, OPERATOR, status="published")] == [
            "读过的"
        ]
        for actor in (NEIGHBOUR, AUTHOR, NOBODY):
            with pytest.raises(NotAllowedError):
                comments_to_read(session, actor)
    for outlet in (CommentView, CommentToRead):
        assert not {"author_key", "client_token"} & {field.name for field in fields(outlet)}
