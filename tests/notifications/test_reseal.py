"""All that is sealed is sealed anew under another key, of whichever room it is."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import LargeBinary, MetaData, String, Table, Text, insert, literal, select
from sqlalchemy.orm import Session

from core.database import Database
from core.keys import Sealed, SealedColumn, SealedText
from notifications.contacts import Resealed, Sealer, WrongKeyError
from notifications.reseal import reseal_all, sealed_columns

KEY = "one key of at least thirty-two characters"
NEW = "another key of at least thirty-two letters"
#: What is sealed besides addresses. Who seals more adds it here and sees below that it is found.
SEALED = {
    "base_map": {"key"},
    "pack_link": {"sealed"},
    "webhook": {"former_secret", "secret"},
}


class _UndoneError(Exception):
    """Undoes what a test has written."""


def test_all_columns_of_what_is_sealed_are_known(database: Database) -> None:
    del database  # bringing it up to date has imported all tables
    assert {table.name: {one.name for one in them} for table, them in sealed_columns()} == SEALED


def _twin(session: Session, table: Table) -> Table:
    """Put a table without anything but these columns in the place of one of the database."""
    columns = [one for one in table.columns if one.primary_key or one.name in SEALED[table.name]]
    twin = Table(table.name, MetaData(), *(one._copy() for one in columns), prefixes=["TEMPORARY"])
    twin.create(session.connection())
    return twin


@pytest.mark.on_both
def test_everything_sealed_is_opened_by_the_new_key_alone(database: Database) -> None:
    old, new, both = Sealer([KEY]), Sealer([NEW]), Sealer([NEW, KEY])

    def put(session: Session) -> None:
        for table, columns in sealed_columns():
            twin = _twin(session, table)
            told = {one.name: old.seal(f"secret of {one.name}") for one in columns}
            nothing = {one.name: None for one in columns}
            session.execute(insert(twin), [{"id": 1, **told}, {"id": 2, **told}])
            if all(one.nullable or isinstance(one.type, SealedText) for one in columns):
                session.execute(insert(twin), [{"id": 3, **nothing}])

    def read(session: Session, sealer: Sealer) -> set[str]:
        return {
            sealer.open(value)
            for _table, columns in sealed_columns()
            for value in session.execute(select(*columns)).scalars().all()
            if value is not None
        }

    def check(session: Session) -> None:
        put(session)
        before = reseal_all(session, new)
        assert {name: (told.resealed, told.unopened) for name, told in before.items()} == {
            "contact": (0, 0),
            **{name: (0, 2 * len(columns)) for name, columns in SEALED.items()},
        }
        assert read(session, old)  # what no key opens stays as it is
        assert reseal_all(session, both) == {
            "contact": Resealed(0, 0),
            **{name: Resealed(2 * len(columns), 0) for name, columns in SEALED.items()},
        }
        assert read(session, new)
        with pytest.raises(WrongKeyError):
            read(session, old)
        raise _UndoneError

    with pytest.raises(_UndoneError):
        database.write(check)


@pytest.mark.parametrize("kind", [LargeBinary(), Text(), String(80)])
def test_no_other_column_takes_what_is_sealed(database: Database, kind: Any) -> None:
    sealed = Sealer([KEY]).seal("x")
    with database.reading() as session, pytest.raises(Exception, match=r"Sealed|bytes|str"):
        session.execute(select(literal(sealed, kind))).all()
    for column in (SealedColumn(), SealedText()):
        with pytest.raises(TypeError, match="sealed"):
            column.process_bind_param("plain", None)  # type: ignore[arg-type]
    assert "x" not in repr(sealed)
    assert str(sealed.token, "ascii") not in repr(Sealed(sealed.token))
