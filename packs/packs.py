"""Packs: made by planners of a topic, a hotspot, a scenario or a view, for firms by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from core.errors import InvalidError, NotFoundError
from core.language import DEFAULT, LANGUAGES
from core.text import clean_text
from packs.models import Pack, PackLink, PackQuestion, PackScheme, PackVersion
from packs.sources import PackSource
from packs.states import SchemeState, VersionState
from packs.versions import add_version
from people.access.actor import Actor, Where
from people.access.idempotency_key import token_for
from people.access.permissions import Act, check_may, check_may_somewhere, may, may_somewhere
from people.audit.record import record
from submissions.campaigns.models import Campaign

MOST_TITLE, MOST_PACKS = 120, 500


@dataclass(frozen=True)
class PackView:
    """A pack as the desk shows it; see ``packs.models.Pack``.

    ``questions``: how many wait for an answer; ``schemes``: how many nobody has decided on.
    """

    id: int
    campaign_id: int
    origin: str
    topic_id: int | None
    scenario_id: int | None
    query: str
    title: str
    system: str
    language: str
    outline: Any
    by: str
    created: datetime
    questions: int
    schemes: int


def make_pack(
    session: Session,
    actor: Actor,
    source: PackSource,
    *,
    title: str,
    system: str,
    language: str,
    token: str,
    now: datetime,
) -> int:
    """Make a pack, whose first version is then made in the background; return its id.

    ``system``: code of a coordinate system (``geo.target_systems``). The same sent twice with one
    ``token`` is made once. Raises ``NotAllowedError`` where this person may not; ``InvalidError``
    for too many; ``EmptyTextError``, ``LongTextError``.
    """
    check_may_somewhere(actor, Act.GIVE_PACK, action="make_pack")
    campaign = session.get_one(Campaign, source.campaign_id)
    here = Where(campaign.subdistrict, source.community_code or "", source.edition)
    check_may(actor, Act.GIVE_PACK, here, action="make_pack")
    token = token_for(token, str(source.origin), source.query, title, system, language)
    before = session.scalar(select(Pack).where(Pack.token == token))
    if before is not None:
        if before.account_id != actor.account_id:
            raise InvalidError(field="token")
        return before.id
    there = select(func.count()).where(Pack.campaign_id == campaign.id)
    if (session.scalar(there) or 0) >= MOST_PACKS:
        raise InvalidError(field="title", reason="too many")
    row = Pack(
        token=token,
        campaign_id=campaign.id,
        origin=str(source.origin),
        topic_id=source.topic_id,
        scenario_id=source.scenario_id,
        query=source.query,
        title=clean_text(title, most=MOST_TITLE),
        system=system,
        language=language if language in LANGUAGES else DEFAULT,
        community_code=source.community_code,
        edition=source.edition,
        outline=source.outline,
        account_id=actor.account_id,
        by=actor.name,
        created=now,
    )
    session.add(row)
    session.flush()
    told = {"pack": row.id, "title": row.title, "origin": row.origin}
    record(session, actor, "pack_made", now=now, campaign_id=campaign.id, details=told)
    add_version(session, actor, row, now=now)
    return row.id


def packs(session: Session, actor: Actor) -> list[PackView]:
    """Return the packs that this person may give, the latest first."""
    if not may_somewhere(actor, Act.GIVE_PACK):
        return []
    rows = session.scalars(select(Pack).order_by(Pack.id.desc())).all()
    return [_view(session, row) for row in rows if may_give(session, actor, row)]


def pack_named(session: Session, actor: Actor, pack_id: int) -> PackView:
    """Return a pack. Raises ``NotFoundError``, also for whoever may not give it."""
    return _view(session, pack_row(session, actor, pack_id))


def pack_row(session: Session, actor: Actor, pack_id: int) -> Pack:
    """Return a pack to be changed. Raises ``NotFoundError``, also for whoever may not give it."""
    row = session.get(Pack, pack_id, populate_existing=True)
    if row is None or not may_give(session, actor, row):
        raise NotFoundError(kind="pack", id=pack_id)
    return row


def may_give(session: Session, actor: Actor, row: Pack) -> bool:
    """Tell whether somebody may give a pack, and see who got it."""
    campaign = session.get_one(Campaign, row.campaign_id)
    where = Where(campaign.subdistrict, row.community_code or "", row.edition)
    return may(actor, Act.GIVE_PACK, where)


def count_waiting(session: Session, actor: Actor) -> int:
    """Return how many questions and schemes of firms wait for the office in the packs in reach."""
    if not may_somewhere(actor, Act.GIVE_PACK):
        return 0
    asked = select(PackQuestion.link_id).where(PackQuestion.answered.is_(None))
    sent = select(PackScheme.link_id).where(PackScheme.state == str(SchemeState.SENT))
    waiting = union_all(asked, sent).subquery()
    rows = session.execute(
        select(Pack, func.count())
        .join(PackLink, PackLink.pack_id == Pack.id)
        .join(waiting, waiting.c.link_id == PackLink.id)
        .group_by(Pack.id)
    ).all()
    return sum(number for row, number in rows if may_give(session, actor, row))


def known_files(session: Session) -> set[str]:
    """Return the names of all files that stand in a table."""
    files = session.scalars(
        select(PackVersion.file).where(PackVersion.state == str(VersionState.READY))
    )
    return {
        *files,
        *session.scalars(select(PackScheme.file)),
    } - {""}


def _view(session: Session, row: Pack) -> PackView:
    links = select(PackLink.id).where(PackLink.pack_id == row.id)
    asked = select(func.count()).where(
        PackQuestion.link_id.in_(links), PackQuestion.answered.is_(None)
    )
    sent = select(func.count()).where(
        PackScheme.link_id.in_(links), PackScheme.state == str(SchemeState.SENT)
    )
    plain = [name for name in PackView.__dataclass_fields__ if name not in {"questions", "schemes"}]
    return PackView(
        **{name: getattr(row, name) for name in plain},
        questions=session.scalar(asked) or 0,
        schemes=session.scalar(sent) or 0,
    )
