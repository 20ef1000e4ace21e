"""Texts that people typed, as paragraphs: a heading after ``##``, points after ``-``. Pure.

Nothing else is marked up; what stands in a text is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "list", "paragraph"]
_MARKS: dict[str, Kind] = {"## ": "heading", "- ": "list"}


@dataclass(frozen=True)
class Block:
    """A heading of one line, a list of its points, or a paragraph of its lines."""

    kind: Kind
    lines: tuple[str, ...]


def blocks_of(text: str) -> list[Block]:
    """Return the parts of a text in their order; an empty line ends a list or a paragraph."""
    found: list[Block] = []
    for kind, line in _kinds(text):
        last = found[-1] if found else None
        if not line:
            found.append(Block("paragraph", ()))
        elif last and last.kind == kind != "heading":
            found[-1] = Block(kind, (*last.lines, line))
        else:
            found.append(Block(kind, (line,)))
    return [block for block in found if block.lines]


def _kinds(text: str) -> Iterator[tuple[Kind, str]]:
    for line in text.split("\n"):
        mark = next((mark for mark in _MARKS if line.startswith(mark)), "")
        yield _MARKS.get(mark, "paragraph"), line.removeprefix(mark).strip()
