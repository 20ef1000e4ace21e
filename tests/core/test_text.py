"""What a text shows: blank is empty, what is hidden hides nothing, accents stay in their line."""

from __future__ import annotations

import pytest

from analysis.text.bigrams import pieces
from core.errors import EmptyTextError
from core.text import MOST_MARKS, as_address, clean_text, shows_nothing
from notifications.contacts import read_contact
from people.accounts.accounts import folded as folded_login
from submissions.participation.pii import find_personal
from submissions.participation.spam_check import count_links, text_digest
from submissions.proposals.receipt_codes import new_receipt, normalise_receipt

BLANKS = {
    "space": " \n\t\u3000\u00a0",
    "zero width": "\u200b\u200c\u200d\u2060\ufeff",
    "Hangul fillers": "\u3164\uffa0\u115f\u1160",
    "Braille": "\u2800",
    "variation selectors": "\ufe0f\ufe00\U000e0100",
    "tags": "\U000e0001\U000e0041\U000e007f",
    "soft hyphen": "\u00ad",
    "marks alone": "\u0301\u0301 \u0336\u20dd",
    "direction": "\u202e\u2066\u2069\u202c\u200f",
    "invisible mathematics": "\u2061\u2062\u2063\u2064",
    "joiner of marks": "\u034f",
    "controls": "\x00\x1b",
    "annotations": "\ufff9\ufffa\ufffb",
}


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS)
def test_what_shows_nothing_is_empty_and_hides_no_word(blank: str) -> None:
    assert shows_nothing(blank)
    for text in (blank, blank * 7, f" {blank}\u2800"):
        with pytest.raises(EmptyTextError):
            clean_text(text, most=500)


HIDDEN = "\u200b\u2060\ufeff\u00ad\u034f\u3164\uffa0\ufe0f\U000e0101\U000e0041\u202e\u2066\u180e"


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda c: f"U+{ord(c):04X}")
def test_hidden_characters_spoil_nothing(hidden: str) -> None:
    def spoilt(text: str) -> str:
        return hidden.join(["", *text, ""])

    assert clean_text(spoilt("路口乱停车"), most=50) == "路口乱停车"
    assert pieces(spoilt("路口 bike")) == pieces("路口 bike")
    assert text_digest(spoilt("门口的车停不下了吧")) == text_digest("门口的车停不下了吧")
    assert count_links(spoilt("http://a.cn www.b.cn")) == 2
    code = new_receipt()
    assert normalise_receipt(spoilt(code)) == code
    assert folded_login(spoilt(" Ｚhang.san ")) == "zhang.san"
    assert read_contact(spoilt("Li＠example.cn"))[1] == "Li@example.cn"
    assert read_contact(spoilt("13812345678"))[1] == "+8613812345678"
    text = "打" + spoilt("13812345678") + "找我"
    (found,) = find_personal(text)
    assert text[found.start : found.end].strip(hidden) == spoilt("13812345678").strip(hidden)
    assert as_address(spoilt("ａｂ１２")) == "ab12"


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧‍👦 在这里玩",
        "❤️🚲👍🏽 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏳️‍🌈",
        "می‌خواهم",
        "ශ්‍රී ක්‍ෂ",
        "क्‍ष पार्किंग",
        "Nguyễn Thị Ngọc Ánh, đường ồ ế ữ",
        "Nguye\u0302\u0303n o\u031b\u0323",
        "ที่จอดรถจักรยาน น้ำ",
        "བོད་ཡིག་ཧཱུྃ",
        "שָׁלוֹם עִבְרִית",
        "مُحَمَّدٌ رَسُولُ",
        "한국어 ᄒᆞᆫ글",
        "ᠮᠣᠩᠭᠣᠯ᠋ ᠰᠢᠨ᠎ᠡ"[:9],
        "⠓⠑⠇⠇⠕ ⠺",
        "z̈ x̌ n̄",
    ],
)
def test_written_languages_and_emoji_stay_as_typed(text: str) -> None:
    assert clean_text(text, most=200) == text


def test_accents_are_no_tower_and_the_direction_is_not_turned() -> None:
    assert clean_text("Z" + "\u0301" * 300, most=50) == "Z" + "\u0301" * MOST_MARKS
    tower = "a" + "\u0301\u200b" * 30 + "b" + "\u20dd\u0336" * 3
    assert clean_text(tower, most=50) == "a" + "\u0301" * MOST_MARKS + "b" + "\u20dd\u0336" * 3
    assert clean_text("\u202eEVIL gnp.exe\u202c", most=50) == "EVIL gnp.exe"
    assert clean_text("عربي\u200f abc", most=50) == "عربي\u200f abc"
    assert clean_text("a\u200fb\u061cc", most=50) == "abc"
