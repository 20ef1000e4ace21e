"""A proposal that was joined with another: where it still stands, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from core.database import Database
from deliberation.official_steps import tell_step
from people.access.actor import OPERATOR
from submissions.participation.comments import change_comment_status
from submissions.participation.models import Comment
from submissions.proposals.merge import merge, unmerge
from submissions.proposals.queries import CampaignView
from tests.submissions.acting import act, moderate
from tests.web.acting import filed, row
from tests.web.browsing import Browser

WORDS, KEPT_WORDS = "被合并的这一条的文字", "保留下来的那一条的文字"


@pytest.fixture
def codes(database: Database, campaign: CampaignView, resident: Browser,
          neighbour: Browser) -> tuple[str, str]:  # fmt: skip
    """Give the receipts of a kept proposal and of one that was joined with it."""
    kept, joined = filed(neighbour, text=KEPT_WORDS), filed(resident, text=WORDS)
    names = [row(database, code).public_id for code in (kept, joined)]
    now = datetime.now(UTC)
    act(database, merge, OPERATOR, names[0], [names[1]], reason="同一件事", now=now)
    act(database, tell_step, OPERATOR, names[:1], "decided", "七月装好", by="清河街道", now=now)
    return kept, joined


def test_a_stranger_is_led_to_the_kept_one(
    database: Database, codes: tuple[str, str], open_browser: Callable[..., Browser]
) -> None:
    kept, joined = (row(database, code).public_id for code in codes)
    stranger = open_browser()
    page = stranger.open(f"/w/p/{joined}")
    assert stranger.status == 200
    assert WORDS not in page.text
    assert page.meta("robots") == "noindex"
    assert {"href": f"/w/p/{kept}", "class": "lj-button"} in page.all("a")
    page = stranger.open(f"/w/p/{kept}")
    assert "另有 1 条" in page.text or "said by 1 more" in page.text
    assert WORDS not in page.text
    slug = "test-campaign"
    for address in (
        f"/w/c/{slug}",
        f"/w/c/{slug}/list?sort=supported",
        f"/w/c/{slug}/feed.atom",
        f"/api/campaigns/{slug}/proposals.geojson",
        f"/api/campaigns/{slug}/proposals.csv",
    ):
        stranger.open(address)
        assert stranger.status == 200
        assert WORDS not in stranger.body, address
        assert joined not in stranger.body, address
        assert KEPT_WORDS in stranger.body, address
    stranger.open("/w/c/test-campaign/feed.atom")
    entries = ElementTree.fromstring(stranger.body).findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == 2  # the kept one, and its answer
    for address in (f"/w/p/{joined}/share.png", f"/api/proposals/{joined}"):
        stranger.open(address)
        assert stranger.status == 404


def test_its_author_reads_what_becomes_of_it_and_may_leave(
    database: Database, codes: tuple[str, str], resident: Browser,
    open_browser: Callable[..., Browser],
) -> None:  # fmt: skip
    kept, joined = (row(database, code).public_id for code in codes)
    for browser, address in (
        (resident, f"/w/p/{joined}"),
        (resident, f"/w/r/{codes[1]}"),
        (open_browser(), f"/w/r/{codes[1]}"),
    ):
        page = browser.open(address)
        assert browser.status == 200
        assert WORDS in page.text
        assert "七月装好" in page.text
        assert f'href="/w/p/{kept}"' in browser.body
    mine = resident.open("/w/mine")
    assert WORDS in mine.text
    resident.send(resident.open(f"/w/p/{joined}").form("/withdraw"))
    assert resident.status == 303
    assert row(database, codes[1]).status == "withdrawn"
    stranger = open_browser()
    stranger.open(f"/w/p/{joined}")
    assert stranger.status == 404


def test_what_is_typed_on_a_page_from_before_the_merge_is_not_lost(
    database: Database, codes: tuple[str, str], open_browser: Callable[..., Browser]
) -> None:
    kept, joined = (row(database, code).public_id for code in codes)
    now = datetime.now(UTC)
    act(database, unmerge, OPERATOR, [joined], reason="先分开", now=now)
    stranger = open_browser()
    before = stranger.open(f"/w/p/{joined}")
    act(database, merge, OPERATOR, kept, [joined], reason="再合并", now=now)
    stranger.send(before.form("/comments"), text="我也这样想")
    assert stranger.status == 303
    stranger.send(before.form("/support"))
    assert stranger.status in {200, 303}
    with database.reading() as session:
        comment = session.query(Comment).one()
    assert comment.proposal_id == row(database, codes[0]).id
    act(database, change_comment_status, OPERATOR, comment.public_id, "published", reason="读过")
    assert "我也这样想" in stranger.open(f"/w/p/{kept}").text
    assert row(database, codes[0]).supports == 1


def test_what_it_was_joined_with_is_not_told_while_that_is_hidden(
    database: Database, codes: tuple[str, str], resident: Browser,
    open_browser: Callable[..., Browser],
) -> None:  # fmt: skip
    kept, joined = (row(database, code).public_id for code in codes)
    moderate(database, kept, "hidden")
    stranger = open_browser()
    stranger.open(f"/w/p/{joined}")
    assert stranger.status == 404
    page = resident.open(f"/w/p/{joined}")
    assert resident.status == 200
    assert WORDS in page.text
    for secret in (kept, KEPT_WORDS):
        assert secret not in resident.body
