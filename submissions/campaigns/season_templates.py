"""四季焕新: a theme for each season, to start a campaign from, in both languages.

Texts, categories and questions are ready to be used or changed; the shape of a question is that of
``submissions/campaigns/questionnaire.py``. Icons are names of ``layers/map/category_icons.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from submissions.campaigns.question_writing import AGE, if_chosen, options, words

_BEIJING = timezone(timedelta(hours=8))
_PRIZE = words(
    "征集结束后，从有效建议中抽奖，每人一次机会。抽奖办法和结果都会公布，谁都可以验算。",
    "After the closing, prizes are drawn from the valid proposals, one chance per person. How it "
    "is done and the result are published; anybody can check it.",
)
#: How a season's prizes are drawn, unless it is changed.
PRIZE: dict[str, Any] = {
    "winners": 20,
    "claim": words(
        "纪念品一份，请凭查询码到街道办事处领取。",
        "A small gift. Please come to the subdistrict office with your code.",
    ),
    "earlier": False,
    "merged": True,
}
PRIVACY = words(
    "建议的文字、照片和位置会公开。联系方式加密保存，只用来告诉您办理结果和通知中奖。"
    "请不要写别人的姓名、电话和车牌。",
    "What you write, your photos and the place are public. Your contact is kept locked and is used "
    "only to tell you what became of it and to reach you if you win. Please write no names, phone "
    "numbers or number plates of others.",
)
_SEVERAL = words("可以选几样", "Choose as many as you like")


@dataclass(frozen=True)
class Season:
    """A season's campaign: when it opens (month, day), for how long, and all that it says."""

    key: str
    name: dict[str, str]
    opens: tuple[int, int]
    days: int
    theme: str
    texts: dict[str, dict[str, str]]
    categories: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    geometry_kinds: tuple[str, ...] = ("point",)

    def dates(self, after: date) -> tuple[datetime, datetime, dict[str, str]]:
        """Return the season's next opening from a day on, its closing, and its later phases.

        Opened and closed at 9 in the morning of Beijing. Deliberated from two weeks after the
        closing, answered from six weeks after.
        """
        year = after.year + (self.opens < (after.month, after.day))
        opens = datetime(year, *self.opens, 9, tzinfo=_BEIJING)
        closes = opens + timedelta(days=self.days)
        later = {
            "deliberating": (closes + timedelta(days=14)).isoformat(),
            "answered": (closes + timedelta(days=42)).isoformat(),
        }
        return opens.astimezone(UTC), closes.astimezone(UTC), later


def _texts(zh: tuple[str, str, str, str], en: tuple[str, str, str, str]) -> dict[str, Any]:
    names = ("title", "question", "intro", "hint")
    return {
        lang: dict(zip(names, said, strict=True)) | {"prize": _PRIZE[lang]}
        for lang, said in (("zh_CN", zh), ("en", en))
    }


def _category(key: str, zh: str, en: str, color: str, icon: str) -> dict[str, Any]:
    return {"key": key, "name": words(zh, en), "color": color, "icon": icon}


def _wishes(*wishes: tuple[str, str, str, str]) -> dict[str, Any]:
    return {
        "key": "wishes",
        "kind": "multiple",
        "label": words("您最希望怎么改？", "What should be done?"),
        "hint": _SEVERAL,
        "required": True,
        "options": options(*wishes, ("other", "别的", "Something else", "more_horiz")),
    }


def _when(*times: tuple[str, str, str, str]) -> dict[str, Any]:
    return {
        "key": "when",
        "kind": "single",
        "label": words("什么时候最需要？", "When is it needed most?"),
        "options": options(*times, ("always", "什么时候都需要", "Always", "")),
    }


_HELP: dict[str, Any] = {
    "key": "help",
    "kind": "single",
    "label": words("您愿意一起动手吗？", "Would you lend a hand?"),
    "options": options(
        ("yes", "愿意，叫我", "Yes, call me", "groups"),
        ("talk", "愿意参加商量", "I would join the discussion", "forum"),
        ("no", "这次不了", "Not this time", ""),
    ),
}
_DAY_TIMES = (
    ("morning", "早上", "In the morning", ""),
    ("daytime", "白天", "During the day", ""),
    ("evening", "傍晚和晚上", "In the evening and at night", ""),
)

SPRING = Season(
    key="spring",
    name=words("春 · 绿意焕新", "Spring: greener"),
    opens=(3, 1),
    days=45,
    theme="四季焕新·春",
    texts=_texts(
        (
            "春天到，家门口哪里该添点绿？",
            "哪块角落、哪条路边想种花种树？在地图上点一下。",
            "四季焕新之春：把身边的边角地变成小花园。点一下您熟悉的地方，说说想种什么、谁来照看。"
            "不用注册，每条建议都有回音。",
            "比如：3号楼北边的空地想种点花，我们楼愿意浇水。",
        ),
        (
            "Spring: where should it be greener near your home?",
            "Which corner or roadside should have flowers or trees? Tap the map.",
            "The spring of four seasons of renewal: spare corners become small gardens. Tap a "
            "place you know and say what should grow there and who would look after it. No account "
            "is needed, every proposal gets an answer.",
            "Such as: flowers for the bare ground north of building 3; we would water them.",
        ),
    ),
    categories=[
        _category("planting", "种花种树", "Planting", "#1B7837", "park"),
        _category("tidying", "清理角落", "Tidying up", "#8C510A", "delete"),
    ],
    questions=[
        _wishes(
            ("flowers", "种花", "Flowers", "park"),
            ("trees", "种树遮荫", "Trees for shade", "umbrella"),
            ("garden", "居民自己种的小花园", "A garden tended by residents", "groups"),
            ("seats", "放几把椅子", "Seats", "chair"),
            ("clear", "清走杂物", "Clearing clutter", "delete"),
        ),
        {
            "key": "carer",
            "kind": "single",
            "label": words("种好以后谁来照看？", "Who would look after it?"),
            "show_if": if_chosen("wishes", "flowers", "trees", "garden"),
            "options": options(
                ("me", "我和邻居", "My neighbours and I", "groups"),
                ("property", "物业", "The property manager", "engineering"),
                ("office", "街道", "The subdistrict", ""),
            ),
        },
        _HELP,
        AGE,
    ],
    geometry_kinds=("point", "area"),
)

SUMMER = Season(
    key="summer",
    name=words("夏 · 清凉焕新", "Summer: cooler"),
    opens=(6, 1),
    days=45,
    theme="四季焕新·夏",
    texts=_texts(
        (
            "大热天，哪里缺一片荫凉？",
            "哪里太晒、哪里积水、晚上哪里太黑？在地图上点一下。",
            "四季焕新之夏：遮阳、避雨、乘凉、晚上走路安心。点一下您熟悉的地方，说说缺什么。"
            "不用注册，每条建议都有回音。",
            "比如：公交站没有棚子，老人等车晒得受不了。",
        ),
        (
            "Summer: where is shade missing?",
            "Where is it too hot, where does water stand, where is it too dark at night? Tap the "
            "map.",
            "The summer of four seasons of renewal: shade, shelter from rain, a cool place to sit, "
            "safe ways at night. Tap a place you know and say what is missing. No account is "
            "needed, every proposal gets an answer.",
            "Such as: the bus stop has no roof, old people wait in the blazing sun.",
        ),
    ),
    categories=[
        _category("shade", "遮阳避雨", "Shade and shelter", "#B45309", "umbrella"),
        _category("water", "积水", "Standing water", "#0B5FA5", "directions_walk"),
        _category("night", "夜间安心", "Safe at night", "#5B3A8C", "lightbulb"),
    ],
    questions=[
        _wishes(
            ("trees", "种树", "Trees", "park"),
            ("roof", "加棚子、廊架", "A roof", "umbrella"),
            ("seats", "能坐下乘凉的地方", "A cool place to sit", "chair"),
            ("drain", "疏通排水", "Better drains", "build"),
            ("lights", "加路灯", "Street lights", "lightbulb"),
        ),
        _when(*_DAY_TIMES),
        _HELP,
        AGE,
    ],
)

AUTUMN = Season(
    key="autumn",
    name=words("秋 · 秩序焕新", "Autumn: in good order"),
    opens=(9, 1),
    days=45,
    theme="四季焕新·秋",
    texts=_texts(
        (
            "秋风起，家门口的路好走吗？",
            "哪里车停得乱、路不平、堆了杂物？在地图上点一下。",
            "四季焕新之秋：车停好、路走顺、楼道和边角清爽。点一下您熟悉的地方，说说该怎么改。"
            "不用注册，每条建议都有回音。",
            "比如：学校东门放学时车堵着，接孩子的人没处站。",
        ),
        (
            "Autumn: are the ways near your home easy to walk?",
            "Where is parking a mess, the ground uneven, the way blocked? Tap the map.",
            "The autumn of four seasons of renewal: parked well, easy to walk, corners cleared. "
            "Tap a place you know and say what should change. No account is needed, every proposal "
            "gets an answer.",
            "Such as: cars block the east gate when school is over, parents have nowhere to stand.",
        ),
    ),
    categories=[
        _category("parking", "停车秩序", "Parking", "#0B5FA5", "local_parking"),
        _category("walking", "步行道路", "Ways to walk", "#1B7837", "directions_walk"),
        _category("clutter", "杂物堆放", "Clutter", "#8C510A", "delete"),
    ],
    questions=[
        _wishes(
            ("mark", "划线、立牌", "Marking and signs", "local_parking"),
            ("racks", "加自行车停放架", "Bike racks", "pedal_bike"),
            ("paving", "修路面", "Repairing the ground", "build"),
            ("ramp", "修坡道、盲道", "Ramps and tactile paving", "accessible"),
            ("clear", "清走杂物", "Clearing clutter", "delete"),
            ("people", "有人管、有人疏导", "Somebody in charge", "engineering"),
        ),
        _when(*_DAY_TIMES),
        _HELP,
        AGE,
    ],
    geometry_kinds=("point", "line"),
)

WINTER = Season(
    key="winter",
    name=words("冬 · 温暖焕新", "Winter: warmer"),
    opens=(12, 1),
    days=45,
    theme="四季焕新·冬",
    texts=_texts(
        (
            "天冷了，哪里让人走得安心、坐得暖和？",
            "哪里结冰打滑、哪里太黑、老人孩子想去哪儿暖和？在地图上点一下。",
            "四季焕新之冬：不滑、不黑、有个暖和的去处。点一下您熟悉的地方，说说缺什么。"
            "不用注册，每条建议都有回音。",
            "比如：小区北门背阴，一下雪就结冰，老人不敢走。",
        ),
        (
            "Winter: where should it be safer to walk and warmer to sit?",
            "Where is it icy or dark, and where would old people and children find warmth? Tap the "
            "map.",
            "The winter of four seasons of renewal: no ice, no dark corners, a warm place to go. "
            "Tap a place you know and say what is missing. No account is needed, every proposal "
            "gets an answer.",
            "Such as: the north gate lies in the shade and is icy after each snow.",
        ),
    ),
    categories=[
        _category("ice", "防滑除冰", "Ice and snow", "#0B5FA5", "directions_walk"),
        _category("light", "照明", "Lighting", "#B45309", "lightbulb"),
        _category("warm", "暖心去处", "A warm place", "#A61C3C", "groups"),
    ],
    questions=[
        _wishes(
            ("clear", "及时扫雪除冰", "Clearing snow and ice", "build"),
            ("rail", "加扶手、防滑条", "Handrails, non-slip strips", "accessible"),
            ("lights", "加路灯", "Street lights", "lightbulb"),
            ("room", "开放室内活动室", "Opening a warm room", "door_front"),
            ("visits", "上门看看独居老人", "Visiting those who live alone", "elderly"),
        ),
        _when(*_DAY_TIMES),
        _HELP,
        AGE,
    ],
)

SEASONS: dict[str, Season] = {each.key: each for each in (SPRING, SUMMER, AUTUMN, WINTER)}
