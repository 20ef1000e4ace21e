"""The prize draw of a campaign: one entry a person, one draw, checked by whoever likes.

First ``commit_draw`` fixes who takes part and publishes the list's hash together with the public
source of the seed; once that source is known, ``draw_prizes`` draws
(``submissions.prize_draws.lottery``).

Who is a person, and who takes part, is in ``submissions.prize_draws.entries``. A draw stands for
ever, unless it is declared void in public (``submissions.prize_draws.void_draw``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from core.errors import DrawError, DrawProblem, InvalidError, NotFoundError
from core.language import DEFAULT
from notifications import outbox
from notifications.outbox import NewMessage
from people.access.actor import Actor
from people.access.permissions import Act, check_may, check_may_somewhere
from people.audit.record import record
from submissions.campaigns.jurisdiction import where_of_campaign
from submissions.campaigns.models import Campaign
from submissions.campaigns.phases import Phase, phase_at
from submissions.prize_draws import lottery
from submissions.prize_draws.draw_views import row_in_force, view_of, void_draws
from submissions.prize_draws.entries import entrants
from submissions.prize_draws.models import DrawEntry, DrawProposal, PrizeDraw
from submissions.proposals.queries import CampaignView
from submissions.proposals.tell_followers import Template

_ENTRY: Table = DrawEntry.__table__  # type: ignore[assignment]
_SHARE: Table = DrawProposal.__table__  # type: ignore[assignment]


def commit_draw(
    session: Session, actor: Actor, slug: str, *, source: str, known_from: datetime, now: datetime
) -> str:
    """Fix and publish who takes part; return the list's hash.

    ``source`` names what the seed will be, such as the numbers of a public lottery of a day, which
    nobody knows before ``known_from``.

    Raises ``NotAllowedError``; ``NotFoundError``; ``InvalidError`` (``source``); ``DrawError``:
    ``collecting``, ``no_rules``, ``committed``, ``source_known``, ``no_entries``.
    """
    campaign = drawing_campaign(session, actor, slug, now)
    named = lottery.one_line(source)
    if not 1 <= len(named) <= lottery.MOST_SEED:
        raise InvalidError(field="source", most=lottery.MOST_SEED)
    _check_ready(session, campaign, known_from, now)
    assert campaign.prize is not None
    shares, people = entrants(session, campaign)
    if not people:
        excluded = Counter(str(one["reason"]) for one in shares if one["reason"])
        raise DrawError(problem=DrawProblem.NO_ENTRIES, excluded=dict(excluded))
    rules = {
        "campaign": campaign.slug,
        "winners": campaign.prize["winners"],
        "source": named,
        "known_from": known_from.isoformat(),
        "earlier": campaign.prize["earlier"],
        "merged": campaign.prize["merged"],
    }
    if before := void_draws(session, campaign.id):
        rules[lottery.REPLACES] = before[-1].digest
    digest = lottery.digest_of(lottery.list_text(rules, people))
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
    campaign = drawing_campaign(session, actor, slug, now)
    row = row_in_force(session, campaign.id)
    if row is None:
        raise DrawError(problem=DrawProblem.NOT_COMMITTED)
    read = lottery.read_seed(seed)
    if row.seed is not None:
        if row.seed != read:
            raise DrawError(problem=DrawProblem.DRAWN)
        return list(view_of(session, row, 0).drawn)
    known_from = datetime.fromisoformat(row.rules["known_from"])
    if now < known_from:
        raise DrawError(problem=DrawProblem.TOO_EARLY, known_from=known_from)
    entries = select(DrawEntry).where(DrawEntry.draw_id == row.id)
    by_name = {entry.name: entry for entry in session.scalars(entries)}
    drawn = lottery.ranked(by_name, read)[: row.rules["winners"]]
    for rank, name in enumerate(drawn, start=1):
        by_name[name].rank = rank
    row.seed, row.drawn_at = read, now
    session.flush()
    details = {"seed": read, "drawn": drawn, "digest": row.digest}
    record(session, actor, "prizes_drawn", now=now, campaign_id=campaign.id, details=details)
    _tell(session, campaign, row, [by_name[name] for name in drawn], base, now)
    return drawn


def drawing_campaign(session: Session, actor: Actor, slug: str, now: datetime) -> Campaign:
    """Return a public campaign whose prizes this person draws.

    Raises ``NotAllowedError``, ``NotFoundError``.
    """
    check_may_somewhere(actor, Act.DRAW_PRIZES, action="draw_prizes")
    row = session.scalar(select(Campaign).where(Campaign.slug == slug))
    if row is None or row.published_at is None or row.published_at > now:
        raise NotFoundError(kind="campaign", slug=slug)
    check_may(actor, Act.DRAW_PRIZES, where_of_campaign(row), action="draw_prizes")
    return row


def hindrance(campaign: Campaign | CampaignView, now: datetime) -> DrawProblem | None:
    """Return why no list can be published yet; None for nothing."""
    if campaign.prize is None:
        return DrawProblem.NO_RULES
    early = phase_at(campaign, now) in {Phase.ANNOUNCED, Phase.COLLECTING}
    return DrawProblem.COLLECTING if early else None


def _check_ready(session: Session, campaign: Campaign, known_from: datetime, now: datetime) -> None:
    if row_in_force(session, campaign.id) is not None:
        raise DrawError(problem=DrawProblem.COMMITTED)
    if problem := hindrance(campaign, now):
        raise DrawError(problem=problem)
    if known_from <= now:
        raise DrawError(problem=DrawProblem.SOURCE_KNOWN)


def prize_key(row: PrizeDraw, entry: DrawEntry) -> str:
    """Return the key of the letter that tells an entry's person of the prize."""
    return f"prize:{row.id}:{entry.name}"


def prize_told(campaign: Campaign, row: PrizeDraw, base: str) -> dict[str, Any]:
    """Return what each letter about a draw tells."""
    titles = {lang: texts.get("title", "") for lang, texts in campaign.texts.items()}
    return {"campaign": campaign.slug, "draw": row.id, "title": titles, "base": base}


def _tell(
    session: Session,
    campaign: Campaign,
    row: PrizeDraw,
    winners: list[DrawEntry],
    base: str,
    now: datetime,
) -> None:
    prize: Mapping[str, Any] = campaign.prize or {}
    told = prize_told(campaign, row, base) | {"claim": prize.get("claim", {})}
    outbox.enqueue_all(
        session,
        [
            NewMessage(
                key=prize_key(row, entry),
                contact_id=entry.contact_id,
                template=Template.PRIZE,
                params=told | {"entry": entry.name},
                language=entry.language or DEFAULT,
            )
            for entry in winners
            if entry.contact_id is not None
        ],
        now=now,
    )
