"""The phases of a campaign in plain words: what it is at, what one can do now, what comes next."""

from __future__ import annotations

from datetime import datetime, timedelta
from gettext import GNUTranslations

from core import errors
from core.errors import DrawProblem
from submissions.campaigns.phases import Phase, Span, next_phase, phase_at
from submissions.proposals.queries import CampaignView
from wording import formatting

#: Campaigns that are open longer than this have no end date to tell.
OPEN_ENDED = timedelta(days=3653)


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
        "next": "" if coming is None else _coming(words, lang, campaign, phase, coming),
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
        when = formatting.minute(campaign.opens_at, lang)
        return {"key": "scheduled", "name": _("Scheduled"), "said": said.format(when=when)}
    told = told_phase(words, lang, campaign, now)
    return {"key": told["key"], "name": told["name"], "said": told["next"]}


def not_now_sentence(error: errors.NotNowError, words: GNUTranslations) -> str:
    """Say why something is not possible in this phase."""
    return what_now(words)[Phase(error.params["phase"])]


def _coming(
    words: GNUTranslations, lang: str, campaign: CampaignView, phase: Phase, coming: Span
) -> str:
    _ = words.gettext
    when = formatting.minute(coming.begins, lang)
    if coming.phase is Phase.COLLECTING:
        return _("It opens on {when}.").format(when=when)
    if phase is Phase.COLLECTING and campaign.closes_at - campaign.opens_at > OPEN_ENDED:
        return _("It is open with no end date.")
    if phase is Phase.COLLECTING:
        return _("It is open until {when}.").format(when=when)
    return _("From {when} on: {name}.").format(when=when, name=phase_names(words)[coming.phase])


def draw_problems(words: GNUTranslations) -> dict[DrawProblem, str]:
    """Return why a prize draw cannot go on."""
    _ = words.gettext
    return {
        DrawProblem.COLLECTING: _(
            "Prizes are drawn when no more proposals come in. Please close it first."
        ),
        DrawProblem.NO_RULES: _(
            "Please write down first how many prizes there are and how one gets them."
        ),
        DrawProblem.NO_ENTRIES: _("There is nobody who could win: no proposal takes part."),
        DrawProblem.COMMITTED: _(
            "The list of entries is published already; it cannot be made anew."
        ),
        DrawProblem.NOT_COMMITTED: _("Please publish the list of entries first."),
        DrawProblem.ANOTHER: _("Meanwhile another list is in force. Please look at it first."),
        DrawProblem.UNSURE: _("Please read what follows from it, and confirm that you have."),
        DrawProblem.SOURCE_KNOWN: _(
            "What the seed comes from must not be known yet when the list is published. "
            "Please name something that is only known later."
        ),
        DrawProblem.TOO_EARLY: _(
            "The source of the seed is not public yet. Please come back when it is."
        ),
        DrawProblem.DRAWN: _(
            "This draw was done with another seed. A draw is never repeated: its result stands."
        ),
    }
