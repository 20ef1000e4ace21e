"""Doubtful locations of a campaign, each with a fix that a person may apply: none moves by itself.

Looked at is what is received, held or published. WGS 84 degrees in and out; distances are metres,
measured in EPSG:4548 (``geo.location_tests``). The layers of the demo place are schematic, so what
lies on their water or rails is a hint: ``details["schematic"]`` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from geo import location_tests
from geo.crs import BD09, CHINESE_SYSTEMS, GCJ02
from layers.gazetteer.mentioned_places import Named
from moderation.locations.location_reference import Feature, LocationReference, ground_of
from people.access.actor import Where
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import EntryChannel, Status

#: A text may name its neighbour: only a pin this far from what it names is doubted.
BESIDE_M = 60.0
RAIL_M = 4.0
WATER_M = 2.0
CLEAR_M = 8.0
MANY = 5
#: Of an import with fewer points nothing is said as a whole.
FEWEST_IMPORTED = 20
#: Of a larger one, so many spread over it speak for all.
MOST_LOOKED_AT = 10_000
MOST_OF_A_KIND = 2_000
MOST_NAMED = 200
_STATES = (str(Status.RECEIVED), str(Status.HELD), str(Status.PUBLISHED))


class DoubtKind(StrEnum):
    """What makes a location doubtful."""

    COMMUNITY = "community"
    WATER = "water"
    RAIL = "rail"
    CROWD = "crowd"
    IMPORT = "import"


@dataclass(frozen=True)
class Move:
    """A proposed place for one proposal, how far that is in metres, and what lies there."""

    public_id: str
    longitude: float
    latitude: float
    distance_m: float
    name_zh: str = ""
    name_en: str = ""


@dataclass(frozen=True)
class Doubt:
    """Something to look at; ``key`` names it for good, as long as the pin stays.

    ``sureness``: ``perhaps``, ``likely``, ``sure``. ``public_ids``: at most ``MOST_NAMED`` of the
    ``proposals``. ``moves``: proposed places, applied by ``changes.move_pin``. ``system``: of a
    whole import, the system its coordinates seem to be in, applied by ``review.convert_import``.

    ``details`` of a community: ``stated`` and ``located`` (name by language), ``distance_m``; of
    water and rail: ``name`` by language, ``schematic``; of a crowd: ``people``; of an import:
    ``import_key``, ``stated_crs`` and the figures of ``geo.location_tests.DatumFit``.
    """

    key: str
    kind: DoubtKind
    sureness: str
    public_ids: tuple[str, ...]
    proposals: int
    longitude: float
    latitude: float
    where: Where
    moves: tuple[Move, ...] = ()
    system: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Pins:
    """The proposals, and beside them arrays of where they are and what each of them names."""

    rows: list[Row[Any]]
    longitudes: NDArray[np.float64]
    latitudes: NDArray[np.float64]
    named: list[Named]


def find_doubts(session: Session, campaign: CampaignView) -> list[Doubt]:
    """Return the doubtful locations of a campaign: whole imports first, then what many share.

    It reads the whole campaign: see ``review.doubts_of`` for a page of what was found last. Raises
    ``NotFoundError`` for an edition that is gone.
    """
    ground = ground_of(session, campaign)
    pins = _pins(session, ground)
    found: list[Doubt] = []
    for finder in (_imports, _crowds, _strangers, _on_water, _on_rails):
        for number, doubt in enumerate(finder(ground, pins)):
            if number == MOST_OF_A_KIND:
                break
            found.append(doubt)
    return found


def _imports(ground: LocationReference, pins: _Pins) -> Iterator[Doubt]:
    """Compare each import as it is with what it would be in GCJ-02 or BD-09."""
    groups: dict[tuple[str, str], list[int]] = {}
    for number, row in enumerate(pins.rows):
        if row.entry == EntryChannel.IMPORT and row.raw_crs not in CHINESE_SYSTEMS:
            groups.setdefault((row.import_key or "", row.raw_crs), []).append(number)
    for (import_key, stated_crs), numbers in groups.items():
        if len(numbers) < FEWEST_IMPORTED:
            continue
        some = numbers[:: -(-len(numbers) // MOST_LOOKED_AT)]
        fits = [_fit(ground, pins, some, system) for system in (GCJ02, BD09)]
        best = min(fits, key=lambda fit: (fit.p_value, fit.worse - fit.better))
        if (sureness := how_sure(best)) is not None:
            yield _shifted(ground, pins, numbers, import_key, stated_crs, best, sureness)


def how_sure(fit: location_tests.DatumFit) -> str | None:
    """Return whether a shift is ``sure`` or ``likely``, or None for nothing to speak of.

    Sure: at most 1 in 10,000 by chance and 7 votes of 10; likely: 1 in 100 and 6 of 10.
    """
    votes = fit.better + fit.worse
    share = fit.better / votes if votes else 0.0
    if fit.p_value <= 1e-4 and share >= 0.7:
        return "sure"
    return "likely" if fit.p_value <= 0.01 and share >= 0.6 else None


def _fit(
    ground: LocationReference, pins: _Pins, numbers: list[int], system: str
) -> location_tests.DatumFit:
    named = [pins.named[number] for number in numbers]
    return location_tests.datum_fit(
        pins.longitudes[numbers],
        pins.latitudes[numbers],
        system=system,
        area=ground.campaign.area,
        polygons=ground.polygons,
        named=_only([each.communities for each in named]),
        goals=[place.geometry for place in ground.places],
        goal_rows=_only([each.places for each in named]),
        lines=ground.roads,
    )


def _only(found: list[frozenset[int]]) -> NDArray[np.intp]:
    """Return the one thing each text names, none for several."""
    return np.array(
        [min(each) if len(each) == 1 else location_tests.NONE for each in found], np.intp
    )


def _shifted(
    ground: LocationReference,
    pins: _Pins,
    numbers: list[int],
    import_key: str,
    stated_crs: str,
    fit: location_tests.DatumFit,
    sureness: str,
) -> Doubt:
    return Doubt(
        key=f"import:{import_key}:{stated_crs}"[:120],
        kind=DoubtKind.IMPORT,
        sureness=sureness,
        public_ids=tuple(pins.rows[number].public_id for number in numbers[:MOST_NAMED]),
        proposals=len(numbers),
        longitude=float(np.median(pins.longitudes[numbers])),
        latitude=float(np.median(pins.latitudes[numbers])),
        where=Where(ground.campaign.subdistrict),
        system=fit.system,
        details={"import_key": import_key, "stated_crs": stated_crs, "fit": fit},
    )


def _crowds(ground: LocationReference, pins: _Pins) -> Iterator[Doubt]:
    """Find many at one spot; those whose text names another place may go there."""
    places = _only([named.places for named in pins.named])
    goals = [place.geometry for place in ground.places]
    away_m = location_tests.metres_each(pins.longitudes, pins.latitudes, goals, places)
    for rows in location_tests.spots(pins.longitudes, pins.latitudes, least=MANY):
        numbers = rows.tolist()
        first = numbers[0]
        moves = [
            _to_place(ground, pins.rows[number], int(places[number]), float(away_m[number]))
            for number in numbers[:MOST_NAMED]
            if away_m[number] > BESIDE_M
        ]
        people = {pins.rows[number].author_key or number for number in numbers}
        x, y = float(pins.longitudes[first]), float(pins.latitudes[first])
        yield Doubt(
            key=f"crowd:{x:.7f},{y:.7f}",
            kind=DoubtKind.CROWD,
            sureness="likely" if len(people) >= MANY else "perhaps",
            public_ids=tuple(pins.rows[number].public_id for number in numbers[:MOST_NAMED]),
            proposals=len(numbers),
            longitude=x,
            latitude=y,
            where=_where(ground, pins.rows[first]),
            moves=tuple(move for move in moves if move is not None),
            details={"people": len(people)},
        )


def _to_place(
    ground: LocationReference, row: Row[Any], position: int, away_m: float
) -> Move | None:
    """Return a move to the place that the text names, if the campaign reaches there."""
    place = ground.places[position]
    inside = place.geometry.representative_point()
    if not ground.campaign.area.intersects(inside):
        return None
    return Move(row.public_id, inside.x, inside.y, away_m, place.name["zh_CN"], place.name["en"])


def _strangers(ground: LocationReference, pins: _Pins) -> Iterator[Doubt]:
    """Find those whose text names one community while the pin lies in another, or in none."""
    stated = _only([named.communities for named in pins.named])
    away_m = location_tests.metres_each(pins.longitudes, pins.latitudes, ground.polygons, stated)
    for number in np.flatnonzero(away_m > BESIDE_M).tolist():
        row, position = pins.rows[number], int(stated[number])
        fix = location_tests.nearest_inside(row.longitude, row.latitude, ground.polygons[position])
        names = _community_names(ground, position)
        move = fix and Move(row.public_id, *fix, names["zh_CN"], names["en"])
        yield _single(
            ground,
            row,
            DoubtKind.COMMUNITY,
            "likely" if away_m[number] > 5 * BESIDE_M else "perhaps",
            move,
            {
                "stated": names,
                "located": _located(ground, row.community_code),
                "distance_m": float(away_m[number]),
            },
            subject=str(ground.communities["code"].iat[position]),
        )


def _located(ground: LocationReference, code: str | None) -> dict[str, str] | None:
    found = np.flatnonzero(ground.communities["code"].to_numpy() == code)
    return _community_names(ground, int(found[0])) if len(found) else None


def _on_water(ground: LocationReference, pins: _Pins) -> Iterator[Doubt]:
    return _on(ground, pins, ground.water, DoubtKind.WATER, within_m=0.0, clear_m=WATER_M)


def _on_rails(ground: LocationReference, pins: _Pins) -> Iterator[Doubt]:
    return _on(ground, pins, ground.rails, DoubtKind.RAIL, within_m=RAIL_M, clear_m=CLEAR_M)


def _on(
    ground: LocationReference,
    pins: _Pins,
    features: list[Feature],
    kind: DoubtKind,
    *,
    within_m: float,
    clear_m: float,
) -> Iterator[Doubt]:
    shapes = [feature.geometry for feature in features]
    rows = location_tests.rows_on(pins.longitudes, pins.latitudes, shapes, within_m=within_m)
    for number in np.flatnonzero(rows != location_tests.NONE).tolist():
        row, feature = pins.rows[number], features[int(rows[number])]
        fix = location_tests.nearest_clear(
            row.longitude, row.latitude, shapes, clear_m=clear_m, area=ground.campaign.area
        )
        details = {"name": feature.name, "schematic": feature.schematic}
        move = None if fix is None else Move(row.public_id, *fix)
        sureness = "perhaps" if feature.schematic else "sure"
        yield _single(ground, row, kind, sureness, move, details)


def _single(
    ground: LocationReference,
    row: Row[Any],
    kind: DoubtKind,
    sureness: str,
    move: Move | None,
    details: dict[str, Any],
    *,
    subject: str = "",
) -> Doubt:
    """Return a doubt about one pin, named after the pin's place: moved, it is looked at anew."""
    place = f"{row.longitude:.6f},{row.latitude:.6f}"
    return Doubt(
        key=f"{kind}:{row.public_id}:{place}:{subject}"[:120],
        kind=kind,
        sureness=sureness,
        public_ids=(row.public_id,),
        proposals=1,
        longitude=row.longitude,
        latitude=row.latitude,
        where=_where(ground, row),
        moves=() if move is None else (move,),
        details=details,
    )


def _where(ground: LocationReference, row: Row[Any]) -> Where:
    return Where(ground.campaign.subdistrict, row.community_code or "", row.edition)


def _community_names(ground: LocationReference, position: int) -> dict[str, str]:
    row = ground.communities.iloc[position]
    return {"zh_CN": str(row["name"]), "en": str(row["name_en"] or row["name"])}


def _pins(session: Session, ground: LocationReference) -> _Pins:
    columns = (
        Proposal.public_id,
        Proposal.text,
        Proposal.longitude,
        Proposal.latitude,
        Proposal.author_key,
        Proposal.community_code,
        Proposal.edition,
        Proposal.entry,
        Proposal.raw_crs,
        Proposal.import_key,
    )
    rows: list[Row[Any]] = list(
        session.execute(
            select(*columns)
            .where(Proposal.campaign_id == ground.campaign.id, Proposal.status.in_(_STATES))
            .where(Proposal.length_m.is_(None), Proposal.area_m2.is_(None))
            .order_by(Proposal.id)
        )
    )
    return _Pins(
        rows,
        np.array([row.longitude for row in rows], dtype=np.float64),
        np.array([row.latitude for row in rows], dtype=np.float64),
        [ground.names.named_in(row.text) for row in rows],
    )
