"""Where the files of packs are: a folder below ``var``, under names that nobody can guess."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from core.errors import NotFoundError, Outage, UnavailableError

_NAME = re.compile(r"[0-9a-f]{32}\.(?:zip|pdf)")


class PackFiles:
    """The files of versions (.zip) and of schemes that were handed back as they are (.pdf)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, ending: str) -> Path:
        """Return where a new file is written; what is written there is kept once it is named."""
        self._made()
        return self.folder / f"{secrets.token_hex(16)}.{ending}"

    def keep(self, data: bytes, ending: str) -> str:
        """Store bytes whole or not at all; return their name. Raises ``UnavailableError``."""
        target = self.new(ending)
        part = target.with_suffix(".part")
        try:
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise UnavailableError(problem=Outage.FULL) from error
        return target.name

    def path(self, name: str) -> Path:
        """Return where a stored file is. Raises ``NotFoundError``."""
        found = self.folder / name
        if not _NAME.fullmatch(name) or not found.is_file():
            raise NotFoundError(kind="file")
        return found

    def remove(self, name: str) -> None:
        """Remove a file; what is not there is removed already."""
        if _NAME.fullmatch(name):
            (self.folder / name).unlink(missing_ok=True)

    def sweep(self, known: Collection[str], before: datetime) -> int:
        """Remove what was written before a moment and stands in no table; return how many."""
        gone = 0
        for path in self.folder.glob("*") if self.folder.is_dir() else ():
            with suppress(FileNotFoundError):
                if path.name not in known and path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    gone += 1
        return gone

    def _made(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(problem=Outage.FULL) from error
