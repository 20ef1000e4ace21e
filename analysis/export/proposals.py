"""Proposals of a selection as a typed frame: the columns of the dictionary, then the answers.

They are read column by column, and what many proposals have in common is worked out once: that is
what makes a million of them a matter of seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from pydantic_core import from_json
from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.orm import Session

from analysis.export.typed_columns import arrow, typed
from analysis.models import ProposalTheme
from analysis.selection import Selection, chosen
from analysis.themes.theme_index import reading_state
from core.dialect import as_numpy_reads
from geo.crs import WGS84
from geo.writing.feature_text import FeaturePart
from layers.export.data_dictionary import PROPOSALS, Column
from submissions.campaigns import questionnaire
from submissions.proposals.models import Proposal
from submissions.proposals.queries import DRAWN_SHAPE, CampaignView

_ROWS_AT_ONCE = 20_000
#: So many different sets of answers are kept ready while a selection is read.
_MOST_ANSWERS = 50_000
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


def proposal_parts(
    session: Session, selection: Selection, *, pins_only: bool = False
) -> Iterator[FeaturePart]:
    """Yield the same as columns of Arrow, for text that is written many times faster.

    The answers are written already. ``pins_only``: points alone, also where a line or an area was
    drawn.
    """
    reader = _Reader(session, selection.campaign)
    for read in read_columns(session, chosen(session, selection), drawn=not pins_only):
        yield reader.part(read)


class _Read(NamedTuple):
    """What was read of a part: each a column. ``drawn`` (WKB) is None where the pin says all."""

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


def read_columns(
    session: Session, where: Sequence[ColumnElement[bool]], *, drawn: bool = True
) -> Iterator[_Read]:
    """Yield what is stored, in the order of filing, part by part; at least one part."""
    stored = (
        Proposal.id,
        Proposal.public_id,
        *(getattr(Proposal, name) for name in _Read._fields[2:15]),
        as_numpy_reads(session, Proposal.created),
        cast(Proposal.answers, Text),
    )
    columns = (*stored, DRAWN_SHAPE) if drawn else stored
    statement = select(*columns).where(*where).order_by(Proposal.id)
    options = {"stream_results": True, "yield_per": _ROWS_AT_ONCE}
    result = session.connection().execute(statement, execution_options=options)
    # As the driver gives them: no column of these needs more, and a row object each would take as
    # long as all the rest of the reading.
    some = False
    while rows := result.cursor_strategy.fetchmany(result, result.cursor, _ROWS_AT_ONCE):
        some = True
        yield _Read(*zip(*rows, strict=True))
    if not some:
        yield _Read(*[()] * len(columns))
    result.close()


class _Reader:
    """Makes frames, or columns of Arrow, of what is read."""

    def __init__(self, session: Session, campaign: CampaignView) -> None:
        self._session, self._slug = session, campaign.slug
        self._columns = proposal_columns(campaign)
        self._asked = campaign.asked_ever
        self._answers = [one.name for one in questionnaire.columns(campaign.asked_ever)]
        self._read_to = reading_state(session).read_to
        self._known: dict[str, tuple[Any, ...]] = {}

    def frame(self, read: _Read) -> gpd.GeoDataFrame:
        """Return a typed frame."""
        found = self._told(read)
        codes, different = _different(read.answers)
        told = [self._flat(text) for text in different]
        for name, values in zip(
            ("why_another", *self._answers), _turned(told, 1 + len(self._answers)), strict=True
        ):
            found[name] = pd.Series(values, dtype=object).take(codes).tolist()
        table = pd.DataFrame({one.name: typed(found[one.name], one.kind) for one in self._columns})
        shapes = _shapes(found["longitude"], found["latitude"], read.drawn)
        return gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84)

    def part(self, read: _Read) -> FeaturePart:
        """Return columns of Arrow; answers that many gave are written once."""
        found, rows = self._told(read), len(read.number)
        codes, different = _different(read.answers)
        told = [self._flat(text) for text in different]
        why = [one[0] for one in told]
        found["why_another"] = _few(codes, why)
        found["campaign"] = _few(np.zeros(rows, np.int64), [self._slug])
        drawn = np.where(np.isnan(found["length_m"]), 0, 1)
        drawn = np.where(np.isnan(found["area_m2"]), drawn, 2)
        found["kind"] = _few(drawn, list(_KINDS))
        columns = {one.name: arrow(found[one.name], one.kind) for one in PROPOSALS}
        tail = pa.array([self._written(one[1:]) for one in told], pa.large_string())
        xy, shapes = (found["longitude"], found["latitude"]), None
        if any(shape is not None for shape in read.drawn):
            shapes = _shapes(*xy, read.drawn)
        taken = tail.take(pa.array(codes)) if self._answers else None
        return FeaturePart(rows, columns, None if shapes is not None else xy, shapes, taken)

    def _written(self, answers: Sequence[Any]) -> str:
        told = dict(zip(self._answers, answers, strict=True))
        return f",{json.dumps(told, ensure_ascii=False, separators=(',', ':'))[1:-1]}"

    def _told(self, read: _Read) -> dict[str, Any]:
        """Return the columns of the dictionary but ``why_another``."""
        found: dict[str, Any] = read._asdict()
        for name, digits in (("length_m", 2), ("area_m2", 2), ("longitude", 7), ("latitude", 7)):
            found[name] = _numbers(found[name], digits)
        found["campaign"] = [self._slug] * len(read.number)
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

    def _flat(self, text: str) -> tuple[Any, ...]:
        """Return why another one is wanted, then the columns of the answers."""
        if (known := self._known.get(text)) is not None:
            return known
        answers = from_json(text) or {}
        flat = questionnaire.flat(self._asked, answers)
        made = answers.get(questionnaire.WHY_ANOTHER), *(flat[name] for name in self._answers)
        if len(self._known) < _MOST_ANSWERS:
            self._known[text] = made
        return made


def _few(codes: NDArray[np.int64], values: list[str | None]) -> pa.DictionaryArray:
    """Return a column of few values by their numbers."""
    told = pa.array(values, pa.large_string())
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), told)


def _different(texts: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the number of each text among the different ones, and these."""
    coded = pa.array(texts, pa.large_string()).dictionary_encode()
    return coded.indices.to_numpy(zero_copy_only=False), coded.dictionary.to_pylist()


def _turned(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[n] for row in rows] for n in range(width)]


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
            shapes[number] = shapely.from_wkb(shape)
    return shapes
