"""One action on all that somebody selected: what it would change, and the job that does it.

What is selected is a filter (``submissions.filters``: states, categories, communities, days,
answers, words, supports, photos, a polygon drawn on the map, a hotspot) or a list of public ids.
Each proposal is changed by the same action that changes a single one, which checks this person's
reach, the state and the phase, and writes the trail; what it refuses is told as the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database import Database
from errors import InvalidError, NotAllowedError, WrongStateError
from people.actors import Actor
from people.catalogue import Act, may_somewhere
from submissions.assignments import assign
from submissions.change_rows import check_seen, clean_reason
from submissions.changes import change_status, recategorise
from submissions.drafts import check_category, clean_text
from submissions.jobs import JobState, Members, NewJob, Turn, done_members, known_job, start_job
from submissions.models import Campaign, Change, Job, Proposal
from submissions.narrowing import among
from submissions.phases import check_phase
from submissions.progress import MOST_BY, tell_step
from submissions.queries import ProposalView, proposal_views
from submissions.receipts import is_public_id
from submissions.rules import Stage, Status, follows
from submissions.selection import Selection, chosen, prepare
from submissions.templates import checked_text, fill, values_for
from submissions.undoing import undo_change
from submissions.where import within

MOST_EXAMPLES = 5
MOST_TOKEN = 80


class BulkAction(StrEnum):
    """What can be done to many at once."""

    PUBLISH = "publish"
    HOLD = "hold"
    HIDE = "hide"
    RECATEGORISE = "recategorise"
    REPLY = "reply"
    ASSIGN = "assign"
    UNDO = "undo"


STATUS_OF = {
    BulkAction.PUBLISH: Status.PUBLISHED,
    BulkAction.HOLD: Status.HELD,
    BulkAction.HIDE: Status.HIDDEN,
}
ACT_OF = {
    BulkAction.PUBLISH: Act.MODERATE,
    BulkAction.HOLD: Act.MODERATE,
    BulkAction.HIDE: Act.MODERATE,
    BulkAction.RECATEGORISE: Act.MODERATE,
    BulkAction.REPLY: Act.ANSWER,
    BulkAction.ASSIGN: Act.ASSIGN,
}
#: What can be taken back as a whole. A reply has been read; an assignment is ended by hand.
UNDOABLE = frozenset({*STATUS_OF, BulkAction.RECATEGORISE})


@dataclass(frozen=True)
class Order:
    """What is to be done to all that are selected.

    ``reason`` for moderation; ``category`` to recategorise; ``stage``, ``reply`` (a template's
    text, see ``submissions.templates``), ``by`` (the office) and ``lang`` to reply; ``account_id``,
    ``due`` and ``text`` to assign.
    """

    action: str
    reason: str = ""
    category: str = ""
    stage: str = Stage.ANSWERED
    reply: str = ""
    by: str = ""
    lang: str = "zh_CN"
    account_id: int = 0
    due: datetime | None = None
    text: str = ""


class WhyNot(StrEnum):
    """Why a proposal that is selected will be left as it is."""

    REACH = "reach"
    STATE = "state"
    SAME = "same"


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


@dataclass
class _Sorted:
    """The members of a selection: those to change, and the others by reason."""

    members: list[tuple[int, datetime]] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    left_out: dict[WhyNot, list[str]] = field(default_factory=dict)
    selected: int = 0


def what_would_change(
    database: Database,
    selection: Selection,
    order: Order,
    *,
    ids: Sequence[str] = (),
    now: datetime,
) -> Preview:
    """Tell what an order would do, without doing it. ``ids``: these alone of the selection.

    Raises ``NotAllowedError``; ``NotNowError`` for a reply; ``InvalidError`` and its leaves for an
    order that cannot be, or a filter that cannot; ``EmptyTextError`` without a reason.
    """
    order = checked(selection, order, now=now)
    prepare(database, selection)
    with database.reading() as session:
        found = _sorted(session, selection, order, ids)
        shown = proposal_views(session, Proposal.public_id.in_(found.first))
    shown.sort(key=lambda view: found.first.index(view.public_id))
    examples = tuple(_example(selection, order, view, now) for view in shown)
    left_out = [
        LeftOut(str(why), len(names), tuple(names[:MOST_EXAMPLES]))
        for why, names in sorted(found.left_out.items())
    ]
    return Preview(found.selected, len(found.members), tuple(left_out), examples)


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

    The same ``token`` again starts nothing new. Raises as ``what_would_change``; ``InvalidError``
    (``selection``) when there is nothing to change.
    """
    order = checked(selection, order, now=now)
    prepare(database, selection)
    with database.reading() as session:
        known = session.scalar(select(Job.id).where(Job.token == _token(token)))
        members: Members = []
        if known is None:
            members = _sorted(session, selection, order, ids).members
            if not members:
                raise InvalidError(field="selection")
    params = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(order).items()
        if value
    }
    new = NewJob(
        token=_token(token),
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
    if not may_somewhere(actor, Act.MODERATE):
        raise NotAllowedError(action="undo_job")
    with database.reading() as session:
        job = known_job(session, actor, job_id)
        over = job.state in {JobState.DONE, JobState.CANCELLED}
        known = session.scalar(select(Job.id).where(Job.token == _token(token)))
        members = done_members(session, job_id)
        if known is None and not (over and members and job.action in UNDOABLE):
            raise WrongStateError(status=job.state, wanted="undone")
        new = NewJob(
            token=_token(token),
            action=str(BulkAction.UNDO),
            campaign_id=job.campaign_id,
            params={},
            undoes_id=job_id,
        )
    return start_job(database, actor, new, members, now=now)


def checked(selection: Selection, order: Order, *, now: datetime) -> Order:
    """Return an order with its words as they are stored. Raises as ``what_would_change``."""
    actor, campaign = selection.actor, selection.campaign
    if order.action not in ACT_OF:
        raise InvalidError(field="action")
    action = BulkAction(order.action)
    if not may_somewhere(actor, ACT_OF[action]):
        raise NotAllowedError(action=str(action))
    if action in UNDOABLE:
        order = _with(order, reason=clean_reason(order.reason))
    if action is BulkAction.RECATEGORISE:
        check_category(order.category, frozenset(str(each["key"]) for each in campaign.categories))
    if action is BulkAction.REPLY:
        check_phase(campaign, Act.ANSWER, now)
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
        tell_step(session, actor, [name], order.stage, reply, by=order.by, now=now)
    elif action is BulkAction.ASSIGN:
        check_seen(session, proposal, seen)
        assign(session, actor, name, order.account_id, due=order.due, text=order.text, now=now)


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


def _sorted(session: Session, selection: Selection, order: Order, ids: Sequence[str]) -> _Sorted:
    """Look up the selection and tell those that the order can change from the others."""
    reach = within(selection.actor, ACT_OF[BulkAction(order.action)]).label("reach")
    columns = (Proposal.id, Proposal.public_id, Proposal.status, Proposal.category)
    where = chosen(session, selection)
    if ids:
        where = [*where, among(session, [name for name in ids if is_public_id(name)])]
    found = _Sorted()
    statement = select(*columns, Proposal.updated, reach).where(*where).order_by(Proposal.id)
    for row in session.execute(statement):
        found.selected += 1
        why = _why_not(order, row)
        if why is not None:
            found.left_out.setdefault(why, []).append(row.public_id)
            continue
        found.members.append((row.id, row.updated))
        if len(found.first) < MOST_EXAMPLES:
            found.first.append(row.public_id)
    return found


def _why_not(order: Order, row: Any) -> WhyNot | None:
    action = BulkAction(order.action)
    if not row.reach:
        return WhyNot.REACH
    if action in STATUS_OF:
        wanted = STATUS_OF[action]
        same = row.status == wanted
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
