"""Which of very many proposals are alike: texts of neighbours, and photos, compared in arrays.

The likeness of two texts is that of ``submissions.nearby.text_likenesses``, to the last digit: a
text among its ``CANDIDATES`` nearest. Place has chosen them, so that the work grows with the number
of proposals and not with its square. Pure: no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

from layers.grams import piece_codes
from layers.spelling import folded
from submissions.nearby import CANDIDATES, RADIUS_M

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Up to so many of the 64 bits apart, two photos may be the same one.
MOST_BITS = 7
PHOTO_RADIUS_M = 300.0
_BIGRAM = 1 << 42
_BAND_BITS, _BANDS = 16, 4
#: A part of a hash that so many photos share says nothing.
_MOST_SHARING = 200


class Pairs(NamedTuple):
    """Pairs of rows (``first`` < ``second``) and a value for each."""

    first: Ints
    second: Ints
    value: Floats


class _Pieces(NamedTuple):
    """The different pieces of all texts one after the other, and how often each has it."""

    codes: Ints
    counts: Ints
    starts: Ints

    def of(self, row: int) -> slice:
        return slice(int(self.starts[row]), int(self.starts[row + 1]))


def alike_texts(places: Floats, texts: Sequence[str], *, least: float) -> tuple[Pairs, int]:
    """Return the pairs of texts within ``RADIUS_M`` whose likeness is at least ``least``.

    ``places``: x and y in metres. Of the two likenesses of a pair, each among the neighbours of
    one, the larger counts. Also returns how many comparisons were made.
    """
    pieces = _taken_apart(texts)
    found: dict[tuple[int, int], float] = {}
    compared = 0
    for row, near in enumerate(_neighbours(places)):
        if not len(near):
            continue
        compared += len(near)
        likeness = _likenesses(pieces, row, near)
        for other in np.flatnonzero(likeness >= least).tolist():
            pair = (min(row, int(near[other])), max(row, int(near[other])))
            found[pair] = max(found.get(pair, 0.0), float(likeness[other]))
    rows = np.array(sorted(found), np.int64).reshape(-1, 2)
    values = np.array([found[pair] for pair in sorted(found)], np.float64)
    return Pairs(rows[:, 0], rows[:, 1], values), compared


def alike_photos(hashes: NDArray[np.uint64]) -> Pairs:
    """Return the pairs of photos whose hashes differ in at most ``MOST_BITS`` bits, with how many.

    Of 7 bits that differ, one of four parts of a hash has at most one: photos are looked up by
    each part, as it is and with one bit changed.
    """
    parts = [
        ((hashes >> np.uint64(band * _BAND_BITS)) & np.uint64(0xFFFF)).astype(np.int64)
        for band in range(_BANDS)
    ]
    changes = [0, *(1 << bit for bit in range(_BAND_BITS))]
    found = [_joined(part, change) for part in parts for change in changes]
    pairs = np.unique(np.concatenate(found), axis=0) if found else np.zeros((0, 2), np.int64)
    apart = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]).astype(np.float64)
    kept = apart <= MOST_BITS
    return Pairs(pairs[kept, 0], pairs[kept, 1], apart[kept])


def _joined(part: Ints, change: int) -> Ints:
    """Return the pairs of rows whose part of the hash is equal but for ``change``."""
    order = np.argsort(part, kind="stable")
    low = np.searchsorted(part[order], part ^ change, "left")
    sharing = np.searchsorted(part[order], part ^ change, "right") - low
    sharing[sharing > _MOST_SHARING] = 0
    first = np.repeat(np.arange(len(part)), sharing)
    within = np.arange(len(first)) - np.repeat(np.cumsum(sharing) - sharing, sharing)
    second = order[np.repeat(low, sharing) + within]
    kept = first < second
    return np.column_stack([first[kept], second[kept]])


def _neighbours(places: Floats) -> list[Ints]:
    """Return for each row the rows nearest to it, at most ``CANDIDATES`` within ``RADIUS_M``."""
    if len(places) < 2:
        return [np.zeros(0, np.int64)] * len(places)
    most = min(CANDIDATES + 2, len(places))
    _away, rows = cKDTree(places).query(places, k=most, distance_upper_bound=RADIUS_M)
    return [
        near[(near != row) & (near < len(places))][:CANDIDATES] for row, near in enumerate(rows)
    ]


def _taken_apart(texts: Sequence[str]) -> _Pieces:
    found, counts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for text in texts:
        plain = folded(text)
        all_pieces = np.concatenate([piece_codes(plain, 1), piece_codes(plain, 2) + _BIGRAM])
        pieces, times = np.unique(all_pieces, return_counts=True)
        found.append(pieces)
        counts.append(times)
    starts = np.cumsum([len(pieces) for pieces in found])
    return _Pieces(np.concatenate(found), np.concatenate(counts), starts)


def _likenesses(pieces: _Pieces, row: int, near: Ints) -> Floats:
    """Return the likeness of one text to each of its neighbours; see ``submissions.nearby``."""
    parts = [pieces.of(one) for one in (row, *near.tolist())]
    found = np.concatenate([pieces.codes[part] for part in parts])
    times = np.concatenate([pieces.counts[part] for part in parts])
    owner = np.repeat(np.arange(len(parts)), [part.stop - part.start for part in parts])
    if not len(found):
        return np.zeros(len(near))
    _, piece, in_texts = np.unique(found, return_inverse=True, return_counts=True)
    weight = np.log1p(len(parts) / in_texts)[piece]
    own = np.zeros(len(in_texts), np.int64)
    own[piece[owner == 0]] = times[owner == 0]
    sizes = np.bincount(owner, weight * times, len(parts))
    shared = np.bincount(owner, weight * np.minimum(times, own[piece]), len(parts))
    product = np.sqrt(sizes[0] * sizes[1:])
    likeness: Floats = np.divide(shared[1:], product, out=np.zeros(len(near)), where=product > 0)
    return likeness
