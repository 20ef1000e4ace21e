"""What makers of campaigns are told: what is wrong with what they typed, what a change does."""

from __future__ import annotations

from gettext import GNUTranslations
from typing import Any

from core import errors
from core.errors import FileProblem
from core.language import LANGUAGES, in_language, language_of
from layers.communities.campaign_area import AreaRead, area_km2
from submissions.campaigns.lifecycle import PARTS
from submissions.campaigns.question_changes import AnswerEffect, What
from submissions.prize_draws.entries import Reason
from wording import formatting
from wording.error_messages import sentence_of
from wording.upload_errors import system_sentence


def part_names(words: GNUTranslations) -> dict[str, str]:
    """Return what the parts of a campaign are called, in the order in which one works."""
    _ = words.gettext
    names = {
        "texts": _("Texts"),
        "area": _("Area"),
        "dates": _("Dates and phases"),
        "categories": _("Categories"),
        "questions": _("Questions"),
        "taking": _("What it takes"),
        "prizes": _("Prizes and privacy"),
        "cover": _("Cover picture"),
    }
    return {part: names[part] for part in PARTS}


def reason_names(words: GNUTranslations) -> dict[Reason, str]:
    """Return why proposals take no part in a draw."""
    _ = words.gettext
    return {
        Reason.IMPORTED: _("collected elsewhere and imported"),
        Reason.RECEIVED: _("not read by the office yet"),
        Reason.HELD: _("held back by the office"),
        Reason.HIDDEN: _("hidden by the office"),
        Reason.WITHDRAWN: _("taken back by their authors"),
        Reason.MERGED: _("joined with another proposal"),
        Reason.STAFF: _("sent from a device of the staff"),
        Reason.EARLIER: _("by people who won in an earlier draw"),
    }


def sign_choices(words: GNUTranslations) -> list[tuple[str, str]]:
    """Return the signs that a category may have, each with what it shows, by that."""
    _ = words.gettext
    names = {
        "accessible": _("Wheelchair"),
        "blind": _("White cane"),
        "build": _("Repair"),
        "chair": _("Seat"),
        "child_care": _("Children"),
        "deck": _("Pavilion"),
        "delete": _("Rubbish bin"),
        "directions_car": _("Car"),
        "directions_walk": _("Walking"),
        "door_front": _("Entrance"),
        "elderly": _("Old people"),
        "engineering": _("Works"),
        "fitness_center": _("Exercise"),
        "forum": _("Talk"),
        "groups": _("Meeting others"),
        "lightbulb": _("Light"),
        "local_parking": _("Parking"),
        "more_horiz": _("Something else"),
        "park": _("Trees and grass"),
        "pedal_bike": _("Bicycle"),
        "search": _("Magnifying glass"),
        "traffic": _("Traffic light"),
        "umbrella": _("Shade and shelter"),
        "work": _("Briefcase"),
    }
    return sorted(names.items(), key=lambda item: item[1])


def void_stages(words: GNUTranslations) -> dict[str, str]:
    """Return how far a draw was when it was declared void, and what that means."""
    _ = words.gettext
    return {
        "published": _("That was before anybody could know who would win."),
        "known": _(
            "That was before prizes were drawn, but the source of the seed was public already: who "
            "would have won could be computed."
        ),
        "drawn": _("That was after prizes had been drawn. Nobody has won by this list any more."),
    }


def campaign_sentence(error: errors.LuJianError, words: GNUTranslations) -> str:
    """Say what is wrong with a part of a campaign, and what to do about it."""
    _ = words.gettext
    told = error.params
    if isinstance(error, errors.WrongStateError) and told.get("reason") == "stale":
        return _(
            "Somebody changed this part meanwhile. What you typed is still here: please compare it "
            "with what is saved, then save once more."
        )
    if (about_system := system_sentence(error, words)) is not None:
        return about_system
    if isinstance(error, errors.BadFileError) and error.problem is FileProblem.KIND:
        return _("Please choose a GeoJSON, a zipped Shapefile, a GeoPackage or a KML file.")
    if type(error) is errors.InvalidError:
        return _invalid(words, told)
    return sentence_of(error, words)


def effect_sentence(effect: AnswerEffect, words: GNUTranslations, lang: str) -> str:
    """Say what a change of the questions does to the answers there are."""
    _ = words.gettext
    name = in_language(effect.question.label.model_dump(), lang)
    said = {
        What.REMOVED: _("“{name}” is asked no more. Its {n} answers stay and are still exported."),
        What.OPTION_REMOVED: _(
            "“{name}”: “{option}” is offered no more. {n} people chose it; that stays and is still "
            "exported."
        ),
        What.NOW_PRIVATE: _(
            "“{name}” becomes private. Its {n} answers are only counted from now on, not shown."
        ),
        What.NOW_REQUIRED: _(
            "“{name}” must be answered from now on. {n} proposals have answered it; the others "
            "stay as they are."
        ),
        What.NARROWER: _(
            "“{name}” takes less than before. Its {n} answers stay as they were given."
        ),
    }[effect.what]
    return said.format(name=name, option=_option(effect, lang), n=effect.answers)


def area_told(
    read: AreaRead, words: GNUTranslations, lang: str, *, of_file: bool, inside: float
) -> str:
    """Say what the area is now, so that nothing happens silently.

    ``of_file``: it was read from one, in a coordinate system; ``inside``: which share of it, from
    0 to 1, lies in any community.
    """
    _ = words.gettext
    km2 = formatting.number(area_km2(read.area), lang, 2)
    told = [_("The area has {km2} km².").format(km2=km2)]
    if of_file:
        said = _("Read as {crs}: {n} polygons, {km2} km² together.")
        told = [said.format(crs=read.crs, n=read.polygons, km2=km2)]
    if inside <= 0:
        told.append(_("It lies in no community at all. Is this the right place?"))
    elif inside < 0.9995:
        said = _(
            "{share} of it lies in no community: proposals there are taken, but counted for none."
        )
        told.append(said.format(share=formatting.percent(1 - inside, lang)))
    if read.repaired:
        said = _("{n} of them crossed themselves and were repaired.")
        told.append(said.format(n=formatting.number(read.repaired, lang)))
    if read.simplified:
        told.append(_("The border was very fine; it was made plainer by at most a metre."))
    return " ".join(told)


def _option(effect: AnswerEffect, lang: str) -> str:
    options = getattr(effect.question, "options", ())
    found = [each.label.model_dump() for each in options if each.key == effect.option]
    return in_language(found[0], lang) if found else effect.option


def _invalid(words: GNUTranslations, told: dict[str, Any]) -> str:
    _ = words.gettext
    field, reason = str(told.get("field")), str(told.get("reason"))
    language = LANGUAGES.get(str(told.get("language")), "")
    told = formatting.numbers_in(told, language_of(words))
    said: dict[tuple[str, str], str] = {
        ("reason", "missing"): _("Please say why: everyone can read it."),
        ("texts", "missing"): _(
            "Before it can open it needs a title and a question in {language}."
        ),
        ("prize", "missing"): _(
            "Please say in {language} what there is to win and how one gets it."
        ),
        ("prize", "winners"): _("There can be {least} to {most} prizes."),
        ("slug", "taken"): _("There is a campaign with this address already."),
        ("categories", "used"): _(
            "{n} proposals are of the category “{category}”: it cannot be removed."
        ),
        ("area", "elsewhere"): _("This area lies outside of your subdistrict."),
        ("area", "communities"): _("Please choose at least one community."),
        ("area", "size"): _(
            "This area has {km2} km². Is the coordinate system right? {least} to {most} km² can be."
        ),
        ("area", "no place on earth"): _(
            "These are no longitudes and latitudes. Please choose the system they are in."
        ),
        ("closes_at", "over"): _("The closing is over already. Please set a later one first."),
        ("phases", "too early"): _("A phase cannot begin before the one that comes before it."),
        ("questions", "kind"): _(
            "“{question}” has answers, so its kind stays. Please remove it and add a new one."
        ),
        ("questions", "public"): _(
            "“{question}” was private when people answered it, so it stays private."
        ),
    }
    alone = {
        "slug": _("An address has small letters, digits and hyphens only, 60 at most."),
        "theme": _("Please give a short name for the office, 60 characters at most."),
        "closes_at": _("The closing must come after the opening."),
        "opens_at": _("Please give the date and time of the opening and of the closing."),
        "phases": _("Please give date and time, or leave it empty."),
        "categories": _("There must be at least one category, each with a name in both languages."),
        "geometry_kinds": _("Please choose what may be put on the map."),
        "facility": _("Please give a distance in metres and a name in both languages."),
        "max_photos": _("There can be 0 to 3 photos."),
        "max_text_length": _("Please give a whole number of characters from 50 to 5,000."),
        "alike": _("Please give a number from 20 to 90."),
        "known_from": _("Please give the date and time from which the seed is known."),
        "source": _("Please name the source of the seed in one line."),
        "seed": _("Please type the seed: at most {most} characters."),
    }
    if field == "questions":
        known = said.get((field, str(told.get("problem"))))
        return (known or _("Question “{question}”: {problem}")).format_map(_Gaps(told))
    if reason == "long":
        return _(
            "This text is too long: {length} characters. Please keep it within {most}."
        ).format_map(_Gaps(told))
    found = said.get((field, reason)) or alone.get(field)
    if found is None:
        return _("Something in this form cannot be taken. Please look it over.")
    return found.format_map(_Gaps({**told, "language": language}))


class _Gaps(dict[str, Any]):
    """Values for a sentence; what is not told stays empty."""

    def __missing__(self, key: str) -> str:
        return ""
