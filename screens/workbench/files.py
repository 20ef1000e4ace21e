"""What can be taken away from a view, and what is done with it at the desk."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl, urlencode

import pandas as pd
import streamlit as st

from analysis.saved_views import MOST_NAME, saved_views
from analysis.view import View
from geo.writing.csv_writer import csv_text
from geo.writing.forms import FORMS, WrongSystemError
from geo.writing.target_systems import IN_WGS84, TargetSystem, systems_near, zone_at
from people.access.actor import Where
from people.access.permissions import Act, may
from screens.parts.markdown import plain
from screens.workbench.bench import Bench
from wording.files.file_words import form_name, system_name
from wording.files.selection_layers import KINDS, kind_name
from wording.formatting import day

#: The height of a table that is scrolled.
TABLE_PX = 420


def downloads(bench: Bench) -> None:
    """Offer the files of the view, as the API gives them."""
    _ = bench.who.words.gettext
    st.caption(_("Everything that this view shows, without anything personal."))
    kinds = [one for one in KINDS if one != "proposals" or not bench.view.narrow.statuses]
    kind = st.selectbox(
        _("Of what"),
        kinds,
        format_func=lambda one: kind_name(one, bench.who.lang),
        key="bench-file-kind",
    )
    with st.container(horizontal=True, gap="small"):
        for form, label in (
            ("dxf", _("For a design firm: CAD drawing (DXF)")),
            ("gpkg", _("For a design firm: QGIS, ArcGIS (GeoPackage)")),
            ("xlsx", _("To read and count: Excel")),
            ("geojson", _("For the web: GeoJSON")),
        ):
            if not (form == "dxf" and _zone(bench) is None):
                _link(bench, kind, form, _usual(bench, form), label)
    with st.expander(_("Choose the form and the coordinate system yourself")):
        _choice(bench, kind)


def _choice(bench: Bench, kind: str) -> None:
    """Let the form and the system be chosen; only such as go together."""
    _, words = bench.who.words.gettext, bench.who.words
    form = st.selectbox(
        _("Form of the file"),
        list(FORMS),
        format_func=lambda one: form_name(one, words),
        key="bench-file-form",
    )
    near = [one for one in systems_near(_longitude(bench)) if _goes(form, one)]
    if not near:
        st.info(_("A drawing in metres cannot be made of this place."))
        return
    system = st.selectbox(
        _("Coordinate system"),
        near,
        format_func=lambda one: system_name(one, words),
        key=f"bench-file-system-{FORMS[form].systems}",
    )
    _link(bench, kind, form, system, _("Take the file"))


def _goes(form: str, system: TargetSystem) -> bool:
    try:
        FORMS[form].check_system(system)
    except WrongSystemError:
        return False
    return True


def _longitude(bench: Bench) -> float:
    west, _south, east, _north = bench.campaign.area.bounds
    return float((west + east) / 2)


def _zone(bench: Bench) -> TargetSystem | None:
    return zone_at(_longitude(bench))


def _usual(bench: Bench, form: str) -> TargetSystem:
    """Return the system that most want of a form: metres where one draws, else WGS 84."""
    return (_zone(bench) if form in {"dxf", "gpkg"} else None) or IN_WGS84


def _link(bench: Bench, kind: str, form: str, system: TargetSystem, label: str) -> None:
    """Draw a link to a file. GeoJSON is in WGS 84 and has no words of ours in it."""
    address = bench.view.file(f"{kind}.{FORMS[form].ending}")
    if form != "geojson":
        more = urlencode({"crs": system.code, "lang": bench.who.lang})
        address += ("&" if "?" in address else "?") + more
    st.link_button(plain(label), address, icon=":material/download:")


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
