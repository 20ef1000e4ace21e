"""What a view is narrowed to, part by part, in the reader's words; each part can be taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis.filter import ANSWER
from analysis.review import part_looked_at
from analysis.review.review import Review
from wording import formatting, hotspots
from wording.formatting import day_words
from wording.review import filter_panel, names
from wording.review.names import Reader

#: Parts that say where to look: without one of them the map goes elsewhere.
_PLACES = frozenset({"community", "area", "hotspot"})
_LISTS = {
    "category": "categories",
    "relation": "relations",
    "community": "communities",
    "theme": "themes",
    "status": "states",
    "answered": "answered",
    "photo": "photo",
}


@dataclass(frozen=True)
class Part:
    """One part of a filter: what it is about, what is asked for, and the address's parameter."""

    label: str
    value: str
    pair: tuple[str, str]


def parts(here: Reader, view: Review, fields: dict[str, Any]) -> list[Part]:
    """Return what a view is narrowed to; ``fields`` as ``filter_panel.fields`` gives them."""
    labels = _labels(here, fields)
    return [
        Part(labels[name], _value(here, view, fields, name, value), (name, value))
        for name, value in view.narrow.pairs()
        if name in labels
    ]


def lines(here: Reader, view: Review) -> list[str]:
    """Return the parts as lines, those of one kind together, and which hotspots are listed."""
    with here.database.reading() as session:
        fields = filter_panel.fields(here, session, view)
    found: dict[str, list[str]] = {}
    for one in parts(here, view, fields):
        found.setdefault(one.label, []).append(one.value)
    if listed := _listed(here, view, fields):
        found[here.words.gettext("Hotspots in the list")] = listed
    return [f"{label}: {', '.join(values)}" for label, values in found.items()]


def _listed(here: Reader, view: Review, fields: dict[str, Any]) -> list[str]:
    """Say which of the hotspots are listed; nothing where all are."""
    _, spots = here.words.gettext, view.asked.spots
    told = [_("only those that are more than chance")] if spots.sure else []
    if spots.community:
        told.append(_chosen(fields["communities"], spots.community))
    if spots.category:
        kind = names.category_names(here, view.campaign).get(spots.category, spots.category)
        told.append(_("mostly about {category}").format(category=kind))
    return told


def _labels(here: Reader, fields: dict[str, Any]) -> dict[str, str]:
    _ = here.words.gettext
    return {
        "category": _("Category"),
        "relation": _("How they know the place"),
        "community": _("Communities"),
        "theme": _("Theme"),
        "status": _("State"),
        "answered": _("Answer"),
        "photo": _("Photo"),
        "from": _("Period"),
        "to": _("Period"),
        "supports": _("Supported by so many at least"),
        "text": _("Words in the text"),
        "area": _("Area"),
        "hotspot": _("Hotspot"),
        **{one["name"]: one["label"] for one in fields["questions"]},
    }


def _value(here: Reader, view: Review, fields: dict[str, Any], name: str, value: str) -> str:
    _ = here.words.gettext
    if name == "category":
        return names.category_names(here, view.campaign).get(value, value)
    if name in _LISTS:
        return _chosen(fields[_LISTS[name]], value)
    if name.startswith(ANSWER):
        question = next(one for one in fields["questions"] if one["name"] == name)
        return _("any answer") if value == "*" else _chosen(question["choices"], value)
    if name == "from" and view.narrow.since:
        return _("from {first}").format(first=day_words(view.narrow.since, here.lang))
    if name == "to" and view.narrow.until:
        return _("until {last}").format(last=day_words(view.narrow.until, here.lang))
    if name == "supports":
        return formatting.number(int(value), here.lang)
    if name == "area":
        return _("a part drawn on the map")
    return _spot(here, view) if name == "hotspot" else value


def _chosen(choices: list[dict[str, Any]], value: str) -> str:
    return next((str(one["name"]) for one in choices if one["key"] == value), value)


def _spot(here: Reader, view: Review) -> str:
    row = part_looked_at.spot_row(here.database, view.selection)
    if row is None:
        return here.words.gettext("a hotspot that is none any more")
    place = hotspots.place_name(row["name"], row["name_en"], here.lang)
    return hotspots.heading(here.words, int(row["rank"]), place)


def pairs_gone(view: Review, pair: tuple[str, str]) -> set[tuple[str, str]]:
    """Return the parameters of a view that go when a part of its filter is taken away."""
    return {pair} | ({("at", view.asked.at)} if pair[0] in _PLACES else set())
