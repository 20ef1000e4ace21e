"""Looking for words in the texts of proposals, by an index on both databases.

The pieces of ``analysis/bigrams.py`` are kept in an index of the database. Filing does not wait
for it: it follows the audit trail a little later, in a thread of its own. A search writes nothing:
it reads the texts that the index has not seen yet. The index may hold texts that are hidden by now:
whoever searches asks for the state, too.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, false, func, or_, select, text
from sqlalchemy.orm import Session

from analysis.text.bigrams import phrase, pieces, terms
from core.database import Database
from core.dialect import has_phrases, index_pieces
from core.folded_text import folded
from people.audit.models import AuditEntry
from submissions.participation.filing import FILED
from submissions.proposals.models import Proposal

_AT_ONCE = 2_000
#: So many texts and changes that the index has not seen are looked through by a search.
_MOST_UNSEEN = 20_000


def catch_up(database: Database, *, most: int = _MOST_UNSEEN) -> int:
    """Index what was filed or changed since the last time; return how many texts are left.

    ``most`` texts at once: for a large import call it until nothing is left.
    """
    left, done = _behind(database), 0
    while left and done < most:
        done += database.write(_index_some)
        left = _behind(database)
    return left


def says(session: Session, asked: str) -> ColumnElement[bool]:
    """Return the condition on ``Proposal`` that its text has all the words in ``asked``.

    Words are parted by spaces or punctuation; without any nothing is found.
    """
    wanted = terms(asked)
    if not any(wanted):
        return false()
    indexed = has_phrases(session, [phrase(term) for term in wanted])
    unseen = _unseen(session)
    if not unseen:
        return indexed
    found = [number for number, said in unseen.items() if _has(said, wanted)]
    return or_(and_(indexed, Proposal.id.not_in(_listed(unseen))), Proposal.id.in_(_listed(found)))


def _unseen(session: Session) -> dict[int, str]:
    """Return the texts that the index does not know, or not as they are now, by number.

    After a large import the newest of them, until the index has caught up.
    """
    last, seen = _marks(session)
    texts = select(Proposal.id, Proposal.text).order_by(Proposal.id.desc()).limit(_MOST_UNSEEN)
    entries = _entries(seen).order_by(AuditEntry.id.desc()).limit(_MOST_UNSEEN).subquery()
    changed = texts.where(Proposal.id.in_(select(entries.c.proposal_id)))
    rows = [*session.execute(texts.where(Proposal.id > last)), *session.execute(changed)]
    return {row.id: row.text for row in rows}


def _has(said: str, wanted: list[str]) -> bool:
    plain = folded(said)
    return all(term in plain for term in wanted)


def _listed(numbers: Collection[int]) -> Any:
    """Return our own numbers as they stand in the statement: no database takes so many values."""
    return bindparam(None, list(numbers), expanding=True, literal_execute=True, type_=Integer)


def _marks(session: Session) -> tuple[int, int]:
    row = session.execute(text("SELECT proposal_id, audit_id FROM text_index")).one()
    return int(row.proposal_id), int(row.audit_id)


def _behind(database: Database) -> int:
    """Return how many proposals and entries the index has not seen yet."""
    with database.reading() as session:
        last, seen = _marks(session)
        new = session.scalar(select(func.count()).where(Proposal.id > last)) or 0
        return new + (session.scalar(_entries(seen).with_only_columns(func.count())) or 0)


def _entries(seen: int) -> Any:
    return select(AuditEntry.id, AuditEntry.proposal_id).where(
        AuditEntry.id > seen, AuditEntry.proposal_id.is_not(None), AuditEntry.action != FILED
    )


def _index_some(session: Session) -> int:
    """Index the next new proposals, or else the next changed ones; return how many were seen."""
    last, seen = _marks(session)
    new = session.execute(
        select(Proposal.id, Proposal.text)
        .where(Proposal.id > last)
        .order_by(Proposal.id)
        .limit(_AT_ONCE)
    ).all()
    if new:
        index_pieces(session, {row.id: pieces(row.text) for row in new})
        _mark(session, proposal_id=new[-1].id, audit_id=seen)
        return len(new)
    entries = session.execute(_entries(seen).order_by(AuditEntry.id).limit(_AT_ONCE)).all()
    ids = sorted({entry.proposal_id for entry in entries})
    changed = session.execute(select(Proposal.id, Proposal.text).where(Proposal.id.in_(ids))).all()
    index_pieces(session, {row.id: pieces(row.text) for row in changed})
    _mark(session, proposal_id=last, audit_id=entries[-1].id if entries else seen)
    return len(entries)


def _mark(session: Session, **marks: int) -> None:
    statement = text("UPDATE text_index SET proposal_id = :proposal_id, audit_id = :audit_id")
    session.connection().execute(statement, marks)
