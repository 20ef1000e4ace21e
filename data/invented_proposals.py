"""Invent the proposals of the demonstration campaigns: who, where, when, what.

Pins gather at named places with the scatter of fingers and of satellite fixes. Everything comes
from one seeded generator per campaign, so the same rows come out every time.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data.layers import Hub, PinArea, read_hubs
from data.sentences import WHOLE, write_text

METRES_PER_DEGREE = 111_050.0
FAME_SPREAD = 1.4  # how unequal places are: log of the weight
SCATTERED = 0.2  # share of pins at no named place
ADDRESS = "清河街道办事处"  # where a geocoder puts what it cannot find

WEIGHTS: dict[str, dict[str, float]] = {
    "bike_parking": {
        "station_exit": 12,
        "metro_station": 2,
        "mall_door": 8,
        "mall": 3,
        "bus_stop": 2.4,
        "compound_gate": 1.6,
        "school": 2.5,
        "office": 3,
        "hospital": 2,
        "library": 1,
    },
    "public_space": {
        "compound_gate": 2.2,
        "school": 2.4,
        "bus_stop": 1.4,
        "park": 2,
        "idle_plot": 2.6,
        "hospital": 1.5,
        "care_home": 3,
        "library": 2,
        "mall": 1.6,
        "station_exit": 1.5,
    },
    "micro_park": {
        "idle_plot": 7,
        "park": 2.4,
        "compound_gate": 2.2,
        "school": 2.4,
        "care_home": 4,
        "library": 2,
        "mall": 1.2,
        "bus_stop": 0.6,
    },
}

OUTSIDE: list[tuple[str, float, float]] = [
    ("上地站", 116.3062, 40.0322),
    ("软件园东区", 116.2931, 40.0479),
    ("西三旗桥", 116.3361, 40.0562),
    ("永泰庄站", 116.3502, 40.0371),
    ("林萃桥", 116.3668, 40.0204),
    ("学院路北口", 116.3301, 40.0121),
    ("学清路南段", 116.3422, 40.0111),
    ("上地七街", 116.2989, 40.0402),
    ("回龙观西大街", 116.3192, 40.0699),
    ("龙域中路", 116.3071, 40.0681),
    ("育新花园", 116.3441, 40.0521),
    ("建材城西路", 116.3302, 40.0588),
]


@dataclass(frozen=True)
class Plan:
    """The numbers a campaign has to come to."""

    letter: str
    seed: int
    first_day: datetime
    categories: dict[str, int]
    people: list[tuple[str, int]]  # relation, proposals; one entry a person
    at_address: int
    outside: int


def _people(*groups: tuple[str, int, int]) -> list[tuple[str, int]]:
    return [(relation, each) for relation, people, each in groups for _ in range(people)]


PLANS = {
    "bike-parking": Plan(
        letter="A",
        seed=20200912,
        first_day=datetime(2020, 9, 11, 16, tzinfo=UTC),
        categories={"bike_parking": 947, "public_space": 703},
        people=_people(
            *[("lives", 784, 1), ("lives", 72, 2), ("lives", 18, 3), ("lives", 9, 4)],
            *[("lives", 5, 5), ("works", 246, 1), ("works", 22, 2), ("works", 4, 3)],
            *[("works", 2, 4), ("works", 1, 5), ("passes", 187, 1), ("passes", 13, 2)],
            *[("passes", 3, 3), ("passes", 1, 4), ("other", 60, 1), ("other", 3, 2)],
        ),
        at_address=36,
        outside=12,
    ),
    "micro-park": Plan(
        letter="B",
        seed=20210410,
        first_day=datetime(2021, 4, 9, 16, tzinfo=UTC),
        categories={"micro_park": 1285},
        people=_people(
            *[("lives", 946, 1), ("lives", 14, 2), ("lives", 1, 3), ("works", 125, 1)],
            *[("works", 1, 3), ("passes", 109, 1), ("passes", 2, 2), ("other", 65, 1)],
            ("other", 1, 2),
        ),
        at_address=24,
        outside=0,
    ),
}


@dataclass
class Pin:
    """Where one proposal lies and how its author put it there."""

    place: Hub
    longitude: float
    latitude: float
    placed_by: str
    accuracy_m: float


def _moved(hub: Hub, east_m: float, north_m: float) -> tuple[float, float]:
    shrink = math.cos(math.radians(hub.latitude))
    return (
        round(hub.longitude + east_m / (METRES_PER_DEGREE * shrink), 6),
        round(hub.latitude + north_m / METRES_PER_DEGREE, 6),
    )


class Pinner:
    """Draws pins for one campaign."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.ground = PinArea()
        self.hubs = read_hubs()
        self.fame = [rng.lognormvariate(0, FAME_SPREAD) for _ in self.hubs]
        self.before: dict[str, list[Pin]] = {}

    def pin(self, category: str) -> Pin:
        """Draw one pin inside the outline."""
        earlier = self.before.setdefault(category, [])
        if len(earlier) > 40 and self.rng.random() < 0.02:
            twin = self.rng.choice(earlier)
            return Pin(twin.place, twin.longitude, twin.latitude, "tap", math.nan)
        drawn = self._anywhere() if self.rng.random() < SCATTERED else self._at_hub(category)
        earlier.append(drawn)
        return drawn

    def at_address(self, category: str) -> Pin:
        """Draw a pin that a search put on the office because it did not find the place meant."""
        office = next(hub for hub in self.hubs if hub.name == ADDRESS)
        meant = self._hub(category)
        return Pin(meant, round(office.longitude, 6), round(office.latitude, 6), "search", math.nan)

    def _hub(self, category: str) -> Hub:
        wanted = WEIGHTS[category]
        pull = [
            wanted.get(hub.kind, 0.0) * fame for hub, fame in zip(self.hubs, self.fame, strict=True)
        ]
        return self.rng.choices(self.hubs, pull)[0]

    def _at_hub(self, category: str) -> Pin:
        """Put a pin at a named place: right on it (search), or a fix or a finger away."""
        while True:
            hub = self._hub(category)
            way = self.rng.choices(["tap", "device", "search"], [62, 26, 12])[0]
            accuracy_m = math.nan
            spread_m = 0.0
            if way == "device":
                accuracy_m = round(min(80.0, max(5.0, self.rng.lognormvariate(2.9, 0.6))), 1)
                spread_m = 6 + accuracy_m / 2
            elif way == "tap":
                spread_m = self.rng.choices([9.0, 20.0, 50.0], [50, 32, 18])[0]
            place = _moved(hub, self.rng.gauss(0, spread_m), self.rng.gauss(0, spread_m))
            if self.ground.takes(*place):
                return Pin(hub, *place, way, accuracy_m)

    def _anywhere(self) -> Pin:
        """Put a pin somewhere in the outline; its author names the nearest place."""
        west, south, east, north = self.ground.outline.bounds
        while True:
            longitude = round(self.rng.uniform(west, east), 6)
            latitude = round(self.rng.uniform(south, north), 6)
            if self.ground.takes(longitude, latitude):
                near = min(
                    self.hubs,
                    key=lambda hub: math.hypot(
                        (hub.longitude - longitude) * 0.766, hub.latitude - latitude
                    ),
                )
                return Pin(near, longitude, latitude, "tap", math.nan)


DAYS = 42
_EVENING = [1, 0.4, 0.2, 0.1, 0.1, 0.4, 2, 5, 6, 5, 5, 5, 7, 5, 4, 4, 4, 6, 8, 11, 13, 12, 7, 3]


def _moment(rng: random.Random, first_day: datetime) -> datetime:
    """Draw when somebody files, in UTC: launch days, a reminder, the last days; evenings."""
    weights = []
    for day in range(DAYS):
        busy = 1.0 + 7 * math.exp(-day / 2.2) + 3.5 * math.exp(-abs(day - 21))
        busy += 2.5 * math.exp(-(DAYS - 1 - day) / 1.5)
        weekday = (first_day + timedelta(days=day, hours=8)).weekday()
        weights.append(busy * (1.4 if weekday >= 5 else 1.0))
    day = rng.choices(range(DAYS), weights)[0]
    hour = rng.choices(range(24), _EVENING)[0]
    return first_day + timedelta(days=day, hours=hour, seconds=rng.randrange(3600))


def moments(rng: random.Random, first_day: datetime, count: int) -> list[datetime]:
    """Draw one person's filing times: mostly one sitting, sometimes back another day."""
    times = [_moment(rng, first_day)]
    for _ in range(count - 1):
        if rng.random() < 0.75:
            times.append(times[-1] + timedelta(seconds=rng.randrange(90, 1200)))
        else:
            times.append(_moment(rng, first_day))
    return times


def _pins(pinner: Pinner, plan: Plan) -> list[tuple[str, Pin]]:
    """Draw every pin inside the outline with its category, in random order."""
    categories = [key for key, count in plan.categories.items() for _ in range(count)]
    pinner.rng.shuffle(categories)
    pins = [(key, pinner.at_address(key)) for key in categories[: plan.at_address]]
    pins += [(key, pinner.pin(key)) for key in categories[plan.at_address :]]
    pinner.rng.shuffle(pins)
    return pins


def _row(rng: random.Random, category: str, pin: Pin, relation: str) -> dict[str, object]:
    return {
        "longitude": pin.longitude,
        "latitude": pin.latitude,
        "placed_by": pin.placed_by,
        "accuracy_m": pin.accuracy_m,
        "category": category,
        "text": write_text(
            rng, category, place=pin.place.name, kind=pin.place.kind, relation=relation
        ),
        "relation": relation,
    }


def rows_inside(plan: Plan, rng: random.Random) -> Iterator[dict[str, object]]:
    """Yield the valid proposals; ``person`` is still a number."""
    pins = iter(_pins(Pinner(rng), plan))
    for number, (relation, count) in enumerate(plan.people):
        for created in moments(rng, plan.first_day, count):
            category, pin = next(pins)
            row = _row(rng, category, pin, relation)
            yield {"person": number, **row, "created": created}


def rows_outside(plan: Plan, rng: random.Random) -> Iterator[dict[str, object]]:
    """Yield the proposals outside the outline, each by a person of its own."""
    keys = list(plan.categories)
    for number, (name, longitude, latitude) in enumerate(OUTSIDE[: plan.outside]):
        pin = Pin(Hub(name, "elsewhere", longitude, latitude), longitude, latitude, "tap", math.nan)
        row = _row(rng, keys[number % len(keys)], pin, "passes")
        created = _moment(rng, plan.first_day)
        yield {"person": len(plan.people) + number, **row, "created": created}


def put_whole_entries(rows: list[dict[str, object]], rng: random.Random) -> None:
    """Let some rows, spread over the campaign, carry the entries of ``texts_whole`` once each."""
    for category, entries in WHOLE.items():
        own = [row for row in rows if row["category"] == category]
        if own:
            for row, text in zip(rng.sample(own, len(entries)), entries, strict=True):
                row["text"] = text
