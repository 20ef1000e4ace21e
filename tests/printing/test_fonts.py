from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import ROOT
from printing.fonts import NoFontError, covered, font_source, open_typeface, printable, typeface


def test_the_font_has_every_character_of_gbk() -> None:
    pairs = (bytes((high, low)) for high in range(0x81, 0xFF) for low in range(0x40, 0xFF))
    letters = {pair.decode("gbk", "ignore") for pair in pairs if pair[1] != 0x7F}
    han = {letter for letter in letters if len(letter) == 1 and "\u4e00" <= letter <= "\u9fff"}
    assert len(han) == 20902
    assert {ord(letter) for letter in han} <= typeface().covered
    assert {ord(c) for c in "①→·“”…—℃㎡AZaz09〓"} <= typeface().covered


def test_what_cannot_be_printed_never_becomes_a_box() -> None:
    has = typeface().covered
    assert printable("停车🚲太多👨‍👩‍👧\u200b", has) == "停车太多"
    assert printable("一\t二\u3000三\u0007\n\n 四 ", has) == "一 二 三\n\n四"
    rare = "\U00030edd"
    assert ord(rare) not in has
    assert printable(f"{rare}面", has) == "〓面"


def test_a_missing_font_is_an_error_that_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(NoFontError, match="fonts-sc"):
        font_source(tmp_path, tmp_path)


def test_the_system_font_steps_in(tmp_path: Path) -> None:
    system = Path("/usr/share/fonts/opentype/noto")
    if not (system / "NotoSansCJK-Regular.ttc").is_file():
        pytest.skip("fonts-noto-cjk is not installed")
    source = font_source(tmp_path, system)
    face = open_typeface(source)
    assert face.family in face.fonts.families()
    assert ord("镕") in face.covered


def test_the_npm_font_comes_first() -> None:
    source = font_source(ROOT / "node_modules")
    assert source.family == "Noto Sans S Chinese"
    assert source.family in open_typeface(source).fonts.families()


def test_a_file_without_a_character_map_covers_nothing() -> None:
    assert covered(b"OTTO" + bytes(60)) == frozenset()
