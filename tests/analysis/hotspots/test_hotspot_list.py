"""The list of hotspots: its order, what is left out of it, and what is marked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.hotspots.hotspot_list import HotspotList, is_on_one_point, judged, listed
from geo.significance.hotspot_scan import JudgedHotspots
from geo.significance.verdicts import MethodCard

FRAME = pd.DataFrame(
    {
        "rank": [1, 2, 3],
        "people": [30, 20, 10],
        "proposals": [30, 40, 12],
        "largest_shared_point": [3, 38, 12],
        "community": ["a", None, "a"],
        "hotspot_id": ["h1", "h2", "h3"],
        "effect": [3.5, np.nan, 7.25],
        "verdict": ["significant", "too_few", "not_significant"],
        "categories": [{"racks": 0.6, "park": 0.4}, {"park": 1.0}, {"park": 0.9, "racks": 0.1}],
    }
)


@pytest.mark.parametrize(
    ("wanted", "ranks"),
    [
        (HotspotList(), [1, 2, 3]),
        (HotspotList("proposals"), [2, 1, 3]),
        (HotspotList("one_point"), [3, 2, 1]),
        (HotspotList(community="a"), [1, 3]),
        (HotspotList(category="park"), [2, 3]),
        (HotspotList("proposals", community="a", category="park"), [3]),
        (HotspotList(community="b"), []),
        (HotspotList("effect"), [3, 1, 2]),
        (HotspotList(sure=True), [1]),
        (HotspotList(category="park", sure=True), []),
    ],
)
def test_a_list_is_sorted_and_narrowed_and_ranks_stay(
    wanted: HotspotList, ranks: list[int]
) -> None:
    assert listed(FRAME, wanted)["rank"].tolist() == ranks
    assert listed(FRAME.iloc[:0], wanted).empty


def test_verdicts_go_to_their_hotspots_and_are_empty_until_they_are_known() -> None:
    plain = FRAME.drop(columns=["effect", "verdict"])
    columns = {"effect": [7.0, 3.0], "p_value": [0.5, 0.005], "verdict": ["a", "b"]}
    told = pd.DataFrame(columns, index=pd.Index(["h3", "h1"], name="hotspot_id"))
    found = judged(plain, JudgedHotspots(told, MethodCard("", {}, {}, {})))
    assert found["verdict"].tolist() == ["b", "", "a"]
    assert found["effect"].fillna(0).tolist() == [3.0, 0, 7.0]
    assert judged(plain, None)["verdict"].tolist() == ["", "", ""]
    assert listed(judged(plain, None), HotspotList("effect", sure=True)).empty


def test_what_lies_on_one_point_is_marked_where_it_is_much() -> None:
    assert [is_on_one_point(*pair) for pair in [(38, 45), (4, 5), (5, 17), (5, 16), (24, 80)]] == [
        True,
        False,
        False,
        True,
        True,
    ]
