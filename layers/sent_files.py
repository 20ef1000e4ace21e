"""Files that were sent and wait for somebody to confirm how they are read.

They are the sender's alone, hold what the sender's file holds, and are gone after a day or as soon
as they are confirmed. Nothing of them is in the audit trail: nothing has changed for anybody yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, defer

from core.errors import NotAllowedError, NotFoundError
from layers.models import SentFile, UploadedLayer
from layers.read_choices import ReadChoices
from layers.visibility import may_see
from people.access.actor import Actor
from people.access.permissions import Act, may_somewhere

KEPT = timedelta(days=1)
#: So many of one person's wait at once; the oldest goes.
MOST_WAITING = 5


@dataclass(frozen=True)
class SentFileView:
    """A file that waits: see ``layers.models.SentFile``."""

    token: str
    layer_id: int | None
    name: str
    data: bytes
    choices: ReadChoices
    typed: dict[str, Any]


def keep_sent_file(
    session: Session,
    actor: Actor,
    name: str,
    data: bytes,
    *,
    choices: ReadChoices,
    layer_id: int | None = None,
    now: datetime,
) -> str:
    """Keep a file until it is confirmed; return what names it.

    ``layer_id``: the layer in whose place it is to come. Raises ``NotAllowedError`` for whoever may
    load no layer; ``NotFoundError`` for a layer that this person may not see.
    """
    account = actor.account_id
    if account is None or not may_somewhere(actor, Act.LOAD_LAYER):
        raise NotAllowedError(action="load_layer")
    if layer_id is not None:
        layer = session.get(UploadedLayer, layer_id)
        if layer is None or layer.removed is not None or not may_see(actor, layer):
            raise NotFoundError(kind="layer", id=layer_id)
    _make_room(session, account, now)
    made = SentFile(
        token=uuid4().hex,
        account_id=account,
        layer_id=layer_id,
        name=name[-200:],
        data=data,
        choices=choices.to_json(),
        typed={},
        created=now,
    )
    session.add(made)
    session.flush()
    return made.token


def _make_room(session: Session, account_id: int, now: datetime) -> None:
    """Let go of what is a day old, and of this person's oldest."""
    session.execute(delete(SentFile).where(SentFile.created < now - KEPT))
    waiting = session.scalars(
        select(SentFile.token)
        .where(SentFile.account_id == account_id)
        .order_by(SentFile.created.desc(), SentFile.token)
    ).all()
    for token in waiting[MOST_WAITING - 1 :]:
        session.execute(delete(SentFile).where(SentFile.token == token))


def sent_file(session: Session, actor: Actor, token: str) -> SentFileView:
    """Return a file that waits. Raises ``NotFoundError``, also for anybody but its sender."""
    row = _own(session, actor, token)
    return SentFileView(
        token=row.token,
        layer_id=row.layer_id,
        name=row.name,
        data=row.data,
        choices=ReadChoices.from_json(row.choices),
        typed=dict(row.typed),
    )


def remember_choices(
    session: Session,
    actor: Actor,
    token: str,
    *,
    choices: ReadChoices,
    typed: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep what was chosen and typed so far. Raises ``NotFoundError``."""
    row = _own(session, actor, token, with_data=False)
    row.choices, row.typed = choices.to_json(), dict(typed)
    row.created = now
    session.flush()


def drop_sent_file(session: Session, actor: Actor, token: str, *, now: datetime) -> None:
    """Let a file go. Raises ``NotFoundError``."""
    _own(session, actor, token, with_data=False)
    session.execute(delete(SentFile).where(SentFile.token == token))


def _own(session: Session, actor: Actor, token: str, *, with_data: bool = True) -> SentFile:
    asked = select(SentFile).where(SentFile.token == token[:40])
    if not with_data:
        asked = asked.options(defer(SentFile.data))
    row = session.scalar(asked)
    if row is None or actor.account_id is None or row.account_id != actor.account_id:
        raise NotFoundError(kind="file", token=token[:40])
    return row
