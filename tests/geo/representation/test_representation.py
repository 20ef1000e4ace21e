from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from esda.smoothing import Empirical_Bayes
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geo.representation.empirical_bayes import empirical_bayes
from geo.representation.intervals import share_interval, tails
from geo.representation.representation import Heard, by_silence, dissimilarity, represented
from geo.representation.weights import effective_size, raked, trimmed

#: 29 communities of Qinghe's size: 177,720 residents.
RESIDENTS = pd.Series(np.r_[np.full(28, 6_128.0), 6_136.0], index=[f"c{n:02}" for n in range(29)])
groups = st.lists(
    st.tuples(st.integers(0, 300), st.one_of(st.none(), st.integers(0, 20_000))),
    min_size=1,
    max_size=30,
)


def made(given_: list[tuple[int, int | None]]) -> tuple[pd.Series, pd.Series]:
    people = pd.Series([n for n, _p in given_], dtype="int64")
    return people, pd.Series([p for _n, p in given_], dtype="Float64")


def test_four_groups_by_hand() -> None:
    people = pd.Series([10, 30, 60, 7], index=["a", "b", "c", "unknown"])
    population = pd.Series([400, 300, 300, None], index=["a", "b", "c", "unknown"], dtype="Int64")
    found = represented(people, population)
    frame = found.frame
    assert frame["index"].round(6).tolist()[:3] == [25.0, 100.0, 200.0]
    assert frame["expected"].tolist()[:3] == [40.0, 30.0, 30.0]
    assert frame["weight"].tolist()[:3] == pytest.approx([4.0, 1.0, 0.5])
    assert frame["heard"].tolist() == [Heard.UNDER, Heard.UNSURE, Heard.OVER, Heard.UNKNOWN]
    assert frame["rate"].tolist()[:3] == [25.0, 100.0, 200.0]
    assert found.dissimilarity == pytest.approx(0.3)
    # (40 + 30 + 30)² / (10·16 + 30·1 + 60·0.25)
    assert found.effective_size == pytest.approx(10_000 / 205)
    assert (found.people, found.population, found.uncovered) == (100, 1000, 0.0)
    assert found.card.left_out == {"people_without_population": 7, "without_population": 1}
    assert frame.loc["unknown", ["index", "p_few", "weight", "rate"]].isna().all()
    # Ten of a hundred where forty would be: the sum of the binomial's first eleven terms.
    assert frame.at["a", "p_few"] == pytest.approx(stats.binom.pmf(np.arange(11), 100, 0.4).sum())


def test_the_interval_is_clopper_and_pearsons() -> None:
    for count, total in ((0, 20), (1, 20), (7, 31), (20, 20)):
        exact = stats.binomtest(count, total).proportion_ci(0.95, method="exact")
        low, high = share_interval(np.array([count]), total)
        assert (low[0], high[0]) == pytest.approx((exact.low, exact.high))
    assert [float(one[0]) for one in share_interval(np.array([0]), 0)] == [0.0, 1.0]


def test_the_silent_come_first_by_probability_and_not_by_the_index() -> None:
    people = pd.Series({"tiny": 0, "large": 30, "small": 2, "rest": 968, "nobody knows": 5})
    population = pd.Series({"tiny": 100, "large": 8000, "small": 800, "rest": 91_100})
    found = represented(people, population)
    assert by_silence(found.frame).index.tolist()[:2] == ["large", "small"]
    assert found.frame["index"].idxmin() == "tiny"
    assert found.frame.at["large", "heard"] == Heard.UNDER
    assert found.frame.at["tiny", "heard"] == Heard.UNSURE
    assert by_silence(found.frame).index[-1] == "nobody knows"
    assert found.uncovered == pytest.approx(0.001)


def test_at_1430_of_177720_only_an_index_under_72_or_over_128_is_told_from_chance() -> None:
    share = 1 / 29
    few, many = stats.binom.ppf([0.025, 0.975], 1430, share)
    assert [round(100 * people / 1430 / share) for people in (few, many)] == [73, 128]
    for people, told in ((few, False), (few - 1, True), (many, False), (many + 1, True)):
        low, high = tails(np.array([int(people)]), 1430, np.array([share]))
        assert bool(min(low[0], high[0]) < 0.025) is told


def test_chance_alone_calls_nobody_silent_more_often_than_it_says() -> None:
    rng = np.random.default_rng(7)
    share = (RESIDENTS / RESIDENTS.sum()).to_numpy()
    called = 0
    for counts in rng.multinomial(1430, share, size=200):
        heard = represented(pd.Series(counts, index=RESIDENTS.index), RESIDENTS).frame["heard"]
        called += bool((heard != Heard.UNSURE).any())
    assert called <= 0.05 * 200


@given(groups)
def test_weights_sum_to_the_people_and_none_is_above_five(
    given_: list[tuple[int, int | None]],
) -> None:
    people, population = made(given_)
    found = represented(people, population)
    there = found.frame[found.frame["weight"].notna()]
    assert (there["weight"] * there["people"]).sum() == pytest.approx(
        there["people"].sum(), abs=1e-6
    )
    assert (there["weight"] <= 5.0 + 1e-9).all()
    assert 0 <= found.effective_size <= found.people + 1e-6
    known = found.frame["population"].notna()
    assert (found.frame["heard"] == Heard.UNKNOWN).tolist() == (~known).tolist()
    if found.people:
        assert (found.frame["low"] <= found.frame["index"] + 1e-6)[known].all()
        assert (found.frame["index"] <= found.frame["high"] + 1e-6)[known].all()


@given(groups, st.randoms(use_true_random=False))
def test_the_order_of_the_groups_changes_nothing(
    given_: list[tuple[int, int | None]], random: object
) -> None:
    people, population = made(given_)
    order = list(range(len(given_)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight = represented(people, population)
    mixed = represented(people.iloc[order], population)
    pd.testing.assert_frame_equal(straight.frame, mixed.frame.sort_index(), rtol=1e-9)
    assert mixed.effective_size == pytest.approx(straight.effective_size)
    assert by_silence(mixed.frame).index.tolist() == by_silence(straight.frame).index.tolist()


def test_nobody_and_nowhere() -> None:
    nobody = represented(pd.Series([0, 0]), pd.Series([10, 20]))
    assert nobody.frame["heard"].tolist() == [Heard.UNSURE, Heard.UNSURE]
    assert np.isnan(nobody.dissimilarity)
    assert nobody.effective_size == 0.0
    unknown = represented(pd.Series([3, 4]), pd.Series([0, None], dtype="Int64"))
    assert unknown.frame["heard"].tolist() == [Heard.UNKNOWN, Heard.UNKNOWN]
    assert unknown.card.left_out["people_without_population"] == 7
    assert represented(pd.Series([], dtype="int64"), pd.Series([], dtype="int64")).people == 0


def test_a_trimmed_weight_goes_to_the_others() -> None:
    weights = trimmed(np.array([90.0, 1.0]), np.array([1.0, 99.0]))
    assert weights.tolist() == pytest.approx([5.0, 95 / 99])
    assert effective_size(np.array([1.0, 1.0]), np.array([10.0, 30.0])) == 40.0
    found = represented(pd.Series([1, 99]), pd.Series([900, 100]))
    assert found.trimmed == 1
    assert found.frame["weight"].tolist() == pytest.approx([5.0, 95 / 99])


def test_dissimilarity_of_duncan_and_duncan() -> None:
    assert dissimilarity(np.array([5, 5]), np.array([100.0, 100.0])) == 0.0
    assert dissimilarity(np.array([10, 0]), np.array([100.0, 100.0])) == 0.5
    assert dissimilarity(np.array([0, 10]), np.array([1000.0, 0.0])) == 1.0


def test_smoothed_rates_are_esdas_and_equal_true_rates_give_a_flat_map() -> None:
    rng = np.random.default_rng(3)
    population = rng.integers(200, 9000, 29).astype(float)
    people = rng.poisson(population * rng.gamma(2, 0.004, 29)).astype(float)
    theirs = Empirical_Bayes(people, population).r.ravel()
    assert empirical_bayes(people, population).tolist() == pytest.approx(theirs.tolist())
    same = empirical_bayes(np.round(population * 0.01), population)
    assert np.ptp(same) == 0.0
    flat = empirical_bayes(rng.multinomial(1430, population / population.sum()), population)
    raw = 1430 / population.sum()
    assert np.abs(flat / raw - 1).max() < 0.1
    with_gaps = empirical_bayes(np.r_[people, 4.0], np.r_[population, np.nan])
    assert np.isnan(with_gaps[-1])
    assert with_gaps[:-1].tolist() == pytest.approx(theirs.tolist())


def test_raking_meets_both_margins() -> None:
    people = pd.DataFrame(
        {
            "sex": ["f"] * 60 + ["m"] * 40,
            "age": (["young"] * 40 + ["old"] * 20) + (["young"] * 30 + ["old"] * 10),
        }
    )
    margins = {
        "sex": pd.Series({"f": 500, "m": 500}),
        "age": pd.Series({"young": 550, "old": 450, "child": 0}),
    }
    found = raked(people, margins)
    assert found.weights.sum() == pytest.approx(100)
    assert found.weights[people["sex"] == "f"].sum() == pytest.approx(50)
    assert found.weights[people["age"] == "old"].sum() == pytest.approx(45)
    assert found.error == pytest.approx(0, abs=1e-9)
    # One margin alone is the plain weight.
    one = raked(people, {"sex": margins["sex"]})
    assert one.weights.unique().tolist() == pytest.approx([50 / 60, 50 / 40])
    assert 0 < found.effective_size < 100
    assert found.unmet == {"sex": [], "age": []}


def test_raking_leaves_whom_nobody_knows_at_their_weight_and_names_what_is_missing() -> None:
    people = pd.DataFrame({"age": ["young", "young", "old", None, "martian"]})
    found = raked(people, {"age": pd.Series({"eldest": 50, "young": 100, "old": 100})})
    assert found.weights.tolist() == pytest.approx([0.75, 0.75, 1.5, 1.0, 1.0])
    assert found.unmet == {"age": ["eldest"]}
    assert raked(people.iloc[:0], {"age": pd.Series({"young": 1})}).effective_size == 0.0
