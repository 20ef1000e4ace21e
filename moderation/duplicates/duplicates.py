"""Proposals that may be the same thing said twice: by place, words and photos, with the reasons.

**Who is compared.** What waits or is shown, of one campaign. Words among the nearest
``CANDIDATES`` within 100 m, distances in metres (EPSG:4548), with the likeness of
``analysis.nearby`` and the campaign's own threshold; photos within 300 m, by their perceptual
hashes (``submissions.photos.perceptual_hash``).

**How sure.** ``words = 3/4 · text + 1/4 · (1 - distance / 200 m)`` where the words are alike, as in
``analysis.nearby``; ``picture = 1 - bits / 14`` where two photos differ in at most 7 of 64 bits;
together ``1 - (1 - words) · (1 - picture)``. It orders what a person looks at; it decides nothing.

What somebody found to be no duplicates is remembered and not proposed again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from analysis.nearby import CANDIDATES, RADIUS_M, TEXT_SHARE, text_likenesses
from core.batches import in_parts
from core.dialect import InsertNew
from core.errors import InvalidError
from geo.crs import BEIJING_METRIC, WGS84, transformer
from moderation.duplicates.similarity import MOST_BITS, PHOTO_RADIUS_M, Floats
from people.access.actor import Actor
from people.access.permissions import Act
from submissions.campaigns.models import Campaign
from submissions.participation.models import Photo
from submissions.photos.perceptual_hash import bits_apart, says_something
from submissions.proposals.audit import record_for
from submissions.proposals.jurisdiction import within
from submissions.proposals.models import NotDuplicate, Proposal
from submissions.proposals.queries import ProposalView, proposal_views
from submissions.proposals.states import MERGEABLE, PhotoStatus
from submissions.proposals.visibility import proposal_to

OPEN = tuple(str(status) for status in sorted(MERGEABLE))
#: Metres of a degree, a little short, so that a box of degrees holds the circle.
_DEGREE_M = 110_000.0


@dataclass(frozen=True)
class Reasons:
    """Why two proposals may be the same, in figures.

    ``distance_m`` metres apart; ``text`` likeness of the words, 0 to 1 (0 also where they were not
    compared), and whether that is ``alike`` in this campaign; in how many of 64 bits their most
    alike photos differ (None: no alike ones); whether one device sent both, and whether the
    category is the same. ``sure`` is 0 to 1, as said above.
    """

    distance_m: float
    text: float
    alike: bool
    photo_bits: int | None
    same_device: bool
    same_category: bool
    sure: float


@dataclass(frozen=True)
class Duplicate:
    """A proposal that may be the same as the one looked at, in whatever open state."""

    view: ProposalView
    reasons: Reasons


@dataclass(frozen=True)
class ComparedRow:
    """What is compared of a proposal: its pin in WGS 84 degrees, its words, who sent it."""

    id: int
    longitude: float
    latitude: float
    category: str
    author_key: str | None
    text: str


def duplicates_of(
    session: Session, actor: Actor, public_id: str, *, most: int | None = None
) -> list[Duplicate]:
    """Return what may be the same as a proposal, the surest first, of what this person may merge.

    None for one that is neither waiting nor shown. Raises ``NotAllowedError``, ``NotFoundError``.
    """
    proposal = proposal_to(session, actor, Act.MERGE, public_id)
    if proposal.status not in OPEN:
        return []
    own = _row(proposal)
    around = _around(session, actor, own, proposal.campaign_id)
    told = _texts(session, own, around)
    pictures = _photo_bits(session, own.id, around)
    least = session.get_one(Campaign, proposal.campaign_id).alike
    told = told | {
        other: (row, 0.0) for other, row in _rows(session, set(pictures) - set(told)).items()
    }
    found = {
        row.id: reasons_of(own, row, around[row.id], text, pictures.get(row.id), least)
        for row, text in told.values()
    }
    alike = {other: why for other, why in found.items() if _speaks_for_it(why)}
    best = sorted(alike, key=lambda other: (-alike[other].sure, other))[:most]
    views = views_by_id(session, best)
    return [Duplicate(views[other], alike[other]) for other in best if other in views]


def dismiss_duplicate(
    session: Session, actor: Actor, public_id: str, other_id: str, *, now: datetime
) -> None:
    """Remember that two proposals are not the same; a second time it changes nothing.

    Raises ``NotAllowedError``, ``NotFoundError`` unless this person may merge both;
    ``InvalidError`` for one and the same.
    """
    one, other = (proposal_to(session, actor, Act.MERGE, name) for name in (public_id, other_id))
    if one.id == other.id:
        raise InvalidError(field="other_id")
    first, second = (one, other) if one.id < other.id else (other, one)
    row = {"first_id": first.id, "second_id": second.id, "at": now}
    if session.connection().execute(_PUT.on(session), row).rowcount:
        details = {"other": second.public_id}
        record_for(session, actor, "duplicate_dismissed", first, now, details)


_PUT = InsertNew(NotDuplicate.__table__)
COLUMNS = (
    Proposal.id,
    Proposal.longitude,
    Proposal.latitude,
    Proposal.category,
    Proposal.author_key,
    Proposal.text,
)
COMPARABLE = (Photo.phash.is_not(None), Photo.status != str(PhotoStatus.HIDDEN))


def _row(proposal: Proposal) -> ComparedRow:
    return ComparedRow(*(getattr(proposal, column.key) for column in COLUMNS))


def _rows(session: Session, ids: Collection[int]) -> dict[int, ComparedRow]:
    found: dict[int, ComparedRow] = {}
    for part in in_parts(ids):
        rows = session.execute(select(*COLUMNS).where(Proposal.id.in_(part)))
        found |= {row.id: ComparedRow(*row) for row in rows}
    return found


def places_in_metres(longitudes: Sequence[float], latitudes: Sequence[float]) -> Floats:
    """Return WGS 84 places in metres, EPSG:4548."""
    x, y = transformer(WGS84, BEIJING_METRIC).transform(
        np.asarray(longitudes, float), np.asarray(latitudes, float)
    )
    return np.column_stack([x, y])


def _around(session: Session, actor: Actor, own: ComparedRow, campaign_id: int) -> dict[int, float]:
    """Return how many metres away the open proposals around lie that this person may merge.

    Nearest first; without those known to be something else.
    """
    high = PHOTO_RADIUS_M / _DEGREE_M
    wide = high / max(0.01, float(np.cos(np.radians(own.latitude))))
    rows = session.execute(
        select(Proposal.id, Proposal.longitude, Proposal.latitude).where(
            Proposal.campaign_id == campaign_id,
            Proposal.latitude.between(own.latitude - high, own.latitude + high),
            Proposal.longitude.between(own.longitude - wide, own.longitude + wide),
            Proposal.id != own.id,
            Proposal.status.in_(OPEN),
            within(actor, Act.MERGE),
        )
    ).all()
    here = places_in_metres([own.longitude], [own.latitude])[0]
    places = places_in_metres([row.longitude for row in rows], [row.latitude for row in rows])
    metres = np.hypot(*(places - here).T).tolist()
    dismissed = dismissed_pairs(session, [own.id])
    near = {
        row.id: away
        for row, away in zip(rows, metres, strict=True)
        if away <= PHOTO_RADIUS_M and (min(own.id, row.id), max(own.id, row.id)) not in dismissed
    }
    return dict(sorted(near.items(), key=lambda each: (each[1], each[0])))


def _texts(
    session: Session, own: ComparedRow, around: Mapping[int, float]
) -> dict[int, tuple[ComparedRow, float]]:
    """Return the nearest ones with how like their words are."""
    nearest = [other for other, away in around.items() if away <= RADIUS_M][:CANDIDATES]
    rows = _rows(session, nearest)
    texts = text_likenesses(own.text, [rows[other].text for other in nearest])
    return {other: (rows[other], text) for other, text in zip(nearest, texts, strict=True)}


def _photo_bits(session: Session, own_id: int, around: Mapping[int, float]) -> dict[int, int]:
    """Return those whose photos look like one of this proposal's, with the bits between them."""
    own = [h for _, h in _hashes(session, [own_id]) if says_something(h)]
    if not own:
        return {}
    found: dict[int, int] = {}
    for other, value in _hashes(session, around):
        bits = min(bits_apart(value, one) for one in own)
        if bits <= MOST_BITS:
            found[other] = min(bits, found.get(other, MOST_BITS))
    return found


def _hashes(session: Session, ids: Iterable[int]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for part in in_parts(ids):
        rows = session.execute(
            select(Photo.proposal_id, Photo.phash).where(Photo.proposal_id.in_(part), *COMPARABLE)
        )
        found += [(owner, value) for owner, value in rows if owner is not None and value]
    return found


def reasons_of(
    one: ComparedRow, other: ComparedRow, metres: float, text: float, bits: int | None, least: float
) -> Reasons:
    """Weigh what speaks for it that two are the same; see the module's formula."""
    closeness = 1.0 - metres / (2.0 * RADIUS_M)
    words = TEXT_SHARE * text + (1.0 - TEXT_SHARE) * closeness if text >= least else 0.0
    picture = 0.0 if bits is None else 1.0 - bits / (2.0 * MOST_BITS)
    return Reasons(
        distance_m=round(metres, 1),
        text=round(text, 3),
        alike=text >= least,
        photo_bits=bits,
        same_device=one.author_key is not None and one.author_key == other.author_key,
        same_category=one.category == other.category,
        sure=round(1.0 - (1.0 - words) * (1.0 - picture), 3),
    )


def _speaks_for_it(why: Reasons) -> bool:
    return why.alike or why.photo_bits is not None


def dismissed_pairs(session: Session, ids: Collection[int]) -> set[tuple[int, int]]:
    """Return the pairs (lower id first) of these that were found to be no duplicates."""
    found: set[tuple[int, int]] = set()
    for part in in_parts(ids):
        rows = session.execute(
            select(NotDuplicate.first_id, NotDuplicate.second_id).where(
                or_(NotDuplicate.first_id.in_(part), NotDuplicate.second_id.in_(part))
            )
        )
        found |= {(row[0], row[1]) for row in rows}
    return found


def views_by_id(session: Session, ids: Collection[int]) -> dict[int, ProposalView]:
    """Return the proposals in whatever state, by internal id."""
    found: dict[int, ProposalView] = {}
    for part in in_parts(ids):
        condition = Proposal.id.in_(part)
        rows = session.execute(select(Proposal.public_id, Proposal.id).where(condition))
        numbers = {row.public_id: row.id for row in rows}
        found |= {numbers[view.public_id]: view for view in proposal_views(session, condition)}
    return found
