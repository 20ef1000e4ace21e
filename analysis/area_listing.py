"""The newest in an area, for its feed: published proposals and the office's answers to them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from analysis.listing import ListedOutcome
from submissions.alerts.alert_area import AlertArea, conditions, lying_in
from submissions.proposals.models import Proposal, Step
from submissions.proposals.queries import ProposalView, proposals_by_public_ids
from submissions.proposals.states import Status

#: Around a circle lies a box: so many times what is wanted is looked through.
_SPARE = 4


def newest_proposals(session: Session, area: AlertArea, *, most: int) -> list[ProposalView]:
    """Return the published proposals of an area, of all campaigns, the newest first."""
    rows = session.execute(
        select(Proposal.public_id, Proposal.longitude, Proposal.latitude)
        .where(*_shown(area))
        .order_by(Proposal.published_at.desc(), Proposal.id.desc())
        .limit(most * _SPARE if area.circle else most)
    ).all()
    found = lying_in(area, rows) if area.circle else rows
    ids = [row.public_id for row in found[:most]]
    views = {view.public_id: view for view in proposals_by_public_ids(session, ids)}
    return [views[name] for name in ids if name in views]


def newest_outcomes(session: Session, area: AlertArea, *, most: int) -> list[ListedOutcome]:
    """Return what the office told of published proposals of an area, the latest first."""
    rows = session.execute(
        select(Proposal.public_id, Step.stage, Step.reply, Step.by, Step.at)
        .add_columns(Proposal.longitude, Proposal.latitude)
        .join(Step, Step.proposal_id == Proposal.id)
        .where(*_shown(area))
        .order_by(Step.id.desc())
        .limit(most * _SPARE if area.circle else most)
    ).all()
    found = (lying_in(area, rows) if area.circle else rows)[:most]
    views = {
        view.public_id: view
        for view in proposals_by_public_ids(session, [row.public_id for row in found])
    }
    return [
        ListedOutcome(views[row.public_id], *row[1:5]) for row in found if row.public_id in views
    ]


def _shown(area: AlertArea) -> list[ColumnElement[bool]]:
    return [Proposal.status == str(Status.PUBLISHED), *conditions(area)]
