"""The list of hotspots: its order, what is left out of it, and what is marked."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.hotspots.hotspot_list import HotspotList, is_on_one_point, listed

FRAME = pd.DataFrame(
    {
        "rank": [1, 2, 3],
        "people": [30, 20, 10],
        "proposals": [30, 40, 12],
        "largest_shared_point": [3, 38, 12],
        "community": ["a", None, "a"],
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
    ],
)
def test_a_list_is_sorted_and_narrowed_and_ranks_stay(
    wanted: HotspotList, ranks: list[int]
) -> None:
    assert listed(FRAME, wanted)["rank"].tolist() == ranks
    assert listed(FRAME.iloc[:0], wanted).empty


def test_what_lies_on_one_point_is_marked_where_it_is_much() -> None:
    assert [is_on_one_point(*pair) for pair in [(38, 45), (4, 5), (5, 17), (5, 16), (24, 80)]] == [
        True,
        False,
        False,
        True,
        True,
    ]
