"""A layer of points as a Mapbox Vector Tile, encoded for all points at once.

Each point is a feature of a few dozen bytes. These are laid out side by side in a table of bytes,
a row a point, with a mask of which are there; the table read row by row is the layer. A tile of
73,000 points takes 20 ms of CPU so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Units along a side of a tile.
EXTENT = 4096
Ints = NDArray[np.int64]
#: Texts as bytes (dtype S), or whole numbers from 0 on.
Column = NDArray[Any]


def point_layer(
    name: str,
    x: Ints,
    y: Ints,
    columns: Mapping[str, Column],
    *,
    distinct: Collection[str] = (),
) -> bytes:
    """Return a tile's bytes with one layer of points; tiles are joined by putting them in a row.

    ``x``, ``y``: from 0 to below ``EXTENT``, east and south. ``columns``: the properties, at most
    127 of them, as long as ``x``; an empty text is no property of that point. Of a ``distinct`` one
    no two values are the same, and none is empty. Returns b"" without points.
    """
    if not len(x):
        return b""
    tables = [
        (column, np.arange(len(column)), np.ones(len(column), np.bool_))
        if key in distinct
        else _told(column)
        for key, column in columns.items()
    ]
    parts, tables_of_values, first = [], [], 0
    for key, (values, which, is_there) in enumerate(tables):
        tables_of_values.append(values)
        parts.append(_Tag(key, np.where(is_there, which + first, 0), is_there))
        first += len(values)
    body = _features(parts, x, y)
    keys = b"".join(_field(3, text.encode()) for text in columns)
    values_told = b"".join(one for table in tables_of_values for one in _values(table))
    layer = b"".join(
        (
            b"\x78\x02",
            _field(1, name.encode()),
            body,
            keys,
            values_told,
            b"\x28" + _varint(EXTENT),
        )
    )
    return _field(3, layer)


def _told(column: Column) -> tuple[Column, Ints, NDArray[np.bool_]]:
    """Return the values that are told, which of them each row has, and whether it has one."""
    if column.dtype.kind != "S":
        values, which = np.unique(column, return_inverse=True)
        return values, which, np.ones(len(column), np.bool_)
    which = np.full(len(column), -1, np.int64)
    found: list[bytes] = []
    rest = np.flatnonzero(column != b"")
    while len(rest):  # a few values at most, each looked for among what is left
        same = column[rest] == column[rest[0]]
        which[rest[same]] = len(found)
        found.append(bytes(column[rest[0]]))
        rest = rest[~same]
    return np.array(found, dtype=column.dtype), which, which >= 0


def _features(tags: Sequence[_Tag], x: Ints, y: Ints) -> bytes:
    """Return the features as fields of a layer."""
    number = len(x)
    tagged = sum(
        (tag.is_there * (1 + _sizes(tag.which)) for tag in tags), np.zeros(number, np.int64)
    )
    across, down = x * 2, y * 2
    placed = 1 + _sizes(across) + _sizes(down)
    # Three keys of fields, the kind of geometry, and both packed parts with their lengths.
    inner = 4 + _sizes(tagged) + tagged + _sizes(placed) + placed
    table = _Table(number, 10 * len(tags) + 40)
    table.put_constant(0x12)
    table.put(inner)
    table.put_constant(0x12)
    table.put(tagged)
    for tag in tags:
        table.put_constant(tag.key, tag.is_there)
        table.put(tag.which, tag.is_there)
    for constant in (0x18, 0x01, 0x22):
        table.put_constant(constant)
    table.put(placed)
    table.put_constant(9)
    table.put(across)
    table.put(down)
    return table.told()


@dataclass(frozen=True)
class _Tag:
    """A property: the number of its key, that of its value for each point, and who has one."""

    key: int
    which: Ints
    is_there: NDArray[np.bool_]


class _Table:
    """Bytes side by side, a row a feature, and which of them are there."""

    def __init__(self, number: int, wide: int) -> None:
        self._bytes = np.zeros((number, wide), np.uint8)
        self._there = np.zeros((number, wide), np.bool_)
        self._at = 0

    def put_constant(self, value: int, is_there: NDArray[np.bool_] | bool = True) -> None:
        """Put one byte, the same in each row."""
        self._bytes[:, self._at] = value
        self._there[:, self._at] = is_there
        self._at += 1

    def put(self, values: Ints, is_there: NDArray[np.bool_] | bool = True) -> None:
        """Put numbers in groups of seven bits, the lowest first."""
        rest, has = values, np.broadcast_to(np.asarray(is_there), values.shape)
        while True:
            further = rest > 0x7F
            self._bytes[:, self._at] = (rest & 0x7F) | (further * 0x80)
            self._there[:, self._at] = has
            self._at += 1
            rest, has = rest >> 7, has & further
            if not further.any():
                return

    def told(self) -> bytes:
        """Return the table read row by row."""
        bytes_, there = self._bytes[:, : self._at], self._there[:, : self._at]
        return bytes_[there].tobytes()


def _sizes(values: Ints) -> Ints:
    """Return how many bytes each number takes."""
    found = np.ones(len(values), np.int64)
    rest = values >> 7
    while rest.any():
        found += rest > 0
        rest = rest >> 7
    return found


def _varint(value: int) -> bytes:
    table = _Table(1, 10)
    table.put(np.array([value], np.int64))
    return table.told()


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _values(table: Column) -> list[bytes]:
    """Return values as fields of a layer; texts of one length all at once."""
    if table.dtype.kind == "S":
        sizes = np.char.str_len(table)
        if len(table) and sizes[0] < 120 and (sizes == sizes[0]).all():
            return [_texts(table, int(sizes[0]))]
        return [_field(4, _field(1, bytes(one))) for one in table.tolist()]
    return [_field(4, b"\x28" + _varint(int(one))) for one in table.tolist()]


def _texts(table: Column, size: int) -> bytes:
    letters = np.ascontiguousarray(table).view(np.uint8).reshape(len(table), -1)[:, :size]
    head = np.array([0x22, size + 2, 0x0A, size], np.uint8)
    return np.hstack([np.broadcast_to(head, (len(table), 4)), letters]).tobytes()
