"""The forms around a proposal at the desk: common reasons, replies, what was joined, in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from deliberation import official_steps, reply_templates
from moderation.duplicates.duplicates import Reasons, duplicates_of
from people.access.permissions import Act
from serving.visit import Visit
from submissions.participation.pii import Confidence, find_personal
from submissions.proposals import merge
from submissions.proposals.queries import CampaignView, ProposalView
from submissions.proposals.states import MERGEABLE, ChangeKind, Status
from web import presenters
from web.desk.moderation import queue_filter
from wording import formatting, proposal_status


def reasons(here: Visit) -> dict[str, list[str]]:
    """Return the common reasons of each decision, the commonest first."""
    _ = here.words.gettext
    return {
        "published": [_("In order")],
        "held": [
            _("The place has to be checked"),
            _("A colleague should look at it"),
            _("It has to be asked about"),
            _("Private details have to be taken out"),
        ],
        "hidden": [
            _("It is an advertisement"),
            _("It insults somebody"),
            _("It names or shows a private person"),
            _("It is not about this campaign"),
            _("It is a test, or makes no sense"),
        ],
        "correct": [
            _("Slip of the pen"),
            _("The pin stood in the wrong place"),
            _("The category was another"),
            _("Private details taken out"),
        ],
        "joined": [_("They say the same")],
    }


def done_words(here: Visit) -> dict[str, str]:
    """Return what was done, in a sentence."""
    _ = here.words.gettext
    return {
        "published": _("Published."),
        "held": _("Held."),
        "looked_at": _("Looked at. They are off this list."),
        "hidden": _("Hidden."),
        "corrected": _("Corrected."),
        "redacted": _("The private details are blacked out."),
        "undone": _("Undone."),
        "photo_published": _("The photo is shown now."),
        "photo_hidden": _("The photo is hidden."),
        "blurred": _("That part of the photo is unrecognisable now."),
        "comment_published": _("The comment is shown now."),
        "comment_held": _("The comment is held."),
        "comment_hidden": _("The comment is hidden."),
        "report_kept": _("The report is settled; nothing was changed."),
        "report_held": _("The report is settled; what it is about is held."),
        "report_hidden": _("The report is settled; what it is about is hidden."),
        "merged": _("They are joined."),
        "unmerged": _("They are parted again."),
        "distinct": _("They will not be proposed as duplicates again."),
        "replied": _(
            "The reply is on its way to all who follow it. It cannot be taken back; another reply "
            "can put it right."
        ),
        "noted": _("The note is kept."),
        "assigned": _("It is assigned."),
        "finished": _("Done."),
        "place_right": _("This place is not listed again."),
        "moved": _("The pin has been moved."),
        "converted": _("The import is converted."),
        "converting": _("A part of the import is converted."),
        "saved": _("Saved."),
    }


def value_words(
    here: Visit, campaign: CampaignView, kind: ChangeKind, fields: dict[str, Any]
) -> str:
    """Return what a change was from, or to, in words; empty where words would not help."""
    if kind is ChangeKind.STATUS and "status" in fields:
        return queue_filter.status_names(here)[str(fields["status"])]
    if kind is ChangeKind.CATEGORY and "category" in fields:
        return presenters.category_look(here, campaign, str(fields["category"]))["category"]
    if kind in {ChangeKind.TEXT, ChangeKind.REDACTED} and "text" in fields:
        return str(fields["text"])
    if kind is ChangeKind.MOVED and "longitude" in fields:
        return f"{fields['longitude']:.5f}, {fields['latitude']:.5f}"
    return ""


def personal(text: str) -> dict[str, Any]:
    """Return the text in passages, some of them perhaps personal, and those alone."""
    passages: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    at = 0
    for one in find_personal(text):
        shown = {
            "text": text[one.start : one.end],
            "kind": str(one.kind),
            "start": one.start,
            "end": one.end,
            "sure": one.sureness >= Confidence.LIKELY,
        }
        passages += [{"text": text[at : one.start], "kind": ""}, shown]
        found.append(shown)
        at = one.end
    passages.append({"text": text[at:], "kind": ""})
    return {"passages": passages, "found": found}


def parts(
    here: Visit,
    session: Session,
    campaign: CampaignView,
    view: ProposalView,
    may: dict[Act, bool],
    moment: datetime,
) -> dict[str, Any]:
    """Return what the forms need to know beside the proposal itself."""
    return {
        **personal(view.text),
        "answering": _reply(here, session, campaign, view, moment) if may[Act.ANSWER] else None,
        "joined": _joined(here, session, view) if may[Act.MERGE] else [],
        "mergeable": [str(status) for status in MERGEABLE],
        "duplicates": _duplicates(here, session, campaign, view) if may[Act.MERGE] else [],
    }


def _reply(
    here: Visit, session: Session, campaign: CampaignView, view: ProposalView, moment: datetime
) -> dict[str, Any] | None:
    """Return the form of the official reply, for what is shown."""
    if view.status != Status.PUBLISHED:
        return None
    stages = proposal_status.stage_words(here.words)
    steps = official_steps.steps_of(session, view.public_id)
    office = steps[-1].by if steps else here.actor.name
    lang = here.room.settings.language
    values = reply_templates.values_for([view], campaign, office=office, lang=lang, now=moment)
    filling = values[view.public_id]
    return {
        "templates": [
            {
                "id": one.id,
                "name": one.name,
                "filled": {"text": reply_templates.fill(one.text, filling), "stage": one.stage},
            }
            for one in reply_templates.templates_for(session, here.actor, campaign.id)
        ],
        "stages": [(str(key), name) for key, name in stages.items()],
        "by": office,
        "most": official_steps.MOST_CHARACTERS,
    }


def _joined(here: Visit, session: Session, view: ProposalView) -> list[dict[str, Any]]:
    names = queue_filter.status_names(here)
    return [
        {
            "id": one.public_id,
            "excerpt": presenters.excerpt(one.text, 90),
            "told": f"{names[one.status]} · {formatting.day(one.created, here.lang)}",
            "reason": one.reason,
        }
        for one in merge.parts_of(session, here.actor, view.public_id)
    ]


def _duplicates(
    here: Visit, session: Session, campaign: CampaignView, view: ProposalView
) -> list[dict[str, Any]]:
    """Return what may be the same, the surest first, with what speaks for it."""
    names = queue_filter.status_names(here)
    return [
        {
            "id": one.view.public_id,
            "excerpt": presenters.excerpt(one.view.text, 90),
            "likeness": formatting.percent(one.reasons.sure, here.lang),
            "facts": [*why_alike(here, one.reasons), names[one.view.status]],
            "public": presenters.is_public(one.view),
            "mergeable": one.view.status in MERGEABLE,
            "proposed": True,
            **presenters.category_look(here, campaign, one.view.category),
        }
        for one in duplicates_of(session, here.actor, view.public_id)
    ]


def why_alike(here: Visit, why: Reasons) -> list[str]:
    """Return in a few words what speaks for it that two proposals are the same."""
    _ = here.words.gettext
    told = [_("{distance} apart").format(distance=formatting.distance(why.distance_m, here.lang))]
    told += [_("words alike")] if why.alike else []
    told += [_("photos alike")] if why.photo_bits is not None else []
    told += [_("from the same device")] if why.same_device else []
    return told
