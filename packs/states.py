"""States of packs, versions, links and schemes. Pure: no database."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Origin(StrEnum):
    """What a pack is of."""

    TOPIC = "topic"
    HOTSPOT = "hotspot"
    SCENARIO = "scenario"
    VIEW = "view"


class VersionState(StrEnum):
    """Where a version stands: it waits, is made, is there, or came to another end."""

    WAITING = "waiting"
    BUILDING = "building"
    READY = "ready"
    STOPPED = "stopped"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


#: A version of one of these is being worked on.
UNDER_WAY = frozenset({VersionState.WAITING, VersionState.BUILDING})


class LinkState(StrEnum):
    """Whether a link opens anything."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"


class SchemeState(StrEnum):
    """What the office said to a scheme."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Given(Protocol):
    """A link, or what is known of one."""

    @property
    def expires(self) -> datetime:
        """When it ends."""

    @property
    def revoked(self) -> datetime | None:
        """When it was taken back."""


def link_state(link: Given, now: datetime) -> LinkState:
    """Return whether a link opens anything at a moment."""
    if link.revoked is not None:
        return LinkState.REVOKED
    return LinkState.EXPIRED if link.expires <= now else LinkState.OPEN
