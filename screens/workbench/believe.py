"""Believe: which hotspots, communities and cells are more than chance, by how much, and why not."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from analysis import results
from analysis.hotspots.hotspot_list import judged
from analysis.review.part_looked_at import part_bounds
from analysis.significance.cells import communities_reading, hexes_reading
from analysis.significance.hotspot_verdicts import VERDICTS_S, verdicts_reading
from geo.hotspots import Hotspots
from geo.significance.hotspot_scan import JudgedHotspots
from geo.significance.local_gi import JudgedCells
from geo.significance.verdicts import CellVerdict, MethodCard, Verdict
from screens.parts.markdown import plain
from screens.workbench import charts, community_card, files, filters, hotspot_table
from screens.workbench.bench import OLD_S, Bench, Work, long_work, open_bench, waited
from screens.workbench.bench_map import draw_map
from screens.workbench.head import head
from wording import hotspots
from wording.formatting import number
from wording.review import review_map
from wording.review.cell_words import cell_legend, cell_sentence
from wording.review.method_card import card_words
from wording.review.names import community_names
from wording.review.sure_card import reasons

#: What lies below the hotspots on the map.
COMMUNITIES, HEXES, NOTHING = "communities", "hexes", "nothing"
#: Decimals of a degree in which a cell's corners are sent to the map (0.1 m).
DECIMALS = 6


def show() -> None:
    """Draw the page."""
    bench = open_bench()
    if bench is None:
        return
    _ = bench.who.words.gettext
    head(bench, _("Is it more than chance?"))
    filters.chips(bench)
    left, right = st.columns([1, 2.5], gap="medium")
    with left:
        ground = _choose_ground(bench)
        filters.panel(bench, measure=False)
        hotspot_table.settings(bench)
    with right:
        found = waited(
            bench, Work(lambda: _hotspots(bench)), _("Looking for hotspots …"), key="believe-spots"
        )
        verdicts = _verdicts(bench)
        cells = _cells(bench, ground)
        if found is None:
            return
        frame = judged(found.frame, verdicts)
        _figures(bench, frame)
        _map(bench, found, ground, cells)
    _hotspot_part(bench, found, frame, verdicts)
    _cells_part(bench, ground, cells)


def _choose_ground(bench: Bench) -> str:
    _ = bench.who.words.gettext
    names = {
        COMMUNITIES: _("Communities"),
        HEXES: _("Cells of 200 m"),
        NOTHING: _("Only hotspots"),
    }
    chosen = st.selectbox(
        _("Also judge"), list(names), format_func=names.__getitem__, key="bench-believe-ground"
    )
    return str(chosen)


def _hotspots(bench: Bench) -> Hotspots | None:
    view = bench.view
    return results.begun_hotspots(
        bench.who.database,
        bench.selection,
        radius_m=view.radius_m,
        min_proposals=view.min_proposals,
        at_most_s=OLD_S,
    )


def _verdicts(bench: Bench) -> JudgedHotspots | None:
    view = bench.view
    reading = verdicts_reading(
        bench.who.database,
        bench.selection,
        radius_m=view.radius_m,
        min_proposals=view.min_proposals,
    )
    said = bench.who.words.gettext("Comparing each hotspot with random maps …")
    found: JudgedHotspots | None = waited(
        bench, long_work(bench, reading, at_most_s=VERDICTS_S), said, key="believe-verdicts"
    )
    return found


def _cells(bench: Bench, ground: str) -> JudgedCells | None:
    if ground == NOTHING:
        return None
    read = communities_reading if ground == COMMUNITIES else hexes_reading
    reading = read(bench.who.database, bench.selection)
    said = bench.who.words.gettext("Comparing areas with shuffled maps …")
    found: JudgedCells | None = waited(
        bench, long_work(bench, reading, at_most_s=VERDICTS_S), said, key=f"believe-{ground}"
    )
    return found


def _figures(bench: Bench, frame: pd.DataFrame) -> None:
    counts = frame["verdict"].value_counts()
    names = hotspots.verdict_names(bench.who.words)
    with st.container(horizontal=True, gap="small", key="bench-figures"):
        for verdict, name in names.items():
            if verdict or counts.get(verdict, 0):
                told = number(int(counts.get(verdict, 0)), bench.who.lang)
                st.metric(name, told, border=True, width="content")


def _map(bench: Bench, found: Hotspots, ground: str, cells: JudgedCells | None) -> None:
    described = review_map.layer_descriptions(bench.who, bench.review, [0.0])
    spots = [{**one, "shown": True} for one in described if one["key"] == "hotspots"]
    below = [] if cells is None else [_cells_layer(bench, ground, cells)]
    draw_map(
        bench,
        "believe",
        [*below, *spots],
        bounds=part_bounds(bench.who.database, bench.selection),
        acts={
            "hotspot": hotspot_table.chosen_on_map,
            "community": community_card.asked_for,
        },
    )
    first, last = st.columns(2, gap="small")
    with first:
        hotspot_table.choose(bench, found.frame)
    with last:
        community_card.choose(bench)


def _cells_layer(bench: Bench, ground: str, cells: JudgedCells) -> dict[str, Any]:
    """Return what draws judged areas: communities by address, of hexes those that stand out."""
    frame, who = cells.frame, bench.who
    names = _area_names(bench, ground, frame)
    layer: dict[str, Any] = {"kind": "judged", "key": ground, "shown": True, "opacity": 90}
    if ground == COMMUNITIES:
        layer |= {"url": f"/api/campaigns/{bench.campaign.slug}/communities.geojson", "by": "code"}
    else:
        frame = frame[frame["verdict"].isin([CellVerdict.HOT, CellVerdict.COLD])]
        layer |= {"data": features(frame, "cell", "cell"), "by": "cell"}
    columns = frame[["cell", "people", "effect", "verdict"]].itertuples(index=False)
    layer["cells"] = {
        str(row.cell): [
            str(row.verdict),
            f"{names[str(row.cell)]} · "
            + cell_sentence(who.words, who.lang, row.verdict, row.people, row.effect),
        ]
        for row in columns
    }
    there = set(frame["verdict"])
    legend = cell_legend(who.words).items()
    layer["legend"] = [{"key": str(k), "text": text} for k, text in legend if k in there]
    return layer


def features(frame: gpd.GeoDataFrame, column: str, name: str) -> dict[str, Any]:
    """Return areas as GeoJSON for the map, each with a column under a name."""
    shapes = shapely.set_precision(frame.geometry.to_numpy(), 10.0**-DECIMALS)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {name: str(key)},
                "geometry": shapely.geometry.mapping(shape),
            }
            for key, shape in zip(frame[column], shapes, strict=True)
        ],
    }


def _area_names(bench: Bench, ground: str, frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Return what the areas are called; cells of a grid by where their middle lies."""
    if ground == COMMUNITIES:
        counts = results.community_counts(bench.who.database, bench.selection, at_most_s=OLD_S)
        return community_names(bench.who, counts.frame)
    middles = frame.geometry.representative_point()
    return {
        str(cell): f"{middle.x:.4f}, {middle.y:.4f}"
        for cell, middle in zip(frame["cell"], middles, strict=True)
    }


def _hotspot_part(
    bench: Bench, found: Hotspots, frame: pd.DataFrame, verdicts: JudgedHotspots | None
) -> None:
    _ = bench.who.words.gettext
    st.subheader(_("Hotspots"), anchor=False)
    if verdicts is not None and not frame.empty:
        _effects(bench, frame)
    hotspot_table.order(bench, found)
    hotspot_table.table(bench, frame, why=True)
    hotspot_table.one(bench, found)
    spot = bench.view.narrow.spot
    if verdicts is None:
        return
    if spot is not None and spot.hotspot_id in verdicts.frame.index:
        row = verdicts.frame.loc[spot.hotspot_id]
        said = [
            hotspots.verdict_sentence(
                bench.who.words, bench.who.lang, row["verdict"], row["effect"]
            )
        ]
        st.markdown(
            "\n".join(f"- {plain(one)}" for one in said + reasons(bench.who, row, verdicts))
        )
    card(bench, verdicts.card, _("Hotspots"))
    label = plain(_("Hotspots with verdicts ({format})").format(format="GeoJSON"))
    st.link_button(label, bench.view.file("hotspots.geojson"), icon=":material/download:")
    files.ways_on(bench)


def _effects(bench: Bench, frame: pd.DataFrame) -> None:
    """Draw each hotspot by its people and by how many times as many as around it they are."""
    _, lang = bench.who.words.gettext, bench.who.lang
    names = hotspots.verdict_names(bench.who.words)
    spot = bench.view.narrow.spot
    rows = frame[frame["effect"].notna()]
    points = pd.DataFrame(
        {
            "key": rows["hotspot_id"].astype(str),
            "x": rows["people"],
            "y": rows["effect"].round(2),
            "kind": [names[one] for one in rows["verdict"]],
            "name": [
                hotspots.heading(
                    bench.who.words,
                    int(row.rank),
                    hotspots.place_name(row.name_zh, row.name_en, lang),
                )
                for row in rows.rename(columns={"name": "name_zh"}).itertuples(index=False)
            ],
            "chosen": [spot is not None and one == spot.hotspot_id for one in rows["hotspot_id"]],
        }
    )
    charts.points(
        "effects",
        points,
        hotspot_table.chosen_on_map,
        titles=(_("People"), _("Times")),
        kinds=tuple(names[one] for one in Verdict),
        looks=charts.VERDICTS,
        wide=True,
    )


def _cells_part(bench: Bench, ground: str, cells: JudgedCells | None) -> None:
    _, who = bench.who.words.gettext, bench.who
    if cells is None:
        return
    title = _("Communities") if ground == COMMUNITIES else _("Cells of 200 m")
    st.subheader(title, anchor=False)
    frame = cells.frame
    if ground == HEXES:
        frame = frame[frame["verdict"].isin([CellVerdict.HOT, CellVerdict.COLD])]
    names, told = _area_names(bench, ground, frame), cell_legend(who.words)
    rows = frame.sort_values("z", ascending=False, kind="stable")
    shown = pd.DataFrame(
        {
            _("Place"): [names[str(cell)] for cell in rows["cell"]],
            _("People"): rows["people"].to_numpy(),
            _("Times"): rows["effect"].round(2).to_numpy(),
            _("More than chance?"): [told[one] for one in rows["verdict"]],
            "z": rows["z"].round(2).to_numpy(),
            "p": rows["p_value"].round(4).to_numpy(),
        }
    )
    if shown.empty:
        st.info(_("No cell stands out."))
    else:
        st.dataframe(shown, hide_index=True, height=files.table_height(len(shown)))
        files.table_file(bench, shown, f"{bench.campaign.slug}-{ground}")
    card(bench, cells.card, title)


def card(bench: Bench, told: MethodCard, of: str) -> None:
    """Say how sure a result is: the method, what it was told, what was counted and left out."""
    words = card_words(bench.who.words, bench.who.lang, told)
    with st.expander(f"{words.title} ({plain(of)})"):
        st.write(plain(words.method))
        st.table(pd.DataFrame(words.rows, columns=["", " "]).set_index(""))
