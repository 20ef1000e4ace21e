"""Our errors and states as sentences for the person in front of the screen."""

from __future__ import annotations

from gettext import GNUTranslations

import errors
from database import BusyError
from language import in_language
from submissions.queries import ProposalView
from submissions.rules import Relation, Status
from wording.shapes import shape_sentence


def sentence_of(error: errors.LuJianError, words: GNUTranslations) -> str:
    """Say what is wrong and what to do about it."""
    _ = words.gettext
    sentences = {
        errors.OutsideAreaError: _(
            "This place is outside the area of this campaign. Please tap inside the dashed line."
        ),
        errors.BadCoordinateError: _("We could not understand this place. Please tap the map."),
        errors.EmptyTextError: _("Please write a few words about what you would like here."),
        errors.LongTextError: _(
            "Your text is too long: {length} characters. Please keep it within {most}."
        ),
        errors.UnknownCategoryError: _("Please choose what it is about."),
        errors.UnknownRelationError: _("Please choose how you know this place."),
        errors.CampaignClosedError: _(
            "This campaign takes no proposals at the moment. Your text is still here to copy."
        ),
        errors.NotFoundError: _("We found nothing under this code. Please check it once more."),
        errors.NotAllowedError: _("This is not possible from here."),
        BusyError: _("Very many people are sending just now. Please press the button once more."),
        errors.WrongStateError: _("This has changed meanwhile. Please look again."),
    }
    if (about_drawing := shape_sentence(error, words)) is not None:
        return about_drawing
    for kind, sentence in sentences.items():
        if isinstance(error, kind):
            return sentence.format(**error.params)
    return _("Something went wrong. Nothing you typed is lost; please try again.")


def relation_words(words: GNUTranslations) -> dict[Relation, str]:
    """Return how people say what they have to do with a place."""
    _ = words.gettext
    return {
        Relation.LIVES: _("I live nearby"),
        Relation.WORKS: _("I work nearby"),
        Relation.PASSES: _("I often pass by"),
        Relation.OTHER: _("Something else"),
    }


def status_words(words: GNUTranslations) -> dict[Status, str]:
    """Return what a state means to the author."""
    _ = words.gettext
    return {
        Status.RECEIVED: _("Received. It will be read before it is shown on the map."),
        Status.HELD: _("Received and put aside: its place lies outside the campaign's area."),
        Status.PUBLISHED: _("Published. It is on the map and counted."),
        Status.HIDDEN: _("Not shown on the map."),
        Status.WITHDRAWN: _("You took it back. It is not shown any more."),
    }


def community_of(view: ProposalView, lang: str) -> str:
    """Return the name of the community a proposal lies in; empty where it lies in none."""
    return in_language({"zh_CN": view.community_name, "en": view.community_name_en}, lang)
