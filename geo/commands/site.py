"""``python -m geo site``: which of the candidates should be built, and who is served by which."""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np

from core.errors import InvalidError, LuJianError
from core.settings import get_settings
from geo.aggregate import require_columns
from geo.commands.inputs import placed, say
from geo.crs import metric_crs_for
from geo.reading.limits import command_limits
from geo.reading.reader import read_path
from geo.reading.report import lines_about
from geo.siting.candidates import candidate_points
from geo.siting.child_process import SolvingFailedError, solve_in_child
from geo.siting.locate import (
    BadValueError,
    Located,
    Measured,
    Prepared,
    Question,
    located,
    numbers_of,
    prepare,
)
from geo.siting.masks import Mask
from geo.siting.problem import Flags, Floats, Model, Reason, Sites, Solution, Status
from geo.siting.road_network import NoRoadsError
from geo.siting.solve import TooManyPairsError
from geo.writing.result_files import write_frames

_NO = {"", "0", "no", "false", "n", "否", "nan", "none"}
_REASONS = {
    Reason.NO_DEMAND: "there is no demand with a place and a weight above 0",
    Reason.NO_CANDIDATES: "there is no candidate left on which something may stand",
    Reason.MUST_AND_MUST_NOT: "a candidate is marked both --must and --must-not",
    Reason.MUST_EXCEED_SITES: "more candidates are marked --must than --sites allows",
    Reason.MUST_EXCEED_BUDGET: "the candidates marked --must cost more than --budget",
    Reason.COVER_NEEDS_MORE: "serving all that can be reached takes {needed}",
    Reason.NO_TIME: "nothing was found within {seconds:g} s; give it more with --time-limit-s",
}


class BadOptionsError(InvalidError):
    """Options that do not go together. Parameter: ``what``."""

    code = "bad_options"


class InfeasibleError(InvalidError):
    """There is no solution. Parameters: ``reason``, ``needed``, ``seconds``."""

    code = "infeasible"


def sentence(error: LuJianError) -> str:
    """Say an error of siting in one line; empty for one of others."""
    given = error.params
    match error:
        case BadOptionsError():
            return str(given["what"])
        case InfeasibleError():
            told = _REASONS[given["reason"]]
            return told.format(needed=given["needed"], seconds=given["seconds"])
        case NoRoadsError():
            return "--roads: no line to walk along"
        case BadValueError():
            return f"column {given['column']!r}: {given['value']!r} is no number from 0 up"
        case TooManyPairsError():
            return (
                f"{given['pairs']} pairs of demand and candidates are too many for a median; "
                f"up to {given['most']} can be held: give --within-m or fewer candidates"
            )
        case SolvingFailedError():
            return "the process that solves ended without a result; it may lack memory"
    return ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("demand", type=Path, metavar="DEMAND", help="who is to be served")
    parser.add_argument("candidates", type=Path, metavar="CANDIDATES", help="points, plots, roads")
    parser.add_argument("--sites", type=int, metavar="K", help="so many new sites at most")
    parser.add_argument("--within-m", type=float, metavar="METRES", help="how far people go")
    parser.add_argument(
        "--model",
        choices=[str(one) for one in Model],
        default=str(Model.COVERAGE),
        help="serve most (the default), least way in sum, or all with the fewest sites",
    )
    parser.add_argument("--roads", type=Path, metavar="FILE", help="walk along these lines")
    parser.add_argument("--weight", metavar="COLUMN", help="of DEMAND: how much a row counts")
    parser.add_argument(
        "--person", metavar="COLUMN", help="of DEMAND: rows of one person count together as one"
    )
    parser.add_argument("--capacity", metavar="COLUMN", help="of CANDIDATES: the most each serves")
    parser.add_argument("--cost", metavar="COLUMN", help="of CANDIDATES: what each costs")
    parser.add_argument("--budget", type=float, metavar="COST", help="the most all may cost")
    for name, what in (
        ("existing", "open already, and counts for nothing"),
        ("must", "is chosen in any case"),
        ("must-not", "is never chosen"),
    ):
        parser.add_argument(f"--{name}", metavar="COLUMN", help=f"of CANDIDATES: {what}")
    parser.add_argument(
        "--mask",
        action="append",
        default=[],
        metavar="FILE[:METRES]",
        help="nothing may stand on these shapes, or so near; may be given several times",
    )
    parser.add_argument("--spacing-m", type=float, default=100.0, metavar="METRES")
    parser.add_argument("--kerb-m", type=float, default=6.0, metavar="METRES")
    parser.add_argument("--time-limit-s", type=float, default=120.0, metavar="SECONDS")
    parser.add_argument("--crs", metavar="CRS", help="system of DEMAND, whatever it states")
    parser.add_argument("--candidates-crs", metavar="CRS", help="the same for CANDIDATES")
    parser.add_argument("--encoding", help="of text in shapefiles and CSV, such as GBK")
    parser.add_argument("--layer", help="of DEMAND, where the file has several")
    parser.add_argument("--candidates-layer", metavar="LAYER", help="of CANDIDATES")
    parser.set_defaults(run=run, dask=None)


def run(options: argparse.Namespace) -> None:
    """Read the files, solve, write both layers, and say what was found."""
    _check(options)
    demand = _read(options, options.demand, options.crs, options.layer, overrule=True)
    given = _read(
        options, options.candidates, options.candidates_crs, options.candidates_layer, overrule=True
    )
    weights = _weights(options, demand)
    roads = None
    if options.roads is not None:
        roads = _read(options, options.roads, None, None, overrule=False).geometry
    candidates = _candidates(options, given, demand)
    prepared = prepare(
        demand,
        candidates,
        _question(options),
        weights=weights,
        sites=_sites(options, candidates),
        roads=roads,
        masks=[_mask(options, text) for text in options.mask],
    )
    solution = solve_in_child(prepared.problem, [])[0]
    if solution.status is Status.INFEASIBLE or solution.reason is Reason.NO_TIME:
        what = "a cost of" if options.budget is not None else "this many sites:"
        needed = "" if solution.needed is None else f"{what} {solution.needed:g}"
        raise InfeasibleError(
            reason=solution.reason, needed=needed or "more", seconds=options.time_limit_s
        )
    found = located(prepared, solution)
    _write(options, demand, candidates, prepared, solution, found)
    _say(options, demand, prepared, solution, found)


def _check(options: argparse.Namespace) -> None:
    model = Model(options.model)
    if options.sites is not None and options.sites < 1:
        raise BadOptionsError(what=f"--sites must be 1 or more, not {options.sites}")
    if model is not Model.COVER and options.sites is None and options.budget is None:
        raise BadOptionsError(what=f"--model {model} needs --sites or --budget")
    if model is not Model.MEDIAN and options.within_m is None:
        raise BadOptionsError(what=f"--model {model} needs --within-m")
    if options.budget is not None and options.cost is None:
        raise BadOptionsError(what="--budget needs --cost, the column that holds the costs")
    for name in ("within_m", "spacing_m", "time_limit_s"):
        value = getattr(options, name)
        if value is not None and not 0 < value < np.inf:
            option = "--" + name.replace("_", "-")
            raise BadOptionsError(what=f"{option} must be a positive number, not {value}")


def _read(
    options: argparse.Namespace, path: Path, crs: str | None, layer: str | None, *, overrule: bool
) -> gpd.GeoDataFrame:
    read = read_path(
        path,
        crs=crs or options.crs or "",
        encoding=options.encoding or "",
        layer=layer or "",
        overrule=overrule and crs is not None,
        limits=command_limits(get_settings()),
    )
    options.notes += lines_about(read)
    options.reading_mb = max(options.reading_mb, read.peak_mb)
    return placed(read)


def _weights(options: argparse.Namespace, demand: gpd.GeoDataFrame) -> Floats:
    """Return how much each row counts; the rows of one person together as much as one row."""
    require_columns(demand, [options.weight, options.person], what="demand")
    weights = np.ones(len(demand))
    if options.weight is not None:
        weights = numbers_of(demand, options.weight, empty=0.0)
    if options.person is not None:
        rows = demand.groupby(options.person, dropna=True)[options.person].transform("size")
        weights = weights / rows.fillna(1).to_numpy(dtype=np.float64)
    return weights


def _candidates(
    options: argparse.Namespace, given: gpd.GeoDataFrame, demand: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    made = candidate_points(
        given, crs=metric_crs_for(demand), spacing_m=options.spacing_m, kerb_m=options.kerb_m
    )
    made["source"] += 1
    made.insert(0, "candidate", np.arange(1, len(made) + 1))
    return made


def _sites(options: argparse.Namespace, candidates: gpd.GeoDataFrame) -> Sites:
    plain = Sites.plain(len(candidates))
    asked = [one for one in (options.cost, options.capacity) if one is not None]
    require_columns(candidates, asked, what="candidates")
    return Sites(
        existing=_flags(candidates, options.existing),
        must=_flags(candidates, options.must),
        must_not=_flags(candidates, options.must_not),
        cost=numbers_of(candidates, options.cost, empty=0.0) if options.cost else plain.cost,
        capacity=numbers_of(candidates, options.capacity, empty=np.inf)
        if options.capacity
        else plain.capacity,
    )


def _flags(frame: gpd.GeoDataFrame, column: str | None) -> Flags:
    """Return where a column says yes: whatever is not empty, 0, no or false."""
    if column is None:
        return np.zeros(len(frame), dtype=bool)
    require_columns(frame, [column], what="candidates")
    told = [str(value).strip().lower() for value in frame[column].tolist()]
    numbers = [one.rstrip("0").rstrip(".") if one.startswith("0.") else one for one in told]
    return np.array([one not in _NO and one != "<na>" for one in numbers], dtype=bool)


def _mask(options: argparse.Namespace, text: str) -> Mask:
    """Return ``FILE`` or ``FILE:METRES`` as a mask that is called as the file is."""
    name, _colon, metres = text.rpartition(":")
    buffer_m = 0.0
    if name and metres.replace(".", "", 1).isdigit():
        text, buffer_m = name, float(metres)
    path = Path(text)
    return Mask(path.stem, _read(options, path, None, None, overrule=False).geometry, buffer_m)


def _question(options: argparse.Namespace) -> Question:
    return Question(
        Model(options.model),
        options.sites,
        options.within_m,
        options.budget,
        by_cost=options.cost is not None,
        time_limit_s=options.time_limit_s,
    )


def _write(
    options: argparse.Namespace,
    demand: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    prepared: Prepared,
    solution: Solution,
    found: Located,
) -> None:
    served = found.served_by >= 0
    points = np.bincount(found.served_by[served], minlength=len(candidates))
    sites = candidates.assign(
        chosen=found.chosen,
        open=found.opened,
        serves=points,
        serves_weight=np.round(found.load, 6),
        must_not_stand_on=[", ".join(one) for one in prepared.against],
    )
    number = candidates["candidate"].to_numpy()
    by = [int(number[one]) if one >= 0 else None for one in found.served_by.tolist()]
    people = demand.assign(served_by=by, distance_m=np.round(found.metres, 1))
    people["served_by"] = people["served_by"].astype("Int64")
    told = {
        "model": str(prepared.problem.model),
        "status": str(solution.status),
        "objective": solution.objective,
        "bound": solution.bound,
        "gap": solution.gap,
        "distance": str(prepared.measured),
        "measured_in": prepared.metric_crs,
    }
    write_frames({"candidates": sites, "demand": people}, options.output, foreign_members=told)


def _say(
    options: argparse.Namespace,
    demand: gpd.GeoDataFrame,
    prepared: Prepared,
    solution: Solution,
    found: Located,
) -> None:
    unit = {
        Model.COVERAGE: "weight served",
        Model.MEDIAN: "weight times metres",
        Model.COVER: "cost of the sites" if options.cost else "sites",
    }[prepared.problem.model]
    proof = "proven best" if solution.status is Status.OPTIMAL else "not proven best"
    say(
        f"{len(solution.chosen)} sites chosen, {proof}: objective {solution.objective:g} ({unit}), "
        f"bound {solution.bound:g}, gap {solution.gap:.3%}, {solution.seconds:.2f} s"
    )
    served = int((found.served_by >= 0).sum())
    way = "along the roads" if prepared.measured is Measured.WALKED else "in a straight line"
    limit = "" if options.within_m is None else f" within {options.within_m:g} m"
    say(
        f"{served} of {len(demand)} served{limit}, measured {way} in {prepared.metric_crs}; "
        f"no candidate reaches {int(found.unreachable.sum())}"
    )
    blocked = sum(bool(one) for one in prepared.against)
    if blocked:
        say(f"{blocked} candidates left out, as nothing may stand there")
