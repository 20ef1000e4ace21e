"""The post office at work: beside others, after a crash, and when something is wrong."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.database import Database
from notifications import outbox
from notifications.channels import Letter, Parcel
from notifications.contacts import ContactKind, Sealer
from notifications.dispatcher import PostOffice
from notifications.outbox import BACK_OFF, LEASE, PATIENCE, DeliveryOutcome, DeliveryVerdict
from tests.conftest import NOW
from tests.forked_programs import start_program
from tests.notifications.conftest import Gateway, Mailbox, put, states
from tests.notifications.office import office, words
from tests.notifications.test_channels import SECRET

PEOPLE = [f"person{number}@example.org" for number in range(12)]
PHONES = [f"+86138123456{number:02}" for number in range(6)]


class Shelf:
    """A sender that keeps what it is given, and may break."""

    def __init__(
        self, fault: Exception | None = None, verdict: DeliveryVerdict = DeliveryVerdict.SENT
    ) -> None:
        self.parcels: list[Parcel] = []
        self.fault, self.verdict = fault, verdict

    def send(self, parcel: Parcel, *, now: datetime) -> DeliveryOutcome:
        self.parcels.append(parcel)
        if self.fault is not None:
            raise self.fault
        return DeliveryOutcome(self.verdict)


@pytest.mark.on_both
def test_each_goes_its_way_once(
    database: Database, sealer: Sealer, mailbox: Mailbox, mail_port: int, gateway: Gateway
) -> None:
    post = office(database, f"smtp://127.0.0.1:{mail_port}", gateway.url, SECRET)
    assert post.run_once(NOW) == 0
    put(database, sealer, *PEOPLE, *PHONES)
    assert post.run_once(NOW) == 18
    assert sorted(mailbox.addresses()) == sorted(PEOPLE)
    assert [json.loads(body)["to"] for _, body in gateway.requests] == PHONES
    assert post.run_once(NOW + timedelta(days=3)) == 0
    assert states(database) == {"sent": 18}


def test_two_offices_on_one_database_share_the_work(
    database: Database, sealer: Sealer, mailbox: Mailbox, mail_port: int, gateway: Gateway
) -> None:
    many = [f"person{number}@example.org" for number in range(40)]
    put(database, sealer, *many)
    other = Database(database.url)
    done: Counter[int] = Counter()

    def work(name: int, used: Database) -> None:
        post = office(used, f"smtp://127.0.0.1:{mail_port}", gateway.url, SECRET)
        done[name] += post.run_once(NOW)

    threads = [
        threading.Thread(target=work, args=(name, used))
        for name, used in enumerate((database, other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(mailbox.addresses()) == sorted(many)
    assert sum(done.values()) == 40
    assert states(database) == {"sent": 40}


@pytest.mark.on_both
@pytest.mark.parametrize("step", ["RCPT", "letter"])
def test_killed_while_an_e_mail_is_on_its_way(
    database: Database,
    sealer: Sealer,
    mailbox: Mailbox,
    mail_port: int,
    gateway: Gateway,
    step: str,
) -> None:
    """That one becomes uncertain; of the others none is lost, and none arrives twice."""
    put(database, sealer, *PEOPLE)
    held = {
        "RCPT": lambda address: address == PEOPLE[4],
        "letter": lambda _address: PEOPLE[4] in mailbox.addresses(),
    }[step]
    mailbox.hold = lambda at, address: at == step and held(address)
    smtp_url = f"smtp://127.0.0.1:{mail_port}"
    kill_once(database, mailbox.reached, smtp_url, gateway.url)
    assert states(database) == {"sent": 4, "sending": 1, "waiting": 7}

    mailbox.hold = lambda _at, _address: False
    mailbox.go_on.set()
    post, now = office(database, smtp_url, gateway.url, SECRET), datetime.now(UTC)
    assert post.run_once(now) == 7
    post.run_once(now + LEASE)
    assert states(database) == {"sent": 11, "uncertain": 1}
    arrived = Counter(mailbox.addresses())
    assert arrived == Counter(p for p in PEOPLE if step == "letter" or p != PEOPLE[4])


@pytest.mark.on_both
def test_killed_while_the_gateway_is_told(
    database: Database, sealer: Sealer, mail_port: int, gateway: Gateway
) -> None:
    """It is told again under the same id, by which it knows the message."""
    put(database, sealer, *PHONES)
    gateway.hold_at = 3
    smtp_url = f"smtp://127.0.0.1:{mail_port}"
    kill_once(database, gateway.reached, smtp_url, gateway.url)
    assert states(database) == {"sent": 2, "sending": 1, "waiting": 3}

    gateway.hold_at = None
    gateway.go_on.set()
    post, now = office(database, smtp_url, gateway.url, SECRET), datetime.now(UTC)
    assert post.run_once(now) == 3
    assert post.run_once(now + LEASE) == 1
    assert states(database) == {"sent": 6}
    told = [(headers["webhook-id"], json.loads(body)["to"]) for headers, body in gateway.requests]
    assert len(told) == 7
    assert sorted(to for _, to in set(told)) == PHONES
    assert told.count(told[2]) == 2


def kill_once(
    database: Database, reached: threading.Event, smtp_url: str, gateway_url: str
) -> None:
    """Run a post office as a process until ``reached``, then end it without a warning."""
    url = database.url.render_as_string(hide_password=False)
    words = ["-m", "tests.notifications.office", url, smtp_url, gateway_url, SECRET]
    child = start_program(words)
    try:
        assert reached.wait(60)
    finally:
        child.kill()
        child.wait()


def test_started_and_stopped_it_sends_by_itself(
    database: Database, sealer: Sealer, mailbox: Mailbox, mail_port: int, gateway: Gateway
) -> None:
    post = office(database, f"smtp://127.0.0.1:{mail_port}", gateway.url, SECRET)
    mailbox.hold = lambda step, _address: step == "letter"
    post.start()
    put(database, sealer, "li@example.org", now=datetime.now(UTC))
    assert mailbox.reached.wait(30)
    mailbox.go_on.set()
    post.stop()
    assert mailbox.addresses() == ["li@example.org"]
    assert states(database) == {"sent": 1}
    put(database, sealer, "wu@example.org", now=datetime.now(UTC))
    assert not [thread for thread in threading.enumerate() if thread.name == "post"]
    assert states(database) == {"sent": 1, "waiting": 1}


def test_a_wrong_key_lets_it_wait_until_the_right_one_is_back(
    database: Database, sealer: Sealer
) -> None:
    put(database, sealer, "li@example.org")
    shelf = Shelf()
    wrong = PostOffice(database, Sealer(["w" * 32]), {ContactKind.EMAIL: shelf}, words)
    assert wrong.run_once(NOW) == 1
    assert states(database) == {"waiting": 1}
    right = PostOffice(database, sealer, {ContactKind.EMAIL: shelf}, words)
    assert right.run_once(NOW + BACK_OFF[0] + timedelta(minutes=1)) == 1
    assert [parcel.address for parcel in shelf.parcels] == ["li@example.org"]


@pytest.mark.parametrize("has_key", [True, False])
def test_without_a_channel_or_a_key_it_waits_a_day(
    database: Database, sealer: Sealer, has_key: bool
) -> None:
    put(database, sealer, "li@example.org")
    senders = {} if has_key else {ContactKind.EMAIL: Shelf()}
    post = PostOffice(database, sealer if has_key else None, senders, words)
    assert post.run_once(NOW + PATIENCE - timedelta(minutes=1)) == 0
    assert states(database) == {"waiting": 1}
    post.run_once(NOW + PATIENCE)
    assert states(database) == {"failed": 1}


def test_one_bad_letter_does_not_hold_up_the_others(database: Database, sealer: Sealer) -> None:
    def sometimes(template: str, params: Mapping[str, Any], language: str) -> Letter:
        if params["bad"]:
            raise KeyError("stage")
        return words(template, params, language)

    put(database, sealer, "li@example.org", bad=True)
    put(database, sealer, "wu@example.org", bad=False)
    shelf = Shelf()
    assert PostOffice(database, sealer, {ContactKind.EMAIL: shelf}, sometimes).run_once(NOW) == 2
    assert [parcel.address for parcel in shelf.parcels] == ["wu@example.org"]
    assert states(database) == {"failed": 1, "sent": 1}


def test_a_channel_out_of_reach_does_not_hold_up_the_other(
    database: Database, sealer: Sealer
) -> None:
    put(database, sealer, *PEOPLE, *PHONES)
    mail, phone = Shelf(verdict=DeliveryVerdict.RETRY), Shelf()
    post = PostOffice(database, sealer, {ContactKind.EMAIL: mail, ContactKind.PHONE: phone}, words)
    assert post.run_once(NOW) == 7
    assert (len(mail.parcels), len(phone.parcels)) == (1, 6)
    mail.verdict = DeliveryVerdict.SENT
    assert post.run_once(NOW) == 11
    assert states(database) == {"sent": 17, "waiting": 1}


def test_a_sender_that_breaks_leaves_it_uncertain_and_no_address_is_logged(
    database: Database, sealer: Sealer, caplog: pytest.LogCaptureFixture
) -> None:
    put(database, sealer, "li@example.org")
    shelf = Shelf(RuntimeError("li@example.org"))
    with caplog.at_level(logging.DEBUG):
        PostOffice(database, sealer, {ContactKind.EMAIL: shelf}, words).run_once(NOW)
    assert states(database) == {"uncertain": 1}
    assert "uncertain" in caplog.text
    assert "li@example.org" not in caplog.text
    with database.reading() as session:
        (message,) = outbox.messages(session)
    assert message.problem == "RuntimeError"


def test_a_database_that_is_gone_does_not_end_the_thread(
    database: Database, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = threading.Event()
    post = PostOffice(database, sealer, {ContactKind.EMAIL: Shelf()}, words, poll_s=0.01)
    calls: list[int] = []

    def run_once(_now: datetime) -> int:
        calls.append(1)
        if len(calls) > 1:
            again.set()
        raise OSError

    monkeypatch.setattr(post, "run_once", run_once)
    post.start()
    assert again.wait(30)
    post.stop()
