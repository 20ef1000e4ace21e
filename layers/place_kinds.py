"""What kinds of places there are: their names in two languages, and which are meant first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of place. Of equally good finds, those of a lower ``weight`` come first."""

    name_zh: str
    name_en: str
    weight: int = 1


_OTHER = Kind("地点", "Place")
#: Landmarks weigh 0, what belongs to something else (doors, stops, parking) 2.
KINDS = {
    "community": Kind("社区", "Community", 0),
    "railway_station": Kind("火车站", "Railway station", 0),
    "metro_station": Kind("地铁站", "Metro station", 0),
    "park": Kind("公园绿地", "Park"),
    "river": Kind("河流", "River"),
    "school": Kind("学校", "School"),
    "hospital": Kind("医院", "Health care"),
    "care_home": Kind("养老", "Care home"),
    "library": Kind("文化设施", "Culture"),
    "mall": Kind("商场", "Shopping"),
    "office": Kind("单位园区", "Workplace"),
    "compound": Kind("小区", "Compound"),
    "expressway": Kind("高速路", "Expressway"),
    "main": Kind("道路", "Road"),
    "secondary": Kind("道路", "Road"),
    "railway": Kind("铁路", "Railway"),
    "metro": Kind("地铁线", "Metro line"),
    "address": Kind("地址", "Address"),
    "station_exit": Kind("车站出口", "Station exit", 2),
    "mall_door": Kind("商场门口", "Shop entrance", 2),
    "bus_stop": Kind("公交站", "Bus stop", 2),
    "compound_gate": Kind("小区门口", "Compound gate", 2),
    "bike_parking": Kind("自行车停放区", "Bike parking", 2),
    "idle_plot": Kind("闲置空地", "Idle plot", 2),
}


def kind_named(name: str) -> Kind:
    """Return a kind, also for one that a subdistrict's own layer made up."""
    return KINDS.get(name, _OTHER)
