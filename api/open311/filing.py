"""Filing a request with a key: through the same action and moderation as every proposal.

The key is an API token with the act ``assist``: it writes down what somebody else said, as staff do
on paper, each time for another person. With ``device_id`` the request is of that device's person,
taken and doubted as if it had been sent from there.
Names, telephone numbers and addresses of e-mail that apps send along are dropped unread, and
nothing is fetched from ``media_url``. A photo in the form is cleaned and waits to be looked at, as
residents' do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from analysis.cql.terms import BadQueryError
from api.open311.asked import answers_of, degrees
from api.open311.services import Service
from core.errors import BadTokenError, NotAllowedError, NotFoundError
from layers.gazetteer.gazetteer import places_of
from people.access.actor import Actor, Where
from people.access.permissions import Act, may
from people.access.rate_limit import LimitKind
from people.accounts.api_tokens import find_token
from serving.context import Context
from submissions.participation.filing import Receipt, file_proposal
from submissions.participation.photos import drop_photo, take_photo
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


@dataclass(frozen=True)
class Wanted:
    """A request as it was sent, by whom, for which service; ``photo``: as it was sent, if any."""

    actor: Actor
    service: Service
    given: Mapping[str, str]
    fields: Sequence[tuple[str, str]]
    photo: bytes = b""

    @property
    def own(self) -> str:
        """The device whose person it is of; nothing where staff write down what somebody said."""
        return self.given.get("device_id", "").strip()[:200]

    @property
    def device(self) -> str:
        """The device as it is known here: apart for each key."""
        return f"open311/{self.actor.token_id}/{self.own}"

    @property
    def writer(self) -> Actor:
        """Who files it: the device, or whoever holds the key."""
        device = self.device
        return Actor(device=device) if self.own else replace(self.actor, device=device)


def take_its_photo(room: Context, wanted: Wanted, *, address: str, now: datetime) -> list[str]:
    """Clean and keep the photo of a request; return its name, to be filed with.

    Raises ``BadPhotoError``, ``RateLimitedError``.
    """
    with room.limits.attempt(LimitKind.PHOTO, wanted.writer.key, address, now=now):
        name, _picture = take_photo(
            room.database, room.photos, wanted.writer, wanted.photo, now=now
        )
    return [name]


def file_request(
    room: Context, wanted: Wanted, photos: Sequence[str] = (), *, lang: str, now: datetime
) -> Receipt:
    """File it and return its receipt; photos that are not needed are dropped.

    Raises what ``file_proposal`` raises.
    """
    needless = list(photos)
    try:
        receipt = _file(room, wanted, _draft(room, wanted, photos, lang), now)
        if not receipt.repeated:
            needless = []
        return receipt
    finally:
        for name in needless:
            _drop(room, wanted.writer, name, now)


def _draft(room: Context, wanted: Wanted, photos: Sequence[str], lang: str) -> DraftProposal:
    service, given, fields = wanted.service, wanted.given, wanted.fields
    longitude, latitude, placed = _place(room, service, given)
    return DraftProposal(
        client_token=_name_of(wanted),
        longitude=longitude,
        latitude=latitude,
        category=service.key,
        text=given.get("description", ""),
        relation=Relation.OTHER,
        placed_by=placed,
        answers=answers_of(service, fields),
        language=lang,
        entry=EntryChannel.SELF if wanted.own else EntryChannel.INTERVIEW,
        photos=photos,
    )


def _file(room: Context, wanted: Wanted, draft: DraftProposal, now: datetime) -> Receipt:
    writer, campaign = wanted.writer, wanted.service.campaign.id

    def file() -> Receipt:
        return room.database.write(
            lambda session: file_proposal(session, writer, campaign, draft, now=now)
        )

    if not wanted.own:
        return file()
    with room.limits.attempt(LimitKind.FILE, writer.key, wanted.device, now=now):
        return file()


def _drop(room: Context, writer: Actor, name: str, now: datetime) -> None:
    with suppress(NotFoundError):
        dropped = room.database.write(lambda session: drop_photo(session, writer, name, now=now))
        room.photos.delete(dropped)


def _name_of(wanted: Wanted) -> str:
    """Return the same name for the same request, so that one sent again files nothing new."""
    told = [wanted.given.get(name, "") for name in NAMING]
    answers = sorted(pair for pair in wanted.fields if pair[0].startswith("attribute["))
    picture = sha256(wanted.photo).hexdigest() if wanted.photo else ""
    named = repr((wanted.service.code, told, answers, picture))
    return sha256(named.encode()).hexdigest()[:40]


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
