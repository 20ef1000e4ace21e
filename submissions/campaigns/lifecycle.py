"""Making and running campaigns: drafts that nobody knows of, edited part by part, opened, closed.

Each part of a campaign (``PARTS``) is saved by itself, against the version of it that was seen
(``version_of``), so that two people who work at different parts are not in each other's way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from hashlib import sha256
from typing import Any

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import InvalidError, NotAllowedError, NotFoundError, WrongStateError
from layers.communities.campaign_area import area_km2, share_inside
from layers.communities.communities import community_frame
from people.access.actor import Actor, Reach, Where
from people.access.permissions import (
    Act,
    check_may,
    check_may_somewhere,
    grants_for,
    may,
)
from people.audit.record import record
from submissions.campaigns.campaign_draft import NewCampaign, check_campaign
from submissions.campaigns.create import create_campaign
from submissions.campaigns.jurisdiction import where_of_campaign
from submissions.campaigns.models import Campaign
from submissions.campaigns.phases import Phase, phase_at
from submissions.campaigns.question_changes import AnswerEffect, asked_anew
from submissions.campaigns.validation import check_prize, check_ready, clean_both, clean_texts
from submissions.photos.sanitise import clean_picture
from submissions.photos.storage import PhotoStore, new_name
from submissions.proposals.models import Proposal

#: The parts of a campaign that are saved by themselves, and what belongs to each.
PARTS: dict[str, tuple[str, ...]] = {
    "texts": ("theme", "texts"),
    "area": ("area",),
    "dates": ("opens_at", "closes_at", "phases"),
    "categories": ("categories",),
    "questions": ("questions",),
    "taking": (
        "geometry_kinds",
        "facility",
        "alike",
        "max_text_length",
        "max_photos",
        "asks_contact",
        "publish_on_filing",
    ),
    "prizes": ("prize", "privacy"),
    "cover": ("cover",),
}
#: How much of its area must lie in the subdistrict of an officer who makes campaigns there alone.
LEAST_INSIDE = 0.5


def version_of(campaign: Any, part: str) -> str:
    """Return a name for what a part of a campaign (row or view) holds: the same while it does."""
    held = [_plain(getattr(campaign, name)) for name in PARTS[part]]
    text = json.dumps(held, sort_keys=True, ensure_ascii=True, default=str)
    return sha256(text.encode()).hexdigest()[:16]


def create_draft(session: Session, actor: Actor, campaign: NewCampaign, *, now: datetime) -> int:
    """Set up a campaign that nobody but its makers knows of, and return its id.

    Raises what ``create_campaign`` raises; ``InvalidError`` (``area``) for one outside of where
    this person makes campaigns.
    """
    check_may(actor, Act.MAKE_CAMPAIGN, Where(campaign.subdistrict), action="create_campaign")
    _check_reach(session, actor, campaign.edition, campaign.area)
    return create_campaign(session, actor, campaign, draft=True, now=now)


def copy_campaign(session: Session, actor: Actor, slug: str, copy: str, *, now: datetime) -> int:
    """Set up a draft that is like another campaign, under the name ``copy``; return its id.

    All but its proposals, its draw and what it asked formerly. Raises what ``create_draft`` does;
    ``NotFoundError``.
    """
    row = _campaign(session, actor, slug, now)
    values = {each.name: getattr(row, each.name) for each in fields(NewCampaign)}
    fresh = {"slug": copy, "former_questions": (), "published_at": None, "archived_at": None}
    return create_draft(session, actor, NewCampaign(**(values | fresh)), now=now)


def edit_campaign(
    session: Session,
    actor: Actor,
    slug: str,
    part: str,
    changes: Mapping[str, Any],
    *,
    version: str,
    now: datetime,
) -> tuple[str, ...]:
    """Save a part of a campaign and return which of its fields changed.

    ``version`` is that of the part as it was seen (``version_of``). A category that proposals
    have cannot vanish. Questions: ``edit_questions``. Raises ``NotAllowedError``;
    ``NotFoundError``; ``WrongStateError`` with ``reason="stale"`` when somebody changed the part
    meanwhile, or for one that is archived; ``InvalidError`` naming the field.
    """
    row = _editable(session, actor, slug, part, version, now)
    if not set(changes) <= set(PARTS[part]) or "questions" in changes:
        raise InvalidError(field=part)
    wanted = _cleaned(changes)
    check_campaign(_as_new(row, wanted))
    if "categories" in wanted:
        _check_categories(session, row, wanted["categories"])
    if "area" in wanted:
        _check_reach(session, actor, row.edition, wanted["area"])
    return _save(session, actor, row, part, wanted, now)


def edit_questions(
    session: Session,
    actor: Actor,
    slug: str,
    questions: list[dict[str, Any]],
    *,
    version: str,
    confirmed: bool,
    now: datetime,
) -> tuple[AnswerEffect, ...]:
    """Save what a campaign asks; return what that does to answers that wait for a confirmation.

    Where answers are touched and it is not ``confirmed``, nothing is saved and the effects come
    back; else none do. Raises what ``edit_campaign`` and ``asked_anew`` raise.
    """
    row = _editable(session, actor, slug, "questions", version, now)
    check_campaign(_as_new(row, {"questions": questions}))
    asked = asked_anew(session, row.id, row.questions, row.former_questions, questions)
    if asked.effects and not confirmed:
        return asked.effects
    wanted = {"questions": asked.questions, "former_questions": asked.former}
    _save(session, actor, row, "questions", wanted, now)
    return ()


def set_cover(
    database: Database,
    store: PhotoStore,
    actor: Actor,
    slug: str,
    data: bytes,
    *,
    version: str,
    now: datetime,
) -> str:
    """Clean a picture and make it the campaign's cover; return its name.

    Raises ``BadPhotoError`` and what ``edit_campaign`` raises.
    """
    with database.reading() as session:
        _editable(session, actor, slug, "cover", version, now)
    picture, name = clean_picture(data), new_name()
    store.put(name, picture.jpeg, picture.thumbnail)

    def save(session: Session) -> None:
        changes = {"cover": name}
        edit_campaign(session, actor, slug, "cover", changes, version=version, now=now)

    try:
        database.write(save)
    except BaseException:
        with suppress(Exception):  # else it is swept
            store.delete(name)
        raise
    return name


def schedule_campaign(
    session: Session, actor: Actor, slug: str, *, announce: bool, now: datetime
) -> None:
    """Let a draft open and close by itself, at its dates; ``announce``: it is shown already.

    Raises ``NotAllowedError``; ``NotFoundError``; ``WrongStateError`` for what is no draft;
    ``InvalidError`` for what is not ready, or a closing that is over.
    """
    row = _campaign(session, actor, slug, now)
    if row.published_at is not None:
        raise WrongStateError(status="public", wanted="scheduled")
    check_ready(row)
    if row.closes_at <= now:
        raise InvalidError(field="closes_at", reason="over")
    row.published_at = now if announce else max(now, row.opens_at)
    opens = {"opens_at": row.opens_at.isoformat(), "announced": announce}
    _record(session, actor, row, "campaign_scheduled", now, opens)


def unschedule_campaign(session: Session, actor: Actor, slug: str, *, now: datetime) -> None:
    """Make a draft again of what nobody knows of yet. Raises as ``schedule_campaign``."""
    row = _campaign(session, actor, slug, now)
    if row.published_at is None or row.published_at <= now:
        raise WrongStateError(status="public", wanted="draft")
    row.published_at = None
    _record(session, actor, row, "campaign_unscheduled", now, {})


def open_campaign(session: Session, actor: Actor, slug: str, *, now: datetime) -> None:
    """Open a campaign now. Raises as ``schedule_campaign``."""
    row = _campaign(session, actor, slug, now)
    public = row.published_at is not None and row.published_at <= now
    if row.archived_at is not None or (public and phase_at(row, now) is not Phase.ANNOUNCED):
        raise WrongStateError(status=str(phase_at(row, now)), wanted="opened")
    check_ready(row)
    if row.closes_at <= now:
        raise InvalidError(field="closes_at", reason="over")
    details = {"from": row.opens_at.isoformat(), "to": now.isoformat()}
    row.opens_at, row.published_at = now, row.published_at if public else now
    _record(session, actor, row, "campaign_opened", now, details)


def close_campaign(session: Session, actor: Actor, slug: str, *, now: datetime) -> None:
    """Take no proposals from now on. Raises as ``schedule_campaign``."""
    row = _campaign(session, actor, slug, now)
    phase = _state(row, now)
    if phase != Phase.COLLECTING:
        raise WrongStateError(status=phase, wanted="closed")
    details = {"from": row.closes_at.isoformat(), "to": now.isoformat()}
    row.closes_at = now
    _record(session, actor, row, "campaign_closed", now, details)


def archive_campaign(session: Session, actor: Actor, slug: str, *, now: datetime) -> None:
    """Put a campaign away: it stays to be read. Raises as ``schedule_campaign``."""
    row = _campaign(session, actor, slug, now)
    phase = _state(row, now)
    if phase in {"draft", Phase.ANNOUNCED, Phase.COLLECTING, Phase.ARCHIVED}:
        raise WrongStateError(status=phase, wanted="archived")
    row.archived_at = now
    _record(session, actor, row, "campaign_archived", now, {"from": phase})


def restore_campaign(session: Session, actor: Actor, slug: str, *, now: datetime) -> None:
    """Take a campaign out of the archive. Raises as ``schedule_campaign``."""
    row = _campaign(session, actor, slug, now)
    if row.archived_at is None:
        raise WrongStateError(status=_state(row, now), wanted="restored")
    row.archived_at = None
    _record(session, actor, row, "campaign_restored", now, {})


def _state(row: Campaign, now: datetime) -> str:
    draft = row.published_at is None or row.published_at > now
    return "draft" if draft else str(phase_at(row, now))


def _campaign(session: Session, actor: Actor, slug: str, now: datetime) -> Campaign:
    """Return a campaign that this person may change."""
    check_may_somewhere(actor, Act.MAKE_CAMPAIGN, action="edit_campaign")
    found = select(Campaign).where(Campaign.slug == slug)
    row = session.scalar(found.execution_options(populate_existing=True))
    if row is not None and may(actor, Act.MAKE_CAMPAIGN, where_of_campaign(row)):
        return row
    if row is not None and row.published_at is not None and row.published_at <= now:
        raise NotAllowedError(action="edit_campaign")
    raise NotFoundError(kind="campaign", slug=slug)


def _editable(
    session: Session, actor: Actor, slug: str, part: str, version: str, now: datetime
) -> Campaign:
    if part not in PARTS:
        raise InvalidError(field="part")
    row = _campaign(session, actor, slug, now)
    if row.archived_at is not None:
        raise WrongStateError(status=str(Phase.ARCHIVED), wanted="edited")
    if version != version_of(row, part):
        raise WrongStateError(status=part, wanted="edited", reason="stale")
    return row


def _as_new(row: Campaign, changes: Mapping[str, Any]) -> NewCampaign:
    values = {each.name: getattr(row, each.name) for each in fields(NewCampaign)}
    return NewCampaign(**(values | dict(changes)))


def _cleaned(changes: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(changes)
    if "texts" in wanted:
        wanted["texts"] = clean_texts(wanted["texts"])
    if "privacy" in wanted:
        wanted["privacy"] = clean_both(wanted["privacy"], "privacy")
    if "prize" in wanted:
        wanted["prize"] = check_prize(wanted["prize"])
    if "area" in wanted:
        wanted["area"] = shapely.force_2d(wanted["area"])
    return wanted


def _check_categories(session: Session, row: Campaign, categories: list[dict[str, Any]]) -> None:
    gone = {each["key"] for each in row.categories} - {each["key"] for each in categories}
    for key in sorted(gone):
        used = select(func.count()).where(Proposal.campaign_id == row.id, Proposal.category == key)
        count = session.scalar(used) or 0
        if count:
            raise InvalidError(field="categories", reason="used", category=key, n=count)


def _check_reach(session: Session, actor: Actor, edition: str, area: Any) -> None:
    """Raise unless an area lies where this person makes campaigns, for the most part."""
    grants = grants_for(actor, Act.MAKE_CAMPAIGN)
    if area is None or any(grant.reach is Reach.PLATFORM for grant in grants):
        return
    frame = community_frame(session, edition)
    codes = tuple(grant.code for grant in grants if grant.code)
    theirs = frame[[code.startswith(codes) for code in frame["code"]]] if codes else frame[:0]
    if share_inside(area, theirs) < LEAST_INSIDE:
        raise InvalidError(field="area", reason="elsewhere")


def _save(
    session: Session,
    actor: Actor,
    row: Campaign,
    part: str,
    wanted: Mapping[str, Any],
    now: datetime,
) -> tuple[str, ...]:
    changed = [name for name in wanted if _plain(wanted[name]) != _plain(getattr(row, name))]
    if not changed:
        return ()
    details = {
        "part": part,
        "from": {name: _told(getattr(row, name)) for name in changed},
        "to": {name: _told(wanted[name]) for name in changed},
    }
    waits = row.published_at is not None and row.published_at > now
    for name in changed:
        setattr(row, name, wanted[name])
    if waits and "opens_at" in changed:
        row.published_at = max(now, row.opens_at)
    session.flush()
    _record(session, actor, row, "campaign_edited", now, details)
    return tuple(changed)


def _record(
    session: Session,
    actor: Actor,
    row: Campaign,
    action: str,
    now: datetime,
    details: dict[str, Any],
) -> None:
    session.flush()
    details = {"slug": row.slug} | details
    record(session, actor, action, now=now, campaign_id=row.id, details=details)


def _plain(value: Any) -> Any:
    """Return what can be compared and written as JSON."""
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(shapely.normalize(value), hex=True)
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _told(value: Any) -> Any:
    """Return what the audit trail says of a value: of an area, how large it is and its box."""
    if isinstance(value, shapely.Geometry):
        bounds = [round(edge, 6) for edge in value.bounds]
        return {"km2": round(area_km2(value), 4), "bounds": bounds}
    return _plain(value)
