"""Which words set some texts apart from others. Pure: no database, no dictionary.

Terms are runs of two to six characters (words of English as they stand). Of each it is counted how
many people use it here and elsewhere; its log-odds with an informative Dirichlet prior (Monroe,
Colaresi and Quinn 2008), the prior being all texts together, is divided by its standard error. A
run that stands inside a longer one that as good as the same people use is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt

from core.folded_text import GAP, folded

LENGTHS = (2, 6)
#: A term that fewer people use is no word of theirs, and would tell of single ones.
FEWEST_PEOPLE = 5
#: A term counts from this many standard errors on.
LEAST_Z = 2.0
#: A shorter run gives way to a longer one with this share of its people.
COLLAPSE = 0.75
_LATIN = re.compile(r"[a-z0-9]+")
#: Characters that begin or end no word of their own.
_LOOSE = frozenset("的了是在和与就都也很把被吗呢吧啊呀么着过们这那我你他她它有不没要能会上下里个一")


@dataclass(frozen=True)
class Keyword:
    """A term: how many people use it here and elsewhere, and how far that is from chance (z)."""

    term: str
    people: int
    elsewhere: int
    z: float


def keywords(
    here: Iterable[tuple[str, str]],
    elsewhere: Iterable[tuple[str, str]],
    *,
    but: Sequence[str] = (),
    most: int = 15,
) -> list[Keyword]:
    """Return the terms that set texts apart, the surest first; pairs are (person, text).

    ``but``: names of places, which are no news there. A person counts once for a term.
    """
    names = sorted({folded(name).replace(GAP, "") for name in but} - {""}, key=len, reverse=True)
    near, near_people = people_by_term(here, names)
    far, far_people = people_by_term(elsewhere, names)
    scored = [
        Keyword(term, count, far[term], _z(count, near_people, far[term], far_people))
        for term, count in near.items()
        if count >= FEWEST_PEOPLE
    ]
    told = [one for one in scored if one.z >= LEAST_Z and not _is_loose(one.term)]
    return collapsed(sorted(told, key=lambda one: (-one.z, -len(one.term), one.term)))[:most]


def people_by_term(
    pairs: Iterable[tuple[str, str]], names: Sequence[str] = ()
) -> tuple[Counter[str], int]:
    """Return how many people use each term, and how many people there are."""
    by_person: dict[str, set[str]] = {}
    for person, text in pairs:
        by_person.setdefault(person, set()).update(terms_of(text, names))
    counts: Counter[str] = Counter()
    for terms in by_person.values():
        counts.update(terms)
    return counts, len(by_person)


def terms_of(text: str, names: Sequence[str] = ()) -> set[str]:
    """Return the terms of a text, without what ``names`` (folded) take up."""
    plain = folded(text)
    for name in names:
        plain = plain.replace(name, GAP)
    found: set[str] = set()
    for run in plain.split(GAP):
        found.update(word for word in _LATIN.findall(run) if len(word) > 2)
        for part in _LATIN.split(run):
            for length in range(LENGTHS[0], LENGTHS[1] + 1):
                found.update(part[n : n + length] for n in range(len(part) - length + 1))
    return found


def _z(near: int, near_all: int, far: int, far_all: int) -> float:
    """Return the log-odds of a term here against elsewhere by its standard error."""
    prior, prior_all = near + far, near_all + far_all
    weight = 1 / max(prior_all, 1)  # the prior weighs as much as one person
    first = _log_odds(near + prior * weight, near_all + prior_all * weight)
    second = _log_odds(far + prior * weight, far_all + prior_all * weight)
    variance = 1 / (near + prior * weight) + 1 / (far + prior * weight)
    return (first - second) / sqrt(variance)


def _log_odds(count: float, total: float) -> float:
    return log(count / max(total - count, 0.5))


def _is_loose(term: str) -> bool:
    return term[0] in _LOOSE or term[-1] in _LOOSE


def collapsed(ranked: Sequence[Keyword]) -> list[Keyword]:
    """Return terms, the surest first, without those that are parts of others or hold them.

    Of two of which one stands in the other the longer stays where as good as the same people use
    it, else the surer one.
    """
    kept: list[Keyword] = []
    for one in ranked:
        rivals = [
            n for n, other in enumerate(kept) if one.term in other.term or other.term in one.term
        ]
        if not rivals:
            kept.append(one)
            continue
        first = rivals[0]
        if len(one.term) > len(kept[first].term) and one.people >= COLLAPSE * kept[first].people:
            kept[first] = one
            kept = [k for n, k in enumerate(kept) if n == first or n not in rivals]
    return kept
