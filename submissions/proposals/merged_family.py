"""Proposals that were joined, read as one: a kept proposal and all that is shown in its place.

What belongs to a merged proposal (its supports, comments, photos, follows) stays stored with it;
whoever reads or counts looks at the whole family. So nothing is lost by a merge, and taking it back
needs nothing but the state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, Select, Subquery, func, select, union
from sqlalchemy.orm import Session, aliased

from core.batches import in_parts
from people.access.actor import Actor
from submissions.participation.models import Support
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status

HEAD = aliased(Proposal, name="head")
_PART = aliased(Proposal, name="part")
#: The id under which a proposal is shown: its own, or that of the one it was joined with.
HEAD_ID: ColumnElement[int] = func.coalesce(Proposal.merged_into, Proposal.id)


def head_of(session: Session, proposal: Proposal) -> Proposal:
    """Return the proposal that is shown in the place of this one: itself, unless it is merged."""
    if proposal.merged_into is None:
        return proposal
    return session.get_one(Proposal, proposal.merged_into, populate_existing=True)


def family_ids(session: Session, head_id: int) -> list[int]:
    """Return the ids of a kept proposal and all that is shown with it, its own first."""
    joined = select(Proposal.id).where(Proposal.merged_into == head_id).order_by(Proposal.id)
    return [head_id, *session.scalars(joined)]


def families_of(session: Session, head_ids: Iterable[int]) -> dict[int, int]:
    """Return for each member of these families the id of its head; a head is its own."""
    heads = sorted(set(head_ids))
    found = {head: head for head in heads}
    for part in in_parts(heads):
        rows = session.execute(
            select(Proposal.id, Proposal.merged_into).where(Proposal.merged_into.in_(part))
        )
        found |= {row.id: row.merged_into for row in rows}
    return found


def is_author_of_any(session: Session, actor: Actor, ids: Collection[int]) -> bool:
    """Tell whether this device filed one of these proposals."""
    if actor.key is None or not ids:
        return False
    own = select(Proposal.id).where(Proposal.id.in_(ids), Proposal.author_key == actor.key)
    return session.scalar(own.limit(1)) is not None


def count_supports(session: Session, ids: Collection[int]) -> int:
    """Count the devices that stand behind a family, each once and none of its authors."""
    authors = select(Proposal.author_key).where(
        Proposal.id.in_(ids), Proposal.author_key.is_not(None)
    )
    devices = select(func.count(Support.supporter_key.distinct())).where(
        Support.proposal_id.in_(ids), Support.supporter_key.not_in(authors)
    )
    return session.scalar(devices) or 0


def people_behind(
    campaign_id: int,
    category: str | None,
    *,
    by_community: bool = False,
    where: Sequence[ColumnElement[bool]] | None = None,
) -> Subquery:
    """Return the distinct authors behind a campaign's published proposals, as rows (person).

    The author of a merged one counts with the proposal that is shown in its place: in the category
    and community of that one, and once. ``by_community``: rows (person, community). ``where``: what
    the proposals that are shown must meet, in place of campaign, state and category.
    """
    if where is None:
        where = [Proposal.campaign_id == campaign_id, Proposal.status == str(Status.PUBLISHED)]
        where += [] if category is None else [Proposal.category == category]
    places = [Proposal.community_code.label("community")] if by_community else []
    own = select(Proposal.author_key.label("person"), *places).where(*where)
    joined = select(_PART.author_key.label("person"), *places).join(
        Proposal, Proposal.id == _PART.merged_into
    )
    return union(own, joined.where(_PART.merged_into.is_not(None), *where)).subquery()


def joined_authors(where: Sequence[ColumnElement[bool]]) -> Select[int, str | None]:
    """Return who else is behind proposals that meet conditions: id of one, and a hashed author.

    As ``further_people``, by internal id.
    """
    return (
        select(Proposal.id, _PART.author_key)
        .join(Proposal, Proposal.id == _PART.merged_into)
        .where(_PART.merged_into.is_not(None), _PART.author_key.is_not(None), *where)
    )


def further_people(session: Session, campaign_id: int) -> list[tuple[str, str]]:
    """Return who else is behind published proposals: the public id of one, and a hashed author.

    They are the authors of what was joined with it: for counting people, never for handing on.
    """
    statement = (
        select(HEAD.public_id, Proposal.author_key)
        .join(HEAD, HEAD.id == Proposal.merged_into)
        .where(*_joined_and_shown(campaign_id), Proposal.author_key.is_not(None))
    )
    return [(row.public_id, row.author_key) for row in session.execute(statement)]


def _joined_and_shown(campaign_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Proposal.merged_into.is_not(None),
        HEAD.campaign_id == campaign_id,
        HEAD.status == str(Status.PUBLISHED),
    )
