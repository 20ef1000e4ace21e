"""The light pages over each kind of database, called in process and mounted as in ``app.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from api import create_api
from core.database import Database
from core.settings import Settings
from deliberation.official_steps import tell_step
from people.access.actor import OPERATOR, Actor
from people.access.device_cookie import VisitorMiddleware
from serving.context import Context, make_context
from submissions.participation.supports import support_proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.shared_routes import sharing_routes
from tests.submissions.acting import act, file
from tests.web.browsing import Browser
from tests.world import REACHES
from web import create_web

#: For tests alone.
SECRET = "a secret of the tests which is long enough"
PUBLIC = "https://lujian.example.org"
#: With them letters can be sent by e-mail.
CHANNELS = {"public_url": PUBLIC, "smtp_url": "smtp://localhost:25", "mail_from": "a@b.example"}

MakeRoom = Callable[..., Context]


@pytest.fixture
def make_room(database: Database, tmp_path: Path) -> MakeRoom:
    """Give a maker of a process's rooms over the test's database, set up as told."""

    def make(auth: Mapping[str, Any] | None = None, **settings: object) -> Context:
        values = {"var_dir": tmp_path / "var", "secret_key": SECRET, **settings}
        return make_context(database, Settings(**values), auth=auth)  # type: ignore[arg-type]

    return make


@pytest.fixture
def room(make_room: MakeRoom) -> Context:
    return make_room()


def site(room: Context) -> Starlette:
    """Return the application as it is served, but for the Streamlit pages."""
    api, web = sharing_routes(create_api(room)), sharing_routes(create_web(room))
    return Starlette(
        routes=[Mount("/api", api), Mount("/w", web)],
        middleware=[Middleware(VisitorMiddleware)],
    )


@pytest.fixture(scope="session", autouse=True)
def one_portal() -> Iterator[None]:
    """Answer all browsers in one thread."""
    with start_blocking_portal("asyncio") as portal:
        Browser.portal = portal
        yield
        Browser.portal = None


@pytest.fixture
def open_browser(room: Context) -> Callable[..., Browser]:
    """Give a maker of browsers: each is a device of its own."""
    served = site(room)
    return lambda **told: Browser(served, **told)


@pytest.fixture
def resident(open_browser: Callable[..., Browser]) -> Browser:
    return open_browser()


@pytest.fixture
def reachable(make_room: MakeRoom) -> Browser:
    """Give a resident of an office that can write e-mails."""
    return Browser(site(make_room(**CHANNELS)))


@pytest.fixture
def neighbour(open_browser: Callable[..., Browser]) -> Browser:
    return open_browser()


@pytest.fixture
def ids(database: Database, campaign: CampaignView) -> list[str]:
    """Give 23 proposals, an hour after each other, from west to east, every third a space."""
    made = []
    for n in range(23):
        made.append(
            file(
                database,
                campaign,
                Actor(f"device {n}"),
                now=NOW + n * timedelta(hours=1),
                text=f"第{n}条建议 100%_\\ {'Rain' if n % 2 else 'Sun'}",
                longitude=116.301 + n * 0.0016,
                category="public_space" if n % 3 == 0 else "bike_parking",
            ).public_id
        )
    for supporter, n in (("Li", 5), ("Wu", 5), ("Li", 7)):
        act(database, support_proposal, Actor(supporter), made[n])
    act(database, tell_step, OPERATOR, [made[3]], "built", "建好了", by="清河街道")
    return made


@pytest.fixture(scope="session")
def door(backend: str, workshop: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give the site over a world of each kind in turn, with all who may knock at it."""
    from tests.web.doors import FEW, opened

    tried = tuple(REACHES) if backend == "sqlite" else FEW
    with opened(workshop.make("doors"), tmp_path_factory.mktemp("doors"), tried) as door:
        yield door
