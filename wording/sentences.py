"""Our errors and states as sentences for the person in front of the screen."""

from __future__ import annotations

from collections import defaultdict
from gettext import GNUTranslations
from typing import Any

import errors
from database import BusyError
from language import in_language
from submissions.queries import ProposalView
from submissions.rules import Relation
from wording.changes import stale_sentence
from wording.people import account_sentence
from wording.phases import phase_sentence
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
        errors.UnchangedError: _("Nothing would change: it is like that already."),
        errors.CampaignClosedError: _(
            "This campaign takes no proposals at the moment. Your text is still here to copy."
        ),
        errors.PlaceholderError: _(
            "There is no placeholder “{name}”. A brace that is meant as such is written twice."
        ),
        errors.BadMergeError: _(
            "These proposals cannot be joined: only different ones of the same campaign can."
        ),
        errors.NotFoundError: _("We found nothing under this code. Please check it once more."),
        errors.SignInNeededError: _("Please sign in first."),
        errors.NotAllowedError: _("This is not possible from here."),
        errors.TooOftenError: _(
            "That was a lot at once. Nothing you typed is lost; please press the button again in "
            "{minutes} minutes."
        ),
        errors.NoKeyError: _(
            "This office cannot keep contacts yet. Please leave the field for it empty."
        ),
        BusyError: _("Very many people are sending just now. Please press the button once more."),
        errors.UnavailableError: _outage_sentence(error, words),
        errors.WrongStateError: _("This has changed meanwhile. Please look again."),
    }
    if (about_drawing := shape_sentence(error, words)) is not None:
        return about_drawing
    if (about_changes := stale_sentence(error, words)) is not None:
        return about_changes
    if (about_account := account_sentence(error, words)) is not None:
        return about_account
    if (about_part := _about_a_part(error, words)) is not None:
        return about_part
    if (about_phase := phase_sentence(error, words)) is not None:
        return about_phase
    for kind, sentence in sentences.items():
        if isinstance(error, kind):
            return sentence.format(**_params(error))
    return _("Something went wrong. Nothing you typed is lost; please try again.")


def _outage_sentence(error: errors.LuJianError, words: GNUTranslations) -> str:
    """Say that the data cannot be used just now; nobody is thanked for what was not stored."""
    _ = words.gettext
    return {
        "full": _(
            "Nothing can be stored here just now, so this was not taken. What you typed is not "
            "lost; please send it again a little later."
        ),
        "busy": _("Very many people are here just now. Please try again in a moment."),
    }.get(
        str(error.params.get("problem")),
        _(
            "We cannot get at our data just now. Nothing you typed is lost; please try again in a "
            "minute."
        ),
    )


def _params(error: errors.LuJianError) -> dict[str, Any]:
    """Return what a sentence may name; a wait in whole minutes."""
    minutes = -(-int(error.params.get("wait_s", 60)) // 60)
    return {**error.params, "minutes": max(1, minutes)}


def _about_a_part(error: errors.LuJianError, words: GNUTranslations) -> str | None:
    """Say what is wrong with an answer, a photo or a contact; None for something else."""
    _ = words.gettext
    problem = str(error.params.get("problem"))
    if isinstance(error, errors.AnswerError):
        said = {
            "missing": _("Please answer this question."),
            "number": _("Please give a whole number."),
            "range": _("Please stay between {least} and {most}."),
            "long_text": _("Your answer is too long. Please keep it within {most} characters."),
        }.get(problem, _("Please choose one of the answers."))
        return said.format_map(defaultdict(str, error.params))
    if isinstance(error, errors.BadPhotoError):
        return {
            "too_big": _("This photo is larger than 15 MB. Please choose a smaller one."),
            "too_many_pixels": _("This photo is too large. Please choose a smaller one."),
            "too_many": _("These are more photos than we can take. Please leave some out."),
            "gone": _("A photo is no longer there. Please add it again."),
            "heic": _(
                "This photo is in the HEIC format, which we cannot read. Please choose it from "
                "the phone’s photo album, or send a screenshot of it."
            ),
        }.get(problem, _("This file is no photo that we can read. JPEG, PNG or WebP, please."))
    if isinstance(error, errors.BadContactError):
        return {
            "consent": _("Please agree that we may keep your address, or leave the field empty."),
            "only_email": _("We can write to e-mail addresses only. Please give one."),
            "only_phone": _("We can write to mobile phones only. Please give a mobile number."),
        }.get(problem, _("This is neither an e-mail address nor a phone number. Please check it."))
    return None


def relation_words(words: GNUTranslations) -> dict[Relation, str]:
    """Return how people say what they have to do with a place."""
    _ = words.gettext
    return {
        Relation.LIVES: _("I live nearby"),
        Relation.WORKS: _("I work nearby"),
        Relation.PASSES: _("I often pass by"),
        Relation.OTHER: _("Something else"),
    }


def community_of(view: ProposalView, lang: str) -> str:
    """Return the name of the community a proposal lies in; empty where it lies in none."""
    return in_language({"zh_CN": view.community_name, "en": view.community_name_en}, lang)
