"""What is sent from a hotspot's page: what was seen, a topic made of it."""

from __future__ import annotations

from itertools import zip_longest
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from analysis.review.review import PATH
from analysis.site_observations import Count, NewObservation, observe, remove_observation
from core import errors
from core.dates import read_moment
from deliberation.topics import make_topic
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from web.desk.posted_form import token_of
from web.desk.review.hotspot_page import SpotName, spot_page
from web.desk.review.review_state import view_of
from wording import error_messages

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
MOST_COUNT_ROWS = 12


@router.post("/desk/review/hotspot/{hotspot_id}/topic")
def topic(
    here: Reader,
    hotspot_id: SpotName,
    token: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "",
    about: Annotated[str, Form()] = "",
) -> Response:
    """Make a hotspot of this view a topic."""
    view = view_of(here)
    try:
        made = here.write(
            make_topic,
            view.spot(hotspot_id),
            title=title,
            note=about,
            token=token_of(token),
            now=now(),
        )
    except errors.InvalidError as error:
        problems = {"topic": error_messages.sentence_of(error, here.words)}
        typed = {"token": token, "title": title, "about": about}
        status = status_of(error)
        return spot_page(here, view, hotspot_id, status=status, problems=problems, typed=typed)
    return RedirectResponse(f"{PATH}/topics/{made}", status_code=303)


@router.post("/desk/review/hotspot/{hotspot_id}/observe")
async def seen(here: Reader, request: Request, hotspot_id: SpotName) -> Response:
    """Keep what somebody saw at a hotspot, perhaps with a photo."""
    async with request.form(max_files=1, max_fields=60) as sent:
        file = sent.get("photo")
        photo = await file.read() if isinstance(file, UploadFile) and file.size else None
        return await in_turn(here.room.writing, _keep, here, hotspot_id, sent, photo)


def _keep(here: Visit, hotspot_id: str, sent: FormData, photo: bytes | None) -> Response:
    view, typed = view_of(here), _typed(sent)
    try:
        observe(
            here.room.database,
            here.room.photos,
            here.actor,
            view.campaign.id,
            _observation(typed),
            photo=photo,
            now=now(),
        )
    except errors.InvalidError as error:
        problems = {"observe": error_messages.sentence_of(error, here.words)}
        status = status_of(error)
        return spot_page(here, view, hotspot_id, status=status, problems=problems, typed=typed)
    return RedirectResponse(f"{view.hotspot(hotspot_id)}#seen", status_code=303)


@router.post("/desk/review/hotspot/{hotspot_id}/observations/{number}/remove")
def unsee(here: Reader, hotspot_id: SpotName, number: Number) -> Response:
    """Take an observation off the desk."""
    view = view_of(here)
    here.write(remove_observation, number, now=now())
    return RedirectResponse(f"{view.hotspot(hotspot_id)}#seen", status_code=303)


def _typed(sent: FormData) -> dict[str, Any]:
    names = ("token", "note", "day", "hour", "longitude", "latitude")
    told: dict[str, Any] = {name: str(sent.get(name) or "")[:2_000] for name in names}
    whats = [str(value)[:80] for value in sent.getlist("what")][:MOST_COUNT_ROWS]
    counts = [str(value)[:12] for value in sent.getlist("count")][:MOST_COUNT_ROWS]
    kinds = [str(value)[:20] for value in sent.getlist("kind")][:MOST_COUNT_ROWS]
    rows = list(zip_longest(whats, counts, kinds, fillvalue=""))
    return {**told, "counts": [row for row in rows if row[0].strip() or row[1].strip()]}


def _observation(typed: dict[str, Any]) -> NewObservation:
    """Read the form. Raises ``InvalidError`` naming the field."""
    try:
        place = float(typed["longitude"]), float(typed["latitude"])
    except ValueError:
        raise errors.BadCoordinateError() from None
    counts = []
    for what, count, kind in typed["counts"]:
        if not (count.strip().isascii() and count.strip().isdecimal()):
            raise errors.InvalidError(field="counts")
        counts.append(Count(what, int(count), kind))
    try:
        at = read_moment(f"{typed['day']}T{typed['hour'] or '12:00'}")
    except ValueError:
        raise errors.InvalidError(field="observed_at") from None
    token, told = token_of(typed["token"]), tuple(counts)
    return NewObservation(token, *place, at, note=typed["note"], counts=told)
