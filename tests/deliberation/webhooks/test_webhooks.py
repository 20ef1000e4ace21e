"""Hooks from the change to the other side: what is told when, to whom, how often, and when not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook as Verifier

from core.database import Database
from deliberation.official_steps import tell_step
from deliberation.webhooks import hooks
from deliberation.webhooks.hook_office import MOST_FAILURES, HookOffice
from deliberation.webhooks.models import Webhook
from notifications.contacts import Sealer
from notifications.outbox import BACK_OFF
from notifications.webhook_target import WebhookAnswer
from people.access.actor import OPERATOR, Actor
from submissions.participation.supports import support_proposal
from submissions.proposals.queries import CampaignView, counted_revision, revision
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import act, file, moderate, trail

KEY = "one key of at least thirty-two characters"
URL = "https://example.org/hook"
Sent = list[tuple[str, dict[str, Any], dict[str, str]]]


class There:
    """The other side: keeps what it is sent, and answers as it is told."""

    def __init__(self) -> None:
        self.sent: Sent = []
        self.raw: list[bytes] = []
        self.answers: WebhookAnswer = WebhookAnswer(200)

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> WebhookAnswer:
        self.sent.append((url, json.loads(body), headers))
        self.raw.append(body)
        return self.answers

    def kinds(self) -> list[tuple[str, str]]:
        """Return what came since, and forget it."""
        found = [(told["type"], told["data"].get("id", "")) for _url, told, _headers in self.sent]
        self.sent.clear()
        return found


@pytest.fixture
def there() -> There:
    return There()


@pytest.fixture
def office(database: Database, there: There) -> HookOffice:
    return HookOffice(database, Sealer([KEY]), base="https://lujian.example.org", send=there)


@pytest.fixture
def campaign(database: Database) -> CampaignView:
    return make_campaign(database)


@pytest.fixture
def hook(database: Database, campaign: CampaignView) -> tuple[int, str]:
    return add(database, campaign.id)


def add(database: Database, campaign_id: int | None, **told: Any) -> tuple[int, str]:
    values = {"campaign_id": campaign_id, "name": "看板", "url": URL} | told
    number, secret = act(database, hooks.add_hook, OPERATOR, Sealer([KEY]), **values)
    return number, secret


def test_a_proposal_is_told_of_from_its_publication_to_its_end(
    database: Database, campaign: CampaignView, office: HookOffice, there: There, hook: Any
) -> None:
    assert office.do_round(NOW) == 0
    name = file(database, campaign, text="地铁口停不下单车").public_id
    assert office.do_round(NOW) == 1
    ((url, told, headers),) = there.sent
    assert url == URL
    assert told["type"] == "proposal.published"
    data = told["data"]
    assert (data["campaign"], data["id"]) == (campaign.slug, name)
    assert data["url"] == f"https://lujian.example.org/w/p/{name}"
    properties = data["proposal"]["properties"]
    assert properties["text"] == "地铁口停不下单车"
    assert data["proposal"]["geometry"] == {"type": "Point", "coordinates": [116.31, 40.03]}
    assert not {"author_key", "receipt", "contact_id"} & properties.keys()
    assert _verified(hook[1], there.raw[0], headers)
    there.kinds()
    assert office.do_round(NOW) == 0
    act(database, tell_step, OPERATOR, [name], "built", "建好了", by="街道")
    act(database, support_proposal, Actor("neighbour"), name)  # changes nothing that is told
    assert office.do_round(NOW) == 1
    assert there.sent[0][1]["data"]["proposal"]["properties"]["stage"] == "built"
    assert there.kinds() == [("proposal.changed", name)]
    moderate(database, name, "hidden")
    assert office.do_round(NOW) == 1
    assert there.sent[0][1]["data"] == {"campaign": campaign.slug, "id": name}
    assert there.kinds() == [("proposal.withdrawn", name)]
    moderate(database, name, "published")
    assert office.do_round(NOW) == 1
    assert there.kinds() == [("proposal.published", name)]


def _verified(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    """Verify a signature by the specification's library, whatever time it is."""
    told = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signature = Verifier(secret).sign(headers["webhook-id"], told, body.decode())
    return signature in headers["webhook-signature"].split(" ")


def test_what_was_never_shown_is_never_told(
    database: Database, campaign: CampaignView, office: HookOffice, there: There, hook: Any
) -> None:
    held = file(database, campaign, text="请打电话 13800138000 给我").public_id
    hidden = file(database, campaign, Actor("b"), text="先公开后隐藏的一条").public_id
    moderate(database, hidden, "hidden")  # before anything was told
    moderate(database, held, "hidden")
    assert office.do_round(NOW) == 0
    assert there.sent == []


def test_what_is_hidden_while_it_waits_is_not_sent(
    database: Database, campaign: CampaignView, office: HookOffice, there: There, hook: Any
) -> None:
    there.answers = WebhookAnswer(503, "HTTP 503")
    name = file(database, campaign, text="马上要隐藏的一条").public_id
    office.do_round(NOW)
    moderate(database, name, "hidden")
    there.sent.clear()
    there.answers = WebhookAnswer(200)
    later = NOW + timedelta(hours=1)
    office.do_round(later)
    office.do_round(later)
    assert there.kinds() == [("proposal.withdrawn", name)]
    assert "马上要隐藏" not in str(there.raw[-1])


def test_many_changes_while_it_waits_are_one_event_that_tells_how_it_is(
    database: Database, campaign: CampaignView, office: HookOffice, there: There, hook: Any
) -> None:
    name = file(database, campaign, text="第一版的文字").public_id
    office.do_round(NOW)
    there.kinds()
    there.answers = WebhookAnswer(500, "HTTP 500")
    for stage in ("discussed", "decided"):
        act(database, tell_step, OPERATOR, [name], stage, stage, by="街道")
        office.do_round(NOW)
    there.sent.clear()
    there.answers = WebhookAnswer(200)
    office.do_round(NOW + timedelta(hours=1))
    ((_url, told, _headers),) = there.sent
    assert told["data"]["proposal"]["properties"]["stage"] == "decided"


def test_attempts_wait_longer_and_longer_and_then_end_and_stop_the_hook(
    database: Database, campaign: CampaignView, office: HookOffice, there: There, hook: Any
) -> None:
    there.answers = WebhookAnswer(None, "connection: TimeoutError")
    file(database, campaign, text="送不到的一条")
    moment, names = NOW, set()
    for wait in (*BACK_OFF, timedelta()):
        assert office.do_round(moment) == 1
        names.add(there.sent[-1][2]["webhook-id"])
        assert office.do_round(moment + wait * 0.99) == 0 or not wait
        moment += wait
    assert len(there.sent) == len(BACK_OFF) + 1
    assert len(names) == 1
    (one,) = _deliveries(database, hook[0])
    assert (one.state, one.attempts) == ("failed", len(BACK_OFF) + 1)
    assert one.problem == "connection: TimeoutError"
    there.answers = WebhookAnswer(410, "HTTP 410")
    file(database, campaign, Actor("c"), text="对方不要了的一条")
    office.do_round(moment)
    (view,) = _hooks(database)
    assert view.stopped == moment
    (entry,) = trail(database, "webhook_stopped")
    assert entry.campaign_id == campaign.id
    file(database, campaign, Actor("d"), text="停了以后的一条")
    there.sent.clear()
    assert office.do_round(moment) == 0
    there.answers = WebhookAnswer(200)
    act(database, hooks.resume_hook, OPERATOR, hook[0])
    office.do_round(moment)
    assert [kind for kind, _id in there.kinds()] == ["proposal.published"]


def test_so_many_failures_in_a_row_stop_it(
    database: Database, campaign: CampaignView, office: HookOffice, there: There, hook: Any
) -> None:
    there.answers = WebhookAnswer(500, "HTTP 500")
    for n in range(MOST_FAILURES):
        file(database, campaign, Actor(f"device {n}"), text=f"第{n}条送不到的建议")
    moment = NOW
    for _ in range(3 * MOST_FAILURES * len(BACK_OFF)):
        if office.do_round(moment) == 0 and _hooks(database)[0].stopped:
            break
        moment += timedelta(days=2)
    assert _hooks(database)[0].stopped is not None


def test_another_secret_signs_beside_the_former_one_for_a_day(
    database: Database, campaign: CampaignView, office: HookOffice, there: There, hook: Any
) -> None:
    number, old = hook
    new = act(database, hooks.rotate_secret, OPERATOR, Sealer([KEY]), number)
    for moment, valid in ((NOW, {old, new}), (NOW + timedelta(hours=25), {new})):
        act(database, hooks.try_hook, OPERATOR, number, now=moment)
        office.do_round(moment)
        headers, body = there.sent[-1][2], there.raw[-1]
        assert {one for one in (old, new) if _verified(one, body, headers)} == valid
        assert len(headers["webhook-signature"].split()) == len(valid)


def test_a_paused_hook_hears_of_it_later_and_a_test_reaches_it_all_the_same(
    database: Database, campaign: CampaignView, office: HookOffice, there: There, hook: Any
) -> None:
    number, _secret = hook
    act(database, hooks.pause_hook, OPERATOR, number)
    name = file(database, campaign, text="暂停时的一条").public_id
    act(database, hooks.try_hook, OPERATOR, number)
    office.do_round(NOW)
    assert there.kinds() == [("webhook.test", "")]
    act(database, hooks.resume_hook, OPERATOR, number)
    office.do_round(NOW)
    assert there.kinds() == [("proposal.published", name)]
    act(database, hooks.remove_hook, OPERATOR, number)
    moderate(database, name, "hidden")
    assert office.do_round(NOW) == 0
    assert _hooks(database) == []


def test_each_hook_hears_of_its_own_campaign(
    database: Database, campaign: CampaignView, office: HookOffice, there: There, hook: Any
) -> None:
    other = make_campaign(database, slug="other")
    add(database, None, url="https://all.example/")
    file(database, other, text="另一个征集的建议")
    file(database, campaign, Actor("b"), text="这个征集的建议")
    office.do_round(NOW)
    told = sorted((url, body["data"]["campaign"]) for url, body, _headers in there.sent)
    assert told == [
        ("https://all.example/", "other"),
        ("https://all.example/", "test-campaign"),
        (URL, "test-campaign"),
    ]


def test_managing_hooks_changes_no_map_and_keeps_no_secret_readable(
    database: Database, campaign: CampaignView, hook: Any
) -> None:
    with database.reading() as session:
        row = session.scalars(select(Webhook)).one()
        assert hook[1].encode() not in row.secret.token
        assert counted_revision(session, campaign.id) < revision(session, campaign.id)
    (entry,) = trail(database, "webhook_added")
    assert entry.details == {"webhook": hook[0], "name": "看板", "host": "example.org"}
    assert hook[1] not in str(entry.details)


def _deliveries(database: Database, number: int) -> Any:
    with database.reading() as session:
        return hooks.deliveries_of(session, OPERATOR, number)


def _hooks(database: Database) -> Any:
    with database.reading() as session:
        return hooks.hooks_of(session, OPERATOR)
