"""Selections as tables, and the files of those who moderate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse

from api.filter_params import Chosen, Narrow, choose
from api.open_data import GEOJSON, head_of
from layers.export import geojson
from moderation.staff_export import COLUMNS, check_staff_export, record_export, staff_batches
from serving.context import Context, Room, actor_of
from serving.guards import PUBLIC
from serving.parameters import Slug
from serving.streaming import begun
from submissions.campaigns import questionnaire

router = APIRouter(prefix="/campaigns", tags=["campaigns"], dependencies=[PUBLIC])
Form = Annotated[Literal["geojson", "csv"], Path()]
CSV = "text/csv; charset=utf-8"


@router.get("/{slug}/desk.{form}", response_class=Response)
def for_staff(room: Room, request: Request, slug: Slug, form: Form, narrow: Narrow) -> Response:
    """Stream a selection with the state of each, also what is not public, to who moderates it."""
    check_staff_export(actor_of(request))
    chosen, _revision = choose(room, request, slug, narrow)
    database, moment = room.database, datetime.now(UTC)
    database.write(lambda s: record_export(s, chosen.selection, form, now=moment))
    batches = _staff_batches(room, chosen)
    if form == "csv":
        chunks, kind = _as_table(chosen, batches, COLUMNS), CSV
    else:
        chunks, kind = _as_features(room, chosen, batches), GEOJSON
    name = geojson.file_name(slug, "desk", narrow.digest[:8], form)
    headers = {"Cache-Control": "private, no-store", **_attached(name)}
    return StreamingResponse(begun(chunks), media_type=kind, headers=headers)


def _as_table(chosen: Chosen, batches: Any, more: tuple[str, ...] = ()) -> Iterator[str]:
    asked = chosen.campaign.asked_ever
    return geojson.proposal_table(
        batches,
        more=more,
        answer_columns=[column.name for column in questionnaire.columns(asked)],
        flat_answers=partial(questionnaire.flat, asked),
    )


def _as_features(room: Context, chosen: Chosen, batches: Any) -> Iterator[str]:
    return geojson.proposal_chunks(
        batches,
        head_of(room, chosen.campaign),
        more=COLUMNS,
        flat_answers=partial(questionnaire.flat, chosen.campaign.asked_ever),
    )


def _staff_batches(room: Context, chosen: Chosen) -> Iterator[list[dict[str, Any]]]:
    with room.database.reading() as session:
        yield from staff_batches(session, chosen.selection)


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
