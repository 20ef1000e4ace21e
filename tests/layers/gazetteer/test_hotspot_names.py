"""What hotspots are called: the nearest landmark, its community, in both languages."""

from __future__ import annotations

from layers.gazetteer.hotspot_names import landmarks, names_at
from layers.gazetteer.index import Place

#: 0.001 degrees of longitude are 85 m here, of latitude 111 m.
AT = (116.32, 40.03)
PLACES = [
    Place("东门", "East Gate", "compound_gate", 116.321, 40.03),
    Place("清河站", "", "railway_station", 116.32, 40.031),
    Place("清河", "Qing River", "river", *AT),
    Place("东门停放区", "Parking", "bike_parking", *AT),
]
COMMUNITIES = {"07": ("朱房社区", "Zhufang"), "21": ("阳光社区", "Yangguang")}


def named(x: float, y: float, code: str | None) -> tuple[str, str]:
    return names_at(landmarks(PLACES), COMMUNITIES, [x], [y], [code])[0]


def test_the_nearest_landmark_and_the_community_make_the_name() -> None:
    assert named(*AT, "07") == ("东门 · 朱房社区", "East Gate · Zhufang")
    assert named(116.32, 40.0306, "21") == ("清河站 · 阳光社区", "清河站 · Yangguang")


def test_what_is_too_far_names_nothing_but_outside_all_communities() -> None:
    assert named(116.323, 40.03, "07") == ("朱房社区", "Zhufang")
    assert named(116.323, 40.03, None) == ("东门", "East Gate")
    assert named(116.4, 40.03, None) == ("", "")
    assert names_at([], COMMUNITIES, [AT[0]], [AT[1]], ["07"]) == [("朱房社区", "Zhufang")]
