"""The queue of moderation: its lists with counts and filters, by keys in their order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from moderation import queue
from moderation.queue import Batch, Tab, Waiting, read_key
from people.access.permissions import Act, may_somewhere
from serving.guards import desk
from serving.visit import Reader, Visit, now
from submissions.proposals.queries import CampaignView, ProposalView
from submissions.proposals.states import HeldReason
from web import presenters
from web.desk import waiting_counts
from web.desk.frame import desk_page
from web.desk.moderation import (
    case_forms,
    duplicates_page,
    location_queue_page,
    notes_and_assignments,
    queue_filter,
    unreviewed_list,
)
from web.desk.moderation.presence import Openings
from web.desk.moderation.queue_filter import QueueRequest
from web.desk.overview_page import age
from wording import error_messages, formatting, proposal_status

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
EXCERPT = 110


def openings_of(request: Request) -> Openings:
    """Return who has what open in this process."""
    found = request.app.state.openings
    assert isinstance(found, Openings)
    return found


@router.get("/desk/queue", response_class=HTMLResponse)
def the_queue(here: Reader) -> Response:
    """Show one list of the queue."""
    moment = now()
    with here.room.database.reading() as session:
        asked = queue_filter.asked_of(here, session, moment)
        waits = waiting_counts.counts_of(here, session, asked, moment)
        asked = waiting_counts.opened(here, asked, waits)
        batch = found_in(here, session, asked)
        counts = waits | _all_of(here, session, asked)
        offered = queue_filter.options(here, session, asked)
        kept = _kept(here, session, asked, moment)
    found = _looked_up(here, asked)
    told = {tab: formatting.number(count, here.lang) for tab, count in counts.items()}
    for part in found.values():
        told[asked.tab] = part["total"] if part["ready"] else ""
    open_elsewhere = openings_of(here.request).others(here.actor, now=moment)
    rows = [row(here, asked, one, moment, open_elsewhere) for one in batch.items]
    return desk_page(
        here,
        "queue.html",
        room="queue",
        tabs=tabs(here, asked, told),
        asked=asked,
        offered=offered,
        rows=rows,
        beyond=_beyond(asked, batch),
        elsewhere=waiting_counts.lists(here, asked, {**waits, asked.tab: 0}),
        unfiltered=asked.address(**dict.fromkeys(queue_filter.NAMES, "")) if asked.filtered else "",
        moderates=may_somewhere(here.actor, Act.MODERATE),
        places=found.get("places"),
        alike=found.get("alike"),
        mine=kept,
        notice=notice_of(here),
        at_once=_at_once(asked),
    )


def _at_once(asked: QueueRequest) -> str:
    """Return the address at which something is done to all of a list; empty for other lists."""
    status = {Tab.NEW: "received", Tab.HELD: "held", Tab.ALL: asked.values["status"]}
    if asked.tab not in status or asked.chosen is None:
        return ""
    kept = ("campaign", "community", "category", "answered", "text")
    given = {name: asked.values[name] for name in kept} | {"status": status[Tab(asked.tab)]}
    return f"/w/desk/bulk?{urlencode({name: value for name, value in given.items() if value})}"


def _kept(
    here: Visit, session: Session, asked: QueueRequest, moment: datetime
) -> dict[str, Any] | None:
    """Return this person's own errands where their list is asked for."""
    if asked.tab != queue_filter.MINE:
        return None
    return notes_and_assignments.mine(here, session, asked, moment)


def _looked_up(here: Visit, asked: QueueRequest) -> dict[str, Any]:
    """Return the lists that are worked out for one campaign at a time."""
    if asked.chosen is None:
        return {}
    if asked.tab == queue_filter.PLACES:
        return {"places": location_queue_page.found(here, asked, asked.chosen)}
    if asked.tab == queue_filter.DUPLICATES:
        return {"alike": duplicates_page.found(here, asked, asked.chosen)}
    return {}


def notice_of(here: Visit) -> dict[str, Any]:
    """Return what was done just now, and what takes it back, if anything does."""
    return notice_for(here, here.request.query_params)


def notice_for(here: Visit, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what an address says was done; ``undo`` is where its ``fields`` are sent to."""
    said = case_forms.done_words(here).get(given.get("did", ""), "")
    done = given.get("done", "")
    nothing = {"said": said, "undo": "", "fields": [], "undo_name": ""}
    if not (said and done.isascii() and done.isalnum() and len(done) <= 16):
        return nothing
    _ = here.words.gettext
    base = f"/w/desk/queue/{done}"
    if (change := given.get("change", "")).isdecimal():
        told = {"undo": f"{base}/undo", "fields": [("change", change)]}
        return {**nothing, **told, "undo_name": _("Undo it")}
    verb, *about = given.get("back", "")[:120].split(".")
    if (verb, len(about)) not in {("unmerge", 1), ("photo", 2), ("comment", 2)}:
        return nothing
    fields = [({"unmerge": "other"}.get(verb, verb), about[0])]
    fields += [("status", about[1])] if len(about) == 2 else []
    names = {"hidden": _("Hide it again"), "published": _("Show it again")}
    return {
        **nothing,
        "undo": f"{base}/{verb}",
        "fields": [*fields, ("reason", _("Taken back at once"))],
        "undo_name": names.get(about[-1], _("Undo it")),
    }


def back_of(verb: str, name: str, status: str) -> tuple[str, ...]:
    """Return what takes back that a photo or a comment was shown or hidden; nothing for held."""
    other = {"published": "hidden", "hidden": "published"}.get(status)
    return (verb, name, other) if other else ()


def found_in(here: Visit, session: Session, asked: QueueRequest) -> Batch:
    """Return the page of the list that the address asks for."""
    if asked.tab not in set(Tab):
        return Batch([], more_before=False, more_after=False)
    given = here.request.query_params
    return queue.waiting(
        session,
        here.actor,
        Tab(asked.tab),
        asked.narrowed,
        after=read_key(given.get("after", "")[:40]),
        before=read_key(given.get("before", "")[:40]),
    )


def _all_of(here: Visit, session: Session, asked: QueueRequest) -> dict[str, int]:
    """Return how many the list of all has where it is open."""
    if asked.tab != Tab.ALL:
        return {}
    return {asked.tab: queue.count_waiting(session, here.actor, Tab.ALL, asked.narrowed)}


def tabs(here: Visit, asked: QueueRequest, counts: dict[str, str]) -> list[dict[str, Any]]:
    """Return the lists as tabs: name, count where it is known, address, whether it is open."""
    names = queue_filter.tab_names(here)
    return [
        {
            "name": names[tab],
            "count": counts.get(tab, ""),
            "address": asked.wide.address(tab=tab, status="", answered="", text=""),
            "here": tab == asked.tab,
        }
        for tab in queue_filter.tabs_for(here.actor)
    ]


def row(
    here: Visit,
    asked: QueueRequest,
    one: Waiting,
    moment: datetime,
    open_elsewhere: dict[str, list[str]],
) -> dict[str, Any]:
    """Return one line of a list."""
    view, campaign = one.view, campaign_of(asked, one.view)
    return {
        "address": address_of(asked, one),
        "excerpt": presenters.excerpt(one.said or view.text, EXCERPT),
        **unreviewed_list.whole(here, asked, campaign, view),
        "thumbnail": f"/api/photos/{one.thing}/thumbnail.jpg" if asked.tab == Tab.PHOTOS else "",
        "facts": facts(here, asked, one, moment),
        "busy": busy_words(here, open_elsewhere.get(view.public_id, [])),
        **presenters.category_look(here, campaign, view.category),
    }


def campaign_of(asked: QueueRequest, view: ProposalView) -> CampaignView:
    """Return the campaign of a proposal that was found within those asked for."""
    return next(campaign for campaign in asked.campaigns if campaign.id == view.campaign_id)


def address_of(asked: QueueRequest, one: Waiting) -> str:
    """Return the address of one thing of a list: its proposal, and the place in the list."""
    thing = one.thing if asked.tab in {Tab.PHOTOS, Tab.COMMENTS, Tab.REPORTED} else ""
    path = f"/w/desk/queue/{one.view.public_id}"
    return asked.address(path, at=str(one.key), thing=thing)


def facts(here: Visit, asked: QueueRequest, one: Waiting, moment: datetime) -> list[str]:
    """Return what stands under a line: why it is here, where it lies, since when it waits."""
    view, _ = one.view, here.words.gettext
    told = []
    if one.reason:
        told.append(proposal_status.report_words(here.words).get(one.reason, one.reason))  # type: ignore[call-overload]
    if asked.tab == Tab.HELD and view.held_reason:
        told.append(held_names(here).get(view.held_reason, view.held_reason))
    if asked.tab == Tab.ALL:
        told.append(queue_filter.status_names(here)[view.status])
        told += [proposal_status.stage_words(here.words)[view.stage]] if view.stage else []  # type: ignore[index]
    if len(asked.narrowed.campaigns) > 1:
        told.append(presenters.campaign_words(here, campaign_of(asked, view))["title"])
    told.append(error_messages.community_of(view, here.lang) or _("in no community"))
    told.append(_("{time} ago").format(time=age(moment - one.key.at, here.lang)))
    return told


def held_names(here: Visit) -> dict[str, str]:
    """Return in a few words why a proposal is held."""
    _ = here.words.gettext
    return {
        HeldReason.OUTSIDE: _("outside the area"),
        HeldReason.REPEATED: _("the same text several times"),
        HeldReason.MACHINE: _("perhaps by a machine"),
        HeldReason.PERSONAL: _("perhaps something personal in it"),
        HeldReason.MODERATOR: _("held by a moderator"),
    }


def busy_words(here: Visit, names: list[str]) -> str:
    """Say who else has a proposal open; empty for nobody."""
    if not names:
        return ""
    shown = [name or here.words.gettext("a colleague") for name in names]
    said = here.words.gettext("{names} has this open now")
    return said.format(names=formatting.enumerated(shown, here.lang))


def _beyond(asked: QueueRequest, batch: Batch) -> dict[str, str]:
    """Return the addresses of the pages before and after this one."""
    first = str(batch.items[0].key) if batch.items else ""
    last = str(batch.items[-1].key) if batch.items else ""
    return {
        "back": asked.address(before=first) if batch.more_before and first else "",
        "on": asked.address(after=last) if batch.more_after and last else "",
    }
