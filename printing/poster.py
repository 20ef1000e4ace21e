"""The campaign poster: one A4 page with a large QR code, to be read from across a doorway."""

from __future__ import annotations

from datetime import datetime

from core.language import in_language, translations
from printing import typesetting
from printing.links import campaign_link, in_words
from printing.qr import qr_svg
from printing.svg_map import MapFrame, ground_svg, labels, read_ground, stations_svg
from submissions.proposals.queries import CampaignView
from wording.formatting import day
from wording.phases import OPEN_ENDED

BRAND = "路见 LuJian"
_MAP_PT = (226.0, 200.0)


def poster_pdf(
    campaign: CampaignView, ground_body: bytes, *, base_url: str, language: str, office: str = ""
) -> bytes:
    """Return the poster of a campaign as PDF (A4).

    ``ground_body`` is the body of ``layers.basemap.ground``; ``base_url`` the address under which
    residents reach the server; ``office`` a line that names who asks. Raises ``NoFontError``.
    """
    _ = translations(language).gettext
    link = campaign_link(base_url, campaign.slug)
    texts = in_words_of(campaign, language)
    ground = read_ground(ground_body)
    data = {
        "brand": BRAND,
        "title": texts["title"],
        "question": texts["question"],
        "prize": texts["prize"],
        "steps": [
            _("Scan the code"),
            _("Tap the place on the map"),
            _("Write one sentence"),
        ],
        "promise": _("No app and no account needed. Somebody reads every proposal."),
        "dates": _dates(campaign.opens_at, campaign.closes_at, language),
        "qr": typesetting.Drawing(qr_svg(link, dark="#000")),
        "address_lead": _("Or type this address into your browser:"),
        "address": in_words(link),
        "office": office,
        "map": _map(campaign, ground, language),
        "map_alt": _("Map of the area that the campaign is about"),
        "schematic": _("Borders on this map are schematic.") if ground.get("schematic") else "",
    }
    return typesetting.pdf("poster", data, language)


def in_words_of(campaign: CampaignView, language: str) -> dict[str, str]:
    """Return a campaign's title, question, intro and prize in a language; empty where none."""
    written = {key: campaign.texts.get(key) or {} for key in (language, *campaign.texts)}
    return {
        name: in_language({key: texts.get(name) for key, texts in written.items()}, language)
        for name in ("title", "question", "intro", "prize")
    }


def _dates(opens_at: datetime, closes_at: datetime, language: str) -> str:
    _ = translations(language).gettext
    first = day(opens_at, language)
    if closes_at - opens_at > OPEN_ENDED:
        return _("Open from {first} on").format(first=first)
    return _("From {first} to {last}").format(first=first, last=day(closes_at, language))


def _map(campaign: CampaignView, ground: dict[str, object], language: str) -> dict[str, object]:
    frame = MapFrame.around(campaign.area.bounds, *_MAP_PT)
    drawing = ground_svg(
        ground, campaign.area, frame, line=0.7, over=stations_svg(ground, frame, 5.5)
    )
    return {
        "svg": typesetting.Drawing(drawing),
        "width": frame.width,
        "height": frame.height,
        "labels": [vars(label) for label in labels(ground, frame, language, size=7.5)],
    }
