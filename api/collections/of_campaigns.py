"""The communities and hotspots of a campaign, with the columns of the files of them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from analysis.export.communities import community_columns, community_frame
from analysis.export.hotspots import hotspot_columns, hotspot_frame
from analysis.selection import Selection, gazetteer_key, revision
from analysis.significance.hotspot_verdicts import verdicts_reading
from api.collections.campaign_fields import fields_of
from api.collections.frames import FrameCollection, Whole, whole_of
from api.collections.model import About
from api.collections.proposals import ProposalCollection
from core.cache import CACHE
from layers.communities.communities import is_schematic
from serving.context import Context
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView

KINDS = ("proposals", "communities", "hotspots")
#: How hotspots are made here.
MADE: dict[str, Any] = {"radius_m": 50.0, "min_proposals": 5}


def collection_of(
    room: Context, campaign: CampaignView, kind: str, selection: Selection | None = None
) -> Any:
    """Return one of the collections of a campaign that the public knows of.

    ``selection``: what of it is counted in communities, and clustered in hotspots.
    """
    if kind == "proposals":
        return ProposalCollection(room, campaign, about(room, campaign, kind))
    find = _communities if kind == "communities" else _hotspots
    moments = ("first", "last") if kind == "hotspots" else None
    state, found = find(room, selection or Selection(campaign))
    return FrameCollection(about(room, campaign, kind, state), found, moments)


def about(room: Context, campaign: CampaignView, kind: str, state: str = "") -> About:
    """Return what is known of a collection of a campaign."""
    with room.database.reading() as session:
        at = queries.revision(session, campaign.id)
        schematic = kind == "communities" and is_schematic(session, campaign.edition)
    bounds = campaign.area.bounds
    return About(
        id=f"{campaign.slug}_{kind}",
        title={lang: texts["title"] for lang, texts in campaign.texts.items()},
        about=kind,
        bounds=tuple(round(value, 7) for value in bounds),
        moments=None if kind == "communities" else (campaign.opens_at, None),
        state=f"{campaign.id}.{at}{state}",
        schematic=schematic,
        campaign=campaign.slug,
    )


def _communities(room: Context, selection: Selection) -> tuple[str, Any]:
    def find() -> Whole:
        frame = community_frame(room.database, selection)
        fields = fields_of(selection.campaign, community_columns(selection.campaign))
        return whole_of(frame, "code", fields)

    return "", _kept(room, selection, "communities", find)


def _hotspots(room: Context, selection: Selection) -> tuple[str, Any]:
    verdict = verdicts_reading(room.database, selection, **MADE).current(wait_s=0.0)
    with room.database.reading() as session:
        named = sha256(repr(gazetteer_key(session, selection)).encode()).hexdigest()[:8]
    state = f"-{named}-{room.themes_revision()}" + ("" if verdict is None else "-judged")

    def find() -> Whole:
        frame = hotspot_frame(room.database, selection, verdicts=verdict, **MADE)
        fields = fields_of(selection.campaign, hotspot_columns(selection.campaign))
        return whole_of(frame, "hotspot_id", fields)

    return state, _kept(room, selection, f"hotspots{state}", find)


def _kept(room: Context, selection: Selection, name: str, find: Any) -> Any:
    """Return what finds the features once for a state of the campaign."""

    def found() -> Whole:
        at = revision(room.database, selection)
        key = ("collection", room.database.url, selection.key, name)
        return CACHE.get(key, at, find)

    return found
