"""What an alert is about: a campaign, a community of an edition, or a circle; and what lies in it.

Places are WGS 84 degrees, radii metres on the ellipsoid (``geo.circle``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session

from core.errors import InvalidError, NotFoundError
from core.text import clean_text, shows_nothing
from geo.circle import box_around, within_m
from layers.models import Community
from submissions.alerts.models import AreaAlert
from submissions.campaigns.models import Campaign
from submissions.participation.proposal_draft import check_coordinate
from submissions.proposals.models import Proposal

LEAST_RADIUS_M, MOST_RADIUS_M = 100, 2_000
MOST_LABEL = 80


@dataclass(frozen=True)
class AlertArea:
    """One of a campaign, a community of an edition, and a circle in metres around a place.

    ``label`` is the name of the place at a circle's middle, where it was found by one.
    """

    campaign_id: int | None = None
    community_code: str | None = None
    edition: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    radius_m: int | None = None
    label: str = ""

    @property
    def circle(self) -> tuple[float, float, int] | None:
        """Longitude, latitude and radius of a circle; None for another kind of area."""
        if self.longitude is None or self.latitude is None or self.radius_m is None:
            return None
        return self.longitude, self.latitude, self.radius_m


def circle(longitude: Any, latitude: Any, radius_m: Any, label: str = "") -> AlertArea:
    """Return a circle.

    Raises ``BadCoordinateError``; ``InvalidError`` (``radius``) unless it has 100 to 2,000 whole
    metres.
    """
    x, y = check_coordinate(longitude, latitude)
    if not isinstance(radius_m, int) or not LEAST_RADIUS_M <= radius_m <= MOST_RADIUS_M:
        raise InvalidError(field="radius", least=LEAST_RADIUS_M, most=MOST_RADIUS_M)
    named = "" if shows_nothing(label) else clean_text(label[:MOST_LABEL], most=MOST_LABEL)
    # A metre is enough to come back to, and more than that tells where somebody lives.
    return AlertArea(longitude=round(x, 5), latitude=round(y, 5), radius_m=radius_m, label=named)


def community(session: Session, edition: str, code: str) -> AlertArea:
    """Return a community of an edition. Raises ``NotFoundError``."""
    known = select(Community.code).where(Community.edition == edition, Community.code == code)
    if session.scalar(known) is None:
        raise NotFoundError(kind="community", code=code)
    return AlertArea(community_code=code, edition=edition)


def area_of(alert: AreaAlert) -> AlertArea:
    """Return what an alert is about."""
    return AlertArea(
        alert.campaign_id,
        alert.community_code,
        alert.edition,
        alert.longitude,
        alert.latitude,
        alert.radius_m,
        alert.label,
    )


def conditions(area: AlertArea) -> list[ColumnElement[bool]]:
    """Return what a proposal must meet to lie in an area; of a circle, in a box around it."""
    if area.campaign_id is not None:
        return [Proposal.campaign_id == area.campaign_id]
    if area.community_code is not None:
        return [Proposal.community_code == area.community_code, Proposal.edition == area.edition]
    if area.circle is None:
        return [false()]
    west, south, east, north = box_around(*area.circle)
    return [Proposal.longitude.between(west, east), Proposal.latitude.between(south, north)]


def lying_in(area: AlertArea, rows: Sequence[Any]) -> list[Any]:
    """Return those of some proposals (as rows or views) that lie in an area, border included."""
    if area.campaign_id is not None:
        return [row for row in rows if row.campaign_id == area.campaign_id]
    if area.community_code is not None:
        named = (area.community_code, area.edition)
        return [row for row in rows if (row.community_code, row.edition) == named]
    if area.circle is None or not rows:
        return []
    lon = np.array([row.longitude for row in rows], dtype=np.float64)
    lat = np.array([row.latitude for row in rows], dtype=np.float64)
    inside = within_m(*area.circle, lon, lat)
    return [row for row, found in zip(rows, inside, strict=True) if found]


def names_of(session: Session, area: AlertArea) -> dict[str, str]:
    """Return what an area is called, by language; a circle by its place, which may have none."""
    if area.campaign_id is not None:
        texts = session.scalar(select(Campaign.texts).where(Campaign.id == area.campaign_id)) or {}
        return {lang: str(words.get("title", "")) for lang, words in texts.items()}
    if area.community_code is None:
        return {"zh_CN": area.label, "en": area.label}
    found = session.execute(
        select(Community.name, Community.name_en).where(
            Community.code == area.community_code, Community.edition == area.edition
        )
    ).one_or_none()
    if found is None:
        return {"zh_CN": area.community_code, "en": area.community_code}
    return {"zh_CN": found.name, "en": found.name_en or found.name}
