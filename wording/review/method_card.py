"""How sure a result is, in words: the method, what it was told, what was counted and left out."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import GNUTranslations

from geo.significance.verdicts import MethodCard
from wording import formatting


@dataclass(frozen=True)
class CardWords:
    """The card "How sure is this?": what the method does, and rows of a label and a value."""

    title: str
    method: str
    rows: tuple[tuple[str, str], ...]


def card_words(words: GNUTranslations, lang: str, card: MethodCard) -> CardWords:
    """Say how a result was reached."""
    _ = words.gettext
    exposures = exposure_names(words)
    told = [
        (label, exposures.get(str(card.parameters[key])) or _value(card.parameters[key], key, lang))
        for key, label in _given(words, card)
    ]
    counted = [(key, card.counted[key]) for key in card.counted if card.counted[key]]
    left_out = [(key, card.left_out[key]) for key in card.left_out if card.left_out[key]]
    names, reasons, number = count_names(words), left_out_names(words), formatting.number
    rows = [
        (_("Counted"), _sum([(names.get(key, key), number(n, lang)) for key, n in counted], lang)),
        (
            _("Left out"),
            _sum([(reasons.get(key, key), number(n, lang)) for key, n in left_out], lang)
            or _("nothing"),
        ),
        *told,
    ]
    return CardWords(_("How sure is this?"), method_names(words)[card.method], tuple(rows))


def _given(words: GNUTranslations, card: MethodCard) -> list[tuple[str, str]]:
    names = parameter_names(words)
    return [(key, names.get(key, key)) for key in card.parameters]


def _value(value: float | int | str, key: str, lang: str) -> str:
    """Return a parameter with its unit."""
    if isinstance(value, str):
        return f"{value} m" if key.endswith("_m") else value
    if key.endswith("_m"):
        return formatting.distance(float(value), lang)
    if key == "level":
        return formatting.number(value, lang, 3)
    if key == "seed":
        return str(value)
    return formatting.number(value, lang, 0 if isinstance(value, int) else 2)


def _sum(counts: list[tuple[str, str]], lang: str) -> str:
    return formatting.enumerated((f"{name} {number}" for name, number in counts), lang)


def method_names(words: GNUTranslations) -> dict[str, str]:
    """Return what each method does, in one or two sentences."""
    _ = words.gettext
    return {
        "clustered_scan": _(
            "Each place is compared with its own neighbourhood: how many people would be there if "
            "nothing were special. Random maps on which people crowd in small groups as they do "
            "here show how much chance alone brings about; a hotspot must exceed the best place of "
            "nearly all of them."
        ),
        "gi_communities": _(
            "Each community and its neighbours are compared with all communities, by people per "
            "resident. Shuffled maps show how much chance alone brings about (Gi* of Getis and "
            "Ord, Benjamini–Hochberg)."
        ),
        "gi_hexes": _(
            "Each cell and its neighbours are compared with all cells, by people per area. "
            "Shuffled maps show how much chance alone brings about (Gi* of Getis and Ord, "
            "Benjamini–Hochberg)."
        ),
        "space_time_permutation": _(
            "Places stay and periods are shuffled among people: where one period has more people "
            "than in nearly all shuffled maps, something changed there. A busier period alone is "
            "no change."
        ),
        "area_permutation": _(
            "In these areas periods are shuffled among people: where one of the two has more "
            "people than in nearly all shuffled maps, something changed there. A busier period "
            "alone is no change."
        ),
        "representation": _(
            "The people of each community are compared with its residents. Whether so few took "
            "part by chance is worked out as if every resident took part with the same chance "
            "(binomial), over all communities together (Benjamini–Hochberg); intervals are exact "
            "(Clopper–Pearson)."
        ),
    }


def parameter_names(words: GNUTranslations) -> dict[str, str]:
    """Return what the parameters of methods are called."""
    _ = words.gettext
    return {
        "simulations": _("Random maps"),
        "permutations": _("Shuffled maps"),
        "seed": _("Seed of the random numbers"),
        "level": _("Share of false alarms that is accepted"),
        "least_effect": _("Times as many people as around, at least"),
        "least_people": _("People, at least"),
        "smoothed_m": _("The neighbourhood reaches"),
        "cell_m": _("Width of the cells"),
        "largest_disc_m": _("Largest circle"),
        "mu": _("People who come along with one, in random maps"),
        "exposure": _("Compared by"),
        "neighbour_gap_m": _("Neighbours are at most so far apart"),
        "hexes_m": _("Width of the cells"),
        "radii_m": _("Circles of"),
        "step_m": _("Width of the cells"),
        "revision": _("Version of the data"),
        "most_weight": _("Nobody speaks for more people than"),
        "residents": _("Residents"),
    }


def exposure_names(words: GNUTranslations) -> dict[str, str]:
    """Return by what people are expected."""
    _ = words.gettext
    return {"population": _("Residents"), "area": _("Land area")}


def count_names(words: GNUTranslations) -> dict[str, str]:
    """Return what was counted."""
    _ = words.gettext
    return {
        "people": _("People"),
        "proposals": _("Proposals"),
        "hotspots": _("Hotspots"),
        "communities": _("Communities"),
        "cells": _("Cells"),
        "periods": _("Periods"),
        "groups": _("Communities with known residents"),
    }


def left_out_names(words: GNUTranslations) -> dict[str, str]:
    """Return why something was left out."""
    _ = words.gettext
    return {
        "unplaced": _("without a place"),
        "without_person": _("without a person"),
        "shared_point": _("many people on exactly one point"),
        "repeated": _("further pins of the same person nearby"),
        "outside": _("outside the communities"),
        "in_no_period": _("in no period"),
        "without_exposure": _("communities without residents"),
        "unusable_exposure": _("unusable background"),
        "without_population": _("communities without residents"),
        "people_without_population": _("people in no community with known residents"),
    }
