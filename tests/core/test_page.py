"""Pages of long lists: numbers past the ends, empty lists, lists in parts."""

from __future__ import annotations

import pytest

from core.batches import in_parts
from core.page import Page, page_of


@pytest.mark.parametrize(
    ("number", "shown", "told"),
    [(1, "abc", 1), (3, "g", 3), (9, "g", 3), (0, "abc", 1), (-5, "abc", 1)],
)
def test_past_the_ends_comes_the_nearest_page(number: int, shown: str, told: int) -> None:
    assert page_of("abcdefg", number, 3) == Page(tuple(shown), 7, told, 3)


def test_an_empty_list_has_one_empty_page() -> None:
    assert page_of([], 4, 20) == Page((), 0, 1, 1)


def test_what_is_shown_takes_the_place_of_the_items() -> None:
    assert page_of([1, 2, 3], 2, 2).showing(["three"]) == Page(("three",), 3, 2, 2)


def test_parts_are_no_longer_than_asked_and_keep_the_order() -> None:
    assert list(in_parts(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(in_parts([], 3)) == []
