"""The two sides of a comparison: what they are, and how they are chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from analysis import results
from analysis.view import Comparison, View
from screens.workbench import hotspot_table
from screens.workbench.address import bound, go, view_now
from screens.workbench.bench import Bench
from wording.formatting import day_words, distance, number
from wording.review import names

PERIODS, CAMPAIGNS, WAYS = "periods", "campaigns", "ways"


def kind_of(view: View, slug: str) -> str:
    """Return of which kind the comparison of a view is."""
    beside = view.beside or Comparison()
    if beside.campaign not in ("", slug):
        return CAMPAIGNS
    return WAYS if beside.radius_m or beside.min_proposals else PERIODS


def choose(bench: Bench) -> None:
    """Let it be said what is compared with what."""
    _ = bench.who.words.gettext
    kinds = {PERIODS: _("Two periods"), WAYS: _("Two ways to find hotspots")}
    if len(bench.review.campaigns) > 1:
        kinds[CAMPAIGNS] = _("Two campaigns")
    st.selectbox(
        _("Compare"),
        list(kinds),
        format_func=kinds.__getitem__,
        **bound(
            "bench-compare",
            kind_of(bench.view, bench.campaign.slug),
            lambda view, kind: of_kind(bench, view, kind),
        ),
    )
    {PERIODS: _periods, CAMPAIGNS: _campaign, WAYS: _ways}[
        kind_of(bench.view, bench.campaign.slug)
    ](bench)


def of_kind(bench: Bench, view: View, kind: str) -> View:
    """Return a view that is compared in a way, as it begins."""
    if kind == PERIODS:
        return halves(bench, view)
    if kind == WAYS:
        twice = min(view.radius_m * 2, float(hotspot_table.RADIUS_M[1]))
        beside = Comparison(radius_m=twice, min_proposals=view.min_proposals)
        return replace(view, beside=beside)
    others = [one.slug for one in bench.review.campaigns if one.slug != bench.campaign.slug]
    return replace(view, beside=Comparison(campaign=others[-1]))


def halves(bench: Bench, view: View) -> View:
    """Return a view of the first half of its time beside the second, by whole days."""
    whole = replace(view.narrow, since=None, until=None, spot=None)
    weeks = results.weeks(bench.who.database, replace(bench.selection, narrow=whole))
    if len(weeks) < 2:
        return replace(view, beside=None)
    first, last = weeks[0][0], weeks[-1][0] + timedelta(days=6)
    middle = weeks[len(weeks) // 2][0]
    narrow = replace(view.narrow, since=first, until=middle - timedelta(days=1), spot=None)
    return replace(view, narrow=narrow, beside=Comparison(since=middle, until=last))


def _periods(bench: Bench) -> None:
    _ = bench.who.words.gettext
    narrow, beside = bench.view.narrow, bench.view.beside or Comparison()
    # Where nothing is compared yet, the page itself offers it.
    if bench.review.beside is not None:
        st.button(
            _("Compare the first half of the time with the second"),
            key="bench-halves",
            on_click=lambda: go(halves(bench, view_now())),
        )
    st.date_input(_("A: from day"), **bound("bench-a-from", narrow.since, _own("since")))
    st.date_input(_("A: to day"), **bound("bench-a-to", narrow.until, _own("until")))
    st.date_input(_("B: from day"), **bound("bench-b-from", beside.since, _other("since")))
    st.date_input(_("B: to day"), **bound("bench-b-to", beside.until, _other("until")))


def _own(part: str) -> Callable[[View, date | None], View]:
    return lambda view, day: replace(view, narrow=replace(view.narrow, **{part: day}), page=1)


def _other(part: str) -> Callable[[View, Any], View]:
    def change(view: View, value: Any) -> View:
        return replace(view, beside=replace(view.beside or Comparison(), **{part: value}))

    return change


def _campaign(bench: Bench) -> None:
    others = [one for one in bench.review.campaigns if one.slug != bench.campaign.slug]
    titles = {one.slug: names.campaign_title(bench.who, one) for one in others}
    beside = bench.view.beside or Comparison()
    chosen = beside.campaign if beside.campaign in titles else next(iter(titles))
    st.selectbox(
        bench.who.words.gettext("B: the campaign"),
        list(titles),
        format_func=titles.__getitem__,
        **bound("bench-b-campaign", chosen, _other("campaign")),
    )


def _ways(bench: Bench) -> None:
    _ = bench.who.words.gettext
    view, beside = bench.view, bench.view.beside or Comparison()
    st.caption(_("A: as close and as many as the sliders say; B: as these two say."))
    st.slider(
        _("B: how close (metres)"),
        *hotspot_table.RADIUS_M,
        step=5,
        **bound("bench-b-radius", round(beside.radius_m or view.radius_m), _other("radius_m")),
    )
    st.slider(
        _("B: how many at least"),
        *hotspot_table.LEAST,
        **bound(
            "bench-b-least", beside.min_proposals or view.min_proposals, _other("min_proposals")
        ),
    )


def ways_of(view: View) -> tuple[float, int]:
    """Return by which radius (metres) and least number the other side's hotspots are found."""
    beside = view.beside or Comparison()
    return beside.radius_m or view.radius_m, beside.min_proposals or view.min_proposals


def side_names(bench: Bench) -> tuple[str, str]:
    """Say what A and B are."""
    other = bench.review.beside or bench.selection
    ways = (bench.view.radius_m, bench.view.min_proposals), ways_of(bench.view)
    kind = kind_of(bench.view, bench.campaign.slug)
    told = []
    for letter, side, way in zip("AB", (bench.selection, other), ways, strict=True):
        if kind == CAMPAIGNS:
            said = names.campaign_title(bench.who, side.campaign)
        elif kind == WAYS:
            metres = distance(way[0], bench.who.lang)
            least = bench.who.words.gettext("{m}, at least {n}")
            said = least.format(m=metres, n=number(way[1], bench.who.lang))
        else:
            said = _period(bench, side.narrow.since, side.narrow.until)
        told.append(f"{letter}: {said}")
    return told[0], told[1]


def _period(bench: Bench, since: date | None, until: date | None) -> str:
    _, lang = bench.who.words.gettext, bench.who.lang
    if since and until:
        return _("{first} to {last}").format(
            first=day_words(since, lang), last=day_words(until, lang)
        )
    if since:
        return _("from {first}").format(first=day_words(since, lang))
    return _("until {last}").format(last=day_words(until, lang)) if until else _("All the time")
