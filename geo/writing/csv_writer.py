"""The one writer of CSV: RFC 4180 in UTF-8 with its mark, as spreadsheets open it without harm.

A spreadsheet runs text that begins like a formula; in East Asian editions also in full width, and
after blanks (OWASP, CSV injection). Such text gets an apostrophe before it. Numbers stay numbers:
-5 in a column of numbers is no text. What begins with apostrophes and then so gets one more: that
way the guard can be taken away again without loss.
"""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

import pandas as pd

from core.text import is_hidden

#: Tells a spreadsheet that the file is UTF-8: once, at its beginning.
MARK = "\ufeff"
_FORMULA = frozenset("=+-@")
#: Letters and ranges of letters with which no formula begins; what makes a cell be quoted.
HARMLESS_FIRST = "0-9A-Za-z\u00c0-\u024f\u2018-\u201f\u3001-\u3029\u3041-\u30ff\u3400-\u9fff"
QUOTED = '\x01-\x1f,"'


def csv_lines(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows of cells as lines of CSV; the file they begin needs ``MARK`` before them."""
    lines = StringIO()
    csv.writer(lines).writerows([cell(value) for value in row] for row in rows)
    return lines.getvalue()


def csv_text(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a whole table with the names of its columns, its mark included."""
    return MARK + csv_lines([names]) + csv_lines(rows)


def cell(value: Any) -> Any:
    """Return a value as it is written: nothing for what is missing, JSON for what is nested."""
    if isinstance(value, str):
        return f"'{value}" if runs(value.lstrip("'")) else value
    if isinstance(value, dict | list | tuple):
        return cell(json.dumps(value, ensure_ascii=False, default=str))
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":  # of numpy, too
        return "true" if value else "false"
    return value


def without_guard(text: str) -> str:
    """Undo what :func:`cell` did to a text: our own files come back as they were."""
    return text[1:] if text[:1] == "'" and runs(text.lstrip("'")) else text


def runs(text: str) -> bool:
    """Tell whether a spreadsheet may take a text for a formula."""
    if text[:1] in {"\t", "\r", "\n"}:
        return True
    first = next((c for c in text if not (c.isspace() or is_hidden(c))), "")
    return unicodedata.normalize("NFKC", first) in _FORMULA
