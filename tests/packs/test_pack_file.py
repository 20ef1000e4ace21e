"""The file of a pack: whole, true, opens elsewhere, and nothing personal in any byte of it."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import ezdxf
import pyogrio
import pypdf
import pytest
import shapely
from PIL import Image
from sqlalchemy import update

from core.database import Database
from packs.building import worker
from packs.building.proposals import BLACK
from packs.models import PackVersion
from packs.states import VersionState
from packs.told_people import from_json
from packs.versions import add_version, changes, stop_version, withdraw_version
from people.access.actor import Actor
from submissions.participation.author_edits import withdraw_proposal
from submissions.proposals.models import Proposal
from tests.packs.making import PHONE, SECRETS, Made, more, planted, receipts, with_pack
from tests.submissions.acting import act, moderate


@pytest.fixture
def made(database: Database, tmp_path: Path) -> Made:
    return with_pack(planted(database, tmp_path))


def unpacked(made: Made, name: str, folder: Path) -> Path:
    with zipfile.ZipFile(made.files.path(name)) as packed:
        packed.extractall(folder)
    return folder


def pieces(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Give all that is in a file: its bytes, those of what is packed in it, its texts."""
    yield name, data
    if data[:2] == b"PK":
        with zipfile.ZipFile(BytesIO(data)) as packed:
            assert not packed.comment
            for one in packed.infolist():
                assert not one.comment
                yield from pieces(f"{name}/{one.filename}", packed.read(one))
    elif data[:5] == b"%PDF-":
        document = pypdf.PdfReader(BytesIO(data))
        yield name, str(document.metadata).encode()
        for page in document.pages:
            yield name, page.extract_text().encode()
        streams = (document.get_object(n) for n in range(1, len(document.xref[0]) + 1))
        yield from ((name, s.get_data()) for s in streams if hasattr(s, "get_data"))
    elif data[:3] == b"\xff\xd8\xff":
        image = Image.open(BytesIO(data))
        assert not image.getexif()
        assert "comment" not in image.info
    elif data[:16] == b"SQLite format 3\0":
        held = sqlite3.connect(":memory:")
        held.deserialize(data)
        tables = [
            row[0] for row in held.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        for table in tables:
            yield name, repr(held.execute(f'SELECT * FROM "{table}"').fetchall()).encode()


def spellings(secret: str) -> set[bytes]:
    """Return how a word may stand in a file."""
    escaped = json.dumps(secret)[1:-1].encode()
    upper = escaped.replace(b"\\u", b"\\U+").upper()
    encoded = {secret.encode(one) for one in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")}
    return {*encoded, escaped, upper, "".join(f"&#{ord(c)};" for c in secret).encode()}


def test_nothing_personal_stands_in_any_byte_of_a_pack(made: Made, database: Database) -> None:
    version = made.build()
    data = made.files.path(version.file).read_bytes()
    secrets = [*SECRETS, *receipts(database), "device 3", str(made.files.folder)]
    found = dict.fromkeys(secrets, "")
    number = 0
    for name, piece in pieces("pack.zip", data):
        number += 1
        for secret in secrets:
            if any(spelt in piece for spelt in spellings(secret)):
                found[secret] = name
    assert number > 20
    assert {secret: name for secret, name in found.items() if name} == {}
    # The search itself finds what is there, in each kind of file.
    shown = {
        name
        for name, piece in pieces("pack.zip", data)
        if any(spelt in piece for spelt in spellings("第2条：这里要有座椅"))
    }
    for part in ("data/pack.gpkg", "data/geojson/proposals.geojson", "cad/pack-EPSG4548.dxf"):
        assert f"pack.zip/{part}" in shown, part


def test_a_pack_holds_what_it_says_and_its_layers_lie_where_they_should(
    made: Made, tmp_path: Path
) -> None:
    version = made.build()
    folder = unpacked(made, version.file, tmp_path / "out")
    told = json.loads((folder / "manifest.json").read_text())
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert there == {*told["files"], "manifest.json"}
    for name, one in told["files"].items():
        data = (folder / name).read_bytes()
        assert (sha256(data).hexdigest(), len(data)) == (one["sha256"], one["bytes"]), name
    assert told["version"] == 1
    assert told["left_out"]["themes_not_read_yet"] == len(made.ids)  # nobody has read them here
    assert (told["campaign"], told["edition"], told["origin"]) == ("test-campaign", "2020", "topic")
    assert version.digest == sha256(made.files.path(version.file).read_bytes()).hexdigest()
    assert {"README.txt", "terms.txt", "LICENCE.txt", "dictionary.csv", "figures.csv"} <= there
    assert {"project.qgz", "brief.pdf", f"photos/{made.ids[2]}-1.jpg"} <= there
    read_me = (folder / "README.txt").read_text(encoding="utf-8-sig")
    assert read_me.index("微公园，第 1 版") < read_me.index("微公园, version 1")
    with (folder / "dictionary.csv").open(encoding="utf-8-sig", newline="") as opened:
        meant = {(row[0], row[1]): row[2:] for row in csv.reader(opened)}
    assert meant["proposals", "text"][:2] == ["居民原话", "text"]
    assert meant["proposals", "q_wishes_seats"][:2] == ["想要什么? seats", "yes/no"]
    assert not [column for _layer, column in meant if column == "q_name"]
    notes = " ".join(pyogrio.read_dataframe(folder / "data/pack.gpkg", layer="notes")["note"])
    for said in ("EPSG:4548", "清河街道办事处", "100 米", "示意"):
        assert said in notes
    layers = {name for name, _kind in pyogrio.list_layers(folder / "data/pack.gpkg")}
    assert {"proposals", "sites", "communities", "no_go"} <= layers
    metric = pyogrio.read_dataframe(folder / "data/pack.gpkg", layer="proposals")
    plain = pyogrio.read_dataframe(folder / "data/geojson/proposals.geojson")
    assert metric.crs.to_epsg() == 4548
    assert plain.crs.to_epsg() == 4326
    assert set(metric["id"]) == set(made.ids) == set(plain["id"])
    back = metric.set_index("id").geometry.to_crs(4326)
    assert back.geom_equals_exact(plain.set_index("id").geometry.loc[back.index], 1e-7).all()
    assert metric.set_index("id")["member"].sum() == 8
    spots = pyogrio.read_dataframe(folder / "data/pack.gpkg", layer="hotspots")
    told_of = {"hotspot_id", "name_zh", "name_en", "proposals", "area_m2", "geometry"}
    assert (set(spots.columns), list(spots["proposals"])) == (told_of, [12])
    assert spots.union_all().buffer(1).contains(metric.union_all())
    beds = {name for name in layers if name.startswith("layer_")} - {"layer_styles"}
    assert len(beds) == 1  # the one for everybody, with what of it anybody may read
    (bed,) = (pyogrio.read_dataframe(folder / "data/pack.gpkg", layer=name) for name in beds)
    assert set(bed.columns) == {"name_zh", "name_en", "kind", "name", "width", "geometry"}
    assert "relation" not in metric.columns
    assert "q_name" not in metric.columns
    assert metric.set_index("id").loc[made.ids[1], "text"].count(BLACK) >= len(PHONE)
    rows = (folder / "dictionary.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) > 20
    assert not [row for row in rows if row.rstrip().endswith(",")], "a column without meaning"
    _check_drawing(folder)
    _check_sheet(folder)


def _check_sheet(folder: Path) -> None:
    """What is printed has the whole place on it, at the scale that it says."""
    with zipfile.ZipFile(folder / "project.qgz") as packed:
        (name,) = packed.namelist()
        root = ET.fromstring(packed.read(name))
    (sheet,) = root.iter("Layout")
    items = {one.get("id"): one for one in sheet.iter("LayoutItem")}
    assert (sheet.get("name"), items["title"].get("labelText")) == ("A3 图", "微公园")
    extent = items["map"].find("Extent")
    assert extent is not None
    seen = shapely.box(*(float(extent.get(n, "0")) for n in ("xmin", "ymin", "xmax", "ymax")))
    sites = pyogrio.read_dataframe(folder / "data/pack.gpkg", layer="sites")
    assert seen.contains(shapely.box(*sites.total_bounds))
    width_mm, height_mm = map(float, items["map"].get("size", "").split(",")[:2])
    west, south, east, north = seen.bounds
    scale = (east - west) * 1_000 / width_mm
    assert (north - south) * 1_000 / height_mm == pytest.approx(scale)
    assert items["ratio"].get("labelText") == f"1:{scale:.0f} (A3)"
    assert float(items["scale"].get("numUnitsPerSegment", "0")) == pytest.approx(scale / 50)
    assert "清河街道办事处" in items["notes"].get("labelText", "")
    titles = {one.get("field"): one.get("name") for one in root.iter("alias")}
    assert titles["text"] == "居民原话"
    shown = {
        name: root.findtext(f"properties/{name}/Enabled") for name in ("ScaleBar", "NorthArrow")
    }
    assert shown == {"ScaleBar": "true", "NorthArrow": "true"}


def _check_drawing(folder: Path) -> None:
    drawing = ezdxf.readfile(folder / "cad/pack-EPSG4548.dxf")
    audit = drawing.audit()
    assert audit.errors == audit.fixes == []
    assert drawing.header["$INSUNITS"] == 6
    sites = pyogrio.read_dataframe(folder / "data/pack.gpkg", layer="sites")
    near = shapely.box(*sites.total_bounds).buffer(200)
    pins = [one.dxf.insert for one in drawing.modelspace().query("INSERT")]
    assert sum(near.intersects(shapely.Point(p.x, p.y)) for p in pins) >= 12


def test_what_goes_is_gone_from_the_next_version_and_people_stay_unseen(
    made: Made, database: Database
) -> None:
    first = made.build()
    assert _told(made)["all:"].people == 9
    moderate(database, made.ids[3], "hidden")
    act(database, withdraw_proposal, Actor("device 4"), made.ids[4])
    more(database, made.campaign, "newcomer")
    change = update(Proposal).where(Proposal.public_id == made.ids[5]).values(supports=7)
    database.write(lambda session: session.execute(change) and None)
    second = made.again()
    assert second.number == 2
    with database.reading() as session:
        differ = {one.layer: one for one in changes(session, made.id, 1, 2)}
    assert set(differ) == {"communities", "hotspots", "proposals"}
    one = differ["proposals"]
    assert (one.added, one.gone, one.changed) == (1, 2, 1)
    data = b"".join(piece for _n, piece in pieces("z", made.files.path(second.file).read_bytes()))
    assert made.ids[3].encode() not in data
    assert made.ids[4].encode() not in data
    # 8 or 9 people stand behind it now: told as before, whoever came or went.
    assert _told(made)["all:"] == from_json({"all:": [9, 1]})["all:"]
    for n in range(6):
        more(database, made.campaign, f"more {n}")
    made.again()
    assert _told(made)["all:"].version == 3
    name = made.change(withdraw_version, 1)
    assert name == first.file
    assert made.latest().number == 3


def _told(made: Made) -> Any:
    with made.database.reading() as session:
        return from_json(session.get_one(PackVersion, made.latest().id).counted)


def test_a_version_that_is_stopped_leaves_no_file(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.change(stop_version, 1)
    assert made.latest().state == VersionState.STOPPED
    made.change(add_version)

    def stopping(*_given: Any) -> tuple[list[tuple[str, str]], int]:
        made.change(stop_version, 2)
        return [], 0

    monkeypatch.setattr(worker, "TELL_S", 0.0)
    monkeypatch.setattr(worker, "pack_photos", stopping)
    version = made.build()
    assert version.state == VersionState.STOPPED
    assert list(made.files.folder.iterdir()) == []
