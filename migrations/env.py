"""Alembic's entry: runs on the connection that ``database.migrate`` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

import layers.models
import people.models
import post.models
import submissions.models
from database import Base

ROOMS = (people.models, layers.models, post.models, submissions.models)


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
