"""The map as it fills, and folium's FastMarkerCluster: ``python -m tests.bench.bench_map``.

First the tiles of clusters over HTTP on the loopback: time and size of each, of asking again with
its ETag, of the very first one and of the first after a filing. Then both maps in Chromium with an
empty cache: bytes, requests, time until every cluster is drawn, memory, and a zoom; once at full
speed and once as a phone has it (9 Mbit/s, 170 ms, a processor 4 times slower). The peer's script
comes from npm into a passing folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser
from playwright.sync_api import Error as BrowserError

from core.database import Database
from geo.cluster_index import mercator_unit
from people.access.actor import Actor
from submissions.participation.filing import file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.proposals.queries import campaign_by_slug
from tests.bench.browsing import chromium
from tests.bench.filled import QUIET, SLUG, gathered, prepared
from tests.bench.map_pages import PEER_PACKAGE, served, write_ours, write_peer
from tests.bench.tables import print_columns
from tests.browser.walking import PHONE

_ZOOMS = range(11, 20)
_TILES_PER_ZOOM = 25
_READY = """
() => {
  const name = Object.keys(window).find(key => /^map_[0-9a-f]+$/.test(key));
  const map = name && window[name];
  if (!map || !document.querySelector(".lujian-label")) return null;
  for (const layer of Object.values(map._layers)) {
    if (layer._byTile) {
      const tiles = Object.values(layer._byTile);
      if (layer.isLoading() || !tiles.length) return null;
      const count = tiles.flat().reduce((sum, m) => sum + (m.lujianCount || 1), 0);
      return { ms: performance.now(), count };
    }
    if (layer._topClusterLevel && document.querySelector(".leaflet-marker-icon.marker-cluster"))
      return { ms: performance.now(), count: layer._topClusterLevel.getChildCount() };
  }
  return null;
}
"""
_ZOOM_IN = """
async () => {
  const map = window[Object.keys(window).find(key => /^map_[0-9a-f]+$/.test(key))];
  const pins = Object.values(map._layers).find(layer => layer._byTile);
  const started = performance.now();
  map.setView([40.030, 116.3245], 16, { animate: false });
  do { await new Promise(requestAnimationFrame); } while (pins && pins.isLoading());
  return performance.now() - started;
}
"""


def tiles(client: httpx2.Client, size: int, database: Database) -> dict[str, Any]:
    """Time the tiles of one campaign; ms and bytes."""
    places = gathered(size).geometry
    x, y = mercator_unit(places.x.to_numpy(), places.y.to_numpy())
    started = time.perf_counter()
    _get(client, size, 12, *_columns_rows(x, y, 12)[0])
    first = time.perf_counter() - started
    for zoom in (12, 14, 15):
        answers = [_get(client, size, zoom, *at)[1].json() for at in _columns_rows(x, y, zoom)]
        held = sum(c[2] for a in answers for c in a["clusters"]) + sum(
            len(a["pins"]) for a in answers
        )
        assert held == size, (zoom, held, size)
    rng = np.random.default_rng(3)
    asked = []
    for zoom in _ZOOMS:
        there = _columns_rows(x, y, zoom)
        asked += [(zoom, *there[i]) for i in rng.permutation(len(there))[:_TILES_PER_ZOOM]]
    fresh, again, plain, packed = [], [], [], []
    for tile in asked:
        seconds, answer = _get(client, size, *tile)
        fresh.append(seconds)
        plain.append(len(answer.content))
        packed.append(answer.num_bytes_downloaded)
        seconds, same = _get(client, size, *tile, etag=answer.headers["etag"])
        assert (same.status_code, same.content) == (304, b"")
        again.append(seconds)
    _file(database)
    seconds, _ = _get(client, size, *asked[0])
    return {
        "proposals": size,
        "tiles": len(asked),
        "first_ms": first * 1000,
        "after_filing_ms": seconds * 1000,
        **_spread("tile", np.array(fresh) * 1000, "ms"),
        **_spread("304", np.array(again) * 1000, "ms"),
        **_spread("plain", np.array(plain), "bytes"),
        **_spread("gzip", np.array(packed), "bytes"),
    }


def _spread(name: str, values: NDArray[Any], unit: str) -> dict[str, float]:
    p50, p95 = np.percentile(values, (50, 95))
    return {f"{name}_p50_{unit}": float(p50), f"{name}_p95_{unit}": float(p95)}


def _columns_rows(
    x: NDArray[np.float64], y: NDArray[np.float64], zoom: int
) -> list[tuple[int, int]]:
    both = np.unique(np.column_stack([x, y]) * (1 << zoom) // 1, axis=0).astype(int)
    return [(int(column), int(row)) for column, row in both]


def _get(
    client: httpx2.Client, size: int, zoom: int, column: int, row: int, *, etag: str = ""
) -> tuple[float, httpx2.Response]:
    address = f"/{size}/api/campaigns/{SLUG}/clusters/{zoom}/{column}/{row}.json"
    started = time.perf_counter()
    answer = client.get(address, headers={"If-None-Match": etag} if etag else {})
    seconds = time.perf_counter() - started
    assert answer.status_code in {200, 304}, answer
    return seconds, answer


def _file(database: Database) -> None:
    with database.reading() as session:
        campaign_id = campaign_by_slug(session, SLUG).id
    draft = DraftProposal(uuid4().hex, *QUIET, "bike_parking", "请画停车线。", "lives")
    actor = Actor(uuid4().hex)
    now = datetime.now(UTC)
    database.write(lambda session: file_proposal(session, actor, campaign_id, draft, now=now))


def load(browser: Browser, address: str, *, total: int, phone: bool) -> dict[str, Any]:
    """Open a map with an empty cache; return its figures."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    try:
        page = context.new_page()
        wire = context.new_cdp_session(page)
        moved: list[float] = []
        wire.on("Network.loadingFinished", lambda event: moved.append(event["encodedDataLength"]))
        wire.send("Network.enable")
        wire.send("Performance.enable")
        if phone:
            speed = {"downloadThroughput": 9e6 / 8, "uploadThroughput": 9e6 / 8}
            wire.send(
                "Network.emulateNetworkConditions", {"offline": False, "latency": 170, **speed}
            )
            wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.set_default_timeout(300_000)
        page.goto(address, wait_until="commit")
        ready = page.wait_for_function(_READY).json_value()
        page.wait_for_timeout(300)
        assert ready["count"] == total, (ready, total)
        figures = {"kB": sum(moved) / 1000, "requests": len(moved), "ready_s": ready["ms"] / 1000}
        wire.send("HeapProfiler.collectGarbage")
        metrics = wire.send("Performance.getMetrics")["metrics"]
        heap = next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize")
        zoomed = page.evaluate(_ZOOM_IN)
        return {**figures, "heap_mb": heap / 1e6, "zoom_ms": zoomed}
    finally:
        context.close()


def compare(browser: Browser, address: str, size: int, *, peer: bool, loads: int) -> None:
    """Print both maps' medians at one size, at full speed and as on a phone, and their ratio."""
    columns = []
    for line, times in (("desk", loads), ("phone", 1)):
        found: dict[str, list[dict[str, Any]]] = {"ours": [], "peer": []}
        for _ in range(times):
            for name in found if peer else ("ours",):
                # The database holds one more than the peer's page: the one filed above.
                total = size + 1 if name == "ours" else size
                page = f"{address}/pages/{name}-{size}.html"
                try:
                    found[name].append(load(browser, page, total=total, phone=line == "phone"))
                except BrowserError as error:
                    print(f"  {name} failed at {size:,}: {str(error).splitlines()[0]}")
        rows = {
            name: {key: float(np.median([one[key] for one in ones])) for key in ones[0]}
            for name, ones in found.items()
            if ones
        }
        columns += [{f"{size:,}": f"{name}, {line}", **row} for name, row in rows.items()]
        if len(rows) == 2:
            ratios = {key: rows["peer"][key] / rows["ours"][key] for key in rows["ours"]}
            columns.append({f"{size:,}": "peer/ours", **ratios})
    print_columns(columns)


def peer_package(folder: Path) -> Path | None:
    """Install the peer's script with npm; None, saying so, where that cannot be done."""
    npm = shutil.which("npm")
    if npm is None:
        print("  FastMarkerCluster skipped: npm is missing")
        return None
    words = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", PEER_PACKAGE]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  FastMarkerCluster skipped: npm could not install {PEER_PACKAGE}")
        return None
    return folder / "node_modules" / "leaflet.markercluster" / "dist"


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100,10000,100000,1000000", help="comma-separated")
    parser.add_argument("--loads", type=int, default=3, help="of each page at full speed")
    parser.add_argument("--folder", help="where filled databases are kept; default: nowhere")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    print(f"map: tiles, and FastMarkerCluster; load before: {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as passing:
        work = Path(passing)
        pages = work / "pages"
        pages.mkdir()
        peer = peer_package(work)
        databases = {}
        for size in sizes:
            shutil.copytree(prepared(Path(options.folder or work), size), work / f"copy-{size}")
            databases[size] = work / f"copy-{size}" / "lujian.sqlite"
            write_ours(pages, size)
            if peer is not None:
                points = gathered(size).geometry
                write_peer(pages, size, np.column_stack([points.y, points.x]).tolist())
        with served(databases, pages, peer) as address:
            with httpx2.Client(base_url=address, timeout=120) as client:
                rows = []
                for size in sizes:
                    database = Database(f"sqlite:///{databases[size]}")
                    rows.append(tiles(client, size, database))
                    database.close()
                print_columns(rows)
            with chromium() as browser:
                for size in sizes:
                    compare(browser, address, size, peer=peer is not None, loads=options.loads)


if __name__ == "__main__":
    main()
