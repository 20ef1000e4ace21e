"""What differs by database is said in one module, and says the same on both."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import dialect
from core.database import Base, Database, Json, UtcDateTime
from notifications.models import Contact, Message
from people.audit.models import AuditEntry
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.sources import saying

#: Here databases may be told apart; ``core/database.py`` makes connections and types.
HOMES = {"core/dialect.py", "core/database.py", "core/reading/row_text.py"}
KINDS = ("sqlite", "postgresql")
NOON = datetime(2026, 5, 1, 4, 30, 0, 250_000, tzinfo=UTC)


def mentions(source: str) -> list[str]:
    """Return what in a source tells databases apart: their names, and SQLAlchemy's dialects."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(name)) if name.startswith("sqlalchemy.dialects"):
                found.append(name)
            case ast.Import(names=names):
                found += [one.name for one in names if one.name.startswith("sqlalchemy.dialects")]
            case ast.Attribute(attr="dialect"):
                found.append("." + node.attr)
            case ast.keyword(arg=str(name)) if name.startswith(KINDS):
                found.append(name)
            case ast.Constant(value=str(text)) if text in KINDS:
                found.append(text)
    return found


def test_no_other_module_tells_databases_apart() -> None:
    named = {path.as_posix(): mentions(text) for path, text in saying(*KINDS, "dialect")}
    assert {path for path, found in named.items() if found} == HOMES


TRIAL = sa.Table(
    "dialect_trial",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(20), unique=True),
    sa.Column("other", sa.String(20), unique=True),
    sa.Column("said", Json),
    sa.Column("at", UtcDateTime),
)
T = TRIAL.c
ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "甲", "said": {"kind": "a", "many": ["a", "b"], "most": 3}},
    {"id": 2, "name": "乙", "said": {"kind": "b", "many": ["b"], "most": 2.5}},
    {"id": 3, "name": "it's", "said": {"kind": None, "many": [], "most": "9"}},
    {"id": 4, "name": "丁", "said": {"odd 'key\u3000": "甲"}},
]


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Give a session over a table of trial rows, of each kind of database; nothing of it stays."""
    engine = database._writing_engine
    with Session(engine) as session:
        TRIAL.create(session.connection())
        rows = [{"other": None, "at": NOON, **row} for row in ROWS]
        session.connection().execute(sa.insert(TRIAL), rows)
        yield session
        session.rollback()


def ids(session: Session, condition: Any) -> list[int]:
    return list(session.scalars(sa.select(T.id).where(condition).order_by(T.id)))


def test_a_row_whose_name_is_taken_is_left_out(session: Session) -> None:
    put = dialect.InsertNew(TRIAL, T.id).on(session)
    run = session.connection().execute
    assert run(put, {"id": 9, "name": "新"}).scalar() == 9
    assert run(put, {"id": 8, "name": "新"}).scalar() is None
    keyed = dialect.InsertNew(TRIAL, key="name").on(session)
    run(keyed, [{"id": 7, "name": "新", "other": None}, {"id": 6, "name": "更新", "other": "x"}])
    assert ids(session, T.id > 4) == [6, 9]
    with pytest.raises(sa.exc.IntegrityError):
        run(keyed, {"id": 5, "name": "最新", "other": "x"})


def test_a_change_within_a_statement(session: Session) -> None:
    if not dialect.takes_changes_within(session):
        assert dialect.name_of(session) == "sqlite"
        return
    new = dialect.InsertNew(TRIAL, T.name).within("new")
    run = session.connection().execute
    run(sa.delete(TRIAL))  # so that the sequence gives numbers that are free
    row = {"name": "新", "other": None, "said": {}, "at": NOON}
    assert run(sa.select(new.c.name), row).scalar() == "新"
    assert run(sa.select(new.c.name), row).scalar() is None


def test_one_of_many(session: Session) -> None:
    names = ["甲", "it's", *(f"'{n}" for n in range(40_000))]
    assert ids(session, dialect.is_among_texts(session, T.name, names)) == [1, 3]
    assert ids(session, dialect.is_among_texts(session, T.name, ())) == []
    numbers = [4, 2, *range(100, 40_000)]
    assert ids(session, dialect.is_among_numbers(session, T.id, numbers)) == [2, 4]
    assert ids(session, dialect.is_among_numbers(session, T.id, [])) == []


def test_what_a_json_object_holds(session: Session) -> None:
    assert ids(session, dialect.json_has(session, T.said, "kind")) == [1, 2, 3]
    assert ids(session, dialect.json_has(session, T.said, "odd 'key\u3000")) == [4]
    assert ids(session, dialect.json_holds(session, T.said, "kind", "b", listed=False)) == [2]
    assert ids(session, dialect.json_holds(session, T.said, "many", "b", listed=True)) == [1, 2]
    number = dialect.json_number(session, T.said, "most")
    assert session.scalars(sa.select(number).order_by(T.id)).all() == [3, 2.5, None, None]
    assert ids(session, dialect.json_text(session, T.said, "kind") == "a") == [1]


def test_moments_as_days_and_as_numpy_reads_them(session: Session) -> None:
    late = datetime(2026, 5, 1, 16, 0, tzinfo=UTC)
    before = late - timedelta(milliseconds=250)
    for number, at in ((1, late), (2, before)):
        session.connection().execute(sa.update(TRIAL).where(T.id == number), {"at": at})
    day = dialect.beijing_day(session, T.at)
    assert session.scalars(sa.select(day).order_by(T.id).limit(2)).all() == [
        "2026-05-02", "2026-05-01"
    ]  # fmt: skip
    given = session.scalars(sa.select(dialect.as_numpy_reads(session, T.at)).order_by(T.id))
    read = np.array(given.all()[:2], "datetime64[us]")
    assert read.tolist() == [late.replace(tzinfo=None), before.replace(tzinfo=None)]


def test_phrases_in_the_index_of_words(database: Database, campaign: CampaignView) -> None:
    pieces = {1: ["ab", "bc", "", "cd"], 2: ["bc", "ab"], 3: ["abx"]}
    whole, begins = (["ab", "bc"], ""), ([], "c")
    each = [sa.select(sa.literal(number).label("id")) for number in (1, 2, 3)]
    proposals = sa.union_all(*each).subquery("proposal")

    def found(session: Session, *phrases: dialect.Phrase) -> list[int]:
        condition = dialect.has_phrases(session, phrases)
        return sorted(session.scalars(sa.select(proposals.c.id).where(condition)))

    with Session(database._writing_engine) as session:
        dialect.index_pieces(session, pieces)
        dialect.index_pieces(session, {3: ["ab", "bc", "cd"]})
        dialect.index_pieces(session, {})
        assert found(session, whole) == [1, 3]
        assert found(session, whole, begins) == [1, 3]
        assert found(session, (["bc", "cd"], "")) == [3]
        session.rollback()


def test_tables_as_they_are_declared(session: Session) -> None:
    """Partial and spatial indexes are where they can be; numbers are given once."""
    tables = Base.metadata.tables
    names = {index["name"] for index in sa.inspect(session.connection()).get_indexes("proposal")}
    assert "uq_proposal_receipt" in names
    assert ("ix_proposal_geometry" in names) == (dialect.name_of(session) == "postgresql")
    for table in (Proposal, AuditEntry, Contact, Message):
        options = tables[table.__tablename__].dialect_options["sqlite"]
        assert options["autoincrement"] is True
    dialect.renew_statistics(session, "proposal")


def test_the_writer_of_one_process_waits_for_that_of_another(database: Database) -> None:
    """On SQLite a writer's transaction is alone; PostgreSQL is asked for a lock."""
    engine = database._writing_engine
    with engine.begin() as connection:
        dialect.hold_alone(connection, 77)
        assert not dialect.is_undone(connection)
        if dialect.name_of(engine) == "postgresql":
            with database.engine.connect() as other:
                free = sa.text("SELECT pg_try_advisory_xact_lock(77)")
                assert other.scalar(free) is False
        else:
            connection.exec_driver_sql("ROLLBACK")
            assert dialect.is_undone(connection)
            connection.exec_driver_sql("BEGIN")
