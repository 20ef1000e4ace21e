"""What letters quote, and that one reply to many proposals is one letter to each address."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from analysis.filter import Filter
from analysis.selection import Selection
from core.database import Database
from deliberation.official_steps import tell_step
from moderation.bulk import bulk_actions
from moderation.bulk.order import BulkAction, Order
from moderation.bulk.worker import JobRunner
from moderation.look_at import look_at
from notifications.models import Message
from people.access.actor import OPERATOR
from submissions.participation import follows
from submissions.participation.letter_facts import MOST_WORDS, first_words, letter_facts
from submissions.participation.models import Follow
from submissions.proposals import merge
from submissions.proposals.queries import CampaignView
from submissions.proposals.tell_followers import TOGETHER, Template, still_wanted
from tests.conftest import NOW
from tests.submissions.acting import MODERATOR, act, file, moderate
from tests.submissions.participation.test_follows import LI, by_post
from wording.letters.proposal_letters import letter

TEXT = "朱房北站旁边的共享单车停不下了"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (TEXT, TEXT),
        ("停不下\n\n 请看 \u202ehttp://evil.example/a?b=c 谢谢", "停不下 请看 … 谢谢"),
        ("上ｗｗｗ．evil．ｃｏｍ看", "上…"),
        ("evil.example.com/x好", "…好"),
        ("看evil.com。", "看…。"),
        ("看http://例子.中国/a。谢谢", "看…。谢谢"),
        ("写给li@例子.中国 谢谢", "写给… 谢谢"),
        ("长" * 60, "长" * (MOST_WORDS - 1) + "…"),
    ],
)
def test_a_quotation_is_one_short_line_without_links(text: str, quoted: str) -> None:
    assert first_words(text) == quoted


@given(st.text("ab.:/@ \n中ｗ。-", max_size=60))
def test_nothing_in_a_quotation_becomes_a_link(text: str) -> None:
    quoted = first_words(text)
    assert len(quoted) <= MOST_WORDS
    assert "\n" not in quoted
    assert not re.search(r"://|[a-z]@\w|[a-z]\.[a-z]{2}", quoted)


def _facts(database: Database, template: str, **params: Any) -> dict[str, Any]:
    with database.reading() as session:
        return letter_facts(session, template, params)


def test_only_what_may_be_read_by_anybody_is_quoted(
    database: Database, campaign: CampaignView
) -> None:
    name = file(database, campaign, text=TEXT).public_id

    def words(template: str = Template.STEP) -> str:
        told: str = _facts(database, template, proposal=name)["about"][name]["words"]
        return told

    assert (words(), words(Template.CONFIRM)) == (TEXT, "")
    act(database, look_at, MODERATOR, [name])
    assert words(Template.CONFIRM) == TEXT
    moderate(database, name, "held")
    assert words() == ""
    personal = file(database, campaign, text="我叫张三,停不下车").public_id
    moderate(database, personal, "published")
    found = _facts(database, Template.STEP, proposal=personal)
    assert found["about"][personal]["words"] == ""
    assert found["about"][personal]["category"]["en"] == "Bike parking"
    assert found["about"][personal]["community"]["zh_CN"] == "清河嘉园"
    assert found["title"]["zh_CN"] == "测试征集"


def confirmed(database: Database) -> None:
    database.write(lambda s: s.execute(update(Follow).values(confirmed=NOW)) and None)


def replies(database: Database) -> list[Message]:
    with database.reading() as session:
        rows = select(Message).where(Message.template == "step").order_by(Message.id)
        return list(session.scalars(rows))


@pytest.fixture
def names(database: Database, campaign: CampaignView) -> list[str]:
    """Give three proposals of which Wu hears at one address, and of one Li at another."""
    made = [file(database, campaign, text=f"{TEXT}{n}").public_id for n in "甲乙丙"]
    for name in made:
        by_post(database, name)
    by_post(database, made[0], "li@example.org", actor=LI)
    confirmed(database)
    return made


def test_one_reply_to_many_is_one_letter_an_address(database: Database, names: list[str]) -> None:
    act(database, tell_step, OPERATOR, names, "built", "都好了", by="街道")
    wu, li = replies(database)
    assert [one["proposal"] for one in wu.params["told"]] == names
    assert (li.params["proposal"], "told" in li.params) == (names[0], False)
    assert wu.due == NOW
    act(database, follows.end, wu.params["told"][1]["follow"])
    moderate(database, names[2], "hidden")
    found = _facts(database, "step", **wu.params)
    assert [one["proposal"] for one in found["told"]] == [names[0]]
    written = letter("step", {**wu.params, **found}, "zh_CN")
    assert f"{TEXT}甲" in written.body
    assert written.body.count("都好了") == 1
    assert names[1] not in written.body
    act(database, follows.end_all, wu.params["follow"])
    with database.reading() as session:
        assert not still_wanted(session, "step", wu.params)
        assert still_wanted(session, "step", li.params)
        ended = session.scalars(select(Follow.ended.is_not(None)).order_by(Follow.id)).all()
    assert ended == [True, True, True, False]


def test_a_bulk_reply_gathers_what_its_pieces_tell(
    database: Database, campaign: CampaignView, names: list[str]
) -> None:
    many = [file(database, campaign, text=f"{TEXT}{chr(0x4E00 + n)}").public_id for n in range(12)]
    for name in many:
        by_post(database, name)
        confirmed(database)
    order = Order(BulkAction.REPLY, stage="decided", reply="{category}会办", by="街道")
    bulk_actions.start(database, Selection(campaign, Filter(), OPERATOR), order, token="t", now=NOW)
    while JobRunner(database).run_once(NOW):
        pass
    wu, li = replies(database)
    assert len(wu.params["told"]) == 15
    assert wu.due == NOW + TOGETHER
    assert (li.params["proposal"], "told" in li.params) == (names[0], False)
    body = letter("step", {**wu.params, **_facts(database, "step", **wu.params)}, "en").body
    assert "And 5 more." in body
    assert body.count("/w/p/") == 10
    # What comes once the letter has left is a letter of its own.
    database.write(lambda s: s.execute(update(Message).values(state="sent")) and None)
    act(database, tell_step, OPERATOR, names[:1], "built", "好了", by="街道", together="job:1")
    assert [m.params["proposal"] for m in replies(database)[2:]] == [names[0], names[0]]


def test_a_family_hears_once(database: Database, names: list[str]) -> None:
    act(database, merge.merge, OPERATOR, names[0], names[1:], reason="一样")
    act(database, tell_step, OPERATOR, names[:1], "built", "好了", by="街道")
    assert [m.params["proposal"] for m in replies(database)] == [names[0], names[0]]
