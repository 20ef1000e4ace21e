"""Who is missing: silent communities first, how sure that is, and whom to ask next."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from analysis.representation.reading import WhoIsMissing, begun_who_is_missing
from geo.representation.representation import Heard
from screens.parts.markdown import plain
from screens.workbench import community_card, files, filters
from screens.workbench.address import go, narrowed, view_now
from screens.workbench.bench import OLD_S, Bench, Work, last_shown, note_shown, open_bench, waited
from screens.workbench.head import head
from screens.workbench.missing import asked, invite, maps, table, wishes
from submissions.proposals.states import Relation
from wording.formatting import number, percent


def show() -> None:
    """Draw the page."""
    bench = open_bench()
    if bench is None:
        return
    _ = bench.who.words.gettext
    head(bench, _("Who is missing?"))
    filters.chips(bench)
    left, right = st.columns([1, 2.5], gap="medium")
    with left:
        filters.panel(bench, measure=False)
        _residents_alone(bench)
    with right:
        said = _("Counting who took part …")
        found: WhoIsMissing | None = waited(
            bench, Work(lambda: _missing(bench)), said, key="missing"
        )
    if found is not None:
        note_shown(bench, "missing")
        _results(bench, right, found)
    elif (before := last_shown(bench, "missing")) and (old := _missing(before)) is not None:
        _results(before, right, old)


def _missing(bench: Bench) -> WhoIsMissing | None:
    return begun_who_is_missing(bench.who.database, bench.selection, at_most_s=OLD_S)


def _residents_alone(bench: Bench) -> None:
    """Say what is known of where people live, and let those be counted who live there."""
    _ = bench.who.words.gettext
    st.caption(
        _(
            "People are counted where they made proposals, not where they live: that nobody was "
            "asked. Whoever proposed in several communities counts where most of their proposals "
            "lie."
        )
    )
    lives = str(Relation.LIVES)
    chosen = bench.view.narrow.relations == (lives,)
    st.button(
        _("Count everybody") if chosen else _("Count only those who live nearby"),
        key="bench-missing-lives",
        on_click=lambda: go(narrowed(view_now(), relations=() if chosen else (lives,))),
    )


def _results(bench: Bench, right: st.delta_generator.DeltaGenerator, found: WhoIsMissing) -> None:
    _ = bench.who.words.gettext
    with right:
        silence = _("Silence is not satisfaction.")
        why = _(
            "Where few speak, nothing is known of what they want. Ask them before you decide for "
            "them."
        )
        st.info(f"**{plain(silence)}** {plain(why)}")
        if found.communities.people is None:
            st.warning(plain(_("Fewer than five people took part: nothing is told of them.")))
            return
        _figures(bench, found)
        maps.overview(bench, found)
        community_card.choose(bench)
    _tabs(bench, found)


def _figures(bench: Bench, found: WhoIsMissing) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    groups = found.communities
    frame, whole = groups.frame, groups.whole
    told = [(_("People"), number(groups.people or 0, lang))]
    if groups.compared and groups.people:
        told += [
            (
                _("Communities heard too little"),
                number(int((frame["heard"] == Heard.UNDER).sum()), lang),
            ),
            (_("Communities without anybody"), number(int((frame["people"] == 0).sum()), lang)),
            (_("Would have to be elsewhere"), percent(whole.dissimilarity, lang)),
            (_("Weighed, worth as many as"), number(whole.effective_size, lang)),
        ]
    with st.container(horizontal=True, gap="small", key="bench-figures"):
        for label, value in told:
            st.metric(label, value, border=True, width="content")
    if not groups.compared:
        st.warning(
            plain(
                _(
                    "No residents are known in these borders: load communities with their "
                    "population to compare."
                )
            )
        )


def _tabs(bench: Bench, found: WhoIsMissing) -> None:
    _ = bench.who.words.gettext
    tabs: list[tuple[str, Callable[[], None]]] = [
        (_("Communities, the silent first"), lambda: table.draw(bench, found)),
        (_("Tie to the place, and what was asked"), lambda: asked.draw(bench, found)),
        (_("What would change"), lambda: wishes.draw(bench, found)),
        (_("Whom to invite"), lambda: invite.draw(bench, found)),
        (_("Take away"), lambda: _away(bench, found)),
    ]
    drawn = st.tabs([name for name, _draw in tabs], key="bench-missing-tabs", on_change="rerun")
    for tab, (_name, draw) in zip(drawn, tabs, strict=True):
        with tab:
            if tab.open:
                draw()


def _away(bench: Bench, found: WhoIsMissing) -> None:
    maps.geojson(bench, found)
    files.ways_on(bench)
    files.saved(bench, "missing")
