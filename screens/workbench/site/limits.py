"""What places cost and hold, and what there is to spend: a part of the left side of the page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analysis.scenarios.places import amounts_offered
from analysis.scenarios.plan import MOST_AMOUNT, Plan
from core.errors import NotFoundError
from geo.siting.problem import Model
from screens.parts.markdown import plain
from screens.workbench.bench import Bench
from screens.workbench.site.plan_in_address import bound_part, plan_now


def panel(bench: Bench) -> None:
    """Draw it; what a model cannot heed is not offered with it."""
    _, plan = bench.who.words.gettext, plan_now(bench)
    with st.expander(_("Costs, budget and how much a place holds"), expanded=plan.has_limits):
        columns = _columns(bench, plan)
        _amount(bench, "cost", _("What one place costs"), help=_("In any unit, such as yuan."))
        _column(bench, "cost_column", _("Costs from a column of the layer"), columns)
        if plan.model is Model.MEDIAN:
            st.caption(
                _(
                    "The shortest way in sum is sought without a budget and without limits to what "
                    "places hold. To set them, choose something else under “What is sought?”."
                )
            )
            return
        if plan.has_cost:
            _budget(bench, plan)
        _amount(
            bench,
            "capacity",
            _("How much one new place holds"),
            help=_(
                "Counted as what counts: people, or people and supports. Whoever made several "
                "proposals counts in equal parts at each."
            ),
        )
        _column(bench, "capacity_column", _("How much, from a column of the layer"), columns)
        if plan.has_capacity:
            st.caption(_("Places that are there today have no limit, unless the column names one."))


def _budget(bench: Bench, plan: Plan) -> None:
    _ = bench.who.words.gettext
    _amount(bench, "budget", _("Budget for all new places"), help=_("In the same unit."))
    if plan.budget and plan.model is not Model.COVER:
        st.toggle(
            _("As many places as the budget allows"), **bound_part(bench, "budget_alone", bool)
        )


def _amount(bench: Bench, name: str, label: str, *, help: str) -> None:
    bound = bound_part(bench, name, lambda given: float(given or 0.0), shown=lambda v: v or None)
    settings: dict[str, Any] = {"value": None, "min_value": 0.0, "max_value": MOST_AMOUNT}
    st.number_input(label, step=1.0, format="%0.10g", help=plain(help), **settings, **bound)


def _column(bench: Bench, name: str, label: str, columns: tuple[str, ...]) -> None:
    now = getattr(plan_now(bench), name)
    offered = ["", *dict.fromkeys([*columns, *([now] if now else [])])]
    if len(offered) == 1:
        return
    none = bench.who.words.gettext("none")
    st.selectbox(
        label, offered, format_func=lambda one: plain(one) or none, **bound_part(bench, name)
    )


def _columns(bench: Bench, plan: Plan) -> tuple[str, ...]:
    try:
        with bench.who.database.reading() as session:
            return amounts_offered(session, bench.who.actor, bench.campaign, plan)
    except NotFoundError:  # a layer that is not there: the page says so
        return ()
