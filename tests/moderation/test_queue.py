"""The queue's lists: by keys, in order, each thing once, within reach; whatever the states."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from analysis.text.text_search import catch_up
from core.database import Database
from moderation.queue import (
    Narrowed,
    QueueKey,
    Tab,
    Waiting,
    _cut,
    _sources,
    beside,
    count_waiting,
    read_key,
    tabs_of,
    waiting,
)
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, everywhere
from submissions.participation.comments import comment_on
from submissions.participation.reports import report
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import MODERATOR, NEIGHBOUR, act, file, moderate
from tests.submissions.campaigns.plans import plan_of

PLANNER = Actor("planner", everywhere(Role.COMMUNITY_PLANNER))
LOCAL = Actor(
    "local", frozenset({Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017003", "2020")})
)
STATES = ("received", "held", "published", "hidden")


@pytest.fixture
def crowd(database: Database) -> tuple[CampaignView, CampaignView]:
    """Two campaigns with 60 proposals in four states, many of them filed at one moment."""
    one = make_campaign(database, publish_on_filing=False)
    other = make_campaign(database, slug="other", publish_on_filing=False)
    chance = random.Random(7)
    for n in range(60):
        made = file(
            database,
            chance.choice((one, other)),
            Actor(f"device {n}"),
            now=NOW + timedelta(hours=chance.randrange(8)),
            text=f"第{n}条 {'单车' if n % 2 else '长椅'}",
            longitude=chance.choice((116.31, 116.33)),
            category=chance.choice(("bike_parking", "public_space")),
        )
        state = chance.choice(STATES)
        if state != "received":
            moderate(database, made.public_id, state)
    return one, other


def walked(
    database: Database, actor: Actor, tab: Tab, narrowed: Narrowed, most: int, *, back: bool = False
) -> Iterator[Waiting]:
    """Walk through a list page by page, forwards, or backwards from its end."""
    with database.reading() as session:
        batch = waiting(session, actor, tab, narrowed, most=most)
        pages = [batch.items]
        while batch.more_after:
            batch = waiting(session, actor, tab, narrowed, after=batch.items[-1].key, most=most)
            pages.append(batch.items)
        if back:
            pages = [pages[-1]]
            while True:
                batch = waiting(session, actor, tab, narrowed, before=pages[0][0].key, most=most)
                if not batch.items:
                    break
                pages.insert(0, batch.items)
                if not batch.more_before:
                    break
        yield from (one for page in pages for one in page)


def expected(database: Database, *wanted: object, newest: bool = False) -> list[str]:
    """Return what an order of all rows, sorted in Python, would be."""
    with database.reading() as session:
        rows = [row for row in session.query(Proposal).all() if all(w(row) for w in wanted)]  # type: ignore[operator]
        rows.sort(key=lambda row: (row.created, row.id), reverse=newest)
        return [row.public_id for row in rows]


@pytest.mark.parametrize(
    "most", [7, *(pytest.param(most, marks=pytest.mark.everything) for most in (1, 200))]
)
@pytest.mark.parametrize("back", [False, True])
def test_each_list_is_walked_in_order_each_thing_once(
    database: Database, crowd: tuple[CampaignView, ...], most: int, back: bool
) -> None:
    narrowed = Narrowed(crowd)
    for tab, status in ((Tab.NEW, "received"), (Tab.HELD, "held")):
        found = [
            one.view.public_id
            for one in walked(database, MODERATOR, tab, narrowed, most, back=back)
        ]
        assert found == expected(database, lambda row, s=status: row.status == s)
        with database.reading() as session:
            assert count_waiting(session, MODERATOR, tab, narrowed) == len(found)
    found = [
        one.view.public_id
        for one in walked(database, MODERATOR, Tab.ALL, narrowed, most, back=back)
    ]
    assert found == expected(database, newest=True)


def test_filters_narrow_all_at_once(database: Database, crowd: tuple[CampaignView, ...]) -> None:
    one = crowd[0]
    before = NOW + timedelta(hours=5)
    narrowed = Narrowed(
        (one,), community="110108017003", category="bike_parking", before=before, status="held"
    )
    found = [w.view.public_id for w in walked(database, MODERATOR, Tab.ALL, narrowed, 3)]
    assert found
    assert found == expected(
        database,
        lambda row: row.campaign_id == one.id and row.status == "held",
        lambda row: row.community_code == "110108017003" and row.category == "bike_parking",
        lambda row: row.created < before,
        newest=True,
    )
    catch_up(database)
    words = [
        w.view.text for w in walked(database, MODERATOR, Tab.ALL, Narrowed(crowd, text="长椅"), 9)
    ]
    assert len(words) == 30
    assert all("长椅" in said for said in words)
    name = found[0]
    assert [
        w.view.public_id
        for w in walked(database, MODERATOR, Tab.ALL, Narrowed(crowd, text=name.upper()), 9)
    ] == [name]


def test_reach_bounds_every_list(database: Database, crowd: tuple[CampaignView, ...]) -> None:
    narrowed = Narrowed(crowd)
    east = lambda row: row.community_code == "110108017003"  # noqa: E731
    for tab, status in ((Tab.NEW, "received"), (Tab.HELD, "held")):
        found = [w.view.public_id for w in walked(database, LOCAL, tab, narrowed, 5)]
        assert found == expected(database, east, lambda row, s=status: row.status == s)
        assert list(walked(database, PLANNER, tab, narrowed, 5)) == []
    assert [w.view.public_id for w in walked(database, LOCAL, Tab.ALL, narrowed, 5)] == expected(
        database, east, newest=True
    )
    assert [w.view.public_id for w in walked(database, PLANNER, Tab.ALL, narrowed, 5)] == expected(
        database, lambda row: row.status == "published", newest=True
    )
    for nobody in (NEIGHBOUR, Actor("x", everywhere(Role.DESIGN_FIRM, Role.COUNCIL_MEMBER))):
        assert tabs_of(nobody) == []
        for tab in Tab:
            assert list(walked(database, nobody, tab, narrowed, 5)) == []


def test_beside_a_thing_that_is_gone_stand_its_neighbours(
    database: Database, crowd: tuple[CampaignView, ...]
) -> None:
    narrowed = Narrowed(crowd)
    items = list(walked(database, MODERATOR, Tab.NEW, narrowed, 200))
    gone = items[3]
    moderate(database, gone.view.public_id, "published")
    with database.reading() as session:
        before, after = beside(session, MODERATOR, Tab.NEW, narrowed, gone.key)
        assert before is not None
        assert after is not None
        assert (before.key, after.key) == (items[2].key, items[4].key)
        first, _ = beside(session, MODERATOR, Tab.NEW, narrowed, items[0].key)
        _, last = beside(session, MODERATOR, Tab.NEW, narrowed, items[-1].key)
    assert first is None
    assert last is None


def test_comments_reports_and_photos_wait_with_their_proposal(database: Database) -> None:
    campaign = make_campaign(database)
    shown, hidden = (file(database, campaign).public_id for _ in range(2))
    names = [
        act(database, comment_on, NEIGHBOUR, name, "说得对", client_token=f"c{n}")
        for n, name in enumerate((shown, hidden))
    ]
    act(database, report, NEIGHBOUR, shown, reason="wrong")
    act(database, report, NEIGHBOUR, hidden, reason="insult", text="骂人")
    narrowed = Narrowed((campaign,))

    def told(tab: Tab, actor: Actor = OPERATOR) -> list[tuple[str, str, str]]:
        with database.reading() as session:
            found = waiting(session, actor, tab, narrowed).items
            assert count_waiting(session, actor, tab, narrowed) == len(found)
        return [(one.view.public_id, one.said, one.reason) for one in found]

    assert told(Tab.COMMENTS) == [(shown, "说得对", ""), (hidden, "说得对", "")]
    assert told(Tab.REPORTED) == [(shown, "", "wrong"), (hidden, "", "insult")]
    with database.reading() as session:
        things = [one.thing for one in waiting(session, OPERATOR, Tab.COMMENTS, narrowed).items]
    assert things == names
    moderate(database, hidden, "hidden")
    assert told(Tab.COMMENTS) == [(shown, "说得对", "")]
    assert told(Tab.COMMENTS, LOCAL) == []
    assert told(Tab.PHOTOS) == []


@pytest.mark.parametrize(
    "asked", ["", "-", "1-", "-1", "a-1", "1-b", "1-2-3", "9" * 30 + "-1", "1-" + "9" * 30, "１-1"]
)
def test_an_address_that_names_no_place_is_left_out(asked: str) -> None:
    found = read_key(asked)
    assert found is None or asked == "１-1"


def test_a_place_is_read_as_it_was_written() -> None:
    key = QueueKey(NOW.replace(microsecond=123456), 42)
    assert read_key(str(key)) == key
    assert replace(key, id=7) != key


@pytest.mark.parametrize("tab", [Tab.NEW, Tab.HELD, Tab.ALL])
@pytest.mark.parametrize("forward", [True, False])
def test_a_page_is_read_from_an_index_in_its_order(
    database: Database, campaign: CampaignView, tab: Tab, forward: bool
) -> None:
    file(database, campaign)
    place = QueueKey(NOW, 1)
    with database.reading() as session:
        if session.get_bind().dialect.name == "postgresql":
            for way in ("seqscan", "bitmapscan", "sort"):
                session.execute(text(f"SET LOCAL enable_{way} = off"))
        for source in _sources(session, MODERATOR, tab, Narrowed((campaign,))):
            plan = plan_of(session, _cut(source, place, forward, 30))
            assert "ix_proposal_newest" in plan, plan
            assert not re.search(r"Sort|TEMP B-TREE FOR (LAST TERM OF )?ORDER BY", plan), plan
