"""Walking a journey: a real server, a watched page, and hands to move and tap the map."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from playwright.sync_api import Browser, FrameLocator, Page, Playwright

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
CHROMIUM = Path("/usr/bin/chromium")
NO_CHROMIUM = "Chromium is missing: apt install chromium fonts-noto-cjk"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
FRAME = "iframe[title='streamlit_folium.st_folium']"


def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium, which must ask nobody for anything."""
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running program: its address, its folder and its process."""

    url: str
    var_dir: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_server(var_dir: Path, **environment: str) -> Server:
    """Start `streamlit run app.py` on a free loopback port and wait until it answers."""
    port = free_port()
    with (var_dir / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")),
                *("--server.port", str(port), "--server.address", "127.0.0.1"),
            ],
            cwd=ROOT,
            env={**os.environ, "LUJIAN_VAR_DIR": str(var_dir), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", var_dir, process)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx2.TransportError):
            if httpx2.get(f"{server.url}/api/health").status_code == 200:
                return server
        time.sleep(0.2)
    process.kill()
    raise AssertionError((var_dir / "server.log").read_text(errors="replace")[-4000:])


class Guard:
    """Notes whatever a page must not do."""

    def __init__(self, home: str) -> None:
        self.home = urlsplit(home).netloc
        self.problems: list[str] = []
        self.forgiven: tuple[str, ...] = ()

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("console", lambda m: self._console(m.type, m.text))
        page.on("request", lambda r: self._request(r.url))
        page.on("response", lambda r: self._response(r.status, r.url))

    def _console(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.problems.append(f"console: {text}")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.home:
            self.problems.append(f"foreign request: {url}")

    def _response(self, status: int, url: str) -> None:
        if status >= 400 and not url.endswith(self.forgiven or ("\0",)):
            self.problems.append(f"{status}: {url}")


OpenPage = Callable[..., Page]


@contextmanager
def watched_pages(server: Server, chromium: Browser) -> Iterator[OpenPage]:
    guard = Guard(server.url)
    contexts = []

    def opener(
        path: str = "/",
        *,
        size: dict[str, int] = PHONE,
        lang: str = "zh_CN",
        position: dict[str, float] | None = None,
    ) -> Page:
        context = chromium.new_context(
            viewport=size,
            has_touch=size is PHONE,
            is_mobile=size is PHONE,
            device_scale_factor=2 if size is PHONE else 1,
            locale=lang.replace("_", "-"),
            accept_downloads=True,
            geolocation=position,
            permissions=["geolocation"] if position else [],
        )
        context.add_cookies([{"name": "lujian_language", "value": lang, "url": server.url}])
        context.on("page", guard.watch)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(server.url + path)
        return page

    yield opener
    for context in contexts:
        context.close()
    assert not guard.problems


def look_at(page: Page, longitude: float, latitude: float, zoom: int = 18) -> None:
    """Move the map, as fingers would, and wait until it has drawn its pins."""
    body = map_frame(page).locator("body")
    map_frame(page).locator(".leaflet-container").wait_for()
    body.evaluate(
        "(b, [x, y, z]) => { map.setView([y, x], z, { animate: false }); }",
        [longitude, latitude, zoom],
    )
    body.evaluate(
        """() => new Promise((done) => {
          const look = () => {
            let busy = false;
            map.eachLayer((layer) => { busy = busy || (layer.isLoading && layer.isLoading()); });
            if (busy) setTimeout(look, 50); else done();
          };
          setTimeout(look, 300);
        })"""
    )


def map_frame(page: Page) -> FrameLocator:
    return page.frame_locator(FRAME)


def tap(page: Page, longitude: float, latitude: float) -> None:
    """Tap the map at a place."""
    page.locator(FRAME).scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = map_frame(page).locator(".leaflet-container")
    at = box.evaluate(
        "(b, [x, y]) => { const p = map.latLngToContainerPoint([y, x]); return [p.x, p.y]; }",
        [longitude, latitude],
    )
    corner = page.locator(FRAME).bounding_box()
    assert corner is not None
    page.mouse.click(corner["x"] + at[0], corner["y"] + at[1])


def settled(page: Page) -> None:
    """Wait until Streamlit has finished what the last touch set off."""
    page.wait_for_timeout(350)
    page.locator("[data-test-script-state='notRunning']").first.wait_for()


def overflow(page: Page) -> int:
    """Return how many pixels the page scrolls sideways."""
    return int(
        page.evaluate(
            "() => Math.max(...['html', 'body', '.stApp', '.stMain'].map(s => {"
            "const e = document.querySelector(s); return e ? e.scrollWidth - e.clientWidth : 0; }))"
        )
    )
