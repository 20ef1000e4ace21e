"""Invent the answers that go with the demonstration's proposals.

What the words of a proposal say is ticked; people tick a little more than they write, and leave
out what they need not answer. Drawn from a generator of its own, so nothing else depends on it.
"""

from __future__ import annotations

import random
import re
from typing import Any

Rules = dict[str, str]

ABOUT: Rules = {
    "position": "停放[点区位]|停车[点位线区框架]|停车棚|单车位|还车|空地|没地方|往旁边|往前|挪|移"
    "|划线|停单车|可以停|不要停|别停|停在|停到|parking area|硬化地|车棚|找地方停|自己的地来停",
    "management": "管|整理|围栏|企业|公司|运营|调走|调度|运走|清理|清走|志愿者|坏车|信用分|乱停"
    "|立个牌|指示牌|设牌|整治|投放|罚款|执法|值守|引导|检修|摄像头|奖励|巡一遍|回音|应急"
    "|找不到车|车都找不到",
}
BOTHERS: Rules = {
    "pavement": "便道|挡路|走马路|人行|行人|走不动|没地方$|走路|走人|轮椅|婴儿车"
    "|Bikes block the way",
    "entrance": "(?<!离)门口|门前|门外|出车口|站台",
    "tactile": "把盲道|盲道完全|画在盲道",
    "carriageway": "马路上|机动车道|占着路|路中间",
    "heaps": "堆|倒一片|倒的车|太多|太乱|最乱|乱了|挤在|全是单车|停满|多余的|车比人还多|混在一起"
    "|扔",
    "no_space": "没地方停|没有停车[线点]|缺一个还车点|太小|需要一个停车点|该有个停车点|随便靠墙"
    "|离门口太远|没地方放",
    "no_bikes": "找不到车|没有车骑|一辆车都找不到|一辆都没有",
    "broken": "坏车|车座脏|报修",
    "other": "井盖|拐角|被汽车占|电动车位",
}
WHEN: Rules = {
    "morning": "早高峰|早上|早班|八点|上学|every morning",
    "evening": "晚上|夜里|下班|傍晚|晚高峰",
}
MANAGER: Rules = {
    "company": "企业|公司|运营|调度|坏车|围栏|投放|定期检修|调走",
    "subdistrict": "(?<!清河)街道|执法|罚款|整治|摄像头|画线|停车框颜色|立个牌",
    "property": "物业|商场应该|园区自己",
    "residents": "志愿者|一起管|有人引导",
}
BIKES_NAMED = {
    "四五十辆": 50,
    "三百辆": 300,
    "二十多辆": 25,
    "二十辆": 20,
    "四百辆": 400,
    "几百辆": 300,
}
IMPROVE: Rules = {
    "paving": "便道(坑|的路|重新|断)|路面|铺平|地砖|步道|人行道走着|便道断",
    "ramp": "坡道|轮椅|扶手|无障碍|台阶",
    "seats": "椅|没处坐|能坐|bench",
    "lighting": "路灯|灯坏|灯就灭|装灯|黑乎乎|<b>路灯",
    "planting": "种|花园|绿化|树太密|口袋公园|荒地|起土",
    "shelter": "遮阴|避雨|亭子|shade",
    "play": "孩子(们|跑|没有玩|能玩)|附近孩子|让孩子",
    "fitness": "健身|健步道|锻炼",
    "gathering": "小广场|文化墙|桌椅|园子",
    "cleaning": "杂物|垃圾|小广告|味道|不捡粪|工地|围挡|快递",
    "traffic": "绿灯|信号灯|过马路|护栏|汽车|机动车道|马路牙子|上下七次",
    "other": "厕所|卫生间|指路牌|围墙又|围墙打开",
}
USES: Rules = {
    "play": "滑梯|沙坑|儿童|遛娃|秋千|攀爬|滑板车|迷宫|跳房子|宝宝|玩具|玩水|playground"
    "|附近孩子多|孩子(放学|喜欢|们玩|能玩|等候)|给孩子",
    "bike_parking": "单车|自行车|停车架",
    "seats": "椅|石凳|座位|座椅",
    "fitness": "健身|打太极|做操",
    "shelter": "遮阳|避雨|亭子|廊架|棚子|rain shelter|避避雨",
    "planting": "大树|树荫|有花|做绿地|绿篱",
    "lighting": "几盏",
    "path": "步道",
    "other": "饮水|书箱|老物件|便便箱|充电口|舞台|渗水|厕所|狗狗|无线网络",
}
WHO_FOR: Rules = {
    "children": "孩|儿童|宝宝|遛娃|playground|女儿|families",
    "elderly": "老人|我妈|老邻居|老姐妹|太极|晨练|下下棋|老清河",
    "workers": "下了班|上班|同事|中午|年轻人",
    "disabled": "轮椅|坡道|扶手",
}
PURPOSE: Rules = {
    "rest": "歇|喘口气|坐坐|坐在|坐下|安静坐|晒太阳|避雨|避避雨",
    "exercise": "晨练|太极|做操|走一走|步道|健身|活动活动",
    "meet": "聊|老邻居|下下棋|交换书",
    "gather": "聚|广场舞|舞台|演出",
    "mind": "遛娃|家长|孩子等候|孩子放学|宝宝|儿童|滑梯|推着婴儿车",
}
PLAY_AGE: Rules = {"under_3": "三岁以下", "mixed": "大孩子小孩子", "from_3": "滑梯|沙|六岁"}
MORE_USES = {
    "play": 10,
    "bike_parking": 9,
    "seats": 6,
    "shelter": 8,
    "fitness": 9,
    "planting": 1,
    "lighting": 1,
    "path": 1,
}
#: Says who speaks, not what for.
_OPENING = "接送孩子天天走，"
PARK_NAMES = [
    "歇脚园",
    "清河小憩",
    "毛纺记忆园",
    "街角小园",
    "乐乐园",
    "树荫下",
    "邻里花园",
    "小园子",
]
AGES = ("under_18", "from_18", "from_35", "from_60")
AGE_WEIGHTS = {
    "lives": (3, 20, 37, 40),
    "works": (0, 52, 43, 5),
    "passes": (4, 41, 40, 15),
    "other": (4, 30, 41, 25),
}


def _told(rules: Rules, text: str) -> list[str]:
    """Return the options that the words speak of."""
    return [key for key, pattern in rules.items() if re.search(pattern, text)]


class Answerer:
    """Answers for the authors of one campaign; a person's age stays the same."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"answers {seed}")
        self._ages: dict[object, str | None] = {}

    def answers(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the answers to go with a row of the demonstration, in the questions' order."""
        write = {"bike_parking": self._bikes, "public_space": self._space, "micro_park": self._park}
        answers = write[row["category"]](str(row["text"]).replace(_OPENING, ""))
        answers["age"] = self._age(row["person"], row["relation"])
        return {key: answer for key, answer in answers.items() if answer not in (None, [])}

    def _bikes(self, text: str) -> dict[str, Any]:
        about = _told(ABOUT, text)
        bothers = _told(BOTHERS, text)
        answers: dict[str, Any] = {"about": about, "bothers": bothers if self._often(0.9) else []}
        if set(answers["bothers"]) - {"no_bikes", "broken", "other"}:
            answers["when"] = self._one(WHEN, text, "always", {"daytime": 2, "always": 5})
        if "position" in about:
            answers["bikes"] = self._number(text)
        if "management" in about:
            answers["manager"] = _told(MANAGER, text)
        return answers

    def _space(self, text: str) -> dict[str, Any]:
        return {"improve": _told(IMPROVE, text)}

    def _park(self, text: str) -> dict[str, Any]:
        uses = self._uses(text)
        answers: dict[str, Any] = {"uses": uses}
        if "play" in uses:
            answers["play_age"] = self._one(
                PLAY_AGE, text, "mixed", {"under_3": 2, "from_3": 5, "from_7": 3, "mixed": 4}
            )
        answers["who_for"] = _told(WHO_FOR, text) or (["everyone"] if self._often(0.5) else [])
        answers["purpose"] = _told(PURPOSE, text)
        answers["balance"] = self._balance(uses, text)
        answers["park_name"] = self._rng.choice(PARK_NAMES) if self._often(0.04) else None
        return answers

    def _uses(self, text: str) -> list[str]:
        """Tick what is written, and often one thing or two besides."""
        told = set(_told(USES, text))
        for _ in range(self._rng.choices((0, 1, 2), (38, 42, 20))[0]):
            told |= set(self._rng.choices(list(MORE_USES), list(MORE_USES.values())))
        return [key for key in USES if key in told] or ["other"]

    def _balance(self, uses: list[str], text: str) -> int | None:
        if not self._often(0.6):
            return None
        lively = ("play" in uses) + ("舞" in text) - ("planting" in uses) - 2 * ("安静" in text)
        return min(5, max(1, round(self._rng.gauss(3 + 0.8 * lively, 0.9))))

    def _one(self, rules: Rules, text: str, both: str, else_of: dict[str, int]) -> str | None:
        """Choose what is written; ``both`` when several are; else sometimes anything."""
        told = _told(rules, text)
        if told:
            return told[0] if len(told) == 1 else both
        if not self._often(0.5):
            return None
        return self._rng.choices(list(else_of), list(else_of.values()))[0]

    def _number(self, text: str) -> int | None:
        for named, number in BIKES_NAMED.items():
            if named in text:
                return number
        if not self._often(0.35):
            return None
        return self._rng.choices((10, 20, 30, 50, 80, 100, 200), (3, 6, 6, 6, 2, 3, 1))[0]

    def _age(self, person: object, relation: str) -> str | None:
        if person not in self._ages:
            band = self._rng.choices(AGES, AGE_WEIGHTS[relation])[0]
            self._ages[person] = band if self._often(0.7) else None
        return self._ages[person]

    def _often(self, share: float) -> bool:
        return self._rng.random() < share
