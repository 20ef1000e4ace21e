"""Commands on the server: ``python -m post list|retry|reseal``.

They work on the database of LUJIAN_DATABASE_URL. Addresses are shown masked. Bad input ends with
exit code 2 and one line on stderr; ``reseal`` with 1 when something sealed cannot be opened.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from core.database import Database, open_database
from core.errors import LuJianError
from core.settings import get_settings
from core.startup import command, prepare_database, told
from notifications import outbox
from notifications.contacts import Sealer, WrongKeyError, masked, open_contact, sealer_of
from notifications.reseal import reseal_all
from people.access.actor import OPERATOR


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    return command(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    try:
        settings = get_settings()
        sealer = sealer_of(settings)
        prepare_database(settings.sqlalchemy_url)
        database = open_database(settings.sqlalchemy_url)
        try:
            run: Callable[[Database, Sealer | None, Any], int] = options.run
            with told(settings.sqlalchemy_url):
                return run(database, sealer, options)
        finally:
            database.close()
    except (LuJianError, ValueError) as error:
        print(str(error).splitlines()[0], file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m post", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="show the newest messages")
    listing.add_argument("--state", choices=[str(state) for state in outbox.MessageState])
    listing.add_argument("--most", type=int, default=100)
    listing.set_defaults(run=_list)
    retry = commands.add_parser("retry", help="send a failed or uncertain message after all")
    retry.add_argument("id", type=int)
    retry.set_defaults(run=_retry)
    reseal = commands.add_parser("reseal", help="seal all that is sealed under the first key")
    reseal.set_defaults(run=_reseal)
    return parser


def _list(database: Database, sealer: Sealer | None, options: argparse.Namespace) -> int:
    with database.reading() as session:
        for message in outbox.messages(session, state=options.state, most=options.most):
            whom = _masked_address(session, sealer, message.contact_id)
            print(
                f"{message.id} {message.state} {message.template} to {whom}: "
                f"attempts {message.attempts}, due {message.due:%Y-%m-%d %H:%M} UTC"
                + (f", {message.problem}" if message.problem else "")
            )
    return 0


def _masked_address(session: Any, sealer: Sealer | None, contact_id: int) -> str:
    if sealer is None:
        return f"contact {contact_id}"
    try:
        return masked(*open_contact(session, sealer, contact_id))
    except WrongKeyError:
        return f"contact {contact_id}, which no key opens"


def _retry(database: Database, _sealer: Sealer | None, options: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    database.write(lambda session: outbox.retry(session, OPERATOR, options.id, now=now))
    print(f"message {options.id} waits to be sent")
    return 0


def _reseal(database: Database, sealer: Sealer | None, _options: argparse.Namespace) -> int:
    if sealer is None:
        raise ValueError("LUJIAN_SECRET_KEY is not set")
    done = database.write(lambda session: reseal_all(session, sealer))
    for table, its in sorted(done.items()):
        print(f"{table}: {its.resealed} sealed under the first key, {its.unopened} no key opens")
    return 1 if any(its.unopened for its in done.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
