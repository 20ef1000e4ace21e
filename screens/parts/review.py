"""What a planner looks at: the campaign, the category, and how hotspots are made."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from submissions.queries import CampaignView


@dataclass(frozen=True)
class Review:
    """One view of a campaign, as the controls on the page stand."""

    campaign: CampaignView
    category: str | None
    measure: str
    radius_m: int
    min_proposals: int

    def address(self, kind: str) -> str:
        """Return where the API gives this view's proposals, communities or hotspots."""
        query: dict[str, object] = {"category": self.category} if self.category else {}
        if kind == "hotspots":
            query |= {"radius_m": self.radius_m, "min_proposals": self.min_proposals}
        suffix = f"?{urlencode(query)}" if query else ""
        return f"/api/campaigns/{self.campaign.slug}/{kind}.geojson{suffix}"
