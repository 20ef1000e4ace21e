"""A scenario at the desk: its places on the page of its topic, and in the brief."""

from __future__ import annotations

from typing import Any

import shapely

from analysis.scenarios.plan import Kind
from analysis.scenarios.saved_scenarios import ScenarioView, scenario_named
from deliberation.topics import Origin, TopicView
from printing.brief import BriefLayer, Table, Things
from serving.visit import Visit
from wording.formatting import number
from wording.review import siting_words

#: The parameter of a brief that names a scenario, and how its places are drawn.
SCENARIO, COLOUR, ROUND_DEG = "scenario", "#1b5e20", 0.0004


def asked(here: Visit) -> ScenarioView | None:
    """Return the scenario that the address names. Raises ``NotFoundError``."""
    text = here.request.query_params.get(SCENARIO, "")
    if not text.isdigit() or len(text) > 18:
        return None
    with here.room.database.reading() as session:
        return scenario_named(session, here.actor, int(text))


def table(here: Visit, kept: ScenarioView) -> Table:
    """Return the places of a scenario as a table of the brief."""
    served = here.words.gettext("{name}: {people} of {all} people served").format(
        name=kept.name,
        people=siting_words.few(here, kept.outcome["people"]),
        all=number(kept.outcome["all_people"], here.lang),
    )
    money = siting_words.kept_money(here, kept.outcome)
    rows = siting_words.kept_places(here, Kind(kept.kind), kept.outcome)
    head = siting_words.kept_head(here.words, kept.outcome)
    return Table(f"{served}. {money}" if money else served, head, rows, siting_words.KEPT_TEXTS)


def layer(kept: ScenarioView) -> BriefLayer:
    """Return the new places of a scenario for the map of the brief."""
    places = [
        shapely.Point(one["longitude"], one["latitude"]).buffer(ROUND_DEG)
        for one in kept.outcome["sites"]
        if not one["existing"]
    ]
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(one)}
        for one in places
    ]
    return BriefLayer("things", Things(COLOUR, features))


def topic_part(here: Visit, topic: TopicView) -> dict[str, Any]:
    """Return what the page of a topic shows of the scenario that it was made of."""
    if topic.origin != Origin.SCENARIO:
        return {}
    rows = siting_words.kept_places(here, Kind(topic.figures["kind"]), topic.figures)
    brief = f"/w/desk/review/brief.pdf?{topic.query}&lang={here.lang}"
    return {
        "sites": rows,
        "head": siting_words.kept_head(here.words, topic.figures),
        "money": siting_words.kept_money(here, topic.figures),
        "brief": f"{brief}&{SCENARIO}={topic.figures['scenario']}",
    }
