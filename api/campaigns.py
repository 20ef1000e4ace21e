"""Campaigns and what leaves of them as GeoJSON. Only published proposals, and no person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from api.caching import kept_under, unchanged
from api.context import Context, context
from layers import export
from layers.communities import is_schematic
from submissions import analysis, queries, questions

router = APIRouter(prefix="/campaigns", tags=["campaigns"])
Room = Annotated[Context, Depends(context)]
Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Category = Annotated[
    str | None, Query(pattern=r"^[a-z0-9_]{1,64}$", description="Only this category.")
]
Marked = Annotated[
    Literal["marked", "pin"],
    Query(description="pin: points only, also for lines and areas."),
]
GEOJSON = "application/geo+json"


@router.get("")
def campaigns(room: Room) -> dict[str, Any]:
    """List the campaigns: texts, categories, questions, dates, number of published proposals."""
    with room.database.reading() as session:
        views = queries.list_campaigns(session)
    totals = {view.id: analysis.campaign_totals(room.database, view.id) for view in views}
    return {
        "campaigns": [
            {
                "slug": view.slug,
                "theme": view.theme,
                "texts": view.texts,
                "categories": view.categories,
                "questions": view.questions,
                "opens_at": export.timestamp(view.opens_at),
                "closes_at": export.timestamp(view.closes_at),
                "edition": view.edition,
                "geometry_kinds": view.geometry_kinds,
                "bounds": [round(value, 7) for value in view.area.bounds],
                "proposals": totals[view.id].proposals,
                "people": totals[view.id].people,
            }
            for view in views
        ]
    }


def _headers(etag: str, name: str) -> dict[str, str]:
    return {**kept_under(etag), "Content-Disposition": f'attachment; filename="{name}"'}


def _head(room: Context, campaign: queries.CampaignView) -> dict[str, Any]:
    return {
        "generated": export.timestamp(datetime.now(UTC)),
        "campaign": campaign.slug,
        "edition": campaign.edition,
        "licence": room.settings.licence,
    }


@router.get("/{slug}/proposals.geojson", response_class=Response)
def proposals(
    room: Room,
    request: Request,
    slug: Slug,
    category: Category = None,
    geometry: Marked = "marked",
) -> Response:
    """Stream the published proposals as RFC 7946 GeoJSON: points, lines and areas as marked."""
    campaign, revision = room.campaign(slug, category)
    etag = f'"p{revision}-{category or ""}-{geometry}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    batches, pins_only = _batches(room, campaign, category), geometry == "pin"
    flat_answers = partial(questions.flat, campaign.asked_ever)
    chunks = export.proposal_chunks(
        batches, _head(room, campaign), pins_only=pins_only, flat_answers=flat_answers
    )
    name = export.file_name(slug, "pins" if pins_only else "proposals", category)
    return StreamingResponse(chunks, media_type=GEOJSON, headers=_headers(etag, name))


def _batches(
    room: Context, campaign: queries.CampaignView, category: str | None
) -> Iterator[list[dict[str, Any]]]:
    with room.database.reading() as session:
        for batch in queries.stream_published(session, campaign.id, category=category):
            yield [
                {
                    **row._asdict(),
                    "campaign": campaign.slug,
                    "why_another": row.answers.get(questions.WHY_ANOTHER),
                }
                for row in batch
            ]


@router.get("/{slug}/communities.geojson", response_class=Response)
def communities(room: Room, request: Request, slug: Slug, category: Category = None) -> Response:
    """Return the communities with their counts; what lies in none is in ``outside``."""
    campaign, revision = room.campaign(slug, category)
    etag = f'"c{revision}-{category or ""}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    with room.database.reading() as session:
        schematic = is_schematic(session, campaign.edition)
    counts = analysis.community_counts(room.database, campaign.id, category=category)
    keys = [str(category["key"]) for category in campaign.categories]
    head = {
        **_head(room, campaign),
        "outside": counts.outside,
        "held": counts.held,
        "schematic": schematic,
    }
    body = export.communities_geojson(counts.frame, keys, head)
    name = export.file_name(slug, "communities", category)
    return Response(body, media_type=GEOJSON, headers=_headers(etag, name))


@router.get("/{slug}/hotspots.geojson", response_class=Response)
def hotspots(
    room: Room,
    request: Request,
    slug: Slug,
    category: Category = None,
    radius_m: Annotated[float, Query(ge=analysis.RADIUS_M[0], le=analysis.RADIUS_M[1])] = 50,
    min_proposals: Annotated[
        int, Query(ge=analysis.MIN_PROPOSALS[0], le=analysis.MIN_PROPOSALS[1])
    ] = 5,
) -> Response:
    """Return density clusters of the published proposals, ranked by distinct people."""
    campaign, revision = room.campaign(slug, category)
    etag = f'"h{revision}-{category or ""}-{radius_m:g}-{min_proposals}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    found = analysis.campaign_hotspots(
        room.database,
        campaign,
        category=category,
        radius_m=radius_m,
        min_proposals=min_proposals,
    )
    head = {**_head(room, campaign), "radius_m": radius_m, "min_proposals": min_proposals}
    body = export.hotspots_geojson(found.frame, head)
    name = export.file_name(slug, "hotspots", category)
    return Response(body, media_type=GEOJSON, headers=_headers(etag, name))
