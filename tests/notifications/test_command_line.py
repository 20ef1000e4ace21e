"""The commands of the post, run as an operator runs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.database import Database
from core.settings import Settings
from notifications import contacts, outbox
from notifications.__main__ import main
from notifications.contacts import ContactKind, Sealer
from notifications.dispatcher import always
from notifications.outbox import DeliveryOutcome, DeliveryVerdict
from tests.conftest import NOW
from tests.notifications.conftest import KEY, put

Run = Callable[..., tuple[int, str, str]]
NEW = "a new key with more than thirty-two characters"


@pytest.fixture
def run(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    address = database.url.render_as_string(hide_password=False)

    def call(*arguments: str, key: str = KEY) -> tuple[int, str, str]:
        chosen = Settings(database_url=address, secret_key=key)
        monkeypatch.setattr("notifications.__main__.get_settings", lambda: chosen)
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def test_messages_are_listed_without_addresses_and_retried(
    run: Run, database: Database, sealer: Sealer
) -> None:
    put(database, sealer, "li.xiaoming@example.org", "13812345678")
    (due,) = database.write(
        lambda s: outbox.claim(s, kinds={ContactKind.EMAIL}, wanted=always, now=NOW)
    )
    refused = DeliveryOutcome(DeliveryVerdict.FAILED, "RCPT: 550 5.1.1")
    database.write(lambda s: outbox.settle(s, due, refused, now=NOW))
    code, out, _ = run("list")
    assert code == 0
    assert f"{due.id} failed test to l***@example.org: attempts 1" in out
    assert "RCPT: 550 5.1.1" in out
    assert "waiting test to +86138****5678" in out
    assert "li.xiaoming" not in out
    assert "138123" not in out
    assert run("retry", str(due.id)) == (0, f"message {due.id} waits to be sent\n", "")
    assert run("list", "--state", "failed")[1] == ""
    assert run("retry", str(due.id))[0] == 2
    assert run("retry", "0")[0] == 2


def test_contacts_are_sealed_anew(run: Run, database: Database, sealer: Sealer) -> None:
    put(database, sealer, "li@example.org")
    assert "which no key opens" in run("list", key=NEW)[1]
    assert "to contact" in run("list", key="")[1]
    assert run("reseal", key=NEW)[0] == 1
    code, out, _ = run("reseal", key=f"{NEW},{KEY}")
    assert code == 0
    assert "contact: 1 sealed under the first key, 0 no key opens\n" in out
    assert {line.partition(":")[0] for line in out.splitlines()} >= {"contact", "webhook"}
    with database.reading() as session:
        (message,) = outbox.messages(session)
        opened = contacts.open_contact(session, Sealer([NEW]), message.contact_id)
    assert opened == ("email", "li@example.org")


@pytest.mark.parametrize(("key", "told"), [("", "is not set"), ("short", "at least 32")])
def test_a_bad_key_is_told_in_one_line(run: Run, key: str, told: str) -> None:
    code, _, err = run("reseal", key=key)
    assert code == 2
    assert told in err
    assert err.count("\n") == 1
