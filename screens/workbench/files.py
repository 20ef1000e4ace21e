"""What can be taken away from a view, and what is done with it at the desk."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from urllib.parse import parse_qsl

import pandas as pd
import streamlit as st

from analysis.saved_views import MOST_NAME, saved_views
from analysis.view import View
from geo.writing.csv_writer import csv_text
from people.access.actor import Where
from people.access.permissions import Act, may
from screens.workbench.bench import Bench
from serving.visit import environment
from wording.files.file_offer import FileOffer, file_offer
from wording.files.selection_layers import KINDS, kind_name
from wording.formatting import day

#: The height of a table that is scrolled.
TABLE_PX = 420
#: Where packs for design firms are made.
PACKS = "/w/desk/packs/new"


def downloads(bench: Bench) -> None:
    """Offer the files of the view, as the API gives them, and a pack of it for a design firm."""
    _ = bench.who.words.gettext
    st.caption(_("Everything that this view shows, without anything personal."))
    kinds = [one for one in KINDS if one != "proposals" or not bench.view.narrow.statuses]
    of = [
        (f"campaigns/{bench.campaign.slug}/{one}", kind_name(one, bench.who.lang)) for one in kinds
    ]
    place = Where(bench.campaign.subdistrict)
    gives = not bench.view.narrow.statuses and may(bench.who.actor, Act.GIVE_PACK, place)
    offer = file_offer(
        bench.who.words,
        bench.who.lang,
        of,
        _longitude(bench),
        kept=bench.view.file_pairs(),
        pack=replace(bench.view, beside=None).address(PACKS, lang=bench.who.lang) if gives else "",
    )
    draw_offer(bench, offer)


def draw_offer(bench: Bench, offer: FileOffer) -> None:
    """Draw what is offered of a thing as files: the same part as on the pages of the desk."""
    part = environment(bench.who.lang).get_template("take_form.html").make_module()
    st.html(f'<div class="lujian-files">{part.take_form(offer)}</div>')  # type: ignore[attr-defined]


def _longitude(bench: Bench) -> float:
    west, _south, east, _north = bench.campaign.area.bounds
    return float((west + east) / 2)


def prints(bench: Bench) -> bool:
    """Tell whether a brief of this view may be printed: never what is not public."""
    place = Where(bench.campaign.subdistrict)
    return not bench.view.narrow.statuses and may(bench.who.actor, Act.PRINT, place)


def ways_on(bench: Bench) -> None:
    """Link to what is done at the desk, with the view as it is."""
    if not bench.has_desk:
        return
    _ = bench.who.words.gettext
    ways = []
    spot = bench.view.narrow.spot
    if spot is not None:
        ways.append(
            (_("The hotspot's page: make it a topic, note what you see"), _spot_page(bench))
        )
    if prints(bench):
        brief = bench.desk("/brief.pdf", lang=bench.who.lang)
        ways.append((_("Brief for a meeting (PDF)"), brief))
    ways.append((_("Save this view, or rename a saved one"), bench.desk("/views")))
    ways.append((_("All files, and what is in them"), "/w/desk/data"))
    links_to(ways)


def _spot_page(bench: Bench) -> str:
    spot = bench.view.narrow.spot
    return bench.review.hotspot(spot.hotspot_id) if spot is not None else ""


def links_to(ways: list[tuple[str, str]]) -> None:
    """Draw links that open in the same window."""
    made = "".join(
        f'<a class="lujian-way" href="{escape(address)}">{escape(label)}</a>'
        for label, address in ways
    )
    st.html(f'<nav class="lujian-ways">{made}</nav>')


def saved(bench: Bench) -> None:
    """Let the view be saved, and list those that somebody saved at the desk.

    The form is sent to the desk, where what changes anything is done.
    """
    if not bench.has_desk:
        return
    _ = bench.who.words.gettext
    with bench.who.database.reading() as session:
        found = saved_views(session, bench.who.actor, bench.campaign.id)
    head, label, save = _("Saved views"), _("Save this view as"), _("Save")
    st.markdown(f"**{head}**")
    st.html(
        f'<form class="lujian-save" method="post" action="{escape(bench.desk("/views"))}"><label>'
        f"<span>{escape(label)}</span>"
        f'<input type="text" name="called" maxlength="{MOST_NAME}" required></label>'
        f'<button type="submit">{escape(save)}</button></form>'
    )
    if not found:
        st.caption(_("Nobody has saved a view of this campaign yet."))
        return
    links_to(
        [
            (
                f"{one.name} · {one.by} · {day(one.created, bench.who.lang)}",
                View.read(parse_qsl(one.query)).workbench(),
            )
            for one in found
        ]
    )


def table_height(rows: int) -> int:
    """Return how high a table of so many rows is drawn, in pixels: whole, up to a dozen rows."""
    return min(TABLE_PX, 44 + 36 * rows)


def table_file(bench: Bench, table: pd.DataFrame, name: str) -> None:
    """Offer a table as CSV for spreadsheets."""

    def text() -> bytes:
        return csv_text(list(table.columns), table.itertuples(index=False)).encode()

    st.download_button(
        bench.who.words.gettext("This table (CSV)"),
        text,
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"bench-file-{name}",
    )
