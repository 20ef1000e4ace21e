"""The address of a page is its state: widgets show what it says, and change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from analysis.filter import ANSWER, SPOT_NAMES, Filter
from analysis.filter import NAMES as FILTER_NAMES
from analysis.view import NAMES as VIEW_NAMES
from analysis.view import View
from screens.parts.visitor import pairs_asked

_OURS = frozenset({*VIEW_NAMES, *FILTER_NAMES, *SPOT_NAMES})


def view_now() -> View:
    """Return the view that the address asks for at this moment."""
    return View.read(pairs_asked())


def go(view: View) -> None:
    """Write a view into the address; what is no part of a view stays in it."""
    others = [pair for pair in pairs_asked() if not _is_ours(pair[0])]
    found: dict[str, list[str]] = {}
    for name, value in [*others, *view.pairs()]:
        found.setdefault(name, []).append(value)
    st.query_params.from_dict(found)


def narrowed(view: View, **changes: Any) -> View:
    """Return a view with parts of its filter changed, and its list from the beginning."""
    return replace(view, narrow=replace(view.narrow, **changes), page=1)


def without(view: View, *pairs: tuple[str, str]) -> View:
    """Return a view without parameters; how its hotspots are made stays."""
    kept = [pair for pair in view.pairs() if pair not in pairs]
    return replace(View.read(kept), page=1)


def unfiltered(view: View) -> View:
    """Return a view of the whole campaign."""
    return replace(view, narrow=Filter(), page=1)


def bound(key: str, value: Any, change: Callable[[View, Any], View]) -> dict[str, Any]:
    """Return what binds a widget to the view: it shows ``value``, and a change goes through.

    ``change`` returns the view with what the widget then says.
    """
    # Said each time: a browser that draws a widget anew would else begin with its default.
    st.session_state[key] = value

    def changed() -> None:
        go(change(view_now(), st.session_state[key]))

    return {"key": key, "on_change": changed}


def toggled(values: tuple[str, ...], key: str) -> tuple[str, ...]:
    """Return values with one more, or without it if it was among them."""
    return tuple(one for one in values if one != key) if key in values else (*values, key)


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(ANSWER)
