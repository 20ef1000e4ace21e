"""How sure one is of a hotspot: whether it is more than chance, why, and how that was found out."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.review.review import Review
from analysis.significance.hotspot_verdicts import begun_hotspot_verdicts
from geo.significance.hotspot_scan import JudgedHotspots
from geo.significance.verdicts import Verdict
from wording import formatting, hotspots
from wording.review.method_card import CardWords, card_words
from wording.review.names import Reader


@dataclass(frozen=True)
class SureCard:
    """The card in the reader's words; ``again``: where it is once the hotspot is judged."""

    sentence: str
    reasons: tuple[str, ...]
    how: CardWords | None
    sure: bool
    again: str


def sure_card(here: Reader, view: Review, hotspot_id: str) -> SureCard:
    """Return how sure one is of a hotspot of a view; nobody waits for it."""
    found = begun_hotspot_verdicts(
        here.database,
        view.selection,
        radius_m=view.asked.radius_m,
        min_proposals=view.asked.min_proposals,
    )
    if found is None or hotspot_id not in found.frame.index:
        said = hotspots.verdict_sentence(here.words, here.lang, "", float("nan"))
        again = view.hotspot(hotspot_id).replace("?", "/sure?", 1)
        return SureCard(said, (), None, False, again)
    row = found.frame.loc[hotspot_id]
    return SureCard(
        hotspots.verdict_sentence(here.words, here.lang, row["verdict"], row["effect"]),
        tuple(reasons(here, row, found)),
        card_words(here.words, here.lang, found.card),
        row["verdict"] == Verdict.SIGNIFICANT,
        "",
    )


def reasons(here: Reader, row: pd.Series, found: JudgedHotspots) -> list[str]:
    """Say of what the verdict was made."""
    _, n, lang = here.words.gettext, formatting.number, here.lang
    said = []
    if pd.notna(row["expected"]):
        told = _("{people} people counted here; the neighbourhood leads to expect {expected}.")
        expected = n(float(row["expected"]), lang, 1)
        said.append(told.format(people=n(int(row["people"]), lang), expected=expected))
    if pd.notna(row["core_radius_m"]):
        told = _("Its densest part, {m} around: {people} people where {expected} are expected.")
        core = n(float(row["core_expected"]), lang, 1)
        away = formatting.distance(float(row["core_radius_m"]), lang)
        people = n(round(float(row["core_people"])), lang)
        said.append(told.format(m=away, people=people, expected=core))
    if row["on_shared_point"]:
        told = here.words.ngettext(
            "{n} more on exactly one point with others is not counted.",
            "{n} more on exactly one point with others are not counted.",
            int(row["on_shared_point"]),
        )
        said.append(told.format(n=n(int(row["on_shared_point"]), lang)))
    maps = found.card.parameters.get("simulations")
    if pd.notna(row["p_value"]) and row["verdict"] != Verdict.SHARED_POINT and maps:
        as_much = round(float(row["p_value"]) * (int(maps) + 1)) - 1
        told = _("Of {n} random maps {m} have a place anywhere that stands out as much.")
        said.append(told.format(n=n(int(maps), lang), m=n(as_much, lang)))
    return said
