"""Who may do what to a proposal, and which states follow each other. Pure: no database."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from people.actors import Actor, Role


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
    """Where a proposal stands. Only ``published`` is seen and counted."""

    RECEIVED = "received"
    HELD = "held"
    PUBLISHED = "published"
    HIDDEN = "hidden"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.RECEIVED: frozenset({Status.PUBLISHED, Status.HELD, Status.HIDDEN}),
    Status.HELD: frozenset({Status.PUBLISHED, Status.HIDDEN}),
    Status.PUBLISHED: frozenset({Status.HELD, Status.HIDDEN}),
    Status.HIDDEN: frozenset({Status.PUBLISHED}),
}

MODERATORS = frozenset({Role.SOCIAL_WORKER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR})
IMPORTERS = frozenset({Role.COMMUNITY_PLANNER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR})
CAMPAIGN_MAKERS = frozenset({Role.ADMINISTRATOR})


class CampaignWindow(Protocol):
    """The dates of a campaign."""

    opens_at: datetime
    closes_at: datetime


class ProposalState(Protocol):
    """What the rules look at in a proposal."""

    status: str
    author_key: str | None


def is_open(campaign: CampaignWindow, now: datetime) -> bool:
    """Tell whether the campaign takes proposals now: from the opening, before the closing."""
    return campaign.opens_at <= now < campaign.closes_at


def may_file(actor: Actor) -> bool:
    """A proposal is filed from a device: its author can be told from others."""
    return actor.key is not None


def may_support(actor: Actor, proposal: ProposalState) -> bool:
    """Any device may stand behind a published proposal that it did not file itself."""
    return (
        actor.key is not None
        and proposal.status == Status.PUBLISHED
        and actor.key != proposal.author_key
    )


def may_moderate(actor: Actor) -> bool:
    """Social workers, the subdistrict and administrators moderate."""
    return actor.has_any(MODERATORS)


def may_see(actor: Actor, proposal: ProposalState) -> bool:
    """Everyone sees what is published; its author and the moderators see it in any state."""
    if proposal.status == Status.PUBLISHED or may_moderate(actor):
        return True
    return actor.key is not None and actor.key == proposal.author_key


def follows(status: str, wanted: Status) -> bool:
    """Tell whether the state ``wanted`` may come after ``status``."""
    return wanted in TRANSITIONS[Status(status)]


def may_change_status(actor: Actor, proposal: ProposalState, wanted: Status) -> bool:
    """A moderator may take a proposal to a state that may follow its present one."""
    return may_moderate(actor) and follows(proposal.status, wanted)


def may_import(actor: Actor) -> bool:
    """Planners, the subdistrict and administrators bring in proposals collected elsewhere."""
    return actor.has_any(IMPORTERS)


def may_make_campaign(actor: Actor) -> bool:
    """Administrators set up campaigns."""
    return actor.has_any(CAMPAIGN_MAKERS)
