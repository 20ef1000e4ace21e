"""Figures as people read them: one line a figure, one column a case."""

from __future__ import annotations

from typing import Any


def print_columns(rows: list[dict[str, Any]]) -> None:
    """Print rows that share their keys as columns; the first key heads them."""
    if not rows:
        return
    head, *figures = rows[0]
    lines = [[head, *(shown(row[head]) for row in rows)]]
    lines += [[name, *(shown(row[name]) for row in rows)] for name in figures]
    widths = [max(len(line[at]) for line in lines) for at in range(len(rows) + 1)]
    for line in lines:
        cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        print(f"  {line[0].ljust(widths[0])}  {'  '.join(cells)}", flush=True)


def shown(value: Any) -> str:
    """Return a number with as many digits as matter."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
