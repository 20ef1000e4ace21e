"""The "use my position" button: asks the browser where the device is, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from screens.parts.visitor import Key, Visitor

_button = st.components.v2.component(
    "lujian_locate",
    html='<button type="button" part="button"></button>',
    css="""
      button { width: 100%; min-height: 44px; font: inherit; font-weight: 600; cursor: pointer;
        color: var(--st-primary-color); background: var(--st-background-color);
        border: 1px solid var(--st-primary-color); border-radius: 8px; }
      button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
      button:disabled { opacity: .6; cursor: progress; }
    """,
    js="""
    export default function ({ parentElement, data, setTriggerValue }) {
      const button = parentElement.querySelector("button");
      button.textContent = data.label;
      button.disabled = false;
      button.onclick = () => {
        if (!navigator.geolocation) return setTriggerValue("problem", "unavailable");
        button.disabled = true;
        button.textContent = data.searching;
        const ready = () => { button.disabled = false; button.textContent = data.label; };
        navigator.geolocation.getCurrentPosition(
          (found) => { ready(); setTriggerValue("fix", {
            longitude: found.coords.longitude, latitude: found.coords.latitude,
            accuracy_m: found.coords.accuracy }); },
          (error) => { ready();
            setTriggerValue("problem", error.code === 1 ? "refused" : "failed"); },
          { enableHighAccuracy: true, timeout: 12000, maximumAge: 10000 });
      };
    }
    """,
)


@dataclass(frozen=True)
class Fix:
    """Where the device says it is (WGS 84), and within how many metres."""

    longitude: float
    latitude: float
    accuracy_m: float


def locate_button(who: Visitor) -> tuple[Fix | None, str | None]:
    """Draw the button; return a new position, or the sentence to show instead."""
    _ = who.words.gettext
    result: Any = _button(
        key=Key.LOCATE,
        data={"label": _("Use my position"), "searching": _("Looking for your position …")},
        on_fix_change=_nothing,
        on_problem_change=_nothing,
    )
    if result.fix:
        return Fix(**{name: float(result.fix[name]) for name in Fix.__annotations__}), None
    if result.problem == "refused":
        return None, _(
            "Your phone does not share its position with this page. Please tap the map instead."
        )
    if result.problem:
        return None, _("Your position could not be found. Please tap the map instead.")
    return None, None


def _nothing() -> None:
    st.session_state.get(Key.LOCATE)
