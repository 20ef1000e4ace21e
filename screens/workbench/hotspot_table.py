"""Hotspots in a table: how they are found, which are listed, and the one that is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from analysis.filter import Spot
from analysis.hotspots.hotspot_list import MOST_PRINTED, ORDERS, is_on_one_point, listed
from analysis.view import View
from geo.hotspots import Hotspots
from screens.parts.markdown import plain
from screens.workbench import files
from screens.workbench.address import bound, go, narrowed, view_now
from screens.workbench.bench import Bench
from wording import hotspots
from wording.formatting import day, percent
from wording.review.names import category_names

#: How hotspots may be found here, as ``analysis.filter`` allows.
RADIUS_M, LEAST = (20, 300), (3, 100)
NONCE = "bench-hotspots-anew"


def settings(bench: Bench) -> None:
    """Let it be said how hotspots are found."""
    _ = bench.who.words.gettext
    view = bench.view
    st.slider(
        _("How close proposals must be to form a hotspot (metres)"),
        *RADIUS_M,
        step=5,
        **bound("bench-radius", _whole(view.radius_m, RADIUS_M), _radius),
    )
    st.slider(
        _("How many proposals make a hotspot, at least"),
        *LEAST,
        **bound("bench-least", _whole(view.min_proposals, LEAST), _least),
    )


def _whole(value: float, bounds: tuple[int, int]) -> int:
    return min(max(round(value), bounds[0]), bounds[1])


def _radius(view: View, metres: int) -> View:
    return replace(narrowed(view, spot=None), radius_m=float(metres))


def _least(view: View, number: int) -> View:
    return replace(narrowed(view, spot=None), min_proposals=number)


def chosen_on_map(view: View, hotspot_id: str) -> View:
    """Return a view narrowed to a hotspot, or without it if it was."""
    st.session_state[NONCE] = st.session_state.get(NONCE, 0) + 1
    return with_spot(view, hotspot_id)


def with_spot(view: View, hotspot_id: str) -> View:
    """Return a view narrowed to a hotspot, or without it if it was."""
    spot = view.narrow.spot
    if spot is not None and spot.hotspot_id == hotspot_id:
        return narrowed(view, spot=None)
    return narrowed(view, spot=Spot(hotspot_id, view.radius_m, view.min_proposals))


def choose(bench: Bench, frame: pd.DataFrame) -> None:
    """Offer the hotspots in a list: the way to one without a pointer. None of them: all."""
    if frame.empty:
        return
    _, words = bench.who.words.gettext, bench.who.words
    told = zip(frame["hotspot_id"], frame["rank"], frame["name"], frame["name_en"], strict=True)
    names = {
        str(key): hotspots.heading(words, rank, hotspots.place_name(name, name_en, bench.who.lang))
        for key, rank, name, name_en in told
    }
    spot = bench.view.narrow.spot
    st.selectbox(
        _("Look at a hotspot: tap it on the map, or choose it here"),
        list(names),
        format_func=names.__getitem__,
        placeholder=_("Choose a hotspot"),
        index=None,
        **bound("bench-spot", spot.hotspot_id if spot and spot.hotspot_id in names else None, only),
    )
    if bench.has_desk and spot is not None:
        page = bench.review.hotspot(spot.hotspot_id)
        files.links_to([(_("The hotspot's page: make it a topic, note what you see"), page)])


def only(view: View, hotspot_id: str | None) -> View:
    """Return a view narrowed to a hotspot; None: to none of them."""
    st.session_state[NONCE] = st.session_state.get(NONCE, 0) + 1
    spot = Spot(hotspot_id, view.radius_m, view.min_proposals) if hotspot_id else None
    return narrowed(view, spot=spot)


def order(bench: Bench, found: Hotspots) -> None:
    """Let it be said which hotspots are listed, in which order, and how many a brief prints."""
    _ = bench.who.words.gettext
    spots = bench.view.spots
    orders = dict(zip(ORDERS, hotspots.order_names(bench.who.words), strict=True))
    places = {one["key"]: one["name"] for one in bench.fields["communities"]}
    there = [key for key in places if key in set(found.frame["community"].dropna())]
    cells = st.columns(4)
    with cells[0]:
        st.selectbox(_("Order"), ORDERS, format_func=orders.__getitem__, **_spots("by", spots.by))
    with cells[1]:
        _one_of(bench, _("Community"), {key: places[key] for key in there}, "community")
    with cells[2]:
        kinds = {one["key"]: one["name"] for one in bench.fields["categories"]}
        _one_of(bench, _("Mostly about"), kinds, "category")
    with cells[3]:
        st.number_input(
            _("How many in the brief"), 1, MOST_PRINTED, **_spots("printed", spots.printed)
        )
    st.checkbox(_("Only those that are more than chance"), **_spots("sure", spots.sure))


def _one_of(bench: Bench, label: str, names: dict[str, str], part: str) -> None:
    names = {"": bench.who.words.gettext("All"), **names}
    value = getattr(bench.view.spots, part)
    st.selectbox(
        label,
        list(names),
        format_func=names.__getitem__,
        **_spots(part, value if value in names else ""),
    )


def _spots(part: str, value: Any) -> dict[str, Any]:
    return bound(
        f"bench-spots-{part}",
        value,
        lambda view, said: replace(view, spots=replace(view.spots, **{part: said})),
    )


def table(bench: Bench, frame: pd.DataFrame, *, why: bool = False) -> None:
    """List hotspots; a row that is chosen narrows the view to it.

    ``frame`` as ``hotspot_list.judged`` returns it; ``why``: say of each why it is judged so.
    """
    _ = bench.who.words.gettext
    if frame.empty:
        st.info(_("No place is this dense. Try a larger distance or a smaller number."))
        return
    rows = listed(frame, bench.view.spots)
    if rows.empty:
        st.info(_("No hotspot is like that. Choose another community or another category."))
        return
    shown = _shown(bench, rows, why=why)
    _frame(bench, shown, [str(one) for one in rows["hotspot_id"]])
    notes = [hotspots.verdicts_meaning(bench.who.words)]
    if any(map(is_on_one_point, rows["largest_shared_point"], rows["proposals"])):
        notes.append(hotspots.one_point_meaning(bench.who.words))
    st.caption("  \n".join(map(plain, notes)))
    files.table_file(bench, shown, f"{bench.campaign.slug}-hotspots")


def _shown(bench: Bench, rows: pd.DataFrame, *, why: bool) -> pd.DataFrame:
    words, lang = bench.who.words, bench.who.lang
    _, verdicts = words.gettext, hotspots.verdict_names(words)
    pairs = zip(rows["name"], rows["name_en"], strict=True)
    shown = pd.DataFrame(
        {
            _("Rank"): rows["rank"].to_numpy(),
            _("Place"): [hotspots.place_name(*pair, lang) for pair in pairs],
            _("People"): rows["people"].to_numpy(),
            _("Proposals"): rows["proposals"].to_numpy(),
            _("Times"): rows["effect"].round(1).to_numpy(),
            _("More than chance?"): [verdicts[one] for one in rows["verdict"]],
            _("On one point"): rows["largest_shared_point"].to_numpy(),
        }
    )
    if why:
        told = zip(rows["verdict"], rows["effect"], strict=True)
        shown[_("Why")] = [hotspots.verdict_sentence(words, lang, *one) for one in told]
    return shown


def _frame(bench: Bench, shown: pd.DataFrame, ids: list[str]) -> None:
    spot = bench.view.narrow.spot
    at = ids.index(spot.hotspot_id) if spot is not None and spot.hotspot_id in ids else None
    key = f"bench-hotspots-{st.session_state.get(NONCE, 0)}-{len(ids)}-{bench.who.lang}"

    def picked() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        now = view_now()
        if rows:
            go(with_spot(narrowed(now, spot=None), ids[rows[0]]))
        else:
            go(narrowed(now, spot=None))

    st.dataframe(
        shown,
        hide_index=True,
        height=files.table_height(len(ids)),
        key=key,
        on_select=picked,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [] if at is None else [at]}},
        column_config={
            shown.columns[0]: st.column_config.NumberColumn(width="small"),
            shown.columns[1]: st.column_config.TextColumn(width="large"),
        },
    )


def one(bench: Bench, found: Hotspots) -> None:
    """Say what there is to say of the hotspot that the view is narrowed to."""
    spot = bench.view.narrow.spot
    if spot is None:
        return
    _, words, lang = bench.who.words.gettext, bench.who.words, bench.who.lang
    rows = found.frame[found.frame["hotspot_id"] == spot.hotspot_id]
    if rows.empty:
        st.warning(_("a hotspot that is none any more"))
        return
    row = rows.iloc[0]
    place = hotspots.place_name(row["name"], row["name_en"], lang)
    st.subheader(plain(hotspots.heading(words, int(row["rank"]), place)), anchor=False)
    said = _("From {first} to {last}").format(
        first=day(row["first"], lang), last=day(row["last"], lang)
    )
    names = category_names(bench.who, bench.campaign)
    about = [
        f"{names.get(key, key)} {percent(float(share), lang)}"
        for key, share in row["categories"].items()
    ]
    st.caption(plain(" · ".join([said, *about])))
    shared = int(row["largest_shared_point"]), int(row["proposals"])
    if warned := hotspots.one_point_note(words, lang, *shared):
        st.warning(plain(warned))
