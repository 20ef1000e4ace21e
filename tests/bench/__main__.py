"""All benchmarks one after another, each in a process of its own: ``python -m tests.bench``.

``--large`` takes geometry to 5,970,000 points; ``--only map,clicks`` runs some of them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.bench.synthetic import POINTS_LARGE
from tests.postgis import VARIABLE, NoPostgisError, postgis

SIZES = "10000,100000,1000000"


def commands(*, large: bool, folder: str) -> dict[str, list[str]]:
    """Return each benchmark's arguments; ``folder`` keeps what two of them need."""
    sizes = f"{SIZES},{POINTS_LARGE}" if large else SIZES
    return {
        "aggregate": ["--sizes", sizes],
        "hotspots": ["--sizes", sizes],
        "files": ["--sizes", f"100000,1000000,{POINTS_LARGE}" if large else "100000,1000000"],
        "export": ["--sizes", "100000,1000000", "--folder", folder],
        "significance": ["--sizes", "1650,100000" + (f",{POINTS_LARGE}" if large else "")],
        "themes": ["--size", "100000"],
        "siting": [],
        "tiles": [],
        "doors": ["--sizes", "10000,1000000", "--folder", folder],
        "filing": [],
        "places": [],
        "reproject": [],
        "photos": [],
        "review": ["--sizes", "10000,100000", "--folder", folder],
        "workbench": ["--folder", folder],
        "weight": [],
        "visitors": [],
        "memory": ["--hour"] if large else [],
        "clicks": ["--sizes", "100,100000,1000000", "--folder", folder],
        "map": ["--sizes", f"100,{SIZES}", "--folder", folder],
    }


@contextmanager
def surroundings(name: str) -> Iterator[dict[str, str]]:
    """Give a benchmark's environment, with a PostGIS of its own where it compares with one.

    The filing benchmark starts its own.
    """
    if name != "aggregate" or os.environ.get(VARIABLE):
        yield dict(os.environ)
        return
    try:
        with postgis() as url:
            with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
            yield {**os.environ, VARIABLE: url}
    except NoPostgisError as error:
        print(f"  PostGIS is left out: {error}", flush=True)
        yield dict(os.environ)


def run(name: str, arguments: list[str]) -> bool:
    """Run one benchmark in a process of its own; return whether it went well."""
    print(f"\n== {name} " + "=" * (70 - len(name)), flush=True)
    started = time.monotonic()
    with surroundings(name) as environment:
        words = [sys.executable, "-m", f"tests.bench.bench_{name}", *arguments]
        code = subprocess.run(words, env=environment, check=False).returncode
    print(f"  ({time.monotonic() - started:.0f} s)", flush=True)
    return code == 0


def main() -> int:
    """Run them; return 1 if any failed, after all have run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--large", action="store_true", help="geometry up to 5,970,000 points")
    parser.add_argument("--only", default="", help="names, comma-separated")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lujian-bench-") as folder:
        found = commands(large=options.large, folder=folder)
        names = [name for name in options.only.split(",") if name] or list(found)
        unknown = set(names) - set(found)
        if unknown:
            parser.error(f"there is no {', '.join(unknown)}; there are: {', '.join(found)}")
        failed = [name for name in names if not run(name, found[name])]
    if failed:
        print(f"\nfailed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
