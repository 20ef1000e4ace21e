"""Finds personally identifiable information in Chinese text: the machine marks, a person decides.

Pure: text in, spans out. Spans count characters of the text as it was given; width (１３８), case,
spaces between digits and zero-width characters do not matter. Sources: GB 11643-1999 (numbers of
residents, check symbol by ISO 7064 MOD 11-2; the old ones have 15 digits), GA 36-2018 (number
plates, also of new-energy vehicles), ISO/IEC 7812-1 (Luhn).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum, StrEnum

from core.text import is_hidden
from submissions.participation.pii_names import find_names


class PersonalKind(StrEnum):
    """What was found."""

    PHONE = "phone"
    LANDLINE = "landline"
    ID_NUMBER = "id_number"
    PLATE = "plate"
    EMAIL = "email"
    CHAT = "chat"
    BANK_CARD = "bank_card"
    NAME = "name"
    HOME = "home"


class Confidence(IntEnum):
    """How sure the machine is; the surer is the greater."""

    PERHAPS = 1
    LIKELY = 2
    SURE = 3


@dataclass(frozen=True)
class PiiFinding:
    """One span, from ``start`` to before ``end``, of a kind, and how sure that is."""

    start: int
    end: int
    kind: PersonalKind
    sureness: Confidence


def find_personal(text: str) -> list[PiiFinding]:
    """Return what looks personal, in order and without overlaps: of two, the surer, then longer."""
    places = [at for at, character in enumerate(text) if not is_hidden(character)]
    folded = narrow("".join(text[at] for at in places))
    found = [finding for finder in _FINDERS for finding in finder(folded)]
    found += [
        PiiFinding(
            start, end, PersonalKind.NAME, Confidence.LIKELY if is_likely else Confidence.PERHAPS
        )
        for start, end, is_likely in find_names(folded)
    ]
    found = [
        replace(one, start=places[one.start], end=places[one.end - 1] + 1)
        for one in found
        if one.start < one.end
    ]
    found.sort(key=lambda one: (-one.sureness, one.start - one.end, one.start))
    marked = bytearray(len(text))
    taken: list[PiiFinding] = []
    for one in found:
        if not any(marked[one.start : one.end]):
            marked[one.start : one.end] = b"\x01" * (one.end - one.start)
            taken.append(one)
    return sorted(taken, key=lambda one: one.start)


_S = r"[-\s.·]{1,2}"
_MOBILE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[-\s]{0,2})?"
    rf"(?:1[3-9]\d{{9}}|1[3-9]\d{_S}\d{{4}}{_S}\d{{4}}|1[3-9]\d{_S}\d{{3}}{_S}\d{{5}}"
    rf"|1[3-9]\d{{2}}{_S}\d{{4}}{_S}\d{{3}}|1[3-9]\d{{3}}{_S}\d{{6}}|1[3-9]\d{{5}}{_S}\d{{4}}"
    r"|1[-\s.·][3-9](?:[-\s.·]\d){9})(?!\d)(?!\s?[元块户人辆个平㎡])"
)
_SPELLED = re.compile(
    "(?<![零〇一二三四五六七八九幺两])[一幺][三四五六七八九][零〇一二三四五六七八九幺两]{9}"
    "(?![零〇一二三四五六七八九幺两])"
)
_AREA_CODE = r"0(?:10|2[0-9]|[3-9]\d{2})"
_LANDLINE = re.compile(
    rf"(?<!\d)(?:\+?86[-\s]?)?(?:\({_AREA_CODE}\)|{_AREA_CODE})[-\s]{{0,2}}[2-9]\d{{2,3}}[-\s]?\d{{4}}"
    r"(?!\d)"
)
_LOCAL_LINE = re.compile(
    r"(?:电话|座机|致电|来电|联系|拨打|tel)[^\d\n]{0,5}(?P<number>[2-9]\d{3}[-\s]?\d{4})(?!\d)"
)
_ID_18 = re.compile(r"(?<!\d)[1-9]\d{5}\s?(?P<born>(?:18|19|20)\d{6})\s?\d{3}[\dx](?![\da-z])")
_ID_15 = re.compile(r"(?<!\d)[1-9]\d{5}(?P<born>\d{6})\d{3}(?!\d)")
_PROVINCES = frozenset(
    str(code)
    for first, last in (
        (11, 15),
        (21, 23),
        (31, 37),
        (41, 46),
        (50, 54),
        (61, 65),
        (71, 71),
        (81, 83),
    )
    for code in range(first, last + 1)
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_SYMBOLS = "10x98765432"
_LETTERS = "a-hj-np-z"
_PLATE = re.compile(
    f"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][{_LETTERS}]"
    rf"[·.\s-]?(?=[^\d\n]{{0,5}}\d)(?:[a-hjk][{_LETTERS}\d]\d{{4}}|\d{{5}}[a-hjk]"
    rf"|[{_LETTERS}\d]{{5}}|[{_LETTERS}\d]{{4}}[挂学警港澳领])(?![a-z\d])"
)
_EMAIL = re.compile(r"[a-z0-9._%+-]++@(?:[a-z0-9-]++\.)++[a-z]{2,}+")
_CHAT = re.compile(
    r"(?:微信|weixin|wechat|v信|薇信|威信|(?<![a-z])vx|(?<![a-z])wx|加v)(?:号码?|id)?[::\s是为加=]{0,4}"
    r"(?P<number>[a-z][-_a-z0-9]{5,19}|\d{5,12})(?![-_a-z0-9])"
)
_QQ = re.compile(r"(?:qq|扣扣)(?:号码?)?[::\s是为加=]{0,4}(?P<number>[1-9]\d{4,10})(?!\d)")
_CARD = re.compile(r"(?<!\d)[3-6]\d{3}(?:[-\s]?\d{4}){3}(?:[-\s]?\d{1,3})?(?!\d)")
_CARD_NAMED = re.compile(r"(?:卡号|账号|帐号|账户|银行卡)[^\d\n]{0,6}$")
_FEW = "[一二三四五六七八九十\\d]{1,3}"
_NO_MEASURE = r"(?!\d)(?!\s?(?:米|m|元|块|个|人|辆|年|路|平|多|余|位|棵|条|处|度|号线|天|%))"
_HOME = re.compile(
    rf"(?P<building>{_FEW}\s?(?:号楼|号院|栋|幢|座|楼|#楼?|号)\s?)?{_FEW}\s?(?:单元|门洞)\s?"
    rf"(?P<room>(?:{_FEW}[层楼]\s?)?(?:\d{{3,4}}|[零〇一二三四五六七八九]{{3,4}}){_NO_MEASURE}[室号户]?)?"
)
_ROOM = re.compile(rf"(?<![\d.-])\d{{1,3}}\s?(?:号楼|栋|幢|#楼?)\s?\d{{3,4}}{_NO_MEASURE}[室号户]?")
_DASHES = re.compile(
    rf"(?<![\d.:/-])\d{{1,2}}-\d{{1,2}}-(?P<last>\d{{3,4}}){_NO_MEASURE}(?![-:/])室?"
)
_ROOM_ALONE = re.compile(r"(?<![\d.])\d{3,4}\s?室(?![内外友温])")


def narrow(text: str) -> str:
    """Return the text of the same length, in narrow lower case."""
    return "".join(map(_narrow, text))


def _narrow(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).lower()
    if character == "\uff1a":
        return ":"
    return plain if len(plain) == 1 else character


def _all(
    pattern: re.Pattern[str], kind: PersonalKind, sureness: Confidence, group: str | int = 0
) -> Callable[[str], Iterator[PiiFinding]]:
    def finder(text: str) -> Iterator[PiiFinding]:
        for hit in pattern.finditer(text):
            yield PiiFinding(hit.start(group), hit.end(group), kind, sureness)

    return finder


def _id_numbers(text: str) -> Iterator[PiiFinding]:
    for hit in _ID_18.finditer(text):
        digits = "".join(hit[0].split())
        if digits[:2] in _PROVINCES and _is_date(hit["born"]):
            sure = Confidence.SURE if is_id_number(digits) else Confidence.PERHAPS
            yield PiiFinding(*hit.span(), PersonalKind.ID_NUMBER, sure)
    for hit in _ID_15.finditer(text):
        if hit[0][:2] in _PROVINCES and _is_date("19" + hit["born"]):
            yield PiiFinding(*hit.span(), PersonalKind.ID_NUMBER, Confidence.LIKELY)


def is_id_number(number: str) -> bool:
    """Tell whether 17 digits and the check symbol after them fit (ISO 7064 MOD 11-2)."""
    digits = number.lower()
    if len(digits) != 18 or not (digits[:17].isascii() and digits[:17].isdigit()):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _WEIGHTS, strict=True))
    return digits[17] == _CHECK_SYMBOLS[total % 11]


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _cards(text: str) -> Iterator[PiiFinding]:
    for hit in _CARD.finditer(text):
        named = _CARD_NAMED.search(text[: hit.start()]) is not None
        if passes_luhn(hit[0]):
            sure = Confidence.SURE if named or hit[0].startswith("62") else Confidence.LIKELY
            yield PiiFinding(*hit.span(), PersonalKind.BANK_CARD, sure)
        elif named:
            yield PiiFinding(*hit.span(), PersonalKind.BANK_CARD, Confidence.LIKELY)


def passes_luhn(number: str) -> bool:
    """Tell whether the last digit fits the others (Luhn); what is no digit is passed over."""
    digits = [int(each) for each in number if each in "0123456789"]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(digits) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _homes(text: str) -> Iterator[PiiFinding]:
    for hit in _HOME.finditer(text):
        if hit["room"]:
            yield PiiFinding(*hit.span(), PersonalKind.HOME, Confidence.SURE)
        elif hit["building"]:
            yield PiiFinding(hit.start(), _trimmed(hit), PersonalKind.HOME, Confidence.LIKELY)
    for hit in _ROOM.finditer(text):
        sure = Confidence.SURE if hit[0][-1] in "室户" else Confidence.LIKELY
        yield PiiFinding(*hit.span(), PersonalKind.HOME, sure)
    for hit in _DASHES.finditer(text):
        if hit["last"][:2] not in {"19", "20"} or len(hit["last"]) == 3:
            yield PiiFinding(*hit.span(), PersonalKind.HOME, Confidence.PERHAPS)
    for hit in _ROOM_ALONE.finditer(text):
        yield PiiFinding(*hit.span(), PersonalKind.HOME, Confidence.LIKELY)


def _trimmed(hit: re.Match[str]) -> int:
    return hit.start() + len(hit[0].rstrip())


_FINDERS: tuple[Callable[[str], Iterator[PiiFinding]], ...] = (
    _id_numbers,
    _cards,
    _all(_MOBILE, PersonalKind.PHONE, Confidence.SURE),
    _all(_SPELLED, PersonalKind.PHONE, Confidence.LIKELY),
    _all(_LANDLINE, PersonalKind.LANDLINE, Confidence.SURE),
    _all(_LOCAL_LINE, PersonalKind.LANDLINE, Confidence.LIKELY, "number"),
    _all(_PLATE, PersonalKind.PLATE, Confidence.SURE),
    _all(_EMAIL, PersonalKind.EMAIL, Confidence.SURE),
    _all(_CHAT, PersonalKind.CHAT, Confidence.SURE, "number"),
    _all(_QQ, PersonalKind.CHAT, Confidence.SURE, "number"),
    _homes,
)
