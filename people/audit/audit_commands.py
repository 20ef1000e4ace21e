"""``python -m people audit list|export|verify|seal``: the audit trail, by whoever runs the server.

Campaigns and proposals go by their numbers, as the list shows them. ``verify`` ends with exit code
1 and says what is wrong when the trail was tampered with.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from core.database import Database
from core.dates import kept_in_calendar
from people.access.actor import OPERATOR
from people.audit.export import begin_export, csv_of, exported, json_lines_of
from people.audit.hash_chain import ChainVerdict, Walk, newest_seal, seal_all
from people.audit.query import ActorKind, AuditEntryView, AuditFilter, Reading, read_trail
from people.audit.record import record

_DIGEST_LENGTH = 64
_MOST_SEALS = 10**9


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``audit`` to the commands of ``python -m people``."""
    audit = commands.add_parser("audit", help="read, export, check and seal the audit trail")
    verbs = audit.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the newest entries, newest first")
    _add_filters(listing)
    listing.add_argument("--before", type=int, metavar="ENTRY", help="only older than this entry")
    listing.set_defaults(run=_list)
    taken = verbs.add_parser("export", help="write all entries that are looked for")
    _add_filters(taken)
    taken.add_argument("--format", choices=("csv", "jsonl"), default="jsonl")
    taken.add_argument("--to", type=Path, metavar="FILE", help="instead of standard output")
    taken.set_defaults(run=_export)
    verify = verbs.add_parser(
        "verify", help="walk along the chain of seals; exit 1 if it is broken"
    )
    verify.add_argument("--expect", default="", metavar="DIGEST", help="a digest kept elsewhere")
    verify.set_defaults(run=_verify)
    seal = verbs.add_parser("seal", help="seal what is not sealed; print the newest digest")
    seal.set_defaults(run=_seal)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--person", default="", help="part of an account's name or login")
    parser.add_argument("--kind", choices=tuple(ActorKind), default="")
    parser.add_argument("--action", default="", help="as the list shows it: status_changed")
    parser.add_argument("--campaign", type=int, metavar="NUMBER")
    parser.add_argument("--proposal", type=int, metavar="NUMBER")
    parser.add_argument("--since", type=_moment, metavar="MOMENT", help="2026-05-01T08:00+08:00")
    parser.add_argument("--until", type=_moment, metavar="MOMENT")
    parser.add_argument("--text", default="", help="words in the details")


def _moment(typed: str) -> datetime:
    moment = datetime.fromisoformat(typed)
    return kept_in_calendar(moment) if moment.tzinfo else moment.astimezone()


def _asked(options: argparse.Namespace) -> AuditFilter:
    return AuditFilter(
        person=options.person,
        kind=options.kind,
        action=options.action,
        campaign_id=options.campaign,
        proposal_id=options.proposal,
        since=options.since,
        until=options.until,
        text=options.text,
    )


def _list(database: Database, options: argparse.Namespace) -> int:
    with database.reading() as session:
        found = read_trail(session, Reading(), _asked(options), before=options.before)
    for entry in found.entries:
        print(_line(entry))
    if found.further is not None:
        print(f"older entries: --before {found.further}", file=sys.stderr)
    return 0


def _line(entry: AuditEntryView) -> str:
    who = entry.login or str(entry.kind)
    about = [f"campaign {entry.campaign}"] if entry.campaign else []
    about += [f"proposal {entry.proposal}"] if entry.proposal else []
    at = entry.at.isoformat(timespec="seconds")
    details = json.dumps(entry.details, ensure_ascii=False)
    return "  ".join([str(entry.id), at, who, entry.action, *about, details])


def _export(database: Database, options: argparse.Namespace) -> int:
    if options.to is None:
        _write(database, options, sys.stdout)
        return 0
    try:
        with options.to.open("w", encoding="utf-8", newline="") as file:
            _write(database, options, file)
    except OSError as error:
        print(f"{options.to}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def _write(database: Database, options: argparse.Namespace, file: TextIO) -> None:
    asked = _asked(options)
    with database.reading() as session:
        export = begin_export(session, Reading(), asked)
    kept = {name: str(value) for name, value in vars(asked).items() if value}
    details = {
        "kind": options.format,
        "asked": kept,
        "seal": export.seal,
        "digest": export.digest,
    }
    now = datetime.now(UTC)
    database.write(lambda s: record(s, OPERATOR, "trail_exported", now=now, details=details))
    entries = exported(database, export)
    lines: Iterator[str] = (
        csv_of(entries) if options.format == "csv" else json_lines_of(export, entries)
    )
    for line in lines:
        file.write(line)


def _verify(database: Database, options: argparse.Namespace) -> int:
    expect = options.expect.strip().lower()
    if expect and (len(expect) != _DIGEST_LENGTH or set(expect) - set("0123456789abcdef")):
        print(f"--expect must be {_DIGEST_LENGTH} hexadecimal digits", file=sys.stderr)
        return 2
    walk = Walk(expect)
    while not walk.done:
        with database.reading() as session:
            walk.step(session)
        _progress(walk)
    with database.reading() as session:
        return _tell(walk.verdict(session))


def _progress(walk: Walk) -> None:
    if sys.stderr.isatty():
        print(f"\r{walk.seals} seals, {walk.entries} entries", end="", file=sys.stderr)
        if walk.done:
            print(file=sys.stderr)


def _tell(verdict: ChainVerdict) -> int:
    print(f"{verdict.entries} entries under {verdict.seals} seals are as they were sealed")
    if verdict.newest is not None:
        print(f"seal {verdict.newest.number} of {verdict.newest.at.isoformat(timespec='seconds')}:")
        print(f"  {verdict.newest.digest}")
    if verdict.unsealed and verdict.unsealed_since is not None:
        since = verdict.unsealed_since.isoformat(timespec="seconds")
        print(f"{verdict.unsealed} entries are not sealed, the first of {since}")
    if not verdict.guarded:
        print("the database does not refuse changes of the trail: its triggers are gone")
    if verdict.finding is not None:
        what = str(verdict.finding.fault).replace("_", " ")
        number = "" if verdict.finding.number is None else f" {verdict.finding.number}"
        print(f"TAMPERED WITH: {what}{number}")
    return 0 if verdict.unbroken and verdict.guarded else 1


def _seal(database: Database, _options: argparse.Namespace) -> int:
    sealed = seal_all(database, now=datetime.now(UTC), most_seals=_MOST_SEALS)
    print(f"{sealed} entries sealed")
    with database.reading() as session:
        newest = newest_seal(session)
    if newest is not None:
        print(f"seal {newest.number}: {newest.digest}")
    return 0
