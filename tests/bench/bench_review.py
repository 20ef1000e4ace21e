"""The planners' review measured: what each page and layer takes in the server, cold and kept.

    python -m tests.bench.bench_review --sizes 10000,100000 --folder /tmp/bench

Cold: in a process that has just started, nothing worked out yet, words indexed. Kept: asked again.
Each figure is seconds of wall-clock time within the process, without a network. The aim is the
first content of each page of planners under a second at 100,000. No plan of a usual filter may
read the whole table.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.context import make_context
from database import Database
from people.actors import Actor, Role
from people.sessions import SESSION_COOKIE
from people.visitors import COOKIE
from settings import Settings
from submissions import search, selection
from submissions.filters import Filter
from submissions.models import Proposal
from submissions.narrowing import conditions
from submissions.queries import campaign_by_slug
from submissions.selection import Selection
from tests.bench.filled import SLUG, prepared
from tests.bench.tables import print_columns
from tests.people.acting import new_account, session_cookie
from tests.submissions.plans import plan_of, reads_all
from tests.web.browsing import Browser
from tests.web.conftest import SECRET, site

NOBODY = Actor()
PAGES = {
    "page": "/w/desk/review?campaign={slug}",
    "page_narrowed": "/w/desk/review?campaign={slug}&relation=lives&text=%E5%81%9C%E8%BD%A6",
    "page_period": "/w/desk/review?campaign={slug}&from=2026-03-10&to=2026-03-20",
    "hotspots_and_charts": "/w/desk/review/more?campaign={slug}",
    "communities_layer": "/api/campaigns/{slug}/communities.geojson?supports=0&from=2026-03-02",
    "tile_narrowed": "/api/campaigns/{slug}/clusters/13/6743/3100.json?from=2026-03-03",
    "heat": "/api/campaigns/{slug}/heat.png",
    "brief": "/w/desk/review/brief.pdf?campaign={slug}&from=2026-03-05",
}
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


def run(sizes: list[int], folder: Path) -> list[dict[str, Any]]:
    """Measure each size in a copy of its database."""
    return [_measure(count, folder) for count in sizes]


def _measure(count: int, folder: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"proposals": count}
    with tempfile.TemporaryDirectory() as scratch:
        var = Path(scratch) / "var"
        shutil.copytree(prepared(folder, count), var)
        database = Database(f"sqlite:///{var / 'lujian.sqlite'}")
        while search.catch_up(database):
            pass
        browser = _planner(database, var)
        for name, address in PAGES.items():
            for kind in ("cold", "kept"):
                row[f"{name}_{kind}_s"] = _timed(browser, address.format(slug=SLUG))
        row["hotspot_page_s"] = _timed(browser, _hotspot(database))
        _check_plans(database)
        database.close()
    return row


def _planner(database: Database, var: Path) -> Browser:
    room = make_context(database, Settings(var_dir=var, secret_key=SECRET))
    browser = Browser(site(room))
    browser.open("/w/")
    account = new_account(database, Role.COMMUNITY_PLANNER)
    device = next(each for each in browser.client.cookies.jar if each.name == COOKIE)
    cookie = session_cookie(database, SECRET, account)
    browser.client.cookies.set(SESSION_COOKIE, cookie, domain=device.domain, path="/")
    return browser


def _timed(browser: Browser, address: str) -> float:
    started = time.perf_counter()
    browser.open(address)
    assert browser.status == 200, (address, browser.status)
    return time.perf_counter() - started


def _hotspot(database: Database) -> str:
    with database.reading() as session:
        campaign = campaign_by_slug(session, SLUG)
    whole = Selection(campaign, Filter(), NOBODY)
    frame = selection.hotspots(database, whole, radius_m=50, min_proposals=5).frame
    return f"/w/desk/review/hotspot/{frame.iloc[0]['hotspot_id']}?campaign={SLUG}"


def _check_plans(database: Database) -> None:
    with database.reading() as session:
        campaign = campaign_by_slug(session, SLUG)
        for narrow in USUAL:
            where = conditions(session, campaign, narrow, NOBODY)
            plan = plan_of(session, select(Proposal.id).where(*where))
            assert not reads_all(plan), (narrow, plan)


def main() -> None:
    """Print the figures, one column a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--folder", default="")
    options = parser.parse_args()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="lujian-bench-"))
    print_columns(run([int(size) for size in options.sizes.split(",")], folder))


if __name__ == "__main__":
    main()
