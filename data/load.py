"""The two demo campaigns: loading them into an empty database, and taking them out again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from analysis.models import ProposalTheme, SavedView, ThemeLabel
from analysis.representation.models import PopulationFigures
from analysis.scenarios.models import Scenario, ScenarioComment
from core.database import Database
from core.errors import InvalidError
from data.campaigns import DEMO_CAMPAIGNS, demo_proposals
from data.invented_outcomes import OFFICE, STEPS, DemoStep
from deliberation.models import ReplyTemplate, Topic, TopicProposal
from deliberation.official_steps import tell_step
from deliberation.webhooks.models import Webhook, WebhookDelivery, WebhookTold
from geo.crs import WGS84
from layers.communities.communities import load_communities
from layers.models import Edition
from moderation.bulk.models import Job, JobItem
from moderation.models import Assignment, DismissedDoubt, Mention, Note
from people.access.actor import OPERATOR
from people.audit.models import AuditEntry
from people.audit.record import record
from submissions.alerts.models import AreaAlert
from submissions.campaigns.campaign_draft import NewCampaign
from submissions.campaigns.create import create_campaign
from submissions.campaigns.models import Campaign
from submissions.imports.import_table import import_proposals
from submissions.imports.row_reader import ImportColumns
from submissions.participation.models import (
    Comment,
    Follow,
    Observation,
    Photo,
    PhotoVersion,
    Report,
    Support,
)
from submissions.prize_draws.models import DrawEntry, DrawProposal, PrizeDraw
from submissions.proposals.models import Change, Merge, NotDuplicate, Proposal, Step
from submissions.proposals.states import Status

_COMMUNITIES = Path(__file__).resolve().parent.parent / "data" / "qinghe" / "communities.geojson"
_LOADED = "demo_loaded"
_COLUMNS = ImportColumns(
    text="text",
    category="category",
    person="person",
    created="created",
    relation="relation",
    placed_by="placed_by",
    accuracy_m="accuracy_m",
    answers="answers",
)


@dataclass(frozen=True)
class ResetReport:
    """What a reset removed: demo campaigns, all their proposals, those of them filed since."""

    campaigns: int
    proposals: int
    filed_since: int


def load_demo(database: Database) -> bool:
    """Load the demo campaigns into a database without any campaign; else do nothing.

    Returns whether they were loaded. One transaction: all or nothing.
    """
    now = datetime.now(UTC)
    return database.write(lambda session: _load(session, now))


def reset_demo(database: Database) -> ResetReport:
    """Remove the demo campaigns with what hangs on them, and load them afresh.

    Other campaigns and editions of the communities stay. Raises ``InvalidError`` when a campaign
    of the operator's own has taken the name of a demo campaign.
    """
    now = datetime.now(UTC)

    def reset(session: Session) -> ResetReport:
        report = _remove(session)
        details = vars(report)
        record(session, OPERATOR, "demo_reset", now=now, details=details)
        _load_campaigns(session, now)
        return report

    return database.write(reset)


def _load(session: Session, now: datetime) -> bool:
    if session.scalar(select(func.count()).select_from(Campaign)):
        return False
    _load_campaigns(session, now)
    return True


def _load_campaigns(session: Session, now: datetime) -> None:
    for edition in {campaign["edition"] for campaign in DEMO_CAMPAIGNS}:
        _load_edition(session, edition, now)
    for campaign in DEMO_CAMPAIGNS:
        campaign_id = create_campaign(session, OPERATOR, NewCampaign(**campaign), now=now)
        table = demo_proposals(campaign["slug"])
        points = gpd.points_from_xy(table["longitude"], table["latitude"], crs=WGS84)
        frame = gpd.GeoDataFrame(pd.DataFrame(table), geometry=points)
        import_proposals(session, OPERATOR, campaign_id, frame, columns=_COLUMNS, now=now)
        _tell_outcomes(session, campaign_id, STEPS[campaign["slug"]])
        record(session, OPERATOR, _LOADED, now=now, campaign_id=campaign_id)


def _tell_outcomes(session: Session, campaign_id: int, steps: list[DemoStep]) -> None:
    """Let the office have dealt with some proposals, so that a visitor sees how that reads."""
    for step in steps:
        away = func.abs(Proposal.longitude - step.longitude) + func.abs(
            Proposal.latitude - step.latitude
        )
        nearest = session.scalars(
            select(Proposal.public_id)
            .where(
                Proposal.campaign_id == campaign_id,
                Proposal.category == step.category,
                Proposal.status == str(Status.PUBLISHED),
            )
            .order_by(away, Proposal.id)
            .limit(step.nearest)
        ).all()
        tell_step(session, OPERATOR, nearest, step.stage, step.reply, by=OFFICE, now=step.at)


def _load_edition(session: Session, edition: str, now: datetime) -> None:
    """Load the schematic communities, unless the office has uploaded real ones."""
    present = session.get(Edition, edition)
    if present is not None and not present.schematic:
        return
    frame = gpd.read_file(_COMMUNITIES)
    frame = frame[frame["edition"] == edition].rename(columns={"name_zh": "name"})
    source = "按街道轮廓示意划分 / schematic partition of the outline"
    load_communities(session, OPERATOR, edition, frame, source=source, schematic=True, now=now)


def _remove(session: Session) -> ResetReport:
    slugs = [campaign["slug"] for campaign in DEMO_CAMPAIGNS]
    present = {
        row.id: row.slug
        for row in session.execute(
            select(Campaign.id, Campaign.slug).where(Campaign.slug.in_(slugs))
        )
    }
    demo = set(session.scalars(select(AuditEntry.campaign_id).where(AuditEntry.action == _LOADED)))
    for campaign_id, slug in present.items():
        if campaign_id not in demo:
            raise InvalidError(field="slug", reason=f"{slug} is a campaign of your own")
    campaigns = list(present)
    theirs = Proposal.campaign_id.in_(campaigns)
    count = select(func.count()).select_from(Proposal)
    report = ResetReport(
        campaigns=len(campaigns),
        proposals=session.scalar(count.where(theirs)) or 0,
        filed_since=session.scalar(count.where(theirs, Proposal.receipt.is_not(None))) or 0,
    )
    ids = select(Proposal.id).where(theirs)
    notes = select(Note.id).where(Note.proposal_id.in_(ids))
    session.execute(delete(Mention).where(Mention.note_id.in_(notes)))
    photos = select(Photo.id).where(Photo.proposal_id.in_(ids))
    session.execute(delete(PhotoVersion).where(PhotoVersion.photo_id.in_(photos)))
    jobs = select(Job.id).where(Job.campaign_id.in_(campaigns))
    session.execute(delete(JobItem).where(JobItem.job_id.in_(jobs)))
    session.execute(delete(Job).where(Job.campaign_id.in_(campaigns)))
    session.execute(delete(ReplyTemplate).where(ReplyTemplate.campaign_id.in_(campaigns)))
    session.execute(delete(NotDuplicate).where(NotDuplicate.first_id.in_(ids)))
    of_proposals = (Merge, Report, Comment, Photo, Step, Follow, Support, Change, Note, Assignment)
    for table in (*of_proposals, ProposalTheme, ThemeLabel):
        session.execute(delete(table).where(table.proposal_id.in_(ids)))
    draws = select(PrizeDraw.id).where(PrizeDraw.campaign_id.in_(campaigns))
    for part in (DrawProposal, DrawEntry):
        session.execute(delete(part).where(part.draw_id.in_(draws)))
    session.execute(delete(PrizeDraw).where(PrizeDraw.campaign_id.in_(campaigns)))
    topics = select(Topic.id).where(Topic.campaign_id.in_(campaigns))
    session.execute(delete(TopicProposal).where(TopicProposal.topic_id.in_(topics)))
    kept = select(Scenario.id).where(Scenario.campaign_id.in_(campaigns))
    session.execute(delete(ScenarioComment).where(ScenarioComment.scenario_id.in_(kept)))
    of_campaigns = (DismissedDoubt, Topic, Observation, SavedView, Scenario, AreaAlert)
    for made in (*of_campaigns, PopulationFigures):
        session.execute(delete(made).where(made.campaign_id.in_(campaigns)))
    hooks = select(Webhook.id).where(Webhook.campaign_id.in_(campaigns))
    told, sent = WebhookTold, WebhookDelivery
    session.execute(delete(told).where(told.webhook_id.in_(hooks) | told.proposal_id.in_(ids)))
    session.execute(
        delete(sent).where(sent.webhook_id.in_(hooks) | sent.campaign_id.in_(campaigns))
    )
    session.execute(delete(Webhook).where(Webhook.campaign_id.in_(campaigns)))
    session.execute(delete(Proposal).where(theirs))
    session.execute(delete(Campaign).where(Campaign.id.in_(campaigns)))
    return report
