"""Following a proposal: on a device's own list, or by post to an e-mail address or a phone.

By post nothing but one request to confirm is sent before its owner has confirmed; every letter
carries the ``token`` by which one ends it. What is sent stands in the outbox of
``notifications.outbox``, in the transaction of what it tells of; ``still_wanted`` is asked again
when it is sent, and ``letter_facts`` then adds the office, the campaign and the words it names.
A letter that tells of several proposals leads to the end of all letters to its address.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotAllowedError, NotFoundError, TooOftenError, WrongStateError
from core.language import DEFAULT, LANGUAGES
from notifications import contacts, outbox
from notifications.contacts import Sealer
from notifications.models import Message
from notifications.outbox import MessageState
from people.access.actor import Actor
from people.access.permissions import Act
from people.audit.record import record
from submissions.participation.models import Follow
from submissions.proposals.jurisdiction import may_for
from submissions.proposals.merged_family import HEAD, HEAD_ID, family_ids, head_of
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status, is_author, may_follow
from submissions.proposals.tell_followers import Template, _params
from submissions.proposals.visibility import check_now

MOST_REQUESTS = 5
#: In this time one address gets ``MOST_REQUESTS`` unanswered requests, and one for each proposal.
REQUESTS_PERIOD = timedelta(hours=24)
_ANYONE = Actor()


@dataclass(frozen=True)
class FollowView:
    """A follow by post as the holder of its token sees it. ``published``: the proposal is shown."""

    public_id: str
    published: bool
    language: str
    confirmed: bool
    ended: bool


class PostState(StrEnum):
    """Whether letters go to the address that the author left with a proposal."""

    NONE = ""
    WAITING = "waiting"
    CONFIRMED = "confirmed"


def author_post(session: Session, public_id: str) -> PostState:
    """Return what became of the request to the author's address: ``WAITING`` for an answer.

    For the author, and for whoever holds the code; it tells nothing of the address.
    """
    row = session.execute(
        select(Follow.confirmed)
        .join(Proposal, Proposal.id == Follow.proposal_id)
        .where(
            Proposal.public_id == public_id,
            Follow.contact_id == Proposal.contact_id,
            Follow.ended.is_(None),
        )
    ).first()
    if row is None:
        return PostState.NONE
    return PostState.WAITING if row.confirmed is None else PostState.CONFIRMED


def follow_here(
    session: Session, actor: Actor, public_id: str, *, language: str, now: datetime
) -> None:
    """Put a proposal on this device's list; once.

    Raises ``NotAllowedError`` without a device; ``NotFoundError`` unless it is shown or one's own;
    ``NotNowError``.
    """
    proposal = _followable(session, actor, public_id, now)
    follow = _of_device(session, actor, proposal.id)
    if follow is not None and follow.ended is None:
        return
    if follow is None:
        session.add(_new(proposal.id, language, now, device_key=actor.key, confirmed=now))
    else:
        follow.ended = None
    session.flush()
    record(session, actor, "followed", now=now, proposal_id=proposal.id)


def unfollow_here(session: Session, actor: Actor, public_id: str, *, now: datetime) -> None:
    """Take a proposal, and what was joined with it, off this device's list, in any state."""
    head_id = session.scalar(select(HEAD_ID).where(Proposal.public_id == public_id))
    if actor.key is None or head_id is None:
        return
    for proposal_id in family_ids(session, head_id):
        follow = _of_device(session, actor, proposal_id)
        if follow is None or follow.ended is not None:
            continue
        follow.ended = now
        session.flush()
        record(session, actor, "unfollowed", now=now, proposal_id=proposal_id)


def followed(session: Session, actor: Actor) -> list[str]:
    """Return the public ids of what is on this device's list, the latest first.

    Of what was joined with another, that one.
    """
    if actor.key is None:
        return []
    return list(
        session.scalars(
            select(HEAD.public_id)
            .join(Proposal, HEAD.id == HEAD_ID)
            .join(Follow, Follow.proposal_id == Proposal.id)
            .where(Follow.device_key == actor.key, Follow.ended.is_(None))
            .group_by(HEAD.public_id)
            .order_by(func.max(Follow.id).desc())
        )
    )


def follow_by_post(
    session: Session,
    actor: Actor,
    sealer: Sealer | None,
    public_id: str,
    contact_text: str,
    *,
    consent: bool,
    language: str,
    base: str = "",
    now: datetime,
) -> None:
    """Ask the owner of an address whether to write about a proposal; nothing more before a yes.

    It tells nobody whether the address follows already. ``base`` is the address of this server as
    the request had it, for links where the operator has set none.

    Raises ``NotAllowedError``, ``NotFoundError`` as ``follow_here``; ``NoKeyError``;
    ``BadContactError``; ``TooOftenError`` after ``MOST_REQUESTS`` unanswered requests to this
    address, when the contact alone is kept.
    """
    proposal = _followable(session, actor, public_id, now)
    contact_id = contacts.keep(session, sealer, contact_text, consent=consent, now=now)
    mine = (Follow.proposal_id == proposal.id) & (Follow.contact_id == contact_id)
    follow = session.scalar(select(Follow).where(mine))
    if follow is not None and _is_asked(follow, now):
        return
    _check_rate(session, contact_id, now)
    key_end = "" if follow is None else f":{now.isoformat()}"
    follow = _begin(session, follow, proposal.id, contact_id, language, now)
    record(session, actor, "follow_requested", now=now, proposal_id=proposal.id)
    outbox.enqueue(
        session,
        key=f"confirm:{follow.id}{key_end}",
        contact_id=contact_id,
        template=Template.CONFIRM,
        params=_params(follow, proposal, base),
        language=follow.language,
        now=now,
    )


def follow_by_token(session: Session, token: str) -> FollowView:
    """Return what the holder of a letter's link may see. Raises ``NotFoundError``."""
    follow, proposal = _by_token(session, token)
    shown = head_of(session, proposal)
    return FollowView(
        public_id=shown.public_id,
        published=shown.status == Status.PUBLISHED,
        language=follow.language,
        confirmed=follow.confirmed is not None,
        ended=follow.ended is not None,
    )


def confirm(session: Session, token: str, *, base: str = "", now: datetime) -> None:
    """Say yes, as the owner of the address; a second time it changes nothing.

    The author then gets the receipt by post, too. Raises ``NotFoundError``; ``WrongStateError``
    for a follow that was ended.
    """
    follow, proposal = _by_token(session, token)
    if follow.ended is not None:
        raise WrongStateError(status="ended", wanted="confirmed")
    if follow.confirmed is not None:
        return
    follow.confirmed = now
    session.flush()
    record(session, _ANYONE, "follow_confirmed", now=now, proposal_id=proposal.id)
    if proposal.receipt is not None and follow.contact_id == proposal.contact_id:
        outbox.enqueue(
            session,
            key=f"receipt:{follow.id}",
            contact_id=follow.contact_id or 0,
            template=Template.RECEIPT,
            params=_params(follow, proposal, base) | {"code": proposal.receipt},
            language=follow.language,
            now=now,
        )


def end(session: Session, token: str, *, now: datetime) -> None:
    """Want no more letters; what still waits is not sent. Raises ``NotFoundError``."""
    follow, proposal = _by_token(session, token)
    if follow.ended is not None:
        return
    follow.ended = now
    session.flush()
    record(session, _ANYONE, "follow_ended", now=now, proposal_id=proposal.id)


def end_all(session: Session, token: str, *, now: datetime) -> None:
    """Want no letters at all to the address of this token. Raises ``NotFoundError``."""
    follow, _proposal = _by_token(session, token)
    theirs = select(Follow).where(Follow.contact_id == follow.contact_id, Follow.ended.is_(None))
    for other in session.scalars(theirs.order_by(Follow.id)).all():
        other.ended = now
        record(session, _ANYONE, "follow_ended", now=now, proposal_id=other.proposal_id)
    session.flush()


def _followable(session: Session, actor: Actor, public_id: str, now: datetime) -> Proposal:
    if actor.key is None:
        raise NotAllowedError(action="follow")
    proposal = session.scalar(
        select(Proposal)
        .where(Proposal.public_id == public_id)
        .execution_options(populate_existing=True)
    )
    if proposal is None:
        raise NotFoundError(kind="proposal", public_id=public_id)
    if proposal.published_at is not None and not is_author(actor, proposal):
        proposal = head_of(session, proposal)
    wrote_it_down = proposal.entered_by == actor.key and may_for(
        session, actor, Act.ASSIST, proposal
    )
    if not (may_follow(actor, proposal) or wrote_it_down):
        raise NotFoundError(kind="proposal", public_id=public_id)
    check_now(session, proposal, Act.FOLLOW, now)
    return proposal


def _of_device(session: Session, actor: Actor, proposal_id: int) -> Follow | None:
    return session.scalar(
        select(Follow).where(Follow.proposal_id == proposal_id, Follow.device_key == actor.key)
    )


def _new(proposal_id: int, language: str, now: datetime, **values: Any) -> Follow:
    return Follow(
        proposal_id=proposal_id,
        token=secrets.token_urlsafe(32),
        language=_known(language),
        created=now,
        **values,
    )


def _begin(
    session: Session,
    follow: Follow | None,
    proposal_id: int,
    contact_id: int,
    language: str,
    now: datetime,
) -> Follow:
    """Return a follow that waits for a yes; an old one keeps its token, so its links still work."""
    if follow is None:
        follow = _new(proposal_id, language, now, contact_id=contact_id)
        session.add(follow)
    follow.created, follow.confirmed, follow.ended = now, None, None
    follow.language = _known(language)
    session.flush()
    return follow


def _is_asked(follow: Follow, now: datetime) -> bool:
    """Tell whether its owner has said yes, or was asked a short while ago."""
    recently = now - REQUESTS_PERIOD < follow.created <= now
    return follow.ended is None and (follow.confirmed is not None or recently)


def _known(language: str) -> str:
    return language if language in LANGUAGES else DEFAULT


def _by_token(session: Session, token: str) -> tuple[Follow, Proposal]:
    """Return a follow by post and its proposal; a device's own follow has no letters."""
    row = session.execute(
        select(Follow, Proposal)
        .join(Proposal, Proposal.id == Follow.proposal_id)
        .where(Follow.token == token, Follow.contact_id.is_not(None))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFoundError(kind="follow")
    return row[0], row[1]


def _check_rate(session: Session, contact_id: int, now: datetime) -> None:
    """Refuse a further request to an address that left several without an answer.

    Messages are found by their state and by when they were due, which is never before ``created``.
    """
    since = now - REQUESTS_PERIOD
    unanswered, oldest = session.execute(
        select(func.count(), func.min(Message.created))
        .select_from(Message)
        .join(Follow, Follow.token == Message.params["follow"].as_string())
        .where(
            Message.state.in_([str(state) for state in MessageState]),
            Message.due > since,
            Message.created > since,
            Message.created <= now,
            Message.contact_id == contact_id,
            Message.template == str(Template.CONFIRM),
            Follow.confirmed.is_(None),
        )
    ).one()
    if unanswered >= MOST_REQUESTS:
        raise TooOftenError(wait_s=int((oldest + REQUESTS_PERIOD - now).total_seconds()) + 1)
