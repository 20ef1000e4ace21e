"""Who is acting: a device that files, or a person with roles. Plain values, no database."""

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


class Reach(StrEnum):
    """How far a role reaches."""

    PLATFORM = "platform"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"


@dataclass(frozen=True)
class Where:
    """Where a thing is, to be compared with how far a role reaches. Nothing set: everywhere.

    ``subdistrict`` is the statistical code of a campaign's subdistrict; ``community`` and
    ``edition`` are those of the polygon a proposal lies in.
    """

    subdistrict: str = ""
    community: str = ""
    edition: str = ""


EVERYWHERE = Where()


@dataclass(frozen=True)
class Grant:
    """A role that somebody holds now, and where: a subdistrict's or a community's code.

    The code of a community begins with that of its subdistrict. A community is keyed by code and
    edition, never by its code alone.
    """

    role: Role
    reach: Reach = Reach.PLATFORM
    code: str = ""
    edition: str = ""

    def covers(self, where: Where) -> bool:
        """Tell whether the role reaches to where a thing is."""
        if self.reach is Reach.PLATFORM:
            return True
        if not self.code:
            return False
        if self.reach is Reach.SUBDISTRICT:
            return where.subdistrict == self.code or where.community.startswith(self.code)
        return (where.community, where.edition) == (self.code, self.edition)


def everywhere(*roles: Role) -> frozenset[Grant]:
    """Return these roles, held for the whole platform."""
    return frozenset(Grant(Role(role)) for role in roles)


@dataclass(frozen=True)
class Actor:
    """The one who acts: ``device`` is the secret token a browser keeps; ``grants`` come by login.

    ``account_id`` and ``name`` are those of the account. ``limited_to``: the acts that an API
    token was made for; None where all that the roles allow is allowed. ``token_id``: which token.
    """

    device: str | None = None
    grants: frozenset[Grant] = frozenset()
    account_id: int | None = None
    name: str = ""
    limited_to: frozenset[str] | None = None
    token_id: int | None = None

    @cached_property
    def key(self) -> str | None:
        """What tables store of the device: the hex SHA-256 of its token; None without device."""
        if not self.device:
            return None
        return sha256(self.device.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles held, wherever that is."""
        return frozenset(grant.role for grant in self.grants)


OPERATOR = Actor(grants=everywhere(Role.ADMINISTRATOR))
"""Whoever runs a command on the server itself."""
