"""Words that set texts apart, and texts that are nearly the same."""

from __future__ import annotations

import random
from math import log, sqrt

from analysis.text.keywords import FEWEST_PEOPLE, keywords, people_by_term, terms_of
from analysis.text.near_copies import near_copies

COMMON = ["希望这里早点改好", "谢谢你们的工作", "请派人来看看现场", "大家都说该修了"]


def _people(word: str, count: int, name: str) -> list[tuple[str, str]]:
    return [(f"{name}{n}", COMMON[n % 4] + (f"，{word}" if n % 2 else "")) for n in range(count)]


def test_a_word_that_is_common_here_and_rare_there_is_first_and_whole() -> None:
    found = keywords(_people("塑胶跑道", 60, "a"), _people("电子围栏", 200, "b"))
    assert found[0].term == "塑胶跑道"
    assert (found[0].people, found[0].elsewhere) == (30, 0)
    assert [one.term for one in found if "塑胶" in one.term or "跑道" in one.term] == ["塑胶跑道"]
    assert not any(one.term in "".join(COMMON) for one in found)


def test_log_odds_are_those_of_the_paper() -> None:
    """By hand: 30 of 60 people here, 20 of 200 elsewhere, a prior as heavy as one person."""
    here = [(f"a{n}", "咕噜" if n < 30 else "别的") for n in range(60)]
    there = [(f"b{n}", "咕噜" if n < 20 else "别的") for n in range(200)]
    prior, everyone = 50 / 260, 1.0
    near, far = 30 + prior, 20 + prior
    first = log(near / (60 + everyone - near))
    second = log(far / (200 + everyone - far))
    expected = (first - second) / sqrt(1 / near + 1 / far)
    assert abs(keywords(here, there)[0].z - expected) < 1e-9


def test_a_person_who_says_it_ten_times_counts_once_and_few_are_not_told() -> None:
    one = [("a", "塑胶跑道")] * 10
    few = [(f"p{n}", "塑胶跑道") for n in range(FEWEST_PEOPLE - 1)]
    others = [*_people("电子围栏", 100, "b"), ("z", "塑胶跑道")]
    assert keywords(one, others) == keywords(few, others) == []
    assert keywords([*few, ("q", "塑胶跑道")], others)[0].people == FEWEST_PEOPLE
    assert people_by_term(one)[0]["跑道"] == 1


def test_names_of_places_are_no_news_there_and_no_run_goes_over_a_gap() -> None:
    here = [(f"a{n}", "毛纺厂门口的共享单车") for n in range(20)]
    found = keywords(here, _people("", 100, "b"), but=["毛纺厂"])
    assert found
    assert not any("毛纺" in one.term for one in found)
    assert "停车" not in terms_of("停。车")
    assert "bike" in terms_of("two BIKE racks")


def test_near_copies_are_found_and_others_are_not() -> None:
    texts = [
        "地铁口的单车太多了，早上根本走不动",
        "完全不同的一件事：请装一盏路灯",
        "地铁口单车太多了！早上根本走不动。",
        "支持",
        "支持",
        "地铁口的单车太多了，早上真的走不动",
        "请在公园里放几把有靠背的椅子",
    ]
    assert [one.places for one in near_copies(texts)] == [(0, 2, 5)]
    longer = "请在公园里放几把椅子给老人坐"
    assert near_copies([longer, longer + "，再种两棵树遮阴"]) == []
    assert near_copies([longer, longer + "，再种两棵树遮阴"], alike=50)
    assert near_copies([]) == near_copies(["一句话而已啊啊"]) == []


def test_all_pairs_of_copies_are_found_among_thousands() -> None:
    rng = random.Random(3)
    letters = [chr(0x4E00 + n) for n in range(2000)]
    texts = ["".join(rng.choices(letters, k=20)) for _ in range(2000)]
    copies = [text[:9] + "改" + text[10:] for text in texts[:200]]
    found = near_copies(texts + copies)
    assert sum(one.places == (n, 2000 + n) for n, one in enumerate(found)) >= 196
    assert len(found) <= 200
