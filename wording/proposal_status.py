"""What became of a proposal, in words: stages, the timeline, why it is held, how it came in."""

from __future__ import annotations

from gettext import GNUTranslations

from submissions.proposals.queries import ProposalView
from submissions.proposals.states import EntryChannel, HeldReason, ReportReason, Stage, Status


def stage_words(words: GNUTranslations) -> dict[Stage, str]:
    """Return what the office did, in a word or two."""
    _ = words.gettext
    return {
        Stage.ANSWERED: _("Answered"),
        Stage.DISCUSSED: _("Under discussion"),
        Stage.DECIDED: _("Decided"),
        Stage.DECLINED: _("Cannot be done"),
        Stage.BUILT: _("Built"),
    }


def held_words(words: GNUTranslations) -> dict[HeldReason, str]:
    """Return why somebody has to look at a proposal first."""
    _ = words.gettext
    return {
        HeldReason.OUTSIDE: _(
            "Received and put aside: its place lies outside the campaign's area."
        ),
        HeldReason.REPEATED: _("Received. The same text came several times, so it is read first."),
        HeldReason.MACHINE: _("Received. Somebody will read it before it is shown on the map."),
        HeldReason.PERSONAL: _(
            "Received. Something in it looks personal, so somebody looks at it first. "
            "Until then nobody else sees it."
        ),
        HeldReason.MODERATOR: _("Put aside for the moment. Somebody is looking at it."),
    }


def status_words(words: GNUTranslations) -> dict[Status, str]:
    """Return what the states of a proposal are called."""
    _ = words.gettext
    return {
        Status.RECEIVED: _("Received"),
        Status.HELD: _("Being looked at"),
        Status.PUBLISHED: _("Published"),
        Status.HIDDEN: _("Not shown"),
        Status.WITHDRAWN: _("Taken back"),
        Status.MERGED: _("Joined with another"),
    }


def state_word(words: GNUTranslations, view: ProposalView) -> str:
    """Return where a proposal stands, in a word or two."""
    stage = view.kept_stage if view.status == Status.MERGED else view.stage
    if stage and view.status in {Status.PUBLISHED, Status.MERGED}:
        return stage_words(words)[Stage(stage)]
    return status_words(words)[Status(view.status)]


def entry_word(words: GNUTranslations, entry: str) -> str:
    """Return the mark of what staff wrote down for somebody; empty for what came by itself."""
    _ = words.gettext
    marks = {
        EntryChannel.PAPER: _("from a paper slip"),
        EntryChannel.INTERVIEW: _("said in the street"),
    }
    return marks.get(entry, "")  # type: ignore[call-overload]


def report_words(words: GNUTranslations) -> dict[ReportReason, str]:
    """Return what may be wrong with something that is shown."""
    _ = words.gettext
    return {
        ReportReason.PRIVATE: _("It names or shows a private person"),
        ReportReason.INSULT: _("It insults somebody"),
        ReportReason.ADVERT: _("It is an advertisement"),
        ReportReason.WRONG: _("It is not true, or stands in the wrong place"),
        ReportReason.OTHER: _("Something else"),
    }
