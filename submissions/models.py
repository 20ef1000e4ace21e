"""Tables of the campaigns, the proposals that residents file in them, and their supports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Geometry, Identity, Json, UtcDateTime
from dialect import NEVER_REUSED, only_where, spatial_index
from post.models import Contact

__all__ = [
    "Assignment",
    "Campaign",
    "Change",
    "Comment",
    "Contact",
    "DismissedDoubt",
    "DrawEntry",
    "DrawProposal",
    "Follow",
    "Job",
    "JobItem",
    "Mention",
    "Merge",
    "NotDuplicate",
    "Note",
    "Observation",
    "Photo",
    "PhotoVersion",
    "PrizeDraw",
    "Proposal",
    "ReplyTemplate",
    "Report",
    "SavedView",
    "Step",
    "Support",
    "Topic",
    "TopicProposal",
]

_BROUGHT = text("import_key IS NOT NULL")
_IMPORTED, _FILED = text("receipt IS NULL"), text("receipt IS NOT NULL")
_STANDS = text("voided_at IS NULL")
_MERGED, _IN_FORCE = text("merged_into IS NOT NULL"), text("undone IS NULL")


class Campaign(Base):
    """A call for proposals: its theme, dates, area, questions and words in each language.

    ``published_at`` is from when the public knows of it, None for a draft. ``phases``: see
    ``submissions.phases``; ``former_questions``: what was asked before (``questions.asked_ever``);
    ``alike``: how like two texts are that may say the same; ``cover`` names its picture.
    """

    __tablename__ = "campaign"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    theme: Mapped[str] = mapped_column(String(60))
    texts: Mapped[dict[str, Any]] = mapped_column(Json)
    categories: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    area: Mapped[Any] = mapped_column(Geometry())
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"))
    publish_on_filing: Mapped[bool]
    max_text_length: Mapped[int]
    geometry_kinds: Mapped[list[str]] = mapped_column(Json)
    facility: Mapped[dict[str, Any] | None] = mapped_column(Json)
    asks_contact: Mapped[bool]
    max_photos: Mapped[int]
    subdistrict: Mapped[str] = mapped_column(String(20))
    former_questions: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    alike: Mapped[float]
    cover: Mapped[str | None] = mapped_column(String(32))
    privacy: Mapped[dict[str, Any]] = mapped_column(Json)
    prize: Mapped[dict[str, Any] | None] = mapped_column(Json)
    phases: Mapped[dict[str, Any]] = mapped_column(Json)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Proposal(Base):
    """One proposal: where (as stated, and in WGS 84), what, by whom, the community it lies in.

    ``longitude`` and ``latitude`` are its pin: for a line or an area, a point on it. ``entry`` is
    how it came in (``rules.Entry``), ``stage`` the latest step of the office (``rules.Stage``).
    ``import_key`` is shared by all that one import brought. ``merged_into`` is the proposal that
    is shown in the place of a merged one: the one at the end, where that was merged itself.
    ``content_digest`` is what was filed under its ``client_token``: see ``filed_content``.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("campaign_id", "author_key", "client_token"),
        # Partial, so that no planner looks up all imports by their missing receipt.
        Index(
            "uq_proposal_receipt",
            "receipt",
            unique=True,
            **only_where(_FILED),
        ),
        Index(
            "uq_proposal_imported",
            "campaign_id",
            "client_token",
            unique=True,
            **only_where(_IMPORTED),
        ),
        Index("ix_proposal_state", "campaign_id", "status", "category"),
        Index("ix_proposal_newest", "campaign_id", "status", "created", "id"),
        Index("ix_proposal_supported", "campaign_id", "status", "supports", "id"),
        Index("ix_proposal_author", "author_key", "created"),
        Index(
            "ix_proposal_community", "campaign_id", "status", "community_code", "category", "stage"
        ),
        # People are counted from it alone, in its order.
        Index(
            "ix_proposal_people",
            "campaign_id",
            "status",
            "author_key",
            "community_code",
            "relation",
        ),
        Index(
            "ix_proposal_import_key",
            "import_key",
            "id",
            **only_where(_BROUGHT),
        ),
        Index("ix_proposal_place", "campaign_id", "latitude", "longitude"),
        Index(
            "ix_proposal_merged_into",
            "merged_into",
            **only_where(_MERGED),
        ),
        Index(
            "ix_proposal_text_digest",
            "text_digest",
            "created",
            **only_where(_FILED),
        ),
        spatial_index("ix_proposal_geometry", "geometry"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(8), unique=True)
    receipt: Mapped[str | None] = mapped_column(String(12))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    client_token: Mapped[str] = mapped_column(String(80))
    category: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    relation: Mapped[str] = mapped_column(String(10))
    author_key: Mapped[str | None] = mapped_column(String(64))
    placed_by: Mapped[str] = mapped_column(String(10))
    accuracy_m: Mapped[float | None]
    raw_x: Mapped[float]
    raw_y: Mapped[float]
    raw_crs: Mapped[str] = mapped_column(String(40))
    longitude: Mapped[float]
    latitude: Mapped[float]
    geometry: Mapped[Any] = mapped_column(Geometry())
    length_m: Mapped[float | None]
    area_m2: Mapped[float | None]
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    entry: Mapped[str] = mapped_column(String(10))
    entered_by: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(5))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    text_digest: Mapped[str | None] = mapped_column(String(64))
    content_digest: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10))
    held_reason: Mapped[str | None] = mapped_column(String(20))
    stage: Mapped[str | None] = mapped_column(String(10))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    community_code: Mapped[str | None] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"))
    supports: Mapped[int]
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    updated: Mapped[datetime] = mapped_column(UtcDateTime)
    import_key: Mapped[str | None] = mapped_column(String(12))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"))


class Support(Base):
    """One device stands behind one proposal."""

    __tablename__ = "support"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    supporter_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Photo(Base):
    """A picture, cleaned and stored under ``name``; without a proposal until one is filed.

    ``file`` is the ``PhotoVersion`` that is shown in its place once a part of it is blurred;
    ``size`` and ``digest`` are those of what is shown.
    """

    __tablename__ = "photo"
    __table_args__ = (
        Index("ix_photo_proposal_id", "proposal_id"),
        Index("ix_photo_owner", "owner_key", "created"),
        Index("ix_photo_status", "status", "created"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"))
    owner_key: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10))
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    file: Mapped[str | None] = mapped_column(String(32))
    phash: Mapped[str | None] = mapped_column(String(16))


class Comment(Base):
    """What somebody says to a published proposal; shown once it has been read."""

    __tablename__ = "comment"
    __table_args__ = (
        UniqueConstraint("proposal_id", "author_key", "client_token"),
        Index("ix_comment_status", "status", "created"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(8), unique=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    author_key: Mapped[str] = mapped_column(String(64))
    client_token: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    updated: Mapped[datetime] = mapped_column(UtcDateTime)


class Report(Base):
    """Somebody finds a proposal or a comment improper; one a device and thing."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("subject", "reporter_key"),
        Index("ix_report_proposal_id", "proposal_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    subject: Mapped[str] = mapped_column(String(20))
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    reporter_key: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    settled: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Step(Base):
    """What the office did about a proposal, and the official reply if there is one."""

    __tablename__ = "step"
    __table_args__ = (
        Index("ix_step_proposal_id", "proposal_id", "at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    stage: Mapped[str] = mapped_column(String(10))
    reply: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Follow(Base):
    """Somebody wants to hear of a proposal: on a device's own list, or by post to a contact.

    By post only once ``confirmed``; ``token`` is the secret of the links in its messages.
    """

    __tablename__ = "follow"
    __table_args__ = (
        UniqueConstraint("proposal_id", "contact_id"),
        UniqueConstraint("proposal_id", "device_key"),
        Index("ix_follow_device", "device_key"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    device_key: Mapped[str | None] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(String(43), unique=True)
    language: Mapped[str] = mapped_column(String(5))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Change(Base):
    """What staff did to a proposal: the fields as they were, and as they became.

    ``at`` is the proposal's ``updated`` that it brought; ``kind`` a ``change_rows.ChangeKind``.
    ``batch`` is shared by what was done to many at once. ``undoes`` is the change that this one
    takes back; ``undone`` is when, and ``undone_by`` by whom, this one was taken back.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_proposal_id", "proposal_id", "id"),
        Index("ix_change_batch", "batch", "proposal_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(Text)
    batch: Mapped[str | None] = mapped_column(String(40))
    undoes: Mapped[int | None] = mapped_column(ForeignKey("change.id"))
    undone: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by: Mapped[str | None] = mapped_column(String(80))


class PhotoVersion(Base):
    """A photo with a part of it blurred, stored under ``name``; shown where ``Photo.file`` says."""

    __tablename__ = "photo_version"
    __table_args__ = (Index("ix_photo_version_photo_id", "photo_id"),)

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Note(Base):
    """What staff say to each other about a proposal; never public."""

    __tablename__ = "note"
    __table_args__ = (
        Index("ix_note_proposal_id", "proposal_id", "id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Mention(Base):
    """A note names somebody (@login); ``seen`` once that person has read it."""

    __tablename__ = "mention"
    __table_args__ = (Index("ix_mention_account_id", "account_id", "seen", "note_id"),)

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    seen: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Assignment(Base):
    """A proposal is given to somebody of the staff, to be dealt with by ``due``."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index("ix_assignment_account_id", "account_id", "done", "due"),
        Index("ix_assignment_proposal_id", "proposal_id"),
        Index("ix_assignment_due", "done", "due"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    given_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    due: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    done: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by: Mapped[str | None] = mapped_column(String(80))


class DismissedDoubt(Base):
    """Somebody looked at a doubtful location and found it right; ``key`` names the doubt."""

    __tablename__ = "dismissed_doubt"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Merge(Base):
    """A proposal was joined with another, ``kept_id``; what it was before; ``undone`` once parted.

    ``kept_id`` may have been joined with a third since; ``Proposal.merged_into`` says with which
    one it is shown.
    """

    __tablename__ = "merge"
    __table_args__ = (
        Index("ix_merge_kept_id", "kept_id"),
        Index(
            "uq_merge_in_force",
            "proposal_id",
            unique=True,
            **only_where(_IN_FORCE),
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    kept_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    former_status: Mapped[str] = mapped_column(String(10))
    former_held_reason: Mapped[str | None] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    undone: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NotDuplicate(Base):
    """Somebody found two proposals that are alike not to be the same. The lower id first."""

    __tablename__ = "not_duplicate"
    __table_args__ = (Index("ix_not_duplicate_second_id", "second_id"),)

    first_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    second_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReplyTemplate(Base):
    """An official reply with placeholders, for one campaign, a subdistrict's, or all of them."""

    __tablename__ = "reply_template"
    __table_args__ = (
        Index("ix_reply_template_campaign_id", "campaign_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    subdistrict: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    stage: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    updated: Mapped[datetime] = mapped_column(UtcDateTime)
    removed: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Job(Base):
    """One action on many proposals, done in pieces; ``token`` is the button that was pressed.

    ``grants`` are the roles by which it was started; ``limited_to`` and ``token_id`` are those of
    the API token that a program started it with (``Actor``). A process that runs it holds it by
    ``runner`` until ``lease``, and longer with each piece. ``undoes_id`` is the job that it takes
    back.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state", "state", "id"),
        Index("ix_job_campaign_id", "campaign_id", "id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token: Mapped[str] = mapped_column(String(80), unique=True)
    action: Mapped[str] = mapped_column(String(20))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    grants: Mapped[list[list[str]]] = mapped_column(Json)
    limited_to: Mapped[list[str] | None] = mapped_column(Json)
    token_id: Mapped[int | None] = mapped_column(ForeignKey("api_token.id"))
    selection: Mapped[dict[str, Any]] = mapped_column(Json)
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    state: Mapped[str] = mapped_column(String(12))
    total: Mapped[int]
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)
    runner: Mapped[str | None] = mapped_column(String(32))
    lease: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobItem(Base):
    """One proposal of a job, as it was ``seen``: whether its turn has come, what came of it."""

    __tablename__ = "job_item"
    __table_args__ = (Index("ix_job_item_state", "job_id", "state", "proposal_id"),)

    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    seen: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str | None] = mapped_column(String(200))


class PrizeDraw(Base):
    """A prize draw of a campaign: one in force, beside those that were declared void.

    See ``submissions.prizes`` and ``submissions.voiding``. A row is never removed.

    ``digest`` is the hex SHA-256 of the published list of its entries with its ``rules``.
    ``excluded``: how many proposals take no part, by reason.
    """

    __tablename__ = "prize_draw"
    __table_args__ = (
        Index("ix_prize_draw_campaign_id", "campaign_id"),
        Index(
            "ix_prize_draw_in_force",
            "campaign_id",
            unique=True,
            **only_where(_STANDS),
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    rules: Mapped[dict[str, Any]] = mapped_column(Json)
    excluded: Mapped[dict[str, Any]] = mapped_column(Json)
    entries: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    committed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seed: Mapped[str | None] = mapped_column(String(200))
    drawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_reason: Mapped[str | None] = mapped_column(String(500))


class DrawEntry(Base):
    """One person in a draw, under a name that says nothing; ``rank`` from 1 for who has won."""

    __tablename__ = "draw_entry"

    draw_id: Mapped[int] = mapped_column(ForeignKey("prize_draw.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    language: Mapped[str | None] = mapped_column(String(5))
    rank: Mapped[int | None]


class DrawProposal(Base):
    """The entry that a proposal gave its author in a draw, or the reason why it gave none."""

    __tablename__ = "draw_proposal"
    __table_args__ = (
        Index("ix_draw_proposal_proposal_id", "proposal_id"),
        Index("ix_draw_proposal_entry", "draw_id", "entry"),
    )

    draw_id: Mapped[int] = mapped_column(ForeignKey("prize_draw.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    entry: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(12))


class Observation(Base):
    """What somebody of the staff saw at a place: a note, counts, perhaps a photo. Never public.

    ``counts``: ``[{"what": "bikes", "count": 34}, …]``, as seen at ``observed_at``. ``photo`` names
    its picture. ``token`` is that of the form: sent twice it is stored once.
    """

    __tablename__ = "observation"
    __table_args__ = (
        Index("ix_observation_campaign_id", "campaign_id", "latitude", "longitude"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token: Mapped[str] = mapped_column(String(80), unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    longitude: Mapped[float]
    latitude: Mapped[float]
    community_code: Mapped[str | None] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"))
    note: Mapped[str] = mapped_column(Text)
    counts: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    observed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    photo: Mapped[str | None] = mapped_column(String(32))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    removed: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Topic(Base):
    """A hotspot that was made a topic: its figures and its members as they were then.

    ``query`` is the filter and how the hotspot was made, as an address has them; ``figures``: see
    ``submissions.topics``.
    """

    __tablename__ = "topic"
    __table_args__ = (
        Index("ix_topic_campaign_id", "campaign_id", "hotspot_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token: Mapped[str] = mapped_column(String(80), unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    title: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(Text)
    hotspot_id: Mapped[str] = mapped_column(String(24))
    query: Mapped[str] = mapped_column(Text)
    figures: Mapped[dict[str, Any]] = mapped_column(Json)
    community_code: Mapped[str | None] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"))
    outline: Mapped[Any] = mapped_column(Geometry())
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class TopicProposal(Base):
    """A proposal that was in a hotspot when it was made a topic; rows are never changed."""

    __tablename__ = "topic_proposal"
    __table_args__ = (Index("ix_topic_proposal_proposal_id", "proposal_id"),)

    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)


class SavedView(Base):
    """A view of the review under a name: ``query`` holds all that its address says."""

    __tablename__ = "saved_view"
    __table_args__ = (
        Index("ix_saved_view_campaign_id", "campaign_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    removed: Mapped[datetime | None] = mapped_column(UtcDateTime)
