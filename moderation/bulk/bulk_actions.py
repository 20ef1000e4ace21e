"""One action on all that somebody selected: what it would change, and the job that does it.

What is selected is a filter (``analysis.filter``: states, categories, communities, days,
answers, words, supports, photos, a polygon drawn on the map, a hotspot) or a list of public ids.
Each proposal is changed by the same action that changes a single one, which checks this person's
reach, the state and the phase, and writes the trail; what it refuses is told as the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, Subquery, and_, false, func, or_, select
from sqlalchemy.orm import Session

from analysis.filter_sql import among
from analysis.selection import Selection, chosen
from core.database import Database
from core.errors import InvalidError, WrongStateError
from core.text import clean_text
from deliberation.official_steps import MOST_BY, tell_step
from deliberation.reply_templates import checked_text, fill, values_for
from moderation.assignments import assign
from moderation.bulk.job_states import JobState
from moderation.bulk.job_views import known_job
from moderation.bulk.jobs import Members, NewJob, Turn, done_members, start_job
from moderation.bulk.models import Job
from moderation.bulk.order import ACT_OF, STATUS_OF, UNDOABLE, BulkAction, Order
from moderation.changes import change_status, recategorise
from moderation.undo import undo_change
from people.access.actor import Actor
from people.access.idempotency_key import token_for
from people.access.permissions import Act, check_may_somewhere
from submissions.campaigns.models import Campaign
from submissions.participation.personal_words import PersonalWordsError, is_personal
from submissions.participation.proposal_draft import check_category
from submissions.proposals.jurisdiction import within
from submissions.proposals.models import Change, Proposal
from submissions.proposals.queries import ProposalView, proposal_views
from submissions.proposals.receipt_codes import is_public_id
from submissions.proposals.states import HeldReason, Stage, Status, follows
from submissions.proposals.version import check_seen, clean_reason

MOST_EXAMPLES = 5
MOST_TOKEN = 80


class WhyNot(StrEnum):
    """Why a proposal that is selected will be left as it is."""

    REACH = "reach"
    STATE = "state"
    SAME = "same"
    PERSONAL = "personal"


@dataclass(frozen=True)
class LeftOut:
    """How many will be left as they are for one reason, and the public ids of some."""

    why: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """One proposal as it is and as it would be: a state, a category, or the reply it would get."""

    view: ProposalView
    before: str
    after: str


@dataclass(frozen=True)
class Preview:
    """What an order would do: to how many of those selected, to some of them, and to whom not."""

    selected: int
    changing: int
    left_out: tuple[LeftOut, ...]
    examples: tuple[Example, ...]


def what_would_change(
    database: Database,
    selection: Selection,
    order: Order,
    *,
    ids: Sequence[str] = (),
    now: datetime,
) -> Preview:
    """Tell what an order would do, without doing it. ``ids``: these alone of the selection.

    Raises ``NotAllowedError``; ``InvalidError`` and its leaves for an
    order that cannot be, or a filter that cannot; ``EmptyTextError`` without a reason.
    """
    order = checked(selection, order)
    with database.reading() as session:
        rows = _looked_up(session, selection, order, ids).subquery()
        kinds = _kinds(session, order, rows)
        first = _first(session, rows, kinds.get(None, []))
        shown = proposal_views(session, Proposal.public_id.in_(first))
        left_out = [
            LeftOut(str(why), _count(rows_of), _first(session, rows, rows_of))
            for why, rows_of in sorted((w, of) for w, of in kinds.items() if w is not None)
        ]
    shown.sort(key=lambda view: first.index(view.public_id))
    examples = tuple(_example(selection, order, view, now) for view in shown)
    selected = sum(map(_count, kinds.values()))
    return Preview(selected, _count(kinds.get(None, [])), tuple(left_out), examples)


def start(
    database: Database,
    selection: Selection,
    order: Order,
    *,
    ids: Sequence[str] = (),
    token: str,
    now: datetime,
) -> int:
    """Start the job that carries out an order on all that it can change; return its id.

    The same order under the same ``token`` starts nothing new. Raises as ``what_would_change``;
    ``InvalidError`` (``selection``) when there is nothing to change.
    """
    order = checked(selection, order)
    token = token_for(_token(token), asdict(order), selection.narrow.query(), *ids)
    with database.reading() as session:
        known = session.scalar(select(Job.id).where(Job.token == token))
        members: Members = []
        if known is None:
            members = _members(session, selection, order, ids)
            if not members:
                raise InvalidError(field="selection")
    params = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(order).items()
        if value
    }
    new = NewJob(
        token=token,
        action=order.action,
        campaign_id=selection.campaign.id,
        params=params,
        query="" if ids else selection.narrow.query(),
    )
    return start_job(database, selection.actor, new, members, now=now)


def undo(database: Database, actor: Actor, job_id: int, *, token: str, now: datetime) -> int:
    """Start the job that takes back all that another one changed; return its id.

    What was changed again since stays, and is told as failed. Raises ``NotFoundError``;
    ``NotAllowedError``; ``WrongStateError`` for a job that is not over, has changed nothing, is
    undone already, or cannot be.
    """
    check_may_somewhere(actor, Act.MODERATE, action="undo_job")
    token = token_for(_token(token), job_id)
    with database.reading() as session:
        job = known_job(session, actor, job_id)
        over = job.state in {JobState.DONE, JobState.CANCELLED}
        known = session.scalar(select(Job.id).where(Job.token == token))
        members = done_members(session, job_id)
        if known is None and not (over and members and job.action in UNDOABLE):
            raise WrongStateError(status=job.state, wanted="undone")
        new = NewJob(
            token=token,
            action=str(BulkAction.UNDO),
            campaign_id=job.campaign_id,
            params={},
            undoes_id=job_id,
        )
    return start_job(database, actor, new, members, now=now)


def checked(selection: Selection, order: Order) -> Order:
    """Return an order with its words as they are stored. Raises as ``what_would_change``."""
    actor, campaign = selection.actor, selection.campaign
    if order.action not in ACT_OF:
        raise InvalidError(field="action")
    action = BulkAction(order.action)
    check_may_somewhere(actor, ACT_OF[action], action=str(action))
    if action in UNDOABLE:
        order = _with(order, reason=clean_reason(order.reason))
    if action is BulkAction.RECATEGORISE:
        check_category(order.category, frozenset(str(each["key"]) for each in campaign.categories))
    if action is BulkAction.REPLY:
        if order.stage not in set(Stage):
            raise InvalidError(field="stage")
        by = clean_text(order.by, most=MOST_BY)
        order = _with(order, reply=checked_text(order.reply), by=by)
    if action is BulkAction.ASSIGN and order.account_id <= 0:
        raise InvalidError(field="account")
    return order


def do_turn(session: Session, turn: Turn, *, now: datetime) -> Iterator[tuple[int, Any]]:
    """Give each proposal of a piece with what does its part: called, it changes it or raises."""
    order = _read(turn.job.params, turn.job.action)
    campaign = session.get_one(Campaign, turn.job.campaign_id)
    for proposal, seen in turn.members:

        def act(proposal: Proposal = proposal, seen: datetime = seen) -> None:
            _do(session, turn, order, campaign, proposal, seen, now)

        yield proposal.id, act


def _do(
    session: Session,
    turn: Turn,
    order: Order,
    campaign: Campaign,
    proposal: Proposal,
    seen: datetime,
    now: datetime,
) -> None:
    actor, name, batch = turn.actor, proposal.public_id, f"job:{turn.job.id}"
    action = BulkAction(order.action)
    if action in STATUS_OF and STATUS_OF[action] == Status.PUBLISHED:
        _check_looked_at(campaign, proposal)
    if action is BulkAction.UNDO:
        _undo(session, actor, turn.job.undoes_id or 0, proposal.id, now)
    elif action in STATUS_OF:
        change_status(
            session, actor, name, STATUS_OF[action], reason=order.reason, seen=seen, batch=batch,
            now=now,
        )  # fmt: skip
    elif action is BulkAction.RECATEGORISE:
        recategorise(
            session, actor, name, order.category, reason=order.reason, seen=seen, batch=batch,
            now=now,
        )  # fmt: skip
    elif action is BulkAction.REPLY:
        check_seen(session, proposal, seen)
        reply = _filled(session, order, campaign, proposal, now)
        tell_step(session, actor, [name], order.stage, reply, by=order.by, together=batch, now=now)
    elif action is BulkAction.ASSIGN:
        check_seen(session, proposal, seen)
        assign(session, actor, name, order.account_id, due=order.due, text=order.text, now=now)


def _check_looked_at(campaign: Campaign, proposal: Proposal) -> None:
    """Raise ``PersonalWordsError`` for what looks personal and was never shown.

    Such words are looked at one by one, never published among many.
    """
    asked = [*campaign.questions, *campaign.former_questions]
    if proposal.published_at is None and is_personal(asked, proposal.text, proposal.answers):
        raise PersonalWordsError(parts=[])


def _undo(session: Session, actor: Actor, job_id: int, proposal_id: int, now: datetime) -> None:
    rows = session.scalars(
        select(Change.id)
        .where(Change.batch == f"job:{job_id}", Change.proposal_id == proposal_id)
        .where(Change.undoes.is_(None))
        .order_by(Change.id.desc())
    ).all()
    for change_id in rows:
        undo_change(session, actor, change_id, now=now)


def _filled(
    session: Session, order: Order, campaign: Campaign, proposal: Proposal, now: datetime
) -> str:
    views = proposal_views(session, Proposal.id == proposal.id)
    values = values_for(views, campaign, office=order.by, lang=order.lang, now=now)
    return fill(order.reply, values[proposal.public_id])


def _members(session: Session, selection: Selection, order: Order, ids: Sequence[str]) -> Members:
    """Return those of a selection that the order can change, in the order of filing."""
    statement = _looked_up(session, selection, order, ids).order_by(Proposal.id)
    rows = session.connection().execute(statement)
    return [(row.id, row.updated) for row in rows if _why_not(order, row) is None]


def _looked_up(
    session: Session, selection: Selection, order: Order, ids: Sequence[str]
) -> Select[*tuple[Any, ...]]:
    """Return what tells of each one that is selected whether the order can change it."""
    reach = within(selection.actor, ACT_OF[BulkAction(order.action)]).label("reach")
    columns = (Proposal.id, Proposal.public_id, Proposal.status, Proposal.category)
    where = chosen(session, selection)
    if ids:
        where = [*where, among(session, [name for name in ids if is_public_id(name)])]
    return select(*columns, Proposal.held_reason, Proposal.updated, reach).where(*where)


def _kinds(session: Session, order: Order, rows: Subquery) -> dict[WhyNot | None, list[Any]]:
    """Return what is selected by why it is left out (None: it is not), in rows of one kind each.

    Of all with the same state, reason for it, category and reach the answer is the same.
    """
    kind = rows.c.reach, rows.c.status, rows.c.category, rows.c.held_reason
    found: dict[WhyNot | None, list[Any]] = {}
    for row in session.execute(select(*kind, func.count().label("number")).group_by(*kind)):
        found.setdefault(_why_not(order, row), []).append(row)
    return found


def _count(kinds: Sequence[Any]) -> int:
    return sum(row.number for row in kinds)


def _first(session: Session, rows: Subquery, kinds: Sequence[Any]) -> tuple[str, ...]:
    """Return the public ids of the first that are of one of these kinds."""
    alike = [
        and_(
            rows.c.reach == row.reach,
            rows.c.status == row.status,
            rows.c.category == row.category,
            rows.c.held_reason.is_not_distinct_from(row.held_reason),
        )
        for row in kinds
    ]
    in_order = select(rows.c.public_id).where(or_(false(), *alike)).order_by(rows.c.id)
    return tuple(session.scalars(in_order.limit(MOST_EXAMPLES)))


def _why_not(order: Order, row: Any) -> WhyNot | None:
    action = BulkAction(order.action)
    if not row.reach:
        return WhyNot.REACH
    if action in STATUS_OF:
        wanted = STATUS_OF[action]
        same = row.status == wanted
        if wanted == Status.PUBLISHED and row.held_reason == HeldReason.PERSONAL:
            return WhyNot.PERSONAL
        return WhyNot.SAME if same else None if follows(row.status, wanted) else WhyNot.STATE
    if action is BulkAction.REPLY and row.status != Status.PUBLISHED:
        return WhyNot.STATE
    if row.status in {Status.WITHDRAWN, Status.MERGED}:
        return WhyNot.STATE
    if action is BulkAction.RECATEGORISE and row.category == order.category:
        return WhyNot.SAME
    return None


def _example(selection: Selection, order: Order, view: ProposalView, now: datetime) -> Example:
    action = BulkAction(order.action)
    if action in STATUS_OF:
        return Example(view, view.status, str(STATUS_OF[action]))
    if action is BulkAction.RECATEGORISE:
        return Example(view, view.category, order.category)
    if action is BulkAction.REPLY:
        campaign = selection.campaign
        values = values_for([view], campaign, office=order.by, lang=order.lang, now=now)
        return Example(view, view.stage or "", fill(order.reply, values[view.public_id]))
    return Example(view, "", order.text)


def _read(params: dict[str, Any], action: str) -> Order:
    given = {name: value for name, value in params.items() if name != "action"}
    if given.get("due"):
        given["due"] = datetime.fromisoformat(given["due"])
    return Order(action=action, **given)


def _with(order: Order, **changes: Any) -> Order:
    return Order(**{**asdict(order), **changes})


def _token(token: str) -> str:
    return clean_text(token, most=MOST_TOKEN)
