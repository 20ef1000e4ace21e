"""What the view is narrowed to: chips that are taken away one by one, and the panel of filters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from analysis.filter import ANSWER, AnswerFilter
from analysis.view import MEASURES, View
from screens.parts.markdown import plain
from screens.workbench.address import bound, go, narrowed, unfiltered, view_now, without
from screens.workbench.bench import Bench
from wording import maps
from wording.formatting import short_day
from wording.review import narrowed as parts_of

_FLAGS = {"yes": True, "no": False}


def chips(bench: Bench) -> None:
    """Show the parts of the filter, each with its way out.

    Their place is there without any, too: else all below would be made anew with the first, and
    the focus of the keyboard be lost.
    """
    _ = bench.who.words.gettext
    found = parts_of.parts(bench.who, bench.review, bench.fields)
    with st.container(horizontal=True, gap="xsmall", key="bench-chips"):
        if not found:
            return
        for place, one in enumerate(found):
            st.button(
                plain(f"{one.label}: {one.value}"),
                key=f"bench-chip-{place}",
                icon=":material/close:",
                icon_position="right",
                on_click=_take_away,
                args=tuple(parts_of.pairs_gone(bench.review, one.pair)),
                help=_("Without: {part}").format(part=plain(f"{one.label} {one.value}")),
            )
        st.button(_("Without filters"), key="bench-unfiltered", type="tertiary", on_click=_take_all)


def _take_away(*pairs: tuple[str, str]) -> None:
    go(without(view_now(), *pairs))


def _take_all() -> None:
    go(unfiltered(view_now()))


def panel(bench: Bench, *, period: bool = True, measure: bool = True) -> None:
    """Draw the filters: the usual ones, and behind a fold the others.

    ``period``: days, too; ``measure``: and what the communities are coloured by.
    """
    _ = bench.who.words.gettext
    if measure:
        _measure(bench)
    st.text_input(
        _("Words in the text"),
        max_chars=100,
        **bound("bench-text", bench.view.narrow.text, _part("text", str.strip)),
    )
    _pills(bench, "categories", _("Category"))
    _many(bench, "themes", _("Themes"))
    if period:
        _period(bench)
    with st.expander(_("More filters")):
        _pills(bench, "relations", _("How they know the place"))
        _many(bench, "communities", _("Communities"))
        _flag(bench, "answered", _("Answer"))
        _flag(bench, "photo", _("Photo"))
        st.number_input(
            _("Supported by so many at least"),
            0,
            1_000_000,
            **bound("bench-supports", bench.view.narrow.supports, _part("supports", int)),
        )
        _pills(bench, "states", _("State"), part="statuses")
        for question in bench.fields["questions"]:
            _question(bench, question)


def _measure(bench: Bench) -> None:
    named = maps.measure_names(bench.who.words)
    st.selectbox(
        bench.who.words.gettext("Colour the communities by"),
        MEASURES,
        format_func=named.__getitem__,
        **bound("bench-measure", bench.view.measure, lambda v, key: replace(v, measure=key)),
    )


def _part(name: str, read: Callable[[Any], Any]) -> Callable[[View, Any], View]:
    """Return what puts a widget's value into a part of the filter."""
    return lambda view, value: narrowed(view, **{name: read(value)})


def _pills(bench: Bench, field: str, label: str, *, part: str = "") -> None:
    offered, chosen = _offered(bench, field)
    if offered:
        st.pills(
            label,
            list(offered),
            format_func=lambda key: plain(offered[key]),
            selection_mode="multi",
            wrap=True,
            **bound(f"bench-{field}", chosen, _part(part or field, tuple)),
        )


def _many(bench: Bench, field: str, label: str) -> None:
    offered, chosen = _offered(bench, field)
    st.multiselect(
        label,
        list(offered),
        format_func=offered.__getitem__,
        placeholder=bench.who.words.gettext("All"),
        **bound(f"bench-{field}", chosen, _part(field, tuple)),
    )


def _offered(bench: Bench, field: str) -> tuple[dict[str, str], list[str]]:
    choices = bench.fields[field]
    offered = {one["key"]: one["name"] for one in choices}
    return offered, [one["key"] for one in choices if one["chosen"]]


def _flag(bench: Bench, field: str, label: str) -> None:
    offered, chosen = _offered(bench, field)
    names = {"": bench.who.words.gettext("All"), **offered}
    st.segmented_control(
        label,
        list(names),
        format_func=names.__getitem__,
        required=True,
        **bound(f"bench-{field}", chosen[0] if chosen else "", _part(field, _FLAGS.get)),
    )


def _period(bench: Bench) -> None:
    """Let the first and the last day be chosen."""
    _ = bench.who.words.gettext
    narrow = bench.view.narrow
    latest = {"max_value": narrow.until} if narrow.until else {}
    st.date_input(_("From day"), **latest, **bound("bench-from", narrow.since, _day("since")))
    earliest = {"min_value": narrow.since} if narrow.since else {}
    st.date_input(_("To day"), **earliest, **bound("bench-to", narrow.until, _day("until")))


def _day(name: str) -> Callable[[View, date | None], View]:
    return lambda view, value: narrowed(view, **{name: value})


def weeks_slider(bench: Bench, weeks: tuple[tuple[date, int], ...]) -> None:
    """Let a period be chosen by weeks: from the first day of one to the last day of another."""
    if len(weeks) < 2:
        return
    mondays = [monday for monday, _count in weeks]
    narrow = bench.view.narrow
    chosen = (
        max((day for day in mondays if narrow.since and day <= narrow.since), default=mondays[0]),
        max((day for day in mondays if narrow.until and day <= narrow.until), default=mondays[-1]),
    )
    chosen = chosen if chosen[0] <= chosen[1] else (mondays[0], mondays[-1])
    # Its value says that it has two ends: what is bound by the session alone has one.
    key = f"bench-weeks-{chosen[0]}-{chosen[1]}-{bench.campaign.slug}"
    st.select_slider(
        bench.who.words.gettext("Period by weeks"),
        mondays,
        chosen,
        format_func=lambda day: short_day(day, bench.who.lang),
        key=key,
        on_change=lambda: go(period(view_now(), st.session_state[key], mondays)),
    )


def period(view: View, ends: tuple[date, date], mondays: list[date]) -> View:
    """Return a view of the weeks from one Monday's to another's; of all the time if of all."""
    first, last = ends
    since = None if first == mondays[0] else first
    until = None if last == mondays[-1] else last_day_of_week(last)
    return narrowed(view, since=since, until=until)


def last_day_of_week(monday: date) -> date:
    """Return the Sunday of a week."""
    return date.fromordinal(monday.toordinal() + 6)


def _question(bench: Bench, question: dict[str, Any]) -> None:
    """Let answers to a question be chosen, or written as ``3``, ``2..5`` or words."""
    _ = bench.who.words.gettext
    key = question["name"].removeprefix(ANSWER)
    name = f"bench-{question['name']}"
    if question["kind"] == "choice":
        offered = {one["key"]: one["name"] for one in question["choices"]}
        chosen = [one["key"] for one in question["choices"] if one["chosen"]]
        st.multiselect(
            plain(question["label"]),
            list(offered),
            format_func=offered.__getitem__,
            placeholder=_("All"),
            **bound(name, chosen, lambda view, given: answered(view, key, given)),
        )
        return
    example = _("such as 3 or 2..5")
    hint = f" ({example})" if question["kind"] == "number" else ""
    st.text_input(
        plain(question["label"]) + hint,
        max_chars=100,
        **bound(name, question["value"], lambda view, given: answered(view, key, [given.strip()])),
    )


def answered(view: View, question: str, any_of: list[str] | tuple[str, ...]) -> View:
    """Return a view narrowed to answers to a question; none of them: whatever was answered."""
    others = tuple(one for one in view.narrow.answers if one.question != question)
    asked = tuple(one for one in any_of if one)
    more = (AnswerFilter(question, asked),) if asked else ()
    return narrowed(view, answers=others + more)
