"""What people hand in, and the checks it must pass before anything is stored. Pure: no database."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import shapely

from errors import (
    BadCoordinateError,
    InvalidError,
    OutsideAreaError,
    UnknownCategoryError,
    UnknownRelationError,
)
from geo.crs import WGS84, known_crs
from layers.catalogue import CATALOGUE
from submissions.phases import check_dates
from submissions.questions import check_questions
from submissions.rules import Entry, GeometryKind, Placement, Relation
from texts import clean_text as clean_text
from texts import shows_nothing

_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: From how alike two texts on they may say the same, unless a campaign says otherwise: measured,
#: see ``submissions.nearby``.
ALIKE = 0.42
LEAST_ALIKE, MOST_ALIKE = 0.2, 0.9


@dataclass(frozen=True)
class DraftProposal:
    """A proposal as it is handed in.

    ``longitude`` and ``latitude`` are WGS 84 degrees. ``raw_x``, ``raw_y`` keep the coordinate as
    it was stated, in the system ``raw_crs``; without them it was stated in WGS 84.
    ``client_token`` is the client's own name for this filing: sent again, it files nothing new.
    ``shape`` is a GeoJSON LineString or Polygon for a route or a plot; the pin then lies on it.
    ``photos`` are names of photos that this device sent before. ``why_another`` says why one more
    facility is wanted so near to one. ``honey`` is the field no person sees, ``proven`` whether a
    proof of work was right (None: none was needed): see ``submissions.doubt``.
    """

    client_token: str
    longitude: float
    latitude: float
    category: str
    text: str
    relation: str
    placed_by: str = Placement.TAP
    accuracy_m: float | None = None
    raw_x: float | None = None
    raw_y: float | None = None
    raw_crs: str = WGS84
    shape: Any = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    photos: Sequence[str] = ()
    contact: str = ""
    consent: bool = False
    language: str | None = None
    entry: str = Entry.SELF
    honey: str = ""
    proven: bool | None = None
    why_another: str = ""


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
    publish_on_filing: bool = True
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


def check_coordinate(longitude: Any, latitude: Any) -> tuple[float, float]:
    """Return WGS 84 degrees as floats; raise ``BadCoordinateError`` for no place on earth."""
    x, y = _number(longitude), _number(latitude)
    if x is None or y is None or not (-180 <= x <= 180 and -90 <= y <= 90):
        raise BadCoordinateError(longitude=longitude, latitude=latitude)
    return x, y


def check_place(area: Any, longitude: Any, latitude: Any) -> tuple[float, float]:
    """Return WGS 84 degrees of a point in ``area``, its border included.

    Raises ``BadCoordinateError`` and ``OutsideAreaError``.
    """
    x, y = check_coordinate(longitude, latitude)
    if not shapely.intersects_xy(area, x, y):
        raise OutsideAreaError(longitude=x, latitude=y)
    return x, y


def check_raw(draft: DraftProposal) -> tuple[float, float, str]:
    """Return the coordinate as stated and its system's name.

    Raises ``BadCoordinateError`` and ``geo.crs.UnknownCrsError``.
    """
    if draft.raw_x is None and draft.raw_y is None:
        return float(draft.longitude), float(draft.latitude), WGS84
    x, y = _number(draft.raw_x), _number(draft.raw_y)
    if x is None or y is None:
        raise BadCoordinateError(raw_x=draft.raw_x, raw_y=draft.raw_y)
    return x, y, draft.raw_crs if draft.raw_crs == WGS84 else known_crs(draft.raw_crs)


def check_client_token(token: str) -> str:
    """Return the token; raise ``InvalidError`` unless 1 to 64 of letters, digits, ``._-``."""
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise InvalidError(field="client_token")
    return token


def check_relation(relation: str) -> str:
    """Return the relation; raise ``UnknownRelationError`` for none of those offered."""
    if relation not in set(Relation):
        raise UnknownRelationError(relation=relation)
    return str(relation)


def check_category(category: str, keys: frozenset[str]) -> str:
    """Return the category; raise ``UnknownCategoryError`` when it is not among ``keys``."""
    if category not in keys:
        raise UnknownCategoryError(category=category)
    return str(category)


def check_placement(draft: DraftProposal) -> tuple[str, float | None]:
    """Return how the pin was placed and the stated accuracy in metres.

    A filing cannot claim to be an import. Raises ``InvalidError`` naming the field.
    """
    if draft.placed_by not in {Placement.TAP, Placement.DEVICE, Placement.SEARCH}:
        raise InvalidError(field="placed_by")
    if draft.accuracy_m is None:
        return str(draft.placed_by), None
    accuracy_m = _number(draft.accuracy_m)
    if accuracy_m is None or accuracy_m < 0:
        raise InvalidError(field="accuracy_m")
    return str(draft.placed_by), accuracy_m


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
