"""What a pack can be made of: a topic, a hotspot, a scenario or a view, and where that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
import shapely
from sqlalchemy.orm import Session

from analysis import results
from analysis.scenarios.saved_scenarios import ScenarioView, scenario_named
from analysis.selection import Selection
from analysis.view import View
from core.errors import InvalidError
from deliberation.topics import TopicView, topic_named
from layers.communities.communities import community_frame
from packs.states import Origin
from people.access.actor import Actor
from submissions.campaigns.models import Campaign

#: About 50 m: so far around the places of a scenario.
AROUND_SITES_DEG = 0.0005


@dataclass(frozen=True)
class PackSource:
    """Of what a pack is made; ``query``: a view as an address has it, without its campaign.

    ``community_code``: of a topic or a hotspot, by which it is told who may give it.
    """

    origin: Origin
    campaign_id: int
    edition: str
    query: str
    outline: Any
    title: str
    topic_id: int | None = None
    scenario_id: int | None = None
    community_code: str | None = None


def topic_source(session: Session, actor: Actor, topic_id: int) -> PackSource:
    """Return a topic as the source of a pack. Raises ``NotFoundError`` for one out of reach."""
    topic: TopicView = topic_named(session, actor, topic_id)
    edition = session.get_one(Campaign, topic.campaign_id).edition
    return PackSource(
        Origin.TOPIC,
        topic.campaign_id,
        edition,
        topic.query,
        topic.outline,
        topic.title,
        topic_id=topic.id,
        community_code=topic.community_code,
    )


def scenario_source(session: Session, actor: Actor, scenario_id: int) -> PackSource:
    """Return a scenario as the source of a pack.

    Raises ``NotFoundError`` for one out of reach; ``InvalidError`` (``scenario``) for one of a view
    that is not public, or without a place.
    """
    kept: ScenarioView = scenario_named(session, actor, scenario_id)
    _check_public(View.read(parse_qsl(kept.query)), "scenario")
    sites = kept.outcome["sites"]
    if not sites:
        raise InvalidError(field="scenario")
    places = [(one["longitude"], one["latitude"]) for one in sites]
    return PackSource(
        Origin.SCENARIO,
        kept.campaign_id,
        session.get_one(Campaign, kept.campaign_id).edition,
        kept.query,
        shapely.MultiPoint(places).buffer(AROUND_SITES_DEG),
        kept.name,
        scenario_id=kept.id,
    )


def hotspot_source(session: Session, spot: Selection, title: str) -> PackSource:
    """Return the hotspot to which a selection is narrowed as the source of a pack.

    Raises ``NotFoundError`` for one that is none now; ``InvalidError`` (``hotspot``) for a
    selection without one, or of states that are not public.
    """
    row = results.spot_row(session, spot)
    return PackSource(
        Origin.HOTSPOT,
        spot.campaign.id,
        spot.campaign.edition,
        spot.narrow.query(),
        row["geometry"],
        title,
        community_code=None if pd.isna(row["community"]) else str(row["community"]),
    )


def view_source(session: Session, view: View, chosen: Selection, title: str) -> PackSource:
    """Return a view as the source of a pack. Raises ``InvalidError`` for one that is not public.

    Its place is the part that was drawn, or the communities that it is narrowed to, or all of the
    campaign.
    """
    _check_public(view, "status")
    query = replace(view, campaign="").query(page="", at="", layers="")
    return PackSource(
        Origin.VIEW,
        chosen.campaign.id,
        chosen.campaign.edition,
        query,
        _part(session, chosen),
        title,
    )


def _part(session: Session, chosen: Selection) -> Any:
    if chosen.narrow.area:
        return shapely.make_valid(shapely.Polygon(chosen.narrow.area))
    if chosen.narrow.communities:
        frame = community_frame(session, chosen.campaign.edition)
        inside = frame[frame["code"].isin(chosen.narrow.communities)]
        if len(inside):
            return shapely.union_all(inside.geometry.to_numpy())
    return chosen.campaign.area


def _check_public(view: View, field: str) -> None:
    if view.narrow.statuses:
        raise InvalidError(field=field)
