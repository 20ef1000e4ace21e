"""Views of a campaign that somebody gave a name; the address itself says all that is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.models import SavedView
from core.errors import InvalidError, NotAllowedError, NotFoundError
from core.text import clean_text
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere, may_somewhere
from people.audit.record import record

MOST_NAME, MOST_QUERY, MOST_VIEWS = 80, 4_000, 200


@dataclass(frozen=True)
class ViewNamed:
    """A saved view; ``query`` is what follows the question mark; ``changeable`` by who reads it."""

    id: int
    name: str
    query: str
    by: str
    created: datetime
    changeable: bool


def save_view(
    session: Session, actor: Actor, campaign_id: int, *, name: str, query: str, now: datetime
) -> int:
    """Save a view under a name, for all at the desk; return its id.

    Raises ``NotAllowedError``; ``InvalidError`` for an address too long or a campaign with too
    many; ``EmptyTextError``, ``LongTextError``.
    """
    _check(actor)
    if len(query) > MOST_QUERY:
        raise InvalidError(field="query")
    if len(saved_views(session, actor, campaign_id)) >= MOST_VIEWS:
        raise InvalidError(field="name", reason="too many")
    row = SavedView(
        campaign_id=campaign_id,
        name=clean_text(name, most=MOST_NAME),
        query=query,
        account_id=actor.account_id,
        by=actor.name,
        created=now,
    )
    session.add(row)
    session.flush()
    details = {"view": row.id, "name": row.name}
    record(session, actor, "view_saved", now=now, campaign_id=campaign_id, details=details)
    return row.id


def saved_views(session: Session, actor: Actor, campaign_id: int) -> list[ViewNamed]:
    """Return the saved views of a campaign, by name. Empty for who has no desk."""
    if not may_somewhere(actor, Act.SEE_DESK):
        return []
    rows = session.scalars(
        select(SavedView)
        .where(SavedView.campaign_id == campaign_id, SavedView.removed.is_(None))
        .order_by(SavedView.name, SavedView.id)
    )
    return [
        ViewNamed(
            row.id, row.name, row.query, row.by, row.created, changeable(actor, row.account_id)
        )
        for row in rows
    ]


def rename_view(session: Session, actor: Actor, view_id: int, *, name: str, now: datetime) -> None:
    """Give a saved view another name: one's own, or any for who makes campaigns.

    Raises ``NotAllowedError``, ``NotFoundError``, ``EmptyTextError``, ``LongTextError``.
    """
    row = _own(session, actor, view_id, action="rename_view")
    before, row.name = row.name, clean_text(name, most=MOST_NAME)
    session.flush()
    details = {"view": row.id, "name": row.name, "before": before}
    record(session, actor, "view_renamed", now=now, campaign_id=row.campaign_id, details=details)


def remove_view(session: Session, actor: Actor, view_id: int, *, now: datetime) -> None:
    """Remove a saved view: one's own, or any for who makes campaigns.

    Raises ``NotAllowedError``, ``NotFoundError``.
    """
    row = _own(session, actor, view_id, action="remove_view")
    row.removed = now
    session.flush()
    details = {"view": row.id, "name": row.name}
    record(session, actor, "view_removed", now=now, campaign_id=row.campaign_id, details=details)


def _check(actor: Actor) -> None:
    check_may_somewhere(actor, Act.SEE_DESK, action="save_view")


def _own(session: Session, actor: Actor, view_id: int, *, action: str) -> SavedView:
    _check(actor)
    row = session.get(SavedView, view_id, populate_existing=True)
    if row is None or row.removed is not None:
        raise NotFoundError(kind="view", id=view_id)
    if not changeable(actor, row.account_id):
        raise NotAllowedError(action=action)
    return row


def changeable(actor: Actor, account_id: int | None) -> bool:
    """Tell whether somebody may change what an account kept: their own; any who make campaigns."""
    own = account_id is not None and account_id == actor.account_id
    return own or may_somewhere(actor, Act.MAKE_CAMPAIGN)
