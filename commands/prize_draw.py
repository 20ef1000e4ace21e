"""``python -m submissions draw verify FILE``: check a prize draw, without any database."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.errors import BadFileError
from submissions.prize_draws import lottery

_STAGES = {
    "published": "declared void before anybody could know the seed",
    "known": "declared void when the seed's source was public, before anything was drawn",
    "drawn": "declared void after prizes were drawn",
}


def add_draw(parser: argparse.ArgumentParser) -> None:
    """Add what can be done with the record of a draw."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verify = verbs.add_parser("verify", help="compute a published record anew")
    verify.add_argument("file", type=Path, help="record.json of a campaign's page of its draw")
    verify.set_defaults(alone=verify_file)


def verify_file(options: argparse.Namespace) -> None:
    """Print what was checked. Raises ``BadFileError`` naming the first thing that is wrong.

    So it does for a draw that was declared void: whoever asks by program whether somebody has won
    gets a no.
    """
    path: Path = options.file
    try:
        record = lottery.read_record(path.read_bytes())
    except OSError as error:
        raise BadFileError(reason=f"{path}: {error.strerror}") from error
    wrong, void = lottery.verify(record), lottery.void_of(record)
    if wrong:
        raise BadFileError(reason=f"{path}: {wrong[0]}")
    print(f"{path}: the list of {len(record['entries'])} entries is the one that was published")
    if record.get(lottery.REPLACES):
        print(f"it takes the place of a void one: {record[lottery.REPLACES]}")
    if record.get("seed") is None:
        print("nothing was drawn from it")
    else:
        print(f"the seed {record['seed']!r} draws:")
        for name in record["drawn"]:
            print(f"  {name}")
    if void is not None:
        reason = lottery.one_line(str(void["reason"]))
        stage = _STAGES.get(void["stage"], void["stage"])
        raise BadFileError(
            reason=f"{path}: VOID since {void['at']} ({stage}), nobody has won by it: {reason}"
        )
