"""The editor of questions as a form: rows of fields to and from the schema, also half typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData

from core.errors import InvalidError
from submissions.campaigns.questionnaire import MOST_QUESTIONS

KINDS = ("single", "multiple", "scale", "number", "short_text", "long_text")
_TEXTS = (
    "key",
    "kind",
    "label_zh",
    "label_en",
    "hint_zh",
    "hint_en",
    "options",
    "least",
    "most",
    "unit_zh",
    "unit_en",
    "low_zh",
    "low_en",
    "high_zh",
    "high_en",
)
_CHECKS = ("required", "private", "whole")
MOST_TYPED = 20_000
Row = dict[str, Any]


def rows_of(questions: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return stored questions as rows of the form."""
    return [_row_of(question) for question in questions]


def read_rows(sent: FormData) -> list[Row]:
    """Return the rows as they were typed."""
    count = min(int(_text(sent, "n") or 0) if _text(sent, "n").isdecimal() else 0, MOST_QUESTIONS)
    rows = []
    for at in range(count):
        row: Row = {name: _text(sent, f"q{at}_{name}") for name in _TEXTS}
        row |= {name: bool(_text(sent, f"q{at}_{name}")) for name in _CHECKS}
        row["if"] = [str(value)[:90] for value in sent.getlist(f"q{at}_if")]
        rows.append(row)
    return rows


def changed_rows(rows: list[Any], do: str, fresh: Any) -> list[Any]:
    """Return rows after a button: ``up:2``, ``down:2``, ``remove:2`` or ``add``."""
    verb, _, number = do.partition(":")
    at = int(number) if number.isdecimal() else -1
    rows = list(rows)
    if verb == "add":
        return [*rows, fresh]
    if not 0 <= at < len(rows):
        return rows
    if verb == "remove":
        del rows[at]
    other = at - 1 if verb == "up" else at + 1
    if verb in {"up", "down"} and 0 <= other < len(rows):
        rows[at], rows[other] = rows[other], rows[at]
    return rows


def new_row(kind: str) -> Row:
    """Return an empty row of a kind."""
    row: Row = dict.fromkeys(_TEXTS, "") | dict.fromkeys(_CHECKS, False) | {"if": []}
    bounds = {"scale": ("1", "5"), "number": ("0", "100")}.get(kind, ("", ""))
    known = kind if kind in KINDS else KINDS[0]
    return row | {"kind": known, "least": bounds[0], "most": bounds[1]}


def questions_of(rows: Sequence[Row], taken: Iterable[str]) -> list[dict[str, Any]]:
    """Return the schema of rows; a new question gets a key from its English label.

    ``taken``: keys that were asked formerly. What is wrong with it ``check_questions`` says;
    raises ``InvalidError`` for a bound that is no number and a condition of two questions.
    """
    keys = {row["key"] for row in rows} | set(taken)
    questions = []
    for number, row in enumerate(rows, start=1):
        if not row["key"]:
            row["key"] = _free(key_of(row["label_en"], f"question_{number}"), keys)
            keys.add(row["key"])
        questions.append(_question(row))
    return questions


def key_of(text: str, otherwise: str) -> str:
    """Return a key made of a text's letters and digits."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:30].strip("_")
    return key if key and key[0].isalpha() else otherwise


def _row_of(question: Mapping[str, Any]) -> Row:
    row = new_row(question["kind"])
    for name in ("label", "hint", "unit"):
        words = question.get(name) or {}
        row |= {f"{name}_zh": words.get("zh_CN", ""), f"{name}_en": words.get("en", "")}
    ends = question.get("ends") or {}
    for name, end in (("low", "least"), ("high", "most")):
        words = ends.get(end) or {}
        row |= {f"{name}_zh": words.get("zh_CN", ""), f"{name}_en": words.get("en", "")}
    row |= {name: _shown_number(question[name]) for name in ("least", "most") if name in question}
    row |= {name: bool(question.get(name)) for name in _CHECKS}
    row["key"] = question["key"]
    row["options"] = "\n".join(_line(option) for option in question.get("options", ()))
    condition = question.get("show_if") or {}
    if "category" in condition:
        row["if"] = [f"category:{key}" for key in condition["category"]]
    elif condition:
        row["if"] = [f"{condition['question']}:{key}" for key in condition["any_of"]]
    return row


def _line(option: Mapping[str, Any]) -> str:
    label = option["label"]
    parts = [label["zh_CN"], label["en"], option["key"], option.get("icon") or ""]
    return " | ".join(parts).rstrip(" |")


def _question(row: Row) -> dict[str, Any]:
    kind = row["kind"]
    question: dict[str, Any] = {
        "key": row["key"],
        "kind": kind,
        "label": _words(row, "label"),
        "required": row["required"],
        "private": row["private"],
    }
    if row["hint_zh"] or row["hint_en"]:
        question["hint"] = _words(row, "hint")
    if row["if"]:
        question["show_if"] = _condition(row)
    if kind in {"single", "multiple"}:
        question["options"] = options_of(row["options"])
    if kind == "scale":
        question["ends"] = {"least": _words(row, "low"), "most": _words(row, "high")}
    if kind == "number":
        question["whole"] = row["whole"]
        if row["unit_zh"] or row["unit_en"]:
            question["unit"] = _words(row, "unit")
    bounds = {"scale": ("least", "most"), "number": ("least", "most")}.get(kind, ("most",))
    for name in bounds if kind != "single" else ():
        if row[name]:
            question[name] = _number(row, name)
    return question


def _words(row: Row, name: str) -> dict[str, str]:
    return {"zh_CN": row[f"{name}_zh"].strip(), "en": row[f"{name}_en"].strip()}


def _condition(row: Row) -> dict[str, Any]:
    pairs = [value.partition(":")[::2] for value in row["if"]]
    asked = {question for question, _option in pairs}
    if len(asked) > 1:
        raise InvalidError(field="questions", question=row["key"], problem="two_conditions")
    keys = [option for _question, option in pairs]
    name = asked.pop()
    return {"category": keys} if name == "category" else {"question": name, "any_of": keys}


def options_of(typed: str) -> list[dict[str, Any]]:
    """Read one option a line: Chinese | English | key | icon; the last two may be left out."""
    lines = [line for line in typed.splitlines() if line.strip()]
    parts = [[part.strip() for part in line.replace("｜", "|").split("|")] for line in lines]
    keys = {each[2] for each in parts if len(each) > 2}
    options = []
    for number, (zh, *rest) in enumerate(parts, start=1):
        english, key, icon = [*rest, "", "", ""][:3]
        if not key:
            key = _free(key_of(english, f"option_{number}"), keys)
            keys.add(key)
        option: dict[str, Any] = {"key": key, "label": {"zh_CN": zh, "en": english or zh}}
        options.append(option | ({"icon": icon} if icon else {}))
    return options


def _number(row: Row, name: str) -> float | int:
    try:
        number = float(unicodedata.normalize("NFKC", row[name]))
    except ValueError:
        raise InvalidError(
            field="questions", question=row["key"], problem=f"{name}: {row[name]}"
        ) from None
    whole = row["kind"] != "number" and number.is_integer()
    return int(number) if whole else number


def _shown_number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else ""


def _free(wanted: str, taken: Iterable[str]) -> str:
    """Return a key that is not taken yet."""
    known, number, key = set(taken), 1, wanted
    while key in known:
        number += 1
        key = f"{wanted}_{number}"
    return key


def _text(sent: FormData, name: str) -> str:
    value = sent.get(name, "")
    return value.replace("\0", "").strip()[:MOST_TYPED] if isinstance(value, str) else ""
