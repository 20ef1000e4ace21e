"""Tables of text come out with every cell in its column, or not at all."""

from __future__ import annotations

import csv
import random
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadFileError
from geo.reading.delimited import DelimitedTable, read_delimited
from geo.reading.table import RowProblem
from geo.writing import csv_writer
from tests.examples import examples

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"


def read(text: str, codec: str = "utf-8") -> DelimitedTable:
    return read_delimited(text.encode(codec))


def problem_of(data: bytes, encoding: str = "") -> str:
    with pytest.raises(BadFileError) as caught:
        read_delimited(data, encoding=encoding)
    assert caught.value.params["reason"]
    return str(caught.value.params["problem"])


def test_a_comma_at_the_line_ends_shifts_nothing() -> None:
    table = read_delimited((CASES / "A08_comma_at_line_end.csv").read_bytes())
    assert table.columns == ("lon", "lat", "height")
    assert table.rows == [["116.3", "40.0", "30"], ["116.31", "40.0", "31"]]


def test_people_called_null_and_none_are_people() -> None:
    table = read_delimited((CASES / "A09_null_people.csv").read_bytes())
    assert [row[2:] for row in table.rows] == [["Null", "NA"], ["None", "NA"], ["nan", "x"]]


def test_our_own_table_of_borders_is_read() -> None:
    table = read_delimited((CASES / "A10_own_output.csv").read_bytes())
    assert [row[:2] for row in table.rows] == [
        ["110108017001", "清河中街社区"],
        ["110108017002", "安宁庄社区"],
    ]
    assert [str(row[5])[:9] for row in table.rows] == ["POLYGON (", "POLYGON ("]


def test_words_for_nothing_are_text_and_only_empty_cells_are_none() -> None:
    table = read('a,b,c\nNA,N/A,\nTRUE,"",#N/A\nNaN,0012, \n')
    assert table.rows == [["NA", "N/A", None], ["TRUE", None, "#N/A"], ["NaN", "0012", " "]]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiter_line_ends_and_encoding_are_found_out(
    delimiter: str, line_end: str, codec: str
) -> None:
    rows = [
        ["名称", "经度", "地址"],
        ["清河中街社区", "116,3", "a;b|c"],
        ["安宁庄社区", "116,4", "d"],
    ]
    text = line_end.join(
        delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in rows
    )
    table = read(text + line_end, codec)
    assert table.delimiter == delimiter
    assert [list(table.columns), *table.rows] == rows
    assert table.encoding.name == codec
    assert not table.left_out


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_line_by_which_excel_is_told_the_delimiter(first: str) -> None:
    table = read(f"{first}\r\na,b;c\r\n1,2;3\r\n", "utf-8-sig")
    assert (table.columns, table.rows) == (("a,b", "c"), [["1,2", "3"]])


def test_decimal_commas_between_semicolons() -> None:
    assert read("lon;lat\n116,31;40,01\n116,32;40,02\n").rows[0] == ["116,31", "40,01"]


def test_rows_that_do_not_fit_are_named_or_filled_up_but_never_shifted() -> None:
    table = read("a,b,\n1,2,,\n3\n\n4,5,,6\n7,8\n,,\n,,\n")
    assert table.columns == ("a", "b")
    assert table.rows == [["1", "2"], ["3", None], ["7", "8"]]
    assert list(table.row_numbers) == [1, 2, 5]
    assert table.left_out == [(4, RowProblem.SURPLUS_CELLS)]


def test_an_empty_row_amid_others_stays() -> None:
    assert read('a\n1\n""\n2\n""\n').rows == [["1"], [None], ["2"]]


def test_a_quote_that_is_never_closed_costs_its_own_line() -> None:
    alone = read('a,b\n1,x\n2,"open\n3,""\n4,z\n')
    assert alone.rows == [["1", "x"], ["3", None], ["4", "z"]]
    assert alone.left_out == [(2, RowProblem.OPEN_QUOTE)]
    assert list(alone.row_numbers) == [1, 3, 4]
    at_the_end = read('a,b\n1,x\n2,"cut')
    assert (at_the_end.rows, at_the_end.left_out) == ([["1", "x"]], [(2, RowProblem.OPEN_QUOTE)])


def test_quoted_cells_hold_line_ends_delimiters_and_quotes() -> None:
    table = read('a,b\r\n"p\r\nq","x, ""y"""\r\n5" pipe,6\r\n')
    assert table.rows == [["p\r\nq", 'x, "y"'], ['5" pipe', "6"]]


def test_columns_have_names_of_their_own() -> None:
    table = read("name, name ,,name_2,'=sum\n1,2,3,4,5\n")
    assert table.columns == ("name", "name_3", "column_3", "name_2", "=sum")


def test_what_cannot_be_stored_is_left_out_by_row() -> None:
    assert read("a,b\n1,x\0y\n2,z\n\0\0\x1a").left_out == [(1, RowProblem.NUL)]
    long = b"a,b\n1," + b"x" * (16 * 2**20 + 1) + b"\n2,z\n"
    table = read_delimited(long)
    assert (table.rows, table.left_out) == ([["2", "z"]], [(1, RowProblem.LONG_CELL)])
    quoted = b'a,b\n1,"' + b"x,1\n" * (4 * 2**20 + 1) + b'"\n2,z\n'
    table = read_delimited(quoted)
    assert (table.rows, table.left_out) == ([["2", "z"]], [(1, RowProblem.LONG_CELL)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\r\n",
        b",,,\n",
        b'"a,b\n1,2\n',
        b"a,b\n1,2,3\n4,5,6,7\n",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        random.Random(1).randbytes(60_000),
        random.Random(2).randbytes(60_000).replace(b"\0", b"\1"),
        bytes(random.Random(3).choices(range(128, 256), k=60_000)),
        b"\xff\xfe" + random.Random(4).randbytes(60_000),
        b",".join(b"c%d" % number for number in range(2001)),
        b",".join(b"c%d" % number for number in range(1900)) + b"\n1" * 100_000,
    ],
)
def test_what_is_no_table_is_refused_in_one_clear_line(data: bytes) -> None:
    assert problem_of(data) in ("unreadable", "encoding")


def test_the_encoding_that_is_asked_for() -> None:
    raw = "名,数\n清河中街社区,1\n".encode("gbk")
    assert read_delimited(raw, encoding="GBK").rows == [["清河中街社区", "1"]]
    assert problem_of(raw, encoding="utf-8") == "encoding"
    assert problem_of(raw, encoding="no such") == "encoding"


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "utf-8", "gbk", "utf-16", "cp1252"]))
def test_any_bytes_are_read_or_refused(data: bytes, encoding: str) -> None:
    try:
        table = read_delimited(data, encoding=encoding)
    except BadFileError:
        return
    assert len(set(table.columns)) == len(table.columns) > 0
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert len(table.rows) == len(table.row_numbers)


_CELLS = st.text(
    st.characters(exclude_categories=["Cs", "Cn", "Co", "Cc"], exclude_characters="\ufffd")
    | st.sampled_from("\t\n\r\"'=+-@＝＠,;|\u2028\x85 一"),
    max_size=8,
)
_ROWS = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(_CELLS, min_size=width, max_size=width), max_size=6)
)


@settings(max_examples=examples(150), deadline=None)
@given(
    _ROWS,
    st.sampled_from(",\t;|"),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.sampled_from(["utf-8-sig", "utf-16", "utf-8", "gb18030"]),
    st.booleans(),
)
def test_what_csv_writes_is_read_the_same(
    rows: list[list[str]], delimiter: str, line_end: str, codec: str, guard: bool
) -> None:
    head = [f"c{place}" for place in range(len(rows[0]) if rows else 2)]
    written = [[csv_writer.cell(cell) for cell in row] for row in rows] if guard else rows
    file = StringIO()
    quoting = csv.QUOTE_MINIMAL if line_end == "\r\n" else csv.QUOTE_ALL
    writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerows([head, *written])
    marked = codec in ("utf-8-sig", "utf-16")
    table = read_delimited(file.getvalue().encode(codec), encoding="" if marked else codec)
    expected = [[cell or None for cell in row] for row in rows]
    while expected and not any(expected[-1]):
        expected.pop()
    if not guard:
        expected = [[cell and csv_writer.without_guard(cell) for cell in row] for row in expected]
    assert (list(table.columns), table.rows, table.left_out) == (head, expected, [])
