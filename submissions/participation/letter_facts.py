"""What letters name: the office, the campaign, and the first words of a proposal.

Looked up when a letter is sent, so that what was taken out of a proposal meanwhile is in no letter.
``office_of_letters`` is the one place where a letter's office is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.language import CONTENT_LANGUAGES
from core.settings import get_settings
from core.text import visible
from layers.models import Community
from people.office.office import office_of
from submissions.campaigns.models import Campaign
from submissions.participation.pii import find_personal, narrow
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status
from submissions.proposals.tell_followers import Template, still_wanted

MOST_WORDS = 40
#: What programs that show mail make a link of: an address, with or without its scheme.
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//(?:[!-~]|\w)*|www\.(?:[!-~]|\w)*|[a-z0-9._%+-]+@[\w.-]+"
    r"|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?![a-z])(?:[/?#:][!-~]*)?"
)


def office_of_letters(session: Session) -> dict[str, Any]:
    """Return who writes: ``name`` by language, and ``phone``; both may be empty."""
    office = office_of(session, get_settings())
    names = {lang: office.name(lang) for lang in CONTENT_LANGUAGES if office.name(lang)}
    return {"name": names, "phone": office.telephone}


def letter_facts(session: Session, template: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a letter of a template names beside its parameters.

    ``office``: see ``office_of_letters``. ``title``: the campaign's, by language. ``about``: by the
    public id of each proposal the letter speaks of, ``words`` (its first words, empty where they
    are not quoted), ``category`` and ``community`` by language. Of several that it tells of
    (``told``), those alone that are wanted yet. Letters about anything else name the office alone.
    """
    found: dict[str, Any] = {"office": office_of_letters(session)}
    if template not in set(Template):
        return found
    told = [one for one in params.get("told", ()) if _is_wanted(session, one)]
    ids = [one["proposal"] for one in told] or [params.get("proposal")]
    rows = session.execute(
        select(Proposal, Campaign, Community.name, Community.name_en)
        .join(Campaign, Campaign.id == Proposal.campaign_id)
        .outerjoin(
            Community,
            (Community.code == Proposal.community_code) & (Community.edition == Proposal.edition),
        )
        .where(Proposal.public_id.in_([one for one in ids if one]))
        .order_by(Proposal.id)
    ).all()
    about = {}
    for proposal, campaign, name, name_en in rows:
        about[proposal.public_id] = {
            "words": quoted_words(proposal, template),
            "category": _category(campaign, proposal.category),
            "community": {"zh_CN": name or "", "en": name_en or ""},
        }
        found["title"] = {lang: said.get("title", "") for lang, said in campaign.texts.items()}
    found["about"] = about
    return found | ({"told": told} if told else {})


def quoted_words(proposal: Proposal, template: str) -> str:
    """Return the first words of a proposal as a letter may have them; empty where it may not.

    Only of what is shown, and nothing of what looks personal. Whoever is asked whether the address
    is theirs gets only words that somebody at the office has looked at: letters to strangers carry
    nobody's message.
    """
    unread = template == Template.CONFIRM and proposal.unreviewed
    if proposal.status != Status.PUBLISHED or unread or find_personal(proposal.text):
        return ""
    return first_words(proposal.text)


def first_words(text: str) -> str:
    """Return the beginning of a text on one line, without anything that becomes a link."""
    plain, folded, at = [], narrow(text), 0
    for hit in _LINK.finditer(folded):
        plain += [text[at : hit.start()], "…"]
        at = hit.end()
    said = " ".join(visible("".join([*plain, text[at:]])).split())
    return said if len(said) <= MOST_WORDS else f"{said[: MOST_WORDS - 1].rstrip()}…"


def _is_wanted(session: Session, told: Mapping[str, Any]) -> bool:
    return still_wanted(session, Template.STEP, {"follow": told["follow"]})


def _category(campaign: Campaign, key: str) -> dict[str, str]:
    return next((dict(one["name"]) for one in campaign.categories if one["key"] == key), {})
