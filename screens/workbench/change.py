"""Change: A, B and the difference, for two periods, two campaigns or two ways to find hotspots."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st

from analysis.comparison.compare import COMPARED_S, Compared, comparison_reading
from analysis.review.review import Review
from geo.significance.verdicts import Verdict
from screens.parts.markdown import plain
from screens.workbench import charts, community_card, files, filters, hotspot_table, sides
from screens.workbench.address import go, view_now
from screens.workbench.believe import card, features
from screens.workbench.bench import Bench, long_work, open_bench, waited
from screens.workbench.bench_map import draw_map, legend
from screens.workbench.head import head
from wording import hotspots
from wording.formatting import number
from wording.review import change_words, review_map
from wording.review.names import community_names

_PLACE = "bench-change-place"
#: What the difference is shown by.
AREAS, HEAT = "areas", "heat"


def show() -> None:
    """Draw the page."""
    bench = open_bench()
    if bench is None:
        return
    _ = bench.who.words.gettext
    head(bench, _("What has changed?"))
    filters.chips(bench)
    left, right = st.columns([1, 2.5], gap="medium")
    with left:
        sides.choose(bench)
        hotspot_table.settings(bench)
        with st.expander(_("Filters")):
            filters.panel(bench, period=False)
    with right:
        if bench.review.beside is None:
            _begin(bench)
            return
        found = _compared(bench)
        if found is None:
            return
        _figures(bench, found)
        ground = _choose_ground(bench)
        _difference(bench, found, ground)
    _both(bench, ground)
    _tables(bench, found)


def _begin(bench: Bench) -> None:
    """Say that nothing is compared yet, and offer the usual comparison."""
    _ = bench.who.words.gettext
    st.info(
        _("Choose what is compared with what: two periods, campaigns or ways to find hotspots.")
    )
    st.button(
        _("Compare the first half of the time with the second"),
        key="bench-begin",
        type="primary",
        on_click=lambda: go(sides.halves(bench, view_now())),
    )


def _compared(bench: Bench) -> Compared | None:
    radius_m, least = sides.ways_of(bench.view)
    reading = comparison_reading(
        bench.who.database,
        bench.selection,
        bench.review.beside or bench.selection,
        radius_m=bench.view.radius_m,
        min_proposals=bench.view.min_proposals,
        other_radius_m=radius_m,
        other_min_proposals=least,
    )
    work = long_work(bench, reading, at_most_s=COMPARED_S)
    said = bench.who.words.gettext("Comparing A with B …")
    found: Compared | None = waited(bench, work, said, key="change")
    return found


def _figures(bench: Bench, found: Compared) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    first, second = sides.side_names(bench)
    st.markdown(f"**{plain(first)}** → **{plain(second)}**")
    counts = found.hotspots["became"].value_counts()
    told = [(_("People in A"), found.people_before), (_("People in B"), found.people_after)]
    told += [
        (name, int(counts.get(key, 0)))
        for key, name in change_words.became_names(bench.who.words).items()
    ]
    with st.container(horizontal=True, gap="small", key="bench-figures"):
        for label, value in told:
            st.metric(label, number(value, lang), border=True, width="content")


def _choose_ground(bench: Bench) -> str:
    """Let it be said what lies below the hotspots: of the same places, heat does not differ."""
    _ = bench.who.words.gettext
    if sides.kind_of(bench.view, bench.campaign.slug) == sides.WAYS:
        return AREAS
    names = {AREAS: _("Community"), HEAT: _("Heat")}
    chosen = st.segmented_control(
        _("Show the difference by"),
        list(names),
        format_func=names.__getitem__,
        default=AREAS,
        required=True,
        key="bench-change-ground",
    )
    return str(chosen or AREAS)


def _heat_layer(bench: Bench) -> dict[str, Any]:
    """Return where B has a larger or a smaller share of its proposals than A."""
    other = bench.review.beside or bench.selection
    after = _side(bench.review, other, sides.ways_of(bench.view))
    return review_map.heat_change(bench.who, bench.selection.without_spot(), after)


def _difference(bench: Bench, found: Compared, ground: str) -> None:
    place = st.session_state.get(_PLACE)
    rows = found.hotspots[found.hotspots["hotspot_id"] == place]
    bounds = None if rows.empty else tuple(float(x) for x in rows.iloc[0]["geometry"].bounds)
    below = _heat_layer(bench) if ground == HEAT else _community_layer(bench, found)
    draw_map(
        bench,
        "difference",
        [below, _place_layer(bench, found.hotspots)],
        bounds=bounds,  # type: ignore[arg-type]
        acts={},
        group="change",
    )
    _choose_place(bench, found.hotspots)


def _choose_place(bench: Bench, places: gpd.GeoDataFrame) -> None:
    """Offer the places in a list: the way to one without a pointer."""
    if places.empty:
        return
    _, lang = bench.who.words.gettext, bench.who.lang
    became = change_words.became_names(bench.who.words)
    columns = ("hotspot_id", "name", "name_en", "became")
    names = {
        str(key): f"{hotspots.place_name(name, name_en, lang)} · {became[one]}"
        for key, name, name_en, one in zip(*(places[each] for each in columns), strict=True)
    }
    key = "bench-change-list"
    kept = st.session_state.get(_PLACE)
    st.session_state[key] = kept if kept in names else None

    def chosen() -> None:
        st.session_state[_PLACE] = st.session_state[key]

    st.selectbox(
        _("Look at a place: choose it here, in the chart or in the table"),
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder=_("Choose a hotspot"),
        key=key,
        on_change=chosen,
    )


def _place_layer(bench: Bench, places: gpd.GeoDataFrame) -> dict[str, Any]:
    words, lang = bench.who.words, bench.who.lang
    named = change_words.became_names(words)
    cells = {}
    for row in places.to_dict("records"):
        name = hotspots.place_name(row["name"], row["name_en"], lang)
        change = f"{row['people_before']} → {row['people_after']}"
        parts = [name, named[row["became"]], change]
        parts.append(change_words.change_names(words)[row["verdict"]])
        cells[str(row["hotspot_id"])] = [row["became"], " · ".join(filter(None, parts))]
    there = set(places["became"])
    return {
        "kind": "judged",
        "key": "places",
        "shown": True,
        "opacity": 100,
        "by": "place",
        "data": features(places, "hotspot_id", "place"),
        "cells": cells,
        "legend": [{"key": key, "text": text} for key, text in named.items() if key in there],
    }


def _community_layer(bench: Bench, found: Compared) -> dict[str, Any]:
    """Return the communities: with more or fewer people where that is more than chance."""
    _, words = bench.who.words.gettext, bench.who.words
    frame, named = found.communities, community_names(bench.who, found.communities)
    texts = {
        "more": _("More people in B, more than chance"),
        "fewer": _("Fewer people in B, more than chance"),
        "not_significant": _("May be chance"),
        "too_few": _("Too few people to tell"),
    }
    cells = {}
    columns = ["code", "people_before", "people_after", "verdict"]
    for row in frame[columns].to_dict("records"):
        told = change_words.change_names(words)[row["verdict"]]
        change = f"{named[row['code']]} · {row['people_before']} → {row['people_after']} · {told}"
        cells[str(row["code"])] = [_look(row, found), change]
    there = {look for look, _said in cells.values()}
    slug = (bench.review.beside or bench.selection).campaign.slug
    return {
        "kind": "judged",
        "key": "areas",
        "shown": True,
        "opacity": 80,
        "by": "code",
        "url": f"/api/campaigns/{slug}/communities.geojson",
        "cells": cells,
        "legend": [{"key": key, "text": text} for key, text in texts.items() if key in there],
    }


def _look(row: dict[Any, Any], found: Compared) -> str:
    """Return how a community is drawn: by its share of all people on each side."""
    if row["verdict"] == Verdict.SIGNIFICANT:
        before = row["people_before"] * max(found.people_after, 1)
        after = row["people_after"] * max(found.people_before, 1)
        return "more" if after > before else "fewer"
    return "too_few" if row["verdict"] == Verdict.TOO_FEW else "not_significant"


def _both(bench: Bench, ground: str) -> None:
    """Draw A and B beside each other, in the same classes or, of heat, on the same scale."""
    other = bench.review.beside
    if other is None:
        return
    pair = [bench.selection, other]
    breaks = review_map.breaks_of(bench.who, bench.review, pair)
    radius_m, least = sides.ways_of(bench.view)
    ways = [(bench.view.radius_m, bench.view.min_proposals), (radius_m, least)]
    titles = sides.side_names(bench)
    shown = {"hotspots", "heat" if ground == HEAT else "communities"} | _further(bench)
    for column, key, side, beside, way, title in zip(
        st.columns(2, gap="small"), ("a", "b"), pair, pair[::-1], ways, titles, strict=True
    ):
        with column:
            st.markdown(f"**{plain(title)}**")
            review = _side(bench.review, side, way)
            layers = review_map.layer_descriptions(bench.who, review, breaks, beside)
            drawn = [{**one, "shown": True} for one in layers if one["key"] in shown]
            mine, named = Bench(bench.who, review), f"-{key}"
            acts = {"community": partial(community_card.asked_for, side=named)}
            draw_map(mine, f"side{named}", drawn, group="change", acts=acts)
            community_card.choose(mine, side=named)
    if ground == AREAS:
        legend(bench, breaks)


def _further(bench: Bench) -> set[str]:
    """Return the further layers that the view asks for, to be on A and B as well."""
    asked = {key for key, _opacity in bench.view.layers or ()}
    return asked - {"communities", "heat", "hotspots"}


def _side(review: Review, side: Any, way: tuple[float, int]) -> Review:
    asked = replace(
        review.asked,
        campaign=side.campaign.slug,
        radius_m=way[0],
        min_proposals=way[1],
        beside=None,
    )
    return replace(review, asked=asked, selection=side.without_spot(), beside=None)


def _tables(bench: Bench, found: Compared) -> None:
    _ = bench.who.words.gettext
    st.subheader(_("Hotspots"), anchor=False)
    if found.hotspots.empty:
        st.info(_("Neither side has a hotspot. Try a larger distance or a smaller number."))
    else:
        _points(bench, found.hotspots)
        _places(bench, found.hotspots)
    if found.shared:
        said = _("{n} proposals are on both sides, so that chance cannot be told.")
        st.caption(said.format(n=number(found.shared, bench.who.lang)))
    if found.card is not None:
        card(bench, found.card, _("Hotspots and communities"))
    st.subheader(_("Communities"), anchor=False)
    _communities(bench, found)
    if found.change is not None:
        card(bench, found.change.card, _("Change anywhere"))
    files.ways_on(bench)


def _points(bench: Bench, places: gpd.GeoDataFrame) -> None:
    """Draw each place by its people on both sides."""
    _, named = bench.who.words.gettext, change_words.became_names(bench.who.words)
    chosen = st.session_state.get(_PLACE)
    pairs = zip(places["name"], places["name_en"], strict=True)
    points = pd.DataFrame(
        {
            "key": places["hotspot_id"].astype(str),
            "x": places["people_before"],
            "y": places["people_after"],
            "kind": [named[one] for one in places["became"]],
            "name": [hotspots.place_name(*pair, bench.who.lang) for pair in pairs],
            "chosen": places["hotspot_id"] == chosen,
        }
    )
    charts.points(
        "change",
        points,
        _choose,
        titles=(_("People in A"), _("People in B")),
        kinds=tuple(named.values()),
        looks=charts.CHANGES,
    )


def _choose(view: Any, place: str) -> Any:
    kept = st.session_state.get(_PLACE)
    st.session_state[_PLACE] = None if kept == place else place
    return view


def _places(bench: Bench, places: gpd.GeoDataFrame) -> None:
    _, words, lang = bench.who.words.gettext, bench.who.words, bench.who.lang
    pairs = zip(places["name"], places["name_en"], strict=True)
    told = list(zip(places["verdict"], places["effect"], strict=True))
    shown = pd.DataFrame(
        {
            _("Place"): [hotspots.place_name(*pair, lang) for pair in pairs],
            _("Change"): [change_words.became_names(words)[one] for one in places["became"]],
            _("People in A"): places["people_before"].to_numpy(),
            _("People in B"): places["people_after"].to_numpy(),
            _("Rank in A"): places["rank_before"].to_numpy(),
            _("Rank in B"): places["rank_after"].to_numpy(),
            _("More than chance?"): [change_words.change_names(words)[one] for one, _x in told],
            _("Why"): [change_words.change_sentence(words, lang, *one) for one in told],
        }
    )
    ids, key = [str(one) for one in places["hotspot_id"]], f"bench-change-{len(places)}-{lang}"

    def picked() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        st.session_state[_PLACE] = ids[rows[0]] if rows else None

    st.dataframe(
        shown,
        hide_index=True,
        height=files.table_height(len(ids)),
        key=key,
        on_select=picked,
        selection_mode="single-row",
    )
    files.table_file(bench, shown, f"{bench.campaign.slug}-change")


def _communities(bench: Bench, found: Compared) -> None:
    _, words = bench.who.words.gettext, bench.who.words
    frame, named = found.communities, community_names(bench.who, found.communities)
    verdicts = change_words.change_names(words)
    shown = pd.DataFrame(
        {
            _("Community"): [named[str(code)] for code in frame["code"]],
            _("People in A"): frame["people_before"].to_numpy(),
            _("People in B"): frame["people_after"].to_numpy(),
            _("Difference per 1,000 residents"): frame["difference"].astype("Float64").round(2),
            _("More than chance?"): [verdicts[one] for one in frame["verdict"]],
        }
    )
    ordered = shown.sort_values(
        shown.columns[3], ascending=False, kind="stable", na_position="last"
    )
    st.dataframe(ordered, hide_index=True, height=files.TABLE_PX)
    files.table_file(bench, ordered, f"{bench.campaign.slug}-communities")
