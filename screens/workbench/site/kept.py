"""What is done with a choice: kept, commented, sent on as a topic, taken away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import streamlit as st

from analysis.answer_tallies import FEW
from analysis.scenarios.outcome import Outcome
from analysis.scenarios.racks import CountedRacks
from analysis.scenarios.saved_scenarios import (
    MOST_COMMENT,
    MOST_NAME,
    ScenarioView,
    archive_scenario,
    comment_on_scenario,
    save_scenario,
    scenario_comments,
    scenarios,
)
from analysis.scenarios.sited import Sited
from core.errors import LuJianError
from deliberation.topics import MOST_NOTE, MOST_TITLE, make_scenario_topic
from geo.crs import WGS84
from geo.writing.geojson import stream
from people.access.permissions import Act, may_somewhere
from screens.parts.markdown import plain
from screens.workbench import files
from screens.workbench.bench import Bench
from screens.workbench.site.plan_in_address import address_of
from screens.workbench.site.tables import counted_now, place_rows
from wording.error_messages import sentence_of
from wording.files.file_offer import file_offer
from wording.formatting import day, number
from wording.review import siting_words

_TOKEN, _SAID = "bench-site-token", "bench-site-said"
TOPICS = "/w/desk/review/topics/"


def draw(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    """Draw the files; for who has a desk also the scenarios that were kept."""
    _ = bench.who.words.gettext
    _downloads(bench, sited, outcome)
    if not bench.has_desk:
        return
    told = st.empty()  # a place of its own: what is below stays open when something is said
    if said := st.session_state.pop(_SAID, ""):
        told.info(plain(said))
    _save(bench, sited, outcome)
    with bench.who.database.reading() as session:
        found = scenarios(session, bench.who.actor, bench.campaign.id)
    head = _("Scenarios that were kept")
    st.markdown(f"**{head}**")
    if not found:
        st.caption(_("Nobody has kept a scenario of this campaign yet."))
    for one in found:
        _one(bench, one)


def _downloads(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    _, slug = bench.who.words.gettext, bench.campaign.slug
    counted = counted_now(bench, sited, outcome)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            _("Places (GeoJSON)"),
            lambda: geojson(sited, outcome, counted).encode(),
            file_name=f"{slug}-sites-{outcome.number}.geojson",
            mime="application/geo+json",
            icon=":material/download:",
            on_click="ignore",
            key="bench-site-geojson",
        )
    rows = place_rows(bench, sited, outcome, counted)
    files.table_file(bench, rows, f"{slug}-sites-{outcome.number}")


def geojson(sited: Sited, outcome: Outcome, counted: CountedRacks) -> str:
    """Return the open places as GeoJSON (WGS 84), with how they were found."""
    labels = [one["en"] for one in sited.options]
    rows = [
        {
            "key": one.key,
            "name_zh": one.name["zh_CN"],
            "name_en": one.name["en"],
            "existing": one.existing,
            "people": one.people if one.people >= FEW else None,
            "proposals": one.proposals,
            "median_distance_m": None if one.metres is None else round(one.metres, 1),
            "asked_for": dict(zip(labels, one.wishes, strict=False)) if one.wishes else None,
            "bikes": one.amount,
            "racks_counted": _of(counted, one.key, "racks"),
            "racks_observations": _of(counted, one.key, "observations"),
            "racks_first": _of(counted, one.key, "first"),
            "racks_last": _of(counted, one.key, "last"),
            "cost": one.cost,
            "capacity": one.capacity,
            "load": one.load,
            "full": None if one.full is None else round(one.full, 4),
        }
        for one in outcome.sites
    ]
    x, y = [one.longitude for one in outcome.sites], [one.latitude for one in outcome.sites]
    frame = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(x, y), crs=WGS84)
    members = {
        "plan": sited.plan.told(),
        "new_sites": outcome.number,
        "status": str(outcome.status),
        "objective": outcome.objective,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "people": sited.people,
        "people_served": outcome.people,
        "partly_served": outcome.partly,
        "cost": outcome.cost if sited.plan.has_cost else None,
        "budget": sited.plan.budget or None,
        "not_spent": sited.plan.budget - outcome.cost
        if sited.plan.budget and outcome.cost is not None
        else None,
        "distance": str(sited.measured),
        "measured_in": sited.metric_crs,
    }
    return "".join(stream(frame, foreign_members=members))


def _of(counted: CountedRacks, key: str, name: str) -> Any:
    racks = counted.by_place.get(key)
    return None if racks is None else racks.told()[name]


def _save(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    _, who = bench.who.words.gettext, bench.who
    token = st.session_state.setdefault(_TOKEN, uuid.uuid4().hex)

    def save(name: str) -> str:
        query = bench.view.query()
        _write(
            bench,
            lambda session: save_scenario(
                session,
                who.actor,
                bench.campaign.id,
                sited,
                outcome.number,
                name=name,
                query=query,
                token=token,
                now=_now(),
            ),
        )
        st.session_state[_TOKEN] = uuid.uuid4().hex
        return _("The scenario is kept.")

    with st.form("bench-site-save", clear_on_submit=True):
        st.text_input(_("Keep this choice as"), max_chars=MOST_NAME, key="bench-site-name")
        st.form_submit_button(
            _("Keep"),
            on_click=lambda: _tried(bench, lambda: save(st.session_state["bench-site-name"])),
        )


def _one(bench: Bench, kept: ScenarioView) -> None:
    _, who = bench.who.words.gettext, bench.who
    people = siting_words.few(who, kept.outcome["people"])
    told = _("{n} new places, {people} people served; {name}, {day}").format(
        n=number(sum(not one["existing"] for one in kept.outcome["sites"]), who.lang),
        people=people,
        name=kept.by,
        day=day(kept.created, who.lang),
    )
    with st.expander(plain(f"{kept.name} · {told}")):
        here = address_of(kept.query, kept.plan, kept.outcome["number"])
        files.links_to([(_("Open it as it would be now"), here)])
        _comments(bench, kept)
        if files.prints(bench):
            brief = bench.desk("/brief.pdf", lang=who.lang, scenario=str(kept.id))
            files.links_to([(_("Brief of this scenario (PDF)"), brief)])
        _files(bench, kept)
        if may_somewhere(who.actor, Act.MAKE_TOPIC):
            _topic(bench, kept)
        if kept.removable:
            st.button(
                _("Put away"),
                key=f"bench-site-archive-{kept.id}",
                on_click=lambda: _tried(bench, lambda: _archive(bench, kept)),
            )


def _files(bench: Bench, kept: ScenarioView) -> None:
    """Offer the places of a scenario as files, and a pack of it."""
    who, sites = bench.who, kept.outcome["sites"]
    if not sites:
        return
    gives = may_somewhere(who.actor, Act.GIVE_PACK)
    pack = f"{files.PACKS}?scenario={kept.id}&lang={who.lang}" if gives else ""
    of = [(f"scenarios/{kept.id}", kept.name)]
    longitude = sum(one["longitude"] for one in sites) / len(sites)
    offer = file_offer(who.words, who.lang, of, longitude, public=False, pack=pack)
    head = who.words.gettext("Take files away")
    st.markdown(f"**{head}**")
    files.draw_offer(bench, offer)


def _comments(bench: Bench, kept: ScenarioView) -> None:
    _, who = bench.who.words.gettext, bench.who
    with who.database.reading() as session:
        said = scenario_comments(session, who.actor, kept.id)
    for one in said:
        st.markdown(plain(f"{one.by}, {day(one.created, who.lang)}: {one.text}"))
    key = f"bench-site-comment-{kept.id}"

    def comment() -> str:
        text = st.session_state[key]
        _write(bench, lambda s: comment_on_scenario(s, who.actor, kept.id, text=text, now=_now()))
        return ""

    with st.form(f"{key}-form", clear_on_submit=True):
        st.text_area(_("Your comment"), max_chars=MOST_COMMENT, key=key, height=80)
        st.form_submit_button(_("Comment"), on_click=lambda: _tried(bench, comment))


def _topic(bench: Bench, kept: ScenarioView) -> None:
    _, who = bench.who.words.gettext, bench.who
    title, note = f"bench-site-title-{kept.id}", f"bench-site-note-{kept.id}"

    def send() -> str:
        given = {"title": st.session_state[title], "note": st.session_state[note]}
        token = f"scenario-{kept.id}"
        made = _write(
            bench,
            lambda s: make_scenario_topic(s, who.actor, kept.id, **given, token=token, now=_now()),
        )
        st.session_state[f"bench-site-topic-{kept.id}"] = made
        return _("It is a topic now.")

    with st.form(f"bench-site-topic-form-{kept.id}"):
        st.text_input(_("Title of the topic"), value=kept.name, max_chars=MOST_TITLE, key=title)
        st.text_area(_("What it is about"), max_chars=MOST_NOTE, key=note, height=80)
        st.form_submit_button(_("Make it a topic"), on_click=lambda: _tried(bench, send))
    if made := st.session_state.get(f"bench-site-topic-{kept.id}"):
        files.links_to([(_("To the topic and its brief"), f"{TOPICS}{made}?lang={who.lang}")])


def _archive(bench: Bench, kept: ScenarioView) -> str:
    _write(bench, lambda s: archive_scenario(s, bench.who.actor, kept.id, now=_now()))
    return bench.who.words.gettext("The scenario is put away.")


def _write(bench: Bench, change: Callable[[Any], Any]) -> Any:
    return bench.who.database.write(change)


def _tried(bench: Bench, do: Callable[[], str]) -> None:
    """Do something that may be refused; what came of it is said on the next run."""
    try:
        st.session_state[_SAID] = do()
    except LuJianError as problem:
        st.session_state[_SAID] = sentence_of(problem, bench.who.words)


def _now() -> datetime:
    return datetime.now(UTC)
