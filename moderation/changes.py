"""What staff do to a proposal: show or hide it, correct it, take out private things, move its pin.

Every change has a reason, is refused when somebody else changed the proposal since it was ``seen``
(its ``updated`` as the moderator saw it), and stores what was before, so that it can be undone
(``moderation.undo``). The change, its entry in the trail and its letters are one transaction.
The reason of a correction or a move is read by the author, too.

Each action raises ``NotAllowedError`` and ``NotFoundError`` as ``seen.moderated_proposal`` does,
``StaleError`` with who changed what meanwhile, ``EmptyTextError`` without a reason,
``UnchangedError`` for what is so already, and ``WrongStateError`` for what its author took back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.errors import InvalidError, UnchangedError, WrongStateError
from core.text import clean_text, shows_nothing
from layers.communities.communities import community_index
from moderation.change_log import fields_of, set_fields, store_change
from people.access.actor import Actor
from submissions.campaigns.models import Campaign
from submissions.campaigns.questionnaire import WHY_ANOTHER, check_answers, is_shown, read_questions
from submissions.participation import proposal_draft
from submissions.proposals.models import Proposal
from submissions.proposals.states import ChangeKind, HeldReason, Status, follows
from submissions.proposals.tell_followers import Template, tell_followers
from submissions.proposals.version import check_open, check_seen, clean_reason
from submissions.proposals.visibility import moderated_proposal

BLACKED = "■■■"
MOST_WORD = 20
Span = tuple[int, int]


def change_status(
    session: Session,
    actor: Actor,
    public_id: str,
    status: str,
    *,
    reason: str,
    seen: datetime | None = None,
    batch: str | None = None,
    now: datetime,
) -> int:
    """Take a proposal to another state; those who follow hear of a shown or hidden one.

    Returns the change's id. Raises also ``InvalidError`` for an unknown state;
    ``WrongStateError`` when the state may not follow.
    """
    proposal = moderated_proposal(session, actor, public_id)
    if status not in set(Status):
        raise InvalidError(field="status")
    check_seen(session, proposal, seen)
    wanted = Status(status)
    if not follows(proposal.status, wanted):
        raise WrongStateError(status=proposal.status, wanted=str(wanted))
    shown_at = proposal.published_at
    after = {
        "status": str(wanted),
        "held_reason": str(HeldReason.MODERATOR) if wanted is Status.HELD else None,
        "published_at": shown_at or (now if wanted is Status.PUBLISHED else None),
    }
    details = {"from": proposal.status, "to": str(wanted)}
    change_id = _change(
        session, actor, proposal, ChangeKind.STATUS, after, details, reason, batch, now
    )
    tell_status(session, proposal, now=now)
    return change_id


def tell_status(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Tell those who follow a proposal that it is shown now, or not any more."""
    if proposal.status in {Status.PUBLISHED, Status.HIDDEN}:
        key = f"status:{proposal.id}:{proposal.status}:{proposal.updated.isoformat()}"
        told = {"status": proposal.status}
        tell_followers(session, proposal.id, Template.STATUS, told, event_key=key, now=now)


def edit_text(
    session: Session,
    actor: Actor,
    public_id: str,
    text: str,
    *,
    reason: str,
    seen: datetime | None,
    batch: str | None = None,
    now: datetime,
) -> int:
    """Put other words in place of the text; return the change's id.

    The trail says that it was edited, not what was there: that is kept for moderators alone.
    Raises also ``EmptyTextError`` and ``LongTextError``.
    """
    proposal = _taken_up(session, actor, public_id, seen)
    campaign = session.get_one(Campaign, proposal.campaign_id)
    most = max(campaign.max_text_length, len(proposal.text))
    after = {"text": clean_text(text, most=most)}
    return _change(session, actor, proposal, ChangeKind.TEXT, after, {}, reason, batch, now)


def redact(
    session: Session,
    actor: Actor,
    public_id: str,
    spans: Sequence[Span],
    *,
    word: str = "",
    reason: str,
    seen: datetime,
    now: datetime,
) -> int:
    """Put ``word``, or ■■■, in place of parts of the text; return the change's id.

    ``spans`` are start and end in characters of the text that was ``seen``, as ``personal.find``
    gives them. Raises also ``InvalidError``: ``spans`` for none or one outside the text, ``word``.
    """
    proposal = _taken_up(session, actor, public_id, seen)
    if len(word) > MOST_WORD:
        raise InvalidError(field="word")
    after = {
        "text": redacted(proposal.text, spans, BLACKED if shows_nothing(word) else word.strip())
    }
    details = {"parts": len(spans)}
    return _change(session, actor, proposal, ChangeKind.REDACTED, after, details, reason, None, now)


def redacted(text: str, spans: Sequence[Span], word: str) -> str:
    """Return the text with ``word`` in place of each span; spans that overlap are one.

    Raises ``InvalidError`` (``spans``).
    """
    parts: list[str] = []
    at = -1
    for start, end in sorted(spans):
        if not 0 <= start < end <= len(text):
            raise InvalidError(field="spans")
        if start >= at:
            parts += [text[max(at, 0) : start], word]
        at = max(at, end)
    if not parts:
        raise InvalidError(field="spans")
    return clean_text("".join(parts) + text[at:], most=len(text) + len(spans) * len(word))


def recategorise(
    session: Session,
    actor: Actor,
    public_id: str,
    category: str,
    *,
    reason: str,
    seen: datetime | None,
    batch: str | None = None,
    now: datetime,
) -> int:
    """Put a proposal into another category of its campaign; return the change's id.

    Answers to questions that the other category is not asked go with it; those that it would be
    asked stay open, as nobody answers for the author. Raises also ``UnknownCategoryError``.
    """
    proposal = _taken_up(session, actor, public_id, seen)
    campaign = session.get_one(Campaign, proposal.campaign_id)
    keys = frozenset(str(each["key"]) for each in campaign.categories)
    wanted = proposal_draft.check_category(category, keys)
    if wanted == proposal.category:
        raise UnchangedError(field="category")
    answers = _still_asked(campaign, proposal.answers, wanted)
    after = {"category": wanted, "answers": answers}
    details = {"from": proposal.category, "to": wanted}
    return _change(
        session, actor, proposal, ChangeKind.CATEGORY, after, details, reason, batch, now
    )


def change_answers(
    session: Session,
    actor: Actor,
    public_id: str,
    *,
    relation: str | None = None,
    answers: Mapping[str, Any] | None = None,
    reason: str,
    seen: datetime | None,
    batch: str | None = None,
    now: datetime,
) -> int:
    """Correct the relation, or some of the answers; return the change's id.

    ``answers`` holds those to change alone, by question key; None or an empty one takes an answer
    out. The others stay, so that nobody needs to be shown private ones. Raises also
    ``UnknownRelationError`` and ``AnswerError``.
    """
    proposal = _taken_up(session, actor, public_id, seen)
    campaign = session.get_one(Campaign, proposal.campaign_id)
    after: dict[str, Any] = {}
    details: dict[str, Any] = {}
    if relation is not None and relation != proposal.relation:
        after["relation"] = proposal_draft.check_relation(relation)
        details |= {"from": proposal.relation, "to": after["relation"]}
    if answers:
        after["answers"] = _corrected(campaign, proposal, answers)
        details["questions"] = sorted(answers)
    return _change(session, actor, proposal, ChangeKind.ANSWERS, after, details, reason, batch, now)


def move_pin(
    session: Session,
    actor: Actor,
    public_id: str,
    longitude: float,
    latitude: float,
    *,
    reason: str,
    seen: datetime | None,
    batch: str | None = None,
    now: datetime,
) -> int:
    """Move a pin to a WGS 84 place in the campaign's area; return the change's id.

    It gets the community it then lies in. The coordinate as it was stated stays. Its author is
    told by post, where there is an address. Raises also ``BadCoordinateError``,
    ``OutsideAreaError``; ``InvalidError`` (``place``, ``drawn``) for a drawn line or area.
    """
    proposal = _taken_up(session, actor, public_id, seen)
    if proposal.length_m is not None or proposal.area_m2 is not None:
        raise InvalidError(field="place", reason="drawn")
    campaign = session.get_one(Campaign, proposal.campaign_id)
    x, y = proposal_draft.check_place(campaign.area, longitude, latitude)
    if (x, y) == (proposal.longitude, proposal.latitude):
        raise UnchangedError(field="place")
    after = placed(session, campaign, x, y)
    details = {"from": _place_of(proposal), "to": [after["longitude"], after["latitude"]]}
    change_id = _change(
        session, actor, proposal, ChangeKind.MOVED, after, details, reason, batch, now
    )
    tell_moved(session, proposal, change_id, reason=clean_reason(reason), back=False, now=now)
    return change_id


def placed(session: Session, campaign: Campaign, x: float, y: float) -> dict[str, Any]:
    """Return the fields of a pin at a WGS 84 place: with its community in the present edition."""
    return {
        "longitude": x,
        "latitude": y,
        "community_code": community_index(session, campaign.edition).locate_one(x, y),
        "edition": campaign.edition,
    }


def tell_moved(
    session: Session, proposal: Proposal, change_id: int, *, reason: str, back: bool, now: datetime
) -> None:
    """Tell the author, not others who follow, that the pin was moved, or moved ``back``."""
    tell_followers(
        session,
        proposal.id,
        Template.MOVED,
        {"reason": reason, "back": back, "change": change_id},
        event_key=f"moved:{change_id}",
        author_only=True,
        now=now,
    )


def _place_of(proposal: Proposal) -> list[float]:
    return [proposal.longitude, proposal.latitude]


def _taken_up(session: Session, actor: Actor, public_id: str, seen: datetime | None) -> Proposal:
    proposal = moderated_proposal(session, actor, public_id)
    check_open(proposal, "changed")
    check_seen(session, proposal, seen)
    return proposal


def _change(
    session: Session,
    actor: Actor,
    proposal: Proposal,
    kind: ChangeKind,
    wanted: Mapping[str, Any],
    details: Mapping[str, Any],
    reason: str,
    batch: str | None,
    now: datetime,
) -> int:
    """Set the fields, and store what they were and are."""
    why = clean_reason(reason)
    before = fields_of(proposal, wanted)
    set_fields(proposal, wanted)
    if batch is None or kind is ChangeKind.STATUS:
        proposal.unreviewed = False  # somebody has looked at it; not so at each of many corrected
    after = fields_of(proposal, wanted)
    if after == before:
        raise UnchangedError(field=str(kind))
    return store_change(
        session,
        actor,
        proposal,
        kind,
        before,
        after,
        reason=why,
        details=details,
        batch=batch,
        now=now,
    )


def _still_asked(campaign: Campaign, answers: Mapping[str, Any], category: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for question in read_questions(campaign.questions):
        if question.key in answers and is_shown(question, kept, category):
            kept[question.key] = answers[question.key]
    return kept | {key: said for key, said in answers.items() if key == WHY_ANOTHER}


def _corrected(
    campaign: Campaign, proposal: Proposal, answers: Mapping[str, Any]
) -> dict[str, Any]:
    """Return all answers, checked; one to a question that is not asked any more stays."""
    asked = {question.key for question in read_questions(campaign.questions)}
    unasked = {key: said for key, said in proposal.answers.items() if key not in asked}
    kept = {key: said for key, said in proposal.answers.items() if key in asked}
    given = {key: said for key, said in (kept | dict(answers)).items() if said not in (None, "")}
    checked = check_answers(campaign.questions, given, proposal.category, complete=False)
    return checked | unasked
