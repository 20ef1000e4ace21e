"""Finding places: what people type, and which places there are to be found."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely import box
from shapely.geometry import mapping, shape
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import NotFoundError
from data.campaigns import OUTLINE
from layers import built_in
from layers.communities.communities import load_communities
from layers.gazetteer.gazetteer import area_around, places_of
from layers.gazetteer.index import Match, Place, PlaceIndex
from layers.gazetteer.pinyin import folded, pattern_of, spellings, typed
from layers.place_types import KINDS
from people.access.actor import OPERATOR
from submissions.proposals.queries import CampaignView
from tests.bench.place_names import invented_places
from tests.conftest import AREA, NOW, quarters


def named(*names: str, kind: str = "school") -> PlaceIndex:
    return PlaceIndex.build([Place(name, "", kind, 116.3, 40.0) for name in names])


def names(index: PlaceIndex, text: str, **options: Any) -> list[str]:
    return [found.place.name for found in index.search(text, **options)]


@pytest.fixture(scope="module")
def demo(demo_database: Database) -> PlaceIndex:
    with demo_database.reading() as session:
        return places_of(session, "2020", OUTLINE)


@pytest.mark.parametrize(
    ("text", "first", "match"),
    [
        ("清河站", "清河站", Match.EXACT),
        ("qinghezhan", "清河站", Match.EXACT),
        ("Qing He Zhan", "清河站", Match.EXACT),
        ("qīnghé zhàn", "清河站", Match.EXACT),
        ("qing1he2zhan4", "清河站", Match.EXACT),
        ("QINGHE RAILWAY STATION", "清河站", Match.EXACT),
        ("安宁庄", "安宁庄社区", Match.PREFIX),
        ("xi'erqi me", "西二旗站", Match.PREFIX),
        ("qhz", "清河站", Match.INITIALS),
        ("ＱＨＺ", "清河站", Match.INITIALS),
        ("qhzd", "清河站东路", Match.INITIALS),
        ("清河z", "清河站", Match.PINYIN),
        ("qhzhan", "清河站", Match.PINYIN),
        ("qinghez", "清河站", Match.PINYIN),
        ("changcheng", "长城润滑油社区", Match.PINYIN),
        ("小营桥菜", "小营桥菜市场", Match.PREFIX),
        ("文创园", "毛纺厂文创园", Match.SUBSTRING),
        ("wcy", "毛纺厂文创园", Match.SUBSTRING),
        ("13号线", "地铁13号线", Match.SUBSTRING),
        ("qinghezan", "清河站", Match.TYPO),
        ("qnghezhan", "清河站", Match.TYPO),
        ("qignhezhan", "清河站", Match.TYPO),
        ("zufanggongyuan", "朱房公园", Match.TYPO),
        ("youyidianlihe", "", Match.TYPO),
        ("清江站", "清河站", Match.TYPO),
        ("青河站", "清河站", Match.TYPO),
        ("清河車站", "清河站", Match.TYPO),
        ("當代城市家園", "当代城市家园社区", Match.TYPO),
        ("清河一小", "清河第一小学", Match.TYPO),
        ("毛纺南小区甲2号楼5单元502室", "毛纺南小区社区", Match.PREFIX),
        ("清河毛纺厂小区3号楼", "毛纺南小区社区", Match.TYPO),
        ("北京市海淀区清河街道怡美家园3号楼", "怡美家园社区", Match.PREFIX),
        ("清河小营西路12号对面", "小营西路", Match.EXACT),
        ("Maofang South Building 3", "毛纺南小区社区", Match.EXACT),
        ("不存在的小区3号楼", "", Match.TYPO),
    ],
)
def test_what_people_type_finds_the_place_they_mean(
    demo: PlaceIndex, text: str, first: str, match: Match
) -> None:
    found = demo.search(text)
    if not first:
        assert found == []
        return
    assert (found[0].place.name, found[0].match) == (first, match)


def test_a_better_way_comes_first() -> None:
    index = named("安宁", "安宁庄", "阿宁里", "暗凝", "东安宁", "安宇庄园路")
    found = [(f.place.name, f.match) for f in index.search("安宁")]
    assert found == [
        ("安宁", Match.EXACT),
        ("安宁庄", Match.PREFIX),
        ("东安宁", Match.SUBSTRING),
    ]
    assert names(index, "anning")[:3] == ["安宁", "暗凝", "安宁庄"]
    assert [(f.place.name, f.match) for f in index.search("anz")] == [("安宁庄", Match.INITIALS)]
    assert index.search("安凝")[0].match is Match.TYPO


def test_characters_with_several_readings() -> None:
    index = named("乐府园", "长行里", "朱房", "绿地")
    assert names(index, "lefuyuan")[0] == names(index, "yuefuyuan")[0] == "乐府园"
    for text in ("changxingli", "zhangxingli", "changhangli", "zhl"):
        assert names(index, text)[0] == "长行里", text
    assert names(index, "lvdi")[0] == names(index, "lüdì")[0] == names(index, "ludi")[0] == "绿地"
    assert list(spellings("庄园路")) == [("zhuang", "yuan", "lu")]


def test_of_the_same_way_landmarks_come_first_then_what_is_near() -> None:
    here, there = (116.30, 40.00), (116.40, 40.00)
    index = PlaceIndex.build(
        [
            Place("花园楼北门", "", "compound_gate", *here, community="花园楼"),
            Place("花园楼北门", "", "compound_gate", *there, community="当代"),
            Place("花园楼小学分校", "", "school", *there),
            Place("花园楼小学", "", "school", *here),
            Place("花园楼社区", "", "community", *there),
        ]
    )
    assert names(index, "花园楼") == [
        "花园楼社区",
        "花园楼小学",
        "花园楼小学分校",
        "花园楼北门",
        "花园楼北门",
    ]
    found = index.search("花园楼北门", near=there)
    assert [f.place.community for f in found] == ["当代", "花园楼"]
    # A tenth of a degree of longitude at 40 degrees north: 0.1 * 111.32 km * cos 40° = 8528 m.
    assert [round(f.distance_m or 0) for f in found] == [0, 8528]
    assert names(index, "花园楼x", near=there)[:2] == ["花园楼小学分校", "花园楼小学"]
    assert names(index, "花园楼", most=1, near=here) == ["花园楼社区"]


@pytest.mark.parametrize(
    "text",
    ["", " ", ".*+?()[]{}|^$\\", "\x00\x07\n\r", "🚲🛝🌳", "a" * 10_000, "清" * 10_000, "ﷺ" * 100,
     "'; DROP TABLE community; --" * 3, "<img src=x onerror=alert(1)>" * 3, "ng" * 31, "\ud800"],
)  # fmt: skip
def test_what_is_no_name_finds_nothing(demo: PlaceIndex, text: str) -> None:
    assert demo.search(text) == []


def test_signs_around_a_name_do_not_matter(demo: PlaceIndex) -> None:
    assert names(demo, " 清河站。🚲\x00")[0] == "清河站"
    assert names(demo, "京藏高速(G6)")[0] == "京藏高速(G6)"
    assert PlaceIndex.build([]).search("清河") == []
    assert demo.search("清河", most=0) == []


def test_thousands_of_places_agree_with_reading_all_names() -> None:
    """Each way of typing a place finds it, and its beginning all that reading each name finds."""
    places = invented_places(4_000)
    plain = {place: folded(place.name) for place in places}
    index = PlaceIndex.build(places)
    rng = random.Random(3)
    for place in rng.sample(places, 40):
        spelling = next(iter(spellings(plain[place])))
        for text in (place.name, "".join(spelling), "".join(s[0] for s in spelling)):
            found = index.search(text, most=4_000)
            assert place in [f.place for f in found], text
            by_reading = {p for p, name in plain.items() if name.startswith(folded(text))}
            told = {f.place for f in found if f.match in (Match.EXACT, Match.PREFIX)}
            assert by_reading <= told, text
        if len(letters := "".join(spelling)) >= 12:
            at = rng.randrange(1, len(letters) - 1)
            for wrong in (
                letters[:at] + letters[at + 1 :],
                letters[:at] + "v" + letters[at + 1 :],
                letters[: at - 1] + letters[at] + letters[at - 1] + letters[at + 1 :],
            ):
                found = index.search(wrong)
                assert place in [f.place for f in found] or found[0].match < Match.TYPO, wrong


@pytest.mark.parametrize("sign", ["n", "g", "an", "ng", "gang", "清", "a清", "1"])
def test_no_query_makes_the_pattern_try_everything(sign: str) -> None:
    """A name of nothing but like syllables is the worst case; it would not end if steps doubled."""
    index = named("刚" * 60, "囊" * 60, "an" * 30, "清" * 60)
    index.search((sign * 60)[:59] + "q")


def test_folding_and_patterns() -> None:
    assert typed("ＱＨＺ　站") == "qhz站"
    assert typed("Lǜ dì") == "lvdi"
    assert typed("b1") == "b1"
    line = "\n zhong中 guan关 cun村 e·\n"
    for text in ("zgc", "中g村", "zhongguan", "zhgce", "关村", "guancun"):
        at_start = text[0] in "z中"
        assert pattern_of(text, at_start=at_start).search(line), text
    for text in ("zc", "hong", "zhogguan", "村中", "zgcx"):
        assert not pattern_of(text, at_start=False).search(line), text


def test_the_demo_has_each_place_once_with_where_it_lies(demo: PlaceIndex) -> None:
    around = area_around(OUTLINE)
    told = [(p.name, p.kind, p.community) for p in demo.places]
    assert len(told) == len(set(told))
    assert sum(p.kind == "community" for p in demo.places) == 29
    for place in demo.places:
        assert shapely.intersects_xy(around, place.longitude, place.latitude), place
        assert place.kind in KINDS
    gates = [p for p in demo.places if p.name == "花园楼北门"]
    assert len({p.community for p in gates}) == len({p.community_en for p in gates}) == 2
    road = next(p for p in demo.places if p.name == "清河中街")
    lines = json.loads(built_in.layer_text(built_in.layer_named("roads")))["features"]
    line = next(f for f in lines if f["properties"]["name_zh"] == "清河中街")
    drawn = shape(line["geometry"])
    place = shapely.Point(road.longitude, road.latitude)
    assert drawn.distance(place) < 1e-6
    assert OUTLINE.contains(place)


def feature(name: str, kind: str, geometry: Any, **more: Any) -> dict[str, Any]:
    properties = {"name_zh": name, "kind": kind, **more}
    return {"type": "Feature", "properties": properties, "geometry": mapping(geometry)}


@pytest.fixture
def own_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put empty layers of a subdistrict's own in the place of the demo's."""
    for layer in built_in.CATALOGUE:
        write(tmp_path, layer.name)
    monkeypatch.setattr(built_in, "FOLDER", tmp_path)
    return tmp_path


def write(folder: Path, layer: str, *features: dict[str, Any]) -> None:
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / f"{layer}.geojson").write_text(text, encoding="utf-8")


def test_a_subdistrict_with_its_own_layers_has_its_own_places(
    database: Database, campaign: CampaignView, own_layers: Path
) -> None:
    west, south, east, north = AREA.bounds
    metre = 1 / 111_000
    write(
        own_layers,
        "places",
        feature("村口", "school", shapely.Point(116.31, 40.03), name_en="Village Gate"),
        feature("村口", "school", shapely.Point(116.31, 40.03 + 40 * metre)),
        feature("村口", "school", shapely.Point(116.31, 40.03 + 900 * metre)),
        feature("近处", "wishing_well", shapely.Point(116.31, south - 900 * metre)),
        feature("远处", "school", shapely.Point(116.31, south - 1100 * metre)),
        feature("", "school", shapely.Point(116.31, 40.03)),
        {"type": "Feature", "properties": None, "geometry": None},
    )
    write(
        own_layers,
        "roads",
        feature("长路", "main", shapely.LineString([(west - 0.02, 40.03), (west + 0.01, 40.03)])),
        feature("长路", "main", shapely.LineString([(west + 0.01, 40.03), (west + 0.02, 40.03)])),
        feature("横路", "main", shapely.LineString([(116.30, 40.039), (116.32, 40.039)])),
    )
    write(
        own_layers, "parks", feature("新园", "park", box(east - 0.005, north, east, north + 0.004))
    )
    with database.reading() as session:
        index = places_of(session, campaign.edition, AREA)
        assert places_of(session, campaign.edition, AREA) is index
    told = {(p.name, p.kind, p.community) for p in index.places}
    assert told == {
        *((name, "community", "清河街道") for name in quarters()["name"]),
        ("村口", "school", "清河嘉园 · 长路"),
        ("村口", "school", "清河嘉园 · 横路"),
        ("近处", "wishing_well", ""),
        ("长路", "main", "清河嘉园"),
        ("横路", "main", "清河嘉园"),
        ("新园", "park", ""),
    }
    road = next(p for p in index.places if p.name == "长路")
    assert (road.longitude, road.latitude) == (pytest.approx(west + 0.01, abs=1e-5), 40.03)
    write(own_layers, "stations", feature("新站", "metro_station", shapely.Point(116.33, 40.03)))
    with database.reading() as session:
        assert names(places_of(session, campaign.edition, AREA), "xz") == ["新站"]


def test_a_new_edition_has_its_own_communities(database: Database, campaign: CampaignView) -> None:
    with database.reading() as session:
        assert names(places_of(session, campaign.edition, AREA), "sijie")[0] == "四街"
    frame = quarters().assign(name=["甲", "乙", "丙"])

    def load(session: Session) -> None:
        edition = campaign.edition
        load_communities(session, OPERATOR, edition, frame, source="", schematic=False, now=NOW)

    database.write(load)
    with database.reading() as session:
        index = places_of(session, campaign.edition, AREA)
        assert [p.name for p in index.places if p.kind == "community"] == ["甲", "乙", "丙"]
        with pytest.raises(NotFoundError):
            places_of(session, "1999", AREA)
