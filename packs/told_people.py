"""What a pack tells of people, so that no combination of its versions gives one away. Pure.

Each figure, such as the people behind a theme, is told in fives, rounded down, from five on. A new
version tells a figure anew only where at least five people more, or fewer, stand behind it than
when it was told last; until then the earlier figure stays, also while it was "fewer than five".
So two versions differ in a figure only by five people or more, and what one person did between them
shows in none. Figures of different places that overlap tell one another only to the nearest five.

The rule is that of differencing attacks on tables (Hundepool et al., *Statistical Disclosure
Control*, 2012, ch. 5): rounding within a release, and a threshold on the change between releases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Fewer people are told of in no figure, and figures go up by as many.
LEAST = 5


@dataclass(frozen=True)
class CountedPeople:
    """People behind one figure when it was decided what is told of them, and in which version.

    Only ``told`` leaves the office.
    """

    people: int
    version: int

    @property
    def told(self) -> int | None:
        """At least so many people, a multiple of five; None: fewer than five."""
        return self.people // LEAST * LEAST if self.people >= LEAST else None


Counted = dict[str, CountedPeople]


def decided(now: Mapping[str, int], before: Counted, *, version: int) -> Counted:
    """Return the figures of a version from the people behind each now, and from what was told.

    A figure that is in ``before`` alone has nobody behind it any more. Without anything ``before``
    all are told as they are.
    """
    names = [*now, *(name for name in before if name not in now)]
    return {name: _one(now.get(name, 0), name, before, version) for name in names}


def _one(people: int, name: str, before: Counted, version: int) -> CountedPeople:
    last = before.get(name, CountedPeople(0, 0)) if before else None
    if last is not None and abs(people - last.people) < LEAST:
        return last
    return CountedPeople(people, version)


def to_json(counted: Counted) -> dict[str, Any]:
    """Return figures as they are stored."""
    return {name: [one.people, one.version] for name, one in counted.items()}


def from_json(stored: Mapping[str, Any]) -> Counted:
    """Return stored figures."""
    return {name: CountedPeople(int(one[0]), int(one[1])) for name, one in stored.items()}
