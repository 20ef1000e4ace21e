"""The queue's list of possible duplicates: groups to be joined, parted, or left as they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from core import errors
from core.page import page_of
from moderation.duplicates.duplicate_groups import DuplicateGroup, duplicate_groups
from moderation.duplicates.duplicates import dismiss_duplicate
from people.access.actor import Actor
from people.access.permissions import Act
from serving.guards import desk
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from submissions.proposals import merge
from submissions.proposals.queries import CampaignView
from web import paging, presenters
from web.desk.moderation import case_forms, queue_filter
from web.desk.moderation.queue_filter import QueueRequest
from web.desk.posted_form import moment_of
from wording import formatting

router = APIRouter(dependencies=[desk(Act.MERGE)])
ON_A_PAGE = 15


def found(here: Visit, asked: QueueRequest, campaign: CampaignView) -> dict[str, Any]:
    """Return one page of a campaign's groups for the template, the surest first."""
    groups = duplicate_groups(
        here.room.database, here.actor, campaign, page=paging.asked(here), size=ON_A_PAGE
    )
    page = groups or page_of([], 1, ON_A_PAGE)
    return {
        "items": [_group(here, asked, campaign, group) for group in page.items],
        "total": formatting.number(page.total, here.lang),
        "ready": groups is not None,
        "form": f"/w/desk/alike/{campaign.slug}",
        **paging.beside(page, lambda n: asked.address(page=str(n))),
        "page": str(page.number),
        "why": case_forms.reasons(here)["joined"][0],
    }


def _group(
    here: Visit, asked: QueueRequest, campaign: CampaignView, group: DuplicateGroup
) -> dict[str, Any]:
    names = queue_filter.status_names(here)
    told: dict[str, list[str]] = {}
    for pair in group.pairs:
        for name in (pair.first, pair.second):
            told.setdefault(name, case_forms.why_alike(here, pair.reasons))
    return {
        "sure": formatting.percent(group.sure, here.lang),
        "keep": group.keep or "",
        "pairs": [f"{pair.first}-{pair.second}" for pair in group.pairs],
        "views": [
            {
                "id": view.public_id,
                "address": asked.address(f"/w/desk/queue/{view.public_id}"),
                "excerpt": presenters.excerpt(view.text, 120),
                "public": presenters.is_public(view),
                "seen": view.updated.isoformat() if view.updated else "",
                "facts": [
                    names[view.status],
                    *presenters.facts(here, view),
                    *told.get(view.public_id, []),
                ],
                **presenters.category_look(here, campaign, view.category),
            }
            for view in group.views
        ],
    }


@router.post("/desk/alike/{slug}/{verb}")
async def take(here: Reader, request: Request, slug: str, verb: str) -> Response:
    """Join what was ticked, or remember that a group is none."""
    form = await request.form(max_files=0, max_fields=200)
    typed = {name: str(value)[:200] for name, value in form.items()}
    many = {name: [str(v)[:40] for v in form.getlist(name)] for name in ("other", "pair")}
    return await in_turn(here.room.writing, _take, here, slug, verb, typed, many)


def _take(
    here: Visit, slug: str, verb: str, typed: dict[str, str], many: dict[str, list[str]]
) -> Response:
    if verb == "merge":
        done = here.write(_merge, typed, many["other"], now=now())
    elif verb == "distinct":
        done = here.write(_part, many["pair"], now=now())
    else:
        raise errors.NotFoundError(kind="page")
    page = typed.get("page", "")
    page = page if page.isdecimal() else "1"
    address = f"/w/desk/queue?tab=duplicates&campaign={slug}&page={page}&did={done}"
    return RedirectResponse(address, status_code=303)


def _merge(
    session: Session, actor: Actor, typed: dict[str, str], ticked: list[str], *, now: datetime
) -> str:
    keep = typed.get("keep", "")
    others = [name for name in ticked if name != keep]
    seen = {
        name: moment_of(typed[f"seen-{name}"])
        for name in (keep, *others)
        if typed.get(f"seen-{name}")
    }
    reason = typed.get("reason", "")
    merge.merge(session, actor, keep, others, reason=reason, seen=seen, now=now)
    return "merged"


def _part(session: Session, actor: Actor, pairs: list[str], *, now: datetime) -> str:
    for pair in pairs:
        first, _, second = pair.partition("-")
        dismiss_duplicate(session, actor, first, second, now=now)
    return "distinct"
