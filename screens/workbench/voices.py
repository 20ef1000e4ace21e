"""What people say in a view: a few texts that speak for all, and all of them page by page."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analysis import results, selection
from analysis.view import SORTS
from core.page import Page
from deliberation.hotspot_profile import Said, quotes
from screens.parts.campaign_picker import spoken
from screens.parts.markdown import plain
from screens.workbench.address import bound, go, view_now
from screens.workbench.bench import OLD_S, Bench, Work, waited
from submissions.proposals.queries import ProposalView
from submissions.proposals.states import Status
from wording.error_messages import community_of
from wording.formatting import day, number
from wording.maps import category_looks

ON_A_PAGE = 10


def representative(bench: Bench) -> None:
    """Show the texts that speak best for all of the view."""
    _ = bench.who.words.gettext
    found = waited(
        bench, Work(lambda: _quotes(bench)), _("Reading what people say …"), key="quotes"
    )
    if not found:
        return
    looks = category_looks(bench.campaign, bench.who.lang)
    for one in found:
        st.markdown(f"> {spoken(one.view, one.view.text, looks)}".replace("\n", "\n> "))
        st.caption(" · ".join(filter(None, [_link(bench, one.view), _alike(bench, one.alike)])))
    st.caption(
        _(
            "Chosen by the words that most texts share (TF-IDF of neighbouring characters, nearest "
            "to the mean); nobody picked them."
        )
    )


def _quotes(bench: Bench) -> tuple[Said, ...] | None:
    db, chosen = bench.who.database, bench.selection
    return results.begun(db, chosen, "quotes", lambda: quotes(db, chosen), at_most_s=OLD_S)


def _alike(bench: Bench, alike: int) -> str:
    said = bench.who.words.ngettext(
        "{n} other says much the same", "{n} others say much the same", alike
    )
    return said.format(n=number(alike, bench.who.lang)) if alike else ""


def everything(bench: Bench, total: int) -> None:
    """List the proposals of the view, a page at a time."""
    _, who = bench.who.words.gettext, bench.who
    page = listed(bench, total)
    looks = category_looks(bench.campaign, who.lang)
    for view in page.items:
        st.markdown(spoken(view, view.text, looks))
        facts = [day(view.created, who.lang), plain(community_of(view, who.lang))]
        facts.append(_("Supporters: {n}").format(n=number(view.supports, who.lang)))
        st.caption(" · ".join(filter(None, [*facts, _link(bench, view)])))


def listed(bench: Bench, total: int) -> Page[ProposalView]:
    """Let the order and the page of the list be chosen; return what stands on that page."""
    _ = bench.who.words.gettext
    named = dict(zip(SORTS, (_("Newest first"), _("Most supported first")), strict=True))
    first, last = st.columns([2, 1], vertical_alignment="bottom")
    with first:
        st.segmented_control(
            _("Order"),
            SORTS,
            format_func=named.__getitem__,
            required=True,
            **bound("bench-sort", bench.view.sort, lambda v, sort: replace(v, sort=sort, page=1)),
        )
    page = _page(bench, total)
    with last:
        _leaf(bench, page)
    return page


def _page(bench: Bench, total: int) -> Page[ProposalView]:
    with bench.who.database.reading() as session:
        return selection.page(
            session,
            bench.selection,
            sort=bench.view.sort,
            number=bench.view.page,
            size=ON_A_PAGE,
            total=total,
        )


def _leaf(bench: Bench, page: Page[ProposalView]) -> None:
    _ = bench.who.words.gettext
    said = _("Page {page} of {pages}").format(page=page.number, pages=page.pages)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            _("Back"),
            key="bench-back",
            disabled=page.number <= 1,
            on_click=_turn,
            args=(page.number - 1,),
        )
        st.markdown(said, width="content")
        st.button(
            _("Next"),
            key="bench-next",
            disabled=page.number >= page.pages,
            on_click=_turn,
            args=(page.number + 1,),
        )


def _turn(number: int) -> None:
    go(replace(view_now(), page=number))


def _link(bench: Bench, view: ProposalView) -> str:
    """Return the way to a proposal: to its public page, or to the desk for what has none."""
    room = "/w/p/" if view.status == Status.PUBLISHED and not bench.has_desk else "/w/desk/queue/"
    return f"[{view.public_id}]({room}{view.public_id})"
