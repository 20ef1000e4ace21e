"""What staff change in a proposal, in words: for its author, and for staff who were too late."""

from __future__ import annotations

from collections.abc import Iterable
from gettext import GNUTranslations

from core import errors
from submissions.proposals.states import ChangeKind
from submissions.proposals.version import AUTHOR, Meanwhile


def change_words(words: GNUTranslations) -> dict[ChangeKind, str]:
    """Return what was changed, in a word or two."""
    _ = words.gettext
    return {
        ChangeKind.STATUS: _("whether it is shown"),
        ChangeKind.TEXT: _("the text"),
        ChangeKind.REDACTED: _("private details in the text"),
        ChangeKind.CATEGORY: _("the category"),
        ChangeKind.ANSWERS: _("the answers"),
        ChangeKind.MOVED: _("the place"),
        ChangeKind.BLURRED: _("a photo"),
    }


def office_did(words: GNUTranslations) -> dict[ChangeKind, str]:
    """Return what the office did, in a sentence for the author and other readers."""
    _ = words.gettext
    return {
        ChangeKind.STATUS: _("The office looked at whether it is shown."),
        ChangeKind.TEXT: _("The office corrected the wording."),
        ChangeKind.REDACTED: _("The office took private details out of the text."),
        ChangeKind.CATEGORY: _("The office put it into another category."),
        ChangeKind.ANSWERS: _("The office corrected the answers."),
        ChangeKind.MOVED: _("The office moved the pin to another place."),
        ChangeKind.BLURRED: _("The office made a part of a photo unrecognisable."),
    }


def stale_sentence(error: errors.LuJianError, words: GNUTranslations) -> str | None:
    """Say who changed what meanwhile, or stands in the way of an undo; None for another error."""
    _ = words.gettext
    told = _listed(error.params.get("changes", ()), words)
    if isinstance(error, errors.StaleError):
        if not told:
            return _("Someone changed this meanwhile. Please look again.")
        return _("Someone changed this meanwhile: {changes} Please look again.").format(
            changes=told
        )
    if isinstance(error, errors.StandsOnError):
        return _("This cannot be undone, as something later stands on it: {changes}").format(
            changes=told
        )
    return None


def _listed(changes: Iterable[Meanwhile], words: GNUTranslations) -> str:
    return " ".join(dict.fromkeys(_said(each, words) for each in changes))


def _said(change: Meanwhile, words: GNUTranslations) -> str:
    _ = words.gettext
    if change.what == "withdrawn":
        return _("The author took it back.")
    if change.by == AUTHOR:
        return _("The author changed it.")
    who = change.by or _("Somebody at the office")
    joined = {
        "merged": _("{who} joined it with another proposal."),
        "joined": _("{who} joined another proposal with it."),
        "unmerged": _("{who} took it out of another proposal again."),
        "parted": _("{who} took another proposal out of it again."),
    }
    if change.what in joined:
        return joined[change.what].format(who=who)
    return _("{who} changed {what}.").format(
        who=who, what=change_words(words)[ChangeKind(change.what)]
    )
