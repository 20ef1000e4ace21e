"""Topics and scenarios as files, for whoever's desk reaches them."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from analysis.export.sites import SITES, site_frame
from analysis.export.styles import HOTSPOT, HOTSPOT_EDGE
from analysis.scenarios.saved_scenarios import scenario_named
from api.downloads import Ending
from api.file_answers import answer_any, answer_small
from api.file_requests import FileAsked, FileWanted
from core.errors import NotAllowedError
from deliberation.topic_frames import topic_outline, topic_proposals
from deliberation.topics import topic_named
from geo.writing.file_layer import FileLayer
from geo.writing.styling import LayerStyle
from people.access.permissions import Act
from serving.context import Room, actor_of
from serving.guards import for_staff
from serving.parameters import Number
from submissions.proposals.queries import campaign_by_id, revision
from wording.files.selection_layers import selection_layer

router = APIRouter(tags=["files"], dependencies=[for_staff(Act.SEE_DESK)])
SITE, SITE_EDGE = "#2e7d32", "#ffffff"
_KEPT = {"Cache-Control": "private, no-store"}


@router.get("/topics/{topic_id:int}.{ending}", response_class=Response)
def topic(
    room: Room, request: Request, topic_id: Number, ending: Ending, wanted: FileWanted
) -> Response:
    """Return a topic: its outline and what was in it and is public today.

    A form that holds one layer has the proposals.
    """
    with room.database.reading() as session:
        found = topic_named(session, actor_of(request), topic_id)
        asked = wanted.form(ending, found.outline.centroid.x)
        _check_private(asked)
        campaign = campaign_by_id(session, found.campaign_id)
        frame = topic_proposals(session, found, campaign)
        state = revision(session, campaign.id)
    inside = selection_layer("proposals", campaign, frame, asked.lang)
    style = LayerStyle.single(
        HOTSPOT, found.title, stroke=HOTSPOT_EDGE, stroke_px=2.5, fill_opacity=0.2, label="title"
    )
    outline = FileLayer("topic", found.title[:60] or "topic", topic_outline(found), style)
    layers = [inside, outline] if asked.form.many else [inside]
    tag = f"t{topic_id}-{state}-{room.themes_revision()}-{asked.tag}"
    return answer_any(
        room,
        request,
        asked,
        lambda _tell: layers,
        asked.notes(room, found.title, licensed=False),
        count=len(frame),
        name=f"topic-{topic_id}.{asked.form.ending}",
        headers={"ETag": f'"{tag}"', **_KEPT},
    )


@router.get("/scenarios/{scenario_id:int}.{ending}", response_class=Response)
def scenario(
    room: Room, request: Request, scenario_id: Number, ending: Ending, wanted: FileWanted
) -> Response:
    """Return the sites of a scenario that was kept."""
    with room.database.reading() as session:
        found = scenario_named(session, actor_of(request), scenario_id)
        west, _south, east, _north = campaign_by_id(session, found.campaign_id).area.bounds
    frame = site_frame(found.outcome)
    asked = wanted.form(ending, (west + east) / 2)
    _check_private(asked)
    label = "name_zh" if asked.lang.startswith("zh") else "name_en"
    style = LayerStyle.single(SITE, found.name, stroke=SITE_EDGE, point_px=14, label=label)
    meanings = {one.name: one.meaning for one in SITES}
    sites = FileLayer("sites", found.name, frame, style, meanings=meanings)
    return answer_small(
        asked,
        lambda _tell: [sites],
        asked.notes(room, found.name, licensed=False),
        name=f"scenario-{scenario_id}.{asked.form.ending}",
        headers=_KEPT,
    )


def _check_private(asked: FileAsked) -> None:
    """Refuse tiles of what is not public."""
    if asked.form.name == "pmtiles":
        raise NotAllowedError(action="tile_layer")
