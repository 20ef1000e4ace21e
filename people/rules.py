"""Who may look where. Roles come with accounts; until then the planner's page is open to all."""

from __future__ import annotations

from people.actors import Actor


def may_review(actor: Actor) -> bool:
    """May this person see the planner's page? It shows published things only, so all may."""
    return actor is not None
