"""What people hand in, and the checks it must pass before anything is stored. Pure: no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely

from core.errors import (
    BadCoordinateError,
    InvalidError,
    OutsideAreaError,
    UnknownCategoryError,
    UnknownRelationError,
)
from core.text import clean_text
from geo.crs import WGS84, known_crs
from submissions.campaigns.campaign_draft import _number
from submissions.participation.draft_faults import ShortTextError
from submissions.proposals.states import EntryChannel, Placement, Relation

#: So many different letters a text must have. Two Chinese characters are a word that can be a
#: wish (路灯, street lamps); one letter, the same one over and over, or signs alone are none.
LEAST_LETTERS = 2
_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class DraftProposal:
    """A proposal as it is handed in.

    ``longitude`` and ``latitude`` are WGS 84 degrees. ``raw_x``, ``raw_y`` keep the coordinate as
    it was stated, in the system ``raw_crs``; without them it was stated in WGS 84.
    ``client_token`` is the client's own name for this filing: sent again, it files nothing new.
    ``shape`` is a GeoJSON LineString or Polygon for a route or a plot; the pin then lies on it.
    ``photos`` are names of photos that this device sent before. ``why_another`` says why one more
    facility is wanted so near to one. ``honey`` is the field no person sees, ``proven`` whether a
    proof of work was right (None: none was needed): see ``submissions.participation.spam_check``.
    ``asks_personal``: its author is to be told first of what looks personal in it.
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
    entry: str = EntryChannel.SELF
    honey: str = ""
    proven: bool | None = None
    why_another: str = ""
    asks_personal: bool = False


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


def check_text(text: str, *, most: int) -> str:
    """Return what is wanted as it is stored, at most ``most`` characters.

    Raises ``EmptyTextError``, ``ShortTextError`` for fewer than ``LEAST_LETTERS`` different
    letters, ``LongTextError``.
    """
    kept = clean_text(text, most=most)
    if len({sign for sign in kept.casefold() if sign.isalpha()}) < LEAST_LETTERS:
        raise ShortTextError(least=LEAST_LETTERS)
    return kept


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
