"""Columns of collections in the reader's language: what they are called, what their codes mean."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations

from submissions.proposals.states import EntryChannel, Placement, Relation, Stage
from wording.proposal_status import stage_words

#: Of the answers to a question about a number.
_OF_NUMBERS = ("least", "lower", "median", "upper", "most")


def column_title(name: str, about: str, words: GNUTranslations) -> str:
    """Return what a column is called; ``about``: the question or category that it is of, if any."""
    _ = words.gettext
    if known := _titles(words).get(name):
        return known
    if not about:
        return name
    if name.startswith("proposals_"):
        return _("Proposals: {what}").format(what=about)
    if name.startswith("share_"):
        return _("Share of proposals: {what}").format(what=about)
    end = name.rpartition("_")[2]
    return f"{about}: {told}" if (told := _of_answers(words).get(end)) else about


def code_titles(name: str, words: GNUTranslations) -> Mapping[str, str]:
    """Return what each code of a column means; nothing where there are none, or of a campaign."""
    _ = words.gettext
    told: dict[str, Mapping[str, str]] = {
        "relation": {
            str(Relation.LIVES): _("Lives nearby"),
            str(Relation.WORKS): _("Works nearby"),
            str(Relation.PASSES): _("Often passes by"),
            str(Relation.OTHER): _("Something else"),
        },
        "stage": {str(key): stage_words(words)[key] for key in Stage},
        "kind": {"point": _("A point"), "line": _("A line"), "area": _("An area")},
        "placed_by": {
            str(Placement.TAP): _("Tapped on the map"),
            str(Placement.DEVICE): _("Where the device was"),
            str(Placement.SEARCH): _("By the name of a place"),
            str(Placement.IMPORT): _("Brought in from a file"),
        },
        "entry": {
            str(EntryChannel.SELF): _("By its author"),
            str(EntryChannel.PAPER): _("From a paper slip"),
            str(EntryChannel.INTERVIEW): _("Said in the street"),
            str(EntryChannel.IMPORT): _("Brought in from a file"),
        },
        "verdict": {
            "significant": _("More than chance"),
            "not_significant": _("It may be chance"),
            "too_few": _("Too few people to tell"),
            "shared_point": _("Mostly on one exact point"),
        },
    }
    return told.get(name, {})


def geometry_title(words: GNUTranslations) -> str:
    """Return what the shape of a feature is called."""
    return words.gettext("Place on the map")


def _of_answers(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    said = _("least"), _("lower quartile"), _("median"), _("upper quartile"), _("most")
    return {"answered": _("how many answered"), **dict(zip(_OF_NUMBERS, said, strict=True))}


def _titles(words: GNUTranslations) -> dict[str, str]:
    return {**_of_proposals(words), **_of_communities(words), **_of_hotspots(words)}


def _of_proposals(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        "id": _("Number of the proposal"),
        "campaign": _("Campaign"),
        "category": _("Category"),
        "text": _("What the resident wrote"),
        "relation": _("What the author has to do with the place"),
        "placed_by": _("How the place was marked"),
        "community_code": _("Code of the community"),
        "edition": _("Edition of the communities"),
        "supports": _("Supporters"),
        "created": _("When it was filed"),
        "kind": _("What was marked"),
        "length_m": _("Length in metres"),
        "area_m2": _("Area in square metres"),
        "entry": _("How it came in"),
        "stage": _("Latest step of the office"),
        "themes": _("Themes"),
        "why_another": _("Why one more near an existing one"),
        "longitude": _("Longitude"),
        "latitude": _("Latitude"),
    }


def _of_communities(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        "code": _("Code of the community"),
        "name": _("Name in Chinese"),
        "name_zh": _("Name in Chinese"),
        "name_en": _("Name in English"),
        "subdistrict": _("Subdistrict or town"),
        "population": _("Residents"),
        "area_km2": _("Area in square kilometres"),
        "proposals": _("Proposals"),
        "people": _("People"),
        "per_1000": _("Proposals per 1,000 residents"),
        "per_km2": _("Proposals per square kilometre"),
        "answered": _("Proposals with an answer"),
        "answered_share": _("Share of proposals with an answer"),
    }


def _of_hotspots(words: GNUTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        "hotspot_id": _("Name of the hotspot for programs"),
        "rank": _("Rank by people"),
        "largest_shared_point": _("Proposals on one exact point, at most"),
        "on_one_point": _("Mostly on one exact point"),
        "effect": _("How many times the neighbourhood"),
        "p_value": _("Share of random maps that stand out as much"),
        "verdict": _("More than chance?"),
        "places": _("Different places"),
        "community": _("Code of the community with most of them"),
        "community_share": _("Share in that community"),
        "first": _("First proposal"),
        "last": _("Last proposal"),
        "centre_longitude": _("Longitude of the middle"),
        "centre_latitude": _("Latitude of the middle"),
    }
