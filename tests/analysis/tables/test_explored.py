"""A page of a view at once: bars beside the chosen one keep their heights."""

from __future__ import annotations

from datetime import timedelta

from analysis.filter import AnswerFilter, Filter
from analysis.selection import Selection
from analysis.tables.explored import explored
from core.database import Database
from people.access.actor import Actor
from submissions.campaigns.question_writing import options, words
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import file

WISH = {
    "key": "wish",
    "kind": "single",
    "label": words("想要什么？", "What do you wish for?"),
    "options": options(("seats", "座椅", "Seats", ""), ("trees", "树", "Trees", "")),
}


def test_what_is_counted_by_a_part_of_the_filter_is_counted_without_it(database: Database) -> None:
    campaign = make_campaign(database, questions=[WISH])
    for n in range(7):
        file(
            database,
            campaign,
            Actor(f"d{n}"),
            now=NOW + n * timedelta(days=7),
            category="bike_parking" if n < 4 else "public_space",
            relation="lives" if n < 5 else "works",
            answers={"wish": "seats" if n < 2 else "trees"},
        )
    narrow = Filter(
        categories=("bike_parking",),
        relations=("lives",),
        since=(NOW + timedelta(days=7)).date(),
        answers=(AnswerFilter("wish", ("trees",)),),
    )
    found = explored(database, Selection(campaign, narrow), radius_m=50, min_proposals=3)
    assert found.sums.proposals == 2  # the third and the fourth
    assert found.by_category == {"bike_parking": 2, "public_space": 1}
    assert found.by_relation == {"lives": 2}
    assert sum(count for _monday, count in found.weeks) == 2
    (asked,) = found.answers
    assert {one.key: one.count for one in asked.options} == {"seats": 1, "trees": 2}
    free = explored(database, Selection(campaign), radius_m=50, min_proposals=3)
    assert len(free.hotspots.frame) == 1
    assert sum(free.by_community.values()) == 7
