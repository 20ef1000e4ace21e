"""What every route needs: the database, the settings and the pin board of this application."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from database import Database
from errors import UnknownCategoryError
from settings import Settings
from submissions import queries
from submissions.pinboard import Pinboard
from submissions.queries import CampaignView


@dataclass(frozen=True)
class Context:
    """The rooms a route may look into."""

    database: Database
    settings: Settings
    pinboard: Pinboard

    def campaign(self, slug: str, category: str | None = None) -> tuple[CampaignView, int]:
        """Return a campaign and its revision.

        Raises ``NotFoundError``, and ``UnknownCategoryError`` for one it does not ask for.
        """
        with self.database.reading() as session:
            campaign = queries.campaign_by_slug(session, slug)
            revision = queries.revision(session, campaign.id)
        if category is not None and category not in {c["key"] for c in campaign.categories}:
            raise UnknownCategoryError(category=category)
        return campaign, revision


def context(request: Request) -> Context:
    """Return the context that ``create_api`` put into the application."""
    found = request.app.state.context
    assert isinstance(found, Context)
    return found
