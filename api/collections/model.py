"""What a collection of features is, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.cql.terms import Kind, Term

Box = tuple[float, float, float, float]
#: How the kinds of columns of the data dictionary are asked for.
_KINDS = {
    "string": Kind.TEXT,
    "integer": Kind.NUMBER,
    "number": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
}
MOMENTS = frozenset({"created", "first", "last"})


@dataclass(frozen=True)
class Field:
    """A property of the features: name, type as JSON has it, meaning.

    ``titles``: what of a campaign it is about, by language; ``codes``: the campaign's own codes in
    it, each with its name by language; ``coded``: whether it holds codes of the program.
    """

    name: str
    kind: str
    meaning: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    coded: bool = False

    @property
    def asked_as(self) -> Kind | None:
        """What may be asked of it; None of an object."""
        if self.name in MOMENTS:
            return Kind.INSTANT
        return _KINDS.get(self.kind.partition("|")[0])


@dataclass(frozen=True)
class About:
    """What is known of a collection without a look at its features.

    ``bounds`` in WGS 84 degrees, ``moments`` the first and last in UTC, as far as there are any.
    ``state`` is another whenever anything in the collection is; ``private``: not for everybody.
    """

    id: str
    title: dict[str, str]
    about: str
    bounds: Box
    moments: tuple[datetime | None, datetime | None] | None
    state: str
    private: bool = False
    schematic: bool = False
    campaign: str = ""


@dataclass(frozen=True)
class Asked:
    """Which features: at most ``limit`` of those after the one of this id that meet a filter."""

    limit: int
    after: str = ""
    term: Term | None = None


@dataclass(frozen=True)
class Features:
    """Features in a fixed order: ids, shapes (WGS 84; None for none) and properties, aligned.

    ``matched``: how many there are of all; ``after``: the id after which the next ones come.
    """

    ids: tuple[str | int, ...]
    shapes: NDArray[np.object_]
    properties: tuple[Mapping[str, Any], ...]
    matched: int
    after: str | None = None

    def __len__(self) -> int:
        return len(self.ids)


class Collection(Protocol):
    """A collection of features, as one person sees it."""

    @property
    def about(self) -> About:
        """What is known of it."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The properties of its features, in their order."""

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """What may be asked of them, by name."""

    @property
    def moment_fields(self) -> tuple[str, str] | None:
        """Between which two moments a feature lies; None for collections without time."""

    @property
    def state(self) -> str:
        """Another one whenever anything of the features is."""

    def page(self, asked: Asked) -> Features:
        """Return features. Raises ``BadQueryError`` for an unknown ``after``."""

    def feature(self, name: str) -> Features:
        """Return the feature with this id. Raises ``NotFoundError``."""


def kinds_of(fields: Sequence[Field]) -> dict[str, Kind]:
    """Return what may be asked of fields, by name."""
    found = {one.name: one.asked_as for one in fields}
    return {name: kind for name, kind in found.items() if kind is not None}
