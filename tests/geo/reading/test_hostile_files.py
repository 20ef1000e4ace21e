"""What strangers send opens nothing but itself, and costs no more than it may."""

from __future__ import annotations

import io
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.errors import BadFileError, LuJianError
from geo.reading import sandbox
from geo.reading.file_kinds import KINDS_OF_ENDING
from geo.reading.limits import MIB, ReadLimits
from geo.reading.reader import FileRead, read_bytes, read_path
from geo.reading.vector import DRIVERS, KNOWN_DRIVERS
from tests.geo.reading import hostile
from tests.layers.sending import zipped

ROOT = Path(__file__).resolve().parents[3]
ENDINGS = sorted(set(KINDS_OF_ENDING) - {".shp"})
QUICK = ReadLimits(memory_mb=400, seconds=3, unpacked_mb=8, result_mb=64)


class Listener:
    """Counts who calls."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.calls = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


def outcome(name: str, data: bytes, limits: ReadLimits = QUICK) -> FileRead | LuJianError:
    """Return what was read, or the error in one line; anything else fails the test."""
    try:
        return read_bytes(name, data, crs="EPSG:4326", limits=limits)
    except LuJianError as error:
        refused = error
    assert "\n" not in str(refused.params.get("reason", ""))
    return refused


def shown(read: FileRead | LuJianError) -> str:
    """Return all that somebody could get to see."""
    if isinstance(read, LuJianError):
        return str(read.params)
    return f"{read.frame.to_json() if read.has_places else read.frame.to_string()} {read.layers}"


def test_no_ending_and_no_content_opens_another_file_or_an_address(
    tmp_path: Path, listener: Listener, everything: bool
) -> None:
    """Every kind of content under every ending; over each other file only with ``--everything``."""
    canaries = hostile.canary_files(tmp_path)
    contents = list(hostile.forged(canaries, listener.address, tmp_path))
    assert len(contents) > 70
    opened, place = 0, {path.suffix: n for n, path in enumerate(canaries)}
    for turn, ending in enumerate(ENDINGS):
        for driver, data in contents:
            over = place.get(driver.rpartition(" ")[2], turn)
            if not everything and (turn - over) % len(place):
                continue
            read = outcome(f"file{ending}", data)
            assert hostile.CANARY not in shown(read), (ending, driver)
            opened += isinstance(read, FileRead)
    assert opened > 0, "sound parts of some are read"
    assert listener.calls == 0


@pytest.mark.filterwarnings(
    "ignore::RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_what_gdal_writes_is_read_under_its_own_ending_alone(tmp_path: Path) -> None:
    written = dict(hostile.written_by_gdal(tmp_path))
    assert {"GeoJSON", "GPKG", "KML", "FlatGeobuf", "GML", "SQLite"} <= set(written)
    geojson = {".geojson", ".json", ".geojsonl", ".ndjson", ".geojsons", ".jsonl"}
    allowed = {
        **dict.fromkeys(("GeoJSON", "GeoJSONSeq", "JSONFG"), geojson),
        **{"GPKG": {".gpkg"}, "KML": {".kml"}, "LIBKML": {".kml"}, "FlatGeobuf": {".fgb"}},
        **{"GPX": {".gpx"}, "XLSX": {".xlsx"}, "ODS": {".ods"}, "DXF": {".dxf"}},
    }
    for driver, data in written.items():
        read = {end for end in ENDINGS if isinstance(outcome(f"a{end}", data), FileRead)}
        text_tables = {".csv", ".tsv", ".txt"}
        assert read - text_tables <= allowed.get(driver, set()), driver
        if driver in ("GeoJSON", "GPKG", "FlatGeobuf", "GPX", "DXF"):
            assert read == allowed[driver], driver


def test_the_drivers_of_this_gdal_are_all_known() -> None:
    code = "import pyogrio; print('\\n'.join(pyogrio.list_drivers()))"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    assert set(filter(None, found)) <= KNOWN_DRIVERS
    assert set(DRIVERS.values()) <= KNOWN_DRIVERS


LOCKED = """
import json, socket, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from geo.reading import lockdown
own = Path({own!r})
libraries = [Path(sys.prefix), Path(sys.base_prefix)]
done = [lockdown.leave_network(), lockdown.leave_files(own, libraries)]
def tried(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"
(own / "mine").write_text("x")
print(json.dumps([done, tried(lambda: Path({canary!r}).read_text()),
    tried(lambda: Path({canary!r}).write_text("x")),
    tried(lambda: socket.create_connection(("127.0.0.1", {port}), 2)), (own / "mine").read_text()]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="name spaces and Landlock are Linux's")
def test_the_reading_process_has_no_network_and_no_file_but_its_own(
    tmp_path: Path, listener: Listener
) -> None:
    """Not the list of drivers, the kernel: whatever a file makes a library do."""
    own, canary = tmp_path / "own", tmp_path / "secret"
    own.mkdir()
    canary.write_text("x", encoding="utf-8")
    port = int(listener.address.rpartition(":")[2])
    code = LOCKED.format(root=str(ROOT), own=str(own), canary=str(canary), port=port)
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    (no_network, no_files), read, written, called, mine = json.loads(answer.stdout)
    assert mine == "x"
    if no_files:
        assert (read, written) == ("PermissionError", "PermissionError")
    if no_network or no_files:
        assert called != "done"
        assert listener.calls == 0


def test_the_reading_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUJIAN_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "k")
    sandbox.stop_server()
    outcome("a.geojson", b'{"type": "Point", "coordinates": [1, 2]}')
    server = psutil.Process(sandbox._server()._process.pid)
    known = server.environ()
    assert not [name for name in known if name.startswith(("LUJIAN_", "AWS_", "PG"))]
    assert "k" * 40 not in " ".join(known.values())
    opened = [file.path for file in server.open_files()]
    assert not [path for path in opened if path.endswith((".sqlite", ".key"))]


def nested(depth: int) -> bytes:
    value = '{"a":' * depth + "1" + "}" * depth
    return f'{{"type":"Feature","geometry":null,"properties":{{"deep":{value}}}}}'.encode()


def workbook(sheet: bytes) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return body.getvalue()


def laughing(levels: int = 9) -> bytes:
    """Return XML whose entities unfold tenfold at each level."""
    names = "abcdefghij"[:levels]
    first = f'<!ENTITY {names[0]} "{"x" * 1000}">'
    others = [
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in itertools.pairwise(names)
    ]
    text = f"<!DOCTYPE x [{first}{''.join(others)}]><kml><name>&{names[-1]};</name></kml>"
    return text.encode()


def test_what_would_cost_too_much_is_one_sentence_and_the_server_does_not_grow(
    tmp_path: Path,
) -> None:
    cases = [
        ("endless.gpkg", hostile.endless_geopackage(tmp_path), "costly"),
        ("lying.zip", hostile.lying_archive(1_000, 20 * MIB), "archive"),
        ("large.zip", zipped({"a.csv": b"1" * (9 * MIB)}), "size"),
        ("large.xlsx", workbook(b"0" * (9 * MIB)), "size"),
        ("deep.geojson", nested(900), "deep"),
        ("deeper.geojson", nested(100_000), "deep"),
        ("laughing.kml", laughing(), "definitions"),
        ("one.csv", b"lon,lat,a\n1,2," + b"x" * (5 * MIB), ""),
    ]
    outcome("a.geojson", b'{"type": "Point", "coordinates": [1, 2]}')
    before = psutil.Process().memory_info().rss
    for name, data, problem in cases:
        read = outcome(name, data)
        if problem:
            assert isinstance(read, BadFileError), name
            assert read.params["problem"] == problem, (name, read)
    assert psutil.Process().memory_info().rss - before < 100 * MIB
    assert not psutil.Process(sandbox._server()._process.pid).children()


def test_many_collections_in_each_other_kill_the_child_not_the_server() -> None:
    inside = '{"type":"GeometryCollection","geometries":['
    for depth in (200, 900):
        text = f'{{"type":"Feature","properties":{{}},"geometry":{inside * depth}{"]}" * depth}}}'
        outcome("a.geojson", text.encode())
    assert isinstance(outcome("a.geojson", b'{"type":"Point","coordinates":[1,2]}'), FileRead)


def test_a_reading_process_that_dies_is_followed_by_another(tmp_path: Path) -> None:
    point = b'{"type":"Point","coordinates":[1,2]}'
    assert isinstance(outcome("a.geojson", point), FileRead)
    sandbox._server()._process.kill()
    sandbox._server()._process.wait()
    assert isinstance(outcome("a.geojson", point), FileRead)


def test_who_asks_may_be_a_thread_that_ends() -> None:
    """Linux tells a process of its parent's death when the thread that started it ends."""
    sandbox.stop_server()
    point = b'{"type":"Point","coordinates":[1,2]}'
    found: list[FileRead | LuJianError] = []
    for _ in range(3):
        asking = threading.Thread(target=lambda: found.append(outcome("a.geojson", point)))
        asking.start()
        asking.join()
    process = sandbox._server()._process
    assert [isinstance(one, FileRead) for one in found] == [True] * 3
    found.append(outcome("a.geojson", point))
    assert process.poll() is None


def test_after_a_silence_its_memory_is_given_back() -> None:
    point = b'{"type":"Point","coordinates":[1,2]}'
    assert isinstance(outcome("a.geojson", point), FileRead)
    server = sandbox._server()
    assert server._socket.gettimeout() == sandbox.IDLE_S
    server._socket.settimeout(0.05)  # holds once it has heard of the next file
    assert isinstance(outcome("a.geojson", point), FileRead)
    assert server._process.wait(20) != 0
    assert isinstance(outcome("a.geojson", point), FileRead)


@pytest.mark.parametrize("crs", ["+proj=longlat +nadgrids=/etc/passwd", "init=/etc/passwd:1"])
def test_a_system_that_somebody_types_opens_no_file_either(crs: str) -> None:
    with pytest.raises(LuJianError, match="unknown_crs"):
        read_bytes("a.geojson", b'{"type":"Point","coordinates":[1,2]}', crs=crs)


def test_where_there_is_no_fork_a_process_of_its_own_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "fork")
    path = tmp_path / "a.gpkg"
    hostile.sound_geopackage(path)
    assert len(read_path(path).frame) == 1
    endless = tmp_path / "endless.gpkg"
    assert endless.write_bytes(hostile.endless_geopackage(tmp_path))
    with pytest.raises(BadFileError, match="costly"):
        read_path(endless, limits=QUICK)
