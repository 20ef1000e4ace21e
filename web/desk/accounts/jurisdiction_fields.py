"""Where a role can hold: the platform, subdistricts and communities at hand, as a form offers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.language import in_language
from layers.communities.communities import SUBDISTRICT_DIGITS, CommunityName, community_names
from people.access.actor import Actor, Grant, Reach, Role
from people.accounts.account_list import TermView
from people.accounts.role_grants import may_give
from serving.visit import Visit
from submissions.proposals.queries import list_campaigns
from wording import formatting
from wording.accounts import place_key, place_words, role_words

#: A statistical code: 6 digits of the district, 3 of the subdistrict, 3 of the community.
COMMUNITY_DIGITS = 12


@dataclass(frozen=True)
class Reached:
    """A place to be chosen: ``key`` is what the form sends, ``group`` the heading above it."""

    key: str
    name: str
    group: str
    reach: Reach
    code: str
    edition: str

    def grant(self, role: Role) -> Grant:
        """Return a role held there."""
        return Grant(role, self.reach, self.code, self.edition)


def places_at_hand(session: Session, lang: str, platform: str) -> list[Reached]:
    """Return all places that layers and campaigns know, from wide to narrow.

    ``platform`` is what the whole is called.
    """
    communities = community_names(session)
    found = [Reached(str(Reach.PLATFORM), platform, "", Reach.PLATFORM, "", "")]
    for code, name in _subdistricts(session, communities).items():
        found.append(_reached(Grant(Role.RESIDENT, Reach.SUBDISTRICT, code), name, ""))
    for one in communities:
        grant = Grant(Role.RESIDENT, Reach.COMMUNITY, one.code, one.edition)
        name = in_language({"zh_CN": one.name, "en": one.name_en}, lang)
        found.append(
            _reached(grant, f"{name} ({one.code[-3:]})", f"{one.subdistrict} {one.edition}")
        )
    return found


def given_places(actor: Actor, places: list[Reached]) -> list[Reached]:
    """Return those where this person may give any role."""
    return [place for place in places if may_give(actor, place.grant(Role.COUNCIL_MEMBER))]


def _reached(grant: Grant, name: str, group: str) -> Reached:
    return Reached(place_key(grant), name, group, grant.reach, grant.code, grant.edition)


def _subdistricts(session: Session, communities: list[CommunityName]) -> dict[str, str]:
    """Return the names of subdistricts by code: as most of their communities say."""
    said: dict[str, Counter[str]] = {}
    for one in communities:
        if len(one.code) == COMMUNITY_DIGITS and one.code.isdigit():
            said.setdefault(one.code[:SUBDISTRICT_DIGITS], Counter())[one.subdistrict] += 1
    names = {code: counted.most_common(1)[0][0] or code for code, counted in said.items()}
    for campaign in list_campaigns(session):
        if campaign.subdistrict:
            names.setdefault(campaign.subdistrict, campaign.subdistrict)
    return dict(sorted(names.items()))


def place_names(places: list[Reached]) -> dict[str, str]:
    """Return what places are called, by the key of a place."""
    return {
        place.key: f"{place.name} · {place.group}" if place.group else place.name
        for place in places
    }


def shown_terms(here: Visit, terms: list[TermView], places: list[Reached]) -> list[dict[str, Any]]:
    """Return terms as a page shows them: role, place, from when until when, and in which state."""
    names = place_names(places)
    return [_shown(here, term, names) for term in terms]


def grant_words(here: Visit, grant: Grant, names: dict[str, str]) -> str:
    """Say a role and its place in a line."""
    role = role_words(here.words)[grant.role]
    return f"{role} · {place_words(here.words, grant, names)}"


def _shown(here: Visit, term: TermView, names: dict[str, str]) -> dict[str, Any]:
    _ = here.words.gettext
    states = {"now": _("in force"), "to_come": _("to come"), "past": _("past")}
    ends = formatting.last_day(term.ends_at, here.lang) if term.ends_at else _("no end")
    return {
        "id": term.id,
        "said": grant_words(here, term.grant, names),
        "starts": formatting.day(term.starts_at, here.lang),
        "ends": formatting.day(term.ended, here.lang) if term.ended else ends,
        "state": states[term.state],
        "open": term.state != "past",
        "by_claim": term.by_claim,
        "mine": term.mine and term.state != "past",
    }
