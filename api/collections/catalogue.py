"""Which collections there are for somebody, and the one of a name."""

from __future__ import annotations

import re

from fastapi import Request

from api.collections.model import About, Collection
from api.collections.of_campaigns import KINDS, about, collection_of
from api.collections.of_layers import built_in_collection, uploaded_collection
from core.errors import NotFoundError
from layers import built_in
from layers.queries import layer_seen, layers_seen
from layers.visibility import Shown
from people.access.actor import Actor
from serving.context import Context, actor_of
from submissions.proposals import queries

_NAME = re.compile(r"(?P<slug>[a-z0-9][a-z0-9-]{0,62})_(?P<kind>[a-z]{1,20})", re.ASCII)
_LAYER = re.compile(r"layer_([1-9][0-9]{0,17})", re.ASCII)


def collections(room: Context, request: Request) -> list[About]:
    """Return what is known of all that whoever asks may see: the newest campaign at the top."""
    actor = actor_of(request)
    with room.database.reading() as session:
        campaigns = queries.list_campaigns(session)
        layers = [one for one in layers_seen(session, actor) if one.shown != Shown.DRAFT]
    found = [about(room, campaign, kind) for campaign in reversed(campaigns) for kind in KINDS]
    found += [uploaded_collection(room, layer, actor).about for layer in layers]
    return [*found, *(built_in_collection(layer).about for layer in built_in.CATALOGUE)]


def collection(room: Context, request: Request, name: str) -> Collection:
    """Return the collection of this name. Raises ``NotFoundError``, also for what is not seen."""
    if hit := _LAYER.fullmatch(name):
        return _uploaded(room, actor_of(request), int(hit[1]))
    if name.startswith("map_"):
        return built_in_collection(built_in.layer_named(name.removeprefix("map_")))
    slug, kind = campaign_part(name)
    with room.database.reading() as session:
        campaign = queries.campaign_by_slug(session, slug)
    found: Collection = collection_of(room, campaign, kind)
    return found


def layer_number(name: str) -> int | None:
    """Return the number of the uploaded layer that a collection is, by its name; None for none."""
    hit = _LAYER.fullmatch(name)
    return int(hit[1]) if hit else None


def campaign_part(name: str) -> tuple[str, str]:
    """Return the campaign and the kind of a collection of one. Raises ``NotFoundError``."""
    hit = _NAME.fullmatch(name)
    if hit is None or hit["kind"] not in KINDS:
        raise NotFoundError(kind="collection")
    return hit["slug"], hit["kind"]


def is_of_campaign(name: str) -> bool:
    """Tell whether a collection is one of a campaign, by its name."""
    hit = _NAME.fullmatch(name)
    return hit is not None and hit["kind"] in KINDS


def _uploaded(room: Context, actor: Actor, number: int) -> Collection:
    with room.database.reading() as session:
        layer = layer_seen(session, actor, number)
    return uploaded_collection(room, layer, actor)
