"""What is done to one proposal: moderating, merging, talking, answering, assigning."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy.orm import Session

from errors import NotFoundError
from people.actors import OPERATOR, Actor
from people.catalogue import Act
from submissions import (
    assignments,
    blurring,
    change_views,
    changes,
    comments,
    dossier,
    duplicates,
    merging,
    notes,
    photos,
    progress,
    reports,
    review,
    seen,
    templates,
    undoing,
)
from submissions.rules import Status
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
        undoing.undo_change,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: undoing.undo_change(s, a, t.change, now=NOW),
        LIVING,
    ),
    Deed(
        change_views.changes_of,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: change_views.changes_of(s, a, t.public_id),
    ),
    Deed(
        change_views.original_of,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: change_views.original_of(s, a, t.public_id),
    ),
    Deed(
        dossier.dossier,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: dossier.dossier(s, a, t.public_id),
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
        blurring.shown_file,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: blurring.shown_file(s, a, t.photo),
    ),
    Deed(
        blurring.original_file,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: blurring.original_file(s, a, t.photo),
    ),
    Deed(
        reports.settle_report,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: reports.settle_report(s, a, t.report, outcome="kept", now=NOW),
    ),
    Deed(
        seen.moderated_proposal,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: seen.moderated_proposal(s, a, t.public_id),
    ),
    Deed(review.raise_again, Act.MODERATE, "proposal", lambda *given: _raise_again(*given)),
    Deed(
        review.dismiss_doubt,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: review.dismiss_doubt(
            s, a, w.campaign.id, f"water:{t.public_id}:1,2", **WHY
        ),
        name="dismiss a doubt about one",
    ),
    Deed(
        review.dismiss_doubt,
        Act.MODERATE,
        "campaign",
        lambda s, a, w, t: review.dismiss_doubt(s, a, w.campaign.id, "crowd:x", **WHY),
        name="dismiss a doubt about many",
    ),
    Deed(
        review.convert_import,
        Act.MODERATE,
        "campaign",
        lambda s, a, w, t: review.convert_import(s, a, w.campaign.id, "k", "GCJ-02", **WHY),
    ),
]


def _finished(session: Session, world: World, thing: Thing) -> None:
    """Let it be dealt with by whoever may, so that it can be taken back."""
    assignments.finish_assignment(session, OPERATOR, thing.assignment, now=NOW)


def _reopen(session: Session, actor: Actor, world: World, thing: Thing) -> None:
    _finished(session, world, thing)
    assignments.reopen_assignment(session, actor, thing.assignment, now=NOW)


def _raise_again(session: Session, actor: Actor, world: World, thing: Thing) -> None:
    key = f"water:{thing.public_id}:1,2"
    with suppress(NotFoundError):
        review.dismiss_doubt(session, OPERATOR, world.campaign.id, key, **WHY)
    review.raise_again(session, actor, world.campaign.id, key, now=NOW)


MERGING = [
    Deed(
        merging.merge,
        Act.MERGE,
        "proposal",
        lambda s, a, w, t: merging.merge(s, a, w.beside, [t.public_id], **WHY),
        frozenset({Status.RECEIVED, Status.HELD, Status.PUBLISHED}),
    ),
    Deed(
        merging.unmerge,
        Act.MERGE,
        "proposal",
        lambda s, a, w, t: merging.unmerge(s, a, [t.public_id], **WHY),
        frozenset({Status.MERGED}),
    ),
    Deed(
        merging.parts_of,
        Act.MERGE,
        "proposal",
        lambda s, a, w, t: merging.parts_of(s, a, t.public_id),
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
    Deed(
        duplicates.restore_duplicate,
        Act.MERGE,
        "proposal",
        lambda s, a, w, t: duplicates.restore_duplicate(s, a, w.beside, t.public_id, now=NOW),
    ),
]

TALK = [
    Deed(
        progress.tell_step,
        Act.ANSWER,
        "proposal",
        lambda s, a, w, t: progress.tell_step(
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
    Deed(assignments.reopen_assignment, Act.ASSIGN, "proposal", _reopen),
    Deed(
        templates.template,
        Act.ANSWER,
        "campaign",
        lambda s, a, w, t: templates.template(s, a, w.template),
    ),
    Deed(
        templates.create_template,
        Act.ANSWER,
        "campaign",
        lambda s, a, w, t: templates.create_template(
            s, a, name="新", text="收到", campaign_id=w.campaign.id, now=NOW
        ),
        name="create a template of a campaign",
    ),
    Deed(
        templates.create_template,
        Act.ANSWER,
        "platform",
        lambda s, a, w, t: templates.create_template(s, a, name="新", text="收到", now=NOW),
        name="create a template of the platform",
    ),
    Deed(
        templates.change_template,
        Act.ANSWER,
        "campaign",
        lambda s, a, w, t: templates.change_template(
            s, a, w.template, name="新", text="又", stage="answered", now=NOW
        ),
    ),
    Deed(
        templates.remove_template,
        Act.ANSWER,
        "campaign",
        lambda s, a, w, t: templates.remove_template(s, a, w.template, now=NOW),
    ),
]
