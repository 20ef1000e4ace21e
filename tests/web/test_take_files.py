"""Choosing a file: what is offered leads to a file, and what cannot be is said."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.context import Context
from submissions.proposals.queries import CampaignView
from tests.submissions.acting import file
from tests.web.conftest import site


@pytest.fixture
def visitor(make_room: Any, campaign: CampaignView) -> TestClient:
    room: Context = make_room()
    file(room.database, campaign)
    return TestClient(site(room))


def test_what_is_offered_is_there(visitor: TestClient, campaign: CampaignView) -> None:
    page = visitor.get(f"/w/take/{campaign.slug}?relation=lives&lang=en").text
    assert '<input type="hidden" name="relation" value="lives">' in page
    links = [unescape(one) for one in re.findall(r'href="(/api/[^"]+)"', page)]
    assert len(links) == 4
    assert all("relation=lives" in one for one in links)
    for link in links:
        answer = visitor.get(link)
        assert answer.status_code == 200, (link, answer.text)
        assert "attachment" in answer.headers["content-disposition"]


def test_the_form_leads_to_one_address(visitor: TestClient, campaign: CampaignView) -> None:
    of = f"campaigns/{campaign.slug}/proposals"
    chosen = f"/w/take/file?of={of}&form=shp&crs=EPSG:4527&relation=lives&lang=en"
    answer = visitor.get(chosen, follow_redirects=False)
    assert answer.status_code == 303
    wanted = f"/api/{of}.shp.zip?relation=lives&crs=EPSG%3A4527&lang=en"
    assert answer.headers["location"] == wanted
    view = "&radius_m=80&min_proposals=4"
    for kind, spot, kept in (
        ("hotspots", "", "radius_m=80&min_proposals=4&relation=lives&"),
        ("hotspots", "&hotspot=h0123456789ab", "radius_m=80&min_proposals=4&relation=lives&"),
        ("proposals", "", "relation=lives&"),
        ("proposals", "&hotspot=h0123456789ab", None),
        ("layers/parks", "", ""),
    ):
        asked = f"campaigns/{campaign.slug}/{kind}&form=csv{view}&relation=lives{spot}&lang=en"
        told = visitor.get(f"/w/take/file?of={asked}", follow_redirects=False).headers["location"]
        everything = f"{view[1:]}&relation=lives{spot}&"
        wanted = everything if kept is None else kept
        assert told == f"/api/campaigns/{campaign.slug}/{kind}.csv?{wanted}lang=en"
    usual = visitor.get(f"/w/take/file?of={of}&form=dxf&lang=en", follow_redirects=False)
    assert usual.headers["location"] == f"/api/{of}.dxf?lang=en"
    refused = visitor.get(f"/w/take/file?of={of}&form=kml&crs=EPSG:4548&lang=en")
    assert refused.status_code == 422
    assert "GeoPackage takes any system" in refused.text
    for elsewhere in ("//evil.example/x", "../w/desk", "campaigns/x/desk", ""):
        assert visitor.get(f"/w/take/file?of={elsewhere}&form=csv").status_code == 404


def test_a_page_tells_how_far_a_large_file_is(make_room: Any, campaign: CampaignView) -> None:
    room: Context = make_room()
    visitor = TestClient(site(room))
    about = {"name": "a.gpkg", "media_type": "application/x", "tag": '"t"'}
    ticket = room.files.begin("key", lambda path, _tell: path.write_bytes(b"x") and None, **about)
    for _attempt in range(200):
        page = visitor.get(f"/w/files/{ticket}?lang=en")
        if "http-equiv" not in page.text:
            break
    assert f'href="/api/files/{ticket}"' in page.text
    assert visitor.get(f"/api/files/{ticket}").content == b"x"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert visitor.get("/w/files/" + "x" * 32).status_code == 404
