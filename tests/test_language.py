"""All catalogues are complete, and a language is nothing but its catalogue."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from core import language
from printing.fonts import MISSING, printable, typeface
from wording import formatting

ROOT = Path(__file__).resolve().parent.parent


@cache
def said_in_code() -> set[str]:
    found = set()
    with (ROOT / "locale" / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source)
    for room in ("screens", "layers", "api", "wording", "printing", "packs", "web"):
        for found_there in extract_from_dir(ROOT / room, methods, options):
            message = found_there[2]
            found.add(message[0] if isinstance(message, tuple) else message)
    return found


def catalogue(lang: str) -> dict[str, tuple[str, ...]]:
    with (ROOT / "locale" / f"{lang}.po").open("rb") as source:
        entries = [m for m in read_po(source, locale=lang, abort_invalid=True) if m.id]
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


@pytest.mark.parametrize("lang", [code for code in language.LANGUAGES if code.startswith("zh")])
def test_chinese_is_chinese(lang: str) -> None:
    for message, said in catalogue(lang).items():
        assert re.search(r"[\u4e00-\u9fff]", "".join(said)), message


@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_every_word_can_be_printed(lang: str) -> None:
    """What the font lacks would be printed as 〓; emoji and the like are left out on purpose."""
    has = typeface().covered
    for said in catalogue(lang).values():
        for text in said:
            assert MISSING not in printable(text, has), text


@pytest.fixture
def french(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fourth language, as whoever adds one has it: one more file."""
    for path in language.FOLDER.glob("*.po"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "fr.po").write_text('msgid "Hotspots"\nmsgstr "Points chauds"\n', encoding="utf-8")
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    monkeypatch.setattr(language, "LANGUAGES", language._catalogues())
    caches = (language.translations, language.reading_order, language.content_language)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.usefixtures("french")
def test_a_language_is_a_file() -> None:
    names = {"zh_CN": "简体中文", "zh_Hant": "繁體中文", "en": "English", "fr": "Français"}
    assert names == language.LANGUAGES
    assert language.translations("fr").gettext("Hotspots") == "Points chauds"
    assert language.language_of(language.translations("fr")) == "fr"
    assert language.in_language({"zh_CN": "站", "en": "Station"}, "fr") == "Station"
    moment = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    assert formatting.minute(moment, "fr") == "4 mars 2026, 13:06"
    assert formatting.distance(1500, "fr") == "1,5\u202fkm"


def test_a_reader_is_shown_the_nearest_language_that_a_text_has() -> None:
    both = {"zh_CN": "站", "en": "Station"}
    assert language.in_language(both, "zh_Hant") == "站"
    assert language.in_language({"zh_CN": "", "en": "Station"}, "zh_Hant") == "Station"
    assert language.words_in({"en": {"title": "A"}, "zh_CN": {"title": "甲"}}, "zh_Hant") == {
        "title": "甲"
    }
    # Who reads Uyghur learns Chinese at school; who reads Korean may not.
    assert [language.content_language(code) for code in ("ug", "ko", "zh_HK")] == [
        "zh_CN",
        "en",
        "zh_CN",
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh_Hant"),
        ("zh-HK", "zh_Hant"),
        ("zh-Hans-HK", "zh_CN"),
        ("en;q=0.1,zh-CN", "zh_CN"),
        ("de-DE,de;q=0.9,en-GB;q=0.3", "en"),
        ("de, *;q=0.5", "fallback"),
        ("en;q=0", "fallback"),
        ("q=;;,\x00,x" * 400, "fallback"),
        ("", "fallback"),
    ],
)
def test_a_first_visit_is_answered_as_the_browser_asks(header: str, expected: str) -> None:
    fallback = "en" if expected == "zh_CN" else "zh_CN"
    said = language.language_of_request(None, None, fallback, browser=header)
    assert said == (fallback if expected == "fallback" else expected)
    assert language.language_of_request("en", None, browser=header) == "en"
    assert language.language_of_request(None, "en", browser=header) == "en"


def test_numbers_dates_and_lists_are_written_as_the_language_has_it() -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    written = {
        lang: (
            formatting.minute(moment, lang),
            formatting.area(9_484, lang),
            formatting.listed("abc", lang),
            formatting.enumerated("abc", lang),
        )
        for lang in language.LANGUAGES
    }
    assert written == {
        "zh_CN": ("2026年3月4日 13:06", "9,480平方米", "a、b和c", "a、b、c"),
        "zh_Hant": ("2026年3月4日 下午1:06", "9,480 平方公尺", "a、b和c", "a、b、c"),
        "en": ("March 4, 2026, 1:06\u202fPM", "9,480 m²", "a, b, and c", "a, b, c"),
    }


#: Who takes one language for all: what these lines do must be left to the catalogue or to Babel.
_ALONE = re.compile(r"""lang(uage)?\s*[!=]=+\s*["'](en|zh)|startswith\(["']zh""")


def test_no_message_stands_in_an_f_string_where_it_is_not_collected() -> None:
    for room in ("screens", "layers", "api", "wording", "printing", "packs", "web", "serving"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    called = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
                    names = {getattr(one, "attr", getattr(one, "id", "")) for one in called}
                    assert not names & {"_", "gettext", "ngettext"}, (path, node.lineno)


def test_no_page_and_no_script_knows_languages_by_name() -> None:
    rooms = (
        "screens",
        "layers",
        "api",
        "wording",
        "printing",
        "packs",
        "web",
        "serving",
        "deliberation",
    )
    for room in rooms:
        for path in (ROOT / room).rglob("*"):
            if path.suffix in {".py", ".html", ".atom", ".js", ".typ"}:
                for line in path.read_text(encoding="utf-8").splitlines():
                    known = "content_lang" in line or "name_en" in line  # which name a thing has
                    assert known or not _ALONE.search(line), (path, line)


def test_an_unknown_language_reads_as_the_default() -> None:
    assert language.language_of_request("xx", None, "en") == "en"
    assert language.language_of_request(None, "../../etc", "nonsense") == "zh_CN"
    assert language.translations("xx").gettext("Hotspots") == "热点"
