"""What becomes of a message between being put down and having come to an end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import NotFoundError, WrongStateError
from notifications import outbox
from notifications.contacts import ContactKind, Sealer
from notifications.dispatcher import always
from notifications.outbox import (
    BACK_OFF,
    LEASE,
    PATIENCE,
    DeliveryOutcome,
    DeliveryVerdict,
    Due,
    MessageView,
)
from people.access.actor import OPERATOR
from tests.conftest import NOW
from tests.notifications.conftest import put

BOTH = frozenset(ContactKind)
SENT, RETRY = (
    DeliveryOutcome(DeliveryVerdict.SENT),
    DeliveryOutcome(DeliveryVerdict.RETRY, "gateway: HTTP 503"),
)


def claim(
    database: Database, now: datetime = NOW, *, kinds: frozenset[ContactKind] = BOTH, most: int = 1
) -> list[Due]:
    return database.write(lambda s: outbox.claim(s, kinds=kinds, wanted=always, now=now, most=most))


def settle(database: Database, due: Due, outcome: DeliveryOutcome, now: datetime = NOW) -> None:
    database.write(lambda s: outbox.settle(s, due, outcome, now=now))


def recover(database: Database, now: datetime) -> int:
    return database.write(lambda s: outbox.recover(s, now=now))


def only(database: Database) -> MessageView:
    with database.reading() as session:
        (message,) = outbox.messages(session)
    return message


def test_a_message_is_put_down_once_with_what_it_tells_of(
    database: Database, sealer: Sealer
) -> None:
    put(database, sealer, "li@qq.com", said="first")
    put(database, sealer, "li@qq.com", said="again")
    (due,) = claim(database, most=9)
    assert (due.kind, due.params, due.attempts) == ("email", {"said": "first"}, 1)

    def put_and_fail(session: Session) -> None:
        outbox.enqueue(
            session,
            key="lost",
            contact_id=due.contact_id,
            template="test",
            params={},
            language="en",
            now=NOW,
        )
        raise LookupError

    with pytest.raises(LookupError):
        database.write(put_and_fail)
    assert only(database).state == "sending"


@pytest.mark.on_both
def test_the_longest_due_goes_first_and_each_once(database: Database, sealer: Sealer) -> None:
    later = NOW + timedelta(minutes=1)
    put(database, sealer, "wu@qq.com", now=later)
    put(database, sealer, "li@qq.com", "13812345678")
    assert [due.kind for due in claim(database, later, most=2)] == ["email", "phone"]
    assert len(claim(database, later, most=9)) == 1
    assert claim(database, later, most=9) == []


def test_only_what_is_due_and_can_be_sent_is_claimed(database: Database, sealer: Sealer) -> None:
    put(database, sealer, "li@qq.com", now=NOW)
    assert claim(database, NOW - timedelta(seconds=1)) == []
    assert claim(database, kinds=frozenset({ContactKind.PHONE})) == []
    assert claim(database, kinds=frozenset()) == []
    assert len(claim(database, kinds=frozenset({ContactKind.EMAIL}))) == 1


def test_what_nobody_wants_any_more_is_cancelled_at_the_last_moment(
    database: Database, sealer: Sealer
) -> None:
    put(database, sealer, "li@qq.com", wanted=False)
    put(database, sealer, "wu@qq.com", wanted=True)
    claimed = database.write(
        lambda s: outbox.claim(s, kinds=BOTH, wanted=lambda _s, _t, p: p["wanted"], now=NOW)
    )
    assert [due.params for due in claimed] == [{"wanted": True}]
    with database.reading() as session:
        assert [m.state for m in outbox.messages(session)] == ["sending", "cancelled"]


def test_it_is_tried_again_with_growing_patience_then_given_up(
    database: Database, sealer: Sealer
) -> None:
    put(database, sealer, "li@qq.com")
    now, names = NOW, set()
    for wait in BACK_OFF:
        (due,) = claim(database, now)
        names.add(due.name)
        settle(database, due, RETRY, now)
        assert only(database).state == "waiting"
        assert only(database).due == now + wait
        assert claim(database, now + wait - timedelta(seconds=1)) == []
        now += wait
    (due,) = claim(database, now)
    settle(database, due, RETRY, now)
    last = only(database)
    assert (last.state, last.attempts, last.problem) == ("failed", 7, "gateway: HTTP 503")
    assert names == {due.name}
    hours = [wait.total_seconds() / 3600 for wait in BACK_OFF]
    assert hours == pytest.approx([1 / 60, 5 / 60, 0.5, 2, 6, 24])


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (SENT, "sent"),
        (DeliveryOutcome(DeliveryVerdict.FAILED, "RCPT: 550"), "failed"),
        (DeliveryOutcome(DeliveryVerdict.UNCERTAIN, "letter: TimeoutError"), "uncertain"),
    ],
)
def test_an_end_is_an_end(
    database: Database, sealer: Sealer, outcome: DeliveryOutcome, state: str
) -> None:
    put(database, sealer, "li@qq.com")
    (due,) = claim(database)
    settle(database, due, outcome)
    message = only(database)
    assert (message.state, message.problem) == (state, outcome.problem)
    assert message.sent == (NOW if outcome is SENT else None)
    assert claim(database, NOW + timedelta(days=400)) == []
    assert recover(database, NOW + timedelta(days=400)) == 0


def test_a_dead_process_leaves_a_short_message_to_be_repeated_and_an_e_mail_uncertain(
    database: Database, sealer: Sealer
) -> None:
    put(database, sealer, "li@qq.com", "13812345678")
    before = claim(database, most=2)
    assert recover(database, NOW + LEASE - timedelta(seconds=1)) == 0
    over = NOW + LEASE
    assert recover(database, over) == 2
    with database.reading() as session:
        assert [m.state for m in outbox.messages(session)] == ["waiting", "uncertain"]
    (again,) = claim(database, over, most=9)
    assert (again.kind, again.attempts) == ("phone", 2)
    assert again.name == next(due.name for due in before if due.kind is ContactKind.PHONE)


def test_who_comes_late_may_still_tell_the_truth_but_not_over_anothers_attempt(
    database: Database, sealer: Sealer
) -> None:
    put(database, sealer, "li@qq.com", "13812345678")
    mail, phone = sorted(claim(database, most=2), key=lambda due: due.kind)
    over = NOW + LEASE
    recover(database, over)
    (again,) = claim(database, over)
    settle(database, mail, SENT, over)
    settle(database, phone, DeliveryOutcome(DeliveryVerdict.FAILED, "late"), over)
    with database.reading() as session:
        assert [m.state for m in outbox.messages(session)] == ["sending", "sent"]
    settle(database, again, SENT, over)
    settle(database, again, DeliveryOutcome(DeliveryVerdict.RETRY), over)
    with database.reading() as session:
        assert [m.state for m in outbox.messages(session)] == ["sent", "sent"]


def test_a_channel_that_is_not_set_up_is_waited_for_a_day(
    database: Database, sealer: Sealer
) -> None:
    put(database, sealer, "li@qq.com", "13812345678")
    mail = frozenset({ContactKind.EMAIL})
    tomorrow = NOW + PATIENCE

    def give_up(now: datetime) -> int:
        return database.write(lambda s: outbox.give_up(s, kinds=mail, now=now))

    assert give_up(tomorrow - timedelta(seconds=1)) == 0
    assert give_up(tomorrow) == 1
    with database.reading() as session:
        assert {(m.state, m.problem) for m in outbox.messages(session)} == {
            ("waiting", None),
            ("failed", "no sender"),
        }


def test_it_is_known_whether_there_is_something_to_do(database: Database, sealer: Sealer) -> None:
    def is_due(now: datetime, kinds: frozenset[ContactKind] = BOTH) -> bool:
        with database.reading() as session:
            return outbox.is_something_due(session, kinds=kinds, now=now)

    assert not is_due(NOW)
    put(database, sealer, "li@qq.com")
    assert is_due(NOW)
    assert not is_due(NOW, frozenset())
    assert is_due(NOW + PATIENCE, frozenset())
    (due,) = claim(database)
    assert not is_due(NOW)
    assert is_due(NOW + LEASE)
    settle(database, due, SENT)
    assert not is_due(NOW + timedelta(days=400))


def test_an_operator_sends_it_after_all(database: Database, sealer: Sealer) -> None:
    put(database, sealer, "li@qq.com")
    (due,) = claim(database)

    def retry(message_id: int) -> None:
        database.write(lambda s: outbox.retry(s, OPERATOR, message_id, now=NOW))

    with pytest.raises(WrongStateError):
        retry(due.id)
    with pytest.raises(NotFoundError):
        retry(due.id + 1)
    settle(database, due, DeliveryOutcome(DeliveryVerdict.UNCERTAIN, "letter: TimeoutError"))
    retry(due.id)
    (again,) = claim(database)
    assert (again.name, again.attempts) == (due.name, 1)
