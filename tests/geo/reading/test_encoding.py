"""How text is written is decided by the bytes of the table itself."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import BadFileError
from geo.reading.encoding import (
    EncodingCertainty,
    decide_encoding,
    decode,
    encoding_of_cpg,
    encoding_of_language_driver,
    known_encoding,
)

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared"
CASES = SHARED / "cases"


def table_of(case: str) -> tuple[bytes, str | None]:
    """Return the .dbf of a case and the text of its .cpg."""
    path = CASES / case
    if path.is_dir():
        return next(path.glob("*.dbf")).read_bytes(), None
    with ZipFile(path) as archive:
        parts = {name.rsplit(".")[-1]: archive.read(name) for name in archive.namelist()}
    cpg = parts.get("cpg")
    return parts["dbf"], None if cpg is None else cpg.decode()


def cells_of(table: bytes) -> list[list[bytes]]:
    """Slice the cells out of a dBASE table, without the spaces that fill them up."""
    head, length = (int.from_bytes(table[at : at + 2], "little") for at in (8, 10))
    widths = [table[at + 16] for at in range(32, head - 1, 32)]
    starts = [1 + sum(widths[:place]) for place in range(len(widths) + 1)]
    rows = [table[at : at + length] for at in range(head, len(table), length)]
    return [
        [row[left:right].rstrip(b" ") for left, right in pairwise(starts)]
        for row in rows
        if len(row) == length
    ]


@pytest.mark.parametrize(
    ("case", "name", "first", "second"),
    [
        ("A02_borders", "gb18030", "清河中街社区", "安宁庄社区"),
        ("A03_gbk_cut.zip", "gb18030", "A清河中街", "安宁庄"),
        ("A04_big5_ldid4f.zip", "big5", "廣場停車格", "學校體育館"),
        ("A05_empty_cpg.zip", "gb18030", "清河中街", "安宁庄路"),
    ],
)
@pytest.mark.parametrize("hint", ["its own", "gb18030", "big5", "cp1252", "utf-8", "shift_jis"])
def test_tables_of_shapefiles_whatever_they_say_of_themselves(
    case: str, name: str, first: str, second: str, hint: str
) -> None:
    table, cpg = table_of(case)
    rows = cells_of(table)
    own = [encoding_of_language_driver(table[29]), encoding_of_cpg(cpg or "")]
    found = decide_encoding(
        [cell for row in rows for cell in row], hints=own if hint == "its own" else [hint]
    )
    assert found.name == name
    assert found.sure in (EncodingCertainty.LIKELY, EncodingCertainty.GUESS)
    texts = [[decode(cell, found) for cell in row] for row in rows]
    assert first in texts[0]
    assert second in texts[1]


def chinese_texts(texts: Sequence[str], length: int) -> list[str]:
    """Return every piece of so many ideographs."""
    run = re.compile(f"(?=([一-鿿]{{{length}}}))")
    return sorted({piece for text in texts for piece in run.findall(text)})


def simplified_texts() -> list[str]:
    return [
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "data").glob("sentences*.py"))
    ]


def traditional_names() -> list[str]:
    villages = SHARED / "data" / "tainan_villages_752_wgs84.geojson"
    features = json.loads(villages.read_text(encoding="utf-8"))["features"]
    return [feature["properties"]["TV_ALL"] or "" for feature in features]


@pytest.mark.parametrize("length", [4, 6])
@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (simplified_texts, "gb18030"),
        (simplified_texts, "utf-8"),
        (traditional_names, "big5"),
        (traditional_names, "utf-8"),
        (traditional_names, "gb18030"),
    ],
)
def test_one_short_cell_is_enough(texts: Callable[[], list[str]], name: str, length: int) -> None:
    pieces = chinese_texts(texts(), length)
    some = random.Random(9).sample(pieces, min(400, len(pieces)))
    cells = [text.encode("cp950" if name == "big5" else name) for text in some]
    found = [decide_encoding([cell]) for cell in cells]
    wrong = [text for text, each in zip(some, found, strict=True) if each.name != name]
    assert len(wrong) <= 0.01 * len(some), wrong
    assert all(each.sure == EncodingCertainty.CERTAIN for each in found if name == "utf-8")
    changed = [
        text
        for text, cell, each in zip(some, cells, found, strict=True)
        if decide_encoding([cell[:-1]]).name != each.name
    ]
    assert len(changed) <= (0.01 * len(some) if length == 4 else 0), changed


def test_two_names_of_communities_are_enough() -> None:
    simplified = chinese_texts(simplified_texts(), 3)
    traditional = chinese_texts(traditional_names(), 3)
    chance = random.Random(9)
    for texts, name, codec in ((simplified, "gb18030", "gbk"), (traditional, "big5", "cp950")):
        tables = [[text.encode(codec) for text in chance.sample(texts, 2)] for _ in range(300)]
        assert sum(decide_encoding(table).name == name for table in tables) >= 298


@pytest.mark.parametrize(
    ("cells", "codec", "name"),
    [
        (["東京都千代田区", "新宿駅前"], "cp932", "shift_jis"),
        (["さくら公園"], "cp932", "shift_jis"),
        (["①駐車場", "髙島屋"], "cp932", "shift_jis"),
        (["Café", "São Paulo", "Müller"], "cp1252", "cp1252"),
        (["Straße", "Größe"], "latin-1", "cp1252"),
        (["Café", "São Paulo", "Müller"], "utf-8", "utf-8"),
        (["Москва", "Тверь"], "utf-8", "utf-8"),
        (["路口", "小学"], "gbk", "gb18030"),  # are letters of two bytes in UTF-8, too
        (["碁盤街", "裏"], "cp950", "big5"),  # the first is none of Big5 without Windows
        (["旺角嘅街坊", "好靚嘢"], "big5hkscs", "big5"),
        (["lon,lat,名\n116.3,40.0,清河\n"], "utf-16-le", "utf-16-le"),
        (["lon,lat,名\n116.3,40.0,清河\n"], "utf-16-be", "utf-16-be"),
        (["lon,lat\n1,2\n"], "ascii", "utf-8"),
    ],
)
def test_other_writings_read_back(cells: list[str], codec: str, name: str) -> None:
    raw = [cell.encode(codec) for cell in cells]
    found = decide_encoding(raw)
    assert found.name == name
    assert [decode(cell, found) for cell in raw] == cells


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_mark_is_certain_and_no_part_of_the_text(codec: str) -> None:
    raw = "名,数\n甲,1\n".encode(codec)
    found = decide_encoding([raw], hints=["gb18030"])
    assert (found.name, found.sure, found.evidence) == (
        codec,
        EncodingCertainty.CERTAIN,
        "byte_mark",
    )
    assert decode(raw, found) == "名,数\n甲,1\n"


def test_a_byte_mark_before_other_bytes_is_overruled() -> None:
    raw = b"\xef\xbb\xbf" + "清河中街社区,安宁庄社区\n".encode("gbk") * 20
    assert decide_encoding([raw]).name == "gb18030"


def test_a_hint_decides_what_the_bytes_leave_open() -> None:
    raw = ["興華".encode("big5")]
    assert decide_encoding(raw).name == "gb18030"
    found = decide_encoding(raw, hints=["", "big5"])
    assert (found.name, found.evidence, found.sure) == ("big5", "hint", EncodingCertainty.GUESS)


def test_a_damaged_character_does_not_turn_the_whole_table_over() -> None:
    raw = bytearray("清河中街社区,安宁庄社区\n".encode() * 500)
    raw[9_000] = 0xFF
    found = decide_encoding([bytes(raw)])
    assert (found.name, found.evidence) == ("utf-8", "damaged")
    text = decode(bytes(raw), found)
    assert 1 <= text.count("\ufffd") <= 3
    assert text.count("清河中街社区") >= 499


def test_the_first_cell_beyond_ascii_may_stand_far_behind() -> None:
    rows = b"116.3,40.0,\n" * 200_000
    assert decide_encoding([rows + "1,2,清河中街社区\n".encode("gbk") + rows]).name == "gb18030"


def test_what_is_asked_for_is_taken_unless_it_cannot_be() -> None:
    raw = ["清河中街社区".encode("gbk"), b"code"]
    found = decide_encoding(raw, asked="ANSI 936", hints=["big5"])
    assert (found.name, found.sure, found.evidence) == (
        "gb18030",
        EncodingCertainty.STATED,
        "asked",
    )
    for codec in ("utf-16", "utf-16-be", "utf-16-le", "utf-8-sig"):
        marked = "清河,1\n".encode(codec)
        assert decode(marked, decide_encoding([marked], asked=codec[:6].strip("-"))) == "清河,1\n"
    for asked in ("utf-8", "no such"):
        with pytest.raises(BadFileError) as caught:
            decide_encoding(raw, asked=asked)
        assert caught.value.params["problem"] == "encoding"


@pytest.mark.parametrize(
    ("raw", "name", "text"),
    [
        ("清河".encode()[:-1], "utf-8", "清"),
        ("清河".encode()[:-2], "utf-8", "清"),
        ("a𠮷".encode("gb18030")[:-1], "gb18030", "a"),
        ("a𠮷".encode("gb18030")[:-3], "gb18030", "a"),
        ("清河".encode("gbk")[:-1], "gb18030", "清"),
        ("清河".encode("gbk")[:-1] + b"   ", "gb18030", "清"),
        ("廣場".encode("big5")[:-1], "big5", "廣"),
        ("広場".encode("cp932")[:-1], "shift_jis", "広"),
        ("清河".encode("utf-16-le")[:-1], "utf-16-le", "清"),
        (b"a\xffb", "utf-8", "a\ufffdb"),
    ],
)
def test_a_cut_last_character_is_left_out(raw: bytes, name: str, text: str) -> None:
    assert decode(raw, name) == text


@pytest.mark.parametrize(
    ("said", "name"),
    [
        *((said, "gb18030") for said in ("GBK", "gb2312", "cp936", "ANSI 936", "936", "GB 18030")),
        *((said, "big5") for said in ("Big5", "BIG-5", "cp950", "950", "big5-hkscs", "OEM 950")),
        *((said, "utf-8") for said in ("UTF8", "utf-8", "65001", "US-ASCII")),
        *((said, "shift_jis") for said in ("Shift-JIS", "SJIS", "cp932", "Windows-31J", "MS932")),
        *((said, "cp1252") for said in ("ISO-8859-1", "ISO 88591", "ANSI 1252", "latin1")),
        ("UTF-8-SIG", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("windows-1251", "cp1251"),
        ("EUC-KR", "euc_kr"),
    ],
)
def test_encodings_go_by_many_names(said: str, name: str) -> None:
    assert known_encoding(said) == name
    assert encoding_of_cpg(f"\ufeff{said}\r\n") == name


@pytest.mark.parametrize(
    "said", ["", " ", "no such", "中文", "a\0b", "hex", "rot13", "idna", "utf-7", "unicode_escape"]
)
def test_what_is_no_encoding_of_a_table_is_refused(said: str) -> None:
    with pytest.raises(BadFileError) as caught:
        known_encoding(said)
    assert caught.value.params["problem"] == "encoding"
    assert encoding_of_cpg(said) == ""


@pytest.mark.parametrize(
    ("byte", "name"),
    [
        *((0x4D, "gb18030"), (0x4F, "big5"), (0x13, "shift_jis"), (0x7B, "shift_jis")),
        *((0x03, "cp1252"), (0x57, "cp1252"), (0, ""), (0xFF, "")),
    ],
)
def test_language_drivers(byte: int, name: str) -> None:
    assert encoding_of_language_driver(byte) == name


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=6), st.sampled_from(["", "gb18030", "cp1251"]))
@example([b"\xfe\xff", b"\x00\x00\x00\x00\x00\xd8\x00\x00"], "")  # a mark in one cell alone
def test_any_bytes_are_decided_and_read(cells: list[bytes], hint: str) -> None:
    found = decide_encoding(cells, hints=[hint])
    assert all(isinstance(decode(cell, found), str) for cell in cells)
