"""What was answered, as the columns that files end with."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from submissions.campaigns import questionnaire
from submissions.proposals.queries import CampaignView

#: So many different sets of answers are kept ready while a selection is read.
_MOST = 50_000


class AnswerColumns:
    """The columns of a campaign's answers: ``names``, and their values of stored answers.

    Many give the same answers: these are worked out once.
    """

    def __init__(self, campaign: CampaignView) -> None:
        self._asked = campaign.asked_ever
        self.names = [one.name for one in questionnaire.columns(self._asked)]
        self._known: dict[str | bytes, tuple[Any, ...]] = {}

    def of(self, stored: str | bytes) -> tuple[Any, ...]:
        """Return why another one is wanted, then the columns, of answers as JSON."""
        if (known := self._known.get(stored)) is not None:
            return known
        answers = from_json(stored) or {}
        flat = questionnaire.flat(self._asked, answers)
        made = answers.get(questionnaire.WHY_ANOTHER), *(flat[name] for name in self.names)
        if len(self._known) < _MOST:
            self._known[stored] = made
        return made
