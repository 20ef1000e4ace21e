"""Seals anew all that is sealed in the database, whichever room it is of.

What is sealed is found by the types of columns, of all tables that are known by then: bringing the
database up to date, as each command does first, imports every room's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Column, Table, select, update
from sqlalchemy.orm import Session

from core.database import Base
from core.keys import Sealed, SealedColumn, SealedText
from notifications import contacts
from notifications.contacts import Resealed, Sealer, WrongKeyError
from notifications.models import Contact

Columns = Sequence[Column[Sealed | None]]


def reseal_all(session: Session, sealer: Sealer) -> dict[str, Resealed]:
    """Seal everything under the first key; tell of each table how much, and what stays as it is."""
    found = {table.name: _reseal(session, sealer, table, them) for table, them in sealed_columns()}
    # Addresses are also looked up, by hashes that hang on the key.
    found[Contact.__tablename__] = contacts.reseal(session, sealer)
    return found


def sealed_columns() -> Iterator[tuple[Table, Columns]]:
    """Give each table in which something is sealed, but for contacts, with its columns of that."""
    for table in Base.metadata.sorted_tables:
        them = [one for one in table.columns if isinstance(one.type, SealedColumn | SealedText)]
        if them and table is not Contact.__table__:
            yield table, them


def _reseal(session: Session, sealer: Sealer, table: Table, columns: Columns) -> Resealed:
    resealed = unopened = 0
    keys = list(table.primary_key.columns)
    for row in session.execute(select(*keys, *columns).order_by(*keys)).all():
        told = {one.name: value for one, value in zip(columns, row[len(keys) :], strict=True)}
        opened = {name: _opened(sealer, value) for name, value in told.items() if value is not None}
        anew = {name: sealer.seal(text) for name, text in opened.items() if text is not None}
        if anew:
            its = [key == value for key, value in zip(keys, row, strict=False)]
            session.execute(update(table).where(*its).values(anew))
        resealed += len(anew)
        unopened += len(opened) - len(anew)
    return Resealed(resealed, unopened)


def _opened(sealer: Sealer, value: Sealed) -> str | None:
    try:
        return sealer.open(value)
    except WrongKeyError:
        return None
