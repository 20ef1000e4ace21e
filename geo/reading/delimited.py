"""Reads tables that are written as text: CSV and its kin, from whatever program they come.

Cells are text as they stand: "NA", "None" and "0012" mean themselves; only a cell with nothing in
it is None. A row that cannot be read is left out and named, never shifted into other columns.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import chain, islice

from core.errors import BadFileError, FileProblem
from geo.reading.encoding import TextEncoding, decide_encoding, decode, is_readable
from geo.reading.table import RowProblem
from geo.writing.csv_writer import without_guard

_DELIMITERS = (",", "\t", ";", "|")
_LONGEST_CELL = 16 * 2**20
_MOST_COLUMNS = 2000
#: How many cells rows may lack: a table of wide head and short rows is small only as a file.
_PADDING_PER_CHARACTER = 10
#: How much of a table is looked at to find its delimiter, in characters and in rows.
_HEAD, _HEAD_ROWS = 256 * 1024, 200
#: The first line by which Excel is told the delimiter; Excel itself drops it.
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?[,;\t|]*(?:\r\n?|\n)', re.IGNORECASE)
_CONTROLS = re.compile("[\0-\x08\x0e-\x1f\x7f]")
#: A few control characters are mishaps; more than one in so many characters are no text.
_TEXT_PER_CONTROL = 50
_MOST_UNASSIGNED, _SOME_CHARACTERS = 0.02, 50_000


@dataclass(frozen=True)
class DelimitedTable:
    """A table: each row has a cell for each of ``columns``, whose names are distinct.

    ``row_numbers`` holds the number of each row in the file, and ``left_out`` those of the rows
    that are not here, with the reason. The first row under the head is 1; empty lines count.
    """

    columns: tuple[str, ...]
    rows: list[list[str | None]]
    row_numbers: Sequence[int]
    encoding: TextEncoding
    delimiter: str
    left_out: list[tuple[int, RowProblem]]


def read_delimited(data: bytes, *, encoding: str = "") -> DelimitedTable:
    """Read a table with a head; find out its encoding (if not given), delimiter and line ends.

    Surplus cells at the end of a row are dropped where they are empty, missing ones are None. An
    apostrophe before what a spreadsheet takes for a formula is the guard that CSV is written with,
    and is taken away. Raises ``BadFileError``: ``encoding`` (unknown, or not that of the bytes),
    ``unreadable`` (no text, no head, or none of its rows can be read).
    """
    found = decide_encoding([data], asked=encoding)
    text = decode(data, found).rstrip("\0\x1a")  # what old programs fill up and end files with
    _check_text(text)
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # of the whole process
    stated = _SEPARATOR_LINE.match(text)
    if stated:
        return _table(text[stated.end() :], stated[1], found)
    return _table(text, _delimiter_of(text), found)


def _check_text(text: str) -> None:
    if not is_readable(text):
        raise BadFileError(
            reason="its text cannot be read; name its encoding", problem=FileProblem.ENCODING
        )
    most_controls = len(text) // _TEXT_PER_CONTROL + 4
    controls = sum(1 for _ in islice(_CONTROLS.finditer(text), most_controls + 1))
    if controls > most_controls or _unassigned_share(text) > _MOST_UNASSIGNED:
        raise BadFileError(reason="it holds no text", problem=FileProblem.UNREADABLE)


def _unassigned_share(text: str) -> float:
    """Return the share of characters that mean nothing, of some all over a text."""
    some = Counter(text[:: len(text) // _SOME_CHARACTERS + 1])
    odd = sum(n for char, n in some.items() if unicodedata.category(char) in ("Cn", "Co"))
    return odd / max(some.total(), 1)


def _delimiter_of(text: str) -> str:
    """Return the delimiter by which head and rows have the same, and the largest, width."""
    lines = list(StringIO(text[:_HEAD], newline=""))
    if len(text) > _HEAD and len(lines) > 1:
        lines.pop()  # it is cut
    widths = {each: _widths(lines, each) for each in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda each: _share(widths[each]) * (max(widths[each][0], 1) - 1))
    if widths[best][0] > 1:
        return best
    return max(_DELIMITERS, key=lambda each: _share(widths[each]))


def _widths(lines: Sequence[str], delimiter: str) -> list[int]:
    """Return how many cells the first rows have, without empty ones at their ends."""
    rows = islice(filter(None, csv.reader(lines, delimiter=delimiter)), _HEAD_ROWS)
    return [len(_without_empty_end(row)) for row in rows] or [0]


def _share(widths: Sequence[int]) -> float:
    """Return the share of rows that are as wide as the head; a shorter one counts half."""
    if len(widths) == 1:
        return 1.0
    fits = sum(1.0 if width == widths[0] else 0.5 * (width < widths[0]) for width in widths[1:])
    return fits / (len(widths) - 1)


def _without_empty_end(row: Sequence[str]) -> Sequence[str]:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _records(text: str, delimiter: str) -> Iterator[list[str] | RowProblem]:
    """Yield the cells of each row; a line whose quote is never closed is passed over."""
    source = StringIO(text, newline="")  # knows CR, LF and CRLF, and leaves them in quotes alone
    while True:
        start, began, ended, last = source.tell(), 0, 0, None
        reader = csv.reader(source, delimiter=delimiter)
        for row in reader:
            if last is not None:
                yield last
            began, ended, last = ended, reader.line_num, row
        if last is None:
            return
        source.seek(start)
        deque(islice(source, began), maxlen=0)
        if not _is_open(source, delimiter):
            yield last
            return
        yield RowProblem.OPEN_QUOTE


def _is_open(source: StringIO, delimiter: str) -> bool:
    """Say whether a quote in the last row is never closed: another line would still be in it.

    ``source`` stands at the beginning of that row, and then, if so, of the line after that.
    """
    start = source.tell()
    more = csv.reader(chain(source, ["another"]), delimiter=delimiter)
    is_open = len(list(islice(more, 2))) == 1
    source.seek(start)
    source.readline()
    return is_open


def _table(text: str, delimiter: str, encoding: TextEncoding) -> DelimitedTable:
    records = _records(text, delimiter)
    head = next((record for record in records if record), None)
    if head is None or isinstance(head, RowProblem) or len(head) > _MOST_COLUMNS:
        raise BadFileError(reason="its first line names no columns", problem=FileProblem.UNREADABLE)
    rows = _Rows(text, len(head))
    for number, record in enumerate(records, start=1):
        rows.take(number, record)
    if rows.left_out and not rows.cells:
        raise BadFileError(reason="none of its rows can be read", problem=FileProblem.UNREADABLE)
    columns = _distinct([without_guard(name.strip()) for name in head])
    rows.drop_empty_end()
    width = _width_in_use(head, rows.cells)
    if not width:
        raise BadFileError(reason="its first line names no columns", problem=FileProblem.UNREADABLE)
    kept = rows.cells if width == len(head) else [row[:width] for row in rows.cells]
    return DelimitedTable(columns[:width], kept, rows.numbers, encoding, delimiter, rows.left_out)


class _Rows:
    """Collects the rows of a table of ``width`` columns."""

    def __init__(self, text: str, width: int) -> None:
        self.cells: list[list[str | None]] = []
        self.numbers = array("q")
        self.left_out: list[tuple[int, RowProblem]] = []
        self._width = width
        self._most_padding = _PADDING_PER_CHARACTER * len(text)
        self._may_be_long = len(text) > _LONGEST_CELL
        self._may_hold_nul = "\0" in text
        self._may_be_guarded = "'" in text

    def take(self, number: int, record: list[str] | RowProblem) -> None:
        """Keep a row, or why it is left out; an empty line is neither."""
        if not record:
            return
        problem = record if isinstance(record, RowProblem) else self._problem_of(record)
        if problem is not None:
            self.left_out.append((number, problem))
        else:
            self.cells.append(self._cells_of(record))
            self.numbers.append(number)

    def drop_empty_end(self) -> None:
        """Drop the last rows that have nothing in them, such as spreadsheets write."""
        while self.cells and not any(self.cells[-1]):
            self.cells.pop()
            self.numbers.pop()

    def _problem_of(self, record: Sequence[str]) -> RowProblem | None:
        if len(record) > self._width and any(cell.strip() for cell in record[self._width :]):
            return RowProblem.SURPLUS_CELLS
        if self._may_be_long and max(map(len, record)) > _LONGEST_CELL:
            return RowProblem.LONG_CELL
        if self._may_hold_nul and any("\0" in cell for cell in record):
            return RowProblem.NUL
        return None

    def _cells_of(self, record: Sequence[str]) -> list[str | None]:
        if self._may_be_guarded:
            record = [without_guard(cell) for cell in record]
        cells = [cell or None for cell in record]
        missing = self._width - len(cells)
        if missing < 0:
            return cells[: self._width]
        if missing > 0:
            self._most_padding -= missing
            if self._most_padding < 0:
                raise BadFileError(
                    reason="its rows lack nearly all cells", problem=FileProblem.UNREADABLE
                )
            cells.extend([None] * missing)
        return cells


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Name the nameless by their place, and number those that have the name of another."""
    taken, numbers, distinct = set(names), dict.fromkeys(names, 1), []
    seen: set[str] = set()
    for place, name in enumerate(names, start=1):
        wanted = name or f"column_{place}"
        while wanted in seen or (wanted != name and wanted in taken):
            numbers[name] += 1
            wanted = f"{name or 'column'}_{numbers[name]}"
        seen.add(wanted)
        distinct.append(wanted)
    return tuple(distinct)


def _width_in_use(head: Sequence[str], rows: Sequence[Sequence[str | None]]) -> int:
    """Return the number of columns without the last ones that have neither name nor cells."""
    least = len(_without_empty_end(head))
    width = len(head)
    while width > least and not any(row[width - 1] for row in rows):
        width -= 1
    return width
