"""One proposal at the desk: all that is needed to decide about it, and the forms to do so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from analysis import nearby
from core import errors
from deliberation.timeline import timeline
from moderation.case import Case, dossier
from moderation.change_history import ChangeView, changes_of, original_of
from moderation.queue import Tab, Waiting, beside
from people.access.permissions import Act
from serving.guards import desk
from serving.parameters import PublicId
from serving.visit import Reader, Visit, now
from submissions.participation.photos import TRANSITIONS as PHOTO_TRANSITIONS
from submissions.proposals import queries
from submissions.proposals.jurisdiction import may_for
from submissions.proposals.queries import CampaignView, ProposalView
from submissions.proposals.states import TRANSITIONS, ChangeKind, Status
from submissions.proposals.visibility import proposal_row
from web import paging, presenters
from web.desk import waiting_counts
from web.desk.frame import desk_page
from web.desk.moderation import case_forms, notes_and_assignments, queue_filter
from web.desk.moderation.queue_filter import QueueRequest
from web.desk.moderation.queue_page import (
    address_of,
    busy_words,
    held_names,
    notice_of,
    openings_of,
)
from web.desk.overview_page import age
from wording import changes as change_wording
from wording import formatting, proposal_status
from wording.timeline import told_moments

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
NEIGHBOURS = 6


@router.get("/desk/queue/{public_id}", response_class=HTMLResponse)
def the_dossier(here: Reader, public_id: PublicId) -> Response:
    """Show a proposal to whoever works with it."""
    return dossier_page(here, public_id)


def dossier_page(
    here: Visit,
    public_id: str,
    *,
    status: int = 200,
    problem: str = "",
    failed: str = "",
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    """Return the page; ``failed`` names the form that was refused, ``typed`` what was in it.

    Raises ``NotFoundError`` for one that is not on this person's desk.
    """
    moment = now()
    with here.room.database.reading() as session:
        asked = queue_filter.asked_of(here, session, moment)
        view = queries.proposal_for(session, public_id, here.actor)
        may = _allowed(here, session, public_id)
        if not may[Act.SEE_DESK]:
            raise errors.NotFoundError(kind="proposal", public_id=public_id)
        campaign = queries.campaign_by_id(session, view.campaign_id)
        beyond = _beside(here, session, asked)
        left = waiting_counts.left_in(here, session, asked)
        page = paging.asked(here, "others")
        held = (
            dossier(session, here.actor, public_id, others_page=page) if may[Act.MODERATE] else None
        )
        history = changes_of(session, here.actor, public_id) if may[Act.MODERATE] else []
        original = original_of(session, here.actor, public_id) if may[Act.MODERATE] else None
        more = case_forms.parts(here, session, campaign, view, may, moment)
        talk = (
            notes_and_assignments.beside(here, session, view, may, moment)
            if may[Act.DISCUSS]
            else None
        )
    proposed = {one["id"] for one in more["duplicates"]}
    drawn = view if view.geometry is not None else None
    ahead = here.request.headers.get("x-lujian-ahead") == "1"
    return desk_page(
        here,
        "case.html",
        room="queue",
        status=status,
        asked=asked,
        base=f"/w/desk/queue/{public_id}",
        context=asked.address("", at=str(asked.at) if asked.at else ""),
        list_name=queue_filter.tab_names(here)[asked.tab],
        list_count=formatting.number(left, here.lang) if left is not None else "",
        beyond=beyond,
        busy="" if ahead else _enter(here, public_id, moment),
        problem=problem,
        failed=failed,
        typed=typed or {},
        notice=notice_of(here),
        may={str(act): allowed for act, allowed in may.items()},
        view=_shown(here, campaign, view, moment, held),
        keys=_keys(here, asked, view),
        reasons=case_forms.reasons(here),
        **_around(here, campaign, view, proposed),
        others=_others(here, asked, held, moment, public_id),
        reports=held.reports if held else (),
        report_reasons=proposal_status.report_words(here.words),
        comments=held.comments if held else (),
        states=queue_filter.status_names(here),
        transitions=TRANSITIONS,
        photo_transitions=PHOTO_TRANSITIONS,
        history=[_change(here, campaign, one) for one in history],
        original=original.text if original and "text" in original.changed else "",
        moments=told_moments(
            timeline(here.room.database, campaign, view, here.actor), here.words, here.lang
        ),
        map=presenters.the_map(here, campaign, placing=True, pin=drawn),
        campaign=presenters.campaign_words(here, campaign),
        errands=talk,
        **more,
    )


def _allowed(here: Visit, session: Session, public_id: str) -> dict[Act, bool]:
    """Return what this person may do with the proposal; without moderating, only if it is shown."""
    proposal = proposal_row(session, public_id)
    acts = (Act.SEE_DESK, Act.MODERATE, Act.MERGE, Act.ANSWER, Act.DISCUSS, Act.ASSIGN)
    return {
        act: proposal is not None and may_for(session, here.actor, act, proposal) for act in acts
    }


def _enter(here: Visit, public_id: str, moment: datetime) -> str:
    names = openings_of(here.request).enter(public_id, here.actor, now=moment)
    return busy_words(here, names)


def _beside(here: Visit, session: Session, asked: QueueRequest) -> dict[str, str]:
    """Return the addresses of the things before and after this one in its list."""
    if asked.at is None or asked.tab not in set(Tab):
        return {"previous": "", "next": ""}
    found = beside(session, here.actor, Tab(asked.tab), asked.narrowed, asked.at)
    named: dict[str, Waiting | None] = dict(zip(("previous", "next"), found, strict=True))
    return {name: address_of(asked, one) if one else "" for name, one in named.items()}


def _shown(
    here: Visit,
    campaign: CampaignView,
    view: ProposalView,
    moment: datetime,
    held: Case | None,
) -> dict[str, Any]:
    follow = TRANSITIONS[Status(view.status)]
    return {
        "id": view.public_id,
        "text": view.text,
        "excerpt": presenters.excerpt(view.text),
        "status": view.status,
        "status_name": queue_filter.status_names(here)[view.status],
        "held": held_names(here).get(view.held_reason or "", ""),
        "waited": age(moment - view.created, here.lang),
        "facts": presenters.facts(here, view),
        "supports": view.supports,
        "category_key": view.category,
        "categories": list(presenters.category_names(here, campaign).items()),
        "seen": view.updated.isoformat() if view.updated else "",
        "longitude": f"{view.longitude:.6f}",
        "latitude": f"{view.latitude:.6f}",
        "drawn": view.geometry is not None,
        "answers": presenters.answers(here, campaign, view),
        "photos": held.photos if held else (),
        "may_become": [str(status) for status in Status if status in follow],
        "public": presenters.is_public(view),
        **presenters.category_look(here, campaign, view.category),
    }


def _keys(here: Visit, asked: QueueRequest, view: ProposalView) -> str:
    """Name what the keys p, h and x are about: the proposal, or the thing that the list names."""
    kinds = {Tab.PHOTOS: "photo", Tab.COMMENTS: "comment", Tab.REPORTED: "report"}
    kind = kinds.get(asked.tab)  # type: ignore[call-overload]
    thing = here.request.query_params.get("thing", "")[:40]
    return f"{kind}-{thing}" if kind and thing and view else "proposal"


def _around(
    here: Visit, campaign: CampaignView, view: ProposalView, proposed: set[str]
) -> dict[str, Any]:
    """Return the neighbours but for the proposed duplicates; of more, the way to all of them."""
    found = nearby.nearby(
        here.room.pinboard,
        campaign,
        view.longitude,
        view.latitude,
        text=view.text,
        most=nearby.CANDIDATES,
    )
    others = [
        {
            "id": one.view.public_id,
            "excerpt": presenters.excerpt(one.view.text, 90),
            "alike": one.alike,
            "public": True,
            "mergeable": True,
            "proposed": False,
            "likeness": formatting.percent(one.likeness, here.lang),
            "facts": presenters.facts(here, one.view),
            **presenters.category_look(here, campaign, one.view.category),
        }
        for one in found.proposals
        if one.view.public_id != view.public_id and one.view.public_id not in proposed
    ]
    is_cut = len(others) > NEIGHBOURS or found.total > nearby.CANDIDATES
    total = found.total - (1 if presenters.is_public(view) else 0)
    near = _all_near(here, campaign, view, total) if is_cut else None
    return {"neighbours": others[:NEIGHBOURS], "near": near}


def _all_near(
    here: Visit, campaign: CampaignView, view: ProposalView, total: int
) -> dict[str, str]:
    """Say how many neighbours there are, and where all of them are listed."""
    said = here.words.gettext("Within 100 m are {n}. See all of them, the nearest first")
    place = f"{view.longitude:.6f},{view.latitude:.6f}"
    return {
        "said": said.format(n=formatting.number(total, here.lang)),
        "address": f"/w/c/{campaign.slug}?sort=near&at={place}#proposals",
    }


def _others(
    here: Visit, asked: QueueRequest, held: Case | None, moment: datetime, public_id: str
) -> dict[str, Any] | None:
    """Return what else the same device sent: counts and links, nothing of who that is."""
    if held is None or not held.others.page.total:
        return None
    names = queue_filter.status_names(here)
    counts = [
        f"{names[status]} {formatting.number(count, here.lang)}"
        for status, count in sorted(held.others.counts.items())
    ]
    newest = [
        {
            "address": asked.address(f"/w/desk/queue/{one.public_id}"),
            "excerpt": presenters.excerpt(one.text),
            "told": f"{names[one.status]} · {age(moment - one.created, here.lang)}",
        }
        for one in held.others.page.items
    ]
    base, at = f"/w/desk/queue/{public_id}", str(asked.at) if asked.at else ""
    thing = here.request.query_params.get("thing", "")[:40]
    return {
        "counts": formatting.enumerated(counts, here.lang),
        "newest": newest,
        "pages": paging.pager(
            here,
            held.others.page,
            lambda n: asked.address(base, at=at, thing=thing, others=str(n)) + "#others",
        ),
    }


def _change(here: Visit, campaign: CampaignView, change: ChangeView) -> dict[str, Any]:
    """Return one change in words: what, from what to what, by whom, when, and why."""
    _ = here.words.gettext
    kind = ChangeKind(change.kind)
    name = change_wording.change_words(here.words)[kind]
    return {
        "id": change.id,
        "what": _("Undone: {what}").format(what=name) if change.undoes else name,
        "was": case_forms.value_words(here, campaign, kind, change.before),
        "became": case_forms.value_words(here, campaign, kind, change.after),
        "by": change.by or _("the server"),
        "at": formatting.moment(change.at, here.lang),
        "reason": change.reason,
        "undone": _("taken back by {name}").format(name=change.undone_by or _("the server"))
        if change.undone
        else "",
        "undoable": change.undoable,
    }
