"""Community polygons by edition: loading them, and reading them back ready to locate points in.

All geometry here is WGS 84 (EPSG:4326). What is read is kept by the edition's fingerprint, a hash
of its content, so that a filing costs no polygon parsing and a new edition is noticed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from core.cache import CACHE
from core.errors import BadFileError, FileProblem, InvalidError, NotAllowedError, NotFoundError
from core.text import shows_nothing
from geo.crs import WGS84, areas_m2, frame_to_wgs84, require_crs
from geo.point_in_polygon import PolygonIndex
from layers.models import Community, Edition
from people.access.actor import Actor, Where
from people.access.permissions import Act, check_may_somewhere, may
from people.audit.record import record

#: A community's statistical code begins with the nine digits of its subdistrict.
SUBDISTRICT_DIGITS = 9
COLUMNS = ("code", "edition", "name", "name_en", "subdistrict", "population", "geometry")
_OPTIONAL = ("name_en", "subdistrict", "population")


@dataclass(frozen=True)
class LoadReport:
    """What loading an edition did. ``changed`` is False when it was there already, the same."""

    edition: str
    communities: int
    changed: bool
    replaced: bool
    repairs: tuple[str, ...]


@dataclass(frozen=True)
class CommunityIndex:
    """Polygons to locate points in, and the codes in the same order."""

    edition: str
    codes: tuple[str, ...]
    polygons: PolygonIndex

    def locate_one(self, longitude: float, latitude: float) -> str | None:
        """Return the code of the community a WGS 84 point lies in, or None."""
        position = self.polygons.locate_one(longitude, latitude)
        return None if position < 0 else self.codes[position]

    def locate(self, longitudes: Any, latitudes: Any) -> list[str | None]:
        """Return the community code of each WGS 84 point, None where there is none."""
        positions = self.polygons.locate(np.asarray(longitudes), np.asarray(latitudes))
        return [None if p < 0 else self.codes[p] for p in positions.tolist()]


@dataclass(frozen=True)
class _Kept:
    frame: gpd.GeoDataFrame
    index: CommunityIndex


def load_communities(
    session: Session,
    actor: Actor,
    edition: str,
    frame: gpd.GeoDataFrame,
    *,
    source: str,
    schematic: bool,
    now: datetime,
) -> LoadReport:
    """Store the polygons of one edition, replacing what it held before.

    ``frame`` is in any stated CRS, one row per community, with columns ``code`` and ``name``, and
    if there are any ``name_en``, ``subdistrict`` and ``population`` (persons). Invalid polygons
    are repaired and named in the report. Loading the same content again changes nothing. Proposals
    keep their old community until ``submissions.proposals.reassign_communities`` re-assigns them.

    Raises ``NotAllowedError``, also where any of the communities, loaded or replaced, lies out of
    this person's reach; ``BadFileError`` for what cannot be a set of communities;
    ``geo.crs.MissingCrsError``.
    """
    check_may_somewhere(actor, Act.LOAD_COMMUNITIES, action="load_communities")
    if not edition.strip() or len(edition) > 40:
        raise InvalidError(field="edition", reason="1 to 40 characters")
    communities, repairs = checked_communities(frame, edition)
    fingerprint = _fingerprint(communities)
    present = session.get(Edition, edition)
    before = session.scalars(select(Community.code).where(Community.edition == edition)).all()
    for code in {*communities["code"], *before}:
        if not may(actor, Act.LOAD_COMMUNITIES, Where(code[:SUBDISTRICT_DIGITS], code, edition)):
            raise NotAllowedError(action="load_communities", code=code)
    report = LoadReport(edition, len(communities), True, present is not None, tuple(repairs))
    if present is not None and present.fingerprint == fingerprint:
        return LoadReport(edition, len(communities), False, False, tuple(repairs))
    if present is None:
        present = Edition(name=edition)
        session.add(present)
    present.source, present.schematic = source, schematic
    present.loaded_at, present.fingerprint = now, fingerprint
    session.flush()
    session.execute(delete(Community).where(Community.edition == edition))
    session.execute(insert(Community), communities.to_dict("records"))
    details = {"edition": edition, "communities": len(communities), "source": source}
    record(session, actor, "communities_loaded", now=now, details=details)
    return report


def community_frame(session: Session, edition: str) -> gpd.GeoDataFrame:
    """Return the communities of an edition, EPSG:4326, ordered by code.

    Columns code, edition, name, name_en, subdistrict, population (nullable), area_km2 (measured in
    the metric CRS), geometry. The frame is the caller's own copy. Raises ``NotFoundError``.
    """
    return _kept(session, edition).frame.copy()


def community_index(session: Session, edition: str) -> CommunityIndex:
    """Return the edition's polygons, ready to locate points in. Raises ``NotFoundError``."""
    return _kept(session, edition).index


def community_at(
    session: Session, edition: str, longitude: float, latitude: float
) -> dict[str, str] | None:
    """Return the name by language of the community a WGS 84 point lies in, or None."""
    kept = _kept(session, edition)
    position = kept.index.polygons.locate_one(longitude, latitude)
    if position < 0:
        return None
    name, name_en = kept.frame["name"].iat[position], kept.frame["name_en"].iat[position]
    return {"zh_CN": name, "en": name_en or name}


def edition_named(session: Session, edition: str) -> Edition:
    """Return the row of an edition. Raises ``NotFoundError``."""
    present = session.get(Edition, edition)
    if present is None:
        raise NotFoundError(kind="edition", name=edition)
    return present


def is_schematic(session: Session, edition: str) -> bool:
    """Tell whether the edition's polygons are a drawing, not a survey. Raises ``NotFoundError``."""
    return edition_named(session, edition).schematic


def _kept(session: Session, edition: str) -> _Kept:
    present = edition_named(session, edition)
    session.info[("edition", edition)] = present  # the identity map itself holds it only weakly
    # The fingerprint names the content, so all threads may share it.
    key = ("edition", present.fingerprint)
    return CACHE.keep(key, lambda: _read(session, edition))


def _read(session: Session, edition: str) -> _Kept:
    columns = [getattr(Community, name) for name in COLUMNS]
    rows = session.execute(
        select(*columns).where(Community.edition == edition).order_by(Community.code)
    ).all()
    frame = gpd.GeoDataFrame(rows, columns=list(COLUMNS), geometry="geometry", crs=WGS84)
    frame["population"] = frame["population"].astype("Int64")
    frame.insert(len(COLUMNS) - 1, "area_km2", areas_m2(frame) / 1e6)
    index = CommunityIndex(edition, tuple(frame["code"]), PolygonIndex(frame))
    return _Kept(frame, index)


def checked_communities(
    frame: gpd.GeoDataFrame, edition: str
) -> tuple[gpd.GeoDataFrame, Sequence[str]]:
    """Return communities as they are stored, by code, and the repairs of their polygons.

    As for ``load_communities``. Raises ``BadFileError``, ``geo.crs.MissingCrsError``.
    """
    for column in ("code", "name"):
        if column not in frame.columns:
            raise BadFileError(reason=f"the communities have no column {column!r}")
    if frame.empty:
        raise BadFileError(reason="the file holds no community")
    require_crs(frame, what="communities")
    frame = frame_to_wgs84(frame).reset_index(drop=True)
    kept = gpd.GeoDataFrame(
        {"code": [_text(v) for v in frame["code"]], "edition": edition},
        geometry=frame.geometry.array,
        crs=WGS84,
    )
    kept["name"] = [_text(value) for value in frame["name"]]
    for column in _OPTIONAL:
        values = frame[column] if column in frame.columns else [None] * len(frame)
        read = _persons if column == "population" else _text
        kept[column] = pd.Series([read(value) for value in values], dtype=object)
    _refuse_gaps(kept)
    checked = PolygonIndex(kept)
    for row, shape in enumerate(checked.polygons, start=1):
        if shape.is_empty:
            raise BadFileError(
                reason=f"row {row} has no polygon with an area",
                problem=FileProblem.NO_POLYGON,
                row=row,
            )
    kept["geometry"] = shapely.force_2d(checked.polygons)
    repairs = [str(repair) for repair in checked.repairs]
    return kept.sort_values("code", ignore_index=True), repairs


def _refuse_gaps(frame: gpd.GeoDataFrame) -> None:
    for column in ("code", "name"):
        gaps = frame.index[frame[column].isna()]
        if len(gaps):
            row = int(gaps[0]) + 1
            raise BadFileError(
                reason=f"row {row} has no {column}", problem=FileProblem(f"no_{column}"), row=row
            )
    twice = frame.loc[frame["code"].duplicated(), "code"]
    if len(twice):
        told = f"code {twice.iloc[0]} stands there more than once"
        raise BadFileError(reason=told, problem=FileProblem.TWICE, code=twice.iloc[0])
    for row, shape in enumerate(frame.geometry, start=1):
        if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
            raise BadFileError(
                reason=f"row {row} has no polygon", problem=FileProblem.NO_POLYGON, row=row
            )


def _text(value: Any) -> str | None:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return None if shows_nothing(text) else text


def _persons(value: Any) -> int | None:
    text = _text(value)
    if text is None:
        return None
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        raise BadFileError(
            reason=f"{text!r} is no number of persons", problem=FileProblem.PERSONS, value=text
        ) from None
    if not (0 <= number < 2**31) or number != int(number):
        raise BadFileError(
            reason=f"{text!r} is no number of persons", problem=FileProblem.PERSONS, value=text
        )
    return int(number)


def _fingerprint(frame: gpd.GeoDataFrame) -> str:
    digest = sha256()
    for row in frame.itertuples(index=False):
        values = [str(getattr(row, name)) for name in COLUMNS if name != "geometry"]
        digest.update("\x1f".join(values).encode())
        digest.update(shapely.to_wkb(row.geometry, byte_order=1))
    return digest.hexdigest()


@dataclass(frozen=True)
class CommunityName:
    """A community without its polygon."""

    code: str
    edition: str
    name: str
    name_en: str
    subdistrict: str


def community_names(session: Session) -> list[CommunityName]:
    """Return the communities of every edition, the latest edition first, ordered by code."""
    rows = session.execute(
        select(
            Community.code,
            Community.edition,
            Community.name,
            Community.name_en,
            Community.subdistrict,
        ).order_by(Community.edition.desc(), Community.code)
    )
    return [
        CommunityName(
            row.code, row.edition, row.name, row.name_en or row.name, row.subdistrict or ""
        )
        for row in rows
    ]
