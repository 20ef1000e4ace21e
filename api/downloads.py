"""Selections as files of every form, in the coordinate systems that design firms draw in.

``open_data`` has their GeoJSON. The filter of a view narrows each; ``crs`` chooses the system.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse

from analysis import results, selection
from analysis.export.communities import community_frame
from analysis.export.hotspots import hotspot_frame
from analysis.export.proposal_text import csv_blocks
from analysis.export.proposals import proposal_frames
from analysis.filter import MIN_PROPOSALS, RADIUS_M
from analysis.selection import Selection
from api import open_data
from api.file_answers import AGAIN_S, answer_any, answer_small, attached
from api.file_requests import FileAsked, FileWanted
from api.filter_params import Chosen, Narrow, choose, choose_published
from core.language import words_in
from geo.writing.file_layer import FileLayer, Progress
from geo.writing.target_systems import TargetSystem
from layers.export import geojson
from layers.export.file_jobs import JobState
from serving.context import Context, Room
from serving.etag import unchanged
from serving.guards import PUBLIC
from serving.parameters import Slug
from serving.streaming import begun
from submissions.proposals.queries import CampaignView
from wording.files.selection_layers import kind_name, selection_layer

router = APIRouter(tags=["files"], dependencies=[PUBLIC])
Ending = Annotated[
    str,
    Path(description="gpkg, shp.zip, fgb, parquet, kml, dxf, csv, xlsx or pmtiles."),
]
Ticket = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,64}$")]


@router.get("/campaigns/{slug}/proposals.{ending}", response_class=Response)
def proposals(
    room: Room, request: Request, slug: Slug, ending: Ending, narrow: Narrow, wanted: FileWanted
) -> Response:
    """Return the published proposals of a view as a file; CSV is streamed.

    A file of very many is made beside: then the answer is 202 with the address of the file.
    """
    chosen, revision = choose_published(room, request, slug, narrow)
    asked = wanted.form(ending, _longitude(chosen.campaign))
    etag = f'"p{revision}-{room.themes_revision()}-{chosen.tag}-{asked.tag}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    headers, name = chosen.headers(etag), file_name(chosen, "proposals", asked)
    if asked.form.name == "csv":
        chunks = begun(_csv(room, chosen.selection, asked.system))
        return StreamingResponse(
            chunks, media_type=asked.form.media_type, headers={**headers, **attached(name)}
        )
    with room.database.reading() as session:
        count = selection.count(session, chosen.selection)
    return answer_any(
        room,
        request,
        asked,
        lambda tell: [_proposal_layer(room, chosen, asked, count, tell)],
        _notes(room, chosen, asked, "proposals"),
        count=count,
        name=name,
        headers=headers,
    )


@router.get("/campaigns/{slug}/communities.{ending}", response_class=Response)
def communities(
    room: Room, request: Request, slug: Slug, ending: Ending, narrow: Narrow, wanted: FileWanted
) -> Response:
    """Return the communities with their counts as a file; how many lie in none is in its notes."""
    chosen, revision = choose(room, request, slug, narrow)
    asked = wanted.form(ending, _longitude(chosen.campaign))
    etag = f'"c{revision}-{chosen.tag}-{asked.tag}"'
    if (same := unchanged(request, etag)) is not None:
        return same

    def read(_tell: Progress) -> list[FileLayer]:
        frame = community_frame(room.database, chosen.selection)
        return [selection_layer("communities", chosen.campaign, frame, asked.lang)]

    outside = results.community_counts(room.database, chosen.selection).outside
    said = asked.words.gettext("Published proposals in no community: {number}.")
    notes = [*_notes(room, chosen, asked, "communities"), said.format(number=outside)]
    return answer_small(
        asked,
        read,
        notes,
        name=file_name(chosen, "communities", asked),
        headers=chosen.headers(etag),
    )


@router.get("/campaigns/{slug}/hotspots.{ending}", response_class=Response)
def hotspots(
    room: Room,
    request: Request,
    slug: Slug,
    ending: Ending,
    narrow: Narrow,
    wanted: FileWanted,
    radius_m: Annotated[float, Query(ge=RADIUS_M[0], le=RADIUS_M[1])] = 50,
    min_proposals: Annotated[int, Query(ge=MIN_PROPOSALS[0], le=MIN_PROPOSALS[1])] = 5,
    verdicts: open_data.Judged = "wait",
) -> Response:
    """Return the hotspots of a view as a file, with names, themes and what was answered.

    Verdicts, as in the GeoJSON: where they are still being worked out their columns are empty and
    Retry-After says when to ask again.
    """
    chosen, revision = choose(room, request, slug, narrow)
    asked = wanted.form(ending, _longitude(chosen.campaign))
    made: dict[str, Any] = {"radius_m": radius_m, "min_proposals": min_proposals}
    verdict, state = open_data.verdict_now(room, chosen, wait=verdicts == "wait", **made)
    etag = f'"h{revision}-{open_data.hotspots_tag(room, chosen, state, **made)}-{asked.tag}"'
    later = open_data.again_later(verdict)
    if (same := unchanged(request, etag)) is not None:
        same.headers.update(later)
        return same

    def read(_tell: Progress) -> list[FileLayer]:
        frame = hotspot_frame(room.database, chosen.selection, verdicts=verdict, **made)
        return [selection_layer("hotspots", chosen.campaign, frame, asked.lang)]

    _ = asked.words.gettext
    how = _("Hotspots: proposals within {metres} m of each other, at least {least} of them.")
    notes = [
        *_notes(room, chosen, asked, "hotspots"),
        how.format(metres=f"{radius_m:g}", least=min_proposals),
    ]
    headers = chosen.headers(etag) | later
    if verdict is None:
        notes.append(_("Which of them are more than chance was still being worked out."))
    name = file_name(chosen, "hotspots", asked)
    return answer_small(asked, read, notes, name=name, headers=headers)


@router.get("/files/{ticket}", response_class=Response)
def made(room: Room, request: Request, ticket: Ticket) -> Response:
    """Return a file that was made beside, once it is ready; parts of it, too (Range).

    Until then 202 with how far it is, from 0 to 1. The address is good for an hour.
    """
    job = room.files.job(ticket)
    if job.fault is not None:
        raise job.fault
    if job.state == JobState.READY:
        headers = {"ETag": job.tag, "Cache-Control": "no-cache", **attached(job.name)}
        if (same := unchanged(request, job.tag)) is not None:
            return same
        return FileResponse(job.path, media_type=job.media_type, headers=headers)
    told = {"state": str(job.state), "done": round(job.done, 3), "url": f"/api/files/{ticket}"}
    status = 500 if job.state == JobState.FAILED else 202
    return JSONResponse(told, status_code=status, headers={"Retry-After": str(AGAIN_S)})


@router.delete("/files/{ticket}")
def give_up(room: Room, ticket: Ticket) -> dict[str, str]:
    """Say that a file is not wanted any more; it is not made on where nobody else waits for it."""
    room.files.give_up(ticket)
    return {"state": "given_up"}


def file_name(chosen: Chosen, kind: str, asked: FileAsked) -> str:
    """Name a download by campaign, filter and, where it is not WGS 84, its system."""
    narrow = chosen.selection.narrow
    part = chosen.selection.category if narrow.only_category else narrow.digest[:8]
    system = "" if asked.system.epsg == 4326 else asked.system.code.replace(":", "").lower()
    ending = f"{system}.{asked.form.ending}" if system else asked.form.ending
    name = geojson.file_name(chosen.campaign.slug, kind, part, ending)
    return name.replace(f".{system}.", f"-{system}.") if system else name


def _longitude(campaign: CampaignView) -> float:
    west, _south, east, _north = campaign.area.bounds
    return float((west + east) / 2)


def _notes(room: Context, chosen: Chosen, asked: FileAsked, kind: str) -> list[str]:
    title = str(words_in(chosen.campaign.texts, asked.lang)["title"])
    what = f"{title}: {kind_name(kind, asked.lang)}"
    return asked.notes(room, what, query=chosen.selection.narrow.query())


def _proposal_layer(
    room: Context, chosen: Chosen, asked: FileAsked, count: int, tell: Progress
) -> FileLayer:
    """Read the proposals of a selection, telling how far it is."""
    parts, read = [], 0
    with room.database.reading() as session:
        for part in proposal_frames(session, chosen.selection):
            parts.append(part)
            read += len(part)
            tell(min(read / max(count, 1), 1.0))
    frame = pd.concat(parts, ignore_index=True)
    return selection_layer("proposals", chosen.campaign, frame, asked.lang)


def _csv(room: Context, chosen: Selection, system: TargetSystem) -> Iterator[bytes]:
    with room.database.reading() as session:
        yield from csv_blocks(session, chosen, system)
