"""Verbs that change uploaded layers, one transaction each; all are in the audit trail.

A layer begins as a draft. Whoever loads layers shows it at the desk; to show it to anybody, and to
change what anybody sees, takes the right to publish.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from core.errors import (
    EmptyTextError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from core.text import clean_text
from geo.writing.styling import LayerStyle
from layers.models import UploadedFeature, UploadedLayer
from layers.read_upload import UploadRead
from layers.visibility import LayerUse, Shown, may_change, may_load, may_publish, may_see
from people.access.actor import Actor
from people.access.idempotency_key import token_for
from people.audit.record import record

MOST_TITLE_ZH, MOST_TITLE_EN, MOST_SOURCE = 80, 120, 500
MOST_LICENCE, MOST_EDITION = 120, 40
MOST_LAYERS = 500
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_ROWS_AT_ONCE = 1_000
_FEATURE: Table = UploadedFeature.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class LayerTexts:
    """What is said of a layer. Without an English title the Chinese one stands for it.

    ``data_date``: of when its content is, as a year, a month or a day; see ``layers.models``.
    """

    title_zh: str
    title_en: str
    use: str
    colour: str
    source: str
    schematic: bool
    licence: str = ""
    data_date: str = ""
    edition: str = ""


def add_layer(
    session: Session,
    actor: Actor,
    texts: LayerTexts,
    read: UploadRead,
    *,
    token: str,
    subdistrict: str,
    file_name: str,
    now: datetime,
) -> int:
    """Keep a file as a layer that nobody else is shown yet; return its id.

    ``token`` names the form, so that the same sent twice is kept once. Raises ``NotAllowedError``
    where this person may load none; ``InvalidError`` naming the field; ``EmptyTextError``,
    ``LongTextError``.
    """
    if not may_load(actor, subdistrict):
        raise NotAllowedError(action="load_layer")
    token = token_for(token, astuple(texts), subdistrict, file_name, read.fingerprint)
    before = session.scalar(select(UploadedLayer).where(UploadedLayer.token == token))
    if before is not None:
        if before.account_id != actor.account_id:
            raise InvalidError(field="token")
        return before.id
    if (session.scalar(select(func.count()).select_from(UploadedLayer)) or 0) >= MOST_LAYERS:
        raise InvalidError(field="file", reason="many", most=MOST_LAYERS)
    layer = UploadedLayer(
        token=token,
        subdistrict=subdistrict,
        shown=str(Shown.DRAFT),
        name_field=read.name_field,
        fields=[{"name": name, "public": False} for name in read.columns],
        account_id=actor.account_id,
        by=actor.name,
        created=now,
        updated=now,
        **_said(texts),
        **_told_of(read, file_name),
    )
    session.add(layer)
    session.flush()
    _store(session, layer.id, read)
    _record(session, actor, "layer_loaded", layer, now, features=layer.features)
    return layer.id


def replace_features(
    session: Session,
    actor: Actor,
    layer_id: int,
    read: UploadRead,
    *,
    file_name: str,
    version: str,
    now: datetime,
) -> None:
    """Put the features of a newer file in the place of a layer's.

    What anybody may read stays so for columns of the same name; new ones are not public. Raises
    ``NotFoundError``, ``NotAllowedError``; ``WrongStateError`` (``stale``).
    """
    layer = _changeable(session, actor, layer_id, version)
    public = {one["name"] for one in layer.fields if one["public"]}
    layer.fields = [{"name": name, "public": name in public} for name in read.columns]
    if layer.name_field not in read.columns:
        layer.name_field = read.name_field if layer.shown != Shown.PUBLIC else ""
    before = layer.features
    for name, value in _told_of(read, file_name).items():
        setattr(layer, name, value)
    layer.updated = now
    session.execute(delete(UploadedFeature).where(UploadedFeature.layer_id == layer_id))
    session.flush()
    _store(session, layer_id, read)
    changed = {"from": before, "to": layer.features}
    _record(session, actor, "layer_replaced", layer, now, **changed)


def edit_layer(
    session: Session,
    actor: Actor,
    layer_id: int,
    texts: LayerTexts,
    *,
    name_field: str,
    public: Sequence[str],
    version: str,
    now: datetime,
) -> None:
    """Change what is said of a layer, and which of its columns anybody may read.

    Raises ``NotFoundError``, ``NotAllowedError``; ``WrongStateError`` (``stale``); ``InvalidError``
    naming the field; ``EmptyTextError``, ``LongTextError``.
    """
    layer = _changeable(session, actor, layer_id, version)
    columns = [one["name"] for one in layer.fields]
    if name_field and name_field not in columns:
        raise InvalidError(field="name_field")
    if not set(public) <= set(columns):
        raise InvalidError(field="public")
    was = _settings(layer)
    for name, value in _said(texts).items():
        setattr(layer, name, value)
    layer.name_field = name_field
    layer.fields = [{"name": name, "public": name in set(public)} for name in columns]
    if layer.style and layer.style.get("kind") == "single":
        layer.style = {**layer.style, "entries": [[None, "", layer.colour]]}
    layer.updated = now
    session.flush()
    now_so = _settings(layer)
    changed = {name: value for name, value in now_so.items() if was[name] != value}
    if changed:
        before = {name: was[name] for name in changed}
        _record(session, actor, "layer_edited", layer, now, **{"from": before, "to": changed})


def style_layer(
    session: Session,
    actor: Actor,
    layer_id: int,
    style: LayerStyle,
    *,
    version: str,
    now: datetime,
) -> None:
    """Choose how a layer is drawn.

    Raises ``NotFoundError``, ``NotAllowedError``; ``WrongStateError`` (``stale``); ``InvalidError``
    for a column that the layer has not.
    """
    style.check()
    layer = _changeable(session, actor, layer_id, version)
    columns = {one["name"] for one in layer.fields}
    if not {style.field, style.label} - {""} <= columns:
        raise InvalidError(field="field")
    told = style.to_json()
    if layer.style == told:
        return
    layer.style, layer.updated = told, now
    if style.kind == "single":
        layer.colour = style.entries[0].colour
    session.flush()
    _record(session, actor, "layer_styled", layer, now, kind=style.kind, field=style.field)


def show_layer(
    session: Session, actor: Actor, layer_id: int, shown: str, *, version: str, now: datetime
) -> None:
    """Choose who sees a layer: see ``layers.visibility.Shown``.

    Raises ``NotFoundError``, ``NotAllowedError``; ``WrongStateError`` (``stale``); ``InvalidError``
    (``shown``).
    """
    if shown not in set(Shown):
        raise InvalidError(field="shown")
    layer = _changeable(session, actor, layer_id, version)
    if shown == Shown.PUBLIC and not may_publish(actor, layer.subdistrict):
        raise NotAllowedError(action="publish_layer")
    if shown == layer.shown:
        return
    was, layer.shown, layer.updated = layer.shown, str(shown), now
    session.flush()
    _record(session, actor, "layer_shown", layer, now, **{"from": was, "to": layer.shown})


def remove_layer(
    session: Session, actor: Actor, layer_id: int, *, version: str, now: datetime
) -> None:
    """Take a layer away; it can be brought back. Raises as ``show_layer`` does."""
    layer = _changeable(session, actor, layer_id, version)
    layer.removed = layer.updated = now
    session.flush()
    _record(session, actor, "layer_removed", layer, now)


def restore_layer(session: Session, actor: Actor, layer_id: int, *, now: datetime) -> None:
    """Bring a layer back that was taken away, as a draft.

    Raises ``NotFoundError``, ``NotAllowedError``; ``WrongStateError`` if it is there.
    """
    layer = session.get(UploadedLayer, layer_id, populate_existing=True)
    if layer is None or not may_load(actor, layer.subdistrict):
        raise NotFoundError(kind="layer", id=layer_id)
    if layer.removed is None:
        raise WrongStateError(status="there", wanted="removed")
    layer.removed, layer.shown, layer.updated = None, str(Shown.DRAFT), now
    session.flush()
    _record(session, actor, "layer_restored", layer, now)


def version_of(layer: Any) -> str:
    """Return what tells whether a layer was changed since a page showed it."""
    return str(layer.updated.isoformat())


def _changeable(session: Session, actor: Actor, layer_id: int, version: str) -> UploadedLayer:
    """Return a layer to be changed. Whoever may not see it is not told that it exists."""
    layer = session.get(UploadedLayer, layer_id, populate_existing=True)
    if layer is None or layer.removed is not None or not may_see(actor, layer):
        raise NotFoundError(kind="layer", id=layer_id)
    if not may_change(actor, layer):
        raise NotAllowedError(action="change_layer")
    if version != version_of(layer):
        raise WrongStateError(reason="stale")
    return layer


def _said(texts: LayerTexts) -> dict[str, Any]:
    """Check what is said of a layer, and return it as its columns."""
    if texts.use not in set(LayerUse):
        raise InvalidError(field="use")
    if not _COLOUR.fullmatch(texts.colour.lower()):
        raise InvalidError(field="colour")
    title = clean_text(texts.title_zh, most=MOST_TITLE_ZH)
    return {
        "title_zh": title,
        "title_en": _optional(texts.title_en, MOST_TITLE_EN),
        "use": texts.use,
        "colour": texts.colour.lower(),
        "source": _optional(texts.source, MOST_SOURCE),
        "schematic": texts.schematic,
        "licence": _optional(texts.licence, MOST_LICENCE),
        "data_date": _date(texts.data_date),
        "edition": _optional(texts.edition, MOST_EDITION),
    }


def _date(text: str) -> str:
    """Check a year, a month or a day, such as 2026, 2026-03 or 2026-03-15."""
    plain = text.strip().replace("/", "-").replace(".", "-")
    if not plain:
        return ""
    found = _DATE.fullmatch(plain)
    if found is None:
        raise InvalidError(field="data_date")
    year, month, day = (int(one) if one else None for one in found.groups())
    try:
        date(year or 0, month or 1, day or 1)
    except ValueError:
        raise InvalidError(field="data_date") from None
    return "-".join(f"{one:02d}" for one in (year, month, day) if one is not None)


def _optional(text: str, most: int) -> str:
    try:
        return clean_text(text, most=most)
    except EmptyTextError:
        return ""


def _told_of(read: UploadRead, file_name: str) -> dict[str, Any]:
    """Return what is kept of how a file was read, as columns of the layer."""
    west, south, east, north = read.bounds
    return {
        "file_name": _optional(file_name[-200:], 200),
        "file_layer": _optional(read.layer[:200], 200),
        "crs": read.crs,
        "encoding": read.encoding,
        "features": len(read.rows),
        "repaired": read.repaired,
        "reading": read.reading,
        "left_out": {str(gap): number for gap, number in read.left_out.items()},
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "fingerprint": read.fingerprint,
    }


def _store(session: Session, layer_id: int, read: UploadRead) -> None:
    for start in range(0, len(read.rows), _ROWS_AT_ONCE):
        part = range(start, min(start + _ROWS_AT_ONCE, len(read.rows)))
        rows = [
            {
                "layer_id": layer_id,
                "number": at + 1,
                "properties": read.rows[at],
                "geometry": read.geometries[at],
            }
            for at in part
        ]
        session.connection().execute(insert(_FEATURE), rows)


def _settings(layer: UploadedLayer) -> dict[str, Any]:
    names = (
        *("title_zh", "title_en", "use", "colour", "source", "schematic", "name_field"),
        *("licence", "data_date", "edition"),
    )
    public = [one["name"] for one in layer.fields if one["public"]]
    return {**{name: getattr(layer, name) for name in names}, "public": public}


def _record(
    session: Session, actor: Actor, action: str, layer: UploadedLayer, now: datetime, **more: Any
) -> None:
    details = {"layer": layer.id, "name": layer.title_zh, "subdistrict": layer.subdistrict, **more}
    record(session, actor, action, now=now, details=details)
