"""What somebody wrote is marked where it is not in the page's language, by its script."""

from __future__ import annotations

import pytest

from wording.text_language import other_language


@pytest.mark.parametrize(
    ("text", "lang", "told"),
    [
        ("椅子坏了", "en", "zh"),
        ("WiFi 太慢", "en", "zh"),
        ("椅子坏了", "zh_CN", ""),
        ("椅子壞了", "zh_Hant", ""),
        ("Please put a bench here", "zh_CN", "en"),
        ("P+R", "zh_CN", ""),
        ("WiFi", "zh_CN", ""),
        ("Please put a bench here", "en", ""),
        ("椅子がほしい", "en", ""),
        ("30", "zh_CN", ""),
    ],
)
def test_the_language_of_a_text(text: str, lang: str, told: str) -> None:
    assert other_language(text, lang) == told
