"""Cuts what is stored to its proper length after the clock was set back: see ``ClockWatch``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.settings import Settings
from notifications import outbox
from people.accounts import accounts, api_tokens, sessions
from submissions.alerts import alerts
from submissions.participation import photo_upkeep


def cut_ahead(session: Session, settings: Settings, *, now: datetime) -> None:
    """Let nothing last longer because it was written before the clock was set back.

    Days that somebody named, such as the end of a campaign or of a token, stay as they are.
    """
    sessions.cut_ahead(session, now=now)
    api_tokens.cut_ahead(session, now=now)
    accounts.cut_ahead(session, valid_for=accounts.one_time_for(settings), now=now)
    outbox.cut_ahead(session, now=now)
    photo_upkeep.cut_ahead(session, now=now)
    alerts.cut_ahead(session, now=now)
