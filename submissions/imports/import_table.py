"""Bringing in proposals that were collected elsewhere: a table of points with their text.

The coordinate is kept as stated, with its stated system, and converted exactly. A row that cannot
be taken is named in the report with its reason; none is dropped silently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from core.batches import in_parts
from core.dialect import renew_statistics
from core.errors import NotFoundError, WrongStateError
from layers.communities.communities import community_index
from people.access.actor import Actor
from people.access.permissions import Act, check_may, check_may_somewhere
from people.audit.record import record
from submissions.campaigns.jurisdiction import where_of_campaign
from submissions.campaigns.models import Campaign
from submissions.imports.row_reader import ImportColumns, ImportedRow, Refusal, TableReader
from submissions.participation.personal_words import is_personal
from submissions.proposals.models import Proposal
from submissions.proposals.receipt_codes import new_public_id
from submissions.proposals.states import HeldReason, Status

_PROPOSAL: Table = Proposal.__table__  # type: ignore[assignment]
_STORED_AT_ONCE = 5_000
_MANY = 1_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportReport:
    """What became of every row: rows = imported + repeated + refused.

    Of the imported, ``held`` lie outside the campaign's area or have words that look personal, and
    are not counted: ``held_rows`` has their rows, from 1, with the ``HeldReason``.
    ``outside_communities`` lie in the area but in no community.
    """

    rows: int
    imported: int
    repeated: int
    held: int
    outside_communities: int
    held_rows: tuple[tuple[int, str], ...]
    refused: tuple[Refusal, ...]

    @property
    def outside(self) -> int:
        """How many lie outside the campaign's area."""
        return sum(why == HeldReason.OUTSIDE for _, why in self.held_rows)

    @property
    def personal(self) -> int:
        """How many have words that look personal."""
        return sum(why == HeldReason.PERSONAL for _, why in self.held_rows)

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows were refused for which reason."""
        return dict(Counter(refusal.reason for refusal in self.refused).most_common())


def import_proposals(
    session: Session,
    actor: Actor,
    campaign_id: int,
    frame: gpd.GeoDataFrame,
    *,
    columns: ImportColumns,
    crs: str | None = None,
    now: datetime,
    progress: Progress | None = None,
) -> ImportReport:
    """Import points into a campaign; a row imported before is not imported again.

    ``frame`` holds points in the CRS it states; ``crs`` overrules that, as it must for
    ``"GCJ-02"`` and ``"BD-09"``. A point outside the area is held, and so are words that look
    personal; an empty or over-long text, a
    missing point, an unknown category or relation, an unreadable time, an answer that cannot be,
    and an id that stands there twice are refused. ``progress`` is told rows done and rows in all.

    Raises ``NotAllowedError``, ``NotFoundError``, ``WrongStateError`` for a draft,
    ``BadFileError`` for a missing column, ``AnswerError`` for a column of a question that is not
    asked, ``geo.crs.MissingCrsError`` and ``UnknownCrsError``.
    """
    check_may_somewhere(actor, Act.IMPORT, action="import_proposals")
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFoundError(kind="campaign", id=campaign_id)
    check_may(actor, Act.IMPORT, where_of_campaign(campaign), action="import_proposals")
    if campaign.published_at is None:
        raise WrongStateError(status="draft", wanted="imported")
    reader = TableReader(campaign, frame, columns, crs, now)
    taken, refused = reader.read()
    rows = _unknown_rows(session, campaign_id, taken)
    _place(session, campaign, rows)
    _name(session, rows)
    import_key = new_public_id()
    for row in rows:
        row.values["import_key"] = import_key
    for start in range(0, len(rows), _STORED_AT_ONCE):
        part = [row.values for row in rows[start : start + _STORED_AT_ONCE]]
        session.connection().execute(insert(_PROPOSAL), part)
        if progress is not None:
            progress(start + len(part), len(rows))
    if len(rows) >= _MANY:
        renew_statistics(session, _PROPOSAL.name)
    held = tuple(
        (row.number, row.values["held_reason"])
        for row in rows
        if row.values["status"] == Status.HELD
    )
    report = ImportReport(
        rows=len(frame),
        imported=len(rows),
        repeated=len(taken) - len(rows),
        held=len(held),
        outside_communities=sum(
            row.values["community_code"] is None and row.values["status"] != Status.HELD
            for row in rows
        ),
        held_rows=held,
        refused=tuple(refused),
    )
    details: dict[str, Any] = {"imported": report.imported, "held": report.held}
    details |= {"refused": report.reasons, "import_key": import_key}
    record(session, actor, "imported", now=now, campaign_id=campaign_id, details=details)
    return report


def _unknown_rows(session: Session, campaign_id: int, rows: list[ImportedRow]) -> list[ImportedRow]:
    """Leave out the rows that an earlier import brought."""
    table = _PROPOSAL.c
    known: set[str] = set()
    for part in in_parts([row.values["client_token"] for row in rows]):
        known |= set(
            session.scalars(
                select(table.client_token).where(
                    table.campaign_id == campaign_id,
                    table.client_token.in_(part),
                    table.receipt.is_(None),
                )
            )
        )
    return [row for row in rows if row.values["client_token"] not in known]


def _place(session: Session, campaign: Campaign, rows: list[ImportedRow]) -> None:
    """Set each row's status and community."""
    longitudes = np.array([row.values["longitude"] for row in rows], dtype=float)
    latitudes = np.array([row.values["latitude"] for row in rows], dtype=float)
    shapely.prepare(campaign.area)
    inside = shapely.intersects_xy(campaign.area, longitudes, latitudes)
    codes = community_index(session, campaign.edition).locate(longitudes, latitudes)
    accepted = Status.PUBLISHED if campaign.publish_on_filing else Status.RECEIVED
    for row, lies_inside, code in zip(rows, inside.tolist(), codes, strict=True):
        held = _why_held(campaign, row, lies_inside=lies_inside)
        row.values["status"] = str(accepted if held is None else Status.HELD)
        row.values["held_reason"] = None if held is None else str(held)
        row.values["community_code"] = code
        row.values["published_at"] = (
            row.values["created"] if row.values["status"] == Status.PUBLISHED else None
        )


def _why_held(campaign: Campaign, row: ImportedRow, *, lies_inside: bool) -> HeldReason | None:
    if is_personal(campaign.questions, row.values["text"], row.values["answers"]):
        return HeldReason.PERSONAL
    return None if lies_inside else HeldReason.OUTSIDE


def _name(session: Session, rows: list[ImportedRow]) -> None:
    """Give each row a public id that no other proposal has."""
    unnamed = rows
    used: set[str] = set()
    while unnamed:
        for row in unnamed:
            row.values["public_id"] = new_public_id()
        taken: set[str] = set()
        for part in in_parts([row.values["public_id"] for row in unnamed]):
            names = select(_PROPOSAL.c.public_id).where(_PROPOSAL.c.public_id.in_(part))
            taken |= set(session.scalars(names))
        again = []
        for row in unnamed:
            name = row.values["public_id"]
            if name in taken or name in used:
                again.append(row)
            used.add(name)
        unnamed = again
