"""The product's own Python files, for tests of what its source may not say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_ROOMS = {"tests", "migrations", "deploy", "node_modules", "var"}


@cache
def sources() -> tuple[Path, ...]:
    """Return the files, as they are named from the top."""
    rooms = [
        folder
        for folder in ROOT.iterdir()
        if folder.is_dir() and folder.name not in NOT_ROOMS and not folder.name.startswith(".")
    ]
    found = [*ROOT.glob("*.py"), *(path for room in rooms for path in room.rglob("*.py"))]
    return tuple(sorted(path.relative_to(ROOT) for path in found))


def saying(*words: str) -> Iterator[tuple[Path, str]]:
    """Give the files, and their text, that have one of these words: what is not there costs little.

    To parse all files takes seconds.
    """
    for path in sources():
        text = (ROOT / path).read_text(encoding="utf-8")
        if any(word in text for word in words):
            yield path, text
