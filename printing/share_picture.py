"""Pictures for the previews of chat apps: 1200 × 630 pixels, PNG.

They are set by the same means as the poster; see ``printing.typesetting``.
"""

from __future__ import annotations

import io
import re
from typing import Any

from PIL import Image

from core.language import in_language, translations
from geo.cluster_index import PinIndex
from layers.map.category_icons import bubble_svg
from printing import typesetting
from printing.dot_map import dots_svg
from printing.poster import BRAND, in_words_of
from printing.svg_map import MapFrame, ground_svg, labels, pin_svg, read_ground, stations_svg
from submissions.proposals.queries import CampaignView, ProposalView
from wording.error_messages import community_of
from wording.formatting import number

WIDTH, HEIGHT = 1200, 630
#: Chat apps leave out pictures that are heavier.
MOST_BYTES = 300_000
#: A picture of a campaign is made anew at most this often, however fast proposals come in.
REMADE_AFTER_S = 300.0
_MAP_WIDTH = 560
_COLOURS = (256, 96, 32)
#: How far the map around one proposal reaches at least, in degrees (about 500 m).
_REACH_DEG = 0.006
_MOST_OF_A_TEXT = 90
_GREY = "#5b6b73"
_HEX = re.compile("#[0-9A-Fa-f]{6}")


def share_picture(
    campaign: CampaignView,
    ground_body: bytes,
    pins: PinIndex,
    *,
    proposals: int,
    people: int,
    language: str,
    office: str = "",
) -> bytes:
    """Return a campaign's picture: its title, its counts, and its map with the published pins.

    ``ground_body`` is the body of ``layers.basemap.ground``, ``pins`` the index of
    ``analysis.pin_feed``, ``proposals`` and ``people`` the sums of what is published, ``office``
    the name of who asks. Raises ``NoFontError``.
    """
    _ = translations(language).gettext
    counts = _("{n} proposals · {people} people took part").format(
        n=number(proposals, language), people=number(people, language)
    )
    data = {
        "brand": BRAND,
        "office": office,
        "title": in_words_of(campaign, language)["title"],
        "line": counts if proposals else _("Be the first to put a proposal on the map"),
        "legend": [
            {
                "name": in_language(category.get("name") or {}, language),
                "sign": _sign(category),
            }
            for category in campaign.categories
        ],
        "map": _campaign_map(campaign, ground_body, pins, language),
    }
    return _light(typesetting.png("share", data, language))


def proposal_picture(
    campaign: CampaignView,
    ground_body: bytes,
    proposal: ProposalView,
    *,
    language: str,
    office: str = "",
) -> bytes:
    """Return a published proposal's picture: its first line, and the map around its pin.

    Raises ``NoFontError``.
    """
    names = {str(c["key"]): in_language(c.get("name") or {}, language) for c in campaign.categories}
    colours = {str(c["key"]): _colour(c) for c in campaign.categories}
    signs = {str(c["key"]): _sign(c) for c in campaign.categories}
    data = {
        "brand": BRAND,
        "office": office,
        "sign": signs.get(proposal.category, _sign({})),
        "text": first_line(proposal.text),
        "category": names.get(proposal.category, ""),
        "colour": colours.get(proposal.category, _GREY),
        "where": community_of(proposal, language),
        "title": in_words_of(campaign, language)["title"],
        "map": _proposal_map(campaign, ground_body, proposal, language),
    }
    return _light(typesetting.png("proposal", data, language))


def first_line(text: str) -> str:
    """Return the first line of a text, cut where it is longer than a picture can show."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _MOST_OF_A_TEXT else f"{line[: _MOST_OF_A_TEXT - 1].rstrip()}…"


def _campaign_map(
    campaign: CampaignView, ground_body: bytes, pins: PinIndex, language: str
) -> dict[str, Any]:
    ground = read_ground(ground_body)
    frame = MapFrame.around(campaign.area.bounds, _MAP_WIDTH, HEIGHT)
    colours = {str(c["key"]): _colour(c) for c in campaign.categories}
    dots = dots_svg(
        pins.longitude, pins.latitude, pins.labels["category"], colours, frame, radius=3.6
    )
    over = dots + stations_svg(ground, frame, 11)
    return _drawn(ground, campaign, frame, over, language, ("stations", "river"), 17)


def _proposal_map(
    campaign: CampaignView, ground_body: bytes, proposal: ProposalView, language: str
) -> dict[str, Any]:
    ground = read_ground(ground_body)
    x, y = proposal.longitude, proposal.latitude
    around = (x - _REACH_DEG, y - _REACH_DEG, x + _REACH_DEG, y + _REACH_DEG)
    frame = MapFrame.around(around, _MAP_WIDTH, HEIGHT)
    over = stations_svg(ground, frame, 13) + pin_svg(*frame.one(x, y), 92)
    kinds = ("stations", "river", "communities")
    return _drawn(ground, campaign, frame, over, language, kinds, 19, line=2.2)


def _drawn(
    ground: dict[str, Any],
    campaign: CampaignView,
    frame: MapFrame,
    over: str,
    language: str,
    kinds: tuple[str, ...],
    size: float,
    line: float = 1.3,
) -> dict[str, Any]:
    named = labels(ground, frame, language, size=size, kinds=kinds)
    return {
        "svg": typesetting.Drawing(ground_svg(ground, campaign.area, frame, line=line, over=over)),
        "width": frame.width,
        "height": frame.height,
        "labels": [vars(label) for label in named],
    }


def _colour(category: dict[str, Any]) -> str:
    colour = str(category.get("color"))
    return colour if _HEX.fullmatch(colour) else _GREY


def _sign(category: dict[str, Any]) -> typesetting.Drawing:
    """Return the sign that proposals of a category have on the map."""
    return typesetting.Drawing(bubble_svg(category.get("icon"), _colour(category)))


def _light(png: bytes) -> bytes:
    """Return the PNG, with a palette where it would be ``MOST_BYTES`` or more without one."""
    if len(png) < MOST_BYTES:
        return png
    with Image.open(io.BytesIO(png)) as picture:
        flat = picture.convert("RGB")
    for colours in _COLOURS:
        out = io.BytesIO()
        method = Image.Quantize.FASTOCTREE
        flat.quantize(colours, method, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() < MOST_BYTES:
            break
    return out.getvalue()
