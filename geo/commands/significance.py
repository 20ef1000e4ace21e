"""Is it more than chance? ``hotspots --significance`` and ``significance`` on files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from core.errors import BadFileError
from geo.aggregate import aggregate_parts, require_columns
from geo.commands.inputs import read_communities, read_layer, read_proposals, say
from geo.commands.workers import Workers, in_parts, workers
from geo.hotspots import Hotspots
from geo.significance.hotspot_scan import LEVEL, judge_hotspots
from geo.significance.local_gi import JudgedCells, judge_communities, judge_hexes
from geo.significance.verdicts import CellVerdict, MethodCard, Verdict
from geo.writing.result_files import write_frame

_LEFT_OUT = {
    "outside": "outside the communities",
    "unplaced": "without a usable coordinate",
    "shared_point": "on a coordinate shared by five or more",
    "repeated": "nearby again by the same person",
    "without_person": "without a person",
    "without_exposure": "communities without an exposure",
}


def add_hotspot_options(parser: argparse.ArgumentParser) -> None:
    """Add to ``hotspots`` what asks for verdicts."""
    parser.add_argument(
        "--significance",
        action="store_true",
        help="add effect, p_value and verdict to each hotspot; needs --communities",
    )
    parser.add_argument(
        "--exposure",
        type=Path,
        metavar="FILE",
        help="points, lines or polygons, in proportion to which people can be expected: roads, "
        "residents; used with --significance",
    )
    parser.add_argument("--exposure-column", metavar="COLUMN", help="the amount of each of them")


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``significance`` to subparsers; return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "significance", help="find communities, or cells, that are hot or cold"
    )
    parser.add_argument("proposals", type=Path, metavar="PROPOSALS")
    parser.add_argument("communities", type=Path, metavar="COMMUNITIES")
    parser.add_argument(
        "--hexes-m",
        type=float,
        metavar="METRES",
        help="judge hexagons of this width over the communities, instead of the communities",
    )
    parser.add_argument(
        "--exposure-column",
        metavar="COLUMN",
        help="of COMMUNITIES: what people can be expected in proportion to; default: population "
        "where it is there, else the area; of hexagons the area",
    )
    parser.set_defaults(run=_significance)
    return parser


def with_verdicts(
    options: argparse.Namespace,
    proposals: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame | None,
    found: Hotspots,
    doing: Workers,
) -> gpd.GeoDataFrame:
    """Return the hotspots with ``effect``, ``p_value``, ``verdict``, and say how many are real."""
    if communities is None:
        raise BadFileError(reason="--significance needs --communities: the area that is judged")
    exposure = None if options.exposure is None else read_layer(options.exposure, options)
    judged = judge_hotspots(
        proposals,
        found,
        communities,
        person_column=options.person,
        exposure=exposure,
        exposure_column=options.exposure_column,
        do_all=doing.do_all,
    )
    frame = found.frame.copy()
    for column, digits in (("effect", 2), ("p_value", 4)):
        frame.insert(len(frame.columns) - 1, column, judged.frame[column].round(digits).to_numpy())
    frame.insert(len(frame.columns) - 1, "verdict", judged.frame["verdict"].to_numpy())
    count = judged.frame["verdict"].value_counts()
    say(
        f"{count.get(Verdict.SIGNIFICANT, 0)} of {len(frame)} hotspots are more than chance "
        f"(where all is chance, 1 of {1 / LEVEL:g} maps has such a one), "
        f"{count.get(Verdict.NOT_SIGNIFICANT, 0)} are not told from it, "
        f"{count.get(Verdict.SHARED_POINT, 0)} are shared points, "
        f"{count.get(Verdict.TOO_FEW, 0)} too few"
    )
    _say_left_out(judged.card)
    return frame


def _significance(options: argparse.Namespace) -> None:
    if options.hexes_m is not None and not (np.isfinite(options.hexes_m) and options.hexes_m > 0):
        raise BadFileError(
            reason=f"--hexes-m must be a positive number of metres, not {options.hexes_m:g}"
        )
    proposals = read_proposals(options, [options.person])
    communities = read_communities(options)
    judge = _communities if options.hexes_m is None else _hexes
    with workers(options) as doing:
        result = judge(options, proposals, communities, doing)
    write_frame(_rounded(result.frame), options.output)
    count = result.frame["verdict"].value_counts()
    say(
        f"{count.get(CellVerdict.HOT, 0)} hot and {count.get(CellVerdict.COLD, 0)} cold of "
        f"{len(result.frame)}, by {result.card.parameters['exposure']}; "
        f"{count.get(CellVerdict.TOO_FEW, 0)} with too few people to tell"
    )
    _say_left_out(result.card)


def _communities(
    options: argparse.Namespace,
    proposals: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    doing: Workers,
) -> JudgedCells:
    column = options.exposure_column
    if column is None and "population" in communities.columns:
        column = "population"
    require_columns(communities, [column], what="communities")
    counted = aggregate_parts(
        in_parts(proposals), communities, person_column=options.person, count_all=doing.do_all
    )
    people = counted.communities["proposals" if options.person is None else "people"]
    if counted.outside:
        say(f"{counted.outside} proposals are outside the communities")
    return judge_communities(people, communities, exposure_column=column, do_all=doing.do_all)


def _hexes(
    options: argparse.Namespace,
    proposals: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    doing: Workers,
) -> JudgedCells:
    column = options.exposure_column
    return judge_hexes(
        proposals,
        communities,
        hexes_m=options.hexes_m,
        person_column=options.person,
        exposure=None if column is None else communities,
        exposure_column=column,
        do_all=doing.do_all,
    )


def _rounded(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.round({"effect": 2, "z": 4, "p_value": 5})


def _say_left_out(card: MethodCard) -> None:
    left = [f"{count} {_LEFT_OUT[why]}" for why, count in card.left_out.items() if count]
    if left:
        say(f"not counted: {', '.join(left)}")
