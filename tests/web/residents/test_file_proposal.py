"""Filing without JavaScript: from the page to the receipt, and nothing typed is ever lost."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from api import open_data
from core.database import Database
from people.access.actor import Actor
from people.access.device_cookie import COOKIE
from printing.qr import qr_svg
from submissions.participation.models import Photo
from submissions.proposals.queries import CampaignView
from tests.conftest import make_campaign
from tests.submissions.acting import file
from tests.web.acting import JSON, QUESTIONS, SAID, TYPED, filed, picture, problem, row, rows, say
from tests.web.browsing import Browser

SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[116.31, 40.03], [116.311, 40.03], [116.311, 40.031], [116.31, 40.031], [116.31, 40.03]]
    ],
}
BOW_TIE = {
    "type": "Polygon",
    "coordinates": [
        [[116.31, 40.03], [116.311, 40.031], [116.311, 40.03], [116.31, 40.031], [116.31, 40.03]]
    ],
}
FAR = json.loads(json.dumps(SQUARE).replace("116.3", "116.4"))


def test_from_the_page_to_the_receipt(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    page = resident.open(f"/w/c/{campaign.slug}")
    assert resident.status == 200
    assert "HttpOnly" in resident.answer.headers["set-cookie"]
    assert COOKIE in resident.client.cookies
    form = page.form("/say")
    assert (form.method, form.attributes["enctype"]) == ("post", "multipart/form-data")
    resident.send(form, **TYPED)
    assert resident.status == 303
    where = resident.answer.headers["location"]
    assert where.endswith("?fresh=1")
    receipt = resident.follow()
    assert resident.status == 200
    stored = row(database, where.rpartition("/")[2].partition("?")[0])
    code = "-".join(stored.receipt[at : at + 4] for at in (0, 4, 8))
    assert (stored.text, stored.status, stored.entry) == (SAID, "published", "self")
    assert stored.community_code == "110108017001"
    assert code in receipt.text
    assert SAID in receipt.text
    link = f"http://testserver/w/r/{code}"
    assert link in [a["href"] for a in receipt.all("a")]
    assert qr_svg(link) in resident.body
    assert resident.answer.headers["cache-control"] == "private, no-store"
    assert resident.answer.headers["referrer-policy"] == "same-origin"
    again = resident.open(f"/w/r/{code.lower().replace('-', ' ')}")
    assert code in again.text


def test_what_is_filed_in_a_hotspot_counts_there_at_once(
    resident: Browser,
    database: Database,
    campaign: CampaignView,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(open_data, "verdict_now", lambda *given, **named: (None, "computing"))
    for n in range(5):
        file(database, campaign, Actor(f"neighbour {n}"), text=f"第{n}次说停不下车")
    address = f"/api/campaigns/{campaign.slug}/hotspots.geojson"

    def hotspots() -> list[tuple[Any, ...]]:
        resident.open(address)
        told = [one["properties"] for one in resident.answer.json()["features"]]
        return [(one["hotspot_id"], one["proposals"], one["people"]) for one in told]

    ((name, *before),) = hotspots()
    assert before == [5, 5]
    filed(resident)
    assert hotspots() == [(name, 6, 6)]
    filed(resident, longitude="116.33", text="很远的地方也停不下")
    assert hotspots() == [(name, 6, 6)]


def test_the_form_may_be_sent_url_encoded(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    form = resident.open(f"/w/c/{campaign.slug}").form("/say")
    form.attributes.pop("enctype")
    resident.send(form, **TYPED)
    assert resident.status == 303
    assert [each.text for each in rows(database)] == [SAID]


def test_the_same_form_twice_is_one_proposal(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    form = resident.open(f"/w/c/{campaign.slug}").form("/say")
    places = set()
    for _ in range(2):
        resident.send(form, **TYPED)
        assert resident.status == 303
        places.add(resident.answer.headers["location"])
    assert len(places) == len(rows(database)) == 1


def test_photos_in_the_form_are_filed_with_it(
    resident: Browser, neighbour: Browser, database: Database, campaign: CampaignView
) -> None:
    files = [("photo", (f"{n}.jpg", picture(), "image/jpeg")) for n in range(2)]
    code = filed(resident, files=files)
    page = resident.open(f"/w/r/{code}")
    shown = [image["src"] for image in page.all("img") if "/api/photos/" in image["src"]]
    assert len(shown) == 2
    for address in shown:
        resident.open(address)
        assert resident.answer.headers["content-type"] == "image/jpeg"
        neighbour.open(address)
        assert neighbour.status == 404
    other = neighbour.open(f"/w/p/{row(database, code).public_id}")
    assert "/api/photos/" not in neighbour.body
    assert SAID in other.text


def test_a_form_that_is_refused_keeps_its_photos(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    files = [("photo", ("a.jpg", picture(), "image/jpeg"))]
    page = say(resident, files=files, text=" ")
    assert resident.status == 422
    form = page.form("/say")
    name = form.one("photos")
    assert f"/api/photos/{name}/thumbnail.jpg" in resident.body
    resident.send(form, text=SAID)
    assert resident.status == 303
    with database.reading() as session:
        photo = session.scalars(select(Photo)).one()
    assert (photo.name, photo.proposal_id) == (name, rows(database)[0].id)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([b"<svg onload=alert(1)>"], "This file is no photo that we can read."),
        ([picture()] * 4, "These are more photos than we can take."),
        ([picture()] * 12, "These are more photos than we can take."),
        ([picture() + bytes(16 * 2**20)], "This photo is larger than 15 MB."),
    ],
    ids=["no photo", "four", "twelve", "16 MB"],
)
def test_photos_that_cannot_be_taken(
    resident: Browser, database: Database, campaign: CampaignView, files: list[bytes], said: str
) -> None:
    sent = [("photo", ("a.jpg", data, "image/jpeg")) for data in files]
    resident.open("/w/?lang=en")
    page = say(resident, files=sent)
    assert resident.status == 422
    assert said in problem(page, "photo")
    assert page.form("/say").one("text") == SAID
    assert rows(database) == []


def test_of_several_photos_the_good_ones_stay_and_the_bad_ones_are_named(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    files = [("a.jpg", picture()), ("broken.jpg", b"x"), ("b.jpg", picture("blue"))]
    resident.open("/w/?lang=en")
    sent = [("photo", (name, data, "image/jpeg")) for name, data in files]
    page = say(resident, files=sent, relation="works")
    assert (resident.status, rows(database)) == (422, [])
    told = problem(page, "photo")
    assert "Not taken: “broken.jpg”. This file is no photo" in told
    assert "has not been sent yet" in told
    form = page.form("/say")
    assert (form.one("text"), form.one("relation")) == (SAID, "works")
    assert len(form.one("photos").split(",")) == 2
    resident.send(form)
    with database.reading() as session:
        filed_with = session.scalars(select(Photo.proposal_id)).all()
    assert filed_with == [rows(database)[0].id] * 2


def test_back_another_text_and_sent_is_another_proposal(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    form = resident.open(f"/w/c/{campaign.slug}").form("/say")
    photo = [("photo", ("a.jpg", picture(), "image/jpeg"))]
    codes = []
    for text in (SAID, "再说一件别的事", SAID):
        resident.send(form, files=photo, **TYPED | {"text": text})
        assert resident.status == 303
        codes.append(resident.answer.headers["location"])
    assert codes[0] == codes[2] != codes[1]
    assert [each.text for each in rows(database)] == [SAID, "再说一件别的事"]


def test_photos_of_another_proposal_leave_the_form_and_it_can_be_sent(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    photo = [("photo", ("a.jpg", picture(), "image/jpeg"))]
    form = say(resident, files=photo, text=" ").form("/say")
    resident.send(form, text=SAID)
    page = resident.send(form, text="再说一件别的事")
    assert resident.status == 422
    assert problem(page, "photo")
    form = page.form("/say")
    assert form.one("photos") == ""
    resident.send(form)
    assert [each.text for each in rows(database)] == [SAID, "再说一件别的事"]


def test_a_typed_place_is_chosen_from_what_was_found(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    page = say(resident, place="四街", longitude="", latitude="")
    assert resident.status == 422
    form = page.form("/say")
    assert form.offered["candidate"]
    assert form.one("candidate") == form.offered["candidate"][0]
    assert (form.one("text"), form.one("place")) == (SAID, "四街")
    assert "四街" in page.text
    resident.send(form)
    assert resident.status == 303
    stored = rows(database)[0]
    assert form.one("candidate") == f"{round(stored.longitude, 6)},{round(stored.latitude, 6)}"
    assert (stored.placed_by, stored.community_code) == ("search", "110108017003")


@pytest.mark.parametrize("place", ["", "没有这样的地方"])
def test_without_a_place_the_sentence_stands_next_to_the_map(
    resident: Browser, campaign: CampaignView, place: str
) -> None:
    page = say(resident, place=place, longitude="", latitude="")
    assert resident.status == 422
    assert problem(page, "place")
    assert page.form("/say").one("text") == SAID
    assert page.form("/say").one("place") == place


@pytest.mark.parametrize(
    ("typed", "field", "zh", "en"),
    [
        ({"text": "  \n "}, "text", "写", "Please write a few words"),
        ({"text": "长" * 1001}, "text", "1,001", "1,001 characters. Please keep it within 1,000"),
        ({"category": None}, "category", "选", "Please choose what it is about."),
        ({"category": "nope"}, "category", "选", "Please choose what it is about."),
        ({"relation": None}, "relation", "选", "Please choose how you know this place."),
        ({"longitude": "116.9"}, "place", "范围", "outside the area of this campaign"),
        ({"text": "x"}, "text", "太短", "too short to understand"),
        ({"text": "！！！👍👍"}, "text", "太短", "too short to understand"),
        ({"text": "哈哈哈哈"}, "text", "太短", "too short to understand"),
        ({"longitude": "nan"}, "place", "地图", "We could not understand this place."),
        ({"longitude": "", "latitude": ""}, "place", "地图", "Please tap the map first"),
        ({"contact": "nobody", "consent": "1"}, "contact", "邮", "neither an e-mail address"),
        ({"contact": "li@example.org"}, "contact", "同意", "Please agree that we may keep"),
        ({"photos": "a" * 26}, "photo", "照片", "A photo is no longer there."),
    ],
)
def test_what_is_wrong_is_said_next_to_it_in_both_languages(
    reachable: Browser,
    database: Database,
    campaign: CampaignView,
    typed: dict[str, Any],
    field: str,
    zh: str,
    en: str,
) -> None:
    for lang, said in (("zh_CN", zh), ("en", en)):
        reachable.open(f"/w/?lang={lang}")
        page = say(reachable, **typed)
        assert reachable.status == 422
        beside = problem(page, field)
        if field == "place":  # a page without a script has no map to tap
            assert ("地名" in beside or "地点的名字" in beside) == (lang == "zh_CN"), beside
            assert "地图" not in beside
            assert "tap" not in beside
        else:
            assert said in beside
        others = {e["id"] for e in page.all("p", class_="lj-problem") if "hidden" not in e}
        assert others == {f"problem-{field}"}
        answer = reachable.client.post(
            f"/w/c/{campaign.slug}/say",
            data={"client_token": "t", "placed_by": "tap"}
            | {key: value for key, value in {**TYPED, **typed}.items() if value is not None},
            headers=JSON,
        )
        told = answer.json()
        assert told["problems"] == [{key: told[key] for key in ("field", "sentence", "code")}]
        assert told["field"] == field
        assert said in told["sentence"]
    assert rows(database) == []


def test_all_that_is_wrong_is_said_at_once_by_page_and_script_alike(
    reachable: Browser, database: Database
) -> None:
    make_campaign(database, questions=QUESTIONS)
    empty = dict.fromkeys(("longitude", "latitude", "category", "relation"))
    wrong = {**empty, "text": "x", "contact": "nobody", "consent": "1", "q_name": "长" * 101}
    files = [("photo", ("broken.jpg", b"x"))]
    wanted = ["place", "category", "text", "q_when", "q_name", "relation", "contact"]
    page = say(reachable, **wrong)
    assert reachable.status == 422
    beside = [e for e in page.all("p", class_="lj-problem") if "id" in e]
    shown = {e["id"].removeprefix("problem-") for e in beside}
    hidden = {e["id"] for e in beside if "hidden" in e}
    assert shown - {name.removeprefix("problem-") for name in hidden} == set(wanted)
    listed = [e["href"] for e in page.all("a") if e.get("href", "").startswith("#say-")]
    assert listed == [f"#say-{part}" for part in wanted]
    inside = {e["id"] for _tag, e in page.elements if "id" in e}
    assert {href[1:] for href in listed} <= inside
    focused = [e for _tag, e in page.elements if "autofocus" in e]
    assert [e["id"] for e in focused] == ["say-place"]
    marked = {(e.get("name"), e.get("role")) for _tag, e in page.elements if "aria-invalid" in e}
    assert {("text", None), ("place", "combobox"), (None, "radiogroup")} <= marked
    form = page.form("/say")
    reachable.send(form, headers=JSON)
    told = reachable.answer.json()
    assert [one["field"] for one in told["problems"]] == wanted
    assert told["field"] == "place"
    page = reachable.send(form, files=files)
    assert problem(page, "photo")
    assert problem(page, "relation")
    page = reachable.send(form, place="四街")
    assert page.form("/say").offered["candidate"]
    assert problem(page, "relation")
    assert rows(database) == []


def test_everything_typed_stays_in_a_refused_form(reachable: Browser, database: Database) -> None:
    make_campaign(database, questions=QUESTIONS)
    photo = [("photo", ("a.jpg", picture(), "image/jpeg"))]
    typed = {
        **TYPED,
        "text": "第一行\n第二行 <b>&amp;\"'",
        "accuracy_m": "12.5",
        "placed_by": "device",
        "relation": "works",
        "category": "public_space",
        "why_another": "因为不够",
        "contact": "li@example.org",
        "consent": "1",
        "q_wishes": ["racks", "seats"],
        "q_name": "李 \"'<",
    }
    page = reachable.open("/w/c/test-campaign")
    before = page.form("/say")
    page = reachable.send(before, files=photo, **typed)
    assert reachable.status == 422
    assert problem(page, "q_when")
    form = page.form("/say")
    assert form.one("client_token") == before.one("client_token")
    for name, value in typed.items():
        kept = form.values[name]
        assert sorted(kept) == sorted(value if isinstance(value, list) else [value]), name
    assert len(form.one("photos")) > 20
    reachable.send(form, q_when="evening")
    assert reachable.status == 303, reachable.body
    stored = rows(database)[0]
    assert stored.answers == {
        "when": "evening",
        "wishes": ["seats", "racks"],
        "name": "李 \"'<",
        "_why_another": "因为不够",
    }
    assert stored.client_token == before.one("client_token")
    assert stored.contact_id is not None
    receipt = reachable.follow()
    for told in ("晚上", "seats", "racks", "因为不够"):
        assert told in receipt.text
    assert "李 \"'<" not in receipt.text


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({}, "q_when"),
        ({"q_when": "noon"}, "q_when"),
        ({"q_when": ["morning", "evening"]}, "q_when"),
        ({"q_when": "morning", "q_wishes": ["seats", "nope"]}, "q_wishes"),
        ({"q_when": "morning", "q_name": "长" * 101}, "q_name"),
        ({"q_when": "morning", "q_nope": "x"}, "form"),
    ],
)
def test_an_answer_that_cannot_be_is_told_where_it_is_seen(
    resident: Browser, database: Database, answers: dict[str, Any], field: str
) -> None:
    make_campaign(database, questions=QUESTIONS)
    page = say(resident, **answers)
    assert resident.status == 422
    assert problem(page, field)
    assert rows(database) == []


def test_a_problem_of_a_part_that_is_not_shown_is_told_at_the_button(
    resident: Browser, database: Database
) -> None:
    one = [{"key": "only", "name": {"zh_CN": "只有", "en": "Only"}, "color": "", "icon": ""}]
    make_campaign(database, categories=one, max_photos=0, asks_contact=False)
    for typed in ({"category": "nope"}, {"category": "only", "photos": "a" * 26}):
        page = say(resident, **typed)
        assert resident.status == 422
        assert problem(page, "form")
    files = [("photo", ("a.jpg", picture(), "image/jpeg"))]
    page = say(resident, files=files, category="only")
    assert problem(page, "form")
    filed(resident, category=None)


def test_a_route_is_filed_with_its_length(resident: Browser, database: Database) -> None:
    make_campaign(database, geometry_kinds=("line",))
    line = {"type": "LineString", "coordinates": [[116.31, 40.03], [116.314, 40.03]]}
    code = filed(resident, shape=json.dumps(line), longitude="", latitude="")
    stored = row(database, code)
    assert stored.length_m == pytest.approx(341.4, abs=0.3)  # 0.004° × 85.36 km at 40.03° N
    assert stored.area_m2 is None
    resident.open("/api/campaigns/test-campaign/proposals.geojson")
    (feature,) = resident.answer.json()["features"]
    assert (feature["geometry"]["type"], feature["properties"]["text"]) == ("LineString", SAID)
    assert " m" in resident.open(f"/w/r/{code}?lang=en").text


class TestDrawing:
    @pytest.fixture(autouse=True)
    def _takes_areas(self, database: Database) -> None:
        make_campaign(database, geometry_kinds=("area",))

    @pytest.mark.parametrize("pin", [{"longitude": "", "latitude": ""}, {"longitude": "x"}, {}])
    def test_an_area_is_filed(
        self, resident: Browser, database: Database, pin: dict[str, str]
    ) -> None:
        code = filed(resident, shape=json.dumps(SQUARE), **pin)
        stored = row(database, code)
        # One thousandth of a degree each way at 40.03° N: about 85.3 m by 111.0 m.
        assert stored.area_m2 == pytest.approx(85.3 * 111.0, rel=0.01)
        assert stored.length_m is None
        assert "m²" in resident.open(f"/w/r/{code}?lang=en").text

    @pytest.mark.parametrize(
        ("shape", "said"),
        [
            (json.dumps(BOW_TIE), "cross"),
            (json.dumps(FAR), "Part of what you drew lies outside"),
            ("", "Please draw the line or the area"),
            ("{not json", ""),
            ('{"type":"Polygon","coordinates":[[["a"]]]}', ""),
            ('{"type":"Polygon","coordinates":[[[1e400,1],[2,2],[3,3],[1,1]]]}', ""),
            ("[" * 5000, ""),
            ("null", ""),
            ("5", ""),
            (json.dumps({"type": "Point", "coordinates": [116.31, 40.03]}), ""),
        ],
    )
    def test_what_is_no_area_here(
        self, resident: Browser, database: Database, shape: str, said: str
    ) -> None:
        resident.open("/w/?lang=en")
        page = say(resident, shape=shape, longitude="", latitude="")
        assert resident.status == 422
        assert problem(page, "place")
        assert said in problem(page, "place")
        form = page.form("/say")
        assert (form.one("shape"), form.one("text")) == (shape, SAID)
        assert rows(database) == []


def test_zero_width_characters_spoil_no_address_and_no_code(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    code = filed(resident, text="门口\u200b乱\ufeff停车")
    assert row(database, code).text == "门口乱停车"
    hidden = "%E2%80%8B"
    resident.open(f"/w/c/{campaign.slug}{hidden}?lang=en")
    assert resident.status == 308
    assert resident.answer.headers["location"] == f"/w/c/{campaign.slug}?lang=en"
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    for typed in (f"{code}\u200b", f"\ufeff{code}", "\u2060".join(code), wide):
        answer = resident.client.get("/w/r", params={"code": typed})
        assert answer.headers["location"].endswith(f"/w/r/{code}"), typed
    page = resident.open(f"/w/c/{campaign.slug}/list?text=%E4%B9%B1{hidden}%E5%81%9C")
    assert "门口乱停车" in page.text
    say(resident, text="\u3164\u2800")
    assert resident.status == 422


def test_a_script_gets_json(resident: Browser, database: Database, campaign: CampaignView) -> None:
    form = resident.open(f"/w/c/{campaign.slug}").form("/say")
    resident.send(form, headers=JSON, **TYPED)
    assert resident.status == 200
    told = resident.answer.json()
    stored = row(database, told["receipt"])
    assert told["id"] == stored.public_id
    assert told["address"] == f"/w/r/{told['receipt']}?fresh=1"
    assert told["repeated"] is False
    resident.send(form, headers=JSON, **TYPED)
    assert resident.answer.json()["repeated"] is True
    resident.open(told["address"])
    assert resident.status == 200


def test_a_card_in_the_street_places_the_pin(
    resident: Browser, database: Database, campaign: CampaignView
) -> None:
    page = resident.open(f"/w/c/{campaign.slug}?at=116.305,40.055&place=%E8%BD%A6%E7%AB%99")
    form = page.form("/say")
    assert (form.one("longitude"), form.one("latitude")) == ("116.305", "40.055")
    assert "您在：" in page.text
    assert "卡片上写的是：“车站”" in page.text
    resident.send(form, text=SAID, category="bike_parking", relation="lives")
    assert resident.status == 303
    (stored,) = rows(database)
    assert (stored.placed_by, stored.community_code) == ("search", "110108017007")
    assert (stored.longitude, stored.latitude) == (116.305, 40.055)


def test_a_link_greets_nobody_with_a_way_to_reach_somebody(
    resident: Browser, campaign: CampaignView
) -> None:
    at = f"/w/c/{campaign.slug}?at=116.305,40.055"
    assert "您在：" in resident.open(f"{at}&place=车站").text
    assert "abc12345" not in resident.open(f"{at}&place=加微信abc12345").text


def test_the_qr_code_leads_to_the_receipt(resident: Browser, campaign: CampaignView) -> None:
    code = filed(resident)
    page = resident.follow()
    side = int(page.all("svg", class_="qr")[0]["viewbox"].split()[2])
    image = Image.new("L", (side, side), 255)
    for run in page.all("path", fill="currentColor")[0]["d"].split("z")[:-1]:
        x, y, width = re.match(r"M(\d+) (\d+)h(\d+)", run).groups()  # type: ignore[union-attr]
        image.paste(0, (int(x), int(y), int(x) + int(width), int(y) + 1))
    image = image.resize((side * 8, side * 8), Image.Resampling.NEAREST)
    told = [barcode.text for barcode in zxingcpp.read_barcodes(image)]
    assert told == [f"http://testserver/w/r/{code}"]


PERSONAL = "我叫张三，电话13812345678，停不下车"


def test_personal_details_are_asked_about_before_they_are_sent(
    resident: Browser, database: Database
) -> None:
    make_campaign(database, questions=QUESTIONS)
    typed = {"text": PERSONAL, "why_another": "找王建国。", "q_when": "evening", "q_name": "李四"}
    page = say(resident, **typed)
    assert (resident.status, rows(database)) == (422, [])
    for words in ("张三", "13812345678", "王建国"):
        assert words in page.by_id["personal"]
    assert "李四" not in page.by_id["personal"]  # no others read it
    form = page.form("/say")
    assert {name: form.one(name) for name in typed if name != "q_when"} | {
        "q_when": "evening"
    } == typed
    assert [b["value"] for b in page.all("button", name="personal")] == ["out", "keep"]
    resident.send(form, personal="out")
    assert resident.status == 303
    stored = rows(database)[0]
    assert (stored.text, stored.status) == ("我叫***，电话***，停不下车", "published")
    assert stored.answers["_why_another"] == "找***。"
    assert stored.answers["name"] == "李四"


def test_what_is_sent_as_it_is_waits_and_says_so(
    resident: Browser, neighbour: Browser, campaign: CampaignView, database: Database
) -> None:
    answer = resident.client.post(f"/w/c/{campaign.slug}/say", headers=JSON)
    assert answer.status_code == 200
    resident.open(f"/w/c/{campaign.slug}")
    data = {**TYPED, "text": PERSONAL, "client_token": "t", "placed_by": "tap"}
    told = resident.client.post(f"/w/c/{campaign.slug}/say", data=data, headers=JSON).json()
    assert [part["words"] for part in told["personal"]] == ["张三", "13812345678"]
    assert rows(database) == []
    data["personal"] = "keep"
    told = resident.client.post(f"/w/c/{campaign.slug}/say", data=data, headers=JSON).json()
    assert told["status"] == "held"
    assert "先看一看" in resident.open(told["address"]).text
    neighbour.open(f"/w/p/{told['id']}")
    assert neighbour.status == 404
