"""How the layers of a campaign are drawn in files: as on the planners' map."""

from __future__ import annotations

import pandas as pd

from core.language import is_chinese, words_in
from geo.class_breaks import PALETTE, class_breaks
from geo.writing.styling import GREY, LayerStyle, StyleEntry
from submissions.proposals.queries import CampaignView

#: As the map draws a hotspot.
HOTSPOT, HOTSPOT_EDGE = "#e4572e", "#b3261e"


def proposal_style(campaign: CampaignView, lang: str) -> LayerStyle:
    """Draw proposals by category, in the colours of the map."""
    entries = tuple(
        StyleEntry(
            str(one["key"]),
            str(words_in(one["name"], lang)),
            str(one.get("color") or GREY).lower(),
        )
        for one in campaign.categories
    )
    return LayerStyle("categories", entries, "category", fill_opacity=0.35, stroke_px=2.0)


def community_style(frame: pd.DataFrame, lang: str, measure: str = "proposals") -> LayerStyle:
    """Draw communities by classes of a measure: natural breaks, as on the map."""
    bounds = class_breaks(frame[measure].astype("Float64"))
    lows = [None, *bounds[:-1]]
    entries = tuple(
        StyleEntry(bound, _class_title(low, bound), colour)
        for low, bound, colour in zip(lows, bounds, PALETTE, strict=False)
    )
    label = "name" if is_chinese(lang) else "name_en"
    return LayerStyle("classes", entries, measure, stroke=GREY, fill_opacity=0.62, label=label)


def hotspot_style(lang: str) -> LayerStyle:
    """Draw hotspots alike, with their names."""
    label = "name" if is_chinese(lang) else "name_en"
    return LayerStyle.single(
        HOTSPOT, stroke=HOTSPOT_EDGE, stroke_px=2.5, fill_opacity=0.22, label=label
    )


def _class_title(low: float | None, bound: float) -> str:
    return f"≤ {bound:g}" if low is None else f"{low:g}–{bound:g}"
