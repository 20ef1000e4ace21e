"""What can be said of a place, and on what the answer rests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: Fewer people than this are never called a crowd.
LEAST_PEOPLE = 5


class Verdict(StrEnum):
    """What can be said of a hotspot."""

    SIGNIFICANT = "significant"
    NOT_SIGNIFICANT = "not_significant"
    TOO_FEW = "too_few"
    SHARED_POINT = "shared_point"


class CellVerdict(StrEnum):
    """What can be said of a community or of a cell of a grid."""

    HOT = "hot"
    COLD = "cold"
    NOT_SIGNIFICANT = "not_significant"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class MethodCard:
    """How sure a result is.

    ``method`` is a machine name; ``parameters`` are radii in metres, numbers of simulations, seeds,
    levels; ``counted`` says of what the result was computed (people, proposals, cells …) and
    ``left_out`` what was not counted, by reason.
    """

    method: str
    parameters: dict[str, float | int | str]
    counted: dict[str, int]
    left_out: dict[str, int]
