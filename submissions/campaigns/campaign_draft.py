"""What a new campaign must say, checked before it is made."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.errors import InvalidError
from core.text import shows_nothing
from layers.built_in import CATALOGUE
from submissions.campaigns.geometry_kinds import GeometryKind
from submissions.campaigns.phases import check_dates
from submissions.campaigns.questionnaire import check_questions

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


#: From how alike two texts on they may say the same, unless a campaign says otherwise: measured,
#: see ``analysis.nearby``.
ALIKE = 0.42


LEAST_ALIKE, MOST_ALIKE = 0.2, 0.9


@dataclass(frozen=True)
class NewCampaign:
    """A campaign to be set up. ``area`` is a WGS 84 polygon, ``subdistrict`` a statistical code.

    ``published_at`` is from when the public knows of it; the others as in ``models.Campaign``.
    """

    slug: str
    theme: str
    edition: str
    categories: Sequence[dict[str, Any]]
    texts: dict[str, Any]
    opens_at: datetime
    closes_at: datetime
    area: Any
    publish_on_filing: bool = False
    max_text_length: int = 1000
    questions: Sequence[dict[str, Any]] = field(default_factory=tuple)
    geometry_kinds: Sequence[str] = (GeometryKind.POINT,)
    facility: dict[str, Any] | None = None
    asks_contact: bool = True
    max_photos: int = 3
    subdistrict: str = ""
    former_questions: Sequence[dict[str, Any]] = field(default_factory=tuple)
    alike: float = ALIKE
    cover: str | None = None
    privacy: Mapping[str, str] = field(default_factory=dict)
    prize: dict[str, Any] | None = None
    phases: Mapping[str, str] = field(default_factory=dict)
    published_at: datetime | None = None
    archived_at: datetime | None = None


def check_campaign(campaign: NewCampaign) -> None:
    """Raise ``InvalidError`` naming the first field of a new campaign that cannot be.

    For ``questions`` it also names the question and the problem; see ``questions``.
    """
    keys = [category.get("key", "") for category in campaign.categories]
    sound = {
        "slug": len(campaign.slug) <= 60 and bool(_SLUG.fullmatch(campaign.slug)),
        "theme": not shows_nothing(campaign.theme) and len(campaign.theme) <= 60,
        "categories": bool(keys)
        and len(set(keys)) == len(keys)
        and all(_KEY.fullmatch(key) for key in keys),
        "closes_at": campaign.opens_at < campaign.closes_at,
        "area": campaign.area is not None
        and campaign.area.geom_type in ("Polygon", "MultiPolygon")
        and not campaign.area.is_empty
        and campaign.area.is_valid,
        "max_text_length": campaign.max_text_length > 0,
        "geometry_kinds": bool(campaign.geometry_kinds)
        and set(campaign.geometry_kinds) <= set(GeometryKind),
        "facility": campaign.facility is None or _is_facility(campaign.facility),
        "max_photos": isinstance(campaign.max_photos, int) and 0 <= campaign.max_photos <= 3,
        "alike": LEAST_ALIKE <= campaign.alike <= MOST_ALIKE,
    }
    for name, good in sound.items():
        if not good:
            raise InvalidError(field=name)
    check_questions(list(campaign.questions), keys)
    check_dates(campaign.opens_at, campaign.closes_at, campaign.phases)


def _is_facility(facility: Any) -> bool:
    """Tell whether a layer, a distance in metres and a name in both languages are given."""
    if not isinstance(facility, dict) or set(facility) != {"layer", "near_m", "name"}:
        return False
    name, near_m = facility["name"], facility["near_m"]
    return (
        facility["layer"] in [layer.name for layer in CATALOGUE]
        and isinstance(near_m, int | float)
        and (_number(near_m) or 0) > 0
        and isinstance(name, dict)
        and set(name) == {"zh_CN", "en"}
        and all(isinstance(words, str) and not shows_nothing(words) for words in name.values())
    )


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
