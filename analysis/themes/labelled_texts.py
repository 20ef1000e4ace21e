"""Texts with the themes that people confirmed: those that come with the program, and corrections.

The file ``data/labelled_texts.json`` was written by the project; each sentence has two passes of
labels by one hand, and what was settled. No database.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "data" / "labelled_texts.json"


@dataclass(frozen=True)
class Example:
    """A text with what was confirmed of it.

    ``about``: the themes of which somebody said whether it is about them, None for all of them;
    ``themes``: those it is about. ``group``: of the author or the template; a group is never split
    between what is learned from and what is judged by. ``fresh``: no rule was made from it.
    """

    text: str
    group: str
    themes: frozenset[str]
    about: frozenset[str] | None = None
    fresh: bool = True


@dataclass(frozen=True)
class Agreement:
    """How two passes of labels agree on a theme: how often each set it, and Cohen's kappa."""

    theme: str
    first: int
    second: int
    both: int
    kappa: float


@cache
def _file(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def written_examples(path: Path = FILE) -> list[Example]:
    """Return the sentences that come with the program, with the labels that were settled."""
    return [
        Example(one["text"], one["group"], frozenset(one["labels"]), fresh=one["fresh"])
        for one in _file(path)["texts"]
    ]


def data_version(path: Path = FILE) -> str:
    """Return the version of the labelled sentences."""
    return str(_file(path)["version"])


def agreements(codes: Sequence[str], path: Path = FILE) -> list[Agreement]:
    """Return how the two passes of labels agree on each theme."""
    texts = _file(path)["texts"]
    return [
        _agreement(
            code, [code in one["first"] for one in texts], [code in one["second"] for one in texts]
        )
        for code in codes
    ]


def _agreement(code: str, first: list[bool], second: list[bool]) -> Agreement:
    both = sum(a and b for a, b in zip(first, second, strict=True))
    return Agreement(code, sum(first), sum(second), both, cohen_kappa(first, second))


def cohen_kappa(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Return Cohen's kappa of two passes: 1 for the same labels, 0 for chance (Cohen 1960).

    1.0 where neither pass ever differs.
    """
    count = len(first)
    same = sum(a == b for a, b in zip(first, second, strict=True)) / count
    one, two = sum(first) / count, sum(second) / count
    chance = one * two + (1 - one) * (1 - two)
    return 1.0 if chance == 1 else (same - chance) / (1 - chance)


def digest_of(examples: Sequence[Example]) -> str:
    """Return a short name of what is learned from: equal for equal texts, labels and groups."""
    told = [
        (e.text, e.group, sorted(e.themes), None if e.about is None else sorted(e.about), e.fresh)
        for e in examples
    ]
    return sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]
