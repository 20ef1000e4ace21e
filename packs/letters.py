"""Letters to firms: the link, a new version, an answer, what the office says to a scheme.

The secret of a link stands in the outbox sealed, and is opened when a letter is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from notifications.contacts import Sealer
from packs.models import Pack, PackLink
from packs.states import LinkState, link_state
from submissions.alerts.alert_news import still_wanted as still_wanted_by_others
from submissions.participation.letter_facts import letter_facts, office_of_letters
from wording.letters.pack_letters import PackTemplate as PackTemplate

Facts = Callable[[Session, str, Mapping[str, Any]], Mapping[str, Any]]


def link_params(pack: Pack, link: PackLink) -> dict[str, Any]:
    """Return what every letter about a link says."""
    return {
        "link": link.id,
        "base": link.base,
        "title": pack.title,
        "firm": link.firm,
        "expires": link.expires.isoformat(),
    }


def still_wanted(session: Session, template: str, params: Mapping[str, Any]) -> bool:
    """Tell whether a letter of any template is to be sent: to firms while their link is open."""
    if template not in set(PackTemplate):
        return still_wanted_by_others(session, template, params)
    return is_wanted(session, params, now=datetime.now(UTC))


def is_wanted(session: Session, params: Mapping[str, Any], *, now: datetime) -> bool:
    """Tell whether the link that a letter is about is open at a moment."""
    link = session.get(PackLink, params["link"], populate_existing=True)
    return link is not None and link_state(link, now) == LinkState.OPEN


def facts_of(sealer: Sealer | None) -> Facts:
    """Return what looks up what letters of any template name beside their parameters."""

    def facts(session: Session, template: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if template not in set(PackTemplate):
            return letter_facts(session, template, params)
        link = session.get_one(PackLink, params["link"])
        token = sealer.open(link.sealed) if sealer is not None and link.sealed else ""
        return {"office": office_of_letters(session), "token": token}

    return facts
