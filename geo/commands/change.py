"""``python -m geo change``: where more people spoke in some periods than in others."""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import pandas as pd

from core.errors import InvalidError
from core.settings import get_settings
from geo.aggregate import aggregate_by_community, aggregate_parts
from geo.commands.inputs import read_communities, read_proposals, say
from geo.commands.workers import Workers, in_parts, workers
from geo.crs import reproject
from geo.point_in_polygon import PolygonIndex
from geo.significance.change import (
    LEVEL,
    SEED,
    SIMULATIONS,
    JudgedChange,
    judge_change,
    judge_change_in,
)
from geo.significance.periods import (
    CALENDAR,
    calendar_periods,
    equal_periods,
    local_times,
    split_at,
)
from geo.significance.trend import judge_trends
from geo.significance.verdicts import Verdict
from geo.timestamps import times_of
from geo.writing.result_files import write_frame


class BadSplitError(InvalidError):
    """``--split`` or ``--periods`` cannot be understood. Parameters: ``option``, ``stated``."""

    code = "bad_split"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes of its own."""
    parser.add_argument("proposals", type=Path, metavar="PROPOSALS")
    parser.add_argument("communities", type=Path, metavar="COMMUNITIES")
    parser.add_argument(
        "--time-column", "--time", dest="time", required=True, metavar="COLUMN", help="when"
    )
    parser.add_argument(
        "--time-zone", metavar="ZONE", help="of times without an offset; default: LUJIAN_TIME_ZONE"
    )
    periods = parser.add_mutually_exclusive_group(required=True)
    periods.add_argument("--split", metavar="DATE", help="two periods: before this day and from it")
    periods.add_argument(
        "--periods", metavar="KIND", help="week, month, quarter, year, or so many of equal length"
    )
    parser.add_argument(
        "--by",
        choices=("discs", "communities"),
        default="discs",
        help="look for change anywhere (the default), or judge each community",
    )
    parser.add_argument(
        "--trend",
        action="store_true",
        help="with --by communities: also whether each rises or falls; from 7 periods on",
    )
    parser.add_argument("--simulations", type=int, default=SIMULATIONS, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Read the files, judge, write, and say what was found."""
    proposals = read_proposals(options, [options.person, options.time])
    communities = read_communities(options)
    zone = options.time_zone or get_settings().time_zone
    periods = _periods(
        options, local_times(times_of(proposals[options.time], time_zone=zone), time_zone=zone)
    )
    with workers(options) as doing:
        counted = aggregate_parts(in_parts(proposals), communities, count_all=doing.do_all)
        inside = counted.assignment.to_numpy() >= 0
        judged = _judged(options, proposals[inside], periods[inside], communities, doing)
    left_out = {**judged.card.left_out, "outside": counted.outside - counted.unplaced}
    members = {**vars(judged.card), "left_out": left_out}
    write_frame(judged.frame, options.output, foreign_members=members)
    verdicts = judged.frame["verdict"].value_counts()
    sure = int(verdicts.get(str(Verdict.SIGNIFICANT), 0))
    say(
        f"{judged.card.counted['people']} people in {judged.card.counted['periods']} periods: "
        f"{sure} places of change are more than chance (level {LEVEL:g}, "
        f"{options.simulations} shuffled maps, seed {options.seed}), {len(judged.frame)} told of; "
        "left out: " + ", ".join(f"{count} {why}" for why, count in left_out.items())
    )


def _periods(options: argparse.Namespace, times: pd.Series) -> pd.Series:
    if options.split is not None:
        day = pd.to_datetime(options.split, errors="coerce")
        if pd.isna(day) or day.tzinfo is not None:
            raise BadSplitError(option="--split", stated=options.split)
        return split_at(times, day)
    if options.periods in CALENDAR:
        return calendar_periods(times, options.periods)
    if not options.periods.isascii() or not options.periods.isdigit():
        raise BadSplitError(option="--periods", stated=options.periods)
    return equal_periods(times, max(int(options.periods), 1))


def _judged(
    options: argparse.Namespace,
    proposals: gpd.GeoDataFrame,
    periods: pd.Series,
    communities: gpd.GeoDataFrame,
    doing: Workers,
) -> JudgedChange:
    if options.by == "discs":
        found = judge_change(
            proposals,
            periods,
            person_column=options.person,
            simulations=options.simulations,
            seed=options.seed,
            do_all=doing.do_all,
        )
        return JudgedChange(_located(found.frame, communities), found.card)
    areas = communities.set_index(_labels(communities)).geometry
    found = judge_change_in(
        areas,
        proposals,
        periods,
        person_column=options.person,
        simulations=options.simulations,
        seed=options.seed,
        do_all=doing.do_all,
    )
    if not options.trend:
        return found
    trend = judge_trends(_table(options, proposals, periods, communities))
    columns = {name: trend[name].to_numpy() for name in ("tau", "p_value", "verdict")}
    frame = found.frame.assign(**{f"trend_{name}": column for name, column in columns.items()})
    return JudgedChange(frame, found.card)


def _table(
    options: argparse.Namespace,
    proposals: gpd.GeoDataFrame,
    periods: pd.Series,
    communities: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Return people by community (rows) and period (columns)."""
    count = "people" if options.person else "proposals"
    columns, index = {}, PolygonIndex(communities)
    for period in periods.cat.categories:
        some = proposals[(periods == period).to_numpy()]
        found = aggregate_by_community(some, communities, person_column=options.person, index=index)
        columns[period] = found.communities[count].to_numpy()
    return pd.DataFrame(columns)


def _labels(communities: gpd.GeoDataFrame) -> pd.Series:
    named = communities["code"] if "code" in communities.columns else communities.index
    return pd.Series(named, index=communities.index).astype(str)


def _located(areas: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put beside each area the community in which its middle lies."""
    middles = reproject(areas.geometry.representative_point(), communities.crs)
    inside = aggregate_by_community(
        gpd.GeoDataFrame(geometry=middles), communities
    ).assignment.to_numpy()
    names = [*_labels(communities), None]
    return areas.assign(community=[names[row] for row in inside])
