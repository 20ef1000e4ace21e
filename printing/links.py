"""The addresses that printed matter leads to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from core.text import storable, visible

#: A place's name travels in its link so that the form can greet with it; longer ones are cut.
MOST_OF_A_NAME = 40
#: Without 0, 1, I, L, O, U: what is read out on the phone is not misheard.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 5
#: What no place is called: an address of another site, a number to call.
_NO_NAME = re.compile(r"://|www\.|@|\d{7,}", re.IGNORECASE)


@dataclass(frozen=True)
class CardPlace:
    """A place that gets a card of its own; WGS 84 degrees."""

    name: str
    longitude: float
    latitude: float


def campaign_link(base_url: str, slug: str) -> str:
    """Return the address of a campaign's page."""
    return f"{base_url.rstrip('/')}/w/c/{quote(slug, safe='')}"


def place_link(base_url: str, slug: str, place: CardPlace) -> str:
    """Return the address that opens the form with the pin on the place (six decimals, 0.1 m)."""
    at = f"{place.longitude:.6f},{place.latitude:.6f}"
    name = quote(place.name[:MOST_OF_A_NAME], safe="")
    return f"{campaign_link(base_url, slug)}?at={at}&place={name}"


def greeted_name(text: str) -> str:
    """Return the place's name in a link, as a page may greet with it: one short line.

    Anybody can make such a link. Empty for what leads elsewhere, as no name of a place does.
    """
    name = " ".join(visible(storable(text[: 4 * MOST_OF_A_NAME])).split())
    return "" if _NO_NAME.search(name) else name[:MOST_OF_A_NAME]


def in_words(link: str) -> str:
    """Return an address as one would type it: a browser adds https:// by itself."""
    return link.removeprefix("https://")


def card_codes(slug: str, places: Iterable[CardPlace]) -> list[str]:
    """Return a short code for every card: the same place keeps its code from print to print."""
    return [_code(f"{slug}|{p.longitude:.6f},{p.latitude:.6f}|{p.name}") for p in places]


def _code(text: str) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    letters = []
    for _ in range(_CODE_LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)
