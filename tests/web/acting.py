"""Short ways to do in tests what residents do on the light pages."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import select

from core.database import Database
from people.access.actor import Grant, Role
from people.access.device_cookie import COOKIE
from people.accounts.sessions import SESSION_COOKIE
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.people.acting import new_account, session_cookie
from tests.web.browsing import Browser, Page, receipt_code
from tests.web.conftest import SECRET

JSON = {"accept": "application/json"}
INSIDE = {"longitude": "116.31", "latitude": "40.03"}
SAID = "地铁口的自行车停不下了"
TYPED = {**INSIDE, "category": "bike_parking", "relation": "lives", "text": SAID}

QUESTIONS: list[dict[str, Any]] = [
    {
        "key": "when",
        "kind": "single",
        "label": {"zh_CN": "什么时候?", "en": "When?"},
        "required": True,
        "options": [
            {"key": "morning", "label": {"zh_CN": "早上", "en": "In the morning"}},
            {"key": "evening", "label": {"zh_CN": "晚上", "en": "In the evening"}},
        ],
    },
    {
        "key": "wishes",
        "kind": "multiple",
        "label": {"zh_CN": "想要什么?", "en": "What?"},
        "options": [
            {"key": key, "label": {"zh_CN": key, "en": key.title()}}
            for key in ("seats", "shade", "racks")
        ],
    },
    {
        "key": "name",
        "kind": "short_text",
        "private": True,
        "label": {"zh_CN": "怎么称呼您?", "en": "Your name?"},
    },
]


def say(browser: Browser, slug: str = "test-campaign", files: Any = None, **typed: Any) -> Page:
    """Open the campaign's page and send its form, filled in."""
    page = browser.open(f"/w/c/{slug}")
    return browser.send(page.form("/say"), files=files, **{**TYPED, **typed})


def sign_in(browser: Browser, database: Database, *grants: Grant | Role) -> int:
    """Make an account that holds these, with a session on this device; return the account's id.

    A role stands for one that is held for the whole platform.
    """
    if COOKIE not in browser.client.cookies:
        browser.open("/w/")
    account = new_account(database, *grants)
    device = next(each for each in browser.client.cookies.jar if each.name == COOKIE)
    cookie = session_cookie(database, SECRET, account)
    browser.client.cookies.set(SESSION_COOKIE, cookie, domain=device.domain, path="/")
    return account


def problem(page: Page, field: str) -> str:
    """Return the sentence that stands next to a part of the form."""
    return page.by_id.get(f"problem-{field}", "").strip()


def filed(browser: Browser, **typed: Any) -> str:
    """File a proposal and return its code."""
    say(browser, **typed)
    assert browser.status == 303, browser.body
    return receipt_code(browser.answer.headers["location"])


def rows(database: Database, campaign: CampaignView | None = None) -> list[Proposal]:
    """Return what is stored, in the order of filing."""
    with database.reading() as session:
        found = list(session.scalars(select(Proposal).order_by(Proposal.id)))
    return [row for row in found if campaign is None or row.campaign_id == campaign.id]


def row(database: Database, code: str) -> Proposal:
    """Return the proposal of a receipt."""
    wanted = code.replace("-", "")
    return next(each for each in rows(database) if each.receipt == wanted)


def picture(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a small JPEG."""
    content = BytesIO()
    Image.new("RGB", size, colour).save(content, "JPEG")
    return content.getvalue()
