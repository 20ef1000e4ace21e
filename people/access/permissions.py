"""The catalogue of acts: what can be done, and which roles may do it. Pure: no database.

Every action asks ``may`` with the place of the thing that it is about; a list asks
``may_somewhere`` and leaves out what lies elsewhere. What residents do from a device needs no
role: it stands here as ``ANYBODY``, so that the table is whole. Which states allow an act is said
in the rules of the room that has the states (``submissions/proposals/states.py``).
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from core.errors import NotAllowedError
from people.access.actor import EVERYWHERE, Actor, Grant, Role, Where


class Act(StrEnum):
    """What somebody can do."""

    # From any device, without an account.
    FILE = "file"
    CHANGE_OWN = "change_own"
    SUPPORT = "support"
    COMMENT = "comment"
    REPORT = "report"
    FOLLOW = "follow"
    # At the desk.
    SEE_DESK = "see_desk"
    ASSIST = "assist"
    OBSERVE = "observe"
    DISCUSS = "discuss"
    ASSIGN = "assign"
    MODERATE = "moderate"
    MERGE = "merge"
    ANSWER = "answer"
    MAKE_TOPIC = "make_topic"
    GIVE_PACK = "give_pack"
    IMPORT = "import"
    PRINT = "print"
    LOAD_LAYER = "load_layer"
    PUBLISH_LAYER = "publish_layer"
    LOAD_COMMUNITIES = "load_communities"
    MAKE_CAMPAIGN = "make_campaign"
    DRAW_PRIZES = "draw_prizes"
    SEE_AUDIT = "see_audit"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_OFFICE = "manage_office"


_DESK = frozenset(
    {
        Role.RESIDENT_PLANNER,
        Role.SOCIAL_WORKER,
        Role.COMMUNITY_PLANNER,
        Role.SUBDISTRICT_OFFICER,
        Role.DEPARTMENT,
        Role.ADMINISTRATOR,
    }
)
_OFFICE = frozenset({Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR})
_PLANNING = _OFFICE | {Role.COMMUNITY_PLANNER}
_MODERATION = _OFFICE | {Role.SOCIAL_WORKER}

ANYBODY: frozenset[Act] = frozenset(
    {Act.FILE, Act.CHANGE_OWN, Act.SUPPORT, Act.COMMENT, Act.REPORT, Act.FOLLOW}
)

#: Which roles may do what, each as far as it reaches. Council members and design firms have the
#: public pages and their own rooms, no desk.
ROLES: MappingProxyType[Act, frozenset[Role]] = MappingProxyType(
    {
        Act.SEE_DESK: _DESK,
        Act.ASSIST: _DESK - {Role.DEPARTMENT},
        Act.OBSERVE: _DESK - {Role.DEPARTMENT},
        Act.DISCUSS: _DESK,
        Act.ASSIGN: _MODERATION | _PLANNING,
        Act.MODERATE: _MODERATION,
        Act.MERGE: _MODERATION,
        Act.ANSWER: _DESK - {Role.RESIDENT_PLANNER},
        Act.MAKE_TOPIC: _PLANNING,
        Act.GIVE_PACK: _PLANNING,
        Act.IMPORT: _PLANNING,
        Act.PRINT: _DESK - {Role.DEPARTMENT},
        Act.LOAD_LAYER: _PLANNING,
        Act.PUBLISH_LAYER: _OFFICE,
        Act.LOAD_COMMUNITIES: _OFFICE,
        Act.MAKE_CAMPAIGN: _OFFICE,
        Act.DRAW_PRIZES: _OFFICE,
        Act.SEE_AUDIT: _OFFICE,
        Act.MANAGE_ACCOUNTS: frozenset({Role.ADMINISTRATOR}),
        Act.MANAGE_OFFICE: frozenset({Role.ADMINISTRATOR}),
    }
)


def in_limits(actor: Actor, act: Act) -> bool:
    """Tell whether an act is among those that a token was made for; without one, all are.

    What people may do with their own things needs no role. A program that acts for them with a
    token is held to this all the same.
    """
    return actor.limited_to is None or act in actor.limited_to


def grants_for(actor: Actor, act: Act) -> frozenset[Grant]:
    """Return the grants by which this person may do something, somewhere."""
    if not in_limits(actor, act):
        return frozenset()
    roles = ROLES.get(act, frozenset())
    return frozenset(grant for grant in actor.grants if grant.role in roles)


def may(actor: Actor, act: Act, where: Where = EVERYWHERE) -> bool:
    """Tell whether this person may do something there; for what is nowhere, on the platform.

    What anybody may do needs a device, by which one person can be told from another.
    """
    if act in ANYBODY:
        return actor.key is not None
    return any(grant.covers(where) for grant in grants_for(actor, act))


def may_somewhere(actor: Actor, act: Act) -> bool:
    """Tell whether there is any place where this person may do it: whether to show the door."""
    return bool(grants_for(actor, act))


def check_may(actor: Actor, act: Act, where: Where = EVERYWHERE, *, action: str) -> None:
    """Raise ``NotAllowedError`` (``action``) unless this person may do something there."""
    if not may(actor, act, where):
        raise NotAllowedError(action=action)


def check_may_somewhere(actor: Actor, act: Act, *, action: str) -> None:
    """Raise ``NotAllowedError`` (``action``) unless this person may do it anywhere."""
    if not may_somewhere(actor, act):
        raise NotAllowedError(action=action)
