"""The audit trail as a file: CSV for spreadsheets, JSON Lines for programs, written as it is read.

Each entry names the seal that covers it, with its digest (``people/audit/hash_chain.py``).
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from core.database import Database
from geo.writing.csv_writer import csv_lines, csv_text
from people.audit.hash_chain import canonical, newest_seal
from people.audit.models import AuditEntry, AuditSeal
from people.audit.query import AuditEntryView, AuditFilter, Reading, chosen, entries_of, matching

READ_AT_ONCE = 2_000


@dataclass(frozen=True)
class Export:
    """The whole of what is looked for, up to an entry; with the newest seal's digest then."""

    reading: Reading
    asked: AuditFilter
    last_id: int
    seal: int | None
    digest: str


def begin_export(session: Session, reading: Reading, asked: AuditFilter) -> Export:
    """Fix what an export will hold, so that what happens meanwhile does not get into it."""
    last_id = session.scalar(select(func.max(AuditEntry.id))) or 0
    newest = newest_seal(session)
    number, digest = (newest.number, newest.digest) if newest else (None, "")
    return Export(reading, asked, last_id, number, digest)


@dataclass(frozen=True)
class Sealed:
    """An exported entry with the seal over it: None and "" where it was not sealed yet."""

    entry: AuditEntryView
    seal: int | None
    digest: str


def exported(database: Database, export: Export) -> Iterator[Sealed]:
    """Give the entries of an export, oldest first, reading a piece at a time."""
    with database.reading() as session:
        after = (session.scalar(select(func.min(AuditEntry.id))) or 1) - 1
    while after < export.last_id:
        with database.reading() as session:
            until = min(after + READ_AT_ONCE, export.last_id)
            wanted = chosen(export.reading, export.asked).where(
                AuditEntry.id > after, AuditEntry.id <= until
            )
            rows = matching(session, wanted.order_by(AuditEntry.id), export.asked, READ_AT_ONCE)
            entries = entries_of(session, export.reading, rows)
            seals = _seals(session, after, until, export.seal or 0)
        yield from _with_seals(entries, seals)
        after = until


COLUMNS = (
    "id",
    "at",
    "who",
    "name",
    "login",
    "action",
    "campaign",
    "proposal",
    "from",
    "to",
    "why",
    "details",
    "seal",
    "digest",
)


def csv_of(
    sealed: Iterable[Sealed], said: Callable[[AuditEntryView], str] | None = None
) -> Iterator[str]:
    """Write entries as CSV with a byte order mark, in pieces; no cell can become a formula.

    ``said``: an entry in words, for one more column.
    """
    yield csv_text([*COLUMNS, *(["said"] if said else [])], [])
    for one in sealed:
        yield csv_lines([[*_record(one).values(), *([said(one.entry)] if said else [])]])


def json_lines_of(export: Export, sealed: Iterable[Sealed]) -> Iterator[str]:
    """Write entries as JSON Lines: what this is, a line for each entry, how many there were."""
    head = {"last_id": export.last_id, "seal": export.seal, "digest": export.digest}
    yield canonical({"trail": head}) + "\n"
    count = 0
    for one in sealed:
        yield json.dumps(_record(one), ensure_ascii=False) + "\n"
        count += 1
    yield canonical({"end": {"entries": count, "digest": export.digest}}) + "\n"


def _record(one: Sealed) -> dict[str, Any]:
    entry = one.entry
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "who": str(entry.kind),
        "name": entry.name,
        "login": entry.login,
        "action": entry.action,
        "campaign": entry.campaign,
        "proposal": entry.proposal,
        "from": entry.before,
        "to": entry.after,
        "why": entry.why,
        "details": entry.details,
        "seal": one.seal,
        "digest": one.digest,
    }


def _seals(session: Session, after: int, until: int, newest: int) -> list[Row[Any]]:
    """Return the seals over these ids, as far as they were made when the export began."""
    over = select(AuditSeal.id, AuditSeal.last_id, AuditSeal.digest).where(
        AuditSeal.last_id > after, AuditSeal.first_id <= until, AuditSeal.id <= newest
    )
    return list(session.execute(over.order_by(AuditSeal.id)))


def _with_seals(entries: list[AuditEntryView], seals: list[Row[Any]]) -> Iterator[Sealed]:
    ends = [seal.last_id for seal in seals]
    for entry in entries:
        place = bisect_left(ends, entry.id)
        found = seals[place] if place < len(seals) else None
        yield Sealed(entry, found.id, found.digest) if found else Sealed(entry, None, "")
