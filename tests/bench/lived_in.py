"""A filled database as a desk has it: words, answers, states, photos, comments, copies of texts.

Each proposal of ``filled`` gets the words, the answers and the relation of a demonstration proposal
near it. A part waits or is held, some are answered, supported, pictured, commented or reported. On
one coordinate stand ``STACKED`` proposals, as an address that a geocoder filled in brings about,
``COPIES`` of them with the same words.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree  # type: ignore[import-untyped]
from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from core.database import Database
from core.dialect import renew_statistics
from data.campaigns import demo_proposals
from submissions.participation.models import Comment, Photo, Report
from submissions.proposals.models import Proposal
from tests.bench.filled import BUSY, SLUG

STACKED, COPIES = 2_000, 60
COPY = "清河站西门的共享单车太多,把盲道都占了,请往旁边挪二十米"
_PROPOSAL: Table = Proposal.__table__  # type: ignore[assignment]
_NEAREST = 12


def live_in(database: Database, *, seed: int = 7) -> None:
    """Let a database of ``filled`` have been used for a while; the same each time."""
    database.write(lambda session: _live_in(session, np.random.default_rng(seed)))


def _live_in(session: Session, rng: np.random.Generator) -> None:
    rows = session.execute(
        select(Proposal.id, Proposal.longitude, Proposal.latitude, Proposal.category).order_by(
            Proposal.id
        )
    ).all()
    values = _said(rows, rng)
    for place, value in enumerate(values):
        value |= _state(place, rng)
    _stack(values[: min(STACKED, len(values) // 10)])
    statement = update(_PROPOSAL).where(_PROPOSAL.c.id == bindparam("row"))
    session.connection().execute(
        statement.values({name: bindparam(name) for name in values[0] if name != "row"}), values
    )
    _hang_on(session, [row.id for row in rows])
    for table in ("proposal", "photo", "comment", "report"):
        renew_statistics(session, table)


def _said(rows: Any, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return what the demonstration's neighbour of each proposal says, of the same category."""
    demo = demo_proposals(SLUG)
    values: list[dict[str, Any]] = [{} for _ in rows]
    for category, told in demo.groupby("category"):
        mine = [place for place, row in enumerate(rows) if row.category == category]
        tree = cKDTree(told[["longitude", "latitude"]])
        places = [(rows[place].longitude, rows[place].latitude) for place in mine]
        near = tree.query(places, k=_NEAREST)[1]
        chosen = near[np.arange(len(mine)), rng.integers(0, _NEAREST, len(mine))]
        of_demo = told.iloc[chosen][["text", "relation", "answers"]].itertuples(index=False)
        for place, said in zip(mine, of_demo, strict=True):
            row = rows[place]
            values[place] = {
                "row": row.id,
                "text": said.text,
                "relation": said.relation,
                "answers": said.answers,
                "longitude": row.longitude,
                "latitude": row.latitude,
                "geometry": shapely.Point(row.longitude, row.latitude),
            }
    return values


def _state(place: int, rng: np.random.Generator) -> dict[str, Any]:
    draw = float(rng.random())
    status = "received" if draw < 0.03 else "held" if draw < 0.05 else "published"
    answered = status == "published" and draw > 0.7
    return {
        "status": status,
        "held_reason": "repeated" if status == "held" else None,
        "stage": ("answered" if draw < 0.95 else "built") if answered else None,
        "supports": int(rng.geometric(0.6)) - 1 if status == "published" else 0,
    }


def _stack(values: list[dict[str, Any]]) -> None:
    for number, value in enumerate(values):
        value |= {"longitude": BUSY[0], "latitude": BUSY[1], "geometry": shapely.Point(*BUSY)}
        if number < COPIES:
            value["text"] = COPY


def _hang_on(session: Session, ids: list[int]) -> None:
    """Hang photos, comments and reports on some proposals, some of each waiting."""
    now = datetime(2026, 5, 1, tzinfo=UTC)
    photos = [
        {
            "name": f"{one:032x}",
            "proposal_id": one,
            "owner_key": "bench",
            "status": "waiting" if one % 7 == 0 else "published",
            "width": 1200,
            "height": 900,
            "size": 200_000,
            "digest": f"{one:064x}",
            "created": now,
            "phash": f"{one * 0x9E3779B97F4A7C15 % 2**64:016x}",
        }
        for one in ids[::20]
    ]
    comments = [
        {
            "public_id": f"b{number:07d}",
            "proposal_id": one,
            "author_key": "bench",
            "client_token": str(number),
            "text": json.dumps({"n": number}),
            "status": "received" if number % 5 == 0 else "published",
            "created": now,
            "updated": now,
        }
        for number, one in enumerate(ids[3::25])
    ]
    reports = [
        {
            "subject": f"proposal:{one}"[:20],
            "proposal_id": one,
            "reporter_key": "bench",
            "reason": "other",
            "text": "",
            "created": now,
        }
        for one in ids[5::200]
    ]
    for model, rows in ((Photo, photos), (Comment, comments), (Report, reports)):
        session.execute(insert(model), rows)
