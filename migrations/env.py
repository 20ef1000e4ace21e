"""Alembic's entry: runs on the connection that ``core.database.migrate`` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

import analysis.models
import analysis.representation.models
import analysis.scenarios.models
import deliberation.models
import deliberation.webhooks.models
import layers.background.models
import layers.models
import moderation.bulk.models
import moderation.models
import notifications.models
import packs.models
import people.accounts.models
import people.audit.models
import people.office.models
import submissions.alerts.models
import submissions.campaigns.models
import submissions.participation.models
import submissions.prize_draws.models
import submissions.proposals.models
from core.database import Base

ROOMS = (
    analysis.models,
    analysis.scenarios.models,
    deliberation.models,
    layers.background.models,
    layers.models,
    moderation.bulk.models,
    moderation.models,
    notifications.models,
    packs.models,
    people.accounts.models,
    people.audit.models,
    people.office.models,
    submissions.alerts.models,
    submissions.campaigns.models,
    submissions.participation.models,
    submissions.prize_draws.models,
    submissions.proposals.models,
)


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Look at our own tables only; PostGIS keeps its own beside them."""
    return kind != "table" or name in Base.metadata.tables


def include_object(item: Any, _name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Pass over an index that another database alone has (see ``Index.info``)."""
    only = item.info.get("only") if kind == "index" else None
    return only is None or only == context.get_context().dialect.name


def run() -> None:
    """Run the migrations inside the caller's transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        include_name=include_name,
        include_object=include_object,
        transactional_ddl=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
