"""The list of a view's hotspots: all of them, in the order and from the places asked for."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import results
from analysis.hotspots.hotspot_list import MOST_PRINTED, ORDERS, judged, listed
from analysis.review.review import Review
from analysis.significance.hotspot_verdicts import begun_hotspot_verdicts, hotspot_verdicts
from geo.significance.verdicts import Verdict
from layers.communities.communities import community_frame
from serving.visit import Visit
from web import presenters
from wording import formatting, hotspots

#: Open to the eye; the others are folded below them.
SHOWN = 20
#: What the form has fields for.
FIELDS = (
    *("radius_m", "min_proposals", "hotspot"),
    *("spots_by", "spots_in", "spots_of", "spots_sure"),
    "spots_printed",
)


def found_in(here: Visit, view: Review, *, wait: bool = False) -> pd.DataFrame:
    """Return the hotspots of a view by rank, all of them, and what can be said of each.

    Verdicts that are being computed are empty, unless they are to be waited for.
    """
    asked: dict[str, Any] = {
        "radius_m": view.asked.radius_m,
        "min_proposals": view.asked.min_proposals,
    }
    database, chosen = here.room.database, view.selection
    frame = results.hotspots(database, chosen, **asked).frame
    tell = hotspot_verdicts if wait else begun_hotspot_verdicts
    return judged(frame, tell(database, chosen, **asked))


def list_words(here: Visit, view: Review) -> dict[str, Any]:
    """Return the list in the reader's words, and what it can be narrowed to."""
    frame = found_in(here, view)
    names = _communities(here, view)
    return {
        **table_words(here, view, frame),
        "orders": _choices(order_names(here), view.asked.spots.by),
        "spot_communities": _choices(
            [(code, names[code]) for code in names if code in set(frame["community"].dropna())],
            view.asked.spots.community,
        ),
        "spot_categories": _choices(
            list(presenters.category_names(here, view.campaign).items()), view.asked.spots.category
        ),
        "most_printed": MOST_PRINTED,
        "kept": [pair for pair in view.pairs() if pair[0] not in FIELDS],
    }


def table_words(here: Visit, view: Review, frame: pd.DataFrame) -> dict[str, Any]:
    """Return the table in the reader's words; ``again``: where it is once all are judged."""
    wanted, pending = listed(frame, view.asked.spots), bool((frame["verdict"] == "").any())
    rows = [row_words(here, view, row) for row in wanted.itertuples(index=False)]
    marks_one_point = any(row["one_point"] for row in rows)
    return {
        "hotspots": rows[:SHOWN],
        "further": rows[SHOWN:],
        "nothing": _nothing(here, len(frame)),
        "hotspots_said": _how_many(here, len(rows), len(frame)),
        "again": view.address("/spots") if pending else "",
        "counted": verdict_counts(here, frame) if len(frame) and not pending else "",
        "verdicts_meaning": hotspots.verdicts_meaning(here.words) if rows else "",
        "one_point_meaning": hotspots.one_point_meaning(here.words) if marks_one_point else "",
    }


def verdict_counts(here: Visit, frame: pd.DataFrame) -> str:
    """Say how many hotspots there are of each verdict, such as "More than chance 21"."""
    counts = frame["verdict"].value_counts()
    names = hotspots.verdict_names(here.words)
    told = [
        f"{name} {formatting.number(int(counts[key]), here.lang)}"
        for key, name in names.items()
        if key in counts
    ]
    return " · ".join(told)


def row_words(here: Visit, view: Review, row: Any) -> dict[str, Any]:
    """Return one hotspot in the reader's words."""
    n, lang = formatting.number, here.lang
    shares = presenters.category_names(here, view.campaign)
    leading, share = next(iter(row.categories.items()), ("", 0.0))
    several = len(shares) > 1 and leading
    return {
        "address": view.hotspot(row.hotspot_id),
        "heading": hotspots.heading(
            here.words, row.rank, hotspots.place_name(row.name, row.name_en, lang)
        ),
        "about": f"{shares.get(leading, leading)} {formatting.percent(share, lang)}"
        if several
        else "",
        "people": n(row.people, lang),
        "proposals": n(row.proposals, lang),
        "shared": n(row.largest_shared_point, lang),
        "sure": row.verdict == Verdict.SIGNIFICANT,
        "verdict": hotspots.verdict_in_short(here.words, lang, row.verdict, row.effect),
        "why": hotspots.verdict_sentence(here.words, lang, row.verdict, row.effect),
        "one_point": hotspots.on_one_point(
            here.words, lang, row.largest_shared_point, row.proposals
        ),
    }


def order_names(here: Visit) -> list[tuple[str, str]]:
    """Return by what the list can be sorted."""
    return list(zip(ORDERS, hotspots.order_names(here.words), strict=True))


def _how_many(here: Visit, shown: int, total: int) -> str:
    n = formatting.number
    if shown == total:
        return f"({n(total, here.lang)})"
    said = here.words.gettext("({shown} of {total})")
    return said.format(shown=n(shown, here.lang), total=n(total, here.lang))


def _nothing(here: Visit, total: int) -> str:
    _ = here.words.gettext
    if total:
        return _("No hotspot is like that. Choose another community or another category.")
    return _("No place is this dense. Try a larger distance or a smaller number.")


def _communities(here: Visit, view: Review) -> dict[str, str]:
    with here.room.database.reading() as session:
        frame = community_frame(session, view.campaign.edition)
    return dict(presenters.by_name(presenters.community_names(here, frame)))


def _choices(offered: list[tuple[str, str]], chosen: str) -> list[dict[str, Any]]:
    return [{"key": key, "name": name, "chosen": key == chosen} for key, name in offered]
