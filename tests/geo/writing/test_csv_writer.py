"""CSV for spreadsheets: its mark, nothing that runs, numbers that stay numbers; one writer."""

from __future__ import annotations

import ast
import csv
from io import StringIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.writing.csv_writer import csv_text
from geo.writing.result_files import write_frame
from tests.sources import saying

DANGEROUS = (
    '=HYPERLINK("http://x","a")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "﹦1",
    "\t=1",
    "\r=1",
    "\n1",
    "  =1",
    "\u3000＝1",
    "\u00a0+1",
    "\u200b=1",
    "\tx",
)


def read(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_spreadsheet_would_run_has_an_apostrophe(text: str) -> None:
    assert read(csv_text([text], [[text], [{"k": text}]]))[:2] == [[f"'{text}"]] * 2


def test_other_cells_are_written_as_they_are() -> None:
    row = [
        "清河",
        "",
        "a=b",
        "1-2",
        "'x",
        -5,
        -0.25,
        np.float64(-7.5),
        np.int64(-3),
        True,
        np.False_,
    ]
    row += [None, float("nan"), pd.NaT, pd.NA, {"k": ["值", None]}, [1, 2], "x\ny", 'a"b,c']
    told = ["清河", "", "a=b", "1-2", "'x", "-5", "-0.25", "-7.5", "-3", "true", "false"]
    told += ["", "", "", "", '{"k": ["值", null]}', "[1, 2]", "x\ny", 'a"b,c']
    assert read(csv_text(["n"] * len(row), [row]))[1] == told


def test_a_frame_becomes_such_a_table(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"code": ["=1+1", "b"], "n": [-5, 7], "x": [-0.5, None]},
        geometry=[shapely.Point(116.3, 40.0), shapely.Point(116.4, 40.0)],
        crs="EPSG:4326",
    )
    path = tmp_path / "out.csv"
    write_frame(frame, path)
    assert read(path.read_bytes().decode()) == [
        ["code", "n", "x", "geometry"],
        ["'=1+1", "-5", "-0.5", "POINT (116.3 40)"],
        ["b", "7", "", "POINT (116.4 40)"],
    ]


def test_nobody_writes_csv_in_another_way() -> None:
    names = {"writer", "DictWriter", "to_csv", "to_excel"}
    found = set()
    for path, text in saying(*names):
        called = (node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
        if {f.attr for f in called if isinstance(f, ast.Attribute)} & names:
            found.add(path.name)
    assert found == {"csv_writer.py"}
