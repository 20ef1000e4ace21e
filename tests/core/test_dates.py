"""Days as moments, also at the ends of the calendar, in every form that takes one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.dates import BEIJING, FIRST, LAST, end_of_day, kept_in_calendar, read_moment, start_of_day
from core.errors import LuJianError
from submissions.campaigns.phases import planned_phases
from web.desk import posted_form
from web.desk.accounts import my_account
from web.desk.campaigns import editor_forms
from web.desk.moderation import notes_and_assignments

ENDS = ("0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31")
Reader = Callable[[str], Any]
READERS: dict[str, Reader] = {
    "a campaign's dates": lambda day: editor_forms.read_moment(f"{day}T00:00", "opens_at"),
    "its evening": lambda day: editor_forms.read_moment(f"{day}T23:59", "closes_at"),
    "its phases": lambda day: next(
        iter(planned_phases({"answered": f"{day}T23:59-12:00"}).values())
    ),
    "an assignment's last day": notes_and_assignments.end_of_day,
    "a term's first day": my_account.start_of,
    "a term's last day": my_account.end_of,
    "what was seen": lambda day: posted_form.moment_of(f"{day}T00:00:00+14:00"),
}


def test_a_day_is_beijings() -> None:
    day = date(2026, 5, 1)
    assert start_of_day(day) == datetime(2026, 4, 30, 16, tzinfo=UTC)
    assert end_of_day(day) == datetime(2026, 5, 1, 16, tzinfo=UTC)
    assert read_moment("2026-05-01T08:00") == datetime(2026, 5, 1, tzinfo=UTC)
    assert read_moment("2026-05-01T08:00Z") == datetime(2026, 5, 1, 8, tzinfo=UTC)


def test_the_ends_of_the_calendar_are_the_first_and_the_last_moment() -> None:
    assert (start_of_day(date.min), end_of_day(date.max)) == (FIRST, LAST)
    assert kept_in_calendar(datetime.max.replace(tzinfo=UTC)) == LAST
    assert kept_in_calendar(datetime.min.replace(tzinfo=BEIJING)) == FIRST
    within = datetime(9999, 12, 31, 23, 59, tzinfo=BEIJING)
    assert kept_in_calendar(within) is within


@pytest.mark.parametrize("name", READERS)
def test_what_a_form_takes_can_be_stored_and_told(name: str) -> None:
    told = 0
    for day in ENDS:
        with suppress(LuJianError):
            moment = READERS[name](day)
            assert moment.astimezone(UTC).astimezone(BEIJING) == moment
            told += 1
    assert READERS[name]("2026-05-01") is not None
    assert told or name.startswith("a term")
