"""What opens the light pages without a network, and the receipt that is saved as a picture."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable

import pytest
import zxingcpp
from PIL import Image

from core.language import LANGUAGES
from layers.map import assets
from people.access.actor import Role
from printing.receipt_picture import HEIGHT, WIDTH
from serving.context import Context
from submissions.proposals.queries import CampaignView
from tests.web.acting import filed, sign_in
from tests.web.browsing import Browser

WORKER = "/w/sw.js"


def version(browser: Browser) -> str:
    browser.open(WORKER)
    head = browser.body.partition("\n")[0]
    return str(json.loads(head.removeprefix("self.LJ_SHELL = ").removesuffix(";"))["version"])


def test_the_worker_is_asked_for_anew_and_answers_for_the_light_pages_alone(
    resident: Browser,
) -> None:
    resident.open(WORKER)
    told = resident.answer.headers
    assert told["content-type"].startswith("text/javascript")
    assert (told["service-worker-allowed"], told["cache-control"]) == ("/w/", "no-cache")
    resident.open(WORKER, if_none_match=told["etag"])
    assert (resident.status, resident.body) == (304, "")


def test_the_worker_is_the_same_for_all_and_changes_with_what_it_keeps(
    room: Context, open_browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, large, officer = open_browser(), open_browser(), open_browser()
    large.open("/w/?lang=en&large=1")
    sign_in(officer, room.database, Role.ADMINISTRATOR)
    before = version(plain)
    assert {version(large), version(officer)} == {before}
    monkeypatch.setattr(assets, "version_of", lambda name: "other styles")
    assert version(plain) != before


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_phone_learns_what_to_put_on_its_home_screen(resident: Browser, lang: str) -> None:
    page = resident.open(f"/w/?lang={lang}")
    policy = resident.answer.headers["content-security-policy"].split("; ")
    assert {"worker-src 'self'", "manifest-src 'self'"} <= set(policy)
    assert not any("unsafe-inline" in part for part in policy)
    resident.open(page.all("link", rel="manifest")[0]["href"])
    told = resident.answer.json()
    assert resident.answer.headers["content-type"] == "application/manifest+json"
    assert told["short_name"] == {"zh_CN": "路见", "zh_Hant": "路見", "en": "LuJian"}[lang]
    assert (told["start_url"], told["scope"], told["display"]) == ("/w/", "/w/", "standalone")
    for icon in told["icons"]:
        name = icon["src"].rpartition("/")[2].partition("?")[0]
        with Image.open(assets.folders()["lujian"] / name) as picture:
            assert icon["sizes"] == f"{picture.width}x{picture.height}"
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}


def test_a_copy_has_the_form_and_nothing_that_people_said(
    resident: Browser, ids: list[str], campaign: CampaignView
) -> None:
    address = f"/w/c/{campaign.slug}"
    whole, copy = resident.open(address), resident.open(address, x_kept_copy="1")
    assert "第22条建议" in whole.text
    assert not re.search(r"第\d+条建议", copy.text)
    assert not [a for a in copy.all("a") if a.get("href", "").startswith("/w/p/")]
    assert [form.action for form in copy.forms] == [f"{address}/say"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_receipt_is_a_picture_for_whoever_has_its_code(
    resident: Browser, neighbour: Browser, campaign: CampaignView, lang: str
) -> None:
    code = filed(resident)
    receipt = neighbour.open(f"/w/r/{code}?lang={lang}")
    leads = [a["href"] for a in receipt.all("a") if a.get("href", "").endswith("/picture")]
    shown = neighbour.open(leads[0]).all("img", src=f"/w/r/{code}/receipt.png")
    assert neighbour.answer.headers["cache-control"] == "private, no-store"
    assert code in shown[0]["alt"]
    neighbour.open(shown[0]["src"])
    assert neighbour.answer.headers["cache-control"] == "private, no-store"
    with Image.open(io.BytesIO(neighbour.answer.content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
        found = [one.text for one in zxingcpp.read_barcodes(picture)]
    assert found == [f"http://testserver/w/r/{code}"]


def test_who_tries_codes_for_pictures_is_stopped(resident: Browser, campaign: CampaignView) -> None:
    code = filed(resident)
    other = code[:-1] + ("2" if code[-1] != "2" else "3")
    answers = []
    for _ in range(31):
        resident.open(f"/w/r/{other}/receipt.png")
        answers.append(resident.status)
    assert answers == [404] * 30 + [429]
    resident.open(f"/w/r/{code}/picture")
    assert resident.status == 429
