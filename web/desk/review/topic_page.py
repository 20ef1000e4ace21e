"""A topic at the desk: its figures as they were, what was in it, and its files."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response

from analysis import site_observations
from analysis.review.review import PATH
from deliberation import topics
from people.access.permissions import Act
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit
from submissions.proposals import queries
from web import paging, presenters
from web.desk.frame import desk_page
from web.desk.moderation.queue_filter import status_names
from web.desk.review import scenario_parts
from web.desk.review.review_state import topic_pack_address
from web.take_files import take_form
from wording import formatting, hotspots

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
ON_A_PAGE = 30


@router.get("/desk/review/topics/{topic_id}", response_class=HTMLResponse)
def topic(here: Reader, topic_id: Number) -> Response:
    """Show a topic: its figures as they were, and what was in it."""
    number = paging.asked(here)
    with here.room.database.reading() as session:
        found = topics.topic_named(session, here.actor, topic_id)
        slug = queries.campaign_by_id(session, found.campaign_id).slug
        members = topics.members(session, here.actor, topic_id, number=number, size=ON_A_PAGE)
    _ = here.words.gettext
    kept = found.figures
    told = [("people", _("people")), ("proposals", _("proposals"))]
    words = here.words.ngettext(
        "{n} of them is not shown any more", "{n} of them are not shown any more", members.gone
    )
    address = f"{PATH}/topics/{topic_id}?page="
    return desk_page(
        here,
        "review_topic.html",
        room="review",
        topic=found,
        today=f"{PATH}/hotspot/{found.hotspot_id}?campaign={slug}&{found.query}"
        if found.hotspot_id
        else "",
        take=take_form(
            here,
            [(f"topics/{topic_id}", found.title)],
            found.outline.centroid.x,
            public=False,
            pack=topic_pack_address(here, topic_id),
        ),
        scenario=scenario_parts.topic_part(here, found),
        made=_("Made by {name} on {day}, from {first} to {last}.").format(
            name=found.by,
            day=formatting.day(found.created, here.lang),
            first=formatting.day(datetime.fromisoformat(kept["first"]), here.lang),
            last=formatting.day(datetime.fromisoformat(kept["last"]), here.lang),
        ),
        figures=[
            {"shown": formatting.number(kept[key], here.lang), "name": name} for key, name in told
        ],
        place=here.said(kept["name"]) if kept.get("name") else "",
        warned=hotspots.one_point_note(
            here.words, here.lang, kept.get("largest_shared_point", 0), kept["proposals"]
        ),
        gone=words.format(n=formatting.number(members.gone, here.lang)) if members.gone else "",
        members=[
            None
            if one.view is None
            else {
                "id": one.view.public_id,
                "excerpt": presenters.excerpt(one.view.text, 140),
                "day": formatting.day(one.view.created, here.lang),
                "status": _("joined with another")
                if one.joined
                else review_status(here, one.view.status),
            }
            for one in members.page.items
        ],
        beside=paging.beside(members.page, lambda n: address + str(n)),
    )


def review_status(here: Visit, status: str) -> str:
    """Return what a state is called, where it is not public."""
    return "" if status == "published" else status_names(here)[status]


@router.get("/desk/review/photo/{name}/{size}.jpg", response_class=Response)
def photo(
    here: Reader,
    name: Annotated[str, Path(pattern=r"^[a-z2-7]{26}$")],
    size: Annotated[str, Path(pattern=r"^(full|thumbnail)$")],
) -> Response:
    """Return the photo of an observation, for those whose desk it is on."""
    with here.room.database.reading() as session:
        stored = site_observations.observation_photo(session, here.actor, name)
    body = here.room.photos.read(stored, thumbnail=size == "thumbnail")
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type="image/jpeg", headers=headers)
