"""Walking a journey: a real server, a watched page, and hands to move and tap the map."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from playwright.sync_api import Browser, FrameLocator, Locator, Page, Playwright
from sqlalchemy import URL, make_url

from analysis.themes.taxonomy import taxonomy_in_force
from analysis.themes.training import ThemeTrainer
from core.database import Database
from people.access.actor import Grant, Role
from people.accounts.sessions import SESSION_COOKIE
from tests.forked_programs import Program, run_program, start_program
from tests.made_once import fill_demo, made_file
from tests.people.acting import new_account, session_cookie

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
CHROMIUM = Path("/usr/bin/chromium")
#: The same browser built without windows: a page takes a fifth of the processor's time there.
WINDOWLESS = Path("/usr/bin/chromium-headless-shell")
NO_CHROMIUM = "Chromium is missing: apt install chromium chromium-headless-shell fonts-noto-cjk"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DATABASE = "lujian.sqlite"
FRAME = "iframe[title='streamlit_folium.st_folium']"


def launch(playwright: Playwright, *, whole: bool = True) -> Browser:
    """Start the system's Chromium, which must ask nobody for anything.

    Unless ``whole``, the one without windows will do where it is installed.
    """
    program = WINDOWLESS if WINDOWLESS.exists() and not whole else CHROMIUM
    return playwright.chromium.launch(executable_path=str(program), args=list(QUIET))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running program: its address, its folder and its process."""

    url: str
    var_dir: Path
    process: Program
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What the program was started with, for its commands."""
        return {**os.environ, "LUJIAN_VAR_DIR": str(self.var_dir), **self.settings}

    def command(self, *words: str) -> str:
        """Run one of the program's commands, such as ``submissions step …``."""
        code, told, wrong = run_program(["-m", *words], env=self.environment)
        assert code == 0, wrong
        return told

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Open the program's database, to do what has no page yet."""
        default = f"sqlite:///{self.var_dir / DATABASE}"
        database = Database(make_url(self.settings.get("LUJIAN_DATABASE_URL", default)))
        yield database
        database.close()

    def json(self, path: str) -> Any:
        """Fetch from the program what anybody may fetch."""
        return httpx2.get(self.url + path).raise_for_status().json()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Demo:
    """The database that programs begin with: the demo campaigns, with the themes read.

    All processes of a run share one, which the first that comes makes.
    """

    file: Path | None = None

    @classmethod
    def make(cls, file: Path) -> None:
        cls.file = made_file(file, cls._fill)

    @staticmethod
    def _fill(file: Path) -> None:
        shutil.copyfile(made_file(file.with_name("demo.sqlite"), fill_demo), file)
        database = Database(URL.create("sqlite", database=str(file)))
        while ThemeTrainer(taxonomy_in_force()).round(database, datetime.now(UTC)):
            pass
        database.close()


def start_server(var_dir: Path, **environment: str) -> Server:
    """Start `streamlit run app.py` on a free loopback port and wait until it answers.

    Without a database of its own it begins with the demo, where one was made.
    """
    if Demo.file is not None and not (var_dir / DATABASE).exists():
        shutil.copyfile(Demo.file, var_dir / DATABASE)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"LUJIAN_PUBLIC_URL": url, **environment}
    with (var_dir / "server.log").open("ab") as log:
        process = start_program(
            [
                *("-m", "streamlit", "run", str(ROOT / "app.py")),
                *("--server.port", str(port), "--server.address", "127.0.0.1"),
            ],
            env={**os.environ, "LUJIAN_VAR_DIR": str(var_dir), **settings},
            output=log,
        )
    server = Server(url, var_dir, process, settings)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx2.TransportError):
            if httpx2.get(f"{server.url}/api/health").status_code == 200:
                return server
        time.sleep(0.2)
    process.kill()
    raise AssertionError((var_dir / "server.log").read_text(errors="replace")[-4000:])


class Guard:
    """Notes whatever a page must not do. ``forgiven``: addresses that may be refused."""

    def __init__(self, home: str) -> None:
        self.home = urlsplit(home).netloc
        self.problems: list[str] = []
        self.forgiven: set[str] = set()

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
        if status >= 400 and urlsplit(url).path not in self.forgiven:
            self.problems.append(f"{status}: {url}")


OpenPage = Callable[..., Page]


@contextmanager
def watched_pages(server: Server, chromium: Browser) -> Iterator[OpenPage]:
    """Give what opens pages, each on a device of its own unless ``beside`` another page.

    ``position`` is where the device says it is; ``forgive`` names paths that may be refused.
    """
    guard = Guard(server.url)
    contexts = []

    def opener(
        path: str = "/",
        *,
        size: dict[str, int] = PHONE,
        lang: str = "zh_CN",
        position: dict[str, float] | None = None,
        beside: Page | None = None,
        forgive: tuple[str, ...] = (),
        **device: Any,
    ) -> Page:
        guard.forgiven.update(forgive)
        phone = size["width"] < 600
        context = beside.context if beside else None
        if context is None:
            context = chromium.new_context(
                viewport=size,
                has_touch=phone,
                is_mobile=phone,
                device_scale_factor=2 if phone else 1,
                locale=lang.replace("_", "-"),
                accept_downloads=True,
                geolocation=position,
                permissions=["geolocation"] if position else [],
                # A worker answers requests itself, which journeys that watch, hold or count them
                # would then not see; those that are about it say service_workers="allow".
                service_workers=device.pop("service_workers", "block"),
                **device,
            )
            context.add_cookies([{"name": "lujian_language", "value": lang, "url": server.url}])
            context.on("page", guard.watch)
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(path if path.startswith("about:") else server.url + path)
        return page

    yield opener
    for context in contexts:
        context.close()
    if guard.problems:
        raise AssertionError("\n".join(guard.problems))


def sign_in(page: Page, server: Server, *grants: Grant | Role, name: str = "张三") -> int:
    """Give the page's device a session of a new account that holds these; return its id.

    Open the page anew to see what it may do.
    """
    with server.database() as database:
        account = new_account(database, *grants, name=name)
        cookie = session_cookie(database, server.environment["LUJIAN_SECRET_KEY"], account)
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": server.url}])
    return account


def the_map(page: Page) -> Locator:
    """Return the map: of the page itself, or of the frame in a Streamlit page."""
    there = page.locator(f".lj-map, .lujian-bench, {FRAME}").first
    there.wait_for(state="attached")
    framed = page.locator(FRAME).count() > 0
    return (map_frame(page) if framed else page).locator(".leaflet-container")


MAP = "const map = b.ownerDocument.defaultView.lujianMap || b.ownerDocument.defaultView.map;"


def look_at(page: Page, longitude: float, latitude: float, zoom: float = 18) -> None:
    """Move the map, as fingers would, and wait until it has drawn its pins."""
    box = the_map(page)
    box.wait_for()
    box.evaluate(
        f"""(b, [x, y, z]) => new Promise((done) => {{
          const move = () => {{
            {MAP}
            if (!map || !map.setView || map._animatingZoom) return setTimeout(move, 50);
            map.setView([y, x], z, {{ animate: false }});
            const look = () => {{
              let busy = false;
              map.eachLayer((one) => {{ busy = busy || (one.isLoading && one.isLoading()); }});
              if (busy) setTimeout(look, 50); else done();
            }};
            setTimeout(look, 100);
          }};
          move();
        }})""",
        [longitude, latitude, zoom],
    )


def on_screen(page: Page, longitude: float, latitude: float) -> tuple[float, float]:
    """Return where a place on the map is in the window."""
    box = the_map(page)
    box.scroll_into_view_if_needed()
    x, y = box.evaluate(
        f"""(b, [x, y]) => {{
          {MAP} const p = map.latLngToContainerPoint([y, x]); return [p.x, p.y]; }}""",
        [longitude, latitude],
    )
    corner = box.bounding_box()
    assert corner is not None
    return corner["x"] + x, corner["y"] + y


def tap(page: Page, longitude: float, latitude: float) -> None:
    """Tap the map at a place, with a finger where the device has a touch screen.

    Never so soon after another tap that the two would be a double tap, which zooms.
    """
    x, y = on_screen(page, longitude, latitude)
    page.evaluate(
        """() => new Promise((done) => {
          const left = (window.lujianTapped ?? -1e9) + 600 - performance.now();
          setTimeout(() => { window.lujianTapped = performance.now(); done(); }, left);
        })"""
    )
    if page.evaluate("() => navigator.maxTouchPoints > 0"):
        page.touchscreen.tap(x, y)
    else:
        page.mouse.click(x, y)


def map_frame(page: Page) -> FrameLocator:
    return page.frame_locator(FRAME)


def still(page: Page) -> None:
    """Wait until what fades or slides on a page has done so."""
    page.evaluate(
        """() => Promise.all(document.getAnimations()
          .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
          .map((one) => one.finished.catch(() => null)).concat(
            new Promise((done) => { requestAnimationFrame(() => done()); })))
          .then(() => null)"""
    )


def settled(page: Page) -> None:
    """Wait until Streamlit has finished what the last touch set off."""
    page.wait_for_timeout(350)
    page.locator("[data-test-script-state='notRunning']").first.wait_for()


def overflow(page: Page) -> int:
    """Return how many pixels the page scrolls sideways once it has taken the window's size.

    Streamlit and its frames do so some time after the window.
    """
    for _ in range(20):
        if not (over := _overflow(page)):
            return 0
        page.wait_for_timeout(100)
    return over


def _overflow(page: Page) -> int:
    return int(
        page.evaluate(
            "() => Math.max(...['html', 'body', '.stApp', '.stMain'].map(s => {"
            "const e = document.querySelector(s); return e ? e.scrollWidth - e.clientWidth : 0; }))"
        )
    )
