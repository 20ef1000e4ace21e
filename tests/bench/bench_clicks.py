"""What a click costs as the campaign grows: ``python -m tests.bench.bench_clicks``.

One server for each number of proposals, all up at once; repetitions take turns between them, so
that whatever else the machine does falls on all alike. Measured are script runs through the
websocket (a tap on a quiet place with the same neighbours everywhere, a tap where proposals stand
most densely, a plain rerun) and the round trip in Chromium, from the finger's touch to the
community's name on the page and to the end of the run. Times are in ms, as quartile 1 / median /
quartile 3, with the median's ratio to the smallest campaign's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from tests.bench.browsing import chromium
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
from tests.bench.streamlit_client import Run, Visitor, resident_mb
from tests.browser.walking import PHONE, Server, look_at, map_frame, settled, start_server, tap

Times = dict[tuple[str, int], list[float]]

#: Nobody taps again within the moment in which the last run's thread still ends.
_PAUSE_S = 0.1
_TOUCHED = """
(b) => addEventListener("mousedown", () => {
  parent.lujianTouched = performance.timeOrigin + performance.now(); }, true)
"""
_WATCH = """
(name) => { window.lujianSaid = null; window.lujianDone = null;
  const now = () => performance.timeOrigin + performance.now();
  const look = () => {
    const said = [...document.querySelectorAll("[data-testid=stAlert]")];
    if (!lujianSaid && said.some(e => e.textContent.includes(name))) window.lujianSaid = now();
    if (lujianSaid && document.querySelector("[data-test-script-state=notRunning]"))
      window.lujianDone = now();
    else requestAnimationFrame(look); };
  look(); }
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


async def reruns(running: dict[int, Server], *, rounds: int) -> Times:
    """Time script runs through the websocket; seconds, by kind and size."""
    times: Times = defaultdict(list)
    async with AsyncExitStack() as stack:
        visitors = {
            size: await stack.enter_async_context(Visitor(server.url, campaign=SLUG, lang="zh_CN"))
            for size, server in running.items()
        }
        for visitor in visitors.values():
            await visitor.rerun()
        for turn in range(-3, rounds):
            shift = (turn % 7) * 1e-6
            for size, visitor in _in_turn(visitors, turn):
                quiet = await visitor.tap(QUIET[0] + shift, QUIET[1])
                _check_quiet(quiet)
                await asyncio.sleep(_PAUSE_S)
                plain = await visitor.rerun()
                _check_quiet(plain)
                await asyncio.sleep(_PAUSE_S)
                busy = await visitor.tap(BUSY[0] + shift, BUSY[1])
                assert not busy.failures, busy.failures
                await asyncio.sleep(_PAUSE_S)
                if turn >= 0:
                    for kind, run in (("quiet tap", quiet), ("plain", plain), ("busy tap", busy)):
                        times[f"rerun, {kind}", size].append(run.seconds)
    return times


def _check_quiet(run: Run) -> None:
    assert not run.failures, run.failures
    assert any(QUIET_NAME in alert for alert in run.alerts), run.alerts
    assert run.headings, "no neighbours found"
    assert str(NEIGHBOURS) in re.findall(r"\d+", run.headings[0]), run.headings


def _in_turn(things: dict[int, Visitor], turn: int) -> list[tuple[int, Visitor]]:
    """Return all of them, each time beginning with another."""
    items = list(things.items())
    return items[turn % len(items) :] + items[: turn % len(items)]


def round_trips(running: dict[int, Server], browser: Browser, *, rounds: int) -> Times:
    """Time taps in Chromium; seconds, by kind and size."""
    times: Times = defaultdict(list)
    pages = {size: _open(server, browser) for size, server in running.items()}
    for turn in range(-2, rounds):
        place, name = ((QUIET, QUIET_NAME), (ELSEWHERE, ELSEWHERE_NAME))[turn % 2]
        for size, page in pages.items():
            page.bring_to_front()
            said, done = _touch(page, place, name)
            if turn >= 0:
                times["browser, tap to name", size].append(said)
                times["browser, tap to end", size].append(done)
    return times


def _open(server: Server, browser: Browser) -> Page:
    page = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    page.goto(f"{server.url}/?campaign={SLUG}&lang=zh_CN")
    map_frame(page).locator(".lujian-cluster").first.wait_for()
    settled(page)
    look_at(page, QUIET[0], (QUIET[1] + ELSEWHERE[1]) / 2, zoom=16)
    map_frame(page).locator("body").evaluate(_TOUCHED)
    return page


def _touch(page: Page, place: tuple[float, float], name: str) -> tuple[float, float]:
    page.evaluate(_WATCH, name)
    tap(page, *place)
    page.wait_for_function("() => window.lujianDone !== null")
    said, done = page.evaluate("() => [lujianSaid - lujianTouched, lujianDone - lujianTouched]")
    page.wait_for_timeout(200)
    return said / 1000, done / 1000


def show(times: Times) -> None:
    """Print quartiles by kind and size."""
    smallest = min(size for _, size in times)
    for (kind, size), seconds in sorted(times.items()):
        low, middle, high = np.percentile(seconds, (25, 50, 75)) * 1000
        ratio = middle / (np.median(times[kind, smallest]) * 1000)
        shown = f"{low:7.1f} / {middle:7.1f} / {high:7.1f} ms"
        print(f"  {kind:22} {size:>9,} proposals  {shown}  ratio {ratio:.2f}", flush=True)


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100,100000,1000000", help="comma-separated")
    parser.add_argument("--rounds", type=int, default=40, help="script runs of each kind")
    parser.add_argument("--folder", help="where filled databases are kept; default: nowhere")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    print(f"clicks: as a campaign grows; load before: {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as passing:
        folder = Path(options.folder or passing)
        with servers(sizes, folder) as running:
            show(asyncio.run(reruns(running, rounds=options.rounds)))
            with chromium() as browser:
                show(round_trips(running, browser, rounds=options.rounds // 2))
            for size, server in running.items():
                print(f"  server at {size:,}: {resident_mb(server.process.pid):,.0f} MB")


if __name__ == "__main__":
    main()
