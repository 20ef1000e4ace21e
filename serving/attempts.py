"""How often a device may send, and with which proof. Who may at all: ``serving.guards``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from core.errors import ProofNeededError
from layers.gazetteer.index import Place
from layers.place_types import kind_named
from people.access.rate_limit import LimitKind
from serving.visit import Visit


@contextmanager
def attempt(visit: Visit, kind: LimitKind, *, free: bool = False) -> Iterator[None]:
    """Count one attempt of this device and address; refused ones do not count.

    Raises ``TooOftenError``. ``free``: staff write down many slips.
    """
    if free:
        yield
        return
    moment = datetime.now().astimezone()
    with visit.room.limits.attempt(kind, visit.actor.key, visit.address, now=moment):
        yield


def proven(visit: Visit, proof: str, now: datetime) -> bool | None:
    """Return whether a needed proof of work was given; None when none is needed.

    A script is asked for it first: ``ProofNeededError`` with the challenge. A browser without a
    script cannot give one: what it sends is held for a person to look at.
    """
    room = visit.room
    crowded = room.limits.crowded(LimitKind.FILE, visit.address, now=now)
    if not room.proofs.needed(LimitKind.FILE, now=now, crowded=crowded):
        return None
    if proof:
        return room.proofs.check(proof, now=now)
    if visit.wants_json:
        raise ProofNeededError(challenge=room.proofs.challenge(now=now))
    return False


def candidate(visit: Visit, place: Place) -> dict[str, Any]:
    """Return a place that was found, to be chosen from a list."""
    kind = kind_named(place.kind)
    return {
        "name": visit.said({"zh_CN": place.name_zh, "en": place.name_en}),
        "kind": visit.said({"zh_CN": kind.name_zh, "en": kind.name_en}),
        "longitude": round(place.longitude, 6),
        "latitude": round(place.latitude, 6),
    }
