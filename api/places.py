"""Finding a place by its name, and what there is at a place already."""

from __future__ import annotations

from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from analysis.nearby import NearbyProposal, nearby
from core.errors import NotFoundError
from core.language import content_language
from layers.communities.communities import community_frame, community_index
from layers.effective import standing
from layers.gazetteer.gazetteer import area_around, places_of, subdistrict_of
from layers.gazetteer.index import Match, Place, PlaceFound
from layers.gazetteer.pinyin import typed
from layers.gazetteer.tianditu import SHORTEST, tianditu_of
from layers.nearest_facility import nearest_facility
from layers.place_types import kind_named
from serving.context import Context, Room, spoken_by
from serving.guards import PUBLIC
from serving.parameters import Slug
from submissions.participation.photos import photos_of
from submissions.participation.proposal_draft import check_coordinate
from submissions.proposals.queries import CampaignView
from submissions.proposals.visibility import published_ids

router = APIRouter(prefix="/campaigns", tags=["places"], dependencies=[PUBLIC])
Category = Annotated[
    str | None, Query(pattern=r"^[a-z0-9_]{1,64}$", description="Only this category.")
]
Degrees = Annotated[float | None, Query(description="WGS 84 degrees.")]
MOST_PLACES = 8
#: More of a draft than this is not compared with what others wrote.
MOST_TEXT = 1_000


@router.get("/{slug}/places")
def places(
    room: Room,
    request: Request,
    response: Response,
    slug: Slug,
    q: str = "",
    lang: Annotated[str | None, Query(max_length=16)] = None,
    longitude: Degrees = None,
    latitude: Degrees = None,
) -> dict[str, Any]:
    """Find places in and around the campaign's area, by characters, pinyin or initials.

    With a longitude and latitude, what is nearer comes first among equally good finds.
    """
    response.headers["Cache-Control"] = "no-store"
    campaign, _revision = room.campaign(slug)
    asked_at = longitude, latitude
    near = None if asked_at == (None, None) else check_coordinate(*asked_at)
    spoken = spoken_by(request, lang)
    found = _found(room, campaign, q, near)
    return {"places": [_place(place, campaign, spoken) for place in found]}


@router.get("/{slug}/at")
def at(
    room: Room,
    response: Response,
    slug: Slug,
    longitude: Degrees = None,
    latitude: Degrees = None,
    text: str = "",
    category: Category = None,
) -> dict[str, Any]:
    """Say which community a place lies in, which facility is nearest, and what is proposed there.

    Proposals are those within 100 m; those whose words are like ``text`` come first, and
    ``alike`` says that one may be the same, unless it has another ``category``.
    """
    response.headers["Cache-Control"] = "no-store"
    x, y = check_coordinate(longitude, latitude)
    campaign, _revision = room.campaign(slug, category)
    around = nearby(room.pinboard, campaign, x, y, text=text[:MOST_TEXT], category=category)
    with room.database.reading() as session:
        community = _community(session, campaign, x, y)
        photos = _first_photos(session, [found.view.public_id for found in around.proposals])
        facility = _facility(session, campaign, x, y)
    proposals = [_proposal(found, photos) for found in around.proposals]
    return {
        "inside": bool(shapely.intersects_xy(campaign.area, x, y)),
        "community": community,
        "facility": facility,
        "nearby": {"total": around.total, "proposals": proposals},
    }


def _found(
    room: Context, campaign: CampaignView, text: str, near: tuple[float, float] | None
) -> list[Place]:
    """Search the map's own places; the geocoder only for what they do not have."""
    with room.database.reading() as session:
        index = places_of(
            session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict
        )
    found = index.search(text, most=MOST_PLACES, near=near)
    own = [one.place for one in found]
    if not room.settings.tianditu_key or _is_known(found) or len(typed(text)) < SHORTEST:
        return own
    geocoder = tianditu_of(room.settings.tianditu_key)
    around = area_around(campaign.area)
    theirs = geocoder.find(text, around, within=subdistrict_of(index))
    return [*own[: MOST_PLACES - len(theirs)], *theirs]


def _is_known(found: list[PlaceFound]) -> bool:
    return any(one.match < Match.TYPO for one in found)


def _place(place: Place, campaign: CampaignView, lang: str) -> dict[str, Any]:
    kind = kind_named(place.kind)
    chinese = content_language(lang) == "zh_CN"
    return {
        "name": place.name,
        "name_en": place.name_en or place.name,
        "kind": place.kind,
        "kind_name": kind.name_zh if chinese else kind.name_en,
        "longitude": place.longitude,
        "latitude": place.latitude,
        "community": place.community if chinese else place.community_en,
        "inside": bool(shapely.intersects_xy(campaign.area, place.longitude, place.latitude)),
    }


def _community(
    session: Session, campaign: CampaignView, longitude: float, latitude: float
) -> dict[str, str] | None:
    code = community_index(session, campaign.edition).locate_one(longitude, latitude)
    if code is None:
        return None
    frame = community_frame(session, campaign.edition)
    row = frame.loc[frame["code"] == code].iloc[0]
    return {"code": code, "name": row["name"], "name_en": row["name_en"] or row["name"]}


def _facility(
    session: Session, campaign: CampaignView, longitude: float, latitude: float
) -> dict[str, Any] | None:
    """Return the nearest of the kind that the campaign is about, if the map has any."""
    if not campaign.facility:
        return None
    made_of = standing(session, campaign.subdistrict, campaign.area)
    name = str(campaign.facility["layer"])
    try:
        nearest = nearest_facility(session, made_of, name, longitude, latitude)
    except NotFoundError:
        return None
    if nearest is None:
        return None
    return {
        "name": nearest.name_zh or nearest.name_en,
        "name_en": nearest.name_en,
        "distance_m": round(nearest.distance_m, 1),
        "near": nearest.distance_m < float(campaign.facility["near_m"]),
    }


def _first_photos(session: Session, public_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return the first photo that anybody may see, by public id."""
    internal = published_ids(session, public_ids)
    found = photos_of(session, list(internal.values()))
    return {
        public_id: {"name": photo.name, "width": photo.width, "height": photo.height}
        for public_id, number in internal.items()
        for photo in found.get(number, [])[:1]
    }


def _proposal(found: NearbyProposal, photos: dict[str, dict[str, Any]]) -> dict[str, Any]:
    view = found.view
    return {
        "id": view.public_id,
        "category": view.category,
        "text": view.text,
        "supports": view.supports,
        "distance_m": round(view.distance_m or 0.0, 1),
        "likeness": round(found.likeness, 3),
        "alike": found.alike,
        "longitude": view.longitude,
        "latitude": view.latitude,
        "community_name": view.community_name,
        "community_name_en": view.community_name_en,
        "photo": photos.get(view.public_id),
    }
