"""A hotspot at the desk: its dossier, what was seen there, and its way to a topic."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response

from analysis import results
from analysis.listing import Sort
from analysis.review.review import LISTED, TAB, Review
from analysis.selection import Selection
from deliberation.hotspot_profile import (
    MOST_AT_ONCE,
    Contents,
    Sketch,
    contents,
    is_at_hand,
    sketch,
)
from layers.communities.communities import community_frame
from people.access.actor import Where
from people.access.permissions import Act, may
from serving.guards import desk
from serving.visit import Reader, Visit
from web import bar_charts, paging, presenters
from web.desk.frame import desk_page
from web.desk.review.quoted import all_said, quote_words
from web.desk.review.review_state import pack_address, view_of
from web.take_files import middle_of, take_form
from wording import formatting, hotspots
from wording.files.file_offer import FileOffer
from wording.files.selection_layers import kind_name
from wording.formatting import day_words
from wording.review import review_map, siting_words
from wording.review.heard_words import heard_here_lines
from wording.review.sure_card import sure_card

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
SpotName = Annotated[str, Path(pattern=r"^h[0-9a-f]{12}(-[0-9]{1,6})?$")]
COUNT_ROWS = 3
#: Open to the eye; the earlier ones are folded below them.
OBSERVATIONS_SHOWN = 10
#: Says in an address that one waits for all of a page.
WHOLE = "whole"
UNKEPT = {"Cache-Control": "private, no-store"}


@router.get("/desk/review/hotspot/{hotspot_id}", response_class=HTMLResponse)
def hotspot(here: Reader, hotspot_id: SpotName) -> Response:
    """Show the dossier of a hotspot of this view."""
    view = view_of(here)
    whole = here.request.query_params.get(WHOLE) == "1"
    if not whole and not is_at_hand(here.room.database, view.spot(hotspot_id)):
        return waiting_page(here, view, hotspot_id)
    return spot_page(here, view, hotspot_id, whole=whole)


def waiting_page(here: Visit, view: Review, hotspot_id: str) -> HTMLResponse:
    """Return the page that is seen while the hotspots of very many proposals are found."""
    address = view.hotspot(hotspot_id)
    return desk_page(
        here,
        "review_hotspot_wait.html",
        room="review",
        campaign=presenters.campaign_words(here, view.campaign),
        back=view.on_map(),
        whole=f"{address}&{WHOLE}=1",
        found=address.replace("?", "/found?", 1),
    )


@router.get("/desk/review/hotspot/{hotspot_id}/found")
def found(here: Reader, hotspot_id: SpotName) -> Response:
    """Answer once the hotspots are found, so that the page can be shown. Raises as ``sketch``."""
    sketch(here.room.database, view_of(here).spot(hotspot_id))
    return Response(status_code=204, headers=UNKEPT)


@router.get("/desk/review/hotspot/{hotspot_id}/more", response_class=HTMLResponse)
def more(here: Reader, hotspot_id: SpotName) -> Response:
    """Return what a look at all proposals of a hotspot tells, for the page to put in."""
    view = view_of(here)
    spot, database = view.spot(hotspot_id), here.room.database
    outline = sketch(database, spot).outline
    told = contents(database, spot, outline, photo_page=paging.asked(here, "photos"))
    body = here.fragment(
        "review_hotspot_more.html",
        answered=_answered(here, told),
        **contents_words(here, view, spot, told),
    )
    return HTMLResponse(body, headers=UNKEPT)


@router.get("/desk/review/hotspot/{hotspot_id}/sure", response_class=HTMLResponse)
def sure(here: Reader, hotspot_id: SpotName) -> Response:
    """Return the card that says how sure one is of a hotspot, for the page to put in."""
    view = view_of(here)
    sketch(here.room.database, view.spot(hotspot_id))
    body = here.fragment("review_sure.html", card=sure_card(here, view, hotspot_id))
    return HTMLResponse(body, headers=UNKEPT)


def spot_page(
    here: Visit,
    view: Review,
    hotspot_id: str,
    *,
    status: int = 200,
    problems: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None,
    whole: bool = False,
) -> HTMLResponse:
    """Return the page of a hotspot; ``problems`` by form, and what was typed into it.

    What is said in a very large one comes afterwards, unless the ``whole`` is asked for.
    """
    spot, database = view.spot(hotspot_id), here.room.database
    found = sketch(database, spot)
    told = None
    if whole or found.proposals <= MOST_AT_ONCE:
        page = paging.asked(here, "photos")
        told = contents(database, spot, found.outline, photo_page=page)
    where = Where(view.campaign.subdistrict, found.community or "", view.campaign.edition)
    return desk_page(
        here,
        "review_hotspot.html",
        room="review",
        status=status,
        view=view,
        address=view.hotspot(hotspot_id),
        back=view.on_map(),
        only=_only(view, spot),
        bulk=_bulk(view, spot),
        campaign=presenters.campaign_words(here, view.campaign),
        map=review_map.spot_map(here, view, spot, found.centre),
        more=view.hotspot(hotspot_id).replace("?", "/more?", 1),
        whole=f"{view.hotspot(hotspot_id)}&{WHOLE}=1",
        told=told is not None,
        card=sure_card(here, view, hotspot_id),
        take=_take(here, view, spot, hotspot_id),
        makes_topic=may(here.actor, Act.MAKE_TOPIC, where),
        observes=may(here.actor, Act.OBSERVE, where),
        problems={"observe": "", "topic": "", **(problems or {})},
        typed=_typed(found, typed),
        **spot_words(here, found, told),
        **({} if told is None else contents_words(here, view, spot, told)),
    )


def _take(here: Visit, view: Review, spot: Selection, hotspot_id: str) -> FileOffer | None:
    """Return which files of a hotspot are offered; none of what is not public."""
    if spot.narrow.statuses:
        return None
    of = [(f"campaigns/{view.campaign.slug}/proposals", kind_name("proposals", here.lang))]
    pack = pack_address(here, view, hotspot_id)
    return take_form(here, of, middle_of(view.campaign), kept=spot.narrow.pairs(), pack=pack)


def _typed(found: Sketch, typed: dict[str, Any] | None) -> dict[str, Any]:
    given = typed or {}
    counts = list(given.get("counts", []))
    counts += [("", "", "")] * (COUNT_ROWS - len(counts))
    return {
        **dict.fromkeys(("title", "about", "note", "day", "hour"), ""),
        "longitude": f"{found.centre[0]:.6f}",
        "latitude": f"{found.centre[1]:.6f}",
        **given,
        "token": given.get("token") or uuid4().hex,
        "counts": counts,
    }


def _only(view: Review, spot: Selection, **changes: str) -> str:
    """Return where a hotspot alone is on the map and in the list."""
    made = spot.narrow.spot
    assert made is not None
    return view.on_map(
        at="",
        hotspot=made.hotspot_id,
        radius_m=f"{made.radius_m:g}",
        min_proposals=str(made.min_proposals),
        **changes,
    )


def _bulk(view: Review, spot: Selection) -> str:
    """Return where something is done to all of a hotspot."""
    return f"/w/desk/bulk?campaign={view.campaign.slug}&{spot.narrow.query()}"


def spot_words(here: Visit, found: Sketch, told: Contents | None) -> dict[str, Any]:
    """Return in the reader's words what is known of a hotspot at once."""
    _ = here.words.gettext
    lang, n = here.lang, formatting.number
    shared = found.largest_shared_point, found.proposals
    return {
        "heading": hotspots.heading(
            here.words, found.rank, hotspots.place_name(found.name, found.name_en, lang)
        ),
        "figures": [
            {"shown": n(found.people, lang), "name": _("people")},
            {"shown": n(found.proposals, lang), "name": _("proposals")},
            *([] if told is None else [_answered(here, told)]),
        ],
        "period": _("From {first} to {last}").format(
            first=formatting.day(found.first, lang), last=formatting.day(found.last, lang)
        ),
        "warned": hotspots.one_point_note(here.words, lang, *shared),
        "within_reach": within_reach_words(here, found),
        "facilities": facility_rows(here, found),
        "observations": found.observations,
        "observations_shown": OBSERVATIONS_SHOWN,
        "count_kinds": siting_words.count_kinds(here.words),
        "topics": found.topics,
    }


def _answered(here: Visit, told: Contents) -> dict[str, str]:
    shown = formatting.number(told.sums.answered, here.lang)
    return {"shown": shown, "name": here.words.gettext("answered by the office")}


def contents_words(here: Visit, view: Review, spot: Selection, told: Contents) -> dict[str, Any]:
    """Return in the reader's words what a look at all proposals of a hotspot tells."""
    _ = here.words.gettext
    lying = [(_name(here, one), one.proposals) for one in told.neighbours]
    shares = [
        bar_charts.themes_chart(here, told.themes),
        bar_charts.about_chart(here, view.campaign, told.sums),
        bar_charts.relations_chart(here, told.sums),
        bar_charts.chart(here, _("From which communities"), lying),
    ]
    with here.room.database.reading() as session:
        known = presenters.known_of(session, here.actor, [one.public_id for one in told.supported])
    answers = [bar_charts.question_chart(here, one) for one in told.answers if one.answered]
    return {
        "heard": _heard(here, view, told),
        "answers": answers,
        "shares": [one for one in shares if one["rows"]],
        "quotes": [quote_words(here, one.view, one.alike) for one in told.quotes],
        "all_said": all_said(
            here, len(told.quotes), told.sums.proposals, _only(view, spot, **{TAB: LISTED})
        ),
        "supported": [presenters.card(here, view.campaign, one, known) for one in told.supported],
        "all_supported": _all_supported(here, view, spot, told),
        "pictures": presenters.pictures(here, [photo for _id, photo in told.photos.items]),
        "photos_total": formatting.number(told.photos.total, here.lang),
        "photo_pages": paging.pager(here, told.photos, partial(_photo_page, view, spot)),
        "weeks": week_bars(here, told),
    }


def _heard(here: Visit, view: Review, told: Contents) -> list[str]:
    """Say how many here are of those heard too little."""
    with here.room.database.reading() as session:
        frame = community_frame(session, view.campaign.edition)
    names = presenters.community_names(here, frame)
    page = here.words.gettext("Who is missing")
    return heard_here_lines(here, told.heard, names, page)


def _all_supported(
    here: Visit, view: Review, spot: Selection, told: Contents
) -> dict[str, str] | None:
    """Say how many have supporters, and where all of them are listed, where not all are shown."""
    if len(told.supported) >= told.supported_total:
        return None
    said = here.words.gettext("{n} have supporters. See all of them, the most supported first")
    return {
        "said": said.format(n=formatting.number(told.supported_total, here.lang)),
        "address": _only(view, spot, sort=Sort.SUPPORTED, **{TAB: LISTED}),
    }


def _photo_page(view: Review, spot: Selection, number: int) -> str:
    """Return where a page of the photos of a hotspot is: all of the hotspot is waited for."""
    made = spot.narrow.spot
    assert made is not None
    return f"{view.hotspot(made.hotspot_id)}&{WHOLE}=1&photos={number}#photos"


def _name(here: Visit, one: Any) -> str:
    return here.said({"zh_CN": one.name, "en": one.name_en})


def week_bars(here: Visit, found: Contents) -> dict[str, Any]:
    """Return the weeks as bars: the latest half year, the earlier ones folded below them."""
    weeks = results.without_gaps(found.weeks)
    rows = [(day_words(monday, here.lang), number) for monday, number in weeks]
    whole = bar_charts.chart(here, here.words.gettext("Week by week"), rows)
    return whole | {"rows": whole["rows"][-26:], "further": whole["rows"][:-26]}


def within_reach_words(here: Visit, found: Sketch) -> str:
    """Say which idle ground is so near that something could be built there; empty for none."""
    near = next((one for one in found.facilities if one.within_reach), None)
    if near is None:
        return ""
    said = here.words.gettext("Idle ground within reach: {name}, {distance} away.")
    name = here.said({"zh_CN": near.facility.name_zh, "en": near.facility.name_en})
    away = formatting.distance(near.facility.distance_m, here.lang)
    return said.format(name=name or here.said(near.title), distance=away)


def facility_rows(here: Visit, found: Sketch) -> list[dict[str, str]]:
    """Return what is nearest, layer by layer, with how far it is."""
    return [
        {
            "layer": here.said(near.title),
            "name": here.said({"zh_CN": near.facility.name_zh, "en": near.facility.name_en}),
            "distance": formatting.distance(near.facility.distance_m, here.lang),
        }
        for near in found.facilities
    ]
