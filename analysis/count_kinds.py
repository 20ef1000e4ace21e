"""What staff count at a place, told apart by kind, so that numbers of one kind can be summed. Pure.

Since a kind can be chosen, it is kept with the count. Before that, and beside it, what was counted
is a few words of whoever counted: those that are exactly a known name, in Chinese or English, tell
the kind; all others tell none, and their numbers are used for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class CountKind(StrEnum):
    """What is counted where bikes stand.

    ``PARKED``: all bikes that stand there. ``OUTSIDE``: those of them in no stand or marked space.
    ``STANDS``: how many bikes there is room for in stands and marked spaces, taken or not.
    """

    PARKED = "parked"
    OUTSIDE = "outside"
    STANDS = "stands"


_NAMES = {
    CountKind.PARKED: (
        "bike bikes bicycles parked bikesparked parkedbikes bicyclesparked parkedbicycles "
        "sharedbikes 自行车 自行車 单车 單車 车辆 車輛 停车 停車 停放 停放车辆 停放車輛 "
        "停车数 停車數 停放数 停放數 停放量 自行车数 自行車數 单车数 單車數 共享单车 共享單車 "
        "停放的自行车 停放的自行車"
    ),
    CountKind.OUTSIDE: (
        "outside bikesoutside outsidestands outsideracks bikesoutsidestands bikesoutsideracks "
        "乱停 亂停 乱停放 亂停放 乱停的车 亂停的車 架外 框外 线外 線外 停在架外 停在框外"
    ),
    CountKind.STANDS: (
        "stands racks stand rack capacity bikestands bikeracks spaces bikespaces parkingspaces "
        "车位 車位 停车位 停車位 车架 車架 停车架 停車架 容量 泊位 停放位 自行车位 自行車位"
    ),
}
_KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_HOUR, _MINUTES = r"[0-2]?[0-9]\s*", r"(?:[:点點时時]\s*(?:[0-5][0-9]\s*分?|半)?|\b[ap]m\b)"
_TIME = re.compile(r"(?:\bat\b|@)?\s*" + _HOUR + _MINUTES)


def kind_named(what: str) -> CountKind | None:
    """Return the kind that words name: without a time of day, marks and spaces a known name."""
    text = _TIME.sub(" ", unicodedata.normalize("NFKC", what).casefold())
    return _KINDS.get("".join(one for one in text if one.isalpha()))
