"""What can be taken away from a view, and what is done with it at the desk."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl

import pandas as pd
import streamlit as st

from analysis.saved_views import MOST_NAME, saved_views
from analysis.view import View
from geo.writing.csv_writer import csv_text
from people.access.actor import Where
from people.access.permissions import Act, may
from screens.parts.markdown import plain
from screens.workbench.bench import Bench
from wording.formatting import day

#: The height of a table that is scrolled.
TABLE_PX = 420


def downloads(bench: Bench) -> None:
    """Offer the files of the view, as the API gives them."""
    _ = bench.who.words.gettext
    view = bench.view
    st.caption(_("GeoJSON in WGS 84 (RFC 7946), CSV for spreadsheets; without anything personal."))
    names = {"geojson": "GeoJSON", "csv": "CSV"}
    files = [
        ("communities.geojson", _("Communities with counts")),
        ("hotspots.geojson", _("Hotspots")),
    ]
    if not view.narrow.statuses:
        files = [(f"proposals.{ending}", _("Proposals")) for ending in names] + files
    with st.container(horizontal=True, gap="small"):
        for file, label in files:
            st.link_button(
                plain(f"{label} ({names[file.partition('.')[2]]})"),
                view.file(file),
                icon=":material/download:",
            )


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
    st.markdown(f"**{_('Saved views')}**")
    st.html(
        f'<form class="lujian-save" method="post" action="{escape(bench.desk("/views"))}"><label>'
        f"<span>{escape(_('Save this view as'))}</span>"
        f'<input type="text" name="called" maxlength="{MOST_NAME}" required></label>'
        f'<button type="submit">{escape(_("Save"))}</button></form>'
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
