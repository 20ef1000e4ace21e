"""What is known of the places where somebody has a desk: to tell where a file would lie."""

from __future__ import annotations

from typing import Any

import shapely
from shapely.geometry import shape
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from geo.datum.compare import KnownGround
from layers.communities.communities import community_frame
from layers.effective import standing
from moderation import overview
from people.access.permissions import Act
from serving.visit import Visit
from submissions.proposals.queries import CampaignView

#: The newest campaigns that are looked at; more would be the same places again.
MOST_CAMPAIGNS = 6
_POINTS = ("places", "stations")


def known_ground(session: Session, here: Visit) -> KnownGround:
    """Return the areas of the campaigns within reach, and what lies there, in WGS 84."""
    campaigns = overview.campaigns_within(session, here.actor, Act.SEE_DESK)[-MOST_CAMPAIGNS:]
    if not campaigns:
        return KnownGround()
    named: list[Any] = []
    names: list[str] = []
    roads: list[Any] = []
    places: list[Any] = []
    for campaign in _apart(campaigns):
        made_of = standing(session, campaign.subdistrict, campaign.area)
        roads += _shapes(made_of.features(session, "roads"))
        for layer in _POINTS:
            for feature in made_of.features(session, layer):
                if feature.get("geometry"):
                    spot = shape(feature["geometry"]).representative_point()
                    places.append(spot)
                    named.append(spot)
                    names.append(str(feature["properties"].get("name_zh") or ""))
    for edition in dict.fromkeys(one.edition for one in campaigns):
        try:
            frame = community_frame(session, edition)
        except NotFoundError:
            continue
        named += list(frame.geometry)
        names += [str(name) for name in frame["name"]]
    area = shapely.union_all([one.area for one in campaigns])
    return KnownGround(named, names, roads, places, area)


def _apart(campaigns: list[CampaignView]) -> list[CampaignView]:
    """Return one campaign for each area."""
    return list({one.area.wkb: one for one in campaigns}.values())


def _shapes(features: list[dict[str, Any]]) -> list[Any]:
    return [shape(one["geometry"]) for one in features if one.get("geometry")]
