"""How people type a Chinese name: in characters, in pinyin, by initials, or mixed.

A name is folded to its letters, digits and characters and spelled as one line, a token for each of
them: ``" qing清 he河 zhan站"``. A letter or digit is its own spelling: ``" b·"``. A pattern walks
through such lines: from one typed letter to the next it goes on within a syllable or on to the next
token, so that ``qinghezhan``, ``qhz``, ``qhzhan`` and ``清河z`` all lead through.

The readings are pypinyin's, of its phrases first (长城 is changcheng). Where no phrase decides, a
character is read in each way that its entries in the phrase dictionary have in earnest (乐 as le
and yue, but 庄 never as peng).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice, pairwise, product

#: Nobody types more for a place; longer text is not searched for.
LONGEST = 60
#: Of all its phrases, a reading must have this share to be tried where no phrase decides.
LEAST_SHARE = 0.05
MOST_SPELLINGS = 8

_ASCII_SLOT = "·"
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_REST = "[a-z0-9]*+"
_SLOT = r"[^a-z0-9 \n]"
_TONED = re.compile(r"(?:[a-z]{2,6}[1-5])+")


def folded(text: str) -> str:
    """Return the letters, digits and characters of a text, in one width and case, without tones."""
    wide = unicodedata.normalize("NFC", text).casefold()
    for vowel in "üǖǘǚǜ":
        wide = wide.replace(vowel, "v")
    return "".join(c for c in unicodedata.normalize("NFKD", wide).casefold() if c.isalnum())


def typed(text: str) -> str:
    """Return what was typed, folded; empty where it is no name: too long, or only signs.

    Tones may be written as digits after each syllable: ``qing1he2`` is ``qinghe``.
    """
    if len(text) > 2 * LONGEST:
        return ""
    plain = folded(text)
    if len(plain) > LONGEST:
        return ""
    return re.sub("[1-5]", "", plain) if _TONED.fullmatch(plain) else plain


def is_latin(plain: str) -> bool:
    """Tell whether a folded text has only letters a to z and digits."""
    return _LETTERS.issuperset(plain)


def letters_of(plain: str) -> str:
    """Return a folded text in letters, each character by its likeliest reading."""
    return "".join(choices[0] for choices in _readings(plain))


def spellings(plain: str) -> Iterator[tuple[str, ...]]:
    """Give the ways to spell a folded name, the likeliest first, a token for each of its signs."""
    return islice(product(*_readings(plain)), MOST_SPELLINGS)


def line_of(plain: str, spelling: tuple[str, ...]) -> str:
    """Return the line of tokens that :func:`pattern_of` walks through."""
    slots = (_ASCII_SLOT if c in _LETTERS else c for c in plain)
    return "".join(f" {letters}{slot}" for letters, slot in zip(spelling, slots, strict=True))


def pattern_of(plain: str, *, at_start: bool) -> re.Pattern[str]:
    r"""Return what finds a folded query in lines that each begin and end with ``\n``.

    ``at_start``: from the first token on, else from any. Group 1 takes part where the query
    reaches the line's last token.
    """
    parts = [_first(plain[0], at_start)]
    for before, after in pairwise(plain):
        parts.append(_step(before in _LETTERS, after))
    rest = f"{_REST}{_SLOT}" if plain[-1] in _LETTERS else ""
    return re.compile("".join([*parts, rf"(?=({rest}\n)?)"]))


def _first(sign: str, at_start: bool) -> str:
    start = "\n " if at_start else " "
    if sign in _LETTERS:
        return start + sign
    return start + _REST + re.escape(sign) if at_start else re.escape(sign)


def _step(from_letter: bool, sign: str) -> str:
    on = f"{_REST}{_SLOT} " if from_letter else " "
    if sign not in _LETTERS:
        return f"{on}{_REST}{re.escape(sign)}"
    return f"(?:{on})??{sign}" if from_letter else on + sign


def _readings(plain: str) -> list[list[str]]:
    """Return for each sign its readings, the likeliest first; other scripts have an empty one."""
    from pypinyin import Style, pinyin  # its dictionary takes half a second to load

    found = pinyin(plain, style=Style.NORMAL, heteronym=True, errors=_signs)  # type: ignore[arg-type]
    return [_likely(sign, choices) for sign, choices in zip(plain, found, strict=True)]


def _signs(unread: str) -> list[str]:
    """Keep what pypinyin cannot read sign by sign; it takes a list, though its types say not."""
    return list(unread)


def _likely(sign: str, choices: list[str]) -> list[str]:
    if sign in _LETTERS:
        return [sign]
    if not _LETTERS.issuperset("".join(choices)):
        return [""]
    if len(choices) > 1:
        heard: Mapping[str, int] = _heard().get(sign, {})
        often = LEAST_SHARE * sum(heard.values())
        choices = [choices[0], *(c for c in choices[1:] if heard.get(c, 0) > often)]
    return list(dict.fromkeys([*choices, *(c.replace("v", "u") for c in choices)]))


@cache
def _heard() -> Mapping[str, Counter[str]]:
    """Count how often pypinyin's phrases read a character in each way, tones left out."""
    from pypinyin.constants import PHRASES_DICT

    heard: defaultdict[str, Counter[str]] = defaultdict(Counter)
    plain: dict[str, str] = {}
    for phrase, readings in PHRASES_DICT.items():
        for sign, (toned, *_others) in zip(phrase, readings, strict=False):
            if toned not in plain:
                plain[toned] = folded(toned)
            heard[sign][plain[toned]] += 1
    return heard
