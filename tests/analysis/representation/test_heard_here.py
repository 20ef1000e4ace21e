"""How many at a hotspot are of communities and groups heard too little; nobody is told apart."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.filter import Filter, Spot
from analysis.representation import heard_here
from analysis.representation.heard_here import HeardHere, begun_heard_here, counted
from analysis.representation.population_figures import Figures, set_population_figures
from analysis.representation.reading import who_is_missing
from analysis.representation.under_represented import under_represented
from analysis.results import hotspots
from analysis.selection import Selection
from analysis.tables.cross_table import RELATION, TIES
from core.database import Database
from core.language import translations
from people.access.actor import OPERATOR, Actor
from submissions.campaigns.question_writing import AGE
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import file
from wording.review.heard_words import heard_here_lines, share_told

UNDER = pd.Series({"quiet": True, "loud": False, "unknown": None}, dtype="boolean")


class EN:
    """A reader of English."""

    lang, words = "en", translations("en")

    @staticmethod
    def said(texts: dict[str, str]) -> str:
        """Pick a text."""
        return texts["en"]


@pytest.mark.parametrize(
    ("quiet", "loud", "unknown", "told"),
    [
        (6, 14, 0, (6, 20)),
        (0, 20, 0, (0, 20)),  # nobody is nobody
        (20, 0, 0, (20, 20)),
        (4, 16, 0, (None, None)),
        (16, 4, 0, (None, None)),  # the four others would be told
        (6, 14, 3, (None, None)),  # of all people three are missing: nobody counts them out
        (6, 14, 5, (6, 20)),
        (4, 0, 0, (None, None)),
        (0, 4, 0, (None, None)),
    ],
)
def test_one_to_four_people_are_never_told_nor_left_over(
    quiet: int, loud: int, unknown: int, told: tuple[int | None, int | None]
) -> None:
    given = ["quiet"] * quiet + ["loud"] * loud + ["unknown", "elsewhere"] * unknown
    found = counted(None, pd.Series(given[: quiet + loud + unknown], dtype=object), UNDER)
    assert (found.people, found.known) == told
    assert found.groups == (("quiet",) if quiet else ())


def test_a_hotspot_is_compared_with_the_whole_campaign(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_campaign(database, questions=[AGE])
    for number in range(80):  # a crowd far from the hotspot
        who, place = Actor(f"crowd{number}"), 116.33
        file(database, campaign, who, longitude=place, latitude=40.03, relation="lives")
    for number in range(12):
        relation = "works" if number < 7 else "lives"
        file(
            database,
            campaign,
            Actor(f"here{number}"),
            longitude=116.31 + number * 1e-5,
            latitude=40.03,
            relation=relation,
            answers={"age": "from_60"},
        )
    stated = [
        Figures(RELATION, {"lives": 100, "works": 900, "passes": 0, "other": 0}, "年鉴", 2020),
        Figures("a_age", {"from_18": 900, "from_60": 100}, "年鉴", 2020),
    ]
    for one in stated:
        database.write(lambda s, f=one: set_population_figures(s, OPERATOR, campaign, f, now=NOW))
    found = hotspots(database, Selection(campaign), radius_m=50, min_proposals=5).frame
    name = str(found.loc[found["people"] == 12, "hotspot_id"].item())
    spot = Selection(campaign, Filter(spot=Spot(name, 50, 5)))
    with database.reading() as session:
        whole = who_is_missing(session, Selection(campaign))
    quiet = under_represented(whole)
    monkeypatch.setattr(heard_here, "begun_who_is_missing", lambda *_given, **_how: None)
    assert begun_heard_here(database, spot) is None  # it is begun, and nobody waits for it
    monkeypatch.setattr(heard_here, "begun_who_is_missing", lambda *_given, **_how: whole)
    here = begun_heard_here(database, spot)
    assert here is not None
    assert here.communities is not None
    code = "110108017001"  # a thousand residents, and twelve of 92 people
    assert (here.communities.groups, here.communities.people) == ((code,), 12)
    assert here.communities.known == 12
    with database.reading() as session:
        turned = heard_here.heard_here(session, spot, ~quiet, []).communities
    assert turned is not None
    assert (turned.groups, turned.people, turned.known) == ((), 0, 12)
    # Seven of twelve work here, of whom there should be nine of ten; ages are private.
    (tie,) = here.groups
    assert (tie.side, tie.groups, tie.people, tie.known) == (TIES, ("works",), 7, 12)
    lines = heard_here_lines(EN(), here, {code: "Riverside"}, "Who is missing")
    assert any("7 of 12 people (58%) are of groups heard too little: I work" in x for x in lines)
    assert "being counted" in heard_here_lines(EN(), None, {}, "")[0]
    assert "No residents" in heard_here_lines(EN(), HeardHere(None, ()), {}, "")[0]
    assert share_told("en", None) == "–"
    assert lines[0] == (
        "12 of 12 people (100%) propose in communities that are heard too little: Riverside."
    )
    assert share_told("en", here) == "100%"
    assert share_told("en", HeardHere(turned, ())) == "0%"
