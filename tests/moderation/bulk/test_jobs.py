"""Many at once: what would change, the job that does it, its end, its undoing, its restart."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from analysis.filter import Filter, Spot
from analysis.pin_changes import pins
from analysis.results import hotspots
from analysis.selection import Selection
from core.database import Database
from core.errors import (
    EmptyTextError,
    InvalidError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    PlaceholderError,
    UnknownCategoryError,
    WrongStateError,
)
from deliberation.official_steps import steps_of
from moderation.bulk import bulk_actions, job_views, jobs
from moderation.bulk.job_states import JobState
from moderation.bulk.models import Job, JobItem
from moderation.bulk.order import BulkAction, Order
from moderation.bulk.worker import JobRunner
from moderation.changes import change_status
from moderation.models import Assignment
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, everywhere
from people.access.permissions import Act
from people.accounts.api_tokens import find_token, make_token, revoke_token
from people.accounts.models import Account, Appointment
from people.audit.models import AuditEntry
from submissions.proposals import queries
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import CLOSES, NOW, make_campaign
from tests.submissions.acting import act, file, moderate

HOUR = timedelta(hours=1)
WEST = "110108017001"
HIDE = Order(BulkAction.HIDE, reason="清理")
REPLY = Order(
    BulkAction.REPLY, reply="{community}的居民：{category}已安排。{office}", by="清河街道"
)


def seen_by(campaign: CampaignView, actor: Actor = OPERATOR, **narrow: Any) -> Selection:
    return Selection(campaign, Filter(**narrow), actor)


def begin(database: Database, selection: Selection, order: Order, token: str = "t",
          **more: Any) -> int:  # fmt: skip
    return bulk_actions.start(database, selection, order, token=token, now=NOW + HOUR, **more)


def run(database: Database, *, most: int | None = None, after: timedelta = HOUR) -> int:
    return JobRunner(database).run_once(NOW + after, most=most)


def finish(database: Database, selection: Selection, order: Order, token: str = "t",
           **more: Any) -> job_views.JobView:  # fmt: skip
    job_id = begin(database, selection, order, token, **more)
    while run(database):
        pass
    return view(database, job_id)


def view(database: Database, job_id: int, actor: Actor = OPERATOR) -> job_views.JobView:
    with database.reading() as session:
        return job_views.job_view(session, actor, job_id)


def states(database: Database) -> dict[str, int]:
    with database.reading() as session:
        found = select(Proposal.status, func.count()).group_by(Proposal.status)
        return dict(session.execute(found).all())


def crowd(database: Database, campaign: CampaignView, count: int, **more: Any) -> list[str]:
    return [
        file(database, campaign, Actor(f"d{n}"), text=f"第{n}条建议", **more).public_id
        for n in range(count)
    ]


def worker(database: Database, *grants: Grant | Role, name: str = "小王") -> Actor:
    """Return somebody with an account and these roles in force."""
    held = [grant if isinstance(grant, Grant) else Grant(grant) for grant in grants]

    def store(session: Any) -> int:
        account = Account(login=name, name=name, must_change=False, created=NOW)
        session.add(account)
        session.flush()
        for grant in held:
            session.add(
                Appointment(
                    account_id=account.id,
                    role=str(grant.role),
                    reach=str(grant.reach),
                    code=grant.code,
                    edition=grant.edition,
                    starts_at=NOW - HOUR,
                    origin="desk",
                )
            )
        return int(account.id)

    number = database.write(store)
    return Actor("desk", frozenset(held), account_id=number, name=name)


def test_the_preview_says_what_the_job_then_does(
    database: Database, campaign: CampaignView
) -> None:
    names = crowd(database, campaign, 6)
    moderate(database, names[0], "hidden")
    moderate(database, names[1], "held")
    chosen = seen_by(campaign, statuses=("published", "held", "hidden"))
    told = bulk_actions.what_would_change(database, chosen, HIDE, now=NOW)
    assert (told.selected, told.changing) == (6, 5)
    assert told.left_out == (bulk_actions.LeftOut("same", 1, (names[0],)),)
    assert [(e.view.public_id, e.before, e.after) for e in told.examples] == [
        (names[1], "held", "hidden"),
        *((name, "published", "hidden") for name in names[2:]),
    ]
    assert states(database) == {"published": 4, "held": 1, "hidden": 1}
    job = finish(database, chosen, HIDE)
    assert (job.state, job.total, job.done, job.failed) == ("done", 5, 5, 0)
    assert states(database) == {"hidden": 6}
    assert job.query == chosen.narrow.query()


def test_a_job_goes_on_where_it_stopped_and_is_run_by_one(
    database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PIECE", 3)
    crowd(database, campaign, 8)
    job_id = begin(database, seen_by(campaign), HIDE)
    assert begin(database, seen_by(campaign), HIDE) == job_id  # pressed twice
    first, second = JobRunner(database), JobRunner(database)
    assert first.run_once(NOW + HOUR, most=1) == 1
    now = view(database, job_id)
    assert (now.state, now.done, now.total) == ("running", 3, 8)
    assert second.run_once(NOW + HOUR + jobs.LEASE / 2) == 0  # held by the first
    lapsed = NOW + HOUR + 2 * jobs.LEASE
    assert second.run_once(lapsed) == 2  # the first is dead
    assert first.run_once(lapsed) == 0
    assert view(database, job_id).done == 8
    with database.reading() as session:
        changed = select(func.count()).where(AuditEntry.action == "status_changed")
        assert session.scalar(changed) == 8
        assert session.scalar(select(func.count()).select_from(Job)) == 1


def test_a_runner_that_lost_its_job_does_nothing_more(
    database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PIECE", 1)
    crowd(database, campaign, 3)
    job_id = begin(database, seen_by(campaign), HIDE)
    slow = database.write(lambda s: jobs.WORK.claim(s, "slow", now=NOW))
    assert slow == job_id
    database.write(lambda s: jobs.WORK.claim(s, "other", now=NOW + 2 * jobs.LEASE))
    turn = database.write(lambda s: jobs.next_turn(s, job_id, "slow", now=NOW) is None)
    assert turn
    assert view(database, job_id).done == 0


def test_a_job_is_cancelled_between_pieces(
    database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PIECE", 2)
    crowd(database, campaign, 5)
    job_id = begin(database, seen_by(campaign), HIDE)
    run(database, most=1)
    act(database, jobs.cancel_job, OPERATOR, job_id)
    assert run(database, after=9 * HOUR) == 0
    done = view(database, job_id)
    assert (done.state, done.done, done.is_open) == ("cancelled", 2, False)
    assert states(database) == {"published": 3, "hidden": 2}
    undone = bulk_actions.undo(database, OPERATOR, job_id, token="u", now=NOW + HOUR)
    run(database, after=9 * HOUR)
    assert (view(database, undone).done, states(database)) == (2, {"published": 5})


def test_a_start_that_was_broken_off_does_nothing(
    database: Database, campaign: CampaignView
) -> None:
    crowd(database, campaign, 2)
    job_id = begin(database, seen_by(campaign), HIDE)
    broken = update(Job).values(state=str(JobState.STARTING), lease=NOW + jobs.LEASE)
    database.write(lambda s: s.execute(broken) and None)
    assert run(database, after=timedelta(0)) == 0
    assert view(database, job_id).state == "starting"
    assert run(database) == 0
    assert view(database, job_id).state == "interrupted"


def test_what_changed_meanwhile_is_left_and_told(
    database: Database, campaign: CampaignView
) -> None:
    names = crowd(database, campaign, 4)
    job_id = begin(database, seen_by(campaign), HIDE)
    moderate(database, names[0], "held", NOW + HOUR)
    while run(database):
        pass
    job = view(database, job_id)
    assert (job.done, job.failed) == (3, 1)
    assert job.problems == (job_views.Problem("stale", 1, (names[0],)),)
    assert states(database) == {"held": 1, "hidden": 3}


def test_a_batch_is_undone_as_one_but_for_what_changed_since(
    database: Database, campaign: CampaignView
) -> None:
    names = crowd(database, campaign, 4)
    order = Order(BulkAction.RECATEGORISE, reason="分错了", category="public_space")
    job = finish(database, seen_by(campaign), order)
    assert job.done == 4
    moderate(database, names[0], "hidden", NOW + HOUR)  # of another thing: no obstacle
    back = Order(BulkAction.RECATEGORISE, reason="又改", category="bike_parking")
    finish(database, seen_by(campaign), back, "b", ids=[names[1]])
    undone = bulk_actions.undo(database, OPERATOR, job.id, token="u", now=NOW + HOUR)
    assert bulk_actions.undo(database, OPERATOR, job.id, token="u", now=NOW + HOUR) == undone
    while run(database):
        pass
    told = view(database, undone)
    assert (told.done, told.failed, told.problems[0].examples) == (3, 1, (names[1],))
    with database.reading() as session:
        found = session.scalars(select(Proposal.category)).all()
    assert set(found) == {"bike_parking"}
    assert view(database, job.id).undone_by == undone
    for wrong in (undone, job.id):
        with pytest.raises(WrongStateError):
            bulk_actions.undo(database, OPERATOR, wrong, token=f"again {wrong}", now=NOW)


def test_a_reply_is_filled_for_each_and_sent_once(
    database: Database, campaign: CampaignView
) -> None:
    west, east, nowhere = (
        file(database, campaign, Actor(f"x{x}"), longitude=x, latitude=y).public_id
        for x, y in ((116.31, 40.03), (116.33, 40.03), (116.33, 40.05))
    )
    waiting = file(database, campaign, Actor("w")).public_id
    moderate(database, waiting, "held")
    chosen = seen_by(campaign, statuses=("published", "held"))
    told = bulk_actions.what_would_change(database, chosen, REPLY, now=NOW)
    assert told.left_out == (bulk_actions.LeftOut("state", 1, (waiting,)),)
    assert told.examples[0].after == "清河嘉园的居民：单车停放已安排。清河街道"
    assert finish(database, chosen, REPLY).done == 3
    with database.reading() as session:
        said = {name: [step.reply for step in steps_of(session, name)]
                for name in (west, east, nowhere, waiting)}  # fmt: skip
    assert said == {
        west: ["清河嘉园的居民：单车停放已安排。清河街道"],
        east: ["四街的居民：单车停放已安排。清河街道"],
        nowhere: ["这里的居民：单车停放已安排。清河街道"],
        waiting: [],
    }
    again = finish(database, seen_by(campaign), REPLY, "again")
    with database.reading() as session:
        assert len(steps_of(session, west)) == 1
    with pytest.raises(WrongStateError):
        bulk_actions.undo(database, OPERATOR, again.id, token="u", now=NOW)


def test_a_polygon_and_a_hotspot_choose(database: Database, campaign: CampaignView) -> None:
    crowded = crowd(database, campaign, 5)
    far = [
        file(database, campaign, Actor("far"), longitude=116.33).public_id,
        file(database, campaign, Actor("far"), longitude=116.319).public_id,
    ]
    triangle = ((116.315, 40.02), (116.335, 40.02), (116.335, 40.045))
    inside = seen_by(campaign, area=triangle)
    assert bulk_actions.what_would_change(database, inside, HIDE, now=NOW).changing == 1
    assert finish(database, inside, HIDE).done == 1
    spot = hotspots(database, seen_by(campaign), radius_m=50, min_proposals=5).frame.iloc[0]
    there = seen_by(campaign, spot=Spot(str(spot["hotspot_id"])))
    job_id = begin(database, there, REPLY, "hot")
    with database.reading() as session:
        members = session.scalars(
            select(Proposal.public_id)
            .join(JobItem, JobItem.proposal_id == Proposal.id)
            .where(JobItem.job_id == job_id)
        ).all()
        gone = session.scalar(select(Proposal.status).where(Proposal.public_id == far[0]))
    assert sorted(members) == sorted(crowded)
    assert gone == "hidden"


def test_roles_by_action_and_reach(database: Database, campaign: CampaignView) -> None:
    west = crowd(database, campaign, 2)
    east = crowd(database, campaign, 1, longitude=116.33)
    moderates = {Role.SOCIAL_WORKER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}
    answers = moderates | {Role.COMMUNITY_PLANNER, Role.DEPARTMENT}
    assigns = moderates | {Role.COMMUNITY_PLANNER}
    orders = {
        HIDE: moderates,
        Order(BulkAction.HOLD, reason="x"): moderates,
        Order(BulkAction.RECATEGORISE, reason="x", category="public_space"): moderates,
        REPLY: answers,
        Order(BulkAction.ASSIGN, account_id=1): assigns,
    }
    refused = granted = 0
    for order, roles in orders.items():
        for role in Role:
            for grant in (Grant(role), Grant(role, Reach.COMMUNITY, WEST, "2020")):
                chosen = seen_by(campaign, Actor("x", frozenset({grant})))
                if role not in roles:
                    with pytest.raises(NotAllowedError):
                        bulk_actions.what_would_change(database, chosen, order, now=NOW)
                    with pytest.raises(NotAllowedError):
                        begin(database, chosen, order, f"{order.action} {grant}")
                    refused += 1
                    continue
                granted += 1
                told = bulk_actions.what_would_change(database, chosen, order, now=NOW)
                everywhere_too = grant.reach is Reach.PLATFORM
                assert told.changing == (3 if everywhere_too else 2)
                if not everywhere_too:
                    assert told.left_out == (bulk_actions.LeftOut("reach", 1, tuple(east)),)
    assert refused > granted
    for nobody in (Actor(), Actor("a")):
        with pytest.raises(NotAllowedError):
            begin(database, seen_by(campaign, nobody), HIDE)
    assert len(west) == 2


def test_a_job_has_the_rights_of_its_starter_now(
    database: Database, campaign: CampaignView
) -> None:
    names = crowd(database, campaign, 2)
    local = worker(database, Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, WEST, "2020"))
    other = worker(database, Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, WEST, "2020"), name="小李")
    job_id = begin(database, seen_by(campaign, local), HIDE)
    with database.reading() as session:
        assert [job.id for job in job_views.jobs_of(session, local, campaign.id).items] == [job_id]
        assert job_views.jobs_of(session, other, campaign.id).items == ()
        with pytest.raises(NotFoundError):
            job_views.job_view(session, other, job_id)
    for hidden in (
        lambda: act(database, jobs.cancel_job, other, job_id),
        lambda: bulk_actions.undo(database, other, job_id, token="z", now=NOW),
    ):
        with pytest.raises(NotFoundError):
            hidden()
    with pytest.raises(NotAllowedError):
        begin(database, seen_by(campaign, other), HIDE)  # another's token
    database.write(lambda s: s.execute(update(Appointment).values(ended=NOW)) and None)
    while run(database):
        pass
    job = view(database, job_id)
    assert (job.done, job.problems) == (0, (job_views.Problem("not_allowed", 2, tuple(names)),))
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "job_started")).one()
    assert (entry.account_id, entry.campaign_id) == (local.account_id, None)
    assert entry.details["campaign"] == campaign.id


def program(database: Database, owner: Actor, *acts: Act) -> Actor:
    """Return what acts with a token of this person's."""
    token = act(database, make_token, owner, name="脚本", acts=list(acts), ends_at=None)
    found = find_token(database, token, now=NOW)
    assert found is not None
    return found


def test_a_job_does_no_more_than_the_token_that_started_it(
    database: Database, campaign: CampaignView
) -> None:
    names = crowd(database, campaign, 2)
    boss = worker(database, Role.ADMINISTRATOR)
    answering = program(database, boss, Act.ANSWER, Act.SEE_DESK)
    with pytest.raises(NotAllowedError):
        begin(database, seen_by(campaign, answering), HIDE)
    # As if the check at the start were not there: the job itself holds to it.
    with database.reading() as session:
        rows = session.execute(select(Proposal.id, Proposal.updated).order_by(Proposal.id))
        members = [(row.id, row.updated) for row in rows]
    new = jobs.NewJob("slipped", "hide", campaign.id, {"reason": "清理"})
    job_id = jobs.start_job(database, answering, new, members, now=NOW + HOUR)
    while run(database):
        pass
    job = view(database, job_id)
    assert (job.done, job.problems) == (0, (job_views.Problem("not_allowed", 2, tuple(names)),))
    assert states(database) == {"published": 2}
    with database.reading() as session:
        row = session.get_one(Job, job_id)
        acting = jobs.actor_of_job(session, row, now=NOW + HOUR)
    assert acting.limited_to == {"answer", "see_desk"}
    assert acting.grants == boss.grants


def test_a_job_ends_with_its_token(database: Database, campaign: CampaignView) -> None:
    names = crowd(database, campaign, jobs.PIECE + 2)
    boss = worker(database, Role.ADMINISTRATOR)
    moderating = program(database, boss, Act.MODERATE)
    job_id = begin(database, seen_by(campaign, moderating), HIDE)
    run(database, most=1)
    assert states(database) == {"hidden": jobs.PIECE, "published": 2}
    act(database, revoke_token, boss, moderating.token_id)
    while run(database, after=2 * HOUR):
        pass
    job = view(database, job_id)
    assert (job.done, job.failed) == (jobs.PIECE, 2)
    assert job.problems == (job_views.Problem("not_allowed", 2, tuple(names[-2:])),)


def test_a_program_knows_of_no_job_beyond_its_token(
    database: Database, campaign: CampaignView
) -> None:
    crowd(database, campaign, 1)
    boss = worker(database, Role.ADMINISTRATOR)
    moderating = program(database, boss, Act.MODERATE)
    printing = program(database, boss, Act.PRINT)
    answering = program(database, boss, Act.ANSWER)
    own = begin(database, seen_by(campaign, boss), HIDE)
    reply = begin(database, seen_by(campaign, answering), REPLY, "another")
    for actor, known in (
        (boss, {own, reply}),
        (moderating, {own, reply}),
        (answering, {reply}),
        (printing, set()),
    ):
        with database.reading() as session:
            assert {job.id for job in job_views.jobs_of(session, actor, campaign.id).items} == known
        for job_id in {own, reply} - known:
            for hidden in (
                lambda a=actor, j=job_id: view(database, j, a),
                lambda a=actor, j=job_id: act(database, jobs.cancel_job, a, j),
                lambda a=actor, j=job_id: bulk_actions.undo(database, a, j, token="z", now=NOW),
            ):
                with pytest.raises((NotFoundError, NotAllowedError)):
                    hidden()
    # Under the token of the button that its owner pressed, another order is another job.
    assert begin(database, seen_by(campaign, answering), REPLY) not in {own, reply}
    act(database, jobs.cancel_job, answering, reply)


def test_assigning_many(database: Database, campaign: CampaignView) -> None:
    crowd(database, campaign, 3)
    boss, helper = (worker(database, Role.SUBDISTRICT_OFFICER),
                    worker(database, Role.RESIDENT_PLANNER, name="小李"))  # fmt: skip
    order = Order(
        BulkAction.ASSIGN, account_id=helper.account_id or 0, due=NOW + 72 * HOUR, text="去看看"
    )
    assert finish(database, seen_by(campaign, boss), order).done == 3
    with database.reading() as session:
        rows = session.scalars(select(Assignment)).all()
    assert {(row.account_id, row.due, row.text, row.by) for row in rows} == {
        (helper.account_id, NOW + 72 * HOUR, "去看看", "小王")
    }


def test_orders_that_cannot_be(database: Database) -> None:
    campaign = make_campaign(database, phases={"answered": CLOSES.isoformat()})
    crowd(database, campaign, 1)
    wrong: list[tuple[Order, type[LuJianError]]] = [
        (Order("burn"), InvalidError),
        (Order(BulkAction.UNDO), InvalidError),
        (Order(BulkAction.HIDE, reason=" "), EmptyTextError),
        (Order(BulkAction.RECATEGORISE, reason="x", category="none"), UnknownCategoryError),
        (Order(BulkAction.REPLY, reply="好", by=" "), EmptyTextError),
        (Order(BulkAction.REPLY, reply="{comunity}", by="x"), PlaceholderError),
        (Order(BulkAction.REPLY, reply="好", by="x", stage="nice"), InvalidError),
        (Order(BulkAction.ASSIGN), InvalidError),
        (Order(BulkAction.PUBLISH, reason="x"), InvalidError),  # nothing to change
    ]
    for order, error in wrong:
        with pytest.raises(error):
            begin(database, seen_by(campaign), order)
    with pytest.raises(EmptyTextError):
        begin(database, seen_by(campaign), HIDE, " ")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0
    early = make_campaign(database, slug="early", opens_at=NOW + 9 * HOUR)
    with pytest.raises(InvalidError):  # there is nothing yet to reply to
        begin(database, seen_by(early), REPLY)


def test_one_that_fails_keeps_no_other_from_being_done(
    database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = crowd(database, campaign, 3)

    def broken(session: Any, actor: Actor, public_id: str, *given: Any, **named: Any) -> int:
        done = change_status(session, actor, public_id, *given, **named)
        if public_id == names[1]:
            raise RuntimeError("a fault of ours")
        return done

    monkeypatch.setattr(bulk_actions, "change_status", broken)
    job = finish(database, seen_by(campaign), HIDE)
    assert (job.done, job.problems) == (2, (job_views.Problem("RuntimeError", 1, (names[1],)),))
    assert states(database) == {"published": 1, "hidden": 2}


def test_the_map_reloads_pins_alone(database: Database, campaign: CampaignView) -> None:
    crowd(database, campaign, 3)
    with database.reading() as session:
        before = queries.revision(session, campaign.id)
    finish(database, seen_by(campaign, Actor("x", everywhere(Role.SOCIAL_WORKER))), HIDE)
    with database.reading() as session:
        delta = pins(session, campaign.id, after=before)
    assert (delta.full, delta.visible.tolist()) == (False, [False] * 3)


def test_the_runner_works_in_a_thread_of_its_own(
    database: Database, campaign: CampaignView
) -> None:
    crowd(database, campaign, 12)
    runner = JobRunner(database, poll_s=0.01)
    runner.start()
    now = datetime.now(UTC)
    job_id = bulk_actions.start(database, seen_by(campaign), HIDE, token="t", now=now)
    deadline = time.monotonic() + 60
    while view(database, job_id).is_open and time.monotonic() < deadline:
        time.sleep(0.02)
    runner.stop()
    assert view(database, job_id).done == 12
    assert "jobs" not in {thread.name for thread in threading.enumerate()}
