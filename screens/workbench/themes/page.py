"""Themes: what people speak of, where, how sure that is; whoever reviews corrects it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analysis.answer_tallies import FEW
from analysis.review.part_looked_at import part_bounds
from analysis.tables.theme_shares import ThemeShare, ThemeTable, begun_theme_table
from analysis.themes.taxonomy import taxonomy_in_force
from analysis.view import View
from people.access.permissions import Act, may_somewhere
from screens.workbench import charts, community_card, files, filters, hotspot_table, voices
from screens.workbench.address import narrowed, toggled
from screens.workbench.bench import OLD_S, Bench, Work, open_bench, waited
from screens.workbench.bench_map import draw_map
from screens.workbench.head import head
from screens.workbench.themes import correcting, how_sure, places, words
from wording.formatting import number, percent
from wording.review import review_map
from wording.review.names import theme_names


def show() -> None:
    """Draw the page."""
    bench = open_bench()
    if bench is None:
        return
    _ = bench.who.words.gettext
    head(bench, _("What are people saying?"))
    filters.chips(bench)
    left, right = st.columns([1, 2.5], gap="medium")
    with left:
        filters.panel(bench, measure=False)
        hotspot_table.settings(bench)
    with right:
        found: ThemeTable | None = waited(
            bench, Work(lambda: table_of(bench)), _("Counting themes …"), key="themes"
        )
        if found is None:
            return
        _figures(bench, found)
        _map(bench)
    _charts(bench, found)
    _tabs(bench, found)


def table_of(bench: Bench) -> ThemeTable | None:
    """Return the themes of the view, without what it is narrowed to by theme; None at first.

    The bars beside the chosen one keep their heights so.
    """
    freed = replace(bench.selection, narrow=replace(bench.selection.narrow, themes=()))
    return begun_theme_table(
        bench.who.database,
        freed,
        radius_m=bench.view.radius_m,
        min_proposals=bench.view.min_proposals,
        at_most_s=OLD_S,
    )


def _figures(bench: Bench, found: ThemeTable) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    with st.container(horizontal=True, gap="small", key="bench-figures"):
        for label, told in (
            (_("People"), number(found.people, lang)),
            (_("Proposals"), number(found.proposals, lang)),
            (_("Without a theme"), percent(found.without / max(found.read, 1), lang)),
        ):
            st.metric(label, told, border=True, width="content")
    if found.read < found.proposals:
        said = _("{n} proposals are still being read.")
        st.caption(said.format(n=number(found.proposals - found.read, lang)))


def _map(bench: Bench) -> None:
    described = review_map.layer_descriptions(bench.who, bench.review, [0.0])
    shown = [{**one, "shown": True} for one in described if one["key"] in {"hotspots", "pins"}]
    draw_map(
        bench,
        "themes",
        shown,
        bounds=part_bounds(bench.who.database, bench.selection),
        acts={
            "hotspot": hotspot_table.chosen_on_map,
            "community": community_card.asked_for,
        },
    )


def _charts(bench: Bench, found: ThemeTable) -> None:
    _ = bench.who.words.gettext
    said = _(
        "How many people speak of it; a person counts once for a theme and may speak of several. "
        "Choose a bar: map, list and quotes follow."
    )
    st.caption(said)
    known, names = taxonomy_in_force(), theme_names(bench.who)
    shares = {one.code: one for one in found.themes}
    columns = st.columns(3, gap="small")
    for place, group in enumerate(known.groups):
        with columns[place % 3]:
            _bars(bench, group.code, [shares[code] for code in known.of_group(group.code)], names)


def _bars(bench: Bench, group: str, shares: list[ThemeShare], names: dict[str, str]) -> None:
    chosen = bench.view.narrow.themes
    ranked = sorted(shares, key=lambda one: -(one.people or 0))
    rows = [
        {
            "key": one.code,
            "name": names[one.code],
            "count": one.people or 0,
            "told": told(bench, one),
            "chosen": one.code in chosen,
        }
        for one in ranked
        if one.people != 0 or one.code in chosen
    ]
    counted = bench.who.words.gettext("People")
    note = "" if rows else bench.who.words.gettext("Nobody speaks of these here.")
    charts.bars(f"theme-{group}", names[group], rows, _choose, counted=counted, note=note)


def told(bench: Bench, one: ThemeShare) -> str:
    """Return what stands behind the bar of a theme: people and their share of all."""
    if one.people is None or one.share is None:
        return f"<{FEW}"
    return f"{number(one.people, bench.who.lang)} · {percent(one.share, bench.who.lang)}"


def _choose(view: View, code: str) -> View:
    return narrowed(view, themes=toggled(view.narrow.themes, code))


def _tabs(bench: Bench, found: ThemeTable) -> None:
    _ = bench.who.words.gettext
    corrects = may_somewhere(bench.who.actor, Act.ASSIST)
    names = [
        _("What people say"),
        _("Proposals"),
        _("By place"),
        _("Words of a place"),
        _("Nearly the same"),
        _("How sure"),
        _("Take away"),
    ]
    said, listed, by_place, apart, copies, sure, away = st.tabs(
        names, key="bench-themes-tabs", on_change="rerun"
    )
    for tab, draw in (
        (said, lambda: voices.representative(bench)),
        (listed, lambda: correcting.proposals(bench, corrects=corrects)),
        (by_place, lambda: places.table(bench, found)),
        (apart, lambda: words.keywords_of_place(bench)),
        (copies, lambda: words.copies(bench)),
        (sure, lambda: how_sure.table(bench, found)),
        (away, lambda: _away(bench)),
    ):
        with tab:
            if tab.open:
                draw()


def _away(bench: Bench) -> None:
    files.downloads(bench)
    files.ways_on(bench)
    files.saved(bench, "themes")
