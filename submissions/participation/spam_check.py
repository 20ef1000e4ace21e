"""What makes a filing doubtful. It is taken all the same, and held for a person to look at."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, distinct, exists, func, or_, select
from sqlalchemy.orm import Session

from core.folded_text import GAP, folded
from core.text import as_address
from people.access.actor import Actor
from people.access.permissions import Act, may_somewhere
from submissions.proposals.models import Proposal
from submissions.proposals.states import HeldReason, Status

LEAST_CHARACTERS = 8
MOST_LINKS = 2
SAME_DEVICE = timedelta(days=30)
MANY_DEVICES = timedelta(hours=24)
MANY = 3
#: How many of the latest filings of one text are looked at for their devices.
_LATEST = 200
_LINK = re.compile(r"https?://(?:www\.)?|(?<![\w./-])www\.", re.IGNORECASE)


def text_digest(text: str) -> str | None:
    """Return the hex SHA-256 of a text's letters and digits; None for fewer than 8 of them.

    Width, case, spaces, punctuation and symbols do not matter.
    """
    kept = folded(text).replace(GAP, "")
    if len(kept) < LEAST_CHARACTERS:
        return None
    return sha256(kept.encode()).hexdigest()


def count_links(text: str) -> int:
    """Return how many web addresses a text has."""
    return len(_LINK.findall(as_address(text)))


def doubt_of(
    session: Session,
    draft_text: str,
    actor: Actor,
    *,
    honey: str,
    proven: bool | None,
    now: datetime,
) -> HeldReason | None:
    """Return why to hold a filing, or None.

    ``honey`` is the field that no person sees. ``proven`` is None when no proof of work was
    needed, else whether it was right. Repeated is what this device filed before within 30 days, at
    any place, unless it took that back; or what 3 devices filed within 24 hours. Staff who write
    down what others say (``Act.ASSIST``) are not doubted: many slips say the same.
    """
    if may_somewhere(actor, Act.ASSIST):
        return None
    if honey.strip() or proven is False or count_links(draft_text) > MOST_LINKS:
        return HeldReason.MACHINE
    digest = text_digest(draft_text)
    if digest is not None and session.scalar(
        repeated_statement(by_device=actor.key is not None), _asked(digest, actor.key, now)
    ):
        return HeldReason.REPEATED
    return None


@cache
def repeated_statement(*, by_device: bool) -> Select[bool]:
    """Return the one statement that tells whether a text is filed too often.

    Put together once, as that costs more than asking it.
    """
    latest = (
        select(Proposal.author_key)
        .where(_filed_since("recent"))
        .order_by(Proposal.created.desc())
        .limit(_LATEST)
        .subquery()
    )
    devices = select(func.count(distinct(latest.c.author_key))).scalar_subquery()
    own = exists().where(_filed_since("longer"), Proposal.author_key == bindparam("author_key"))
    return select(or_(devices >= MANY, own) if by_device else devices >= MANY)


def _asked(digest: str, author_key: str | None, now: datetime) -> dict[str, Any]:
    spans = {"recent": now - MANY_DEVICES, "longer": now - SAME_DEVICE}
    return {"digest": digest, **spans, "author_key": author_key}


def _filed_since(moment: str) -> ColumnElement[bool]:
    return and_(
        Proposal.text_digest == bindparam("digest"),
        Proposal.receipt.is_not(None),  # the index holds only what was filed
        Proposal.created > bindparam(moment, type_=Proposal.created.type),
        Proposal.status != str(Status.WITHDRAWN),
    )
