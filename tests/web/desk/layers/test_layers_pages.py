"""Layers at the desk: a file is loaded, looked at, shown; what was refused is not lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import shapely

from core.database import Database
from layers.communities.communities import community_frame
from layers.manage import version_of
from layers.models import UploadedLayer
from layers.visibility import Shown
from people.access.actor import Actor, Grant, Reach, Role
from submissions.proposals.queries import CampaignView, campaign_by_slug
from tests.layers.sending import geojson, kept, plots, shapefile
from tests.submissions.acting import file
from tests.web.acting import sign_in
from tests.web.browsing import Browser, Form, Page

LAYERS = "/w/desk/layers"
HERE = "110108017"
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture
def officer(
    database: Database, campaign: CampaignView, open_browser: Callable[..., Browser]
) -> Browser:
    browser = open_browser()
    sign_in(browser, database, Role.SUBDISTRICT_OFFICER)
    return browser


def send(browser: Browser, data: bytes, name: str = "plots.geojson") -> Page:
    """Send a file; return the page that says what is in it, or why not."""
    form = browser.open(f"{LAYERS}/new?lang=en").form("/layers/new")
    page = browser.send(form, files={"file": (name, data)})
    return browser.follow() if browser.status == 303 else page


def sent_form(page: Page) -> Form:
    """Return the form on which a file is looked at and kept."""
    return next(one for one in page.forms if "/sent/" in one.action)


def load(browser: Browser, data: bytes, name: str = "plots.geojson", **typed: Any) -> Page:
    """Send a file and keep it as a layer, as it was detected or as it is said."""
    page = send(browser, data, name)
    if browser.status != 200:
        return page
    told = {"title_zh": "闲置空地", "use": "idle_plots", "source": "普查", "do": "keep", **typed}
    return browser.send(sent_form(page), **told)


def made_by(browser: Browser) -> int:
    """Return the number of the layer that the last answer leads to."""
    return int(browser.answer.headers["location"].split("?")[0].rpartition("/")[2])


def version(database: Database, layer_id: int) -> str:
    with database.reading() as session:
        return version_of(session.get(UploadedLayer, layer_id))


def test_a_file_of_an_office_is_loaded_looked_at_and_shown(
    officer: Browser, open_browser: Callable[..., Browser], tmp_path: Path
) -> None:
    data = shapefile(
        plots().to_crs("EPSG:4548"), tmp_path / "made", encoding="GBK", without=(".prj", ".cpg")
    )
    page = load(officer, data, "普查.zip", crs="")
    assert officer.status == 422
    assert "does not say in which coordinate system" in page.text
    form = sent_form(page)
    assert form.one("title_zh") == "闲置空地"
    assert form.one("source") == "普查"

    officer.send(form, crs="EPSG:4548", do="keep")
    made = made_by(officer)
    page = officer.follow()
    assert "普查.zip" in page.text
    assert "EPSG:4548" in page.text
    assert "GB 18030 (GBK)" in page.text
    assert "南角" in page.text
    assert "13800138000" in page.text  # at the desk

    stranger = open_browser()
    file = page.all("a", href=f"/api/layers/uploaded/{made}.geojson")[0]["href"]
    stranger.open(file)
    assert stranger.status == 404
    edit = page.form("/edit")
    officer.send(edit, public=["size"], name_field="名称")
    show = officer.follow().form("/show")
    page = officer.send(show, shown="public")
    assert officer.status == 200
    assert "takes the place of" in page.text
    assert "1 campaign" in page.text
    stranger.open(file)
    assert stranger.status == 404  # nothing was done yet
    officer.send(show, shown="public", confirmed="1")
    assert officer.status == 303
    stranger.open(file)
    (first, _second) = json.loads(stranger.body)["features"]
    assert first["properties"] == {"name": "南角", "size": 1.0}
    assert first["geometry"]["type"] == "Polygon"
    stranger.open("/api/layers")
    listed = json.loads(stranger.body)["uploaded"]
    assert [one["id"] for one in listed] == [made]


def test_what_is_refused_says_why_in_words(officer: Browser) -> None:
    for name, data, said in (
        ("a.dwg", b"x", "save it as DXF"),
        ("a.png", b"x", "Please choose a GeoJSON"),
        ("a.geojson", b"{", "cannot be read"),
        ("a.csv", "名称\n东门".encode(), "no columns with coordinates"),
        ("a.geojson", geojson(None), "nothing with a place"),
    ):
        page = load(officer, data, name, title_en="Plots", crs="EPSG:4326")
        assert officer.status == 422, name
        assert said in page.text, name
        if page.all("form", id="look"):
            assert sent_form(page).one("title_en") == "Plots"
    page = load(officer, geojson({"type": "Point", "coordinates": [116.31, 40.03]}), title_zh=" ")
    assert "Chinese name" in page.text


def test_a_form_sent_twice_makes_one_layer(officer: Browser) -> None:
    form = sent_form(send(officer, plots().to_json().encode()))
    officer.send(form, title_zh="一次", do="keep")
    made_by(officer)
    officer.send(form, title_zh="一次", do="keep")
    assert officer.status == 404, "the file is a layer by now"
    assert officer.open(f"{LAYERS}?lang=en").text.count("一次") == 1


def test_what_is_in_a_table_is_data(officer: Browser, database: Database) -> None:
    data = plots(名称=[MARKUP, "b"], **{MARKUP: ["c", "d"]}).to_json().encode()
    load(officer, data, title_zh=MARKUP)
    made = made_by(officer)
    officer.follow()
    assert MARKUP not in officer.body
    officer.open(f"{LAYERS}?lang=en")
    assert MARKUP not in officer.body
    with database.reading() as session:
        assert session.get_one(UploadedLayer, made).title_zh == MARKUP
    page = officer.open(f"{LAYERS}/{made}")
    show = page.form("/show")
    officer.send(show, shown="desk")


def test_somebody_changed_it_meanwhile(officer: Browser, database: Database) -> None:
    made = database.write(lambda s: kept(s, subdistrict=HERE))
    page = officer.open(f"{LAYERS}/{made}?lang=en")
    edit, show = page.form("/edit"), page.form("/show")
    officer.send(show, shown="desk")
    page = officer.send(edit, title_zh="我改的")
    assert officer.status == 409
    assert "changed this layer meanwhile" in page.text
    again = page.form("/edit")
    assert again.one("title_zh") == "我改的"
    officer.send(again)
    assert officer.status == 303


def test_a_planner_shows_at_the_desk_but_not_to_everybody(
    database: Database, campaign: CampaignView, open_browser: Callable[..., Browser]
) -> None:
    browser = open_browser()
    sign_in(browser, database, Grant(Role.COMMUNITY_PLANNER, Reach.SUBDISTRICT, HERE))
    load(browser, plots().to_json().encode(), place=HERE)
    made = made_by(browser)
    page = browser.follow()
    show = page.form("/show")
    offered = {one["value"] for one in page.all("input", name="shown")}
    assert offered == {"draft", "desk"}
    page = browser.send(show, shown="public")
    assert browser.status == 403
    assert "does not reach so far" in page.text
    with database.reading() as session:
        assert session.get_one(UploadedLayer, made).shown == Shown.DRAFT
    load(browser, plots().to_json().encode(), place="")
    assert browser.status == 403


def test_a_newer_file_and_the_way_back_of_a_removed_layer(
    officer: Browser, database: Database
) -> None:
    made = database.write(lambda s: kept(s))
    replace = officer.open(f"{LAYERS}/{made}?lang=en").form("/replace")
    page = officer.send(replace, files={"file": ("b.geojson", b"{")})
    assert officer.status == 422
    assert "cannot be read" in page.text
    data = geojson({"type": "Point", "coordinates": [116.31, 40.03]})
    officer.send(replace, files={"file": ("b.geojson", data)})
    page = officer.follow()
    assert "in the place of" in page.text
    officer.send(sent_form(page), do="keep")
    assert officer.status == 303
    assert "1 feature" in officer.follow().text
    officer.send(officer.open(f"{LAYERS}/{made}").form("/remove"))
    page = officer.follow()
    assert "Removed (1)" in page.text
    officer.open(f"{LAYERS}/{made}")
    assert officer.status == 404
    officer.send(page.form("/restore"))
    assert officer.status == 303
    assert "Parking" in officer.follow().text


def test_a_file_is_replaced_by_whoever_may_change_the_layer(
    database: Database, campaign: CampaignView, open_browser: Callable[..., Browser]
) -> None:
    made = database.write(lambda s: kept(s, subdistrict=HERE, shown=Shown.PUBLIC))
    data = geojson({"type": "Point", "coordinates": [116.31, 40.03]})
    for grant, status in (
        (Grant(Role.COMMUNITY_PLANNER, Reach.SUBDISTRICT, HERE), 403),
        (Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, "110108018"), 403),
        (Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, HERE), 404),
        (Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, HERE), 303),
    ):
        browser = open_browser()
        sign_in(browser, database, grant)
        told = {"version": version(database, made), "crs": "", "encoding": "", "layer": ""}
        files = {"file": ("a.geojson", data)}
        answer = browser.client.post(f"{LAYERS}/{made}/replace", data=told, files=files)
        assert answer.status_code == status, grant


def test_areas_become_borders_of_communities_after_a_look(
    officer: Browser, database: Database, campaign: CampaignView
) -> None:
    for n, x in enumerate((116.3105, 116.335)):
        file(database, campaign, Actor(f"d{n}"), longitude=x, latitude=40.0305)
    data = plots(代码=["110108017001", "110108017099"], 人口=["1,200", ""]).to_json().encode()
    load(officer, data, title_zh="新社区")
    borders = f"{LAYERS}/{made_by(officer)}/communities"
    assert officer.follow().all("a", href=borders)
    form = officer.open(borders).form("/communities")
    assert (form.one("code"), form.one("name"), form.one("population")) == ("代码", "名称", "人口")
    page = officer.open(f"{borders}?{urlencode({**form.values, 'edition': '2026'}, doseq=True)}")
    assert officer.status == 200
    assert "2 communities" in page.text
    assert "New, compared with 2020: 北角" in page.text
    assert "of the area of" in page.text
    assert "overlap" not in page.text
    assert "1 gap: " in page.text
    assert "lj-w-gap" in officer.body
    put = next(one for one in page.forms if one.method == "post" and one.action == borders)
    officer.send(put)
    assert officer.status == 303
    assert "The borders are in place" in officer.follow().text
    with database.reading() as session:
        now_so = campaign_by_slug(session, campaign.slug)
        frame = community_frame(session, "2026")
    assert now_so.edition == "2026"
    assert frame["name"].tolist() == ["南角", "北角"]
    assert frame["population"].tolist()[0] == 1200

    shapes = [shapely.box(121.0, 31.0, 121.01, 31.01), shapely.box(121.01, 31.0, 121.02, 31.01)]
    far = plots(代码=["110108017001", "110108017099"]).set_geometry(shapes, crs="EPSG:4326")
    load(officer, far.to_json().encode(), title_zh="上海")
    elsewhere = f"{LAYERS}/{made_by(officer)}/communities"
    asked = {**form.values, "edition": "2027", "campaign": campaign.slug, "population": ""}
    page = officer.open(f"{elsewhere}?{urlencode(asked, doseq=True)}")
    assert officer.status == 422
    assert "lie elsewhere" in page.text
    assert "km" in page.text
    officer.client.post(elsewhere, data=asked)
    with database.reading() as session:
        assert campaign_by_slug(session, campaign.slug).edition == "2026", "nothing was changed"

    page = officer.open(f"{borders}?look=1&edition=2027&code=&name=名称")
    assert officer.status == 422
    assert "choose the columns" in page.text


def test_whoever_may_load_no_communities_finds_no_way_there(
    database: Database, campaign: CampaignView, open_browser: Callable[..., Browser]
) -> None:
    made = database.write(lambda s: kept(s, subdistrict=HERE, shown=Shown.DESK))
    planner = open_browser()
    sign_in(planner, database, Grant(Role.COMMUNITY_PLANNER, Reach.SUBDISTRICT, HERE))
    planner.open(f"{LAYERS}/{made}")
    assert planner.status == 200
    assert "/communities" not in planner.body
    planner.open(f"{LAYERS}/{made}/communities")
    assert planner.status == 404
    assert planner.client.post(f"{LAYERS}/{made}/communities", data={}).status_code == 404
