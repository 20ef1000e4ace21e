"""Schemes that firms hand back: checked for place and size, kept as draft layers, decided on.

A scheme with geometries was read by the one reader (``layers.read_upload``), and is a draft layer
from then on, tied to the topic of its pack; a PDF is kept as it came and never opened here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import geopandas as gpd
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import EmptyTextError, InvalidError, NotFoundError, WrongStateError
from core.text import clean_text
from geo.crs import WGS84, metric_crs_for, reproject
from layers.manage import LayerTexts, add_layer, show_layer, version_of
from layers.models import UploadedFeature, UploadedLayer
from layers.read_upload import UploadRead
from layers.visibility import LayerUse, Shown
from packs.letters import PackTemplate, link_params
from packs.links import open_row, write_to
from packs.models import Pack, PackLink, PackScheme
from packs.states import SchemeState
from people.access.actor import OPERATOR, Actor
from people.access.idempotency_key import token_for
from people.audit.record import record
from submissions.campaigns.models import Campaign
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status

#: Proposals within so many metres of a scheme are counted, as the crow flies.
NEAR_M = 100.0
#: What lies further from the place of its pack is refused: its coordinate system is another.
FAR_M = 5_000.0
MOST_NOTE, MOST_NAME, MOST_SCHEMES = 2_000, 200, 50
COLOUR = "#7570b3"
_NEAR_DEG = 0.002


@dataclass(frozen=True)
class SchemeView:
    """A scheme; see ``packs.models.PackScheme``."""

    id: int
    pack_id: int
    link_id: int
    firm: str
    topic_id: int | None
    layer_id: int | None
    file_name: str
    file: str
    size: int
    note: str
    crs: str
    features: int
    away_m: float | None
    area_m2: float | None
    length_m: float | None
    state: str
    word: str
    by: str
    sent: datetime
    decided: datetime | None


@dataclass(frozen=True)
class NearScheme:
    """Published proposals of a campaign around a scheme, by their pins in WGS 84 degrees."""

    ids: tuple[str, ...]
    longitude: tuple[float, ...]
    latitude: tuple[float, ...]
    category: tuple[str, ...]
    metres: tuple[float, ...]

    @property
    def near(self) -> int:
        """How many lie within ``NEAR_M`` metres."""
        return sum(one <= NEAR_M for one in self.metres)


@dataclass(frozen=True)
class Sent:
    """What a firm sends: the file's name, its bytes' number and SHA-256, what it says to it."""

    file_name: str
    size: int
    digest: str
    note: str
    token: str

    @classmethod
    def of(cls, file_name: str, data: bytes, note: str, token: str) -> Sent:
        """Return it of a file's bytes."""
        return cls(file_name[-MOST_NAME:], len(data), sha256(data).hexdigest(), note, token)


@dataclass(frozen=True)
class Measured:
    """How large geometries are and how far from a place, in metres of a projected system."""

    away_m: float
    area_m2: float
    length_m: float


def measured(geometries: Sequence[Any], place: Any) -> Measured:
    """Measure geometries (WGS 84), and how far their nearest part lies from a place (WGS 84).

    In the system of ``geo.crs.metric_crs_for`` at the place. Lines count for their length, areas
    for what they cover together.
    """
    ground = gpd.GeoSeries([place], crs=WGS84)
    crs = metric_crs_for(gpd.GeoDataFrame(geometry=ground))
    there = reproject(ground, crs).iloc[0]
    shapes = reproject(gpd.GeoSeries(list(geometries), crs=WGS84), crs).to_numpy()
    dimension = shapely.get_dimensions(shapes)
    areas = shapely.union_all(shapes[dimension == 2])
    return Measured(
        float(shapely.distance(shapes, there).min()),
        float(areas.area),
        float(shapely.length(shapes[dimension == 1]).sum()),
    )


def hand_back_layer(
    session: Session, actor: Actor, key: str, sent: Sent, read: UploadRead, *, now: datetime
) -> int:
    """Keep a scheme as a draft layer, as the firm of a link; return the scheme's id.

    The same sent twice with one token is kept once. Raises what ``links.open_row`` raises;
    ``InvalidError`` (``file``: ``far`` with ``metres``, or too many); what ``add_layer`` raises.
    """
    link = open_row(session, actor, key, now=now)
    pack = session.get_one(Pack, link.pack_id)
    token = token_for(sent.token, sent.file_name, sent.note, read.fingerprint)
    if (before := _before(session, link, token)) is not None:
        return before
    size = measured(read.geometries, pack.outline)
    if size.away_m > FAR_M:
        raise InvalidError(field="file", reason="far", metres=round(size.away_m))
    campaign = session.get_one(Campaign, pack.campaign_id)
    title = f"{link.firm}：{pack.title}"[:80]
    texts = LayerTexts(title, "", str(LayerUse.REFERENCE), COLOUR, link.firm, schematic=False)
    # Firms may load no layers; the office's server does, and the audit trail names the firm.
    layer_id = add_layer(
        session,
        OPERATOR,
        texts,
        read,
        token=f"scheme{link.id}.{token}",
        subdistrict=campaign.subdistrict,
        file_name=sent.file_name,
        now=now,
    )
    kept = {
        "layer_id": layer_id,
        "crs": read.crs,
        "features": len(read.rows),
        "area_m2": size.area_m2,
        "length_m": size.length_m,
        "away_m": size.away_m,
    }
    return _keep(session, actor, link, pack, sent, token, kept, now)


def hand_back_pdf(
    session: Session, actor: Actor, key: str, sent: Sent, file: str, *, now: datetime
) -> int:
    """Keep a scheme that is a PDF, stored under ``file``, as the firm of a link; return its id.

    The same sent twice with one token is kept once. Raises what ``links.open_row`` raises;
    ``InvalidError`` (``file``) for too many.
    """
    link = open_row(session, actor, key, now=now)
    pack = session.get_one(Pack, link.pack_id)
    token = token_for(sent.token, sent.file_name, sent.note, sent.digest)
    if (before := _before(session, link, token)) is not None:
        return before
    return _keep(session, actor, link, pack, sent, token, {"file": file}, now)


def decide_scheme(
    session: Session,
    actor: Actor,
    pack: Pack,
    scheme_id: int,
    *,
    accepted: bool,
    word: str,
    now: datetime,
) -> None:
    """Accept a scheme, or not, with a word to the firm, which gets a letter.

    An accepted layer is shown to everybody at the desk. Whoever calls may give the pack. Raises
    ``NotFoundError``; ``WrongStateError`` for one that is decided; ``EmptyTextError`` without a
    word, ``LongTextError``.
    """
    row, link = _row(session, pack.id, scheme_id)
    if row.state != SchemeState.SENT:
        raise WrongStateError(status=row.state, wanted=str(SchemeState.SENT))
    row.state = str(SchemeState.ACCEPTED if accepted else SchemeState.REJECTED)
    row.word = clean_text(word, most=MOST_NOTE)
    row.decided, row.account_id, row.by = now, actor.account_id, actor.name
    session.flush()
    layer = session.get(UploadedLayer, row.layer_id) if row.layer_id else None
    if accepted and layer is not None and layer.removed is None and layer.shown == Shown.DRAFT:
        version = version_of(layer)
        show_layer(session, actor, layer.id, str(Shown.DESK), version=version, now=now)
    told = {"pack": pack.id, "title": pack.title, "firm": link.firm, "scheme": row.id}
    about: dict[str, Any] = {"now": now, "campaign_id": pack.campaign_id, "details": told}
    if accepted:
        record(session, actor, "scheme_accepted", **about)
    else:
        record(session, actor, "scheme_rejected", **about)
    params = {**link_params(pack, link), "accepted": accepted, "word": row.word}
    write_to(session, link, PackTemplate.SCHEME, params, key=str(row.id), now=now)


def schemes(session: Session, *, pack_id: int = 0, link_id: int = 0) -> list[SchemeView]:
    """Return the schemes of a pack, or of one link, the latest first."""
    mine = PackLink.pack_id == pack_id if pack_id else PackLink.id == link_id
    rows = session.execute(
        select(PackScheme, PackLink)
        .join(PackLink, PackLink.id == PackScheme.link_id)
        .where(mine)
        .order_by(PackScheme.id.desc())
    )
    return [_view(row, link) for row, link in rows]


def scheme_of(session: Session, pack_id: int, scheme_id: int) -> SchemeView:
    """Return a scheme of a pack. Raises ``NotFoundError``."""
    return _view(*_row(session, pack_id, scheme_id))


def scheme_shapes(session: Session, scheme: SchemeView) -> list[Any]:
    """Return the geometries of a scheme (WGS 84), none of a PDF."""
    if scheme.layer_id is None:
        return []
    found = select(UploadedFeature.geometry).where(UploadedFeature.layer_id == scheme.layer_id)
    return list(session.scalars(found.order_by(UploadedFeature.number)))


def near_scheme(
    session: Session, campaign_id: int, shapes: Sequence[Any], *, within_m: float = NEAR_M
) -> NearScheme:
    """Return the published proposals within so many metres of geometries, the nearest first.

    Geometries are WGS 84. Distances are measured in the projected system of
    ``geo.crs.metric_crs_for`` at the geometries.
    """
    if not shapes:
        return NearScheme((), (), (), (), ())
    there = gpd.GeoSeries(list(shapes), crs=WGS84)
    pad = max(_NEAR_DEG, within_m / 50_000)
    west, south, east, north = there.total_bounds
    columns = Proposal.public_id, Proposal.longitude, Proposal.latitude, Proposal.category
    rows = session.execute(
        select(*columns)
        .where(
            Proposal.campaign_id == campaign_id,
            Proposal.status == str(Status.PUBLISHED),
            Proposal.longitude.between(float(west) - pad, float(east) + pad),
            Proposal.latitude.between(float(south) - pad, float(north) + pad),
        )
        .order_by(Proposal.id)
    ).all()
    crs = metric_crs_for(gpd.GeoDataFrame(geometry=there))
    pins = reproject(
        gpd.GeoSeries(
            gpd.points_from_xy([r.longitude for r in rows], [r.latitude for r in rows]), crs=WGS84
        ),
        crs,
    )
    tree = shapely.STRtree(reproject(there, crs).to_numpy())
    hits, metres = tree.query_nearest(
        pins.to_numpy(), max_distance=within_m, return_distance=True, all_matches=False
    )
    found = sorted(zip(metres.tolist(), hits[0].tolist(), strict=True))
    return NearScheme(
        tuple(rows[at].public_id for _m, at in found),
        tuple(rows[at].longitude for _m, at in found),
        tuple(rows[at].latitude for _m, at in found),
        tuple(rows[at].category for _m, at in found),
        tuple(round(m, 2) for m, _at in found),
    )


def _before(session: Session, link: PackLink, token: str) -> int | None:
    """Return the scheme that was sent with a token; raise ``InvalidError`` for too many."""
    mine = PackScheme.link_id == link.id
    before = session.scalar(select(PackScheme.id).where(mine, PackScheme.token == token))
    if before is None and (session.scalar(select(func.count()).where(mine)) or 0) >= MOST_SCHEMES:
        raise InvalidError(field="file", reason="many", most=MOST_SCHEMES)
    return before


def _keep(
    session: Session,
    actor: Actor,
    link: PackLink,
    pack: Pack,
    sent: Sent,
    token: str,
    kept: dict[str, Any],
    now: datetime,
) -> int:
    row = PackScheme(
        **{
            "link_id": link.id,
            "topic_id": pack.topic_id,
            "token": token,
            "file_name": sent.file_name,
            "file": "",
            "size": sent.size,
            "digest": sent.digest,
            "note": _optional(sent.note),
            "crs": "",
            "features": 0,
            "state": str(SchemeState.SENT),
            "word": "",
            "by": "",
            "sent": now,
        }
        | kept
    )
    session.add(row)
    session.flush()
    told = {"pack": pack.id, "title": pack.title, "firm": link.firm, "scheme": row.id}
    record(session, actor, "scheme_sent", now=now, campaign_id=pack.campaign_id, details=told)
    return row.id


def _optional(text: str) -> str:
    try:
        return clean_text(text, most=MOST_NOTE)
    except EmptyTextError:
        return ""


def _row(session: Session, pack_id: int, scheme_id: int) -> tuple[PackScheme, PackLink]:
    row = session.get(PackScheme, scheme_id, populate_existing=True)
    link = None if row is None else session.get_one(PackLink, row.link_id)
    if row is None or link is None or link.pack_id != pack_id:
        raise NotFoundError(kind="scheme", id=scheme_id)
    return row, link


def _view(row: PackScheme, link: PackLink) -> SchemeView:
    known = {"pack_id", "firm"}
    plain = [name for name in SchemeView.__dataclass_fields__ if name not in known]
    told = {name: getattr(row, name) for name in plain}
    return SchemeView(**told, pack_id=link.pack_id, firm=link.firm)
