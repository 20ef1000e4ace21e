"""Every letter in both languages: whole, short enough for a phone, with a way out."""

from __future__ import annotations

from typing import Any

import pytest

from core.language import LANGUAGES, content_language, in_language
from submissions.proposals.states import Stage
from submissions.proposals.tell_followers import Template
from wording.letters.proposal_letters import letter

PARAMS = {"base": "https://lujian.example.org/", "follow": "T0ken_-x", "proposal": "abcdefgh"}
OFFICE = {"name": {"zh_CN": "清河街道办事处", "en": "Qinghe Subdistrict Office"}, "phone": "12345"}
TITLE = {"zh_CN": "共享单车停放征集", "en": "Where shall bikes stand?"}
PLACE = {"category": {"zh_CN": "单车停放", "en": "Bike parking"}, "community": {"zh_CN": "朱房"}}
NAMED = {
    "office": OFFICE,
    "title": TITLE,
    "about": {"abcdefgh": {"words": "地铁口停不下车", **PLACE}, "hijkmnpq": {"words": "", **PLACE}},
}
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("confirm_follow", {}, "/w/follow/T0ken_-x"),
    ("receipt", {"code": "ABCD2345EFGH"}, "/w/r/ABCD2345EFGH"),
    ("status_changed", {"status": "published"}, "/w/p/abcdefgh"),
    ("status_changed", {"status": "hidden"}, "/w/follow/T0ken_-x"),
    ("comment_published", {"comment": "hgfedcba"}, "/w/p/abcdefgh"),
    ("merged", {"side": "joined"}, "/w/p/abcdefgh"),
    ("merged", {"side": "kept"}, "/w/p/abcdefgh"),
    ("pin_moved", {"reason": "会办的。"}, "/w/p/abcdefgh"),
    ("pin_moved", {"reason": "", "back": True}, "/w/p/abcdefgh"),
    ("unmerged", {"part": "abcdefgh"}, "/w/p/abcdefgh"),
    *(("step", {"stage": str(stage), "reply": "会办的。"}, "/w/p/abcdefgh") for stage in Stage),
]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("template", "params", "link"), CASES)
def test_a_letter_is_whole(template: str, params: dict[str, Any], link: str, lang: str) -> None:
    written = letter(template, PARAMS | params, lang)
    home = "https://lujian.example.org"
    assert written.link == f"{home}{link}?lang={lang}"
    assert written.end_link == f"{home}/w/follow/T0ken_-x?lang={lang}"
    assert written.body.endswith(f"\n{written.end_link}\n")
    assert "\n" not in written.subject
    assert len(written.sms) <= 70
    assert "{" not in written.subject + written.body + written.sms
    if params.get("reply") or params.get("reason"):
        assert "会办的。" in written.body
        assert "会办的。" not in written.sms + written.subject


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("template", "params", "link"), CASES)
def test_a_letter_says_who_writes_about_what(
    template: str, params: dict[str, Any], link: str, lang: str
) -> None:
    written = letter(template, PARAMS | NAMED | params, lang)
    content = content_language(lang)
    office = OFFICE["name"][content]  # type: ignore[index]
    for line in (written.subject, written.sms):
        assert line.startswith((f"{office}：", f"{office}: "))
    for part in (office, "12345", TITLE[content], "地铁口停不下车", PLACE["category"][content]):
        assert part in written.body
    held = letter(template, PARAMS | NAMED | params | {"proposal": "hijkmnpq"}, lang)
    assert "停不下车" not in held.body
    assert "“" not in held.body
    assert PLACE["category"][content] in held.body
    unset = letter(template, PARAMS | params, lang)
    assert unset.subject.startswith(
        {"zh_CN": "路见：", "zh_Hant": "路见：", "en": "LuJian: "}[lang]
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_news_of_several_lists_them_and_says_how_many_more(lang: str) -> None:
    told = [
        {"proposal": f"abcdefg{n}", "follow": "x", "stage": "built", "reply": "好了", "by": "街道"}
        for n in "hijkmnpqrstu"
    ]
    written = letter("step", PARAMS | NAMED | {"told": told} | told[0], lang)
    assert written.body.count("/w/p/") == 10
    assert written.body.count("好了") == 1
    assert "12" in written.subject
    assert {"zh_CN": "还有 2 条", "zh_Hant": "另有 2 條", "en": "And 2 more."}[lang] in written.body
    assert written.end_link.endswith(f"/w/follow/x/all?lang={lang}")
    told[1] |= {"reply": "这里不行"}
    own = letter("step", PARAMS | NAMED | {"told": told[:2]} | told[0], lang).body
    assert own.index("abcdefgh") > own.index("好了")
    assert own.index("abcdefgi") > own.index("这里不行")


def test_there_is_a_letter_for_each_template() -> None:
    assert {template for template, _, _ in CASES} | {"prize_won", "prize_void"} == set(Template)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_prize_is_told_once_with_nothing_to_end(lang: str) -> None:
    said = {"zh_CN": "到居委会领取。", "en": "Please come to the office."}
    told = {"campaign": "autumn", "entry": "e1f2", "title": said, "claim": said}
    written = letter("prize_won", PARAMS | told, lang)
    assert written.link == f"https://lujian.example.org/w/c/autumn/draw?lang={lang}"
    assert (written.end_link, "/w/follow/" in written.body) == ("", False)
    assert in_language(said, lang) in written.body
    assert "e1f2" in written.body
    assert len(written.sms) <= 70
    assert "{" not in written.subject + written.body + written.sms


@pytest.mark.parametrize("lang", LANGUAGES)
def test_that_a_prize_is_void_is_told_in_plain_words(lang: str) -> None:
    said = {"zh_CN": "秋天的征集", "en": "The call of autumn"}
    told = {"campaign": "autumn", "entry": "e1f2", "title": said, "reason": "名单里漏了纸质建议。"}
    written = letter("prize_void", PARAMS | told, lang)
    assert written.link == f"https://lujian.example.org/w/c/autumn/draw?lang={lang}"
    assert (written.end_link, "/w/follow/" in written.body) == ("", False)
    for part in (in_language(said, lang), "e1f2", told["reason"], written.link):
        assert part in written.body
    assert {"zh_CN": "作废", "zh_Hant": "作廢", "en": "void"}[lang] in written.subject
    assert "e1f2" in written.sms
    assert "漏了" not in written.sms + written.subject
    assert len(written.sms) <= 70
    assert "\n" not in written.subject
    assert "{" not in written.subject + written.body + written.sms


def test_a_hidden_proposal_is_not_pointed_at() -> None:
    assert "abcdefgh" not in letter("status_changed", PARAMS | {"status": "hidden"}, "en").body


def test_a_receipt_is_spelled_as_it_is_read_out() -> None:
    written = letter("receipt", PARAMS | {"code": "ABCD2345EFGH"}, "en")
    assert "ABCD-2345-EFGH" in written.sms
    assert "ABCD-2345-EFGH" in written.subject
    assert "receipt" not in written.subject + written.body + written.sms
    chinese = letter("receipt", PARAMS | {"code": "ABCD2345EFGH"}, "zh_CN")
    assert "查询码" in chinese.body
    assert "回执" not in chinese.subject + chinese.body + chinese.sms


def test_a_reply_says_whose_it_is() -> None:
    params = PARAMS | {"stage": "answered", "reply": "Yes.", "by": "Qinghe Subdistrict"}
    assert "Qinghe Subdistrict replies:\nYes." in letter("step", params, "en").body
    silent = letter("step", PARAMS | {"stage": "built", "reply": " "}, "en")
    assert "replies" not in silent.body
    assert "reply says" not in silent.body


def test_the_operators_address_goes_before_that_of_the_request() -> None:
    forged = PARAMS | {"base": "https://evil.example.net"}
    written = letter("confirm_follow", forged, "en", public_url="https://路见.example.org/map/")
    assert written.end_link.startswith("https://xn--6x2a75f.example.org/map/w/follow/")
    assert "evil" not in written.body + written.link


@pytest.mark.parametrize("base", ["", "javascript:alert(1)", "//example.org", "https://"])
def test_without_an_address_there_is_no_letter(base: str) -> None:
    with pytest.raises(ValueError, match="address of this server"):
        letter("confirm_follow", PARAMS | {"base": base}, "en")


def test_what_it_does_not_know_is_an_error() -> None:
    with pytest.raises(ValueError, match="prize"):
        letter("prize", PARAMS, "en")
    with pytest.raises(KeyError):
        letter("receipt", PARAMS, "en")
