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

from tests.bench.synthetic import POINTS_LARGE
from tests.postgis import VARIABLE, NoPostgisError, find_programs

SIZES = "10000,100000,1000000"
_PYTHON = [sys.executable, "-m"]


def commands(*, large: bool, folder: str) -> dict[str, list[str]]:
    """Return each benchmark's command; ``folder`` keeps what two of them need."""
    sizes = f"{SIZES},{POINTS_LARGE}" if large else SIZES
    bench = [*_PYTHON, "tests.bench.bench_"]
    asked = {
        "aggregate": ["--sizes", sizes],
        "hotspots": ["--sizes", sizes],
        "filing": [],
        "visitors": [],
        "clicks": ["--sizes", "100,100000,1000000", "--folder", folder],
        "map": ["--sizes", f"100,{SIZES}", "--folder", folder],
    }
    found = {name: [*bench[:-1], bench[-1] + name, *more] for name, more in asked.items()}
    if not os.environ.get(VARIABLE):
        try:
            find_programs()
            found["aggregate"] = [*_PYTHON, "tests.postgis", "--", *found["aggregate"]]
        except NoPostgisError as error:
            print(f"PostGIS is left out: {error}", flush=True)
    return found


def main() -> int:
    """Run them; return 1 if any failed, after all have run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--large", action="store_true", help="geometry up to 5,970,000 points")
    parser.add_argument("--only", default="", help="names, comma-separated")
    options = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory(prefix="lujian-bench-") as folder:
        found = commands(large=options.large, folder=folder)
        names = [name for name in options.only.split(",") if name] or list(found)
        for name in names:
            if name not in found:
                parser.error(f"there is no {name!r}; there are: {', '.join(found)}")
        for name in names:
            print(f"\n== {name} " + "=" * (70 - len(name)), flush=True)
            started = time.monotonic()
            if subprocess.run(found[name], check=False).returncode:
                failed.append(name)
            print(f"  ({time.monotonic() - started:.0f} s)", flush=True)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
