"""Reading campaigns and single proposals: plain values, never ORM objects.

Whole campaigns as tables are in ``analysis.frames``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from core.batches import in_parts
from core.errors import NotFoundError
from layers.models import Community
from people.access.actor import Actor, Where
from people.access.permissions import Act, check_may_somewhere, may
from people.audit.models import AuditEntry
from submissions.campaigns.models import Campaign
from submissions.campaigns.question_types import Question
from submissions.campaigns.questionnaire import asked_ever, public_keys
from submissions.proposals.jurisdiction import within
from submissions.proposals.merged_family import HEAD
from submissions.proposals.models import Proposal
from submissions.proposals.receipt_codes import is_public_id, normalise_receipt
from submissions.proposals.states import EntryChannel, Status
from submissions.proposals.visibility import seen_proposal

#: What is recorded with a campaign and changes nothing of its map.
QUIET = (
    *("observed", "observation_removed", "topic_made", "theme_corrected", "population_stated"),
    *("view_saved", "view_renamed", "view_removed"),
    *("webhook_added", "webhook_tried", "webhook_paused", "webhook_resumed"),
    *("webhook_rotated", "webhook_removed", "webhook_stopped"),
    *("scenario_saved", "scenario_commented", "scenario_archived"),
    *("pack_made", "pack_version_ordered", "pack_version_stopped", "pack_version_withdrawn"),
    *("pack_given", "pack_taken_back", "pack_terms_accepted", "pack_taken", "pack_asked"),
    *("pack_answered", "scheme_sent", "scheme_accepted", "scheme_rejected"),
)
DRAWN = Proposal.length_m.is_not(None) | Proposal.area_m2.is_not(None)
#: A line or an area; for the many points nothing is read and nothing parsed.
DRAWN_SHAPE = case((DRAWN, Proposal.geometry))

#: What is recorded with a campaign and changes nothing that is counted.
UNCOUNTED = (
    "supported",
    "unsupported",
    "commented",
    "comment_withdrawn",
    "comment_status_changed",
    "reported",
    "report_settled",
    "photo_status_changed",
    "photo_blurred",
    "looked_at",
    "draw_committed",
    "prizes_drawn",
    *QUIET,
)


@dataclass(frozen=True)
class CampaignView:
    """A campaign as readers get it; ``area`` is a WGS 84 polygon."""

    id: int
    slug: str
    theme: str
    texts: dict[str, Any]
    categories: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    opens_at: datetime
    closes_at: datetime
    area: Any
    edition: str
    publish_on_filing: bool
    max_text_length: int
    geometry_kinds: list[str]
    facility: dict[str, Any] | None
    asks_contact: bool
    max_photos: int
    subdistrict: str
    former_questions: list[dict[str, Any]]
    alike: float
    cover: str | None
    privacy: dict[str, Any]
    prize: dict[str, Any] | None
    phases: dict[str, Any]
    published_at: datetime | None
    archived_at: datetime | None

    @property
    def asked_ever(self) -> list[Question]:
        """The questions with those asked before, as exports need them."""
        return asked_ever(self.questions, self.former_questions)


@dataclass(frozen=True)
class ProposalView:
    """A proposal without its author; WGS 84 degrees; ``distance_m`` where one was asked for.

    ``geometry`` is a drawn line, with its ``length_m``, or a drawn area, with its ``area_m2``.
    ``stage`` is the office's latest step. A merged one has the public id of the one that is shown
    in its place (``kept``, None while that is not shown) and its ``kept_stage``; ``joined`` is how
    many were joined with this one. ``answers`` are those to questions that are not private.
    """

    public_id: str
    campaign_id: int
    category: str
    text: str
    relation: str
    placed_by: str
    accuracy_m: float | None
    longitude: float
    latitude: float
    status: str
    community_code: str | None
    community_name: str | None
    community_name_en: str | None
    supports: int
    created: datetime
    geometry: Any = None
    length_m: float | None = None
    area_m2: float | None = None
    entry: str = EntryChannel.SELF
    stage: str | None = None
    published_at: datetime | None = None
    held_reason: str | None = None
    updated: datetime | None = None
    kept: str | None = None
    kept_stage: str | None = None
    joined: int = 0
    answers: dict[str, Any] = field(default_factory=dict)
    distance_m: float | None = None


def list_campaigns(session: Session, *, now: datetime | None = None) -> list[CampaignView]:
    """Return the campaigns of which the public knows (now), in the order they were set up."""
    statement = select(*_CAMPAIGN_COLUMNS).where(is_public(now)).order_by(Campaign.id)
    return [CampaignView(*row) for row in session.execute(statement)]


def campaign_by_slug(session: Session, slug: str, *, now: datetime | None = None) -> CampaignView:
    """Return the campaign of this name in addresses. Raises ``NotFoundError``, also for a draft."""
    return _one_campaign(session, Campaign.slug == slug, is_public(now), slug=slug)


def is_public(now: datetime | None = None) -> ColumnElement[bool]:
    """Return the condition on ``Campaign`` that the public knows of it; ``now`` unless told."""
    return Campaign.published_at <= (now or datetime.now(UTC))


def all_campaigns(session: Session, actor: Actor, act: Act) -> list[CampaignView]:
    """Return the campaigns, drafts too, with which this person may do something, newest first."""
    rows = session.execute(select(*_CAMPAIGN_COLUMNS).order_by(Campaign.id.desc()))
    views = (CampaignView(*row) for row in rows)
    return [view for view in views if may(actor, act, Where(view.subdistrict))]


def any_campaign(session: Session, actor: Actor, act: Act, slug: str) -> CampaignView:
    """Return a campaign, also a draft, with which this person may do something.

    Raises ``NotFoundError``, also for whoever may not.
    """
    campaign = _one_campaign(session, Campaign.slug == slug, slug=slug)
    if not may(actor, act, Where(campaign.subdistrict)):
        raise NotFoundError(kind="campaign", slug=slug)
    return campaign


def campaign_by_id(session: Session, campaign_id: int) -> CampaignView:
    """Return the campaign with this id. Raises ``NotFoundError``."""
    return _one_campaign(session, Campaign.id == campaign_id, id=campaign_id)


def revision(session: Session, campaign_id: int) -> int:
    """Return the campaign's revision: it rises with every change; 0 before the first."""
    newest = select(func.max(AuditEntry.id)).where(AuditEntry.campaign_id == campaign_id)
    return session.scalar(newest) or 0


def counted_revision(session: Session, campaign_id: int) -> int:
    """Return the newest change of what is counted: supports and comments, say, change no count."""
    newest = (
        select(AuditEntry.id)
        .where(AuditEntry.campaign_id == campaign_id, AuditEntry.action.not_in(UNCOUNTED))
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return session.scalar(newest) or 0


def proposal_by_receipt(session: Session, code: str) -> ProposalView | None:
    """Return the proposal of a receipt, in whatever state, or None.

    The code is taken as a person writes it.
    """
    receipt = normalise_receipt(code)
    if receipt is None:
        return None
    found = proposal_views(session, Proposal.receipt == receipt)
    return found[0] if found else None


def proposal_by_public_id(session: Session, public_id: str) -> ProposalView:
    """Return a published proposal. Raises ``NotFoundError``, also for one not published."""
    found = proposals_by_public_ids(session, [public_id])
    if not found:
        raise NotFoundError(kind="proposal", public_id=public_id)
    return found[0]


def proposal_for(session: Session, public_id: str, actor: Actor) -> ProposalView:
    """Return a proposal that this actor may see: its author and moderators in any state.

    Raises ``NotFoundError``, also for one that this actor must not learn of.
    """
    found = proposal_views(session, Proposal.id == seen_proposal(session, actor, public_id).id)
    return found[0]


def proposals_by_public_ids(session: Session, ids: Iterable[str]) -> list[ProposalView]:
    """Return those of the proposals that are published, in the order asked for."""
    wanted = [public_id for public_id in dict.fromkeys(ids) if is_public_id(public_id)]
    found: dict[str, ProposalView] = {}
    for part in in_parts(wanted):
        published = Proposal.status == str(Status.PUBLISHED)
        for view in proposal_views(session, published, Proposal.public_id.in_(part)):
            found[view.public_id] = view
    return [found[public_id] for public_id in wanted if public_id in found]


def proposals_to_read(
    session: Session, actor: Actor, *, status: str, most: int = 200
) -> list[ProposalView]:
    """Return the proposals of all campaigns in a state, oldest first, to those who moderate.

    Raises ``NotAllowedError``.
    """
    check_may_somewhere(actor, Act.MODERATE, action="proposals_to_read")
    waiting = and_(Proposal.status == str(status), within(actor, Act.MODERATE))
    oldest = select(Proposal.id).where(waiting).order_by(Proposal.id)
    return proposal_views(session, Proposal.id.in_(session.scalars(oldest.limit(most)).all()))


_CAMPAIGN_COLUMNS = [getattr(Campaign, name) for name in CampaignView.__dataclass_fields__]


def _of_the_kept(column: Any) -> Any:
    """Return a value of what a merged proposal is shown with, where that is shown."""
    shown = (HEAD.id == Proposal.merged_into) & (HEAD.status == str(Status.PUBLISHED))
    return select(column).where(shown).correlate(Proposal).scalar_subquery()


_PART = aliased(Proposal, name="part")
_VIEW_COLUMNS = (
    Proposal.public_id,
    Proposal.campaign_id,
    Proposal.category,
    Proposal.text,
    Proposal.relation,
    Proposal.placed_by,
    Proposal.accuracy_m,
    Proposal.longitude,
    Proposal.latitude,
    Proposal.status,
    Proposal.community_code,
    Community.name,
    Community.name_en,
    Proposal.supports,
    Proposal.created,
    DRAWN_SHAPE,
    Proposal.length_m,
    Proposal.area_m2,
    Proposal.entry,
    Proposal.stage,
    Proposal.published_at,
    Proposal.held_reason,
    Proposal.updated,
    _of_the_kept(HEAD.public_id),
    _of_the_kept(HEAD.stage),
    select(func.count(_PART.id)).where(_PART.merged_into == Proposal.id).scalar_subquery(),
    Proposal.answers,
)


def _one_campaign(session: Session, *conditions: ColumnElement[bool], **asked: Any) -> CampaignView:
    row = session.execute(select(*_CAMPAIGN_COLUMNS).where(*conditions)).one_or_none()
    if row is None:
        raise NotFoundError(kind="campaign", **asked)
    return CampaignView(*row)


def proposal_views(session: Session, *conditions: ColumnElement[bool]) -> list[ProposalView]:
    """Return the proposals that meet the conditions, in whatever state and order."""
    same = (Community.code == Proposal.community_code) & (Community.edition == Proposal.edition)
    statement = select(*_VIEW_COLUMNS).select_from(Proposal).outerjoin(Community, same)
    rows = session.execute(statement.where(*conditions)).all()
    shown = _answers_shown(session, {row.campaign_id for row in rows if row.answers})
    found = []
    for *values, answers in rows:
        keys = shown.get(values[1], frozenset())
        values.append({key: answer for key, answer in answers.items() if key in keys})
        found.append(ProposalView(*values))
    return found


def _answers_shown(session: Session, campaign_ids: set[int]) -> dict[int, frozenset[str]]:
    """Return for each campaign the keys of the answers that are not private."""
    if not campaign_ids:
        return {}
    rows = session.execute(
        select(Campaign.id, Campaign.questions, Campaign.former_questions).where(
            Campaign.id.in_(campaign_ids)
        )
    )
    return {row.id: public_keys(asked_ever(*row[1:])) for row in rows}
