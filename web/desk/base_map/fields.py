"""What is typed into the form of the base map."""

from __future__ import annotations

from starlette.datastructures import FormData

from layers.background.background import USUAL_ZOOM
from layers.background.base_map import BaseMapChoice
from layers.background.change_base_map import MOST_CREDIT, MOST_URL


def chosen_from(sent: FormData) -> BaseMapChoice:
    """Return a choice as it was typed; what belongs to another kind of base map is left out."""
    told = {name: str(sent.get(name) or "").strip() for name in ("choice", "url", "file", "zoom")}
    kind = told["choice"]
    return BaseMapChoice(
        choice=kind,
        url=told["url"][:MOST_URL] if kind == "xyz" else "",
        attribution=str(sent.get(_credit_of(kind)) or "").strip()[:MOST_CREDIT],
        largest_zoom=_zoom(told["zoom"]) if kind == "xyz" else USUAL_ZOOM,
        file=told["file"][:200] if kind == "file" else "",
    )


def _credit_of(kind: str) -> str:
    return "attribution" if kind == "xyz" else f"attribution_{kind}"


def _zoom(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 2 else 0
