"""The desk: the frame around the pages of staff, who may enter which room, and its first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi.responses import HTMLResponse

from people.access.actor import Actor
from people.access.permissions import Act, may, may_somewhere
from serving.visit import Visit


@dataclass(frozen=True)
class Room:
    """A room of the desk: its address, and the acts of which one opens its door.

    ``platform``: for those alone who may do them everywhere.
    """

    key: str
    address: str
    acts: tuple[Act, ...]
    platform: bool = False


ROOMS = (
    Room("overview", "/w/desk", (Act.SEE_DESK,)),
    Room("queue", "/w/desk/queue", (Act.SEE_DESK,)),
    Room("review", "/planner", (Act.SEE_DESK,)),
    Room("layers", "/w/desk/layers", (Act.SEE_DESK,)),
    Room("packs", "/w/desk/packs", (Act.GIVE_PACK,)),
    Room("bulk", "/w/desk/bulk", (Act.MODERATE, Act.ANSWER, Act.ASSIGN)),
    Room("campaigns", "/w/desk/campaigns", (Act.MAKE_CAMPAIGN,)),
    Room("accounts", "/w/desk/accounts", (Act.MANAGE_ACCOUNTS,)),
    Room("office", "/w/desk/office", (Act.MANAGE_OFFICE,), platform=True),
    Room("audit", "/w/desk/audit", (Act.SEE_AUDIT,)),
)


def may_enter(actor: Actor, room: Room) -> bool:
    """Tell whether there is anything in a room that this person may do."""
    opens = may if room.platform else may_somewhere
    return any(opens(actor, act) for act in room.acts)


def desk_page(
    here: Visit, template: str, *, room: str, status: int = 200, **values: Any
) -> HTMLResponse:
    """Render a page of the desk, with the doors to the rooms that this person may enter.

    Nothing of it is kept by the browser, so that nothing is seen after signing out.
    """
    answer = here.page(
        template,
        status=status,
        rooms=[one for one in ROOMS if may_enter(here.actor, one)],
        room=room,
        who=here.actor.name,
        signed_in=here.actor.account_id is not None,
        **values,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
