"""The timeline of a proposal in words that a person understands."""

from __future__ import annotations

from collections.abc import Iterable
from gettext import GNUTranslations
from typing import Any

from deliberation.timeline import HOTSPOT, JOINED, Moment
from submissions.proposals.states import ChangeKind, HeldReason, Stage, Status
from wording import changes, proposal_status
from wording.formatting import day, number


def told_moments(
    moments: Iterable[Moment], words: GNUTranslations, lang: str
) -> list[dict[str, Any]]:
    """Return each moment's name, date (empty for one to come), sentence, reply and who gave it."""
    return [
        {
            "name": _name(moment, words),
            "at": day(moment.at, lang) if moment.at else "",
            "iso": moment.at.isoformat() if moment.at else "",
            "told": _told(moment, words, lang),
            "reply": moment.reply or "",
            "by": moment.by or "",
        }
        for moment in moments
    ]


def _name(moment: Moment, words: GNUTranslations) -> str:
    _ = words.gettext
    if moment.kind in set(Stage):
        return proposal_status.stage_words(words)[Stage(moment.kind)]
    names: dict[Any, str] = {
        **proposal_status.status_words(words),
        Status.PUBLISHED: _("Shown on the map"),
        JOINED: _("Others ask for the same"),
        HOTSPOT: _("Part of a hotspot"),
        ChangeKind.TEXT: _("Wording corrected"),
        ChangeKind.REDACTED: _("Private details taken out"),
        ChangeKind.CATEGORY: _("Put into another category"),
        ChangeKind.ANSWERS: _("Answers corrected"),
        ChangeKind.MOVED: _("Pin moved"),
        ChangeKind.BLURRED: _("Photo made unrecognisable in parts"),
    }
    return names[moment.kind]


def _told(moment: Moment, words: GNUTranslations, lang: str) -> str:
    _, details = words.gettext, moment.details
    if moment.kind in set(ChangeKind):
        said = changes.office_did(words)[ChangeKind(moment.kind)]
        why = details.get("reason")
        return _("{said} Why: {reason}").format(said=said, reason=why) if why else said
    if moment.kind == HOTSPOT and moment.at and not details:
        return _("Others ask for something close by; how many is being counted.")
    if moment.kind == HOTSPOT and moment.at:
        said = _("Around here {people} people ask for something: hotspot number {rank}.")
        return said.format(people=number(details["people"], lang), rank=details["rank"])
    if moment.kind == HOTSPOT:
        said = _("As soon as {n} proposals lie close together, they are looked at as one place.")
        return said.format(n=details["least"])
    if moment.kind == Status.MERGED:
        return _("Somebody else asked for the same. What becomes of that is told here, too.")
    if moment.kind == JOINED:
        said = _("Proposals joined with this one: {n}")
        return said.format(n=number(details["proposals"], lang))
    if moment.kind == Status.HELD:
        return proposal_status.held_words(words).get(
            details.get("held_reason") or HeldReason.MODERATOR, ""
        )
    if moment.at is None and moment.kind == Status.PUBLISHED:
        return _("Somebody reads it first.")
    return ""
