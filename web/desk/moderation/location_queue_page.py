"""The queue's list of doubtful places: what is odd, a proposed place, and what to do about it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from core import errors
from moderation import changes
from moderation.locations import location_queue
from moderation.locations.location_checks import Doubt, DoubtKind, Move
from moderation.locations.location_queue import DoubtList, doubts_of
from moderation.queue import proposal_views_of
from people.access.permissions import Act
from serving.guards import desk
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from submissions.proposals.queries import CampaignView, ProposalView
from web import paging, presenters
from web.desk.moderation import queue_filter
from web.desk.moderation.queue_filter import QueueRequest
from web.desk.posted_form import moment_of, number_of
from wording import formatting

router = APIRouter(dependencies=[desk(Act.MODERATE)])
SHOWN_OF_MANY = 5


def found(here: Visit, asked: QueueRequest, campaign: CampaignView) -> dict[str, Any]:
    """Return one page of a campaign's doubtful places for the template."""
    given = here.request.query_params
    kind = given.get("kind", "")
    doubts = doubts_of(
        here.room.database,
        here.actor,
        campaign,
        kind=kind if kind in set(DoubtKind) else None,
        page=paging.asked(here),
        size=30,
    )
    page = doubts.page
    beside = paging.beside(page, lambda n: asked.address(kind=kind, page=str(n)))
    with here.room.database.reading() as session:
        named = {name for doubt in page.items for name in doubt.public_ids[:SHOWN_OF_MANY]}
        told = {view.public_id: view for view in proposal_views_of(session, named)}
    return {
        "items": [_doubt(here, asked, doubt, told) for doubt in page.items],
        "kinds": _kinds(here, asked, doubts, kind),
        "ready": not doubts.computing,
        "total": formatting.number(page.total, here.lang),
        "slug": campaign.slug,
        "form": f"/w/desk/places/{campaign.slug}",
        "back": asked.address(kind=kind),
        "older": beside["back"],
        "on": beside["on"],
        "left": _left(given.get("left", "")),
        "again": {name: given.get(name, "")[:60] for name in ("key", "system", "after")},
    }


def _left(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _kinds(here: Visit, asked: QueueRequest, doubts: DoubtList, kind: str) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "count": formatting.number(count, here.lang),
            "address": asked.address(kind="" if key == kind else key),
            "here": key == kind,
        }
        for key, count in sorted(doubts.by_kind.items())
    ]


def _doubt(
    here: Visit, asked: QueueRequest, doubt: Doubt, told: dict[str, ProposalView]
) -> dict[str, Any]:
    shown = [told[name] for name in doubt.public_ids[:SHOWN_OF_MANY] if name in told]
    moves = {move.public_id: move for move in doubt.moves}
    return {
        "key": doubt.key,
        "what": _told(here, doubt),
        "sure": doubt.sureness,
        "proposals": [
            {
                "id": view.public_id,
                "address": asked.address(f"/w/desk/queue/{view.public_id}"),
                "excerpt": presenters.excerpt(view.text, 90),
                "move": _move(here, moves[view.public_id], view)
                if view.public_id in moves
                else None,
            }
            for view in shown
        ],
        "more": max(0, doubt.proposals - len(shown)),
        "system": doubt.system or "",
        "import_key": doubt.details.get("import_key", ""),
        "count": doubt.proposals,
    }


def _move(here: Visit, move: Move, view: ProposalView) -> dict[str, str]:
    """Return a proposed place, and which version of the proposal it is proposed for."""
    name = here.said({"zh_CN": move.name_zh, "en": move.name_en}) if move.name_zh else ""
    said = here.words.gettext("Move it there, {distance} away")
    if name:
        said = here.words.gettext("Move it to {place}, {distance} away")
    return {
        "id": move.public_id,
        "longitude": f"{move.longitude:.6f}",
        "latitude": f"{move.latitude:.6f}",
        "seen": view.updated.isoformat() if view.updated else "",
        "said": said.format(place=name, distance=formatting.distance(move.distance_m, here.lang)),
    }


def _told(here: Visit, doubt: Doubt) -> str:
    """Say in a sentence what is odd."""
    _, details = here.words.gettext, doubt.details
    if doubt.kind is DoubtKind.COMMUNITY:
        nowhere = _("no community")
        located = here.said(details["located"]) if details.get("located") else nowhere
        said = _("The text names {stated}; the pin lies in {located}.")
        return said.format(stated=here.said(details["stated"]), located=located)
    if doubt.kind is DoubtKind.CROWD:
        said = _("{n} proposals of {people} people stand at one spot.")
        return said.format(n=doubt.proposals, people=details["people"])
    if doubt.kind is DoubtKind.IMPORT:
        said = _("An import of {n} proposals, stated as {stated}, seems to be in {system}.")
        system = str(doubt.system)
        return said.format(n=doubt.proposals, stated=details["stated_crs"], system=system)
    said = (
        _("The pin lies in the water: {name}.")
        if doubt.kind is DoubtKind.WATER
        else _("The pin lies on the tracks: {name}.")
    )
    return said.format(name=here.said(details["name"]))


@router.post("/desk/places/{slug}/{verb}")
async def take(here: Reader, request: Request, slug: str, verb: str) -> Response:
    """Find a place right, move a pin to the proposed place, or convert the next of an import."""
    form = await request.form(max_files=0, max_fields=20)
    typed = {name: str(value)[:2000] for name, value in form.items()}
    return await in_turn(here.room.writing, _take, here, slug, verb, typed)


def _take(here: Visit, slug: str, verb: str, typed: dict[str, str]) -> Response:
    act = {"dismiss": _dismiss, "move": _move_there, "convert": _convert}.get(verb)
    if act is None:
        raise errors.NotFoundError(kind="page")
    with here.room.database.reading() as session:
        campaigns = queue_filter.asked_of(here, session, now()).campaigns
    campaign = next((one for one in campaigns if one.slug == slug), None)
    if campaign is None:
        raise errors.NotFoundError(kind="campaign", slug=slug)
    more = act(here, campaign, typed)
    asked = f"tab=places&campaign={slug}{more}"
    return RedirectResponse(f"/w/desk/queue?{asked}", status_code=303)


def _dismiss(here: Visit, campaign: CampaignView, typed: dict[str, str]) -> str:
    key = typed.get("key", "")
    reason = typed.get("reason", "") or here.words.gettext("The place is right")
    here.write(location_queue.dismiss_doubt, campaign.id, key, reason=reason, now=now())
    return "&did=place_right"


def _move_there(here: Visit, _campaign: CampaignView, typed: dict[str, str]) -> str:
    public_id = typed.get("id", "")
    place = number_of(typed.get("longitude", "")), number_of(typed.get("latitude", ""))
    reason = typed.get("reason", "") or here.words.gettext("The pin stood in the wrong place")
    seen = moment_of(typed.get("seen", ""))
    change = here.write(changes.move_pin, public_id, *place, reason=reason, seen=seen, now=now())
    return f"&did=moved&done={public_id}&change={change}"


def _convert(here: Visit, campaign: CampaignView, typed: dict[str, str]) -> str:
    """Convert the next proposals of an import; the page goes on until none is left."""
    after = typed.get("after", "") or "0"
    if not after.isdecimal() or len(after) > 17:
        raise errors.InvalidError(field="after")
    key, system = typed.get("key", ""), typed.get("system", "")
    reason = here.words.gettext("The import was in another coordinate system")
    done = here.write(
        location_queue.convert_import,
        campaign.id,
        key,
        system,
        reason=reason,
        after=int(after),
        now=now(),
    )
    if not done.left:
        return "&did=converted"
    return f"&did=converting&left={done.left}&after={done.after}&key={key}&system={system}"
