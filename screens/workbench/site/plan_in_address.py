"""A plan and a number of sites stand in the address; widgets show them and change them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from analysis.scenarios.plan import BEGUN, MOST_SITES, Kind, Plan, read_plan
from core.errors import InvalidError
from screens.parts.visitor import pairs_asked
from screens.workbench.bench import Bench

PLAN, NUMBER = "plan", "sites"
BEGIN_WITH = 5


def plan_now(bench: Bench) -> Plan:
    """Return the plan of the address; else a usual one."""
    text = dict(pairs_asked()).get(PLAN, "")
    try:
        told = json.loads(text[:4_000])
        return read_plan({**BEGUN[Kind(told["kind"])].told(), **told})
    except (ValueError, TypeError, KeyError, InvalidError):
        return BEGUN[usual_kind(bench)]


def usual_kind(bench: Bench) -> Kind:
    """Return what a campaign is most likely about."""
    keys = {one["key"] for one in bench.campaign.categories}
    return Kind.BIKE_PARKING if "bike_parking" in keys else Kind.MICRO_PARK


def number_now() -> int:
    """Return how many sites are looked at."""
    text = dict(pairs_asked()).get(NUMBER, "")
    return min(max(int(text), 1), MOST_SITES) if text.isdigit() else BEGIN_WITH


def text_of(plan: Plan) -> str:
    """Return a plan as it stands in an address: what differs from the usual one."""
    usual = BEGUN[plan.kind].told()
    told = {name: value for name, value in plan.told().items() if value != usual[name]}
    return json.dumps({"kind": str(plan.kind), **told}, separators=(",", ":"))


def address_of(query: str, plan: Plan, number: int) -> str:
    """Return the address of the page with a view, a plan and a number of sites."""
    return f"/site?{query}&{urlencode({PLAN: text_of(plan), NUMBER: number})}"


def go_to(plan: Plan | None = None, number: int | None = None) -> None:
    """Write a plan, or a number of sites, into the address."""
    changes = {PLAN: text_of(plan) if plan else "", NUMBER: str(number) if number else ""}
    for name, value in changes.items():
        if value:
            st.query_params[name] = value


def bound_part(
    bench: Bench,
    name: str,
    to_plan: Callable[[Any], Any] = lambda value: value,
    *,
    shown: Callable[[Any], Any] = lambda value: value,
) -> dict[str, Any]:
    """Return what binds a widget to a part of the plan; ``shown`` is what the widget has of it."""
    key = f"bench-site-part-{name}"
    value = shown(getattr(plan_now(bench), name))
    st.session_state[key] = list(value) if isinstance(value, tuple) else value

    def changed() -> None:
        value = to_plan(st.session_state[key])
        value = tuple(value) if isinstance(value, list) else value
        go_to(replace(plan_now(bench), **{name: value}).consistent())

    return {"key": key, "on_change": changed}
