"""Place search measured: how long a person waits for the first hit, by how they type.

    python -m tests.bench.bench_places --sizes 2000,20000,200000

The peer is ``rapidfuzz.process.extract`` without any index over all that a place goes by: its name,
its full pinyin and its initials. How often each has the place meant among its 8 says what the time
is spent on; other places of the same beginning are as right, so short texts cannot reach 100 %.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from layers.gazetteer.index import Place, PlaceIndex
from layers.gazetteer.pinyin import folded, spellings
from tests.bench.measure import print_growth, sizes_from
from tests.bench.place_names import invented_places
from tests.bench.tables import print_columns

QUERIES = 200
FEWER = 20


def spelled(place: Place) -> tuple[str, ...]:
    """Return the likeliest pinyin of a place's name, a syllable a character."""
    return next(iter(spellings(folded(place.name))))


def _one_letter_less(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _one_other_character(name: str, rng: random.Random) -> str:
    at = rng.randrange(len(name))
    return name[:at] + "囍" + name[at + 1 :]


TYPED: dict[str, Callable[[Place, random.Random], str]] = {
    "name": lambda place, _rng: place.name,
    "two characters": lambda place, _rng: place.name[:2],
    "one letter": lambda place, _rng: spelled(place)[0][:1],
    "initials": lambda place, _rng: "".join(word[:1] for word in spelled(place)),
    "pinyin": lambda place, _rng: "".join(spelled(place)),
    "pinyin begun": lambda place, _rng: "".join(spelled(place))[:7],
    "mixed": lambda place, _rng: place.name[:2] + "".join(word[:1] for word in spelled(place)[2:]),
    "further on": lambda place, _rng: place.name[2:],
    "pinyin typo": lambda place, rng: _one_letter_less("".join(spelled(place)), rng),
    "character typo": lambda place, rng: _one_other_character(place.name, rng),
    "found nowhere": lambda _place, rng: "".join(rng.choices("bcdfgjklmpqrstvwxyz", k=12)),
}


def measure(count: int, way: str) -> dict[str, Any]:
    """Time searches of one way of typing among ``count`` places, and the peer's."""
    index, forms = _made(count)
    rng = random.Random(11)
    places = rng.sample(index.places, QUERIES)
    queries = [TYPED[way](place, rng) for place in places]
    ours, found = _timed(lambda query: index.search(query, most=8), queries)
    theirs, extracted = _timed(
        lambda query: process.extract(query, forms, scorer=fuzz.ratio, limit=8), queries[:FEWER]
    )
    told = [{one.place.name for one in hits} for hits in found]
    told_theirs = [
        {index.places[at % count].name for _form, _score, at in hits} for hits in extracted
    ]
    return {
        "typed": way,
        "p50_ms": float(np.quantile(ours, 0.5)) * 1e3,
        "p95_ms": float(np.quantile(ours, 0.95)) * 1e3,
        "among the 8 (%)": _share(places, told),
        "rapidfuzz_p50_ms": float(np.quantile(theirs, 0.5)) * 1e3,
        "rapidfuzz among the 8 (%)": _share(places, told_theirs),
        "times_rapidfuzz": float(np.quantile(theirs, 0.5) / np.quantile(ours, 0.5)),
    }


def _share(places: list[Place], told: list[set[str]]) -> int:
    hits = [place.name in names for place, names in zip(places, told, strict=False)]
    return round(100 * sum(hits) / len(hits))


_indexes: dict[int, tuple[PlaceIndex, list[str]]] = {}


def _made(count: int) -> tuple[PlaceIndex, list[str]]:
    if count not in _indexes:
        places = invented_places(count)
        started = time.perf_counter()
        index = PlaceIndex.build(places)
        print(f"\n{count:,} places, built in {time.perf_counter() - started:.2f} s", flush=True)
        words = [spelled(place) for place in places]
        forms = [folded(place.name) for place in places]
        forms += ["".join(each) for each in words]
        forms += ["".join(word[:1] for word in each) for each in words]
        _indexes.clear()
        _indexes[count] = (index, forms)
    return _indexes[count]


def _timed(search: Callable[[str], Any], queries: list[str]) -> tuple[Any, list[Any]]:
    search(queries[0])
    seconds, found = [], []
    for query in queries:
        started = time.perf_counter()
        found.append(search(query))
        seconds.append(time.perf_counter() - started)
    return np.array(seconds), found


def main() -> None:
    """Print the measurements."""
    sizes = sizes_from(__doc__, "2000,20000,200000")
    growth: dict[str, list[dict[str, Any]]] = {way: [] for way in TYPED}
    for count in sizes:
        _made(count)
        rows = [measure(count, way) for way in TYPED]
        print_columns(rows)
        for row in rows:
            growth[row["typed"]].append({"places": count, row["typed"]: row["p95_ms"]})
    print("\np95 by number of places")
    for way, found in growth.items():
        print_growth(found, size="places", cost=way)


if __name__ == "__main__":
    main()
