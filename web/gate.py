"""Who may send, how often, and with which proof; what the pages answer to each refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from api.context import by_token
from api.errors import status_of as status_of
from errors import NotAllowedError, ProofNeededError
from layers.places import Place, kind_named
from people.limits import Kind
from web.render import Visit


def check_sender(visit: Visit) -> None:
    """Raise ``NotAllowedError`` unless a device of ours sends, from a page of ours.

    The device's cookie is SameSite=Lax, so another site's form comes without it; the headers say
    so once more. A program's token comes in a header that no other site can make a browser send.
    """
    if by_token(visit.request):
        return
    headers = visit.request.headers
    cross = headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if visit.actor.key is None or cross or _is_foreign(visit, headers.get("origin", "")):
        raise NotAllowedError(action="send")


def _is_foreign(visit: Visit, origin: str) -> bool:
    """Tell whether an Origin is another site's.

    Our pages that send no referrer have "null", as a frame that another site locked in has: the
    desk has none of these pages, so there it is refused.
    """
    if origin == "null":
        return "/desk/" in visit.request.url.path
    if not origin:
        return False
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return True
    ours = {visit.request.headers.get("host", ""), urlsplit(visit.room.settings.public_url).netloc}
    return not host or host not in ours


@contextmanager
def attempt(visit: Visit, kind: Kind, *, free: bool = False) -> Iterator[None]:
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
    crowded = room.limits.crowded(Kind.FILE, visit.address, now=now)
    if not room.proofs.needed(Kind.FILE, now=now, crowded=crowded):
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
