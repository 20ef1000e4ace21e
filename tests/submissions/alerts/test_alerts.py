"""Alerts about areas: what is asked first, what is told and how often, and how they end."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.database import Database
from core.errors import InvalidError, NotAllowedError, NotFoundError, TooOftenError, WrongStateError
from deliberation.official_steps import tell_step
from notifications.channels import Letter, Parcel
from notifications.contacts import ContactKind, Sealer
from notifications.dispatcher import PostOffice
from notifications.models import Contact, Message
from notifications.outbox import DeliveryOutcome, DeliveryVerdict
from people.access.actor import OPERATOR, Actor
from submissions.alerts import alert_area, alert_news, alerts
from submissions.alerts.alert_area import AlertArea
from submissions.alerts.alerts import ANSWER_WITHIN, MOST_REQUESTS, AlertState
from submissions.alerts.models import AreaAlert
from submissions.participation import follows
from submissions.participation.letter_facts import letter_facts
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.submissions.acting import NEIGHBOUR, NOBODY, act, file, moderate
from wording.letters.alert_letters import letter

SEALER = Sealer(["one key of at least thirty-two characters"])
BASE = "https://lujian.example.org"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HERE = (116.31, 40.03)
AROUND = alert_area.circle(*HERE, 300, "地铁口")


def ask(
    database: Database,
    area: AlertArea = AROUND,
    address: str = "wu@example.org",
    *,
    actor: Actor = NEIGHBOUR,
    answers: bool = True,
    now: datetime = NOW,
) -> None:
    told = {"consent": True, "answers": answers, "language": "en", "base": BASE}
    act(database, alerts.ask, actor, SEALER, area, address, **told, now=now)


def rows(database: Database) -> list[AreaAlert]:
    with database.reading() as session:
        return list(session.scalars(select(AreaAlert).order_by(AreaAlert.id)))


def confirmed(database: Database, *areas: AlertArea, now: datetime = NOW, **more: Any) -> str:
    """Ask for alerts and say yes to each; the token of the last."""
    for area in areas or (AROUND,):
        ask(database, area, now=now, **more)
        act(database, alerts.confirm, rows(database)[-1].token, now=now)
    return rows(database)[-1].token


def state(database: Database, token: str, now: datetime = NOW) -> AlertState:
    with database.reading() as session:
        return alerts.alerts_by_token(session, token, now)[0].state


def count(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


class Postman:
    """Gathers what is new and delivers what is due; gives the letters since the last call."""

    def __init__(self, database: Database) -> None:
        self._database, self.bag = database, list[Parcel]()
        self._office = PostOffice(
            database,
            SEALER,
            {ContactKind.EMAIL: self},
            letter,
            wanted=alert_news.still_wanted,
            facts=letter_facts,
        )

    def send(self, parcel: Parcel, *, now: datetime) -> DeliveryOutcome:
        self.bag.append(parcel)
        return DeliveryOutcome(DeliveryVerdict.SENT)

    def __call__(self, now: datetime, *, gather: bool = True) -> list[Letter]:
        self.bag.clear()
        if gather:
            alert_news.send_news(self._database, now)
        self._office.run_once(now)
        return [parcel.letter for parcel in self.bag]


@pytest.fixture
def postman(database: Database) -> Postman:
    return Postman(database)


def test_from_the_request_to_the_last_letter(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    before = file(database, campaign, text="以前就有的建议", now=NOW - HOUR).public_id
    ask(database)
    (request,) = postman(NOW)
    (alert,) = rows(database)
    assert alert.token in request.link
    assert "within 300 m around 地铁口" in request.body
    inside = file(database, campaign, text="这里想要一个车棚", now=NOW + MINUTE).public_id
    assert postman(NOW + HOUR) == []  # nobody has said yes

    act(database, alerts.confirm, alert.token, now=NOW + 2 * HOUR)
    assert postman(NOW + 2 * HOUR) == []
    near = file(database, campaign, text="夜里太黑", now=NOW + 3 * HOUR).public_id
    far = file(database, campaign, text="远处", latitude=40.04, now=NOW + 3 * HOUR).public_id
    held = file(database, campaign, text="先不公开", now=NOW + 3 * HOUR).public_id
    moderate(database, held, "held", now=NOW + 3 * HOUR)
    (news,) = postman(NOW + 4 * HOUR)
    assert "夜里太黑" in news.body
    assert f"{BASE}/w/p/{near}?lang=en" in news.body
    for other in (before, inside, far, held, "先不公开", "远处"):
        assert other not in news.body
    assert news.end_link == f"{BASE}/w/alerts/{alert.token}?lang=en"

    # At most one letter a day; it gathers what has come since, answers with it.
    moderate(database, held, "published", now=NOW + 5 * HOUR)
    said = ("decided", "下月安装。")
    act(database, tell_step, OPERATOR, [near], *said, by="清河街道", now=NOW + 6 * HOUR)
    assert postman(NOW + 27 * HOUR) == []
    (second,) = postman(NOW + 28 * HOUR)
    assert "先不公开" in second.body
    assert "下月安装。" in second.body
    assert second.subject == "LuJian: 2 pieces of news from your area"
    assert postman(NOW + 3 * DAY) == []

    act(database, alerts.stop_all, alert.token, now=NOW + 3 * DAY)
    file(database, campaign, text="再来一条", now=NOW + 3 * DAY)
    assert postman(NOW + 4 * DAY) == []
    (left,) = rows(database)
    assert (left.contact_id, left.longitude, left.device_key, left.label) == (None, None, None, "")
    assert count(database, Contact) == count(database, Message) == 0


def test_what_is_hidden_before_a_letter_leaves_is_not_told(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    confirmed(database)
    gone = file(database, campaign, text="住三号楼的张三", now=NOW + MINUTE).public_id
    file(database, campaign, text="留着的", now=NOW + MINUTE)
    alert_news.send_news(database, NOW + HOUR)
    moderate(database, gone, "hidden", now=NOW + HOUR)
    assert [one.subject for one in postman(NOW + HOUR, gather=False)] == []
    (news,) = postman(NOW + HOUR + MINUTE)
    assert "留着的" in news.body
    assert "张三" not in news.body


def test_a_letter_that_waits_is_not_sent_once_one_of_its_alerts_is_stopped(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    token = confirmed(database, AROUND, AlertArea(campaign_id=campaign.id))
    postman(NOW)
    file(database, campaign, now=NOW + MINUTE)
    alert_news.send_news(database, NOW + HOUR)
    act(database, alerts.stop, token, now=NOW + HOUR)
    assert postman(NOW + HOUR, gather=False) == []
    (news,) = postman(NOW + HOUR + MINUTE)  # the other alert is still wanted
    assert "campaign" not in news.body.partition("--")[0]


def test_areas_take_what_lies_in_them_and_one_letter_tells_all(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    with database.reading() as session:
        community = alert_area.community(session, campaign.edition, "110108017001")
    confirmed(database, AlertArea(campaign_id=campaign.id), community, AROUND, answers=False)
    postman(NOW)
    first, _second = (
        file(database, campaign, longitude=116.31 + at, now=NOW + MINUTE).public_id
        for at in (0.0, 0.015)
    )
    (news,) = postman(NOW + HOUR)
    assert news.body.count("/w/p/") == 2
    assert news.body.count("\n· ") == 3
    act(database, tell_step, OPERATOR, [first], "answered", "好", by="街道", now=NOW + HOUR)
    assert postman(NOW + 2 * DAY) == []  # answers were not asked for


@pytest.mark.parametrize("seed", range(2))
def test_whatever_the_clock_does_nothing_is_told_twice_and_nothing_is_lost(
    database: Database, campaign: CampaignView, postman: Postman, seed: int
) -> None:
    """Time runs on, but the clock is set back and forward by up to a day in between."""
    chance, now = random.Random(seed), NOW
    confirmed(database)
    postman(NOW)
    told: Counter[str] = Counter()
    filed = []
    for step in range(12):
        now += timedelta(hours=chance.uniform(2, 14))
        clock = max(now + timedelta(hours=chance.choice((-20, 0, 0, 20))), NOW + MINUTE)
        filed.append(file(database, campaign, text=f"第{step}条", now=clock).public_id)
        for one in postman(clock):
            told.update(name for name in filed if name in one.body)
    for day in (1, 2, 3):
        for one in postman(now + day * DAY):
            told.update(name for name in filed if name in one.body)
    assert told == Counter(dict.fromkeys(filed, 1))


@pytest.mark.on_both
def test_two_processes_that_gather_at_once_send_one_letter(
    database: Database, campaign: CampaignView, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(database)
    postman(NOW)
    file(database, campaign, now=NOW + MINUTE)
    unaware: Callable[..., dict[int, Any]] = lambda *_: {}  # noqa: E731
    alert_news.send_news(database, NOW + HOUR)
    monkeypatch.setattr(alert_news, "_sent", unaware)
    alert_news.send_news(database, NOW + HOUR + MINUTE)
    monkeypatch.undo()
    assert len(postman(NOW + 2 * HOUR)) == 1


CONFIRM, STOP, ALL = alerts.confirm, alerts.stop, alerts.stop_all
TRANSITIONS = [
    (AlertState.ASKED, CONFIRM, AlertState.CONFIRMED),
    (AlertState.ASKED, STOP, AlertState.STOPPED),
    (AlertState.ASKED, ALL, AlertState.STOPPED),
    (AlertState.CONFIRMED, CONFIRM, AlertState.CONFIRMED),
    (AlertState.CONFIRMED, STOP, AlertState.STOPPED),
    (AlertState.CONFIRMED, ALL, AlertState.STOPPED),
    (AlertState.STOPPED, CONFIRM, WrongStateError),
    (AlertState.STOPPED, STOP, AlertState.STOPPED),
    (AlertState.STOPPED, ALL, AlertState.STOPPED),
    (AlertState.EXPIRED, CONFIRM, WrongStateError),
    (AlertState.EXPIRED, STOP, AlertState.STOPPED),
    (AlertState.EXPIRED, ALL, AlertState.STOPPED),
]


def test_states_and_what_leads_from_one_to_another(
    database: Database, campaign: CampaignView
) -> None:
    late = NOW + ANSWER_WITHIN
    for number, (start, action, expected) in enumerate(TRANSITIONS):
        ask(database, address=f"{number}@example.org")
        token = rows(database)[-1].token
        if start in (AlertState.CONFIRMED, AlertState.STOPPED):
            act(database, CONFIRM, token)
        if start is AlertState.STOPPED:
            act(database, STOP, token)
        now = late if start is AlertState.EXPIRED else NOW
        assert state(database, token, now) is start
        if expected is WrongStateError:
            with pytest.raises(WrongStateError):
                act(database, action, token, now=now)
            expected = start
        else:
            act(database, action, token, now=now)
        assert state(database, token, now) is expected, (start, action)
    with database.reading() as session:
        in_force = alerts.count_in_force(session)
    assert in_force == 2


def test_a_request_that_nobody_answers_goes_with_its_address(
    database: Database, campaign: CampaignView
) -> None:
    ask(database)
    ask(database, address="li@example.org")
    act(database, alerts.confirm, rows(database)[1].token)
    act(database, alerts.forget_lapsed, now=NOW + ANSWER_WITHIN - MINUTE)
    assert len(rows(database)) == 2
    alert_news.sweep(database, NOW + ANSWER_WITHIN)
    assert [row.confirmed for row in rows(database)] == [NOW]
    assert count(database, Contact) == 1


def test_an_address_that_follows_a_proposal_stays(
    database: Database, campaign: CampaignView
) -> None:
    public_id = file(database, campaign).public_id
    told = {"consent": True, "language": "en", "base": BASE}
    act(database, follows.follow_by_post, NEIGHBOUR, SEALER, public_id, "wu@example.org", **told)
    token = confirmed(database)
    act(database, alerts.stop_all, token)
    assert count(database, Contact) == 1


def test_asking_is_limited_and_asking_again_writes_nothing_more(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    for _ in range(3):
        ask(database)
    assert len(postman(NOW)) == 1
    for more in range(MOST_REQUESTS - 1):
        ask(database, alert_area.circle(116.31, 40.03 + more / 1000, 500))
    with pytest.raises(TooOftenError):
        ask(database, AlertArea(campaign_id=campaign.id))
    ask(database, AlertArea(campaign_id=campaign.id), "li@example.org")
    ask(database, AlertArea(campaign_id=campaign.id), now=NOW + DAY)
    with pytest.raises(NotAllowedError):
        ask(database, actor=NOBODY)


def test_nobody_stops_what_is_anothers(database: Database, campaign: CampaignView) -> None:
    mine, other = confirmed(database), confirmed(database, address="li@example.org")
    first, second = rows(database)
    for attempt in (
        partial(act, database, alerts.stop, mine, second.id),
        partial(act, database, alerts.stop, uuid4().hex),
        partial(act, database, alerts.stop_here, Actor("somebody else"), first.id),
        partial(act, database, alerts.stop_here, NOBODY, first.id),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    # Whoever types my address cannot make me end what I have.
    ask(database, alert_area.circle(*HERE, 500))
    act(database, alerts.stop_all, rows(database)[-1].token)
    assert state(database, mine) is state(database, other) is AlertState.CONFIRMED
    act(database, alerts.stop_here, NEIGHBOUR, first.id)
    assert state(database, mine) is AlertState.STOPPED


@pytest.mark.parametrize("radius", [99, 2_001, 300.5, "300", None])
def test_a_circle_has_100_to_2000_whole_metres(radius: Any) -> None:
    with pytest.raises(InvalidError):
        alert_area.circle(*HERE, radius)
    for least_and_most in (100, 2_000):
        assert alert_area.circle(*HERE, least_and_most).circle == (*HERE, least_and_most)
