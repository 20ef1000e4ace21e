"""Commands on the server: ``python -m people pass`` makes a pass for somebody of the staff.

It prints the address under which the pass is taken up. Bad input, or a missing
LUJIAN_SECRET_KEY, ends with exit code 2 and one line on stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from errors import InvalidError, NoKeyError
from people.actors import Role
from people.keys import LEAST_LENGTH
from people.passes import MOST_DAYS, MOST_NAME, issue_pass
from settings import get_settings

STAFF_PATH = "/w/staff"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    settings = get_settings()
    try:
        token = issue_pass(
            settings.secret_key, options.role, options.name, options.days, datetime.now(UTC)
        )
    except NoKeyError:
        print(
            f"No key to sign with: set LUJIAN_SECRET_KEY to {LEAST_LENGTH} characters or more.",
            file=sys.stderr,
        )
        return 2
    except InvalidError as error:
        print(_LINES[error.params["field"]], file=sys.stderr)
        return 2
    print(f"{settings.public_url.rstrip('/')}{STAFF_PATH}?{urlencode({'pass': token})}")
    return 0


_LINES = {
    "role": f"--role must be one of: {', '.join(Role)}",
    "name": f"--name must be 1 to {MOST_NAME} characters that can be read.",
    "days": f"--days must be 1 to {MOST_DAYS}.",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m people", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("pass", help="make a pass for somebody of the staff")
    command.add_argument("--role", required=True, help=", ".join(Role))
    command.add_argument("--name", required=True, help="who holds it, as colleagues know them")
    command.add_argument("--days", type=int, default=30, help="how long it holds (default: 30)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
