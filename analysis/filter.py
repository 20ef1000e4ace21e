"""What a campaign's proposals are narrowed to, as it stands in an address. Pure: no database.

One ``Filter`` drives the map, the list, the charts, the files and what is done to many at once:
``analysis.filter_sql`` turns it into conditions, ``analysis.selection`` into what it finds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from core.errors import EmptyTextError, InvalidError, LuJianError
from core.text import clean_line
from submissions.proposals.states import Relation, Status

MOST_VALUES = 60
MOST_SOUGHT = 100
MOST_CORNERS = 200
MOST_SUPPORTS = 1_000_000
#: In place of a community's code: what lies in none.
OUTSIDE = "-"
#: In place of an answer: any answer to the question.
ANY = "*"
RADIUS_M = (20.0, 300.0)
MIN_PROPOSALS = (3, 100)
DECIMALS = 6
#: A parameter's name begins so where it asks for answers to a question; its key follows.
ANSWER = "a_"
_KEY = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
_SPOT = re.compile(r"h[0-9a-f]{12}(-[0-9]{1,6})?", re.ASCII)
_YES_NO = {"yes": True, "no": False}

Pairs = list[tuple[str, str]]


class UnknownParameterError(LuJianError):
    """An address has parameters that are not read there. Parameters: ``names``, ``known``."""

    code = "unknown_parameter"


@dataclass(frozen=True)
class AnswerFilter:
    """A question was answered with any of these, as an address writes them.

    Keys of options; of a scale or a number ``3``, ``2..5``, ``2..`` or ``..5``; of a text words
    that it holds; ``ANY`` for whatever was answered.
    """

    question: str
    any_of: tuple[str, ...]


@dataclass(frozen=True)
class Spot:
    """A hotspot of those that all other parts of the filter make, and how they are made."""

    hotspot_id: str
    radius_m: float = 50.0
    min_proposals: int = 5


@dataclass(frozen=True)
class Filter:
    """All of these at once; an empty part narrows nothing. Equal filters compare as equal.

    ``communities`` are codes of the campaign's edition, or ``OUTSIDE``; ``since`` and ``until`` are
    days in Beijing, both of them included; ``themes`` are codes of themes or of groups of them, any
    of which a proposal has; ``statuses``: empty for what is published, others are for those who
    moderate; ``answered``: whether the office has said something; ``photo``: whether a photo is
    shown with it; ``area``: the corners of a polygon, longitude and latitude in WGS 84 degrees, in
    which the pin lies.
    """

    categories: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    communities: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    answers: tuple[AnswerFilter, ...] = ()
    since: date | None = None
    until: date | None = None
    answered: bool | None = None
    photo: bool | None = None
    supports: int = 0
    text: str = ""
    area: tuple[tuple[float, float], ...] = ()
    spot: Spot | None = None

    def __post_init__(self) -> None:
        for name in _LISTS.values():
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        asked: dict[str, set[str]] = {}
        for one in self.answers:
            asked.setdefault(one.question, set()).update(one.any_of)
        kept = (AnswerFilter(key, tuple(sorted(asked[key]))) for key in sorted(asked) if asked[key])
        object.__setattr__(self, "answers", tuple(kept))

    @property
    def only_category(self) -> bool:
        """Tell whether it narrows to one category at most, which is counted and kept as such."""
        return len(self.categories) < 2 and replace(self, categories=()) == Filter()

    @property
    def digest(self) -> str:
        """Return a short name of what it asks for; empty where it narrows nothing."""
        pairs = self.pairs()
        return sha256(urlencode(pairs).encode()).hexdigest()[:16] if pairs else ""

    def pairs(self) -> Pairs:
        """Return it as the parameters of an address, in a fixed order; ``read_filter`` undoes."""
        found: Pairs = [
            (name, value) for name, field in _LISTS.items() for value in getattr(self, field)
        ]
        found += [(ANSWER + one.question, value) for one in self.answers for value in one.any_of]
        for name, moment in (("from", self.since), ("to", self.until)):
            found += [(name, moment.isoformat())] if moment else []
        for name, flag in (("answered", self.answered), ("photo", self.photo)):
            found += [(name, "yes" if flag else "no")] if flag is not None else []
        found += [("supports", str(self.supports))] if self.supports else []
        found += [("text", self.text)] if self.text else []
        found += [("area", _corners_text(self.area))] if self.area else []
        return found + (_spot_pairs(self.spot) if self.spot else [])

    def query(self, **more: Any) -> str:
        """Return it as the query of an address, without a question mark; ``more`` at its end."""
        return urlencode([*self.pairs(), *((k, v) for k, v in more.items() if v not in (None, ""))])


_LISTS = {
    "category": "categories",
    "relation": "relations",
    "community": "communities",
    "theme": "themes",
    "status": "statuses",
}
#: The names of all parameters but those of answers.
NAMES = (*_LISTS, "from", "to", "answered", "photo", "supports", "text", "area", "hotspot")
assert len(fields(Filter)) == len(NAMES) + 1


#: What goes with a hotspot: how it is made.
SPOT_NAMES = frozenset({"radius_m", "min_proposals"})
#: Read of every address: the language, the size of type, the version of a file that is kept.
COMMON = frozenset({"lang", "large", "v"})


def check_names(given: Iterable[str], known: Iterable[str]) -> None:
    """Raise ``UnknownParameterError`` for parameters that an address may not have.

    A filter that is misspelt must not give all that it was to leave out, and a file that was asked
    for in another system (``crs``) must not come in WGS 84: what is not known is never ignored.
    Where ``hotspot`` is known the parameters of a whole filter are, those of answers, too.
    """
    allowed = COMMON | set(known)
    whole = "hotspot" in allowed
    allowed |= SPOT_NAMES if whole else set()
    odd = {
        name for name in given if name not in allowed and not (whole and name.startswith(ANSWER))
    }
    if odd:
        named = [name[:40] for name in sorted(odd)[:5]]
        raise UnknownParameterError(
            names=", ".join(named), known=", ".join(sorted(allowed - COMMON)) or "–"
        )


def read_filter(given: Iterable[tuple[str, str]]) -> Filter:
    """Return the filter that the parameters of an address ask for; others are left alone.

    Empty values narrow nothing. Raises ``InvalidError`` naming the parameter.
    """
    asked: dict[str, list[str]] = {}
    for name, value in given:
        if value := value.replace("\0", "").strip():
            asked.setdefault(name, []).append(value)
    one = {name: values[-1] for name, values in asked.items()}
    since, until = _day("from", one), _day("to", one)
    if since and until and since > until:
        raise InvalidError(field="to", reason="before from")
    return Filter(
        categories=_listed("category", asked, _KEY),
        relations=_chosen("relation", asked, set(Relation)),
        communities=_listed("community", asked, _CODE),
        themes=_listed("theme", asked, _KEY),
        statuses=_chosen("status", asked, set(Status)),
        answers=_answers(asked),
        since=since,
        until=until,
        answered=_flag("answered", one),
        photo=_flag("photo", one),
        supports=int(_number("supports", one.get("supports", "0"), (0, MOST_SUPPORTS), whole=True)),
        text=_sought(one.get("text", "")),
        area=_corners(one["area"]) if "area" in one else (),
        spot=_spot(one),
    )


def _listed(name: str, asked: dict[str, list[str]], form: re.Pattern[str]) -> tuple[str, ...]:
    values = asked.get(name, [])
    if len(values) > MOST_VALUES or not all(form.fullmatch(value) for value in values):
        raise InvalidError(field=name)
    return tuple(values)


def _chosen(name: str, asked: dict[str, list[str]], known: set[Any]) -> tuple[str, ...]:
    values = _listed(name, asked, _KEY)
    if not set(values) <= known:
        raise InvalidError(field=name)
    return values


def _answers(asked: dict[str, list[str]]) -> tuple[AnswerFilter, ...]:
    found = []
    for name, values in asked.items():
        if not name.startswith(ANSWER):
            continue
        key = name.removeprefix(ANSWER)
        if not _KEY.fullmatch(key) or len(values) > MOST_VALUES:
            raise InvalidError(field=name[:80])
        found.append(AnswerFilter(key, tuple(filter(None, map(_sought, values)))))
    return tuple(found)


def _day(name: str, one: dict[str, str]) -> date | None:
    if name not in one:
        return None
    try:
        return date.fromisoformat(one[name])
    except ValueError:
        raise InvalidError(field=name) from None


def _flag(name: str, one: dict[str, str]) -> bool | None:
    if name in one and one[name] not in _YES_NO:
        raise InvalidError(field=name)
    return _YES_NO.get(one.get(name, ""))


def _number(name: str, text: str, bounds: tuple[float, float], *, whole: bool) -> float:
    try:
        value = float(int(text)) if whole else float(text)
    except (ValueError, OverflowError):
        raise InvalidError(field=name) from None
    if not (math.isfinite(value) and bounds[0] <= value <= bounds[1]):
        raise InvalidError(field=name, least=bounds[0], most=bounds[1])
    return value


def _sought(text: str) -> str:
    try:
        return clean_line(clean_line(text, most=len(text))[:MOST_SOUGHT], most=MOST_SOUGHT)
    except EmptyTextError:
        return ""


def _corners(text: str) -> tuple[tuple[float, float], ...]:
    pairs = [part.split(",") for part in text.split()]
    if not 3 <= len(pairs) <= MOST_CORNERS or any(len(pair) != 2 for pair in pairs):
        raise InvalidError(field="area")
    return tuple(
        (
            round(_number("area", x, (-180, 180), whole=False), DECIMALS),
            round(_number("area", y, (-90, 90), whole=False), DECIMALS),
        )
        for x, y in pairs
    )


def _corners_text(area: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{x:.{DECIMALS}f},{y:.{DECIMALS}f}" for x, y in area)


def _spot(one: dict[str, str]) -> Spot | None:
    if "hotspot" not in one:
        return None
    if not _SPOT.fullmatch(one["hotspot"]):
        raise InvalidError(field="hotspot")
    radius_m = _number("radius_m", one.get("radius_m", "50"), RADIUS_M, whole=False)
    least = _number("min_proposals", one.get("min_proposals", "5"), MIN_PROPOSALS, whole=True)
    return Spot(one["hotspot"], radius_m, int(least))


def _spot_pairs(spot: Spot) -> Pairs:
    return [
        ("hotspot", spot.hotspot_id),
        ("radius_m", f"{spot.radius_m:.12g}"),
        ("min_proposals", str(spot.min_proposals)),
    ]
