"""Saying that a proposal has a theme, or has it not: in force at once, learned from later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from analysis.models import ProposalTheme, ThemeLabel
from analysis.themes.taxonomy import Taxonomy
from analysis.themes.theme_index import note_change, text_digest
from analysis.themes.theme_reader import Way
from core.errors import InvalidError, NotAllowedError, NotFoundError
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from people.audit.record import record
from submissions.proposals.jurisdiction import may_for, sees
from submissions.proposals.models import Proposal


def correct_theme(
    session: Session,
    actor: Actor,
    taxonomy: Taxonomy,
    public_id: str,
    theme: str,
    *,
    present: bool,
    now: datetime,
) -> None:
    """Say of the present text of a proposal whether it has a theme.

    Raises ``NotAllowedError`` for whoever does not review there, ``NotFoundError``,
    ``InvalidError`` for a theme that there is not.
    """
    check_may_somewhere(actor, Act.ASSIST, action="correct_theme")
    if theme not in taxonomy.by_code:
        raise InvalidError(field="theme")
    found = select(Proposal).where(Proposal.public_id == public_id)
    proposal = session.scalars(found, execution_options={"populate_existing": True}).one_or_none()
    if proposal is None or not sees(session, actor, proposal):
        raise NotFoundError(kind="proposal", id=public_id)
    if not may_for(session, actor, Act.ASSIST, proposal):
        raise NotAllowedError(action="correct_theme")
    session.add(
        ThemeLabel(
            proposal_id=proposal.id,
            theme=theme,
            present=present,
            text_digest=text_digest(proposal.text),
            taxonomy_version=taxonomy.version,
            account_id=actor.account_id,
            by=actor.name,
            at=now,
        )
    )
    _put(session, proposal.id, theme, present=present)
    note_change(session)
    record(
        session,
        actor,
        "theme_corrected",
        now=now,
        campaign_id=proposal.campaign_id,
        proposal_id=proposal.id,
        details={"theme": theme, "present": present},
    )


def _put(session: Session, proposal_id: int, theme: str, *, present: bool) -> None:
    here = ProposalTheme.proposal_id == proposal_id, ProposalTheme.theme == theme
    session.execute(delete(ProposalTheme).where(*here))
    if present:
        row = {"proposal_id": proposal_id, "theme": theme, "confidence": 100}
        session.execute(insert(ProposalTheme).values(**row, way=str(Way.PERSON)))
