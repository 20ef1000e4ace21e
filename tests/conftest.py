"""Databases for tests: on SQLite and on PostGIS.

Rooms with SQL of their own run on both. Pages, the API, commands and print do so with
``--everything`` (``make test-all``); without it they run on SQLite, and pages and the API once on
PostGIS, through the table of outlets and the trials of outages. So do journeys in the browser; on
PostGIS a served program stands behind nginx.
Of a test with many examples every sixth runs on PostGIS, and all with ``--everything``. Tests that
send PostGIS no clause which others do not are left to ``--everything``: see ``statements.py``.
What is marked ``everything`` belongs to a product of which ``make test`` runs each part once, or is
a journey whose rules it tries without a browser or in another journey.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from core import database as database_module
from core.cache import CACHE
from core.database import Base, Database, make_engine, migrate
from data.load import load_demo
from layers.communities.communities import load_communities
from people.access.actor import OPERATOR
from people.accounts import passwords
from submissions.campaigns.campaign_draft import NewCampaign
from submissions.campaigns.create import create_campaign
from submissions.proposals.queries import CampaignView, campaign_by_slug
from tests.examples import try_all
from tests.forked_programs import Nursery
from tests.lacking import lacks
from tests.made_once import fill_demo, fill_tables, made_file, share_engines, share_readers
from tests.postgis import VARIABLE, NoPostgisError, postgis
from tests.sharing_out import InGroups, in_order
from tests.statements import function_of, left_to_nights

CHEAP_HASHER = PasswordHasher.from_parameters(CHEAPEST)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
OPENS, CLOSES = datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
#: More rows than this are not deleted one by one.
FEW_ROWS, FEW_BYTES = 1_000, 1 << 20
AREA = shapely.box(116.30, 40.02, 116.34, 40.06)


#: Tests of what ``quick`` takes away: durability, and the cost of a password.
AS_SERVED = ("test_database.py", "test_passwords.py", "test_outages.py")


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no disk, make cheap hashes, make once what is the same in all tests.

    Not where that is what is tested.
    """
    if request.path.name in AS_SERVED:
        return
    pragmas = [pragma for pragma in database_module._PRAGMAS if "synchronous" not in pragma]
    monkeypatch.setattr(database_module, "_PRAGMAS", ("synchronous=OFF", *pragmas))
    monkeypatch.setattr(passwords, "_HASHER", CHEAP_HASHER)
    share_engines(monkeypatch)
    share_readers(monkeypatch)


@pytest.fixture(scope="session", autouse=True)
def forked_programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let programs be forked by one process for all of a run."""
    Nursery.folder = of_the_whole_run(tmp_path_factory)
    yield
    Nursery.leave()


def of_the_whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all processes of a run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


#: Rooms without SQL of their own: their tests need one kind of database, but for what is marked
#: ``on_both``.
PAGES = ("web", "api", "commands", "printing")
#: Of a test with more examples than these every sixth runs on PostGIS, too.
FEW_EXAMPLES = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--everything",
        action="store_true",
        help="full products, and pages, the API and journeys on both kinds of database",
    )


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # what is loaded and collected stays
    try_all(bool(config.getoption("--everything")))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--everything"):
        sampled = _of_long_products(items)
        more = {item for item in items if _is_more(item) or item in sampled}
        config.hook.pytest_deselected(items=more)
        items[:] = [item for item in items if item not in more]
    if hasattr(config, "workerinput"):
        items[:] = in_order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InGroups | None:
    return InGroups(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of the search for garbage: it takes a tenth of the time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    gc.enable()


def _is_more(item: pytest.Item) -> bool:
    """Tell whether a test is one of a product, or of pages on PostGIS as it runs on SQLite."""
    if item.get_closest_marker("everything"):
        return True
    if not _is_on_postgis(item) or item.get_closest_marker("on_both"):
        return False
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return folder in PAGES or function_of(item.nodeid) in left_to_nights()


def _of_long_products(items: list[pytest.Item]) -> set[pytest.Item]:
    """Return of each test with many examples on PostGIS five of six: all run on SQLite."""
    examples: dict[str, list[pytest.Item]] = {}
    for item in items:
        if _is_on_postgis(item) and item.get_closest_marker("on_both") is None:
            examples.setdefault(item.nodeid.partition("[")[0], []).append(item)
    long = (each for each in examples.values() if len(each) > FEW_EXAMPLES)
    return {item for each in long for number, item in enumerate(each) if number % 6}


def _is_on_postgis(item: pytest.Item) -> bool:
    params = getattr(getattr(item, "callspec", None), "params", {})
    return params.get("backend") == "postgis"


@pytest.fixture(scope="session")
def everything(request: pytest.FixtureRequest) -> bool:
    """Tell whether full products are asked for, as ``make test-all`` does."""
    return bool(request.config.getoption("--everything"))


@pytest.fixture(scope="session", params=["sqlite", "postgis"])
def backend(request: pytest.FixtureRequest) -> str:
    """Name the kind of database; parametrises everything that hangs on it."""
    kind: str = request.param
    if kind == "postgis":
        request.getfixturevalue("postgis_server")
    return kind


@pytest.fixture(scope="session")
def postgis_server() -> Iterator[URL]:
    """Give the address of a PostGIS server on which databases can be made."""
    given = os.environ.get(VARIABLE)
    if given:
        yield make_url(given)
        return
    try:
        with postgis(fast=True) as address:
            yield make_url(address)
    except NoPostgisError as error:
        lacks(str(error))


class Workshop:
    """Makes migrated databases, named after this process, as copies of one."""

    def __init__(self, folder: Path, server: URL | None, shared: Path) -> None:
        self._folder, self._server, self._shared = folder, server, shared
        self._made: list[str] = []
        self._pattern: URL | None = None

    def make(self, name: str) -> URL:
        """Make a database with tables and without rows."""
        if self._server is None:
            return self._copied(name, made_file(self._shared / "tables.sqlite", fill_tables))
        if self._pattern is None:
            self._pattern = self.make_empty("pattern")
            migrate(self._pattern)
        return self._created(name, f"TEMPLATE {self._pattern.database}")

    def make_demo(self) -> URL:
        """Make a database with the demo campaigns."""
        if self._server is None:
            return self._copied("demo", self.demo_file())
        url = self.make("demo")
        database = Database(url)
        load_demo(database)
        database.close()
        return url

    def demo_file(self) -> Path:
        """Return a SQLite file with the demo campaigns, to be copied."""
        return made_file(self._shared / "demo.sqlite", fill_demo)

    def _copied(self, name: str, file: Path) -> URL:
        url = self.make_empty(name)
        shutil.copyfile(file, str(url.database))
        return url

    def make_empty(self, name: str) -> URL:
        if self._server is not None:
            return self._created(name)
        for left in self._folder.glob(f"{name}.sqlite*"):
            left.unlink()
        return URL.create("sqlite", database=str(self._folder / f"{name}.sqlite"))

    def _created(self, name: str, like: str = "") -> URL:
        assert self._server is not None
        unique = f"lujian_{name}_{os.getpid()}"
        drop = f"DROP DATABASE IF EXISTS {unique} WITH (FORCE)"
        self._run(drop, f"CREATE DATABASE {unique} {like}")
        self._made.append(unique)
        return self._server.set(database=unique)

    def close(self) -> None:
        self._run(*(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in self._made))

    def _run(self, *statements: str) -> None:
        if self._server is None:
            return
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()


@pytest.fixture(scope="session")
def workshop(
    backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workshop]:
    """Give a maker of databases of this kind."""
    server = request.getfixturevalue("postgis_server") if backend == "postgis" else None
    shared = of_the_whole_run(tmp_path_factory)
    workshop = Workshop(tmp_path_factory.mktemp("databases"), server, shared)
    yield workshop
    workshop.close()


@pytest.fixture(scope="session")
def migrated(workshop: Workshop) -> URL:
    """Give the address of a migrated database that the tests of this process share."""
    return workshop.make("test")


@pytest.fixture
def empty_url(workshop: Workshop) -> URL:
    """Give the address of a database without any table."""
    return workshop.make_empty("empty")


@pytest.fixture(scope="session")
def sweeper(migrated: URL) -> Iterator[Engine]:
    """Give what empties the shared database between tests."""
    engine = make_engine(migrated, writing=True)
    yield engine
    engine.dispose()


@pytest.fixture
def database_url(
    backend: str, migrated: URL, tmp_path: Path, request: pytest.FixtureRequest
) -> URL:
    """Give the address of a migrated database without rows; ids may have been used before."""
    if backend == "sqlite":
        copy = tmp_path / "lujian.sqlite"
        shutil.copyfile(str(migrated.database), copy)
        return migrated.set(database=str(copy))
    sweeper: Engine = request.getfixturevalue("sweeper")
    with sweeper.begin() as connection:
        empty(connection)
    CACHE.clear()  # what it holds of this address was of other rows
    return migrated


def empty(connection: Connection) -> None:
    """Take all rows out of a PostgreSQL database.

    TRUNCATE makes new files for each table and index, which costs more than most tests: it is for
    tables with many rows, or with the remains of many. ``tests.postgis`` vacuums nothing, so that
    what the planner knows of a table does not hang on when that was.
    """
    # The audit trail refuses it, to everybody but whoever rules the whole server.
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    few = f"SELECT 1 FROM {{0}} LIMIT {FEW_ROWS + 1}"
    counts = " UNION ALL ".join(
        f"SELECT '{name}' AS name, count(*) AS rows, pg_relation_size('{name}') AS size "
        f"FROM ({few.format(name)}) AS few"
        for name in Base.metadata.tables
    )
    for name, rows, size in connection.execute(text(counts)).all():
        if rows > FEW_ROWS or size > FEW_BYTES:
            connection.execute(text(f"TRUNCATE {name} CASCADE"))
        elif rows:
            connection.execute(text(f"DELETE FROM {name}"))


@pytest.fixture
def database(database_url: URL) -> Iterator[Database]:
    """Give a migrated database without rows, of each kind in turn."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def campaign_file(workshop: Workshop) -> str:
    """Give a SQLite file with the small campaign, to be copied."""
    url = workshop.make("campaign")
    database = Database(url)
    make_campaign(database)
    database.close()
    return str(url.database)


@pytest.fixture
def campaign(database: Database, backend: str, request: pytest.FixtureRequest) -> CampaignView:
    """Give a small open campaign: three of the four quarters of its area are communities."""
    if backend == "postgis" or is_in_use(database):
        return make_campaign(database)
    shutil.copyfile(request.getfixturevalue("campaign_file"), str(database.url.database))
    with database.reading() as session:
        return campaign_by_slug(session, new_campaign().slug)


def is_in_use(database: Database) -> bool:
    """Tell whether anything was read of a SQLite database, or written to it."""
    pool: Any = database.engine.pool
    return pool.checkedin() + pool.checkedout() > 0 or database._writer._thread is not None


@pytest.fixture(scope="session")
def demo_database(workshop: Workshop) -> Iterator[Database]:
    """Give a database with the demo campaigns, of each kind in turn; only to be read."""
    database = Database(workshop.make_demo())
    yield database
    database.close()


@pytest.fixture
def demo_to_change(database: Database, backend: str, workshop: Workshop) -> Database:
    """Give a database with the demo campaigns that one test may change."""
    if backend == "postgis":
        load_demo(database)
    else:
        shutil.copyfile(workshop.demo_file(), str(database.url.database))
    return database


def quarters() -> gpd.GeoDataFrame:
    """Return three communities of the test area; the north-eastern quarter is none."""
    return gpd.GeoDataFrame(
        {
            "code": ["110108017001", "110108017003", "110108017007"],
            "name": ["清河嘉园", "四街", "朱房"],
            "name_en": ["Qinghe Jiayuan", "Sijie", "Zhufang"],
            "subdistrict": "清河街道",
            "population": [1000, 500, None],
        },
        geometry=[
            shapely.box(116.30, 40.02, 116.32, 40.04),
            shapely.box(116.32, 40.02, 116.34, 40.04),
            shapely.box(116.30, 40.04, 116.32, 40.06),
        ],
        crs="EPSG:4326",
    )


def new_campaign(**changes: object) -> NewCampaign:
    """Return a campaign over the test area, as it would be set up."""
    values: dict[str, object] = {
        "slug": "test-campaign",
        "theme": "bike_parking",
        "edition": "2020",
        "categories": [
            {
                "key": "bike_parking",
                "name": {"zh_CN": "单车停放", "en": "Bike parking"},
                "color": "#1b6ca8",
                "icon": "bike",
            },
            {
                "key": "public_space",
                "name": {"zh_CN": "公共空间", "en": "Public space"},
                "color": "#c8553d",
                "icon": "tree",
            },
        ],
        "texts": {
            "zh_CN": {"title": "测试征集", "question": "哪里?", "intro": "", "prize": ""},
            "en": {"title": "Test call", "question": "Where?", "intro": "", "prize": ""},
        },
        "opens_at": OPENS,
        "closes_at": CLOSES,
        "area": AREA,
        "publish_on_filing": True,
    }
    return NewCampaign(**(values | changes))  # type: ignore[arg-type]


def make_campaign(database: Database, **changes: object) -> CampaignView:
    """Store the quarters and a campaign over them."""
    campaign = new_campaign(**changes)

    def store(session: Session) -> None:
        load_communities(
            session,
            OPERATOR,
            campaign.edition,
            quarters(),
            source="test",
            schematic=True,
            now=NOW,
        )
        create_campaign(session, OPERATOR, campaign, now=NOW)

    database.write(store)
    with database.reading() as session:
        return campaign_by_slug(session, campaign.slug)
