"""The plan of the house: which way imports point, how large a folder and a file may grow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.sources import ROOT, sources

#: From the ground up: a room may import those before it, never those after it.
ORDER = (
    "core",
    "geo",
    "people",
    "notifications",
    "layers",
    "submissions",
    "analysis",
    "deliberation",
    "moderation",
    "data",
    "wording",
    "printing",
    "packs",
    "commands",
    "serving",
    "screens",
    "api",
    "web",
    "app",
)
#: ``python -m`` runs these; their commands are further up.
ENTRIES = (
    "analysis/__main__.py",
    "layers/__main__.py",
    "submissions/__main__.py",
    "post/__main__.py",
)
MOST_FILES, MOST_LINES = 20, 400
WEB = {"fastapi", "starlette", "streamlit", "folium"}
#: Libraries that a room may not import.
FORBIDDEN = {
    "geo": {"sqlalchemy", *WEB},
    **dict.fromkeys(("notifications", "submissions", "analysis"), WEB),
    **dict.fromkeys(("deliberation", "moderation", "wording", "printing", "packs"), WEB),
    "api": {"streamlit", "folium"},
}


def module(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(name: str) -> str:
    return name.partition(".")[0]


MODULES = {module(path) for path in sources()}


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the modules of ours, and the packages of others, that a file imports."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{path}: imports say from where they come"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module


def test_every_room_has_its_place_in_the_order() -> None:
    assert {room(name) for name in MODULES} - {"post"} == set(ORDER)


@pytest.mark.parametrize("here", ORDER)
def test_a_room_imports_only_rooms_before_it(here: str) -> None:
    later = set(ORDER[ORDER.index(here) + 1 :])
    for path in sources():
        if room(module(path)) == here and path.as_posix() not in ENTRIES:
            found = {room(name) for name in imported(path)}
            assert not found & later, path
            assert not found & FORBIDDEN.get(here, set()), path


def _place(name: str) -> str:
    """Return the part of a room that a module stands in.

    That is a sub-room, or a file of the room itself. Tables are the ground of a room: they know
    tables alone, and everybody in the room may read them.
    """
    parts = name.split(".")
    return name if parts[-1] == "models" else ".".join(parts[:2])


@pytest.mark.parametrize("here", ORDER)
def test_imports_between_the_parts_of_a_room_run_one_way(here: str) -> None:
    graph: dict[str, set[str]] = {}
    for path in sources():
        name = module(path)
        if room(name) != here or path.name in {"__init__.py", "__main__.py"}:
            continue
        inside = {_place(other) for other in imported(path) if room(other) == here}
        graph.setdefault(_place(name), set()).update(inside - {_place(name)})
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_no_file_is_imported_by_what_it_imports() -> None:
    graph = {
        module(path): {name for name in imported(path) if name in MODULES} - {module(path)}
        for path in sources()
    }
    TopologicalSorter(graph).prepare()


def test_tables_know_tables_alone() -> None:
    for path in sources():
        if path.name == "models.py":
            ours = {name for name in imported(path) if name in MODULES and room(name) != "core"}
            assert all(name.endswith(".models") for name in ours), (path, ours)


def test_no_folder_and_no_file_outgrows_what_one_takes_in() -> None:
    folders: dict[Path, int] = {}
    for path in sources():
        folders[path.parent] = folders.get(path.parent, 0) + 1
        lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
        assert lines <= MOST_LINES, (path, lines)
    too_full = {str(folder): count for folder, count in folders.items() if count > MOST_FILES}
    assert not too_full


def test_no_room_holds_a_quarter_of_the_product() -> None:
    lines: dict[str, int] = {}
    for path in sources():
        text = (ROOT / path).read_text(encoding="utf-8")
        lines[path.parts[0]] = lines.get(path.parts[0], 0) + text.count("\n")
    assert max(lines.values()) < sum(lines.values()) / 4, lines


def test_every_room_says_whose_it_is() -> None:
    folders = {path.parent for path in sources()} - {Path(), Path("post")}
    for folder in folders:
        start = ROOT / folder / "__init__.py"
        assert start.exists(), folder
        assert ast.get_docstring(ast.parse(start.read_text(encoding="utf-8"))), folder


def test_shapes_change_their_system_in_one_place() -> None:
    """By ``geo.crs.reproject``: geopandas finds the way anew in every thread."""
    for path in sources():
        if path.as_posix() != "geo/crs.py":
            assert ".to_crs(" not in (ROOT / path).read_text(encoding="utf-8"), path


def test_screens_and_the_api_do_not_know_each_other() -> None:
    for path in sources():
        if room(module(path)) == "screens":
            assert "api" not in {room(name) for name in imported(path)}, path
