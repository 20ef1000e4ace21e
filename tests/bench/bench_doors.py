"""What other programs read of a large campaign: OGC API - Features and vector tiles, by CPU time.

    python -m tests.bench.bench_doors --sizes 10000,1000000 --folder var/bench

Every answer is asked for in this process, over the routes as they are served, so that the
processor's time of it is all that counts; the median of several. Nothing is asked for with what is
kept of an earlier answer. ``--whole`` also follows ``next`` through all pages of 1,000.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from sqlalchemy import select

from api import create_api
from core.database import Database
from core.settings import Settings
from geo.cluster_index import mercator_unit
from serving.context import make_context
from submissions.proposals.models import Proposal
from tests.bench.filled import BUSY, SLUG, prepared
from tests.bench.tables import print_columns

_REPEAT = 5
_ITEMS = f"/ogc/collections/{SLUG}_proposals/items"
_BOX = "116.324,40.029,116.326,40.031"
_SHAPE = "POLYGON((116.30 40.02,116.33 40.02,116.30 40.05,116.30 40.02))"
#: Pages of features, by what narrows them.
PAGES = {
    "10": "limit=10",
    "1,000": "limit=1000",
    "1,000 in the middle": "limit=1000&after={middle}",
    "1,000 at the end": "limit=1000&after={last}",
    "a small box": f"limit=1000&bbox={_BOX}",
    "a large box": "limit=1000&bbox=116.30,40.02,116.33,40.05",
    "a category": "limit=1000&category=public_space",
    "a day": "limit=1000&datetime=2026-03-20",
    "a filter": "limit=1000&filter=category = 'public_space' AND created > DATE('2026-04-01')",
    "a shape": f"limit=1000&filter=S_INTERSECTS(geometry,{_SHAPE})",
    "few of all": "limit=1000&filter=text LIKE '%2599999%25'",
}
OTHERS = ("/ogc", "/ogc/collections", f"/tiles/{SLUG}_proposals.json")
ZOOMS = range(8, 17)


class Asker:
    """Asks a door of a database; nothing of earlier answers is sent along."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder / 'lujian.sqlite'}")
        with tempfile.TemporaryDirectory() as var_dir:
            settings = Settings(var_dir=Path(var_dir))
        self.client = TestClient(create_api(make_context(self.database, settings)))

    def ask(self, path: str) -> tuple[float, Any]:
        """Return how many CPU milliseconds an answer took, and the answer."""
        began = time.process_time()
        answer = self.client.get(path, headers={"accept-encoding": "identity"})
        took = 1000 * (time.process_time() - began)
        assert answer.status_code == 200, answer.text[:300]
        return took, answer

    def median(self, paths: Callable[[int], str]) -> tuple[float, float, Any]:
        """Return the first time, the median of further ones, and the last answer."""
        first, answer = self.ask(paths(0))
        times = []
        for turn in range(1, _REPEAT + 1):
            gc.collect()
            took, answer = self.ask(paths(turn))
            times.append(took)
        return first, float(np.median(times)), answer


def pages(asker: Asker, size: int) -> list[dict[str, Any]]:
    """Measure pages of features; each has never been asked for before."""
    with asker.database.reading() as session:
        names = select(Proposal.public_id).order_by(Proposal.id)
        middle = session.scalars(names.offset(size // 2).limit(_REPEAT + 1)).all()
        last = session.scalars(names.offset(size - 1_020).limit(_REPEAT + 1)).all()
    rows = []
    for name, query in PAGES.items():

        def path(turn: int, query: str = query) -> str:
            return f"{_ITEMS}?{query.format(middle=middle[turn], last=last[turn])}&lang=en"

        first, again, answer = asker.median(path)
        told = answer.json()
        rows.append(
            {
                "page of": name,
                "first ms": first,
                "ms": again,
                "features": told["numberReturned"],
                "of": told["numberMatched"],
                "kB": len(answer.content) / 1e3,
            }
        )
    return rows


def tiles(asker: Asker) -> list[dict[str, Any]]:
    """Measure tiles where proposals stand most densely: the first, and its neighbours."""
    x, y = (float(one[0]) for one in mercator_unit(np.array([BUSY[0]]), np.array([BUSY[1]])))
    rows = []
    for zoom in ZOOMS:
        column, line = int(x * (1 << zoom)), int(y * (1 << zoom))
        path = f"/tiles/{SLUG}_proposals/{zoom}/{column}/{line}.mvt"
        first, again, answer = asker.median(lambda _turn, path=path: path)
        rows.append({"zoom": zoom, "first ms": first, "ms": again, "kB": len(answer.content) / 1e3})
    return rows


def whole(asker: Asker) -> dict[str, Any]:
    """Follow ``next`` through all pages of 1,000."""
    path, count, spent, slowest = f"{_ITEMS}?limit=1000", 0, 0.0, 0.0
    while path:
        took, answer = asker.ask(path)
        told = answer.json()
        count, spent, slowest = count + told["numberReturned"], spent + took, max(slowest, took)
        path = next((one["href"] for one in told["links"] if one["rel"] == "next"), "")
    return {"features": count, "CPU s": spent / 1000, "slowest page ms": slowest}


def main() -> None:
    """Measure each size and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,1000000")
    parser.add_argument("--folder", type=Path, default=Path("var/bench"))
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    for size in (int(one) for one in options.sizes.split(",")):
        asker = Asker(prepared(options.folder, size))
        print(f"\n{size:,} proposals")
        print_columns(pages(asker, size))
        print_columns(tiles(asker))
        for path in OTHERS:
            first, again, answer = asker.median(lambda _turn, path=path: path)
            print(f"  {path}: first {first:.1f} ms, {again:.1f} ms, {len(answer.content):,} bytes")
        if options.whole:
            print_columns([whole(asker)])
        asker.database.close()


if __name__ == "__main__":
    main()
