"""Today's facilities, this choice and another one, side by side."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from analysis.answer_tallies import FEW
from analysis.scenarios.outcome import Outcome, fullness
from analysis.scenarios.plan import Kind
from analysis.scenarios.saved_scenarios import ScenarioView, scenarios
from analysis.scenarios.sited import Sited
from screens.parts.markdown import plain
from screens.workbench import files
from screens.workbench.bench import Bench
from wording.formatting import day, distance, enumerated, number, percent
from wording.review import siting_words

#: The number of places that a choice is set against at first: so many more.
MORE = 3
MOST_KEPT = 4
#: From this share on a place is full.
ALL_BUT = 0.995


def draw(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    """Draw them."""
    _, who = bench.who.words.gettext, bench.who
    solved = sorted(one for one in sited.outcomes if one > 0 and one != outcome.number)
    sides = [sited.outcomes[0], outcome]
    if solved:
        key = "bench-site-other"
        if st.session_state.get(key) not in solved:
            st.session_state[key] = min(solved, key=lambda one: abs(one - outcome.number - MORE))
        other = st.selectbox(_("Compare with so many new places"), solved, key=key)
        sides.append(sited.outcomes[int(other)])
    names = [_name(bench, one) for one in sides]
    rows = {
        _("People served"): [siting_words.few(who, one.people) for one in sides],
        _("Share of people"): [
            percent(one.people / max(sited.people, 1), who.lang) for one in sides
        ],
        _("Proposals served"): [number(one.proposals, who.lang) for one in sides],
        _("People not served"): [siting_words.few(who, sited.people - o.people) for o in sides],
        _("More than today"): [
            siting_words.few(who, one.people - sides[0].people) if number_of else "–"
            for number_of, one in enumerate(sides)
        ],
        _("Communities with less than half served"): [
            number(_below_half((o.people, o.served) for o in one.communities), who.lang)
            for one in sides
        ],
        **_money(bench, sited, sides),
        _("Proven"): [_proven(bench, one.gap) if one.number else "–" for one in sides],
    }
    table = pd.DataFrame(rows, index=names).T
    st.table(table)
    files.table_file(bench, table.reset_index(names=""), f"{bench.campaign.slug}-compared")
    if bench.has_desk:
        _kept(bench)


def _money(bench: Bench, sited: Sited, sides: list[Outcome]) -> dict[str, list[str]]:
    """Return rows of what choices cost, and what that is for each further person served."""
    _, who, plan = bench.who.words.gettext, bench.who, sited.plan
    if not plan.has_cost:
        return {}
    rows = {_("Cost"): [siting_words.amount(who, one.cost) for one in sides]}
    if plan.budget:
        rows[_("Not spent")] = [
            siting_words.amount(who, None if one.cost is None else plan.budget - one.cost)
            for one in sides
        ]
    more = [one.people - sides[0].people for one in sides]
    rows[_("Cost of each further person served")] = [
        siting_words.amount(who, round(one.cost / n, 2) if one.cost and n >= FEW else None)
        for one, n in zip(sides, more, strict=True)
    ]
    return rows


def _kept(bench: Bench) -> None:
    """Set scenarios that were kept beside each other, each as it was when it was kept."""
    _ = bench.who.words.gettext
    with bench.who.database.reading() as session:
        found = {one.id: one for one in scenarios(session, bench.who.actor, bench.campaign.id)}
    if len(found) < 2:
        return
    head = _("Scenarios that were kept")
    st.markdown(f"**{head}**")
    chosen = st.multiselect(
        _("Compare with each other"),
        list(found),
        default=list(found)[:2],
        max_selections=MOST_KEPT,
        format_func=lambda number_of: found[number_of].name,
        key="bench-site-kept-compared",
    )
    if not chosen:
        return
    sides = [found[one] for one in chosen]
    names = [
        f"{at}: {one.name} · {day(one.created, bench.who.lang)}" for at, one in enumerate(sides, 1)
    ]
    table = pd.DataFrame([_kept_column(bench, one) for one in sides], index=names).T
    st.table(table.map(plain).rename(columns=plain))
    files.table_file(bench, table.reset_index(names=""), f"{bench.campaign.slug}-scenarios")


def _kept_column(bench: Bench, kept: ScenarioView) -> dict[str, str]:
    _, who, told = bench.who.words.gettext, bench.who, kept.outcome
    new = [
        siting_words.site_name(who, one["key"], one["name"])
        for one in told["sites"]
        if not one["existing"]
    ]
    below = _below_half((one["people"], one["served"]) for one in told["communities"])
    return {
        _("What is to be built?"): siting_words.kinds(who.words)[Kind(kept.kind)],
        _("New places"): number(len(new), who.lang),
        _("People served"): siting_words.few(who, told["people"]),
        _("Share of people"): percent(told["people"] / max(told["all_people"], 1), who.lang),
        _("People not served"): siting_words.few(who, told["all_people"] - told["people"]),
        _("Served today"): siting_words.few(who, kept.today["people"]),
        _("Communities with less than half served"): number(below, who.lang),
        _("How far will people walk (metres)?"): distance(kept.plan.within_m, who.lang),
        _("Proven"): _proven(bench, told["gap"]),
        _("Cost"): _kept_cost(bench, kept),
        _("Not spent"): _kept_unspent(bench, kept),
        _("Full places"): _kept_full(bench, kept),
        _("Places"): enumerated(new, who.lang),
    }


def _kept_cost(bench: Bench, kept: ScenarioView) -> str:
    told = kept.outcome
    return siting_words.amount(bench.who, told.get("cost") if told.get("priced") else None)


def _kept_unspent(bench: Bench, kept: ScenarioView) -> str:
    cost, budget = kept.outcome.get("cost"), kept.outcome.get("budget")
    left = None if cost is None or not budget else budget - cost
    return siting_words.amount(bench.who, left)


def _kept_full(bench: Bench, kept: ScenarioView) -> str:
    """Count the places that serve as much as they hold; a dash where no limits were stated."""
    if not kept.outcome.get("limited"):
        return "–"
    held = [one for one in kept.outcome["sites"] if one["capacity"] is not None]
    full = sum(fullness(one["load"], one["capacity"]) >= ALL_BUT for one in held)
    return number(full, bench.who.lang)


def _name(bench: Bench, outcome: Outcome) -> str:
    _ = bench.who.words.gettext
    if outcome.number == 0:
        return _("Today")
    count, most, words = len(outcome.chosen), outcome.number, bench.who.words
    if count < most:  # a budget allows no more, or more would serve nobody else
        told = words.ngettext("at most {n} new place", "at most {n} new places", most)
        return told.format(n=number(most, bench.who.lang))
    told = words.ngettext("{n} new place", "{n} new places", count)
    return told.format(n=number(count, bench.who.lang))


def _below_half(communities: Iterable[tuple[int, int]]) -> int:
    """Count the communities, (people, served) each, in which less than half are served."""
    return sum(people >= FEW and served * 2 < people for people, served in communities)


def _proven(bench: Bench, gap: float) -> str:
    _ = bench.who.words.gettext
    if gap == 0:
        return _("yes")
    return _("better by {share} at most").format(share=percent(gap, bench.who.lang))
