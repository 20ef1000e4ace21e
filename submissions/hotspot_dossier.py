"""All that is known of one hotspot of a selection, for those who review it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from database import Database
from errors import NotFoundError
from layers.catalogue import layer_named
from layers.communities import community_frame
from layers.facilities import Facility, nearest_facility, nearest_in_layer
from layers.queries import layers_around
from layers.rules import MEASURED
from layers.standing import standing
from people.actors import Actor
from submissions import observations, photos, selection, topics
from submissions.lately import Latest
from submissions.models import Photo, Proposal
from submissions.observations import ObservationView
from submissions.photos import PhotoView
from submissions.queries import CampaignView, ProposalView
from submissions.quotes import representative
from submissions.rules import PhotoStatus
from submissions.selection import Selection, Sums
from submissions.topics import TopicView

MOST_QUOTES, MOST_SUPPORTED, MOST_PHOTOS = 5, 5, 12
#: Layers of the map in which the nearest thing is told.
FACILITIES = ("stations", "bike_parking", "idle_plots", "parks", "places")
#: Observations and communities as far around the hotspot's outline as this (about 50 m).
AROUND_DEG = 0.0005


@dataclass(frozen=True)
class Said:
    """A representative proposal, and how many others say much the same."""

    view: ProposalView
    alike: int


@dataclass(frozen=True)
class Near:
    """The nearest thing of a layer to the middle of a hotspot; ``title`` is that of the layer."""

    title: dict[str, str]
    facility: Facility


@dataclass(frozen=True)
class Neighbour:
    """A community at or beside a hotspot; ``proposals`` of the hotspot lie in it."""

    code: str
    name: str
    name_en: str | None
    proposals: int


@dataclass(frozen=True)
class Dossier:
    """A hotspot: its row of ``geo.hotspots.Hotspots.frame`` in parts, and what belongs to it.

    ``centre`` is (longitude, latitude), ``outline`` a polygon in WGS 84. ``photos`` come with the
    public id of their proposal. ``weeks``: see ``selection.weeks``.
    """

    hotspot_id: str
    rank: int
    hotspots: int
    largest_shared_point: int
    first: datetime
    last: datetime
    centre: tuple[float, float]
    outline: Any
    community: str | None
    sums: Sums
    quotes: tuple[Said, ...]
    supported: tuple[ProposalView, ...]
    photos: tuple[tuple[str, PhotoView], ...]
    weeks: tuple[tuple[date, int], ...]
    facilities: tuple[Near, ...]
    neighbours: tuple[Neighbour, ...]
    observations: tuple[ObservationView, ...]
    topics: tuple[TopicView, ...]


def dossier(database: Database, spot: Selection) -> Dossier:
    """Return what is known of the hotspot to which a selection is narrowed.

    Raises ``NotFoundError`` for one that is none of this selection, now.
    """
    wanted = spot.narrow.spot
    if wanted is None:
        raise NotFoundError(kind="hotspot")
    frame = selection.hotspots(
        database, spot, radius_m=wanted.radius_m, min_proposals=wanted.min_proposals
    ).frame
    found = frame[frame["hotspot_id"] == wanted.hotspot_id]
    if found.empty:
        raise NotFoundError(kind="hotspot", hotspot_id=wanted.hotspot_id)
    row = found.iloc[0]
    sums, weeks = selection.sums(database, spot), selection.weeks(database, spot)
    said = quotes(database, spot)
    centre = float(row["centre_longitude"]), float(row["centre_latitude"])
    with database.reading() as session:
        ids = selection.ids(session, spot).tolist()
        supported = selection.page(session, spot, sort="supported", size=MOST_SUPPORTED).views
        return Dossier(
            hotspot_id=wanted.hotspot_id,
            rank=int(row["rank"]),
            hotspots=len(frame),
            largest_shared_point=int(row["largest_shared_point"]),
            first=row["first"].to_pydatetime(),
            last=row["last"].to_pydatetime(),
            centre=centre,
            outline=row["geometry"],
            community=None if pd.isna(row["community"]) else str(row["community"]),
            sums=sums,
            quotes=said,
            supported=tuple(view for view in supported if view.supports),
            photos=_photos(session, ids),
            weeks=tuple(weeks),
            facilities=nearest(session, spot, centre),
            neighbours=_neighbours(session, spot, row["geometry"]),
            observations=_observed(session, spot.actor, spot.campaign, row["geometry"]),
            topics=tuple(
                topics.topics(session, spot.actor, spot.campaign.id, hotspot_id=wanted.hotspot_id)
            ),
        )


def quotes(database: Database, chosen: Selection, *, most: int = MOST_QUOTES) -> tuple[Said, ...]:
    """Return the proposals whose texts speak best for a selection; see ``submissions.quotes``."""
    at = selection.revision(database, chosen)

    def make() -> list[tuple[str, int]]:
        with database.reading() as session:
            return _chosen_quotes(session, selection.ids(session, chosen).tolist(), most)

    found = _quotes.get((database.url, chosen.key, most), at, make)
    with database.reading() as session:
        names = [name for name, _alike in found]
        views = {view.public_id: view for view in selection.views(session, chosen, names)}
    return tuple(Said(views[name], alike) for name, alike in found if name in views)


_quotes: Latest[list[tuple[str, int]]] = Latest(64)


def _chosen_quotes(session: Session, ids: Sequence[int], most: int) -> list[tuple[str, int]]:
    """Return the public ids of what is quoted, each with how many say much the same."""
    rows: list[Any] = []
    for start in range(0, len(ids), 5_000):
        part = ids[start : start + 5_000]
        texts = select(Proposal.id, Proposal.public_id, Proposal.text)
        rows += session.execute(texts.where(Proposal.id.in_(part)).order_by(Proposal.id)).all()
    found = representative([row.text for row in rows], most=most)
    return [(rows[quote.at].public_id, quote.alike) for quote in found]


def nearest(session: Session, chosen: Selection, centre: tuple[float, float]) -> tuple[Near, ...]:
    """Return the nearest thing of each layer that has any, the nearest first.

    Of the layers of the map, and of those uploaded to be measured to that this person sees.
    """
    campaign = chosen.campaign
    place = campaign.subdistrict, campaign.area.bounds
    made_of = standing(session, campaign.subdistrict, campaign.area)
    found = [
        (layer_named(name).title, nearest_facility(session, made_of, name, *centre))
        for name in FACILITIES
    ]
    stands = {layer.id for layer in made_of.uploaded}
    found += [
        (layer.title, nearest_in_layer(session, layer, *centre))
        for layer in layers_around(session, chosen.actor, *place)
        if layer.use in MEASURED and layer.id not in stands
    ]
    near = [Near(title, facility) for title, facility in found if facility is not None]
    return tuple(sorted(near, key=lambda one: one.facility.distance_m))


def _photos(session: Session, ids: Sequence[int]) -> tuple[tuple[str, PhotoView], ...]:
    """Return the published photos of these, the latest proposals' first."""
    pictured: list[int] = []
    for start in range(0, len(ids), 5_000):
        part = ids[start : start + 5_000]
        member = Proposal.id.in_(part) | Proposal.merged_into.in_(part)
        head = select(Proposal.id, Proposal.merged_into).join(
            Photo, Photo.proposal_id == Proposal.id
        )
        rows = session.execute(head.where(Photo.status == str(PhotoStatus.PUBLISHED), member))
        pictured += [row.merged_into or row.id for row in rows]
    latest = sorted(set(pictured), reverse=True)[:MOST_PHOTOS]
    names = {
        row.id: row.public_id
        for row in session.execute(
            select(Proposal.id, Proposal.public_id).where(Proposal.id.in_(latest))
        )
    }
    shown = photos.photos_of(session, latest)
    found = [(names[one], photo) for one in latest for photo in shown.get(one, [])]
    return tuple(found[:MOST_PHOTOS])


def _neighbours(session: Session, spot: Selection, outline: Any) -> tuple[Neighbour, ...]:
    """Return the communities that a hotspot reaches or nearly so, with their share of it."""
    frame = community_frame(session, spot.campaign.edition)
    near = frame[frame.geometry.intersects(shapely.buffer(outline, AROUND_DEG))]
    counts = _by_community(session, spot)
    found = [
        Neighbour(row.code, row.name, row.name_en, counts.get(row.code, 0))
        for row in near[["code", "name", "name_en"]].itertuples(index=False)
    ]
    return tuple(sorted(found, key=lambda one: (-one.proposals, one.code)))


def _by_community(session: Session, spot: Selection) -> dict[str, int]:
    code = Proposal.community_code
    where = selection.chosen(session, spot)
    rows = session.execute(select(code, func.count()).where(*where).group_by(code)).all()
    return {found: number for found, number in rows if found is not None}


def _observed(
    session: Session, actor: Actor, campaign: CampaignView, outline: Any
) -> tuple[ObservationView, ...]:
    around = shapely.buffer(outline, AROUND_DEG)
    seen = observations.observations(session, actor, campaign, bounds=around.bounds)
    inside = [shapely.intersects_xy(around, one.longitude, one.latitude) for one in seen]
    return tuple(one for one, hit in zip(seen, inside, strict=True) if hit)
