"""The areas of a layer become the borders of communities: what would change, then the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import shapely
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, QueryParams

from core import errors
from geo.borders.border_fit import BorderPiece, covered_share, gaps, overlaps
from geo.crs import WGS84
from geo.datum.compare import KnownGround
from layers.communities.communities import community_names
from layers.queries import LayerView, features_of, layer_seen
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from submissions.campaigns.phases import Phase, phase_at
from submissions.proposals.queries import CampaignView, all_campaigns
from submissions.proposals.reassign_communities import adopt_communities
from submissions.proposals.reassign_preview import Adoption, foresee
from web import presenters
from web.desk.frame import desk_page
from web.desk.layers.layers_pages import PATH, layer_words, may_be_borders, place_names
from web.desk.layers.where_map import where_map
from wording import formatting
from wording.layers import layer_sentence

router = APIRouter(dependencies=[desk(Act.LOAD_COMMUNITIES)])
COLUMNS = ("code", "name", "name_en", "subdistrict", "population")
NAMED = 12
MOST_PIECES = 200
#: By which names columns are found, the likeliest first.
_KNOWN = {
    "code": ("code", "代码", "社区代码", "统计代码", "编码", "区划代码"),
    "name": ("name_zh", "name", "名称", "社区名称", "社区"),
    "name_en": ("name_en", "英文名称"),
    "subdistrict": ("subdistrict", "街道", "街镇", "所属街道"),
    "population": ("population", "人口", "人口数", "常住人口"),
}


@dataclass
class BordersChoice:
    """What was chosen: a column for each thing, an edition, campaigns by their names."""

    columns: dict[str, str]
    edition: str = ""
    schematic: bool = False
    campaigns: list[str] = field(default_factory=list)

    def pairs(self) -> list[tuple[str, str]]:
        """Return it as the fields of a form."""
        found = [*self.columns.items(), ("edition", self.edition)]
        found += [("schematic", "1")] if self.schematic else []
        return found + [("campaign", slug) for slug in self.campaigns]

    def __getitem__(self, name: str) -> str:
        return self.columns[name]


@router.get("/desk/layers/{layer_id}/communities", response_class=HTMLResponse)
def look(here: Reader, layer_id: Number) -> Response:
    """Ask which column is what, and show what would change."""
    layer, campaigns = _opened(here, layer_id)
    asked = here.request.query_params
    if not asked.get("look"):
        return _page(here, layer, campaigns, _guessed(layer, campaigns))
    return _looked(here, layer, campaigns, _typed(asked))


def _looked(
    here: Visit, layer: LayerView, campaigns: list[CampaignView], typed: BordersChoice
) -> HTMLResponse:
    ids = [one.id for one in campaigns if one.slug in typed.campaigns]
    try:
        with here.room.database.reading() as session:
            frame = _frame(session, layer, typed)
            found = foresee(session, here.actor, frame, typed.edition, ids)
        chosen = [one for one in campaigns if one.id in set(ids)]
        covering, drawn = _covering(here, frame, chosen)
    except errors.LuJianError as error:
        said, status = layer_sentence(error, here.words), status_of(error)
        return _page(here, layer, campaigns, typed, status=status, problem=said)
    return _page(here, layer, campaigns, typed, found=found, covering=covering, drawn=drawn)


@router.post("/desk/layers/{layer_id}/communities")
async def adopt(here: Reader, request: Request, layer_id: Number) -> Response:
    """Put the borders in place and give all proposals of the campaigns their communities."""
    async with request.form(max_files=0, max_fields=200) as sent:
        return await in_turn(here.room.writing, _adopt, here, layer_id, _typed(sent))


def _adopt(here: Visit, layer_id: int, typed: BordersChoice) -> Response:
    layer, campaigns = _opened(here, layer_id)
    ids, moment = tuple(one.id for one in campaigns if one.slug in typed.campaigns), now()

    def act(session: Session) -> None:
        adopt_communities(
            session,
            here.actor,
            typed.edition,
            _frame(session, layer, typed),
            source=layer.source or layer.file_name or layer.title["zh_CN"],
            schematic=typed.schematic,
            campaign_ids=ids,
            now=moment,
        )

    try:
        here.room.database.write(act)
    except errors.LuJianError as error:
        said, status = layer_sentence(error, here.words), status_of(error)
        return _page(here, layer, campaigns, typed, status=status, problem=said)
    return RedirectResponse(f"{PATH}/{layer_id}?done=borders", status_code=303)


def _opened(here: Visit, layer_id: int) -> tuple[LayerView, list[CampaignView]]:
    """Return the layer, and the campaigns that may be put on its borders.

    Raises ``NotFoundError`` for whoever may load no communities there.
    """
    with here.room.database.reading() as session:
        layer = layer_seen(session, here.actor, layer_id)
        if not may_be_borders(here, layer):
            raise errors.NotFoundError(kind="page")
        return layer, all_campaigns(session, here.actor, Act.LOAD_COMMUNITIES)


def _guessed(layer: LayerView, campaigns: list[CampaignView]) -> BordersChoice:
    """Return what to begin with: the columns by their names, the open campaigns, this year."""
    lower = {one.name.lower(): one.name for one in layer.fields}
    columns = {
        wanted: next((lower[name] for name in names if name in lower), "")
        for wanted, names in _KNOWN.items()
    }
    moment = now()
    slugs = [
        one.slug
        for one in campaigns
        if one.published_at and phase_at(one, moment) in (Phase.ANNOUNCED, Phase.COLLECTING)
    ]
    return BordersChoice(columns, str(moment.year), layer.schematic, slugs)


def _typed(given: QueryParams | FormData) -> BordersChoice:
    columns = {name: str(given.get(name) or "")[:80] for name in COLUMNS}
    campaigns = [str(slug) for slug in given.getlist("campaign")]
    edition = str(given.get("edition") or "").strip()[:80]
    return BordersChoice(columns, edition, bool(given.get("schematic")), campaigns)


def _frame(session: Session, layer: LayerView, typed: BordersChoice) -> gpd.GeoDataFrame:
    """Return the layer's features as communities. Raises ``InvalidError`` (``column``)."""
    found = features_of(session, layer)
    known = {one.name for one in layer.fields}
    chosen = {name: column for name, column in typed.columns.items() if column}
    if not {"code", "name"} <= chosen.keys() or not set(chosen.values()) <= known:
        raise errors.InvalidError(field="column")
    table = {name: [row.get(column) for row in found.properties] for name, column in chosen.items()}
    return gpd.GeoDataFrame(table, geometry=list(found.geometries), crs=WGS84)


def _page(
    here: Visit,
    layer: LayerView,
    campaigns: list[CampaignView],
    typed: BordersChoice,
    *,
    status: int = 200,
    problem: str = "",
    found: Adoption | None = None,
    covering: Sequence[str] = (),
    drawn: Any = "",
) -> HTMLResponse:
    with here.room.database.reading() as session:
        names = place_names(session, here)
        editions = sorted({one.edition for one in community_names(session)})
    return desk_page(
        here,
        "community_borders.html",
        room="layers",
        status=status,
        layer=layer_words(here, layer, names),
        columns=[one.name for one in layer.fields],
        typed=typed,
        editions=editions,
        campaigns=[
            {"slug": one.slug, "title": _title(here, one), "edition": one.edition}
            for one in campaigns
        ],
        problem=problem,
        effects=[*_told(here, found), *covering] if found else [],
        table=_table(here, found, campaigns) if found else None,
        map=drawn,
        kept=typed.pairs(),
    )


def _title(here: Visit, campaign: CampaignView) -> str:
    return presenters.title(here, campaign) or campaign.slug


def _told(here: Visit, found: Adoption) -> list[str]:
    """Say how the communities differ from those there are."""
    words, lang = here.words, here.lang
    many = words.ngettext("{n} community", "{n} communities", found.communities)
    lines = [many.format(n=formatting.number(found.communities, lang))]
    if found.new:
        said = words.gettext("New, compared with {edition}: {names}")
        lines.append(said.format(edition=found.compared, names=_few(here, found.new)))
    if found.gone:
        said = words.gettext("Gone, compared with {edition}: {names}")
        lines.append(said.format(edition=found.compared, names=_few(here, found.gone)))
    if found.moved:
        said = words.gettext("Borders moved, compared with {edition}: {names}")
        stays = words.gettext("{name} ({share} stays)")
        names = tuple(
            stays.format(name=name, share=formatting.percent(share, lang))
            for name, share in found.moved
        )
        lines.append(said.format(edition=found.compared, names=_few(here, names)))
    return lines


def _covering(
    here: Visit, frame: gpd.GeoDataFrame, campaigns: Sequence[CampaignView]
) -> tuple[list[str], Any]:
    """Say how much of each campaign's area is covered, and what is a gap or belongs to two.

    With a map of it.
    """
    _, lang = here.words.gettext, here.lang
    covers = _("They cover {share} of the area of “{campaign}”.")
    lines = []
    area = shapely.union_all([one.area for one in campaigns]) if campaigns else None
    open_ = [] if area is None else gaps(frame, area)
    for one in campaigns:
        share = formatting.percent(covered_share(frame, one.area), lang)
        lines.append(covers.format(share=share, campaign=_title(here, one)))
    twice = overlaps(frame)
    if open_:
        said = here.words.ngettext(
            "{n} gap: {area} belong to none of them (violet on the map).",
            "{n} gaps: {area} belong to none of them (violet on the map).",
            len(open_),
        )
        lines.append(said.format(n=formatting.number(len(open_), lang), area=_size(open_, lang)))
    if twice:
        told = _(
            "Some of them overlap: {area} belong to two at once (red on the map); what is proposed "
            "there is counted in one of them."
        )
        lines.append(told.format(area=_size(twice, lang)))
    marked = [("lj-w-gap", one.shape) for one in open_[:MOST_PIECES]]
    marked += [("lj-w-overlap", one.shape) for one in twice[:MOST_PIECES]]
    ground = KnownGround(named=list(frame.geometry), names=[""] * len(frame), area=area)
    label = _("Map of the borders, with gaps and overlaps")
    return lines, where_map(ground, [], marked=marked, label=label)


def _size(pieces: Sequence[BorderPiece], lang: str) -> str:
    return formatting.area(sum(one.area_m2 for one in pieces), lang)


def _few(here: Visit, names: tuple[str, ...]) -> str:
    told = formatting.enumerated(names[:NAMED], here.lang)
    more = len(names) - NAMED
    return told + (" " + here.words.gettext("and {n} more").format(n=more) if more > 0 else "")


def _table(here: Visit, found: Adoption, campaigns: list[CampaignView]) -> dict[str, Any] | None:
    _, lang = here.words.gettext, here.lang
    titles = {one.slug: _title(here, one) for one in campaigns}
    rows = [
        [
            titles.get(one.slug, one.slug),
            *(
                formatting.number(value, lang)
                for value in (one.proposals, one.changed, one.outside_before, one.outside)
            ),
        ]
        for one in found.effects
    ]
    head = [
        _("Campaign"),
        _("Proposals"),
        _("get another community"),
        _("lie in none now"),
        _("would lie in none"),
    ]
    return {"head": head, "rows": rows} if rows else None
