"""How likely a text is, supposed that it was written in a certain encoding.

Under each encoding the same bytes are other characters; the text whose characters are the more
usual ones is the right one. A character's weight is the natural logarithm of its probability, so
the weights of a text add up, and sums over the same bytes can be compared between encodings.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

from geo.reading.frequent_characters import SIMPLIFIED, TRADITIONAL

_Weights = dict[str, float]
#: The byte pairs of the frequent and of the rarer characters in each standard's own table.
_GB2312_LEVELS = ("gb2312", range(0xB0, 0xD8), range(0xD8, 0xF8))
_BIG5_LEVELS = ("big5", range(0xA4, 0xC7), range(0xC9, 0xFA))
_JIS_LEVELS = ("shift_jis", range(0x88, 0x99), range(0x99, 0xEB))
_SECOND_BYTES = range(0x40, 0xFF)

_ASCII = math.log(1 / 60)
_NUL = math.log(1e-5)
_CONTROL = math.log(1e-7)
_UNREADABLE = math.log(1e-9)
_RARE = math.log(1e-7)
_PUNCTUATION = dict.fromkeys("，。、：；（）《》“”‘’—…·！？【】「」『』　％", math.log(2e-3))
#: Of Western European text: small letters are usual, capitals and signs less, the rest is rare.
_SMALL_LETTERS = dict.fromkeys("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœšž", math.log(1 / 300))
_CAPITALS = dict.fromkeys("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽ", math.log(1 / 2000))
_SIGNS = dict.fromkeys("°§«»“”‘’„–—…€£©®²³·¿¡ºª\xa0", math.log(1 / 2000))
_OTHER_SIGN = math.log(1 / 20_000)
#: Letters of Greek, Cyrillic, Hebrew, Arabic, Thai, Korean; the further ones of Latin.
_LIVING_SCRIPTS = (
    *((first, last, math.log(1 / 400)) for first, last in ("Αω", "Ая", "את", "ءي", "กๅ")),
    ("가", "힣", math.log(1 / 1500)),
    ("Ā", "ſ", math.log(1 / 3000)),
)


def log_likelihood(text: str, encoding: str) -> float:
    """Return the natural logarithm of a text's probability, were it written in ``encoding``.

    ``encoding``: ``gb18030``, ``big5``, ``shift_jis``, ``cp1252``; any other name stands for
    Unicode, in which every script may be written. U+FFFD stands for bytes that nothing reads.
    """
    known, other = _model(encoding)
    counts = Counter(text)
    return sum(
        number * (known[char] if char in known else other(char)) for char, number in counts.items()
    )


@cache
def _model(encoding: str) -> tuple[_Weights, Callable[[str], float]]:
    """Return the weights of the characters that are usual, and what weighs any other."""
    if encoding == "cp1252":
        return {**_OTHERS_OF_ASCII, **_SMALL_LETTERS, **_CAPITALS, **_SIGNS}, _weight_of_sign
    if encoding == "gb18030":
        traditional = _by_rank(TRADITIONAL, share=0.02)
        known = {**traditional, **_levels(*_GB2312_LEVELS), **_by_rank(SIMPLIFIED)}
        return {**_KANA_OF_CHINESE, **known, **_PUNCTUATION, **_OTHERS_OF_ASCII}, _weight
    if encoding == "big5":
        known = {**_levels(*_BIG5_LEVELS), **_by_rank(TRADITIONAL)}
        return {**_KANA_OF_CHINESE, **known, **_PUNCTUATION, **_OTHERS_OF_ASCII}, _weight
    if encoding == "shift_jis":
        known = {**_levels(*_JIS_LEVELS, first=2e-4), **_kana(1 / 150, 1 / 250)}
        return {**known, **_PUNCTUATION, **_OTHERS_OF_ASCII}, _weight
    letters = {**_SMALL_LETTERS, **_CAPITALS, **_SIGNS}
    known = {**_by_rank(TRADITIONAL), **_by_rank(SIMPLIFIED), **_kana(1 / 150, 1 / 250)}
    return {**letters, **known, **_PUNCTUATION, **_OTHERS_OF_ASCII}, _weight_of_unicode


def _by_rank(characters: str, share: float = 1.0) -> _Weights:
    """Weigh characters by their place in a list; the curve is that of jieba's frequencies."""
    return {
        char: math.log(share * 0.25 / (rank + 25) * math.exp(-rank / 1200))
        for rank, char in enumerate(characters, start=1)
    }


def _levels(
    codec: str, frequent: range, rarer: range, *, first: float = 1e-5, second: float = 3e-6
) -> _Weights:
    weights = dict.fromkeys(_characters(codec, rarer), math.log(second))
    return {**weights, **dict.fromkeys(_characters(codec, frequent), math.log(first))}


def _characters(codec: str, first_bytes: Iterable[int]) -> str:
    pairs = (bytes((one, two)) for one in first_bytes for two in _SECOND_BYTES)
    return "".join(char for pair in pairs if "一" <= (char := pair.decode(codec, "ignore")) <= "鿿")


def _kana(hiragana: float, katakana: float) -> _Weights:
    weights = dict.fromkeys(map(chr, range(0x3041, 0x3094)), math.log(hiragana))
    return {**weights, **dict.fromkeys(map(chr, range(0x30A1, 0x30FD)), math.log(katakana))}


def _weight(char: str) -> float:
    """Weigh a character that is unusual in Chinese and Japanese."""
    if char == "\ufffd":
        return _UNREADABLE
    kind = unicodedata.category(char)
    if kind in ("Cc", "Co", "Cn"):
        return _CONTROL
    if "\uff01" <= char <= "\uff5e" or "\u2460" <= char <= "\u24ff":  # full-width, encircled
        return math.log(1e-4)
    return math.log(2e-6) if kind in ("So", "Sm", "Nl", "Po", "Ps", "Pe") else _RARE


def _weight_of_sign(char: str) -> float:
    return _OTHER_SIGN if "\xa1" <= char <= "\xff" else _weight(char)


def _weight_of_unicode(char: str) -> float:
    """Weigh a character of any script: a letter of a living one is nothing odd in Unicode."""
    for first, last, weight in _LIVING_SCRIPTS:
        if first <= char <= last:
            return weight
    return _weight(char)


_KANA_OF_CHINESE = _kana(1e-5, 1e-6)
_OTHERS_OF_ASCII = {
    **dict.fromkeys(map(chr, range(32)), _CONTROL),
    **dict.fromkeys([*map(chr, range(32, 127)), *"\t\r\n"], _ASCII),
    "\0": _NUL,
    "\x7f": _CONTROL,
}
