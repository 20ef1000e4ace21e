"""What is to be built, where it may stand, and for whom: the left side of the page."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analysis.scenarios.places import MASKS, SOURCES, choices
from analysis.scenarios.plan import (
    BEGUN,
    GRID,
    MOST_MARKED,
    SPACING_M,
    WITHIN_M,
    Kind,
    Plan,
    Weighing,
)
from analysis.scenarios.sited import Sited
from geo.siting.problem import Model
from screens.workbench.bench import Bench
from screens.workbench.site import limits
from screens.workbench.site.plan_in_address import bound_part, go_to, plan_now
from wording.review import siting_words


def panel(bench: Bench) -> None:
    """Draw what a plan is made of."""
    _, plan = bench.who.words.gettext, plan_now(bench)
    kinds = siting_words.kinds(bench.who.words)
    st.radio(
        _("What is to be built?"), list(kinds), format_func=kinds.__getitem__, **_kind_bound(bench)
    )
    titles = _titles(bench)
    sources = {**{name: titles[name] for name in _sources(titles)}, GRID: _("A grid over the area")}
    st.multiselect(
        _("Where could it stand?"),
        list(sources),
        format_func=lambda one: sources.get(one, one),
        placeholder=_("Choose"),
        **bound_part(bench, "sources", lambda given: given or ["idle_plots"]),
    )
    masks = {name: titles[name] for name in titles if name in MASKS or name.startswith("u")}
    st.multiselect(
        _("Where may nothing stand?"),
        list(masks),
        format_func=lambda one: masks.get(one, one),
        placeholder=_("Choose"),
        **bound_part(bench, "masks"),
    )
    st.slider(
        _("How far will people walk (metres)?"), *WITHIN_M, step=50, **bound_part(bench, "within_m")
    )
    limits.panel(bench)
    with st.expander(_("More choices")):
        _more(bench, plan)


def _more(bench: Bench, plan: Plan) -> None:
    _ = bench.who.words.gettext
    models = siting_words.models(bench.who.words)
    st.selectbox(
        _("What is sought?"),
        list(models),
        format_func=models.__getitem__,
        **bound_part(bench, "model", Model),
    )
    weighing = siting_words.weighings(bench.who.words)
    st.selectbox(
        _("What counts?"),
        list(weighing),
        format_func=weighing.__getitem__,
        **bound_part(bench, "weighing", Weighing),
    )
    st.toggle(_("Walk along the roads of the map"), **bound_part(bench, "walked"))
    if plan.walked:
        st.caption(
            _(
                "The map's roads may be the main ones alone: ways through housing estates are "
                "missing, and distances come out too long."
            )
        )
    st.toggle(
        _("Count what is there today as open"),
        **bound_part(
            bench,
            "existing",
            lambda on: BEGUN[plan_now(bench).kind].existing if on else "",
            shown=bool,
        ),
    )
    st.slider(
        _("Along roads and in the grid, a place every so many metres"),
        *SPACING_M,
        step=50,
        **bound_part(bench, "spacing_m"),
    )


def fixed(bench: Bench, sited: Sited) -> None:
    """Let places be fixed or ruled out in a list; a tap on the map does the same."""
    _, plan = bench.who.words.gettext, plan_now(bench)
    names = siting_words.free_names(bench.who, sited)
    offered = [*dict.fromkeys([*plan.must, *plan.must_not, *names])]
    for part, label in (("must", _("These in any case")), ("must_not", _("Never these"))):
        other = plan.must_not if part == "must" else plan.must
        st.multiselect(
            label,
            [one for one in offered if one not in other],
            format_func=lambda one: names.get(one, one),
            max_selections=MOST_MARKED,
            placeholder=_("Choose"),
            **bound_part(bench, part),
        )


def tapped(bench: Bench, key: str, existing: frozenset[str]) -> None:
    """Mark a place that was tapped: in any case, then never, then as it was."""
    plan = plan_now(bench)
    if key in existing:
        return
    must, never = set(plan.must), set(plan.must_not)
    if key in must:
        must.discard(key)
        never.add(key)
    elif key in never:
        never.discard(key)
    else:
        must.add(key)
    if max(len(must), len(never)) <= MOST_MARKED:
        go_to(replace(plan, must=tuple(must), must_not=tuple(never)))


def _kind_bound(bench: Bench) -> dict[str, object]:
    key = "bench-site-kind"
    st.session_state[key] = plan_now(bench).kind

    def changed() -> None:
        go_to(BEGUN[Kind(st.session_state[key])])

    return {"key": key, "on_change": changed}


def _titles(bench: Bench) -> dict[str, str]:
    names = dict.fromkeys((*SOURCES, *MASKS))
    with bench.who.database.reading() as session:
        found = choices(session, bench.who.actor, bench.campaign, list(names))
    return {one.key: bench.who.said(one.title) for one in found}


def _sources(titles: dict[str, str]) -> list[str]:
    return [name for name in titles if name in SOURCES or name.startswith("u")]
