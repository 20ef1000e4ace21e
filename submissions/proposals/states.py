"""Who may do what to a proposal, and which states follow each other. Pure: no database."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from people.access.actor import Actor


class Placement(StrEnum):
    """How the pin was placed."""

    TAP = "tap"
    DEVICE = "device"
    SEARCH = "search"
    IMPORT = "import"


class Relation(StrEnum):
    """What ties the author to the place."""

    LIVES = "lives"
    WORKS = "works"
    PASSES = "passes"
    OTHER = "other"


class Status(StrEnum):
    """Where a proposal or a comment stands. Only ``published`` is seen and counted.

    A ``merged`` proposal was joined with another that is shown in its place; no comment is.
    """

    RECEIVED = "received"
    HELD = "held"
    PUBLISHED = "published"
    HIDDEN = "hidden"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


#: What a moderator may do. Into ``MERGED`` and out of it lead ``merging.merge`` and ``unmerge``.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.RECEIVED: frozenset({Status.PUBLISHED, Status.HELD, Status.HIDDEN}),
    Status.HELD: frozenset({Status.PUBLISHED, Status.HIDDEN}),
    Status.PUBLISHED: frozenset({Status.HELD, Status.HIDDEN}),
    Status.HIDDEN: frozenset({Status.PUBLISHED}),
    Status.WITHDRAWN: frozenset(),
    Status.MERGED: frozenset(),
}
#: What may be joined with another; what takes it in is published.
MERGEABLE = frozenset({Status.RECEIVED, Status.HELD, Status.PUBLISHED})


class HeldReason(StrEnum):
    """Why a proposal was put aside for a person to look at."""

    OUTSIDE = "outside"
    REPEATED = "repeated"
    MACHINE = "machine"
    MODERATOR = "moderator"
    PERSONAL = "personal"


class EntryChannel(StrEnum):
    """How a proposal came in: by its author, or written down by staff for somebody."""

    SELF = "self"
    PAPER = "paper"
    INTERVIEW = "interview"
    IMPORT = "import"


class Stage(StrEnum):
    """What the office did about a proposal, in the order in which it usually goes."""

    ANSWERED = "answered"
    DISCUSSED = "discussed"
    DECIDED = "decided"
    DECLINED = "declined"
    BUILT = "built"


class PhotoStatus(StrEnum):
    """A picture is seen by others once a person has looked at it."""

    WAITING = "waiting"
    PUBLISHED = "published"
    HIDDEN = "hidden"


class ReportReason(StrEnum):
    """What somebody finds improper."""

    PRIVATE = "private"
    INSULT = "insult"
    ADVERT = "advert"
    WRONG = "wrong"
    OTHER = "other"


class CampaignWindow(Protocol):
    """The dates of a campaign."""

    @property
    def opens_at(self) -> datetime:
        """The first moment."""

    @property
    def closes_at(self) -> datetime:
        """The first moment after it."""


class ProposalState(Protocol):
    """What the rules look at in a proposal or a comment."""

    @property
    def status(self) -> str:
        """One of ``Status``."""

    @property
    def author_key(self) -> str | None:
        """The device that filed it, hashed."""


def is_open(campaign: CampaignWindow, now: datetime) -> bool:
    """Tell whether the campaign takes proposals now: from the opening, before the closing."""
    return campaign.opens_at <= now < campaign.closes_at


def may_support(actor: Actor, proposal: ProposalState) -> bool:
    """Any device may stand behind a published proposal that it did not file itself."""
    return (
        actor.key is not None
        and proposal.status == Status.PUBLISHED
        and actor.key != proposal.author_key
    )


def is_author(actor: Actor, proposal: ProposalState) -> bool:
    """Tell whether this device filed it."""
    return actor.key is not None and actor.key == proposal.author_key


def may_edit(actor: Actor, proposal: ProposalState, *, by_code: bool = False) -> bool:
    """An author changes the words until the proposal is shown to others.

    ``by_code``: the actor holds its receipt code, which is the author's proof on any device.
    """
    return (by_code or is_author(actor, proposal)) and proposal.status in {
        Status.RECEIVED,
        Status.HELD,
    }


def may_withdraw(actor: Actor, proposal: ProposalState, *, by_code: bool = False) -> bool:
    """An author takes back what is waiting or shown, or was joined with another."""
    open_states = {Status.RECEIVED, Status.HELD, Status.PUBLISHED, Status.MERGED}
    return (by_code or is_author(actor, proposal)) and proposal.status in open_states


def may_comment(actor: Actor, proposal: ProposalState) -> bool:
    """Any device may say something to a published proposal, its author too."""
    return actor.key is not None and proposal.status == Status.PUBLISHED


def may_report(actor: Actor, proposal: ProposalState) -> bool:
    """Any device may point out something improper in what is shown and is not its own."""
    return may_comment(actor, proposal) and not is_author(actor, proposal)


def may_follow(actor: Actor, proposal: ProposalState) -> bool:
    """Anyone follows what is shown; an author follows it in any state."""
    return actor.key is not None and (
        proposal.status == Status.PUBLISHED or is_author(actor, proposal)
    )


def may_see(actor: Actor, proposal: ProposalState) -> bool:
    """Everyone sees what is published; its author sees it in any state. Staff: ``where.sees``."""
    return proposal.status == Status.PUBLISHED or is_author(actor, proposal)


def follows(status: str, wanted: Status) -> bool:
    """Tell whether the state ``wanted`` may come after ``status``."""
    return wanted in TRANSITIONS[Status(status)]


class ChangeKind(StrEnum):
    """What staff changed in a proposal."""

    STATUS = "status"
    TEXT = "text"
    REDACTED = "redacted"
    CATEGORY = "category"
    ANSWERS = "answers"
    MOVED = "moved"
    BLURRED = "blurred"
