"""Questions are checked before they are stored, answers before they are; columns follow them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import AnswerError, InvalidError
from layers.export.data_dictionary import PROPOSALS, names
from submissions.campaigns.campaign_draft import check_campaign
from submissions.campaigns.questionnaire import (
    check_answers,
    check_questions,
    columns,
    flat,
    public_keys,
    shown,
)
from tests.conftest import new_campaign
from tests.examples import examples

CATEGORIES = ["bike_parking", "public_space"]


def words(text: str) -> dict[str, str]:
    return {"zh_CN": f"问{text}", "en": text}


def options(*keys: str) -> list[dict[str, Any]]:
    return [{"key": key, "label": words(key), "icon": "park"} for key in keys]


def choice(key: str = "uses", kind: str = "multiple", **more: Any) -> dict[str, Any]:
    chosen = options("seats", "shade", "play")
    return {"key": key, "kind": kind, "label": words(key), "options": chosen} | more


def number(key: str = "bikes", **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": "number", "label": words(key), "least": 0, "most": 50} | more


ENDS = {"least": words("calm"), "most": words("lively")}
QUESTIONS: list[dict[str, Any]] = [
    choice("uses", required=True, most=2, hint=words("two at most")),
    choice("age", "single", show_if={"question": "uses", "any_of": ["play"]}),
    {"key": "noise", "kind": "scale", "label": words("noise"), "ends": ENDS},
    number("bikes", whole=True, unit=words("bikes"), show_if={"category": ["bike_parking"]}),
    number("width", least=-1.5, most=1.5),
    {"key": "nick", "kind": "short_text", "label": words("nick"), "most": 10},
    {"key": "more", "kind": "long_text", "label": words("more"), "private": True},
]
HERE = "bike_parking"


def answered(**answers: Any) -> dict[str, Any]:
    return check_answers(QUESTIONS, {"uses": "seats"} | answers, HERE)


def test_good_questions_come_back_typed_and_go_with_the_campaign() -> None:
    read = check_questions(QUESTIONS, CATEGORIES)
    assert [question.key for question in read] == [question["key"] for question in QUESTIONS]
    assert check_questions(read, CATEGORIES) == read
    assert check_questions([], CATEGORIES) == []
    facility = {"layer": "parks", "near_m": 60, "name": words("park")}
    check_campaign(new_campaign(questions=QUESTIONS, facility=facility, geometry_kinds=["area"]))


BAD = {
    "no object": ("x", 1),
    "no key": ({"kind": "single"}, 1),
    "no kind": ({"key": "a"}, "a"),
    "unknown kind": (choice(kind="ranking"), "uses"),
    "unknown field": (choice(colour="red"), "uses"),
    "capital key": (choice("Uses"), "Uses"),
    "a key no longer than 40": (choice("a" * 41), "a" * 41),
    "key of an export's column": (choice("category"), "category"),
    "label in one language": (choice(label={"en": "x"}), "uses"),
    "label in a third language": (choice(label=words("x") | {"fr": "x"}), "uses"),
    "blank label": (choice(label={"zh_CN": " ", "en": "x"}), "uses"),
    "label PostgreSQL cannot hold": (choice(label={"zh_CN": "问", "en": "x\x00y"}), "uses"),
    "label of half a character": (choice(label={"zh_CN": "\ud83d", "en": "x"}), None),
    "required in words": (choice(required="yes"), "uses"),
    "one option": (choice(options=options("seats")), "uses"),
    "option twice": (choice(options=options("seats", "seats")), "uses"),
    "bad icon": (choice(options=[*options("a"), options("b")[0] | {"icon": "<svg>"}]), "uses"),
    "more than there are": (choice(most=4), "uses"),
    "most of a single choice": (choice(kind="single", most=1), "uses"),
    "scale without ends": (QUESTIONS[2] | {"ends": None}, "noise"),
    "scale without steps": (QUESTIONS[2] | {"least": 5}, "noise"),
    "scale of too many steps": (QUESTIONS[2] | {"least": -10, "most": 1}, "noise"),
    "number without bounds": (number(most=None), "bikes"),
    "number with no room": (number(most=0), "bikes"),
    "number beyond measure": (number(most=1e300), "bikes"),
    "infinite number": (number(most=float("inf")), None),
    "whole number with half a bound": (number(whole=True, most=2.5), "bikes"),
    "endless text": (QUESTIONS[6] | {"most": 2001}, "more"),
    "condition on itself": (choice(show_if={"question": "uses", "any_of": ["play"]}), "uses"),
    "condition on a category there is not": (choice(show_if={"category": ["x"]}), "uses"),
    "condition on nothing": (choice(show_if={}), "uses"),
    "condition on both": (
        choice(show_if={"category": CATEGORIES, "question": "x", "any_of": ["play"]}),
        "uses",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_question_is_named_with_its_problem(name: str) -> None:
    question, key = BAD[name]
    with pytest.raises(InvalidError) as raised:
        check_questions([question], CATEGORIES)
    assert raised.value.params["field"] == "questions"
    assert raised.value.params["question"] == key
    assert raised.value.params["problem"]
    with pytest.raises(InvalidError):
        check_campaign(new_campaign(questions=[question]))


@pytest.mark.parametrize(
    "pair",
    [
        (choice(), choice()),
        (choice("later", show_if={"question": "uses", "any_of": ["play"]}), choice()),
        (choice(), choice("then", show_if={"question": "uses", "any_of": ["swings"]})),
        (number(), choice("then", show_if={"question": "bikes", "any_of": ["play"]})),
        # q_a_b_c twice: the option c of a_b, and the option b_c of a
        (choice("a_b", options=options("c", "d")), choice("a", options=options("b_c", "e"))),
        (choice("a", options=options("b", "c")), number("a_b")),
    ],
)
def test_questions_must_fit_each_other(pair: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(InvalidError) as raised:
        check_questions(list(pair), CATEGORIES)
    assert raised.value.params["question"] in {question["key"] for question in pair}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("geometry_kinds", []),
        ("geometry_kinds", ["point", "volume"]),
        ("max_photos", 4),
        ("max_photos", -1),
        ("facility", {"layer": "dragons", "near_m": 5, "name": words("x")}),
        ("facility", {"layer": [], "near_m": 5, "name": words("x")}),
        ("facility", {"layer": "parks", "near_m": 0, "name": words("x")}),
        ("facility", {"layer": "parks", "near_m": "5", "name": words("x")}),
        ("facility", {"layer": "parks", "near_m": 5, "name": {"en": "x"}}),
        ("facility", {"layer": "parks"}),
        ("questions", [None] * 31),
        ("questions", [object()]),
    ],
)
def test_a_campaign_with_another_bad_field_is_refused(field: str, value: Any) -> None:
    with pytest.raises(InvalidError) as raised:
        check_campaign(new_campaign(**{field: value}))
    assert raised.value.params["field"] == field


def test_answers_become_typed_in_the_order_of_the_questions() -> None:
    sent = {
        "more": " 第一行\r\n第二行 ",
        "nick": ["  小 \n 园 "],
        "width": "-0.5",
        "bikes": "２０",
        "noise": ["3"],
        "age": ["shade"],
        "uses": ["play", "seats", "play", ""],
    }
    got = check_answers(QUESTIONS, sent, HERE)
    assert list(got.items()) == [
        ("uses", ["seats", "play"]),
        ("age", "shade"),
        ("noise", 3),
        ("bikes", 20),
        ("width", -0.5),
        ("nick", "小 园"),
        ("more", "第一行\n第二行"),
    ]
    assert [type(value) for value in got.values()] == [list, str, int, int, float, str, str]


@pytest.mark.parametrize("nothing", [None, "", [], [""], [None]])
def test_no_answer_is_stored_as_none_at_all(nothing: Any) -> None:
    blank = dict.fromkeys(["age", "noise", "bikes", "width", "nick", "more"], nothing)
    assert answered(uses="play", **blank) == {"uses": ["play"]}
    with pytest.raises(AnswerError) as raised:
        answered(uses=nothing)
    assert raised.value.params == {"question": "uses", "problem": "missing"}


@pytest.mark.parametrize(
    ("key", "sent", "params"),
    [
        ("uses", "swings", {"problem": "choice"}),
        ("uses", [["seats"]], {"problem": "choice"}),
        ("uses", {"seats": True}, {"problem": "choice"}),
        ("uses", ["seats", "shade", "play"], {"problem": "range", "least": 1, "most": 2}),
        ("noise", "6", {"problem": "range", "least": 1, "most": 5}),
        ("noise", "1.5", {"problem": "number", "least": 1, "most": 5}),
        ("noise", True, {"problem": "number"}),
        ("bikes", "51", {"problem": "range", "least": 0, "most": 50}),
        ("bikes", 10**400, {"problem": "range", "least": 0, "most": 50}),
        ("bikes", "9" * 5000, {"problem": "number"}),
        ("bikes", "2.5", {"problem": "number", "least": 0, "most": 50}),
        ("width", "1,5", {"problem": "number"}),
        ("width", "nan", {"problem": "number"}),
        ("width", float("nan"), {"problem": "number"}),
        ("width", float("inf"), {"problem": "range", "least": -1.5, "most": 1.5}),
        ("width", ["1", "2"], {"problem": "number"}),
        ("nick", "一二三四五六七八九十一", {"problem": "long_text", "length": 11, "most": 10}),
        ("nick", 5, {"problem": "text"}),
        ("more", ["a", "b"], {"problem": "text"}),
        ("colour", "red", {"problem": "unknown"}),
    ],
)
def test_what_cannot_be_an_answer_is_refused_with_its_bounds(
    key: str, sent: Any, params: dict[str, Any]
) -> None:
    with pytest.raises(AnswerError) as raised:
        answered(**{key: sent})
    assert raised.value.params == {"question": key} | params


def test_conditions_hide_questions_and_drop_their_answers() -> None:
    sent = {"uses": ["play"], "age": "seats", "bikes": "3"}
    every = [question["key"] for question in QUESTIONS]
    assert shown(QUESTIONS, sent, HERE) == every
    assert shown(QUESTIONS, sent, "public_space") == [key for key in every if key != "bikes"]
    assert check_answers(QUESTIONS, sent, "public_space") == {"uses": ["play"], "age": "seats"}
    assert "age" not in shown(QUESTIONS, {}, HERE)
    assert answered(uses="seats", age="no such option") == {"uses": ["seats"]}


def test_what_hangs_on_a_hidden_question_is_hidden_too() -> None:
    chain = [
        choice("a", "single", show_if={"category": ["public_space"]}),
        choice("b", "single", show_if={"question": "a", "any_of": ["play"]}, required=True),
    ]
    sent = {"a": "play", "b": "seats"}
    assert shown(chain, sent, "public_space") == ["a", "b"]
    assert shown(chain, sent, HERE) == []
    assert check_answers(chain, sent, HERE) == {}


def test_columns_are_flat_and_leave_private_answers_out() -> None:
    listed = columns(QUESTIONS)
    assert [(column.name, column.kind) for column in listed] == [
        ("q_uses_seats", "boolean|null"),
        ("q_uses_shade", "boolean|null"),
        ("q_uses_play", "boolean|null"),
        ("q_age", "string|null"),
        ("q_noise", "integer|null"),
        ("q_bikes", "integer|null"),
        ("q_width", "number|null"),
        ("q_nick", "string|null"),
    ]
    assert not set(names(tuple(listed))) & set(names(PROPOSALS))
    assert listed[5].meaning == "bikes In bikes."
    row = flat(QUESTIONS, {"uses": ["seats", "play"], "noise": 2, "more": "secret"})
    assert row == {
        "q_uses_seats": True,
        "q_uses_shade": False,
        "q_uses_play": True,
        "q_age": None,
        "q_noise": 2,
        "q_bikes": None,
        "q_width": None,
        "q_nick": None,
    }
    assert set(flat(QUESTIONS, {}).values()) == {None}
    assert "more" not in public_keys(QUESTIONS)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
OPTION = st.sampled_from(["seats", "shade", "play"])
LIKELY = st.one_of(
    ANYTHING,
    OPTION,
    st.lists(OPTION),
    st.integers(-2, 60),
    st.floats(-2, 60),
    st.integers(-2, 60).map(str),
    st.text(alphabet=" \t\r\n\x00\u200b\u3000。园a\ud800", max_size=12),
)
KEYS = st.sampled_from([question["key"] for question in QUESTIONS])
SENT = st.dictionaries(KEYS, LIKELY) | st.dictionaries(KEYS | st.text(max_size=5), LIKELY)


@settings(max_examples=examples(1500), deadline=None)
@given(sent=SENT, category=st.sampled_from([*CATEGORIES, ""]))
def test_whatever_is_sent_is_refused_or_stands_for_good(
    sent: dict[str, Any], category: str
) -> None:
    try:
        kept = check_answers(QUESTIONS, sent, category)
    except AnswerError:
        return
    assert list(check_answers(QUESTIONS, kept, category).items()) == list(kept.items())
    stored = json.dumps(kept, allow_nan=False, ensure_ascii=False).encode()
    assert check_answers(QUESTIONS, json.loads(stored), category) == kept
    assert set(kept) <= set(shown(QUESTIONS, kept, category))


@settings(max_examples=examples(500), deadline=None)
@given(
    st.lists(
        ANYTHING
        | st.fixed_dictionaries(
            {"key": st.text(max_size=4) | KEYS, "kind": st.sampled_from(["single", "scale"])},
            optional={"label": ANYTHING, "options": ANYTHING, "show_if": ANYTHING},
        ),
        min_size=1,
        max_size=3,
    )
)
def test_questions_of_any_shape_are_refused_in_order(questions: list[Any]) -> None:
    with pytest.raises(InvalidError):
        check_questions(questions, CATEGORIES)
