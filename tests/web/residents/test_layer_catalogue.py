"""The list of layers that everybody may see, with where each is from."""

from __future__ import annotations

from collections.abc import Callable

from core.database import Database
from geo.writing.forms import FORMS
from layers.visibility import Shown
from people.access.actor import Role
from submissions.proposals.queries import CampaignView
from tests.layers.sending import kept
from tests.web.acting import sign_in
from tests.web.browsing import Browser

MARKUP = "<img src=x onerror=alert(1)>"


def test_public_layers_are_listed_with_what_is_said_of_them_and_no_others(
    database: Database, campaign: CampaignView, open_browser: Callable[..., Browser]
) -> None:
    said = {"licence": "CC BY 4.0", "data_date": "2026-03", "edition": "第二版"}
    made = database.write(
        lambda s: kept(s, shown=Shown.PUBLIC, title_zh="公开的", source=MARKUP, **said)
    )
    for shown, title in ((Shown.DESK, "内部的"), (Shown.DRAFT, "草稿的")):
        database.write(lambda s, t=title, w=shown: kept(s, shown=w, title_zh=t))
    browser = open_browser()
    page = browser.open("/w/layers")

    assert browser.status == 200
    assert "公开的" in page.text
    for text in said.values():
        assert text in page.text
    assert MARKUP not in browser.body
    assert page.all("a", href=f"/api/layers/uploaded/{made}.geojson")
    links = [one["href"] or "" for one in page.all("a")]
    offered = [one for one in links if f"uploaded/{made}." in one]
    endings = [one.partition("?")[0].partition(".")[2] for one in offered]
    assert endings == ["dxf", "gpkg", "xlsx", "geojson"]
    for address in (
        *offered,
        *(f"/w/take/file?of=layers/uploaded/{made}&form={form}" for form in FORMS),
    ):
        answer = browser.client.get(address, follow_redirects=True)
        assert answer.status_code == 200, address
    assert "内部的" not in page.text
    assert "草稿的" not in page.text
    sign_in(browser, database, Role.SUBDISTRICT_OFFICER)
    page = browser.open("/w/layers")
    assert "内部的" not in page.text, "it is what everybody sees"
    desk = browser.open("/w/desk/layers").text
    assert "CC BY 4.0 · 2026-03 · 第二版" in desk
    told = browser.client.get("/api/layers").json()["uploaded"]
    assert [(one["licence"], one["date"]) for one in told if one["id"] == made] == [
        ("CC BY 4.0", "2026-03")
    ]
