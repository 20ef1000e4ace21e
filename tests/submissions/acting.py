"""Short ways to do in tests what residents and staff do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from core.database import Database
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor, Role, everywhere
from people.audit.models import AuditEntry
from submissions.participation.filing import Receipt, file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW

AUTHOR, NEIGHBOUR, NOBODY = Actor("author"), Actor("neighbour"), Actor()
MODERATOR = Actor("desk", everywhere(Role.SOCIAL_WORKER))
DRAFT = DraftProposal("token", 116.31, 40.03, "bike_parking", "地铁口停不下车", "lives")


def file(
    database: Database,
    campaign: CampaignView,
    actor: Actor = AUTHOR,
    now: datetime = NOW,
    **changes: Any,
) -> Receipt:
    """File a proposal under a token of its own."""
    draft = replace(DRAFT, **({"client_token": uuid4().hex} | changes))
    return act(database, file_proposal, actor, campaign.id, draft, now=now)


def act(database: Database, action: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Run one action in a transaction, now unless said otherwise."""
    return database.write(lambda session: action(session, *given, **({"now": NOW} | named)))


def moderate(database: Database, public_id: str, status: str, now: datetime = NOW) -> None:
    """Take a proposal to a state."""
    act(database, change_status, OPERATOR, public_id, status, reason="测试", now=now)


def trail(database: Database, *actions: str) -> list[AuditEntry]:
    """Return the audit entries of these actions in their order."""
    with database.reading() as session:
        rows = select(AuditEntry).where(AuditEntry.action.in_(actions)).order_by(AuditEntry.id)
        return list(session.scalars(rows))
