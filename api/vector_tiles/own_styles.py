"""How layers are drawn that the office loaded: as was chosen at the desk, by what one may read."""

from __future__ import annotations

from fastapi import Request

from api.collections.catalogue import layer_number
from api.layers import reads_all
from geo.writing.styling import LayerStyle
from layers.queries import columns_for, layer_seen
from layers.styles import style_for
from serving.context import Context, actor_of


def own_style(room: Context, request: Request, name: str) -> LayerStyle | None:
    """Return the style of an uploaded layer by its collection's name; None for another collection.

    Raises ``NotFoundError`` for a layer that whoever asks may not see.
    """
    number = layer_number(name)
    if number is None:
        return None
    actor = actor_of(request)
    with room.database.reading() as session:
        layer = layer_seen(session, actor, number)
    return style_for(layer, columns_for(layer, all_columns=reads_all(actor, layer)))
