"""路见 LuJian: wires the rooms into one process.

``streamlit run app.py`` and ``uvicorn app:app`` serve the same thing: the Streamlit pages, the API
under /api and the front-end packages under /assets, from one origin.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from analysis import results
from core import allocator
from core.settings import ROOT, get_settings
from submissions.participation import photo_upkeep

if allocator.keep_few_arenas():  # before the rooms below start threads
    allocator.share_with_arrow()
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
# After its first clustering dbscan looks for work 5,000 times a second, for ever, with every thread
# but one: 15 % of a core. A million points take 1.0 s with one thread, 0.55 s with two.
os.environ.setdefault("PARLAY_NUM_THREADS", "1")

from analysis.selection import Selection
from analysis.text import text_search
from analysis.themes.taxonomy import TaxonomyError, taxonomy_in_force
from analysis.themes.training import ThemeTrainer
from api import create_api
from api.assets import asset_routes
from core.clock_watch import ClockWatch
from core.database import open_database
from core.logs import fold_repeats
from core.startup import PortTaken, StartError, leave, prepare_database, told
from core.worker import OneTask, Task, Worker, stop_all
from data.load import load_demo
from deliberation.timeline import MIN_PROPOSALS, RADIUS_M
from deliberation.webhooks.hook_office import HookOffice
from layers.background.background import operator_background
from layers.background.base_map import FRESH_S, current_base_map, known_base_map
from layers.gazetteer.gazetteer import places_of
from moderation.bulk.worker import JobRunner
from notifications.channels import senders_of
from notifications.dispatcher import PostOffice
from packs.building.worker import PackBuilder
from packs.letters import facts_of, still_wanted
from packs.packs import known_files
from people.access.client_address import ProxyMiddleware, networks_of
from people.access.device_cookie import VisitorMiddleware
from people.accounts import sessions
from people.audit.sealer import watch_of
from screens.parts import script_errors
from screens.parts.missing_assets import missing_assets
from screens.parts.secrets import auth
from serving import streamlit_shell
from serving.body_limit import SenderTimeout
from serving.compression import PackingMiddleware
from serving.context import Context, make_context
from serving.server_name import hide_server_name
from serving.tcp_nodelay import send_at_once
from serving.unknown_paths import OddPathMiddleware, UnknownPageMiddleware
from serving.visit import compile_templates
from serving.write_turns import make_room_for_readers
from submissions.alerts import alert_news
from submissions.clock_repair import cut_ahead
from submissions.proposals.queries import list_campaigns
from web import create_web
from web.desk.accounts.oidc_sign_in import former_routes
from web.site_files import site_routes
from wording.letters.pack_letters import letter

SWEEP_S = 3600
INDEX_S = 5
ALERTS_S = 15
GIVE_BACK_S = 60


def _rooms() -> Context:
    """Return the rooms of this process, or end it with a line on what does not let it start."""
    try:
        settings = get_settings()
        with told(settings.sqlalchemy_url):
            database = open_database(settings.sqlalchemy_url)
            made = make_context(database, settings, auth=auth())
        taxonomy_in_force()
        networks_of(settings.trusted_proxies)
        operator_background(settings)
        if missing := missing_assets(settings):
            raise StartError(
                f"The front-end packages are missing ({', '.join(missing)}): run `make setup`, or "
                "`npm ci --ignore-scripts`."
            )
    except StartError as error:
        leave(error)
    except TaxonomyError as error:
        leave(StartError(str(error)))
    except ValueError as error:  # a setting
        leave(StartError(str(error).splitlines()[0]))
    return made


hide_server_name()
send_at_once()
context = _rooms()
database, settings = context.database, context.settings
themes = ThemeTrainer(taxonomy_in_force())


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Bring the database up to date, fill an empty one, and settle memory before serving."""
    make_room_for_readers()
    tell_all = fold_repeats()
    logging.getLogger("uvicorn.error").addFilter(PortTaken())
    try:
        prepare_database(settings.sqlalchemy_url)
        with told(settings.sqlalchemy_url):
            loaded = settings.demo and load_demo(database)
    except StartError as error:
        leave(error)
    if loaded:
        print("The two demo campaigns have been loaded.", flush=True)
    for worker in _workers():
        worker.start()
    gc.collect()
    gc.freeze()
    yield
    stop_all()
    database.close()
    tell_all()


def _workers() -> list[Worker]:
    """Return all that works in the background from the start on."""
    senders = senders_of(settings)
    words = partial(letter, public_url=settings.public_url.rstrip("/"))
    facts = facts_of(context.sealer)
    post = PostOffice(database, context.sealer, senders, words, wanted=still_wanted, facts=facts)
    packs = PackBuilder(database, context.photos, context.packs, settings)
    warm = OneTask("warm", _warm, failed="what the first visitors ask for could not be made")
    return [warm, ClockWatch(_cut_ahead), post, packs, _hooks(), *_jobs()]


def _hooks() -> HookOffice:
    return HookOffice(
        database,
        context.sealer,
        base=settings.public_url.rstrip("/"),
        private_allowed=settings.webhooks_private,
    )


def _jobs() -> list[Worker]:
    return [JobRunner(database), watch_of(database), *_tasks()]


def _warm() -> None:
    """Make what the first visitors would wait for: pins, pages, the names of places, numbers."""
    context.pinboard.warm()
    compile_templates()
    with database.reading() as session:
        for campaign in list_campaigns(session):
            places_of(session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict)
            whole = Selection(campaign)
            results.answers(database, whole)
            results.community_counts(database, whole)
            results.sums(database, whole)
            results.hotspots(database, whole, radius_m=RADIUS_M, min_proposals=MIN_PROPOSALS)


def _tasks() -> list[Task]:
    return [
        Task("base map", _base_map, poll_s=FRESH_S, failed="the base map could not be read"),
        Task("index", _index, poll_s=INDEX_S, failed="texts could not be indexed"),
        Task("themes", _themes, poll_s=INDEX_S, failed="themes could not be read"),
        Task("alerts", _alerts, poll_s=ALERTS_S, failed="letters of alerts could not be gathered"),
        Task("sweep", _sweep, poll_s=SWEEP_S, failed="what is old could not be removed"),
        Task("files", _old_files, poll_s=SWEEP_S, failed="files that were made stay"),
        Task("memory", _give_back, poll_s=GIVE_BACK_S, failed="memory could not be given back"),
    ]


def _alerts(now: datetime) -> int:
    """Put letters about what is new in areas into the outbox."""
    alert_news.send_news(database, now)
    return 0


def _sweep(now: datetime) -> int:
    """Remove photos that were sent but never filed, sessions of long ago, unanswered requests."""
    alert_news.sweep(database, now)
    photo_upkeep.sweep(database, context.photos, now)
    photo_upkeep.hash_photos(database, context.photos)
    with database.reading() as session:
        context.packs.sweep(known_files(session), now - timedelta(seconds=SWEEP_S))
    database.write(partial(sessions.forget_old, now=now))
    return 0


def _old_files(_now: datetime) -> int:
    """Remove files that were made and that nobody has asked for in a while."""
    context.files.sweep()
    return 0


def _give_back(_now: datetime) -> int:
    """Give the system what was freed between things that stay."""
    allocator.give_back()
    return 0


def _cut_ahead(now: datetime) -> None:
    """Let nothing that is stored last longer because the clock was set back."""
    database.write(partial(cut_ahead, settings=settings, now=now))


def _themes(now: datetime) -> int:
    """Let the themes follow what is filed and corrected; return how much of it is left."""
    return themes.round(database, now)


def _base_map(_now: datetime) -> int:
    """Let this process know the base map that was chosen in another."""
    current_base_map(database, settings)
    return 0


def _index(_now: datetime) -> int:
    """Let the index of words follow what is filed; return how much of it is left."""
    return text_search.catch_up(database)


routes = [
    Mount("/api", create_api(context)),
    Mount("/w", create_web(context)),
    *asset_routes(),
    *former_routes(),
    *site_routes(context),
]
app = st.App(
    ROOT / "screens" / "main.py",
    lifespan=lifespan,
    routes=routes,
    middleware=[
        Middleware(
            ProxyMiddleware,
            trusted=networks_of(settings.trusted_proxies),
            loopback_believed="FORWARDED_ALLOW_IPS" not in os.environ,
        ),
        Middleware(SenderTimeout),
        Middleware(
            VisitorMiddleware,
            basemap_url=lambda: known_base_map(database, settings).url,
            scripts=streamlit_shell.inline_scripts(),
        ),
        Middleware(OddPathMiddleware),
        Middleware(UnknownPageMiddleware, context=context, routes=routes),
        Middleware(streamlit_shell.ShellMiddleware, context=context),
        Middleware(PackingMiddleware),
    ],
    on_script_error=script_errors.tell,
)
