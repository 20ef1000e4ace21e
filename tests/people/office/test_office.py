"""The office: the desk goes before the environment, and what nobody filled in shows."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from sqlalchemy import select

from core.database import Database
from core.errors import (
    BadPhotoError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from core.settings import Settings, read_settings
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, everywhere
from people.audit.models import AuditEntry
from people.office.change_office import change_logo, change_office
from people.office.logo import MOST_BYTES, clean_logo
from people.office.office import (
    NEEDED,
    Office,
    current_office,
    known_office,
    logo_of,
    note_office,
    office_of,
    stored_office,
)
from tests.conftest import NOW

NAME = {"zh_CN": "清河街道办事处", "en": "Qinghe Subdistrict Office"}
SET = read_settings({"LUJIAN_OFFICE_NAME": "海淀区某街道", "LUJIAN_OFFICE_TELEPHONE": "12345"})


def saved(database: Database, words: Any, plain: Any, actor: Actor = OPERATOR) -> Office:
    def save(session: Any) -> Office:
        version = stored_office(session).version
        return change_office(session, actor, words, plain, version=version, now=NOW)

    return database.write(save)


def read(database: Database, settings: Settings) -> Office:
    with database.reading() as session:
        return office_of(session, settings)


def picture(size: tuple[int, int] = (900, 300), kind: str = "PNG", **more: Any) -> bytes:
    file = io.BytesIO()
    mode = "RGBA" if kind == "PNG" else "RGB"
    Image.new(mode, size, (200, 30, 30, 0) if kind == "PNG" else (200, 30, 30)).save(
        file, kind, **more
    )
    return file.getvalue()


def test_the_desk_goes_before_the_environment_and_what_is_missing_is_told(
    database: Database,
) -> None:
    assert read(database, Settings()).missing == NEEDED
    before = read(database, SET)
    assert (before.name("en"), before.telephone) == ("海淀区某街道", "12345")
    assert before.language_of("name", "en") == "zh_CN"
    saved(database, {"name": NAME}, {"icp": "-", "email": "office@example.org"})
    after = read(database, SET)
    assert (after.name("zh_CN"), after.name("en")) == (NAME["zh_CN"], NAME["en"])
    assert after.language_of("name", "en") == "en"
    assert (after.telephone, after.email, after.icp) == ("12345", "office@example.org", "")
    assert after.missing == ("address", "police_record")


def test_a_page_knows_of_a_change_at_once_and_of_the_office_without_the_database(
    database: Database,
) -> None:
    assert current_office(database, SET).name("en") == "海淀区某街道"
    note_office(database, saved(database, {"name": NAME}, {}))
    assert current_office(database, SET).name("en") == NAME["en"]
    assert known_office(database, SET) == current_office(database, SET)


def test_changes_are_in_the_trail_and_stand_against_what_was_seen(database: Database) -> None:
    saved(database, {"name": NAME}, {"telephone": " 010\u200b-6271 "})
    saved(database, {"name": NAME}, {"telephone": "010-6271"})  # the same: no entry
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert entry.details["to"]["name (zh_CN)"] == NAME["zh_CN"]
        assert entry.details["to"]["telephone"] == "010-6271"
    with pytest.raises(WrongStateError, match="stale"):
        database.write(
            lambda s: change_office(s, OPERATOR, {}, {}, version=Office().version, now=NOW)
        )
    for reach in (Grant(Role.ADMINISTRATOR, Reach.SUBDISTRICT, "110108017"),):
        with pytest.raises(NotAllowedError):
            saved(database, {"name": NAME}, {}, Actor("d" * 40, frozenset({reach})))
    officer = Actor("d" * 40, everywhere(Role.SUBDISTRICT_OFFICER))
    with pytest.raises(NotAllowedError):
        saved(database, {"name": NAME}, {}, officer)


@pytest.mark.parametrize(
    ("words", "plain", "field"),
    [
        ({"name": {"en": "x" * 81}}, {}, "name"),
        ({}, {"email": "nobody"}, "email"),
        ({}, {"email": "a@b@c"}, "email"),
        ({}, {"icp": "京" * 81}, "icp"),
    ],
)
def test_what_is_too_long_or_no_address_is_refused(
    database: Database, words: Any, plain: Any, field: str
) -> None:
    with pytest.raises(InvalidError) as raised:
        saved(database, words, plain)
    assert raised.value.params["field"] == field


def test_a_logo_is_made_anew_and_keeps_nothing_but_its_pixels(database: Database) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "secret")

    def save(data: bytes | None) -> Office:
        def change(session: Any) -> Office:
            version, logo = stored_office(session).version, clean_logo(data) if data else None
            return change_logo(session, OPERATOR, logo, version=version, now=NOW)

        return database.write(change)

    office = save(picture(pnginfo=info))
    with database.reading() as session:
        logo = logo_of(session, office.logo)
        with pytest.raises(NotFoundError):
            logo_of(session, "0" * 64)
    image = Image.open(io.BytesIO(logo))
    assert (image.size, image.mode, image.info.get("Comment")) == ((512, 171), "RGBA", None)
    assert b"secret" not in logo
    assert saved(database, {"name": NAME}, {}).logo == office.logo
    with database.reading() as session:
        assert logo_of(session, office.logo) == logo
    assert save(None).logo == ""
    with database.reading() as session, pytest.raises(NotFoundError):
        logo_of(session, office.logo)
    assert save(picture(kind="JPEG")).logo


@pytest.mark.parametrize(
    "data",
    [
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        lambda: picture()[:200],
        lambda: picture(kind="GIF", size=(9, 9)),
        lambda: picture((5000, 5000)),
        lambda: b"\x89PNG\r\n\x1a\n" + b"0" * MOST_BYTES,
    ],
    ids=["svg", "broken", "gif", "many pixels", "heavy"],
)
def test_no_other_file_becomes_a_logo(data: Callable[[], bytes]) -> None:
    with pytest.raises(BadPhotoError):
        clean_logo(data())
