"""The possible duplicates of a whole campaign, in groups that a person looks at together.

All pairs are compared at once (``moderation.duplicates.similarity``) and kept for some minutes; who
may merge what, what is open yet and what was found to be different is asked each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.cache import CACHE
from core.database import Database
from core.page import Page, page_of
from moderation.duplicates.duplicates import (
    COLUMNS,
    COMPARABLE,
    OPEN,
    ComparedRow,
    Reasons,
    places_in_metres,
    reasons_of,
    views_by_id,
)
from moderation.duplicates.similarity import (
    MOST_BITS,
    PHOTO_RADIUS_M,
    Floats,
    Ints,
    alike_photos,
    alike_texts,
)
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from submissions.participation.models import Photo
from submissions.photos.perceptual_hash import says_something
from submissions.proposals.jurisdiction import within
from submissions.proposals.models import NotDuplicate, Proposal
from submissions.proposals.queries import CampaignView, ProposalView, revision
from submissions.proposals.states import Status

MOST_GROUP = 30
#: So many proposals are compared while one waits, in about a second; more, beside that.
MOST_AT_ONCE = 2_000
OLD_S = 600
Found = tuple[int, int, Reasons]


@dataclass(frozen=True)
class Pair:
    """Two proposals, by public id, that may be the same."""

    first: str
    second: str
    reasons: Reasons


@dataclass(frozen=True)
class DuplicateGroup:
    """Proposals that hang together by pairs; ``keep`` is the one suggested to be kept.

    That is a shown one, of these one that was answered, then the most supported, then the oldest;
    None where none is shown.
    """

    views: tuple[ProposalView, ...]
    pairs: tuple[Pair, ...]
    keep: str | None
    sure: float


@dataclass(frozen=True)
class Scan:
    """All pairs of a campaign by internal id, the surest first, and how many texts it compared.

    ``members`` are the ids of the pairs, two in a row.
    """

    pairs: tuple[Found, ...]
    members: Ints
    proposals: int
    compared: int


def duplicate_groups(
    database: Database, actor: Actor, campaign: CampaignView, *, page: int = 1, size: int = 20
) -> Page[DuplicateGroup] | None:
    """Return a page of a campaign's possible duplicates in groups, the surest first.

    They are of what this person may merge; None while a large campaign is compared for the first
    time. The pairs are up to ``OLD_S`` seconds old; what was merged, hidden, taken back or found to
    be no duplicate since is left out. Raises ``NotAllowedError``.
    """
    check_may_somewhere(actor, Act.MERGE, action="merge")
    with database.reading() as session:
        at = revision(session, campaign.id)
        is_large = _count_open(session, campaign.id) > MOST_AT_ONCE
    key = ("duplicates", database.url, campaign.id, campaign.alike)
    look = CACHE.begun if is_large else CACHE.get
    scan = look(key, at, lambda: scan_campaign(database, campaign), at_most_s=OLD_S)
    if scan is None:
        return None
    with database.reading() as session:
        groups = _grouped(_still_open(session, actor, campaign.id, scan))
        shown = page_of(groups, page, size)
        ids = {member for group in shown.items for pair in group for member in pair[:2]}
        views = views_by_id(session, ids)
    return shown.showing(_group(group, views) for group in shown.items)


def scan_campaign(database: Database, campaign: CampaignView) -> Scan:
    """Compare all open proposals of a campaign, each with its neighbours."""
    with database.reading() as session:
        open_ones = (Proposal.campaign_id == campaign.id) & Proposal.status.in_(OPEN)
        in_order = select(*COLUMNS).where(open_ones).order_by(Proposal.id)
        rows = [ComparedRow(*row) for row in session.execute(in_order)]
        hashes = session.execute(
            select(Photo.proposal_id, Photo.phash)
            .join(Proposal, Proposal.id == Photo.proposal_id)
            .where(open_ones, *COMPARABLE)
        ).all()
    places = places_in_metres([row.longitude for row in rows], [row.latitude for row in rows])
    alike, compared = alike_texts(places, [row.text for row in rows], least=campaign.alike)
    pairs: dict[tuple[int, int], list[Any]] = {
        (int(first), int(second)): [float(text), None]
        for first, second, text in zip(*alike, strict=True)
    }
    at = {row.id: number for number, row in enumerate(rows)}
    for (first, second), bits in _photo_pairs(hashes, at, places).items():
        pairs.setdefault((first, second), [0.0, None])[1] = bits
    told = []
    for (first, second), (text, bits) in sorted(pairs.items()):
        metres = float(np.hypot(*(places[first] - places[second])))
        why = reasons_of(rows[first], rows[second], metres, text, bits, campaign.alike)
        told.append((rows[first].id, rows[second].id, why))
    told.sort(key=_surest_first)
    members = np.array([pair[:2] for pair in told], np.int64).reshape(-1, 2)
    return Scan(tuple(told), members, len(rows), compared)


def _photo_pairs(
    hashes: Sequence[Any], at: Mapping[int, int], places: Floats
) -> dict[tuple[int, int], int]:
    """Return the pairs of rows near each other with alike photos, and the bits between them."""
    owners = [(at[owner], value) for owner, value in hashes if says_something(value)]
    values = np.array([int(value, 16) for _, value in owners], np.uint64)
    rows = np.array([owner for owner, _ in owners], np.int64)
    found: dict[tuple[int, int], int] = {}
    if not len(rows):
        return found
    pairs = alike_photos(values)
    first, second = rows[pairs.first], rows[pairs.second]
    near = np.hypot(*(places[first] - places[second]).T) <= PHOTO_RADIUS_M
    for one, other, bits in zip(first[near], second[near], pairs.value[near], strict=True):
        if one != other:
            pair = (int(min(one, other)), int(max(one, other)))
            found[pair] = min(int(bits), found.get(pair, MOST_BITS))
    return found


def _count_open(session: Session, campaign_id: int) -> int:
    counted = select(func.count()).where(
        Proposal.campaign_id == campaign_id, Proposal.status.in_(OPEN)
    )
    return session.scalar(counted) or 0


def _still_open(session: Session, actor: Actor, campaign_id: int, scan: Scan) -> list[Found]:
    """Return the pairs of which both are open, and within reach, and not known to be different."""
    here = Proposal.campaign_id == campaign_id
    open_ones = select(Proposal.id).where(here, Proposal.status.in_(OPEN), within(actor, Act.MERGE))
    there = np.array(session.connection().execute(open_ones).scalars().all(), np.int64)
    both: list[bool] = np.all(np.isin(scan.members, there), axis=1).tolist()
    dismissed = {
        (row.first_id, row.second_id)
        for row in session.execute(
            select(NotDuplicate.first_id, NotDuplicate.second_id)
            .join(Proposal, Proposal.id == NotDuplicate.first_id)
            .where(here)
        )
    }
    pairs = compress(scan.pairs, both)
    return [pair for pair in pairs if pair[:2] not in dismissed] if dismissed else list(pairs)


@dataclass
class _Together:
    """A group as it grows: its members, and its pairs in the order in which they came."""

    members: list[int]
    pairs: list[Found]


def _grouped(
    pairs: Sequence[Found],
) -> list[list[Found]]:
    """Return the pairs in groups that hang together, the surest first, given in that order.

    The surest pairs join first; a group takes no more than ``MOST_GROUP``: what is alike to what is
    alike, over and over, would lead through half a campaign.
    """
    group_of: dict[int, _Together] = {}
    for pair in pairs:
        first, second = pair[:2]
        one = group_of.get(first) or _Together([first], [])
        other = group_of.get(second) or _Together([second], [])
        if one is not other:
            if len(one.members) + len(other.members) > MOST_GROUP:
                continue
            if min(other.members) < min(one.members):
                one, other = other, one
            one.members += other.members
            one.pairs += other.pairs
            group_of |= dict.fromkeys(other.members, one)
            group_of[first] = group_of[second] = one
        one.pairs.append(pair)
    groups = {id(group): group.pairs for group in group_of.values()}
    return sorted(groups.values(), key=lambda each: _surest_first(each[0]))


def _surest_first(pair: Found) -> tuple[float, int, int]:
    return -pair[2].sure, pair[0], pair[1]


def _group(pairs: Sequence[Found], views: Mapping[int, ProposalView]) -> DuplicateGroup:
    ids = list(dict.fromkeys(member for pair in pairs for member in pair[:2]))
    shown = [views[one] for one in ids]
    published = [view for view in shown if view.status == Status.PUBLISHED]
    best = min(
        published,
        key=lambda view: (view.stage is None, -view.supports, view.created),
        default=None,
    )
    return DuplicateGroup(
        views=tuple(shown),
        pairs=tuple(
            Pair(views[first].public_id, views[second].public_id, why)
            for first, second, why in pairs
        ),
        keep=None if best is None else best.public_id,
        sure=max(why.sure for _, _, why in pairs),
    )
