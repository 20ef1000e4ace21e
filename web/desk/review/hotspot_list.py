"""The list of a view's hotspots: all of them, in the order and from the places asked for."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import results
from analysis.hotspots.hotspot_list import MOST_PRINTED, ORDERS, listed
from analysis.review.review import Review
from layers.communities.communities import community_frame
from serving.visit import Visit
from web import presenters
from wording import formatting, hotspots

#: Open to the eye; the others are folded below them.
SHOWN = 20
#: What the form has fields for.
FIELDS = (
    *("radius_m", "min_proposals", "hotspot"),
    *("spots_by", "spots_in", "spots_of", "spots_printed"),
)


def found_in(here: Visit, view: Review) -> pd.DataFrame:
    """Return the hotspots of a view by rank, all of them."""
    return results.hotspots(
        here.room.database,
        view.selection,
        radius_m=view.asked.radius_m,
        min_proposals=view.asked.min_proposals,
    ).frame


def list_words(here: Visit, view: Review) -> dict[str, Any]:
    """Return the list in the reader's words, and what it can be narrowed to."""
    frame = found_in(here, view)
    names = _communities(here, view)
    wanted = listed(frame, view.asked.spots)
    rows = [row_words(here, view, row) for row in wanted.itertuples(index=False)]
    return {
        "hotspots": rows[:SHOWN],
        "further": rows[SHOWN:],
        "nothing": _nothing(here, len(frame)),
        "hotspots_said": _how_many(here, len(rows), len(frame)),
        "one_point_meaning": hotspots.one_point_meaning(here.words)
        if any(row["one_point"] for row in rows)
        else "",
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
