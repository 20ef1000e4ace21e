"""Reading an address as the compound it lies in: 清河毛纺厂小区3号楼 as 毛纺厂小区. Pure.

Where nothing is called what was typed, the parts of an address that the map does not know are
left out one by one: what stands after the compound (building, entrance, flat, “behind”), then what
stands before it (city, district, subdistrict). Texts are folded as ``layers.gazetteer.pinyin`` has
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_NUMBER = "[0-9零〇一二三四五六七八九十百甲乙丙丁a-z]"
#: Of a house: 3号楼, 甲2号院, b座, 五单元, 502室; and where one stands beside it.
_HOUSE = re.compile(
    rf"(?:第?{_NUMBER}+(?:号楼|号院|号门|号|栋|幢|座|单元|门洞|门|室|户|层|楼|排|弄)"
    r"|[0-9]{1,5}|[东南西北]侧|门口|楼下|楼前|楼后|楼|附近|旁边|对面|里面|院内|里|旁|边)$"
)
_ENGLISH = re.compile(r"(?:building|bldg|block|unit|entrance|room|flat|no|number)[0-9]+[a-z]?")
#: A city or a district at the beginning; 小区 and 园区 are compounds.
_AREA = re.compile(r"^(?:[^市区]{2,3}市|[^市区]{1,3}(?<![小园社校厂])区)(?=.{2})")
#: What a subdistrict's name ends with, and people leave out.
_SUBDISTRICT = re.compile(r"(?:街道|地区|镇|乡)$")
#: Kinds of compounds: who types 毛纺厂小区 may mean 毛纺南小区.
_KIND = re.compile(r"(?:厂|院|里)?(?:小区|社区|家园|家属院|大院|宿舍|院)$")
LEAST = 2


def compounds_in(plain: str, subdistricts: Iterable[str]) -> Iterator[str]:
    """Give what a folded address may call its compound, the closest to what was typed first.

    ``subdistricts``: folded names of those around, which people put before a compound's.
    """
    given = {plain}
    for shorter in _shorter(plain, [_SUBDISTRICT.sub("", name) for name in subdistricts]):
        if len(shorter) >= LEAST and shorter not in given:
            given.add(shorter)
            yield shorter


def _shorter(plain: str, towns: list[str]) -> Iterator[str]:
    house = _without_house(plain)
    yield house
    rest = _AREA.sub("", _AREA.sub("", house))
    yield rest
    for town in sorted(filter(None, towns), key=len, reverse=True):
        if rest.startswith(town):
            rest = re.sub("^(?:街道|地区|镇|乡)", "", rest.removeprefix(town))
            break
    yield rest
    yield _KIND.sub("", rest)


def _without_house(plain: str) -> str:
    """Return an address without building, entrance and flat at its end."""
    kept = _ENGLISH.sub("", plain)
    while (shorter := _HOUSE.sub("", kept)) != kept and len(shorter) >= LEAST:
        kept = shorter
    return kept
