"""What the server holds after many requests: ``python -m tests.bench.bench_memory``.

One part is 20,000 mixed requests: residents on the light pages (each of 5,000 devices at an address
of its own), designers' downloads, receipts, staff at the review with ever other filters, full maps
opened and left, and strangers who ask for what is not there. The other (``--hour``) is what 100
visitors do in an hour, 36,000 actions, in the manner of ``bench_visitors``: all stay to the end,
and act faster than people do. Memory is the resident memory of the server's process: the least
that was seen in each twentieth, as it rises and falls by tens of MB with what is being answered,
and the server gives back what is free each minute. ``slope`` is that of a straight line through
the last half of them, with its standard error: a curve that levels off has one near nought. The
peer is a bare page of Starlette that stores and lists texts on SQLite, asked as often.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

from people.access.actor import Role
from people.accounts.sessions import SESSION_COOKIE
from tests.bench.bench_visitors import crowd, stored
from tests.bench.crowd import API, Resident, places
from tests.bench.filled import SLUG
from tests.bench.streamlit_client import Visitor, resident_mb
from tests.browser.walking import ROOT, Server, free_port, start_server
from tests.people.acting import new_account, session_cookie

SECRET = "a secret of the benchmark which is long enough"
STEPS, AT_ONCE, DEVICES = 20, 4, 5_000
LOOK_S = 1.0
#: A server that grows by more than this for 1,000 requests would have to be restarted every week.
AIM_MB_PER_1000 = 1.0
SHARES = {"resident": 76, "download": 6, "receipt": 4, "review": 4, "map": 2, "stranger": 8}
HOUR_ACTIONS, HOUR_VISITORS, HOUR_EVERY_S = 36_000, 100, 2.5
WORDS = ("停车", "路灯", "座椅", "遮阳", "画线", "坡道", "qhz", "zzz")
STRANGE = (
    "/wp-login.php?n={n}",
    "/assets/lujian/./{n}/../lujian-map.js",
    "/assets/none-{n}.js",
    "/w/c/none-{n}",
    "/w/r/AAAA-BBBB-{n}",
    "/api/campaigns/{slug}/proposals.geojson?category=none{n}",
    "/api/campaigns/{slug}/clusters/30/{n}/1.json",
    "/w/c/{slug}/list?q={n}&page={n}",
    "/{n}?x={n}",
)


@dataclass
class Mixed:
    """Who asks for what, one request or short visit after the other."""

    server: Server
    client: httpx2.AsyncClient
    residents: list[Resident]
    staff: dict[str, str]
    random: random.Random = field(default_factory=lambda: random.Random(20))

    async def act(self) -> None:
        """Do one thing."""
        acts: dict[str, Callable[[], Awaitable[Any]]] = {
            "resident": self._resident,
            "download": self._download,
            "receipt": lambda: self._get("/w/r?code=AAAA-BBBB-CCCC", {200, 404, 429}),
            "review": self._review,
            "map": self._map,
            "stranger": self._stranger,
        }
        await acts[self.random.choices(list(SHARES), list(SHARES.values()))[0]]()

    async def _get(self, path: str, expected: set[int], **headers: str) -> None:
        answer = await self.client.get(path, headers=headers)
        assert answer.status_code in expected, (path, answer.status_code, answer.text[:200])

    async def _resident(self) -> None:
        one = self.random.choice(self.residents)
        await one.act(one.next_kind())

    async def _download(self) -> None:
        radius, least = self.random.randint(20, 200), self.random.randint(3, 30)
        kind = self.random.choice(["proposals", "communities", "hotspots"])
        query = f"?radius_m={radius}&min_proposals={least}" if kind == "hotspots" else ""
        await self._get(f"{API}/{kind}.geojson{query}", {200})

    async def _review(self) -> None:
        word, day = self.random.choice(WORDS), self.random.randint(1, 28)
        query, radius = f"?text={word}&from=2026-03-{day:02}", self.random.randint(20, 200)
        await self._get(f"/w/desk/review/views{query}&campaign={SLUG}", {200}, **self.staff)
        for file in ("communities.geojson", "hotspots.geojson"):
            more = f"&radius_m={radius}&verdicts=now" if file.startswith("hot") else ""
            await self._get(f"{API}/{file}{query}{more}", {200}, **self.staff)

    async def _map(self) -> None:
        page = self.random.choice(["", "planner"])
        async with Visitor(self.server.url, page=page, campaign=SLUG, lang="zh_CN") as visitor:
            run = await visitor.rerun()
            assert not run.failures, run.failures

    async def _stranger(self) -> None:
        path = self.random.choice(STRANGE).format(n=self.random.randrange(10**9), slug=SLUG)
        with suppress(httpx2.InvalidURL):
            answer = await self.client.get(path)
            assert answer.status_code < 500, (path, answer.status_code)


async def _run_mixed(server: Server, requests: int) -> list[float]:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=AT_ONCE)
    with ProcessPoolExecutor(1) as solving:
        async with httpx2.AsyncClient(base_url=server.url, timeout=120, limits=limits) as client:
            answer = await client.get(f"{API}/proposals.geojson")
            known = [feature["properties"]["id"] for feature in answer.json()["features"]]
            spots = places(500)
            everyone = [Resident(client, n, spots, known, solving) for n in range(DEVICES)]
            mixed = Mixed(server, client, everyone, _staff(server))
            held = [resident_mb(server.process.pid)]
            for step in range(1, STEPS + 1):
                held.append(await _least_mb(server, _step(mixed, requests // STEPS)))
                results = (await client.get("/api/health", headers=mixed.staff)).json()
                print(
                    f"  {requests * step // STEPS:,}: {held[-1]:.0f} MB, "
                    f"results {results['results_mb']} of {results['results_most_mb']} MB",
                    flush=True,
                )
    filed = sum(one.filed for one in everyone)
    assert stored(server) == filed, (stored(server), filed)
    return held


async def _least_mb(server: Server, work: Coroutine[Any, Any, None]) -> float:
    """Return the least that the server was seen to hold while some work was done, in MB."""
    task, seen = asyncio.create_task(work), [resident_mb(server.process.pid)]
    while not task.done():
        await asyncio.wait([task], timeout=LOOK_S)
        seen.append(resident_mb(server.process.pid))
    task.result()
    return min(seen)


async def _step(mixed: Mixed, count: int) -> None:
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            await mixed.act()

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    await asyncio.sleep(1.0)


def _staff(server: Server) -> dict[str, str]:
    """Sign a community planner in; return the header that says so."""
    with server.database() as database:
        account = new_account(database, Role.ADMINISTRATOR)
        return {"Cookie": f"{SESSION_COOKIE}={session_cookie(database, SECRET, account)}"}


def mixed(requests: int) -> list[float]:
    """Return what the server holds before and after each twentieth of so many requests, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        server = _started(Path(folder))
        try:
            return asyncio.run(_run_mixed(server, requests))
        finally:
            server.stop()


def _started(folder: Path) -> Server:
    settings = {"LUJIAN_TRUSTED_PROXIES": "127.0.0.1", "LUJIAN_MAX_FILINGS_PER_HOUR": "10000"}
    return start_server(folder, LUJIAN_SECRET_KEY=SECRET, **settings)


def hour(actions: int) -> list[float]:
    """Return what the server holds while 100 visitors do so many things, in MB."""
    seconds = actions / HOUR_VISITORS * HOUR_EVERY_S
    with tempfile.TemporaryDirectory() as folder:
        server = _started(Path(folder))
        pid, held = server.process.pid, [resident_mb(server.process.pid)]

        async def watched() -> None:
            visit = asyncio.create_task(
                crowd(server.url, HOUR_VISITORS, every_s=HOUR_EVERY_S, seconds=seconds, pid=pid)
            )
            while not visit.done():
                held.append(await _least_mb(server, _wait(visit, seconds / STEPS)))
            tally = visit.result()
            assert not tally.wrong, tally.wrong[:3]
            print(f"  dropped connections: {len(tally.dropped)}", flush=True)

        try:
            asyncio.run(watched())
        finally:
            server.stop()
    return held


async def _wait(visit: asyncio.Task[Any], timeout_s: float) -> None:
    await asyncio.wait([visit], timeout=timeout_s)


@contextmanager
def _peer(folder: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    words = [sys.executable, "-m", "uvicorn", "tests.bench.peer_plain:app", "--no-access-log"]
    words += ["--port", str(port), "--log-level", "warning"]
    environment = {**os.environ, "PEER_DATABASE": str(folder / "peer.sqlite")}
    process = subprocess.Popen(words, cwd=ROOT, env=environment)
    try:
        for _ in range(100):
            with suppress(httpx2.TransportError):
                httpx2.get(f"http://127.0.0.1:{port}/")
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait()


def peer(requests: int) -> list[float]:
    """Return what the bare page holds, asked as often."""
    with tempfile.TemporaryDirectory() as folder, _peer(Path(folder)) as (url, pid):
        held = [resident_mb(pid)]
        with httpx2.Client(base_url=url) as client:
            for _ in range(STEPS):
                for number in range(requests // STEPS):
                    answer = client.get("/") if number % 16 else client.post("/", content="座椅")
                    assert answer.is_success
                held.append(resident_mb(pid))
    return held


def slope(held: list[float], requests: int) -> tuple[float, float]:
    """Return the slope of a line through the last half, and its standard error.

    In MB for 1,000 requests.
    """
    half = held[len(held) // 2 :]
    line, spread = np.polyfit(np.arange(len(half)), half, 1, cov=True)
    each = requests / (len(held) - 1) / 1000
    return float(line[0] / each), float(np.sqrt(spread[0][0]) / each)


def told(name: str, held: list[float], requests: int) -> float:
    """Print a curve and return its slope."""
    print(f"  {name}, MB at each twentieth: {' '.join(f'{mb:.0f}' for mb in held)}")
    found, error = slope(held, requests)
    middle = held[len(held) // 2]
    print(
        f"  {name}: {held[0]:.0f} -> {held[-1]:.0f} MB; last half {held[-1] - middle:+.1f} MB "
        f"({held[-1] / middle - 1:+.1%}), slope {found:+.2f} ± {error:.2f} MB for 1,000",
        flush=True,
    )
    return found


def main() -> None:
    """Print the curves, and say whether they level off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000, help="mixed ones")
    parser.add_argument("--hour", action="store_true", help="100 visitors for an hour, too")
    parser.add_argument("--actions", type=int, default=HOUR_ACTIONS, help="of that hour")
    options = parser.parse_args()
    print(f"memory: {options.requests:,} mixed requests; load before: {os.getloadavg()[0]:.1f}")
    ours = told("LuJian", mixed(options.requests), options.requests)
    bare = peer(options.requests)
    theirs = told("bare page", bare, options.requests)
    print(f"  the slope is {ours - theirs:+.2f} MB for 1,000 requests beside the bare page's")
    met = "met" if ours < AIM_MB_PER_1000 else "MISSED"
    print(f"  aim: the last half grows by less than {AIM_MB_PER_1000} MB for 1,000 requests: {met}")
    if options.hour:
        told(f"{HOUR_VISITORS} visitors", hour(options.actions), options.actions)


if __name__ == "__main__":
    main()
