"""Decides how the text of a table is written, by its bytes.

What a file says of itself (a Shapefile's language driver, its ``.cpg``) is evidence beside the
bytes and not an order: such statements are often left over from another file. Fields of a fixed
width cut their last character; a cut character says nothing.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import BadFileError, FileProblem
from geo.reading.text_likelihood import log_likelihood

#: The name of each encoding that is looked for, and the codecs that read it, in this order:
#: Windows adds characters to Big5 and Shift-JIS, and Hong Kong others to Big5.
_CODECS = {
    "utf-8": ("utf-8",),
    "gb18030": ("gb18030",),
    "big5": ("cp950", "big5hkscs"),
    "shift_jis": ("cp932",),
    "cp1252": ("cp1252",),
}
_WITHOUT_MARK = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}
#: How much more likely each is before anything is read, as a natural logarithm.
_BEFOREHAND = {
    **{"utf-8": 0.0, "gb18030": -0.5, "big5": -1.5, "cp1252": -2.5, "shift_jis": -4.0},
    **{"utf-16-le": -10.0, "utf-16-be": -10.0},
}
_WIDE = ("utf-16-le", "utf-16-be")
_OF_A_HINT = 5.0
_OF_A_CUT = -8.0
_OF_DAMAGE = -20.0
#: The difference in log-likelihood from which on the best is called likely.
_LIKELY = 12.0
#: Of the characters beyond ASCII, the share that an encoding must be able to read.
_LEAST_READABLE = 0.9
_UNREADABLE = "\ufffd"
_MARK = "\ufeff"
_MOST_WEIGHED = 64 * 1024
_LONGEST_PIECE = 4096
_WINDOWS, _WINDOW = 64, 16 * 1024
#: From a byte beyond ASCII up to one that ends a character in every encoding that is looked for.
_PIECE = re.compile(rb"[\x80-\xff][\x30-\xff]*[\x00-\x2f]?")
_MARKS = (  # UTF-32's begins as UTF-16's does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_NAMES = {
    **dict.fromkeys(("gbk", "gb2312", "gb18030", "euccn", "hz"), "gb18030"),
    **dict.fromkeys(("big5", "big5hkscs", "big5eten", "big5tw"), "big5"),
    **dict.fromkeys(("shiftjis", "sjis", "mskanji", "windows31j"), "shift_jis"),
    **dict.fromkeys(("latin1", "iso88591", "iso885915", "l1"), "cp1252"),
    **dict.fromkeys(("ascii", "usascii", "utf8"), "utf-8"),
    **dict.fromkeys(("utf8bom", "utf8sig"), "utf-8-sig"),
}
_CODE_PAGE = re.compile(r"(?:ansi|oem|windows|win|cp|ms|ibm|x)*(\d{3,5})")
_CODE_PAGES = {
    **{"936": "gb18030", "54936": "gb18030", "20936": "gb18030", "950": "big5", "951": "big5"},
    **{"932": "shift_jis", "1252": "cp1252", "88591": "cp1252", "28591": "cp1252"},
    **{"65001": "utf-8", "20127": "utf-8", "1200": "utf-16-le", "1201": "utf-16-be"},
}
#: Codecs that Python counts among those for text, but in which no table is written.
_NO_TABLES = frozenset({"idna", "punycode", "undefined", "utf-7", "mbcs", "oem"})
_LANGUAGE_DRIVERS = {
    **dict.fromkeys((0x13, 0x7B), "shift_jis"),
    **dict.fromkeys((0x4D, 0x7A), "gb18030"),
    **dict.fromkeys((0x4F, 0x78), "big5"),
    **dict.fromkeys((0x03, 0x57, 0x58, 0x59), "cp1252"),
}


class EncodingCertainty(StrEnum):
    """How surely an encoding is known."""

    STATED = "stated"
    CERTAIN = "certain"
    LIKELY = "likely"
    GUESS = "guess"


@dataclass(frozen=True)
class TextEncoding:
    """How a table's text is written.

    ``name``: the name of a Python codec; ``decode`` reads more than the codec alone, as it knows
    what Windows adds to Big5 and Shift-JIS. ``evidence``: ``asked``; ``byte_mark``; ``ascii``;
    ``utf8`` (its rules hold everywhere); ``characters`` (those that come out are the most usual);
    ``hint`` (as ``characters``, and what the file says agrees); ``damaged`` (the best there is,
    but some bytes cannot be read).
    """

    name: str
    sure: EncodingCertainty
    evidence: str


def decide_encoding(
    samples: Sequence[bytes], *, asked: str = "", hints: Sequence[str] = ()
) -> TextEncoding:
    """Decide how ``samples`` are written: the raw cells of one table, or all of its text.

    ``asked``: what a person chose; it is taken unless it cannot be. ``hints``: what the file says
    of itself, by ``encoding_of_language_driver`` and ``encoding_of_cpg``; an empty one is none.
    Raises ``BadFileError`` (``encoding``) where ``asked`` is unknown or cannot read the bytes.
    """
    told = list(dict.fromkeys(sample for sample in samples if _tells(sample)))
    marked = _marked(told)
    if asked.strip():
        return _asked(told, asked, marked)
    if marked is not None:
        return marked
    wide = any(b"\0" in sample for sample in told)
    if not told:
        return TextEncoding("utf-8", EncodingCertainty.CERTAIN, "ascii")
    if not wide and _is_long_utf8(told):
        return TextEncoding("utf-8", EncodingCertainty.CERTAIN, "utf8")
    return _most_likely(told, [name for name in hints if name], wide=wide)


def decode(raw: bytes, encoding: TextEncoding | str) -> str:
    """Read bytes, leaving out a last character that is cut and a byte mark at the beginning.

    Bytes that write no character come out as U+FFFD, so nothing is refused.
    """
    name = encoding if isinstance(encoding, str) else encoding.name
    if name in _CODECS and raw.isascii():
        return raw.decode("ascii")
    text = _read(raw, name)[0]
    if _UNREADABLE in text:  # perhaps cut, then filled up with spaces
        text = min(text, _read(raw.rstrip(b" \0"), name)[0], key=_unreadable)
    return text.removeprefix(_MARK)


def known_encoding(name: str) -> str:
    """Return an encoding by the name that Python knows, whatever office software calls it.

    Raises ``BadFileError`` (``encoding``) for one that is not known.
    """
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    page = _CODE_PAGE.fullmatch(plain)
    if page and page[1] in _CODE_PAGES:
        return _CODE_PAGES[page[1]]
    return _OTHER_NAMES.get(plain) or _codec_name(f"cp{page[1]}" if page else name.strip())


def encoding_of_language_driver(byte: int) -> str:
    """Return what byte 29 of a dBASE table stands for; empty for none, or one not known."""
    return _LANGUAGE_DRIVERS.get(byte, "")


def encoding_of_cpg(text: str) -> str:
    """Return what a Shapefile's ``.cpg`` says; empty where it says nothing that is known."""
    try:
        return known_encoding(text.strip(f"{_MARK}\0 \t\r\n"))
    except BadFileError:
        return ""


def is_readable(text: str) -> bool:
    """Say whether at least nine of ten characters beyond ASCII were read, not U+FFFD."""
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return _unreadable(text) <= (1 - _LEAST_READABLE) * beyond_ascii


def _tells(sample: bytes) -> bool:
    """Say whether a sample tells something of how it is written; plain ASCII does not."""
    return not sample.isascii() or b"\0" in sample.rstrip(b"\0")


def _codec_name(name: str) -> str:
    try:
        found = codecs.lookup(name).name
        "".encode(found)  # raises LookupError for a codec that is none of text
    except (LookupError, ValueError):
        found = "undefined"
    if found in _NO_TABLES or "escape" in found:
        raise BadFileError(
            reason=f"{name!r:.40} is no encoding that is known", problem=FileProblem.ENCODING
        )
    return _OTHER_NAMES.get(re.sub(r"[^a-z0-9]", "", found), found)


def _asked(samples: Sequence[bytes], asked: str, marked: TextEncoding | None) -> TextEncoding:
    name = known_encoding(asked)
    if marked is not None and name == marked.name.removesuffix("-sig"):
        name = marked.name
    elif name == "utf-16":  # without a mark, which would tell the order of its bytes
        name = max(_WIDE, key=lambda wide: _score(_pieces(samples, wide=True), wide))
    text = "".join(decode(sample, name) for sample in samples)
    if not is_readable(text):
        raise BadFileError(
            reason=f"the text is not written in {asked}", problem=FileProblem.ENCODING
        )
    return TextEncoding(
        name, EncodingCertainty.STATED, "damaged" if _UNREADABLE in text else "asked"
    )


def _marked(samples: Sequence[bytes]) -> TextEncoding | None:
    """Return what a byte mark says, if there is one and the bytes agree."""
    for mark, name in _MARKS:
        if any(sample.startswith(mark) for sample in samples):
            text = "".join(decode(sample, name) for sample in samples)
            if _UNREADABLE not in text:
                return TextEncoding(name, EncodingCertainty.CERTAIN, "byte_mark")
            if is_readable(text):
                return TextEncoding(name, EncodingCertainty.LIKELY, "damaged")
    return None


def _is_long_utf8(samples: Sequence[bytes]) -> bool:
    """Say whether all is UTF-8, with a whole character of three bytes or more.

    Those of two bytes can be characters of GBK by chance.
    """
    if not any(re.search(rb"[\xe0-\xf4][\x80-\xbf]{2}", sample) for sample in samples):
        return False
    return _damage(samples, "utf-8", most=0) == 0


def _most_likely(samples: Sequence[bytes], hints: Sequence[str], *, wide: bool) -> TextEncoding:
    pieces = _pieces(samples, wide=wide)
    names = dict.fromkeys((*_CODECS, *(_WIDE if wide else ()), *hints))
    scores = {name: _score(pieces, name) + _beforehand(name, hints) for name in names}
    checked: dict[str, float] = {}
    for name in sorted(scores, key=lambda name: -scores[name]):
        if checked and scores[name] <= max(checked.values()):
            break
        checked[name] = scores[name] + _OF_DAMAGE * _damage(samples, name)
    best = max(checked, key=lambda name: checked[name])
    margin = checked[best] - max({**scores, **checked, best: -math.inf}.values())
    return _judged(best, margin, hinted=best in hints, damaged=checked[best] < scores[best])


def _judged(name: str, margin: float, *, hinted: bool, damaged: bool) -> TextEncoding:
    clear = margin >= _LIKELY
    if name == "utf-8" and clear and not damaged:
        return TextEncoding(name, EncodingCertainty.CERTAIN, "utf8")
    evidence = "damaged" if damaged else "hint" if hinted else "characters"
    return TextEncoding(
        name, EncodingCertainty.LIKELY if clear else EncodingCertainty.GUESS, evidence
    )


def _beforehand(name: str, hints: Sequence[str]) -> float:
    return _BEFOREHAND.get(name, -2.5) + _OF_A_HINT * hints.count(name)


def _score(pieces: Sequence[bytes], name: str) -> float:
    read = [_read(piece, name) for piece in pieces]
    cuts = sum(cut for _text, cut in read)
    return log_likelihood("".join(text for text, _cut in read), name) + _OF_A_CUT * cuts


def _pieces(samples: Sequence[bytes], *, wide: bool) -> list[bytes]:
    """Return what is beyond ASCII, each once, evenly from all of it and of a bounded length."""
    if wide:
        found = dict.fromkeys(sample[:_LONGEST_PIECE] for sample in samples)
    else:
        found = dict.fromkeys(piece for sample in samples for piece in _pieces_of(sample))
    pieces = [piece[:_LONGEST_PIECE] for piece in found]
    step = math.ceil(sum(map(len, pieces)) / _MOST_WEIGHED) or 1
    return pieces[::step]


def _pieces_of(sample: bytes) -> list[bytes]:
    """Return what is beyond ASCII in one sample; of a long one, in windows all over it."""
    whole = sample.rstrip(b" \0")
    if len(whole) <= _WINDOWS * _WINDOW:
        return _PIECE.findall(whole)
    starts = range(0, len(whole), len(whole) // _WINDOWS)
    pieces = [
        piece
        for start in starts  # the first piece may begin amid a character
        for piece in _PIECE.findall(whole[start : start + _WINDOW])[1 if start else 0 :]
    ]
    return pieces or _PIECE.findall(whole)


def _damage(samples: Sequence[bytes], name: str, most: float = math.inf) -> int:
    """Count the places that cannot be read; stops counting above ``most``."""
    if _is_sound(b"\n".join(samples), name):
        return 0
    damage = 0
    for sample in samples:
        damage += _unreadable(decode(sample, name))
        if damage > most:
            break
    return damage


def _is_sound(raw: bytes, name: str) -> bool:
    try:
        raw.decode(_CODECS.get(name, (name,))[0])
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(text: str) -> int:
    return text.count(_UNREADABLE)


def _read(raw: bytes, name: str) -> tuple[str, bool]:
    """Return the text and whether a cut last character was left out of it."""
    names = _CODECS.get(name, (name,))
    for codec in names:
        decoder = codecs.getincrementaldecoder(codec)()
        try:
            return decoder.decode(raw), bool(decoder.getstate()[0])
        except UnicodeDecodeError:
            continue
        except UnicodeError:  # no byte mark, where there should be one
            return _read(raw, _WITHOUT_MARK[codec])
    try:
        return codecs.getincrementaldecoder(names[0])("replace").decode(raw), False
    except UnicodeError:  # no byte mark either, but bytes that are none of its characters
        return _read(raw, _WITHOUT_MARK[names[0]])
