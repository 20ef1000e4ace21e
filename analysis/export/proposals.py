"""Proposals of a selection as a typed frame: the columns of the dictionary, then the answers.

They are read column by column, and what many proposals have in common is worked out once: that is
what makes a million of them a matter of seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.orm import Session

from analysis.export.answer_columns import AnswerColumns
from analysis.export.typed_columns import typed
from analysis.models import ProposalTheme
from analysis.selection import Selection, chosen
from analysis.themes.theme_index import reading_state
from core.batches import in_parts
from core.dialect import as_numpy_reads
from core.reading.row_text import among_sorted, numbers_of
from geo.crs import WGS84
from layers.export.data_dictionary import PROPOSALS, Column
from submissions.campaigns import questionnaire
from submissions.proposals.models import Proposal
from submissions.proposals.queries import DRAWN_SHAPE, CampaignView

_ROWS_AT_ONCE = 20_000
_KINDS = ("point", "line", "area")


def proposal_columns(campaign: CampaignView, more: Sequence[Column] = ()) -> list[Column]:
    """Return the columns of a campaign's proposals: the dictionary's, ``more``, the answers'."""
    return [*PROPOSALS, *more, *questionnaire.columns(campaign.asked_ever)]


def proposal_frame(session: Session, selection: Selection) -> gpd.GeoDataFrame:
    """Return a selection's proposals in the order of filing, EPSG:4326, index from 0.

    Geometry is what was marked: the pin, a drawn line or an area. Lengths are metres, areas square
    metres. Nothing of a person is in it. Raises what ``analysis.selection.chosen`` raises.
    """
    return pd.concat(list(proposal_frames(session, selection)), ignore_index=True)


def proposal_frames(session: Session, selection: Selection) -> Iterator[gpd.GeoDataFrame]:
    """Yield ``proposal_frame`` in parts, so that memory holds one at a time; at least one part."""
    yield from frames_where(session, selection.campaign, chosen(session, selection))


def frames_where(
    session: Session, campaign: CampaignView, where: Sequence[ColumnElement[bool]]
) -> Iterator[gpd.GeoDataFrame]:
    """Yield the proposals that meet conditions in parts, as ``proposal_frames`` does.

    The conditions say what may be seen: campaign and state among them.
    """
    reader = _Reader(session, campaign)
    for read in read_columns(session, where):
        yield reader.frame(read)


class _Read(NamedTuple):
    """What was read of a part: each a column. ``drawn``: a shape, None where the pin says all."""

    number: Sequence[int]
    id: Sequence[str]
    category: Sequence[str]
    text: Sequence[str]
    relation: Sequence[str]
    placed_by: Sequence[str]
    community_code: Sequence[str | None]
    edition: Sequence[str]
    supports: Sequence[int]
    entry: Sequence[str]
    stage: Sequence[str | None]
    longitude: Sequence[float]
    latitude: Sequence[float]
    length_m: Sequence[float | None]
    area_m2: Sequence[float | None]
    created: Sequence[Any]
    answers: Sequence[str]
    drawn: Sequence[Any] = ()


def read_columns(session: Session, where: Sequence[ColumnElement[bool]]) -> Iterator[_Read]:
    """Yield what is stored, in the order of filing, part by part; at least one part.

    Which they are is asked first: rows are then read in the order in which they lie.
    """
    columns = (
        Proposal.id,
        Proposal.public_id,
        *(getattr(Proposal, name) for name in _Read._fields[2:15]),
        as_numpy_reads(session, Proposal.created),
        cast(Proposal.answers, Text),
        DRAWN_SHAPE,
    )
    some = False
    for part in in_parts(numbers_of(session, Proposal.id, *where).tolist(), _ROWS_AT_ONCE):
        some = True
        within, given = among_sorted(session, Proposal.id, part)
        statement = select(*columns).where(within).order_by(Proposal.id)
        rows = session.connection().execute(statement, given).all()
        yield _Read(*zip(*rows, strict=True))
    if not some:
        yield _Read(*[()] * len(columns))


class _Reader:
    """Makes frames of what is read."""

    def __init__(self, session: Session, campaign: CampaignView) -> None:
        self._session, self._slug = session, campaign.slug
        self._columns = proposal_columns(campaign)
        self._answers = AnswerColumns(campaign)
        self._read_to = reading_state(session).read_to

    def frame(self, read: _Read) -> gpd.GeoDataFrame:
        """Return a typed frame; what many proposals have in common is worked out once."""
        found = self._told(read)
        kinds = {one.name: one.kind for one in self._columns}
        codes, different = _different(read.answers)
        told = [self._answers.of(text) for text in different]
        for number, name in enumerate(("why_another", *self._answers.names)):
            values = typed([one[number] for one in told], kinds[name])
            found[name] = pd.Series(values.array.take(codes))
        made = {
            n: found[n] if isinstance(found[n], pd.Series) else typed(found[n], k)
            for n, k in kinds.items()
        }
        shapes = _shapes(found["longitude"], found["latitude"], read.drawn)
        return gpd.GeoDataFrame(pd.DataFrame(made), geometry=shapes, crs=WGS84)

    def _told(self, read: _Read) -> dict[str, Any]:
        """Return the columns of the dictionary but ``why_another``."""
        found: dict[str, Any] = read._asdict()
        for name, digits in (("length_m", 2), ("area_m2", 2), ("longitude", 7), ("latitude", 7)):
            found[name] = _numbers(found[name], digits)
        alike = pd.array([self._slug], dtype=pd.StringDtype("pyarrow"))
        found["campaign"] = pd.Series(alike.take(np.zeros(len(read.number), np.int64)))
        found["created"] = _moments(read.created)
        found["kind"] = _kinds(found["length_m"], found["area_m2"])
        found["themes"] = self._themes(np.array(read.number, np.int64))
        return found

    def _themes(self, numbers: NDArray[np.int64]) -> list[str | None]:
        """Return the codes of each proposal's themes; None where they are not read yet."""
        if not len(numbers):
            return []
        within = ProposalTheme.proposal_id.between(int(numbers[0]), int(numbers[-1]))
        rows = self._session.connection().execute(
            select(ProposalTheme.proposal_id, ProposalTheme.theme).where(within)
        )
        found: dict[int, list[str]] = {}
        for number, theme in rows:
            found.setdefault(number, []).append(theme)
        told = {number: " ".join(sorted(themes)) for number, themes in found.items()}
        return [told.get(n, "") if n <= self._read_to else None for n in numbers.tolist()]


def _column(values: Any, kind: str) -> pd.Series:
    return values if isinstance(values, pd.Series) else typed(values, kind)


def _different(texts: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the number of each text among the different ones, and these."""
    coded = pa.array(texts, pa.large_string()).dictionary_encode()
    return coded.indices.to_numpy(zero_copy_only=False), coded.dictionary.to_pylist()


def _numbers(values: Sequence[Any], digits: int) -> NDArray[np.float64]:
    return np.asarray(np.round(np.array(values, np.float64), digits), np.float64)


def _moments(values: Sequence[Any]) -> pa.Array:
    """Return moments, as ``as_numpy_reads`` gives them, in ISO 8601 in UTC, to the second."""
    if len(values) and isinstance(values[0], str):
        said = pa.array(values, pa.string())
        day, clock = pc.utf8_slice_codeunits(said, 0, 10), pc.utf8_slice_codeunits(said, 11, 19)
        return pc.binary_join_element_wise(day, "T", clock, "Z", "")
    microseconds = np.array([int(value) for value in values], np.int64)
    told = np.datetime_as_string((microseconds // 1_000_000).astype("datetime64[s]"))
    return pa.array(np.char.add(told, "Z").tolist(), pa.string())


def _kinds(length: NDArray[np.float64], area: NDArray[np.float64]) -> list[str]:
    """Name what was marked, by what of it was measured."""
    lines = np.where(np.isnan(length), *_KINDS[:2])
    kinds: list[str] = np.where(np.isnan(area), lines, _KINDS[2]).tolist()
    return kinds


def _shapes(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64], drawn: Sequence[Any]
) -> NDArray[np.object_]:
    shapes = np.asarray(shapely.points(longitude, latitude), dtype=object).reshape(-1)
    for number, shape in enumerate(drawn):
        if shape is not None:
            shapes[number] = shape
    return shapes
