"""How soon a page can be used, and what it weighs: ``python -m tests.bench.bench_weight``.

Each page is opened in Chromium with an empty cache, as a phone has it, on several lines. A finger
taps every 100 ms, from the moment there is something to tap, until the page answers: a pin stands
on the map; the form says that it sends, or what is missing; the support is taken; the field has the
cursor. Counted is the time from the start of the navigation to that answer, and, in a load without
taps, every byte and request, the first time and the second. The peer is a bare st_folium page with
Leaflet from its own server. Browser and server share the machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from tests.bench.browsing import chromium
from tests.bench.filled import QUIET, QUIET_NAME, SLUG
from tests.bench.streamlit_client import machine_cpu_seconds
from tests.bench.tables import print_columns
from tests.browser.walking import PHONE, ROOT, free_port, start_server
from tests.browser.weighing import Scale

MOST_KB = 350
_FINGER_S = 0.1
_MAP = """
  const pages = [window, ...[...document.querySelectorAll("iframe")].map(f => f.contentWindow)];
  for (const page of pages) {
    let box = null;
    try { box = page.document.querySelector(".leaflet-container"); } catch (error) { continue; }
    if (!box) continue;
    const frame = page.frameElement ? page.frameElement.getBoundingClientRect() : { x: 0, y: 0 };
    const whole = box.getBoundingClientRect();
    if (frame.y + whole.y + 60 > innerHeight) (page.frameElement || box).scrollIntoView();
    for (let at = 0; at < 60; at++) {  // outwards from the middle, where the campaign is
      const x = whole.x + whole.width / 2 + 2.4 * at * Math.cos(2.4 * at);
      const y = whole.y + whole.height / 2 + 2.4 * at * Math.sin(2.4 * at);
      const there = page.document.elementFromPoint(x, y);
      const taken = ".leaflet-marker-icon, .leaflet-control, .leaflet-popup";
      if (there && box.contains(there) && !there.closest(taken) && frame.y + y < innerHeight)
        return [frame.x + x, frame.y + y];
    }
  }
  return null;
"""
_BUTTON = """
  const it = %s;
  if (!it) return null;
  const box = it.getBoundingClientRect();
  const seen = box.top >= 0 && box.bottom <= innerHeight;
  if (!seen) { it.scrollIntoView({ block: "center" }); return null; }
  return [box.x + box.width / 2, box.y + box.height / 2];
"""
_SEND = "(f => f && f.lujianSay && f.querySelector('.lj-send'))(document.querySelector('.lj-say'))"
_SUPPORT = "window.LuJian && document.querySelector('form[data-support] button')"
_WATCH = """
(() => {
  if (window !== top) return;
  const known = new WeakSet();
  const told = () => { window.lujianAnswered = window.lujianAnswered || performance.now(); };
  const watch = (page) => {
    if (known.has(page)) return;
    known.add(page);
    const look = () => { if (page.querySelector("%s")) requestAnimationFrame(told); };
    const every = { subtree: true, childList: true, attributes: true };
    new MutationObserver(look).observe(page, every);
    page.addEventListener("focusin", look);
  };
  const turn = () => {
    watch(document);
    for (const frame of document.querySelectorAll("iframe")) {
      try { watch(frame.contentWindow.document); } catch (error) { /* another's */ }
    }
    requestAnimationFrame(turn);
  };
  turn();
})();
"""
_SEEN = """
() => { const first = performance.getEntriesByName("first-contentful-paint")[0];
  return [window.lujianAnswered, first ? first.startTime : null]; }
"""


@dataclass(frozen=True)
class Line:
    """A line and a processor; 0 Mbit/s is a line that is not held back."""

    name: str
    down_mbit_s: float
    up_mbit_s: float
    latency_ms: int
    cpu_slower: int
    most_s: float | None = None


@dataclass(frozen=True)
class Case:
    """A page, where a finger taps on it (JavaScript), and the element that answers."""

    name: str
    path: str
    spot: str
    answer: str
    light: bool = True


LINES = (
    Line("unthrottled", 0, 0, 0, 1),
    Line("9 Mbit/s 170 ms CPU/4", 9, 9, 170, 4, 3.0),
    Line("fast 3G", 1.6, 0.75, 560, 1, 6.0),
    Line("fast 3G CPU/4", 1.6, 0.75, 560, 4),
)
PIN, SAID = ".lujian-drop", ".lj-progress:not([hidden]), form .lj-problem:not([hidden])"


def cases(proposal: str) -> list[Case]:
    """Return the program's own pages."""
    card = f"/w/c/{SLUG}?at={QUIET[0]},{QUIET[1]}&place={quote(QUIET_NAME)}"
    field = _BUTTON % "document.querySelector('input[name=code]')"
    took = "form[data-support] button[aria-pressed=true], form[data-support] button[disabled]"
    return [
        Case("/w/c/bike-parking", "/w/c/bike-parking", _MAP, PIN),
        Case("/w/c/micro-park", "/w/c/micro-park", _MAP, PIN),
        Case("QR card", card, _BUTTON % _SEND, SAID),
        Case("/w/p/{id}", f"/w/p/{proposal}", _BUTTON % _SUPPORT, took),
        Case("/w/r", "/w/r", field, "input[name=code]:focus"),
        Case("full map", f"/?campaign={SLUG}&full=1", _MAP, PIN, light=False),
    ]


PEER = Case("st_folium", "/", _MAP, ".leaflet-marker-icon", light=False)


@contextmanager
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """Give a phone that has never seen the pages."""
    context = browser.new_context(
        viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2, locale="zh-CN"
    )
    try:
        yield context
    finally:
        context.close()


def tappable(browser: Browser, address: str, case: Case, line: Line) -> dict[str, float]:
    """Open a page and tap until it answers; seconds from the start of the navigation."""
    with phone(browser) as context:
        context.add_init_script(_WATCH % case.answer)
        page = context.new_page()
        hold_back(page, line)
        page.set_default_timeout(180_000)
        page.goto(address + case.path, wait_until="commit")
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            with suppress(BrowserError):  # the page may just be taking the place of an empty one
                answered, painted = page.evaluate(_SEEN)
                if answered is not None:
                    return {"tap_s": answered / 1000, "paint_s": (painted or np.nan) / 1000}
                spot = page.evaluate(f"() => {{ {case.spot} }}")
                if spot is not None:
                    page.mouse.click(*spot)
            page.wait_for_timeout(_FINGER_S * 1000)
        raise AssertionError(f"{case.name} does not answer on {line.name}")


def hold_back(page: Page, line: Line) -> None:
    """Slow the line and the processor down, as the browser's own tools do."""
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    if line.down_mbit_s:
        held = {
            "offline": False,
            "latency": line.latency_ms,
            "downloadThroughput": line.down_mbit_s * 1e6 / 8,
            "uploadThroughput": line.up_mbit_s * 1e6 / 8,
        }
        wire.send("Network.emulateNetworkConditions", held)
    if line.cpu_slower > 1:
        wire.send("Emulation.setCPUThrottlingRate", {"rate": line.cpu_slower})


def weigh(browser: Browser, address: str, case: Case) -> dict[str, Any]:
    """Load a page twice without touching it; bytes and requests, new and with what was kept."""
    with phone(browser) as context:
        first = Scale.of(context, address + case.path)
        again = Scale.of(context, address + case.path)
        return {
            "kB": first.kilobytes,
            "requests": first.requests,
            "kB again": again.kilobytes,
            "requests again": again.requests,
            "heaviest": first.heaviest(),
        }


def measure(browser: Browser, address: str, case: Case, lines: list[Line], loads: int) -> Any:
    """Return a page's figures; times are medians."""
    weight = weigh(browser, address, case)
    heaviest = weight.pop("heaviest")
    figures: dict[str, Any] = {"page": case.name, **weight}
    for line in lines:
        found = [tappable(browser, address, case, line) for _ in range(loads)]
        figures[f"{line.name}: words, s"] = float(np.median([one["paint_s"] for one in found]))
        figures[f"{line.name}: tap, s"] = float(np.median([one["tap_s"] for one in found]))
    return figures, heaviest


def judged(rows: list[dict[str, Any]], lines: list[Line], light: set[str]) -> None:
    """Add to each light page whether it met the targets."""
    for row in rows:
        told = {f"kB <= {MOST_KB}": row["kB"] <= MOST_KB}
        for line in lines:
            if line.most_s is not None:
                told[f"{line.name} <= {line.most_s:g} s"] = (
                    row[f"{line.name}: tap, s"] <= line.most_s
                )
        for name, met in told.items():
            row[name] = ("met" if met else "MISSED") if row["page"] in light else "-"


def ratios(rows: list[dict[str, Any]], lines: list[Line]) -> list[dict[str, Any]]:
    """Return how many times a page is lighter and sooner than the peer, which comes last."""
    names = ["kB", "requests", *(f"{line.name}: tap, s" for line in lines)]
    peer = rows[-1]
    return [
        {"peer / page": row["page"], **{name: peer[name] / row[name] for name in names}}
        for row in rows[:-1]
    ]


@contextmanager
def peer_server() -> Iterator[str]:
    """Run the bare st_folium page; give its address."""
    port = free_port()
    words = [sys.executable, "-m", "streamlit", "run", str(Path(__file__).with_name("peer_app.py"))]
    words += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(words, cwd=ROOT, **quiet)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with suppress(httpx2.TransportError):
                httpx2.get(f"{address}/_stcore/health").raise_for_status()
                break
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait()


def busy_cores(seconds: float = 2.0) -> float:
    """Return how many cores the machine uses while nothing of ours runs."""
    before = machine_cpu_seconds()
    time.sleep(seconds)
    return (machine_cpu_seconds() - before) / seconds


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=3, help="of each page on each line")
    parser.add_argument("--pages", default="", help="names of pages, comma-separated")
    parser.add_argument("--lines", default="", help="numbers of lines from 0, comma-separated")
    parser.add_argument("--heaviest", action="store_true", help="list what weighs most")
    options = parser.parse_args()
    print(f"weight: pages on slow lines; load before: {os.getloadavg()[0]:.1f}", flush=True)
    chosen = [int(one) for one in options.lines.split(",") if one] or range(len(LINES))
    lines = [LINES[number] for number in chosen]
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = start_server(Path(folder))
        stack.callback(server.stop)
        peer = stack.enter_context(peer_server())
        browser = stack.enter_context(chromium())
        found = httpx2.get(f"{server.url}/api/campaigns/{SLUG}/proposals.geojson").json()
        pages = [(server.url, case) for case in cases(found["features"][0]["properties"]["id"])]
        pages.append((peer, PEER))
        wanted = set(options.pages.split(",")) - {""}
        rows = []
        for address, case in pages:
            if wanted and case.name not in wanted:
                continue
            # Streamlit imports a page's script with its first visitor.
            tappable(browser, address, case, LINES[0])
            others = busy_cores()
            row, heaviest = measure(browser, address, case, lines, options.loads)
            rows.append({**row, "others_cores": others})
            if options.heaviest:
                for name, size in heaviest:
                    print(f"  {case.name}: {size:>9,}  {name.removeprefix(address)[:110]}")
        judged(rows, lines, {case.name for _, case in pages if case.light})
        print_columns(rows)
        if len(rows) > 1 and rows[-1]["page"] == PEER.name:
            print()
            print_columns(ratios(rows, lines))


if __name__ == "__main__":
    main()
