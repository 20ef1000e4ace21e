"""Site: where something should be built for those who speak up, and who is left without."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from analysis.scenarios.outcome import Outcome
from analysis.scenarios.sited import SITED_S, Sited, sited_reading
from core.errors import LuJianError
from screens.parts.markdown import plain
from screens.workbench import filters
from screens.workbench.bench import Bench, long_work, open_bench, waited
from screens.workbench.head import head
from screens.workbench.site import compared, controls, curve, kept, site_map, tables
from screens.workbench.site.plan_in_address import go_to, number_now, plan_now, text_of
from wording.error_messages import sentence_of
from wording.formatting import number, percent
from wording.review import siting_words


def show() -> None:
    """Draw the page."""
    bench = open_bench()
    if bench is None:
        return
    _ = bench.who.words.gettext
    head(bench, _("Where should it go?"))
    filters.chips(bench)
    left, right = st.columns([1, 2.5], gap="medium")
    with left:
        controls.panel(bench)
    with right:
        sited = _sited(bench)
        outcome = _outcome(bench, sited)
    with left:
        if sited is not None:
            controls.fixed(bench, sited)
        with st.expander(_("Filters")):
            filters.panel(bench, measure=False)
    if sited is not None and outcome is not None:
        _tabs(bench, sited, outcome)


def _sited(bench: Bench) -> Sited | None:
    plan = plan_now(bench)
    try:
        reading = sited_reading(bench.who.database, bench.selection, plan)
    except LuJianError as problem:
        st.warning(plain(sentence_of(problem, bench.who.words)))
        return None
    said = bench.who.words.gettext("Trying choices of places …")
    key = f"site-{text_of(plan)}"
    found: Sited | None = waited(bench, long_work(bench, reading, at_most_s=SITED_S), said, key=key)
    return found


def _outcome(bench: Bench, sited: Sited | None) -> Outcome | None:
    """Draw figures, map and curve; return what is looked at."""
    if sited is None:
        return None
    outcome = sited.outcome(number_now())
    if outcome is None:
        st.warning(plain(siting_words.reasons(bench.who.words)[sited.reason]))
        return None
    _choose_number(bench, sited)
    _figures(bench, sited, outcome)
    st.caption(plain(_said(bench, sited, outcome)))
    site_map.draw(bench, sited, outcome)
    curve.draw(bench, sited, outcome)
    return outcome


def _choose_number(bench: Bench, sited: Sited) -> None:
    solved = sorted(one for one in sited.outcomes if one > 0)
    if not sited.plan.is_curve or len(solved) < 2:
        return
    key = "bench-site-number"
    st.session_state[key] = min(max(number_now(), solved[0]), solved[-1])
    st.slider(
        bench.who.words.gettext("How many new places"),
        solved[0],
        solved[-1],
        key=key,
        on_change=lambda: go_to(number=st.session_state[key]),
    )


def _figures(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    _, who = bench.who.words.gettext, bench.who
    today = sited.outcomes[0]
    share = percent(outcome.people / max(sited.people, 1), who.lang)
    money = [(_("Cost"), siting_words.amount(who, outcome.cost))] if sited.plan.has_cost else []
    if sited.plan.budget and outcome.cost is not None:
        left = sited.plan.budget - outcome.cost
        money.append((_("Not spent"), siting_words.amount(who, left)))
    with st.container(horizontal=True, gap="small", key="bench-figures"):
        for label, told in (
            (_("New places"), number(len(outcome.chosen), who.lang)),
            (_("People served"), siting_words.few(who, outcome.people)),
            (_("Share of people"), share),
            (_("Served today"), siting_words.few(who, today.people)),
            (_("Not served"), siting_words.few(who, sited.people - outcome.people)),
            *money,
        ):
            st.metric(label, told, border=True, width="content")


def _said(bench: Bench, sited: Sited, outcome: Outcome) -> str:
    _, who = bench.who.words.gettext, bench.who
    told = [
        siting_words.proof(who, sited, outcome),
        siting_words.way_measured(who, sited),
        _("Worked out in {n} s.").format(n=number(outcome.seconds, who.lang, 2)),
    ]
    names = siting_words.mask_names(who.words)
    for reason, count in sorted(sited.blocked.items()):
        told.append(
            _("Left out: {n} places {why}.").format(
                n=number(count, who.lang), why=names.get(reason, _("on a layer of the office"))
            )
        )
    if sited.plan.has_capacity:
        told.append(siting_words.limits(who, sited, outcome))
    return " ".join(told)


def _tabs(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    _ = bench.who.words.gettext
    parts: list[tuple[str, Callable[[], None]]] = [
        (_("Places"), partial(tables.places, bench, sited, outcome)),
        (_("Communities"), partial(tables.communities, bench, sited, outcome)),
        (_("Compare"), partial(compared.draw, bench, sited, outcome)),
        (_("Keep and pass on"), partial(kept.draw, bench, sited, outcome)),
    ]
    shown = st.tabs(
        [plain(name) for name, _draw in parts], key="bench-site-tabs", on_change="rerun"
    )
    for tab, (_name, draw) in zip(shown, parts, strict=True):
        with tab:
            if tab.open:
                draw()
