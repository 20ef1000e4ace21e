"""A receipt can be read out, noticed when misread, and not guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions.proposals.receipt_codes import (
    ALPHABET,
    PUBLIC_ALPHABET,
    RECEIPT_LENGTH,
    format_receipt,
    new_public_id,
    new_receipt,
    normalise_receipt,
)

receipts = st.builds(lambda _: new_receipt(), st.integers())


def test_no_symbol_sounds_or_looks_like_another() -> None:
    assert len(set(ALPHABET)) == 23
    assert not set(ALPHABET) & set("01BDILNOQSUVZ")


def test_receipts_do_not_repeat_and_use_the_whole_alphabet() -> None:
    codes = {new_receipt() for _ in range(5_000)}
    assert len(codes) == 5_000
    assert {symbol for code in codes for symbol in code[:-1]} == set(ALPHABET)
    assert {code[-1] for code in codes} == set(ALPHABET)


def test_public_ids_are_short_plain_and_various() -> None:
    names = {new_public_id() for _ in range(5_000)}
    assert len(names) == 5_000
    assert {symbol for name in names for symbol in name} == set(PUBLIC_ALPHABET)
    assert {len(name) for name in names} == {8}


@given(receipts)
def test_a_receipt_is_understood_as_people_write_it(code: str) -> None:
    shown = format_receipt(code)
    assert [len(part) for part in shown.split("-")] == [4, 4, 4]
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    for written in (code, shown, shown.lower(), f"  {shown.replace('-', ' ')}\n", wide):
        assert normalise_receipt(written) == code
    assert normalise_receipt(code.replace("8", "B").replace("5", "s").replace("2", "Z")) == code


@given(receipts, st.integers(0, RECEIPT_LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_noticed(code: str, place: int, symbol: str) -> None:
    wrong = code[:place] + symbol + code[place + 1 :]
    assert normalise_receipt(wrong) == (code if wrong == code else None)


@given(receipts, st.integers(0, RECEIPT_LENGTH - 1), st.integers(0, RECEIPT_LENGTH - 1))
def test_two_symbols_swapped_are_noticed(code: str, one: int, other: int) -> None:
    symbols = list(code)
    symbols[one], symbols[other] = symbols[other], symbols[one]
    swapped = "".join(symbols)
    assert normalise_receipt(swapped) == (code if swapped == code else None)


@given(st.text(max_size=30))
def test_anything_else_is_no_receipt(text: str) -> None:
    found = normalise_receipt(text)
    assert found is None or (len(found) == 12 and set(found) <= set(ALPHABET))


@pytest.mark.parametrize("text", ["", "-", "2" * 11, "2" * 13, "OOOO-OOOO-OOOO", "\x00", "😀" * 12])
def test_what_cannot_be_one_is_none(text: str) -> None:
    assert normalise_receipt(text) is None
