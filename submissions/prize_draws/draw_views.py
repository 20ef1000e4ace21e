"""What everyone may know of a campaign's prize draws, and what an author has in them.

A campaign has one draw in force at most. Before it there may be others that were declared void:
they are shown for ever, numbered from 1 in the order in which their lists were published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from submissions.prize_draws import lottery
from submissions.prize_draws.models import DrawEntry, DrawProposal, PrizeDraw
from submissions.proposals.models import Proposal


@dataclass(frozen=True)
class DrawView:
    """A draw as everyone may know it. ``drawn``: the entries that won, the first first.

    ``people`` have an entry each; ``entries`` are the names of all, or of the first asked for.
    ``voided_at`` and ``reason`` are set once it was declared void: nobody has won by it then.
    """

    id: int
    number: int
    rules: dict[str, Any]
    excluded: dict[str, int]
    proposals: int
    digest: str
    committed_at: datetime
    seed: str | None
    drawn_at: datetime | None
    voided_at: datetime | None
    reason: str
    people: int
    entries: tuple[str, ...]
    drawn: tuple[str, ...]

    @property
    def known_from(self) -> datetime:
        """From when the seed's source is public."""
        return datetime.fromisoformat(self.rules["known_from"])

    @property
    def stage(self) -> str:
        """Where it stands, or stood when it was declared void; see ``stage_of``."""
        return stage_of(self, self.voided_at) if self.voided_at else ""

    @property
    def text(self) -> str:
        """The list as it was published."""
        return lottery.list_text(self.rules, self.entries)

    @property
    def record(self) -> dict[str, Any]:
        """All of it, to be checked by a program; see ``lots.verify``."""
        return {
            "method": lottery.method_of(self.rules),
            **{name: self.rules[name] for name in lottery.lines_of(self.rules)},
            "digest": self.digest,
            "committed_at": self.committed_at.isoformat(),
            "excluded_proposals": self.excluded,
            "proposals_with_an_entry": self.proposals,
            "seed": self.seed,
            "drawn_at": self.drawn_at and self.drawn_at.isoformat(),
            "drawn": list(self.drawn),
            "void": self.voided_at
            and {"at": self.voided_at.isoformat(), "stage": self.stage, "reason": self.reason},
            "entries": list(self.entries),
        }


@dataclass(frozen=True)
class OwnEntry:
    """What a proposal's author has in the draw: an entry, or the reason for none; the rank won.

    ``void`` is why the draw was declared void; None while it is in force.
    """

    entry: str | None
    reason: str | None
    rank: int | None
    is_drawn: bool
    void: str | None


def stage_of(draw: DrawView, now: datetime) -> str:
    """Return how far a draw is at a moment, which tells what voiding it then means.

    ``published``: nobody can know who would win; ``known``: the seed's source is public, so that
    whoever has the list can compute it; ``drawn``.
    """
    if draw.drawn_at is not None and draw.drawn_at <= now:
        return "drawn"
    return "known" if draw.known_from <= now else "published"


def draw_of(session: Session, campaign_id: int, *, most: int | None = None) -> DrawView | None:
    """Return the draw in force of a campaign as everyone may know it; None where there is none.

    With at most so many of its entries; what is computed from them needs all.
    """
    row = row_in_force(session, campaign_id)
    return None if row is None else view_of(session, row, most)


def draw_numbered(session: Session, campaign_id: int, number: int) -> DrawView | None:
    """Return a campaign's draw by its number, void or not; None where there is none."""
    row = session.scalar(_draws(campaign_id).limit(1).offset(number - 1))
    return None if row is None else view_of(session, row)


def latest_draw(session: Session, campaign_id: int) -> DrawView | None:
    """Return the draw in force, or the latest that was declared void; None before the first."""
    row = session.scalar(_draws(campaign_id).order_by(None).order_by(PrizeDraw.id.desc()).limit(1))
    return None if row is None else view_of(session, row)


def void_draws(session: Session, campaign_id: int) -> list[DrawView]:
    """Return the draws of a campaign that were declared void, without their entries."""
    rows = session.scalars(_draws(campaign_id).where(PrizeDraw.voided_at.is_not(None)))
    return [view_of(session, row, 0) for row in rows.all()]


def entry_of(session: Session, public_id: str) -> OwnEntry | None:
    """Return what the author of a proposal has in its campaign's latest draw; None without one.

    For the author alone: whoever holds the receipt.
    """
    found = session.execute(
        select(DrawProposal.entry, DrawProposal.reason, DrawEntry.rank)
        .add_columns(PrizeDraw.drawn_at, PrizeDraw.voided_at, PrizeDraw.void_reason)
        .join(Proposal, Proposal.id == DrawProposal.proposal_id)
        .join(PrizeDraw, PrizeDraw.id == DrawProposal.draw_id)
        .outerjoin(
            DrawEntry,
            (DrawEntry.draw_id == DrawProposal.draw_id) & (DrawEntry.name == DrawProposal.entry),
        )
        .where(Proposal.public_id == public_id)
        .order_by(PrizeDraw.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    void = found.void_reason if found.voided_at is not None else None
    return OwnEntry(found.entry, found.reason, found.rank, found.drawn_at is not None, void)


def row_in_force(session: Session, campaign_id: int) -> PrizeDraw | None:
    """Return the row of the draw in force of a campaign."""
    return session.scalar(
        _draws(campaign_id)
        .where(PrizeDraw.voided_at.is_(None))
        .execution_options(populate_existing=True)
    )


def view_of(session: Session, row: PrizeDraw, most: int | None = None) -> DrawView:
    """Return a draw with at most so many of its entries."""
    names = select(DrawEntry.name).where(DrawEntry.draw_id == row.id)
    entries = session.scalars(names.order_by(DrawEntry.name).limit(most)).all()
    won = session.scalars(names.where(DrawEntry.rank.is_not(None)).order_by(DrawEntry.rank)).all()
    return _view(row, _number(session, row), _shares(session, row), entries, won)


def _view(
    row: PrizeDraw, number: int, proposals: int, entries: Sequence[str], won: Sequence[str]
) -> DrawView:
    return DrawView(
        id=row.id,
        number=number,
        rules=row.rules,
        excluded=row.excluded,
        proposals=proposals,
        digest=row.digest,
        committed_at=row.committed_at,
        seed=row.seed,
        drawn_at=row.drawn_at,
        voided_at=row.voided_at,
        reason=row.void_reason or "",
        people=row.entries,
        entries=tuple(entries),
        drawn=tuple(won),
    )


def _draws(campaign_id: int) -> Any:
    return select(PrizeDraw).where(PrizeDraw.campaign_id == campaign_id).order_by(PrizeDraw.id)


def _number(session: Session, row: PrizeDraw) -> int:
    before = select(func.count()).where(
        PrizeDraw.campaign_id == row.campaign_id, PrizeDraw.id <= row.id
    )
    return session.scalar(before) or 0


def _shares(session: Session, row: PrizeDraw) -> int:
    shares = select(func.count()).where(
        DrawProposal.draw_id == row.id, DrawProposal.entry.is_not(None)
    )
    return session.scalar(shares) or 0
