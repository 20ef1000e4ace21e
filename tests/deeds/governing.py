"""What is done to campaigns, polygons, prizes, jobs, accounts and the trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import shapely
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from analysis import saved_views, site_observations
from analysis.filter import Filter
from analysis.representation import population_figures as population
from analysis.selection import Selection
from analysis.site_observations import NewObservation
from analysis.themes import correct_theme
from analysis.themes.taxonomy import taxonomy_in_force
from core.settings import Settings
from deliberation import reply_templates, topics
from deliberation.webhooks import hooks
from layers.background import change_base_map
from layers.background.base_map import BaseMapChoice, stored_choice
from moderation import assignments, audit_trail
from moderation.bulk import bulk_actions, job_views, jobs
from moderation.bulk.order import Order
from moderation.duplicates import duplicate_groups
from moderation.locations import location_queue
from notifications import contacts
from notifications.contacts import Sealer
from people.access.actor import OPERATOR, Actor, Grant, Role
from people.access.permissions import Act
from people.accounts import account_list, accounts, role_grants
from people.accounts.models import Account
from people.accounts.role_grants import Term
from people.audit.query import AuditFilter
from people.office import change_office
from people.office.office import stored_office
from submissions import forget_contact
from submissions.campaigns import lifecycle
from submissions.campaigns.create import create_campaign
from submissions.campaigns.models import Campaign
from submissions.imports import import_table
from submissions.imports.row_reader import ImportColumns
from submissions.prize_draws import draw_prizes, void_draw
from submissions.proposals import queries, reassign_communities
from tests.conftest import NOW, new_campaign, quarters
from tests.deeds.kinds import WHY, Deed
from tests.world import HERE, Thing, World


def _points() -> gpd.GeoDataFrame:
    table = {"text": ["导入的一条"], "category": ["bike_parking"]}
    return gpd.GeoDataFrame(table, geometry=[shapely.Point(116.31, 40.03)], crs="EPSG:4326")


def _as_of(session: Session, world: World, **values: Any) -> None:
    changed = update(Campaign).where(Campaign.id == world.campaign.id).values(**values)
    session.execute(changed, execution_options={"synchronize_session": False})
    session.expire_all()


def _version(session: Session, slug: str, part: str) -> str:
    row = session.scalars(select(Campaign).where(Campaign.slug == slug)).one()
    return lifecycle.version_of(row, part)


def _edit(slug: str) -> Callable[[Session, Actor, World, Thing], Any]:
    return lambda s, a, w, t: lifecycle.edit_campaign(
        s,
        a,
        slug,
        "taking",
        {"max_text_length": 77},
        version=_version(s, slug, "taking"),
        now=NOW,
    )


def _restore(session: Session, actor: Actor, world: World, _thing: Thing) -> None:
    _as_of(session, world, archived_at=NOW)
    lifecycle.restore_campaign(session, actor, world.campaign.slug, now=NOW)


def _archive(session: Session, actor: Actor, world: World, _thing: Thing) -> None:
    _as_of(session, world, closes_at=NOW)
    lifecycle.archive_campaign(session, actor, world.campaign.slug, now=NOW)


CAMPAIGNS = [
    Deed(
        create_campaign,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: create_campaign(
            s, a, new_campaign(slug="fresh", subdistrict=HERE), now=NOW
        ),
    ),
    Deed(
        create_campaign,
        Act.MAKE_CAMPAIGN,
        "platform",
        lambda s, a, w, t: create_campaign(s, a, new_campaign(slug="fresh"), now=NOW),
        name="create a campaign of the district",
    ),
    Deed(
        lifecycle.create_draft,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: lifecycle.create_draft(
            s, a, new_campaign(slug="fresh", subdistrict=HERE), now=NOW
        ),
    ),
    Deed(
        lifecycle.copy_campaign,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: lifecycle.copy_campaign(s, a, w.campaign.slug, "fresh", now=NOW),
    ),
    Deed(lifecycle.edit_campaign, Act.MAKE_CAMPAIGN, "campaign", _edit("test-campaign")),
    Deed(lifecycle.edit_campaign, Act.MAKE_CAMPAIGN, "draft", _edit("draft"), name="edit a draft"),
    Deed(
        lifecycle.edit_campaign,
        Act.MAKE_CAMPAIGN,
        "draft",
        _edit("scheduled"),
        name="edit what is scheduled",
    ),
    Deed(
        lifecycle.edit_questions,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: lifecycle.edit_questions(
            s,
            a,
            w.campaign.slug,
            [],
            version=_version(s, w.campaign.slug, "questions"),
            confirmed=True,
            now=NOW,
        ),
    ),
    Deed(
        lifecycle.schedule_campaign,
        Act.MAKE_CAMPAIGN,
        "draft",
        lambda s, a, w, t: lifecycle.schedule_campaign(s, a, w.draft, announce=False, now=NOW),
    ),
    Deed(
        lifecycle.unschedule_campaign,
        Act.MAKE_CAMPAIGN,
        "draft",
        lambda s, a, w, t: lifecycle.unschedule_campaign(s, a, w.scheduled, now=NOW),
    ),
    Deed(
        lifecycle.open_campaign,
        Act.MAKE_CAMPAIGN,
        "draft",
        lambda s, a, w, t: lifecycle.open_campaign(s, a, w.draft, now=NOW),
    ),
    Deed(
        lifecycle.close_campaign,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: lifecycle.close_campaign(s, a, w.campaign.slug, now=NOW),
    ),
    Deed(lifecycle.archive_campaign, Act.MAKE_CAMPAIGN, "campaign", _archive),
    Deed(lifecycle.restore_campaign, Act.MAKE_CAMPAIGN, "campaign", _restore),
    Deed(
        queries.any_campaign,
        Act.MAKE_CAMPAIGN,
        "draft",
        lambda s, a, w, t: queries.any_campaign(s, a, Act.MAKE_CAMPAIGN, w.draft),
    ),
    Deed(
        import_table.import_proposals,
        Act.IMPORT,
        "campaign",
        lambda s, a, w, t: import_table.import_proposals(
            s,
            a,
            w.campaign.id,
            _points(),
            columns=ImportColumns("text", category="category"),
            now=NOW,
        ),
    ),
    Deed(
        reassign_communities.reassign_communities,
        Act.IMPORT,
        "campaign",
        lambda s, a, w, t: reassign_communities.reassign_communities(
            s, a, w.campaign.id, "2020", now=NOW
        ),
    ),
    Deed(
        reassign_communities.adopt_communities,
        Act.LOAD_COMMUNITIES,
        "campaign",
        lambda s, a, w, t: reassign_communities.adopt_communities(
            s, a, "2020", quarters(), source="test", now=NOW
        ),
    ),
    Deed(
        draw_prizes.commit_draw,
        Act.DRAW_PRIZES,
        "campaign",
        lambda s, a, w, t: draw_prizes.commit_draw(
            s, a, w.campaign.slug, source="彩票", known_from=NOW, now=NOW
        ),
    ),
    Deed(
        draw_prizes.draw_prizes,
        Act.DRAW_PRIZES,
        "campaign",
        lambda s, a, w, t: draw_prizes.draw_prizes(s, a, w.campaign.slug, "1 2 3", now=NOW),
    ),
    Deed(
        draw_prizes.drawing_campaign,
        Act.DRAW_PRIZES,
        "campaign",
        lambda s, a, w, t: draw_prizes.drawing_campaign(s, a, w.campaign.slug, NOW),
    ),
    Deed(
        void_draw.void_draw,
        Act.DRAW_PRIZES,
        "campaign",
        lambda s, a, w, t: void_draw.void_draw(s, a, w.campaign.slug, digest="x", **WHY),
    ),
]


def _reopen(session: Session, actor: Actor, world: World, _thing: Thing) -> None:
    closed = update(Account).where(Account.id == world.colleague).values(closed=NOW)
    session.execute(closed, execution_options={"synchronize_session": False})
    accounts.reopen_account(session, actor, world.colleague, now=NOW)


_TERM = Term(Grant(Role.RESIDENT_PLANNER), NOW)
ACCOUNTS = [
    Deed(
        accounts.create_account,
        Act.MANAGE_ACCOUNTS,
        "platform",
        lambda s, a, w, t: accounts.create_account(
            s, a, login="fresh", name="新人", password_hash="x", term=_TERM, now=NOW
        ),
    ),
    Deed(
        accounts.rename,
        Act.MANAGE_ACCOUNTS,
        "platform",
        lambda s, a, w, t: accounts.rename(s, a, w.colleague, "新名", now=NOW),
    ),
    Deed(
        accounts.close_account,
        Act.MANAGE_ACCOUNTS,
        "platform",
        lambda s, a, w, t: accounts.close_account(s, a, w.colleague, **WHY),
    ),
    Deed(accounts.reopen_account, Act.MANAGE_ACCOUNTS, "platform", _reopen),
    Deed(
        accounts.reset_password,
        Act.MANAGE_ACCOUNTS,
        "platform",
        lambda s, a, w, t: accounts.reset_password(s, a, w.colleague, "x", now=NOW),
    ),
    Deed(
        role_grants.appoint,
        Act.MANAGE_ACCOUNTS,
        "platform",
        lambda s, a, w, t: role_grants.appoint(s, a, w.colleague, _TERM, now=NOW),
    ),
    Deed(
        role_grants.end_appointment,
        Act.MANAGE_ACCOUNTS,
        "platform",
        lambda s, a, w, t: role_grants.end_appointment(s, a, w.colleague_appointment, now=NOW),
    ),
    Deed(
        account_list.account_of,
        Act.MANAGE_ACCOUNTS,
        "platform",
        lambda s, a, w, t: account_list.account_of(s, a, w.colleague, now=NOW),
    ),
    Deed(
        role_grants.known_account,
        Act.MANAGE_ACCOUNTS,
        "platform",
        lambda s, a, w, t: role_grants.known_account(s, a, w.colleague),
    ),
    Deed(
        role_grants.managed_account,
        Act.MANAGE_ACCOUNTS,
        "platform",
        lambda s, a, w, t: role_grants.managed_account(s, a, w.colleague, now=NOW),
    ),
]

_SEALER = Sealer(["one key of at least thirty-two characters"])
_HOOK: dict[str, Any] = {"name": "钩", "url": "https://example.org/hook", "now": NOW}


def _on_hook(action: Callable[..., Any], *before: Callable[..., Any], name: str = "") -> Deed:
    """Return a deed on a hook of the campaign, to which others were done before."""

    def do(session: Session, actor: Actor, world: World, _thing: Thing) -> Any:
        number = world.hook
        for each in before:
            each(session, OPERATOR, number, now=NOW)
        return action(session, actor, number, now=NOW)

    return Deed(action, Act.MAKE_CAMPAIGN, "campaign", do, name=name)


HOOKS = [
    Deed(
        hooks.add_hook,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: hooks.add_hook(s, a, _SEALER, campaign_id=w.campaign.id, **_HOOK),
    ),
    Deed(
        hooks.add_hook,
        Act.MAKE_CAMPAIGN,
        "platform",
        lambda s, a, w, t: hooks.add_hook(s, a, _SEALER, campaign_id=None, **_HOOK),
        name="add_hook of all campaigns",
    ),
    _on_hook(hooks.try_hook),
    _on_hook(hooks.pause_hook),
    _on_hook(hooks.resume_hook, hooks.pause_hook),
    _on_hook(hooks.remove_hook),
    Deed(
        hooks.rotate_secret,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: hooks.rotate_secret(s, a, _SEALER, w.hook, now=NOW),
    ),
    Deed(
        hooks.deliveries_of,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: hooks.deliveries_of(s, a, w.hook),
    ),
]


def _forget(session: Session, actor: Actor, _world: World) -> object:
    """Erase an address that has just been kept."""
    contacts.keep(session, _SEALER, "wu@example.org", consent=True, now=NOW)
    return forget_contact.forget_contact(session, actor, _SEALER, "wu@example.org", now=NOW)


OFFICE = [
    Deed(
        change_office.change_office,
        Act.MANAGE_OFFICE,
        "platform",
        lambda s, a, w, t: change_office.change_office(
            s, a, {"name": {"en": "The office"}}, {}, version=stored_office(s).version, now=NOW
        ),
    ),
    Deed(
        change_office.change_logo,
        Act.MANAGE_OFFICE,
        "platform",
        lambda s, a, w, t: change_office.change_logo(
            s, a, None, version=stored_office(s).version, now=NOW
        ),
    ),
    Deed(
        change_base_map.change_base_map,
        Act.MANAGE_OFFICE,
        "platform",
        lambda s, a, w, t: change_base_map.change_base_map(
            s,
            a,
            BaseMapChoice("none"),
            "",
            settings=Settings(),
            version=stored_choice(s).version,
            now=NOW,
        ),
    ),
    Deed(
        forget_contact.forget_contact,
        Act.MANAGE_OFFICE,
        "platform",
        lambda s, a, w, t: _forget(s, a, w),
    ),
]

DESK = [
    Deed(
        correct_theme.correct_theme,
        Act.ASSIST,
        "proposal",
        lambda s, a, w, t: correct_theme.correct_theme(
            s, a, taxonomy_in_force(), t.public_id, "seats", present=True, now=NOW
        ),
    ),
    Deed(
        job_views.job_view,
        Act.MODERATE,
        "campaign",
        lambda s, a, w, t: job_views.job_view(s, a, w.job),
    ),
    Deed(
        job_views.known_job,
        Act.MODERATE,
        "campaign",
        lambda s, a, w, t: job_views.known_job(s, a, w.job),
    ),
    Deed(
        jobs.cancel_job,
        Act.MODERATE,
        "campaign",
        lambda s, a, w, t: jobs.cancel_job(s, a, w.job, now=NOW),
    ),
    Deed(
        location_queue.doubts_of,
        Act.MODERATE,
        "somewhere",
        lambda s, a, w, t: location_queue.doubts_of(w.database, a, w.campaign, wait_s=0),
    ),
    Deed(
        duplicate_groups.duplicate_groups,
        Act.MERGE,
        "somewhere",
        lambda s, a, w, t: duplicate_groups.duplicate_groups(w.database, a, w.campaign),
    ),
    Deed(
        assignments.overdue_assignments,
        Act.ASSIGN,
        "somewhere",
        lambda s, a, w, t: assignments.overdue_assignments(s, a, now=NOW),
    ),
    Deed(
        reply_templates.templates_for,
        Act.ANSWER,
        "somewhere",
        lambda s, a, w, t: reply_templates.templates_for(s, a, w.campaign.id),
    ),
    Deed(
        audit_trail.start_export,
        Act.SEE_AUDIT,
        "somewhere",
        lambda s, a, w, t: audit_trail.start_export(s, a, AuditFilter(), kind="csv", now=NOW),
    ),
    *(
        Deed(
            bulk_actions.checked,
            act,
            "somewhere",
            lambda s, a, w, t, order=order: bulk_actions.checked(
                Selection(w.campaign, Filter(), a), order
            ),
            name=f"order many: {order.action}",
        )
        for act, order in (
            (Act.MODERATE, Order("publish", reason="理由")),
            (Act.MODERATE, Order("hide", reason="理由")),
            (Act.MODERATE, Order("recategorise", reason="理由", category="bike_parking")),
            (Act.ANSWER, Order("reply", stage="answered", reply="收到", by="街道")),
        )
    ),
    Deed(
        site_observations.keep_observation,
        Act.OBSERVE,
        "place",
        lambda s, a, w, t: site_observations.keep_observation(
            s, a, w.campaign.id, NewObservation("new", 116.31, 40.03, NOW, "看到"), now=NOW
        ),
    ),
    Deed(
        site_observations.remove_observation,
        Act.MODERATE,
        "place",
        lambda s, a, w, t: site_observations.remove_observation(s, a, w.observation, now=NOW),
    ),
    Deed(
        site_observations.observation_photo,
        Act.SEE_DESK,
        "place",
        lambda s, a, w, t: site_observations.observation_photo(s, a, w.observed),
    ),
    Deed(
        topics.topic_named,
        Act.SEE_DESK,
        "place",
        lambda s, a, w, t: topics.topic_named(s, a, w.topic),
    ),
    Deed(topics.members, Act.SEE_DESK, "place", lambda s, a, w, t: topics.members(s, a, w.topic)),
    Deed(
        topics.make_topic,
        Act.MAKE_TOPIC,
        "somewhere",
        lambda s, a, w, t: topics.make_topic(
            s, a, Selection(w.campaign, Filter(), a), title="议题", token="n", now=NOW
        ),
    ),
    Deed(
        population.set_population_figures,
        Act.MAKE_TOPIC,
        "campaign",
        lambda s, a, w, t: population.set_population_figures(
            s, a, w.campaign, population.Figures("relation", {"lives": 9}, "年鉴", 2020), now=NOW
        ),
    ),
    Deed(
        saved_views.save_view,
        Act.SEE_DESK,
        "somewhere",
        lambda s, a, w, t: saved_views.save_view(s, a, w.campaign.id, name="看", query="", now=NOW),
    ),
    Deed(
        saved_views.rename_view,
        Act.MAKE_CAMPAIGN,
        "somewhere",
        lambda s, a, w, t: saved_views.rename_view(s, a, w.view, name="又", now=NOW),
    ),
    Deed(
        saved_views.remove_view,
        Act.MAKE_CAMPAIGN,
        "somewhere",
        lambda s, a, w, t: saved_views.remove_view(s, a, w.view, now=NOW),
    ),
]
