"""Which base map is in force: the operator's where the settings name one, else the desk's."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cache import CACHE
from core.database import Database
from core.errors import InvalidError, UnavailableError
from core.settings import Settings
from layers.background.background import (
    NO_BACKGROUND,
    USUAL_ZOOM,
    Background,
    of_file,
    of_tianditu,
    operator_background,
    operator_choice,
)
from layers.background.models import BaseMapEntry
from layers.background.tile_file import BadBackgroundError
from notifications.contacts import WrongKeyError, sealer_of

#: What another process of this server changed is seen after so many seconds at the latest.
FRESH_S = 2
#: The folder of files to choose from, in ``LUJIAN_VAR_DIR``.
FOLDER = "basemaps"
LEAST_ZOOM = 3
_PLACEHOLDERS = ("{z}", "{x}", "{y}")
_BRACES = re.compile(r"\{[^}]*\}")
_log = logging.getLogger("lujian")


class BaseMapError(InvalidError):
    """A base map cannot be chosen. Parameters: ``problem``, and what that needs.

    ``problem``: ``choice``, ``placeholders``, ``zoom``, ``no_file``, ``no_key``, ``no_secret`` (no
    key seals), ``wrong_key`` (sealed under another), and those of ``BadBackgroundError`` and of
    ``layers.background.try_tiles``.
    """

    code = "base_map"


@dataclass(frozen=True)
class BaseMapChoice:
    """What was chosen at the desk; ``choice``: of ``background.CHOICES``, empty for nothing yet.

    ``url`` and ``largest_zoom``: of XYZ tiles; ``file``: a name in the folder of the server.
    ``has_key``: a key is kept.
    """

    choice: str = ""
    url: str = ""
    attribution: str = ""
    largest_zoom: int = USUAL_ZOOM
    file: str = ""
    has_key: bool = False
    revision: str = ""

    @property
    def version(self) -> str:
        """A name for all that is chosen: the same while it is."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def stored_choice(session: Session) -> BaseMapChoice:
    """Return what was chosen at the desk."""
    row = session.scalar(select(BaseMapEntry))
    if row is None:
        return BaseMapChoice()
    told = row.choice, row.url, row.attribution, row.largest_zoom, row.file
    return BaseMapChoice(*told, row.key is not None, row.changed.isoformat())


def stored_key(session: Session, settings: Settings) -> str:
    """Return Tianditu's key as it is kept; empty for none.

    Raises :class:`BaseMapError` (``no_secret``, ``wrong_key``) where it cannot be opened.
    """
    sealed = session.scalar(select(BaseMapEntry.key))
    if not sealed:
        return ""
    sealer = sealer_of(settings)
    if sealer is None:
        raise BaseMapError(problem="no_secret")
    try:
        return sealer.open(sealed)
    except WrongKeyError:
        raise BaseMapError(problem="wrong_key") from None


def base_map_files(settings: Settings) -> list[str]:
    """Return the names of the PMTiles files in the folder that there are to choose from."""
    try:
        found = [one.name for one in (settings.var_dir / FOLDER).iterdir() if one.is_file()]
    except OSError:
        return []
    return sorted(name for name in found if name.lower().endswith(".pmtiles"))


def made_background(chosen: BaseMapChoice, key: str, settings: Settings) -> Background:
    """Return the base map that a choice means.

    Raises :class:`BaseMapError`.
    """
    if chosen.choice in ("", "none"):
        return NO_BACKGROUND
    if chosen.choice == "xyz":
        return _of_xyz(chosen)
    if chosen.choice in ("tianditu", "tianditu-image"):
        if not re.fullmatch(r"[0-9A-Za-z]{8,64}", key):
            raise BaseMapError(problem="no_key")
        return of_tianditu(chosen.choice, key, chosen.attribution)
    if chosen.choice != "file":
        raise BaseMapError(problem="choice")
    if chosen.file not in base_map_files(settings):
        raise BaseMapError(problem="no_file")
    try:
        return of_file(settings.var_dir / FOLDER / chosen.file, chosen.attribution)
    except BadBackgroundError as error:
        raise BaseMapError(problem=error.params["problem"], file=chosen.file) from error


def _of_xyz(chosen: BaseMapChoice) -> Background:
    named: Sequence[str] = _BRACES.findall(chosen.url)
    if not set(_PLACEHOLDERS) <= set(named) <= {*_PLACEHOLDERS, "{s}", "{-y}"}:
        raise BaseMapError(problem="placeholders")
    if not LEAST_ZOOM <= chosen.largest_zoom <= USUAL_ZOOM:
        raise BaseMapError(problem="zoom", least=LEAST_ZOOM, most=USUAL_ZOOM)
    return Background((chosen.url,), chosen.attribution, native_zoom=chosen.largest_zoom)


def current_base_map(database: Database, settings: Settings) -> Background:
    """Return the base map for a page: as it was ``FRESH_S`` seconds ago, or later.

    Where the database is away, as it was last known. A choice that cannot be had any more (its
    file is gone) is none: maps stay, and the desk says why.
    """
    if operator_choice(settings):
        return operator_background(settings)

    def read() -> Background:
        with database.reading() as session:
            return _read(session, settings)

    try:
        return CACHE.get(_key(database), int(time.monotonic() / FRESH_S), read)
    except UnavailableError:
        return known_base_map(database, settings)


def known_base_map(database: Database, settings: Settings) -> Background:
    """Return the base map as it was last known, without asking the database."""
    if operator_choice(settings):
        return operator_background(settings)
    found: Background | None = CACHE.last(_key(database))
    return found or NO_BACKGROUND


def note_base_map(database: Database, shown: Background) -> None:
    """Let this process know at once what was changed in it."""
    CACHE.get(_key(database), ("changed", time.monotonic()), lambda: shown)


def file_in_force(shown: Background) -> Path | None:
    """Return the file that the tiles of a base map come from; None where they come from none."""
    return Path(shown.file) if shown.file else None


def _read(session: Session, settings: Settings) -> Background:
    chosen = stored_choice(session)
    try:
        key = stored_key(session, settings) if chosen.choice.startswith("tianditu") else ""
        return made_background(chosen, key, settings)
    except BaseMapError as error:
        _log.error("the base map chosen at the desk cannot be had: %s", error.params["problem"])
        return NO_BACKGROUND


def _key(database: Database) -> tuple[str, Any]:
    return "base_map", database.url
