"""What is not taken at once: closed, doubtful, too much; said kindly, and nothing typed is lost."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from altcha import v1 as altcha

from core.database import Database
from serving.context import Context
from submissions.campaigns.models import Campaign
from submissions.proposals.queries import CampaignView
from tests.conftest import make_campaign
from tests.web.acting import JSON, SAID, TYPED, filed, problem, row, rows, say
from tests.web.browsing import Browser
from tests.web.conftest import site


def test_a_closed_campaign_says_so_and_keeps_the_text(
    resident: Browser, database: Database
) -> None:
    now = datetime.now(UTC)
    make_campaign(database, closes_at=now - timedelta(days=1))
    page = say(resident)
    assert resident.status == 409
    assert problem(page, "form")
    assert page.form("/say").one("text") == SAID
    answer = resident.client.post("/w/c/test-campaign/say", data=TYPED, headers=JSON)
    assert answer.json()["code"] == "campaign_closed"
    assert answer.json()["sentence"] == problem(page, "form")
    assert rows(database) == []
    again = resident.open("/w/c/test-campaign")
    assert problem(page, "form") in again.text
    (send,) = [one for one in again.all("button") if "lj-send" in one.get("class", "").split()]
    assert "disabled" in send


def test_a_form_begun_before_the_end_and_sent_twice_keeps_its_receipt(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    form = resident.open(f"/w/c/{campaign.slug}").form("/say")
    resident.send(form, **TYPED)
    first = resident.answer.headers["location"]

    def close(session: Any) -> None:
        session.get_one(Campaign, campaign.id).closes_at = datetime.now(UTC)

    database.write(close)
    resident.send(form, **TYPED)
    assert resident.answer.headers["location"] == first


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"website": "http://spam.example"}, "machine"),
        ({"text": "http://a.example http://b.example www.c.example"}, "machine"),
        ({}, None),
    ],
)
def test_what_a_machine_filled_in_is_held_and_looks_the_same(
    resident: Browser,
    neighbour: Browser,
    database: Database,
    campaign: CampaignView,
    typed: dict[str, str],
    reason: str | None,
) -> None:
    code = filed(resident, **typed)
    stored = row(database, code)
    assert (stored.held_reason, stored.status == "held") == (reason, reason is not None)
    page = resident.follow()
    assert code in page.text
    assert stored.text in page.text
    neighbour.open(f"/w/p/{stored.public_id}")
    assert neighbour.status == (404 if reason else 200)


def test_the_same_text_again_is_held(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    codes = [
        filed(resident),
        filed(resident, longitude="116.33"),
        filed(resident, text="另外一句不同的话"),
    ]
    assert [row(database, code).held_reason for code in codes] == [None, "repeated", None]


def test_over_the_rate_a_kind_sentence_and_nothing_is_lost(
    make_room: Callable[..., Context], database: Database, campaign: CampaignView
) -> None:
    app = site(make_room(max_filings_per_hour=2))
    resident, other = Browser(app), Browser(app)
    say(resident, text=" ")  # what is refused does not count
    for text in ("第一条建议很好", "第二条建议很好"):
        filed(resident, text=text)
    page = say(resident, text="第三条建议很好")
    assert resident.status == 429
    assert "60" in problem(page, "form")
    assert page.form("/say").one("text") == "第三条建议很好"
    answer = resident.client.post(
        "/w/c/test-campaign/say", data={**TYPED, "client_token": "t"}, headers=JSON
    )
    assert answer.json()["code"] == "too_often"
    assert len(rows(database)) == 2
    filed(other, text="别人的建议")


class TestUnderLoad:
    @pytest.fixture(autouse=True)
    def _loaded(self, room: Context) -> None:
        room.proofs._max_number = 500  # so that a test need not compute for long
        for _ in range(61):
            room.proofs.accepted("file", now=datetime.now(UTC))  # type: ignore[arg-type]

    def test_a_script_gets_a_challenge_solves_it_and_files(
        self, resident: Browser, database: Database, campaign: CampaignView
    ) -> None:

        resident.open("/w/")
        sent = {**TYPED, "client_token": "t", "placed_by": "tap"}
        address = f"/w/c/{campaign.slug}/say"
        answer = resident.client.post(address, data=sent, headers=JSON)
        asked = answer.json()["challenge"]
        found = altcha.solve_challenge(
            asked["challenge"], asked["salt"], asked["algorithm"], asked["maxnumber"], 0
        )
        assert found is not None
        solved = {key: asked[key] for key in ("algorithm", "challenge", "salt", "signature")}
        proof = b64encode(json.dumps(solved | {"number": found.number}).encode()).decode()
        answer = resident.client.post(address, data={**sent, "proof": proof}, headers=JSON)
        assert answer.status_code == 200
        told = answer.json()
        assert {"receipt", "id", "address"} <= set(told)
        assert row(database, told["receipt"]).status == "published"
        spent = {**sent, "proof": proof, "client_token": "u", "text": "又一条完全不同的"}
        told = resident.client.post(address, data=spent, headers=JSON).json()
        assert row(database, told["receipt"]).held_reason == "machine"

    def test_without_a_script_it_is_taken_and_held(
        self, resident: Browser, database: Database, campaign: CampaignView
    ) -> None:
        code = filed(resident)
        assert row(database, code).held_reason == "machine"
        assert code in resident.follow().text
