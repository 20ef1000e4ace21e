"""Who is missing? ``represent`` on files: the people of communities against their residents."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.aggregate import Aggregation, aggregate_parts, require_columns
from geo.commands.inputs import read_communities, read_proposals, say
from geo.commands.workers import in_parts, workers
from geo.people import most_given
from geo.representation.representation import Heard, by_silence, represented
from geo.writing.result_files import write_frame

#: Decimals of what is written.
_DIGITS = {
    **dict.fromkeys(("expected", "index", "low", "high"), 1),
    **dict.fromkeys(("weight", "rate", "smooth_rate"), 3),
    **dict.fromkeys(("p_few", "p_many"), 6),
}


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add ``represent`` to subparsers; return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "represent", help="find communities of which fewer take part than chance explains"
    )
    parser.add_argument("proposals", type=Path, metavar="PROPOSALS")
    parser.add_argument("communities", type=Path, metavar="COMMUNITIES")
    parser.add_argument(
        "--population",
        metavar="COLUMN",
        default="population",
        help="residents of a community; default: population",
    )
    parser.set_defaults(run=_represent)
    return parser


def _represent(options: argparse.Namespace) -> None:
    proposals = read_proposals(options, [options.person])
    communities = read_communities(options)
    require_columns(communities, [options.population], what="communities")
    with workers(options) as doing:
        counted = aggregate_parts(in_parts(proposals), communities, count_all=doing.do_all)
    areas, people, outside = counted.communities, counted.communities["proposals"], counted.outside
    if options.person is not None:
        people, outside = _people(proposals[options.person], counted)
    found = represented(people, areas[options.population])
    told = found.frame.drop(columns=["population"]).round(_DIGITS)
    whole = areas.drop(columns=["proposals", "area_km2", "per_km2"]).join(told)
    write_frame(whole.loc[by_silence(found.frame).index], options.output)
    heard = found.frame["heard"].value_counts()
    say(
        f"{found.people} people of {found.population} residents: "
        f"{heard.get(Heard.UNDER, 0)} of {len(whole)} communities are heard less than chance "
        f"explains, {heard.get(Heard.OVER, 0)} more, {heard.get(Heard.UNKNOWN, 0)} have no known "
        f"residents; dissimilarity {found.dissimilarity:.2f}, "
        f"weighed they tell as much as {found.effective_size:.0f}"
    )
    lost = found.card.left_out["people_without_population"]
    if lost or outside:
        say(f"not counted: {outside} outside the communities, {lost} without residents")


def _people(person: pd.Series, counted: Aggregation) -> tuple[pd.Series, int]:
    """Return people by community, each in that of most of theirs, and how many are in none.

    Of equally many the first in the file counts. Whoever is not named is left out.
    """
    number, names = pd.factorize(person)
    place = counted.assignment.to_numpy()
    named = number >= 0
    given = np.where(place >= 0, place, None)[named]
    found, several = most_given(number[named], given, len(names))
    if several:
        say(f"{several} people in several communities, each counted where most of theirs lie")
    inside = found[pd.notna(found)].astype(np.int64)
    areas = counted.communities.index
    people = pd.Series(np.bincount(inside, minlength=len(areas)), index=areas, name="proposals")
    return people, len(names) - len(inside)
