"""A receipt as a picture, 900 × 1200 pixels, PNG, for whoever keeps what matters among photos.

It says what the receipt's page says of what its holder wrote: no contact, no internal note.
"""

from __future__ import annotations

from core.language import in_language, translations
from printing import typesetting
from printing.links import in_words
from printing.poster import BRAND, in_words_of
from printing.qr import qr_svg
from printing.share_picture import first_line
from submissions.proposals.queries import CampaignView, ProposalView
from wording.error_messages import community_of
from wording.formatting import day

WIDTH, HEIGHT = 900, 1200


def receipt_picture(
    campaign: CampaignView, proposal: ProposalView, *, code: str, link: str, language: str
) -> bytes:
    """Return the picture of a proposal's receipt.

    ``code`` is the receipt's code as people write it, ``link`` the address of its page. Raises
    ``NoFontError``.
    """
    _ = translations(language).gettext
    names = {str(c["key"]): in_language(c.get("name") or {}, language) for c in campaign.categories}
    about = [names.get(proposal.category, ""), community_of(proposal, language)]
    data = {
        "brand": BRAND,
        "title": in_words_of(campaign, language)["title"],
        "heading": _("Your proposal has been received"),
        "day": day(proposal.created, language),
        "named": _("This is its code"),
        "code": code,
        "text": first_line(proposal.text),
        "about": " · ".join(part for part in about if part),
        "hint": _("Scan this, or open the link, to see what becomes of your proposal."),
        "qr": typesetting.Drawing(qr_svg(link, dark="#1c2a30")),
        "link": in_words(link),
    }
    return typesetting.png("receipt", data, language)
