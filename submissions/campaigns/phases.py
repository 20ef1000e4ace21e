"""The phases of a campaign: what is allowed when. Pure: no database.

A campaign collects from ``opens_at`` until before ``closes_at``; from then on it is ``reviewing``.
When it is deliberated and when it is answered stands in ``phases`` (a phase's name -> moment as
ISO 8601 with its offset), as far as that is planned. ``archived_at`` ends all.

What stands in no column of ``ALLOWED`` is allowed in every phase: moderating, answering (building
takes years), printing, taking back what one has said oneself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from core.dates import kept_in_calendar
from core.errors import InvalidError, NotNowError
from people.access.permissions import Act


class Phase(StrEnum):
    """What a campaign is at, in the order in which it goes."""

    ANNOUNCED = "announced"
    COLLECTING = "collecting"
    REVIEWING = "reviewing"
    DELIBERATING = "deliberating"
    ANSWERED = "answered"
    ARCHIVED = "archived"


#: Those that begin at a moment of their own after the closing, in their order.
PLANNED = (Phase.DELIBERATING, Phase.ANSWERED)

#: The acts that a phase may forbid.
ACTS = (
    Act.FILE,
    Act.CHANGE_OWN,
    Act.SUPPORT,
    Act.COMMENT,
    Act.REPORT,
    Act.FOLLOW,
)

_TAKING_PART = frozenset({Act.CHANGE_OWN, Act.SUPPORT, Act.COMMENT, Act.REPORT, Act.FOLLOW})
ALLOWED: MappingProxyType[Phase, frozenset[Act]] = MappingProxyType(
    {
        Phase.ANNOUNCED: frozenset({Act.REPORT, Act.FOLLOW}),
        Phase.COLLECTING: _TAKING_PART | {Act.FILE},
        Phase.REVIEWING: _TAKING_PART,
        # What is deliberated stays as it was said.
        Phase.DELIBERATING: _TAKING_PART - {Act.CHANGE_OWN},
        # Supports were what it was decided by; what people say to the answers is heard.
        Phase.ANSWERED: _TAKING_PART - {Act.CHANGE_OWN, Act.SUPPORT},
        # Somebody's name or face in what is still shown can be pointed out for ever; and what is
        # built years later is still heard of.
        Phase.ARCHIVED: frozenset({Act.REPORT, Act.FOLLOW}),
    }
)


class CampaignTimes(Protocol):
    """The dates of a campaign."""

    @property
    def opens_at(self) -> datetime:
        """The first moment of collecting."""

    @property
    def closes_at(self) -> datetime:
        """The first moment after it."""

    @property
    def phases(self) -> Mapping[str, str]:
        """When each phase of ``PLANNED`` begins, as far as that is planned."""

    @property
    def archived_at(self) -> datetime | None:
        """When it was put away."""


@dataclass(frozen=True)
class Span:
    """A phase with its first moment, and the first after it; None where none is planned."""

    phase: Phase
    begins: datetime
    ends: datetime | None


def timetable(campaign: CampaignTimes) -> list[Span]:
    """Return the phases from the collecting on, in their order, without gaps."""
    planned = planned_phases(campaign.phases)
    begins = [(Phase.COLLECTING, campaign.opens_at), (Phase.REVIEWING, campaign.closes_at)]
    begins += [(phase, planned[phase]) for phase in PLANNED if phase in planned]
    if campaign.archived_at is not None:
        begins = [(phase, at) for phase, at in begins if at < campaign.archived_at]
        begins.append((Phase.ARCHIVED, campaign.archived_at))
    ends: list[datetime | None] = [*[at for _, at in begins[1:]], None]
    spans = [Span(*begun, end) for begun, end in zip(begins, ends, strict=True)]
    return [span for span in spans if span.begins != span.ends]


def phase_at(campaign: CampaignTimes, now: datetime) -> Phase:
    """Return the phase of a moment."""
    reached = [span.phase for span in timetable(campaign) if span.begins <= now]
    return reached[-1] if reached else Phase.ANNOUNCED


def next_phase(campaign: CampaignTimes, now: datetime) -> Span | None:
    """Return what comes next, None where nothing is planned."""
    later = [span for span in timetable(campaign) if span.begins > now]
    return later[0] if later else None


def allows(campaign: CampaignTimes, act: Act, now: datetime) -> bool:
    """Tell whether a campaign's phase lets this be done now, by whoever may do it at all."""
    return act not in ACTS or act in ALLOWED[phase_at(campaign, now)]


def check_phase(campaign: CampaignTimes, act: Act, now: datetime) -> None:
    """Raise ``NotNowError`` unless the campaign's phase lets this be done."""
    if not allows(campaign, act, now):
        raise NotNowError(act=str(act), phase=str(phase_at(campaign, now)))


def planned_phases(phases: Mapping[str, Any]) -> dict[Phase, datetime]:
    """Read the moments of the planned phases. Raises ``InvalidError`` naming the phase."""
    planned: dict[Phase, datetime] = {}
    for name, begins in phases.items():
        if name not in PLANNED:
            raise InvalidError(field="phases", phase=str(name), reason="unknown")
        try:
            moment = datetime.fromisoformat(begins)
        except (TypeError, ValueError):
            raise InvalidError(field="phases", phase=str(name), reason="no moment") from None
        if moment.tzinfo is None:
            raise InvalidError(field="phases", phase=str(name), reason="no time zone")
        planned[Phase(name)] = kept_in_calendar(moment)
    return planned


def check_dates(opens_at: datetime, closes_at: datetime, phases: Mapping[str, Any]) -> None:
    """Raise ``InvalidError`` unless each phase begins after the one before it."""
    if opens_at >= closes_at:
        raise InvalidError(field="closes_at")
    before = closes_at
    for phase, begins in sorted(planned_phases(phases).items(), key=_in_order):
        if begins < before:
            raise InvalidError(field="phases", phase=str(phase), reason="too early")
        before = begins


def _in_order(planned: tuple[Phase, datetime]) -> int:
    return PLANNED.index(planned[0])
