"""Declaring a published prize draw void: nothing is deleted, and everyone reads why.

A list that was published cannot be unpublished: it stays to be read, with its hash, the reason and
how far the draw was. A new list may follow. It has the hash of the void one among its own hashed
lines (``lots.REPLACES``), so that the row of lists has no gaps: nobody redraws unseen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import DrawError, DrawProblem, EmptyTextError, InvalidError
from core.language import DEFAULT
from core.text import clean_line
from notifications import outbox
from notifications.models import Message
from notifications.outbox import NewMessage
from people.access.actor import Actor
from people.audit.record import record
from submissions.campaigns.models import Campaign
from submissions.prize_draws.draw_prizes import drawing_campaign, prize_key, prize_told
from submissions.prize_draws.draw_views import row_in_force, stage_of, view_of
from submissions.prize_draws.models import DrawEntry, PrizeDraw
from submissions.proposals.tell_followers import PRIZE_TOLD, Template

MOST_REASON = 500


def void_draw(
    session: Session,
    actor: Actor,
    slug: str,
    *,
    digest: str,
    reason: str,
    knowing: bool = False,
    base: str = "",
    now: datetime,
) -> None:
    """Declare the draw in force void. ``digest`` is the hash of the list that is meant.

    ``knowing``: whoever does it has read what follows once the seed's source is public, as from
    then on the office may have known who would win. After prizes were drawn, nobody has won any
    more, and winners who were written to are written to again.

    Raises ``NotAllowedError``; ``NotFoundError``; ``InvalidError`` (``reason``); ``LongTextError``
    for a long one; ``DrawError``: ``not_committed``, ``another`` (list than the one meant),
    ``unsure``.
    """
    campaign = drawing_campaign(session, actor, slug, now)
    row = row_in_force(session, campaign.id)
    if row is None:
        raise DrawError(problem=DrawProblem.NOT_COMMITTED)
    if digest != row.digest:
        raise DrawError(problem=DrawProblem.ANOTHER)
    said = _said(reason)
    stage = stage_of(view_of(session, row, 0), now)
    if stage != "published" and not knowing:
        raise DrawError(problem=DrawProblem.UNSURE)
    row.voided_at, row.void_reason = now, said
    session.flush()
    told = _tell(session, campaign, row, base, now)
    details = {"digest": row.digest, "reason": said, "stage": stage, "letters": told}
    record(session, actor, "draw_voided", now=now, campaign_id=campaign.id, details=details)


def _said(reason: str) -> str:
    try:
        return clean_line(reason, most=MOST_REASON)
    except EmptyTextError:
        raise InvalidError(field="reason", reason="missing") from None


def _tell(session: Session, campaign: Campaign, row: PrizeDraw, base: str, now: datetime) -> int:
    """Write to those winners whom a letter has reached, or may have; return how many.

    Letters that wait yet are wanted no more (``follows.still_wanted``).
    """
    won = select(DrawEntry).where(DrawEntry.draw_id == row.id, DrawEntry.rank.is_not(None))
    winners = {prize_key(row, entry): entry for entry in session.scalars(won)}
    written = select(Message.key).where(
        Message.template == str(Template.PRIZE),
        Message.key.startswith(f"prize:{row.id}:", autoescape=True),
        Message.state.in_(PRIZE_TOLD),
    )
    reached = [winners[key] for key in session.scalars(written) if key in winners]
    told: dict[str, Any] = prize_told(campaign, row, base) | {"reason": row.void_reason}
    letters = [
        NewMessage(
            key=f"void:{row.id}:{entry.name}",
            contact_id=entry.contact_id,
            template=Template.PRIZE_VOID,
            params=told | {"entry": entry.name},
            language=entry.language or DEFAULT,
        )
        for entry in reached
        if entry.contact_id is not None
    ]
    outbox.enqueue_all(session, letters, now=now)
    return len(letters)
