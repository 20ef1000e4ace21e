"""All SQL that differs by database (SQLite, PostgreSQL with PostGIS), as functions of what it says.

A caller never asks which database it is. How connections are made and types are stored is in
``core/database.py``; what a migration does, in ``migrations/``. Imports nothing of ours.
How it writes rows as text is in ``core/reading/row_text.py``.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Engine, Index, Insert, Table, bindparam, func
from sqlalchemy import type_coerce as as_type
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

POSTGRES, SQLITE = "postgresql", "sqlite"
#: For ``__table_args__``: a number of a row that was removed is given to no other.
NEVER_REUSED = {"sqlite_autoincrement": True}
Phrase = tuple[Sequence[str], str]


def name_of(where: Engine | Connection | Session) -> str:
    """Return the name of the database's kind, as it is shown to operators."""
    engine = where.get_bind() if isinstance(where, Session) else where
    return str(engine.dialect.name)


def _is_postgres(where: Engine | Connection | Session) -> bool:
    return name_of(where) == POSTGRES


# Tables and indexes.


def only_where(condition: Any) -> dict[str, Any]:
    """Return what makes an ``Index`` hold only the rows that meet a condition."""
    return {"sqlite_where": condition, "postgresql_where": condition}


def spatial_index(name: str, column: str) -> Any:
    """Return an index over a column of geometries, on PostGIS; SQLite has none."""
    index = Index(name, column, postgresql_using="gist", info={"only": POSTGRES})
    return index.ddl_if(dialect=POSTGRES)


def renew_statistics(session: Session, table: str) -> None:
    """Tell PostgreSQL's planner what a bulk change made of a table; SQLite's needs no telling."""
    if _is_postgres(session):
        session.connection().exec_driver_sql(f"ANALYZE {table}")


# Writing.


class InsertNew:
    """Inserts rows, but those whose unique names are taken; gives ``returning`` of new ones.

    ``key``: only this name may be taken; another that is raises ``IntegrityError``.
    """

    def __init__(self, table: Any, *returning: Any, key: str | None = None) -> None:
        taken = None if key is None else [key]
        self._table = cast(Table, table)
        self._by_kind: dict[str, Any] = {
            SQLITE: sqlite.insert(table).on_conflict_do_nothing(index_elements=taken),
            POSTGRES: postgresql.insert(table).on_conflict_do_nothing(index_elements=taken),
        }
        if returning:
            self._by_kind = {
                kind: made.returning(*returning) for kind, made in self._by_kind.items()
            }

    def on(self, where: Connection | Session) -> Insert:
        """Return the statement for this database, to be executed with the rows."""
        return cast(Insert, self._by_kind[name_of(where)])

    def within(self, name: str) -> sa.CTE:
        """Return it as a part of a larger statement, for one row whose values bear their names.

        Not every database takes that: see ``takes_changes_within``.
        """
        values: dict[str, Any] = {
            c.name: bindparam(c.name) for c in self._table.columns if c.name != "id"
        }
        statement: sa.CTE = self._by_kind[POSTGRES].values(values).cte(name)
        return statement


def takes_changes_within(where: Connection | Session) -> bool:
    """Tell whether a statement may hold others that change something: one round trip for all."""
    return _is_postgres(where)


def hold_alone(connection: Connection, lock: int) -> None:
    """Wait until no other process holds this lock; hold it until the transaction ends.

    On SQLite the transaction of a writer is alone from its beginning.
    """
    if _is_postgres(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")


def is_undone(connection: Connection) -> bool:
    """Tell whether an error has undone the whole transaction, not only its statement.

    SQLite does so when the disk is full; PostgreSQL says so at COMMIT.
    """
    if _is_postgres(connection):
        return False
    driver = cast(Any, connection.connection.driver_connection)
    return not (driver and driver.in_transaction)


# Conditions.


def is_among_texts(where: Session, column: Any, values: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a column of a table is one of these texts, however many."""
    given, name = sorted(values), f"{column.table.name}.{column.name}"
    if _is_postgres(where):
        clause = f"{name} = ANY(CAST(:texts AS varchar[]))"
        return _clause(clause, bindparam("texts", given, unique=True))
    clause = f"{name} IN (SELECT value FROM json_each(:texts))"
    return _clause(clause, bindparam("texts", json.dumps(given), unique=True))


def is_among_numbers(where: Session, column: Any, values: Iterable[int]) -> ColumnElement[bool]:
    """Return the condition that a column of a table is one of these numbers, however many.

    PostgreSQL gets them within the statement: it looks up a constant list by a hash, but one that
    it prepared a statement for from its beginning to its end.
    """
    listed, name = ",".join(map(str, values)), f"{column.table.name}.{column.name}"
    if _is_postgres(where):
        given = f"{{{listed}}}"
        numbers = bindparam("numbers", given, sa.String, unique=True, literal_execute=True)
        return _clause(f"{name} = ANY(CAST(:numbers AS bigint[]))", numbers)
    clause = f"{name} IN (SELECT value FROM json_each(:numbers))"
    return _clause(clause, bindparam("numbers", f"[{listed}]", unique=True))


def _clause(clause: str, value: Any) -> ColumnElement[bool]:
    return sa.text(clause).bindparams(value)  # type: ignore[return-value]


def json_has(where: Session, column: Any, key: str) -> ColumnElement[bool]:
    """Return the condition that a JSON object has this key, be its value null."""
    if _is_postgres(where):
        return as_type(column, sa.String).op("?", is_comparison=True)(key)
    return func.json_type(column, _path(key)).is_not(None)


def json_holds(
    where: Session, column: Any, key: str, value: str, *, listed: bool
) -> ColumnElement[bool]:
    """Return the condition that a text under a key is this, or ``listed`` under it with others."""
    if _is_postgres(where):
        return column.op("@>", is_comparison=True)({key: [value] if listed else value})
    each = func.json_each(column, _path(key)).table_valued("value")
    return sa.exists(sa.select(1).select_from(each).where(each.c.value == value))


def json_number(where: Session, column: Any, key: str) -> ColumnElement[float]:
    """Return the number under a key of a JSON object; null for none, and for another kind."""
    if _is_postgres(where):
        kind = func.jsonb_typeof(func.jsonb_extract_path(column, key))
        return sa.case((kind == "number", sa.cast(json_text(where, column, key), sa.Float)))
    number = as_type(func.json_extract(column, _path(key)), sa.Float)
    return sa.case((func.json_type(column, _path(key)).in_(("integer", "real")), number))


def json_text(where: Session, column: Any, key: str) -> ColumnElement[str]:
    """Return what is under a key of a JSON object, as a text."""
    if _is_postgres(where):
        return as_type(func.jsonb_extract_path_text(column, key), sa.String)
    return as_type(func.json_extract(column, _path(key)), sa.String)


def _path(key: str) -> str:
    return f'$."{key}"'


# Texts, letter by letter: what SQLite and PostgreSQL do by themselves differs.


def by_letters(where: Session, text: Any) -> ColumnElement[str]:
    """Return a text that is ordered by the numbers of its letters, whatever the language."""
    return sa.collate(text, "C") if _is_postgres(where) else text


def lowered(where: Session, text: Any) -> ColumnElement[str]:
    """Return a text in small letters, of any script."""
    return func.lower(text) if _is_postgres(where) else as_type(func.lj_lower(text), sa.String)


def has_form(where: Session, text: Any, form: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that a text has a form, case and all.

    ``form``: letters, None for any one letter, ``...`` for any number of them.
    """
    if _is_postgres(where):
        signs = ("%" if one is ... else "_" if one is None else _quoted(one, "%_!") for one in form)
        return text.like("".join(signs), escape="!")
    globs = ("*" if one is ... else "?" if one is None else _in_glob(one) for one in form)
    return text.op("GLOB", is_comparison=True)("".join(globs))


def _quoted(sign: str, special: str) -> str:
    return f"!{sign}" if sign in special else sign


def _in_glob(sign: str) -> str:
    return f"[{sign}]" if sign in "*?[" else sign


# Moments.


def beijing_day(where: Session, moment: Any) -> ColumnElement[str]:
    """Return the day of a moment in Beijing, as YYYY-MM-DD."""
    if _is_postgres(where):
        local = func.timezone("Asia/Shanghai", moment)
        return as_type(func.to_char(local, "YYYY-MM-DD"), sa.String)
    return as_type(func.strftime("%Y-%m-%d", moment, "+8 hours"), sa.String)


def as_numpy_reads(where: Session, moment: Any) -> ColumnElement[Any]:
    """Return a moment in UTC as what numpy reads all at once: ISO text, microseconds since 1970."""
    if _is_postgres(where):
        return sa.cast(func.extract("epoch", moment) * 1_000_000, sa.BigInteger)
    return as_type(moment, sa.String)


# The index of words: an FTS5 table on SQLite, a ``tsvector`` under a GIN index on PostgreSQL.

_PUT_PIECES = {
    SQLITE: "INSERT INTO proposal_text (rowid, pieces) VALUES (:id, :pieces)",
    POSTGRES: "INSERT INTO proposal_text (proposal_id, pieces)"
    " VALUES (:id, CAST(:pieces AS tsvector))",
}
_DROP_PIECES = {
    SQLITE: "DELETE FROM proposal_text WHERE rowid = :id",
    POSTGRES: "DELETE FROM proposal_text WHERE proposal_id = :id",
}
_FIND_PIECES = {
    SQLITE: "proposal.id IN (SELECT rowid FROM proposal_text WHERE proposal_text MATCH :asked)",
    POSTGRES: "proposal.id IN (SELECT proposal_id FROM proposal_text"
    " WHERE pieces @@ CAST(:asked AS tsquery))",
}


def index_pieces(session: Session, pieces: Mapping[int, Sequence[str]]) -> None:
    """Store the pieces of proposals' texts by number, instead of earlier ones.

    Each is at its place; an empty one is a gap over which no phrase goes.
    """
    if not pieces:
        return
    kind, connection = name_of(session), session.connection()
    written = _fts5_pieces if kind == SQLITE else _tsvector
    rows = [{"id": number, "pieces": written(found)} for number, found in pieces.items()]
    connection.execute(sa.text(_DROP_PIECES[kind]), [{"id": number} for number in pieces])
    connection.execute(sa.text(_PUT_PIECES[kind]), rows)


def has_phrases(where: Session, phrases: Sequence[Phrase]) -> ColumnElement[bool]:
    """Return the condition on a proposal that its pieces have all these phrases.

    A phrase is whole pieces in a row, or else what one piece begins with.
    """
    kind = name_of(where)
    asked = _fts5_query(phrases) if kind == SQLITE else _tsquery(phrases)
    return _clause(_FIND_PIECES[kind], bindparam("asked", asked, unique=True))


def _fts5_pieces(pieces: Sequence[str]) -> str:
    return " ".join(piece or "gap" for piece in pieces)


def _tsvector(pieces: Sequence[str]) -> str:
    return " ".join(f"'{piece}':{place}" for place, piece in enumerate(pieces, 1) if piece)


def _fts5_query(phrases: Sequence[Phrase]) -> str:
    """Return phrases in quotes, a beginning with a star."""
    parts = [f"{begins}*" if begins else f'"{" ".join(whole)}"' for whole, begins in phrases]
    return " AND ".join(parts)


def _tsquery(phrases: Sequence[Phrase]) -> str:
    return " & ".join(
        f"'{begins}':*" if begins else "(" + " <-> ".join(f"'{piece}'" for piece in whole) + ")"
        for whole, begins in phrases
    )


# Triggers.

_POSTGRES_GUARDS = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relname = ANY(:tables) AND t.tgname = c.relname || '_append_only'
AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)
"""
_SQLITE_GUARDS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


def are_append_only(session: Session, tables: Collection[str]) -> bool:
    """Tell whether the triggers are in force that let no row of these tables be changed."""
    if _is_postgres(session):
        found = session.scalars(sa.text(_POSTGRES_GUARDS), {"tables": list(tables)}).all()
        return set(found) == set(tables)
    wanted = {f"{table}_no_{verb}" for table in tables for verb in ("update", "delete", "insert")}
    return wanted <= set(session.scalars(sa.text(_SQLITE_GUARDS)).all())
