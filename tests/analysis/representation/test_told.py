"""What is told of groups of people gives nobody away, and is worked out from what is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.representation.told import told_groups
from geo.representation.representation import Heard, represented

groups = st.lists(
    st.tuples(st.integers(0, 30), st.one_of(st.none(), st.integers(1, 9_000))),
    min_size=1,
    max_size=12,
)


def made(given_: list[tuple[int, int | None]]) -> tuple[pd.Series, pd.Series]:
    return (
        pd.Series([n for n, _p in given_], dtype="int64"),
        pd.Series([p for _n, p in given_], dtype="Float64"),
    )


@settings(deadline=None)
@given(groups)
def test_no_figure_is_about_one_to_four_people(given_: list[tuple[int, int | None]]) -> None:
    people, population = made(given_)
    found = told_groups(people, population)
    if found.people is None:
        assert found.frame.empty
        return
    told = found.frame["people"].dropna()
    assert not told.between(1, 4).any()
    assert (told == people[told.index]).all()
    of_hidden = found.frame.loc[found.frame["hidden"], ["people", "index", "low", "high", "share"]]
    assert of_hidden.isna().all().all()
    # What is left of the sums is nobody, or five people or more.
    for known in (True, False):
        mine = found.frame["population"].notna() == known
        hidden = people[found.frame.index[mine & found.frame["hidden"]]].sum()
        assert hidden == 0 or hidden >= 5 or (found.few_left_out and not known)
    assert found.people == people.sum() - (
        people[found.frame.index[found.frame["population"].isna() & found.frame["hidden"]]].sum()
        if found.few_left_out
        else 0
    )


def test_what_is_told_does_not_hang_on_how_the_hidden_share_what_is_hidden() -> None:
    population = pd.Series({"a": 900, "b": 5000, "c": 3000, "d": 4000})
    one = told_groups(pd.Series({"a": 1, "b": 9, "c": 40, "d": 50}), population)
    other = told_groups(pd.Series({"a": 4, "b": 6, "c": 40, "d": 50}), population)
    assert one.frame["hidden"].tolist() == [True, True, False, False]
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert (one.whole.dissimilarity, one.whole.effective_size) == (
        other.whole.dissimilarity,
        other.whole.effective_size,
    )
    # Even four, or the nine that these two can be at most together less one, are too few for 5,000.
    assert one.frame["heard"].tolist()[:2] == [Heard.HIDDEN, Heard.UNDER]


def test_groups_of_five_and_more_are_told_as_they_are() -> None:
    people, population = pd.Series([5, 90, 0]), pd.Series([500, 400, 300])
    found = told_groups(people, population)
    plain = represented(people, population).frame
    assert not found.frame["hidden"].any()
    names = ["index", "p_few", "weight", "smooth_rate", "heard"]
    pd.testing.assert_frame_equal(found.frame[names], plain[names])
    assert found.frame["share"].tolist() == [5 / 95, 90 / 95, 0.0]
    assert np.isclose(found.frame["share_high"].iloc[2], 1 - 0.025 ** (1 / 95))


def test_of_four_people_nothing_is_told() -> None:
    found = told_groups(pd.Series([4, 0]), pd.Series([10, 10]))
    assert (found.people, len(found.frame)) == (None, 0)
    assert told_groups(pd.Series([0, 0]), pd.Series([10, 10])).people == 0
