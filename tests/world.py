"""A small world to try permissions in: a proposal in each state, with all that hangs on one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from analysis.saved_views import save_view
from analysis.scenarios.models import Scenario
from analysis.scenarios.plan import Plan
from analysis.site_observations import NewObservation, keep_observation
from core.database import Database
from deliberation.models import Topic, TopicProposal
from deliberation.reply_templates import create_template
from deliberation.webhooks.hooks import add_hook
from layers.visibility import Shown
from moderation.assignments import assign
from moderation.bulk.jobs import NewJob, start_job
from moderation.changes import recategorise
from moderation.notes import add_note
from notifications.contacts import Sealer
from packs.models import Pack, PackLink, PackQuestion, PackScheme, PackVersion
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role
from people.accounts.accounts import create_account
from people.accounts.models import Account, Appointment
from people.accounts.role_grants import Term
from submissions.campaigns.create import create_campaign
from submissions.campaigns.models import Campaign
from submissions.participation.comments import comment_on
from submissions.participation.models import Photo, Report
from submissions.participation.photos import take_photo
from submissions.participation.reports import report
from submissions.participation.supports import support_proposal
from submissions.photos.sanitise import clean_picture
from submissions.photos.storage import PhotoStore, new_name, open_store
from submissions.proposals.merge import merge
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status
from tests.conftest import NOW, make_campaign, new_campaign
from tests.layers.sending import kept
from tests.submissions.acting import AUTHOR, NEIGHBOUR, act, file

HERE, NEXT, THERE = "110108017", "110108017003", "110108018"
COMMUNITY, EDITION = "110108017001", "2020"
#: Everything said in a proposal or to it begins like this, so that it is found in what leaks.
SAID = "不该外传"
BATCH = "batch"


@dataclass(frozen=True)
class Thing:
    """A proposal in one state, and the names of what hangs on it."""

    status: Status
    public_id: str
    id: int
    comment: str
    report: int
    photo: str
    change: int
    assignment: int
    said: str


@dataclass(frozen=True)
class World:
    """What there is. ``thing`` is a proposal in the community here, in each state.

    ``campaign`` belongs to the subdistrict here; ``draft`` and ``scheduled``, too, of which the
    public does not know, and ``layer``, which everybody at the desk sees. ``beside`` is a
    published proposal next to the things.
    """

    database: Database
    store: PhotoStore
    campaign: CampaignView
    draft: str
    scheduled: str
    things: dict[Status, Thing]
    beside: str
    colleague: int
    colleague_appointment: int
    account: int
    template: int
    job: int
    observation: int
    observed: str
    topic: int
    view: int
    scenario: int
    layer: int
    hook: int
    pack: int
    link: int
    question: int
    scheme: int


def make_world(database: Database, store: PhotoStore, *, now: Any = NOW) -> World:
    """Store it."""
    campaign = make_campaign(database, subdistrict=HERE, asks_contact=False)
    for slug in ("draft", "scheduled"):
        fresh = new_campaign(slug=slug, subdistrict=HERE)
        act(database, create_campaign, OPERATOR, fresh, draft=True)
    database.write(lambda session: _schedule(session, "scheduled"))
    account = _account(database, "acting", Grant(Role.RESIDENT_PLANNER))
    colleague = _account(database, "colleague", Grant(Role.SUBDISTRICT_OFFICER))
    with database.reading() as session:
        term = select(Appointment.id).where(Appointment.account_id == colleague)
        colleague_appointment = session.scalars(term).one()
    beside = file(database, campaign, Actor("beside"), text="旁边公开的一条", now=now).public_id
    operator = Actor(grants=OPERATOR.grants, account_id=account, name="acting")
    things = {
        status: _thing(database, store, campaign, operator, colleague, status, now)
        for status in Status
    }
    act(database, support_proposal, NEIGHBOUR, beside)
    template = act(
        database, create_template, OPERATOR, name="模板", text="收到", campaign_id=campaign.id
    )
    members = [(things[Status.PUBLISHED].id, now)]
    order = NewJob("token", "publish", campaign.id, {"reason": "理由"})
    starter = Actor(grants=OPERATOR.grants, account_id=colleague, name="colleague")
    job = start_job(database, starter, order, members, now=now)
    layer = database.write(lambda session: kept(session, subdistrict=HERE, shown=Shown.DESK))
    return World(
        database,
        store,
        campaign,
        "draft",
        "scheduled",
        things,
        beside,
        colleague,
        colleague_appointment,
        account,
        template,
        job,
        *_reviewed(database, store, campaign, starter, now, [one.id for one in things.values()]),
        layer,
        act(
            database,
            add_hook,
            OPERATOR,
            Sealer(["a key of the tests which is long enough"]),
            campaign_id=campaign.id,
            name="钩",
            url="https://example.org/hook",
            now=now,
        )[0],
        *_given(database, campaign, now),
    )


def _given(database: Database, campaign: CampaignView, now: Any) -> tuple[int, int, int, int]:
    """Store a pack of the community here, a link to it, a question and a scheme of its firm."""
    who = {"by": "colleague", "created": now}
    pack = {
        **{"token": "p", "campaign_id": campaign.id, "origin": "view", "query": "", "title": "包"},
        **{"system": "EPSG:4548", "language": "zh_CN", "community_code": COMMUNITY},
        **{"edition": EDITION, "outline": campaign.area, **who},
    }
    version = {
        **{"number": 1, "state": "ready", "progress": 1.0, "problem": "", "file": "", "size": 1},
        **{"digest": "", "manifest": {}, "counted": {}, "held": {}, **who},
    }
    link = {
        **{"firm": "设计院", "token_hash": "h", "sealed": None, "language": "zh_CN", "base": ""},
        **{"expires": now + timedelta(days=9_999), "accepted_by": "", "terms": "", **who},
    }
    question = {"token": "q", "text": "问", "asked": now, "answer": "", "by": ""}
    scheme = {
        **{"token": "s", "file_name": "a.pdf", "file": "", "size": 1, "digest": "", "note": ""},
        **{"crs": "", "features": 0, "state": "sent", "word": "", "by": "", "sent": now},
    }

    def store(session: Session) -> tuple[int, int, int, int]:
        def new(table: Any, **row: Any) -> int:
            found: int = session.scalar(insert(table).values(row).returning(table.id))
            return found

        made = new(Pack, **pack)
        new(PackVersion, pack_id=made, **version)
        given = new(PackLink, pack_id=made, **link)
        asked = new(PackQuestion, link_id=given, **question)
        return made, given, asked, new(PackScheme, link_id=given, **scheme)

    return database.write(store)


def _reviewed(
    database: Database,
    store: PhotoStore,
    campaign: CampaignView,
    actor: Actor,
    now: Any,
    members: list[int],
) -> tuple[int, str, int, int, int]:
    """Store an observation with its photo, a topic of the community here, a view, a scenario.

    ``members``: proposals that topic and scenario were made of, whatever became of them.
    """
    cleaned, name = clean_picture(picture(3)), new_name()
    store.put(name, cleaned.jpeg, cleaned.thumbnail)
    seen = NewObservation("o", 116.31, 40.03, now, "看到的")
    observation = act(database, keep_observation, actor, campaign.id, seen, photo=name, now=now)
    view = act(database, save_view, actor, campaign.id, name="看", query="", now=now)
    row = {
        "token": "t",
        "campaign_id": campaign.id,
        "title": "议题",
        "note": "",
        "hotspot_id": "h",
        "query": "",
        "figures": {"people": 1, "proposals": 1, "first": NOW.isoformat(), "last": NOW.isoformat()},
        "community_code": COMMUNITY,
        "edition": EDITION,
        "outline": campaign.area,
        "by": "colleague",
        "created": now,
    }
    topic = database.write(lambda s: s.scalar(insert(Topic).values(row).returning(Topic.id)))
    inside = [{"topic_id": topic, "proposal_id": one} for one in members]
    database.write(lambda s: s.execute(insert(TopicProposal), inside) and None)
    kept = {
        "token": "t",
        "campaign_id": campaign.id,
        "kind": "micro_park",
        "name": "方案",
        "query": "",
        "plan": Plan().told(),
        "outcome": {
            "number": 1,
            "people": 1,
            "all_people": 1,
            "options": [],
            "sites": [
                {
                    **{"key": "idle_plots:1", "name": {"zh_CN": "空地", "en": "Plot"}},
                    **{"longitude": 116.31, "latitude": 40.03, "existing": False, "people": 1},
                    **{"wishes": [], "amount": None, "ids": members, "proposals": 1},
                }
            ],
        },
        "today": {"sites": []},
        "by": "colleague",
        "created": now,
    }
    found = insert(Scenario).values(kept).returning(Scenario.id)
    return observation, name, topic, view, database.write(lambda s: s.scalar(found))


def _schedule(session: Session, slug: str) -> None:
    later = NOW + timedelta(days=36_000)
    session.execute(update(Campaign).where(Campaign.slug == slug).values(published_at=later))


def _account(database: Database, login: str, grant: Grant) -> int:
    term = Term(grant, NOW, NOW + timedelta(days=20_000))
    made = {"login": login, "name": login, "password_hash": "x", "term": term}
    number: int = act(database, create_account, OPERATOR, **made)
    database.write(
        lambda session: (
            session.execute(update(Account).where(Account.id == number).values(must_change=False))
            and None
        )
    )
    return number


def _thing(
    database: Database,
    store: PhotoStore,
    campaign: CampaignView,
    operator: Actor,
    colleague: int,
    status: Status,
    now: Any,
) -> Thing:
    said = f"{SAID}的{status}建议"
    photo, _ = take_photo(database, store, AUTHOR, picture(len(said)), now=now)
    longitude = 116.305 + 0.001 * list(Status).index(status)
    public_id = file(
        database, campaign, AUTHOR, text=said, photos=(photo,), longitude=longitude, now=now
    ).public_id
    comment = act(
        database, comment_on, NEIGHBOUR, public_id, f"{SAID}的评论", client_token=public_id
    )
    act(database, report, NEIGHBOUR, public_id, reason="other", text=f"{SAID}的举报")
    change = act(
        database,
        recategorise,
        operator,
        public_id,
        "public_space",
        reason="归类",
        seen=None,
        batch=BATCH,
    )
    act(database, add_note, operator, public_id, f"{SAID}的内部话 @colleague")
    assignment = act(database, assign, operator, public_id, colleague, due=NOW + timedelta(days=1))
    if status is Status.MERGED:
        into = file(database, campaign, Actor("kept"), text="保留的一条", now=now).public_id
        act(database, merge, operator, into, [public_id], reason="一样")
    with database.reading() as session:
        row = session.scalars(select(Proposal).where(Proposal.public_id == public_id)).one()
        number = session.scalars(select(Report.id).where(Report.proposal_id == row.id)).one()
        name = session.scalars(select(Photo.name).where(Photo.proposal_id == row.id)).one()
    if status not in {Status.PUBLISHED, Status.MERGED}:  # as if it had come there in some way
        database.write(lambda session: _set(session, row.id, status))
    return Thing(status, public_id, row.id, comment, number, name, change, assignment, said)


def _set(session: Session, number: int, status: Status) -> None:
    values: dict[str, Any] = {"status": str(status)}
    if status is Status.RECEIVED:
        values["published_at"] = None
    session.execute(update(Proposal).where(Proposal.id == number).values(values))


def picture(shade: int) -> bytes:
    """Return a small JPEG."""
    content = BytesIO()
    Image.new("RGB", (64, 48), (shade * 7 % 256, 80, 90)).save(content, "JPEG")
    return content.getvalue()


#: How far a role may reach, and whether that covers the things here (and their place), their
#: campaign, the platform; whether a campaign is ``around``: something may be to do in it.
REACHES: dict[str, tuple[Callable[[Role], Grant], set[str]]] = {
    "platform": (Grant, {"proposal", "place", "campaign", "platform", "around", "layer"}),
    "this subdistrict": (
        lambda role: Grant(role, Reach.SUBDISTRICT, HERE),
        {"proposal", "place", "campaign", "around", "layer"},
    ),
    "another subdistrict": (lambda role: Grant(role, Reach.SUBDISTRICT, THERE), set()),
    "this community": (
        lambda role: Grant(role, Reach.COMMUNITY, COMMUNITY, EDITION),
        {"proposal", "place", "around", "layer"},
    ),
    "another community": (
        lambda role: Grant(role, Reach.COMMUNITY, NEXT, EDITION),
        {"around", "layer"},
    ),
    "another edition": (
        lambda role: Grant(role, Reach.COMMUNITY, COMMUNITY, "2023"),
        {"layer"},  # of a subdistrict, whichever edition its communities have
    ),
    "nowhere": (lambda role: Grant(role, Reach.SUBDISTRICT, ""), set()),
}


def world_store(folder: Any) -> PhotoStore:
    """Return a store of photos in a folder."""
    return open_store(folder)
