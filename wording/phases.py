"""The phases of a campaign in plain words: what it is at, what one can do now, what comes next."""

from __future__ import annotations

from datetime import datetime
from gettext import GNUTranslations

import errors
from submissions.phases import Phase, Span, next_phase, phase_at
from submissions.queries import CampaignView
from wording import figures


def phase_names(words: GNUTranslations) -> dict[Phase, str]:
    """Return what the phases are called."""
    _ = words.gettext
    return {
        Phase.ANNOUNCED: _("Announced"),
        Phase.COLLECTING: _("Open for proposals"),
        Phase.REVIEWING: _("Proposals are being read"),
        Phase.DELIBERATING: _("Being deliberated"),
        Phase.ANSWERED: _("Answered"),
        Phase.ARCHIVED: _("Archived"),
    }


def what_now(words: GNUTranslations) -> dict[Phase, str]:
    """Return what one can do in each phase."""
    _ = words.gettext
    return {
        Phase.ANNOUNCED: _("It is not open yet. You can look around already."),
        Phase.COLLECTING: _(
            "You can put proposals on the map, support those of others and comment on them."
        ),
        Phase.REVIEWING: _(
            "It takes no more proposals. The office reads what came in; you can still support and "
            "comment."
        ),
        Phase.DELIBERATING: _(
            "Residents and the office talk over what was proposed. You can still support and "
            "comment; the words of the proposals stay as they are."
        ),
        Phase.ANSWERED: _("The office has answered. You can read the answers and comment on them."),
        Phase.ARCHIVED: _("It is over and stays here to be read."),
    }


def told_phase(
    words: GNUTranslations, lang: str, campaign: CampaignView, now: datetime
) -> dict[str, str]:
    """Return a phase in words: ``key``, ``name``, what one can do (``said``), what is ``next``."""
    phase = phase_at(campaign, now)
    coming = next_phase(campaign, now)
    return {
        "key": str(phase),
        "name": phase_names(words)[phase],
        "said": what_now(words)[phase],
        "next": "" if coming is None else _coming(words, lang, phase, coming),
    }


def state_word(
    words: GNUTranslations, lang: str, campaign: CampaignView, now: datetime
) -> dict[str, str]:
    """Return what a campaign is at for those who make it: a draft, scheduled, or its phase."""
    _ = words.gettext
    if campaign.published_at is None:
        return {"key": "draft", "name": _("Draft"), "said": _("Nobody but the office sees it.")}
    if campaign.published_at > now:
        said = _("Nobody but the office sees it before it opens on {when}.")
        when = figures.minute(campaign.opens_at, lang)
        return {"key": "scheduled", "name": _("Scheduled"), "said": said.format(when=when)}
    told = told_phase(words, lang, campaign, now)
    return {"key": told["key"], "name": told["name"], "said": told["next"]}


def phase_sentence(error: errors.LuJianError, words: GNUTranslations) -> str | None:
    """Say why something is not possible in this phase, or of a prize draw; None for the rest."""
    if isinstance(error, errors.NotNowError):
        return what_now(words)[Phase(error.params["phase"])]
    if isinstance(error, errors.DrawError):
        return _draw_problem(words, str(error.params["problem"]))
    return None


def _coming(words: GNUTranslations, lang: str, phase: Phase, coming: Span) -> str:
    _ = words.gettext
    when = figures.minute(coming.begins, lang)
    if coming.phase is Phase.COLLECTING:
        return _("It opens on {when}.").format(when=when)
    if phase is Phase.COLLECTING:
        return _("It is open until {when}.").format(when=when)
    return _("From {when} on: {name}.").format(when=when, name=phase_names(words)[coming.phase])


def _draw_problem(words: GNUTranslations, problem: str) -> str:
    _ = words.gettext
    return {
        "collecting": _("Prizes are drawn when no more proposals come in. Please close it first."),
        "no_rules": _("Please write down first how many prizes there are and how one gets them."),
        "no_entries": _("There is nobody who could win: no proposal takes part."),
        "committed": _("The list of entries is published already; it cannot be made anew."),
        "not_committed": _("Please publish the list of entries first."),
        "another": _("Meanwhile another list is in force. Please look at it first."),
        "unsure": _("Please read what follows from it, and confirm that you have."),
        "source_known": _(
            "What the seed comes from must not be known yet when the list is published. "
            "Please name something that is only known later."
        ),
        "too_early": _("The source of the seed is not public yet. Please come back when it is."),
        "drawn": _(
            "This draw was done with another seed. A draw is never repeated: its result stands."
        ),
    }.get(problem, _("Something went wrong. Nothing you typed is lost; please try again."))
