"""What the two demonstration campaigns ask besides the words of a proposal.

The shape of a question is that of ``submissions/campaigns/questionnaire.py``; icons are Material
symbol names.
"""

from __future__ import annotations

from typing import Any

from submissions.campaigns.question_writing import AGE, if_chosen, options, words

_SEVERAL = words("可以选几样", "Choose as many as you like")

BIKES: list[dict[str, Any]] = [
    {
        "key": "about",
        "kind": "multiple",
        "label": words("您说的是哪方面的事？", "What is it about?"),
        "show_if": {"category": ["bike_parking"]},
        "options": options(
            ("position", "车停在哪儿", "Where bikes are parked", "local_parking"),
            ("management", "车怎么管", "How bikes are managed", "engineering"),
        ),
    },
    {
        "key": "bothers",
        "kind": "multiple",
        "label": words("这里什么事让您不方便？", "What bothers you here?"),
        "hint": _SEVERAL,
        "show_if": {"category": ["bike_parking"]},
        "options": options(
            ("pavement", "便道被占，走不了人", "The pavement is blocked", "directions_walk"),
            ("entrance", "门口、路口被堵", "An entrance is blocked", "door_front"),
            ("tactile", "盲道被占", "Tactile paving is blocked", "blind"),
            ("carriageway", "车停到马路上", "Bikes stand on the road", "directions_car"),
            ("heaps", "车太多，堆成一片", "Too many bikes, in heaps", "pedal_bike"),
            ("no_space", "没有地方停车", "There is no place to park", "local_parking"),
            ("no_bikes", "想骑的时候没有车", "No bike when I need one", "search"),
            ("broken", "车坏了没人修", "Broken bikes are left there", "build"),
            ("other", "别的", "Something else", "more_horiz"),
        ),
    },
    {
        "key": "when",
        "kind": "single",
        "label": words("什么时候最厉害？", "When is it worst?"),
        "show_if": if_chosen(
            "bothers", "pavement", "entrance", "tactile", "carriageway", "heaps", "no_space"
        ),
        "options": options(
            ("morning", "早上", "In the morning", ""),
            ("daytime", "白天", "During the day", ""),
            ("evening", "傍晚和晚上", "In the evening and at night", ""),
            ("always", "一整天都这样", "All day long", ""),
        ),
    },
    {
        "key": "bikes",
        "kind": "number",
        "label": words("大概要停多少辆车？", "For how many bikes should there be room?"),
        "show_if": if_chosen("about", "position"),
        "least": 1,
        "most": 2000,
        "whole": True,
        "unit": words("辆", "bikes"),
    },
    {
        "key": "manager",
        "kind": "multiple",
        "label": words("您觉得该由谁来管？", "Who should look after it?"),
        "hint": _SEVERAL,
        "show_if": if_chosen("about", "management"),
        "options": options(
            ("company", "单车企业", "The bike companies", ""),
            ("subdistrict", "街道和执法部门", "The subdistrict and law enforcement", ""),
            ("property", "小区物业和单位", "Property managers and employers", ""),
            ("residents", "社区和志愿者", "The community and volunteers", ""),
        ),
    },
    {
        "key": "improve",
        "kind": "multiple",
        "label": words("您最希望改善什么？", "What should be improved?"),
        "hint": _SEVERAL,
        "show_if": {"category": ["public_space"]},
        "options": options(
            ("paving", "路面平整、好走", "Smooth paving", "directions_walk"),
            ("ramp", "坡道、扶手等无障碍设施", "Ramps and handrails", "accessible"),
            ("seats", "座椅", "Seats", "chair"),
            ("lighting", "路灯", "Lighting", "lightbulb"),
            ("planting", "种花种树", "Trees and flowers", "park"),
            ("shelter", "遮阳避雨", "Shade and rain shelter", "umbrella"),
            ("play", "孩子玩的地方", "A place for children to play", "child_care"),
            ("fitness", "锻炼的地方", "A place to exercise", "fitness_center"),
            ("gathering", "大家聚会的小广场", "A small square to meet", "groups"),
            ("cleaning", "清理杂物垃圾", "Clearing rubbish and clutter", "delete"),
            ("traffic", "过马路、人车分开", "Safe crossings, cars kept apart", "traffic"),
            ("other", "别的", "Something else", "more_horiz"),
        ),
    },
    AGE,
]

PARKS: list[dict[str, Any]] = [
    {
        "key": "uses",
        "kind": "multiple",
        "label": words("您想在这里有什么？", "What would you like to have here?"),
        "hint": _SEVERAL,
        "required": True,
        "options": options(
            ("play", "孩子玩的地方", "A children's playground", "child_care"),
            ("bike_parking", "停自行车的地方", "Bike parking", "pedal_bike"),
            ("seats", "座椅", "Seats", "chair"),
            ("fitness", "健身器材", "Fitness equipment", "fitness_center"),
            ("shelter", "遮阳避雨的棚子", "Shade and rain shelter", "umbrella"),
            ("planting", "花草树木", "Trees and flowers", "park"),
            ("lighting", "路灯", "Lighting", "lightbulb"),
            ("path", "散步的小路", "A path to stroll", "directions_walk"),
            ("other", "别的", "Something else", "more_horiz"),
        ),
    },
    {
        "key": "play_age",
        "kind": "single",
        "label": words("给多大的孩子玩？", "For children of what age?"),
        "show_if": if_chosen("uses", "play"),
        "options": options(
            ("under_3", "三岁以下", "Under 3", ""),
            ("from_3", "三到六岁", "3 to 6", ""),
            ("from_7", "七岁以上", "7 or over", ""),
            ("mixed", "大小孩子都要有", "All ages", ""),
        ),
    },
    {
        "key": "who_for",
        "kind": "multiple",
        "label": words("主要给谁用？", "Who is it for?"),
        "hint": _SEVERAL,
        "options": options(
            ("children", "孩子和家长", "Children and their parents", "child_care"),
            ("elderly", "老人", "Elderly people", "elderly"),
            ("workers", "上班的人", "People who work nearby", "work"),
            ("disabled", "行动不便的人", "People who walk with difficulty", "accessible"),
            ("everyone", "大家都能用", "Everyone", "groups"),
        ),
    },
    {
        "key": "purpose",
        "kind": "multiple",
        "label": words("您会来这里做什么？", "What would you come here for?"),
        "hint": _SEVERAL,
        "options": options(
            ("rest", "歇歇脚", "A short rest", "chair"),
            ("exercise", "晨练、走一走", "Exercise, a walk", "fitness_center"),
            ("meet", "和人聊聊天", "Meeting people", "forum"),
            ("gather", "聚会、活动", "Gatherings", "groups"),
            ("mind", "带孩子玩", "Playing with children", "child_care"),
        ),
    },
    {
        "key": "balance",
        "kind": "scale",
        "label": words("安静一点，还是热闹一点？", "Quiet or lively?"),
        "ends": {
            "least": words("安静，多绿化", "Quiet and green"),
            "most": words("热闹，多活动场地", "Lively, room for activities"),
        },
    },
    {
        "key": "park_name",
        "kind": "short_text",
        "label": words("给它起个名字吧", "What would you call it?"),
        "hint": words("不起也可以", "Only if you like"),
        "most": 20,
    },
    AGE,
]

QUESTIONS = {"bike-parking": BIKES, "micro-park": PARKS}
