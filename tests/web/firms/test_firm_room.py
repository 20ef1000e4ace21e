"""The firm's room: terms first, then the pack, its versions, questions and schemes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import ezdxf
import pytest
import shapely

from core.database import Database
from packs.building.worker import PackBuilder
from packs.models import PackDownload, PackLink, PackScheme
from packs.packs import make_pack
from packs.sources import topic_source
from people.access.actor import OPERATOR, Role
from serving.context import Context
from tests.layers.sending import geojson
from tests.packs.making import planted, rows_of
from tests.submissions.acting import act
from tests.web.acting import sign_in
from tests.web.browsing import Browser

NOW = datetime.now(UTC)
PLANNER, FIRM = "/w/desk/packs", "测绘<b>院</b>"


@pytest.fixture
def pack(room: Context, database: Database) -> int:
    """Give a pack of a topic, whose first version waits."""
    made = planted(database, room.settings.var_dir)

    def make(session: Any, now: Any) -> int:
        source = topic_source(session, OPERATOR, made.topic)
        told = {"title": "微公园", "system": "EPSG:4548", "language": "en", "token": "t" * 20}
        return make_pack(session, OPERATOR, source, now=now, **told)

    number: int = act(database, make, now=NOW)
    return number


@pytest.fixture
def built(room: Context, database: Database, pack: int) -> None:
    """Make the first version."""
    assert PackBuilder(database, room.photos, room.packs, room.settings).run_once(NOW) == 1


@pytest.fixture
def planner(resident: Browser, database: Database, pack: int) -> Browser:
    sign_in(resident, database, Role.COMMUNITY_PLANNER)
    return resident


def link_of(planner: Browser, pack: int, **typed: str) -> str:
    """Give the pack to a firm; return the path of its link."""
    page = planner.open(f"{PLANNER}/{pack}")
    page = planner.send(page.form("/links"), **{"firm": FIRM, "days": "30", **typed})
    assert planner.status == 200
    found = re.search(r"/w/firm/[\w-]{43}", planner.body)
    assert found is not None
    assert planner.open(f"{PLANNER}/{pack}").text.count(found[0]) == 0  # shown this once
    return found[0]


@pytest.mark.usefixtures("built")
def test_a_firms_day_from_the_link_to_the_answer(
    planner: Browser, open_browser: Callable[..., Browser], pack: int, database: Database
) -> None:
    address = link_of(planner, pack)
    firm = open_browser()
    page = firm.open(address)
    assert f"{address}/versions/1.zip" not in firm.body
    early = firm.client.get(f"{address}/versions/1.zip")
    assert early.status_code == 409
    assert 'name="name"' in early.text  # what can be done: accept the terms
    firm.send(page.form("/accept"), name="李工")
    page = firm.open(address)
    got = firm.client.get(f"{address}/versions/1.zip")
    assert (got.status_code, got.headers["content-type"]) == (200, "application/zip")
    whole, etag = got.content, got.headers["etag"]
    half = {"range": f"bytes={len(whole) // 2}-", "if-range": etag}
    rest = firm.client.get(f"{address}/versions/1.zip", headers=half)
    assert rest.status_code == 206
    assert whole[: len(whole) // 2] + rest.content == whole
    assert rows_of(database, PackDownload) == 1  # the second half of a file is no download
    firm.send(page.form("/ask"), text="<i>几米宽？</i>")
    desk = planner.open(f"{PLANNER}/{pack}")
    assert "<i>几米" not in planner.body
    assert "测绘<b>院" not in planner.body
    assert "李工" in planner.body
    planner.send(desk.form("/answer"), text="六米")
    assert "六米" in firm.open(address).text
    _hands_back(firm, planner, address, pack)
    assert "接受这里" in firm.open(address).text
    desk = planner.open(f"{PLANNER}/{pack}")
    planner.send(desk.form("/revoke"))
    for path in (f"{address}/versions/1.zip", f"{PLANNER}/{pack}"):
        assert firm.client.get(path, follow_redirects=False).status_code in {303, 404, 409}
    assert "versions/1.zip" not in firm.open(address).text
    late = firm.client.get(f"{address}/versions/1.zip?lang=en")
    assert "The office has taken this link back." in late.text
    assert "valid until" not in late.text


def _hands_back(firm: Browser, planner: Browser, address: str, pack: int) -> None:
    """Send a scheme that lies elsewhere, then the right one; the planner accepts it."""
    away = geojson(shapely.Point(116.41, 40.03))
    page = firm.open(address)
    files = [("file", ("a.geojson", away, "application/geo+json"))]
    page = firm.send(page.form("/schemes"), files=files, note="先看看")
    assert firm.status == 422
    assert "km" in page.text or "公里" in page.text
    assert "先看看" in firm.body
    files = [
        ("file", ("a.geojson", geojson(shapely.box(116.3099, 40.0299, 116.3101, 40.0301)), ""))
    ]
    firm.send(page.form("/schemes"), files=files, note="先看看")
    assert firm.status == 303
    near = re.search(r"(\d+) 条建议", firm.open(address).text)
    assert near is not None
    assert int(near[1]) == 12
    planner.open(f"{PLANNER}/{pack}")
    scheme = re.search(rf"{PLANNER}/{pack}/schemes/\d+", planner.body)
    assert scheme is not None
    page = planner.open(scheme[0])
    assert "12 条建议" in page.text
    assert len(re.findall(r"<circle", planner.body)) > 12
    planner.send(page.form("/decide"), accepted="yes", word="接受这里")


def test_a_drawing_and_a_pdf_come_back_as_schemes_too(
    planner: Browser,
    open_browser: Callable[..., Browser],
    pack: int,
    tmp_path: Any,
    database: Database,
) -> None:
    address, firm = link_of(planner, pack), open_browser()
    firm.send(firm.open(address).form("/accept"), name="李工")
    drawing = ezdxf.new("R2018", units=6)
    # The place's own metres in EPSG:4548.
    drawing.modelspace().add_lwpolyline(
        [(441_140, 4_433_340), (441_160, 4_433_340), (441_160, 4_433_360)], close=True
    )
    drawing.saveas(tmp_path / "a.dxf")
    for name, data, crs in (
        ("a.dxf", (tmp_path / "a.dxf").read_bytes(), "EPSG:4548"),
        ("b.pdf", b"%PDF-1.7\nplan", ""),
    ):
        form = firm.open(address).form("/schemes")
        firm.send(form, files=[("file", (name, data, ""))], crs=crs)
        assert firm.status == 303, firm.body[-3000:]
    assert rows_of(database, PackScheme) == 2
    page = planner.open(f"{PLANNER}/{pack}/schemes/2")
    assert "<circle cx" not in planner.body.partition("lj-scheme")[2]
    assert page.form("/decide")
    got = planner.client.get(f"{PLANNER}/{pack}/schemes/2.pdf")
    assert got.content == b"%PDF-1.7\nplan"
    assert "attachment" in got.headers["content-disposition"]
    form = firm.open(address).form("/schemes")
    for name, data in (("c.pdf", b"<script>"), ("d.exe", b"MZ")):
        firm.send(form, files=[("file", (name, data, ""))])
        assert firm.status == 422, name
    assert rows_of(database, PackScheme) == 2


@pytest.mark.usefixtures("built")
def test_an_account_of_a_firm_finds_its_packs_after_signing_in(
    planner: Browser, open_browser: Callable[..., Browser], pack: int, database: Database
) -> None:
    firm, other = open_browser(), open_browser()
    account = sign_in(firm, database, Role.DESIGN_FIRM)
    sign_in(other, database, Role.DESIGN_FIRM)
    link_of(planner, pack, account=str(account))
    assert firm.client.get("/w/desk", follow_redirects=False).headers["location"] == "/w/firm"
    assert "微公园" in firm.open("/w/firm").text
    assert "微公园" not in other.open("/w/firm").text
    firm.send(firm.open("/w/firm/1").form("/accept"), name="李工")
    assert firm.client.get("/w/firm/1/versions/1.zip").status_code == 200
    for stranger in (other, planner):
        for path in ("/w/firm/1", "/w/firm/1/versions/1.zip"):
            assert stranger.client.get(path).status_code == 404


def test_a_link_that_has_ended_says_so(
    planner: Browser, open_browser: Callable[..., Browser], pack: int, database: Database
) -> None:
    address, firm = link_of(planner, pack), open_browser()

    def end(session: Any, now: Any) -> None:
        session.get_one(PackLink, 1).expires = now - timedelta(seconds=1)

    act(database, end, now=datetime.now(UTC))
    page = firm.open(address)
    assert firm.status == 200
    assert not [form for form in page.forms if "/accept" in form.action]
