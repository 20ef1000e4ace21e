"""What kinds of places there are: their names in two languages, and which are meant first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PlaceType:
    """A kind of place. Of equally good finds, those of a lower ``weight`` come first."""

    name_zh: str
    name_en: str
    weight: int = 1


_OTHER = PlaceType("地点", "Place")
#: Landmarks weigh 0, what belongs to something else (doors, stops, parking) 2.
KINDS = {
    "community": PlaceType("社区", "Community", 0),
    "railway_station": PlaceType("火车站", "Railway station", 0),
    "metro_station": PlaceType("地铁站", "Metro station", 0),
    "park": PlaceType("公园绿地", "Park"),
    "river": PlaceType("河流", "River"),
    "school": PlaceType("学校", "School"),
    "hospital": PlaceType("医院", "Health care"),
    "care_home": PlaceType("养老", "Care home"),
    "library": PlaceType("文化设施", "Culture"),
    "mall": PlaceType("商场", "Shopping"),
    "office": PlaceType("单位园区", "Workplace"),
    "compound": PlaceType("小区", "Compound"),
    "expressway": PlaceType("高速路", "Expressway"),
    "main": PlaceType("道路", "Road"),
    "secondary": PlaceType("道路", "Road"),
    "railway": PlaceType("铁路", "Railway"),
    "metro": PlaceType("地铁线", "Metro line"),
    "address": PlaceType("地址", "Address"),
    "station_exit": PlaceType("车站出口", "Station exit", 2),
    "mall_door": PlaceType("商场门口", "Shop entrance", 2),
    "bus_stop": PlaceType("公交站", "Bus stop", 2),
    "compound_gate": PlaceType("小区门口", "Compound gate", 2),
    "bike_parking": PlaceType("自行车停放区", "Bike parking", 2),
    "idle_plot": PlaceType("闲置空地", "Idle plot", 2),
}


def kind_named(name: str) -> PlaceType:
    """Return a kind, also for one that a subdistrict's own layer made up."""
    return KINDS.get(name, _OTHER)
