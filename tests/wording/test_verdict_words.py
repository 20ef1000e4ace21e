"""What is said of a hotspot and of a method: every verdict and every part of a card has words."""

from __future__ import annotations

import pytest

from core.language import LANGUAGES, translations
from geo.significance.hotspot_scan import LEVEL, METHOD
from geo.significance.verdicts import MethodCard, Verdict
from wording import hotspots
from wording.review import method_card

NAN = float("nan")


@pytest.mark.parametrize(
    ("verdict", "effect", "chinese", "english"),
    [
        (
            "significant",
            3.24,
            "人数是周围平常水平的 3.2 倍，不像是碰巧。",
            "3.2 times as many people",
        ),
        (
            "not_significant",
            1.5,
            "光凭碰巧也会有这样的地方",
            "chance alone makes such places, too.",
        ),
        ("not_significant", NAN, "看不出来是不是碰巧。", "It cannot be told from chance."),
        ("too_few", 2.0, "人太少，看不出来是不是碰巧。", "Too few people to tell"),
        ("shared_point", 2.0, "完全相同的一个点上", "on exactly one point"),
        ("", NAN, "是不是碰巧，正在计算。", "is being worked out."),
    ],
)
def test_a_verdict_says_by_how_much_and_why(
    verdict: str, effect: float, chinese: str, english: str
) -> None:
    for lang, said in (("zh_CN", chinese), ("en", english)):
        words = translations(lang)
        told = hotspots.verdict_sentence(words, lang, verdict, effect)
        assert said in told
        assert "{" not in told
        by_how_much = verdict in ("significant", "not_significant") and effect == effect
        assert bool(hotspots.times(verdict, effect, lang)) == by_how_much


@pytest.mark.parametrize("lang", LANGUAGES)
def test_verdicts_have_names_of_their_own(lang: str) -> None:
    names = hotspots.verdict_names(translations(lang))
    assert set(names) == {*map(str, Verdict), ""}
    assert len(set(names.values())) == len(names)
    assert set(hotspots.verdict_templates(translations(lang))) == {*names, "unknown"}


def test_a_card_names_all_that_a_method_tells() -> None:
    parameters: dict[str, float | int | str] = {
        **{"simulations": 199, "seed": 7, "level": LEVEL, "smoothed_m": 280.0},
        **{"radii_m": "30, 45", "revision": "12", "exposure": "population"},
    }
    counted, left_out = {"people": 1_430, "proposals": 0}, {"outside": 3, "unplaced": 0}
    card = method_card.card_words(
        translations("en"), "en", MethodCard(METHOD, parameters, counted, left_out)
    )
    assert dict(card.rows) == {
        "Counted": "People 1,430",
        "Left out": "outside the communities 3",
        "Random maps": "199",
        "Seed of the random numbers": "7",
        "Share of false alarms that is accepted": "0.025",
        "The neighbourhood reaches": "280 m",
        "Circles of": "30, 45 m",
        "Compared by": "Residents",
        "Version of the data": "12",
    }
    nothing = MethodCard(METHOD, {}, {"people": 1}, {"outside": 0})
    told = method_card.card_words(translations("zh_CN"), "zh_CN", nothing)
    assert dict(told.rows)["没有算的"] == "没有"
