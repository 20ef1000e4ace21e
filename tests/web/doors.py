"""The site over a world in which everything is taken back, and who may knock at its doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

from fastapi.testclient import TestClient
from sqlalchemy import URL
from sqlalchemy.orm import Session

from analysis.text.text_search import catch_up
from core.database import Database
from core.settings import Settings
from people.access.actor import Actor, Role, everywhere
from people.access.device_cookie import COOKIE
from people.access.permissions import Act
from people.accounts.api_tokens import make_token
from people.accounts.sessions import SESSION_COOKIE
from serving.context import make_context
from tests.people.access.test_permissions import agreed
from tests.people.acting import new_account, session_cookie
from tests.submissions.acting import act
from tests.web.conftest import SECRET, site
from tests.web.outlets import OUTLETS, Outlet
from tests.world import REACHES, Thing, World, make_world, world_store

AGREED = agreed()
#: What PostGIS decides in another way than SQLite is tried by the actions' own table.
FEW = ("platform", "this subdistrict", "another subdistrict")
DEVICE = "d" * 40
T = TypeVar("T")


class _UndoneError(Exception):
    """What was sent is taken back."""


class Undoing(Database):
    """A database that takes back whatever is written, after it was."""

    def write(self, fn: Callable[[Session], T]) -> T:
        came: list[T] = []

        def job(session: Session) -> None:
            came.append(fn(session))
            raise _UndoneError

        with suppress(_UndoneError):
            super().write(job)
        return came[0]


@dataclass(frozen=True)
class Door:
    """The site over a world, and who may knock: their headers by role and reach."""

    world: World
    client: TestClient
    people: dict[tuple[Role, str], dict[str, str]]
    strangers: dict[str, dict[str, str]]
    tokens: dict[frozenset[Act], dict[str, str]]
    reaches: tuple[str, ...]

    def knock(self, outlet: Outlet, headers: dict[str, str], thing: Thing) -> Any:
        address, data = outlet.filled(self.world, thing)
        body = {"data": data} if outlet.method == "POST" else {}
        return self.client.request(outlet.method, address, headers=headers, **body)


def cookies(session: str = "") -> dict[str, str]:
    held = f"{COOKIE}={DEVICE}" + (f"; {SESSION_COOKIE}={session}" if session else "")
    return {"cookie": held}


@contextmanager
def opened(url: URL, folder: Path, tried: tuple[str, ...]) -> Iterator[Door]:
    """Make the world in a migrated database, and open the site over it to these reaches."""
    database, now = Database(url), datetime.now(UTC)
    world = make_world(database, world_store(folder / "photos"), now=now)
    catch_up(database)  # what is taken back would never be found by its words
    people = {
        (role, reach): cookies(_session(database, [REACHES[reach][0](role)]))
        for role, reach in product(Role, tried)
    }
    all_roles = list(Role)
    past = {"starts_at": now - timedelta(days=9), "ends_at": now - timedelta(days=1)}
    to_come = {"starts_at": now + timedelta(days=1)}
    strangers = {
        "nobody": {},
        "a resident's device": cookies(),
        "a forged session": cookies("0" * 64 + "." + "0" * 64),
        "an account without a role": cookies(_session(database, [])),
        "roles without a desk": cookies(_session(database, _without_desk())),
        "ended terms": cookies(_session(database, all_roles, **past)),
        "terms to come": cookies(_session(database, all_roles, **to_come)),
    }
    settings = Settings(var_dir=folder, photo_store=str(folder / "photos"), secret_key=SECRET)
    undoing = Undoing(url)
    with TestClient(site(make_context(undoing, settings)), follow_redirects=False) as client:
        yield Door(world, client, people, strangers, _tokens(database, now), tried)
    undoing.close()
    database.close()


def _without_desk() -> list[Role]:
    return [role for role in Role if not AGREED[Act.SEE_DESK, role]]


def _session(database: Database, grants: list[Any], **term: Any) -> str:
    return session_cookie(database, SECRET, new_account(database, *grants, **term))


def _tokens(database: Database, now: datetime) -> dict[frozenset[Act], dict[str, str]]:
    """Return a token of an administrator for each act alone, for all others, and for all."""
    account = new_account(database, Role.ADMINISTRATOR)
    actor = Actor(grants=everywhere(Role.ADMINISTRATOR), account_id=account, name="tokens")
    staff = frozenset(each for each, _ in AGREED)
    wanted = {staff} | {frozenset({each}) for each in staff}
    wanted |= {staff - set(outlet.acts) for outlet in OUTLETS}
    made = {}
    for place, acts in enumerate(sorted(wanted, key=sorted)):
        if place % 10 == 0:  # one account holds a few tokens only
            account = new_account(database, Role.ADMINISTRATOR)
            actor = replace(actor, account_id=account)
        token = act(database, make_token, actor, name="t", acts=sorted(acts), ends_at=None, now=now)
        made[acts] = {"authorization": f"Bearer {token}"}
    return made
