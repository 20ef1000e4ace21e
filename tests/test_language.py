"""Both catalogues are complete: nothing untranslated, nothing unused, every place filled."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from core import language

ROOT = Path(__file__).resolve().parent.parent


def said_in_code() -> set[str]:
    found = set()
    with (ROOT / "locale" / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source)
    for room in ("screens", "layers", "api", "wording", "printing", "web"):
        for found_there in extract_from_dir(ROOT / room, methods, options):
            message = found_there[2]
            found.add(message[0] if isinstance(message, tuple) else message)
    return found


def catalogue(lang: str) -> dict[str, tuple[str, ...]]:
    with (ROOT / "locale" / f"{lang}.po").open("rb") as source:
        entries = [m for m in read_po(source, locale=lang) if m.id]
    assert not [m.id for m in entries if m.fuzzy]
    return {
        m.id[0] if isinstance(m.id, tuple) else m.id: tuple(
            m.string if isinstance(m.string, (tuple, list)) else (m.string,)
        )
        for m in entries
    }


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_the_catalogue_has_exactly_the_messages_of_the_code(lang: str) -> None:
    assert set(catalogue(lang)) == said_in_code()


@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_every_message_is_translated_with_its_places(lang: str) -> None:
    for message, said in catalogue(lang).items():
        for text in said:
            assert text.strip(), message
            assert places(text) == places(message), message


def test_chinese_is_chinese() -> None:
    for message, said in catalogue("zh_CN").items():
        assert re.search(r"[\u4e00-\u9fff]", "".join(said)), message


def test_an_unknown_language_reads_as_the_default() -> None:
    assert language.language_of_request("xx", None, "en") == "en"
    assert language.language_of_request(None, "../../etc", "nonsense") == "zh_CN"
    assert language.translations("xx").gettext("Hotspots") == "热点"
