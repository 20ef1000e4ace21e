"""Templates of official replies: written once, used for one proposal or for many."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core import errors
from deliberation import official_steps, reply_templates
from deliberation.reply_templates import TemplateView
from moderation.overview import campaigns_within
from people.access.actor import EVERYWHERE
from people.access.permissions import Act, may
from serving.errors import status_of
from serving.guards import desk
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from web import presenters
from web.desk.frame import desk_page
from web.desk.posted_form import identity_of, moment_of
from wording import proposal_status
from wording.error_messages import sentence_of
from wording.reply_templates import placeholder_words

router = APIRouter(dependencies=[desk(Act.ANSWER)])
VERBS = ("create", "change", "remove")


@router.get("/desk/templates", response_class=HTMLResponse)
def the_templates(here: Reader) -> Response:
    """List the templates that this person may change, each in its form."""
    return templates_page(here)


def templates_page(
    here: Visit, *, status: int = 200, problem: str = "", typed: dict[str, str] | None = None
) -> HTMLResponse:
    """Return the page; ``typed``: the form that was refused, with its ``id`` or none."""
    with here.room.database.reading() as session:
        found = reply_templates.all_templates(session, here.actor)
        campaigns = campaigns_within(session, here.actor, Act.ANSWER)
    titles = {one.id: presenters.title(here, one) for one in campaigns}
    return desk_page(
        here,
        "reply_templates.html",
        room="queue",
        status=status,
        problem=problem,
        typed=dict.fromkeys(("id", "name", "stage", "text", "campaign"), "") | (typed or {}),
        templates=[_shown(here, one, titles) for one in found],
        campaigns=list(titles.items()),
        everywhere=may(here.actor, Act.ANSWER, EVERYWHERE),
        stages=[(str(key), name) for key, name in proposal_status.stage_words(here.words).items()],
        places=list(placeholder_words(here.words).items()),
        done=here.request.query_params.get("done", ""),
        most=official_steps.MOST_CHARACTERS,
    )


def _shown(here: Visit, one: TemplateView, titles: dict[int, str]) -> dict[str, Any]:
    everybody = here.words.gettext("All campaigns")
    return {
        "id": str(one.id),
        "name": one.name,
        "stage": one.stage,
        "text": one.text,
        "seen": one.updated.isoformat(),
        "where": titles.get(one.campaign_id or 0, everybody if one.campaign_id is None else ""),
    }


@router.post("/desk/templates/{verb}")
async def take(here: Reader, request: Request, verb: str) -> Response:
    """Store, change or remove a template."""
    form = await request.form(max_files=0, max_fields=10)
    typed = {name: str(value)[:20_000] for name, value in form.items()}
    return await in_turn(here.room.writing, _take, here, verb, typed)


def _take(here: Visit, verb: str, typed: dict[str, str]) -> Response:
    if verb not in VERBS:
        raise errors.NotFoundError(kind="page")
    try:
        _change(here, verb, typed)
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        said, status = sentence_of(error, here.words), status_of(error)
        return templates_page(here, status=status, problem=said, typed=typed)
    return RedirectResponse(f"/w/desk/templates?done={verb}", status_code=303)


def _change(here: Visit, verb: str, typed: dict[str, str]) -> None:
    words = {name: typed.get(name, "") for name in ("name", "text", "stage")}
    if verb == "create":
        given = typed.get("campaign")
        campaign = identity_of(given, "campaign") if given else None
        here.write(reply_templates.create_template, campaign_id=campaign, now=now(), **words)
        return
    number = identity_of(typed.get("id", ""), "id")
    if verb == "remove":
        here.write(reply_templates.remove_template, number, now=now())
        return
    seen = moment_of(typed.get("seen", ""))
    here.write(reply_templates.change_template, number, seen=seen, now=now(), **words)
