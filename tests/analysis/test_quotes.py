"""Representative texts against scikit-learn's TF-IDF, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from analysis.quotes import ALIKE, representative
from analysis.text.bigrams import pieces

BIKES = [
    "地铁口停不下自行车",
    "地铁口的自行车停不下了",
    "自行车停在地铁口没有位置",
    "地铁口自行车太多停不下",
]
BENCH = ["公园里没有座椅老人没处坐", "公园里座椅太少老人没处坐"]
ODD = "希望增加夜间照明路灯坏了"


def test_the_first_speaks_for_most_and_the_next_for_others() -> None:
    texts = [ODD, *BENCH, *BIKES]
    found = representative(texts, most=3)
    assert texts[found[0].at] in BIKES
    assert texts[found[1].at] in {*BENCH, *BIKES}
    assert len({quote.at for quote in found}) == 3
    said = [texts[quote.at] for quote in representative(texts, most=9)]
    assert set(said) & set(BENCH)
    assert ODD in said


def test_closeness_is_that_of_an_independent_tf_idf() -> None:
    random = np.random.default_rng(3)
    texts = [
        "".join(random.choice(list("自行车停放地铁口公园座椅老人"), size=random.integers(8, 30)))
        for _ in range(60)
    ]
    oracle = TfidfVectorizer(analyzer=lambda text: [piece for piece in pieces(text) if piece])
    rows = oracle.fit_transform(texts).toarray()
    mean = rows.mean(axis=0)
    closeness = rows @ mean / np.linalg.norm(mean)
    found = representative(texts, most=60)
    assert found[0].at == int(closeness.argmax())
    for quote in found:
        assert quote.closeness == pytest.approx(closeness[quote.at])
        assert quote.alike == int((rows @ rows[quote.at] >= ALIKE).sum()) - 1
    assert [q.closeness for q in found] == sorted((q.closeness for q in found), reverse=True)
    likeness = rows[[q.at for q in found]] @ rows[[q.at for q in found]].T
    np.fill_diagonal(likeness, 0)
    assert likeness.max() < ALIKE


def test_the_same_texts_give_the_same_quotes_once() -> None:
    texts = ["这里需要更多停车位"] * 7
    assert [(quote.at, quote.alike) for quote in representative(texts)] == [(0, 6)]
    assert representative(texts) == representative(list(texts))


def test_a_clause_in_common_is_one_voice() -> None:
    shared = "有个固定的地方"
    texts = [
        f"退休以后想和老邻居聊天下棋，{shared}，最好离菜市场近一些方便买菜",
        f"孩子放学后没有去处，{shared}，写作业或者画画都行，下雨天也能来",
        *BENCH,
        *BIKES,
    ]
    said = representative(texts, most=9)
    of_shared = [quote for quote in said if shared in texts[quote.at]]
    assert [quote.alike for quote in of_shared] == [1]


def test_short_and_long_texts_are_not_read_out_unless_there_is_nothing_else() -> None:
    texts = ["停车", "停车位" * 90, "这里停车位不够用"]
    assert [quote.at for quote in representative(texts)] == [2]
    assert representative(["停车", "停车"])[0].at == 0
    assert representative(["!!!", "😀"]) == []
    assert representative([]) == []


def test_a_text_counts_as_much_as_it_is_about_what_is_asked_for() -> None:
    texts = [*BIKES, *BENCH]
    assert texts[representative(texts)[0].at] in BIKES
    about = [0.1] * len(BIKES) + [0.8] * len(BENCH)
    assert texts[representative(texts, weights=about)[0].at] in BENCH
    assert representative(texts, weights=[0.5] * len(texts)) == representative(texts)
