"""The themes of all proposals, kept in the database so that a filter on them is SQL.

A background round follows the audit trail, as the index of words does; with a new reader it begins
anew, in parts, while what was read before stays. What a person said of the present text of a
proposal stands above what is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from analysis.models import ProposalTheme, ThemeIndex, ThemeLabel
from analysis.themes.theme_reader import Reading, ThemeReader, Way
from core.batches import in_parts
from core.database import Database
from people.audit.models import AuditEntry
from submissions.participation.filing import FILED
from submissions.proposals.models import Proposal

AT_ONCE = 2_000
_CORRECTED = "theme_corrected"

#: Theme to confidence in percent and way.
Themes = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class ReadingState:
    """How far themes are read: up to which proposal, and by which model; ``changes`` only grows."""

    model_id: int | None
    proposal_id: int
    read_to: int
    changes: int


def reading_state(session: Session) -> ReadingState:
    """Return how far themes are read."""
    row = session.execute(
        select(ThemeIndex.model_id, ThemeIndex.proposal_id, ThemeIndex.read_to, ThemeIndex.changes)
    ).one_or_none()
    return ReadingState(None, 0, 0, 0) if row is None else ReadingState(*row)


def themes_revision(session: Session) -> int:
    """Return a number that grows with every change of the themes of any proposal."""
    return session.scalar(select(ThemeIndex.changes)) or 0


def text_digest(text: str) -> str:
    """Return by what a text is known again."""
    return sha256(text.encode()).hexdigest()


def catch_up(database: Database, reader: ThemeReader, model_id: int, *, most: int = 20_000) -> int:
    """Read what was filed or changed since the last round; return how many are left.

    ``most`` at once: for a large import call it until nothing is left.
    """
    left, done = behind(database, model_id), 0
    while left and done < most:
        done += database.write(lambda session: _read_some(session, reader, model_id))
        left = behind(database, model_id)
    return left


def behind(database: Database, model_id: int) -> int:
    """Return how many proposals and changes a model has not read yet."""
    with database.reading() as session:
        row = session.execute(
            select(ThemeIndex.model_id, ThemeIndex.proposal_id, ThemeIndex.audit_id)
        ).one_or_none()
        model, last, seen = (None, 0, 0) if row is None else row
        last = last if model == model_id else 0
        new = session.scalar(select(func.count()).where(Proposal.id > last)) or 0
        return new + (session.scalar(_entries(seen).with_only_columns(func.count())) or 0)


def _entries(seen: int) -> Any:
    return select(AuditEntry.id, AuditEntry.proposal_id).where(
        AuditEntry.id > seen,
        AuditEntry.proposal_id.is_not(None),
        AuditEntry.action.not_in((FILED, _CORRECTED)),
    )


def _read_some(session: Session, reader: ThemeReader, model_id: int) -> int:
    """Read the next proposals, or else those changed; return how many were looked at."""
    index = _index(session)
    if index.model_id != model_id:
        index.model_id, index.proposal_id = model_id, 0
    texts = select(Proposal.id, Proposal.text).order_by(Proposal.id)
    new = session.execute(texts.where(Proposal.id > index.proposal_id).limit(AT_ONCE)).all()
    if new:
        changed = store_themes(session, reader, {row.id: row.text for row in new})
        index.proposal_id = new[-1].id
        index.read_to = max(index.read_to, index.proposal_id)
        index.changes += max(changed, 1)
        return len(new)
    entries = session.execute(_entries(index.audit_id).order_by(AuditEntry.id).limit(AT_ONCE)).all()
    if not entries:
        return 1
    ids = sorted({entry.proposal_id for entry in entries})
    rows = session.execute(texts.where(Proposal.id.in_(ids))).all()
    index.changes += store_themes(session, reader, {row.id: row.text for row in rows})
    index.audit_id = entries[-1].id
    return len(entries)


def store_themes(session: Session, reader: ThemeReader, texts: Mapping[int, str]) -> int:
    """Store the themes of proposals by id, as read and as corrected; return how many changed."""
    wanted = _wanted(session, reader, texts)
    stored = _stored(session, list(texts))
    differ = [number for number in texts if wanted[number] != stored.get(number, {})]
    for part in in_parts(differ):
        session.execute(delete(ProposalTheme).where(ProposalTheme.proposal_id.in_(part)))
    rows = [
        {"proposal_id": number, "theme": theme, "confidence": sure, "way": way}
        for number in differ
        for theme, (sure, way) in wanted[number].items()
    ]
    if rows:
        session.execute(insert(ProposalTheme), rows)
    return len(differ)


def _wanted(session: Session, reader: ThemeReader, texts: Mapping[int, str]) -> dict[int, Themes]:
    read = reader.read(list(texts.values()))
    wanted = {number: as_themes(readings) for number, readings in zip(texts, read, strict=True)}
    digests = {number: text_digest(text) for number, text in texts.items()}
    for number, theme, present in labels_in_force(session, digests):
        if present:
            wanted[number][theme] = (100, str(Way.PERSON))
        else:
            wanted[number].pop(theme, None)
    return wanted


def as_themes(readings: Sequence[Reading]) -> Themes:
    """Return readings as they are stored."""
    return {one.theme: (round(one.confidence * 100), str(one.way)) for one in readings}


def labels_in_force(session: Session, digests: Mapping[int, str]) -> list[tuple[int, str, bool]]:
    """Return what people said of these texts, by the id and digest of each: the latest of a theme.

    What was said of an earlier text of a proposal is left out.
    """
    latest: dict[tuple[int, str], bool] = {}
    for part in in_parts(list(digests)):
        rows = session.execute(
            select(
                ThemeLabel.proposal_id, ThemeLabel.theme, ThemeLabel.present, ThemeLabel.text_digest
            )
            .where(ThemeLabel.proposal_id.in_(part))
            .order_by(ThemeLabel.id)
        )
        for number, theme, present, digest in rows:
            if digests[number] == digest:
                latest[number, theme] = present
    return [(number, theme, present) for (number, theme), present in latest.items()]


def _stored(session: Session, ids: Sequence[int]) -> dict[int, Themes]:
    found: dict[int, Themes] = {}
    for part in in_parts(list(ids)):
        rows = session.execute(
            select(
                ProposalTheme.proposal_id,
                ProposalTheme.theme,
                ProposalTheme.confidence,
                ProposalTheme.way,
            ).where(ProposalTheme.proposal_id.in_(part))
        )
        for number, theme, sure, way in rows:
            found.setdefault(number, {})[theme] = (sure, way)
    return found


def themes_of(session: Session, ids: Sequence[int]) -> dict[int, Themes]:
    """Return the themes of proposals by internal id; those that have none are left out."""
    return _stored(session, ids)


def note_change(session: Session) -> None:
    """Count a change of themes, so that what was worked out from them is worked out anew."""
    _index(session).changes += 1


def _index(session: Session) -> ThemeIndex:
    """Return the one row, for a change: whoever changes it next waits."""
    row = session.scalars(
        select(ThemeIndex).with_for_update(), execution_options={"populate_existing": True}
    ).one_or_none()
    if row is None:
        row = ThemeIndex(id=1, proposal_id=0, read_to=0, audit_id=0, changes=0)
        session.add(row)
        session.flush()
    return row
