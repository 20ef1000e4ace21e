"""Drawings of CAD programs: layers, signs, texts and curves arrive as features; harm does not."""

from __future__ import annotations

import contextlib
import io
import math
from pathlib import Path
from typing import Any

import ezdxf
import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import BadFileError
from geo.crs import MissingCrsError
from geo.reading.dxf.dxf_table import DrawingRead, read_dxf
from geo.reading.limits import ReadLimits
from geo.reading.reader import FileRead, read_bytes
from geo.reading.table import Notes
from tests.examples import examples

EAST, NORTH = 440_000.0, 4_430_000.0
LIMITS = ReadLimits(seconds=20, features=300, positions=100_000, columns=60)
#: Latin letters beyond ASCII are read as well; these are what offices in China write.
CHINESE = st.text(
    st.sampled_from("绿地道路红线停车区树池座椅东门西门北侧一二三号ABC12"), min_size=1, max_size=12
)


def drawing(version: str = "R2000", unit: int = 6, encoding: str = "gbk") -> Any:
    made = ezdxf.new(version)
    made.header["$INSUNITS"] = unit
    made.encoding = encoding
    return made


def data_of(made: Any, encoding: str = "gbk") -> bytes:
    body = io.StringIO()
    made.write(body)
    return body.getvalue().encode(encoding)


def read(data: bytes, *, unit: str = "", crs: str = "EPSG:4548", **asked: Any) -> FileRead:
    return read_bytes("方案.dxf", data, crs=crs, unit=unit, limits=LIMITS, **asked)


def drawn(data: bytes, folder: Path, unit: str = "") -> DrawingRead:
    """Read a drawing without a process of its own."""
    path = folder / "drawn.dxf"
    path.write_bytes(data)
    return read_dxf(path, encoding="", unit=unit, layers=(), limits=LIMITS, notes=Notes())


def shapes_of(found: DrawingRead) -> Any:
    assert isinstance(found.table.shapes, pa.Array)
    return shapely.from_wkb(np.array(found.table.shapes.to_pylist(), object))


def box(x: float = 0.0, y: float = 0.0, size: float = 100.0) -> list[tuple[float, float]]:
    at_x, at_y = EAST + x, NORTH + y
    return [(at_x, at_y), (at_x + size, at_y), (at_x + size, at_y + size), (at_x, at_y + size)]


def scheme() -> Any:
    """Return what a design firm hands back: an outline with its name, signs, curves, a hatch."""
    made = drawing()
    space = made.modelspace()
    space.add_lwpolyline(box(), close=True, dxfattribs={"layer": "绿地"})
    space.add_text("街心花园", height=3, dxfattribs={"layer": "注记"}).set_placement(
        (EAST + 50, NORTH + 50)
    )
    sign = made.blocks.new("停车")
    sign.add_circle((0, 0), 1)
    sign.add_attdef("NAME", (0, 0))
    reference = space.add_blockref("停车", (EAST + 200, NORTH + 20), dxfattribs={"layer": "点位"})
    reference.add_auto_attribs({"NAME": "东门停车"})
    space.add_mtext("{\\fSimSun;60 辆}", dxfattribs={"insert": (EAST + 203, NORTH + 20)})
    house = made.blocks.new("楼")
    house.add_lwpolyline([(0, 0), (50, 0), (50, 15), (0, 15)], close=True)
    space.add_blockref("楼", (EAST + 300, NORTH), dxfattribs={"layer": "建筑", "rotation": 90})
    space.add_blockref("停车", (EAST + 400, NORTH), dxfattribs={"layer": "点位"})
    space.add_arc((EAST, NORTH), 50, 0, 90, dxfattribs={"layer": "道路"})
    rings = space.add_hatch(dxfattribs={"layer": "铺装"}).paths
    rings.add_polyline_path(box(500), is_closed=True)
    rings.add_polyline_path(box(520, 20, 60), is_closed=True)
    space.add_linear_dim(base=(EAST, NORTH), p1=(EAST, NORTH), p2=(EAST + 9, NORTH)).render()
    return made


def rows(found: FileRead) -> gpd.GeoDataFrame:
    """Return the frame, with None where a text is missing."""
    assert isinstance(found.frame, gpd.GeoDataFrame)
    frame = found.frame.copy()
    for name in frame.columns.drop("geometry"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame


def test_a_scheme_arrives_with_its_layers_signs_texts_and_curves() -> None:
    found = read(data_of(scheme()))
    frame = rows(found).set_index("layer")

    assert found.layers == ("绿地", "注记", "点位", "0", "建筑", "道路", "铺装")
    assert found.other_layers == ()
    assert found.told["unit"] == "m"
    assert found.odd == {"entity": 1}, "the dimension"
    green = frame.loc["绿地"]
    assert (green["text"], green.geometry.area) == ("街心花园", 10_000)
    signs = frame.loc["点位"]
    assert signs["NAME"].tolist() == ["东门停车", None]
    assert signs["text"].tolist() == ["60 辆", None]
    assert signs["block"].tolist() == ["停车", "停车"]
    assert set(signs.geometry.geom_type) == {"Point"}
    house = frame.loc["建筑"].geometry
    assert house.bounds == pytest.approx((EAST + 285, NORTH, EAST + 300, NORTH + 50))
    arc = frame.loc["道路"].geometry
    away = shapely.distance(shapely.Point(EAST, NORTH), shapely.get_parts(arc))
    assert arc.length == pytest.approx(25 * math.pi, abs=0.05)
    assert away.max() <= 50 + 0.01
    assert away.min() >= 50 - 0.011
    assert frame.loc["铺装"].geometry.area == pytest.approx(10_000 - 3_600)
    assert "注记" not in frame.index, "its text is the outline's"


@pytest.mark.parametrize("page", ["ANSI_936", "ANSI_1252"])
@pytest.mark.parametrize("written", ["gbk", "utf-8"])
def test_chinese_is_read_whatever_code_page_an_old_drawing_names(
    page: str, written: str, tmp_path: Path
) -> None:
    data = data_of(scheme(), written).replace(b"ANSI_936", page.encode())

    assert "绿地" in drawn(data, tmp_path).layers


@pytest.mark.parametrize(("version", "page"), [("R2000", "ANSI_936"), ("R2010", "ANSI_1252")])
def test_a_binary_drawing_is_read_as_one_of_text(version: str, page: str) -> None:
    made = scheme()
    made.dxfversion = version
    body = io.BytesIO()
    made.write(body, fmt="bin")
    found = read(body.getvalue().replace(b"ANSI_936", page.encode()))

    assert "绿地" in found.layers
    assert len(rows(found)) == len(rows(read(data_of(scheme()))))


def test_some_layers_are_read_with_the_texts_of_others() -> None:
    frame = rows(read(data_of(scheme()), layers=["绿地", "道路"]))

    assert frame["layer"].tolist() == ["绿地", "道路"]
    assert frame["text"].tolist() == ["街心花园", None]
    with pytest.raises(BadFileError) as refused:
        read(data_of(scheme()), layer="红线")
    assert refused.value.params["problem"] == "layer"


def test_unit_and_system_are_asked_and_what_is_said_stands() -> None:
    made = drawing(unit=0)
    made.modelspace().add_lwpolyline([(x * 1000, y * 1000) for x, y in box()], close=True)
    data = data_of(made)

    with pytest.raises(BadFileError) as refused:
        read(data).wgs84()
    assert refused.value.params["problem"] == "unit"
    with pytest.raises(MissingCrsError):
        read(data, unit="mm", crs="").wgs84()
    placed = rows(read(data, unit="mm")).geometry.iloc[0]
    assert placed.bounds == (EAST, NORTH, EAST + 100, NORTH + 100)
    said = drawing(unit=4)
    said.modelspace().add_lwpolyline(box(), close=True)
    assert rows(read(data_of(said), unit="m")).geometry.iloc[0].area == 10_000
    with pytest.raises(BadFileError):
        read(data, unit="ell")


def test_a_frame_around_many_texts_is_not_named_by_them() -> None:
    made = drawing()
    space = made.modelspace()
    space.add_lwpolyline(box(), close=True)
    for number in range(4):
        space.add_text(f"说明{number}", height=2).set_placement((EAST + 20 * number, NORTH + 50))
    frame = rows(read(data_of(made)))

    assert frame["entity"].tolist() == ["LWPOLYLINE", *["TEXT"] * 4]
    assert frame["text"].tolist()[0] is None


def bomb() -> Any:
    made = drawing()
    for level in range(12):
        block = made.blocks.new(f"B{level}")
        if level == 0:
            block.add_line((0, 0), (100, 100))
            continue
        for _ in range(10):
            block.add_blockref(f"B{level - 1}", (1, 1))
    made.modelspace().add_blockref("B11", (EAST, NORTH))
    return made


def grid() -> Any:
    made = drawing()
    made.blocks.new("A").add_line((0, 0), (100, 100))
    grid = {"row_count": 30_000, "column_count": 30_000, "row_spacing": 1, "column_spacing": 1}
    made.modelspace().add_blockref("A", (EAST, NORTH), dxfattribs=grid)
    return made


def circle_of_blocks() -> Any:
    made = drawing()
    for one, other in ("AB", "BA"):
        made.blocks.new(one).add_line((0, 0), (100, 100))
        made.blocks.get(one).add_blockref(other, (1, 1))
        made.blocks.get(one).add_blockref(other, (2, 1))
    made.modelspace().add_blockref("A", (EAST, NORTH))
    return made


@pytest.mark.parametrize("made", [bomb, grid, circle_of_blocks])
def test_blocks_without_end_are_refused(made: Any, tmp_path: Path) -> None:
    with pytest.raises(BadFileError) as refused:
        drawn(data_of(made()), tmp_path)
    assert refused.value.params["problem"] == "features"


def test_huge_curves_have_no_more_corners_than_a_screen_shows(tmp_path: Path) -> None:
    made = drawing()
    space = made.modelspace()
    space.add_circle((EAST, NORTH), 1e13)
    space.add_spline([(EAST, NORTH), (EAST + 1e9, NORTH), (EAST, NORTH + 1e9)])
    space.add_lwpolyline([(EAST, NORTH, 0, 0, 1e9), (EAST + 1e6, NORTH, 0, 0, -1e9)])

    corners = shapely.get_num_coordinates(shapes_of(drawn(data_of(made), tmp_path)))
    assert corners.max() < 50_000


def test_nothing_that_a_drawing_refers_to_is_opened(tmp_path: Path) -> None:
    secret = drawing()
    secret.modelspace().add_text("canary-7f3a", height=1)
    secret.saveas(tmp_path / "secret.dxf")
    made = drawing()
    made.add_xref_def(str(tmp_path / "secret.dxf"), "secret")
    space = made.modelspace()
    space.add_blockref("secret", (EAST, NORTH))
    space.add_image(made.add_image_def(str(tmp_path / "a.png"), (9, 9)), (0, 0), (1, 1))
    space.add_text("<script>alert(1)</script>", height=1).set_placement((EAST, NORTH))
    found = read(data_of(made))

    assert "canary" not in rows(found).to_json()
    assert found.odd == {"entity": 2}
    assert rows(found)["text"].tolist() == ["<script>alert(1)</script>"], "text is data"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"AC1032" + bytes(200), "dwg"),
        (b"AutoCAD Binary DXF\r\n\x1a\x00" + b"\xff" * 99, "unreadable"),
    ],
)
def test_what_is_no_drawing_ends_in_one_sentence(data: bytes, problem: str) -> None:
    with pytest.raises(BadFileError) as refused:
        read(data, unit="m")
    assert refused.value.params["problem"] == problem
    assert "\n" not in str(refused.value.params["reason"])


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.8, 0.97])
def test_a_drawing_that_breaks_off_gives_what_is_whole_or_one_sentence(
    cut: float, tmp_path: Path
) -> None:
    data = data_of(scheme())
    whole = len(drawn(data, tmp_path).table.columns["layer"])
    with contextlib.suppress(BadFileError):
        found = drawn(data[: int(len(data) * cut)], tmp_path, unit="m")
        assert len(found.table.columns["layer"]) <= whole


@st.composite
def _drawings(draw: st.DrawFn) -> list[tuple[str, str, str, list[tuple[float, float]]]]:
    number = st.integers(-9_999, 9_999).map(lambda each: each / 4)
    places = st.lists(st.tuples(number, number), min_size=3, max_size=6, unique=True)
    kinds = st.sampled_from(["closed", "open", "sign"])
    return draw(st.lists(st.tuples(kinds, CHINESE, CHINESE, places), min_size=1, max_size=5))


@settings(max_examples=examples(15), deadline=None)
@example([("sign", "0", "A", [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])])
@given(_drawings())
def test_whatever_is_drawn_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    things: list[tuple[str, str, str, list[tuple[float, float]]]],
) -> None:
    made = drawing("R2004")
    space = made.modelspace()
    made.blocks.new("S").add_attdef("名称", (0, 0))
    meant = []
    for kind, layer, text, places in things:
        at = [(EAST + x, NORTH + y) for x, y in places]
        if kind == "sign":
            reference = space.add_blockref("S", at[0], dxfattribs={"layer": layer})
            reference.add_attrib("名称", text, at[0])
            meant.append((layer, text, shapely.Point(at[0])))
        else:
            space.add_lwpolyline(at, close=kind == "closed", dxfattribs={"layer": layer})
            shape = shapely.Polygon(at) if kind == "closed" else shapely.LineString(at)
            meant.append((layer, None, shape))
    path = tmp_path_factory.getbasetemp() / "drawn.dxf"
    path.write_bytes(data_of(made, "gb18030"))
    asked = {"encoding": "gb18030", "unit": "", "layers": ()}
    found = read_dxf(path, limits=ReadLimits(), notes=Notes(), **asked)  # type: ignore[arg-type]

    assert found.table.columns["layer"].to_pylist() == [layer for layer, _text, _shape in meant]
    names = found.table.columns.get("名称")
    assert (names.to_pylist() if names is not None else [None] * len(meant)) == [
        text for _layer, text, _shape in meant
    ]
    for there, (_layer, _text, shape) in zip(shapes_of(found), meant, strict=True):
        assert shapely.hausdorff_distance(there, shape) < 1e-6
