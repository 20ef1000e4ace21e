"""What stands in the table of permissions: what is done to a thing, and what lists things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from people.access.actor import Actor
from people.access.permissions import Act
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status
from tests.conftest import NOW
from tests.world import Thing, World

ALL = frozenset(Status)
#: States of a proposal in which staff may still change it.
LIVING = ALL - {Status.WITHDRAWN}


@dataclass(frozen=True)
class Deed:
    """Something that is done to one thing, by whoever has ``act`` there, in these states of it.

    ``about``: a proposal, its campaign, a draft, or the platform. ``shown``: it is done to what is
    shown alone, so that also moderators are told of no other.
    """

    action: Callable[..., Any]
    act: Act
    about: str
    do: Callable[[Session, Actor, World, Thing], Any]
    works: frozenset[Status] = ALL
    name: str = ""
    shown: bool = False

    @property
    def title(self) -> str:
        """What it is called."""
        return self.name or self.action.__name__


@dataclass(frozen=True)
class Look:
    """Something that lists things: ``seen`` tells whether a thing is in it.

    Whoever has ``act`` nowhere is refused, or, where ``open`` is set, sees nothing of it.
    ``shows`` are the states in which it lists a proposal.
    """

    action: Callable[..., Any]
    act: Act
    about: str
    seen: Callable[[Session, Actor, World, Thing], bool]
    shows: frozenset[Status] = ALL
    open: bool = False
    name: str = ""

    @property
    def title(self) -> str:
        """What it is called."""
        return self.name or self.action.__name__


def updated(session: Session, thing: Thing) -> Any:
    """Return the version of a proposal, as a moderator saw it."""
    return session.scalar(select(Proposal.updated).where(Proposal.id == thing.id))


WHY: dict[str, Any] = {"reason": "理由", "now": NOW}
NOT_PUBLISHED = frozenset({Status.RECEIVED, Status.HELD, Status.HIDDEN})
