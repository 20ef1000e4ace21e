"""Hooks: added with a secret that is shown once, tried, paused, removed; what was sent lately."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core import errors
from deliberation.webhooks import hooks
from deliberation.webhooks.events import EventKind
from deliberation.webhooks.hooks import DeliveryView, HookView
from moderation.overview import campaigns_within
from notifications.webhook_target import TIMEOUT_S
from people.access.actor import EVERYWHERE
from people.access.permissions import Act, may
from serving.errors import status_of
from serving.guards import desk
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from web import presenters
from web.desk.frame import desk_page
from web.desk.posted_form import identity_of
from wording.doors.webhooks import kind_words, problem_words, state_words
from wording.error_messages import sentence_of

router = APIRouter(dependencies=[desk(Act.MAKE_CAMPAIGN)])
#: What is done to one hook, by the last part of the address.
VERBS = {
    "try": hooks.try_hook,
    "pause": hooks.pause_hook,
    "resume": hooks.resume_hook,
    "remove": hooks.remove_hook,
}


@router.get("/desk/webhooks", response_class=HTMLResponse)
def webhooks(here: Reader) -> Response:
    """List the hooks that this person manages, with what was sent lately."""
    return hooks_page(here)


@router.post("/desk/webhooks/add", response_class=HTMLResponse)
async def add(here: Reader, request: Request) -> Response:
    """Add a hook and show its secret, for once."""
    form = await request.form(max_files=0, max_fields=10)
    typed = {name: str(value)[:1_000].strip() for name, value in form.items()}
    return await in_turn(here.room.writing, _add, here, typed)


@router.post("/desk/webhooks/{number}/secret", response_class=HTMLResponse)
def rotate(here: Reader, number: str) -> Response:
    """Give a hook another secret and show it, for once."""
    which = identity_of(number, "webhook")
    try:
        secret = here.write(hooks.rotate_secret, here.room.sealer, which, now=now())
    except errors.NoKeyError as error:
        return _refused(here, error, {})
    return hooks_page(here, secret=secret, of=which)


@router.post("/desk/webhooks/{number}/{verb}")
def act_on(here: Reader, number: str, verb: str) -> Response:
    """Try, pause, resume or remove a hook."""
    if verb not in VERBS:
        raise errors.NotFoundError(kind="page")
    which = identity_of(number, "webhook")
    try:
        here.write(VERBS[verb], which, now=now())
    except errors.WrongStateError as error:
        return _refused(here, error, {})
    return RedirectResponse(f"/w/desk/webhooks?done={verb}", status_code=303)


def _add(here: Visit, typed: dict[str, str]) -> Response:
    given = typed.get("campaign", "")
    try:
        which, secret = here.write(
            hooks.add_hook,
            here.room.sealer,
            campaign_id=identity_of(given, "campaign") if given else None,
            name=typed.get("name", ""),
            url=typed.get("url", ""),
            private_allowed=here.settings.webhooks_private,
            now=now(),
        )
    except (errors.NotFoundError, errors.NotAllowedError):
        raise
    except errors.LuJianError as error:
        return _refused(here, error, typed)
    return hooks_page(here, secret=secret, of=which)


def _refused(here: Visit, error: errors.LuJianError, typed: dict[str, str]) -> Response:
    said = sentence_of(error, here.words)
    if isinstance(error, errors.NoKeyError):
        said = here.words.gettext("The server has no key yet by which secrets can be kept.")
    return hooks_page(here, status=status_of(error), problem=said, typed=typed)


def hooks_page(
    here: Visit,
    *,
    status: int = 200,
    problem: str = "",
    typed: dict[str, str] | None = None,
    secret: str = "",
    of: int = 0,
) -> HTMLResponse:
    """Return the page; ``secret``: that of the hook ``of``, shown once."""
    with here.room.database.reading() as session:
        found = hooks.hooks_of(session, here.actor)
        lately = {one.id: hooks.deliveries_of(session, here.actor, one.id) for one in found}
        campaigns = campaigns_within(session, here.actor, Act.MAKE_CAMPAIGN)
    titles = {one.id: presenters.title(here, one) for one in campaigns}
    return desk_page(
        here,
        "webhooks.html",
        room="campaigns",
        status=status,
        problem=problem,
        typed=dict.fromkeys(("name", "url", "campaign"), "") | (typed or {}),
        hooks=[_hook(here, one, titles, lately[one.id]) for one in found],
        campaigns=list(titles.items()),
        everywhere=may(here.actor, Act.MAKE_CAMPAIGN, EVERYWHERE),
        secret=secret,
        secret_of=of,
        done=here.request.query_params.get("done", ""),
        has_key=here.room.sealer is not None,
        kinds=_kinds(here),
        answer_s=round(TIMEOUT_S),
    )


def _kinds(here: Visit) -> list[dict[str, str]]:
    """Return each kind of event with what it tells."""
    told = {
        EventKind.PUBLISHED: "campaign, id, url, proposal",
        EventKind.CHANGED: "campaign, id, url, proposal",
        EventKind.WITHDRAWN: "campaign, id",
        EventKind.CAMPAIGN: "campaign",
        EventKind.TEST: "",
    }
    words = kind_words(here.words)
    return [
        {"type": str(kind), "said": words[str(kind)], "data": data} for kind, data in told.items()
    ]


def _hook(
    here: Visit, one: HookView, titles: dict[int, str], lately: list[DeliveryView]
) -> dict[str, Any]:
    everybody = here.words.gettext("All campaigns")
    return {
        "id": one.id,
        "name": one.name,
        "url": one.url,
        "where": everybody if one.campaign_id is None else titles.get(one.campaign_id, ""),
        "paused": one.paused,
        "stopped": one.stopped,
        "both_until": one.former_until if one.former_until and one.former_until > now() else None,
        "by": one.by,
        "created": one.created,
        "deliveries": [_delivery(here, each) for each in lately],
    }


def _delivery(here: Visit, one: DeliveryView) -> dict[str, Any]:
    return {
        "at": one.sent or one.created,
        "kind": kind_words(here.words).get(one.kind, one.kind),
        "state": state_words(here.words).get(one.state, one.state),
        "key": one.state,
        "attempts": one.attempts,
        "again": one.due if one.state == "waiting" and one.attempts else None,
        "problem": problem_words(one.problem, here.words),
    }
