"""Proposals of a selection as GeoJSON or CSV, which the database itself writes.

What only Python can write is a hole in its text and is filled here: answers, lines and areas, texts
that a table must guard. Columns and their order are those of ``analysis.export.proposals``, which
reads the same into frames.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from analysis.export.answer_columns import AnswerColumns
from analysis.export.proposals import proposal_frames
from analysis.models import ProposalTheme
from analysis.selection import Selection, ids
from analysis.themes.theme_index import reading_state
from core.dialect import by_letters
from core.reading.row_text import (
    HOLE,
    Filler,
    Holes,
    Numbers,
    Piece,
    bytes_of,
    every_between,
    hex_of_shape,
    hex_of_text,
    hole,
    is_plain,
    joined,
    json_string,
    line,
    listed,
    one_of,
    rounded,
    second,
    whole_text,
)
from geo.crs import WGS84
from geo.writing.csv_writer import HARMLESS_FIRST, QUOTED, csv_lines, csv_text
from geo.writing.geojson import rfc7946_shapes, shortest_numbers
from geo.writing.places_table import csv_pieces
from geo.writing.target_systems import IN_WGS84, TargetSystem, to_system
from layers.export.data_dictionary import PROPOSALS, names
from submissions.campaigns.questionnaire import WHY_ANOTHER
from submissions.proposals.models import Proposal
from submissions.proposals.queries import DRAWN

#: A block is a text of about a megabyte.
_ROWS_AT_ONCE = 2_000
DIGITS = 7
#: Between the two things that a hole for a shape is made of: the shape, and its pin.
_END = "\x02"
#: What people or offices wrote; what is one of few codes of ours.
_WORDS = ("category", "text", "community_code", "edition")
_CODES = ("relation", "placed_by", "entry", "stage")
_NUMBERS = {"longitude": DIGITS, "latitude": DIGITS, "length_m": 2, "area_m2": 2}
Columns = Mapping[str, ColumnElement[Any]]


def feature_blocks(
    session: Session, selection: Selection, *, pins_only: bool = False
) -> Iterator[bytes]:
    """Yield proposals as features of GeoJSON, ``,\\n`` behind each, in the order of filing.

    WGS 84, as ``geo.writing.feature_text.collection_of`` takes them. ``pins_only``: points alone,
    also where a line or an area was drawn. Raises what ``analysis.selection.chosen`` raises.
    """
    return _blocks(session, selection, _Features(selection, drawn=not pins_only))


def csv_blocks(
    session: Session, selection: Selection, system: TargetSystem = IN_WGS84
) -> Iterator[bytes]:
    """Yield proposals as a CSV in a system, its head first, in the order of filing.

    It is what ``geo.writing.places_table.csv_pieces`` writes of ``proposal_frames``; what is not in
    WGS 84 is reckoned row by row, which takes longer.
    """
    if system != IN_WGS84:
        frames = (to_system(one, system) for one in proposal_frames(session, selection))
        yield from (piece.encode() for piece in csv_pieces(frames, system))
        return
    form = _Cells(selection)
    yield csv_text([*names(PROPOSALS), *form.answers.names, "geometry"], []).encode()
    yield from _blocks(session, selection, form)


class _Form(ABC):
    """How proposals are written."""

    def __init__(self, selection: Selection, *, drawn: bool = True) -> None:
        self.answers, self.slug = AnswerColumns(selection.campaign), selection.campaign.slug
        self.drawn = drawn

    @abstractmethod
    def pieces(self, where: Session, row: Columns) -> list[Piece]:
        """Return the pieces of a proposal's line."""

    @abstractmethod
    def fill_answers(self, answers: Sequence[bytes]) -> list[str]:
        """Return what a line says of the answers at its end."""

    @abstractmethod
    def fill_why(self, answers: Sequence[bytes]) -> list[str]:
        """Return what it says of why another one is wanted."""

    @abstractmethod
    def fill_shapes(self, shapes: NDArray[np.object_]) -> list[str]:
        """Return lines and areas as they are written."""

    def fill_words(self, words: Sequence[bytes]) -> list[str]:
        """Return texts that the database cannot write as they must be."""
        return [_cells([bytes.fromhex(one.decode()).decode()]) for one in words]

    @property
    def holes(self) -> Holes:
        """What fills the holes of lines."""
        fillers: dict[str, Filler] = {
            "a": self.fill_answers,
            "y": self.fill_why,
            "w": self.fill_words,
            "g": self._shapes,
        }
        return Holes(fillers, keep="ay")

    def marked(self, row: Columns, pin: Sequence[Piece]) -> Sequence[Piece]:
        """Return the pin; a hole around it where a line or an area was marked."""
        if not self.drawn:
            return pin
        pinned = row["drawn"].is_(None)
        begins = case((pinned, ""), else_=literal(f"{HOLE}g") + row["drawn"] + literal(_END))
        return [begins, *pin, case((pinned, ""), else_=HOLE)]

    def _shapes(self, holes: Sequence[bytes]) -> list[str]:
        found = [one.partition(_END.encode())[0].decode() for one in holes]
        return self.fill_shapes(shapely.from_wkb(found))


class _Features(_Form):
    """Features of GeoJSON."""

    def pieces(self, where: Session, row: Columns) -> list[Piece]:
        """Return the pieces of a feature, with a comma and the end of a line behind."""
        pin: list[Piece] = [
            '{"type":"Point","coordinates":[',
            row["longitude"],
            ",",
            row["latitude"],
            "]}",
        ]
        values: dict[str, Sequence[Piece]] = {
            **{name: [json_string(where, row[name])] for name in (*_WORDS, "stage", "themes")},
            **{name: [func.coalesce(row[name], "null")] for name in ("length_m", "area_m2")},
            **{name: ['"', row[name], '"'] for name in (*_CODES[:3], "id", "kind")},
            "created": ['"', *second(where, row["created"]), '"'],
            "campaign": [_json(self.slug)],
            "why_another": [_why(where, row, "null")],
        }
        told: list[Piece] = ['{"type":"Feature","id":', *values["id"], ',"geometry":']
        told += [*self.marked(row, pin), ',"properties":']
        comma = "{"
        for name in names(PROPOSALS):
            told += [f'{comma}"{name}":', *(values[name] if name in values else [row[name]])]
            comma = ","
        return [*told, *_answers(row, self.answers), "}},\n"]

    def fill_answers(self, answers: Sequence[bytes]) -> list[str]:
        """Return members, each with a comma before it."""
        told = [
            dict(zip(self.answers.names, self.answers.of(one)[1:], strict=True)) for one in answers
        ]
        return [f",{_json(one)[1:-1]}" for one in told]

    def fill_why(self, answers: Sequence[bytes]) -> list[str]:
        """Return texts."""
        return [_json(self.answers.of(one)[0]) for one in answers]

    def fill_shapes(self, shapes: NDArray[np.object_]) -> list[str]:
        """Return geometries."""
        flat = rfc7946_shapes(gpd.GeoDataFrame(geometry=shapes, crs=WGS84), DIGITS)
        return [shortest_numbers(one) or "null" for one in shapely.to_geojson(flat)]


class _Cells(_Form):
    """Lines of a table."""

    def pieces(self, where: Session, row: Columns) -> list[Piece]:
        """Return the pieces of a line, its end behind."""
        pin: list[Piece] = ["POINT (", row["longitude"], " ", row["latitude"], ")"]
        values: dict[str, Sequence[Piece]] = {
            **{name: [_guarded(where, row[name])] for name in _WORDS},
            "created": second(where, row["created"]),
            "campaign": [_cells([self.slug])],
            "why_another": [_why(where, row, "")],
        }
        told: list[Piece] = []
        for name in names(PROPOSALS):
            told += [*(values[name] if name in values else [row[name]]), ","]
        answers = _answers(row, self.answers)
        return [*told[:-1], *answers, ",", *self.marked(row, pin), "\r\n"]

    def fill_answers(self, answers: Sequence[bytes]) -> list[str]:
        """Return cells, each with a comma before it."""
        return [f",{_cells(self.answers.of(one)[1:])}" for one in answers]

    def fill_why(self, answers: Sequence[bytes]) -> list[str]:
        """Return cells."""
        return [_cells(self.answers.of(one)[:1]) for one in answers]

    def fill_shapes(self, shapes: NDArray[np.object_]) -> list[str]:
        """Return well-known texts as cells."""
        return [_cells([one]) for one in shapely.to_wkt(shapes, rounding_precision=DIGITS)]


def _blocks(session: Session, selection: Selection, form: _Form) -> Iterator[bytes]:
    """Yield the lines of a selection, block by block, in the order of filing."""
    found, holes = ids(session, selection), form.holes
    read_to = reading_state(session).read_to
    # Made once: to say what is read takes longer than to read some hundred rows.
    in_a_row = _statement(session, form, every_between(Proposal.id), read_to)
    scattered = _statement(session, form, one_of(session, Proposal.id), read_to)

    def read(part: Sequence[int]) -> bytes:
        statement, given = in_a_row, dict[str, Any](first=part[0], last=part[-1], most=len(part))
        if part[-1] - part[0] >= len(part):  # others are between them
            statement, given = scattered, {"numbers": listed(session, part), "most": len(part)}
        return holes.fill(bytes_of(session.connection().execute(statement, given).scalar()))

    yield from map(read, _parts(found))


def _parts(numbers: Numbers) -> Iterator[list[int]]:
    for start in range(0, len(numbers), _ROWS_AT_ONCE):
        yield numbers[start : start + _ROWS_AT_ONCE].tolist()


def _statement(
    where: Session, form: _Form, wanted: ColumnElement[bool], read_to: int
) -> Select[Any]:
    """Return what reads the lines of wanted proposals as one text; at ``most`` so many."""
    read = select(*_read(where, drawn=form.drawn)).where(wanted).order_by(Proposal.id)
    # Limited it stays apart from what is made of it: numbers are rounded and told once.
    stored = read.limit(bindparam("most", type_=Integer)).subquery().c
    row: dict[str, ColumnElement[Any]] = dict(stored.items())
    row |= {"id": stored.public_id, "kind": _kind(row)}
    row["themes"] = _themes(where, stored.number, read_to)
    return select(whole_text(where, line(where, form.pieces(where, row)), stored.number))


def _read(where: Session, *, drawn: bool) -> Iterator[ColumnElement[Any]]:
    yield Proposal.id.label("number")
    for name in ("public_id", *_WORDS, *_CODES, "supports", "created"):
        yield getattr(Proposal, name)
    for name, digits in _NUMBERS.items():
        yield cast(rounded(where, getattr(Proposal, name), digits), Text).label(name)
    yield cast(Proposal.answers, Text).label("answers")
    if drawn:
        yield case((DRAWN, hex_of_shape(where, Proposal.geometry))).label("drawn")


def _themes(where: Session, number: ColumnElement[int], read_to: int) -> ColumnElement[Any]:
    """Return the codes of a proposal's themes, a space between; null where they are not read."""
    order = by_letters(where, ProposalTheme.theme)
    theirs = select(ProposalTheme.theme).where(ProposalTheme.proposal_id == number)
    theme = theirs.correlate_except(ProposalTheme).order_by(order).subquery().c.theme
    told = select(joined(where, theme, " ", order=by_letters(where, theme))).scalar_subquery()
    return case((number <= read_to, func.coalesce(told, "")))


def _kind(row: Columns) -> ColumnElement[str]:
    """Name what was marked, by what of it was measured."""
    area, length = row["area_m2"].is_not(None), row["length_m"].is_not(None)
    return case((area, "area"), (length, "line"), else_="point")


def _why(where: Session, row: Columns, none: str) -> ColumnElement[str]:
    said = row["answers"].like(f"%{WHY_ANOTHER}%")
    return case((said, line(where, hole("y", row["answers"]))), else_=none)


def _answers(row: Columns, answers: AnswerColumns) -> list[Piece]:
    return hole("a", row["answers"]) if answers.names else []


def _guarded(where: Session, words: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a text as a cell; a hole where it may have to be guarded."""
    bare = is_plain(where, words, first=HARMLESS_FIRST, never=QUOTED)
    quoted = is_plain(where, words, first=HARMLESS_FIRST, never=HOLE)
    within = line(where, ['"', func.replace(words, '"', '""'), '"'])
    guarded = line(where, hole("w", hex_of_text(where, words)))
    return case((words.is_(None), ""), (bare, words), (quoted, within), else_=guarded)


def _cells(values: Sequence[Any]) -> str:
    """Return cells as they stand in a line."""
    return csv_lines([[*values, 0]])[: -len(",0\r\n")]  # a cell alone is quoted when it is empty


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
