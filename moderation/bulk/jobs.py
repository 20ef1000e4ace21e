"""Actions on many proposals, in the background: started once, done in pieces, seen as they go.

A job is a row, and so is each of its proposals: progress is counted, not kept in mind. One process
holds a job by a lease that each piece renews; what a dead process leaves is taken up by the next,
where it stopped, since a piece and the note that it is done are one transaction. Between two pieces
a job can be cancelled. Each proposal is changed only as it was ``seen`` when the job was started.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, select, update
from sqlalchemy.orm import Session

from core.background.leased_work import LeasedWork
from core.batches import in_parts
from core.database import Database
from core.errors import LuJianError, NotAllowedError, WrongStateError
from moderation.bulk.job_states import OPEN, ItemState, JobState
from moderation.bulk.job_views import _within_limits, known_job
from moderation.bulk.models import Job, JobItem
from people.access.actor import Actor, Grant, Reach, Role
from people.accounts.api_tokens import acts_of
from people.accounts.models import Account, Appointment
from people.accounts.sessions import grants_of, in_force
from people.audit.record import record
from submissions.proposals.models import Proposal

PIECE = 10
LEASE = timedelta(minutes=2)
_STORED_AT_ONCE = 2_000


@dataclass(frozen=True)
class NewJob:
    """A job to be started. ``token`` names the press of the button: pressed again, the same job."""

    token: str
    action: str
    campaign_id: int
    params: dict[str, Any]
    query: str = ""
    undoes_id: int | None = None


Members = Sequence[tuple[int, datetime]]


def start_job(
    database: Database, actor: Actor, new: NewJob, members: Members, *, now: datetime
) -> int:
    """Store a job over these proposals (internal id, ``updated`` as seen); return its id.

    The same ``token`` again returns the same job. Whoever calls has checked what it asks for.
    Raises ``NotAllowedError`` for a token that somebody else used.
    """
    job_id, is_new = database.write(lambda session: _create(session, actor, new, len(members), now))
    if not is_new:
        return job_id
    for part in in_parts(members, _STORED_AT_ONCE):
        database.write(lambda session, part=part: _add_items(session, job_id, part))  # type: ignore[misc]
    database.write(lambda session: _set_state(session, job_id, JobState.STARTING, JobState.WAITING))
    return job_id


def cancel_job(session: Session, actor: Actor, job_id: int, *, now: datetime) -> None:
    """Stop a job after the piece that is being done; one that has ended stays as it is.

    Raises ``NotFoundError`` for one that this person must not know of.
    """
    job = known_job(session, actor, job_id)
    if job.state not in set(OPEN):
        return
    job.state, job.ended = str(JobState.CANCELLED), now
    session.flush()
    _record(session, actor, "job_cancelled", job, now)


def done_members(session: Session, job_id: int) -> list[tuple[int, datetime]]:
    """Return the proposals that a job has changed, as they are now: (internal id, ``updated``)."""
    rows = session.execute(
        select(JobItem.proposal_id, Proposal.updated)
        .join(Proposal, Proposal.id == JobItem.proposal_id)
        .where(JobItem.job_id == job_id, JobItem.state == str(ItemState.DONE))
        .order_by(JobItem.proposal_id)
    )
    return [(row.proposal_id, row.updated) for row in rows]


class _Jobs(LeasedWork):
    """Jobs; one whose start was broken off is work in so far as that is written down."""

    def is_there(self, session: Session, runner: str, *, now: datetime) -> bool:
        """Tell whether ``claim`` would change anything."""
        broken = select(Job.id).where(self._is_broken(now)).limit(1)
        there = super().is_there(session, runner, now=now)
        return there or session.scalar(broken) is not None

    def claim(self, session: Session, runner: str, *, now: datetime) -> int | None:
        """Take the oldest job that waits, or that nobody holds any more; return its id or None."""
        over = {"state": str(JobState.INTERRUPTED), "ended": now}
        session.execute(update(Job).where(self._is_broken(now)).values(over))
        return super().claim(session, runner, now=now)

    def _is_broken(self, now: datetime) -> ColumnElement[bool]:
        return and_(Job.state == str(JobState.STARTING), self.is_lapsed(now))


WORK = _Jobs(Job, waiting=JobState.WAITING, held=JobState.RUNNING, lease=LEASE)


@dataclass(frozen=True)
class Turn:
    """What is to be done now: for whom, which job, and the proposals of the piece."""

    job: Job
    actor: Actor
    members: tuple[tuple[Proposal, datetime], ...]


def next_turn(session: Session, job_id: int, runner: str, *, now: datetime) -> Turn | None:
    """Return the next piece of a job that this runner holds; None once there is none.

    After the last piece the job is done. One that was cancelled or lost meanwhile gives none.
    """
    if not WORK.renew(session, job_id, runner, now=now):
        return None
    job = session.get_one(Job, job_id, populate_existing=True)
    rows = session.execute(
        select(Proposal, JobItem.seen)
        .join(JobItem, JobItem.proposal_id == Proposal.id)
        .where(JobItem.job_id == job_id, JobItem.state == str(ItemState.WAITING))
        .order_by(JobItem.proposal_id)
        .limit(PIECE)
        .execution_options(populate_existing=True)
    ).all()
    if not rows:
        WORK.settle(session, job_id, runner, {"state": str(JobState.DONE)}, now=now)
        _record(session, actor_of_job(session, job, now=now), "job_done", job, now)
        return None
    actor = actor_of_job(session, job, now=now)
    return Turn(job, actor, tuple((row[0], row[1]) for row in rows))


def settle_item(session: Session, job_id: int, proposal_id: int, error: Exception | None) -> None:
    """Write down what came of one proposal."""
    code = error.code if isinstance(error, LuJianError) else type(error).__name__
    values = {
        "state": str(ItemState.DONE if error is None else ItemState.FAILED),
        "problem": None if error is None else code[:200],
    }
    item = (JobItem.job_id == job_id) & (JobItem.proposal_id == proposal_id)
    session.execute(update(JobItem).where(item).values(values))


def actor_of_job(session: Session, job: Job, *, now: datetime) -> Actor:
    """Return who acts in a job: who started it, with the roles that are in force yet.

    Without an account, the roles it was started with: a command on the server. What a program
    started does what its token may, and nothing once that has ended or was revoked.
    """
    started_with = frozenset(
        Grant(Role(role), Reach(reach), code, edition) for role, reach, code, edition in job.grants
    )
    if job.account_id is None:
        return Actor(grants=started_with, name=job.by, limited_to=_limits(session, job, now))
    held = [getattr(Appointment, name) for name in ("role", "reach", "code", "edition")]
    rows = session.execute(
        select(*held)
        .join(Account, Account.id == Appointment.account_id)
        .where(Appointment.account_id == job.account_id, Account.closed.is_(None), in_force(now))
    )
    grants = started_with & grants_of(rows)
    return Actor(
        grants=grants,
        account_id=job.account_id,
        name=job.by,
        limited_to=_limits(session, job, now),
        token_id=job.token_id,
    )


def _limits(session: Session, job: Job, now: datetime) -> frozenset[str] | None:
    if job.limited_to is None:
        return None
    limits = frozenset(job.limited_to)
    return limits if job.token_id is None else limits & acts_of(session, job.token_id, now=now)


def _create(
    session: Session, actor: Actor, new: NewJob, total: int, now: datetime
) -> tuple[int, bool]:
    known = session.scalar(select(Job).where(Job.token == new.token))
    if known is not None:
        if known.account_id != actor.account_id or not _within_limits(actor, known):
            raise NotAllowedError(action="start_job")
        return known.id, False
    undone = Job.undoes_id == new.undoes_id
    if new.undoes_id is not None and session.scalar(select(Job.id).where(undone)) is not None:
        raise WrongStateError(status="undone", wanted="undone")
    job = Job(
        token=new.token,
        action=new.action,
        campaign_id=new.campaign_id,
        account_id=actor.account_id,
        by=actor.name,
        grants=[[str(g.role), str(g.reach), g.code, g.edition] for g in actor.grants],
        limited_to=None if actor.limited_to is None else sorted(actor.limited_to),
        token_id=actor.token_id,
        selection={"query": new.query},
        params=new.params,
        undoes_id=new.undoes_id,
        state=str(JobState.STARTING),
        total=total,
        created=now,
        lease=now + LEASE,
    )
    session.add(job)
    session.flush()
    _record(session, actor, "job_started", job, now, {"params": new.params, "query": new.query})
    return job.id, True


def _add_items(session: Session, job_id: int, members: Members) -> None:
    state = str(ItemState.WAITING)
    rows = [
        {"job_id": job_id, "proposal_id": number, "seen": seen, "state": state, "problem": None}
        for number, seen in members
    ]
    session.execute(insert(JobItem), rows)


def _set_state(session: Session, job_id: int, before: JobState, after: JobState) -> None:
    """Take a job to a state, unless it was cancelled in between."""
    theirs = (Job.id == job_id) & (Job.state == str(before))
    session.execute(update(Job).where(theirs).values(state=str(after), lease=None))


def _record(
    session: Session,
    actor: Actor,
    action: str,
    job: Job,
    now: datetime,
    more: dict[str, Any] | None = None,
) -> None:
    """Record it with no campaign: what changes is recorded proposal by proposal."""
    details = {"job": job.id, "campaign": job.campaign_id, "action": job.action}
    record(session, actor, action, now=now, details=details | {"total": job.total} | (more or {}))
