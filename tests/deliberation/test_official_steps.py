"""The office's steps: told of many at once, twice to nobody; and the desk's commands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import URL, func, select

from commands.submissions import main
from core import settings
from core.database import Database
from core.errors import (
    EmptyTextError,
    InvalidError,
    LongTextError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
)
from deliberation import official_steps
from deliberation.official_steps import StepView, steps_of, tell_step
from people.access.actor import Actor, Role, everywhere
from submissions.participation.comments import comment_on, comments_of
from submissions.participation.reports import report
from submissions.proposals.models import Step
from submissions.proposals.queries import CampaignView, proposal_by_public_id
from tests.conftest import NOW
from tests.submissions.acting import NEIGHBOUR, NOBODY, act, file, moderate, trail

OFFICER = Actor("office", everywhere(Role.SUBDISTRICT_OFFICER))
ANSWERING = {
    Role.SOCIAL_WORKER,
    Role.COMMUNITY_PLANNER,
    Role.SUBDISTRICT_OFFICER,
    Role.DEPARTMENT,
    Role.ADMINISTRATOR,
}


def tell(database: Database, names: list[str], stage: str, reply: str = "", **named: Any) -> int:
    given = {"actor": OFFICER, "by": "清河街道"} | named
    return act(database, tell_step, given.pop("actor"), names, stage, reply, **given)


def steps(database: Database, name: str) -> list[StepView]:
    with database.reading() as session:
        return steps_of(session, name)


def test_a_step_is_told_of_many_and_kept_in_order(
    database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[dict[str, Any]]] = []
    monkeypatch.setattr(
        official_steps,
        "tell_together",
        lambda _s, news, *, together, now: told.append(list(news.values())),
    )
    one, two = file(database, campaign).public_id, file(database, campaign).public_id
    assert tell(database, [one, two, one], "answered", " 收到,正在看。\r\n ") == 2
    later = NOW + timedelta(days=1)
    assert tell(database, [one], "declined", "地下有管线。", by=" 交通委 ", now=later) == 1
    first = StepView("answered", "收到,正在看。", "清河街道", NOW)
    last = StepView("declined", "地下有管线。", "交通委", later)
    assert steps(database, one) == [first, last]
    assert steps(database, two) == [first]
    with database.reading() as session:
        stages = [proposal_by_public_id(session, name).stage for name in (one, two)]
    assert stages == ["declined", "answered"]
    entries = trail(database, "step_told")
    assert [entry.details["stage"] for entry in entries] == ["answered", "answered", "declined"]
    assert all(entry.proposal_id and entry.campaign_id == campaign.id for entry in entries)
    assert [len(news) for news in told] == [2, 1]
    (news,) = told[1]
    number = news.pop("step")
    assert news == {"stage": "declined", "reply": "地下有管线。", "by": "交通委"}
    assert len({number, *(news["step"] for news in told[0])}) == 3


def test_the_same_step_pressed_twice_is_told_once(
    database: Database, campaign: CampaignView
) -> None:
    one, two = file(database, campaign).public_id, file(database, campaign).public_id
    assert tell(database, [one], "discussed", "下周三议事") == 1
    assert tell(database, [one, two], "discussed", "下周三议事") == 1
    assert tell(database, [one, two], "discussed", "改到周四") == 2
    assert tell(database, [one], "discussed", "下周三议事") == 1
    assert len(steps(database, one)) == 3


def test_steps_are_refused_whole(database: Database, campaign: CampaignView) -> None:
    name, hidden = file(database, campaign).public_id, file(database, campaign).public_id
    moderate(database, hidden, "hidden")
    refusals: list[tuple[dict[str, Any], type[LuJianError]]] = [
        ({"names": [name, hidden]}, NotFoundError),
        ({"names": [name, "nowhere2"]}, NotFoundError),
        ({"names": []}, InvalidError),
        ({"stage": "finished"}, InvalidError),
        ({"reply": "长" * 2001}, LongTextError),
        ({"by": " "}, EmptyTextError),
        ({"by": "长" * 81}, LongTextError),
        ({"actor": NEIGHBOUR}, NotAllowedError),
        ({"actor": NOBODY}, NotAllowedError),
    ]
    refusals += [
        ({"actor": Actor("x", everywhere(role))}, NotAllowedError) for role in set(Role) - ANSWERING
    ]
    for changes, error in refusals:
        given = {"names": [name], "stage": "built", "reply": ""} | changes
        with pytest.raises(error):
            tell(
                database,
                given.pop("names"),
                given.pop("stage"),
                given.pop("reply"),
                **given,
            )
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Step)) == 0
        assert proposal_by_public_id(session, name).stage is None
    for role in ANSWERING:
        assert tell(database, [name], "answered", str(role), actor=Actor("x", everywhere(role)))


def test_the_desk_answers_and_moderates_from_the_command_line(
    database: Database,
    campaign: CampaignView,
    database_url: URL,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = database_url.render_as_string(hide_password=False)
    chosen = settings.Settings(database_url=address)
    monkeypatch.setattr("commands.submissions.get_settings", lambda: chosen)

    def run(*arguments: str) -> tuple[int, str]:
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out + told.err

    one, two = file(database, campaign).public_id, file(database, campaign).public_id
    code, out = run("step", one, two, "decided", "--reply", "秋天动工", "--by", "清河街道")
    assert (code, out) == (0, "told of 2 proposals: decided\n")
    assert steps(database, two)[0].reply == "秋天动工"
    assert run("step", one, "nowhere2", "built", "--by", "清河街道")[0] == 2
    comment = act(database, comment_on, NEIGHBOUR, one, "第一行\n第二行", client_token="t")
    assert f"{comment}  " in run("comments", "list")[1]
    assert "on " + one + ": 第一行 第二行" in run("comments", "list")[1]
    assert run("comments", "publish", comment, "--reason", "好") == (0, f"{comment} is published\n")
    assert run("comments", "list") == (0, "")
    assert run("comments", "publish", comment, "--reason", "好")[0] == 2
    act(database, report, NEIGHBOUR, two, reason="advert", text="广告")
    act(database, report, Actor("c"), one, comment_id=comment, reason="insult")
    listed = run("reports", "list")[1].splitlines()
    assert f"advert (广告)  {two}: " in listed[0]
    assert f"insult  comment {comment} on {one}: 第一行" in listed[1]
    numbers = [line.split()[0] for line in listed]
    assert run("reports", "settle", numbers[0], "hidden")[0] == 0
    assert run("reports", "settle", numbers[1], "kept")[0] == 0
    assert run("reports", "list") == (0, "")
    assert run("reports", "settle", numbers[1], "kept")[0] == 2
    with database.reading() as session:
        with pytest.raises(NotFoundError):
            proposal_by_public_id(session, two)
        assert len(comments_of(session, one)) == 1
    assert run("comments", "hide", comment, "--reason", "坏")[0] == 0
