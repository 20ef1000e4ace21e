"""What is done to one proposal: moderating, merging, talking, answering, assigning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from deliberation import official_steps, reply_templates
from moderation import (
    assignments,
    case,
    change_history,
    changes,
    look_at,
    notes,
    redact_photo,
    undo,
)
from moderation.duplicates import duplicates
from moderation.locations import location_queue
from moderation.settle_report import settle_report
from people.access.actor import Actor
from people.access.permissions import Act
from submissions.participation import comments, photos
from submissions.proposals import merge, visibility
from submissions.proposals.states import Status
from tests.conftest import NOW
from tests.deeds.kinds import LIVING, NOT_PUBLISHED, WHY, Deed, updated
from tests.world import Thing, World


def _status(wanted: Status) -> Callable[[Session, Actor, World, Thing], Any]:
    return lambda s, a, w, t: changes.change_status(s, a, t.public_id, wanted, **WHY)


MODERATION = [
    Deed(
        changes.change_status,
        Act.MODERATE,
        "proposal",
        _status(Status.PUBLISHED),
        NOT_PUBLISHED,
        "publish",
    ),
    Deed(
        changes.change_status,
        Act.MODERATE,
        "proposal",
        _status(Status.HIDDEN),
        frozenset({Status.RECEIVED, Status.HELD, Status.PUBLISHED}),
        "hide",
    ),
    Deed(
        changes.change_status,
        Act.MODERATE,
        "proposal",
        _status(Status.HELD),
        frozenset({Status.RECEIVED, Status.PUBLISHED}),
        "hold",
    ),
    Deed(
        look_at.look_at,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: look_at.look_at(s, a, [t.public_id], now=NOW),
    ),
    Deed(
        changes.edit_text,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: changes.edit_text(s, a, t.public_id, "新的话", seen=None, **WHY),
        LIVING,
    ),
    Deed(
        changes.redact,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: changes.redact(s, a, t.public_id, [(0, 2)], seen=updated(s, t), **WHY),
        LIVING,
    ),
    Deed(
        changes.recategorise,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: changes.recategorise(
            s, a, t.public_id, "bike_parking", seen=None, **WHY
        ),
        LIVING,
    ),
    Deed(
        changes.change_answers,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: changes.change_answers(
            s, a, t.public_id, relation="works", seen=None, **WHY
        ),
        LIVING,
    ),
    Deed(
        changes.move_pin,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: changes.move_pin(s, a, t.public_id, 116.3111, 40.0311, seen=None, **WHY),
        LIVING,
    ),
    Deed(
        undo.undo_change,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: undo.undo_change(s, a, t.change, now=NOW),
        LIVING,
    ),
    Deed(
        change_history.changes_of,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: change_history.changes_of(s, a, t.public_id),
    ),
    Deed(
        change_history.original_of,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: change_history.original_of(s, a, t.public_id),
    ),
    Deed(
        case.dossier,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: case.dossier(s, a, t.public_id),
    ),
    Deed(
        comments.change_comment_status,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: comments.change_comment_status(s, a, t.comment, "published", **WHY),
    ),
    Deed(
        photos.change_photo_status,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: photos.change_photo_status(s, a, t.photo, "published", **WHY),
    ),
    Deed(
        redact_photo.shown_file,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: redact_photo.shown_file(s, a, t.photo),
    ),
    Deed(
        redact_photo.original_file,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: redact_photo.original_file(s, a, t.photo),
    ),
    Deed(
        settle_report,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: settle_report(s, a, t.report, outcome="kept", now=NOW),
    ),
    Deed(
        visibility.moderated_proposal,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: visibility.moderated_proposal(s, a, t.public_id),
    ),
    Deed(
        location_queue.dismiss_doubt,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: location_queue.dismiss_doubt(
            s, a, w.campaign.id, f"water:{t.public_id}:1,2", **WHY
        ),
        name="dismiss a doubt about one",
    ),
    Deed(
        location_queue.dismiss_doubt,
        Act.MODERATE,
        "campaign",
        lambda s, a, w, t: location_queue.dismiss_doubt(s, a, w.campaign.id, "crowd:x", **WHY),
        name="dismiss a doubt about many",
    ),
    Deed(
        location_queue.convert_import,
        Act.MODERATE,
        "campaign",
        lambda s, a, w, t: location_queue.convert_import(s, a, w.campaign.id, "k", "GCJ-02", **WHY),
    ),
]


MERGING = [
    Deed(
        merge.merge,
        Act.MERGE,
        "proposal",
        lambda s, a, w, t: merge.merge(s, a, w.beside, [t.public_id], **WHY),
        frozenset({Status.RECEIVED, Status.HELD, Status.PUBLISHED}),
    ),
    Deed(
        merge.unmerge,
        Act.MERGE,
        "proposal",
        lambda s, a, w, t: merge.unmerge(s, a, [t.public_id], **WHY),
        frozenset({Status.MERGED}),
    ),
    Deed(
        merge.parts_of,
        Act.MERGE,
        "proposal",
        lambda s, a, w, t: merge.parts_of(s, a, t.public_id),
    ),
    Deed(
        duplicates.duplicates_of,
        Act.MERGE,
        "proposal",
        lambda s, a, w, t: duplicates.duplicates_of(s, a, t.public_id),
    ),
    Deed(
        duplicates.dismiss_duplicate,
        Act.MERGE,
        "proposal",
        lambda s, a, w, t: duplicates.dismiss_duplicate(s, a, t.public_id, w.beside, now=NOW),
    ),
]

TALK = [
    Deed(
        official_steps.tell_step,
        Act.ANSWER,
        "proposal",
        lambda s, a, w, t: official_steps.tell_step(
            s, a, [t.public_id], "answered", "收到", by="清河街道", now=NOW
        ),
        frozenset({Status.PUBLISHED}),
        shown=True,
    ),
    Deed(
        notes.add_note,
        Act.DISCUSS,
        "proposal",
        lambda s, a, w, t: notes.add_note(s, a, t.public_id, "内部话", now=NOW),
    ),
    Deed(
        notes.notes_of,
        Act.DISCUSS,
        "proposal",
        lambda s, a, w, t: notes.notes_of(s, a, t.public_id),
    ),
    Deed(
        notes.discussed_proposal,
        Act.DISCUSS,
        "proposal",
        lambda s, a, w, t: notes.discussed_proposal(s, a, t.public_id),
    ),
    Deed(
        assignments.assignments_of,
        Act.DISCUSS,
        "proposal",
        lambda s, a, w, t: assignments.assignments_of(s, a, t.public_id, now=NOW),
    ),
    Deed(
        assignments.assign,
        Act.ASSIGN,
        "proposal",
        lambda s, a, w, t: assignments.assign(s, a, t.public_id, w.colleague, now=NOW),
    ),
    Deed(
        assignments.assignable,
        Act.ASSIGN,
        "proposal",
        lambda s, a, w, t: assignments.assignable(s, a, t.public_id, now=NOW),
    ),
    Deed(
        assignments.finish_assignment,
        Act.ASSIGN,
        "proposal",
        lambda s, a, w, t: assignments.finish_assignment(s, a, t.assignment, now=NOW),
    ),
    Deed(
        reply_templates.template,
        Act.ANSWER,
        "campaign",
        lambda s, a, w, t: reply_templates.template(s, a, w.template),
    ),
    Deed(
        reply_templates.create_template,
        Act.ANSWER,
        "campaign",
        lambda s, a, w, t: reply_templates.create_template(
            s, a, name="新", text="收到", campaign_id=w.campaign.id, now=NOW
        ),
        name="create a template of a campaign",
    ),
    Deed(
        reply_templates.create_template,
        Act.ANSWER,
        "platform",
        lambda s, a, w, t: reply_templates.create_template(s, a, name="新", text="收到", now=NOW),
        name="create a template of the platform",
    ),
    Deed(
        reply_templates.change_template,
        Act.ANSWER,
        "campaign",
        lambda s, a, w, t: reply_templates.change_template(
            s, a, w.template, name="新", text="又", stage="answered", now=NOW
        ),
    ),
    Deed(
        reply_templates.remove_template,
        Act.ANSWER,
        "campaign",
        lambda s, a, w, t: reply_templates.remove_template(s, a, w.template, now=NOW),
    ),
]
