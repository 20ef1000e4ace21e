"""What every page of the workbench stands on: who looks, at which view, and what may be seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from analysis.filter import Filter
from analysis.filter_sql import check
from analysis.review.review import PATH, Review, review_of
from analysis.selection import Selection
from analysis.significance.long_reading import LongReading
from analysis.view import View
from core.errors import LuJianError
from people.access.permissions import Act, may_somewhere
from screens.parts.campaign_picker import known_campaigns
from screens.parts.markdown import plain
from screens.parts.visitor import Visitor, visitor
from screens.workbench.address import bound, view_now
from submissions.proposals.queries import CampaignView
from wording.error_messages import sentence_of
from wording.review import filter_panel, names

#: Results of an earlier revision do for so many seconds, and while they are worked out anew.
OLD_S = 15.0
#: So long a page waits for the first result before it says that it is being worked out.
GRACE_S, LOOK_S = 1.2, 0.03
POLL_S = 1.0


@dataclass(frozen=True)
class Bench:
    """A view as a visitor sees it; ``fields``: what it can be narrowed to, see ``filter_panel``."""

    who: Visitor
    review: Review

    @property
    def view(self) -> View:
        """What is shown, with the campaign by its name."""
        return replace(self.review.view, page=self.review.asked.page)

    @property
    def campaign(self) -> CampaignView:
        """The campaign."""
        return self.review.campaign

    @property
    def selection(self) -> Selection:
        """What is counted."""
        return self.review.selection

    @property
    def has_desk(self) -> bool:
        """Whether the visitor has a desk, where views are saved and hotspots become topics."""
        return may_somewhere(self.who.actor, Act.SEE_DESK)

    @cached_property
    def fields(self) -> dict[str, Any]:
        """What the view can be narrowed to, and what of it is chosen."""
        with self.who.database.reading() as session:
            return filter_panel.fields(self.who, session, self.review)

    def desk(self, path: str, **changes: str) -> str:
        """Return the address of a page at the desk with this view."""
        return self.view.address(PATH + path, **changes)


def open_bench() -> Bench | None:
    """Return the view of the address; None, and a sentence, where there is nothing to look at.

    What the address asks for and cannot be shown is told, and left out.
    """
    who = visitor()
    if not known_campaigns(who.database):
        st.info(who.words.gettext("There is no campaign yet. Please come back later."))
        return None
    return bench_at(who, view_now())


def bench_at(who: Visitor, asked: View) -> Bench:
    """Return a view as a visitor sees it; see ``open_bench``."""
    campaigns = list(known_campaigns(who.database).values())
    found = [one for one in campaigns if one.slug == asked.campaign]
    campaign = found[0] if found else campaigns[-1]
    asked = replace(asked, narrow=_allowed(who, campaign, asked))
    with who.database.reading() as session:
        return Bench(who, review_of(session, asked, campaigns, campaign, who.actor))


def _allowed(who: Visitor, campaign: CampaignView, asked: View) -> Filter:
    """Return the filter if it can be shown to this visitor; else none, and say why."""
    for problem in asked.problems:
        st.warning(plain(sentence_of(problem, who.words)))
    try:
        check(campaign, asked.narrow, who.actor)
    except LuJianError as problem:
        st.warning(plain(sentence_of(problem, who.words)))
        return Filter()
    return asked.narrow


def choose_campaign(bench: Bench) -> None:
    """Let the visitor choose among the campaigns."""
    slugs = [one.slug for one in reversed(bench.review.campaigns)]
    titles = {one.slug: names.campaign_title(bench.who, one) for one in bench.review.campaigns}
    if len(slugs) > 1:
        st.selectbox(
            bench.who.words.gettext("Campaign"),
            slugs,
            format_func=titles.__getitem__,
            label_visibility="collapsed",
            **bound("bench-campaign", bench.campaign.slug, _another),
        )


def _another(view: View, slug: str) -> View:
    """Return a view of another campaign: what only the one before asks for is left out."""
    kept = replace(view.narrow, categories=(), answers=(), communities=(), area=(), spot=None)
    return replace(view, campaign=slug, narrow=kept, at="", page=1)


def last_shown(bench: Bench, page: str) -> Bench | None:
    """Return the view of the campaign that a page showed last, while another is worked out."""
    query = st.session_state.get(f"bench-last-{page}")
    if query is None:
        return None
    before = bench_at(bench.who, View.read(parse_qsl(query)))
    return before if before.campaign.id == bench.campaign.id else None


def note_shown(bench: Bench, page: str) -> None:
    """Note what a page shows, for ``last_shown``."""
    st.session_state[f"bench-last-{page}"] = bench.view.query()


@dataclass(frozen=True)
class Work:
    """What a worker makes: ``ask`` returns None until it is there.

    ``share`` tells how much is done, from 0 to 1, where that is known; ``cancel`` ends it.
    """

    ask: Callable[[], Any]
    share: Callable[[], float | None] = lambda: None
    cancel: Callable[[], object] | None = None


def long_work(bench: Bench, reading: LongReading[Any], *, at_most_s: float) -> Work:
    """Return a reading that takes seconds as work, with how far it is and a way to end it.

    What a visitor without a desk asks for is not begun while much waits already, and is not ended
    for others.
    """
    if bench.has_desk:
        ask = partial(reading.begun, at_most_s=at_most_s)
        return Work(ask, share=reading.share, cancel=reading.cancel)
    return Work(partial(reading.current, wait_s=0.0), share=reading.share)


def waited(bench: Bench, work: Work, said: str, *, key: str) -> Any:
    """Return what a worker makes; while it is at it, say so, and draw the page anew afterwards.

    None while it is not there. What is said has a place of its own, so that nothing below is made
    anew when it goes.
    """
    with st.container(key=f"bench-work-{key}"):
        return _waited(bench, work, said, key=key)


def _waited(bench: Bench, work: Work, said: str, *, key: str) -> Any:
    stopped = f"bench-stopped-{key}"
    if st.session_state.get(stopped) == bench.view.query():
        _show_stopped(bench, stopped, key)
        return None
    give_up = time.monotonic() + GRACE_S
    while (found := work.ask()) is None and time.monotonic() < give_up:
        time.sleep(LOOK_S)
    if found is None:
        _show_waiting(bench, work, said, key)
    return found


def _show_stopped(bench: Bench, stopped: str, key: str) -> None:
    _ = bench.who.words.gettext
    st.info(_("You stopped this."))
    st.button(_("Work it out"), key=f"bench-again-{key}", on_click=_set, args=(stopped, ""))


def _show_waiting(bench: Bench, work: Work, said: str, key: str) -> None:
    _ = bench.who.words.gettext
    stopped, query = f"bench-stopped-{key}", bench.view.query()
    begun = time.monotonic()

    def stop() -> None:
        if work.cancel is not None:
            work.cancel()
        st.session_state[stopped] = query

    @st.fragment(run_every=POLL_S)
    def look_again() -> None:
        if st.session_state.get(stopped) == query or work.ask() is not None:
            st.rerun(scope="app")
        told = _("{n} s so far").format(n=int(time.monotonic() - begun))
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.progress(min(max(work.share() or 0.0, 0.02), 1.0), text=f"{said} {told}")
            st.button(_("Stop"), key=f"bench-stop-{key}", on_click=stop)

    look_again()


def _set(name: str, value: Any) -> None:
    st.session_state[name] = value
