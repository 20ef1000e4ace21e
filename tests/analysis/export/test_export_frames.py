"""Frames of a selection: the dictionary's columns with their types, whatever gaps are in them."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import insert

from analysis.export.communities import community_columns, community_frame
from analysis.export.hotspots import hotspot_columns, hotspot_frame
from analysis.export.proposals import proposal_columns, proposal_frame
from analysis.export.styles import community_style, proposal_style
from analysis.filter import Filter
from analysis.models import ProposalTheme
from analysis.selection import Selection, ids
from core.database import Database
from layers.export.data_dictionary import Column
from people.access.actor import Actor
from tests.conftest import make_campaign
from tests.submissions.acting import AUTHOR, file

QUESTIONS = [
    {
        "key": "wishes",
        "kind": "multiple",
        "label": {"zh_CN": "想要什么?", "en": "What?"},
        "options": [{"key": key, "label": {"zh_CN": key, "en": key}} for key in ("seats", "shade")],
    },
    {
        "key": "bikes",
        "kind": "number",
        "least": 0,
        "most": 500,
        "label": {"zh_CN": "几辆?", "en": "How many?"},
    },
    {
        "key": "age",
        "kind": "scale",
        "private": True,
        "ends": {"least": {"zh_CN": "小", "en": "s"}, "most": {"zh_CN": "大", "en": "l"}},
        "label": {"zh_CN": "年龄", "en": "Age"},
    },
]
TYPES = {"string": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}


def check_types(frame: pd.DataFrame, columns: list[Column]) -> None:
    assert list(frame.columns) == [*(one.name for one in columns), "geometry"]
    for one in columns:
        assert str(frame[one.name].dtype) == TYPES[one.kind.partition("|")[0]], one


def test_frames_have_the_columns_of_the_dictionary_with_their_types(database: Database) -> None:
    campaign = make_campaign(database, questions=QUESTIONS)
    whole = Selection(campaign)
    with database.reading() as session:
        check_types(proposal_frame(session, whole), proposal_columns(campaign))
    nothing = hotspot_frame(database, whole, radius_m=50, min_proposals=5)
    check_types(nothing, hotspot_columns(campaign))
    for number in range(6):
        answers = {"wishes": ["shade"], "bikes": 10 + number, "age": 2}
        file(database, campaign, Actor(f"person {number}"), answers=answers)
    file(database, campaign, AUTHOR, longitude=116.305)
    with database.reading() as session:
        numbers = ids(session, whole).tolist()
    rows = [
        {"proposal_id": n, "theme": "parking_full", "confidence": 90, "way": "rule"}
        for n in numbers[:5]
    ] + [{"proposal_id": numbers[0], "theme": "rare", "confidence": 90, "way": "rule"}]
    database.write(lambda session: session.execute(insert(ProposalTheme), rows))
    with database.reading() as session:
        proposals = proposal_frame(session, whole)
    check_types(proposals, proposal_columns(campaign))
    assert len(proposals) == 7
    assert proposals["q_wishes_shade"].tolist() == [True] * 6 + [pd.NA]
    assert proposals.crs == "EPSG:4326"
    assert not [name for name in proposals.columns if name.startswith("q_age")]
    communities = community_frame(database, whole)
    check_types(communities, community_columns(campaign))
    assert communities["proposals_bike_parking"].sum() == communities["proposals"].sum() > 0
    hotspots = hotspot_frame(database, whole, radius_m=50, min_proposals=5)
    check_types(hotspots, hotspot_columns(campaign))
    (one,) = hotspots.to_dict("records")
    assert one["name"] is not None
    assert one["themes"] == "parking_full"  # of the other only one person speaks
    assert (one["q_wishes_shade"], one["q_wishes_seats"], one["q_bikes_median"]) == (6, 0, 12.5)
    assert not [name for name in hotspots.columns if name.startswith("q_age")]


def test_styles_are_those_of_the_map(database: Database) -> None:
    campaign = make_campaign(database)
    style = proposal_style(campaign, "en")
    assert [one.value for one in style.entries] == [one["key"] for one in campaign.categories]
    style.check()
    frame = community_frame(database, Selection(campaign, Filter()))
    classes = community_style(frame, "zh_CN")
    classes.check()
    assert classes.label == "name"
