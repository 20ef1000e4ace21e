"""Which of many texts are nearly the same: to be proposed, never joined. Pure: no database.

A text is the set of its runs of three characters. MinHash (Broder 1997) brings texts with many
runs in common into one bucket; of these pairs the exact share of common characters, in order
(``rapidfuzz``: the normalised Indel similarity), decides. Deterministic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.fuzz import ratio

from core.folded_text import GAP, folded

#: From this share of common characters on two texts are near-copies, in percent.
ALIKE = 85.0
#: Texts shorter than this say the same by chance.
FEWEST_CHARACTERS = 6
_BANDS, _ROWS = 20, 3
_RUN = 3
_PRIME = np.uint64((1 << 61) - 1)
#: Of a bucket with more texts each is compared with the first of it alone.
_MOST_COMPARED = 40

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Copies:
    """Texts that are nearly the same, by their places among those given, in order."""

    places: tuple[int, ...]


def near_copies(texts: Sequence[str], *, alike: float = ALIKE) -> list[Copies]:
    """Return groups of near-copies, the largest first; ``alike`` in percent of common characters.

    Each text is in one group at most: pairs are joined to groups by their first text.
    """
    plain = [folded(text).replace(GAP, "") for text in texts]
    group_of: dict[int, int] = {}
    for one, other in sorted(set(_candidates(plain))):
        if group_of.get(other, other) == other and ratio(plain[one], plain[other]) >= alike:
            group_of[other] = group_of.get(one, one)
    members: dict[int, list[int]] = {}
    for place, first in sorted(group_of.items()):
        members.setdefault(first, [first]).append(place)
    found = [Copies(tuple(sorted(set(places)))) for places in members.values()]
    return sorted(found, key=lambda copies: (-len(copies.places), copies.places))


def _candidates(plain: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield pairs of texts that may be alike, the earlier first."""
    places = [n for n, text in enumerate(plain) if len(text) >= FEWEST_CHARACTERS]
    if len(places) < 2:
        return
    signatures = _signatures([plain[n] for n in places])
    for band in range(_BANDS):
        buckets: dict[bytes, list[int]] = {}
        for row, number in enumerate(places):
            key = signatures[row, band * _ROWS : (band + 1) * _ROWS].tobytes()
            buckets.setdefault(key, []).append(number)
        for bucket in buckets.values():
            if len(bucket) > _MOST_COMPARED:
                yield from ((bucket[0], other) for other in bucket[1:])
            else:
                yield from combinations(bucket, 2)


def _signatures(texts: Sequence[str]) -> Hashes:
    """Return the least of each hash of the runs of each text (rows)."""
    runs: list[int] = []
    starts: list[int] = []
    for text in texts:
        starts.append(len(runs))
        codes = [ord(letter) for letter in text]
        runs += [
            (codes[n] << 42) ^ (codes[n + 1] << 21) ^ codes[n + 2]
            for n in range(len(codes) - _RUN + 1)
        ]
    values = np.array(runs, np.uint64) % _PRIME
    rng = np.random.default_rng(20261130)
    factors = rng.integers(1, 1 << 31, _BANDS * _ROWS, dtype=np.uint64)
    shifts = rng.integers(0, 1 << 61, _BANDS * _ROWS, dtype=np.uint64)
    found = np.empty((len(texts), _BANDS * _ROWS), np.uint64)
    for column, (factor, shift) in enumerate(zip(factors, shifts, strict=True)):
        mixed = (values ^ (values >> np.uint64(29))) * factor + shift
        mixed ^= mixed >> np.uint64(32)
        found[:, column] = np.minimum.reduceat(mixed, np.array(starts))
    return found
