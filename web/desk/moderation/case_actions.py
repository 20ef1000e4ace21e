"""What moderators send from a proposal's page at the desk: each verb is one change.

After it comes the next thing of the list; a refusal shows the page again with all that was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from core import errors
from deliberation.official_steps import tell_step
from moderation import changes, undo
from moderation.duplicates.duplicates import dismiss_duplicate
from moderation.look_at import look_at
from moderation.queue import Tab, beside
from moderation.redact_photo import blur_photo
from moderation.settle_report import settle_report
from people.access.actor import Actor
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import PublicId
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from submissions.participation.comments import change_comment_status
from submissions.participation.photos import change_photo_status
from submissions.proposals import merge
from submissions.proposals.queries import ProposalView, proposal_for
from web.desk.moderation import notes_and_assignments, queue_filter, queue_page
from web.desk.moderation.case_page import dossier_page
from web.desk.moderation.queue_filter import QueueRequest
from web.desk.moderation.queue_page import address_of, openings_of
from web.desk.posted_form import MOST_TYPED, Sent, boxes_of, identity_of, number_of, span_of
from wording.error_messages import sentence_of

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])


@dataclass(frozen=True)
class Done:
    """What came of it: the change that can be undone, if it is one; is the thing dealt with?

    ``back``: of what is no such change, the verb that takes it back, and what it is about.
    """

    change: int | None = None
    said: str = "saved"
    moves_on: bool = False
    back: tuple[str, ...] = ()


Verb = Callable[[Session, Actor, Sent], Done]


def _status(session: Session, actor: Actor, sent: Sent) -> Done:
    name, wanted = sent.public_id, sent.one("status")
    change = changes.change_status(
        session, actor, name, wanted, reason=sent.reason, seen=sent.seen, now=sent.now
    )
    return Done(change, wanted, moves_on=True)


def _correct(session: Session, actor: Actor, sent: Sent) -> Done:
    """Change words, category and place, as far as they were changed in the form."""
    view = proposal_for(session, sent.public_id, actor)
    last: int | None = None
    seen: datetime | None = sent.seen
    common: dict[str, Any] = {"reason": sent.reason, "now": sent.now}
    for change, given in _corrections(view, sent):
        last = change(session, actor, sent.public_id, *given, seen=seen, **common)
        seen = None
    if last is None:
        raise errors.UnchangedError(field="proposal")
    return Done(last, "corrected")


def _corrections(view: ProposalView, sent: Sent) -> list[tuple[Any, tuple[Any, ...]]]:
    wanted: list[tuple[Any, tuple[Any, ...]]] = []
    text = sent.typed.get("text", view.text).replace("\r\n", "\n").strip()
    if text != view.text.strip():
        wanted.append((changes.edit_text, (text,)))
    if sent.typed.get("category", view.category) != view.category:
        wanted.append((changes.recategorise, (sent.typed["category"],)))
    place = (sent.one("longitude"), sent.one("latitude"))
    if all(place) and place != (f"{view.longitude:.6f}", f"{view.latitude:.6f}"):
        wanted.append((changes.move_pin, (number_of(place[0]), number_of(place[1]))))
    return wanted


def _redact(session: Session, actor: Actor, sent: Sent) -> Done:
    spans = [span_of(text) for text in sent.spans]
    change = changes.redact(
        session, actor, sent.public_id, spans, reason=sent.reason, seen=sent.seen, now=sent.now
    )
    return Done(change, "redacted")


def _look(session: Session, actor: Actor, sent: Sent) -> Done:
    look_at(session, actor, [sent.public_id], now=sent.now)
    return Done(said="looked_at", moves_on=True)


def _undo(session: Session, actor: Actor, sent: Sent) -> Done:
    number = identity_of(sent.one("change"), "change")
    undo.undo_change(session, actor, number, reason=sent.one("reason"), now=sent.now)
    return Done(said="undone")


def _photo(session: Session, actor: Actor, sent: Sent) -> Done:
    name, status = sent.one("photo"), sent.one("status")
    change_photo_status(session, actor, name, status, reason=sent.reason, now=sent.now)
    back = queue_page.back_of("photo", name, status)
    return Done(said=f"photo_{status}", moves_on=True, back=back)


def _comment(session: Session, actor: Actor, sent: Sent) -> Done:
    name, status = sent.one("comment"), sent.one("status")
    change_comment_status(session, actor, name, status, reason=sent.reason, now=sent.now)
    back = queue_page.back_of("comment", name, status)
    return Done(said=f"comment_{status}", moves_on=True, back=back)


def _report(session: Session, actor: Actor, sent: Sent) -> Done:
    number, outcome = identity_of(sent.one("report"), "report"), sent.one("outcome")
    settle_report(session, actor, number, outcome=outcome, now=sent.now)
    return Done(said=f"report_{outcome}", moves_on=True)


def _merge(session: Session, actor: Actor, sent: Sent) -> Done:
    """Join two: the version that was seen is that of the proposal whose page it is."""
    keep, other = sent.one("keep"), sent.one("other")
    seen = {sent.public_id: sent.seen} if sent.public_id in (keep, other) else {}
    merge.merge(session, actor, keep, [other], reason=sent.reason, seen=seen, now=sent.now)
    return Done(said="merged", moves_on=sent.public_id == other, back=("unmerge", other))


def _unmerge(session: Session, actor: Actor, sent: Sent) -> Done:
    merge.unmerge(session, actor, [sent.one("other")], reason=sent.reason, now=sent.now)
    return Done(said="unmerged")


def _distinct(session: Session, actor: Actor, sent: Sent) -> Done:
    dismiss_duplicate(session, actor, sent.public_id, sent.one("other"), now=sent.now)
    return Done(said="distinct")


def _reply(session: Session, actor: Actor, sent: Sent) -> Done:
    told = tell_step(
        session,
        actor,
        [sent.public_id],
        sent.one("stage"),
        sent.one("reply"),
        by=sent.one("by"),
        now=sent.now,
    )
    return Done(said="replied" if told else "saved")


def _then(act: Callable[[Session, Actor, Sent], None], said: str) -> Verb:
    """Return the verb that does something which is none of the undoable changes."""

    def verb(session: Session, actor: Actor, sent: Sent) -> Done:
        act(session, actor, sent)
        return Done(said=said)

    return verb


def _blur(here: Visit, sent: Sent) -> Done:
    """Make parts of a photo unrecognisable; its bytes are made before the change is written."""
    room = here.room
    change = blur_photo(
        room.database,
        room.photos,
        here.actor,
        sent.one("photo"),
        boxes_of(sent.one("regions")),
        reason=sent.reason,
        seen=sent.seen,
        now=sent.now,
    )
    return Done(change, "blurred")


VERBS: dict[str, Verb] = {
    "status": _status,
    "correct": _correct,
    "redact": _redact,
    "undo": _undo,
    "look": _look,
    "photo": _photo,
    "comment": _comment,
    "report": _report,
    "merge": _merge,
    "unmerge": _unmerge,
    "distinct": _distinct,
    "reply": _reply,
    "note": _then(notes_and_assignments.note, "noted"),
    "assign": _then(notes_and_assignments.assign, "assigned"),
    "finish": _then(notes_and_assignments.finish, "finished"),
}
#: Which verbs deal with the things of which list.
_DEALT_WITH = {
    "status": {Tab.NEW, Tab.HELD, Tab.UNREVIEWED},
    "look": {Tab.UNREVIEWED},
    "merge": {Tab.NEW, Tab.HELD},
    "photo": {Tab.PHOTOS},
    "comment": {Tab.COMMENTS},
    "report": {Tab.REPORTED},
}


@router.post("/desk/queue/{public_id}/{verb}")
async def take(here: Reader, request: Request, public_id: PublicId, verb: str) -> Response:
    """Take a form of a proposal's page."""
    form = await request.form(max_files=0, max_fields=200)
    texts = {name: str(value)[:MOST_TYPED] for name, value in form.items()}
    spans = tuple(str(value)[:40] for value in form.getlist("span"))
    sent = Sent(public_id, texts, spans, now())
    return await in_turn(here.room.writing, _take, here, verb, sent)


def _take(here: Visit, verb: str, sent: Sent) -> Response:
    if verb in {"open", "leave"}:
        return _say_open(here, sent, leaving=verb == "leave")
    if verb not in {*VERBS, "blur"}:
        raise errors.NotFoundError(kind="page")
    try:
        done = _run(here, verb, sent)
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        return _refused(here, verb, sent, error)
    address = _onward(here, verb, sent, done)
    if here.wants_json:
        notice = queue_page.notice_for(here, _told(sent, done))
        return JSONResponse(
            {"address": address, "change": done.change, "sentence": notice["said"], **notice}
        )
    return RedirectResponse(address, status_code=303)


def _run(here: Visit, verb: str, sent: Sent) -> Done:
    if verb == "blur":
        return _blur(here, sent)
    return here.write(VERBS[verb], sent)


def _refused(here: Visit, verb: str, sent: Sent, error: errors.LuJianError) -> Response:
    said, status = _refusal(here, error), status_of(error)
    if here.wants_json:
        return JSONResponse({"sentence": said, "code": error.code}, status)
    return dossier_page(
        here, sent.public_id, status=status, problem=said, failed=verb, typed=dict(sent.typed)
    )


def _refusal(here: Visit, error: errors.LuJianError) -> str:
    """Say what is wrong in the words of the desk."""
    _, field = here.words.gettext, error.params.get("field")
    if isinstance(error, errors.InvalidError) and field == "reason":
        return _("Please choose or write a reason.")
    if isinstance(error, errors.InvalidError) and field == "due":
        return _("Please choose a day that is still to come.")
    return sentence_of(error, here.words)


def _onward(here: Visit, verb: str, sent: Sent, done: Done) -> str:
    """Return where to go: the next thing of the list when this one is dealt with, else back."""
    with here.room.database.reading() as session:
        asked = queue_filter.asked_of(here, session, sent.now)
        told = _told(sent, done)
        if not (done.moves_on and asked.at and asked.tab in _DEALT_WITH.get(verb, set())):
            return _same(asked, sent.public_id, told)
        openings_of(here.request).leave(sent.public_id, here.actor)
        before, after = beside(session, here.actor, Tab(asked.tab), asked.narrowed, asked.at)
    following = after or before
    if following is None:
        return asked.address(**told)
    onward = address_of(asked, following)
    return f"{onward}&{_query(told)}"


def _told(sent: Sent, done: Done) -> dict[str, str]:
    """Return what was done as parameters of the address at which it is said."""
    return {
        "did": done.said,
        "done": sent.public_id,
        "change": str(done.change or ""),
        "back": ".".join(done.back),
    }


def _same(asked: QueueRequest, public_id: str, told: dict[str, str]) -> str:
    at = {"at": str(asked.at)} if asked.at else {}
    return asked.address(f"/w/desk/queue/{public_id}", **at, **told)


def _query(told: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in told.items() if value)


def _say_open(here: Visit, sent: Sent, *, leaving: bool) -> Response:
    """Note who has the page open; tell who else has, and which version there is."""
    openings = openings_of(here.request)
    if leaving:
        openings.leave(sent.public_id, here.actor)
        return JSONResponse({})
    with here.room.database.reading() as session:
        view = proposal_for(session, sent.public_id, here.actor)
    names = openings.enter(sent.public_id, here.actor, now=sent.now)
    seen = view.updated.isoformat() if view.updated else ""
    return JSONResponse({"names": names, "seen": seen})
