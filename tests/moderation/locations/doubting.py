"""Short ways to read the list of doubtful places in tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.database import Database
from geo.location_tests import metres_each
from moderation.locations.location_checks import Doubt, DoubtKind
from moderation.locations.location_queue import DoubtList, doubts_of
from people.access.actor import Actor, Grant, Reach, Role, everywhere
from submissions.proposals.queries import CampaignView

DESK = Actor("desk", everywhere(Role.SOCIAL_WORKER), name="李社工")
HERE = Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017001", "2020")


def page(
    database: Database, campaign: CampaignView, actor: Actor = DESK, **asked: Any
) -> DoubtList:
    return doubts_of(database, actor, campaign, **({"wait_s": 60.0} | asked))


def fresh(database: Database, campaign: CampaignView, actor: Actor = DESK) -> list[Doubt]:
    """Return all doubts, once everything is looked at."""
    while (found := page(database, campaign, actor, size=200)).computing:
        pass
    return list(found.page.items)


def metres_to(longitude: float, latitude: float, geometry: Any) -> float:
    row = np.zeros(1, dtype=np.intp)
    return float(metres_each(np.array([longitude]), np.array([latitude]), [geometry], row)[0])


def of(doubts: list[Doubt], kind: DoubtKind) -> list[Doubt]:
    return [doubt for doubt in doubts if doubt.kind is kind]
