"""XLSX: a sheet for each layer, and one that says what the columns mean.

Text stays text: nothing that a resident wrote becomes a formula or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from geo.writing.file_layer import FileLayer, column_type
from geo.writing.places_table import places_table
from geo.writing.target_systems import TargetSystem

#: A sheet has at most so many rows, its head among them; a cell so many letters.
MOST_ROWS, MOST_LETTERS, MOST_TITLE = 1_048_576, 32_767, 31
_EXACT = 2**53
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
DICTIONARY = ("layer", "column", "type", "meaning")


def write_xlsx(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write the workbook. A layer of more rows than a sheet holds goes on in a further one.

    A text that is longer than a cell, such as the outline of a large area, is cut and ends with …
    """
    with xlsxwriter.Workbook(to, {**_OPTIONS, "tmpdir": str(to.parent)}) as book:
        bold = book.add_format({"bold": True})
        taken: set[str] = set()
        for layer in layers:
            table = places_table(layer.frame, system)
            rows = table.astype(object).itertuples(index=False, name=None)
            heads = [str(one) for one in table.columns]
            for _start in range(0, max(len(table), 1), MOST_ROWS - 1):
                sheet = book.add_worksheet(_title(layer.title, taken))
                _fill(sheet, heads, islice(rows, MOST_ROWS - 1), bold)
        sheet = book.add_worksheet(_title("dictionary", taken))
        _fill(sheet, DICTIONARY, _dictionary(layers), bold)
        sheet = book.add_worksheet(_title("notes", taken))
        told = [("coordinate_system", system.code), *(("note", one) for one in notes)]
        _fill(sheet, ("what", "text"), told, bold)


def _dictionary(layers: Sequence[FileLayer]) -> Iterable[tuple[str, ...]]:
    for layer in layers:
        for name in layer.columns:
            kind = column_type(layer.frame[name])
            yield layer.title, name, kind, layer.meanings.get(name, "")


def _title(wanted: str, taken: set[str]) -> str:
    """Return a name that a sheet can have, and that none has yet."""
    plain = _FORBIDDEN.sub(" ", wanted).strip()[:MOST_TITLE] or "layer"
    found, number = plain, 2
    while found.lower() in taken or found.lower() == "history":  # Excel keeps that one
        end = f" {number}"
        found, number = plain[: MOST_TITLE - len(end)] + end, number + 1
    taken.add(found.lower())
    return found


def _fill(sheet: Worksheet, heads: Sequence[str], rows: Iterable[Sequence[Any]], bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for column, head in enumerate(heads):
        sheet.set_column(column, column, 60 if head in {"text", "meaning"} else 16)
        sheet.write_string(0, column, head, bold)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            _write(sheet, number, column, value)


def _write(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    if value is None or value is pd.NA or value != value:
        return
    if isinstance(value, bool) or type(value).__name__ == "bool":
        sheet.write_boolean(row, column, bool(value))
    elif isinstance(value, int | float) and abs(value) <= _EXACT:
        sheet.write_number(row, column, value)
    else:
        text = str(value)
        cut = text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"
        sheet.write_string(row, column, cut)
