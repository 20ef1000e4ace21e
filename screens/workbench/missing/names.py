"""What people were asked, and their answers, by name."""

from __future__ import annotations

from analysis.tables.cross_table import RELATION, Side
from screens.workbench.bench import Bench
from wording.error_messages import relation_words


def side_name(bench: Bench, side: Side) -> str:
    """Return what an attribute is called."""
    if side.question is None:
        return bench.who.words.gettext("How they know the place")
    return bench.who.said(side.question.label.model_dump())


def value_names(bench: Bench, side: Side) -> dict[str, str]:
    """Return what the values of an attribute are called, by key."""
    if side.key == RELATION:
        return {str(key): name for key, name in relation_words(bench.who.words).items()}
    options = getattr(side.question, "options", ())
    found = {one.key: bench.who.said(one.label.model_dump()) for one in options}
    return {value: found.get(value, value) for value in side.values}
