"""Finding a place by what somebody types, in memory: no service, no database.

The ways to be found, the best first (:class:`Match`):

``EXACT``     the name, or its full pinyin
``PREFIX``    the name, Chinese or English, goes on
``INITIALS``  first letters of its syllables: qhz is 清河站
``PINYIN``    pinyin, whole or begun, with initials or characters in between: qinghez, 清河z
``SUBSTRING`` the same further on in the name
``TYPO``      one or two letters or one character wrong, missing or swapped; another character of
              the same sound (also a traditional one); characters left out (清河一小)

A worse way is tried only when the better ones have not found enough, typos only when they have
found next to nothing and none of it by name or initials.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, LCSseq
from rapidfuzz.process import cdist

from layers.gazetteer.address import compounds_in
from layers.gazetteer.pinyin import (
    folded,
    is_latin,
    letters_of,
    line_of,
    pattern_of,
    spellings,
    typed,
)
from layers.gazetteer.trigram import Grams
from layers.place_types import kind_named

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

METRES_PER_DEGREE = 111_320.0
#: Typos are looked for where less than this many places were found, and none of them surely.
ENOUGH = 3
SIEVED = 120
_LAST = "\U0010ffff"


class Match(IntEnum):
    """How a place was found, the best first."""

    EXACT = 0
    PREFIX = 1
    INITIALS = 2
    PINYIN = 3
    SUBSTRING = 4
    TYPO = 5


@dataclass(frozen=True)
class Place:
    """A named place; WGS 84 degrees. ``community`` tells apart places of the same name."""

    name_zh: str
    name_en: str
    kind: str
    longitude: float
    latitude: float
    community: str = ""
    community_en: str = ""

    @property
    def name(self) -> str:
        """The Chinese name, or the English one where there is none."""
        return self.name_zh or self.name_en


@dataclass(frozen=True)
class PlaceFound:
    """A place that was found; ``distance_m`` from where one asked, if one said where."""

    place: Place
    match: Match
    distance_m: float | None = None


@dataclass(frozen=True)
class _Hits:
    """Rows found in one way; a lower ``penalty`` is better, 0 is a match to the end."""

    match: Match
    rows: Ints
    penalty: Ints


class _Keys:
    """Sorted strings with the rows they belong to, for equality and beginnings."""

    def __init__(self, keys: Iterable[tuple[str, int]]) -> None:
        pairs = sorted({pair for pair in keys if pair[0]})
        self._keys = [key for key, _row in pairs]
        self._rows = np.array([row for _key, row in pairs], np.int64)

    def equal(self, key: str) -> Ints:
        return self._rows[bisect_left(self._keys, key) : self._after(key)]

    def longer(self, key: str) -> Ints:
        return self._rows[self._after(key) : bisect_left(self._keys, key + _LAST)]

    def _after(self, key: str) -> int:
        return bisect_left(self._keys, key + "\0")


class _Lines:
    """Strings in one text, to be searched at the speed of the regex engine."""

    def __init__(self, lines: Sequence[tuple[str, int]]) -> None:
        self._text = "\n" + "".join(f"{line}\n" for line, _row in lines)
        self._starts = np.array(
            list(accumulate((len(line) + 1 for line, _row in lines), initial=0)), np.int64
        )
        self._rows = np.array([row for _line, row in lines], np.int64)

    def find(self, pattern: re.Pattern[str]) -> tuple[Ints, Ints]:
        """Return the row of each hit, and 0 where it reached the end of its line, else 1."""
        hits = [(hit.start(), hit.start(1) < 0) for hit in pattern.finditer(self._text)]
        at = np.array(hits, np.int64).reshape(-1, 2)
        line = np.searchsorted(self._starts, at[:, 0], "right") - 1
        return self._rows[line], at[:, 1]


class PlaceIndex:
    """Places, ready to be searched; never changes, so that threads may share it."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = tuple(places)
        plain = [folded(place.name) for place in self.places]
        english = [folded(place.name_en) for place in self.places]
        spelled = [
            (spelling, row) for row, name in enumerate(plain) for spelling in spellings(name)
        ]
        self._names = _Keys((key, row) for keys in (plain, english) for row, key in enumerate(keys))
        self._pinyin = _Keys(("".join(spelling), row) for spelling, row in spelled)
        self._initials = _Keys(
            ("".join(token[:1] for token in spelling), row) for spelling, row in spelled
        )
        self._lines = _Lines([(line_of(plain[row], spelling), row) for spelling, row in spelled])
        self._english = _Lines(list(zip(english, range(len(english)), strict=True)))
        self._plain = plain
        self._subdistricts = {
            folded(place.community) for place in self.places if place.kind == "community"
        }
        self._words = [(list(spelling), row) for spelling, row in spelled]
        self._words += [
            ([folded(word) for word in place.name_en.split()], row)
            for row, place in enumerate(self.places)
            if place.name_en
        ]
        self._by_character = Grams.build(plain, size=1)
        self._by_letters = Grams.build(["".join(words) for words, _row in self._words], size=2)
        self._longitude = np.array([place.longitude for place in self.places], float)
        self._latitude = np.array([place.latitude for place in self.places], float)
        self._weight = np.array([kind_named(place.kind).weight for place in self.places], np.int64)
        self._length = np.array([len(name) for name in plain], np.int64)

    @classmethod
    def build(cls, places: Iterable[Place]) -> PlaceIndex:
        """Make the index; among equally good finds, the order given decides."""
        return cls(list(places))

    def __len__(self) -> int:
        """Count the places."""
        return len(self.places)

    def around(self, longitude: float, latitude: float, *, within_m: float) -> list[Place]:
        """Return the places within so many metres of a place (WGS 84 degrees), nearest first."""
        if not self.places:
            return []
        away = self._away_m(longitude, latitude)
        near = np.flatnonzero(away <= within_m)
        order = near[np.argsort(away[near], kind="stable")]
        return [self.places[row] for row in order.tolist()]

    def search(
        self, text: str, *, most: int = 8, near: tuple[float, float] | None = None
    ) -> list[PlaceFound]:
        """Return at most ``most`` places, the best first.

        Of what is found in the same way, landmarks come before doors and stops
        (``layers.place_types``), then what is nearer to ``near`` (WGS 84 longitude and latitude),
        then the shorter name. Text that is no name (too long, only signs) finds nothing. An address
        of which nothing is known as it stands finds its compound (``layers.gazetteer.address``).
        """
        query = typed(text)
        if not query or most < 1 or not self.places:
            return []
        away = None if near is None else self._away_m(*near)
        return self._best(self._hits(query, most), most, away) or self._compound(query, most, away)

    def _compound(self, query: str, most: int, away: Floats | None) -> list[PlaceFound]:
        """Return the places that an address may lie in, the closest to what was typed."""
        for shorter in compounds_in(query, self._subdistricts):
            found = self._best(self._hits(shorter, most), most, away)
            if found:
                return found
        return []

    def _hits(self, query: str, most: int) -> list[_Hits]:
        """Go through the ways, the best first, until enough is found."""
        hits: list[_Hits] = []
        rows: set[int] = set()
        for way in self._ways(query):
            hits += (new := list(way(query)))
            rows.update(*(hit.rows.tolist() for hit in new))
            if len(rows) >= most:
                return hits
        sure = any(len(hit.rows) and hit.match <= Match.INITIALS for hit in hits)
        for way in (self._by_sound, self._by_typo):
            if not sure and len(rows) < ENOUGH:
                hits += (new := list(way(query)))
                rows.update(*(hit.rows.tolist() for hit in new))
        return hits

    def _ways(self, query: str) -> Iterator[Callable[[str], Iterable[_Hits]]]:
        yield self._by_name
        if is_latin(query):
            yield self._by_initials
        yield self._by_pinyin
        if len(query) > 1 or not is_latin(query):
            yield self._inside

    def _by_name(self, query: str) -> Iterator[_Hits]:
        for keys in (self._names, self._pinyin):
            yield _all(Match.EXACT, keys.equal(query), 0)
        yield _all(Match.PREFIX, self._names.longer(query), 1)

    def _by_initials(self, query: str) -> Iterator[_Hits]:
        yield _all(Match.INITIALS, self._initials.equal(query), 0)
        yield _all(Match.INITIALS, self._initials.longer(query), 1)

    def _by_pinyin(self, query: str) -> Iterator[_Hits]:
        yield _Hits(Match.PINYIN, *self._lines.find(pattern_of(query, at_start=True)))

    def _inside(self, query: str) -> Iterator[_Hits]:
        yield _Hits(Match.SUBSTRING, *self._lines.find(pattern_of(query, at_start=False)))
        if is_latin(query):
            plain = re.compile(rf"{re.escape(query)}(?=(\n)?)")
            yield _Hits(Match.SUBSTRING, *self._english.find(plain))

    def _by_sound(self, query: str) -> Iterator[_Hits]:
        """Find other characters of the same sound, as an input method offers them."""
        if is_latin(query) or len(query) < 2:
            return
        sound = letters_of(query)
        if not sound:
            return
        yield _all(Match.TYPO, self._pinyin.equal(sound), 0)
        yield _all(Match.TYPO, self._pinyin.longer(sound), 1)
        rows, _to_end = self._lines.find(pattern_of(sound, at_start=False))
        yield _all(Match.TYPO, rows, 2)

    def _by_typo(self, query: str) -> Iterator[_Hits]:
        if not is_latin(query):
            yield self._characters(query)
        yield self._letters(letters_of(query))

    def _characters(self, query: str) -> _Hits:
        """Find names with one other character, or with more characters in between."""
        if len(query) < 2:
            return _none()
        rows = self._by_character.closest(query, edits=1, most=SIEVED)
        wrong = _fewest_edits(
            query, [(self._plain[row], range(len(self._plain[row]))) for row in rows], 1
        )
        left_out = cdist([query], [self._plain[row] for row in rows], scorer=LCSseq.similarity)[0]
        penalty = np.where(left_out == len(query), 5, wrong)
        if len(query) < 3:
            penalty = np.where(left_out == len(query), 5, _FAR)
        return _near_ones(np.array(rows, np.int64), penalty)

    def _letters(self, query: str) -> _Hits:
        """Find pinyin and English names with one or two other letters."""
        if len(query) < 4:
            return _none()
        edits = 1 if len(query) < 8 else 2
        found = self._by_letters.closest(query, edits=edits, most=SIEVED)
        candidates = [self._words[at] for at in found]
        keys = [
            ("".join(words), list(accumulate((len(w) for w in words[:-1]), initial=0)))
            for words, _row in candidates
        ]
        rows = np.array([row for _words, row in candidates], np.int64)
        return _near_ones(rows, _fewest_edits(query, keys, edits))

    def _away_m(self, longitude: float, latitude: float) -> Floats:
        east = (self._longitude - longitude) * np.cos(np.radians(latitude))
        return np.hypot(east, self._latitude - latitude) * METRES_PER_DEGREE

    def _best(self, hits: list[_Hits], most: int, away: Floats | None) -> list[PlaceFound]:
        if not hits:
            return []
        rows = np.concatenate([hit.rows for hit in hits])
        match = np.concatenate([np.full(len(hit.rows), hit.match) for hit in hits])
        penalty = np.concatenate([hit.penalty for hit in hits])
        distance = np.zeros(len(rows)) if away is None else away[rows]
        order = np.lexsort((rows, self._length[rows], distance, self._weight[rows], penalty, match))
        found: dict[int, PlaceFound] = {}
        for at in order.tolist():
            row = int(rows[at])
            if row not in found:
                distance_m = None if away is None else float(away[row])
                found[row] = PlaceFound(self.places[row], Match(int(match[at])), distance_m)
                if len(found) == most:
                    break
        return list(found.values())


_FAR = 1000


def _all(match: Match, rows: Ints, penalty: int) -> _Hits:
    return _Hits(match, rows, np.full(len(rows), penalty, np.int64))


def _none() -> _Hits:
    return _all(Match.TYPO, np.zeros(0, np.int64), 0)


def _near_ones(rows: Ints, penalty: Ints) -> _Hits:
    near = penalty < _FAR
    return _Hits(Match.TYPO, rows[near], penalty[near])


def _fewest_edits(query: str, keys: Sequence[tuple[str, Iterable[int]]], edits: int) -> Ints:
    """Return ten for each edit that turns the query into a part of a key, ``_FAR`` for too many.

    A part begins at one of the key's starts. One more where the key goes on after it, another one
    where it does not begin the key. Edits are those of the optimal string alignment: a letter more,
    less or other, or two neighbours swapped.
    """
    parts, owners, extra = [], [], []
    for owner, (key, starts) in enumerate(keys):
        for start in starts:
            for length in range(len(query) - 1, len(query) + 2):
                part = key[start : start + length]
                parts.append(part)
                owners.append(owner)
                extra.append((start > 0) + (start + len(part) < len(key)))
    best = np.full(len(keys), _FAR, np.int64)
    if parts:
        counts = cdist([query], parts, scorer=OSA.distance, score_cutoff=edits)[0].astype(np.int64)
        score = np.where(counts <= edits, 10 * counts + np.array(extra), _FAR)
        np.minimum.at(best, np.array(owners), score)
    return best
