"""The trail cannot be changed, and whoever changes it nevertheless is found out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.database import Database
from people.access.actor import OPERATOR, Actor
from people.audit import hash_chain
from people.audit.hash_chain import ChainFault, ChainVerdict, Fault, Walk, is_guarded, seal_all
from people.audit.models import AuditEntry, AuditSeal
from people.audit.record import record
from people.audit.sealer import Watch
from tests.conftest import NOW
from tests.examples import examples
from tests.people.audit.tampering import tamper, unguarded

LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _small_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_chain, "MOST_IDS", 4)


def write(database: Database, count: int, *, since: int = 0) -> list[int]:
    """Record some entries and return their ids."""

    def go(session: Session) -> list[int]:
        for n in range(since, since + count):
            who = Actor(f"device {n}", account_id=n) if n % 2 else OPERATOR
            record(
                session,
                who,
                "status_changed",
                now=NOW + timedelta(seconds=n),
                campaign_id=n % 3 or None,
                proposal_id=n,
                details={"from": "held", "to": "published", "reason": f"第{n}条", "n": n},
            )
        return list(session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))

    return database.write(go)


@pytest.fixture
def ids(database: Database) -> list[int]:
    """Give ten entries under three seals, and two entries that no seal covers yet."""
    write(database, 10)
    seal_all(database, now=LATER)
    return write(database, 2, since=10)


def walked(session: Session, expect: str = "", *, seals: int = 2) -> ChainVerdict:
    walk = Walk(expect)
    while not walk.done:
        walk.step(session, seals=seals)
    return walk.verdict(session)


def verdict(database: Database, expect: str = "") -> ChainVerdict:
    with database.reading() as session:
        return walked(session, expect)


def found(database: Database, expect: str = "") -> ChainFault | None:
    return verdict(database, expect).finding


def test_the_database_refuses_to_change_the_trail(database: Database, ids: list[int]) -> None:
    for table in (AuditEntry, AuditSeal):
        for change in (
            update(table).values(id=table.id + 1000),
            update(table).where(table.id < 0).values(at=LATER),
            delete(table).where(table.id >= 0),
        ):
            if "id <" in str(change) and database.engine.dialect.name == "sqlite":
                continue  # where no row is concerned, SQLite asks no trigger
            with pytest.raises(IntegrityError, match="append-only"):
                database.write(lambda session, change=change: session.execute(change) and None)
        name = table.__tablename__
        other = {
            "sqlite": f"INSERT OR REPLACE INTO {name} SELECT * FROM {name}",
            "postgresql": f"TRUNCATE {name}",
        }[database.engine.dialect.name]
        with pytest.raises(IntegrityError, match="append-only"):
            database.write(lambda session, other=other: session.execute(text(other)) and None)
    assert verdict(database).unbroken


def test_an_unbroken_chain_tells_how_far_it_reaches(database: Database, ids: list[int]) -> None:
    told = verdict(database)
    assert (told.unbroken, told.guarded, told.finding) == (True, True, None)
    assert (told.seals, told.entries, told.unsealed) == (3, 10, 2)
    assert told.unsealed_since == NOW + timedelta(seconds=10)
    assert told.newest is not None
    assert (told.newest.number, told.newest.last_id, told.newest.at) == (3, ids[9], LATER)
    assert seal_all(database, now=LATER) == 2
    assert seal_all(database, now=LATER) == 0
    assert (verdict(database).seals, verdict(database).unsealed) == (4, 0)


def test_an_empty_trail_is_unbroken(database: Database) -> None:
    assert seal_all(database, now=NOW) == 0
    told = verdict(database)
    assert (told.unbroken, told.newest, told.seals, told.unsealed) == (True, None, 0, 0)


def test_the_digests_are_what_the_formula_says(database: Database, ids: list[int]) -> None:
    """Computed once more, by hand, from the rows."""

    def moment(at: datetime) -> str:
        return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"

    def as_json(value: Any) -> str:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    previous, after = "", 0
    with database.reading() as session:
        for seal in session.scalars(select(AuditSeal).order_by(AuditSeal.id)):
            entries = session.scalars(
                select(AuditEntry)
                .where(AuditEntry.id > after, AuditEntry.id <= seal.last_id)
                .order_by(AuditEntry.id)
            ).all()
            lines = [as_json([seal.first_id, seal.last_id, len(entries), moment(seal.at)])]
            for e in entries:
                key, about = e.actor_key, (e.campaign_id, e.proposal_id)
                lines.append(
                    as_json([e.id, moment(e.at), key, e.account_id, e.action, *about, e.details])
                )
            told = "".join(f"{line}\n" for line in [previous, *lines])
            assert seal.digest == sha256(told.encode()).hexdigest()
            previous, after = seal.digest, seal.last_id
    assert after == ids[9]


def test_every_column_of_an_entry_is_sealed() -> None:
    assert set(hash_chain.FIELDS) == {column.name for column in AuditEntry.__table__.columns}


_numbers = st.none() | st.integers(1, 10**6)
_words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_json: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=6,
)
_moments = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
ENTRY_CHANGES: dict[str, Any] = {
    "id": st.integers(-5, -1) | st.integers(10**12, 10**12 + 5),
    "at": _moments,
    "actor_key": st.none() | _words,
    "account_id": _numbers,
    "action": _words,
    "campaign_id": _numbers,
    "proposal_id": _numbers,
    "details": st.dictionaries(_words, _json, max_size=3),
}
SEAL_CHANGES: dict[str, Any] = {
    "id": st.integers(-5, 0) | st.integers(4, 10**6),
    "first_id": st.integers(-5, 10**6),
    "last_id": st.integers(-5, 10**6),
    "entries": st.integers(0, 20),
    "marks": st.binary(max_size=20),
    "digest": _words,
    "at": _moments,
}
_any_change = st.one_of(
    *(st.tuples(st.just((AuditEntry, name)), new) for name, new in ENTRY_CHANGES.items()),
    *(st.tuples(st.just((AuditSeal, name)), new) for name, new in SEAL_CHANGES.items()),
)


@settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(change=_any_change, place=st.integers(0, 9))
def test_any_single_change_is_found(
    database: Database, ids: list[int], change: tuple[Any, Any], place: int
) -> None:
    (table, name), new = change
    number = ids[place] if table is AuditEntry else place % 3 + 1
    with unguarded(database, keep=False) as session:
        row = session.scalars(select(table).where(table.id == number)).one()
        assume(json.dumps(getattr(row, name), default=str) != json.dumps(new, default=str))
        wanted_row = update(table).where(table.id == number).values({name: new})
        session.execute(wanted_row, execution_options={"synchronize_session": False})
        told = walked(session).finding
    assert told is not None
    if table is AuditEntry and name == "id":
        wanted = (Fault.ENTRY_PUT_IN, new) if new < 0 else (Fault.ENTRY_REMOVED, number)
        assert (told.fault, told.number) == wanted
    elif table is AuditEntry:
        assert told == ChainFault(Fault.ENTRY_ALTERED, number)
    elif name in {"entries", "digest", "at"}:
        assert told == ChainFault(Fault.SEAL_ALTERED, number)


def test_a_removed_entry_is_named(database: Database, ids: list[int]) -> None:
    tamper(database, "DELETE FROM audit WHERE id = :id", id=ids[5])
    assert found(database) == ChainFault(Fault.ENTRY_REMOVED, ids[5])


def test_the_first_of_several_is_named(database: Database, ids: list[int]) -> None:
    tamper(database, "UPDATE audit SET action = 'x' WHERE id IN (:a, :b)", a=ids[7], b=ids[6])
    tamper(database, "DELETE FROM audit WHERE id = :id", id=ids[8])
    assert found(database) == ChainFault(Fault.ENTRY_ALTERED, ids[6])


def test_an_entry_slipped_in_between_is_named(database: Database) -> None:
    """Ids have gaps on PostgreSQL, within a seal and between two of them."""

    def put(*numbers: int) -> None:
        entries = [{"id": n, "at": NOW, "action": "x", "details": {}} for n in numbers]
        database.write(lambda session: session.execute(insert(AuditEntry), entries) and None)

    base = 10**9
    put(base + 1, base + 3)
    seal_all(database, now=NOW)
    put(base + 20, base + 22)
    seal_all(database, now=NOW)
    assert verdict(database).unbroken
    for number in (-7, base, base + 2, base + 9, base + 21):
        with unguarded(database, keep=False) as session:
            row = {"id": number, "at": NOW, "action": "x", "details": {}}
            session.execute(insert(AuditEntry), row)
            assert walked(session).finding == ChainFault(Fault.ENTRY_PUT_IN, number)


@pytest.mark.parametrize("number", [1, 2])
def test_a_seal_removed_from_the_middle_is_named(
    database: Database, ids: list[int], number: int
) -> None:
    tamper(database, "DELETE FROM audit_seal WHERE id = :id", id=number)
    assert found(database) == ChainFault(Fault.SEAL_REMOVED, number)


def test_a_cut_off_end_is_found_by_a_digest_kept_elsewhere(
    database: Database, ids: list[int]
) -> None:
    newest = verdict(database).newest
    assert newest is not None
    assert found(database, newest.digest.upper()) is None
    tamper(database, "DELETE FROM audit_seal WHERE id = 3")
    tamper(database, "DELETE FROM audit WHERE id > :id", id=ids[7])
    assert found(database) is None  # what is left holds together
    assert found(database, newest.digest) == ChainFault(Fault.DIGEST_MISSING)
    write(database, 3)
    seal_all(database, now=LATER)
    assert verdict(database).seals == 3
    assert found(database, newest.digest) == ChainFault(Fault.DIGEST_MISSING)


def test_a_chain_made_anew_is_found_by_a_digest_kept_elsewhere(
    database: Database, ids: list[int]
) -> None:
    seal_all(database, now=LATER)
    with database.reading() as session:
        kept = session.scalars(select(AuditSeal.digest).order_by(AuditSeal.id)).all()
    tamper(database, "DELETE FROM audit_seal")
    tamper(database, "UPDATE audit SET action = 'x' WHERE id = :id", id=ids[6])
    seal_all(database, now=LATER)
    assert found(database) is None
    assert found(database, kept[0]) is None  # what was before the change is the same
    for digest in kept[1:]:
        assert found(database, digest) == ChainFault(Fault.DIGEST_MISSING)


def test_an_older_digest_is_met_though_seals_came_after(database: Database, ids: list[int]) -> None:
    with database.reading() as session:
        digests = session.scalars(select(AuditSeal.digest).order_by(AuditSeal.id)).all()
    seal_all(database, now=LATER)
    for digest in digests:
        assert found(database, digest) is None
    assert found(database, "0" * 64) == ChainFault(Fault.DIGEST_MISSING)


def test_missing_guards_are_told(database: Database, ids: list[int]) -> None:
    switch_off = {
        "sqlite": "DROP TRIGGER audit_no_update",
        "postgresql": "ALTER TABLE audit DISABLE TRIGGER audit_append_only",
    }[database.engine.dialect.name]
    with unguarded(database, keep=False) as session:
        if database.engine.dialect.name == "postgresql":
            assert is_guarded(session)
            session.execute(text(switch_off))
        assert not is_guarded(session)
    with database.reading() as session:
        assert is_guarded(session)


def test_what_cannot_be_read_any_more_is_named(database: Database, ids: list[int]) -> None:
    """SQLite takes anything for a moment or for JSON."""
    if database.engine.dialect.name != "sqlite":
        return
    for change, wanted in (
        (f"UPDATE audit SET details = '{{' WHERE id = {ids[6]}", (Fault.ENTRY_ALTERED, ids[6])),
        (f"UPDATE audit SET at = 'never' WHERE id = {ids[2]}", (Fault.ENTRY_ALTERED, ids[2])),
        (f"UPDATE audit SET account_id = 'x' WHERE id = {ids[0]}", (Fault.ENTRY_ALTERED, ids[0])),
        ("UPDATE audit_seal SET at = 'never' WHERE id = 2", (Fault.SEAL_ALTERED, 2)),
        ("UPDATE audit_seal SET first_id = 'x' WHERE id = 3", (Fault.SEAL_ALTERED, 3)),
        ("UPDATE audit_seal SET marks = 'x' WHERE id = 1", (Fault.SEAL_ALTERED, 1)),
    ):
        with unguarded(database, keep=False) as session:
            session.execute(text(change))
            assert walked(session, seals=50).finding == ChainFault(*wanted), change


def test_a_long_past_is_sealed_in_pieces(database: Database) -> None:
    write(database, 30)
    assert seal_all(database, now=NOW, most_seals=2) == 8
    assert verdict(database).unsealed == 22
    assert seal_all(database, now=NOW) == 22
    assert verdict(database).unbroken


def test_a_refused_change_leaves_no_seal_over_nothing(database: Database) -> None:
    write(database, 3)

    def fail(session: Session) -> None:
        record(session, OPERATOR, "lost", now=NOW)
        hash_chain.seal_next(session, now=NOW)
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        database.write(fail)
    assert verdict(database).seals == 0
    seal_all(database, now=NOW)
    assert verdict(database).entries == 3


def test_the_watch_seals_checks_and_notices(database: Database, ids: list[int]) -> None:
    watch = Watch(database)
    assert watch.checked is None
    watch.look(now=LATER)
    assert watch.checked is not None
    assert watch.checked.whole
    assert watch.checked.verdict.entries == 12
    write(database, 5)
    watch.look(now=LATER)
    assert watch.checked.verdict.entries == 17
    tamper(database, "UPDATE audit SET action = 'x' WHERE id = :id", id=ids[1])
    watch.look(now=LATER)  # it has been there already and comes again in a day
    assert watch.checked.verdict.unbroken
    watch.look(now=LATER + timedelta(hours=25))
    assert watch.checked.verdict.finding == ChainFault(Fault.ENTRY_ALTERED, ids[1])
    assert watch.check(now=LATER).verdict.finding == ChainFault(Fault.ENTRY_ALTERED, ids[1])
