"""Which of very many proposals are alike: texts of neighbours, and photos, compared in arrays.

The likeness of two texts is that of ``analysis.nearby.text_likenesses``, to the last digit: a
text among its ``CANDIDATES`` nearest. Place has chosen them, so that the work grows with the number
of proposals and not with its square. Pure: no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

from analysis.nearby import CANDIDATES, RADIUS_M
from layers.gazetteer.pinyin import folded
from layers.gazetteer.trigram import piece_codes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Up to so many of the 64 bits apart, two photos may be the same one.
MOST_BITS = 7
PHOTO_RADIUS_M = 300.0
_BIGRAM = 1 << 42
_BAND_BITS, _BANDS = 16, 4
#: So many rows are compared together.
_AT_ONCE = 128
_SPOTS_AT_ONCE = 5_000
#: A part of a hash that so many photos share says nothing.
_MOST_SHARING = 200


class Pairs(NamedTuple):
    """Pairs of rows (``first`` < ``second``) and a value for each."""

    first: Ints
    second: Ints
    value: Floats


class _Pieces(NamedTuple):
    """The different pieces of all texts one after the other, and how often each has it.

    ``codes`` number the pieces of all texts from 0 to ``size``.
    """

    codes: Ints
    counts: Ints
    starts: Ints
    size: int


class _Near(NamedTuple):
    """The neighbours of all rows one after the other, the nearest first."""

    rows: Ints
    starts: Ints


def alike_texts(places: Floats, texts: Sequence[str], *, least: float) -> tuple[Pairs, int]:
    """Return the pairs of texts within ``RADIUS_M`` whose likeness is at least ``least``.

    ``places``: x and y in metres. Of the two likenesses of a pair, each among the neighbours of
    one, the larger counts. Of equally near neighbours the first rows are taken. Also returns how
    many comparisons were made.
    """
    text_of, distinct = pd.factorize(np.array(texts, dtype=object))
    pieces, near = _taken_apart(distinct.tolist()), _neighbours(places)
    found = [_alike(part, near, text_of, pieces, least) for part in _parts(places)]
    first, second, value = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((-value, second, first))
    first, second, value = first[order], second[order], value[order]
    best = _begins(first) | _begins(second)
    return Pairs(first[best], second[best], value[best]), len(near.rows)


def _parts(places: Floats) -> list[Ints]:
    """Return all rows in parts of neighbours, which share many pieces; none is an empty part."""
    order = np.lexsort((places[:, 0], np.floor(places[:, 1] / RADIUS_M)))
    return np.array_split(order, max(1, -(-len(order) // _AT_ONCE)))


def _alike(
    part: Ints, near: _Near, text_of: Ints, pieces: _Pieces, least: float
) -> tuple[Ints, Ints, Floats]:
    """Return the alike pairs that a part of the rows has with its neighbours, and how alike."""
    many = near.starts[part + 1] - near.starts[part]
    owner = np.repeat(np.arange(len(part)), many)
    others = near.rows[_ranges(near.starts[part], many)]
    value = _likenesses(text_of[part], owner, text_of[others], pieces)
    alike = value >= least
    mine, others = part[owner[alike]], others[alike]
    return np.minimum(mine, others), np.maximum(mine, others), value[alike]


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


def _neighbours(places: Floats) -> _Near:
    """Find for each row the rows nearest to it, at most ``CANDIDATES`` within ``RADIUS_M``.

    Of equally near ones the first. Rows on one spot are looked up once: a tree of points is slow
    where very many lie on each other, and says nothing of their order.
    """
    spots, spot_of = np.unique(places, axis=0, return_inverse=True)
    spot_of = spot_of.reshape(-1)
    by_spot = np.argsort(spot_of, kind="stable")
    starts = np.searchsorted(spot_of[by_spot], np.arange(len(spots) + 1))
    most = np.minimum(np.diff(starts), CANDIDATES + 1)
    owners, others = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for spot, around in _spots_around(spots):
        candidates = by_spot[_ranges(starts[around], most[around])]
        spot = np.repeat(spot, most[around])
        away = np.hypot(*(places[candidates] - spots[spot]).T)
        spot, candidates = _firsts(spot, candidates, away, most=CANDIDATES + 1)
        # What is around a spot is around each of its rows, but for the row itself.
        begins = np.searchsorted(spot, np.arange(len(spots) + 1))
        here = np.unique(spot)
        rows = by_spot[_ranges(starts[here], np.diff(starts)[here])]
        many = np.diff(begins)[spot_of[rows]]
        row = np.repeat(rows, many)
        other = candidates[_ranges(begins[spot_of[rows]], many)]
        row, other = row[row != other], other[row != other]
        kept = _place_in_run(row) < CANDIDATES
        owners.append(row[kept])
        others.append(other[kept])
    owner, other = np.concatenate(owners), np.concatenate(others)
    in_order = np.argsort(owner, kind="stable")
    return _Near(other[in_order], np.searchsorted(owner[in_order], np.arange(len(places) + 1)))


def _firsts(spots: Ints, rows: Ints, away: Floats, *, most: int) -> tuple[Ints, Ints]:
    """Return the nearest rows within the radius of each spot, of equally near ones the first."""
    order = np.lexsort((rows, away, spots))
    order = order[away[order] <= RADIUS_M]
    order = order[_place_in_run(spots[order]) < most]
    return spots[order], rows[order]


def _place_in_run(values: Ints) -> Ints:
    """Return for each value how many equal ones stand right before it."""
    numbers = np.arange(len(values))
    return numbers - np.maximum.accumulate(np.where(_begins(values), numbers, 0))


def _begins(values: Ints) -> NDArray[np.bool_]:
    """Tell for each value whether it differs from the one before it."""
    begins = np.ones(len(values), np.bool_)
    begins[1:] = values[1:] != values[:-1]
    return begins


def _spots_around(spots: Floats) -> Iterator[tuple[Ints, Ints]]:
    """Yield, part by part, pairs of a spot and one that may hold its ``CANDIDATES`` nearest rows.

    A spot is around itself. Where the last one is as far as others, all as far are given.
    """
    if not len(spots):
        return
    tree, most = cKDTree(spots), min(CANDIDATES + 2, len(spots))
    reach = RADIUS_M * (1 + 1e-9)
    for start in range(0, len(spots), _SPOTS_AT_ONCE):
        part = spots[start : start + _SPOTS_AT_ONCE]
        away, found = tree.query(part, k=[*range(1, most + 1)], distance_upper_bound=reach)
        known = found < len(spots)
        tied = known[:, -1] & (away[:, -1] <= away[:, -2:][:, 0] * (1 + 1e-9))
        known[tied & (len(spots) > most)] = False
        spot, around = [start + np.nonzero(known)[0]], [found[known]]
        for one in np.flatnonzero(tied & (len(spots) > most)).tolist():
            alike = tree.query_ball_point(part[one], away[one, -1] * (1 + 1e-9))
            spot.append(np.full(len(alike), start + one))
            around.append(np.array(alike, np.int64))
        yield np.concatenate(spot), np.concatenate(around)


def _taken_apart(texts: Sequence[str]) -> _Pieces:
    found, counts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for text in texts:
        plain = folded(text)
        all_pieces = np.concatenate([piece_codes(plain, 1), piece_codes(plain, 2) + _BIGRAM])
        pieces, times = np.unique(all_pieces, return_counts=True)
        found.append(pieces)
        counts.append(times)
    starts = np.cumsum([len(pieces) for pieces in found])
    different, codes = np.unique(np.concatenate(found), return_inverse=True)
    return _Pieces(codes.reshape(-1), np.concatenate(counts), starts, len(different))


def _likenesses(own: Ints, owner: Ints, texts: Ints, pieces: _Pieces) -> Floats:
    """Return the likeness of texts to those of their owners; see ``analysis.nearby``.

    ``own``: the text of each owner; ``owner``: to whose neighbours a text belongs. All that one
    owner has around it is weighed together, a text that stands there several times once.
    """
    everybody = np.arange(len(own))
    owners, said = np.concatenate([everybody, owner]), np.concatenate([own, texts])
    keys, entry, times_there = np.unique(
        owners * len(pieces.starts) + said, return_inverse=True, return_counts=True
    )
    of_owner, text = np.divmod(keys, len(pieces.starts))
    many = pieces.starts[text + 1] - pieces.starts[text]
    places = _ranges(pieces.starts[text], many)
    of_entry, times = np.repeat(np.arange(len(keys)), many), pieces.counts[places]
    cell, cells = _cells(pieces.codes[places], of_owner[of_entry], len(own), pieces.size)
    in_texts = np.bincount(cell, times_there[of_entry], cells)[cell]
    weight = np.log1p(np.bincount(owners, minlength=len(own))[of_owner[of_entry]] / in_texts)
    is_own = entry[: len(own)][of_owner[of_entry]] == of_entry
    own_times = np.zeros(cells, np.int64)
    own_times[cell[is_own]] = times[is_own]
    sizes = np.bincount(of_entry, weight * times, len(keys))
    shared = np.bincount(of_entry, weight * np.minimum(times, own_times[cell]), len(keys))
    product = np.sqrt(sizes * sizes[entry[: len(own)]][of_owner])
    likeness: Floats = np.divide(shared, product, out=np.zeros(len(keys)), where=product > 0)
    return likeness[entry[len(own) :]]


def _cells(codes: Ints, owners: Ints, owner_count: int, size: int) -> tuple[Ints, int]:
    """Number what is a piece among the texts of an owner, and say how many numbers there are."""
    seen = np.zeros(size, np.bool_)
    seen[codes] = True
    here = np.cumsum(seen) - 1
    width = int(here[-1]) + 1 if size else 0
    return owners * width + here[codes], owner_count * width


def _ranges(starts: Ints, many: Ints) -> Ints:
    """Return the numbers from each start on, so many of each, one after the other."""
    before = np.cumsum(many) - many
    return np.repeat(starts - before, many) + np.arange(int(many.sum()))
