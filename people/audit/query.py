"""Reading the audit trail: filtered, page by page; as a whole: ``people/audit/export.py``.

What is read is bounded by a ``Reading``: the condition that says how far the reader's roles reach,
and the names of what the entries speak of. Both come from the room that has campaigns and proposals
(``moderation/audit_trail.py``). Nothing by which a resident could be known leaves: a device is
"device".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, cast, func, select, true
from sqlalchemy.orm import Session

from people.accounts.models import Account
from people.audit.models import AuditEntry

PAGE = 50
#: How many ids one look goes back through, and how often, before it lets the reader ask for more.
LOOK_BACK, MOST_LOOKS = 200_000, 5
#: Stored with an entry where a change must be undone, shown to nobody: who it was, what is private.
HIDDEN = frozenset(
    {"answers", "author_key", "actor_key", "contact", "contact_id", "device", "token", "password"}
)
UNSHOWN = "…"


class ActorKind(StrEnum):
    """Who did it: somebody with an account, a resident's device, the server itself."""

    ACCOUNT = "account"
    DEVICE = "device"
    SERVER = "server"


@dataclass(frozen=True)
class AuditEntryView:
    """One entry as it is shown. ``name`` and ``login`` are those of the account, if there is one.

    ``campaign`` and ``proposal`` are the names of what it speaks of; empty for none.
    """

    id: int
    at: datetime
    kind: ActorKind
    name: str
    login: str
    action: str
    campaign: str
    proposal: str
    details: dict[str, Any]

    @property
    def before(self) -> Any:
        """What it was before the change; None where the entry does not say."""
        return self.details.get("from", self.details.get("was"))

    @property
    def after(self) -> Any:
        """What it is since."""
        return self.details.get("to")

    @property
    def why(self) -> str:
        """The reason that was given; empty for none."""
        return str(self.details.get("reason") or "")


@dataclass(frozen=True)
class AuditFilter:
    """What is looked for. Unset: everything.

    ``person`` is part of an account's name or login, ``text`` part of the details. ``since``
    belongs to the period, ``until`` does not any more.
    """

    person: str = ""
    kind: str = ""
    action: str = ""
    campaign_id: int | None = None
    proposal_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


Names = Callable[[Session, set[int], set[int]], tuple[dict[int, str], dict[int, str]]]


def numbers(_session: Session, campaigns: set[int], proposals: set[int]) -> Any:
    """Name campaigns and proposals by their numbers."""
    return {one: str(one) for one in campaigns}, {one: str(one) for one in proposals}


@dataclass(frozen=True)
class Reading:
    """How far a reader sees, as a condition on ``AuditEntry``, and what things are called."""

    scope: ColumnElement[bool] = field(default_factory=true)
    names: Names = numbers


@dataclass(frozen=True)
class AuditPage:
    """One page, newest first; ``further``: where the next begins, None at the very end.

    A page may be short, or empty, and there be more: see ``LOOK_BACK``.
    """

    entries: list[AuditEntryView]
    further: int | None


def read_trail(
    session: Session,
    reading: Reading,
    asked: AuditFilter,
    *,
    before: int | None = None,
    most: int = PAGE,
) -> AuditPage:
    """Return the newest entries with an id smaller than ``before`` that are looked for."""
    top = session.scalar(select(func.max(AuditEntry.id))) or 0
    high = top + 1 if before is None else min(before, top + 1)
    lowest = session.scalar(select(func.min(AuditEntry.id))) or 0
    looks = MOST_LOOKS
    rows: list[Row[Any]] = []
    while high > lowest and looks and len(rows) <= most:
        low = lowest if _is_indexed(asked) else max(lowest, high - LOOK_BACK)
        statement = chosen(reading, asked).where(AuditEntry.id < high, AuditEntry.id >= low)
        newest_first = statement.order_by(AuditEntry.id.desc())
        rows += matching(session, newest_first, asked, most + 1 - len(rows))
        high, looks = low, looks - 1
    if len(rows) > most:
        high = rows[most - 1].id
    further = high if len(rows) > most or high > lowest else None
    return AuditPage(entries_of(session, reading, rows[:most]), further)


def shown_details(details: dict[str, Any]) -> dict[str, Any]:
    """Return an entry's details without what nobody is shown; that there was something is told."""
    return {
        name: UNSHOWN
        if name in HIDDEN
        else shown_details(value)
        if isinstance(value, dict)
        else value
        for name, value in details.items()
    }


def _is_indexed(asked: AuditFilter) -> bool:
    """Tell whether an index leads to what is looked for, however long ago it was."""
    return asked.campaign_id is not None or asked.proposal_id is not None or bool(asked.person)


def chosen(reading: Reading, asked: AuditFilter) -> Select[*tuple[Any, ...]]:
    """Return the query for all entries that are looked for, in no order."""
    entry = AuditEntry
    conditions: list[ColumnElement[bool]] = [reading.scope]
    if asked.person:
        named = Account.name.icontains(asked.person, autoescape=True)
        named |= Account.login.icontains(asked.person, autoescape=True)
        conditions.append(entry.account_id.is_not(None))  # so that the partial index serves
        conditions.append(entry.account_id.in_(select(Account.id).where(named)))
    if asked.kind:
        conditions.append(_of_kind(asked.kind))
    if asked.action:
        conditions.append(entry.action == asked.action)
    if asked.campaign_id is not None:
        conditions.append(entry.campaign_id == asked.campaign_id)
    if asked.proposal_id is not None:
        conditions.append(entry.proposal_id == asked.proposal_id)
    if asked.since is not None:
        conditions.append(entry.at >= asked.since)
    if asked.until is not None:
        conditions.append(entry.at < asked.until)
    if asked.text:
        stored = cast(entry.details, String)
        conditions.append(stored.icontains(_as_json(asked.text), autoescape=True))
    columns = (
        entry.id,
        entry.at,
        entry.actor_key.is_not(None).label("by_device"),
        entry.account_id,
        Account.name,
        Account.login,
        entry.action,
        entry.campaign_id,
        entry.proposal_id,
        entry.details,
    )
    joined = select(*columns).outerjoin(Account, Account.id == entry.account_id)
    return joined.where(*conditions)


def _of_kind(kind: str) -> ColumnElement[bool]:
    if kind == ActorKind.ACCOUNT:
        return AuditEntry.account_id.is_not(None)
    nobody = AuditEntry.account_id.is_(None)
    if kind == ActorKind.DEVICE:
        return nobody & AuditEntry.actor_key.is_not(None)
    return nobody & AuditEntry.actor_key.is_(None)


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def matching(
    session: Session, statement: Select[*tuple[Any, ...]], asked: AuditFilter, most: int
) -> list[Row[Any]]:
    """Return the first rows; the text must stand in what is shown of the details."""
    if not asked.text:
        return list(session.execute(statement.limit(most)))
    rows: list[Row[Any]] = []
    wanted = _as_json(asked.text).lower()
    for row in session.execute(statement.execution_options(yield_per=200)):
        if wanted in json.dumps(shown_details(row.details), ensure_ascii=False).lower():
            rows.append(row)
            if len(rows) == most:
                break
    return rows


def entries_of(session: Session, reading: Reading, rows: list[Row[Any]]) -> list[AuditEntryView]:
    """Return rows of ``chosen`` as they are shown."""
    campaigns, proposals = reading.names(
        session,
        {row.campaign_id for row in rows} - {None},
        {row.proposal_id for row in rows} - {None},
    )
    return [
        AuditEntryView(
            id=row.id,
            at=row.at,
            kind=_kind(row),
            name=row.name or "",
            login=row.login or "",
            action=row.action,
            campaign=campaigns.get(row.campaign_id, ""),
            proposal=proposals.get(row.proposal_id, ""),
            details=shown_details(row.details),
        )
        for row in rows
    ]


def _kind(row: Row[Any]) -> ActorKind:
    if row.account_id is not None:
        return ActorKind.ACCOUNT
    return ActorKind.DEVICE if row.by_device else ActorKind.SERVER
