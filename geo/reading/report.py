"""What a command says about a file that it read, in lines of plain English."""

from __future__ import annotations

from collections.abc import Iterator

from geo.reading.datasets import DAMAGED
from geo.reading.reader import FileRead
from geo.reading.table import RowProblem

_MOST_ROWS = 5
_SAID = {
    RowProblem.RING_CLOSED: "with an open ring, which was closed",
    RowProblem.RING: "with a ring that is none: kept without a place",
    RowProblem.SHAPE: "with a geometry that cannot be read: kept without a place",
    RowProblem.SURPLUS_CELLS: "with more cells than columns: left out",
    RowProblem.OPEN_QUOTE: "with a quote that is never closed: left out",
    RowProblem.LONG_CELL: "with a cell that is too long: left out",
    RowProblem.NUL: "with bytes that are no text: left out",
    RowProblem.ENTITY: "of kinds that are not read (dimensions, images, solids): left out",
}


def lines_about(read: FileRead) -> Iterator[str]:
    """Yield what somebody should know who did not look into the file: a line each."""
    if read.other_layers:
        others = ", ".join(repr(name) for name in read.other_layers)
        yield f"{read.name}: layer {read.layer!r} was read, not {others} (--layer NAME)"
    if read.sure == DAMAGED:
        yield f"{read.name}: some characters cannot be read as {read.encoding} (--encoding NAME)"
    elif read.encoding not in ("", "utf-8", "utf-8-sig"):
        yield f"{read.name}: characters read as {read.encoding} ({read.sure}; --encoding NAME)"
    for problem, number in read.odd.items():
        rows = [str(row) for row, kind in read.odd_rows if kind == problem]
        named = ", ".join(rows[:_MOST_ROWS]) + (" …" if number > _MOST_ROWS else "")
        rows_are = "row" if number == 1 else "rows"
        if problem == RowProblem.ENTITY:
            rows_are = "entity" if number == 1 else "entities"
        which = f" ({named})" if rows else ""
        yield f"{read.name}: {number} {rows_are}{which} {_SAID[RowProblem(problem)]}"
