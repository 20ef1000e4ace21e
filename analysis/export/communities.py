"""Communities with what a selection has in each, as a typed frame."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from analysis import results
from analysis.export.typed_columns import in_order
from analysis.selection import Selection
from core.database import Database
from geo.crs import WGS84
from layers.export.data_dictionary import COMMUNITIES, Column
from submissions.proposals.queries import CampaignView


def category_keys(campaign: CampaignView) -> list[str]:
    """Return the keys of a campaign's categories, in their order."""
    return [str(category["key"]) for category in campaign.categories]


def community_columns(campaign: CampaignView) -> list[Column]:
    """Return the plain columns: the dictionary's, then how many proposals each category has."""
    counts = [
        Column(f"proposals_{key}", "integer", "Proposals of this category.")
        for key in category_keys(campaign)
    ]
    return [*(one for one in COMMUNITIES if one.kind != "object"), *counts]


def community_frame(database: Database, selection: Selection) -> gpd.GeoDataFrame:
    """Return the communities of the campaign's edition by code, EPSG:4326, index from 0.

    What lies in none is in no row; ``analysis.results.community_counts`` tells how many.
    """
    counted = results.community_counts(database, selection).frame
    keys = category_keys(selection.campaign)
    named = counted.rename(columns={key: f"proposals_{key}" for key in keys})
    told = in_order(pd.DataFrame(named), community_columns(selection.campaign))
    return gpd.GeoDataFrame(told, geometry=list(counted.geometry), crs=WGS84)
