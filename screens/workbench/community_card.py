"""The card of a community: its figures in the view, its weeks, and the way to it alone.

A tap on the map opens it, and so does a list under the map for whoever has no pointer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from html import escape

import streamlit as st

from analysis import results
from analysis.selection import Selection
from analysis.view import View
from layers.communities.communities import community_frame
from screens.parts.markdown import plain
from screens.workbench.address import go, narrowed, toggled, view_now
from screens.workbench.bench import Bench
from wording.formatting import day_words, number, percent
from wording.review.names import by_name, community_names

_ASKED = "bench-card"


def asked_for(view: View, code: str, *, side: str = "") -> View:
    """Note that a card is to be opened; the view stays as it is. ``side``: of a comparison."""
    st.session_state[_ASKED + side] = code
    return view


def with_community(view: View, code: str) -> View:
    """Return a view with one more community, or without it if it was among them."""
    return narrowed(view, communities=toggled(view.narrow.communities, code), spot=None)


def only_community(view: View, code: str) -> View:
    """Return a view of one community alone."""
    return narrowed(view, communities=(code,), spot=None)


def choose(bench: Bench, *, side: str = "") -> None:
    """Offer the cards of all communities in a list, and open the one that was asked for."""
    names = _names(bench)
    _ = bench.who.words.gettext
    asked, key = _ASKED + side, f"bench-card-of-{bench.campaign.slug}{side}"

    def chosen() -> None:
        st.session_state[asked] = st.session_state[key]
        st.session_state[key] = None

    st.selectbox(
        _("Look at a community: tap it on the map, or choose it here"),
        [code for code, _name in by_name(names)],
        index=None,
        format_func=names.__getitem__,
        placeholder=_("Choose a community"),
        key=key,
        on_change=chosen,
    )
    code = st.session_state.pop(asked, None)
    if code in names:
        st.dialog(plain(names[code]))(_card)(bench, code)


def _names(bench: Bench) -> dict[str, str]:
    with bench.who.database.reading() as session:
        frame = community_frame(session, bench.campaign.edition)
    return community_names(bench.who, frame)


def _card(bench: Bench, code: str) -> None:
    narrow = replace(bench.selection.narrow, communities=(code,), spot=None)
    mine = replace(bench.selection, narrow=narrow)
    _figures(bench, mine)
    _weeks(bench, mine)
    _ways(bench, code)


def _figures(bench: Bench, mine: Selection) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    sums = results.sums(bench.who.database, mine)
    share = percent(sums.answered / max(sums.proposals, 1), lang)
    with st.container(horizontal=True, gap="small"):
        for label, told in (
            (_("Proposals"), number(sums.proposals, lang)),
            (_("People"), number(sums.people, lang)),
            (_("Answered"), share),
        ):
            st.metric(label, told, border=True, width="content")


def _weeks(bench: Bench, mine: Selection) -> None:
    """Draw the community's weeks, of all the time; what they say can be heard as well."""
    whole = replace(mine, narrow=replace(mine.narrow, since=None, until=None))
    weeks = results.without_gaps(results.weeks(bench.who.database, whole))
    if len(weeks) < 2:
        return
    said = bench.who.words.gettext("Week by week, from {first} to {last}")
    first, last = (day_words(weeks[at][0], bench.who.lang) for at in (0, -1))
    st.caption(said.format(first=first, last=last))
    st.html(_bars(weeks, bench.who.lang))


def _bars(weeks: Sequence[tuple[date, int]], lang: str) -> str:
    most = max(count for _monday, count in weeks)
    told = ", ".join(f"{day_words(monday, lang)}: {number(n, lang)}" for monday, n in weeks)
    bars = "".join(f'<i style="height:{100 * n / most:.1f}%"></i>' for _monday, n in weeks)
    return f'<div class="lujian-weeks" role="img" aria-label="{escape(told)}">{bars}</div>'


def _ways(bench: Bench, code: str) -> None:
    """Offer to narrow the view to the community, or to let it go."""
    _, chosen = bench.who.words.gettext, bench.view.narrow.communities
    ways = [("only", _("Only this community"), only_community)] if chosen != (code,) else []
    if chosen:
        other = _("Without this community") if code in chosen else _("This community as well")
        ways.append(("toggle", other, with_community))
    with st.container(horizontal=True, gap="small"):
        for key, label, change in ways:
            # A card is drawn apart from the page: only another run of the page closes it.
            if st.button(label, key=f"bench-card-{key}", on_click=_go, args=(change, code)):
                st.rerun()


def _go(change: Callable[[View, str], View], code: str) -> None:
    go(change(view_now(), code))
