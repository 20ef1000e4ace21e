"""What the planner's page and the API both compute: counts and hotspots of a campaign as it stands.

Results are kept for as long as the campaign's revision stays the same, so two people who look at
the same thing make it be computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from database import Database
from geo.hotspots import Hotspots, find_hotspots
from layers.communities import community_frame
from rounds import SerialWorker
from submissions import answers, queries
from submissions.families import further_people
from submissions.filters import MIN_PROPOSALS as MIN_PROPOSALS
from submissions.filters import RADIUS_M as RADIUS_M
from submissions.frames import Where, gathered_frame
from submissions.lately import Lately, Latest

T = TypeVar("T")


def campaign_totals(database: Database, campaign_id: int) -> queries.CampaignTotals:
    """Return the sums of a campaign; see ``queries.campaign_totals``."""
    return _kept(
        _totals,
        (database, campaign_id),
        lambda session: queries.campaign_totals(session, campaign_id),
    )


def community_counts(
    database: Database, campaign_id: int, *, category: str | None
) -> queries.CommunityCounts:
    """Return the counts by community; see ``queries.community_counts``. The frame is shared."""
    return _kept(
        _counts,
        (database, campaign_id, category),
        lambda session: queries.community_counts(session, campaign_id, category=category),
    )


def answer_counts(database: Database, campaign_id: int) -> list[answers.QuestionCounts]:
    """Return the counts of the answers; see ``answers.answer_counts``. The list is shared."""
    return _kept(
        _answers,
        (database, campaign_id),
        lambda session: answers.answer_counts(
            session, queries.campaign_by_id(session, campaign_id)
        ),
    )


def _kept(
    shelf: Latest[T], key: tuple[Database, int, *tuple[Hashable, ...]], read: Callable[[Session], T]
) -> T:
    """Return what is kept under (database, campaign, ...), read anew for a new revision."""
    database, campaign_id, *_ = key

    def make() -> T:
        with database.reading() as session:
            return read(session)

    return shelf.get(key, _revision(database, campaign_id), make)


def campaign_hotspots(
    database: Database,
    campaign: queries.CampaignView,
    *,
    category: str | None,
    radius_m: float,
    min_proposals: int,
) -> Hotspots:
    """Cluster the published proposals of a campaign. Frame in WGS 84; see ``geo.hotspots``.

    ``membership`` is indexed by the proposals' public ids.
    """
    with database.reading() as session:
        return hotspots_in(
            session,
            campaign.id,
            campaign.edition,
            category=category,
            radius_m=radius_m,
            min_proposals=min_proposals,
        )


def hotspots_in(
    session: Session,
    campaign_id: int,
    edition: str,
    *,
    category: str | None,
    radius_m: float,
    min_proposals: int,
) -> Hotspots:
    """Return the hotspots as ``campaign_hotspots`` does, of the moment that a session sees."""
    return clustering_in(
        session,
        campaign_id,
        edition,
        category=category,
        radius_m=radius_m,
        min_proposals=min_proposals,
    ).hotspots


@dataclass(frozen=True)
class Clustering:
    """Hotspots, and the internal ids of the proposals in the order of their ``membership``."""

    hotspots: Hotspots
    numbers: NDArray[np.int64]

    def members(self, hotspot_id: str) -> NDArray[np.int64]:
        """Return the internal ids of the proposals of one hotspot; none where there is none."""
        belongs = (self.hotspots.membership == hotspot_id).to_numpy(dtype=np.bool_)
        return self.numbers[belongs]


def clustering_in(
    session: Session,
    campaign_id: int,
    edition: str,
    *,
    category: str | None,
    radius_m: float,
    min_proposals: int,
) -> Clustering:
    """Return the hotspots as ``hotspots_in`` does, with who is in them."""
    return _hotspots.get(
        _clustering_key(session, campaign_id, edition, category, radius_m, min_proposals),
        queries.counted_revision(session, campaign_id),
        lambda: clustered(
            session, campaign_id, edition, radius_m, min_proposals, category=category
        ),
    )


def has_clustering(
    session: Session,
    campaign_id: int,
    edition: str,
    *,
    category: str | None,
    radius_m: float,
    min_proposals: int,
) -> bool:
    """Tell whether ``clustering_in`` would give at once what is kept."""
    key = _clustering_key(session, campaign_id, edition, category, radius_m, min_proposals)
    return _hotspots.has(key, queries.counted_revision(session, campaign_id))


def _clustering_key(session: Session, *what: Hashable) -> Hashable:
    return (session.get_bind().engine.url, *what)


_hotspots: Latest[Clustering] = Latest()


def recent_hotspots(
    database: Database, campaign: queries.CampaignView, *, radius_m: float, min_proposals: int
) -> Hotspots:
    """Return the hotspots of all categories as ``campaign_hotspots`` does, up to a minute old.

    For pages that many read while others file: nobody waits for the clustering.
    """
    return _recent_hotspots.get(*_recently_found(database, campaign, radius_m, min_proposals))


def begun_hotspots(
    database: Database, campaign: queries.CampaignView, *, radius_m: float, min_proposals: int
) -> Hotspots | None:
    """Return the hotspots as ``recent_hotspots`` does; None while the first are being found."""
    return _recent_hotspots.begun(*_recently_found(database, campaign, radius_m, min_proposals))


def _recently_found(
    database: Database, campaign: queries.CampaignView, radius_m: float, min_proposals: int
) -> tuple[Hashable, int, Callable[[], Hotspots]]:
    """Return under what they are kept, for which revision, and what finds them."""
    key = (database, campaign.id, campaign.edition, radius_m, min_proposals)
    made = {"category": None, "radius_m": radius_m, "min_proposals": min_proposals}
    find = partial(campaign_hotspots, database, campaign, **made)  # type: ignore[arg-type]
    return key, _revision(database, campaign.id), find


def recent_answer_counts(database: Database, campaign_id: int) -> list[answers.QuestionCounts]:
    """Return the counts as ``answer_counts`` does, up to half a minute old."""
    return _recent_answers.get(
        (database, campaign_id),
        _revision(database, campaign_id),
        lambda: answer_counts(database, campaign_id),
    )


def recent_totals(database: Database, campaign_id: int) -> queries.CampaignTotals:
    """Return the sums as ``campaign_totals`` does, up to ten seconds old."""
    return _recent_totals.get(
        (database, campaign_id),
        _revision(database, campaign_id),
        lambda: campaign_totals(database, campaign_id),
    )


def recent_community_counts(database: Database, campaign_id: int) -> queries.CommunityCounts:
    """Return the counts of all categories as ``community_counts`` does, up to ten seconds old."""
    return _recent_counts.get(
        (database, campaign_id),
        _revision(database, campaign_id),
        lambda: community_counts(database, campaign_id, category=None),
    )


_recent_totals: Lately[queries.CampaignTotals] = Lately(10)
_recent_counts: Lately[queries.CommunityCounts] = Lately(10)
_recent_hotspots: Lately[Hotspots] = Lately(60)
_recent_answers: Lately[list[answers.QuestionCounts]] = Lately(30)


def _revision(database: Database, campaign_id: int) -> int:
    with database.reading() as session:
        return queries.counted_revision(session, campaign_id)


#: Of one revision each: those of earlier ones are never asked for again.
_totals: Latest[queries.CampaignTotals] = Latest()
_counts: Latest[queries.CommunityCounts] = Latest()
_answers: Latest[list[answers.QuestionCounts]] = Latest()


def clustered(
    session: Session,
    campaign_id: int,
    edition: str,
    radius_m: float,
    min_proposals: int,
    *,
    category: str | None = None,
    where: Where | None = None,
) -> Clustering:
    """Cluster the published proposals of a campaign, or those that meet conditions, now."""
    proposals = gathered_frame(session, campaign_id, category=category, where=where)
    others = further_people(session, campaign_id)
    further = pd.Series(
        [person for _, person in others], index=[name for name, _ in others], dtype="str"
    )
    found = _clustering.submit(
        find_hotspots,
        proposals,
        radius_m=radius_m,
        min_proposals=min_proposals,
        communities=community_frame(session, edition),
        person_column="person",
        further_people=further,
        category_column="category",
        time_column="created",
    ).result()
    # Each look at a column while it was made is noted beside the table for as long as the table
    # stays, by pandas: a copy has no such notes (1,000 of them for a campaign of 1,650).
    kept = replace(found, frame=found.frame.copy())
    return Clustering(kept, proposals["number"].to_numpy())


#: One thread that stays: it keeps its transformers, and two clusterings never run at once.
_clustering = SerialWorker("clustering")
