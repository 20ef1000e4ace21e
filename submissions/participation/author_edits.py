"""What authors do to their own proposals without an account: change the words, take it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import shapely
from sqlalchemy.orm import Session

from core.errors import InvalidError, NotAllowedError, NotFoundError, WrongStateError
from geo.crs import WGS84
from layers.communities.communities import community_index
from people.access.actor import Actor
from people.access.permissions import Act
from submissions.campaigns.models import Campaign
from submissions.campaigns.questionnaire import WHY_ANOTHER, check_answers, read_questions
from submissions.participation import proposal_draft
from submissions.participation.draft_faults import Faults
from submissions.participation.personal_words import is_personal
from submissions.participation.spam_check import text_digest
from submissions.proposals import merge
from submissions.proposals.audit import record_for
from submissions.proposals.models import Proposal
from submissions.proposals.receipt_codes import normalise_receipt
from submissions.proposals.states import (
    HeldReason,
    Placement,
    Status,
    is_author,
    may_edit,
    may_withdraw,
)
from submissions.proposals.visibility import check_now, proposal_row, seen_proposal

#: Columns that follow from others, so that the trail need not keep them.
_FOLLOWS = {"geometry", "text_digest", "status", "held_reason"}
_TICK = timedelta(microseconds=1)


def edit_proposal(
    session: Session,
    actor: Actor,
    public_id: str,
    *,
    updated: datetime,
    text: str | None = None,
    category: str | None = None,
    relation: str | None = None,
    answers: Mapping[str, Any] | None = None,
    longitude: float | None = None,
    latitude: float | None = None,
    code: str = "",
    now: datetime,
) -> datetime:
    """Change one's proposal before it is published; what is None stays. Return its new ``updated``.

    ``updated`` is that of the version which the author saw. A pin may be moved (WGS 84 degrees), a
    drawn line or area may not. The former values stay in the audit trail. Words that look personal
    put it aside; once they are taken out it waits to be read as others do. ``code`` is the receipt
    code, by which an author acts from any device; the trail says so.

    Raises ``NotFoundError`` for a proposal that this actor must not learn of; ``NotAllowedError``
    for another's; ``NotNowError``; ``WrongStateError`` once it is published, hidden or withdrawn,
    and when it has changed since; ``InvalidError`` and its leaves as filing does.
    """
    proposal = _own(session, actor, public_id, code, action="edit_proposal")
    check_now(session, proposal, Act.CHANGE_OWN, now)
    if not may_edit(actor, proposal, by_code=bool(code)):
        raise WrongStateError(status=proposal.status, wanted="edited")
    if updated != proposal.updated:
        raise WrongStateError(status=proposal.status, wanted="edited", reason="stale")
    campaign = session.get_one(Campaign, proposal.campaign_id)
    faults = Faults()
    place = faults.of(_place, session, campaign, proposal, longitude, latitude)
    wanted = _words(campaign, proposal, text, category, relation, answers, faults)
    faults.check()
    wanted |= place or {}
    wanted |= _put_aside(campaign, proposal, wanted)
    former = {name: getattr(proposal, name) for name in wanted}
    changed = [name for name, value in wanted.items() if value != former[name]]
    if not set(changed) - _FOLLOWS:
        return proposal.updated
    for name in changed:
        setattr(proposal, name, wanted[name])
    proposal.updated = max(now, proposal.updated + _TICK)  # so that it names this version alone
    session.flush()
    kept = {name: former[name] for name in changed if name not in _FOLLOWS}
    record_for(session, actor, "edited", proposal, now, {"was": kept} | _proof(code))
    return proposal.updated


def withdraw_proposal(
    session: Session, actor: Actor, public_id: str, *, code: str = "", now: datetime
) -> None:
    """Take one's proposal back: it leaves the map and every count; withdrawn already, nothing.

    ``code``: as for ``edit_proposal``.

    What others said and their supports stay stored, seen by nobody. One that was joined with
    another leaves it; those joined with this one stand on their own again.

    Raises ``NotFoundError``, ``NotAllowedError`` as ``edit_proposal``; ``WrongStateError`` for one
    that is hidden.
    """
    proposal = _own(session, actor, public_id, code, action="withdraw_proposal")
    if proposal.status == Status.WITHDRAWN:
        return
    if not may_withdraw(actor, proposal, by_code=bool(code)):
        raise WrongStateError(status=proposal.status, wanted=str(Status.WITHDRAWN))
    details = {"from": proposal.status} | _proof(code)
    merge.leave(session, actor, proposal, now=now)
    proposal.status, proposal.held_reason = str(Status.WITHDRAWN), None
    proposal.updated = max(now, proposal.updated + _TICK)
    session.flush()
    record_for(session, actor, "withdrawn", proposal, now, details)


def _own(session: Session, actor: Actor, public_id: str, code: str, *, action: str) -> Proposal:
    """Return the actor's own proposal: filed from this device, or of the receipt code it holds."""
    if code:
        return _of_code(session, public_id, code)
    proposal = seen_proposal(session, actor, public_id)
    if not is_author(actor, proposal):
        raise NotAllowedError(action=action)
    return proposal


def _of_code(session: Session, public_id: str, code: str) -> Proposal:
    proposal, receipt = proposal_row(session, public_id), normalise_receipt(code)
    if proposal is None or receipt is None or proposal.receipt != receipt:
        raise NotFoundError(kind="proposal", public_id=public_id)
    return proposal


def _proof(code: str) -> dict[str, str]:
    return {"how": "receipt_code"} if code else {}


def _words(
    campaign: Campaign,
    proposal: Proposal,
    text: str | None,
    category: str | None,
    relation: str | None,
    answers: Mapping[str, Any] | None,
    faults: Faults,
) -> dict[str, Any]:
    """Return the columns to change, checked as for a filing; what is wrong goes to ``faults``."""
    keys = frozenset(each["key"] for each in campaign.categories)
    wanted: dict[str, Any] = {}
    if category is not None:
        wanted["category"] = faults.of(proposal_draft.check_category, category, keys)
    if text is not None:
        most = campaign.max_text_length
        wanted["text"] = faults.of(proposal_draft.check_text, text, most=most)
        wanted["text_digest"] = text_digest(wanted["text"] or "")
    if answers is not None or category is not None:
        # What is asked no more stays as it was answered.
        asked = {question.key for question in read_questions(campaign.questions)}
        kept = {key: said for key, said in proposal.answers.items() if key not in asked}
        given = dict(proposal.answers if answers is None else answers)
        if answers is None:
            given = {key: said for key, said in given.items() if key in asked}
        given.pop(WHY_ANOTHER, None)
        kind = category or proposal.category
        read = faults.of(check_answers, campaign.questions, given, kind, refused=faults.found)
        wanted["answers"] = {**(read or {}), **kept}
    if relation is not None:
        wanted["relation"] = faults.of(proposal_draft.check_relation, relation)
    return wanted


def _put_aside(campaign: Campaign, proposal: Proposal, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state that follows from the words as they will be."""
    asked = [*campaign.questions, *campaign.former_questions]
    text, answers = (wanted.get(name, getattr(proposal, name)) for name in ("text", "answers"))
    personal = is_personal(asked, text, answers)
    if personal and proposal.status == Status.RECEIVED:
        return {"status": str(Status.HELD), "held_reason": str(HeldReason.PERSONAL)}
    if not personal and proposal.held_reason == HeldReason.PERSONAL:
        return {"status": str(Status.RECEIVED), "held_reason": None}
    return {}


def _place(
    session: Session,
    campaign: Campaign,
    proposal: Proposal,
    longitude: float | None,
    latitude: float | None,
) -> dict[str, Any]:
    """Return the columns of a moved pin: tapped anew, so as accurate as the tap."""
    if (longitude is None and latitude is None) or (
        (longitude, latitude) == (proposal.longitude, proposal.latitude)
    ):
        return {}
    if proposal.length_m is not None or proposal.area_m2 is not None:
        raise InvalidError(field="place", reason="drawn")
    x, y = proposal_draft.check_place(campaign.area, longitude, latitude)
    return {
        "longitude": x,
        "latitude": y,
        "geometry": shapely.Point(x, y),
        "raw_x": x,
        "raw_y": y,
        "raw_crs": WGS84,
        "placed_by": str(Placement.TAP),
        "accuracy_m": None,
        "community_code": community_index(session, campaign.edition).locate_one(x, y),
        "edition": campaign.edition,
    }
