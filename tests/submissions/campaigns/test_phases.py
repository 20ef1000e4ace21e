"""What each phase allows: a table of phases and acts, asked by the actions themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.database import Database
from core.errors import CampaignClosedError, InvalidError, LuJianError, NotNowError
from deliberation.official_steps import tell_step
from people.access.actor import OPERATOR
from people.access.permissions import Act
from submissions.campaigns.lifecycle import archive_campaign
from submissions.campaigns.phases import (
    ACTS,
    Phase,
    Span,
    allows,
    check_dates,
    next_phase,
    phase_at,
    timetable,
)
from submissions.participation.author_edits import edit_proposal, withdraw_proposal
from submissions.participation.comments import comment_on
from submissions.participation.follows import follow_here, unfollow_here
from submissions.participation.reports import report
from submissions.participation.supports import support_proposal, unsupport_proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import make_campaign
from tests.submissions.acting import AUTHOR, NEIGHBOUR, act, file
from tests.web.acting import rows

DAY = timedelta(days=1)
OPENS = datetime(2026, 5, 1, tzinfo=UTC)
CLOSES = OPENS + 10 * DAY
PHASES = {
    "deliberating": (OPENS + 20 * DAY).isoformat(),
    "answered": (OPENS + 30 * DAY).isoformat(),
}
#: A moment in each phase, with the archive from the fortieth day on.
AT = {
    Phase.ANNOUNCED: OPENS - timedelta(microseconds=1),
    Phase.COLLECTING: OPENS,
    Phase.REVIEWING: CLOSES,
    Phase.DELIBERATING: OPENS + 20 * DAY,
    Phase.ANSWERED: OPENS + 30 * DAY,
    Phase.ARCHIVED: OPENS + 40 * DAY,
}
#: Worked out by hand from the plain words of each phase. Columns: file, change, support, comment,
#: report, follow.
TABLE = {
    Phase.ANNOUNCED: ".... RF",
    Phase.COLLECTING: "FCSM RF",
    Phase.REVIEWING: ".CSM RF",
    Phase.DELIBERATING: "..SM RF",
    Phase.ANSWERED: "...M RF",
    Phase.ARCHIVED: ".... RF",
}


@dataclass
class Times:
    opens_at: datetime = OPENS
    closes_at: datetime = CLOSES
    phases: dict[str, str] = field(default_factory=lambda: dict(PHASES))
    archived_at: datetime | None = OPENS + 40 * DAY


def allowed(phase: Phase) -> set[Act]:
    marks = TABLE[phase].replace(" ", "")
    return {one for one, mark in zip(ACTS, marks, strict=True) if mark != "."}


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("what", ACTS)
def test_a_phase_allows_what_its_words_say(phase: Phase, what: Act) -> None:
    assert phase_at(Times(), AT[phase]) is phase
    assert allows(Times(), what, AT[phase]) is (what in allowed(phase))


def test_what_no_phase_speaks_of_is_always_allowed() -> None:
    for other in set(Act) - set(ACTS):
        assert all(allows(Times(), other, moment) for moment in AT.values())


def test_the_timetable_has_no_gaps_and_says_what_comes_next() -> None:
    spans = timetable(Times())
    assert [span.phase for span in spans] == list(Phase)[1:]
    assert [span.ends for span in spans[:-1]] == [span.begins for span in spans[1:]]
    assert spans[-1].ends is None
    moments = [AT[phase] for phase in Phase]
    for moment, later in zip(moments, spans, strict=False):
        assert next_phase(Times(), moment) == later
    assert next_phase(Times(), moments[-1]) is None
    plain = Times(phases={}, archived_at=None)
    assert timetable(plain) == [
        Span(Phase.COLLECTING, OPENS, CLOSES),
        Span(Phase.REVIEWING, CLOSES, None),
    ]
    assert next_phase(plain, CLOSES) is None
    at_once = Times(phases={"deliberating": CLOSES.isoformat()}, archived_at=None)
    assert phase_at(at_once, CLOSES) is Phase.DELIBERATING
    assert Phase.REVIEWING not in [span.phase for span in timetable(at_once)]
    early = Times(archived_at=OPENS + 5 * DAY)
    assert phase_at(early, OPENS + 6 * DAY) is Phase.ARCHIVED
    assert [span.phase for span in timetable(early)] == [Phase.COLLECTING, Phase.ARCHIVED]


@pytest.mark.parametrize(
    "phases",
    [
        {"collecting": OPENS.isoformat()},
        {"deliberating": "soon"},
        {"deliberating": None},
        {"deliberating": "2026-05-20T00:00:00"},
        {"deliberating": (CLOSES - timedelta(seconds=1)).isoformat()},
        {**PHASES, "answered": (OPENS + 19 * DAY).isoformat()},
    ],
)
def test_dates_that_cannot_be(phases: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        check_dates(OPENS, CLOSES, phases)


@pytest.fixture
def phased(database: Database) -> CampaignView:
    """Give a campaign with all its phases, and the archive of the fortieth day."""
    campaign = make_campaign(
        database, opens_at=OPENS, closes_at=CLOSES, phases=PHASES, publish_on_filing=True
    )
    file(database, campaign, now=OPENS)  # 0: published
    file(database, campaign, now=OPENS, text="看 www.a.cn www.b.cn www.c.cn")  # 1: held, editable
    act(database, archive_campaign, OPERATOR, campaign.slug, now=AT[Phase.ARCHIVED])
    return campaign


def doing(database: Database, campaign: CampaignView, what: Act) -> Callable[[datetime], Any]:
    """Return a way to do something at a moment."""
    shown, held = rows(database, campaign)[:2]
    one = shown.public_id
    ways: dict[Act, Callable[[datetime], Any]] = {
        Act.FILE: lambda at: file(database, campaign, now=at, text=f"第{at}条"),
        Act.CHANGE_OWN: lambda at: act(
            database,
            edit_proposal,
            AUTHOR,
            held.public_id,
            updated=held.updated,
            text="请看这里",
            now=at,
        ),
        Act.SUPPORT: lambda at: act(database, support_proposal, NEIGHBOUR, one, now=at),
        Act.COMMENT: lambda at: act(
            database, comment_on, NEIGHBOUR, one, "说得对", client_token="a", now=at
        ),
        Act.REPORT: lambda at: act(database, report, NEIGHBOUR, one, reason="other", now=at),
        Act.FOLLOW: lambda at: act(database, follow_here, NEIGHBOUR, one, language="en", now=at),
    }
    return ways[what]


@pytest.mark.parametrize("phase", [one for one in Phase if one is not Phase.ANNOUNCED])
def test_an_outcome_is_told_in_any_phase(
    database: Database, phased: CampaignView, phase: Phase
) -> None:
    one = file(database, phased, AUTHOR, now=AT[Phase.COLLECTING]).public_id
    told = act(database, tell_step, OPERATOR, [one], "built", "好了", by="街道", now=AT[phase])
    assert told == 1


@pytest.mark.parametrize("phase", list(Phase))
def test_the_actions_ask_the_phase(database: Database, phased: CampaignView, phase: Phase) -> None:
    for what in ACTS:
        do = doing(database, phased, what)
        if what in allowed(phase):
            do(AT[phase])
            continue
        refusal: type[LuJianError] = CampaignClosedError if what is Act.FILE else NotNowError
        with pytest.raises(refusal):
            do(AT[phase])


def test_taking_back_what_is_ones_own_is_never_too_late(
    database: Database, phased: CampaignView
) -> None:
    one, other = (row.public_id for row in rows(database, phased)[:2])
    late = AT[Phase.ARCHIVED]
    act(database, support_proposal, NEIGHBOUR, one, now=OPENS)
    act(database, follow_here, NEIGHBOUR, one, language="en", now=OPENS)
    act(database, unfollow_here, NEIGHBOUR, one, now=late)
    act(database, withdraw_proposal, AUTHOR, one, now=late)
    act(database, withdraw_proposal, AUTHOR, other, now=late)
    assert {row.status for row in rows(database, phased)} == {"withdrawn"}


def test_supports_stand_once_they_are_counted_no_more(
    database: Database, phased: CampaignView
) -> None:
    one = rows(database, phased)[0].public_id
    act(database, support_proposal, NEIGHBOUR, one, now=OPENS)
    with pytest.raises(NotNowError):
        act(database, unsupport_proposal, NEIGHBOUR, one, now=AT[Phase.ANSWERED])
    assert rows(database, phased)[0].supports == 1
