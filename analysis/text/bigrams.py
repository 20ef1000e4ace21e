"""Texts as the search index sees them: pairs of neighbouring characters. Pure: no database.

Chinese has no spaces between words, and what people look for is often two characters long. So a
text is cut into overlapping pairs, each at its place; what stands in it as a phrase of pairs stands
in the text. Width, case, spaces, punctuation and what shows nothing do not matter. A piece is
written as hexadecimal code points, six digits a character, so that both databases take it as one
plain word.
"""

from __future__ import annotations

from itertools import pairwise

from core.folded_text import GAP, folded

END = "000000"
#: As long as a query may be (``analysis.filter``): no word of it is left out.
MOST_CHARACTERS = 100


def pieces(text: str) -> list[str]:
    """Return the pieces of a text in their order; the last character of a run ends with ``END``.

    Between two runs an empty piece is left, so that no phrase goes over the gap.
    """
    found: list[str] = []
    for run in filter(None, folded(text).split(GAP)):
        if found:
            found.append("")
        codes = [f"{ord(c):06x}" for c in run]
        found += [first + second for first, second in zip(codes, [*codes[1:], END], strict=True)]
    return found


def terms(asked: str) -> list[str]:
    """Return what somebody looks for as folded terms: all of them must stand in a text."""
    return list(dict.fromkeys(folded(asked[:MOST_CHARACTERS]).split(GAP)))


def phrase(term: str) -> tuple[list[str], str]:
    """Return a term as whole pieces in a row, and what the piece after them begins with.

    One of the two is empty: two characters and more are pairs, one is the beginning of a pair.
    """
    codes = [f"{ord(c):06x}" for c in term]
    if len(codes) == 1:
        return [], codes[0]
    return [first + second for first, second in pairwise(codes)], ""
