"""Commands of those who answer and moderate: ``python -m submissions step|comments|reports``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from core.database import Database
from deliberation.official_steps import tell_step
from moderation.settle_report import ReportOutcome, settle_report
from people.access.actor import OPERATOR
from submissions.participation.comments import change_comment_status, comments_to_read
from submissions.participation.reports import open_reports
from submissions.proposals.queries import proposals_to_read
from submissions.proposals.states import Stage, Status

_Listed = TypeVar("_Listed")
_Made = TypeVar("_Made")
#: More ids than the databases take at once.
_MOST = 30_000


def add_commands(commands: Any) -> None:
    """Add the commands to those of ``python -m submissions``."""
    _add_waiting(commands.add_parser("waiting", help="list the proposals that wait or are held"))
    _add_step(commands.add_parser("step", help="tell what the office did about proposals"))
    _add_comments(commands.add_parser("comments", help="list, publish or hide comments"))
    _add_reports(commands.add_parser("reports", help="list and settle what people report"))


def _add_waiting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", choices=(Status.RECEIVED, Status.HELD), default=Status.HELD)
    add_most(parser)
    parser.set_defaults(run=_list_waiting)


def _add_step(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("public_ids", nargs="+", metavar="PUBLICID")
    parser.add_argument("stage", choices=tuple(Stage), metavar="STAGE", help=", ".join(Stage))
    parser.add_argument("--reply", default="", help="the official reply, as residents read it")
    parser.add_argument("--by", required=True, metavar="OFFICE", help="who says so: 清河街道")
    parser.set_defaults(run=_step)


def _add_comments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the comments in one state, oldest first")
    listing.add_argument("--status", choices=tuple(Status), default=Status.RECEIVED)
    add_most(listing)
    listing.set_defaults(run=_list_comments)
    for verb, status in (("publish", Status.PUBLISHED), ("hide", Status.HIDDEN)):
        change = verbs.add_parser(verb, help=f"make a comment {status}")
        change.add_argument("comment", metavar="COMMENTID")
        change.add_argument("--reason", required=True)
        change.set_defaults(run=_change_comment, status=status)


def _add_reports(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the open reports, oldest first")
    add_most(listing)
    listing.set_defaults(run=_list_reports)
    settle = verbs.add_parser("settle", help="keep, hold or hide what was reported")
    settle.add_argument("report", type=int, metavar="NUMBER")
    settle.add_argument("outcome", choices=tuple(ReportOutcome), metavar="OUTCOME")
    settle.set_defaults(run=_settle_report)


def _step(database: Database, options: argparse.Namespace) -> None:
    ids, stage, reply = options.public_ids, options.stage, options.reply
    told = write(database, tell_step, ids, stage, reply, by=options.by)
    print(f"told of {told} proposals: {stage}")


def _list_waiting(database: Database, options: argparse.Namespace) -> None:
    with database.reading() as session:
        waiting = proposals_to_read(session, OPERATOR, status=options.status, most=options.most + 1)
    for view in cut(waiting, options.most):
        sent = view.created.isoformat(timespec="minutes")
        print(f"{view.public_id}  {sent}  {view.held_reason or ''}: {_line(view.text)}")


def _list_comments(database: Database, options: argparse.Namespace) -> None:
    with database.reading() as session:
        waiting = comments_to_read(session, OPERATOR, status=options.status, most=options.most + 1)
    for comment in cut(waiting, options.most):
        sent = comment.created.isoformat(timespec="minutes")
        print(f"{comment.public_id}  {sent}  on {comment.proposal_id}: {_line(comment.text)}")


def _change_comment(database: Database, options: argparse.Namespace) -> None:
    given = options.comment, options.status
    write(database, change_comment_status, *given, reason=options.reason)
    print(f"{options.comment} is {options.status}")


def _list_reports(database: Database, options: argparse.Namespace) -> None:
    with database.reading() as session:
        reports = open_reports(session, OPERATOR, most=options.most + 1)
    for each in cut(reports, options.most):
        sent = each.created.isoformat(timespec="minutes")
        what = (
            f"comment {each.comment_id} on {each.public_id}" if each.comment_id else each.public_id
        )
        said = f" ({_line(each.text)})" if each.text else ""
        print(f"{each.id}  {sent}  {each.reason}{said}  {what}: {_line(each.subject_text)}")


def _settle_report(database: Database, options: argparse.Namespace) -> None:
    write(database, settle_report, options.report, outcome=options.outcome)
    print(f"report {options.report} is settled: {options.outcome}")


def write(database: Database, action: Callable[..., _Made], *given: Any, **named: Any) -> _Made:
    """Make a change in the operator's name, in a transaction of its own."""
    now = datetime.now(UTC)
    return database.write(lambda session: action(session, OPERATOR, *given, now=now, **named))


def add_most(parser: argparse.ArgumentParser, most: int = 200) -> None:
    """Let a list say how long it may be."""
    parser.add_argument("--most", type=_count, default=most, metavar="N", help="list up to N")


def cut(found: Sequence[_Listed], most: int) -> Iterator[_Listed]:
    """Give the first of what was found, and say if there is more."""
    yield from found[:most]
    if len(found) > most:
        print(f"these are the first {most}; --most {10 * most} lists more")


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= _MOST:
        raise ValueError(text)
    return number


def _line(text: str) -> str:
    return " ".join(text.split())
