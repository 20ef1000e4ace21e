"""All that is known of one hotspot of a selection, for those who review it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis import results, selection, site_observations
from analysis.answer_tallies import QuestionCounts
from analysis.filter_sql import numbered
from analysis.quotes import looked_at_of, representative
from analysis.representation.heard_here import HeardHere, begun_heard_here
from analysis.results import Sums
from analysis.selection import Selection
from analysis.site_observations import ObservationView
from analysis.tables.theme_shares import ThemeTable, theme_table_of
from analysis.themes.taxonomy import taxonomy_in_force
from analysis.themes.theme_index import themes_of
from core.cache import CACHE
from core.database import Database
from core.errors import NotFoundError
from core.page import Page, page_of
from deliberation import topics
from deliberation.topics import TopicView
from layers.built_in import layer_named
from layers.communities.communities import community_frame
from layers.effective import standing
from layers.nearest_facility import Facility, nearest_facility, nearest_in_layer
from layers.queries import layers_around
from layers.visibility import MEASURED, LayerUse
from people.access.actor import Actor
from submissions.participation import photos
from submissions.participation.models import Photo
from submissions.participation.photos import PhotoView
from submissions.proposals.merged_family import HEAD, HEAD_ID
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView, ProposalView
from submissions.proposals.states import PhotoStatus, Status

MOST_QUOTES, MOST_SUPPORTED, PHOTOS_ON_A_PAGE = 5, 5, 12
KEPT_QUOTES = 6
#: Layers of the map in which the nearest thing is told.
FACILITIES = ("stations", "bike_parking", "idle_plots", "parks", "places")
#: In so many proposals hotspots are found, and looked through, while one waits.
MOST_AT_ONCE = 10_000
#: Idle ground within so many metres of the middle of a hotspot is named first.
REACH_M = 300.0
#: Observations and communities as far around the hotspot's outline as this (about 50 m).
AROUND_DEG = 0.0005


@dataclass(frozen=True)
class Said:
    """A representative proposal, and how many others say much the same."""

    view: ProposalView
    alike: int


@dataclass(frozen=True)
class NearestFeature:
    """The nearest thing of a layer to the middle of a hotspot; ``title`` is that of the layer.

    ``use``: what the layer is for, see ``layers.visibility.LayerUse``.
    """

    title: dict[str, str]
    facility: Facility
    use: str = ""

    @property
    def within_reach(self) -> bool:
        """Tell whether it is idle ground so near that what is asked for could stand there."""
        return self.use == LayerUse.IDLE_PLOTS and self.facility.distance_m <= REACH_M


@dataclass(frozen=True)
class AdjacentCommunity:
    """A community at or beside a hotspot; ``proposals`` of the hotspot lie in it."""

    code: str
    name: str
    name_en: str | None
    proposals: int


@dataclass(frozen=True)
class Sketch:
    """What is known of a hotspot once it is found: its row of ``geo.hotspots.Hotspots.frame``.

    ``centre`` is (longitude, latitude), ``outline`` a polygon in WGS 84. With it comes what few
    rows tell: the observations, the topics, what is nearest.
    """

    hotspot_id: str
    name: str
    name_en: str
    rank: int
    hotspots: int
    proposals: int
    people: int
    largest_shared_point: int
    first: datetime
    last: datetime
    centre: tuple[float, float]
    outline: Any
    community: str | None
    facilities: tuple[NearestFeature, ...]
    observations: tuple[ObservationView, ...]
    topics: tuple[TopicView, ...]


@dataclass(frozen=True)
class Contents:
    """What all proposals of a hotspot have to be looked at for.

    ``supported``: the most supported, of ``supported_total`` with any support. ``photos``: one page
    of those published, each with its proposal's public id, the latest proposals' first. ``weeks``:
    see ``selection.weeks``. ``answers`` to the campaign's questions but the private ones.
    ``heard``: how many are of those heard too little, None while who is missing is being counted.
    """

    sums: Sums
    quotes: tuple[Said, ...]
    supported: tuple[ProposalView, ...]
    supported_total: int
    photos: Page[tuple[str, PhotoView]]
    weeks: tuple[tuple[date, int], ...]
    neighbours: tuple[AdjacentCommunity, ...]
    answers: tuple[QuestionCounts, ...]
    themes: ThemeTable
    heard: HeardHere | None


@dataclass(frozen=True)
class HotspotProfile(Sketch, Contents):
    """All of it."""


def dossier(database: Database, spot: Selection) -> HotspotProfile:
    """Return what is known of the hotspot to which a selection is narrowed.

    Raises ``NotFoundError`` for one that is none of this selection, now.
    """
    known = sketch(database, spot)
    return HotspotProfile(**vars(known), **vars(contents(database, spot, known.outline)))


def is_at_hand(database: Database, spot: Selection) -> bool:
    """Tell whether the hotspots of a selection are found already, or in no time."""
    wanted = spot.narrow.spot
    return (
        wanted is None
        or results.total(database, spot.without_spot()) <= MOST_AT_ONCE
        or results.has_hotspots(database, spot, wanted)
    )


def sketch(database: Database, spot: Selection) -> Sketch:
    """Return what is known at once of the hotspot to which a selection is narrowed.

    Raises ``NotFoundError`` for one that is none of this selection, now.
    """
    wanted = spot.narrow.spot
    if wanted is None:
        raise NotFoundError(kind="hotspot")
    frame = results.hotspots(
        database, spot, radius_m=wanted.radius_m, min_proposals=wanted.min_proposals
    ).frame
    row = results.row_of(frame, wanted)
    centre = float(row["centre_longitude"]), float(row["centre_latitude"])
    with database.reading() as session:
        return Sketch(
            hotspot_id=wanted.hotspot_id,
            name=str(row["name"]),
            name_en=str(row["name_en"]),
            rank=int(row["rank"]),
            hotspots=len(frame),
            proposals=int(row["proposals"]),
            people=int(row["people"]),
            largest_shared_point=int(row["largest_shared_point"]),
            first=row["first"].to_pydatetime(),
            last=row["last"].to_pydatetime(),
            centre=centre,
            outline=row["geometry"],
            community=None if pd.isna(row["community"]) else str(row["community"]),
            facilities=nearest(session, spot, centre),
            observations=_observed(session, spot.actor, spot.campaign, row["geometry"]),
            topics=tuple(
                topics.topics(session, spot.actor, spot.campaign.id, hotspot_id=wanted.hotspot_id)
            ),
        )


def contents(database: Database, spot: Selection, outline: Any, *, photo_page: int = 1) -> Contents:
    """Return what a look at all proposals of a hotspot tells; ``outline`` is the sketch's."""
    sums, weeks = results.sums(database, spot), results.weeks(database, spot)
    said, counts = quotes(database, spot), results.by_community(database, spot)
    answers = tuple(results.answers(database, spot))
    themes = theme_table_of(database, spot)
    heard = begun_heard_here(database, spot)
    with database.reading() as session:
        ids = selection.ids(session, spot)
        supported = selection.page(
            session, spot, sort="supported", size=MOST_SUPPORTED, total=len(ids)
        ).items
        return Contents(
            sums=sums,
            quotes=said,
            supported=tuple(view for view in supported if view.supports),
            supported_total=_count_supported(session, spot),
            photos=_photos(session, spot.campaign.id, ids, photo_page),
            weeks=tuple(weeks),
            neighbours=_neighbours(session, spot, outline, counts),
            answers=answers,
            themes=themes,
            heard=heard,
        )


def quotes(database: Database, chosen: Selection, *, most: int = MOST_QUOTES) -> tuple[Said, ...]:
    """Return the proposals whose texts speak best for a selection; see ``analysis.quotes``.

    At most ``KEPT_QUOTES``: for fewer the first of them, so that all who ask look once.
    """
    at = selection.revision(database, chosen)

    def make() -> list[tuple[str, int]]:
        with database.reading() as session:
            numbers = selection.ids(session, chosen).tolist()
            return _chosen_quotes(session, numbers, chosen.narrow.themes)

    found = CACHE.get(("quotes", database.url, chosen.key), at, make)[:most]
    with database.reading() as session:
        names = [name for name, _alike in found]
        views = {view.public_id: view for view in selection.views(session, chosen, names)}
    return tuple(Said(views[name], alike) for name, alike in found if name in views)


def _chosen_quotes(
    session: Session, ids: Sequence[int], themes: Sequence[str]
) -> list[tuple[str, int]]:
    """Return the public ids of what is quoted, each with how many say much the same.

    Where a selection is narrowed to ``themes``, what speaks for these is quoted: a text counts as
    surely as it was read to be about them, shared by all that it is about.
    """
    looked_at = [ids[place] for place in looked_at_of(len(ids))]
    texts = select(Proposal.id, Proposal.public_id, Proposal.text).order_by(Proposal.id)
    rows = session.connection().execute(texts.where(numbered(session, looked_at))).all()
    weights = _weights(session, [row.id for row in rows], themes) if themes else None
    found = representative([row.text for row in rows], most=KEPT_QUOTES, weights=weights)
    return [(rows[quote.at].public_id, quote.alike) for quote in found]


def _weights(session: Session, ids: Sequence[int], themes: Sequence[str]) -> list[float]:
    """Return how much each text is about some themes (or groups of them), from 0 to 1."""
    known = taxonomy_in_force()
    named = {theme for code in themes for theme in known.of_group(code)}
    read = themes_of(session, ids)
    found = []
    for number in ids:
        sure = {theme: confidence for theme, (confidence, _way) in read.get(number, {}).items()}
        about = max((sure[theme] for theme in named & set(sure)), default=0)
        found.append(about / 100 / max(len(sure), 1))
    return found


def nearest(
    session: Session, chosen: Selection, centre: tuple[float, float]
) -> tuple[NearestFeature, ...]:
    """Return the nearest thing of each layer that has any: idle ground within reach comes first.

    Then the nearest. Of the layers of the map, and of those uploaded to be measured to that this
    person sees.
    """
    campaign = chosen.campaign
    place = campaign.subdistrict, campaign.area.bounds
    made_of = standing(session, campaign.subdistrict, campaign.area)
    found = [
        (layer_named(name).title, nearest_facility(session, made_of, name, *centre), name)
        for name in FACILITIES
    ]
    stands = {layer.id for layer in made_of.uploaded}
    found += [
        (layer.title, nearest_in_layer(session, layer, *centre), str(layer.use))
        for layer in layers_around(session, chosen.actor, *place)
        if layer.use in MEASURED and layer.id not in stands
    ]
    near = [NearestFeature(title, one, use) for title, one, use in found if one is not None]
    return tuple(sorted(near, key=lambda one: (not one.within_reach, one.facility.distance_m)))


def _count_supported(session: Session, spot: Selection) -> int:
    supported = select(func.count()).where(*selection.chosen(session, spot), Proposal.supports > 0)
    return session.scalar(supported) or 0


def _photos(
    session: Session, campaign_id: int, ids: NDArray[np.int64], number: int
) -> Page[tuple[str, PhotoView]]:
    """Return a page of the published photos of these."""
    heads = session.scalars(
        select(HEAD_ID)
        .join(Photo, Photo.proposal_id == Proposal.id)
        .join(HEAD, HEAD.id == HEAD_ID)
        .where(
            Proposal.campaign_id == campaign_id,
            Photo.status == str(PhotoStatus.PUBLISHED),
            HEAD.status == str(Status.PUBLISHED),
        )
    )
    taken = np.fromiter(heads, np.int64)
    of_each = np.sort(taken[np.isin(taken, ids)])[::-1]  # a head for each photo, latest first
    page = page_of(of_each.tolist(), number, PHOTOS_ON_A_PAGE)
    wanted = list(dict.fromkeys(page.items))
    names = {
        row.id: row.public_id
        for row in session.execute(
            select(Proposal.id, Proposal.public_id).where(Proposal.id.in_(wanted))
        )
    }
    shown = photos.photos_of(session, wanted)
    found = [(names[one], photo) for one in wanted for photo in shown.get(one, [])]
    first = (page.number - 1) * PHOTOS_ON_A_PAGE
    begun = first - int((of_each > wanted[0]).sum()) if wanted else 0
    return page.showing(found[begun : begun + PHOTOS_ON_A_PAGE])


def _neighbours(
    session: Session, spot: Selection, outline: Any, counts: Mapping[str | None, int]
) -> tuple[AdjacentCommunity, ...]:
    """Return the communities that a hotspot reaches or nearly so, with their share of it."""
    frame = community_frame(session, spot.campaign.edition)
    near = frame[frame.geometry.intersects(shapely.buffer(outline, AROUND_DEG))]
    found = [
        AdjacentCommunity(row.code, row.name, row.name_en, counts.get(row.code, 0))
        for row in near[["code", "name", "name_en"]].itertuples(index=False)
    ]
    return tuple(sorted(found, key=lambda one: (-one.proposals, one.code)))


def _observed(
    session: Session, actor: Actor, campaign: CampaignView, outline: Any
) -> tuple[ObservationView, ...]:
    around = shapely.buffer(outline, AROUND_DEG)
    seen = site_observations.observations(session, actor, campaign, bounds=around.bounds)
    inside = [shapely.intersects_xy(around, one.longitude, one.latitude) for one in seen]
    return tuple(one for one, hit in zip(seen, inside, strict=True) if hit)
