"""Short ways to write the questions of a campaign."""

from __future__ import annotations

from typing import Any


def words(zh: str, en: str) -> dict[str, str]:
    """Return the same words in both languages."""
    return {"zh_CN": zh, "en": en}


def options(*given: tuple[str, str, str, str]) -> list[dict[str, Any]]:
    """Write options: key, Chinese, English, icon (empty for none)."""
    return [
        {"key": key, "label": words(zh, en)} | ({"icon": icon} if icon else {})
        for key, zh, en, icon in given
    ]


def if_chosen(question: str, *keys: str) -> dict[str, Any]:
    """Write that a question is shown when one of these options of another was chosen."""
    return {"question": question, "any_of": list(keys)}


AGE: dict[str, Any] = {
    "key": "age",
    "kind": "single",
    "label": words("您多大年纪？", "How old are you?"),
    "hint": words("不想说可以不选。只统计人数，不对外显示。", "Only counted, never shown."),
    "private": True,
    "options": options(
        ("under_18", "不到 18 岁", "Under 18", ""),
        ("from_18", "18 到 34 岁", "18 to 34", ""),
        ("from_35", "35 到 59 岁", "35 to 59", ""),
        ("from_60", "60 岁以上", "60 or over", "elderly"),
    ),
}
