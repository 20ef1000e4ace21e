"""Choosing the base map at the desk: administrators of the whole platform."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import EmptyTextError, WrongStateError
from core.keys import Sealed
from core.settings import Settings
from core.text import clean_line
from layers.background.background import operator_choice
from layers.background.base_map import (
    BaseMapChoice,
    BaseMapError,
    made_background,
    stored_choice,
    stored_key,
)
from layers.background.models import BaseMapEntry
from notifications.contacts import sealer_of
from people.access.actor import Actor
from people.access.permissions import Act, check_may
from people.audit.record import record

MOST_URL, MOST_CREDIT, MOST_KEY = 500, 200, 100


def cleaned(chosen: BaseMapChoice) -> BaseMapChoice:
    """Return a choice as it is kept: in one line each."""
    return replace(
        chosen,
        url=_line(chosen.url, MOST_URL),
        attribution=_line(chosen.attribution, MOST_CREDIT),
    )


def change_base_map(
    session: Session,
    actor: Actor,
    chosen: BaseMapChoice,
    key: str,
    *,
    settings: Settings,
    version: str,
    now: datetime,
) -> BaseMapChoice:
    """Keep which base map is chosen; return it as it is stored then.

    ``key``: Tianditu's, empty to keep the one that is there. ``version``: that of
    ``stored_choice`` as it was seen. Raises ``NotAllowedError``; ``WrongStateError`` (``stale``)
    when somebody changed it meanwhile, (``operator``) where the settings name one; ``BaseMapError``
    for what cannot be had. Whether tiles come is tried before: ``try_tiles``.
    """
    check_may(actor, Act.MANAGE_OFFICE, action="change_base_map")
    if operator_choice(settings):
        raise WrongStateError(status="base_map", wanted="changed", reason="operator")
    before = stored_choice(session)
    if version != before.version:
        raise WrongStateError(status="base_map", wanted="changed", reason="stale")
    chosen = cleaned(chosen)
    is_keyed = chosen.choice.startswith("tianditu")
    key = key or (stored_key(session, settings) if is_keyed else "")
    made_background(chosen, key, settings)
    row = session.scalar(select(BaseMapEntry)) or BaseMapEntry(id=1, key=None)
    row.choice, row.url, row.attribution = chosen.choice, chosen.url, chosen.attribution
    row.largest_zoom, row.file, row.changed = chosen.largest_zoom, chosen.file, now
    if is_keyed:
        row.key = _sealed(key, settings)
    session.add(row)
    session.flush()
    details = {"from": _told(before), "to": _told(chosen)}
    record(session, actor, "base_map_changed", now=now, details=details)
    return stored_choice(session)


def _sealed(key: str, settings: Settings) -> Sealed:
    sealer = sealer_of(settings)
    if sealer is None:
        raise BaseMapError(problem="no_secret")
    return sealer.seal(key)


def _line(text: str, most: int) -> str:
    try:
        return clean_line(text, most=most)
    except EmptyTextError:
        return ""


def _told(chosen: BaseMapChoice) -> str:
    """Return a choice as the audit trail names it: never a key, of an address only the host."""
    of = {"xyz": urlsplit(chosen.url).netloc, "file": chosen.file}.get(chosen.choice, "")
    return " ".join(part for part in (chosen.choice or "none", of) if part)
