"""The proposals of the view with their themes; whoever reviews takes one away or adds one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st
from sqlalchemy import select

from analysis import results
from analysis.themes.correct_theme import correct_theme
from analysis.themes.taxonomy import taxonomy_in_force
from analysis.themes.theme_index import Themes, themes_of
from core.errors import LuJianError
from screens.parts.campaign_picker import spoken
from screens.parts.markdown import plain
from screens.parts.visitor import visitor
from screens.workbench import voices
from screens.workbench.bench import Bench
from screens.workbench.themes.how_sure import way_names
from submissions.proposals.models import Proposal
from submissions.proposals.queries import ProposalView
from wording.error_messages import sentence_of
from wording.formatting import percent
from wording.maps import category_looks
from wording.review.names import theme_names

_TOLD = "bench-themes-told"


def proposals(bench: Bench, *, corrects: bool) -> None:
    """List the proposals of the view, a page at a time, each with its themes."""
    _ = bench.who.words.gettext
    if (told := st.session_state.pop(_TOLD, None)) is not None:
        st.warning(told)
    if corrects:
        st.caption(
            _(
                "Is a theme wrong? Take it away with its ×. Is one missing? Add it. It counts at "
                "once, and the reader learns from it."
            )
        )
    page = voices.listed(bench, results.total(bench.who.database, bench.selection))
    themes = _themes(bench, [view.public_id for view in page.items])
    looks = category_looks(bench.campaign, bench.who.lang)
    for view in page.items:
        st.markdown(spoken(view, view.text, looks))
        if corrects:
            _editable(bench, view, themes.get(view.public_id, {}))
        else:
            st.caption(_in_words(bench, themes.get(view.public_id, {})))


def _themes(bench: Bench, public_ids: list[str]) -> dict[str, Themes]:
    with bench.who.database.reading() as session:
        named = select(Proposal.id, Proposal.public_id).where(Proposal.public_id.in_(public_ids))
        names = {row.id: row.public_id for row in session.execute(named)}
        return {names[n]: found for n, found in themes_of(session, list(names)).items()}


def _in_words(bench: Bench, themes: Themes) -> str:
    """Return the themes of a proposal with how sure each is and who read it."""
    names, ways = theme_names(bench.who), way_names(bench)
    told = [
        f"{names.get(code, code)} ({percent(sure / 100, bench.who.lang)}, {ways[way]})"  # type: ignore[index]
        for code, (sure, way) in sorted(themes.items(), key=lambda one: -one[1][0])
    ]
    return plain(" · ".join(told)) or bench.who.words.gettext("No theme was found.")


def _editable(bench: Bench, view: ProposalView, themes: Themes) -> None:
    _ = bench.who.words.gettext
    names = theme_names(bench.who)
    codes = list(taxonomy_in_force().codes)
    key = f"bench-themes-of-{view.public_id}"
    st.session_state[key] = [code for code in codes if code in themes]
    st.multiselect(
        _("Themes of {id}").format(id=view.public_id),
        codes,
        format_func=names.__getitem__,
        placeholder=_("Add a theme"),
        label_visibility="collapsed",
        key=key,
        on_change=_corrected(view.public_id, key, frozenset(themes)),
    )
    st.caption(_in_words(bench, themes))


def _corrected(public_id: str, key: str, before: frozenset[str]) -> Callable[[], None]:
    """Return what keeps the difference between what was read and what somebody now says."""

    def keep() -> None:
        who, wanted = visitor(), set(st.session_state[key])
        moment, taxonomy = datetime.now(UTC), taxonomy_in_force()
        try:
            for code in sorted(wanted ^ before):
                who.database.write(
                    lambda session, code=code: correct_theme(  # type: ignore[misc]
                        session,
                        who.actor,
                        taxonomy,
                        public_id,
                        code,
                        present=code in wanted,
                        now=moment,
                    )
                )
        except LuJianError as problem:
            st.session_state[_TOLD] = plain(sentence_of(problem, who.words))

    return keep
