"""Aggregation, hotspots and their significance on files: ``python -m geo aggregate …``.

Results go to the output file, a summary to standard error. A file, column or coordinate system that
will not do ends with exit code 2 and one line.
"""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from core.errors import BadFileError, InvalidError, LuJianError
from core.settings import get_settings
from geo.aggregate import MissingColumnError, NotPointsError, aggregate_parts
from geo.commands import change, inspect_file, representation, site
from geo.commands.inputs import proposal_parts, read_communities, read_proposals, say, say_memory
from geo.commands.significance import add_command, add_hotspot_options, with_verdicts
from geo.commands.workers import workers
from geo.crs import MissingCrsError, UnknownCrsError
from geo.former_systems.former_systems import UncertainSystemError
from geo.hotspots import BadMinimumError, BadRadiusError, Hotspots, find_hotspots
from geo.partitions.dask_cluster import NoClusterError, NoDaskError
from geo.projection_zones import TooWideError
from geo.repair import Repair
from geo.significance.change import BadPeriodsError
from geo.significance.trend import TooFewPeriodsError
from geo.writing.result_files import check_writable, write_frame

_SHARED_POINT_WARNING = 0.5
_MOST_LINES = 10


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    options = _parser().parse_args(arguments)
    options.notes, options.reading_mb = [], 0
    logging.getLogger("pyogrio").addHandler(logging.NullHandler())
    try:
        if options.output is not None:
            check_writable(options.output)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            options.run(options)
        for line in options.notes:
            say(line)
        say_memory(options)
    except LuJianError as error:
        print(f"error: {sentence(error)}", file=sys.stderr)
        return 2
    return 0


def sentence(error: LuJianError) -> str:
    """Say an error of this room in one line."""
    given = error.params
    match error:
        case BadFileError():
            return str(given["reason"])
        case MissingCrsError():
            return (
                f"{given['what']}: states no coordinate system; name it with --crs, "
                "such as --crs EPSG:4490 or --crs GCJ-02 (python -m geo inspect tells more)"
            )
        case UnknownCrsError():
            return f"{given['crs']}: no coordinate system known by that name"
        case UncertainSystemError():
            return (
                f"{given['crs']}: no transformation to WGS 84 is known where the file lies; "
                "please transform it yourself before"
            )
        case MissingColumnError():
            known = ", ".join(given["columns"]) or "none"
            return f"{given['what']}: no column {given['column']!r}; there are: {known}"
        case NotPointsError():
            return f"proposals must be points, but there is a {given['found']}"
        case BadRadiusError():
            return f"--radius-m must be a positive number of metres, not {given['radius_m']}"
        case TooWideError():
            return (
                f"the proposals reach over {given['degrees']}° of longitude without a gap; "
                f"up to {given['most']:g}° can be measured as one: please split the file"
            )
        case InvalidError(params={"field": "time_zone"}):
            return f"--time-zone: no zone is called {given['stated']!r}"
        case BadPeriodsError():
            return f"a change needs 2 to {given['most']} periods, not {given['periods']}"
        case TooFewPeriodsError():
            return f"a trend needs at least {given['least']} periods, not {given['periods']}"
        case change.BadSplitError():
            return f"{given['option']}: cannot understand {given['stated']!r}"
        case NoDaskError():
            return "--dask needs further packages: pip install -r requirements-dask.txt"
        case NoClusterError():
            return f"--dask {given['address']}: no cluster with workers answers there"
        case BadMinimumError():
            return f"--min-proposals must be 1 or more, not {given['min_proposals']}"
    return site.sentence(error) or str(error)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m geo", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    aggregate = commands.add_parser("aggregate", help="count proposals per community polygon")
    aggregate.add_argument("proposals", type=Path, metavar="PROPOSALS")
    aggregate.add_argument("communities", type=Path, metavar="COMMUNITIES")
    aggregate.add_argument("--population", metavar="COLUMN", help="residents of a community")
    aggregate.set_defaults(run=_aggregate)
    hotspots = commands.add_parser("hotspots", help="find where proposals crowd")
    hotspots.add_argument("proposals", type=Path, metavar="PROPOSALS")
    hotspots.add_argument("--communities", type=Path, metavar="COMMUNITIES")
    hotspots.add_argument("--community-name", metavar="COLUMN", help="default: code, else the row")
    hotspots.add_argument("--radius-m", type=float, default=50.0, metavar="METRES")
    hotspots.add_argument("--min-proposals", type=int, default=5, metavar="COUNT")
    hotspots.add_argument("--time", metavar="COLUMN", help="when the proposal was made")
    hotspots.add_argument(
        "--time-zone", metavar="ZONE", help="of times without an offset; default: LUJIAN_TIME_ZONE"
    )
    add_hotspot_options(hotspots)
    hotspots.set_defaults(run=_hotspots)
    significance = add_command(commands)
    missing = representation.add_command(commands)
    changed = commands.add_parser("change", help="find where people came or went between periods")
    change.add_arguments(changed)
    sited = commands.add_parser("site", help="choose where something should be built")
    site.add_arguments(sited)
    sited.add_argument("-o", "--output", type=Path, required=True, metavar="OUT")
    inspect_file.add_arguments(commands.add_parser("inspect", help="say what is in a file"))
    for command in (aggregate, hotspots, significance, missing, changed):
        command.add_argument("-o", "--output", type=Path, required=True, metavar="OUT")
        command.add_argument("--person", metavar="COLUMN", help="who made the proposal")
        if command not in (significance, missing):
            command.add_argument("--category", metavar="COLUMN", help="what it is about")
        command.add_argument(
            "--crs",
            metavar="CRS",
            help="system of PROPOSALS, whatever the file states, and of COMMUNITIES that state "
            "none: EPSG:4490, GCJ-02, BD-09, …",
        )
        command.add_argument("--communities-crs", metavar="CRS", help="the same for COMMUNITIES")
        command.add_argument("--encoding", help="of text in shapefiles and CSV, such as GBK")
        command.add_argument("--layer", help="of PROPOSALS, where the file has several")
        command.add_argument("--x", metavar="COLUMN", help="longitude or east, if not so called")
        command.add_argument("--y", metavar="COLUMN", help="latitude or north, if not so called")
        command.add_argument("--unit", help="of a drawing (DXF), such as m or mm")
        command.add_argument("--communities-layer", metavar="LAYER", help="of COMMUNITIES")
        command.add_argument(
            "--dask",
            metavar="ADDRESS",
            help="let the workers of a Dask cluster do it, such as tcp://10.0.0.5:8786",
        )
    return parser


def _aggregate(options: argparse.Namespace) -> None:
    proposals = proposal_parts(options, [options.category, options.person])
    communities = read_communities(options)
    population = options.population
    if population is None and "population" in communities.columns:
        population = "population"
    with workers(options) as doing:
        result = aggregate_parts(
            proposals,
            communities,
            category_column=options.category,
            person_column=options.person,
            population_column=population,
            count_all=doing.do_all,
        )
    members = {"outside": result.outside, "unplaced": result.unplaced}
    write_frame(result.communities, options.output, foreign_members=members)
    say(
        f"{len(proposals)} proposals in {len(communities)} communities: "
        f"{len(proposals) - result.outside} inside, outside: {result.outside} "
        f"({result.unplaced} of them without a usable coordinate)"
    )
    _say_repairs(result.repairs)


def _hotspots(options: argparse.Namespace) -> None:
    proposals = read_proposals(options, [options.person, options.category, options.time])
    communities = read_communities(options) if options.communities is not None else None
    with workers(options) as doing:
        result = find_hotspots(
            proposals,
            radius_m=options.radius_m,
            min_proposals=options.min_proposals,
            communities=communities,
            person_column=options.person,
            category_column=options.category,
            time_column=options.time,
            time_zone=options.time_zone or get_settings().time_zone,
            community_column=options.community_name,
            cluster=doing.cluster,
        )
        frame = result.frame
        if options.significance:
            frame = with_verdicts(options, proposals, communities, result, doing)
    outside = int(result.membership.isna().sum())
    members = {"outside": outside, "unplaced": result.unplaced}
    write_frame(frame, options.output, foreign_members=members)
    say(
        f"{len(result.frame)} hotspots of {options.min_proposals} or more proposals within "
        f"{options.radius_m:g} m, measured in {result.metric_crs}: "
        f"{len(proposals) - outside} of {len(proposals)} proposals, outside: {outside} "
        f"({result.unplaced} of them without a usable coordinate)"
    )
    _say_shared_points(result)


def _say_repairs(repairs: list[Repair]) -> None:
    for repair in repairs[:_MOST_LINES]:
        say(f"repaired {repair}")
    if len(repairs) > _MOST_LINES:
        say(f"repaired {len(repairs) - _MOST_LINES} more polygons")


def _say_shared_points(result: Hotspots) -> None:
    share = result.frame["largest_shared_point"] / result.frame["proposals"]
    suspects = result.frame[share >= _SHARED_POINT_WARNING]
    for row in suspects.head(_MOST_LINES).itertuples():
        say(
            f"rank {row.rank} ({row.hotspot_id}): {row.largest_shared_point} of {row.proposals} "
            "share one coordinate; it may be a geocoder's fallback point"
        )
    if len(suspects) > _MOST_LINES:
        say(f"{len(suspects) - _MOST_LINES} more hotspots with half or more on one coordinate")


if __name__ == "__main__":
    sys.exit(main())
