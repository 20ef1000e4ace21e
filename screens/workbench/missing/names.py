"""What people were asked, and their answers, by name."""

from __future__ import annotations

from analysis.tables.cross_table import Side
from screens.workbench.bench import Bench
from wording.review import side_names


def side_name(bench: Bench, side: Side) -> str:
    """Return what an attribute is called."""
    return side_names.side_name(bench.who, side)


def value_names(bench: Bench, side: Side) -> dict[str, str]:
    """Return what the values of an attribute are called, by key."""
    return side_names.value_names(bench.who, side)
