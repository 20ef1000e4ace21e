"""Put a resident's words together from the sentence material, for a named place."""

from __future__ import annotations

import random

from data import sentences_bikes, sentences_parks, sentences_space, sentences_whole

OPENINGS = {
    "lives": [
        "我就住附近，",
        "老住户说一句：",
        "我们楼的人都反映：",
        "遛弯的时候看见的，",
        "接送孩子天天走，",
    ],
    "works": ["我在附近上班，", "每天上下班都走这儿，", "园区同事都说，", "中午出来吃饭发现，"],
    "passes": ["天天路过，", "换乘的时候发现，", "骑车经常走这里，"],
    "other": ["来看老人时注意到，", "以前住这边，", "替父母提一条："],
}
CLOSINGS = [
    "谢谢！",
    "辛苦了。",
    "盼回复。",
    "希望能尽快解决。",
    "拜托了🙏",
    "期待变化！",
    "支持清河越来越好。",
]
WHOLE = {
    "bike_parking": sentences_whole.BIKES,
    "public_space": sentences_whole.SPACE,
    "micro_park": sentences_whole.PARKS,
}


def _bikes(rng: random.Random, kind: str) -> str:
    if kind in sentences_bikes.BY_KIND and rng.random() < 0.22:
        return rng.choice(sentences_bikes.BY_KIND[kind])
    draw = rng.random()
    if draw < 0.25:
        return rng.choice(sentences_bikes.MANAGE)
    where = rng.choice(sentences_bikes.WHERE)
    return where if draw < 0.5 else where + rng.choice(sentences_bikes.MANAGE_TAIL)


def _space(rng: random.Random, kind: str) -> str:
    draw = rng.random()
    if draw < 0.45:
        return rng.choice(sentences_space.WISH)
    grounds = kind in {"park", "idle_plot"}
    problem = rng.choice(
        [text for text in sentences_space.PROBLEM if not (grounds and "门口" in text)]
    )
    return problem if draw < 0.55 else problem + rng.choice(sentences_space.WISH_TAIL)


def _parks(rng: random.Random, kind: str) -> str:
    programme = rng.choice(sentences_parks.PROGRAMME)
    return programme if rng.random() < 0.3 else programme + rng.choice(sentences_parks.NEEDS)


_WRITERS = {"bike_parking": _bikes, "public_space": _space, "micro_park": _parks}


def spoken_name(name: str, kind: str) -> str:
    """Say a place as people do: 安宁里站(公交) is 安宁里公交站."""
    return name.removesuffix("站(公交)") + "公交站" if kind == "bus_stop" else name


def write_text(rng: random.Random, category: str, *, place: str, kind: str, relation: str) -> str:
    """Write one proposal's text about a place of some kind, in one resident's voice."""
    text = _WRITERS[category](rng, kind).format(p=spoken_name(place, kind))
    if rng.random() < 0.22:
        text = rng.choice(OPENINGS[relation]) + text
    if rng.random() < 0.18:
        text += rng.choice(CLOSINGS)
    return text
