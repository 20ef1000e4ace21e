"""Commands on the server: ``python -m submissions import|communities|demo|status|photos|…``.

The others, ``step``, ``comments`` and ``reports``, are in ``commands.moderation``.

They work on the database of LUJIAN_DATABASE_URL, bring its tables up to date first, and act with
an administrator's rights. Bad input ends with exit code 2 and one line on stderr.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd

from commands.moderation import add_commands, add_most, cut, write
from commands.prize_draw import add_draw
from core.database import Database
from core.errors import BadFileError, InvalidError, LuJianError, NoKeyError
from core.settings import get_settings
from core.startup import command, ready_database
from data.load import load_demo, reset_demo
from geo.crs import MissingCrsError
from geo.reading.limits import command_limits
from geo.reading.reader import FileRead, read_path
from geo.reading.report import lines_about
from geo.writing.csv_writer import csv_text
from moderation.changes import change_status
from notifications.contacts import sealer_of
from people.access.actor import OPERATOR
from submissions.forget_contact import forget_contact
from submissions.imports.import_table import ImportReport, import_proposals
from submissions.imports.row_reader import ImportColumns
from submissions.participation.photos import change_photo_status, photo_queue
from submissions.proposals.queries import campaign_by_slug
from submissions.proposals.reassign_communities import adopt_communities
from submissions.proposals.states import PhotoStatus

_ROWS_NAMED = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    return command(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    try:
        if hasattr(options, "alone"):
            options.alone(options)
            return 0
        with ready_database(get_settings().sqlalchemy_url) as database:
            options.run(database, options)
        for line in getattr(options, "notes", ()):
            print(line, file=sys.stderr)
    except LuJianError as error:
        print(_one_line(error), file=sys.stderr)
        return 2
    except ValueError as error:  # the address of the database
        print(str(error).splitlines()[0], file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m submissions", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_import(commands.add_parser("import", help="bring in proposals collected elsewhere"))
    _add_communities(commands.add_parser("communities", help="load an edition of the polygons"))
    demo = commands.add_parser("demo", help="load the demo campaigns into an empty database")
    demo.add_argument("--reset", action="store_true", help="take them out and load them afresh")
    demo.set_defaults(run=_demo)
    status = commands.add_parser("status", help="publish, hold or hide one proposal")
    status.add_argument("public_id")
    status.add_argument("status", choices=("published", "held", "hidden"))
    status.add_argument("--reason", required=True)
    status.set_defaults(run=_status)
    forget = commands.add_parser("forget", help="erase an address at its owner's wish")
    forget.add_argument("address", help="an e-mail address or a phone number")
    forget.set_defaults(run=_forget)
    _add_photos(commands.add_parser("photos", help="list, publish or hide photos"))
    add_draw(commands.add_parser("draw", help="check a published prize draw"))
    add_commands(commands)
    return parser


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="GeoJSON, GeoPackage, Shapefile or CSV of points")
    parser.add_argument("--campaign", required=True, metavar="SLUG")
    parser.add_argument("--text", required=True, metavar="COLUMN")
    category = parser.add_mutually_exclusive_group(required=True)
    category.add_argument("--category", metavar="COLUMN", help="holds a category's key or name")
    category.add_argument("--category-value", metavar="KEY", help="one category for all rows")
    for name in ("person", "created", "id", "relation"):
        parser.add_argument(f"--{name}", metavar="COLUMN")
    parser.add_argument(
        "--answer",
        action="append",
        default=[],
        metavar="KEY=COLUMN",
        help="column that answers a question of the campaign; repeat for more",
    )
    parser.add_argument("--time-zone", help="of times without an offset; default: LUJIAN_TIME_ZONE")
    parser.add_argument(
        "--crs",
        help="system of the coordinates, if not what the file states: EPSG:4548, GCJ-02, BD-09",
    )
    parser.add_argument("--x", metavar="COLUMN", help="of a table without points, such as CSV")
    parser.add_argument("--y", metavar="COLUMN")
    parser.add_argument("--layer", help="of a file with several")
    parser.add_argument("--encoding", help="of text in Shapefiles and CSV; found out if not said")
    parser.add_argument("--report", type=Path, help="write every refused or held row to this CSV")
    parser.set_defaults(run=_import)


def _add_communities(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="GeoJSON, GeoPackage or Shapefile of polygons")
    parser.add_argument("--edition", required=True, metavar="NAME")
    parser.add_argument("--code", required=True, metavar="COLUMN")
    parser.add_argument("--name", required=True, metavar="COLUMN")
    for name in ("name-en", "subdistrict", "population"):
        parser.add_argument(f"--{name}", metavar="COLUMN")
    parser.add_argument("--source", default="", help="where the polygons come from")
    parser.add_argument("--schematic", action="store_true", help="they are a sketch, no survey")
    parser.add_argument("--crs", help="system of the coordinates, if not what the file states")
    parser.add_argument("--layer", help="of a file with several")
    parser.add_argument("--encoding", help="of text in Shapefiles and CSV; found out if not said")
    parser.add_argument(
        "--campaign", action="append", default=[], metavar="SLUG", help="move it to this edition"
    )
    parser.set_defaults(run=_communities)


def _add_photos(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the photos of proposals in one state, oldest first")
    listing.add_argument("--status", choices=tuple(PhotoStatus), default=PhotoStatus.WAITING)
    add_most(listing, 1_000)
    listing.set_defaults(run=_list_photos)
    for verb, status in (("publish", PhotoStatus.PUBLISHED), ("hide", PhotoStatus.HIDDEN)):
        change = verbs.add_parser(verb, help=f"make a photo {status}")
        change.add_argument("name")
        change.add_argument("--reason", required=True)
        change.set_defaults(run=_change_photo, status=status)


def _import(database: Database, options: argparse.Namespace) -> None:
    with database.reading() as session:
        campaign = campaign_by_slug(session, options.campaign)
    if options.report is not None:
        _write_report(options.report, ())  # an unwritable report is noticed before the import
    read = _read(options)
    columns = ImportColumns(
        text=options.text,
        category=options.category,
        category_value=options.category_value,
        person=options.person,
        created=options.created,
        id=options.id,
        relation=options.relation,
        answer_columns=_answer_columns(options.answer),
        time_zone=options.time_zone or get_settings().time_zone,
    )
    placed, progress = read.placed(), _Progress()
    report = write(
        database,
        import_proposals,
        campaign.id,
        placed,
        columns=columns,
        crs=read.crs,
        progress=progress,
    )
    if options.report is not None:
        lines = [(row.row, "refused", row.reason, row.details) for row in report.refused]
        lines += [(row, "held", why, "") for row, why in report.held_rows]
        _write_report(options.report, sorted(lines))
    _tell(report)


def _answer_columns(pairs: Sequence[str]) -> dict[str, str]:
    """Read what ``--answer`` said: the column of each question."""
    columns: dict[str, str] = {}
    for pair in pairs:
        key, equals, column = pair.partition("=")
        if not (key and equals and column):
            raise BadFileError(reason=f"--answer {pair}: say it as KEY=COLUMN")
        if key in columns:
            raise BadFileError(reason=f"--answer {key}: said twice")
        columns[key] = column
    return columns


def _tell(report: ImportReport) -> None:
    print(
        f"{report.rows} rows: {report.imported} imported, {report.repeated} were there already, "
        f"{len(report.refused)} refused"
    )
    print(
        f"of the imported, {report.outside} lie outside the campaign's area and {report.personal} "
        "have something in them that looks personal: these are held, "
        f"{report.outside_communities} lie in no community"
    )
    for reason, number in report.reasons.items():
        print(f"refused as {reason}: {number}")
    for refusal in report.refused[:_ROWS_NAMED]:
        details = f" ({refusal.details})" if refusal.details else ""
        print(f"  row {refusal.row}: {refusal.reason}{details}")
    if len(report.refused) > _ROWS_NAMED:
        print(f"  and {len(report.refused) - _ROWS_NAMED} more; --report FILE lists all of them")


def _write_report(path: Path, lines: Sequence[tuple[int, str, str, str]]) -> None:
    try:
        names = ("row", "outcome", "reason", "details")
        path.write_text(csv_text(names, lines), encoding="utf-8", newline="")
    except OSError as error:
        raise BadFileError(reason=f"{path}: {error.strerror}") from error


def _communities(database: Database, options: argparse.Namespace) -> None:
    with database.reading() as session:
        ids = tuple(campaign_by_slug(session, slug).id for slug in options.campaign)
    frame = _read(options).wgs84()
    wanted = {
        "code": options.code,
        "name": options.name,
        "name_en": options.name_en,
        "subdistrict": options.subdistrict,
        "population": options.population,
    }
    missing = [column for column in wanted.values() if column and column not in frame.columns]
    if missing:
        raise BadFileError(reason=f"{options.file} has no column {missing[0]!r}")
    table = {name: frame[column] for name, column in wanted.items() if column}
    polygons = gpd.GeoDataFrame(table, geometry=frame.geometry, crs=frame.crs)
    loaded, moved = write(
        database,
        adopt_communities,
        options.edition,
        polygons,
        source=options.source or options.file.name,
        schematic=options.schematic,
        campaign_ids=ids,
    )
    state = "loaded" if loaded.changed else "were there already, the same"
    print(f"edition {loaded.edition}: {loaded.communities} communities {state}")
    for repair in loaded.repairs:
        print(f"  repaired {repair}")
    for each in moved:
        print(
            f"campaign {each.campaign_id}: {each.changed} of {each.proposals} proposals changed "
            f"their community, {each.outside} lie in none"
        )


def _demo(database: Database, options: argparse.Namespace) -> None:
    if options.reset:
        report = reset_demo(database)
        print(
            f"removed {report.campaigns} demo campaigns with {report.proposals} proposals, "
            f"{report.filed_since} of them filed by visitors; everything else stayed"
        )
        print("the demo campaigns are loaded afresh")
    elif load_demo(database):
        print("the demo campaigns are loaded")
    else:
        raise InvalidError(reason="there are campaigns already; nothing was loaded")


def _status(database: Database, options: argparse.Namespace) -> None:
    write(database, change_status, options.public_id, options.status, reason=options.reason)
    print(f"{options.public_id} is {options.status}")


def _forget(database: Database, options: argparse.Namespace) -> None:
    sealer = sealer_of(get_settings())
    if sealer is None:
        raise NoKeyError
    done = write(database, forget_contact, sealer, options.address)
    print(
        f"erased: {done.follows} followed proposals, {done.alerts} alerts, "
        f"{done.proposals} proposals and {done.draws} entries in draws name it no longer"
    )


def _list_photos(database: Database, options: argparse.Namespace) -> None:
    with database.reading() as session:
        queue = photo_queue(session, OPERATOR, status=options.status, most=options.most + 1)
    for photo in cut(queue, options.most):
        size = f"{photo.width}x{photo.height}"
        sent = photo.created.isoformat(timespec="minutes")
        print(f"{photo.name}  {sent}  {size}  of {photo.public_id} ({photo.proposal_status})")


def _change_photo(database: Database, options: argparse.Namespace) -> None:
    write(database, change_photo_status, options.name, options.status, reason=options.reason)
    print(f"{options.name} is {options.status}")


def _read(options: argparse.Namespace) -> FileRead:
    """Read the file of a command and say what was odd about it."""
    read = read_path(
        options.file,
        crs=options.crs or "",
        layer=options.layer or "",
        encoding=options.encoding or "",
        x=getattr(options, "x", None) or "",
        y=getattr(options, "y", None) or "",
        limits=command_limits(get_settings()),
    )
    options.notes = list(lines_about(read))
    return read


class _Progress:
    """Tells on stderr how far a long import has come, once a second."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: int, rows: int) -> None:
        if time.monotonic() - self._last > 1:
            self._last = time.monotonic()
            print(f"{done} of {rows} stored", file=sys.stderr, flush=True)


def _one_line(error: LuJianError) -> str:
    reason = error.params.get("reason")
    if isinstance(error, BadFileError) and reason:
        return str(reason)
    if isinstance(error, MissingCrsError):
        name = error.params["what"]
        return f"{name}: say the system of the coordinates: --crs EPSG:4326, GCJ-02, …"
    details = ", ".join(f"{name}={value}" for name, value in error.params.items())
    return f"{error.code}: {details}" if details else error.code


if __name__ == "__main__":
    sys.exit(main())
