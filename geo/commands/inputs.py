"""The files that a command names, read in a process of their own, of the columns it needs.

``read_proposals`` gives one frame; ``proposal_parts`` the same rows part by part, for what can be
added up. 5,969,600 points take seconds either way, but the parts an eighth of the memory.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from core.errors import BadFileError
from core.settings import get_settings
from geo.crs import CHINESE_SYSTEMS
from geo.reading.limits import command_limits
from geo.reading.lockdown import peak_mb
from geo.reading.reader import FileParts, FileRead, read_parts, read_path
from geo.reading.report import lines_about
from geo.repair import repaired_polygons


@dataclass(frozen=True)
class ProposalParts:
    """Proposals of a file that was read: how many, and frames of them in the file's order."""

    file: FileParts

    def __len__(self) -> int:
        """Count the proposals."""
        return len(self.file)

    def __iter__(self) -> Iterator[gpd.GeoDataFrame]:
        """Yield frames in a known system, GCJ-02 and BD-09 as EPSG:4326; one at least."""
        return (placed(part) for part in self.file.parts())


def proposal_parts(options: argparse.Namespace, columns: Sequence[str | None]) -> ProposalParts:
    """Read PROPOSALS, to be taken part by part.

    ``columns`` are those that are needed, None for one that was not asked for. What was odd about
    the file is added to ``options.notes``. Raises what ``geo.reading.reader.read_path`` raises.
    """
    read = read_parts(
        options.proposals,
        crs=options.crs or "",
        encoding=options.encoding or "",
        layer=options.layer or "",
        x=options.x or "",
        y=options.y or "",
        unit=options.unit or "",
        columns=[column for column in columns if column is not None],
        limits=command_limits(get_settings()),
    )
    _note(options, read.head)
    return ProposalParts(read)


def read_proposals(options: argparse.Namespace, columns: Sequence[str | None]) -> gpd.GeoDataFrame:
    """Return PROPOSALS as one frame; see :func:`proposal_parts`."""
    return placed(proposal_parts(options, columns).file.whole())


def read_communities(options: argparse.Namespace) -> gpd.GeoDataFrame:
    """Return COMMUNITIES with all columns. Raises ``BadFileError`` if none of them has an area."""
    read = read_path(
        options.communities,
        crs=options.communities_crs or options.crs or "",
        encoding=options.encoding or "",
        layer=options.communities_layer or "",
        overrule=options.communities_crs is not None,
        limits=command_limits(get_settings()),
    )
    _note(options, read)
    frame = placed(read)
    shapes, repairs = repaired_polygons(frame)
    if all(shape.is_empty for shape in shapes):
        why = f"; {repairs[0]}" if repairs else ""
        raise BadFileError(reason=f"{options.communities.name}: no polygon with an area{why}")
    return frame


def read_layer(path: Path, options: argparse.Namespace) -> gpd.GeoDataFrame:
    """Return another file with all columns; ``--crs`` and ``--encoding`` hold for it, too."""
    read = read_path(
        path,
        crs=options.crs or "",
        encoding=options.encoding or "",
        overrule=False,
        limits=command_limits(get_settings()),
    )
    options.notes += lines_about(read)
    return placed(read)


def say_memory(options: argparse.Namespace) -> None:
    """Say the most memory that was held at once, here and while reading."""
    if here := peak_mb():
        say(f"peak memory: {here} MB, and {options.reading_mb} MB in the process that read")


def say(line: str) -> None:
    """Print a line to standard error."""
    print(line, file=sys.stderr)


def _note(options: argparse.Namespace, read: FileRead) -> None:
    options.notes += lines_about(read)
    options.reading_mb = max(options.reading_mb, read.peak_mb)


def placed(read: FileRead) -> gpd.GeoDataFrame:
    """Return what was read, converted where its system has no EPSG code."""
    return read.wgs84() if read.crs in CHINESE_SYSTEMS else read.placed()
