"""Reading whole campaigns: tables for analysis, batches for export, the feed of the map's pins.

Only what is published leaves here. Geometry is WGS 84 (EPSG:4326).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    func,
    select,
)
from sqlalchemy.orm import Session

from analysis.themes.theme_index import reading_state, themes_of
from core.dialect import as_numpy_reads
from core.errors import NotFoundError
from geo.crs import WGS84
from layers.communities.communities import community_frame
from submissions.campaigns.models import Campaign
from submissions.campaigns.questionnaire import asked_ever, public_keys
from submissions.proposals.merged_family import people_behind
from submissions.proposals.models import Proposal
from submissions.proposals.queries import DRAWN_SHAPE

#: What proposals must meet, campaign and state among it (``analysis.selection``).
Where = Sequence[ColumnElement[bool]]


class PublishedRow(NamedTuple):
    """One published proposal as it is handed out; ``id`` is its public id, WGS 84 degrees.

    ``longitude`` and ``latitude`` are its pin. ``geometry`` is a drawn line, with its ``length_m``,
    or a drawn area, with its ``area_m2``; None where the pin says all. ``answers`` are those to
    the campaign's questions, never to a private one. ``themes`` are the codes of its themes, in the
    order of the alphabet, a space between two; None while they have not been read.
    """

    id: str
    longitude: float
    latitude: float
    category: str
    text: str
    relation: str
    placed_by: str
    community_code: str | None
    edition: str
    supports: int
    created: datetime
    geometry: Any
    length_m: float | None
    area_m2: float | None
    entry: str
    stage: str | None
    answers: dict[str, Any]
    themes: str | None


@dataclass(frozen=True)
class CommunityCounts:
    """Published proposals per community of the campaign's edition, and what lies beside them.

    ``frame``: EPSG:4326, ordered by code; columns code, edition, name, name_en, subdistrict,
    population, area_km2, proposals, people, one per category, per_1000 (per 1,000 residents; null
    without population), per_km2, answered (to how many the office has said something),
    answered_share (0 to 1; null without proposals), geometry. ``outside`` lie in the area but in no
    community. How much waits or is hidden stands in nothing that the public is told.
    """

    frame: gpd.GeoDataFrame
    outside: int
    people: int

    @property
    def nbytes(self) -> int:
        """How many bytes it takes; the shapes are the edition's, which holds them anyway."""
        return int(self.frame.memory_usage(deep=True).sum())


_GATHERED_COLUMNS = (
    Proposal.id,
    Proposal.public_id,
    Proposal.longitude,
    Proposal.latitude,
    Proposal.category,
    Proposal.author_key,
)
_ROW_COLUMNS = (
    Proposal.id,
    Proposal.public_id,
    Proposal.longitude,
    Proposal.latitude,
    Proposal.category,
    Proposal.text,
    Proposal.relation,
    Proposal.placed_by,
    Proposal.community_code,
    Proposal.edition,
    Proposal.supports,
    Proposal.created,
    DRAWN_SHAPE,
    Proposal.length_m,
    Proposal.area_m2,
    Proposal.entry,
    Proposal.stage,
    Proposal.answers,
)


def gathered_frame(session: Session, where: Where) -> gpd.GeoDataFrame:
    """Return what hotspots are found from: the proposals that meet conditions, by public id.

    Columns number (the internal id), category, person (the hashed author: for counting people in
    analysis, never for handing on), created (UTC), geometry: the pin, EPSG:4326. In the order of
    filing.
    """
    created = as_numpy_reads(session, Proposal.created)
    statement = select(*_GATHERED_COLUMNS, created).where(*where)
    rows = session.connection().execute(statement.order_by(Proposal.id)).all()
    columns: Any = zip(*rows, strict=True) if rows else [()] * (len(_GATHERED_COLUMNS) + 1)
    number, public_id, longitude, latitude, category_, person, moments = columns
    table = pd.DataFrame(
        {
            "number": np.array(number, np.int64),
            "category": pd.Series(category_, dtype="str"),
            "person": pd.Series(person, dtype="str"),
            "created": pd.DatetimeIndex(np.array(moments, "datetime64[us]"), tz="UTC"),
        }
    )
    points = shapely.points(np.array(longitude, np.float64), np.array(latitude, np.float64))
    table.index = pd.Index(public_id, dtype="str")
    return gpd.GeoDataFrame(table, geometry=points, crs=WGS84)


def stream_published(
    session: Session,
    campaign_id: int,
    where: Where,
    *,
    batch: int = 5_000,
    most: int | None = None,
) -> Iterator[list[PublishedRow]]:
    """Yield a campaign's proposals that meet conditions in lists of ``batch`` rows, as filed.

    Nothing of a person is in them. Memory holds one batch at a time. ``most``: the first of them.
    """
    told = _told_keys(session, campaign_id)
    statement = select(*_ROW_COLUMNS).where(*where).order_by(Proposal.id).limit(most)
    options = {"stream_results": True, "yield_per": batch}
    result = session.connection().execute(statement, execution_options=options)
    for rows in result.partitions():
        themes = _themes(session, [row[0] for row in rows])
        yield [
            PublishedRow._make([*row[1:-1], _told(row[-1], told), themes[row[0]]]) for row in rows
        ]


def _themes(session: Session, ids: Sequence[int]) -> dict[int, str | None]:
    """Return the themes of proposals by internal id, as files have them."""
    found, read_to = themes_of(session, ids), reading_state(session).read_to
    return {n: " ".join(sorted(found.get(n, {}))) if n <= read_to else None for n in ids}


def _told_keys(session: Session, campaign_id: int) -> frozenset[str]:
    """Return the questions whose answers leave, those asked before too."""
    stored = select(Campaign.questions, Campaign.former_questions).where(Campaign.id == campaign_id)
    row = session.execute(stored).one_or_none()
    return public_keys(asked_ever(*row) if row else [])


def _told(answers: dict[str, Any], keys: Collection[str]) -> dict[str, Any]:
    return {key: answer for key, answer in answers.items() if key in keys}


def community_counts(session: Session, campaign_id: int, where: Where) -> CommunityCounts:
    """Count the proposals that meet conditions, and the people behind them, per community.

    It is done in the database. Raises ``NotFoundError`` for the campaign.
    """
    campaign = session.execute(
        select(Campaign.edition, Campaign.categories).where(Campaign.id == campaign_id)
    ).one_or_none()
    if campaign is None:
        raise NotFoundError(kind="campaign", id=campaign_id)
    keys = [entry["key"] for entry in campaign.categories]
    frame = community_frame(session, campaign.edition)
    per_category, answered, outside = _counts(session, where, frame["code"], keys)
    people, everyone = _people(session, campaign_id, where), people_of(session, campaign_id, where)
    areas_km2 = frame["area_km2"]
    shapes = frame.pop("geometry")
    frame["proposals"] = per_category.sum(axis=1)
    frame["people"] = [people.get(code, 0) for code in frame["code"]]
    for position, key in enumerate(keys):
        frame[key] = per_category[:, position]
    population = frame["population"].astype("Float64")
    frame["per_1000"] = (frame["proposals"] * 1000 / population.mask(population == 0)).astype(
        "Float64"
    )
    frame["per_km2"] = frame["proposals"] / areas_km2
    frame["answered"] = answered
    proposals = frame["proposals"].astype("Float64")
    frame["answered_share"] = (answered / proposals.mask(proposals == 0)).astype("Float64")
    return CommunityCounts(
        frame=gpd.GeoDataFrame(frame, geometry=shapes, crs=WGS84),
        outside=outside,
        people=everyone,
    )


def _counts(
    session: Session, where: Where, codes: pd.Series, keys: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return proposals by community (rows) and category (columns), those answered, those outside.

    Those answered are by community; those outside lie in none.
    """
    group = Proposal.community_code, Proposal.category
    statement = select(*group, func.count(), func.count(Proposal.stage)).where(*where)
    row_of = {code: position for position, code in enumerate(codes)}
    column_of = {key: position for position, key in enumerate(keys)}
    counts = np.zeros((len(row_of), len(column_of)), dtype=np.int64)
    answered = np.zeros(len(row_of), dtype=np.int64)
    outside = 0
    for code, key, number, told in session.execute(statement.group_by(*group)):
        if code in row_of:
            counts[row_of[code], column_of[key]] += number
            answered[row_of[code]] += told
        else:
            outside += number
    return counts, answered, outside


def people_of(session: Session, campaign_id: int, where: Where) -> int:
    """Count the people behind the proposals that meet conditions, and what was joined with them."""
    everyone = select(func.count(people_behind(campaign_id, None, where=where).c.person))
    return session.scalar(everyone) or 0


def _people(session: Session, campaign_id: int, where: Where) -> dict[str | None, int]:
    """Return the number of distinct authors per community."""
    there = people_behind(campaign_id, None, by_community=True, where=where).c
    by_code = select(there.community, func.count(there.person)).group_by(there.community)
    return dict(session.execute(by_code).all())
