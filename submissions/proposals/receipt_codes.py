"""The short code a resident keeps: 11 random symbols and one that catches a slip.

23 symbols that neither eye nor ear confuses; 23**11 is about 2**49, so nobody walks through others'
receipts. The check symbol is a weighted sum modulo the prime 23: every single wrong symbol and
every swap of two unlike symbols is noticed.
"""

from __future__ import annotations

import secrets

from core.text import as_address

ALPHABET = "23456789ACEFGHJKMPRTWXY"
RANDOM_SYMBOLS = 11
RECEIPT_LENGTH = RANDOM_SYMBOLS + 1
PUBLIC_ID_LENGTH = 8
PUBLIC_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_SEPARATORS = str.maketrans("", "", " -–—−_.·\t\n\r")
_LOOKALIKE = str.maketrans({"B": "8", "S": "5", "Z": "2"})


def _spell(number: int, alphabet: str, length: int) -> str:
    symbols = []
    for _ in range(length):
        number, value = divmod(number, len(alphabet))
        symbols.append(alphabet[value])
    return "".join(symbols)


def _check_symbol(body: str) -> str:
    total = sum(weight * _VALUE[symbol] for weight, symbol in enumerate(body, start=1))
    return ALPHABET[total % len(ALPHABET)]


def new_receipt() -> str:
    """Return a fresh receipt, 12 symbols without separators."""
    body = _spell(secrets.randbelow(len(ALPHABET) ** RANDOM_SYMBOLS), ALPHABET, RANDOM_SYMBOLS)
    return body + _check_symbol(body)


def new_public_id() -> str:
    """Return a fresh name for a proposal in addresses and exports, 8 symbols."""
    most = len(PUBLIC_ALPHABET) ** PUBLIC_ID_LENGTH
    return _spell(secrets.randbelow(most), PUBLIC_ALPHABET, PUBLIC_ID_LENGTH)


def is_public_id(text: str) -> bool:
    """Tell whether the text can be a proposal's public id at all."""
    return len(text) == PUBLIC_ID_LENGTH and all(symbol in PUBLIC_ALPHABET for symbol in text)


def normalise_receipt(text: str) -> str | None:
    """Return the receipt a person meant by ``text``, or None when it cannot be one.

    Case, width, spaces and dashes do not matter; B, S and Z, which no receipt has, are read as
    8, 5 and 2. None also when the check symbol does not fit.
    """
    code = as_address(text).upper().translate(_SEPARATORS).translate(_LOOKALIKE)
    if len(code) != RECEIPT_LENGTH or any(symbol not in _VALUE for symbol in code):
        return None
    return code if _check_symbol(code[:-1]) == code[-1] else None


def format_receipt(code: str) -> str:
    """Return the code as it is shown and read out: ``XXXX-XXXX-XXXX``."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
