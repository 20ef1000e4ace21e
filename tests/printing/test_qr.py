from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from core.errors import InvalidError
from printing.links import CardPlace, campaign_link, card_codes, in_words, place_link
from printing.qr import QUIET, qr_modules, qr_svg
from tests.printing.conftest import links_in

LINK = "https://lujian.example.org/w/r/7K3F-9QXT"


def test_a_code_leads_back_to_its_link() -> None:
    light = ~np.pad(qr_modules(LINK), QUIET).repeat(4, 0).repeat(4, 1)
    assert links_in(Image.fromarray(light).convert("L")) == {LINK}


def test_the_svg_has_the_same_modules_and_takes_the_colour_of_the_text() -> None:
    svg = qr_svg(LINK)
    assert 'aria-hidden="true"' in svg
    assert 'fill="currentColor"' in svg
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])  # type: ignore[index]
    drawn = np.zeros((side, side), bool)
    for column, row, long in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        drawn[int(row), int(column) : int(column) + int(long)] = True
    assert (drawn == np.pad(qr_modules(LINK), QUIET)).all()


@pytest.mark.parametrize("text", ["", "x" * 3000])
def test_what_no_code_can_hold_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        qr_svg(text)


def test_links_are_encoded_and_exact_to_six_decimals() -> None:
    place = CardPlace("清河站 A口&x=1#?", 116.31080049, 40.0374)
    assert campaign_link(LINK[:26] + "/", "bike-parking") == f"{LINK[:26]}/w/c/bike-parking"
    assert place_link("https://a.example", "s", place) == (
        "https://a.example/w/c/s?at=116.310800,40.037400"
        "&place=%E6%B8%85%E6%B2%B3%E7%AB%99%20A%E5%8F%A3%26x%3D1%23%3F"
    )
    assert in_words("https://a.example/w/c/s") == "a.example/w/c/s"
    assert in_words("http://a.example/w/c/s") == "http://a.example/w/c/s"


def test_a_card_keeps_its_code_and_others_have_others() -> None:
    places = [CardPlace(f"地点{n}", 116.3 + n / 1000, 40.03) for n in range(500)]
    codes = card_codes("bike-parking", places)
    assert len(set(codes)) == 500
    assert card_codes("bike-parking", places[7:8]) == codes[7:8]
    assert all(re.fullmatch("[2-9A-HJKMNP-TV-Z]{5}", code) for code in codes)
