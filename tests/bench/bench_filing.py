"""How many proposals a second, and how long each waits: ``python -m tests.bench.bench_filing``.

Many threads file through ``Database.write`` and ``file_proposal``; the peer in the same run does
the same with one transaction per filing and no queue, on the same kind of database. PostGIS is
durable here (fsync on), as SQLite is.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.orm import Session

from core.database import Database, make_engine, migrate
from core.group_writer import WRITER_LOCK
from people.access.actor import Actor
from submissions.participation.filing import Receipt, file_proposal
from submissions.participation.proposal_draft import DraftProposal
from tests.conftest import make_campaign
from tests.postgis import NoPostgisError, postgis

WRITERS = (1, 8, 32)
File = Callable[[Callable[[Session], Receipt]], Receipt]


def bare(engine: Any) -> File:
    """Return what files in a transaction of its own, without the queue."""

    def file(fn: Callable[[Session], Receipt]) -> Receipt:
        with Session(engine) as session, session.begin():
            if engine.dialect.name == "postgresql":
                session.execute(text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"))
            return fn(session)

    return file


def measure(file: File, campaign_id: int, *, writers: int, seconds: float) -> list[float]:
    """Return how long each filing took, in seconds."""
    rng = np.random.default_rng(7)
    places = rng.uniform((116.3001, 40.0201), (116.3399, 40.0599), (4096, 2)).tolist()
    end = time.perf_counter() + seconds
    took: list[list[float]] = [[] for _ in range(writers)]

    def resident(number: int) -> None:
        actor, count = Actor(uuid4().hex), number
        while time.perf_counter() < end:
            lon, lat = places[count % len(places)]
            count += writers
            text = f"第 {count} 个人说:门口停车太乱。"
            draft = DraftProposal(uuid4().hex, lon, lat, "bike_parking", text, "lives")
            start = time.perf_counter()
            file(lambda s, d=draft: file_proposal(s, actor, campaign_id, d, now=datetime.now(UTC)))
            took[number].append(time.perf_counter() - start)

    threads = [threading.Thread(target=resident, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [each for part in took for each in part]


def describe(took: list[float], seconds: float) -> str:
    """Return rate, median and 99th percentile in one line."""
    p50, p99 = np.percentile(took, (50, 99)) * 1000
    return f"{len(took) / seconds:7.0f}/s  p50 {p50:7.1f} ms  p99 {p99:7.1f} ms"


def compare(name: str, url: URL, *, seconds: float) -> None:
    """Print the figures of one kind of database."""
    migrate(url)
    database = Database(url)
    campaign_id = make_campaign(database).id
    engine = make_engine(url, writing=True)
    with engine.connect():
        pass
    measure(database.write, campaign_id, writers=4, seconds=0.5)
    for writers in WRITERS:
        ours = measure(database.write, campaign_id, writers=writers, seconds=seconds)
        theirs = measure(bare(engine), campaign_id, writers=writers, seconds=seconds)
        print(f"{name:8} {writers:3} writers  grouped {describe(ours, seconds)}")
        print(f"{name:8} {writers:3} writers  bare    {describe(theirs, seconds)}", end="")
        print(f"  ratio {len(ours) / max(len(theirs), 1):.1f}", flush=True)
    database.close()
    engine.dispose()


@contextmanager
def _places(folder: str) -> Iterator[list[tuple[str, URL]]]:
    places = [("SQLite", URL.create("sqlite", database=str(Path(folder) / "bench.sqlite")))]
    try:
        with postgis() as address:
            yield [*places, ("PostGIS", _fresh(make_url(address)))]
    except NoPostgisError as error:
        print(error)
        yield places


def _fresh(server: URL) -> URL:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE bench")
    engine.dispose()
    return server.set(database="bench")


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each measurement")
    parser.add_argument("--folder", help="where the SQLite file goes; default: a temporary one")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as folder,
        _places(folder) as places,
    ):
        for name, url in places:
            compare(name, url, seconds=options.seconds)


if __name__ == "__main__":
    main()
