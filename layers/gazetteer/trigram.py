"""Which strings share most pieces with a query: a first sieve before distances are measured.

Pieces are single characters or pairs of neighbours. By the q-gram lemma (Ukkonen 1992) an edit
touches at most ``size`` pieces, a swap of neighbours one more, so what is near shares the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Grams:
    """The different pieces of all strings, sorted, each with the position of its string."""

    size: int
    codes: Ints
    owners: Ints
    lengths: Ints

    @classmethod
    def build(cls, strings: Sequence[str], *, size: int) -> Grams:
        """Take the strings apart into pieces of ``size`` (1 or 2) characters."""
        lengths = np.array([len(string) for string in strings], np.int64)
        codes = piece_codes("".join(strings), size)
        owners = np.repeat(np.arange(len(strings)), lengths)
        if size == 2:
            whole = owners[:-1] == owners[1:]
            codes, owners = codes[whole], owners[:-1][whole]
        order = np.lexsort((owners, codes))
        codes, owners = codes[order], owners[order]
        first = np.ones(len(codes), bool)
        first[1:] = (codes[1:] != codes[:-1]) | (owners[1:] != owners[:-1])
        return cls(size, codes[first], owners[first], lengths)

    def closest(self, query: str, *, edits: int, most: int) -> list[int]:
        """Return at most ``most`` strings that may hold the query with so many edits in it.

        Those that share most pieces come first, the shorter before the longer.
        """
        wanted = np.unique(piece_codes(query, self.size))
        low = np.searchsorted(self.codes, wanted, "left")
        high = np.searchsorted(self.codes, wanted, "right")
        runs = [self.owners[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True)]
        owners = np.concatenate([*runs, np.zeros(0, np.int64)])
        shared = np.bincount(owners, minlength=len(self.lengths))
        least = max(1, len(wanted) - edits * (self.size + (self.size > 1)))
        rows = np.flatnonzero(shared >= least)
        order = np.lexsort((self.lengths[rows], -shared[rows]))
        found: list[int] = rows[order[:most]].tolist()
        return found


def piece_codes(text: str, size: int) -> Ints:
    """Return the pieces of ``size`` (1 or 2) characters of a text as numbers, in their order."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.int64)
    return points if size == 1 else (points[:-1] << 21) | points[1:]
