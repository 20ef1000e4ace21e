"""What is to be done to many proposals at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from people.access.permissions import Act
from submissions.proposals.states import Stage, Status


class BulkAction(StrEnum):
    """What can be done to many at once."""

    PUBLISH = "publish"
    HOLD = "hold"
    HIDE = "hide"
    RECATEGORISE = "recategorise"
    REPLY = "reply"
    ASSIGN = "assign"
    UNDO = "undo"


STATUS_OF = {
    BulkAction.PUBLISH: Status.PUBLISHED,
    BulkAction.HOLD: Status.HELD,
    BulkAction.HIDE: Status.HIDDEN,
}


ACT_OF = {
    BulkAction.PUBLISH: Act.MODERATE,
    BulkAction.HOLD: Act.MODERATE,
    BulkAction.HIDE: Act.MODERATE,
    BulkAction.RECATEGORISE: Act.MODERATE,
    BulkAction.REPLY: Act.ANSWER,
    BulkAction.ASSIGN: Act.ASSIGN,
}


#: What can be taken back as a whole. A reply has been read; an assignment is ended by hand.
UNDOABLE = frozenset({*STATUS_OF, BulkAction.RECATEGORISE})


@dataclass(frozen=True)
class Order:
    """What is to be done to all that are selected.

    ``reason`` for moderation; ``category`` to recategorise; ``stage``, ``reply`` (a template's
    text, see ``deliberation.reply_templates``), ``by`` (the office) and ``lang`` to reply;
    ``account_id``, ``due`` and ``text`` to assign.
    """

    action: str
    reason: str = ""
    category: str = ""
    stage: str = Stage.ANSWERED
    reply: str = ""
    by: str = ""
    lang: str = "zh_CN"
    account_id: int = 0
    due: datetime | None = None
    text: str = ""
