"""How a database would answer a statement."""

from __future__ import annotations

import re
from typing import Any


def plan_of(session: Any, statement: Any) -> str:
    """Return how the database would answer a statement, line by line."""
    postgres = session.get_bind().dialect.name == "postgresql"
    compiled = statement.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    words = "EXPLAIN " if postgres else "EXPLAIN QUERY PLAN "
    rows = session.connection().exec_driver_sql(words + str(compiled), _values(compiled)).all()
    return "\n".join(str(row[-1]) for row in rows)


def _values(compiled: Any) -> Any:
    dialect = compiled.dialect
    processors = compiled._bind_processors
    values = {
        name: processors[name](value) if name in processors else value
        for name, value in compiled.params.items()
    }
    if dialect.positional:
        return tuple(values[name] for name in compiled.positiontup)
    return values


def reads_all(plan: str) -> bool:
    """Tell whether a plan reads the whole table of proposals."""
    return re.search(r"^SCAN proposal( |$)|Seq Scan on proposal(_text)? ", plan, re.M) is not None
