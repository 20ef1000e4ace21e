"""What the documents say is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.settings import Settings, read_settings
from layers.export.data_dictionary import (
    ANSWERS,
    FILES,
    FLAT,
    FOREIGN_MEMBERS,
    HOTSPOT_ANSWERS,
    Column,
)

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("readme", READMES)
def test_every_setting_is_documented_and_nothing_else(readme: str) -> None:
    named = set(re.findall(r"\bLUJIAN_[A-Z_]+", read(readme)))
    assert named == {f"LUJIAN_{name.upper()}" for name in Settings.__dataclass_fields__} | {
        "LUJIAN_REQUIRE_ALL"
    }


def test_every_setting_explains_itself() -> None:
    for name, spec in Settings.__dataclass_fields__.items():
        assert spec.metadata.get("help"), name


def test_settings_are_read_from_the_environment() -> None:
    read_ones = read_settings({"LUJIAN_DEMO": "0", "LUJIAN_LANGUAGE": " ", "LUJIAN_VAR_DIR": "/x"})
    assert read_ones.demo is False
    assert read_ones.language == "zh_CN"
    assert read_ones.sqlalchemy_url == "sqlite:////x/lujian.sqlite"


@pytest.mark.parametrize("readme", READMES)
def test_commands_of_the_readme_exist(readme: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    used = set(re.findall(r"`?make ([a-z-]+)", read(readme)))
    assert used
    assert used <= targets


@pytest.mark.parametrize("readme", READMES)
def test_pictures_and_pages_of_the_readme_exist(readme: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", read(readme))
    assert any(link.endswith(".png") for link in links)
    for link in links:
        assert (ROOT / link).exists(), link


def test_the_data_dictionary_is_written_down() -> None:
    text = read("docs/data-dictionary.md")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    titles = {"Members of the collection": FOREIGN_MEMBERS} | {
        kind.capitalize(): columns for kind, columns in FILES.items()
    }
    assert {part.splitlines()[0] for part in parts} == set(titles)
    for part in parts:
        rows = re.findall(r"^\| `([^`]+)` \| (.+?) \| (.+?) \|$", part, re.MULTILINE)
        expected: tuple[Column, ...] = titles[part.splitlines()[0]]
        assert rows == [(c.name, c.kind.replace("|", " or "), c.meaning) for c in expected]
    for more in (ANSWERS, FLAT, HOTSPOT_ANSWERS):
        assert more in " ".join(text.split())


def test_nothing_names_this_machine() -> None:
    marks = ("/wo" + "rk/", "/ro" + "ot/", "bash_" + "jobs")
    for path in ROOT.rglob("*"):
        if path.suffix in {".py", ".md", ".toml", ".js", ".css", ".po", ".txt", ""} and (
            path.is_file()
            and not {".git", ".venv", "node_modules", "var", ".mypy_cache", ".ruff_cache"}
            & set(path.parts)
            and ".hypothesis" not in path.parts
        ):
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not [mark for mark in marks if mark in text], path
