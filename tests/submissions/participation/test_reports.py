"""Reports of something improper: once a device and thing, settled by a moderator."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import func, select

from core.database import Database
from core.errors import (
    InvalidError,
    LongTextError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from moderation.settle_report import settle_report
from people.access.actor import OPERATOR, Actor, Role, everywhere
from submissions.participation.comments import change_comment_status, comment_on, comments_of
from submissions.participation.models import Report
from submissions.participation.reports import OpenReport, open_reports, report
from submissions.proposals.queries import CampaignView, proposals_by_public_ids
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

OTHER = Actor("other")


@pytest.fixture
def name(database: Database, campaign: CampaignView) -> str:
    return file(database, campaign).public_id


def tell(database: Database, name: str, actor: Actor = NEIGHBOUR, **changes: Any) -> bool:
    return act(database, report, actor, name, **({"reason": "insult"} | changes))


def opened(database: Database) -> list[OpenReport]:
    with database.reading() as session:
        return open_reports(session, MODERATOR)


def settle(database: Database, number: int, outcome: str, actor: Actor = MODERATOR) -> None:
    act(database, settle_report, actor, number, outcome=outcome)


def published_comment(database: Database, name: str, actor: Actor = NEIGHBOUR) -> str:
    comment = act(database, comment_on, actor, name, "难听的话", client_token="t")
    act(database, change_comment_status, OPERATOR, comment, "published", reason="因")
    return comment


def test_a_device_reports_a_thing_once(database: Database, name: str) -> None:
    comment = published_comment(database, name)
    assert tell(database, name, text=" 骂人 ")
    assert tell(database, name, text="骂人")
    assert tell(database, name, reason="advert", text="又来")
    assert tell(database, name, reason="advert", text="又来")
    assert tell(database, name, OTHER, reason="private", text=" \u200b ")
    assert tell(database, name, AUTHOR, comment_id=comment)
    assert tell(database, name, AUTHOR, comment_id=comment)
    found = opened(database)
    assert [(each.reason, each.text, each.comment_id) for each in found] == [
        ("advert", "骂人\n———\n又来", None),
        ("private", "", None),
        ("insult", "", comment),
    ]
    assert {each.public_id for each in found} == {name}
    assert (found[2].subject_text, found[2].subject_status) == ("难听的话", "published")
    assert not {"reporter_key", "author_key"} & {field.name for field in fields(OpenReport)}
    assert len(trail(database, "reported")) == 4
    act(database, settle_report, OPERATOR, found[0].id, outcome="kept")
    assert not tell(database, name, reason="advert", text="还有")


def test_what_cannot_be_reported_is_refused(database: Database, name: str) -> None:
    comment = published_comment(database, name)
    waiting = act(database, comment_on, OTHER, name, "还没读", client_token="w")
    refusals: list[tuple[dict[str, Any], type[LuJianError]]] = [
        ({"actor": AUTHOR}, NotAllowedError),
        ({"actor": NOBODY}, NotAllowedError),
        ({"actor": OPERATOR}, NotAllowedError),
        ({"actor": NEIGHBOUR, "comment_id": comment}, NotAllowedError),
        ({"comment_id": waiting}, NotFoundError),
        ({"comment_id": "nowhere2"}, NotFoundError),
        ({"name": "nowhere2"}, NotFoundError),
        ({"reason": "boring"}, InvalidError),
        ({"text": "长" * 501}, LongTextError),
    ]
    for changes, error in refusals:
        given = {"name": name, "actor": OTHER} | changes
        with pytest.raises(error):
            tell(database, given.pop("name"), given.pop("actor"), **given)
    moderate(database, name, "hidden")
    for given in ({}, {"comment_id": comment}):
        with pytest.raises(NotFoundError):
            tell(database, name, OTHER, **given)
    assert opened(database) == []


def test_a_comment_is_reported_under_its_own_proposal(
    database: Database, campaign: CampaignView, name: str
) -> None:
    other = file(database, campaign).public_id
    comment = published_comment(database, name)
    with pytest.raises(NotFoundError):
        tell(database, other, OTHER, comment_id=comment)


def test_settling_keeps_or_takes_away(database: Database, campaign: CampaignView) -> None:
    kept, hidden = file(database, campaign).public_id, file(database, campaign).public_id
    comment = published_comment(database, kept)
    for actor in (NEIGHBOUR, OTHER):
        tell(database, kept, actor)
        tell(database, hidden, actor)
    tell(database, kept, OTHER, comment_id=comment)
    first, by_hidden, second, _, of_comment = (each.id for each in opened(database))
    settle(database, first, "kept")
    assert [each.id for each in opened(database)][1] == second
    settle(database, by_hidden, "hidden")
    assert [each.id for each in opened(database)] == [second, of_comment]
    settle(database, of_comment, "held")
    with database.reading() as session:
        assert comments_of(session, kept) == []
        views = proposals_by_public_ids(session, [kept, hidden])
        assert [view.public_id for view in views] == [kept]
    with pytest.raises(WrongStateError):
        settle(database, first, "hidden")
    entries = trail(database, "report_settled")
    assert [(e.details["outcome"], e.details["reports"]) for e in entries] == [
        ("kept", 1),
        ("hidden", 2),
        ("held", 1),
    ]
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Report.settled.is_(None))) == 1
    # What its author or another moderator took away meanwhile stays as it is.
    moderate(database, kept, "hidden")
    settle(database, second, "held")
    assert opened(database) == []


def test_who_may_settle(database: Database, name: str) -> None:
    tell(database, name)
    number = opened(database)[0].id
    for role in set(Role) - {Role.SOCIAL_WORKER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}:
        actor = Actor("x", everywhere(role))
        with pytest.raises(NotAllowedError):
            settle(database, number, "hidden", actor)
        with database.reading() as session, pytest.raises(NotAllowedError):
            open_reports(session, actor)
    with pytest.raises(NotFoundError):
        settle(database, number + 99, "hidden")
    with pytest.raises(InvalidError):
        settle(database, number, "deleted")
    assert len(opened(database)) == 1
