"""Filing: a resident's draft becomes a proposal, with its answers, photos and contact, at once."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import shapely
from sqlalchemy import Insert, Row, Table, literal, select
from sqlalchemy.orm import Session

from core.database import Json
from core.dialect import InsertNew, takes_changes_within
from core.errors import (
    CampaignClosedError,
    LuJianError,
    NoKeyError,
    NotAllowedError,
    NotFoundError,
    TooOftenError,
)
from core.text import clean_text, shows_nothing
from layers.communities.communities import community_index
from notifications import contacts
from notifications.contacts import ContactKind
from people.access.actor import Actor
from people.access.idempotency_key import join_token
from people.access.permissions import Act, check_may, may
from people.audit.models import AuditEntry
from people.audit.record import record, recording
from submissions.campaigns.jurisdiction import where_of_campaign
from submissions.campaigns.lookup import campaign_row
from submissions.campaigns.models import Campaign
from submissions.campaigns.phases import allows
from submissions.campaigns.questionnaire import WHY_ANOTHER, check_answers
from submissions.participation import photos, proposal_draft
from submissions.participation.draft_faults import Faults
from submissions.participation.drawn_shape import check_shape
from submissions.participation.filing_digest import content_digest, degrees, plain
from submissions.participation.follows import follow_by_post
from submissions.participation.personal_words import (
    PersonalWordsError,
    is_personal,
    personal_parts,
    public_words,
)
from submissions.participation.proposal_draft import DraftProposal
from submissions.participation.spam_check import doubt_of, text_digest
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.receipt_codes import new_public_id, new_receipt
from submissions.proposals.states import EntryChannel, HeldReason, Status

MOST_WHY = 300
FILED = "filed"
_PROPOSAL: Table = Proposal.__table__  # type: ignore[assignment]
_FILE = InsertNew(_PROPOSAL, _PROPOSAL.c.id)
_TRIES = 5


def _file_and_record() -> Insert:
    """Return one statement that stores a proposal and its audit entry."""
    table = _PROPOSAL.c
    told = (table.created, table.author_key, table.campaign_id, table.id)
    row = InsertNew(_PROPOSAL, *told).within("filed").c
    nothing = literal({}, type_=Json)
    entry = select(row.created, row.author_key, literal(FILED), row.campaign_id, row.id, nothing)
    return recording(entry).returning(AuditEntry.proposal_id)


_FILE_AND_RECORD = _file_and_record()


@dataclass(frozen=True)
class Receipt:
    """What the author keeps. ``repeated``: this very content had been accepted before."""

    code: str
    public_id: str
    status: str
    community_code: str | None
    created: datetime
    repeated: bool


def file_proposal(
    session: Session,
    actor: Actor,
    campaign_id: int,
    draft: DraftProposal,
    *,
    sealer: contacts.Sealer | None = None,
    channels: Collection[ContactKind] | None = None,
    base_url: str = "",
    now: datetime,
) -> Receipt:
    """File one proposal and return its receipt; the same again under its token, the same receipt.

    A device's ``client_token`` names one content: sent again, it is a retry, also when the campaign
    has closed in between; another content is another proposal (see ``filed_content``). A point on
    the border of the campaign's area is inside. A doubtful one is taken and held, and so is one in
    whose public words something looks personal. What staff write down for somebody (``entry``)
    counts as a person of its own. ``sealer`` locks the contact, ``channels`` are the ways in which
    letters can be sent (None: any), ``base_url`` is this server's address for links in letters;
    without it none is sent, nor to what a machine may have filed.

    Raises ``NotAllowedError`` without a device or for an entry that is not one's own;
    ``NotFoundError`` for the campaign, also for a draft; ``CampaignClosedError``; ``NoKeyError``
    for a contact that cannot be locked; ``InvalidError`` and its leaves for what cannot be
    accepted; ``PersonalWordsError`` where the draft asks first (``asks_personal``).
    """
    check_may(actor, Act.FILE, action="file_proposal")
    token = proposal_draft.check_client_token(draft.client_token)
    campaign = campaign_row(session, campaign_id)
    if campaign.published_at is None:
        raise NotFoundError(kind="campaign", id=campaign_id)
    filing = _Filing(
        campaign_id,
        token,
        _author_key(actor, campaign, draft, token),
        content_digest(session, draft, sealer),
    )
    try:
        values = _checked(session, actor, campaign, draft, now)
        if draft.asks_personal:
            _ask_personal(campaign, values)
        values["contact_id"] = _contact(session, campaign, draft, sealer, channels, now)
    except LuJianError:
        repeated = _filed_before(session, actor, campaign, draft, filing)
        if isinstance(repeated, Receipt):
            return repeated
        raise
    for _ in range(_TRIES):
        names = {"public_id": new_public_id(), "receipt": new_receipt()}
        proposal_id = _store(session, actor, values | filing.columns | names)
        if proposal_id is not None:
            break
        found = _filed_before(session, actor, campaign, draft, filing)
        if isinstance(found, Receipt):
            return found
        filing = found
    else:
        raise RuntimeError("no free receipt found")
    photos.attach(session, actor, proposal_id, draft.photos, most=campaign.max_photos)
    wanted = values["contact_id"] is not None and values["held_reason"] != HeldReason.MACHINE
    if wanted and base_url:
        _follow(session, actor, names["public_id"], draft, sealer, base_url, now)
    return Receipt(
        code=names["receipt"],
        public_id=names["public_id"],
        status=values["status"],
        community_code=values["community_code"],
        created=now,
        repeated=False,
    )


@dataclass(frozen=True)
class _Filing:
    """What names a filing: its campaign, the client's token, whose it is, and its content."""

    campaign_id: int
    token: str
    author_key: str | None
    digest: str

    @property
    def columns(self) -> dict[str, Any]:
        return {
            "campaign_id": self.campaign_id,
            "client_token": self.token,
            "author_key": self.author_key,
            "content_digest": self.digest,
        }


def _author_key(actor: Actor, campaign: Campaign, draft: DraftProposal, token: str) -> str | None:
    """Return whose proposal it is; each slip that staff write down is another person's."""
    if draft.entry == EntryChannel.SELF:
        return actor.key
    allowed = may(actor, Act.ASSIST, where_of_campaign(campaign))
    if draft.entry not in {EntryChannel.PAPER, EntryChannel.INTERVIEW} or not allowed:
        raise NotAllowedError(action="file_proposal", entry=draft.entry)
    return sha256(f"{actor.key}/{token}".encode()).hexdigest()


def _checked(
    session: Session, actor: Actor, campaign: Campaign, draft: DraftProposal, now: datetime
) -> dict[str, Any]:
    """Return the columns of an acceptable draft; raise the error that says why it is none."""
    if not allows(campaign, Act.FILE, now):
        raise CampaignClosedError(opens_at=campaign.opens_at, closes_at=campaign.closes_at)
    place, values = _place_and_words(campaign, draft)
    # The pin of a drawing is its own, whatever pin was sent beside it.
    draft = replace(draft, longitude=place["longitude"], latitude=place["latitude"])
    raw_x, raw_y, raw_crs = proposal_draft.check_raw(draft)
    placed_by, accuracy_m = proposal_draft.check_placement(draft)
    text = values["text"]
    doubt = doubt_of(session, text, actor, honey=draft.honey, proven=draft.proven, now=now)
    if doubt != HeldReason.MACHINE and is_personal(campaign.questions, text, values["answers"]):
        doubt = HeldReason.PERSONAL
    status = Status.PUBLISHED if campaign.publish_on_filing else Status.RECEIVED
    if doubt is not None:
        status = Status.HELD
    index = community_index(session, campaign.edition)
    return (
        values
        | place
        | {
            "placed_by": placed_by,
            "accuracy_m": accuracy_m,
            "raw_x": raw_x,
            "raw_y": raw_y,
            "raw_crs": raw_crs,
            "entry": str(draft.entry),
            "entered_by": None if draft.entry == EntryChannel.SELF else actor.key,
            "language": draft.language,
            "text_digest": text_digest(text),
            "status": str(status),
            "held_reason": None if doubt is None else str(doubt),
            "stage": None,
            "published_at": now if status is Status.PUBLISHED else None,
            "unreviewed": status is Status.PUBLISHED,
            "community_code": index.locate_one(place["longitude"], place["latitude"]),
            "edition": campaign.edition,
            "supports": 0,
            "created": now,
            "updated": now,
            "import_key": None,
            "merged_into": None,
        }
    )


def _ask_personal(campaign: Campaign, values: dict[str, Any]) -> None:
    """Raise ``PersonalWordsError`` with what looks personal in an acceptable draft."""
    words = public_words(campaign.questions, values["text"], values["answers"])
    if parts := personal_parts(words):
        raise PersonalWordsError(parts=parts)


def _place_and_words(
    campaign: Campaign | CampaignView, draft: DraftProposal
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns of the place and of the words; raise all that is wrong with them at once.

    ``SeveralError`` names the faults in the order of the form.
    """
    faults = Faults()
    place = faults.of(_place, campaign, draft)
    keys = frozenset(category["key"] for category in campaign.categories)
    category = faults.of(proposal_draft.check_category, draft.category, keys)
    text = faults.of(proposal_draft.check_text, draft.text, most=campaign.max_text_length)
    answers = faults.of(
        check_answers, campaign.questions, draft.answers, draft.category, refused=faults.found
    )
    why = faults.of(_why, draft)
    relation = faults.of(proposal_draft.check_relation, draft.relation)
    if campaign.asks_contact and not shows_nothing(draft.contact):
        faults.of(contacts.check_contact, draft.contact, consent=draft.consent)
    faults.check()
    words = {"text": text, "category": category, "relation": relation}
    return place or {}, {**words, "answers": {**(answers or {}), **(why or {})}}


def check_draft(campaign: CampaignView, draft: DraftProposal) -> None:
    """Raise what is wrong with place and words of a draft, as filing does; nothing is stored."""
    _place_and_words(campaign, draft)


def _place(campaign: Campaign | CampaignView, draft: DraftProposal) -> dict[str, Any]:
    """Return the columns that say where: of the pin, or of the drawn line or area."""
    shape = check_shape(campaign.area, draft.shape, campaign.geometry_kinds)
    if shape is not None:
        return {
            "longitude": shape.longitude,
            "latitude": shape.latitude,
            "geometry": shape.geometry,
            "length_m": shape.length_m,
            "area_m2": shape.area_m2,
        }
    longitude, latitude = proposal_draft.check_place(campaign.area, draft.longitude, draft.latitude)
    return {
        "longitude": longitude,
        "latitude": latitude,
        "geometry": shapely.Point(longitude, latitude),
        "length_m": None,
        "area_m2": None,
    }


def _why(draft: DraftProposal) -> dict[str, str]:
    if shows_nothing(draft.why_another):
        return {}
    return {WHY_ANOTHER: clean_text(draft.why_another, most=MOST_WHY)}


def _contact(
    session: Session,
    campaign: Campaign,
    draft: DraftProposal,
    sealer: contacts.Sealer | None,
    channels: Collection[ContactKind] | None,
    now: datetime,
) -> int | None:
    if not campaign.asks_contact or shows_nothing(draft.contact):
        return None
    if sealer is None:
        raise NoKeyError()
    if channels is not None:
        contacts.check_channel(draft.contact, channels)
    return contacts.keep(session, sealer, draft.contact, consent=draft.consent, now=now)


def _follow(
    session: Session,
    actor: Actor,
    public_id: str,
    draft: DraftProposal,
    sealer: contacts.Sealer | None,
    base_url: str,
    now: datetime,
) -> None:
    """Let the contact hear of the proposal; too many letters to it are no reason to refuse."""
    with suppress(TooOftenError):
        follow_by_post(
            session,
            actor,
            sealer,
            public_id,
            draft.contact,
            consent=draft.consent,
            language=draft.language or "",
            base=base_url,
            now=now,
        )


def _store(session: Session, actor: Actor, values: dict[str, Any]) -> int | None:
    """Insert a proposal and its audit entry; None when a unique name of it is taken."""
    connection = session.connection()
    if takes_changes_within(connection):
        return connection.execute(_FILE_AND_RECORD, values).scalar()
    proposal_id: int | None = connection.execute(_FILE.on(connection), values).scalar()
    if proposal_id is not None:
        campaign_id, now = values["campaign_id"], values["created"]
        record(session, actor, FILED, now=now, campaign_id=campaign_id, proposal_id=proposal_id)
    return proposal_id


def _filed_before(
    session: Session, actor: Actor, campaign: Campaign, draft: DraftProposal, filing: _Filing
) -> Receipt | _Filing:
    """Return the receipt of this very content, else the names under which to file it.

    Those are its own unless another content has its token.
    """
    for token in (filing.token, join_token(draft.client_token, filing.digest)):
        own = replace(filing, token=token, author_key=_author_key(actor, campaign, draft, token))
        row = _row_of(session, own)
        if row is None:
            return own
        if _is_same(row, draft, filing.digest):
            table = (row.receipt, row.public_id, row.status, row.community_code, row.created)
            return Receipt(*table, repeated=True)
    return filing


def _row_of(session: Session, filing: _Filing) -> Row[Any] | None:
    table = _PROPOSAL.c
    return session.execute(
        select(_PROPOSAL).where(
            table.campaign_id == filing.campaign_id,
            table.author_key == filing.author_key,
            table.client_token == filing.token,
        )
    ).one_or_none()


def _is_same(row: Row[Any], draft: DraftProposal, digest: str) -> bool:
    """Tell whether a stored proposal is this content; one of before it was noted, by its words."""
    if row.content_digest is not None:
        return bool(row.content_digest == digest)
    stored = (row.category, plain(row.text), degrees(row.longitude), degrees(row.latitude))
    drawn = row.length_m is not None or row.area_m2 is not None
    place = stored[2:] if drawn else (degrees(draft.longitude), degrees(draft.latitude))
    return stored == (draft.category, plain(draft.text), *place)
