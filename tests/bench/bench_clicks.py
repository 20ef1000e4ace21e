"""What a click costs as the campaign grows: ``python -m tests.bench.bench_clicks``.

One server for each number of proposals, all up at once; repetitions take turns between them, so
that whatever else the machine does falls on all alike. Measured are what the server answers over
HTTP (what lies at a quiet place with the same neighbours everywhere, at one where proposals stand
most densely, with a text begun; the whole page; a tile), a plain rerun of the full map through the
websocket, and the round trip in Chromium on the light page and on the full map, from the finger's
touch to the community's name on the screen. Times are in ms, as quartile 1 / median / quartile 3,
with the median's ratio to the smallest campaign's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from playwright.sync_api import Browser, Page

from tests.bench.browsing import chromium
from tests.bench.crowd import API, PAGE
from tests.bench.filled import (
    BUSY,
    ELSEWHERE,
    ELSEWHERE_NAME,
    NEIGHBOURS,
    QUIET,
    QUIET_NAME,
    SLUG,
    prepared,
)
from tests.bench.streamlit_client import Visitor, resident_mb
from tests.browser.walking import PHONE, Server, look_at, on_screen, start_server, the_map

Times = dict[tuple[str, int], list[float]]

#: Nobody taps again within the moment in which the last run's thread still ends.
_PAUSE_S = 0.1
TEXT = "门口停车太乱,早晚高峰进不去,请画停车线。"
FULL_MAP = f"/?campaign={SLUG}&full=1&lang=zh_CN"
_TOUCHED = """
(b) => b.ownerDocument.defaultView.addEventListener("mousedown", () => {
  top.lujianTouched = performance.timeOrigin + performance.now(); }, true)
"""
_WATCH = """
(name) => {
  window.lujianSaid = null;
  const box = document.querySelector("form.lj-say .lj-at");
  box.textContent = "";
  const look = () => { if (box.textContent.includes(name)) requestAnimationFrame(() => {
    window.lujianSaid = window.lujianSaid || performance.timeOrigin + performance.now(); }); };
  new MutationObserver(look).observe(box, { childList: true, subtree: true });
}
"""


@contextmanager
def servers(sizes: list[int], folder: Path) -> Iterator[dict[int, Server]]:
    """Run the program once for each size, each on its own copy of the filled database."""
    with ExitStack() as stack:
        running = {}
        for size in sizes:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            shutil.copytree(prepared(folder, size), place, dirs_exist_ok=True)
            running[size] = start_server(place)
            stack.callback(running[size].stop)
        yield running


def answers(running: dict[int, Server], *, rounds: int) -> Times:
    """Time what the server answers over HTTP; seconds, by kind and size."""
    times: Times = defaultdict(list)
    with ExitStack() as stack:
        clients = {
            size: stack.enter_context(httpx2.Client(base_url=server.url, timeout=300))
            for size, server in running.items()
        }
        for turn in range(-3, rounds):
            shift = (turn % 7) * 1e-6
            asked = {
                "at, quiet": (f"{API}/at", at(QUIET, shift)),
                "at, dense": (f"{API}/at", at(BUSY, shift)),
                "at, dense, text": (f"{API}/at", at(BUSY, shift) | {"text": TEXT}),
                "tile": (f"{API}/clusters/14/13486/6200.json", {}),
                "page": (PAGE, {}),
            }
            for kind, (address, query) in asked.items():
                for size, client in _in_turn(clients, turn):
                    started = time.perf_counter()
                    answer = client.get(address, params=query)
                    seconds = time.perf_counter() - started
                    answer.raise_for_status()
                    if kind == "at, quiet":
                        _check_quiet(answer.json())
                    if turn >= 0:
                        times[f"http, {kind}", size].append(seconds)
    return times


def at(place: tuple[float, float], shift: float) -> dict[str, Any]:
    """Return the query of a tap, a hair beside the last one: nothing is kept for it."""
    return {"longitude": place[0] + shift, "latitude": place[1]}


def _check_quiet(told: dict[str, Any]) -> None:
    assert told["community"]["name"] == QUIET_NAME, told
    assert told["nearby"]["total"] == NEIGHBOURS, told


async def reruns(running: dict[int, Server], *, rounds: int) -> Times:
    """Time plain reruns of the full map through the websocket; seconds, by kind and size."""
    times: Times = defaultdict(list)
    async with AsyncExitStack() as stack:
        visitors = {
            size: await stack.enter_async_context(Visitor(server.url, campaign=SLUG, lang="zh_CN"))
            for size, server in running.items()
        }
        for turn in range(-3, rounds):
            for size, visitor in _in_turn(visitors, turn):
                run = await visitor.rerun()
                assert run.map_id, run
                assert not run.failures, run.failures
                await asyncio.sleep(_PAUSE_S)
                if turn >= 0:
                    times["rerun, full map", size].append(run.seconds)
    return times


def _in_turn(things: dict[int, Any], turn: int) -> list[tuple[int, Any]]:
    """Return all of them, each time beginning with another."""
    items = list(things.items())
    return items[turn % len(items) :] + items[: turn % len(items)]


def round_trips(running: dict[int, Server], browser: Browser, *, rounds: int) -> Times:
    """Time taps in Chromium; seconds, by kind and size."""
    times: Times = defaultdict(list)
    for kind, address in (("light page", PAGE), ("full map", FULL_MAP)):
        pages = {size: _open(server, browser, address) for size, server in running.items()}
        for turn in range(-2, rounds):
            place, name = ((QUIET, QUIET_NAME), (ELSEWHERE, ELSEWHERE_NAME))[turn % 2]
            for size, page in pages.items():
                page.bring_to_front()
                said = _touch(page, place, name)
                if turn >= 0:
                    times[f"tap to name, {kind}", size].append(said)
        for page in pages.values():
            page.context.close()
    return times


def _open(server: Server, browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    page.set_default_timeout(60_000)
    page.goto(server.url + address)
    page.locator("form.lj-say").wait_for()
    the_map(page).locator(".lujian-cluster, .lujian-pin").first.wait_for()
    look_at(page, QUIET[0], (QUIET[1] + ELSEWHERE[1]) / 2, zoom=16)
    the_map(page).evaluate(_TOUCHED)
    return page


def _touch(page: Page, place: tuple[float, float], name: str) -> float:
    page.evaluate(_WATCH, name)
    page.mouse.click(*on_screen(page, *place))
    page.wait_for_function("() => window.lujianSaid !== null")
    said = page.evaluate("() => lujianSaid - lujianTouched")
    page.wait_for_timeout(200)
    return float(said) / 1000


def show(times: Times) -> None:
    """Print quartiles by kind and size."""
    smallest = min(size for _, size in times)
    for (kind, size), seconds in sorted(times.items()):
        low, middle, high = np.percentile(seconds, (25, 50, 75)) * 1000
        ratio = middle / (np.median(times[kind, smallest]) * 1000)
        shown = f"{low:7.1f} / {middle:7.1f} / {high:7.1f} ms"
        print(f"  {kind:24} {size:>9,} proposals  {shown}  ratio {ratio:.2f}", flush=True)


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100,100000,1000000", help="comma-separated")
    parser.add_argument("--rounds", type=int, default=40, help="of each kind")
    parser.add_argument("--folder", help="where filled databases are kept; default: nowhere")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    print(f"clicks: as a campaign grows; load before: {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as passing:
        folder = Path(options.folder or passing)
        with servers(sizes, folder) as running:
            show(answers(running, rounds=options.rounds))
            show(asyncio.run(reruns(running, rounds=options.rounds)))
            with chromium() as browser:
                show(round_trips(running, browser, rounds=options.rounds // 2))
            for size, server in running.items():
                print(f"  server at {size:,}: {resident_mb(server.process.pid):,.0f} MB")


if __name__ == "__main__":
    main()
