"""Pictures for previews: right size, right places, right colours, remade when due."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from analysis.pin_feed import LABEL
from core.language import LANGUAGES
from geo.cluster_index import PinIndex
from printing.dot_map import dots_svg
from printing.share_picture import (
    HEIGHT,
    MOST_BYTES,
    WIDTH,
    first_line,
    proposal_picture,
    share_picture,
)
from printing.svg_map import MapFrame, labels, read_ground
from submissions.proposals.queries import CampaignView, ProposalView
from tests.printing.conftest import NASTY, titled

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def pins(longitude: list[float], latitude: list[float], categories: list[bytes]) -> PinIndex:
    tags = np.zeros(len(longitude), LABEL)
    tags["category"] = categories
    return PinIndex.build(np.arange(len(longitude)), np.array(longitude), np.array(latitude), tags)


def opened(content: bytes) -> Image.Image:
    assert len(content) < MOST_BYTES
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
    return picture.convert("RGB")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pin_shows_in_its_colour_where_it_lies(
    campaign: CampaignView, ground_body: bytes, language: str
) -> None:
    where = (116.335, 40.025)
    with_pins = pins([where[0]] * 40, [where[1]] * 40, [b"bike_parking"] * 40)
    none = share_picture(
        campaign, ground_body, pins([], [], []), proposals=0, people=0, language=language
    )
    some = share_picture(
        campaign, ground_body, with_pins, proposals=40, people=30, language=language
    )
    x, y = MapFrame.around(campaign.area.bounds, 560, HEIGHT).one(*where)
    at = (round(WIDTH - 560 + x), round(y))
    wanted = np.array([0x1B, 0x6C, 0xA8])
    assert np.abs(np.array(opened(some).getpixel(at)) - wanted).max() < 40
    assert np.abs(np.array(opened(none).getpixel(at)) - wanted).max() > 80


def test_a_hundred_thousand_pins_stay_a_light_picture(
    campaign: CampaignView, ground_body: bytes
) -> None:
    rng = np.random.default_rng(7)
    tags = np.zeros(100_000, LABEL)
    tags["category"] = rng.choice([b"bike_parking", b"public_space", b"gone"], 100_000)
    many = PinIndex.build(
        np.arange(100_000),
        rng.normal(116.32, 0.01, 100_000),
        rng.normal(40.04, 0.01, 100_000),
        tags,
    )
    opened(
        share_picture(
            campaign, ground_body, many, proposals=100_000, people=80_000, language="zh_CN"
        )
    )


def test_words_that_could_be_code_are_words(campaign: CampaignView, ground_body: bytes) -> None:
    nasty = replace(
        titled(campaign, NASTY),
        categories=[{"key": "bike_parking", "name": {"zh_CN": NASTY}, "color": NASTY}],
    )
    opened(
        share_picture(nasty, ground_body, pins([], [], []), proposals=0, people=0, language="zh_CN")
    )
    opened(proposal_picture(nasty, ground_body, proposal(NASTY), language="zh_CN"))


def proposal(text: str) -> ProposalView:
    return ProposalView(
        public_id="abc",
        campaign_id=1,
        category="bike_parking",
        text=text,
        relation="lives",
        placed_by="tap",
        accuracy_m=None,
        longitude=116.32,
        latitude=40.03,
        status="published",
        community_code="110108017001",
        community_name="清河嘉园",
        community_name_en="Qinghe Jiayuan",
        supports=3,
        created=NOW,
    )


@pytest.mark.parametrize("text", ["路灯坏了🚲\n第二行", "路" * 1000, "🚲", "Bench " * 200])
def test_a_proposal_has_its_pin_in_the_middle_of_the_map(
    campaign: CampaignView, ground_body: bytes, text: str
) -> None:
    picture = opened(proposal_picture(campaign, ground_body, proposal(text), language="zh_CN"))
    middle = (WIDTH - 280, HEIGHT // 2)
    red = picture.getpixel((middle[0], middle[1] - 20))
    assert np.abs(np.array(red) - [0xC6, 0x28, 0x28]).max() < 12


def test_the_first_line_is_cut_where_it_is_long() -> None:
    assert first_line("\n  路灯坏了 \n两行") == "路灯坏了"
    assert first_line(" \n") == ""
    assert len(first_line("长" * 500)) == 90
    assert first_line("长" * 500).endswith("…")


def test_dots_outside_the_frame_are_left_out(campaign: CampaignView) -> None:
    frame = MapFrame.around(campaign.area.bounds, 100, 100)
    far = dots_svg(
        np.array([-170.0, 116.32]),
        np.array([-80.0, 89.0]),
        np.array([b"a", b"b"]),
        {},
        frame,
        radius=3,
    )
    assert far.startswith("<image ")
    assert dots_svg(np.array([]), np.array([]), np.array([], "S1"), {}, frame, radius=3) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_on_the_map_do_not_cover_each_other(
    campaign: CampaignView, ground_body: bytes, language: str
) -> None:
    frame = MapFrame.around(campaign.area.bounds, 560, 630)
    placed = labels(read_ground(ground_body), frame, language, size=17)
    assert {"stations", "communities"} <= {label.kind for label in placed}
    assert len({(label.kind, label.text) for label in placed}) == len(placed)
    for n, one in enumerate(placed):
        assert 0 < one.x < 560
        assert 0 < one.y < 630
        for other in placed[:n]:
            apart = max(abs(one.y - other.y) / one.size, abs(one.x - other.x) / one.size / 2)
            assert apart > 0.5, (one, other)
