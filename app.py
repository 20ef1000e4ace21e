"""路见 LuJian: wires the rooms into one process.

``streamlit run app.py`` and ``uvicorn app:app`` serve the same thing: the Streamlit pages, the API
under /api and the front-end packages under /assets, from one origin.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from settings import ROOT, get_settings

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
# After its first clustering dbscan looks for work 5,000 times a second, for ever, with every thread
# but one: 15 % of a core. A million points take 1.0 s with one thread, 0.55 s with two.
os.environ.setdefault("PARLAY_NUM_THREADS", "1")

from api import create_api
from api.assets import asset_routes
from api.context import make_context
from api.odd_paths import OddPathMiddleware
from api.packing import PackingMiddleware
from api.server_name import hide_server_name
from database import migrate, open_database
from layers.places import places_of
from people.actors import Actor
from people.addresses import ProxyMiddleware, networks_of
from people.sessions import forget_old
from people.visitors import VisitorMiddleware
from people.watch import watch_of
from post.senders import senders_of
from post.worker import PostOffice
from screens.parts import faults, shell
from screens.parts.assets import missing_assets
from submissions import photos, search, selection
from submissions.analysis import (
    recent_answer_counts,
    recent_community_counts,
    recent_hotspots,
    recent_totals,
)
from submissions.demo import load_demo
from submissions.filters import Filter
from submissions.follows import still_wanted
from submissions.job_runner import JobRunner
from submissions.queries import list_campaigns
from submissions.selection import Selection
from submissions.timeline import MIN_PROPOSALS, RADIUS_M
from web import create_web
from web.render import compile_templates
from wording.letters import letter

SWEEP_S = 3600
INDEX_S = 5
log = logging.getLogger("lujian")
hide_server_name()
settings = get_settings()
database = open_database(settings.sqlalchemy_url)
context = make_context(database, settings)


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Bring the database up to date, fill an empty one, and settle memory before serving."""
    migrate(settings.sqlalchemy_url)
    if settings.demo and load_demo(database):
        print("The two demo campaigns have been loaded.", flush=True)
    for name in missing_assets(settings):
        log.error("The front-end package %r is missing: run `npm ci --ignore-scripts`.", name)
    threading.Thread(target=_warm, name="warm", daemon=True).start()
    senders = senders_of(settings)
    words = partial(letter, public_url=settings.public_url.rstrip("/"))
    post = PostOffice(database, context.sealer, senders, words, wanted=still_wanted)
    post.start()
    jobs = JobRunner(database)
    jobs.start()
    stopping = threading.Event()
    threading.Thread(target=_sweep, args=(stopping,), name="sweep", daemon=True).start()
    threading.Thread(target=_index, args=(stopping,), name="index", daemon=True).start()
    watch = watch_of(database)
    watch.start()
    gc.collect()
    gc.freeze()
    yield
    stopping.set()
    watch.stop()
    jobs.stop()
    post.stop()
    database.close()


def _warm() -> None:
    """Make what the first visitors would wait for: pins, pages, the names of places, numbers."""
    context.pinboard.warm()
    compile_templates()
    with database.reading() as session:
        for campaign in list_campaigns(session):
            places_of(session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict)
            recent_answer_counts(database, campaign.id)
            recent_totals(database, campaign.id)
            recent_community_counts(database, campaign.id)
            selection.sums(database, Selection(campaign, Filter(), Actor()))
            recent_hotspots(database, campaign, radius_m=RADIUS_M, min_proposals=MIN_PROPOSALS)


def _sweep(stopping: threading.Event) -> None:
    """Remove photos that were sent but never filed, and sessions of long ago, hour by hour."""
    while not stopping.wait(SWEEP_S):
        now = datetime.now(UTC)
        try:
            photos.sweep(database, context.photos, now)
            photos.hash_photos(database, context.photos)
            database.write(partial(forget_old, now=now))
        except Exception:
            log.exception("what is no longer needed could not be removed")


def _index(stopping: threading.Event) -> None:
    """Let the index of words follow what is filed; a search lets it catch up, too."""
    while not stopping.wait(INDEX_S):
        try:
            search.catch_up(database)
        except Exception:
            log.exception("texts could not be indexed")


app = st.App(
    ROOT / "screens" / "main.py",
    lifespan=lifespan,
    routes=[
        Mount("/api", create_api(context)),
        Mount("/w", create_web(context)),
        *asset_routes(),
    ],
    middleware=[
        Middleware(
            ProxyMiddleware,
            trusted=networks_of(settings.trusted_proxies),
            loopback_believed="FORWARDED_ALLOW_IPS" not in os.environ,
        ),
        Middleware(
            VisitorMiddleware, basemap_url=settings.basemap_url, scripts=shell.inline_scripts()
        ),
        Middleware(OddPathMiddleware),
        Middleware(shell.ShellMiddleware),
        Middleware(PackingMiddleware),
    ],
    on_script_error=faults.tell,
)
