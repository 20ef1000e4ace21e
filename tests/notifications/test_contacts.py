"""Addresses are read kindly, sealed firmly, and found again."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import BadContactError, NoKeyError
from core.keys import Sealed
from core.settings import Settings
from notifications import contacts
from notifications.contacts import Resealed, Sealer, WrongKeyError, masked, read_contact, sealer_of
from notifications.models import Contact
from tests.conftest import NOW
from tests.notifications.conftest import KEY

OTHER = "another key of thirty-two characters or more"
ADDRESSES = ("li.xiaoming@example.org", "+8613812345678")


def keep(database: Database, sealer: Sealer | None, address: str, *, consent: bool = True) -> int:
    return database.write(lambda s: contacts.keep(s, sealer, address, consent=consent, now=NOW))


def opened(database: Database, sealer: Sealer, contact_id: int) -> tuple[str, str]:
    with database.reading() as session:
        return contacts.open_contact(session, sealer, contact_id)


@pytest.mark.parametrize(
    ("typed", "kind", "normal"),
    [
        (" Li@Example.ORG ", "email", "Li@example.org"),
        ("12345@qq.com", "email", "12345@qq.com"),
        ("ｌｉ＠qq．com", "email", "li@qq.com"),
        ("li@例子.中国", "email", "li@xn--fsqu00a.xn--fiqs8s"),
        ("138 1234 5678", "phone", "+8613812345678"),
        ("１３８１２３４５６７８", "phone", "+8613812345678"),
        ("+86 138-1234-5678", "phone", "+8613812345678"),
        ("(010) 6234 5678", "phone", "+861062345678"),
        ("+49 30 123456", "phone", "+4930123456"),
    ],
)
def test_an_address_is_read_as_people_write_it(typed: str, kind: str, normal: str) -> None:
    assert read_contact(typed) == (kind, normal)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "li",
        "li@",
        "li@localhost",
        "李@qq.com",
        '"a b"@qq.com',
        "li@qq.com, wu@qq.com",
        "li@qq.com\r\nBcc: wu@qq.com",
        "li@[127.0.0.1]",
        "Li <li@qq.com>",
        "1381234567",
        "12345",
        "110",
        "400 123 4567",
        "13812345678 or so",
        f"{'1' * 300}@qq.com",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(BadContactError) as refused:
        read_contact(typed)
    assert refused.value.params == {"problem": "unreadable"}


def test_an_address_is_kept_once_with_consent_and_a_key(database: Database, sealer: Sealer) -> None:
    first = keep(database, sealer, "li@qq.com")
    assert keep(database, sealer, "LI@QQ.com") == first
    phone = keep(database, sealer, "138 1234 5678")
    assert keep(database, sealer, "+86 13812345678") == phone != first
    assert opened(database, sealer, phone) == ("phone", "+8613812345678")
    with pytest.raises(BadContactError, match="consent"):
        keep(database, sealer, "wu@qq.com", consent=False)
    with pytest.raises(NoKeyError):
        keep(database, None, "wu@qq.com")


def test_no_address_can_be_read_in_the_database(database: Database, sealer: Sealer) -> None:
    for address in ADDRESSES:
        keep(database, sealer, address)
    stored = everything_stored(database)
    assert b"contact" in stored
    for address in ADDRESSES:
        for form in (address.encode(), address.encode().hex().encode(), address[3:].encode()):
            assert form not in stored
        # base64 of it at each of the three alignments, without the ends that neighbours change
        for lead in (b"", b"_", b"__"):
            assert b64encode(lead + address.encode())[4:-4] not in stored


def everything_stored(database: Database) -> bytes:
    if database.url.get_backend_name() == "sqlite":
        file = Path(str(database.url.database))
        return b"".join(part.read_bytes() for part in sorted(file.parent.glob(f"{file.name}*")))
    with database.reading() as session:
        rows = [
            f"contact {row[0]}" for row in session.execute(text("SELECT c::text FROM contact c"))
        ]
        sealed = [bytes(row[0]) for row in session.execute(text("SELECT sealed FROM contact"))]
    return "\n".join(rows).encode() + b"\n".join(sealed)


def test_a_wrong_key_and_a_changed_seal_are_told_plainly(
    database: Database, sealer: Sealer
) -> None:
    contact_id = keep(database, sealer, "li@qq.com")
    with pytest.raises(WrongKeyError, match="wrong_key"):
        opened(database, Sealer([OTHER]), contact_id)
    database.write(
        lambda s: s.execute(update(Contact).values(sealed=Sealed(b"gAAAAAnonsense"))) and None
    )
    with pytest.raises(WrongKeyError):
        opened(database, sealer, contact_id)


def test_keys_are_rotated(database: Database) -> None:
    old, both, new = Sealer([OTHER]), Sealer([KEY, OTHER]), Sealer([KEY])
    li = keep(database, old, "li@qq.com")
    assert keep(database, both, "li@qq.com") == li
    wu = keep(database, both, "wu@qq.com")
    assert opened(database, new, wu) == ("email", "wu@qq.com")
    assert database.write(lambda s: contacts.reseal(s, new)) == Resealed(1, 1)
    assert database.write(lambda s: contacts.reseal(s, both)) == Resealed(2, 0)
    assert opened(database, new, li) == ("email", "li@qq.com")
    assert keep(database, new, "LI@qq.com") == li
    with pytest.raises(WrongKeyError):
        opened(database, old, li)


def test_an_address_kept_twice_while_a_key_was_missing_stays_readable(database: Database) -> None:
    first = keep(database, Sealer([OTHER]), "li@qq.com")
    second = keep(database, Sealer([KEY]), "li@qq.com")
    assert first != second
    assert database.write(lambda s: contacts.reseal(s, Sealer([KEY, OTHER]))) == Resealed(2, 0)
    for contact_id in (first, second):
        assert opened(database, Sealer([KEY]), contact_id) == ("email", "li@qq.com")


def test_neither_seal_nor_hash_tells_the_same_address_without_the_key(sealer: Sealer) -> None:
    assert sealer.seal("li@qq.com") != sealer.seal("li@qq.com")
    assert sealer.lookups("li@qq.com") == sealer.lookups("LI@qq.com")
    assert sealer.lookups("li@qq.com") != Sealer([OTHER]).lookups("li@qq.com")


def test_what_earlier_versions_sealed_is_read_for_ever() -> None:
    """Made by 0.4.0: whoever changes how these keys are derived loses every contact."""
    sealer = Sealer(["k" * 40])
    sealed = (
        b"gAAAAABrDFQwfM4VF9nV-1wommE6pE6lK0aS3JHq1FI6NBHKmqMWSH8CgOMidKK4881L1i2gkLmk1wkETbVe8bKtduJ"
        b"PeAmuHw=="
    )
    assert sealer.open(Sealed(sealed)) == "li@example.org"
    assert sealer.lookups("li@example.org") == [
        "82ff72e8f731c6452a3824c58b3701e0f445736317456804bd7b9ffc8d9eb3a7"
    ]


def test_the_operators_keys_are_checked_at_the_start() -> None:
    assert sealer_of(Settings(secret_key="")) is None
    assert sealer_of(Settings(secret_key=" , ")) is None
    two = sealer_of(Settings(secret_key=f"{KEY}, {OTHER},"))
    assert two is not None
    assert two.open(Sealer([OTHER]).seal("x")) == "x"
    with pytest.raises(ValueError, match="LUJIAN_SECRET_KEY: each key needs at least 32 char"):
        sealer_of(Settings(secret_key=f"{KEY},short"))


def test_an_address_is_shown_masked() -> None:
    assert masked("email", "li.xiaoming@example.org") == "l***@example.org"
    assert masked("phone", "+8613812345678") == "+86138****5678"


def test_a_failing_change_keeps_no_contact(database: Database, sealer: Sealer) -> None:
    def keep_and_fail(session: Session) -> None:
        contacts.keep(session, sealer, "li@qq.com", consent=True, now=NOW)
        raise LookupError

    with pytest.raises(LookupError):
        database.write(keep_and_fail)
    with database.reading() as session:
        assert session.query(Contact).count() == 0
