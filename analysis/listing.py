"""The list beside the map, and what came of a campaign: published proposals only.

Pages are numbered, so that one can leaf, go back and send a page's address to somebody; what stands
before a page is skipped in the index alone, and only the rows of the page are read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice, zip_longest

import numpy as np
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from analysis.pin_feed import Pinboard
from core.database import Database
from core.errors import EmptyTextError, InvalidError
from core.page import Page, page_at, page_of_rows
from core.text import clean_text
from submissions.participation.proposal_draft import check_coordinate
from submissions.proposals.models import Proposal, Step
from submissions.proposals.queries import (
    CampaignView,
    ProposalView,
    proposal_views,
    proposals_by_public_ids,
)
from submissions.proposals.states import Stage, Status

MOST_ON_PAGE = 100
MOST_SOUGHT = 100
#: In place of a stage: proposals of which nothing was told yet.
UNANSWERED = "unanswered"
_PUBLISHED = str(Status.PUBLISHED)


class Sort(StrEnum):
    """What stands first; ``nearest_proposals`` sorts by distance."""

    NEW = "new"
    SUPPORTED = "supported"


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to: all of these at once; empty ones narrow nothing.

    ``community`` is a code of the campaign's edition, ``stage`` a ``Stage`` or ``UNANSWERED``,
    ``text`` a part of the text, the case of Latin letters apart.
    """

    categories: Collection[str] = ()
    community: str | None = None
    stage: str | None = None
    text: str = ""


@dataclass(frozen=True)
class ListedOutcome:
    """A proposal with the latest official reply at this stage, by whom and when."""

    view: ProposalView
    stage: str
    reply: str
    by: str
    at: datetime


def list_proposals(
    session: Session,
    campaign: CampaignView,
    *,
    categories: Collection[str] = (),
    community: str | None = None,
    stage: str | None = None,
    text: str = "",
    sort: str = Sort.NEW,
    page: int = 1,
    size: int = 20,
) -> Page[ProposalView]:
    """Return one page of a campaign's published proposals; see ``Filters`` for what narrows it.

    ``page`` counts from 1; after the last page comes the last. ``size`` is at most
    ``MOST_ON_PAGE``. Raises ``InvalidError`` for an unknown ``sort`` or ``stage``.
    """
    if sort not in set(Sort):
        raise InvalidError(field="sort")
    shown = _shown(campaign, Filters(categories, community, stage, text))
    return page_where(session, shown, sort=sort, number=page, size=size)


def page_where(
    session: Session,
    where: Sequence[ColumnElement[bool]],
    *,
    sort: str,
    number: int,
    size: int,
    total: int | None = None,
) -> Page[ProposalView]:
    """Return one page, from 1, of the proposals that meet conditions, whoever may see them.

    ``total``: how many there are, where that is known already.
    """
    if total is None:
        total = session.scalar(select(func.count()).select_from(Proposal).where(*where)) or 0
    first = Proposal.supports if sort == Sort.SUPPORTED else Proposal.created
    order = select(Proposal.public_id).where(*where).order_by(first.desc(), Proposal.id.desc())
    page = page_of_rows(session, order, total, number, _within_bounds(size))
    names = [row.public_id for row in page.items]
    found = proposal_views(session, Proposal.public_id.in_(names)) if names else []
    views = {view.public_id: view for view in found}
    return page.showing(views[name] for name in names)


def nearest_proposals(
    database: Database,
    campaign: CampaignView,
    longitude: float,
    latitude: float,
    *,
    categories: Collection[str] = (),
    community: str | None = None,
    stage: str | None = None,
    text: str = "",
    page: int = 1,
    size: int = 20,
) -> Page[ProposalView]:
    """Return a page as ``list_proposals`` does, nearest to a WGS 84 place first.

    The views say how far, in ``distance_m``. Raises ``BadCoordinateError``, and ``InvalidError``
    for an unknown ``stage``.
    """
    x, y = check_coordinate(longitude, latitude)
    filters = Filters(categories, community, stage, text)
    among = None
    if filters != Filters():
        with database.reading() as session:
            ids = session.scalars(select(Proposal.id).where(*_shown(campaign, filters))).all()
        among = np.array(ids, dtype=np.int64)
    board = Pinboard(database)
    total = board.nearest(campaign.id, x, y, page=1, size=0, among=among).total
    size = _within_bounds(size)
    wanted = page_at(total, page, size)
    near = board.nearest(campaign.id, x, y, page=wanted.number, size=size, among=among)
    return wanted.showing(near.nearest)


def outcomes(session: Session, campaign_id: int) -> dict[Stage, int]:
    """Count the published proposals of a campaign by the office's latest step, in its order."""
    told = select(Step.proposal_id).distinct().scalar_subquery()
    counted = dict(
        session.execute(
            select(Proposal.stage, func.count())
            .where(
                Proposal.id.in_(told),
                Proposal.campaign_id == campaign_id,
                Proposal.status == _PUBLISHED,
            )
            .group_by(Proposal.stage)
        ).all()
    )
    return {stage: counted.get(str(stage), 0) for stage in Stage}


def outcome_list(
    session: Session, campaign_id: int, stages: Collection[str], *, most: int = 50, page: int = 1
) -> list[ListedOutcome]:
    """Return published proposals that stand at one of these stages, the latest told first.

    Each with the step that brought it there; ``page`` counts from 1, after the last is nothing.
    Raises ``InvalidError`` for an unknown stage.
    """
    if not set(stages) <= set(Stage):
        raise InvalidError(field="stage")
    last = (
        select(func.max(Step.id))
        .where(Step.proposal_id == Proposal.id)
        .correlate(Proposal)
        .scalar_subquery()
    )
    steps = session.execute(
        select(Proposal.public_id, Step.stage, Step.reply, Step.by, Step.at)
        .join(Step, Step.proposal_id == Proposal.id)
        .where(
            Proposal.campaign_id == campaign_id,
            Proposal.status == _PUBLISHED,
            Step.stage.in_([str(stage) for stage in stages]),
            Step.id == last,
        )
        .order_by(Step.id.desc())
        .limit(most)
        .offset((page - 1) * most)
    ).all()
    seen = {
        view.public_id: view
        for view in proposals_by_public_ids(session, [row.public_id for row in steps])
    }
    return [ListedOutcome(seen[row.public_id], *row[1:]) for row in steps if row.public_id in seen]


def varied_outcomes(
    session: Session, campaign_id: int, stages: Collection[Stage], *, most: int
) -> list[ListedOutcome]:
    """Return at most so many outcomes, the latest of each stage in turn, in the order given."""
    listed = [outcome_list(session, campaign_id, [stage], most=most) for stage in stages]
    turns = (one for turn in zip_longest(*listed) for one in turn if one is not None)
    return list(islice(turns, most))


def _shown(campaign: CampaignView, filters: Filters) -> list[ColumnElement[bool]]:
    """Return the conditions of a list; the published ones of the campaign before all others."""
    conditions = [Proposal.campaign_id == campaign.id, Proposal.status == _PUBLISHED]
    if filters.categories:
        conditions.append(Proposal.category.in_(sorted(set(filters.categories))))
    if filters.community:
        code, edition = Proposal.community_code, Proposal.edition
        conditions.append((code == filters.community) & (edition == campaign.edition))
    if filters.stage == UNANSWERED:
        conditions.append(Proposal.stage.is_(None))
    elif filters.stage:
        if filters.stage not in set(Stage):
            raise InvalidError(field="stage")
        conditions.append(Proposal.stage == str(filters.stage))
    if sought := _sought(filters.text):
        conditions.append(Proposal.text.icontains(sought, autoescape=True))
    return conditions


def _sought(text: str) -> str:
    try:
        return clean_text(text.strip()[:MOST_SOUGHT], most=MOST_SOUGHT)
    except EmptyTextError:
        return ""


def _within_bounds(size: int) -> int:
    return min(max(size, 1), MOST_ON_PAGE)
