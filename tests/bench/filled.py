"""Databases with any number of proposals in one campaign, filled the way an import fills them.

The proposals gather as residents' do, around some hundred homes, inside the campaign's area. Within
160 m of ``QUIET`` and ``ELSEWHERE`` nothing is put but ``NEIGHBOURS`` proposals near ``QUIET``, the
same whatever the number, so that a tap there has the same answer in every database.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from core.database import Database, migrate
from data.campaigns import DEMO_CAMPAIGNS
from geo.crs import WGS84
from layers.communities.communities import load_communities
from people.access.actor import OPERATOR
from submissions.campaigns.campaign_draft import NewCampaign
from submissions.campaigns.create import create_campaign
from submissions.imports.import_table import import_proposals
from submissions.imports.row_reader import ImportColumns
from submissions.proposals.queries import campaign_by_slug, revision
from tests.browser.walking import ROOT

SLUG = "bike-parking"
#: Longitude and latitude, and the name of the community there.
QUIET, QUIET_NAME = (116.3256, 40.0372), "清上园社区"
ELSEWHERE, ELSEWHERE_NAME = (116.3256, 40.0403), "长城润滑油社区"
#: Where proposals stand most densely.
BUSY = (116.3245, 40.0300)
NEIGHBOURS = 5
_CHUNK = 100_000
_COLUMNS = ImportColumns(text="text", category="category", person="person", created="created")


def fill(var_dir: Path, count: int) -> Database:
    """Make ``lujian.sqlite`` in ``var_dir`` with ``count`` published proposals; return it open."""
    var_dir.mkdir(parents=True, exist_ok=True)
    return fill_at(f"sqlite:///{var_dir / 'lujian.sqlite'}", count)


def fill_at(url: str, count: int) -> Database:
    """Put ``count`` published proposals into the empty database at ``url``; return it open."""
    migrate(url)
    database = Database(url)
    now = datetime.now(UTC)
    campaign_id = database.write(lambda session: _set_up(session, now))
    rows = gathered(count)
    for start in range(0, count, _CHUNK):
        part = rows.iloc[start : start + _CHUNK]
        database.write(lambda session, part=part: _import(session, campaign_id, part, now))
    with database.reading() as session:
        assert revision(session, campaign_id) > 0
        assert campaign_by_slug(session, SLUG).id == campaign_id
    return database


def prepared(folder: Path, count: int) -> Path:
    """Return a folder under ``folder`` with a filled database, made when first asked for.

    Whoever changes the database works on a copy.
    """
    ready = folder / f"filled-{count}"
    if not ready.exists():
        making = folder / f"filling-{count}"
        fill(making, count).close()
        making.rename(ready)
    return ready


def gathered(count: int, *, seed: int = 20) -> gpd.GeoDataFrame:
    """Return ``count`` proposals as points in EPSG:4326, all inside the campaign's area."""
    rng = np.random.default_rng(seed)
    campaign = next(each for each in DEMO_CAMPAIGNS if each["slug"] == SLUG)
    west_to_east = QUIET[0] + np.arange(NEIGHBOURS) * 0.0001
    near = np.column_stack([west_to_east, np.full(NEIGHBOURS, QUIET[1] - 0.0004)])
    xy = np.concatenate([near, _spread(campaign["area"], count - NEIGHBOURS, rng)])
    keys = [category["key"] for category in campaign["categories"]]
    start = datetime(2026, 3, 1, tzinfo=UTC)
    minutes = rng.integers(0, 60 * 24 * 60, count).tolist()
    table = pd.DataFrame(
        {
            "text": [f"第 {number} 条:门口停车太乱,请画停车线。" for number in range(count)],
            "category": rng.choice(keys, count),
            "person": rng.integers(0, max(1, count * 2 // 3), count).astype(str),
            "created": [start + timedelta(minutes=minute) for minute in minutes],
        }
    )
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(*xy.T), crs=WGS84)


def _spread(area: shapely.Polygon, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    west, south, east, north = area.bounds
    homes = rng.uniform((west, south), (east, north), (400, 2))
    homes[:40] = BUSY
    weights = rng.pareto(1.3, len(homes)) + 0.3
    weights = np.minimum(weights, 20 * np.median(weights))
    shapely.prepare(area)
    kept: list[NDArray[np.float64]] = []
    have = 0
    while have < count:
        many = max(1000, count)
        home = homes[rng.choice(len(homes), many, p=weights / weights.sum())]
        xy = np.round(home + rng.normal(0, (0.0022, 0.0017), (many, 2)), 6)
        xy = xy[_away(xy, QUIET) & _away(xy, ELSEWHERE) & shapely.contains_xy(area, xy)]
        kept.append(xy)
        have += len(xy)
    return np.concatenate(kept)[:count]


def _away(xy: NDArray[np.float64], place: tuple[float, float]) -> NDArray[np.bool_]:
    east_m, north_m = (xy[:, 0] - place[0]) * 85_000, (xy[:, 1] - place[1]) * 111_000
    return np.hypot(east_m, north_m) > 160


def _set_up(session: Session, now: datetime) -> int:
    communities = gpd.read_file(ROOT / "data" / "qinghe" / "communities.geojson")
    frame = communities.rename(columns={"name_zh": "name"})
    options: dict[str, Any] = {"source": "schematic", "schematic": True, "now": now}
    ids = {}
    for campaign in DEMO_CAMPAIGNS:
        if not ids:
            load_communities(session, OPERATOR, campaign["edition"], frame, **options)
        ids[campaign["slug"]] = create_campaign(session, OPERATOR, NewCampaign(**campaign), now=now)
    return ids[SLUG]


def _import(session: Session, campaign_id: int, part: gpd.GeoDataFrame, now: datetime) -> None:
    report = import_proposals(session, OPERATOR, campaign_id, part, columns=_COLUMNS, now=now)
    assert (report.imported, report.held) == (len(part), 0), report
