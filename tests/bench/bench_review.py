"""Every page of the desk measured: what each takes in the server, cold and kept, on both databases.

    python -m tests.bench.bench_review --sizes 10000,100000 --folder /tmp/bench --only brief,topic

Cold: in a process that has just started, its templates compiled, with nothing worked out yet. Kept:
asked again there.
Each figure is seconds of wall-clock time within the process, without a network; ``_cpu`` is what
of the cold one was computed in this process (not by PostgreSQL). ``peer_s`` is the peer in the same
run: the database reading every proposal of the campaign once, row by row. The aim is the first
content of each page under a second at 100,000. No plan of a usual filter may read the whole table
on SQLite; PostgreSQL rightly does where one campaign is nearly all of it, and
``test_selection.py`` asks it with eight.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import select

from analysis import results
from analysis.filter import Filter, Spot
from analysis.filter_sql import conditions
from analysis.selection import Selection
from analysis.text import text_search
from core.database import Database
from core.settings import Settings
from deliberation import topics
from people.access.actor import OPERATOR, Actor, Role
from people.access.device_cookie import COOKIE
from people.accounts.sessions import SESSION_COOKIE
from serving.context import make_context
from serving.visit import compile_templates
from submissions.proposals.models import Proposal
from submissions.proposals.queries import campaign_by_slug
from tests.bench.filled import SLUG, fill_at, prepared
from tests.bench.lived_in import live_in
from tests.bench.measure import measured, print_growth
from tests.bench.tables import print_columns
from tests.people.acting import new_account, session_cookie
from tests.postgis import NoPostgisError, postgis
from tests.submissions.campaigns.plans import plan_of, reads_all
from tests.web.browsing import Browser
from tests.web.conftest import SECRET, site

NOBODY = Actor()
QUEUE = "/w/desk/queue?campaign={slug}&tab="
SPOT = "/w/desk/review/hotspot/{{spot}}{}?campaign={{slug}}"
#: Whole pages and first contents, then what they fetch afterwards. What stands before a "then" is
#: opened first, again until nothing is being worked out any more.
PAGES = {
    "overview": "/w/desk",
    "queue_new": QUEUE + "new",
    "queue_held": QUEUE + "held",
    "queue_reported": QUEUE + "reported",
    "queue_photos": QUEUE + "photos",
    "queue_comments": QUEUE + "comments",
    "queue_mine": QUEUE + "mine",
    "queue_all": QUEUE + "all",
    "queue_all_words": QUEUE + "all&text=%E5%81%9C%E8%BD%A6",
    "queue_all_answered": QUEUE + "all&status=published&answered=yes",
    "queue_places": QUEUE + "places",
    "queue_places_found": QUEUE + "places&lang=en then " + QUEUE + "places",
    "queue_duplicates": QUEUE + "duplicates",
    "queue_duplicates_found": QUEUE + "duplicates&lang=en then " + QUEUE + "duplicates",
    "proposal": "/w/desk/queue/{proposal}",
    "bulk": "/w/desk/bulk?campaign={slug}",
    "bulk_preview": "POST /w/desk/bulk/preview?campaign={slug}",
    "saved_views": "/w/desk/review/views?campaign={slug}&relation=lives",
    "hotspot": SPOT.format(""),
    "hotspot_shown": SPOT.format("/found") + " then " + SPOT.format(""),
    "topic": "/w/desk/review/topics/{topic}",
    "brief": "/w/desk/review/brief.pdf?campaign={slug}",
    "campaigns": "/w/desk/campaigns",
    "campaign_preview": "/w/desk/campaigns/{slug}/preview",
    "accounts": "/w/desk/accounts",
    "audit": "/w/desk/audit",
    "hotspot_found": SPOT.format("/found"),
    "hotspot_more": SPOT.format("/found") + " then " + SPOT.format("/more"),
    "communities_layer": "/api/campaigns/{slug}/communities.geojson?supports=0&from=2026-03-02",
    "tile_narrowed": "/api/campaigns/{slug}/clusters/13/6743/3100.json?from=2026-03-03",
    "heat_layer": "/api/campaigns/{slug}/heat.png",
}
WORKING = ("being compared with their neighbours", "places are being looked at")
PREVIEWED = {"action": "hide", "reason": "names a person"}
USUAL = (
    Filter(),
    Filter(categories=("bike_parking",)),
    Filter(relations=("lives",)),
    Filter(communities=("110108017029",)),
    Filter(answered=True),
    Filter(photo=True),
    Filter(supports=3),
    Filter(text="停车"),
)


def run(sizes: list[int], folder: Path, only: list[str]) -> list[dict[str, Any]]:
    """Measure each size on SQLite and on PostGIS."""
    rows = [_on_sqlite(count, folder, only) for count in sizes]
    try:
        rows += [_on_postgis(count, only) for count in sizes]
    except NoPostgisError as error:
        print(f"  PostGIS is left out: {error}", flush=True)
    return rows


def _on_sqlite(count: int, folder: Path, only: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        var = Path(scratch) / "var"
        shutil.copytree(prepared(folder, count), var)
        url = f"sqlite:///{var / 'lujian.sqlite'}"
        _in_a_child(partial(_live_in, url))
        return {"proposals": count, "database": "SQLite", **measure(url, var, only)}


def _on_postgis(count: int, only: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch, postgis(fast=True) as url:
        with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        _in_a_child(lambda: fill_at(url, count).close())
        _in_a_child(partial(_live_in, url))
        return {"proposals": count, "database": "PostGIS", **measure(url, Path(scratch), only)}


def _live_in(url: str) -> None:
    database = Database(url)
    live_in(database)
    while text_search.catch_up(database):
        pass
    database.close()


def measure(url: str, var: Path, only: list[str]) -> dict[str, Any]:
    """Measure the pages over a database that is lived in, each in a process of its own."""
    given = _in_a_child(partial(_what_there_is, url))
    if url.startswith("sqlite"):
        _in_a_child(partial(_check_plans, url))
    row: dict[str, Any] = {"peer_s": _in_a_child(partial(_read_all, url))}
    for name, address in PAGES.items():
        if not only or name in only:
            taken = _in_a_child(partial(_taken, url, var, given["cookie"], address.format(**given)))
            row |= {f"{name}_{kind}": value for kind, value in taken.items()}
            row[f"{name}_of_peer"] = row[f"{name}_cold_s"] / row["peer_s"]
    return row


def _in_a_child(work: Callable[[], Any]) -> Any:
    return measured(lambda _nothing: work(), None)["result"]


def _what_there_is(url: str) -> dict[str, str]:
    """Return what the addresses name, and the session of somebody who may do all."""
    database = Database(url)
    account = new_account(database, Role.ADMINISTRATOR)
    cookie = session_cookie(database, SECRET, account)
    with database.reading() as session:
        campaign = campaign_by_slug(session, SLUG)
        proposal = session.scalar(select(Proposal.public_id).order_by(Proposal.id.desc()).limit(1))
    frame = results.hotspots(
        database, Selection(campaign, Filter(), NOBODY), radius_m=50, min_proposals=5
    ).frame
    spot = str(frame.iloc[0]["hotspot_id"])
    chosen = Selection(campaign, Filter(spot=Spot(spot, 50, 5)), OPERATOR)
    now = datetime.now(UTC)
    topic = database.write(
        lambda session: topics.make_topic(
            session, OPERATOR, chosen, title="bench", token="bench", now=now
        )
    )
    database.close()
    given = {"slug": SLUG, "spot": spot, "proposal": str(proposal), "topic": str(topic)}
    return given | {"cookie": cookie}


def _read_all(url: str) -> float:
    """Return how long the peer takes: every proposal of the campaign as rows of its columns."""
    database = Database(url)
    with database.reading() as session:
        campaign = campaign_by_slug(session, SLUG)
        statement = select(Proposal.__table__).where(Proposal.campaign_id == campaign.id)
        started = time.perf_counter()
        session.connection().execute(statement).all()
        return time.perf_counter() - started


def _taken(url: str, var: Path, cookie: str, address: str) -> dict[str, float]:
    browser = _planner(Database(url), var, cookie)
    *before, address = address.split(" then ")
    # As app.py does when it starts.
    compile_templates()
    gc.collect()
    gc.freeze()
    for first in before:
        while any(word in browser.client.get(first).text for word in WORKING):
            time.sleep(1)
    cpu = time.process_time()
    cold_s = _timed(browser, address)
    cpu = time.process_time() - cpu
    return {"cold_s": cold_s, "cpu_s": cpu, "kept_s": _timed(browser, address)}


def _planner(database: Database, var: Path, cookie: str) -> Browser:
    room = make_context(database, Settings(var_dir=var, secret_key=SECRET))
    browser = Browser(site(room))
    browser.open("/w/desk/sign-in")
    device = next(each for each in browser.client.cookies.jar if each.name == COOKIE)
    browser.client.cookies.set(SESSION_COOKIE, cookie, domain=device.domain, path="/")
    return browser


def _timed(browser: Browser, address: str) -> float:
    started = time.perf_counter()
    if address.startswith("POST "):
        answer = browser.client.post(address[5:], data=PREVIEWED)
    else:
        answer = browser.client.get(address)
    taken = time.perf_counter() - started
    assert answer.status_code in {200, 204}, (address, answer.status_code)
    return taken


def _check_plans(url: str) -> None:
    database = Database(url)
    with database.reading() as session:
        campaign = campaign_by_slug(session, SLUG)
        for narrow in USUAL:
            where = conditions(session, campaign, narrow, NOBODY)
            plan = plan_of(session, select(Proposal.id).where(*where))
            assert not reads_all(plan), (narrow, plan)


def main() -> None:
    """Print the figures, one column a size and database, and how the cold ones grow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--folder", default="")
    parser.add_argument("--only", default="", help="names of pages, comma-separated")
    options = parser.parse_args()
    # As app.py does: the clustering's own threads wait busily.
    os.environ.setdefault("PARLAY_NUM_THREADS", "1")
    folder = Path(options.folder or tempfile.mkdtemp(prefix="lujian-bench-"))
    only = [name for name in options.only.split(",") if name]
    rows = run([int(size) for size in options.sizes.split(",")], folder, only)
    print_columns(rows)
    for name in only or PAGES:
        for kind in dict.fromkeys(row["database"] for row in rows):
            of_kind = [row for row in rows if row["database"] == kind]
            print(f"  {kind}", end="")
            print_growth(of_kind, size="proposals", cost=f"{name}_cold_s")


if __name__ == "__main__":
    main()
