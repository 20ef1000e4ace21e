"""Campaigns and what leaves of them as GeoJSON. Only published proposals, and no person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from analysis import results
from analysis.answer_tallies import answers_object
from analysis.export.communities import category_keys
from analysis.export.hotspots import hotspot_frame
from analysis.export.proposal_text import feature_blocks
from analysis.filter import MIN_PROPOSALS, RADIUS_M
from analysis.selection import Selection, gazetteer_key
from analysis.significance.hotspot_verdicts import verdicts_reading
from api.file_requests import Crs
from api.filter_params import Chosen, Narrow, choose, choose_published
from core.language import DEFAULT
from geo.significance.hotspot_scan import JudgedHotspots
from geo.significance.verdicts import MethodCard
from geo.writing.feature_text import collection_of
from geo.writing.forms import FORMS
from geo.writing.target_systems import system_for
from layers.communities.communities import is_schematic
from layers.export import geojson
from people.office.office import current_office
from serving.context import Context, Room
from serving.etag import unchanged
from serving.guards import PUBLIC
from serving.parameters import Slug
from serving.streaming import begun
from submissions.proposals import queries
from wording.office.office_words import publisher_of

router = APIRouter(prefix="/campaigns", tags=["campaigns"], dependencies=[PUBLIC])
Marked = Annotated[
    Literal["marked", "pin"],
    Query(description="pin: points only, also for lines and areas."),
]
Told = Annotated[Literal["yes", "no"], Query(description="With the answers of each hotspot.")]
Judged = Annotated[
    Literal["wait", "now"],
    Query(description="now: not even a moment for verdicts that are still being worked out."),
]
GEOJSON = "application/geo+json"
#: So long a file waits for the verdicts on its hotspots; whoever gets none asks again after that.
VERDICTS_S, AGAIN_S = 3.0, 2


@router.get("")
def campaigns(room: Room) -> dict[str, Any]:
    """List the campaigns: texts, categories, questions, dates, number of published proposals."""
    with room.database.reading() as session:
        views = queries.list_campaigns(session)
    totals = {view.id: results.sums(room.database, Selection(view)) for view in views}
    return {
        "campaigns": [
            {
                "slug": view.slug,
                "theme": view.theme,
                "texts": view.texts,
                "categories": view.categories,
                "questions": view.questions,
                "opens_at": geojson.timestamp(view.opens_at),
                "closes_at": geojson.timestamp(view.closes_at),
                "edition": view.edition,
                "geometry_kinds": view.geometry_kinds,
                "bounds": [round(value, 7) for value in view.area.bounds],
                "proposals": totals[view.id].proposals,
                "people": totals[view.id].people,
            }
            for view in views
        ]
    }


def _headers(chosen: Chosen, etag: str, name: str) -> dict[str, str]:
    return {**chosen.headers(etag), "Content-Disposition": f'attachment; filename="{name}"'}


def _name(chosen: Chosen, kind: str) -> str:
    """Name a download: by its category, or by its filter in short."""
    narrow = chosen.selection.narrow
    part = chosen.selection.category if narrow.only_category else narrow.digest[:8]
    return geojson.file_name(chosen.campaign.slug, kind, part)


def head_of(room: Context, campaign: queries.CampaignView) -> dict[str, Any]:
    """Return the members that each file begins with."""
    return {
        "generated": geojson.timestamp(datetime.now(UTC)),
        "campaign": campaign.slug,
        "edition": campaign.edition,
        "licence": room.settings.licence,
        "publisher": publisher_of(current_office(room.database, room.settings), DEFAULT),
    }


@router.get("/{slug}/proposals.geojson", response_class=Response)
def proposals(
    room: Room,
    request: Request,
    slug: Slug,
    narrow: Narrow,
    geometry: Marked = "marked",
    crs: Crs = "",
) -> Response:
    """Stream the published proposals as RFC 7946 GeoJSON: points, lines and areas as marked."""
    check_wgs84(crs)
    chosen, revision = choose_published(room, request, slug, narrow)
    etag = f'"p{revision}-{room.themes_revision()}-{chosen.tag}-{geometry}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    pins_only = geometry == "pin"
    blocks = _blocks_of(room, chosen, pins_only=pins_only)
    chunks = collection_of(blocks, head_of(room, chosen.campaign))
    name = _name(chosen, "pins" if pins_only else "proposals")
    return StreamingResponse(
        begun(chunks), media_type=GEOJSON, headers=_headers(chosen, etag, name)
    )


def _blocks_of(room: Context, chosen: Chosen, *, pins_only: bool) -> Iterator[bytes]:
    """Yield what is selected, block by block."""
    with room.database.reading() as session:
        yield from feature_blocks(session, chosen.selection, pins_only=pins_only)


@router.get("/{slug}/communities.geojson", response_class=Response)
def communities(
    room: Room, request: Request, slug: Slug, narrow: Narrow, crs: Crs = ""
) -> Response:
    """Return the communities with their counts; what lies in none is in ``outside``."""
    check_wgs84(crs)
    chosen, revision = choose(room, request, slug, narrow)
    etag = f'"c{revision}-{chosen.tag}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    campaign = chosen.campaign
    with room.database.reading() as session:
        schematic = is_schematic(session, campaign.edition)
    counts = results.community_counts(room.database, chosen.selection)
    keys = category_keys(campaign)
    head = {
        **head_of(room, campaign),
        "outside": counts.outside,
        "schematic": schematic,
    }
    body = geojson.communities_geojson(counts.frame, keys, head)
    headers = _headers(chosen, etag, _name(chosen, "communities"))
    return Response(body, media_type=GEOJSON, headers=headers)


@router.get("/{slug}/hotspots.geojson", response_class=Response)
def hotspots(
    room: Room,
    request: Request,
    slug: Slug,
    narrow: Narrow,
    radius_m: Annotated[float, Query(ge=RADIUS_M[0], le=RADIUS_M[1])] = 50,
    min_proposals: Annotated[int, Query(ge=MIN_PROPOSALS[0], le=MIN_PROPOSALS[1])] = 5,
    answers: Told = "yes",
    verdicts: Judged = "wait",
    crs: Crs = "",
) -> Response:
    """Return density clusters of the published proposals, ranked by distinct people.

    ``hotspot`` does not narrow them: it is one of them. Whether each is more than chance is worked
    out once for a state of the data, beside the answer: the first request waits up to three seconds
    for it. Where that is not enough, ``effect``, ``p_value`` and ``verdict`` are null,
    ``verdicts`` says ``computing`` and Retry-After when to ask again.
    """
    check_wgs84(crs)
    chosen, revision = choose(room, request, slug, narrow)
    made: dict[str, Any] = {"radius_m": radius_m, "min_proposals": min_proposals}
    verdict, state = verdict_now(room, chosen, wait=verdicts == "wait", **made)
    etag = f'"h{revision}-{hotspots_tag(room, chosen, state, **made)}-{answers}"'
    later = again_later(verdict)
    if (same := unchanged(request, etag)) is not None:
        same.headers.update(later)
        return same
    frame = hotspot_frame(room.database, chosen.selection, verdicts=verdict, **made)
    told = {"verdicts": state, "method": None if verdict is None else _method(verdict.card)}
    body = geojson.hotspots_geojson(
        frame,
        {**head_of(room, chosen.campaign), **made, **told},
        category_keys(chosen.campaign),
        _answers(room, chosen, radius_m, min_proposals) if answers == "yes" else None,
    )
    headers = _headers(chosen, etag, _name(chosen, "hotspots")) | later
    return Response(body, media_type=GEOJSON, headers=headers)


def again_later(verdict: JudgedHotspots | None) -> dict[str, str]:
    """Return the header that says when to ask again for what is still being worked out."""
    return {"Retry-After": str(AGAIN_S)} if verdict is None else {}


def verdict_now(
    room: Context, chosen: Chosen, *, wait: bool, radius_m: float, min_proposals: int
) -> tuple[JudgedHotspots | None, str]:
    """Return the verdicts on a selection's hotspots, None while they are worked out; the state."""
    made: dict[str, Any] = {"radius_m": radius_m, "min_proposals": min_proposals}
    reading = verdicts_reading(room.database, chosen.selection, **made)
    verdict = reading.current(wait_s=VERDICTS_S if wait else 0.0)
    return verdict, "computing" if verdict is None else "ready"


def hotspots_tag(
    room: Context, chosen: Chosen, state: str, *, radius_m: float, min_proposals: int
) -> str:
    """Return what differs between files of hotspots beside the campaign's revision."""
    with room.database.reading() as session:
        named = sha256(repr(gazetteer_key(session, chosen.selection)).encode()).hexdigest()[:8]
    themes = room.themes_revision()
    return f"{chosen.tag}-{radius_m:g}-{min_proposals}-{named}-{themes}-{state}"


def check_wgs84(crs: str) -> None:
    """Refuse GeoJSON in another system than WGS 84, as RFC 7946 says.

    Raises ``UnknownSystemError``, ``WrongSystemError``.
    """
    if crs.strip():
        FORMS["geojson"].check_system(system_for(crs))


def _method(card: MethodCard) -> dict[str, Any]:
    """Return how the verdicts were reached; the campaign's revision counts what is not public."""
    parameters = {name: value for name, value in card.parameters.items() if name != "revision"}
    left_out = {reason: count for reason, count in card.left_out.items() if count}
    return {
        "name": card.method,
        "parameters": parameters,
        "counted": card.counted,
        "left_out": left_out,
    }


def _answers(
    room: Context, chosen: Chosen, radius_m: float, min_proposals: int
) -> dict[str, dict[str, Any]]:
    found = results.hotspot_answers(
        room.database, chosen.selection, radius_m=radius_m, min_proposals=min_proposals
    )
    return {name: answers_object(asked) for name, asked in found.items()}
