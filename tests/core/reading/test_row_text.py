"""Rows as text: pieces as they stand, and holes that are filled once for all that are alike."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.database import Database
from core.reading.row_text import HOLE, Holes, line, rounded


def told(session: Session, *pieces: object) -> str:
    return str(session.scalar(sa.select(line(session, pieces))))  # type: ignore[arg-type]


def test_pieces_stand_as_they_are_and_nothing_is_nothing(database: Database) -> None:
    with database.reading() as session:
        five, none = sa.literal(5), sa.cast(sa.null(), sa.Text)
        assert told(session, "100 %s ", five, " %% 'q' :x", none, "%") == "100 %s 5 %% 'q' :x%"


@pytest.mark.parametrize(("number", "wanted"), [(2.5, 2), (3.5, 4), (-2.5, -2), (-0.2, 0), (7, 7)])
def test_numbers_are_rounded_half_to_even(database: Database, number: float, wanted: int) -> None:
    with database.reading() as session:
        found = session.scalar(sa.select(rounded(session, sa.literal(number, sa.Double), 0)))
        assert found == wanted
        assert str(found)[0] != "-" or wanted < 0


def test_holes_that_are_alike_are_filled_once_and_few_are_kept() -> None:
    asked: list[list[bytes]] = []

    def fill(holes: Sequence[bytes]) -> list[str]:
        asked.append(sorted(holes))
        return [f"<{one.decode()}>" for one in holes]

    def block(*holes: str) -> bytes:
        return "-".join(f"{HOLE}{one}{HOLE}" for one in holes).encode()

    holes = Holes({"a": fill, "b": fill}, keep="a", most=3)
    assert holes.fill(b"no hole") == b"no hole"
    assert holes.fill(block("ax", "ay", "ax")) == b"<x>-<y>-<x>"
    assert holes.fill(block("ay", "bz")) == b"<y>-<z>"
    assert holes.fill(block("bz", "aw")) == b"<z>-<w>"
    for _ in range(2):  # there is no room for v
        assert holes.fill(block("aw", "ax", "av")) == b"<w>-<x>-<v>"
    assert asked == [[b"x", b"y"], [b"z"], [b"w"], [b"z"], [b"v"], [b"v"]]
