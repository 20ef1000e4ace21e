"""Uploaded layers in the reader's words: what they are for, who sees them, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from gettext import GNUTranslations
from typing import Any

from core import errors
from core.language import in_language, language_of
from geo.features import Gap
from geo.reading.datasets import DAMAGED
from geo.reading.encoding import EncodingCertainty
from geo.reading.table import RowProblem
from layers.built_in import layer_named
from layers.visibility import OF_THE_MAP, LayerUse, Shown
from wording import formatting
from wording.error_messages import sentence_of
from wording.upload_errors import encoding_names, system_sentence

#: Odd rows of a file that are named one by one.
MOST_ROWS_NAMED = 8


def use_names(words: GNUTranslations, lang: str) -> dict[LayerUse, str]:
    """Return what layers are for: those of the map by its own names."""
    _ = words.gettext
    names = {
        LayerUse.FACILITY: _("Other facilities"),
        LayerUse.REFERENCE: _("Only to look at (plans, borders, surveys)"),
    }
    for use in LayerUse:
        if use in OF_THE_MAP:
            names[use] = in_language(layer_named(use).title, lang)
    return names


def shown_names(words: GNUTranslations) -> dict[Shown, str]:
    """Return who sees a layer."""
    _ = words.gettext
    return {
        Shown.DRAFT: _("Only those who load layers"),
        Shown.DESK: _("Everybody at the desk"),
        Shown.PUBLIC: _("Everybody"),
    }


def style_words(words: GNUTranslations) -> dict[str, dict[str, str]]:
    """Return what is chosen of a style, by what it is: kinds, ways to cut classes, ramps."""
    _ = words.gettext
    return {
        "kind": {
            "single": _("All in one colour"),
            "classes": _("By a number, in classes"),
            "categories": _("By what stands in a column"),
        },
        "method": {
            "natural": _("where the values have gaps (natural breaks)"),
            "quantiles": _("equally many in each (quantiles)"),
            "equal": _("equally wide"),
        },
        "ramp": {
            "ylgnbu": _("yellow to blue"),
            "ylorbr": _("yellow to brown"),
            "purples": _("light to dark violet"),
            "viridis": _("yellow over green to violet"),
            "puor": _("brown over white to violet"),
        },
    }


def gap_lines(words: GNUTranslations, lang: str, left_out: Mapping[str, int]) -> list[str]:
    """Say how many features of a file were left out, a line a reason."""
    return [
        _gap(words, Gap(gap), number).format(n=formatting.number(number, lang))
        for gap, number in left_out.items()
    ]


def _gap(words: GNUTranslations, gap: Gap, n: int) -> str:
    return {
        Gap.NO_GEOMETRY: words.ngettext("{n} without a place", "{n} without a place", n),
        Gap.NOT_FINITE: words.ngettext(
            "{n} with coordinates that are no numbers",
            "{n} with coordinates that are no numbers",
            n,
        ),
        Gap.NO_EXTENT: words.ngettext(
            "{n} line or area without any extent", "{n} lines or areas without any extent", n
        ),
        Gap.OFF_EARTH: words.ngettext(
            "{n} that lies nowhere on earth", "{n} that lie nowhere on earth", n
        ),
        Gap.UNREADABLE: words.ngettext(
            "{n} row of the table that cannot be read",
            "{n} rows of the table that cannot be read",
            n,
        ),
        Gap.ENTITY: words.ngettext(
            "{n} entity of a kind that is not read (dimensions, images, solids, other drawings)",
            "{n} entities of kinds that are not read (dimensions, images, solids, other drawings)",
            n,
        ),
    }[gap]


def odd_rows_line(words: GNUTranslations, rows: Sequence[Sequence[Any]], total: int) -> str:
    """Name the first rows of a file in which something was odd, of ``total``."""
    _ = words.gettext
    said = {
        RowProblem.RING_CLOSED: _("open border, closed"),
        RowProblem.RING: _("border that is none"),
        RowProblem.SHAPE: _("shape that cannot be read"),
        RowProblem.SURPLUS_CELLS: _("more cells than columns"),
        RowProblem.OPEN_QUOTE: _("quotation mark that is never closed"),
        RowProblem.LONG_CELL: _("cell that is too long"),
        RowProblem.NUL: _("bytes that are no text"),
        RowProblem.ENTITY: _("kind of entity that is not read"),
    }
    named = [
        _("row {row} ({what})").format(row=row, what=said[RowProblem(problem)])
        for row, problem in rows[:MOST_ROWS_NAMED]
    ]
    more = _("and {n} more").format(n=total - len(named)) if total > len(named) else ""
    rows = formatting.enumerated(named, language_of(words))
    return _("Odd in the file: {rows}").format(rows=f"{rows} {more}".strip())


def encoding_line(words: GNUTranslations, encoding: str, sure: str) -> str:
    """Say how the characters of a file were read, and how sure that is."""
    _ = words.gettext
    name = encoding_names(words).get(encoding.removesuffix("-sig"), encoding)
    line = _("Characters read as {encoding}").format(encoding=name)
    if sure == DAMAGED:
        damaged = _("some of them cannot be read; please choose another encoding")
        return f"{line} – {damaged}"
    if sure == EncodingCertainty.GUESS:
        guess = _("that is a guess; please look whether the names are right")
        return f"{line} – {guess}"
    return line


def layer_sentence(error: errors.LuJianError, words: GNUTranslations) -> str:
    """Say what is wrong with a layer or its file, and what to do about it."""
    _ = words.gettext
    told = error.params
    if (about_system := system_sentence(error, words)) is not None:
        return about_system
    if isinstance(error, errors.WrongStateError):
        return _(
            "Somebody changed this layer meanwhile. What you typed is still here: please compare "
            "it with what is saved, then save once more."
        )
    if isinstance(error, errors.BadFileError) and told.get("gap") == str(Gap.OFF_EARTH):
        return _("All of it would lie nowhere on earth. Is the coordinate system right?")
    if isinstance(error, errors.EmptyTextError):
        return _("Please give the layer a Chinese name.")
    if isinstance(error, errors.LongTextError):
        return _(
            "This text is too long: {length} characters. Please keep it within {most}."
        ).format(**formatting.numbers_in(told, language_of(words)))
    if isinstance(error, errors.NotAllowedError):
        return _("Your role does not reach so far. Please ask an officer of the subdistrict.")
    if type(error) is errors.InvalidError:
        return _invalid(told, words)
    return sentence_of(error, words)


def _invalid(told: dict[str, Any], words: GNUTranslations) -> str:
    _ = words.gettext
    if told.get("reason") == "elsewhere":
        elsewhere = _(
            "These areas lie elsewhere: their middle is {distance} from that of the campaign. Is "
            "it the right file, and the right coordinate system? Nothing was changed."
        )
        away = formatting.distance(1_000 * float(told["km"]), language_of(words))
        return elsewhere.format(distance=away)
    if told.get("reason") == "many":
        return _("There are {most} layers already. Please remove some first.").format(**told)
    said = {
        "field": _("Please choose a column; for classes one with numbers."),
        "column": _("Please choose the columns with code and name."),
        "data_date": _("Please write the date as 2026, 2026-03 or 2026-03-15."),
        "edition": _("Please name the edition in at most 40 characters, such as 2026."),
    }
    field = str(told.get("field"))
    return said.get(field) or _("Something in this form cannot be taken. Please look it over.")
