"""How a layer is drawn, made from a few choices: one colour, classes of a number, categories.

The colours of classes and categories can be told apart by colour-blind people: ColorBrewer's ramps
(Harrower & Brewer 2003) that it calls so, and the palette of Okabe & Ito (2008), continued with
Paul Tol's muted colours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InvalidError
from geo.class_breaks import METHODS, breaks_by
from geo.writing.styling import BadStyleError, LayerStyle, StyleEntry, line_px, outline_of
from layers.queries import LayerView

#: Seven colours each, light to dark; the last runs from one colour over white to another.
RAMPS: Mapping[str, tuple[str, ...]] = {
    "ylgnbu": ("#ffffcc", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#0c2c84"),
    "ylorbr": ("#ffffd4", "#fee391", "#fec44f", "#fe9929", "#ec7014", "#cc4c02", "#8c2d04"),
    "purples": ("#f2f0f7", "#dadaeb", "#bcbddc", "#9e9ac8", "#807dba", "#6a51a3", "#4a1486"),
    "viridis": ("#fde725", "#90d743", "#35b779", "#21918c", "#31688e", "#443983", "#440154"),
    "puor": ("#b35806", "#f1a340", "#fee0b6", "#f7f7f7", "#d8daeb", "#998ec3", "#542788"),
}
CATEGORY_COLOURS = (
    *("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442"),
    *("#332288", "#117733", "#882255", "#999933", "#661100"),
)
LEAST_CLASSES, MOST_CLASSES = 2, 7
#: A column of more values than this is no column of categories: the rest is grey together.
MOST_CATEGORIES = len(CATEGORY_COLOURS)
_SIZES = {"fill_opacity": (0.0, 1.0), "point_px": (2.0, 40.0), "stroke_px": (0.0, 10.0)}


@dataclass(frozen=True)
class StyleChoices:
    """What is chosen of a style: see ``geo.writing.styling.LayerStyle``.

    ``method``: ``natural``, ``quantiles`` or ``equal``; ``ramp``: of ``RAMPS``; ``colour``: of a
    single style. ``turned``: dark for little.
    """

    kind: str = "single"
    field: str = ""
    classes: int = 5
    method: str = "natural"
    ramp: str = "ylgnbu"
    turned: bool = False
    colour: str = "#336699"
    label: str = ""
    fill_opacity: float = 0.6
    point_px: float = 14.0
    stroke_px: float = 1.5
    stroke: str = "#ffffff"


def made_style(
    choices: StyleChoices, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> LayerStyle:
    """Return the style that choices make of a layer's columns and rows.

    Raises ``InvalidError`` naming the field: ``kind``, ``field`` (none, or of classes one without
    numbers), ``classes``, ``method``, ``ramp``, ``label``; ``BadStyleError`` for odd colours.
    """
    for name, good in (
        ("kind", choices.kind in ("single", "classes", "categories")),
        ("field", choices.kind == "single" or choices.field in columns),
        ("classes", LEAST_CLASSES <= choices.classes <= MOST_CLASSES),
        ("method", choices.method in METHODS),
        ("ramp", choices.ramp in RAMPS),
        ("label", not choices.label or choices.label in columns),
    ):
        if not good:
            raise InvalidError(field=name)
    sizes = {name: _within(getattr(choices, name), *span) for name, span in _SIZES.items()}
    field = choices.field if choices.kind != "single" else ""
    style = LayerStyle(
        choices.kind,  # type: ignore[arg-type]
        _entries(choices, rows),
        field=field,
        stroke=choices.stroke.lower(),
        label=choices.label,
        **sizes,
    )
    style.check()
    return style


def _within(value: float, least: float, most: float) -> float:
    return min(max(value if value == value else least, least), most)


def _entries(choices: StyleChoices, rows: Sequence[Mapping[str, Any]]) -> tuple[StyleEntry, ...]:
    if choices.kind == "single":
        return (StyleEntry(None, "", choices.colour.lower()),)
    values = [row.get(choices.field) for row in rows]
    if choices.kind == "categories":
        return _categories(values)
    return _classes(values, choices)


def _categories(values: Sequence[Any]) -> tuple[StyleEntry, ...]:
    """Return the most frequent values, each with its colour; equally frequent ones by name."""
    counts = Counter(value for value in values if value is not None and value == value)
    if not counts:
        raise InvalidError(field="field")
    order = sorted(counts, key=lambda value: (-counts[value], str(value)))[:MOST_CATEGORIES]
    return tuple(
        StyleEntry(value, str(value)[:200], colour)
        for value, colour in zip(order, CATEGORY_COLOURS, strict=False)
    )


def _classes(values: Sequence[Any], choices: StyleChoices) -> tuple[StyleEntry, ...]:
    numbers = pd.Series([number for value in values if (number := as_number(value)) is not None])
    if numbers.empty:
        raise InvalidError(field="field")
    breaks = breaks_by(numbers, choices.classes, choices.method)
    colours = ramp_colours(choices.ramp, len(breaks), turned=choices.turned)
    lower = float(numbers.min())
    found = []
    for bound, colour in zip(breaks, colours, strict=True):
        title = _plain(bound) if bound == lower else f"{_plain(lower)} – {_plain(bound)}"
        found.append(StyleEntry(bound, title, colour))
        lower = bound
    return tuple(found)


def as_number(value: Any) -> float | None:
    """Return a cell as a number; None for what is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def _plain(number: float) -> str:
    return f"{number:,.6g}" if abs(number) < 1e6 else f"{number:,.0f}"


def ramp_colours(ramp: str, number: int, *, turned: bool = False) -> list[str]:
    """Return so many colours of a ramp, spread over the whole of it."""
    colours = RAMPS[ramp][::-1] if turned else RAMPS[ramp]
    if number == 1:
        return [colours[len(colours) // 2]]
    return [colours[round(at)] for at in np.linspace(0, len(colours) - 1, number)]


def style_of(layer: LayerView) -> LayerStyle:
    """Return how a layer is drawn: as it was chosen, else in its one colour."""
    if layer.style:
        try:
            return LayerStyle.from_json(layer.style)
        except BadStyleError:
            pass
    plain = StyleChoices(colour=layer.colour)
    return made_style(plain, (), ())


def style_for(layer: LayerView, columns: Sequence[str]) -> LayerStyle:
    """Return the style as those may see it who may read only ``columns``.

    By a column that they may not read nothing is coloured or labelled: that would tell it.
    """
    style = style_of(layer)
    if style.kind != "single" and style.field not in columns:
        plain = made_style(StyleChoices(colour=layer.colour), (), ())
        style = LayerStyle.from_json(plain.to_json() | {"label": style.label})
    if style.label and style.label not in columns:
        told = style.to_json() | {"label": ""}
        style = LayerStyle.from_json(told)
    return style


def drawing_of(style: LayerStyle) -> dict[str, Any]:
    """Return what scripts of maps need of a style: sizes in pixels, the entries of its legend.

    ``outline``: of areas; empty where it is the colour of the area.
    """
    outline, outline_px = outline_of(style, "")
    return {
        "kind": style.kind,
        "entries": [[one.title, one.colour] for one in style.entries],
        "stroke": style.stroke,
        "stroke_px": style.stroke_px,
        "outline": outline,
        "outline_px": outline_px,
        "line_px": line_px(style),
        "fill_opacity": style.fill_opacity,
        "point_px": style.point_px,
    }


def drawn_value(style: LayerStyle, value: Any) -> Any:
    """Return a cell as a style compares it: of classes as a number."""
    return as_number(value) if style.kind == "classes" else value
