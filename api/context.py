"""What every route needs: the database, the settings and the pin board of this application."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from database import Database
from errors import UnknownCategoryError
from settings import Settings
from submissions.pinboard import Pinboard
from submissions.queries import CampaignView


@dataclass(frozen=True)
class Context:
    """The rooms a route may look into."""

    database: Database
    settings: Settings
    pinboard: Pinboard

    @staticmethod
    def check_category(campaign: CampaignView, category: str | None) -> None:
        """Refuse a category that the campaign does not ask for."""
        if category is not None and category not in {c["key"] for c in campaign.categories}:
            raise UnknownCategoryError(category=category)


def context(request: Request) -> Context:
    """Return the context that ``create_api`` put into the application."""
    found = request.app.state.context
    assert isinstance(found, Context)
    return found
