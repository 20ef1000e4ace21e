"""Ages given as numbers, in the bands in which the office has the population."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.filter import Filter
from analysis.representation.bands import banded_side, bands_from, in_bands, read_bands
from analysis.representation.participants import attributes
from analysis.representation.population_figures import (
    Figures,
    figures_for,
    population_figures,
    set_population_figures,
)
from analysis.representation.reading import who_is_missing
from analysis.selection import Selection
from core.database import Database
from core.errors import InvalidError
from core.language import translations
from geo.representation.representation import Heard
from people.access.actor import OPERATOR, Actor
from submissions.campaigns.question_types import Number
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import file, trail
from wording.review.side_names import value_names

AGE = {
    "key": "years",
    "kind": "number",
    "label": {"zh_CN": "您多大年纪？", "en": "How old are you?"},
    "least": 0,
    "most": 120,
    "whole": True,
    "private": True,
}
YEARS = Number.model_validate_json(
    '{"key": "years", "kind": "number", "label": {"zh_CN": "岁", "en": "Years"},'
    ' "least": 0, "most": 120, "whole": true}'
)
METRES = YEARS.model_copy(update={"whole": False})
STATED = {"0..18": 100, "18..35": 300, "35..60": 400, "60..": 200}


class EN:
    """A reader of English."""

    lang, words = "en", translations("en")

    @staticmethod
    def said(texts: dict[str, str]) -> str:
        """Pick a text."""
        return texts["en"]


def test_each_number_is_in_the_band_that_begins_at_or_below_it() -> None:
    side = banded_side(YEARS, reversed(STATED))  # as a database may give them back
    assert side.values == tuple(STATED)
    values = np.array(["0", "17", "18", "34", "35", "60", "120", None, "x", "-1"], dtype=object)
    assert in_bands(side, values).tolist() == [
        *("0..18", "0..18", "18..35", "18..35", "35..60", "60..", "60..", None, None, None),
    ]
    assert list(value_names(EN(), side).values()) == ["0–17", "18–34", "35–59", "60 and over"]
    one = banded_side(YEARS, ["18..19", "19.."])
    assert list(value_names(EN(), one).values()) == ["18", "19 and over"]
    parts = banded_side(METRES, [each.key for each in bands_from([0.5, 2], METRES)])
    assert list(value_names(EN(), parts).values()) == ["0.5 to under 2", "2 and over"]


@pytest.mark.parametrize(
    "keys",
    [
        ["0..18", "19.."],  # a gap
        ["0..20", "18.."],  # one over the other
        ["0..18", "18..60"],  # no end
        ["18.."],
        ["from_18", "18.."],
        ["0..18.5", "18.5.."],  # nobody is asked for half a year
        ["-5..18", "18.."],
        ["0..121", "121.."],
        ["nan..18", "18.."],
        [],
    ],
)
def test_bands_without_gaps_alone_are_taken(keys: list[str]) -> None:
    with pytest.raises(InvalidError):
        read_bands(keys, YEARS)


def test_ages_are_set_against_the_stated_bands(database: Database) -> None:
    campaign = make_campaign(database, questions=[AGE])
    for number in range(40):
        years = 20 + number % 10 if number < 30 else 61 + number
        file(database, campaign, Actor(f"d{number}"), answers={"years": years})
    file(database, campaign, Actor("silent"))
    # Without figures a number is not told at all: nobody knows in which bands.
    with database.reading() as session:
        assert [one.side.key for one in who_is_missing(session, Selection(campaign)).asked] == [
            "relation"
        ]
    assert [one.key for one in figures_for(campaign)] == ["a_years", "relation"]

    def state(persons: dict[str, int]) -> None:
        stated = Figures("a_years", persons, "统计年鉴", 2020)
        database.write(lambda s: set_population_figures(s, OPERATOR, campaign, stated, now=NOW))

    for odd in ({"from_18": 3}, {"0..18": 1, "19..": 1}, {"0..18": -1, "18..": 1}):
        with pytest.raises(InvalidError):
            state(odd)
    state(STATED)
    assert trail(database, "population_stated")[0].details["values"] == sorted(STATED)
    with database.reading() as session:
        assert population_figures(session, campaign.id)["a_years"].persons == STATED
        found = who_is_missing(session, Selection(campaign))
    age = found.asked[1]
    assert age.groups.frame.index.tolist() == list(STATED)
    assert age.groups.frame["people"].tolist() == [0, 30, 0, 10]
    assert age.groups.frame["heard"].tolist() == [
        *(Heard.UNSURE, Heard.OVER, Heard.UNDER, Heard.UNSURE),
    ]
    assert found.raked is not None
    assert sorted(found.raked.unmet["a_years"]) == ["0..18", "35..60"]
    known = {"a_years": STATED}
    narrowed = Selection(campaign, Filter(relations=("lives",)))
    assert [one.key for one in attributes(narrowed, known)] == ["relation"]
    # Who is below the first band is in none; bands of a question that was changed are not used.
    state({"21..60": 1, "60..": 1})
    with database.reading() as session:
        again = who_is_missing(session, Selection(campaign)).asked[1]
        assert (again.groups.people, again.silent) == (37, None)
        assert attributes(Selection(campaign), {"a_years": {"from_18": 1}}) == [found.asked[0].side]
