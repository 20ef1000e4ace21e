"""Explore: the map, its filters, and charts and tables that follow it, and that it follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from analysis.answer_tallies import FEW, QuestionCounts
from analysis.filter import OUTSIDE
from analysis.hotspots.hotspot_list import judged
from analysis.review.part_looked_at import part_bounds
from analysis.review.review import LISTED, TAB
from analysis.significance.hotspot_verdicts import begun_hotspot_verdicts
from analysis.tables.explored import Explored, begun_explored
from analysis.view import View
from geo.significance.hotspot_scan import JudgedHotspots
from screens.parts.markdown import plain
from screens.workbench import (
    charts,
    community_card,
    cross,
    files,
    filters,
    hotspot_table,
    places,
    voices,
)
from screens.workbench.address import narrowed, toggled
from screens.workbench.bench import (
    OLD_S,
    POLL_S,
    Bench,
    Work,
    last_shown,
    note_shown,
    open_bench,
    waited,
)
from screens.workbench.bench_map import draw_map, legend
from screens.workbench.community_card import with_community
from screens.workbench.head import head
from wording.formatting import day_words, number, percent
from wording.review import review_map

#: So many communities have a bar; the table has all.
MOST_BARS = 12
Row = dict[str, Any]


def show() -> None:
    """Draw the page."""
    bench = open_bench()
    if bench is None:
        return
    _ = bench.who.words.gettext
    head(bench, _("Where do proposals gather?"))
    filters.chips(bench)
    found: Explored | None = waited(
        bench,
        Work(lambda: _explored(bench)),
        _("Counting, and looking for hotspots …"),
        key="explore",
    )
    left, right = st.columns([1, 2.5], gap="medium")
    with left:
        filters.panel(bench)
        hotspot_table.settings(bench)
    if found is not None:
        note_shown(bench, "explore")
        _results(bench, right, found)
    elif (before := last_shown(bench, "explore")) and (old := _explored(before)) is not None:
        _results(before, right, old)


def _results(bench: Bench, right: Any, found: Explored) -> None:
    """Draw what a view comes to: beside the filters, and below them."""
    with right:
        _figures(bench, found)
        _map(bench, found)
        _weeks(bench, found)
    _tables(bench, found)


def _explored(bench: Bench) -> Explored | None:
    view = bench.view
    return begun_explored(
        bench.who.database,
        bench.selection,
        radius_m=view.radius_m,
        min_proposals=view.min_proposals,
        at_most_s=OLD_S,
    )


def _figures(bench: Bench, found: Explored) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    sums = found.sums
    share = percent(sums.answered / max(sums.proposals, 1), lang)
    with st.container(horizontal=True, gap="small", key="bench-figures"):
        for label, told in (
            (_("Proposals"), number(sums.proposals, lang)),
            (_("People"), number(sums.people, lang)),
            (_("Communities"), number(sums.communities, lang)),
            (_("Hotspots"), number(len(found.hotspots.frame), lang)),
            (_("Answered"), share),
        ):
            st.metric(label, told, border=True, width="content")


def _map(bench: Bench, found: Explored) -> None:
    who, review = bench.who, bench.review
    breaks = review_map.breaks_of(who, review, [bench.selection])
    draw_map(
        bench,
        "explore",
        review_map.layer_descriptions(who, review, breaks),
        bounds=part_bounds(who.database, bench.selection),
        panel=review_map.panel(who, review),
        acts={
            "hotspot": hotspot_table.chosen_on_map,
            "community": community_card.asked_for,
            "area": lambda view, corners: View.read([*_but_area(view), ("area", corners)]),
        },
    )
    legend(bench, breaks, outside=review_map.outside_words(who, [bench.selection]))
    first, last = st.columns(2, gap="small")
    with first:
        hotspot_table.choose(bench, found.hotspots.frame)
    with last:
        community_card.choose(bench)


def _but_area(view: View) -> list[tuple[str, str]]:
    return [pair for pair in replace(view, at="", page=1).pairs() if pair[0] != "area"]


def _weeks(bench: Bench, found: Explored) -> None:
    _, lang, narrow = bench.who.words.gettext, bench.who.lang, bench.view.narrow
    if len(found.weeks) < 2:
        return
    rows = [
        {
            "key": monday.isoformat(),
            "count": count,
            "name": day_words(monday, lang),
            "chosen": bool(narrow.since or narrow.until)
            and (not narrow.since or filters.last_day_of_week(monday) >= narrow.since)
            and (not narrow.until or monday <= narrow.until),
        }
        for monday, count in found.weeks
    ]
    title = _("Week by week")
    charts.weeks("weeks", title, rows, one_week, counted=_("Proposals"), week=_("Week from"))
    filters.weeks_slider(bench, found.weeks)
    if found.gaps:
        st.caption(_("Long stretches without any proposal are left out."))


def one_week(view: View, monday: str) -> View:
    """Return a view of one week, or of all the time if it was of that week."""
    first = date.fromisoformat(monday)
    ends = first, filters.last_day_of_week(first)
    if (view.narrow.since, view.narrow.until) == ends:
        return narrowed(view, since=None, until=None)
    return narrowed(view, since=ends[0], until=ends[1])


def _charts(bench: Bench, found: Explored) -> None:
    _ = bench.who.words.gettext
    drawn: list[Callable[[], None]] = [lambda: _communities(bench, found)]
    if len(bench.campaign.categories) > 1:
        drawn.append(lambda: _listed(bench, "categories", _("What it is about"), found.by_category))
    drawn.append(
        lambda: _listed(bench, "relations", _("How they know the place"), found.by_relation)
    )
    drawn += [lambda one=one: _question(bench, one) for one in found.answers if one.answered]  # type: ignore[misc]
    st.caption(_("Choose a bar: map, tables and quotes follow. The same bar lets it go again."))
    columns = st.columns(3, gap="small")
    for place, draw in enumerate(drawn):
        with columns[place % 3]:
            draw()


def _row(bench: Bench, key: str, name: str, count: int | None, *, chosen: bool) -> Row:
    told = f"<{FEW}" if count is None else number(count, bench.who.lang)
    return {"key": key, "name": name, "count": count or 0, "told": told, "chosen": chosen}


def _communities(bench: Bench, found: Explored) -> None:
    _, chosen = bench.who.words.gettext, bench.view.narrow.communities
    names = {one["key"]: one["name"] for one in bench.fields["communities"]}
    counts = {code or OUTSIDE: count for code, count in found.by_community.items()}
    ranked = sorted(counts, key=lambda code: (-counts[code], code))
    shown = [code for place, code in enumerate(ranked) if place < MOST_BARS or code in chosen]
    rows = [
        _row(bench, code, names.get(code, code), counts[code], chosen=code in chosen)
        for code in shown
    ]
    left = len(ranked) - len(shown)
    note = _("{n} more in the table of communities.").format(n=left) if left > 0 else ""
    charts.bars(
        "communities",
        _("From which communities"),
        rows,
        with_community,
        counted=_("Proposals"),
        note=note,
    )


def _listed(bench: Bench, field: str, title: str, counts: dict[str, int]) -> None:
    chosen = getattr(bench.view.narrow, field)
    names = {one["key"]: one["name"] for one in bench.fields[field]}
    rows = [
        _row(bench, key, names.get(key, key), count, chosen=key in chosen)
        for key, count in counts.items()
    ]

    def choose(view: View, key: str) -> View:
        return narrowed(view, **{field: toggled(getattr(view.narrow, field), key)})

    charts.bars(field, title, rows, choose, counted=bench.who.words.gettext("Proposals"))


def _question(bench: Bench, asked: QuestionCounts) -> None:
    _, who = bench.who.words.gettext, bench.who
    given = {one.question: one.any_of for one in bench.view.narrow.answers}.get(asked.key, ())
    options = [(one.key, who.said(one.label), one.count) for one in asked.options]
    if asked.numbers is not None:
        unit = who.said(asked.unit) if asked.unit else ""
        options = [
            (f"{one.start:g}..{one.end:g}", _span(who.lang, one.start, one.end, unit), one.count)
            for one in asked.numbers.bins
        ]
    elif asked.kind != "scale":
        options.sort(key=lambda one: -(one[2] or 0))
    if not options:
        return
    rows = [_row(bench, key, name, count, chosen=key in given) for key, name, count in options]

    def choose(view: View, key: str) -> View:
        now = {one.question: one.any_of for one in view.narrow.answers}.get(asked.key, ())
        return filters.answered(view, asked.key, toggled(now, key))

    note = _("{n} people answered.").format(n=number(asked.answered or 0, who.lang))
    if asked.private:
        note += " " + _("Counted only; nobody's own answer is shown.")
    charts.bars(
        asked.key,
        plain(who.said(asked.label)),
        rows,
        None if asked.private else choose,
        counted=_("Proposals"),
        note=note,
    )


def _span(lang: str, start: float, end: float, unit: str) -> str:
    return f"{number(start, lang)} – {number(end, lang)} {unit}".strip()


def _tables(bench: Bench, found: Explored) -> None:
    _ = bench.who.words.gettext
    parts: dict[str, tuple[str, Callable[[], None]]] = {
        "charts": (_("Charts"), lambda: _charts(bench, found)),
        "hotspots": (_("Hotspots"), lambda: _spots(bench, found)),
        "communities": (_("Communities"), lambda: places.table(bench, found.counts)),
        "said": (_("What people say"), lambda: voices.representative(bench)),
        LISTED: (_("Proposals"), lambda: voices.everything(bench, found.sums.proposals)),
        "crossed": (_("One question against another"), lambda: cross.draw(bench)),
        "away": (_("Take away"), lambda: _away(bench)),
    }
    asked = parts.get(st.query_params.get(TAB, ""))
    tabs = st.tabs(
        [label for label, _draw in parts.values()],
        default=asked and asked[0],
        key="bench-tables",
        on_change="rerun",
    )
    for tab, (_label, draw) in zip(tabs, parts.values(), strict=True):
        with tab:
            if tab.open:
                draw()


def _spots(bench: Bench, found: Explored) -> None:
    hotspot_table.order(bench, found.hotspots)
    verdicts = _verdicts(bench)
    if verdicts is None and not found.hotspots.frame.empty:
        _until_judged(bench)
    hotspot_table.table(bench, judged(found.hotspots.frame, verdicts))
    hotspot_table.one(bench, found.hotspots)


def _verdicts(bench: Bench) -> JudgedHotspots | None:
    return begun_hotspot_verdicts(
        bench.who.database,
        bench.selection,
        radius_m=bench.view.radius_m,
        min_proposals=bench.view.min_proposals,
    )


def _until_judged(bench: Bench) -> None:
    """Say that the hotspots are being judged, and draw the page anew once they are."""

    @st.fragment(run_every=POLL_S)
    def look_again() -> None:
        if _verdicts(bench) is not None:
            st.rerun(scope="app")
        st.caption(
            bench.who.words.gettext(
                "Which of them are more than chance is being worked out; it follows here."
            )
        )

    look_again()


def _away(bench: Bench) -> None:
    files.downloads(bench)
    files.ways_on(bench)
    files.saved(bench)
