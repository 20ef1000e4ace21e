"""Our errors and states as sentences for the person in front of the screen."""

from __future__ import annotations

from gettext import GNUTranslations
from typing import Any

from analysis.cql.terms import BadQueryError
from analysis.filter import UnknownParameterError
from core import errors
from core.group_writer import BusyError
from core.language import in_language, language_of
from layers.export.file_jobs import TooManyFilesError
from notifications.webhook_target import WebhookAddressError
from submissions.participation.draft_faults import SeveralError, ShortTextError
from submissions.participation.personal_words import PersonalWordsError
from submissions.proposals.queries import ProposalView
from submissions.proposals.states import Relation
from wording.accounts import slowed_sentence
from wording.changes import stale_sentence
from wording.doors.webhooks import address_sentence
from wording.drawn_shape import outside_sentence
from wording.files.file_words import file_sentences
from wording.formatting import numbers_in
from wording.phases import not_now_sentence
from wording.problems import problem_sentence

#: What is looked for by a code that somebody has typed.
CODE = "receipt"


def sentence_of(error: errors.LuJianError, words: GNUTranslations) -> str:
    """Say what is wrong and what to do about it."""
    if isinstance(error, errors.NotAllowedError) and error.params.get("missing") == "device":
        return words.gettext(
            "Your browser has kept no cookie of this page, and nothing can be sent without one. "
            "Please allow cookies, then press the button once more. What you typed is still here."
        )
    if isinstance(error, errors.NotFoundError) and error.params.get("kind", CODE) != CODE:
        return no_such_page(words)[1]
    if isinstance(error, SeveralError):
        return " ".join(sentence_of(one, words) for one in error.faults)
    if isinstance(error, errors.ProblemError) and not isinstance(
        error, BusyError | TooManyFilesError
    ):
        return problem_sentence(error, words)
    if isinstance(error, errors.OutsideAreaError):
        return outside_sentence(error, words)
    if isinstance(error, errors.NotNowError):
        return not_now_sentence(error, words)
    if isinstance(error, WebhookAddressError):
        return address_sentence(error, words)
    if isinstance(error, errors.SlowedError):
        return slowed_sentence(error, words)
    if (about_changes := stale_sentence(error, words)) is not None:
        return about_changes
    said = _said(words) | file_sentences(words)
    kind = next((one for one in type(error).__mro__ if one in said), Exception)
    return said[kind].format(**numbers_in(_params(error), language_of(words)))


def _said(words: GNUTranslations) -> dict[type[BaseException], str]:
    """Return the sentences of errors by their kind; of one without, its nearest base has it."""
    _ = words.gettext
    return {
        errors.BadCoordinateError: _("We could not understand this place. Please tap the map."),
        errors.EmptyTextError: _("Please write a few words about what you would like here."),
        ShortTextError: _("This is too short to understand. Please write a few words more."),
        errors.LongTextError: _(
            "Your text is too long: {length} characters. Please keep it within {most}."
        ),
        UnknownParameterError: _(
            "This address asks for something that is not known here: {names}. Known are: {known}."
        ),
        BadQueryError: _("This address cannot be understood at “{parameter}”: {reason}."),
        PersonalWordsError: _("Please look once more: everyone could read this."),
        errors.UnknownCategoryError: _("Please choose what it is about."),
        errors.UnknownRelationError: _("Please choose how you know this place."),
        errors.UnchangedError: _("Nothing would change: it is like that already."),
        errors.CampaignClosedError: _(
            "This campaign takes no proposals at the moment. Your text is still here to copy."
        ),
        errors.PlaceholderError: _(
            "There is no placeholder “{name}”. A brace that is meant as such is written twice."
        ),
        errors.NotFoundError: _("We found nothing under this code. Please check it once more."),
        errors.SignInNeededError: _("Please sign in first."),
        errors.NotAllowedError: _("This is not possible from here."),
        errors.BadTokenError: _("This API token is not valid."),
        errors.TooOftenError: _(
            "That was a lot at once. Nothing you typed is lost; please press the button again in "
            "{minutes} minutes."
        ),
        errors.NoKeyError: _(
            "This office cannot keep contacts yet. Please leave the field for it empty."
        ),
        errors.WrongStateError: _("This has changed meanwhile. Please look again."),
        BusyError: _("Very many people are sending just now. Please press the button once more."),
        Exception: _("Something went wrong. Nothing you typed is lost; please try again."),
    }


def _params(error: errors.LuJianError) -> dict[str, Any]:
    """Return what a sentence may name; a wait in whole minutes."""
    minutes = -(-int(error.params.get("wait_s", 60)) // 60)
    return {**error.params, "minutes": max(1, minutes)}


def no_such_page(words: GNUTranslations) -> tuple[str, str, str]:
    """Return heading and sentence of a page that is not there, and the name of the way back."""
    _ = words.gettext
    said = _("The address may have been mistyped, or what was there has been taken away.")
    return _("There is no such page"), said, _("All campaigns")


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
