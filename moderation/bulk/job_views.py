"""Reading bulk jobs: whoever may know of one sees how far it is, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.page import Page, page_of
from moderation.bulk.job_states import MOST_EXAMPLES, OPEN, ItemState
from moderation.bulk.models import Job, JobItem
from people.access.actor import Actor
from people.access.permissions import Act, may
from submissions.campaigns.jurisdiction import where_of_campaign
from submissions.campaigns.models import Campaign
from submissions.proposals.models import Proposal


@dataclass(frozen=True)
class Problem:
    """Why some could not be done: an error's code, how many, and the public ids of some."""

    code: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class JobView:
    """A job as staff see it: ``done`` and ``failed`` of ``total``, and why those failed.

    ``query`` is what was selected, as the query of an address; empty where ids were given.
    ``params`` say what is done; ``undone_by`` is the job that takes it back.
    """

    id: int
    action: str
    campaign_id: int
    by: str
    query: str
    params: dict[str, Any]
    state: str
    total: int
    done: int
    failed: int
    created: datetime
    ended: datetime | None
    undoes_id: int | None
    undone_by: int | None
    problems: tuple[Problem, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether there is more to come."""
        return self.state in set(OPEN)


def job_view(session: Session, actor: Actor, job_id: int) -> JobView:
    """Return a job with its progress and problems to whoever may know of it.

    That is who started it, and who moderates its campaign. Raises ``NotFoundError``.
    """
    return _view(session, known_job(session, actor, job_id), with_problems=True)


def jobs_of(
    session: Session, actor: Actor, campaign_id: int, *, most: int = 50, page: int = 1
) -> Page[JobView]:
    """Return a page, from 1, of the jobs of a campaign that this person may know of.

    The newest first.
    """
    newest_first = select(Job).where(Job.campaign_id == campaign_id).order_by(Job.id.desc())
    known = [job for job in session.scalars(newest_first) if _may_know(session, actor, job)]
    found = page_of(known, page, most)
    return found.showing(_view(session, job) for job in found.items)


def known_job(session: Session, actor: Actor, job_id: int) -> Job:
    """Return the row of a job that this person may know of. Raises ``NotFoundError``."""
    job = session.get(Job, job_id, populate_existing=True)
    if job is None or not _may_know(session, actor, job):
        raise NotFoundError(kind="job", id=job_id)
    return job


def _may_know(session: Session, actor: Actor, job: Job) -> bool:
    own = (
        actor.account_id is not None
        and job.account_id == actor.account_id
        and _within_limits(actor, job)
    )
    campaign = session.get_one(Campaign, job.campaign_id)
    return own or may(actor, Act.MODERATE, where_of_campaign(campaign))


def _within_limits(actor: Actor, job: Job) -> bool:
    """Tell whether a job was started with no more than a token may: others are no affair of it."""
    if actor.limited_to is None:
        return True
    return job.limited_to is not None and actor.limited_to.issuperset(job.limited_to)


def _view(session: Session, job: Job, *, with_problems: bool = False) -> JobView:
    states = dict(
        session.execute(
            select(JobItem.state, func.count())
            .where(JobItem.job_id == job.id)
            .group_by(JobItem.state)
        ).all()
    )
    return JobView(
        id=job.id,
        action=job.action,
        campaign_id=job.campaign_id,
        by=job.by,
        query=str(job.selection.get("query", "")),
        params=dict(job.params),
        state=job.state,
        total=job.total,
        done=states.get(ItemState.DONE, 0),
        failed=states.get(ItemState.FAILED, 0),
        created=job.created,
        ended=job.ended,
        undoes_id=job.undoes_id,
        undone_by=session.scalar(select(Job.id).where(Job.undoes_id == job.id)),
        problems=tuple(_problems(session, job.id)) if with_problems else (),
    )


def _problems(session: Session, job_id: int) -> Iterator[Problem]:
    failed = (JobItem.job_id == job_id) & (JobItem.state == str(ItemState.FAILED))
    counted = session.execute(
        select(JobItem.problem, func.count())
        .where(failed)
        .group_by(JobItem.problem)
        .order_by(func.count().desc(), JobItem.problem)
    )
    for code, number in counted.all():
        names = session.scalars(
            select(Proposal.public_id)
            .join(JobItem, JobItem.proposal_id == Proposal.id)
            .where(failed, JobItem.problem == code)
            .order_by(Proposal.id)
            .limit(MOST_EXAMPLES)
        )
        yield Problem(str(code), number, tuple(names))
