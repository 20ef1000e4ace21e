"""Commands on the server: ``python -m people admin`` makes somebody an administrator; ``audit``
reads and checks the audit trail.

Whoever can run a command here may do everything anyway. Bad input ends with exit code 2 and one
line on stderr.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from core.database import Database, open_database
from core.errors import BadAccountError, BadPasswordError, PasswordProblem
from core.keys import LEAST_LENGTH, Purpose, derived_keys
from core.settings import get_settings
from core.startup import command, prepare_database, told
from people.accounts import passwords
from people.accounts.accounts import (
    Founded,
    check_login,
    check_name,
    found_administrator,
    one_time_for,
)
from people.accounts.passwords import OneTime
from people.audit import audit_commands

SIGN_IN_PATH = "/w/desk/sign-in"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    return command(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    url = get_settings().sqlalchemy_url
    prepare_database(url)
    with told(url):
        code: int = options.run(open_database(url), options)
    return code


def _admin(database: Database, options: argparse.Namespace) -> int:
    """Make an account an administrator of the platform, with a new password."""
    try:
        login, name = check_login(options.login), check_name(options.name or options.login)
        given = _asked(login, name) if options.ask else passwords.one_time()
    except BadAccountError as error:
        return _refused(_LINES[error.problem])
    except BadPasswordError as error:
        return _refused(_PASSWORD_LINES[error.problem])
    settings, now = get_settings(), datetime.now(UTC)
    valid_for = one_time_for(settings)
    done = database.write(
        lambda session: found_administrator(
            session,
            login=login,
            name=name,
            password_hash=given.hashed,
            must_change=not options.ask,
            valid_for=valid_for,
            now=now,
        )
    )
    print(_told(login, done))
    if not options.ask:
        print(f"Password for the first sign-in, shown only here: {given.password}")
        print(f"It is valid until {now + valid_for:%Y-%m-%d %H:%M} UTC and has to be changed then.")
    print(f"Sign in at {settings.public_url.rstrip('/')}{SIGN_IN_PATH}")
    if not derived_keys(settings.secret_key, Purpose.SESSION):
        least = f"LUJIAN_SECRET_KEY ({LEAST_LENGTH} characters or more)"
        print(f"Nobody can sign in before the server has {least}.", file=sys.stderr)
    return 0


def _asked(login: str, name: str) -> OneTime:
    """Ask for a password at the terminal, twice. Raises ``BadPasswordError``."""
    password = getpass.getpass("New password: ")
    passwords.check_password(password, login, name)
    if getpass.getpass("Once more: ") != password:
        raise BadPasswordError(problem=PasswordProblem.TWICE)
    return OneTime(password, passwords.hash_password(password))


def _told(login: str, done: Founded) -> str:
    said = [f"{'New' if done.created else 'Existing'} account {login}"]
    if done.reopened:
        said.append("was closed and is open again")
    said.append("is now administrator" if done.appointed else "was administrator already")
    if not done.created:
        said.append("its old password and its sessions are void")
    return f"{said[0]}: {'; '.join(said[1:])}."


def _refused(line: str) -> int:
    print(line, file=sys.stderr)
    return 2


_LINES = {
    "login": "--login must be 2 to 80 of: a-z 0-9 . _ @ + -",
    "name": "--name must be 1 to 80 characters that can be read.",
}
_PASSWORD_LINES = {
    "short": f"A password needs {passwords.LEAST} characters or more.",
    "long": f"A password has at most {passwords.MOST} characters.",
    "common": "This password is among the first that are tried.",
    "name": "This password is little more than a name.",
    "twice": "The two passwords differ.",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m people", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    admin = commands.add_parser("admin", help="make an administrator, or give one a new password")
    admin.add_argument("--login", required=True, help="what is typed to sign in")
    admin.add_argument("--name", default="", help="as colleagues know them (default: the login)")
    admin.add_argument("--ask", action="store_true", help="ask for the password, print none")
    admin.set_defaults(run=_admin)
    audit_commands.add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
