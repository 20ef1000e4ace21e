"""Long lists page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list: ``number`` of ``pages`` from 1; ``total`` counts what is on all pages."""

    items: tuple[T, ...]
    total: int
    number: int
    pages: int

    def showing(self, items: Iterable[S]) -> Page[S]:
        """Return this page with what is shown for its items in their place."""
        return Page(tuple(items), self.total, self.number, self.pages)


def pages_of(total: int, size: int) -> int:
    """Return how many pages there are; an empty list has one."""
    return max(1, -(-total // size))


def page_at(total: int, number: int, size: int) -> Page[int]:
    """Return the positions, from 0, of what is on a page; past the ends, on the nearest one."""
    pages = pages_of(total, size)
    number = min(max(number, 1), pages)
    first = (number - 1) * size
    return Page(tuple(range(first, min(first + size, total))), total, number, pages)


def page_of(items: Sequence[T], number: int, size: int) -> Page[T]:
    """Return a page of a list of which all is at hand; see ``page_at``."""
    page = page_at(len(items), number, size)
    return page.showing(items[position] for position in page.items)


def page_of_rows(
    session: Session, statement: Select[*tuple[Any, ...]], total: int, number: int, size: int
) -> Page[Any]:
    """Return a page of what a statement gives in its order, ``total`` rows; see ``page_at``."""
    page = page_at(total, number, size)
    return page.showing(session.execute(statement.limit(size).offset((page.number - 1) * size)))
