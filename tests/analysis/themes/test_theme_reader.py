"""Reading themes: rules below enough labels, the classifier where it is better, English gently."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

from analysis.themes.labelled_texts import (
    FILE,
    Example,
    agreements,
    cohen_kappa,
    digest_of,
    written_examples,
)
from analysis.themes.taxonomy import load_taxonomy
from analysis.themes.theme_reader import ThemeReader, Way, left_out_scores, train
from analysis.themes.training import grouped

TAXONOMY = load_taxonomy()


@cache
def reader() -> ThemeReader:
    return train(TAXONOMY, written_examples())


def themes(text: str) -> set[str]:
    return {one.theme for one in reader().read([text])[0]}


def test_the_labelled_sentences_are_what_they_claim_to_be() -> None:
    texts = json.loads(FILE.read_text(encoding="utf-8"))["texts"]
    assert len(texts) >= 500
    assert len({one["text"] for one in texts}) == len(texts) == len({one["id"] for one in texts})
    shares = [sum(one["about"] == key for one in texts) for key in ("bikes", "micro_parks")]
    assert min(shares) > 0.4 * len(texts)
    for one in texts:
        for labels in (one["first"], one["second"], one["labels"]):
            assert set(labels) <= set(TAXONOMY.codes)
        assert set(one["first"]) & set(one["second"]) <= set(one["labels"])
        assert set(one["labels"]) <= set(one["first"]) | set(one["second"])
    assert any(one["first"] != one["second"] for one in texts)
    assert all(one.first >= 15 for one in agreements(TAXONOMY.codes))


def test_kappa_is_cohens() -> None:
    assert cohen_kappa([True, False, True, False], [True, False, True, False]) == 1
    assert cohen_kappa([True, True, False, False], [True, False, True, False]) == 0
    first, second = (
        [True] * 25 + [False] * 25,
        [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15,
    )
    assert round(cohen_kappa(first, second), 3) == 0.4


def test_the_same_examples_give_the_same_reader() -> None:
    again = train(TAXONOMY, written_examples())
    texts = [one.text for one in written_examples()]
    assert again.digest == reader().digest
    assert again.figures == reader().figures
    assert again.read(texts) == reader().read(texts)
    assert digest_of(written_examples()) != digest_of(written_examples()[1:])


def test_with_few_labels_rules_read_alone() -> None:
    few = train(TAXONOMY, written_examples()[:129])
    assert {one.way for one in few.figures} == {Way.RULES}
    assert {one.way for one in reader().figures} > {Way.RULES}
    read = [one for found in few.read(["椅子太少，天黑了没有灯"]) for one in found]
    assert {one.way for one in read} == {Way.RULES}


def test_the_classifier_takes_over_where_it_is_better_on_texts_left_out() -> None:
    """A word that no rule knows stands for a theme, with twenty authors."""
    more = [
        Example(f"要一个咕噜咕噜{n}号{'甲乙丙丁'[n % 4]}", f"w{n}", frozenset({"seats"}))
        for n in range(40)
    ]
    more += [Example(f"第{n}号什么也不要", f"v{n}", frozenset()) for n in range(40)]
    learned = train(TAXONOMY, [*written_examples(), *more])
    figures = {one.theme: one for one in learned.figures}["seats"]
    assert figures.way != Way.RULES
    assert figures.used.f1 > figures.rules.f1
    found = learned.read(["来个咕噜咕噜吧"])[0]
    assert [(one.theme, one.way) for one in found] == [("seats", Way.CLASSIFIER)]
    assert 0.5 < found[0].confidence <= 1


def test_nobody_is_judged_by_what_the_same_author_taught() -> None:
    """Copies of one author leak in random folds; here none of them is found when left out."""
    copies = [Example("龘靐齉爩鱻麤" + "龘" * n, "one", frozenset({"noise"})) for n in range(30)]
    scores = left_out_scores(TAXONOMY, [*written_examples(), *copies])
    noise = TAXONOMY.codes.index("noise")
    assert (scores[-30:, noise] <= 0).all()
    apart = [replace(one, group=f"of its own {n}") for n, one in enumerate(copies)]
    scores = left_out_scores(TAXONOMY, [*written_examples(), *apart])
    assert (scores[-30:, noise] > 0).all()


def test_near_copies_and_one_authors_texts_are_one_group() -> None:
    texts = [
        "地铁口单车太多了走不动",
        "地铁口的单车太多了走不动",
        "请装一盏路灯在这里",
        "完全不同的一句话呀",
    ]
    groups = grouped(texts, ["a", "b", "b", None])
    assert groups[0] == groups[1] == groups[2] != groups[3]


def test_english_mixed_and_foreign_texts_degrade_gracefully() -> None:
    assert {"seats", "more"} <= themes("Please add a few benches, and some shade.")
    assert all(one.way == Way.RULES for one in reader().read(["Too many bikes, no space"])[0])
    assert "too_few" in themes("晚上 zero 车可骑")
    assert themes("¿Dónde está la biblioteca?") == set()
    assert themes("🚲🚲🚲") == themes("67890") == set()
    assert reader().read([]) == []


def test_opposites_are_not_both_read_unless_both_are_said() -> None:
    pairs = TAXONOMY.opposites
    for text in ("椅子太少", "太多了", "请增加一盏灯", "取消吧", "单车少了一点点"):
        assert not any({one, other} <= themes(text) for one, other in pairs), text
    assert {"too_many", "too_few"} <= themes("车太多，椅子太少")
