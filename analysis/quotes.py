"""Which of many texts speak best for all of them. Pure: no database, no chance.

Each text is a vector of its pairs of neighbouring characters (``analysis.text.bigrams``), each pair
weighted by how often the text has it and how few texts have it (TF-IDF, smoothed, of length 1):
that needs no dictionary of Chinese words. The texts nearest to the mean of all vectors say what
most say. One that is much like one chosen already, or has a clause in common with it word for word,
is passed over, so that several voices are heard. Source of the method: centroid-based
summarisation (Radev and others, 2004).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.text.bigrams import pieces

#: Of more texts than this every second, third … is looked at.
MOST_TEXTS = 4_000
#: A quote is to be read out at a meeting: neither a word nor a page.
FEWEST, MOST_CHARACTERS = 6, 200
#: From this cosine on two texts say much the same.
ALIKE = 0.5
#: So do two that share a clause of so many characters.
FEWEST_SHARED = 6
_CLAUSE_ENDS = re.compile(r"[\s,.;:!?，。；：！？、…~～]+")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Quote:
    """One text by its place among those given; ``closeness`` to all of them, from 0 to 1.

    ``alike``: how many others, of those looked at, say much the same.
    """

    at: int
    closeness: float
    alike: int


@dataclass(frozen=True)
class _Vectors:
    """Sparse rows of length 1: the weight of each term of each text, ordered by text."""

    text: Ints
    term: Ints
    weight: Floats
    texts: int
    terms: int

    def times(self, vector: Floats) -> Floats:
        """Return the cosine of each text with a vector of terms."""
        cosines = np.bincount(self.text, self.weight * vector[self.term], self.texts)
        return np.asarray(cosines, float)

    def row(self, text: int) -> Floats:
        """Return one text as a whole vector."""
        mine = self.text == text
        return np.asarray(np.bincount(self.term[mine], self.weight[mine], self.terms), float)


def representative(
    texts: Sequence[str], *, most: int = 5, weights: Sequence[float] | None = None
) -> list[Quote]:
    """Return at most ``most`` texts that speak for all, the nearest to the mean first.

    ``weights`` from 0 up say how much a text is about what is asked for: it counts for so much in
    the mean, and is chosen by its closeness times its weight.
    Equally near ones in the order given. Texts too short or too long to be read out are counted
    but not chosen, unless there are no others.
    """
    looked_at = looked_at_of(len(texts))
    vectors = _vectors([texts[at] for at in looked_at])
    if not vectors.terms:
        return []
    heft = np.ones(vectors.texts)
    if weights is not None:
        heft = np.asarray([weights[at] for at in looked_at], dtype=float)
    counted = vectors.weight * heft[vectors.text]
    mean = np.bincount(vectors.term, counted, vectors.terms) / max(vectors.texts, 1)
    closeness = vectors.times(mean / max(float(np.linalg.norm(mean)), 1e-12))
    lengths = np.array([len(texts[at].strip()) for at in looked_at])
    fit = (lengths >= FEWEST) & (lengths <= MOST_CHARACTERS) & (closeness > 0)
    open_ = fit if fit.any() else closeness > 0
    clauses = _clauses([texts[at] for at in looked_at])
    found: list[Quote] = []
    while len(found) < most and open_.any():
        chosen = int(np.argmax(np.where(open_, np.round(closeness * heft, 9), -1.0)))
        alike = vectors.times(vectors.row(chosen)) >= ALIKE
        alike |= _sharing(texts[looked_at[chosen]], clauses, len(alike))
        found.append(Quote(looked_at[chosen], float(closeness[chosen]), int(alike.sum()) - 1))
        open_ = open_ & ~alike
    return found


def _clauses(texts: Sequence[str]) -> dict[str, list[int]]:
    """Return in which texts each clause stands that is long enough to be a thought of its own."""
    found: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        for clause in _own_clauses(text):
            found.setdefault(clause, []).append(row)
    return found


def _own_clauses(text: str) -> set[str]:
    parts = _CLAUSE_ENDS.split(text)
    return {part for part in parts if len(part) >= FEWEST_SHARED}


def _sharing(text: str, clauses: dict[str, list[int]], count: int) -> NDArray[np.bool_]:
    """Tell of each text whether it has a clause in common with one."""
    shares = np.zeros(count, dtype=np.bool_)
    for clause in _own_clauses(text):
        shares[clauses[clause]] = True
    return shares


def looked_at_of(count: int) -> range:
    """Return the places of those that are looked at, of so many texts."""
    return range(0, count, -(-count // MOST_TEXTS) or 1)


def _vectors(texts: Sequence[str]) -> _Vectors:
    numbers: dict[str, int] = {}
    rows: list[int] = []
    terms: list[int] = []
    for row, text in enumerate(texts):
        found = [numbers.setdefault(piece, len(numbers)) for piece in pieces(text) if piece]
        terms += found
        rows += [row] * len(found)
    size = max(len(numbers), 1)
    keys, counts = np.unique(
        np.array(rows, np.int64) * size + np.array(terms, np.int64), return_counts=True
    )
    of_text, term = np.divmod(keys, size)
    having = np.bincount(term, minlength=len(numbers))
    rarity: Any = np.log((1 + len(texts)) / (1 + having)) + 1
    weight = counts * rarity[term]
    lengths = np.sqrt(np.bincount(of_text, weight**2, len(texts)))
    return _Vectors(of_text, term, weight / lengths[of_text], len(texts), len(numbers))
