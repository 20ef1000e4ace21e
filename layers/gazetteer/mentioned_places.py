"""Communities and places that a Chinese text names, to compare with where its pin is.

Longest names win, so that 安宁庄路 is the road and names no community. A community's name counts by
itself only when it is long enough and belongs to nothing else; 阳光 is sunlight, 阳光社区 is not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_SUFFIXES = ("社区", "小区", "家属院", "村")
_FEWEST = 3
#: A name that goes on like this is that of a road, a school, a park.
_GOES_ON = (
    "[东西南北中一二三]?(?:路|街|大街|胡同|桥|站|地铁|公园|小学|中学|学校|幼儿园|医院|商场|超市|广场"
    "|市场|大厦|中心|河|派出所|街道)"
)
#: Names of kinds of things, and those that end like a road's.
_COMMON = re.compile(r"科技园|花园楼?|.*[路街]")


@dataclass(frozen=True)
class Named:
    """What a text names: positions of communities, and of places, in the lists given."""

    communities: frozenset[int]
    places: frozenset[int]


class StatedNames:
    """The names of communities and places, ready to be looked for; never changes.

    ``communities`` are Chinese names in the order of their polygons, ``places`` those of other
    things on the map. An empty name is never found.
    """

    def __init__(self, communities: Iterable[str], places: Iterable[str]) -> None:
        self._communities: dict[str, set[int]] = defaultdict(set)
        self._places: dict[str, set[int]] = defaultdict(set)
        for row, name in enumerate(places):
            if len(name) > 1:
                self._places[name].add(row)
        alone: set[str] = set()
        for row, name in enumerate(communities):
            bare = name.removesuffix("社区")
            spelled = {bare + suffix for suffix in _SUFFIXES} if bare else set()
            if len(bare) >= _FEWEST and not _COMMON.fullmatch(bare):
                alone.add(bare)
                spelled.add(bare)
            for each in spelled:
                self._communities[each].add(row)
        self._pattern = _any_of({*self._communities, *self._places}, alone)

    def named_in(self, text: str) -> Named:
        """Return what a text names."""
        communities: set[int] = set()
        places: set[int] = set()
        for hit in self._pattern.finditer(text):
            name = hit[0]
            if name in self._communities:
                communities |= self._communities[name]
            places |= self._places.get(name, set())
        return Named(frozenset(communities), frozenset(places))


def _any_of(names: set[str], alone: set[str]) -> re.Pattern[str]:
    """Return a pattern for the longest of the names at each place."""
    if not names:
        return re.compile(r"(?!)")
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    spelled = [
        re.escape(name) + (f"(?!{_GOES_ON})" if name in alone else "") for name in longest_first
    ]
    return re.compile("|".join(spelled))
