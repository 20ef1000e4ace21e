"""The tables of a brief: hotspots, communities and charts, with what was left out of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analysis import results
from analysis.hotspots.hotspot_list import judged, listed, marked
from analysis.representation.heard_here import begun_heard_here
from analysis.review.review import Review
from analysis.selection import Selection
from analysis.significance.hotspot_verdicts import hotspot_verdicts
from analysis.tables.theme_shares import theme_table_of
from printing.brief import Table
from serving.visit import Visit
from web import bar_charts, presenters
from wording import formatting, hotspots
from wording.formatting import day_words
from wording.review.heard_words import heard_meaning, share_told

COMMUNITIES, CHARTS = 8, 4


def tables(here: Visit, view: Review, compared: bool) -> list[Table]:
    """Return the tables of a view; of two that are compared, each says whose it is."""
    _, chosen = here.words.gettext, view.selection
    number, lang = formatting.number, here.lang
    frame = results.community_counts(here.room.database, chosen).frame
    names = presenters.community_names(here, frame)
    told = frame[frame["proposals"] > 0].sort_values(
        view.asked.measure, ascending=False, kind="stable"
    )
    rows = [
        [
            names[str(row.code)],
            number(row.proposals, lang),
            number(row.people, lang),
            _per(row.per_1000, lang),
            number(row.per_km2, lang, 1),
            formatting.percent(float(row.answered_share), lang),
        ]
        for row in told.head(COMMUNITIES).itertuples(index=False)
    ]
    people, proposals = _("People"), _("Proposals")
    heads = [_("Per 1,000 residents"), _("Per km²"), _("Share with an answer")]
    found = [
        _spots_table(here, view),
        Table(
            _cut(here, _("Communities"), len(rows), len(told)),
            [_("Community"), proposals, people, *heads],
            rows,
        ),
    ]
    found += [_chart_table(here, one) for one in charts_of(here, chosen)[:CHARTS]]
    whose = f" · {caption(here, chosen)}" if compared else ""
    return [replace(one, title=one.title + whose) for one in found if one.rows]


def _spots_table(here: Visit, view: Review) -> Table:
    """Return the hotspots that were asked for, with their names, and of how many they are."""
    _, lang, n = here.words.gettext, here.lang, formatting.number
    top, asked_for, total = printed_hotspots(here, view)
    rows = [
        [
            hotspots.heading(
                here.words, row.rank, hotspots.place_name(row.name, row.name_en, lang)
            ),
            n(row.people, lang),
            n(row.proposals, lang),
            hotspots.times(row.verdict, row.effect, lang) or "–",
            hotspots.verdict_names(here.words)[row.verdict],
            share_told(lang, begun_heard_here(here.room.database, view.spot(row.hotspot_id))),
            n(row.largest_shared_point, lang),
        ]
        for row in top.itertuples(index=False)
    ]
    title = _cut(here, _("Hotspots"), len(rows), asked_for)
    if asked_for < total:
        said = _("{title} ({n} in all on the map)")
        title = said.format(title=title, n=n(total, lang))
    heads = [_("People"), _("Proposals"), _("Times"), _("More than chance?")]
    heads += [_("Heard too little"), _("On one point")]
    return Table(title, [_("Hotspot"), *heads], rows)


def meanings(here: Visit, view: Review) -> list[str]:
    """Say what the columns of the hotspots mean: chance, and being on one point where any is."""
    top = printed_hotspots(here, view)[0]
    if top.empty:
        return []
    one_point = bool(marked(top)["on_one_point"].any())
    return [
        hotspots.verdicts_meaning(here.words),
        heard_meaning(here.words),
        *([hotspots.one_point_meaning(here.words)] if one_point else []),
    ]


def printed_hotspots(here: Visit, view: Review) -> tuple[Any, int, int]:
    """Return the hotspots that are printed, how many were asked for, and how many there are."""
    database, chosen = here.room.database, view.selection
    ways: dict[str, Any] = {
        "radius_m": view.asked.radius_m,
        "min_proposals": view.asked.min_proposals,
    }
    frame = results.hotspots(database, chosen, **ways).frame
    found = judged(frame, hotspot_verdicts(database, chosen, **ways))
    if view.narrow.spot is not None:
        one = found[found["hotspot_id"] == view.narrow.spot.hotspot_id]
        return one, len(one), len(found)
    wanted = listed(found, view.asked.spots)
    return wanted.head(view.asked.spots.printed), len(wanted), len(found)


def charts_of(here: Visit, chosen: Selection) -> list[dict[str, Any]]:
    """Return the charts of a selection but for that of the communities, which has its own table.

    What people speak of comes first, once themes have been read.
    """
    above = here.words.gettext("From which communities")
    themes = bar_charts.themes_chart(here, theme_table_of(here.room.database, chosen))
    others = [one for one in bar_charts.charts(here, chosen) if one["title"] != above]
    return [themes, *others] if themes["rows"] else others


def further(here: Visit, view: Review, compared: bool) -> list[str]:
    """Say how many charts are not printed, and where they are."""
    found = charts_of(here, view.selection)[CHARTS:]
    if not found:
        return []
    said = here.words.gettext(
        "The first {shown} of {total} charts; at the address on the last page are also: {titles}"
    )
    titles = formatting.enumerated((one["title"] for one in found), here.lang)
    line = said.format(shown=CHARTS, total=CHARTS + len(found), titles=titles)
    return [f"{caption(here, view.selection)}: {line}" if compared else line]


def _chart_table(here: Visit, chart: dict[str, Any]) -> Table:
    rows = [[row["name"], row["shown"]] for row in chart["rows"] + chart["further"]]
    return Table(chart["title"], ["", here.words.gettext("Proposals")], rows)


def _per(value: Any, lang: str) -> str:
    return "–" if str(value) == "<NA>" else formatting.number(float(value), lang, 1)


def _cut(here: Visit, title: str, shown: int, total: int) -> str:
    """Return the title of a table; where it does not hold all, with how many of how many."""
    if shown >= total:
        return title
    said = here.words.gettext("{title}, the first {shown} of {total}")
    return said.format(title=title, shown=shown, total=formatting.number(total, here.lang))


def caption(here: Visit, chosen: Selection) -> str:
    """Say of which campaign and period something is."""
    told = (presenters.title(here, chosen.campaign), _period(here, chosen))
    return " · ".join(filter(None, told))


def _period(here: Visit, chosen: Selection) -> str:
    """Say from when to when a selection looks; empty for all the time."""
    _ = here.words.gettext
    since, until = chosen.narrow.since, chosen.narrow.until
    if since and until:
        return _("{first} to {last}").format(
            first=day_words(since, here.lang), last=day_words(until, here.lang)
        )
    if since:
        return _("from {first}").format(first=day_words(since, here.lang))
    return _("until {last}").format(last=day_words(until, here.lang)) if until else ""


def figures(here: Visit, chosen: Selection) -> list[dict[str, str]]:
    """Return the sums of a selection."""
    sums = results.sums(here.room.database, chosen)
    words, n = here.words, formatting.number
    share = formatting.percent(sums.answered / max(sums.proposals, 1), here.lang)
    told = [
        ("proposals", n(sums.proposals, here.lang), words.gettext("proposals")),
        ("people", n(sums.people, here.lang), words.gettext("people")),
        ("places", n(sums.communities, here.lang), words.gettext("communities")),
        ("answered", share, words.gettext("have an answer")),
    ]
    return [{"key": key, "shown": shown, "name": name} for key, shown, name in told]
