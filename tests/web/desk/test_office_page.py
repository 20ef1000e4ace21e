"""The office's form: who sees it, what it keeps, and two who fill it in at once."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from core.database import Database
from people.access.actor import Grant, Reach, Role
from serving.context import Context
from tests.web.acting import sign_in
from tests.web.browsing import Browser, Form
from tests.web.conftest import MakeRoom, site

FORM = "/w/desk/office"


def logo_form(boss: Browser) -> Form:
    """Return the form that sends a logo."""
    forms = boss.open(FORM).forms
    return next(
        form for form in forms if form.action.endswith("/logo") and "remove" not in form.values
    )


def boss_of(room: Context, database: Database) -> Browser:
    browser = Browser(site(room))
    sign_in(browser, database, Role.ADMINISTRATOR)
    return browser


def test_what_is_filled_in_stands_on_the_next_page(make_room: MakeRoom, database: Database) -> None:
    room = make_room(office_telephone="12345")
    boss = boss_of(room, database)
    page = boss.open(FORM)
    assert page.all("input", name="telephone")[0]["placeholder"] == "12345"
    assert "没有的项目请填“-”" in page.text
    boss.send(page.form("/office"), name_zh_CN="清河街道办事处", icp="-", email="a@example.org")
    assert boss.status == 303
    foot = Browser(site(room)).open("/w/").text
    assert "清河街道办事处" in foot
    assert "电话：12345" in foot
    assert "a@example.org" in foot
    assert "还没有填写：单位地址、公安备案号" in boss.open(f"{FORM}?done=saved").text


def test_of_two_who_fill_it_in_the_second_is_shown_what_the_first_saved(
    room: Context, database: Database
) -> None:
    first, second = boss_of(room, database), boss_of(room, database)
    forms = [browser.open(FORM).form("/office") for browser in (first, second)]
    first.send(forms[0], telephone="12345", name_zh_CN="甲")
    page = second.send(forms[1], telephone="010-1", name_zh_CN="甲")
    assert second.status == 409
    assert "现在保存的是： 12345" in page.text
    assert page.text.count("现在保存的是") == 1
    assert page.form("/office").one("telephone") == "010-1"
    second.send(page.form("/office"))
    assert second.status == 303
    assert second.open(FORM).form("/office").one("telephone") == "010-1"


def test_what_is_refused_keeps_what_was_typed(room: Context, database: Database) -> None:
    boss = boss_of(room, database)
    page = boss.send(boss.open(FORM).form("/office"), email="nobody", name_en="The office")
    assert boss.status == 422
    assert "不是电子邮箱" in page.text
    assert page.form("/office").one("name_en") == "The office"


def test_a_logo_is_shown_to_everybody_until_it_is_taken_away(
    room: Context, database: Database
) -> None:
    boss, reader = boss_of(room, database), Browser(site(room))
    file = BytesIO()
    Image.new("RGB", (60, 30), "red").save(file, "JPEG")
    form = logo_form(boss)
    boss.send(form, files={"logo": ("logo.svg", file.getvalue(), "image/svg+xml")})
    assert boss.status == 303
    address = next(e["src"] for e in reader.open("/w/").all("img") if "/w/office/" in e["src"])
    answer = reader.client.get(address)
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(BytesIO(answer.content)).size == (60, 30)
    remove = next(one for one in boss.open(FORM).forms if "remove" in one.values)
    boss.send(remove)
    assert not [e for e in reader.open("/w/").all("img") if "/w/office/" in e["src"]]
    assert reader.client.get(address).status_code == 404
    files = {"logo": ("logo.png", b"<svg/>", "image/png")}
    page = boss.send(logo_form(boss), files=files)
    assert boss.status == 422
    assert "不能用作标志" in page.text


def test_whoever_administers_a_part_alone_has_no_such_room(
    room: Context, database: Database
) -> None:
    part = Browser(site(room))
    sign_in(part, database, Grant(Role.ADMINISTRATOR, Reach.SUBDISTRICT, "110108017"))
    assert "还没有填写" not in part.open("/w/desk").text
    assert not part.open("/w/desk").all("a", href=FORM)
    part.open(FORM)
    assert part.status == 404
