"""Posters and cards as an office would check them: open, read, scan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from PIL import Image

from core.errors import InvalidError
from core.language import LANGUAGES, translations
from printing.cards import MOST, cards_pdf
from printing.links import CardPlace
from printing.poster import poster_pdf
from submissions.proposals.queries import CampaignView
from tests.printing.conftest import (
    A4_PT,
    BASE,
    NASTY,
    embedded_fonts,
    links_in,
    read_pdf,
    rendered,
    titled,
    words_of,
)


def check_sheet(content: bytes, pages: int) -> None:
    reader = read_pdf(content)
    assert len(reader.pages) == pages
    for page in reader.pages:
        size = (float(page.mediabox.width), float(page.mediabox.height))
        assert size == pytest.approx(A4_PT, abs=0.2)
    fonts = embedded_fonts(reader)
    assert fonts
    assert all(fonts.values()), fonts
    assert all("+NotoSansHans" in name for name in fonts), fonts  # subsets carry a prefix


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_poster_says_what_it_must_and_leads_to_the_campaign(
    campaign: CampaignView, ground_body: bytes, language: str
) -> None:
    asking = titled(
        replace(
            campaign,
            opens_at=datetime(2026, 4, 30, 16, tzinfo=UTC),
            closes_at=datetime(2026, 6, 30, 15, 59, tzinfo=UTC),
        ),
        "街头微公园怎么做,听你的!",
        question="您想在哪里有个小公园?",
        prize="凭回执号领取纪念品。",
    )
    content = poster_pdf(
        asking, ground_body, base_url=f"{BASE}/", language=language, office="清河街道办事处"
    )
    check_sheet(content, 1)
    words = words_of(read_pdf(content))
    steps = ("Scan the code", "Tap the place on the map", "Write one sentence")
    said = [translations(language).gettext(step) for step in steps]
    for text in (
        "街头微公园怎么做,听你的!",
        "您想在哪里有个小公园?",
        "凭回执号领取纪念品。",
        "清河街道办事处",
        "lujian.example.org/w/c/test-campaign",
        *said,
    ):
        assert "".join(text.split()) in words
    # From 16:00 UTC on 30 April: 1 May in Beijing.
    first = {"en": "May1,2026"}.get(language, "2026年5月1日")
    assert first in words
    assert links_in(rendered(content, scale=1.5)) == {f"{BASE}/w/c/test-campaign"}


def test_the_posters_code_is_more_than_six_centimetres_wide(
    campaign: CampaignView, ground_body: bytes
) -> None:
    content = poster_pdf(campaign, ground_body, base_url=BASE, language="zh_CN")
    corners = zxingcpp.read_barcodes(rendered(content, scale=4.0))[0].position
    wide_mm = (corners.top_right.x - corners.top_left.x) / 4.0 / 72 * 25.4
    assert wide_mm > 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_people_write_is_run(
    campaign: CampaignView, ground_body: bytes, language: str
) -> None:
    nasty = titled(campaign, NASTY, prize=NASTY)
    poster = poster_pdf(nasty, ground_body, base_url=BASE, language=language, office=NASTY)
    place = CardPlace(NASTY, 116.31, 40.03)
    cards = cards_pdf(nasty, [place], base_url=BASE, language=language)
    plain = "".join(NASTY.split())
    assert words_of(read_pdf(poster)).count(plain) == 4
    assert words_of(read_pdf(cards)).count(plain) == 2


def test_words_that_are_too_many_stay_on_the_page(
    campaign: CampaignView, ground_body: bytes
) -> None:
    wordy = titled(campaign, "说来话长" * 30, prize="奖品" * 200)
    check_sheet(poster_pdf(wordy, ground_body, base_url=BASE, language="zh_CN"), 1)
    places = [CardPlace("很长的地名" * 40, 116.31, 40.03)] * 8
    check_sheet(cards_pdf(wordy, places, base_url=BASE, language="zh_CN"), 1)


@pytest.mark.parametrize(("number", "pages"), [(1, 1), (8, 1), (17, 3)])
def test_every_card_leads_to_its_own_place(campaign: CampaignView, number: int, pages: int) -> None:
    places = [
        CardPlace(f"第{n}号自行车停放区(东侧&西侧)", 116.3 + n / 10000, 40.03 + n / 20000)
        for n in range(number)
    ]
    content = cards_pdf(
        campaign, places, base_url=BASE, language="zh_CN", office="清河街道办事处,电话 12345"
    )
    check_sheet(content, pages)
    assert words_of(read_pdf(content), 0).count("清河街道办事处") == min(number, 8)
    assert read_pdf(content).metadata.author == "清河街道办事处,电话 12345"
    found = set()
    for page in range(pages):
        found |= links_in(rendered(content, page))
        assert "第" + str(8 * page) + "号自行车停放区" in words_of(read_pdf(content), page)
    led_to = {(q["place"][0], q["at"][0]) for q in (parse_qs(urlsplit(x).query) for x in found)}
    assert led_to == {(p.name, f"{p.longitude:.6f},{p.latitude:.6f}") for p in places}
    assert {x.split("?")[0] for x in found} == {f"{BASE}/w/c/test-campaign"}


def test_a_code_of_eight_lies_in_its_own_part_of_the_page(campaign: CampaignView) -> None:
    places = [CardPlace(f"地点{n}", 116.3 + n / 1000, 40.03) for n in range(8)]
    page = rendered(cards_pdf(campaign, places, base_url=BASE, language="en"))
    wide, tall = page.width // 2, page.height // 4
    for n, place in enumerate(places):
        x, y = (n % 2) * wide, (n // 2) * tall
        part: Image.Image = page.crop((x, y, x + wide, y + tall))
        (link,) = links_in(part)
        assert parse_qs(urlsplit(link).query)["place"] == [place.name]


@pytest.mark.parametrize("number", [0, MOST + 1])
def test_no_cards_and_too_many_are_refused(campaign: CampaignView, number: int) -> None:
    with pytest.raises(InvalidError):
        cards_pdf(campaign, [CardPlace("x", 116.31, 40.03)] * number, base_url=BASE, language="en")


def test_the_same_input_gives_the_same_bytes(campaign: CampaignView, ground_body: bytes) -> None:
    once, again = (
        poster_pdf(campaign, ground_body, base_url=BASE, language="zh_CN") for _ in range(2)
    )
    assert once == again
