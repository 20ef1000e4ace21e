"""The page of hooks: a secret is shown once, what is wrong is said, what was sent is listed."""

from __future__ import annotations

import re

import pytest

from core.database import Database
from deliberation.webhooks.events import EventKind
from deliberation.webhooks.hook_office import HookOffice
from notifications.webhook_target import WebhookAnswer
from people.access.actor import Role
from serving.context import Context
from serving.visit import now
from submissions.proposals.queries import CampaignView
from tests.web.acting import filed, sign_in
from tests.web.browsing import Browser
from tests.web.conftest import MakeRoom, site

PAGE = "/w/desk/webhooks"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


@pytest.fixture
def staff(room: Context, campaign: CampaignView) -> Browser:
    browser = Browser(site(room))
    sign_in(browser, room.database, Role.ADMINISTRATOR)
    return browser


def add(browser: Browser, **typed: str) -> str:
    form = browser.open(f"{PAGE}?lang=en").form("/webhooks/add")
    browser.send(form, **({"name": "<b>看板</b>", "url": "https://example.org/hook"} | typed))
    return browser.body


def test_a_hook_is_added_tried_and_stopped_and_its_secret_shown_once(
    staff: Browser, room: Context, database: Database
) -> None:
    assert len(SECRET.findall(add(staff))) == 1
    staff.open(PAGE)
    page = staff.body
    assert not SECRET.search(page)
    assert "<b>看板</b>" not in page
    assert all(f"<code>{kind}</code>" in page for kind in EventKind)  # told to who programs
    assert "&lt;b&gt;看板&lt;/b&gt;" in page
    filed(staff)
    HookOffice(
        database, room.sealer, send=lambda *_told: WebhookAnswer(None, "connection: TimeoutError")
    ).do_round(now())
    staff.open(PAGE)
    assert "The server did not answer in time." in staff.body
    assert "A new proposal" in staff.body
    staff.send(staff.open(PAGE).form("/secret"))
    assert len(SECRET.findall(staff.body)) == 1
    assert "The former secret is still valid until" in staff.body
    for verb, said in (
        ("try", "A test is on its way."),
        ("pause", "Paused."),
        ("resume", "It runs"),
    ):
        staff.send(staff.open(PAGE).form(f"/{verb}"))
        assert staff.status == 303
        staff.open(f"{PAGE}?done={verb}")
        assert said in staff.body
    staff.send(staff.open(PAGE).form("/remove"))
    staff.open(PAGE)
    assert "看板" not in staff.body


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.org/hook", "must begin with https://"),
        ("javascript:alert(1)", "This is no address of a server"),
        ("https://user:x@example.org/", "This is no address of a server"),
    ],
)
def test_an_address_that_cannot_be_is_refused_and_stays_typed(
    staff: Browser, url: str, said: str
) -> None:
    body = add(staff, url=url)
    assert staff.status == 422
    assert said in body
    assert f'value="{url}"' in body
    assert not SECRET.search(body)


def test_without_a_key_no_secret_is_promised(make_room: MakeRoom, campaign: CampaignView) -> None:
    room = make_room(secret_key="")
    browser = Browser(site(room))
    assert room.sealer is None
    browser.open(PAGE)
    assert browser.status == 303
