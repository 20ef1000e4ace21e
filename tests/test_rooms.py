"""Imports point one way: a room may import those above it, never those below."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: From the highest to the lowest; ``data`` is read by ``submissions`` to fill an empty database.
ORDER = (
    "allocator",
    "rounds",
    "cache",
    "dialect",
    "settings",
    "errors",
    "language",
    "texts",
    "outages",
    "logs",
    "writer",
    "days",
    "database",
    "startup",
    "clocks",
    "geo",
    "people",
    "layers",
    "post",
    "data",
    "submissions",
    "wording",
    "printing",
    "screens",
    "api",
    "web",
    "app",
)
PURE = {"geo": {"sqlalchemy", "streamlit", "folium", "fastapi", "starlette"}}


def files_of(room: str) -> list[Path]:
    folder = ROOT / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [ROOT / f"{room}.py"]


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("room", ORDER)
def test_a_room_imports_only_rooms_above_it(room: str) -> None:
    below = set(ORDER[ORDER.index(room) + 1 :])
    for path in files_of(room):
        found = imported(path)
        assert not found & below, path
        assert not found & PURE.get(room, set()), path


def test_screens_and_the_api_do_not_know_each_other() -> None:
    for path in files_of("screens"):
        assert "api" not in imported(path), path
    for path in files_of("api"):
        assert not imported(path) & {"screens", "streamlit", "folium"}, path
