"""The prize draw of a campaign: one entry a person, one draw for ever, checked by whoever likes.

First ``commit_draw`` fixes who takes part and publishes the list's hash together with the public
source of the seed; once that source is known, ``draw_prizes`` draws (``submissions.lots``).

Who is a person, and who takes part, is in ``submissions.entrants``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from errors import DrawError, InvalidError, NotAllowedError, NotFoundError
from language import DEFAULT
from people.actions import record
from people.actors import Actor
from people.catalogue import Act, may, may_somewhere
from post import outbox
from post.outbox import NewMessage
from submissions import lots
from submissions.entrants import entrants
from submissions.follows import Template
from submissions.models import Campaign, DrawEntry, DrawProposal, PrizeDraw, Proposal
from submissions.phases import Phase, phase_at
from submissions.queries import CampaignView
from submissions.where import where_of_campaign

_ENTRY: Table = DrawEntry.__table__  # type: ignore[assignment]
_SHARE: Table = DrawProposal.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class DrawView:
    """A draw as everyone may know it. ``drawn``: the entries that won, the first first.

    ``people`` have an entry each; ``entries`` are the names of all, or of the first asked for.
    """

    id: int
    rules: dict[str, Any]
    excluded: dict[str, int]
    proposals: int
    digest: str
    committed_at: datetime
    seed: str | None
    drawn_at: datetime | None
    people: int
    entries: tuple[str, ...]
    drawn: tuple[str, ...]

    @property
    def known_from(self) -> datetime:
        """From when the seed's source is public."""
        return datetime.fromisoformat(self.rules["known_from"])

    @property
    def text(self) -> str:
        """The list as it was published."""
        return lots.list_text(self.rules, self.entries)

    @property
    def record(self) -> dict[str, Any]:
        """All of it, to be checked by a program; see ``lots.verify``."""
        return {
            "method": lots.METHOD,
            **{name: self.rules[name] for name in lots.RULES},
            "digest": self.digest,
            "committed_at": self.committed_at.isoformat(),
            "excluded_proposals": self.excluded,
            "proposals_with_an_entry": self.proposals,
            "seed": self.seed,
            "drawn_at": self.drawn_at and self.drawn_at.isoformat(),
            "drawn": list(self.drawn),
            "entries": list(self.entries),
        }


@dataclass(frozen=True)
class OwnEntry:
    """What a proposal's author has in the draw: an entry, or the reason for none; the rank won."""

    entry: str | None
    reason: str | None
    rank: int | None
    is_drawn: bool


def commit_draw(
    session: Session, actor: Actor, slug: str, *, source: str, known_from: datetime, now: datetime
) -> str:
    """Fix and publish who takes part; return the list's hash.

    ``source`` names what the seed will be, such as the numbers of a public lottery of a day, which
    nobody knows before ``known_from``.

    Raises ``NotAllowedError``; ``NotFoundError``; ``InvalidError`` (``source``); ``DrawError``:
    ``collecting``, ``no_rules``, ``committed``, ``source_known``, ``no_entries``.
    """
    campaign = _campaign(session, actor, slug, now)
    named = lots.one_line(source)
    if not 1 <= len(named) <= lots.MOST_SEED:
        raise InvalidError(field="source", most=lots.MOST_SEED)
    _check_ready(session, campaign, known_from, now)
    assert campaign.prize is not None
    shares, people = entrants(session, campaign)
    if not people:
        raise DrawError(problem="no_entries")
    rules = {
        "campaign": campaign.slug,
        "winners": campaign.prize["winners"],
        "source": named,
        "known_from": known_from.isoformat(),
        "earlier": campaign.prize["earlier"],
        "merged": campaign.prize["merged"],
    }
    digest = lots.digest_of(lots.list_text(rules, people))
    excluded = Counter(str(share["reason"]) for share in shares if share["reason"])
    row = PrizeDraw(
        campaign_id=campaign.id,
        rules=rules,
        excluded=dict(sorted(excluded.items())),
        entries=len(people),
        digest=digest,
        committed_at=now,
        seed=None,
        drawn_at=None,
    )
    session.add(row)
    session.flush()
    connection = session.connection()
    connection.execute(insert(_ENTRY), [{"draw_id": row.id, **each} for each in people.values()])
    connection.execute(insert(_SHARE), [{"draw_id": row.id, **each} for each in shares])
    details = {"digest": digest, "entries": len(people), "rules": rules, "excluded": row.excluded}
    record(session, actor, "draw_committed", now=now, campaign_id=campaign.id, details=details)
    return digest


def draw_prizes(
    session: Session, actor: Actor, slug: str, seed: str, *, base: str = "", now: datetime
) -> list[str]:
    """Draw with the seed of the source that was named; return the entries that win.

    Winners who left a contact get a letter, with links on ``base``, the address of this server.
    With the same seed once more, nothing changes.

    Raises ``NotAllowedError``; ``NotFoundError``; ``InvalidError`` (``seed``); ``DrawError``:
    ``not_committed``, ``too_early``, ``drawn``.
    """
    campaign = _campaign(session, actor, slug, now)
    row = _row(session, campaign.id)
    if row is None:
        raise DrawError(problem="not_committed")
    read = lots.read_seed(seed)
    if row.seed is not None:
        if row.seed != read:
            raise DrawError(problem="drawn")
        return list(_view(session, row).drawn)
    known_from = datetime.fromisoformat(row.rules["known_from"])
    if now < known_from:
        raise DrawError(problem="too_early", known_from=known_from)
    entries = select(DrawEntry).where(DrawEntry.draw_id == row.id)
    by_name = {entry.name: entry for entry in session.scalars(entries)}
    drawn = lots.ranked(by_name, read)[: row.rules["winners"]]
    for rank, name in enumerate(drawn, start=1):
        by_name[name].rank = rank
    row.seed, row.drawn_at = read, now
    session.flush()
    details = {"seed": read, "drawn": drawn, "digest": row.digest}
    record(session, actor, "prizes_drawn", now=now, campaign_id=campaign.id, details=details)
    _tell(session, campaign, row, [by_name[name] for name in drawn], base, now)
    return drawn


def draw_of(session: Session, campaign_id: int, *, most: int | None = None) -> DrawView | None:
    """Return the draw of a campaign as everyone may know it; None before it is committed.

    With at most so many of its entries; what is computed from them needs all.
    """
    row = _row(session, campaign_id)
    return None if row is None else _view(session, row, most)


def entry_of(session: Session, public_id: str) -> OwnEntry | None:
    """Return what the author of a proposal has in its campaign's draw; None without a draw.

    For the author alone: whoever holds the receipt.
    """
    found = session.execute(
        select(DrawProposal.entry, DrawProposal.reason, DrawEntry.rank, PrizeDraw.drawn_at)
        .join(Proposal, Proposal.id == DrawProposal.proposal_id)
        .join(PrizeDraw, PrizeDraw.id == DrawProposal.draw_id)
        .outerjoin(
            DrawEntry,
            (DrawEntry.draw_id == DrawProposal.draw_id) & (DrawEntry.name == DrawProposal.entry),
        )
        .where(Proposal.public_id == public_id)
    ).one_or_none()
    if found is None:
        return None
    return OwnEntry(found.entry, found.reason, found.rank, found.drawn_at is not None)


def _campaign(session: Session, actor: Actor, slug: str, now: datetime) -> Campaign:
    if not may_somewhere(actor, Act.DRAW_PRIZES):
        raise NotAllowedError(action="draw_prizes")
    row = session.scalar(select(Campaign).where(Campaign.slug == slug))
    if row is None or row.published_at is None or row.published_at > now:
        raise NotFoundError(kind="campaign", slug=slug)
    if not may(actor, Act.DRAW_PRIZES, where_of_campaign(row)):
        raise NotAllowedError(action="draw_prizes")
    return row


def _row(session: Session, campaign_id: int) -> PrizeDraw | None:
    return session.scalar(
        select(PrizeDraw)
        .where(PrizeDraw.campaign_id == campaign_id)
        .execution_options(populate_existing=True)
    )


def hindrance(campaign: Campaign | CampaignView, now: datetime) -> str:
    """Return why no list can be published yet, as ``DrawError`` names it; empty for nothing."""
    if campaign.prize is None:
        return "no_rules"
    early = phase_at(campaign, now) in {Phase.ANNOUNCED, Phase.COLLECTING}
    return "collecting" if early else ""


def _check_ready(session: Session, campaign: Campaign, known_from: datetime, now: datetime) -> None:
    if _row(session, campaign.id) is not None:
        raise DrawError(problem="committed")
    if problem := hindrance(campaign, now):
        raise DrawError(problem=problem)
    if known_from <= now:
        raise DrawError(problem="source_known")


def _view(session: Session, row: PrizeDraw, most: int | None = None) -> DrawView:
    names = select(DrawEntry.name).where(DrawEntry.draw_id == row.id)
    entries = session.scalars(names.order_by(DrawEntry.name).limit(most))
    won = session.scalars(names.where(DrawEntry.rank.is_not(None)).order_by(DrawEntry.rank))
    shares = select(func.count()).where(
        DrawProposal.draw_id == row.id, DrawProposal.entry.is_not(None)
    )
    return DrawView(
        id=row.id,
        rules=row.rules,
        excluded=row.excluded,
        proposals=session.scalar(shares) or 0,
        digest=row.digest,
        committed_at=row.committed_at,
        seed=row.seed,
        drawn_at=row.drawn_at,
        people=row.entries,
        entries=tuple(entries),
        drawn=tuple(won),
    )


def _tell(
    session: Session,
    campaign: Campaign,
    row: PrizeDraw,
    winners: list[DrawEntry],
    base: str,
    now: datetime,
) -> None:
    prize: Mapping[str, Any] = campaign.prize or {}
    titles = {lang: texts.get("title", "") for lang, texts in campaign.texts.items()}
    told = {"campaign": campaign.slug, "title": titles, "claim": prize.get("claim", {})}
    outbox.enqueue_all(
        session,
        [
            NewMessage(
                key=f"prize:{row.id}:{entry.name}",
                contact_id=entry.contact_id,
                template=Template.PRIZE,
                params={**told, "entry": entry.name, "base": base},
                language=entry.language or DEFAULT,
            )
            for entry in winners
            if entry.contact_id is not None
        ],
        now=now,
    )
