"""Rows as text that the database writes itself, a thousand at a time; for SQLite and PostgreSQL.

A row that becomes values in Python, and these a text again, takes many times as long. What only
Python can write is a hole in the text: ``HOLE``, a letter that says of which kind it is, what it is
made of, ``HOLE``. Beside ``core.dialect`` this is the home of SQL that differs by database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy import type_coerce as as_type
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session

from core.dialect import POSTGRES, name_of

#: Stands in no text that people write (``core.text.storable``), nor in JSON.
HOLE = "\x01"
Numbers = NDArray[np.int64]
Piece = str | ColumnElement[Any]
#: Writes what stands in holes of one kind, all those of a block at once.
Filler = Callable[[Sequence[bytes]], Sequence[str]]


def line(where: Session, pieces: Sequence[Piece]) -> ColumnElement[str]:
    """Return a text of pieces: texts as they stand, columns in their place; null is nothing."""
    columns = [one for one in pieces if not isinstance(one, str)]
    form = "".join(one.replace("%", "%%") if isinstance(one, str) else "%s" for one in pieces)
    made = func.format if name_of(where) == POSTGRES else func.printf
    return as_type(made(sa.literal(form, Text), *columns), Text)


def hole(kind: str, of: ColumnElement[Any]) -> list[Piece]:
    """Return a hole of a kind (one letter), made of a text without control characters."""
    return [HOLE + kind, of, HOLE]


def json_string(where: Session, text: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a text as JSON, null for none."""
    if name_of(where) == POSTGRES:
        return func.coalesce(cast(func.to_json(cast(text, Text)), Text), "null")
    return as_type(func.json_quote(text), Text)


def rounded(where: Session, number: Any, digits: int) -> ColumnElement[float]:
    """Return a number rounded as ``numpy.round`` does: multiplied, half to even, divided."""
    scale = sa.literal(10.0**digits, sa.Double)
    scaled = as_type(number, sa.Double) * scale
    if name_of(where) == POSTGRES:
        whole: ColumnElement[Any] = func.round(scaled)
    else:
        near = as_type(func.round(scaled), sa.Double)
        even = as_type(func.round(scaled / 2.0), sa.Double) * 2.0
        whole = sa.case((func.abs(near - scaled) == 0.5, even), else_=near)
    told = as_type(whole, sa.Double) / scale + sa.literal(0.0, sa.Double)  # no negative zero
    return sa.case((number.is_not(None), as_type(told, sa.Double)))


def second(where: Session, moment: Any) -> list[Piece]:
    """Return a moment as ISO 8601 in UTC, to the second."""
    if name_of(where) == POSTGRES:
        return [func.to_char(func.timezone("UTC", moment), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')]
    told = as_type(moment, Text)
    return [func.substr(told, 1, 10), "T", func.substr(told, 12, 8), "Z"]


def hex_of_shape(where: Session, shape: Any) -> ColumnElement[str]:
    """Return a geometry as WKB in hexadecimal digits."""
    if name_of(where) == POSTGRES:
        return as_type(func.encode(func.ST_AsBinary(shape), "hex"), Text)
    return as_type(func.hex(as_type(shape, sa.LargeBinary)), Text)


def hex_of_text(where: Session, text: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the UTF-8 of a text in hexadecimal digits."""
    if name_of(where) == POSTGRES:
        return as_type(func.encode(func.convert_to(text, "UTF8"), "hex"), Text)
    return as_type(func.hex(text), Text)


def is_plain(
    where: Session, text: ColumnElement[Any], *, first: str, never: str
) -> ColumnElement[bool]:
    """Return that a text begins with one of some letters and has none of others in it.

    Both list letters and ranges (``a-z``) as a class of a regular expression does.
    """
    told = as_type(text, Text)
    if name_of(where) == POSTGRES:
        return told.op("~", is_comparison=True)(f"^[{first}][^{never}]*$")
    begins = told.op("GLOB", is_comparison=True)(f"[{first}]*")
    return sa.and_(begins, ~told.op("GLOB", is_comparison=True)(f"*[{never}]*"))


def joined(
    where: Session, text: ColumnElement[Any], between: str, *, order: ColumnElement[Any]
) -> ColumnElement[str]:
    """Return the texts of all rows as one; ``order`` is that of the rows they are read from."""
    if name_of(where) == POSTGRES:
        return func.string_agg(text, aggregate_order_by(sa.literal(between, Text), order))
    return func.group_concat(text, between)


def whole_text(
    where: Session, text: ColumnElement[Any], order: ColumnElement[Any]
) -> ColumnElement[Any]:
    """Return the texts of all rows, one behind the other, as ``bytes_of`` takes it."""
    told = joined(where, text, "", order=order)
    return (
        told if name_of(where) == POSTGRES else as_type(cast(told, sa.LargeBinary), sa.LargeBinary)
    )


def bytes_of(found: str | bytes | None) -> bytes:
    """Return a ``whole_text`` as UTF-8; nothing of no rows."""
    return (found or "").encode() if not isinstance(found, bytes) else found


def numbers_of(session: Session, column: Any, *conditions: ColumnElement[bool]) -> Numbers:
    """Return whole numbers of the rows that meet conditions, ascending."""
    told = joined(session, cast(column, Text), ",", order=column)
    statement = select(told).where(*conditions)
    found = session.connection().execute(statement).scalar() or ""
    numbers: Numbers = np.fromstring(found, np.int64, sep=",") if found else np.zeros(0, np.int64)
    return np.sort(numbers)


def among_sorted(
    where: Session, column: Any, numbers: Sequence[int]
) -> tuple[ColumnElement[bool], dict[str, Any]]:
    """Return that a number is one of some, ascending, and the values of its parameters.

    It is the same condition for all that leave none out between the first and the last.
    """
    if numbers[-1] - numbers[0] < len(numbers):
        return every_between(column), {"first": numbers[0], "last": numbers[-1]}
    return one_of(where, column), {"numbers": listed(where, numbers)}


def every_between(column: Any) -> ColumnElement[bool]:
    """Return that a number is between the parameters ``first`` and ``last``, both included."""
    first, last = (sa.bindparam(name, type_=sa.BigInteger) for name in ("first", "last"))
    return column.between(first, last)


def one_of(where: Session, column: Any) -> ColumnElement[bool]:
    """Return that a number is one of the parameter ``numbers``, as ``listed`` writes them."""
    given = sa.bindparam("numbers", type_=Text)
    if name_of(where) == POSTGRES:
        return column.in_(select(func.unnest(cast(given, ARRAY(sa.BigInteger)))))
    return column.in_(select(func.json_each(given).table_valued("value").c.value))


def listed(where: Session, numbers: Sequence[int]) -> str:
    """Return numbers as ``one_of`` takes them."""
    told = ",".join(map(str, numbers))
    return f"{{{told}}}" if name_of(where) == POSTGRES else f"[{told}]"


class Holes:
    """Fills the holes of blocks of text; what is made of the same again and again is kept.

    ``fillers`` by kind; of ``keep`` kinds at most ``most`` are kept.
    """

    def __init__(self, fillers: dict[str, Filler], *, keep: str, most: int = 50_000) -> None:
        self._fillers = {kind.encode(): fill for kind, fill in fillers.items()}
        self._keep, self._most = keep.encode(), most
        self._known: dict[bytes, bytes] = {}

    def fill(self, block: bytes) -> bytes:
        """Return a block of text with its holes filled."""
        mark = HOLE.encode()
        if mark not in block:
            return block
        pieces = block.split(mark)
        known, holes = self._known, pieces[1::2]
        told = self._written([one for one in set(holes) if one not in known])
        pieces[1::2] = [known[one] if one in known else told[one] for one in holes]
        return b"".join(pieces)

    def _written(self, holes: Sequence[bytes]) -> dict[bytes, bytes]:
        told: dict[bytes, bytes] = {}
        for kind, fill in self._fillers.items():
            mine = [one for one in holes if one[:1] == kind]
            written = fill([one[1:] for one in mine]) if mine else []
            made = {one: text.encode() for one, text in zip(mine, written, strict=True)}
            told |= made
            if kind in self._keep and len(self._known) + len(made) <= self._most:
                self._known |= made
        return told
