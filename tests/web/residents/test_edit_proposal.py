"""An author changes place, words and answers in the form itself, until somebody has seen them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from core.database import Database
from people.audit.models import AuditEntry
from submissions.proposals.models import Proposal
from submissions.proposals.receipt_codes import format_receipt
from tests.conftest import make_campaign
from tests.web.acting import filed, row
from tests.web.browsing import Browser

QUESTIONS = [
    {
        "key": "when",
        "kind": "multiple",
        "label": {"zh_CN": "什么时候？", "en": "When?"},
        "options": [
            {"key": "day", "label": {"zh_CN": "白天", "en": "By day"}},
            {"key": "night", "label": {"zh_CN": "晚上", "en": "At night"}},
        ],
    }
]


@pytest.fixture
def waiting(resident: Browser, database: Database) -> Proposal:
    make_campaign(database, publish_on_filing=False, questions=QUESTIONS)
    return row(database, filed(resident, q_when=["day"]))


def test_everything_is_changed_in_the_form(
    resident: Browser, database: Database, waiting: Proposal
) -> None:
    form = resident.open(f"/w/p/{waiting.public_id}/change").forms[0]
    assert form.one("text") == waiting.text
    assert form.values["q_when"] == ["day"]
    assert float(form.one("longitude")) == pytest.approx(waiting.longitude)
    moved = {"longitude": "116.331000", "latitude": "40.031000"}
    resident.send(form, text="换个说法和地方", q_when=["night"], relation="works", **moved)
    assert resident.status == 303
    assert "换个说法和地方" in resident.follow().text
    with database.reading() as session:
        now = session.get_one(Proposal, waiting.id)
        assert (now.longitude, now.latitude) == (116.331, 40.031)
        assert (now.relation, now.answers) == ("works", {"when": ["night"]})
        assert now.community_code != waiting.community_code


def test_a_refused_change_keeps_what_was_typed(
    resident: Browser, database: Database, waiting: Proposal
) -> None:
    form = resident.open(f"/w/p/{waiting.public_id}/change").forms[0]
    outside = {"longitude": "110.0", "latitude": "30.0"}
    page = resident.send(form, text="搬到很远的地方", **outside)
    assert resident.status == 422
    assert page.by_id["problem-place"].strip()
    assert page.forms[0].one("text") == "搬到很远的地方"


def test_nobody_else_and_nothing_seen_is_changed(
    resident: Browser,
    open_browser: Callable[..., Browser],
    database: Database,
    waiting: Proposal,
) -> None:
    address = f"/w/p/{waiting.public_id}/change"
    form = resident.open(address).forms[0]
    other = open_browser()
    other.open("/w/")
    other.open(address)
    assert other.status == 404
    other.send(form, text="别人的话，别人的话")
    assert other.status == 404
    database.write(lambda s: setattr(s.get_one(Proposal, waiting.id), "status", "published"))
    resident.open(address)
    assert resident.status == 303
    resident.send(form, text="已经发布了再改改看")
    assert resident.status == 409
    with database.reading() as session:
        assert session.get_one(Proposal, waiting.id).text == waiting.text


def test_whoever_holds_the_code_changes_it_and_takes_it_back_on_any_device(
    resident: Browser,
    open_browser: Callable[..., Browser],
    database: Database,
    waiting: Proposal,
) -> None:
    code = format_receipt(waiting.receipt or "")
    other = open_browser()
    page = other.open(f"/w/r/{code}")
    assert f"/w/r/{code}/change" in [a["href"] for a in page.all("a")]
    form = other.open(f"/w/r/{code}/change").forms[0]
    assert form.one("text") == waiting.text
    assert other.answer.headers["cache-control"] == "private, no-store"
    page = other.send(form, text="x", relation="nobody")
    assert other.status == 422
    assert {"problem-text", "problem-relation"} <= {name for name in page.by_id if page.by_id[name]}
    other.send(form, text="换了手机，改一句话")
    assert other.status == 303
    assert "换了手机，改一句话" in other.follow().text
    database.write(lambda s: setattr(s.get_one(Proposal, waiting.id), "status", "published"))
    other.send(form, text="发布以后就不能再改了")
    assert other.status == 409
    page = other.open(f"/w/r/{code}")
    assert page.form("/withdraw").action == f"/w/r/{code}/withdraw"
    other.send(page.form("/withdraw"))
    assert other.answer.headers["location"] == f"/w/r/{code}?said=withdrawn"
    page = other.follow()
    assert "您已经撤回这条建议" in page.text
    assert not [form for form in page.forms if form.action.endswith(("/withdraw", "/follow"))]
    with database.reading() as session:
        now = session.get_one(Proposal, waiting.id)
        assert (now.status, now.text) == ("withdrawn", "换了手机，改一句话")
        told = session.execute(
            select(AuditEntry.action, AuditEntry.details)
            .where(
                AuditEntry.proposal_id == waiting.id,
                AuditEntry.action.in_(("edited", "withdrawn")),
            )
            .order_by(AuditEntry.id)
        ).all()
    assert [(action, details["how"]) for action, details in told] == [
        ("edited", "receipt_code"),
        ("withdrawn", "receipt_code"),
    ]


def test_a_wrong_code_changes_nothing_and_cannot_be_guessed(
    open_browser: Callable[..., Browser], database: Database, waiting: Proposal
) -> None:
    other = open_browser()
    form = other.open(f"/w/r/{format_receipt(waiting.receipt or '')}/change").forms[0]
    other.open("/w/")
    wrong = "/w/r/ACEF-2345-WXY6"
    statuses = set()
    for _ in range(40):
        other.answer = other.client.post(f"{wrong}/withdraw")
        statuses.add(other.status)
    assert statuses == {404, 429}
    form.action = form.action.replace(format_receipt(waiting.receipt or ""), "ACEF-2345-WXY6")
    other.send(form, text="猜中了就能改别人的话")
    assert other.status in {404, 429}
    with database.reading() as session:
        assert session.get_one(Proposal, waiting.id).text == waiting.text
