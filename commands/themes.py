"""Themes on the command line: ``python -m analysis themes measure|train|apply|check``.

``measure`` tells how well themes are read; ``train`` learns from the corrections in the database of
LUJIAN_DATABASE_URL now and reads all proposals; ``apply`` reads the themes of the texts in a file,
or without one of what is new in the database; ``check`` looks through an edited file of themes. Bad
input ends with exit code 2 and one line on stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from analysis.themes.labelled_texts import agreements, written_examples
from analysis.themes.taxonomy import Taxonomy, TaxonomyError, load_taxonomy
from analysis.themes.theme_reader import ThemeFigures, ThemeReader, train
from analysis.themes.training import ModelView, ThemeTrainer
from core.database import Database
from core.errors import BadFileError, LuJianError
from core.settings import get_settings
from core.startup import command, ready_database
from geo.reading.limits import command_limits
from geo.reading.reader import read_path
from geo.writing.csv_writer import csv_text
from geo.writing.result_files import check_writable, write_frame


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    return command(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    try:
        taxonomy = load_taxonomy(options.themes or get_settings().themes_file)
        options.run(options, taxonomy)
    except TaxonomyError as problem:
        print(problem, file=sys.stderr)
        return 2
    except LuJianError as problem:
        print(problem.params.get("reason") or problem, file=sys.stderr)
        return 2
    except ValueError as problem:  # the address of the database
        print(str(problem).splitlines()[0], file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    rooms = parser.add_subparsers(required=True, metavar="themes")
    themes = rooms.add_parser("themes", help="what proposals are about", description=__doc__)
    verbs = themes.add_subparsers(required=True, metavar="COMMAND")
    made = {
        "measure": (_measure, "print how well each theme is read"),
        "train": (_train, "learn from the corrections in the database, and read all proposals"),
        "apply": (_apply, "read the themes of a file, or of what is new in the database"),
        "check": (_check, "look through a file of themes"),
    }
    for name, (run, told) in made.items():
        verb = verbs.add_parser(name, help=told)
        verb.add_argument("--themes", type=Path, help="a file of themes (LUJIAN_THEMES_FILE)")
        verb.set_defaults(run=run)
        if name == "apply":
            verb.add_argument("file", type=Path, nargs="?", help="GeoJSON, CSV, GeoPackage …")
            verb.add_argument("-o", "--output", type=Path, help=".geojson, .gpkg or .csv")
            verb.add_argument("--text", default="text", help="the column with the texts")
    return parser


def _check(_options: argparse.Namespace, taxonomy: Taxonomy) -> None:
    phrases = sum(len(theme.says) + len(theme.but) for theme in taxonomy.themes)
    print(
        f"{len(taxonomy.themes)} themes in {len(taxonomy.groups)} groups, {phrases} phrases, "
        f"version {taxonomy.version}: good."
    )


def _measure(_options: argparse.Namespace, taxonomy: Taxonomy) -> None:
    for line in figure_lines(train(taxonomy, written_examples()), taxonomy):
        print(line)


def figure_lines(reader: ThemeReader, taxonomy: Taxonomy) -> list[str]:
    """Return the figures of each theme as lines: agreement, precision and recall of each way."""
    kappas = {one.theme: one.kappa for one in agreements(taxonomy.codes)}
    head = f"{'theme':16} {'kappa':>5} {'with':>5} {'fresh':>5}"
    head += "".join(f" {way:>10} P    R" for way in ("rules", "classifier", "both")) + "  used"
    return [head, *(_line(one, kappas[one.theme]) for one in reader.figures)]


def _line(one: ThemeFigures, kappa: float) -> str:
    told = f"{one.theme:16} {kappa:5.2f} {one.with_theme:5} {one.rules.there:5}"
    for score in (one.rules, one.classifier, one.both):
        told += f" {_share(score.precision):>12} {_share(score.recall):>4}"
    return f"{told}  {one.way}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _train(_options: argparse.Namespace, taxonomy: Taxonomy) -> None:
    with ready_database(get_settings().sqlalchemy_url) as database:
        trainer = ThemeTrainer(taxonomy)
        model = trainer.in_force(database, datetime.now(UTC), at_once=True)
        _read_all(database, trainer)
        print(_model_line(model))


def _read_all(database: Database, trainer: ThemeTrainer) -> None:
    while left := trainer.round(database, datetime.now(UTC)):
        print(f"{left} left", file=sys.stderr)


def _model_line(model: ModelView) -> str:
    return (
        f"version {model.id}, trained {model.trained:%Y-%m-%d %H:%M} UTC from {model.written} "
        f"sentences and {model.corrections} corrected proposals; themes {model.taxonomy_version}"
    )


def _apply(options: argparse.Namespace, taxonomy: Taxonomy) -> None:
    if options.file is None:
        with ready_database(get_settings().sqlalchemy_url) as database:
            trainer = ThemeTrainer(taxonomy)
            _read_all(database, trainer)
            print(_model_line(trainer.in_force(database, datetime.now(UTC))))
        return
    if options.output is None:
        raise BadFileError(reason="name an output with -o")
    check_writable(options.output)
    read = read_path(options.file, limits=command_limits(get_settings()))
    marked = with_themes(read.frame, options.text, train(taxonomy, written_examples()))
    _write(marked, options.output)
    found = int((marked["themes"] != "").sum())
    print(f"{len(marked)} texts, {found} of them with a theme", file=sys.stderr)


def with_themes(frame: pd.DataFrame, column: str, reader: ThemeReader) -> pd.DataFrame:
    """Return a table with ``themes``, codes with a space between, and how sure each is beside.

    ``themes_confidence`` has a number from 0 to 1 for each code, in their order. Raises
    ``BadFileError`` where the column is missing.
    """
    if column not in frame.columns:
        known = ", ".join(str(name) for name in frame.columns)
        raise BadFileError(reason=f"no column {column!r}; there are: {known}; name it with --text")
    texts = ["" if pd.isna(text) else str(text) for text in frame[column]]
    readings = reader.read(texts)
    return frame.assign(
        themes=[" ".join(one.theme for one in found) for found in readings],
        themes_confidence=[
            " ".join(f"{one.confidence:.2f}" for one in found) for found in readings
        ],
    )


def _write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as the suffix says; one without places as CSV alone."""
    if isinstance(frame, gpd.GeoDataFrame):
        write_frame(frame, path)
        return
    if path.suffix.lower() != ".csv":
        raise BadFileError(reason=f"{path.name}: without places the output must end in .csv")
    told = frame.astype(object).where(frame.notna(), None)
    text = csv_text([str(name) for name in frame.columns], told.itertuples(index=False))
    path.write_text(text, encoding="utf-8", newline="")
