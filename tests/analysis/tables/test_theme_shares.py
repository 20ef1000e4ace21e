"""How many people speak of which theme: each once, with those joined, and never fewer than five."""

from __future__ import annotations

from typing import Any

from analysis import selection
from analysis.filter import Filter, Spot
from analysis.selection import Selection
from analysis.tables.theme_shares import (
    copy_groups,
    selection_keywords,
    spoken_of,
    theme_table,
)
from analysis.themes.taxonomy import taxonomy_in_force
from analysis.themes.training import ThemeTrainer
from core.database import Database
from people.access.actor import OPERATOR, Actor
from submissions.proposals.merge import merge
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.submissions.acting import act, file


def _told(database: Database, campaign: CampaignView, *themes: str) -> dict[str, Any]:
    with database.reading() as session:
        table = theme_table(session, Selection(campaign, Filter(themes=themes)))
    return {one.code: one for one in table.themes} | {"table": table}


def test_people_count_once_few_are_not_told_and_joined_ones_count(
    database: Database, campaign: CampaignView
) -> None:
    for n in range(6):
        for _twice in range(2):
            file(database, campaign, Actor(f"a{n}"), text=f"椅子太少，没处坐{n}{_twice}")
    lamps = [
        file(database, campaign, Actor(f"b{n}"), text=f"请装一盏路灯{n}").public_id
        for n in range(4)
    ]
    file(database, campaign, Actor("c"), text="支持")
    trainer = ThemeTrainer(taxonomy_in_force())
    trainer.round(database, NOW)
    told = _told(database, campaign)
    seats, light, table = told["seats"], told["light"], told["table"]
    assert (seats.people, seats.proposals, seats.share) == (6, 12, 6 / 11)
    assert (light.people, light.proposals, light.share, light.confidence) == (None,) * 4
    assert (table.people, table.proposals, table.read, table.without) == (11, 17, 17, 1)
    assert spoken_of(table, most=1) == [told["seats"]]
    groups = {one.code: one for one in table.groups}
    assert groups["use"].people == 10
    assert groups["position"].people == 0

    # A fifth person's proposal is joined with a lamp: now there are five, and it is told.
    other = file(database, campaign, Actor("e"), text="再装一盏路灯吧，这里黑").public_id
    act(database, merge, OPERATOR, lamps[0], [other], reason="一样")
    trainer.round(database, NOW)
    light = _told(database, campaign)["light"]
    assert (light.people, light.proposals) == (5, 4)
    narrowed = _told(database, campaign, "seats")
    assert narrowed["table"].people == 6

    file(database, campaign, Actor("f"), text="还没有读")
    assert _told(database, campaign)["table"].read == 17
    with database.reading() as session:
        rows = selection.count(session, Selection(campaign, Filter(themes=("light", "seats"))))
    assert rows == 16


def test_places_words_and_copies_of_a_selection(database: Database, campaign: CampaignView) -> None:
    for n in range(12):
        place = {"longitude": 116.3101 + n * 1e-5, "latitude": 40.0301}
        file(database, campaign, Actor(f"a{n}"), text=f"塑胶跑道坏了，椅子太少{n}号", **place)
        place = {"longitude": 116.3301 + n * 1e-5, "latitude": 40.0351}
        file(database, campaign, Actor(f"b{n}"), text=f"请装路灯，{n}号楼前太黑", **place)
    ThemeTrainer(taxonomy_in_force()).round(database, NOW)
    with database.reading() as session:
        spot = Spot("", 50.0, 5)
        table = theme_table(session, Selection(campaign), spot)
        shares = {
            len(table.by_spot): table.by_spot[["people", "seats", "light"]].to_numpy().tolist()
        }
        assert sorted(shares[2]) == [[12.0, 0.0, 1.0], [12.0, 1.0, 0.0]]
        seats = Selection(campaign, Filter(themes=("seats",)))
        words = [one.term for one in selection_keywords(session, seats)]
        assert any("塑胶跑道" in word for word in words)
        assert not any("路灯" in word for word in words)
        (first, *_others) = copy_groups(session, Selection(campaign))
    assert (first.proposals, first.people) == (12, 12)
    assert first.text.startswith("塑胶跑道")
