"""Seals over the audit trail: a chain of digests by which tampering is found out.

The database itself refuses to change an entry (migration 0004); whoever can switch that off is
found out here. A seal is made after the entries, so that filing does not wait. Its digest is

    SHA-256(previous digest LF canonical([first_id, last_id, entries, at]) LF {line LF for each})

as lower-case hex, the previous digest of the first seal being empty and a line being
``canonical([id, at, actor_key, account_id, action, campaign_id, proposal_id, details])``: JSON with
sorted keys, without spaces, in UTF-8, moments in UTC as ``2026-05-01T12:00:00.000000Z``. A seal
covers all ids after those of the seal before it, so that nothing can be slipped in between.

Against somebody who makes the whole chain anew there is one thing: a digest written down elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Table, func, insert, select
from sqlalchemy.orm import Session

from core.database import Database
from core.dialect import are_append_only
from people.audit.models import AuditEntry, AuditSeal

#: Ids that one seal covers at most, so that making one keeps the writer for a few milliseconds.
MOST_IDS = 500
MARK_BYTES = 4
_NOTHING = bytes(MARK_BYTES)
_LOWEST = -(2**63)
_ENTRY: Table = AuditEntry.__table__  # type: ignore[assignment]
_SEAL: Table = AuditSeal.__table__  # type: ignore[assignment]
#: The fields of an entry in the order of its line. A column that is added to the table later must
#: leave the lines of all earlier entries as they are.
FIELDS = (
    "id",
    "at",
    "actor_key",
    "account_id",
    "action",
    "campaign_id",
    "proposal_id",
    "details",
)
_COLUMNS = [_ENTRY.c[name] for name in FIELDS]
_GUARDED = ("audit", "audit_seal")


class Fault(StrEnum):
    """What is wrong with the trail."""

    ENTRY_ALTERED = "entry_altered"
    ENTRY_REMOVED = "entry_removed"
    ENTRY_PUT_IN = "entry_put_in"
    SEAL_ALTERED = "seal_altered"
    SEAL_REMOVED = "seal_removed"
    DIGEST_MISSING = "digest_missing"


@dataclass(frozen=True)
class ChainFault:
    """The first thing that is wrong: the number of the entry or of the seal."""

    fault: Fault
    number: int | None = None


@dataclass(frozen=True)
class Newest:
    """The last seal: its number, its digest, the last entry that it covers, when it was made."""

    number: int
    digest: str
    last_id: int
    at: datetime


@dataclass(frozen=True)
class ChainVerdict:
    """What a walk along the chain found.

    ``unbroken`` tells of the ``entries`` under ``seals`` that were looked at, up to ``newest``.
    ``unsealed`` entries came after, the first of them at ``unsealed_since``. ``guarded``: the
    database refuses changes of the trail.
    """

    seals: int
    entries: int
    newest: Newest | None
    finding: ChainFault | None
    unsealed: int
    unsealed_since: datetime | None
    guarded: bool

    @property
    def unbroken(self) -> bool:
        """Tell whether nothing was found to be wrong with what is sealed."""
        return self.finding is None


def newest_seal(session: Session) -> Newest | None:
    """Return the last seal, or None before the first."""
    row = session.execute(
        select(_SEAL.c.id, _SEAL.c.digest, _SEAL.c.last_id, _SEAL.c.at)
        .order_by(_SEAL.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Newest(*row)


def first_unsealed(session: Session) -> int | None:
    """Return the first entry that no seal covers yet."""
    newest = newest_seal(session)
    after = _ENTRY.c.id > (newest.last_id if newest else _LOWEST)
    return session.scalar(select(func.min(_ENTRY.c.id)).where(after))


def unsealed(session: Session) -> tuple[int, datetime | None]:
    """Return how many entries no seal covers yet, and when the first of them was made."""
    first_id = first_unsealed(session)
    if first_id is None:
        return 0, None
    count = session.scalar(select(func.count()).where(_ENTRY.c.id >= first_id))
    return count or 0, session.scalar(select(_ENTRY.c.at).where(_ENTRY.c.id == first_id))


def seal_next(session: Session, *, now: datetime) -> int:
    """Seal the oldest entries that are not, in the writer's session; return how many."""
    before = newest_seal(session)
    first_id = first_unsealed(session)
    if first_id is None:
        return 0
    rows = list(_entries(session, first_id - 1, first_id + MOST_IDS - 1))
    lines = [line_of(row) for row in rows]
    last_id = rows[-1].id
    seal = {
        "id": before.number + 1 if before else 1,
        "first_id": first_id,
        "last_id": last_id,
        "entries": len(rows),
        "marks": _marks(first_id, last_id, [row.id for row in rows], lines),
        "at": now,
    }
    seal["digest"] = digest_of(before.digest if before else "", seal, lines)
    session.connection().execute(insert(_SEAL), seal)
    return len(rows)


def seal_all(database: Database, *, now: datetime, most_seals: int = 100) -> int:
    """Seal what is not sealed, in small transactions; return how many entries.

    At most ``most_seals`` seals, so that residents need not wait behind a long past.
    """
    sealed = 0
    for _ in range(most_seals):
        with database.reading() as session:
            if first_unsealed(session) is None:
                break
        sealed += database.write(lambda session: seal_next(session, now=now))
    return sealed


def canonical(value: Any) -> str:
    """Return a value as JSON that is always the same: sorted keys, no spaces, times in UTC."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_moment
    )


def line_of(row: Row[Any] | Sequence[Any]) -> bytes:
    """Return the line of an entry, in the order of ``FIELDS``."""
    return canonical(list(row)).encode("utf-8", "surrogatepass")


def digest_of(previous: str, seal: dict[str, Any], lines: Sequence[bytes]) -> str:
    """Return the digest of a seal: see the formula of this module."""
    head = canonical([seal[name] for name in ("first_id", "last_id", "entries", "at")])
    made = sha256(f"{previous}\n{head}\n".encode())
    for line in lines:
        made.update(line + b"\n")
    return made.hexdigest()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _mark(line: bytes) -> bytes:
    """Return four bytes that differ when the entry does; never those that say: no entry."""
    mark = sha256(line).digest()[:MARK_BYTES]
    return mark if mark != _NOTHING else b"\x01" * MARK_BYTES


def _marks(first_id: int, last_id: int, ids: Sequence[int], lines: Sequence[bytes]) -> bytes:
    marks = dict(zip(ids, map(_mark, lines), strict=True))
    return b"".join(marks.get(number, _NOTHING) for number in range(first_id, last_id + 1))


def _entries(session: Session, after: int, until: int) -> Iterator[Row[Any]]:
    statement = select(*_COLUMNS).where(_ENTRY.c.id > after, _ENTRY.c.id <= until)
    yield from session.connection().execute(statement.order_by(_ENTRY.c.id))


class Walk:
    """A walk along the chain, in pieces: ``step`` until ``done``, then ``verdict``.

    It may go on later over the seals made since. ``expect``: a digest written down earlier, which
    the chain must hold.
    """

    def __init__(self, expect: str = "") -> None:
        self.done = False
        self.seals = self.entries = 0
        self._expect = expect.strip().lower()
        self._met = not self._expect
        self._newest: Newest | None = None
        self.finding: ChainFault | None = None

    def step(self, session: Session, *, seals: int = 50) -> None:
        """Look at the next seals; ``done`` at the end of the chain or at what is wrong."""
        number = self._newest.number if self._newest else None
        links = select(_SEAL).order_by(_SEAL.c.id).limit(seals)
        if number is not None:
            links = links.where(_SEAL.c.id > number)
        try:
            found = session.execute(links).all()
        except (ValueError, TypeError):  # SQLite takes anything for a moment
            if seals == 1:
                self.done, self.finding = True, ChainFault(Fault.SEAL_ALTERED, (number or 0) + 1)
            else:
                self.step(session, seals=1)
            return
        for seal in found:
            try:
                self.finding = self._check(session, seal)
            except (ValueError, TypeError):
                self.finding = ChainFault(Fault.SEAL_ALTERED, seal.id)
            if self.finding is not None:
                break
            self._met = self._met or seal.digest == self._expect
            self._newest = Newest(seal.id, seal.digest, seal.last_id, seal.at)
            self.seals, self.entries = self.seals + 1, self.entries + seal.entries
        if self.finding is None and len(found) < seals and not self._met:
            self.finding = ChainFault(Fault.DIGEST_MISSING)
        self.done = self.finding is not None or len(found) < seals

    def verdict(self, session: Session) -> ChainVerdict:
        """Return what was found so far."""
        waiting, since = unsealed(session)
        return ChainVerdict(
            seals=self.seals,
            entries=self.entries,
            newest=self._newest,
            finding=self.finding,
            unsealed=waiting,
            unsealed_since=since,
            guarded=is_guarded(session),
        )

    @property
    def _reached(self) -> int:
        return self._newest.last_id if self._newest else _LOWEST

    def _check(self, session: Session, seal: Row[Any]) -> ChainFault | None:
        number = self._newest.number + 1 if self._newest else 1
        if seal.id > number:
            return ChainFault(Fault.SEAL_REMOVED, number)
        length = MARK_BYTES * (seal.last_id - seal.first_id + 1)
        if seal.id < number or len(seal.marks) != length:
            return ChainFault(Fault.SEAL_ALTERED, seal.id)
        stored = self._stored(session, seal)
        lines = list(stored.values())
        previous = self._newest.digest if self._newest else ""
        good = None not in lines and seal.digest == digest_of(
            previous, seal._asdict(), [line for line in lines if line is not None]
        )
        finding = _first_difference(seal, stored)
        if finding is not None or good:
            return finding
        return ChainFault(Fault.SEAL_ALTERED, seal.id)

    def _stored(self, session: Session, seal: Row[Any]) -> dict[int, bytes | None]:
        """Return the lines of the entries under a seal by id; None for one nobody can read."""
        try:
            rows = list(_entries(session, self._reached, seal.last_id))
            return {row.id: line_of(row) for row in rows}
        except (ValueError, TypeError):
            return self._one_by_one(session, seal)

    def _one_by_one(self, session: Session, seal: Row[Any]) -> dict[int, bytes | None]:
        number_of = _ENTRY.c.id
        under = select(number_of).where(number_of > self._reached, number_of <= seal.last_id)
        lines: dict[int, bytes | None] = {}
        for number in session.scalars(under.order_by(number_of)).all():
            lines[number] = None
            with suppress(ValueError, TypeError):
                row = session.execute(select(*_COLUMNS).where(_ENTRY.c.id == number)).one()
                lines[number] = line_of(row)
        return lines


def _first_difference(seal: Row[Any], stored: dict[int, bytes | None]) -> ChainFault | None:
    """Return where the entries differ from the marks of their seal."""
    marks = {
        seal.first_id + place: seal.marks[MARK_BYTES * place : MARK_BYTES * (place + 1)]
        for place in range(seal.last_id - seal.first_id + 1)
    }
    for number in sorted(marks.keys() | stored.keys()):
        mark = marks.get(number, _NOTHING)
        if number not in stored:
            if mark != _NOTHING:
                return ChainFault(Fault.ENTRY_REMOVED, number)
        elif mark == _NOTHING:
            return ChainFault(Fault.ENTRY_PUT_IN, number)
        elif (line := stored[number]) is None or _mark(line) != mark:
            return ChainFault(Fault.ENTRY_ALTERED, number)
    return None


def is_guarded(session: Session) -> bool:
    """Tell whether the database refuses to change the trail: whether its triggers are in force."""
    return are_append_only(session, _GUARDED)
