"""The page on which the base map is chosen: tried and looked at first, then in force at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from api.background import Number as TileNumber
from api.background import tile_answer
from core.errors import LuJianError, NotAllowedError, NotFoundError, WrongStateError
from core.keys import Sealed
from core.language import content_language
from layers.background import base_map
from layers.background.background import USUAL_ZOOM, Background, operator_choice
from layers.background.base_map import BaseMapChoice, BaseMapError
from layers.background.change_base_map import MOST_KEY, change_base_map, cleaned
from layers.background.tile_file import tile_file
from layers.background.try_tiles import try_tiles
from layers.map import assets, folium_map
from moderation.overview import campaigns_within
from notifications.contacts import WrongKeyError
from people.access.device_cookie import content_policy
from people.access.permissions import Act, may
from serving.errors import status_of
from serving.guards import desk
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from submissions.proposals.queries import CampaignView
from web.desk.base_map.fields import chosen_from
from web.desk.campaigns.campaigns_pages import DESK
from web.desk.frame import desk_page
from wording.maps import map_words
from wording.office.base_map_words import base_map_sentence, choice_names

router = APIRouter(dependencies=[desk(Act.MANAGE_OFFICE)])
PATH = "/w/desk/base-map"
#: Where tiles are tried as long as there is no campaign: Qinghe, WGS 84.
_MIDDLE = (116.338, 40.031)
_AROUND_DEG = 0.02
_MOST_FIELDS = 12


@router.get("/desk/base-map", response_class=HTMLResponse)
def the_base_map(here: Reader) -> Response:
    """Show which base map is in force, and what there is to choose from."""
    _check_everywhere(here)
    stored, _key = _stored(here)
    shown = base_map.current_base_map(here.room.database, here.room.settings)
    return _page(here, stored, stored.version, shown=shown)


@router.post("/desk/base-map", response_class=HTMLResponse)
async def choose(here: Reader, request: Request) -> Response:
    """Try a base map and show it, or keep it."""
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as sent:
        return await in_turn(here.room.cleaning, _choose, here, sent)


@router.get("/desk/base-map/tiles/{z}/{x}/{y}", response_class=Response)
def tile(
    here: Reader,
    request: Request,
    file: str,
    z: Annotated[int, Path(ge=0, le=26)],
    x: TileNumber,
    y: TileNumber,
) -> Response:
    """Return a tile of a file that may be chosen, for those who look at it before."""
    _check_everywhere(here)
    chosen = BaseMapChoice("file", file=file)
    shown = base_map.made_background(chosen, "", here.room.settings)
    headers = {"Cache-Control": "private, no-store"}
    return tile_answer(request, tile_file(shown.file), (z, x, y), headers)


def _check_everywhere(here: Visit) -> None:
    if not may(here.actor, Act.MANAGE_OFFICE):
        raise NotFoundError(kind="page")


def _choose(here: Visit, sent: FormData) -> Response:
    """Try what is chosen; keep it where that was asked for."""
    _check_everywhere(here)
    version = str(sent.get("version") or "")[:40]
    chosen = chosen_from(sent)
    try:
        chosen, key = cleaned(chosen), _typed_key(here, sent)
        shown = _tried(here, chosen, key)
        if sent.get("do") != "keep":
            looked_at = _looked_at(shown, chosen)
            return _page(here, chosen, version, shown=looked_at, tried=True, key=key)
        _keep(here, chosen, key, version)
    except (NotFoundError, NotAllowedError):
        raise
    except LuJianError as error:
        return _page(here, chosen, version, error=error)
    base_map.note_base_map(here.room.database, shown)
    return RedirectResponse(f"{PATH}?done=saved", status_code=303)


def _looked_at(shown: Background, chosen: BaseMapChoice) -> Background:
    """Return a base map as it is looked at: of a file, with tiles that are not public yet."""
    if not shown.file:
        return shown
    asked = urlencode({"file": chosen.file})
    return replace(shown, urls=(f"{PATH}/tiles/{{z}}/{{x}}/{{y}}?{asked}",))


def _keep(here: Visit, chosen: BaseMapChoice, key: str, version: str) -> None:
    here.write(
        change_base_map,
        chosen,
        key,
        settings=here.room.settings,
        version=version,
        now=now(),
    )


def _typed_key(here: Visit, sent: FormData) -> str:
    """Return the key that was typed, or that was typed before this was looked at; empty for none.

    On its way over the page it is sealed: it is never shown again.
    """
    typed = str(sent.get("key") or "").strip()[:MOST_KEY]
    sealed = str(sent.get("sealed") or "")
    if typed or not sealed or here.room.sealer is None:
        return typed
    try:
        return here.room.sealer.open(Sealed(sealed.encode("ascii", "replace")))
    except WrongKeyError:
        return ""


def _tried(here: Visit, chosen: BaseMapChoice, key: str) -> Background:
    """Return the base map of a choice, of which tiles came. Raises ``BaseMapError``."""
    settings = here.room.settings
    if operator_choice(settings):
        raise WrongStateError(status="base_map", wanted="changed", reason="operator")
    if chosen.choice.startswith("tianditu"):
        if here.room.sealer is None:
            raise BaseMapError(problem="no_secret")
        key = key or _stored(here, with_key=True)[1]
    shown = base_map.made_background(chosen, key, settings)
    if shown.is_vector and not assets.version_of("bundle/vector.js"):
        raise BaseMapError(problem="no_script")
    campaign = _campaign(here)
    at = campaign.area.representative_point().coords[0] if campaign else _MIDDLE
    try_tiles(shown, (at[0], at[1]), referer=here.base_url)
    return shown


def _stored(here: Visit, *, with_key: bool = False) -> tuple[BaseMapChoice, str]:
    settings = here.room.settings
    with here.room.database.reading() as session:
        key = base_map.stored_key(session, settings) if with_key else ""
        return base_map.stored_choice(session), key


def _campaign(here: Visit) -> CampaignView | None:
    """Return the newest campaign, around which tiles are tried and shown."""
    with here.room.database.reading() as session:
        found = campaigns_within(session, here.actor, Act.SEE_DESK)
    return found[-1] if found else None


def _page(
    here: Visit,
    chosen: BaseMapChoice,
    version: str,
    *,
    shown: Background | None = None,
    tried: bool = False,
    key: str = "",
    error: LuJianError | None = None,
) -> HTMLResponse:
    settings, words = here.room.settings, here.words
    stored, _key = _stored(here)
    named = choice_names(words)
    operator = operator_choice(settings)
    in_force = operator or stored.choice or "none"
    made = _map(here, shown) if shown is not None else None
    answer = desk_page(
        here,
        "base_map.html",
        room="layers",
        status=status_of(error) if error else 200,
        problem=base_map_sentence(error, words) if error else "",
        done=here.request.query_params.get("done", "") if not error and not tried else "",
        operator=operator,
        in_force=named.get(in_force, in_force),
        broken=_broken(here, stored) if not operator else "",
        chosen=replace(chosen, choice=chosen.choice or "none"),
        has_key=stored.has_key,
        sealed=_sealed(here, key),
        version=version,
        choices=named,
        files=base_map.base_map_files(settings),
        folder=base_map.FOLDER,
        has_secret=here.room.sealer is not None,
        zooms=list(range(base_map.LEAST_ZOOM, USUAL_ZOOM + 1)),
        map=made,
        campaign={"ground": _ground(here)},
        tried=tried,
    )
    if shown is not None:
        answer.headers["Content-Security-Policy"] = content_policy(shown.url)
    return answer


def _sealed(here: Visit, key: str) -> str:
    sealer = here.room.sealer
    return sealer.seal(key).token.decode("ascii") if key and sealer is not None else ""


def _broken(here: Visit, stored: BaseMapChoice) -> str:
    """Say why the base map that was chosen is not shown; empty where it is."""
    try:
        keyed = stored.choice.startswith("tianditu")
        _, key = _stored(here, with_key=keyed)
        base_map.made_background(stored, key, here.room.settings)
    except BaseMapError as error:
        return base_map_sentence(error, here.words)
    return ""


def _ground(here: Visit) -> str:
    campaign = _campaign(here)
    return f"{DESK}/{campaign.slug}/ground.json" if campaign else ""


def _map(here: Visit, shown: Background) -> folium_map.MapParts:
    """Return a map with a base map below the ground of the newest campaign."""
    campaign = _campaign(here)
    lon, lat = _MIDDLE
    around = (lon - _AROUND_DEG, lat - _AROUND_DEG, lon + _AROUND_DEG, lat + _AROUND_DEG)
    made = folium_map.local_map(
        campaign.slug if campaign else "base-map",
        bounds=campaign.area.bounds if campaign else around,
        lang=content_language(here.lang),
        words=map_words(here.words, here.lang),
        ground=_ground(here),
        tiles=shown,
    )
    return folium_map.map_parts(made)
