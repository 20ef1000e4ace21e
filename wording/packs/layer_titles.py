"""What the layers of a pack are called, by language of data."""

from __future__ import annotations

from collections.abc import Mapping

TITLES: Mapping[str, Mapping[str, str]] = {
    "proposals": {"zh_CN": "居民建议", "en": "Proposals of residents"},
    "drawn_lines": {"zh_CN": "居民画的线", "en": "Lines that residents drew"},
    "drawn_areas": {"zh_CN": "居民画的范围", "en": "Areas that residents drew"},
    "sites": {"zh_CN": "场地范围", "en": "Sites"},
    "hotspots": {"zh_CN": "热点", "en": "Hotspots"},
    "demand_tracts": {"zh_CN": "需求集中的地段", "en": "Tracts of demand by theme"},
    "no_go": {"zh_CN": "不能占用的地方", "en": "Ground to keep free"},
    "communities": {"zh_CN": "社区", "en": "Communities"},
}
