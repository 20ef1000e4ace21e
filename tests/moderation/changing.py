"""Short ways to let staff change a proposal in tests, and to look at what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.database import Database
from moderation.changes import change_status
from moderation.undo import undo_change
from people.access.actor import Actor, Role, everywhere
from submissions.proposals.models import Proposal
from tests.submissions.acting import act

PRIVATE, TEXT = "三单元的那一家", "地铁口停不下车,都怪三单元的那一家"
DESK = Actor("desk", everywhere(Role.SOCIAL_WORKER), name="李社工")
OFFICER = Actor("office", everywhere(Role.SUBDISTRICT_OFFICER), name="王主任")
QUESTIONS = [
    {"kind": "short_text", "key": "why", "label": {"zh_CN": "为何", "en": "Why"}, "required": True},
    {
        "kind": "single",
        "key": "age",
        "label": {"zh_CN": "年龄", "en": "Age"},
        "private": True,
        "options": [
            {"key": "young", "label": {"zh_CN": "青", "en": "Young"}},
            {"key": "old", "label": {"zh_CN": "老", "en": "Old"}},
        ],
    },
    {
        "kind": "short_text",
        "key": "bikes",
        "label": {"zh_CN": "几辆", "en": "How many"},
        "show_if": {"category": ["bike_parking"]},
    },
]
ANSWERS = {"why": "太挤", "age": "old", "bikes": "五辆"}


def row_of(database: Database, name: str) -> Proposal:
    with database.reading() as session:
        return session.scalars(select(Proposal).where(Proposal.public_id == name)).one()


def do(database: Database, action: Any, *given: Any, actor: Actor = DESK, **named: Any) -> Any:
    values = {"reason": "依据"} if action is not undo_change else {}
    if action not in (change_status, undo_change) and "seen" not in named:
        named["seen"] = row_of(database, given[0]).updated
    return act(database, action, actor, *given, **(values | named))


def state(database: Database, name: str) -> dict[str, Any]:
    """Return all columns but those that name the version, and that somebody has looked at it."""
    row = row_of(database, name)
    values = {column.key: getattr(row, column.key) for column in Proposal.__table__.columns}
    values["geometry"] = row.geometry.wkt
    return {key: value for key, value in values.items() if key not in {"updated", "unreviewed"}}
