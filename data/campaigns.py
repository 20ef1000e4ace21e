"""The two demonstration campaigns: invented proposals with the counts of the real ones.

Campaign A (``bike-parking``): 1,650 proposals by 1,430 people inside the outline, 947 of them bike
parking and 703 public space, and 12 more by 12 other people outside it, which are to be held.
Campaign B (``micro-park``): 1,285 proposals by 1,264 people, 76 % living and 10 % working nearby.
Dates are plausible, not historical: A runs for six weeks of autumn 2020, B for six weeks of spring
2021, and both stay open so that the demonstration can be filed into. Nothing here is anyone's data.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from shapely.geometry import shape

from data.invented_answers import Answerer
from data.invented_proposals import PLANS, put_whole_entries, rows_inside, rows_outside
from data.layers import read_layer
from data.questions import QUESTIONS

_CLOSES_AT = datetime(2099, 12, 31, 15, 59, 59, tzinfo=UTC)


OUTLINE = shape(read_layer("outline")[0]["geometry"])

_BIKE_TEXTS = {
    "zh_CN": {
        "title": "共享单车停哪儿，公共空间怎么改，您来说",
        "question": "您希望在哪里停共享单车？哪块公共空间该改一改？在地图上点一下。",
        "intro": "点一下您熟悉的地方，写一两句话：车停在哪儿方便、该怎么管；或者哪块空地、"
        "哪条便道需要改善。不用注册。每一条建议都会有人看，都会有回音。",
        "prize": "有奖征集：征集结束后从有效建议中抽奖，凭回执号领取纪念品。",
    },
    "en": {
        "title": "Shared bikes and public space in Qinghe: you tell us",
        "question": "Where should shared bikes be parked? Which public space needs work? "
        "Tap the map.",
        "intro": "Tap a place you know and write a sentence or two: where bikes could stand, how "
        "they should be managed, or which corner or pavement needs improving. No account is "
        "needed. Somebody reads every proposal, and every proposal gets an answer.",
        "prize": "Prize draw: winners are drawn from the valid proposals; keep your receipt code.",
    },
}
_PARK_TEXTS = {
    "zh_CN": {
        "title": "街头微公园怎么做，听你的！",
        "question": "您想在哪里有个小公园？里面要有什么？在地图上点一下。",
        "intro": "家门口的边角空地可以变成小公园。点一下您想到的地方，告诉我们您想在那儿做什么："
        "歇脚、遛娃、晨练，还是和邻居聊聊天。不用注册。每一条建议都会有回音。",
        "prize": "有奖征集：征集结束后从有效建议中抽奖，凭回执号领取纪念品。",
    },
    "en": {
        "title": "Pocket parks on our streets: your call!",
        "question": "Where would you like a small park, and what should it have? Tap the map.",
        "intro": "A spare corner near home can become a small park. Tap the place you have in mind "
        "and say what you would do there: rest, play with children, exercise in the morning, meet "
        "neighbours. No account is needed. Every proposal gets an answer.",
        "prize": "Prize draw: winners are drawn from the valid proposals; keep your receipt code.",
    },
}


def _category(key: str, zh: str, en: str, color: str, icon: str) -> dict[str, Any]:
    return {"key": key, "name": {"zh_CN": zh, "en": en}, "color": color, "icon": icon}


def _facility(layer: str, near_m: int, zh: str, en: str) -> dict[str, Any]:
    return {"layer": layer, "near_m": near_m, "name": {"zh_CN": zh, "en": en}}


def _campaign(
    slug: str,
    theme: str,
    opens_at: datetime,
    texts: dict[str, dict[str, str]],
    categories: list[dict[str, Any]],
    geometry_kinds: list[str],
    facility: dict[str, Any],
) -> dict[str, Any]:
    return {
        "slug": slug,
        "theme": theme,
        "edition": "2020",
        "categories": categories,
        "texts": texts,
        "opens_at": opens_at,
        "closes_at": _CLOSES_AT,
        "publish_on_filing": True,
        "max_text_length": 1000,
        "area": OUTLINE,
        "questions": QUESTIONS[slug],
        "geometry_kinds": geometry_kinds,
        "facility": facility,
    }


DEMO_CAMPAIGNS: list[dict[str, Any]] = [
    _campaign(
        "bike-parking",
        "共享单车停放与公共空间改善",
        PLANS["bike-parking"].first_day,
        _BIKE_TEXTS,
        [
            _category("bike_parking", "共享单车停放", "Bike parking", "#0B5FA5", "pedal_bike"),
            _category("public_space", "公共空间改善", "Public space", "#B45309", "deck"),
        ],
        ["point", "line"],
        _facility("bike_parking", 60, "现有自行车停放区", "bike parking"),
    ),
    _campaign(
        "micro-park",
        "街头微公园",
        PLANS["micro-park"].first_day,
        _PARK_TEXTS,
        [_category("micro_park", "街头微公园", "Micro-park", "#1B7837", "park")],
        ["point", "area"],
        _facility("parks", 150, "公园绿地", "park"),
    ),
]


def demo_proposals(slug: str) -> pd.DataFrame:
    """Make the proposals of one demonstration campaign, oldest first.

    Columns: person, longitude, latitude (WGS 84, six decimals), placed_by, accuracy_m (NaN unless
    placed by device), category, text, relation, created (UTC), answers (a dict by question key).
    The index runs from 0. The same frame comes out every time. Raises KeyError for a slug that is
    no demonstration campaign.
    """
    plan = PLANS[slug]
    rng = random.Random(plan.seed)
    rows = list(rows_inside(plan, rng))
    put_whole_entries(rows, rng)
    rows += rows_outside(plan, rng)
    frame = pd.DataFrame(rows).sort_values(["created", "person"], ignore_index=True)
    order = pd.factorize(frame["person"])[0] + 1
    frame["person"] = [f"demo-{plan.letter}-{number:04d}" for number in order]
    answerer = Answerer(plan.seed)
    frame["answers"] = [answerer.answers(row) for row in frame.to_dict("records")]
    return frame
