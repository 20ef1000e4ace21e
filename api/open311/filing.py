"""Filing a request with a key: through the same action and moderation as every proposal.

The key is an API token with the act ``assist``: it writes down what somebody else said, as staff do
on paper, each time for another person. With ``device_id`` the request is of that device's person,
taken and doubted as if it had been sent from there.
Names, telephone numbers and addresses of e-mail that apps send along are dropped unread, and
nothing is fetched from ``media_url``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from analysis.cql.terms import BadQueryError
from api.open311.asked import answers_of, degrees
from api.open311.services import Service
from core.errors import BadTokenError, NotAllowedError
from layers.gazetteer.gazetteer import places_of
from people.access.actor import Actor, Where
from people.access.permissions import Act, may
from people.access.rate_limit import LimitKind
from people.accounts.api_tokens import find_token
from serving.context import Context
from submissions.participation.filing import Receipt, file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.proposals.states import EntryChannel, Placement, Relation

#: What tells one request from another; nothing about the person is among it.
NAMING = ("lat", "long", "address_string", "description", "device_id", "account_id")


def holder_of(room: Context, key: str, acting: Actor | None, now: datetime) -> Actor:
    """Return who files: whose token this is. Raises ``BadTokenError``."""
    actor = acting or (find_token(room.database, key.strip(), now=now) if key else None)
    if actor is None or actor.token_id is None:
        raise BadTokenError()
    return actor


def check_may_file(actor: Actor, service: Service) -> None:
    """Raise ``NotAllowedError`` unless a key files requests for a service."""
    if not may(actor, Act.ASSIST, Where(service.campaign.subdistrict)):
        raise NotAllowedError(action="file_proposal")


def file_request(
    room: Context,
    actor: Actor,
    service: Service,
    given: Mapping[str, str],
    fields: Sequence[tuple[str, str]],
    *,
    lang: str,
    now: datetime,
) -> Receipt:
    """File it and return its receipt. Raises what ``file_proposal`` raises."""
    longitude, latitude, placed = _place(room, service, given)
    own = given.get("device_id", "").strip()[:200]
    draft = DraftProposal(
        client_token=_name_of(service, given, fields),
        longitude=longitude,
        latitude=latitude,
        category=service.key,
        text=given.get("description", ""),
        relation=Relation.OTHER,
        placed_by=placed,
        answers=answers_of(service, fields),
        language=lang,
        entry=EntryChannel.SELF if own else EntryChannel.INTERVIEW,
    )
    device = f"open311/{actor.token_id}/{own}"
    writer = Actor(device=device) if own else replace(actor, device=device)

    def file() -> Receipt:
        return room.database.write(
            lambda session: file_proposal(session, writer, service.campaign.id, draft, now=now)
        )

    if not own:
        return file()
    with room.limits.attempt(LimitKind.FILE, writer.key, device, now=now):
        return file()


def _name_of(service: Service, given: Mapping[str, str], fields: Sequence[tuple[str, str]]) -> str:
    """Return the same name for the same request, so that one sent again files nothing new."""
    told = [given.get(name, "") for name in NAMING]
    answers = sorted(pair for pair in fields if pair[0].startswith("attribute["))
    return sha256(repr((service.code, told, answers)).encode()).hexdigest()[:40]


def _place(room: Context, service: Service, given: Mapping[str, str]) -> tuple[float, float, Any]:
    """Return longitude, latitude and how they were stated: as such, or as the name of a place.

    Raises ``InvalidError``, ``BadQueryError`` for a name of no place or of several.
    """
    if given.get("lat") or given.get("long"):
        return degrees(given, "long"), degrees(given, "lat"), Placement.DEVICE
    name = given.get("address_string", "").strip()
    if not name:
        raise BadQueryError(parameter="lat, long", reason="or address_string is needed")
    campaign = service.campaign
    with room.database.reading() as session:
        index = places_of(
            session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict
        )
    found = index.search(name[:100], most=2)
    if len(found) != 1:
        raise BadQueryError(parameter="address_string", reason=f"{len(found)} places of this name")
    place = found[0].place
    return place.longitude, place.latitude, Placement.SEARCH
