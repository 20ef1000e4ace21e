"""What the browser's map fetches: its ground, tiles of clusters, and one proposal for a popup."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from analysis import results, selection
from analysis.filter import read_filter
from analysis.pin_feed import public_ids
from analysis.results import BANDWIDTH_M
from api.filter_params import Chosen, Narrow, choose
from core.errors import NotFoundError
from geo.cluster_index import PinIndex
from layers.basemap import ground as ground_of
from layers.export.geojson import shapes_geojson
from layers.map.heat_image import Share, heat_change_png, heat_png
from serving.context import Context, Room
from serving.etag import kept_under, unchanged
from serving.guards import PUBLIC
from serving.parameters import Slug
from submissions.proposals import queries

router = APIRouter(tags=["map"], dependencies=[PUBLIC])
MOST_IN_BOX = 50


def _proposal(view: queries.ProposalView) -> dict[str, Any]:
    return {
        "id": view.public_id,
        "category": view.category,
        "text": view.text,
        "community_name": view.community_name,
        "community_name_en": view.community_name_en,
        "supports": view.supports,
        "longitude": view.longitude,
        "latitude": view.latitude,
        "geometry": None if view.geometry is None else shapes_geojson([view.geometry])[0],
        "length_m": view.length_m,
        "area_m2": view.area_m2,
    }


def _seen(chosen: Chosen, view: queries.ProposalView) -> dict[str, Any]:
    """Return a proposal; with its state, where states were asked for."""
    status = {"status": view.status} if chosen.selection.narrow.statuses else {}
    return _proposal(view) | status


@router.get("/campaigns/{slug}/clusters/{zoom}/{column}/{row}.json")
def clusters(
    room: Room,
    request: Request,
    slug: Slug,
    zoom: Annotated[int, Path(ge=0, le=21)],
    column: Annotated[int, Path(ge=0)],
    row: Annotated[int, Path(ge=0)],
    narrow: Narrow,
) -> Response:
    """Return one XYZ tile of clusters ``[lon, lat, count]`` and pins ``[lon, lat, id, category]``.

    Every published proposal is in exactly one entry of exactly one tile per zoom.
    """
    if column >= 1 << zoom or row >= 1 << zoom:
        raise NotFoundError()
    chosen, _revision = choose(room, request, slug, narrow)
    revision, index = results.pins(room.database, chosen.selection)
    etag = f'"t{revision}-{zoom}-{column}-{row}-{chosen.tag}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    body = _tile_json(index, zoom, column, row)
    return Response(body, media_type="application/json", headers=chosen.headers(etag))


def _tile_json(index: PinIndex, zoom: int, column: int, row: int) -> str:
    groups, pins = [], []
    for cluster in index.tile(zoom, column, row):
        place = f"{cluster.longitude:.6f},{cluster.latitude:.6f}"
        if cluster.pin is None:
            groups.append(f"[{place},{cluster.count}]")
        else:
            label = index.labels[cluster.pin]
            pins.append(f'[{place},"{label["public_id"].decode()}","{label["category"].decode()}"]')
    return f'{{"clusters":[{",".join(groups)}],"pins":[{",".join(pins)}]}}'


@router.get("/campaigns/{slug}/heat.png", response_class=Response)
def heat(
    room: Room,
    request: Request,
    slug: Slug,
    narrow: Narrow,
    bandwidth_m: Annotated[float, Query(ge=50, le=500, description="Of the kernel.")] = BANDWIDTH_M,
    peak: Annotated[float, Query(ge=0, le=1e9, description="What is drawn darkest; 0: most.")] = 0,
    beside: Annotated[
        str, Query(max_length=8000, description="Shares the scale: slug?filter")
    ] = "",
) -> Response:
    """Return how densely proposals lie in the box of the campaign, as a picture in Web Mercator."""
    chosen, revision = choose(room, request, slug, narrow)
    other = _beside(room, request, beside) if beside else None
    etag = f'"d{revision}-{chosen.tag}-{bandwidth_m:g}-{peak:g}{_scale_tag(other)}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    found = results.heat_of(room.database, chosen.selection, bandwidth_m=bandwidth_m)
    if other is not None and not peak:
        theirs = results.heat_of(room.database, other[0].selection, bandwidth_m=bandwidth_m)
        peak = max(found.peak, theirs.peak)
    body = heat_png(found, chosen.campaign.area.bounds, peak=peak or None)
    return Response(body, media_type="image/png", headers=chosen.headers(etag))


@router.get("/campaigns/{slug}/heat-change.png", response_class=Response)
def heat_change(
    room: Room,
    request: Request,
    slug: Slug,
    narrow: Narrow,
    before: Annotated[str, Query(max_length=8000, description="What was before: slug?filter")],
    bandwidth_m: Annotated[float, Query(ge=50, le=500, description="Of the kernel.")] = BANDWIDTH_M,
) -> Response:
    """Return where the share of all proposals grew (red) or fell (blue), as ``heat.png``.

    Each side counts by its own sum; transparent where nothing changed.
    """
    chosen, revision = choose(room, request, slug, narrow)
    other = _beside(room, request, before)
    etag = f'"c{revision}-{chosen.tag}-{bandwidth_m:g}{_scale_tag(other)}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    earlier, later = (_share(room, one, bandwidth_m) for one in (other[0], chosen))
    body = heat_change_png(earlier, later, chosen.campaign.area.bounds)
    return Response(body, media_type="image/png", headers=chosen.headers(etag))


def _share(room: Context, chosen: Chosen, bandwidth_m: float) -> Share:
    _revision, index = results.pins(room.database, chosen.selection)
    found = results.heat_of(room.database, chosen.selection, bandwidth_m=bandwidth_m)
    return found, len(index.longitude)


def _beside(room: Context, request: Request, said: str) -> tuple[Chosen, int]:
    """Return what a picture shares its scale with; raises as ``choose``."""
    slug, _, query = said.partition("?")
    return choose(room, request, slug, read_filter(parse_qsl(query)))


def _scale_tag(other: tuple[Chosen, int] | None) -> str:
    return "" if other is None else f"-{other[0].campaign.id}.{other[1]}.{other[0].tag}"


@router.get("/campaigns/{slug}/pins.json")
def pins(
    room: Room,
    request: Request,
    slug: Slug,
    narrow: Narrow,
    west: Annotated[float, Query(ge=-180, le=180)],
    south: Annotated[float, Query(ge=-90, le=90)],
    east: Annotated[float, Query(ge=-180, le=180)],
    north: Annotated[float, Query(ge=-90, le=90)],
    start: Annotated[int, Query(ge=0, le=10_000_000, description="How many to skip.")] = 0,
) -> dict[str, Any]:
    """Return the published proposals in a small box, 50 at a time, and how many there are."""
    chosen, _revision = choose(room, request, slug, narrow)
    _revision, index = results.pins(room.database, chosen.selection)
    rows = index.inside(west, south, east, north)
    ids = public_ids(index, rows[start : start + MOST_IN_BOX])
    with room.database.reading() as session:
        views = selection.views(session, chosen.selection, ids)
    proposals = [_seen(chosen, view) for view in views]
    return {"proposals": proposals, "total": len(rows), "next": start + len(ids)}


@router.get("/campaigns/{slug}/pins/{public_id}.json")
def pin(
    room: Room,
    request: Request,
    slug: Slug,
    public_id: Annotated[str, Path(max_length=32)],
    narrow: Narrow,
) -> JSONResponse:
    """Return one proposal in a state that is asked for, as far as the reader moderates."""
    chosen, _revision = choose(room, request, slug, narrow)
    with room.database.reading() as session:
        views = selection.views(session, chosen.selection, [public_id])
    found = [view for view in views if view.campaign_id == chosen.campaign.id]
    if not found:
        raise NotFoundError()
    private = "private, no-store" if narrow.statuses else "no-cache"
    return JSONResponse(_seen(chosen, found[0]), headers={"Cache-Control": private})


@router.get("/proposals/{public_id}")
def proposal(room: Room, public_id: Annotated[str, Path(max_length=32)]) -> dict[str, Any]:
    """Return one published proposal."""
    with room.database.reading() as session:
        return _proposal(queries.proposal_by_public_id(session, public_id))


@router.get("/campaigns/{slug}/ground.json")
def ground(room: Room, request: Request, slug: Slug) -> Response:
    """Return what the map draws under the proposals, a feature collection a layer."""
    campaign, _revision = room.campaign(slug)
    with room.database.reading() as session:
        found = ground_of(
            session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict
        )
    if (same := unchanged(request, found.etag)) is not None:
        return same
    return Response(found.body, media_type="application/json", headers=kept_under(found.etag))
