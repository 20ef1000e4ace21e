"""What filters find, against plain Python over all rows; and what they must never tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import func, select, text

from analysis import results, selection
from analysis.filter import ANY, OUTSIDE, AnswerFilter, Filter, Spot
from analysis.filter_sql import conditions
from analysis.selection import Selection
from analysis.text.text_search import catch_up
from core.database import Database
from core.errors import InvalidError, NotAllowedError, UnknownCategoryError
from deliberation.official_steps import tell_step
from people.access.actor import Actor, Grant, Reach, Role, everywhere
from submissions.participation.models import Photo
from submissions.participation.supports import support_proposal
from submissions.proposals.merge import merge
from submissions.proposals.merged_family import people_behind
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import MODERATOR, NOBODY, act, file, moderate
from tests.submissions.campaigns.plans import plan_of, reads_all

QUESTIONS: list[dict[str, Any]] = [
    {
        "key": "when",
        "kind": "single",
        "label": {"zh_CN": "什么时候?", "en": "When?"},
        "options": [
            {"key": key, "label": {"zh_CN": key, "en": key}} for key in ("morning", "evening")
        ],
    },
    {
        "key": "wishes",
        "kind": "multiple",
        "label": {"zh_CN": "想要什么?", "en": "What?"},
        "options": [
            {"key": key, "label": {"zh_CN": key, "en": key}} for key in ("seats", "shade", "racks")
        ],
    },
    {
        "key": "bikes",
        "kind": "number",
        "least": 0,
        "most": 500,
        "label": {"zh_CN": "几辆?", "en": "How many?"},
    },
    {"key": "more", "kind": "short_text", "label": {"zh_CN": "还有?", "en": "More?"}},
    {
        "key": "name",
        "kind": "short_text",
        "private": True,
        "label": {"zh_CN": "怎么称呼您?", "en": "Your name?"},
    },
]
RELATIONS = ("lives", "works", "passes")
CATEGORIES = ("bike_parking", "public_space")
Row = dict[str, Any]


@pytest.fixture
def rich(database: Database) -> CampaignView:
    """Give a campaign that asks much, with 48 proposals that differ in everything."""
    campaign = make_campaign(database, questions=QUESTIONS)
    for n in range(48):
        answers = {
            "when": ("morning", "evening")[n % 2],
            "wishes": [key for k, key in enumerate(("seats", "shade", "racks")) if n % (k + 2)],
            "bikes": n * 5,
            "more": f"第{n}个 50%",
            "name": "Li",
        }
        made = file(
            database,
            campaign,
            Actor(f"device {n % 30}"),
            now=NOW + n * timedelta(hours=7),
            longitude=116.301 + (n % 8) * 0.0045,
            latitude=40.021 + (n // 8) * 0.0065,
            category=CATEGORIES[n % 3 == 0],
            relation=RELATIONS[n % 3],
            text=f"地铁口停不下车{n}" if n % 4 else f"公园里没有座椅{n}",
            answers={key: answers[key] for key in list(answers)[: n % 6]},
        )
        for supporter in range(n % 5):
            act(database, support_proposal, Actor(f"neighbour {supporter}"), made.public_id)
        if n % 11 == 0:
            moderate(database, made.public_id, "hidden")
        elif n % 7 == 0:
            act(database, tell_step, MODERATOR, [made.public_id], "answered", "好", by="街道")
    return campaign


def rows_of(database: Database, campaign: CampaignView) -> list[Row]:
    """Return all there is to know of the campaign's proposals."""
    with database.reading() as session:
        found = session.scalars(select(Proposal).where(Proposal.campaign_id == campaign.id))
        return [{c.key: getattr(row, c.key) for c in Proposal.__table__.columns} for row in found]


def found(
    database: Database, campaign: CampaignView, actor: Actor = NOBODY, **narrow: Any
) -> set[str]:
    """Return the public ids of a selection, having made sure that all ways to count it agree."""
    chosen = Selection(campaign, Filter(**narrow), actor)
    sums = results.sums(database, chosen)
    _revision, pins = results.pins(database, chosen)
    counts = results.community_counts(database, chosen)
    with database.reading() as session:
        ids = selection.ids(session, chosen).tolist()
        page = selection.page(session, chosen, size=100)
        if not narrow.get("statuses"):
            rows = [row.id for batch in selection.batches(session, chosen) for row in batch]
            assert rows == _public_ids(database, ids)
    assert sums.proposals == len(pins) == page.total == len(ids) == len(page.items)
    assert sorted(pins.ids.tolist()) == ids
    assert int(counts.frame["proposals"].sum()) + counts.outside == len(ids)
    assert sum(number for _monday, number in results.weeks(database, chosen)) == len(ids)
    assert counts.people == sums.people
    measured = results.measures(database, chosen)
    for name in ("code", "proposals", "per_1000", "per_km2", "answered_share"):
        ours = counts.frame[name].astype(measured[name].dtype)
        pd.testing.assert_series_equal(measured[name], ours, check_names=False)
    return {view.public_id for view in page.items}


def listed(database: Database, campaign: CampaignView, **narrow: Any) -> set[str]:
    """Return the public ids of a selection, by its page alone."""
    with database.reading() as session:
        page = selection.page(session, Selection(campaign, Filter(**narrow), NOBODY), size=100)
    return {view.public_id for view in page.items}


def _public_ids(database: Database, ids: list[int]) -> list[str]:
    with database.reading() as session:
        rows = select(Proposal.public_id).where(Proposal.id.in_(ids)).order_by(Proposal.id)
        return list(session.scalars(rows))


def day(moment: datetime) -> date:
    return (moment + timedelta(hours=8)).date()


CASES: list[tuple[dict[str, Any], Callable[[Row], bool]]] = [
    ({}, lambda r: True),
    ({"categories": ("public_space",)}, lambda r: r["category"] == "public_space"),
    ({"categories": CATEGORIES}, lambda r: True),
    ({"relations": ("lives", "passes")}, lambda r: r["relation"] in ("lives", "passes")),
    (
        {"communities": ("110108017003",)},
        lambda r: r["community_code"] == "110108017003",
    ),
    ({"communities": (OUTSIDE,)}, lambda r: r["community_code"] is None),
    (
        {"communities": (OUTSIDE, "110108017001")},
        lambda r: r["community_code"] in (None, "110108017001"),
    ),
    ({"since": date(2026, 5, 5)}, lambda r: day(r["created"]) >= date(2026, 5, 5)),
    ({"until": date(2026, 5, 5)}, lambda r: day(r["created"]) <= date(2026, 5, 5)),
    ({"answered": True}, lambda r: r["stage"] is not None),
    ({"answered": False}, lambda r: r["stage"] is None),
    ({"supports": 3}, lambda r: r["supports"] >= 3),
    ({"text": "座椅"}, lambda r: "座椅" in r["text"]),
    ({"text": "停不下车 地铁"}, lambda r: "停不下车" in r["text"]),
    (
        {"answers": (AnswerFilter("when", ("evening",)),)},
        lambda r: r["answers"].get("when") == "evening",
    ),
    (
        {"answers": (AnswerFilter("wishes", ("racks", "seats")),)},
        lambda r: bool({"racks", "seats"} & set(r["answers"].get("wishes", []))),
    ),
    ({"answers": (AnswerFilter("wishes", (ANY,)),)}, lambda r: "wishes" in r["answers"]),
    (
        {"answers": (AnswerFilter("bikes", ("20..100",)),)},
        lambda r: 20 <= r["answers"].get("bikes", 0) <= 100,
    ),
    (
        {"answers": (AnswerFilter("bikes", ("..40", "200..")),)},
        lambda r: "bikes" in r["answers"] and not 40 < r["answers"]["bikes"] < 200,
    ),
    ({"answers": (AnswerFilter("bikes", ("75",)),)}, lambda r: r["answers"].get("bikes") == 75),
    ({"answers": (AnswerFilter("more", ("0%",)),)}, lambda r: "0%" in r["answers"].get("more", "")),
    (
        {"answers": (AnswerFilter("when", ("morning",)), AnswerFilter("bikes", ("..100",)))},
        lambda r: r["answers"].get("when") == "morning" and r["answers"].get("bikes", 999) <= 100,
    ),
    (
        {"categories": ("bike_parking",), "relations": ("works",), "supports": 1, "text": "地铁口"},
        lambda r: r["category"] == "bike_parking"
        and r["relation"] == "works"
        and r["supports"] >= 1
        and "地铁口" in r["text"],
    ),
    (
        {"area": ((116.30, 40.02), (116.32, 40.02), (116.30, 40.05))},
        lambda r: (r["longitude"] - 116.30) / 0.02 + (r["latitude"] - 40.02) / 0.03 <= 1,
    ),
]  # fmt: skip


def test_filters_find_what_plain_python_finds(
    database: Database, rich: CampaignView, backend: str, everything: bool
) -> None:
    """On PostGIS all ways to count agree on every third filter, with ``--everything`` on each."""
    rows = [row for row in rows_of(database, rich) if row["status"] == "published"]
    assert len(rows) == 43
    for place, (narrow, wanted) in enumerate(CASES):
        expected = {row["public_id"] for row in rows if wanted(row)}
        all_ways = everything or backend == "sqlite" or place % 3 == 0
        find = found if all_ways else listed
        assert find(database, rich, **narrow) == expected, narrow
        if narrow:
            assert expected, narrow
    # A filter of nothing finds nothing of another campaign.
    other = make_campaign(database, slug="other")
    assert found(database, other) == set()


def test_the_list_is_sorted_and_paged(database: Database, rich: CampaignView) -> None:
    chosen = Selection(rich, Filter(categories=("bike_parking",)), NOBODY)
    rows = [r for r in rows_of(database, rich) if r["status"] == "published"]
    rows = [r for r in rows if r["category"] == "bike_parking"]
    newest = sorted(rows, key=lambda r: (r["created"], r["id"]), reverse=True)
    most = sorted(rows, key=lambda r: (r["supports"], r["id"]), reverse=True)
    with database.reading() as session:
        second = selection.page(session, chosen, number=2, size=10)
        last = selection.page(session, chosen, number=99, size=10, sort="supported")
    assert [v.public_id for v in second.items] == [r["public_id"] for r in newest[10:20]]
    assert (last.number, last.pages) == (3, 3)
    assert [v.public_id for v in last.items] == [r["public_id"] for r in most[20:]]


def test_other_states_are_found_only_as_far_as_one_moderates(
    database: Database, rich: CampaignView
) -> None:
    hidden = {r["public_id"]: r for r in rows_of(database, rich) if r["status"] == "hidden"}
    assert len(hidden) == 5
    statuses = {"statuses": ("hidden",)}
    assert found(database, rich, MODERATOR, **statuses) == set(hidden)
    here = Actor(
        grants=frozenset({Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017001", "2020")})
    )
    inside = {n for n, r in hidden.items() if r["community_code"] == "110108017001"}
    assert 0 < len(inside) < 5
    assert found(database, rich, here, **statuses) == inside
    both = found(database, rich, here, statuses=("hidden", "published"))
    assert both == inside | found(database, rich)
    for nobody in (
        NOBODY,
        Actor("device 0"),
        Actor(grants=everywhere(Role.COMMUNITY_PLANNER)),
        Actor(grants=everywhere(Role.DEPARTMENT)),
        Actor(grants=everywhere(Role.RESIDENT_PLANNER)),
        Actor(grants=everywhere(Role.SOCIAL_WORKER), limited_to=frozenset({"see_desk"})),
    ):
        with pytest.raises(NotAllowedError):
            found(database, rich, nobody, **statuses)
        # What was found for a moderator is not kept for others.
        assert not found(database, rich, nobody) & set(hidden)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"categories": ("nonsense",)}, UnknownCategoryError),
        ({"answers": (AnswerFilter("nonsense", ("x",)),)}, InvalidError),
        ({"answers": (AnswerFilter("name", ("Li",)),)}, InvalidError),
        ({"answers": (AnswerFilter("name", (ANY,)),)}, InvalidError),
        ({"answers": (AnswerFilter("when", ("noon",)),)}, InvalidError),
        ({"answers": (AnswerFilter("bikes", ("many",)),)}, InvalidError),
        ({"answers": (AnswerFilter("bikes", ("..",)),)}, InvalidError),
    ],
)
def test_private_and_unknown_questions_are_refused_to_all(
    database: Database, campaign: CampaignView, asked: dict[str, Any], error: type[Exception]
) -> None:
    rich = make_campaign(database, slug="rich", questions=QUESTIONS)
    for actor in (NOBODY, MODERATOR):
        with database.reading() as session, pytest.raises(error):
            conditions(session, rich, Filter(**asked), actor)


def test_photos_and_people_of_a_joined_proposal_count_with_the_kept_one(
    database: Database, campaign: CampaignView
) -> None:
    kept = file(database, campaign, Actor("one")).public_id
    joined = file(database, campaign, Actor("two"), longitude=116.311).public_id
    bare = file(database, campaign, Actor("one"), longitude=116.312).public_id
    _add_photo(database, joined, "published")
    _add_photo(database, bare, "waiting")
    assert found(database, campaign, photo=True) == {joined}
    act(database, merge, MODERATOR, kept, [joined], reason="同一件事")
    assert found(database, campaign, photo=True) == {kept}
    assert found(database, campaign, photo=False) == {bare}
    sums = results.sums(database, Selection(campaign, Filter(photo=True), NOBODY))
    assert (sums.proposals, sums.people) == (1, 2)
    everyone = results.sums(database, Selection(campaign, Filter(relations=("lives",)), NOBODY))
    assert (everyone.proposals, everyone.people) == (2, 2)


def _add_photo(database: Database, public_id: str, status: str) -> None:
    def add(session: Any) -> None:
        row = session.scalar(select(Proposal).where(Proposal.public_id == public_id))
        session.add(
            Photo(
                name=f"{public_id}-photo",
                proposal_id=row.id,
                owner_key="x",
                status=status,
                width=1,
                height=1,
                size=1,
                digest="x",
                created=NOW,
            )
        )

    database.write(add)


def test_who_takes_what_is_some_seconds_old_never_holds_up_who_does_not(
    database: Database, campaign: CampaignView
) -> None:
    names = [file(database, campaign, Actor(f"d{n}")).public_id for n in range(3)]
    whole, made = Selection(campaign), {"radius_m": 50.0, "min_proposals": 3}

    def told(at_most_s: float) -> tuple[int, int, int]:
        counts = results.community_counts(database, whole, at_most_s=at_most_s)
        spots = results.hotspots(database, whole, **made, at_most_s=at_most_s)
        sums = results.sums(database, whole, at_most_s=at_most_s)
        return sums.proposals, int(counts.frame["proposals"].sum()), len(spots.frame)

    assert told(60) == (3, 3, 1)
    moderate(database, names[0], "hidden")
    assert told(60) == (3, 3, 1)
    assert told(0) == (2, 2, 0)
    assert told(60) == (2, 2, 0), "what was counted for others is there for all"


def test_a_hotspot_is_one_of_those_that_the_rest_of_the_filter_makes(
    database: Database, campaign: CampaignView
) -> None:
    for n in range(8):
        file(
            database,
            campaign,
            Actor(f"d{n}"),
            longitude=116.31 + n * 1e-5,
            category="public_space" if n < 3 else "bike_parking",
        )
    far = file(database, campaign, Actor("far"), longitude=116.33).public_id
    whole = Selection(campaign, Filter(), NOBODY)
    spots = results.hotspots(database, whole, radius_m=50, min_proposals=5)
    assert len(spots.frame) == 1
    name = str(spots.frame.iloc[0]["hotspot_id"])
    members = found(database, campaign, spot=Spot(name))
    assert members == set(spots.membership.index[spots.membership == name])
    assert len(members) == 8
    assert far not in members
    # Of the bike proposals alone the same place is a hotspot of five; of the spaces none is.
    bikes = results.hotspots(
        database,
        Selection(campaign, Filter(relations=("lives",), categories=("bike_parking",)), NOBODY),
        radius_m=50,
        min_proposals=5,
    )
    assert bikes.frame["proposals"].tolist() == [5]
    ours = Spot(str(bikes.frame.iloc[0]["hotspot_id"]))
    both = {"categories": ("bike_parking",), "relations": ("lives",)}
    assert len(found(database, campaign, **both, spot=ours)) == 5
    assert found(database, campaign, categories=("public_space",), spot=ours) == set()


def test_what_is_kept_follows_what_happens(database: Database, campaign: CampaignView) -> None:
    first = file(database, campaign, Actor("a"), text="想要座椅").public_id
    asked = {"relations": ("lives",), "text": "座椅"}
    assert found(database, campaign, **asked) == {first}
    second = file(database, campaign, Actor("b"), text="这里的座椅坏了").public_id
    assert found(database, campaign, **asked) == {first, second}
    assert found(database, campaign, supports=1) == set()
    act(database, support_proposal, Actor("c"), second)
    assert found(database, campaign, supports=1) == {second}
    assert found(database, campaign, answered=True) == set()
    act(database, tell_step, MODERATOR, [first], "answered", "好的", by="街道")
    assert found(database, campaign, answered=True) == {first}
    counts = results.community_counts(database, Selection(campaign, Filter(), NOBODY)).frame
    assert counts["answered"].tolist() == [1, 0, 0]
    assert counts["answered_share"].iloc[0] == 0.5
    assert counts["answered_share"].isna().tolist() == [False, True, True]
    moderate(database, second, "hidden")
    assert found(database, campaign, **asked) == {first}


def test_weeks_begin_on_a_monday_in_beijing(database: Database, campaign: CampaignView) -> None:
    # Sunday 3 May 2026 ends at 16:00 UTC in Beijing.
    for moment in (datetime(2026, 5, 3, 15, 59, tzinfo=UTC), datetime(2026, 5, 3, 16, tzinfo=UTC)):
        file(database, campaign, Actor("a"), now=moment)
    file(database, campaign, Actor("a"), now=datetime(2026, 5, 20, tzinfo=UTC))
    assert results.weeks(database, Selection(campaign, Filter(), NOBODY)) == [
        (date(2026, 4, 27), 1),
        (date(2026, 5, 4), 1),
        (date(2026, 5, 11), 0),
        (date(2026, 5, 18), 1),
    ]


USUAL: list[dict[str, Any]] = [
    {},
    {"categories": ("public_space",)},
    {"relations": ("works",)},
    {"communities": ("110108017001",)},
    {"since": date(2026, 5, 3), "until": date(2026, 5, 4)},
    {"answered": True},
    {"photo": True},
    {"supports": 90},
    {"text": "座椅"},
    {"answers": (AnswerFilter("when", ("evening",)),)},
    {"answers": (AnswerFilter("wishes", ("racks",)),)},
    {"categories": ("public_space",), "text": "座椅", "supports": 50},
]


def test_no_usual_filter_reads_the_proposals_of_other_campaigns(database: Database) -> None:
    rich = make_campaign(database, questions=QUESTIONS)
    others = [make_campaign(database, slug=f"other-{n}") for n in range(7)]
    _fill(database, [rich, *others], 1_500)
    with database.reading() as session:
        for narrow in USUAL:
            where = conditions(session, rich, Filter(**narrow), NOBODY)
            for statement in (
                select(Proposal.id).where(*where),
                select(Proposal.public_id)
                .where(*where)
                .order_by(Proposal.created.desc(), Proposal.id.desc())
                .limit(20),
            ):
                plan = plan_of(session, statement)
                assert not reads_all(plan), (narrow, plan)


def test_people_are_counted_without_reading_proposals(database: Database) -> None:
    rich = make_campaign(database, questions=QUESTIONS)
    _fill(database, [rich, *(make_campaign(database, slug=f"o-{n}") for n in range(7))], 1_500)
    with database.reading() as session:
        people = people_behind(rich.id, None).c.person
        plan = plan_of(session, select(func.count(people)))
    assert not reads_all(plan), plan
    if database.engine.dialect.name == "sqlite":
        assert "COVERING INDEX ix_proposal_people" in plan


def _fill(database: Database, campaigns: list[CampaignView], each: int) -> None:
    """Copy one proposal many times, as it would be filed, without the way through the actions."""
    file(database, campaigns[0], answers={"when": "evening", "wishes": ["racks"]})
    columns = [c.key for c in Proposal.__table__.columns if c.key != "id"]
    given = {
        "public_id": "printf('%08x', n)",
        "receipt": "printf('%012x', n)",
        "client_token": "printf('%08x', n)",
        "author_key": "printf('%064x', n % 5000)",
        "campaign_id": "c.id",
        "supports": "n % 100",
        "category": "CASE WHEN n % 4 = 0 THEN 'public_space' ELSE 'bike_parking' END",
        "relation": "CASE WHEN n % 5 = 0 THEN 'works' ELSE 'lives' END",
        "text": "CASE WHEN n % 50 = 0 THEN '公园里没有座椅' ELSE '地铁口停不下车' END || n",
        "stage": "CASE WHEN n % 10 = 0 THEN 'answered' END",
    }
    postgres = database.engine.dialect.name == "postgresql"
    numbers = "SELECT generate_series(1, :each) AS k" if postgres else (
        "WITH RECURSIVE s(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM s WHERE k < :each)"
        " SELECT k FROM s"
    )  # fmt: skip
    values = ", ".join(given.get(name, f"p.{name}") for name in columns)
    if postgres:
        for name, wide in (("%08x", 8), ("%012x", 12), ("%064x", 64)):
            values = values.replace(f"printf('{name}', ", f"lpad_hex({wide}, ")
        values = _postgres_hex(values)
    ids = ", ".join(str(campaign.id) for campaign in campaigns)
    statement = (
        f"INSERT INTO proposal ({', '.join(columns)}) SELECT {values} FROM"
        f" (SELECT c.id AS cid, s.k + c.id * 100000 AS n FROM campaign c, ({numbers}) s"
        f" WHERE c.id IN ({ids})) g JOIN campaign c ON c.id = g.cid, proposal p"
    )

    database.write(lambda session: session.execute(text(statement), {"each": each}) and None)
    catch_up(database)
    database.write(lambda session: _settle(session, postgres))


def _settle(session: Any, postgres: bool) -> None:
    """Do what the database itself does in a quiet minute."""
    if postgres:
        session.execute(text("SELECT gin_clean_pending_list('ix_proposal_text_pieces')"))
    session.execute(text("ANALYZE"))


def _postgres_hex(values: str) -> str:
    return re.sub(r"lpad_hex\((\d+), ([^)]*)\)", r"lpad(to_hex(\2), \1, '0')", values)
