"""What waits for somebody at the desk: how much in each list of the queue, and where to begin."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from moderation import queue
from moderation.queue import Tab
from serving.visit import Visit
from web.desk.moderation import notes_and_assignments
from web.desk.moderation.queue_filter import MINE, QueueRequest, tab_names, tabs_for
from wording import formatting


def counts_of(
    here: Visit, session: Session, asked: QueueRequest, moment: datetime
) -> dict[str, int]:
    """Return how many things wait in each list, narrowed as asked, in the order of the lists.

    What is worked out for one campaign at a time is not counted, nor the list of all.
    """
    return {
        tab: notes_and_assignments.count_mine(session, here.actor, moment)
        if tab == MINE
        else queue.count_waiting(session, here.actor, Tab(tab), asked.wide.narrowed)
        for tab in tabs_for(here.actor)
        if tab == MINE or (tab in set(Tab) and tab != Tab.ALL)
    }


def left_in(here: Visit, session: Session, asked: QueueRequest) -> int | None:
    """Return how many things wait in the list that is open; None for one that is not counted."""
    if asked.tab not in set(Tab) or asked.tab == Tab.ALL:
        return None
    return queue.count_waiting(session, here.actor, Tab(asked.tab), asked.narrowed)


def opened(here: Visit, asked: QueueRequest, counts: dict[str, int]) -> QueueRequest:
    """Return what to open where the address names no list: the first in which something waits.

    Where nothing does: the first of all, which says so; for whoever only reads, the list of all.
    """
    tabs = tabs_for(here.actor)
    if here.request.query_params.get("tab") in tabs:
        return asked
    nothing = tabs[0] if Tab.NEW in counts else str(Tab.ALL)
    return replace(asked, tab=next((tab for tab, count in counts.items() if count), nothing))


def lists(here: Visit, asked: QueueRequest, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return the lists in which something waits: name, count and address."""
    names = tab_names(here)
    return [
        {
            "name": names[tab],
            "count": formatting.number(count, here.lang),
            "address": asked.wide.address(tab=tab, status="", answered="", text=""),
        }
        for tab, count in counts.items()
        if count
    ]
