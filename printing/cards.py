"""Cards with a QR code for single places, eight to an A4 page, to be cut and hung up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.errors import InvalidError
from core.language import translations
from printing import typesetting
from printing.links import CardPlace, campaign_link, card_codes, in_words, place_link
from printing.poster import BRAND, in_words_of
from printing.qr import qr_svg
from submissions.proposals.queries import CampaignView

#: More in one file would be a mistake: 250 pages.
MOST = 2000


def cards_pdf(
    campaign: CampaignView,
    places: Sequence[CardPlace],
    *,
    base_url: str,
    language: str,
    office: str = "",
) -> bytes:
    """Return the cards of these places as PDF (A4, 2 × 4 a page, with cut marks).

    ``office`` is a line that names who asks. A code opens the form with the pin already on its
    place. Raises ``InvalidError`` for no place at all or more than ``MOST``, ``NoFontError``.
    """
    if not 1 <= len(places) <= MOST:
        raise InvalidError(field="places", reason=f"{len(places)} places, 1 to {MOST} can be")
    _ = translations(language).gettext
    codes = card_codes(campaign.slug, places)
    data: dict[str, Any] = {
        "brand": BRAND,
        "office": office,
        "title": in_words_of(campaign, language)["title"],
        "prompt": _("What should change here?"),
        "call": _("Scan and tell us in one sentence."),
        "address": in_words(campaign_link(base_url, campaign.slug)),
        "cards": [
            {
                "name": place.name,
                "code": _("Card {code}").format(code=code),
                "qr": typesetting.Drawing(
                    qr_svg(place_link(base_url, campaign.slug, place), dark="#000")
                ),
            }
            for place, code in zip(places, codes, strict=True)
        ],
    }
    return typesetting.pdf("cards", data, language)
