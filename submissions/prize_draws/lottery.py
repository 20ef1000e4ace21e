"""Drawing lots so that anybody can check it: a list published before, a seed known after. Pure.

The list is a text: a few lines of rules, an empty line, one name an entry, sorted. Its SHA-256 is
published before the seed is known, so that nobody can choose the list to suit the seed. The seed
comes from a public source that the rules name in advance, so that nobody can choose it. Then each
entry has the number SHA-256(seed "|" name), and the smallest numbers win.

It is the way of RFC 3797 (Publicly Verifiable Nominations Committee Random Selection, 2004), with
SHA-256 in place of its MD5 and each entry ranked by a hash of its own in place of its divisions:
no name's number depends on another's, so leaving one out changes the order of no two others.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from core.errors import BadFileError, InvalidError

METHOD = "lujian-draw-1"
#: Of a list that was published in the place of a void one: it names that list's hash.
METHOD_AGAIN = "lujian-draw-2"
MOST_SEED = 200
RULES = ("campaign", "winners", "source", "known_from")
REPLACES = "replaces"


def list_text(rules: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the list as it is published; ``rules`` has a line for each of ``lines_of``."""
    lines = (f"{name}: {one_line(str(rules[name]))}" for name in lines_of(rules))
    head = [method_of(rules), *lines]
    return "\n".join([*head, "", *sorted(names)]) + "\n"


def lines_of(rules: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the lines of rules that a list begins with."""
    return (*RULES, REPLACES) if rules.get(REPLACES) else RULES


def method_of(rules: Mapping[str, Any]) -> str:
    """Return the name of the method, by which a list says how its lines are to be read."""
    return METHOD_AGAIN if rules.get(REPLACES) else METHOD


def digest_of(text: str) -> str:
    """Return the hex SHA-256 of the list's bytes in UTF-8: what ``sha256sum`` prints."""
    return sha256(text.encode()).hexdigest()


def ranked(names: Iterable[str], seed: str) -> list[str]:
    """Return the names in the order in which they are drawn; of equal numbers (2⁻²⁵⁶), by name."""
    return sorted(names, key=lambda name: (sha256(f"{seed}|{name}".encode()).digest(), name))


def read_seed(text: str) -> str:
    """Return a seed as it counts: one line, plain digits and letters, single spaces.

    Raises ``InvalidError`` (``seed``) for an empty or over-long one.
    """
    seed = one_line(unicodedata.normalize("NFKC", text))
    if not seed or len(seed) > MOST_SEED:
        raise InvalidError(field="seed", most=MOST_SEED)
    return seed


def one_line(text: str) -> str:
    """Return a text in one line with single spaces."""
    return " ".join(text.split())


def verify(record: Mapping[str, Any]) -> list[str]:
    """Compute a published record anew and return what is wrong with it: nothing if all is right.

    Of a draw that has no seed yet, the list alone is checked. Raises ``BadFileError`` for what is
    no record.
    """
    try:
        names = [str(name) for name in record["entries"]]
        text = list_text(record, names)
        digest, winners, seed = record["digest"], int(record["winners"]), record.get("seed")
        told: Sequence[str] = record.get("drawn") or []
        method = record["method"]
    except (KeyError, TypeError, ValueError) as error:
        raise BadFileError(reason="this is no record of a draw") from error
    wrong = []
    if method != method_of(record):
        wrong.append(f"the method is {method}, not {method_of(record)}")
    if len(set(names)) != len(names):
        wrong.append("an entry stands there twice")
    if digest_of(text) != digest:
        wrong.append(f"the list's SHA-256 is {digest_of(text)}, not {digest}")
    if seed is not None and ranked(names, seed)[:winners] != list(told):
        wrong.append("the seed draws other entries than those that are told")
    return wrong


def void_of(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return when, how far on and why a record's draw was declared void; None while it stands.

    Raises ``BadFileError`` for what says neither.
    """
    void = record.get("void")
    if void is None:
        return None
    if not isinstance(void, dict) or not {"at", "stage", "reason"} <= set(void):
        raise BadFileError(reason="this is no record of a draw")
    return void


def read_record(content: bytes) -> dict[str, Any]:
    """Return a published record from its JSON. Raises ``BadFileError``."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadFileError(reason="this is no record of a draw") from error
    if not isinstance(record, dict):
        raise BadFileError(reason="this is no record of a draw")
    return record


#: For the public page: what it takes to check a draw by oneself.
SCRIPT = """\
import hashlib, json, sys
r = json.load(open(sys.argv[1], encoding="utf-8"))
lines = [k for k in ("campaign", "winners", "source", "known_from", "replaces") if k in r]
head = [r["method"]] + [f"{k}: {r[k]}" for k in lines]
text = "\\n".join(head + [""] + sorted(r["entries"])) + "\\n"
sha = lambda s: hashlib.sha256(s.encode()).hexdigest()
print("list as published before:", sha(text) == r["digest"])
if r["seed"]:
    order = sorted(r["entries"], key=lambda name: sha(r["seed"] + "|" + name))
    print("drawn as published:", order[:int(r["winners"])] == r["drawn"])
if r.get("void"):
    print("VOID, nobody has won by it:", r["void"]["at"], r["void"]["reason"])
"""
