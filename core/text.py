"""Cleaning what people type, before it is stored; what a text shows. Pure: no database.

What shows nothing is taken from Unicode's Default_Ignorable_Code_Point (UAX #44), with the fillers
and blanks that are letters or symbols by category. Some of it has work to do: it joins emoji and
the letters of Arabic and Indic scripts, and is kept there.
"""

from __future__ import annotations

import re
import unicodedata

from core.errors import EmptyTextError, LongTextError

#: How many marks may stand on one letter. Written languages need four at most; more is drawn over
#: what stands around it.
MOST_MARKS = 8

_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_HIDDEN = re.compile(f"[{_IGNORABLE}]")
_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
#: Hebrew to Georgian, Khmer and Mongolian, and the later blocks of the same families.
_JOINING = "\u0590-\u10ff\u1780-\u18af\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufefe"
_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe"
_AT_WORK = "|".join(
    (
        f"(?<=[{_EMOJI}\ufe0f\u20e3])\u200d",
        f"(?<=[{_EMOJI}])[\ufe0e\ufe0f]",
        "(?<=[#*0-9])\ufe0f(?=\u20e3)",
        "(?<=\U0001f3f4)[\U000e0020-\U000e007e]{1,16}\U000e007f",  # the flag of a region
        f"(?<=[{_JOINING}])[\u200c\u200d]",
        "(?<=[\u1800-\u18af])[\u180b-\u180d\u180f]",
        f"(?<=[{_RIGHT_TO_LEFT}])[\u061c\u200e\u200f]",
        f"[\u061c\u200e\u200f](?=[{_RIGHT_TO_LEFT}])",
    )
)
_IDLE = re.compile(f"({_AT_WORK})|[{_IGNORABLE}]")
_NOTHING = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Mc", "Me"})
_BLANK = re.compile("[\u2800\U0001d159]")  # the empty Braille cell, the null note head


def _marks() -> str:
    """Return the marks that stand on a letter, as the inside of a regular expression's brackets."""
    found: list[list[int]] = []
    for code in range(0x300, 0x1F000):
        character = chr(code)
        if unicodedata.category(character) not in {"Mn", "Me"} or _HIDDEN.match(character):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in found)


_MARKS = _marks()
_STACK = re.compile(f"((?:[{_MARKS}][{_IGNORABLE}]*){{{MOST_MARKS}}})[{_MARKS}{_IGNORABLE}]+")


def clean_text(text: str, *, most: int) -> str:
    """Return the text as it is stored, at most ``most`` characters.

    As typed, but for: white space around it, line ends (all become a line feed), what no keyboard
    types and PostgreSQL or JSON cannot hold (control characters, lone surrogates), what shows
    nothing and does nothing (zero-width characters, fillers, tags, marks that turn the direction),
    and more than ``MOST_MARKS`` accents on one letter. Raises ``EmptyTextError``, also for what
    shows nothing at all, and ``LongTextError``.
    """
    if not isinstance(text, str):
        raise EmptyTextError()
    kept = storable(text.replace("\r\n", "\n").replace("\r", "\n"))
    if _HIDDEN.search(kept):
        kept = _IDLE.sub(r"\1", kept)
    kept = _STACK.sub(r"\1", kept).strip()
    if shows_nothing(kept):
        raise EmptyTextError()
    if len(kept) > most:
        raise LongTextError(length=len(kept), most=most)
    return kept


def clean_line(text: str, *, most: int) -> str:
    """Return ``clean_text`` in one line: white space within it is one space. Raises what it does.

    What was taken out leaves no second space, so a line cleaned again is the same.
    """
    tidy = " ".join(text.split())
    return " ".join(clean_text(tidy, most=most).split())


def storable(text: str) -> str:
    """Return a text without what PostgreSQL or JSON cannot hold; it may become empty."""
    return _UNSTORABLE.sub("", text)


def shows_nothing(text: str) -> bool:
    """Tell whether a text is blank on paper: spaces, fillers, controls, accents on no letter."""
    return all(unicodedata.category(c) in _NOTHING for c in _BLANK.sub("", visible(text)))


def is_hidden(character: str) -> bool:
    """Tell whether a character shows nothing wherever it stands."""
    return _HIDDEN.match(character) is not None


def visible(text: str) -> str:
    """Return a text without characters that show nothing, to be compared with others."""
    return _HIDDEN.sub("", text)


def as_address(text: str) -> str:
    """Return a code, login or address as it was meant: narrow, without blanks around it.

    Copying from a chat or a Chinese keyboard brings full-width and zero-width characters along.
    """
    return visible(unicodedata.normalize("NFKC", visible(text))).strip()
