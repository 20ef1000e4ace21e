"""Numbers as people write them: shares that are neither none nor all are never called so."""

from __future__ import annotations

import pytest

from wording.formatting import percent


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0%"),
        (0.0004, "<0.1%"),
        (0.0073, "0.7%"),
        (0.0097, "1%"),
        (0.126, "13%"),
        (0.994, "99%"),
        (0.9996, ">99%"),
        (1, "100%"),
    ],
)
def test_a_share(share: float, said: str) -> None:
    assert percent(share, "zh_CN") == percent(share, "en") == said
