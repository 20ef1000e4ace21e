"""The forms of the page for many proposals, and its orders, previews and jobs in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from analysis.filter import Filter
from core import errors
from deliberation import reply_templates
from layers.communities.communities import community_frame
from moderation.bulk import job_views
from moderation.bulk.bulk_actions import Preview, WhyNot
from moderation.bulk.job_states import JobState
from moderation.bulk.job_views import JobView
from moderation.bulk.order import ACT_OF, STATUS_OF, UNDOABLE, BulkAction, Order
from moderation.overview import staff_within
from people.access.actor import Actor
from people.access.permissions import Act, may_somewhere
from serving.visit import Visit
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status
from web import paging, presenters
from web.desk.moderation import case_forms, queue_filter
from wording import formatting, proposal_status
from wording.error_messages import sentence_of
from wording.reply_templates import placeholder_line

JOBS_ON_A_PAGE = 10


def action_names(here: Visit) -> dict[BulkAction, str]:
    """Return what can be done to many."""
    _ = here.words.gettext
    return {
        BulkAction.PUBLISH: _("Publish"),
        BulkAction.HOLD: _("Hold"),
        BulkAction.HIDE: _("Hide"),
        BulkAction.RECATEGORISE: _("Put into another category"),
        BulkAction.REPLY: _("Reply officially"),
        BulkAction.ASSIGN: _("Assign"),
        BulkAction.UNDO: _("Take back what was done"),
    }


def state_names(here: Visit) -> dict[JobState, str]:
    """Return how far a job is."""
    _ = here.words.gettext
    return {
        JobState.STARTING: _("is being prepared"),
        JobState.WAITING: _("waits for its turn"),
        JobState.RUNNING: _("is running"),
        JobState.DONE: _("done"),
        JobState.CANCELLED: _("cancelled"),
        JobState.INTERRUPTED: _("broken off before it began"),
    }


def selected_words(here: Visit, total: int) -> str:
    """Say how many are selected."""
    said = here.words.ngettext("{n} proposal is selected", "{n} proposals are selected", total)
    return said.format(n=formatting.number(total, here.lang))


def shown_filter(narrow: Filter) -> dict[str, Any]:
    """Return the filter as its form is filled in."""
    named = dict(narrow.pairs())
    return {
        "categories": narrow.categories,
        "communities": narrow.communities,
        "statuses": narrow.statuses,
        "from": named.get("from", ""),
        "to": named.get("to", ""),
        "answered": named.get("answered", ""),
        "photo": named.get("photo", ""),
        "supports": named.get("supports", ""),
        "text": narrow.text,
        "area": named.get("area", ""),
        "hotspot": narrow.spot.hotspot_id if narrow.spot else "",
        "answers": [pair for pair in narrow.pairs() if pair[0].startswith("a_")],
    }


def offered(
    here: Visit, session: Session, campaign: CampaignView, actor: Actor, moment: datetime
) -> dict[str, Any]:
    """Return what a filter of this campaign offers."""
    names = presenters.community_names(here, community_frame(session, campaign.edition))
    states = queue_filter.status_names(here)
    moderates = may_somewhere(actor, Act.MODERATE)
    return {
        "categories": list(presenters.category_names(here, campaign).items()),
        "communities": presenters.by_name(names),
        "states": [(str(s), states[s]) for s in Status] if moderates else [],
        "reasons": case_forms.reasons(here),
        "stages": [
            (str(key), name) for key, name in proposal_status.stage_words(here.words).items()
        ],
        "templates": [
            {"name": one.name, "text": one.text, "stage": one.stage}
            for one in (
                reply_templates.templates_for(session, actor, campaign.id)
                if may_somewhere(actor, Act.ANSWER)
                else []
            )
        ],
        "places": placeholder_line(here.words),
        "office": actor.name,
        "colleagues": staff_within(session, campaign, Act.DISCUSS, now=moment)
        if may_somewhere(actor, Act.ASSIGN)
        else [],
    }


def actions(here: Visit, campaign: CampaignView) -> list[str]:
    """Return what this person may do to many; another category only where there are several."""
    several = len(campaign.categories) > 1
    return [
        str(action)
        for action, act in ACT_OF.items()
        if may_somewhere(here.actor, act) and (several or action is not BulkAction.RECATEGORISE)
    ]


def shown_preview(
    here: Visit, campaign: CampaignView, order: Order, found: Preview
) -> dict[str, Any]:
    """Return in words what an order would do."""
    _ = here.words.gettext
    why = {
        WhyNot.REACH: _("not yours to change"),
        WhyNot.STATE: _("their state does not allow it"),
        WhyNot.SAME: _("like that already"),
        WhyNot.PERSONAL: _("perhaps something personal in it: look at each of these first"),
    }
    return {
        "selected": selected_words(here, found.selected),
        "changing": found.changing,
        "changing_said": here.words.ngettext(
            "{n} proposal would change.", "{n} proposals would change.", found.changing
        ).format(n=formatting.number(found.changing, here.lang)),
        "left_out": [
            {
                "why": why[WhyNot(one.why)],
                "count": formatting.number(one.count, here.lang),
                "examples": one.examples,
            }
            for one in found.left_out
        ],
        "examples": [
            {
                "id": one.view.public_id,
                "excerpt": presenters.excerpt(one.view.text, 90),
                "before": _value(here, campaign, order, one.before),
                "after": _value(here, campaign, order, one.after),
            }
            for one in found.examples
        ],
    }


def _value(here: Visit, campaign: CampaignView, order: Order, value: str) -> str:
    action = BulkAction(order.action)
    if action in STATUS_OF and value:
        return queue_filter.status_names(here)[value]
    if action is BulkAction.RECATEGORISE and value:
        return presenters.category_look(here, campaign, value)["category"]
    if action is BulkAction.REPLY:
        return proposal_status.stage_words(here.words).get(value, value)  # type: ignore[call-overload]
    return value


def job_words(here: Visit, job: JobView) -> dict[str, Any]:
    """Return a job as pages show it."""
    _ = here.words.gettext
    n = {
        name: formatting.number(getattr(job, name), here.lang)
        for name in ("total", "done", "failed")
    }
    said = _("{done} of {total} done").format(**n)
    if job.failed:
        said += " · " + _("{failed} could not be done").format(**n)
    over = job.state in {JobState.DONE, JobState.CANCELLED}
    return {
        "id": job.id,
        "address": f"/w/desk/bulk/jobs/{job.id}",
        "what": action_names(here)[BulkAction(job.action)],
        "state": state_names(here)[JobState(job.state)],
        "said": said,
        "open": job.is_open,
        "total": max(job.total, 1),
        "through": job.done + job.failed,
        "by": job.by or _("the server"),
        "at": formatting.moment(job.created, here.lang),
        "undoable": over and bool(job.done) and job.action in UNDOABLE and job.undone_by is None,
        "undone_by": job.undone_by,
        "final": final_words(here, BulkAction(job.action)) if over and job.done else "",
        "problems": [
            {
                "said": problem_words(here, one.code),
                "count": formatting.number(one.count, here.lang),
                "examples": one.examples,
            }
            for one in job.problems
        ],
    }


def problem_words(here: Visit, code: str) -> str:
    """Say why some could not be changed, from the code of an error."""
    _ = here.words.gettext
    return {
        "stale": _("changed by somebody else meanwhile"),
        "wrong_state": _("their state does not allow it"),
        "not_allowed": _("not yours to change"),
        "not_found": _("not yours to change"),
        "unchanged": _("like that already"),
        "personal_words": _("perhaps something personal in it: look at each of these first"),
        "stands_on": _("something later stands on it"),
    }.get(code, code)


def job_list(
    here: Visit, session: Session, campaign: CampaignView, link: Callable[[int], str]
) -> dict[str, Any]:
    """Return a page of what was done to many in this campaign, the newest first.

    ``link`` gives the address of a page.
    """
    page = paging.asked(here, "jobs")
    found = job_views.jobs_of(session, here.actor, campaign.id, most=JOBS_ON_A_PAGE, page=page)
    return {
        "total": formatting.number(found.total, here.lang),
        "items": [job_words(here, job) for job in found.items],
        "pages": paging.pager(here, found, link),
    }


def refusal(here: Visit, error: errors.LuJianError) -> str:
    """Say what is wrong with an order."""
    _, field = here.words.gettext, error.params.get("field")
    if isinstance(error, errors.EmptyTextError):
        return _("Please fill in what is asked for: a reason, a reply, and in whose name.")
    said = {
        "selection": _("There is nothing among them to change."),
        "account": _("Please choose a colleague who may act there."),
        "due": _("Please choose a day that is still to come."),
    }
    if isinstance(error, errors.InvalidError) and field in said:
        return said[str(field)]
    return sentence_of(error, here.words)


def final_words(here: Visit, action: BulkAction) -> str:
    """Say why what was done to many is not taken back as a whole; empty for what can be."""
    _ = here.words.gettext
    said = {
        BulkAction.REPLY: _(
            "Replies cannot be taken back: they have been sent to those who follow. Another reply "
            "can put them right."
        ),
        BulkAction.ASSIGN: _(
            "Assignments are not taken back at once: each is ended on its proposal's page."
        ),
        BulkAction.UNDO: _("What was taken back can be done anew, as an order of its own."),
    }
    return said.get(action, "")
