"""What an address of the queue asks for: which list, narrowed to what, and the place in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from layers.communities.communities import community_frame
from moderation.overview import campaigns_within
from moderation.queue import Narrowed, QueueKey, Tab, read_key, tabs_of
from people.access.actor import Actor
from people.access.permissions import Act, may_somewhere
from serving.visit import Visit
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status
from web import presenters
from wording.review import names

PLACES, DUPLICATES, MINE = "places", "duplicates", "mine"
#: Lists that are worked out for one campaign at a time.
ONE_CAMPAIGN = (PLACES, DUPLICATES)
AGES = (1, 3, 7, 30)
NAMES = ("campaign", "community", "category", "age", "status", "answered", "text")


@dataclass(frozen=True)
class QueueRequest:
    """A list of the queue as an address asks for it; ``values`` are the filters as typed.

    ``picked``: the list is worked out for one campaign, and the address named none.
    """

    tab: str
    values: dict[str, str]
    campaigns: list[CampaignView]
    narrowed: Narrowed
    at: QueueKey | None
    picked: bool = False

    def address(self, path: str = "/w/desk/queue", **changes: str) -> str:
        """Return an address in this list: filters stay, ``changes`` are set or (empty) left out."""
        given = {"tab": self.tab, **self.values, **changes}
        return f"{path}?{urlencode({name: value for name, value in given.items() if value})}"

    @property
    def wide(self) -> QueueRequest:
        """Return it without a campaign that nobody asked for."""
        if not self.picked:
            return self
        everywhere = replace(self.narrowed, campaigns=tuple(self.campaigns))
        return replace(self, values={**self.values, "campaign": ""}, narrowed=everywhere)

    @property
    def filtered(self) -> bool:
        """Tell whether anything narrows the list, but for the campaign where it must have one."""
        free = [name for name in NAMES if name != "campaign" or self.tab not in ONE_CAMPAIGN]
        return any(self.values[name] for name in free)

    @property
    def chosen(self) -> CampaignView | None:
        """Return the campaign to which the list is narrowed."""
        return next((c for c in self.campaigns if c.slug == self.values["campaign"]), None)


def tabs_for(actor: Actor) -> list[str]:
    """Return the lists that this person has, in their order on the page."""
    kept = [str(tab) for tab in tabs_of(actor)]
    if may_somewhere(actor, Act.MODERATE):
        at = kept.index(Tab.ALL)
        return [*kept[:at], PLACES, DUPLICATES, MINE, *kept[at:]]
    return [MINE, *kept] if kept else []


def asked_of(here: Visit, session: Session, now: datetime) -> QueueRequest:
    """Read the address; what makes no sense in it is left out."""
    given = here.request.query_params
    values = {name: given.get(name, "").replace("\0", "").strip()[:60] for name in NAMES}
    tabs = tabs_for(here.actor)
    tab = given.get("tab", "")
    act = Act.MODERATE if may_somewhere(here.actor, Act.MODERATE) else Act.SEE_DESK
    campaigns = campaigns_within(session, here.actor, act)
    tab = tab if tab in tabs else tabs[0]
    known = {campaign.slug for campaign in campaigns}
    picked = tab in ONE_CAMPAIGN and bool(known) and values["campaign"] not in known
    if picked:
        values["campaign"] = campaigns[-1].slug
    narrowed = _narrowed(values, campaigns, now)
    return QueueRequest(
        tab, values, campaigns, narrowed, read_key(given.get("at", "")[:40]), picked
    )


def _narrowed(values: dict[str, str], campaigns: list[CampaignView], now: datetime) -> Narrowed:
    chosen = [one for one in campaigns if values["campaign"] in ("", one.slug)]
    if not chosen:
        values["campaign"], chosen = "", campaigns
    if values["age"] not in {str(days) for days in AGES}:
        values["age"] = ""
    if values["status"] not in set(Status):
        values["status"] = ""
    days = int(values["age"] or 0)
    return Narrowed(
        campaigns=tuple(chosen),
        community=values["community"],
        category=values["category"],
        before=now - timedelta(days=days) if days else None,
        status=values["status"],
        answered={"yes": True, "no": False}.get(values["answered"]),
        text=values["text"],
    )


def tab_names(here: Visit) -> dict[str, str]:
    """Return what the lists are called."""
    _ = here.words.gettext
    return {
        Tab.NEW: _("New"),
        Tab.HELD: _("Held"),
        Tab.REPORTED: _("Reported"),
        Tab.PHOTOS: _("Photos"),
        Tab.COMMENTS: _("Comments"),
        Tab.UNREVIEWED: _("Published, not yet looked at"),
        PLACES: _("Doubtful places"),
        DUPLICATES: _("Possible duplicates"),
        MINE: _("Assigned to me"),
        Tab.ALL: _("All"),
    }


def status_names(here: Visit) -> dict[str, str]:
    """Return what the states are called at the desk."""
    return names.status_names(here.words)


def options(here: Visit, session: Session, asked: QueueRequest) -> dict[str, Any]:
    """Return what the filters offer: campaigns, and of the chosen ones communities, categories."""
    _ = here.words.gettext
    campaigns = list(asked.narrowed.campaigns)
    categories: dict[str, str] = {}
    for campaign in campaigns:
        categories |= presenters.category_names(here, campaign)
    communities: dict[str, str] = {}
    for edition in sorted({campaign.edition for campaign in campaigns}):
        communities |= presenters.community_names(here, community_frame(session, edition))
    ages = {n: here.words.ngettext("older than {n} day", "older than {n} days", n) for n in AGES}
    states = {key: name for key, name in status_names(here).items() if key in set(Status)}
    return {
        "campaigns": [(c.slug, presenters.title(here, c)) for c in asked.campaigns],
        "categories": presenters.by_name(categories),
        "communities": presenters.by_name(communities),
        "ages": [(str(n), said.format(n=n)) for n, said in ages.items()],
        "states": list(states.items()),
        "answered": [("yes", _("answered")), ("no", _("not answered yet"))],
    }
