"""Files of whole campaigns measured, against ``GeoDataFrame.to_file(use_arrow=True)``.

    python -m tests.bench.bench_export --sizes 100000,1000000 --folder FOLDER

``write``: a frame in memory becomes GeoJSON, by us and by ``to_file``. ``command``: from the
database to the file, as ``python -m layers export`` does it. ``http``: the server sends it to a
client beside it. Both against ``to_file`` alone, whose frame is in memory already, and against
reading the same rows into that frame and ``to_file``; tables against ``DataFrame.to_csv`` alone.
Seconds of the clock, for a machine that does nothing else, and of its processors, those of the
client not counted. Memory is how far the peak of the process rose. What is written is compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.export.proposal_text import csv_blocks, feature_blocks
from analysis.export.proposals import proposal_frame
from analysis.selection import Selection
from api import create_api
from core.database import Database
from core.settings import Settings
from geo.writing.feature_text import collection_of, collection_text, parts_of
from geo.writing.forms import FORMS, default_system, write_file
from geo.writing.geojson import write_whole
from serving.context import make_context
from submissions.proposals.queries import campaign_by_slug
from tests.api.test_streams import served
from tests.bench.filled import SLUG, prepared
from tests.bench.measure import measured
from tests.bench.tables import print_columns
from wording.files.selection_layers import selection_layer

#: Forms that are made whole, up to so many rows.
WHOLE = {"gpkg": 1_000_000, "fgb": 1_000_000, "parquet": 1_000_000, "shp": 100_000}
_CLIENT = (
    "import sys,urllib.request as u\nwith u.urlopen(sys.argv[1]) as a:\n while a.read(1<<20): pass"
)


def _chosen(url: str) -> tuple[Database, Selection]:
    database = Database(url)
    with database.reading() as session:
        return database, Selection(campaign_by_slug(session, SLUG))


def _frame(url: str) -> pd.DataFrame:
    database, chosen = _chosen(url)
    with database.reading() as session:
        return proposal_frame(session, chosen)


def _ours(given: tuple[Any, Path]) -> int:
    frame, path = given
    write_whole(path, collection_text(parts_of([frame]), {}, ids="id"))
    return path.stat().st_size


def _to_file(given: tuple[Any, Path]) -> int:
    frame, path = given
    path.unlink(missing_ok=True)
    frame.to_file(path, driver="GeoJSON", engine="pyogrio", use_arrow=True)
    return path.stat().st_size


def _command(given: tuple[str, Path]) -> int:
    url, path = given
    database, chosen = _chosen(url)
    with database.reading() as session:
        write_whole(path, collection_of(feature_blocks(session, chosen), {}))
    return path.stat().st_size


def _read_and_to_file(given: tuple[str, Path]) -> int:
    return _to_file((_frame(given[0]), given[1]))


def _csv(given: tuple[str, Path]) -> int:
    url, path = given
    database, chosen = _chosen(url)
    with database.reading() as session:
        write_whole(path, csv_blocks(session, chosen))
    return path.stat().st_size


def _to_csv(given: tuple[Any, Path]) -> int:
    frame, path = given
    pd.DataFrame(frame.drop(columns="geometry")).to_csv(path, index=False)
    return path.stat().st_size


def _http(given: tuple[str, Path]) -> int:
    url, folder = given
    api = create_api(make_context(Database(url), Settings(var_dir=folder)))
    with served(api) as port:
        address = f"http://127.0.0.1:{port}/campaigns/{SLUG}/proposals.geojson"
        subprocess.run([sys.executable, "-c", _CLIENT, address], check=True)
    return 0


def _whole(given: tuple[str, str, Path]) -> int:
    url, form, path = given
    _database, chosen = _chosen(url)
    layer = selection_layer("proposals", chosen.campaign, _frame(url), "zh_CN")
    system = default_system(FORMS[form], 116.3)
    write_file([layer], path, form, system=system, notes=["bench"])
    return path.stat().st_size


def run(count: int, folder: Path) -> dict[str, Any]:
    """Measure one size; return its figures."""
    url = f"sqlite:///{prepared(folder, count) / 'lujian.sqlite'}"
    with tempfile.TemporaryDirectory(dir=folder) as name:
        made = Path(name)
        frame = _frame(url)
        ours = measured(_ours, (frame, made / "ours.geojson"))
        theirs = measured(_to_file, (frame, made / "theirs.geojson"))
        _compare(made / "ours.geojson", made / "theirs.geojson", frame)
        to_csv = measured(_to_csv, (frame, made / "theirs.csv"))
        del frame
        command = measured(_command, (url, made / "command.geojson"))
        _same(made / "command.geojson", made / "ours.geojson")
        peer = measured(_read_and_to_file, (url, made / "peer.geojson"))
        http = measured(_http, (url, made))
        table = measured(_csv, (url, made / "all.csv"))
        told: dict[str, Any] = {"rows": count}
        told |= _beside("write", count, ours, {"to_file alone": theirs})
        whole = {"to_file alone": theirs, "reading and to_file": peer}
        told |= _beside("command", count, command, whole)
        told |= _beside("http", count, http, whole)
        told |= _beside("csv", count, table, {"to_csv alone": to_csv})
        for form, most in WHOLE.items():
            if count <= most:
                whole = measured(_whole, (url, form, made / f"all.{FORMS[form].ending}"))
                told[f"{form}: s, from the database"] = whole["cpu_s"]
        return told


def _beside(
    what: str, count: int, ours: dict[str, Any], theirs: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Return rows a second, by clock and processor, how many times those of others, and memory."""
    told: dict[str, Any] = {}
    for kind, word in (("seconds", "clock"), ("cpu_s", "processor")):
        told[f"{what}: rows/s, {word}"] = count / ours[kind]
        for name, other in theirs.items():
            told[f"{what}: times {name}, {word}"] = other[kind] / ours[kind]
    told[f"{what}: memory MB"] = ours["extra_mb"]
    told |= {f"{what}: memory MB of {name}": other["extra_mb"] for name, other in theirs.items()}
    return told


def _same(ours: Path, theirs: Path) -> None:
    """Check that two collections, a feature a line, have the same features."""
    with ours.open(encoding="utf-8") as one, theirs.open(encoding="utf-8") as other:
        for number, (line, wanted) in enumerate(zip(one, other, strict=True)):
            if number > 1 and number % 997 == 0 and line != "]}\n":
                found, told = (json.loads(text.rstrip().rstrip(",")) for text in (line, wanted))
                assert found == told


def _compare(ours: Path, theirs: Path, frame: pd.DataFrame) -> None:
    one, other = (json.loads(path.read_bytes())["features"] for path in (ours, theirs))
    assert len(one) == len(other) == len(frame)
    for step in range(0, len(one), max(len(one) // 1_000, 1)):
        assert one[step]["properties"] == other[step]["properties"]
        assert one[step]["geometry"] == other[step]["geometry"]


def main() -> None:
    """Print the figures of each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100000,1000000")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    print_columns([run(int(size), options.folder) for size in options.sizes.split(",")])


if __name__ == "__main__":
    main()
