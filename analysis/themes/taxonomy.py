"""The themes, and the words that say them: read from an editable file, and checked. No database.

The file (``data/themes.json``, or what ``LUJIAN_THEMES_FILE`` names) is JSON. Each theme has a
``code``, a ``group``, ``names`` and ``means`` by language, and two lists of phrases: ``says`` and
``but``. A phrase is plain text; ``…`` stands for up to ten characters, ``(a|b)`` for either,
``(a|b)?`` for either or nothing; Latin words are found whole, in the plural too. A clause says a
theme where a phrase of ``says`` is in it and none of ``but`` is. Letters are compared without width
and case, and Traditional ones as the Simplified ones that ``same_letters`` pairs with them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.errors import LuJianError
from core.settings import get_settings

FILE = Path(__file__).resolve().parents[2] / "data" / "themes.json"
LANGUAGES = ("zh_CN", "zh_Hant", "en")
GAP = "…"
MOST_GAP, MOST_CLAUSE, MOST_PHRASE, MOST_PHRASES, MOST_THEMES = 10, 400, 600, 200, 99
_CODE = re.compile(r"[a-z][a-z0-9_]{1,29}", re.ASCII)
_CLAUSES = re.compile(r"[\n,.;:!?，。；：！？、~～—]+")
_HAN_SPACE = re.compile(r"(?<![ -~]) +| +(?![ -~])")


class TaxonomyError(LuJianError):
    """A file of themes cannot be used. Parameters: ``where``, ``reason``: a sentence."""

    code = "bad_taxonomy"

    def __str__(self) -> str:
        return f"{self.params['where']}: {self.params['reason']}"


@dataclass(frozen=True)
class Group:
    """Themes of one kind: where to park, how it is managed, what bothers …"""

    code: str
    names: Mapping[str, str]


@dataclass(frozen=True)
class Theme:
    """One theme: ``says`` and ``but`` are its phrases as they stand in the file."""

    code: str
    group: str
    names: Mapping[str, str]
    means: Mapping[str, str]
    says: tuple[str, ...]
    but: tuple[str, ...] = ()

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
        return _either(self.says), _either(self.but) if self.but else None

    def is_said(self, clause: str) -> bool:
        """Tell whether a clause, as ``Taxonomy.clauses`` gives it, says this theme."""
        says, but = self._patterns
        return bool(says.search(clause)) and not (but and but.search(clause))


@dataclass(frozen=True)
class Taxonomy:
    """All themes in their order; ``opposites``: pairs that one clause never says both."""

    version: str
    groups: tuple[Group, ...]
    themes: tuple[Theme, ...]
    opposites: tuple[tuple[str, str], ...] = ()
    same_letters: Mapping[int, str] = field(default_factory=dict)
    digest: str = ""

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes of the themes."""
        return tuple(theme.code for theme in self.themes)

    @cached_property
    def by_code(self) -> dict[str, Theme]:
        """The themes by code."""
        return {theme.code: theme for theme in self.themes}

    def of_group(self, code: str) -> tuple[str, ...]:
        """Return the codes of the themes of a group; of a theme its own; of neither none."""
        if code in self.by_code:
            return (code,)
        return tuple(theme.code for theme in self.themes if theme.group == code)

    def knows(self, code: str) -> bool:
        """Tell whether a code names a theme or a group."""
        return bool(self.of_group(code))

    def folded(self, text: str) -> str:
        """Return a text without differences of width, case and script."""
        plain = unicodedata.normalize("NFKC", text).casefold()
        return plain.translate(self.same_letters)

    def clauses(self, text: str) -> list[str]:
        """Return the clauses of a text, folded; each cut to ``MOST_CLAUSE`` characters."""
        parts = _CLAUSES.split(self.folded(text).replace("’", "'"))
        tidy = (_HAN_SPACE.sub("", " ".join(part.split())) for part in parts)
        return [part[:MOST_CLAUSE] for part in tidy if part]

    def said(self, text: str) -> list[str]:
        """Return the codes of the themes that a text says by the rules, in their order."""
        clauses = self.clauses(text)
        return [one.code for one in self.themes if any(map(one.is_said, clauses))]


def load_taxonomy(path: Path = FILE) -> Taxonomy:
    """Return the themes of a file. Raises ``TaxonomyError`` with a sentence for what is wrong."""
    try:
        body = path.read_bytes()
    except OSError:
        raise TaxonomyError(where=path.name, reason="the file cannot be read.") from None
    try:
        return parse_taxonomy(json.loads(body))
    except ValueError as problem:
        raise TaxonomyError(where=path.name, reason=f"this is not JSON: {problem}.") from None


_read_once = cache(load_taxonomy)


def taxonomy_in_force() -> Taxonomy:
    """Return the themes of the file that the settings name, else those of the program."""
    return _read_once(get_settings().themes_file)


def parse_taxonomy(raw: Any) -> Taxonomy:
    """Return the themes of a file's contents. Raises ``TaxonomyError``."""
    known = {"version", "licence", "groups", "opposites", "same_letters", "themes"}
    _fields(raw, "file", known, needed={"version", "groups", "themes"})
    groups = tuple(_group(one, n) for n, one in enumerate(_list(raw, "groups", "file")))
    themes = tuple(_theme(one, n) for n, one in enumerate(_list(raw, "themes", "file")))
    _check_codes(groups, themes)
    opposites = _opposites(raw.get("opposites", []), {one.code for one in themes})
    digest = sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()[:16]
    letters = _letters(raw.get("same_letters", ""))
    return Taxonomy(str(raw["version"]), groups, themes, opposites, letters, digest)


def _group(raw: Any, place: int) -> Group:
    where = f"group {place + 1}"
    _fields(raw, where, {"code", "names"}, needed={"code", "names"})
    return Group(_code(raw, where), _words(raw["names"], f"group {raw['code']}, names"))


def _theme(raw: Any, place: int) -> Theme:
    where = f"theme {place + 1}"
    known = {"code", "group", "names", "means", "says", "but"}
    _fields(raw, where, known, needed=known - {"but"})
    code = _code(raw, where)
    where = f"theme {code}"
    says, but = (_phrases(raw.get(key, []), f"{where}, {key}") for key in ("says", "but"))
    if not says:
        raise TaxonomyError(where=where, reason="it needs at least one phrase in says.")
    names, means = (_words(raw[key], f"{where}, {key}") for key in ("names", "means"))
    return Theme(code, str(raw["group"]), names, means, says, but)


def _fields(raw: Any, where: str, known: set[str], *, needed: set[str]) -> None:
    if not isinstance(raw, dict):
        raise TaxonomyError(where=where, reason="this must be an object in braces { }.")
    for missing in sorted(needed - set(raw)):
        raise TaxonomyError(where=where, reason=f"the field {missing} is missing.")
    for odd in sorted(set(raw) - known):
        raise TaxonomyError(where=where, reason=f"there is no field called {odd}.")


def _list(raw: dict[str, Any], key: str, where: str) -> list[Any]:
    found = raw[key]
    if not isinstance(found, list) or not 0 < len(found) <= MOST_THEMES:
        reason = f"{key} must be a list of 1 to {MOST_THEMES} in brackets [ ]."
        raise TaxonomyError(where=where, reason=reason)
    return found


def _code(raw: dict[str, Any], where: str) -> str:
    code = raw["code"]
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        reason = f"the code {code!r} must be small Latin letters, digits and _, 2 to 30 of them."
        raise TaxonomyError(where=where, reason=reason)
    return code


def _words(raw: Any, where: str) -> dict[str, str]:
    _fields(raw, where, set(LANGUAGES), needed=set(LANGUAGES))
    for language, words in raw.items():
        if not isinstance(words, str) or not 0 < len(words.strip()) <= 200:
            reason = f"{language} must be a text of 1 to 200 characters."
            raise TaxonomyError(where=where, reason=reason)
    return dict(raw)


def _phrases(raw: Any, where: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or len(raw) > MOST_PHRASES:
        reason = f"this must be a list of at most {MOST_PHRASES} phrases in brackets [ ]."
        raise TaxonomyError(where=where, reason=reason)
    for phrase in raw:
        if not isinstance(phrase, str) or not 0 < len(phrase.strip()) <= MOST_PHRASE:
            reason = f"the phrase {phrase!r} must be a text of 1 to {MOST_PHRASE} characters."
            raise TaxonomyError(where=where, reason=reason)
        _check_phrase(phrase, where)
    return tuple(raw)


def _check_phrase(phrase: str, where: str) -> None:
    """Raise ``TaxonomyError`` for brackets that do not close, or a phrase that fits anything."""
    depth = 0
    for letter in phrase:
        depth += (letter == "(") - (letter == ")")
        if depth not in {0, 1, 2} or (letter == "|" and not depth):
            break
    else:
        if not depth and not re.compile(_pattern(phrase)).search(""):
            return
    reason = (
        f"the phrase {phrase!r} is not clear: brackets stand for either of two as in (a|b), "
        "at most two deep, and something must stand outside (a|b)? and …."
    )
    raise TaxonomyError(where=where, reason=reason)


def _check_codes(groups: Sequence[Group], themes: Sequence[Theme]) -> None:
    codes = [*(one.code for one in groups), *(one.code for one in themes)]
    for code in codes:
        if codes.count(code) > 1:
            raise TaxonomyError(where=code, reason="this code is used twice.")
    for theme in themes:
        if theme.group not in {one.code for one in groups}:
            reason = f"there is no group called {theme.group}."
            raise TaxonomyError(where=f"theme {theme.code}", reason=reason)


def _opposites(raw: Any, codes: set[str]) -> tuple[tuple[str, str], ...]:
    for pair in raw:
        if not isinstance(pair, list) or len(pair) != 2 or not set(pair) <= codes:
            reason = f"{pair!r} must be a pair of codes of themes."
            raise TaxonomyError(where="opposites", reason=reason)
    return tuple((str(first), str(second)) for first, second in raw)


def _letters(raw: Any) -> dict[int, str]:
    pairs = str(raw).split()
    for pair in pairs:
        if len(pair) != 2:
            reason = f"{pair!r} must be two letters: how it is written, and what it is read as."
            raise TaxonomyError(where="same_letters", reason=reason)
    return {ord(pair[0]): pair[1] for pair in pairs}


def _either(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_pattern, phrases)))


def _pattern(phrase: str) -> str:
    """Return a phrase as a regular expression that never takes long: its gaps are short."""
    plain = " ".join(unicodedata.normalize("NFKC", phrase.replace(GAP, "\0")).casefold().split())
    body = re.escape(plain)
    for escaped, meant in ((r"\(", "(?:"), (r"\)", ")"), (r"\|", "|"), (")\\?", ")?")):
        body = body.replace(escaped, meant)
    body = body.replace("\0", f".{{0,{MOST_GAP}}}").replace("\\\x00", f".{{0,{MOST_GAP}}}")
    first, last = plain[0].isascii(), plain[-1].isascii()
    latin = plain.replace("|", "").replace("(", "").replace(")", "").isascii()
    if latin and first and last:
        return f"(?<![a-z])(?:{body})(?:e?s)?(?![a-z])"
    return f"(?:{body})"
