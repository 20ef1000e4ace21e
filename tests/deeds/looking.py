"""What lists things: each holds what is in reach, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from analysis import saved_views, selection, site_observations
from analysis.filter import Filter
from analysis.selection import Selection
from deliberation import reply_templates, topics
from deliberation.webhooks import hooks
from moderation import assignments, audit_trail, notes, overview, queue
from moderation.bulk import job_views
from moderation.queue import Narrowed, Tab
from people.access.actor import Actor
from people.access.permissions import Act
from people.accounts import account_list
from people.audit.query import AuditFilter
from submissions.campaigns import subdistricts
from submissions.participation import comments, photos, reports
from submissions.proposals import queries
from submissions.proposals.states import Status
from tests.conftest import NOW
from tests.deeds.kinds import ALL, Look
from tests.deeds.packs import PACK_LOOKS
from tests.deeds.siting import SITING_LOOKS
from tests.world import HERE, Thing, World

SHOWN = frozenset({Status.PUBLISHED})


WAITING = frozenset({Status.RECEIVED, Status.HELD})
#: When an assignment of the world should have been dealt with.
LATER = NOW + timedelta(days=2)
HIDDEN = Filter(statuses=tuple(sorted(ALL - SHOWN)))


def _colleague(actor: Actor, world: World) -> Actor:
    """Return somebody with these roles who was named in a note and given something to do."""
    return replace(actor, account_id=world.colleague)


def _tab(tab: Tab) -> Callable[[Session, Actor, World, Thing], bool]:
    def seen(session: Session, actor: Actor, world: World, thing: Thing) -> bool:
        narrowed = Narrowed((world.campaign,))
        items = queue.waiting(session, actor, tab, narrowed, most=100).items
        count = queue.count_waiting(session, actor, tab, narrowed)
        assert count == len(items)
        return thing.public_id in {item.view.public_id for item in items}

    return seen


LOOKS = [
    Look(
        queries.proposals_to_read,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: (
            t.public_id in {v.public_id for v in queries.proposals_to_read(s, a, status=t.status)}
        ),
    ),
    Look(
        comments.comments_to_read,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: (
            t.comment in {c.public_id for c in comments.comments_to_read(s, a, status="received")}
        ),
    ),
    Look(
        photos.photo_queue,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: t.photo in {p.name for p in photos.photo_queue(s, a, status="waiting")},
    ),
    Look(
        reports.open_reports,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: t.report in {r.id for r in reports.open_reports(s, a)},
    ),
    Look(
        assignments.overdue_assignments,
        Act.ASSIGN,
        "proposal",
        lambda s, a, w, t: (
            t.assignment in {x.id for x in assignments.overdue_assignments(s, a, now=LATER).items}
        ),
    ),
    Look(
        hooks.hooks_of,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: w.hook in {one.id for one in hooks.hooks_of(s, a)},
    ),
    Look(
        reply_templates.all_templates,
        Act.ANSWER,
        "campaign",
        lambda s, a, w, t: w.template in {x.id for x in reply_templates.all_templates(s, a)},
    ),
    Look(
        queries.all_campaigns,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: (
            w.draft in {c.slug for c in queries.all_campaigns(s, a, Act.MAKE_CAMPAIGN)}
        ),
        open=True,
    ),
    Look(
        account_list.list_accounts,
        Act.MANAGE_ACCOUNTS,
        "platform",
        lambda s, a, w, t: (
            w.colleague in {x.id for x in account_list.list_accounts(s, a, now=NOW).items}
        ),
    ),
    Look(
        audit_trail.trail_of,
        Act.SEE_AUDIT,
        "proposal",
        lambda s, a, w, t: bool(
            audit_trail.trail_of(s, a, AuditFilter(), proposal=t.public_id).entries
        ),
    ),
    Look(
        audit_trail.campaigns_in_trail,
        Act.SEE_AUDIT,
        "campaign",
        lambda s, a, w, t: w.campaign.slug in dict(audit_trail.campaigns_in_trail(s, a)),
    ),
    Look(
        queue.waiting,
        Act.MODERATE,
        "proposal",
        _tab(Tab.NEW),
        frozenset({Status.RECEIVED}),
        open=True,
        name="queue: new",
    ),
    Look(
        queue.waiting,
        Act.MODERATE,
        "proposal",
        _tab(Tab.HELD),
        frozenset({Status.HELD}),
        open=True,
        name="queue: held",
    ),
    Look(queue.waiting, Act.SEE_DESK, "proposal", _tab(Tab.ALL), open=True, name="queue: all"),
    Look(
        overview.open_queue,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: (
            t.status in WAITING and overview.open_queue(s, a, w.campaign.id).total > 0
        ),
        WAITING,
        open=True,
    ),
    Look(
        overview.overview,
        Act.SEE_DESK,
        "proposal",
        lambda s, a, w, t: (
            t.status in SHOWN and overview.overview(w.database, a, w.campaign.id).proposals > 0
        ),
        SHOWN,
        open=True,
    ),
    Look(
        selection.ids,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: t.id in selection.ids(s, Selection(w.campaign, HIDDEN, a)),
        ALL - SHOWN,
    ),
    Look(
        photos.photo_file,
        Act.MODERATE,
        "proposal",
        lambda s, a, w, t: photos.photo_file(s, t.photo, replace(a, device="staff")) is not None,
        open=True,
    ),
    Look(
        notes.mentions_of,
        Act.DISCUSS,
        "proposal",
        lambda s, a, w, t: (
            t.public_id in {m.public_id for m in notes.mentions_of(s, _colleague(a, w)).items}
        ),
        open=True,
    ),
    Look(
        assignments.my_assignments,
        Act.DISCUSS,
        "proposal",
        lambda s, a, w, t: (
            t.assignment
            in {m.id for m in assignments.my_assignments(s, _colleague(a, w), now=NOW).items}
        ),
        open=True,
    ),
    Look(
        job_views.jobs_of,
        Act.MODERATE,
        "campaign",
        lambda s, a, w, t: (
            w.job in {job.id for job in job_views.jobs_of(s, a, w.campaign.id).items}
        ),
        open=True,
    ),
    Look(
        subdistricts.subdistricts,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: HERE in {each.code for each in subdistricts.subdistricts(s, a)},
        open=True,
    ),
    Look(
        site_observations.observations,
        Act.SEE_DESK,
        "place",
        lambda s, a, w, t: (
            w.observation in {each.id for each in site_observations.observations(s, a, w.campaign)}
        ),
        open=True,
    ),
    Look(
        topics.topics,
        Act.SEE_DESK,
        "place",
        lambda s, a, w, t: w.topic in {each.id for each in topics.topics(s, a, w.campaign.id)},
        open=True,
    ),
    Look(
        saved_views.saved_views,
        Act.SEE_DESK,
        "somewhere",
        lambda s, a, w, t: (
            w.view in {each.id for each in saved_views.saved_views(s, a, w.campaign.id)}
        ),
        open=True,
    ),
    *SITING_LOOKS,
    *PACK_LOOKS,
]
