"""The fields of a form about a layer: what is typed, what to begin with, what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from layers.manage import MOST_TITLE_EN, MOST_TITLE_ZH, LayerTexts
from layers.visibility import LayerUse
from people.access.permissions import Act
from serving.visit import Visit
from submissions.campaigns.subdistricts import subdistricts

#: A new layer's colour goes on through these (ColorBrewer's Dark2).
COLOURS = ("#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#a6761d")
_TYPED = ("title_zh", "title_en", "use", "place", "source", "colour")
_CATALOGUE = ("licence", "data_date", "edition")
MOST_FIELDS = 300


def typed_fields(sent: FormData) -> dict[str, Any]:
    """Return what was typed about a layer, cut to what may be kept."""
    typed: dict[str, Any] = {
        name: str(sent.get(name) or "")[:2_000] for name in (*_TYPED, *_CATALOGUE)
    }
    typed["token"] = str(sent.get("token") or "")[:80]
    typed["schematic"] = bool(sent.get("schematic"))
    return typed


def usual_fields(places: Sequence[dict[str, str]]) -> dict[str, Any]:
    """Return what a form for a new layer begins with."""
    return dict.fromkeys((*_TYPED, *_CATALOGUE), "") | {
        "use": str(LayerUse.REFERENCE),
        "colour": COLOURS[0],
        "place": places[0]["key"] if places else "",
        "schematic": False,
        "token": uuid4().hex,
    }


def loading_places(session: Session, here: Visit) -> list[dict[str, str]]:
    """Return where this person may load layers, each place once."""
    whole = here.words.gettext("The whole platform")
    found = {
        one.code: here.said(one.name) if one.code else whole
        for one in reversed(subdistricts(session, here.actor, Act.LOAD_LAYER))
    }
    return [{"key": code, "name": name} for code, name in found.items()]


def layer_texts(typed: dict[str, Any], *, part: str = "") -> LayerTexts:
    """Return what is said of a layer; ``part``: of one of several from one file, its name."""
    zh, en = typed["title_zh"], typed["title_en"]
    return LayerTexts(
        title_zh=f"{zh} · {part}"[:MOST_TITLE_ZH] if part and zh.strip() else zh,
        title_en=f"{en} · {part}"[:MOST_TITLE_EN] if part and en.strip() else en,
        use=typed["use"],
        colour=typed["colour"],
        source=typed["source"],
        schematic=typed["schematic"],
        licence=typed["licence"],
        data_date=typed["data_date"],
        edition=typed["edition"],
    )
