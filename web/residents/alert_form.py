"""The form of an area alert: what was asked for, read into an area, and shown again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from core.errors import BadCoordinateError, InvalidError, NotFoundError
from layers.communities.communities import community_frame, community_names
from layers.gazetteer import gazetteer
from serving import attempts
from serving.visit import Visit
from submissions.alerts import alert_area
from submissions.alerts.alert_area import AlertArea
from submissions.proposals.queries import CampaignView
from web import presenters
from wording import formatting

#: Metres around a place, as they are offered; an address may ask for any between the ends.
RADII_M = (100, 200, 300, 500, 1_000, 2_000)
USUAL_RADIUS_M = 300
MOST_CANDIDATES = 5
FIELDS = (
    "kind",
    "community",
    "at",
    "longitude",
    "latitude",
    "radius",
    "place",
    "contact",
    "consent",
    "answers",
)
KINDS = ("campaign", "community", "circle")


@dataclass(frozen=True)
class AskedAlert:
    """What a form or an address asks for; all of it is text."""

    values: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def kind(self) -> str:
        """Which of the three areas is meant."""
        if self["kind"] in KINDS:
            return self["kind"]
        if self.is_placed or self["place"]:
            return "circle"
        return "community" if self["community"] else "campaign"

    @property
    def is_placed(self) -> bool:
        """Whether the middle of a circle is known."""
        return bool(self["at"]) or bool(self["longitude"] and self["latitude"])

    @property
    def centre(self) -> tuple[Any, Any]:
        """Longitude and latitude as they were given; a place chosen from a list goes first."""
        if self["at"]:
            longitude, _, latitude = self["at"].partition(",")
            return longitude, latitude
        return self["longitude"], self["latitude"]

    @property
    def radius_m(self) -> int:
        """The radius in metres. Raises ``InvalidError`` for what is no whole number."""
        try:
            return int(self["radius"] or USUAL_RADIUS_M)
        except ValueError:
            raise InvalidError(field="radius") from None


def read(sent: Mapping[str, Any]) -> AskedAlert:
    """Read what was sent; nothing is longer than a field of the form."""
    return AskedAlert({name: str(sent.get(name) or "").strip()[:200] for name in FIELDS})


def area_of(session: Session, campaign: CampaignView, asked: AskedAlert) -> AlertArea:
    """Return the area. Raises as ``alert_area``; ``BadCoordinateError`` without a place."""
    if asked.kind == "campaign":
        return AlertArea(campaign_id=campaign.id)
    if asked.kind == "community":
        return alert_area.community(session, campaign.edition, asked["community"])
    if not asked.is_placed:
        raise BadCoordinateError
    return alert_area.circle(*asked.centre, asked.radius_m, asked["place"])


def area_of_address(session: Session, asked: AskedAlert) -> AlertArea:
    """Return the area that a feed's address names: a community of the latest edition, a circle.

    Raises ``NotFoundError`` for an address that names neither.
    """
    if asked.is_placed:
        return alert_area.circle(*asked.centre, asked.radius_m, asked["place"])
    for known in community_names(session):
        if known.code == asked["community"]:
            return alert_area.community(session, known.edition, known.code)
    raise NotFoundError(kind="feed")


def feed_address(area: AlertArea, campaign: CampaignView) -> str:
    """Return the path of the feed of an area; the same area has the same."""
    if area.campaign_id is not None:
        return f"/w/c/{campaign.slug}/feed.atom"
    return f"/w/feed.atom?{urlencode(address_of(area))}"


def address_of(area: AlertArea) -> dict[str, str]:
    """Return what names a community or a circle in an address."""
    if area.circle is None:
        return {"community": area.community_code or ""}
    longitude, latitude, radius_m = area.circle
    return {"at": f"{longitude:.5f},{latitude:.5f}", "radius": str(radius_m)}


def candidates(here: Visit, campaign: CampaignView, asked: AskedAlert) -> list[dict[str, Any]]:
    """Return the places that are called as was typed, where the middle is not known yet."""
    if asked.kind != "circle" or asked.is_placed or not asked["place"]:
        return []
    with here.room.database.reading() as session:
        index = gazetteer.places_of(
            session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict
        )
    found = index.search(asked["place"], most=MOST_CANDIDATES)
    return [attempts.candidate(here, hit.place) for hit in found]


def shown(here: Visit, campaign: CampaignView, asked: AskedAlert) -> dict[str, Any]:
    """Return what the template shows of the form."""
    with here.room.database.reading() as session:
        frame = community_frame(session, campaign.edition)
    typed = asked.values.get("radius", "")
    radius = int(typed) if typed.isdecimal() and len(typed) < 6 else USUAL_RADIUS_M
    longitude, latitude = asked.centre
    return {
        **{name: asked[name] for name in FIELDS},
        "kind": asked.kind,
        "longitude": longitude,
        "latitude": latitude,
        "placed": asked.is_placed,
        "radii": [
            {
                "m": metres,
                "said": formatting.distance(metres, here.lang),
                "on": metres == radius,
            }
            for metres in sorted({*RADII_M, radius})
            if alert_area.LEAST_RADIUS_M <= metres <= alert_area.MOST_RADIUS_M
        ],
        "communities": presenters.by_name(presenters.community_names(here, frame)),
    }
