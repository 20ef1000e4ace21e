"""Places and communities in tables: what each place serves, and who is served less than others."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.answer_tallies import FEW
from analysis.representation.under_represented import begun_under_represented, shares_served
from analysis.scenarios.outcome import CommunityServed, Outcome, under_served
from analysis.scenarios.plan import Kind
from analysis.scenarios.racks import CountedRacks, counted_racks
from analysis.scenarios.sited import Sited
from layers.communities.communities import community_frame
from screens.parts.markdown import plain
from screens.workbench import files
from screens.workbench.bench import Bench, Work, waited
from wording.formatting import distance, number, percent
from wording.review import siting_words
from wording.review.names import community_names


def places(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    """Draw the open places, and what those whom each serves ask for."""
    _ = bench.who.words.gettext
    counted = counted_now(bench, sited, outcome)
    rows = place_rows(bench, sited, outcome, counted)
    if rows.empty:
        st.info(_("No place serves anybody."))
        return
    st.dataframe(rows, hide_index=True, height=files.table_height(len(rows)))
    if sited.plan.kind is Kind.BIKE_PARKING:
        told = siting_words.racks_rule(bench.who, counted)
    else:
        told = _(
            "Asked for: what the residents whom a place serves chose; the most frequent first."
        )
    st.caption(plain(told))
    st.caption(_("Somebody whom two places serve counts at each of them, and once in the total."))
    if sited.plan.has_cost:
        st.markdown(plain(siting_words.money(bench.who, outcome.cost, sited.plan.budget)))
    if sited.plan.has_capacity:
        st.caption(
            _(
                "How full: how much of what counts goes to a place, of what it holds. Whoever made "
                "several proposals counts in equal parts at each."
            )
        )
    files.table_file(bench, rows, f"{bench.campaign.slug}-places")


def counted_now(bench: Bench, sited: Sited, outcome: Outcome) -> CountedRacks:
    """Return the racks that counts on site ask for, as far as this visitor may read them."""
    with bench.who.database.reading() as session:
        return counted_racks(session, bench.who.actor, bench.campaign, sited, outcome)


def place_rows(bench: Bench, sited: Sited, outcome: Outcome, counted: CountedRacks) -> pd.DataFrame:
    """Return the open places as a table in words."""
    _, who = bench.who.words.gettext, bench.who
    asked = _("Racks") if sited.plan.kind is Kind.BIKE_PARKING else _("Asked for")
    return pd.DataFrame(
        {
            "#": [rank for rank, _one in enumerate(outcome.sites, 1)],
            _("Place"): [siting_words.site_name(who, one.key, one.name) for one in outcome.sites],
            _("State"): [_("there today") if o.existing else _("new") for o in outcome.sites],
            _("People"): [siting_words.few(who, one.people) for one in outcome.sites],
            _("Proposals"): [number(one.proposals, who.lang) for one in outcome.sites],
            _("Half of them within"): [
                "" if one.metres is None else distance(one.metres, who.lang)
                for one in outcome.sites
            ],
            **_limits(bench, sited, outcome),
            asked: [
                siting_words.programme(
                    who,
                    sited.plan.kind,
                    sited.options,
                    one.wishes,
                    one.amount,
                    counted.by_place.get(one.key),
                )
                for one in outcome.sites
            ],
        }
    )


def _limits(bench: Bench, sited: Sited, outcome: Outcome) -> dict[str, list[str]]:
    """Return columns of what places cost and how full they are, as far as that is stated."""
    _, who = bench.who.words.gettext, bench.who
    found = {}
    if sited.plan.has_cost:
        found[_("Cost")] = [siting_words.amount(who, one.cost) for one in outcome.sites]
    if sited.plan.has_capacity:
        found[_("How full")] = [
            siting_words.how_full(who, one.load, one.capacity) for one in outcome.sites
        ]
    return found


def communities(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    """Draw the share that is served by community, those served least first."""
    _, who = bench.who.words.gettext, bench.who
    names = _names(bench)
    today = {one.code: one for one in sited.outcomes[0].communities}
    shown = [one for one in outcome.communities if one.people >= FEW]
    shown.sort(key=lambda one: (one.served / one.people, one.code))
    rows = pd.DataFrame(
        {
            _("Community"): [names.get(one.code, _("outside the communities")) for one in shown],
            _("People"): [number(one.people, who.lang) for one in shown],
            _("Served"): [percent(one.served / one.people, who.lang) for one in shown],
            _("Served today"): [
                percent(today[one.code].served / one.people, who.lang) for one in shown
            ],
            _("Residents"): [
                "" if one.residents is None else number(one.residents, who.lang) for one in shown
            ],
        }
    )
    least = under_served(outcome)
    if least:
        listed = [names.get(one.code, "") for one in least[:5] if one.code]
        st.markdown(
            plain(_("Served less than all together: {names}.").format(names=", ".join(listed)))
        )
    _equity(bench, shown)
    st.dataframe(rows, hide_index=True, height=files.table_height(len(rows)))
    left_out = len(outcome.communities) - len(shown)
    if left_out:
        st.caption(
            _("Not listed: {n} communities in which fewer than five people spoke up.").format(
                n=number(left_out, who.lang)
            )
        )
    st.caption(
        _(
            "Only those who spoke up are counted here. Who did not is on the page "
            "“Who is missing”; silence is not satisfaction."
        )
    )
    files.table_file(bench, rows, f"{bench.campaign.slug}-served")


def _equity(bench: Bench, shown: list[CommunityServed]) -> None:
    """Say how many are served in communities that are heard too little, beside all others."""
    _, lang = bench.who.words.gettext, bench.who.lang
    work = Work(lambda: begun_under_represented(bench.who.database, bench.campaign))
    under: pd.Series | None = waited(bench, work, _("Counting who took part …"), key="site-voices")
    if under is None:
        return
    codes = [one.code for one in shown]
    people = pd.Series([one.people for one in shown], index=codes)
    served = pd.Series([one.served for one in shown], index=codes)
    shares = shares_served(people, served, under)
    if shares is None:
        return
    told = _(
        "In communities that are heard too little {p} of the people are served, in the others {q}."
    )
    st.markdown(plain(told.format(p=percent(shares[0], lang), q=percent(shares[1], lang))))


def _names(bench: Bench) -> dict[str, str]:
    with bench.who.database.reading() as session:
        frame = community_frame(session, bench.campaign.edition)
    return community_names(bench.who, frame)
