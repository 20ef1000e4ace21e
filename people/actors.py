"""Who is acting: a device that files, or a person with a role. Plain values, no database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import sha256


class Role(StrEnum):
    """The roles around the map."""

    RESIDENT = "resident"
    COUNCIL_MEMBER = "council_member"
    RESIDENT_PLANNER = "resident_planner"
    SOCIAL_WORKER = "social_worker"
    COMMUNITY_PLANNER = "community_planner"
    SUBDISTRICT_OFFICER = "subdistrict_officer"
    DEPARTMENT = "department"
    DESIGN_FIRM = "design_firm"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Actor:
    """The one who acts: ``device`` is the secret token a browser keeps; ``roles`` come by login."""

    device: str | None = None
    roles: frozenset[str] = frozenset()

    @cached_property
    def key(self) -> str | None:
        """What tables store of the device: the hex SHA-256 of its token; None without device."""
        if not self.device:
            return None
        return sha256(self.device.encode("utf-8", "surrogatepass")).hexdigest()

    def has_any(self, roles: frozenset[Role]) -> bool:
        """Tell whether the actor has one of these roles."""
        return not self.roles.isdisjoint(roles)


OPERATOR = Actor(roles=frozenset({Role.ADMINISTRATOR}))
"""Whoever runs a command on the server itself."""
