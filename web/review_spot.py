"""A hotspot at the desk: its dossier, what was seen there, and its way to a topic."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, Response

from people.actors import Where
from people.catalogue import Act, may
from submissions import observations, queries, topics
from submissions.hotspot_dossier import Dossier, dossier
from submissions.observations import ObservationView
from submissions.selection import Selection
from web import charts, review, review_map, views
from web.desk import check_desk, desk_page
from web.overview import day_words
from web.queue_filters import status_names
from web.render import Visit, visit
from web.review_view import PATH, View
from wording import figures, sentences

router = APIRouter()
Reader = Annotated[Visit, Depends(visit)]
SpotName = Annotated[str, Path(pattern=r"^h[0-9a-f]{12}(-[0-9]{1,6})?$")]
COUNT_ROWS = 3
ON_A_PAGE = 30


@router.get("/desk/review/hotspot/{hotspot_id}", response_class=HTMLResponse)
def hotspot(here: Reader, hotspot_id: SpotName) -> Response:
    """Show the dossier of a hotspot of this view."""
    return spot_page(here, review.view_of(here), hotspot_id)


def spot_page(
    here: Visit,
    view: View,
    hotspot_id: str,
    *,
    status: int = 200,
    problems: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None,
) -> HTMLResponse:
    """Return the page of a hotspot; ``problems`` by form, and what was typed into it."""
    spot = view.spot(hotspot_id)
    found = dossier(here.room.database, spot)
    with here.room.database.reading() as session:
        ids = [one.public_id for one in found.supported]
        known = views.known_of(session, here.actor, ids)
    where = Where(view.campaign.subdistrict, found.community or "", view.campaign.edition)
    return desk_page(
        here,
        "review_hotspot.html",
        room="review",
        status=status,
        view=view,
        address=view.hotspot(hotspot_id),
        back=view.address(),
        only=view.address(
            hotspot=hotspot_id,
            radius_m=f"{view.radius_m:g}",
            min_proposals=str(view.min_proposals),
        ),
        bulk=_bulk(view, spot),
        campaign=views.campaign_words(here, view.campaign),
        map=review_map.spot_map(here, view, spot, found.centre),
        supported=[views.card(here, view.campaign, one, known) for one in found.supported],
        makes_topic=may(here.actor, Act.MAKE_TOPIC, where),
        observes=may(here.actor, Act.OBSERVE, where),
        problems={"observe": "", "topic": "", **(problems or {})},
        typed=_typed(found, typed),
        **spot_words(here, view, found),
    )


def _typed(found: Dossier, typed: dict[str, Any] | None) -> dict[str, Any]:
    given = typed or {}
    counts = list(given.get("counts", []))
    counts += [("", "")] * (COUNT_ROWS - len(counts))
    return {
        "token": given.get("token") or uuid4().hex,
        "title": given.get("title", ""),
        "about": given.get("about", ""),
        "note": given.get("note", ""),
        "day": given.get("day", ""),
        "hour": given.get("hour", ""),
        "longitude": given.get("longitude", f"{found.centre[0]:.6f}"),
        "latitude": given.get("latitude", f"{found.centre[1]:.6f}"),
        "counts": counts,
    }


def _bulk(view: View, spot: Selection) -> str:
    """Return where something is done to all of a hotspot."""
    return f"/w/desk/bulk?campaign={view.campaign.slug}&{spot.narrow.query()}"


def spot_words(here: Visit, view: View, found: Dossier) -> dict[str, Any]:
    """Return a hotspot in the reader's words."""
    _ = here.words.gettext
    lang, n = here.lang, figures.number
    sums = found.sums
    categories = {str(c["key"]): here.said(c["name"]) for c in view.campaign.categories}
    relations = {str(k): name for k, name in sentences.relation_words(here.words).items()}
    shares = [
        charts.chart(here, _("What it is about"), charts.named(sums.by_category, categories)),
        charts.chart(here, _("How they know the place"), charts.named(sums.by_relation, relations)),
        charts.chart(
            here,
            _("From which communities"),
            [(_name(here, one), one.proposals) for one in found.neighbours],
        ),
    ]
    warned = ""
    if found.largest_shared_point * 2 > sums.proposals:
        said = _("{n} of {m} share one coordinate: perhaps an address, not where they mean.")
        warned = said.format(n=n(found.largest_shared_point, lang), m=n(sums.proposals, lang))
    return {
        "heading": _("Hotspot {rank}").format(rank=found.rank),
        "figures": [
            {"shown": n(sums.people, lang), "name": _("people")},
            {"shown": n(sums.proposals, lang), "name": _("proposals")},
            {"shown": n(sums.answered, lang), "name": _("answered by the office")},
        ],
        "period": _("From {first} to {last}").format(
            first=figures.day(found.first, lang), last=figures.day(found.last, lang)
        ),
        "warned": warned,
        "shares": [one for one in shares if one["rows"]],
        "quotes": [review.quote_words(here, one.view, one.alike) for one in found.quotes],
        "pictures": views.pictures(here, [photo for _id, photo in found.photos]),
        "weeks": week_bars(here, found),
        "facilities": facility_rows(here, found),
        "observations": [observation_words(here, one) for one in found.observations],
        "topics": [
            {
                "address": f"{PATH}/topics/{one.id}",
                "title": one.title,
                "by": one.by,
                "created": figures.day(one.created, lang),
            }
            for one in found.topics
        ],
    }


def _name(here: Visit, one: Any) -> str:
    return here.said({"zh_CN": one.name, "en": one.name_en})


def week_bars(here: Visit, found: Dossier) -> dict[str, Any]:
    """Return the weeks as bars."""
    rows = [(day_words(monday, here.lang), number) for monday, number in found.weeks]
    return charts.chart(here, here.words.gettext("Week by week"), rows[-26:])


def facility_rows(here: Visit, found: Dossier) -> list[dict[str, str]]:
    """Return what is nearest, layer by layer, with how far it is."""
    rows = []
    for near in found.facilities:
        facility = near.facility
        rows.append(
            {
                "layer": here.said(near.title),
                "name": here.said({"zh_CN": facility.name_zh, "en": facility.name_en}),
                "distance": figures.distance(facility.distance_m, here.lang),
            }
        )
    return rows


def observation_words(here: Visit, one: ObservationView) -> dict[str, Any]:
    """Return an observation in the reader's words."""
    counts = [f"{each.what}: {figures.number(each.count, here.lang)}" for each in one.counts]
    return {
        "id": one.id,
        "note": one.note,
        "counts": counts,
        "at": figures.moment(one.observed_at, here.lang),
        "by": one.by,
        "photo": f"{PATH}/photo/{one.photo}" if one.photo else "",
        "removable": one.removable,
    }


@router.get("/desk/review/topics/{topic_id}", response_class=HTMLResponse)
def topic(here: Reader, topic_id: Annotated[int, Path(ge=1, le=2**62)], page: str = "") -> Response:
    """Show a topic: its figures as they were, and what was in it."""
    check_desk(here, Act.SEE_DESK)
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1
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
        today=f"{PATH}/hotspot/{found.hotspot_id}?campaign={slug}&{found.query}",
        made=_("Made by {name} on {day}, from {first} to {last}.").format(
            name=found.by,
            day=figures.day(found.created, here.lang),
            first=figures.day(datetime.fromisoformat(kept["first"]), here.lang),
            last=figures.day(datetime.fromisoformat(kept["last"]), here.lang),
        ),
        figures=[
            {"shown": figures.number(kept[key], here.lang), "name": name} for key, name in told
        ],
        gone=words.format(n=figures.number(members.gone, here.lang)) if members.gone else "",
        members=[
            None
            if one.view is None
            else {
                "id": one.view.public_id,
                "excerpt": views.excerpt(one.view.text, 140),
                "day": figures.day(one.view.created, here.lang),
                "status": review_status(here, one.view.status),
            }
            for one in members.members
        ],
        back=address + str(members.number - 1) if members.number > 1 else "",
        on=address + str(members.number + 1) if members.number < members.pages else "",
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
    check_desk(here, Act.SEE_DESK)
    with here.room.database.reading() as session:
        stored = observations.observation_photo(session, here.actor, name)
    body = here.room.photos.read(stored, thumbnail=size == "thumbnail")
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type="image/jpeg", headers=headers)
