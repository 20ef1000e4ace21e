"""What residents do on the light pages, as the requests that their phones send.

Each resident is a device of its own at an address of its own (told by X-Forwarded-For, which the
server is set to believe from here). Answers are checked; a wrong one fails the benchmark.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import geopandas as gpd
import httpx2
import numpy as np
import shapely

from geo.cluster_index import mercator_unit
from geo.point_in_polygon import PolygonIndex
from people.access.device_cookie import COOKIE
from tests.bench.filled import SLUG
from tests.browser.walking import ROOT

API = f"/api/campaigns/{SLUG}"
PAGE = f"/w/c/{SLUG}"
#: How often residents do what, of 100 actions.
SHARES = {"page": 28, "tap": 34, "tiles": 18, "list": 8, "support": 6, "file": 6}
WISHES = ("停车", "路灯", "座椅", "遮阳", "清扫", "画线", "标牌", "坡道")
_TILE_ZOOM = 15


@dataclass(frozen=True)
class Place:
    """Where somebody taps (WGS 84), and the community there."""

    longitude: float
    latitude: float
    community: str

    def tiles(self) -> list[str]:
        """Return the addresses of the four tiles around it."""
        x, y = mercator_unit(np.array([self.longitude]), np.array([self.latitude]))
        column, row = int(x[0] * (1 << _TILE_ZOOM)), int(y[0] * (1 << _TILE_ZOOM))
        around = [(column + a, row + b) for a in (0, 1) for b in (0, 1)]
        return [f"{API}/clusters/{_TILE_ZOOM}/{a}/{b}.json" for a, b in around]


def places(count: int, *, seed: int = 8) -> list[Place]:
    """Draw places in the demo's communities, at least 30 m from their borders."""
    communities = gpd.read_file(ROOT / "data" / "qinghe" / "communities.geojson")
    index = PolygonIndex(communities)
    rng = np.random.default_rng(seed)
    west, south, east, north = communities.total_bounds
    borders = communities.boundary.union_all()
    found: list[Place] = []
    while len(found) < count:
        x, y = float(rng.uniform(west, east)), float(rng.uniform(south, north))
        row = index.locate_one(x, y)
        if row >= 0 and shapely.distance(shapely.Point(x, y), borders) > 0.0003:
            found.append(Place(round(x, 6), round(y, 6), str(communities["name_zh"].iat[row])))
    return found


@dataclass
class Resident:
    """One device. ``known``: public ids that it may support; ``filed`` counts what it sent in."""

    client: httpx2.AsyncClient
    number: int
    places: list[Place]
    known: list[str]
    solving: Executor
    filed: int = 0
    #: Seconds that the phone itself calculated for a proof: not the server's.
    own_s: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.number)
        self._ground = ""
        address = f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"
        token = secrets.token_urlsafe(24)
        self.headers = {"Cookie": f"{COOKIE}={token}", "X-Forwarded-For": address}

    def next_kind(self) -> str:
        """Draw what to do next."""
        return self._random.choices(list(SHARES), list(SHARES.values()))[0]

    async def act(self, kind: str) -> None:
        """Do one thing and check the answer."""
        acts: dict[str, Callable[[Place], Awaitable[None]]] = {
            "page": self._page,
            "tap": self._tap,
            "tiles": self._tiles,
            "list": self._list,
            "support": self._support,
            "file": self._file,
        }
        await acts[kind](self._random.choice(self.places))

    async def _get(self, address: str, **headers: str) -> httpx2.Response:
        answer = await self.client.get(address, headers=self.headers | headers)
        assert answer.status_code in {200, 304}, (address, answer.status_code, answer.text[:200])
        return answer

    async def _page(self, place: Place) -> None:
        """Load the campaign's page, its ground and two tiles; the phone has the scripts."""
        page = await self._get(PAGE)
        assert "lj-say" in page.text, page.text[:200]
        held = {"If-None-Match": self._ground} if self._ground else {}
        ground, *_ = await asyncio.gather(
            self._get(f"{API}/ground.json", **held),
            *(self._get(tile) for tile in place.tiles()[:2]),
        )
        self._ground = ground.headers["etag"]

    async def _tap(self, place: Place, text: str = "") -> None:
        at: dict[str, Any] = {"longitude": place.longitude, "latitude": place.latitude}
        answer = await self.client.get(
            f"{API}/at", params={**at, "text": text}, headers=self.headers
        )
        told = answer.json()
        assert answer.status_code == 200, (answer.status_code, answer.text[:200])
        assert told["community"]["name"] == place.community, (place, told["community"])

    async def _tiles(self, place: Place) -> None:
        await asyncio.gather(*(self._get(tile) for tile in place.tiles()))

    async def _list(self, _place: Place) -> None:
        page = await self._get(f"{PAGE}/list?sort=supported&page={self._random.randint(1, 20)}")
        assert "lj-card" in page.text, page.text[:200]

    async def _support(self, _place: Place) -> None:
        address = f"/w/p/{self._random.choice(self.known)}/support"
        told = await self._post(address, {"on": "1"})
        assert told["supported"], told

    async def _file(self, place: Place) -> None:
        wish = "、".join(self._random.sample(WISHES, 3))
        text = f"{place.community}这里请解决{wish}({self.number}-{self.filed})。"
        await self._tap(place, text)
        told = await self._post(
            f"{PAGE}/say",
            {
                "client_token": secrets.token_hex(16),
                "longitude": str(place.longitude),
                "latitude": str(place.latitude),
                "placed_by": "tap",
                "category": "bike_parking",
                "text": text,
                "relation": "lives",
            },
        )
        assert told["receipt"], told
        self.filed += 1

    async def _post(self, address: str, fields: dict[str, str]) -> dict[str, Any]:
        """Send a form as the script does, with a proof of work when it is asked for."""
        form = {name: (None, value) for name, value in fields.items()}
        headers = self.headers | {"Accept": "application/json"}
        answer = await self.client.post(address, files=form, headers=headers)
        if "challenge" in answer.json():
            started = time.perf_counter()
            loop = asyncio.get_running_loop()
            challenge = answer.json()["challenge"]
            proof = await loop.run_in_executor(self.solving, solved, challenge)
            self.own_s += time.perf_counter() - started
            answer = await self.client.post(
                address, files={**form, "proof": (None, proof)}, headers=headers
            )
        assert answer.status_code == 200, (address, answer.status_code, answer.text[:300])
        return dict(answer.json())


def solved(challenge: dict[str, Any]) -> str:
    """Return the solution of a challenge, as the page's script sends it."""
    salt, wanted = str(challenge["salt"]), str(challenge["challenge"])
    number = 0
    while sha256(f"{salt}{number}".encode()).hexdigest() != wanted:
        number += 1
    told = {name: value for name, value in challenge.items() if name != "maxnumber"}
    return b64encode(json.dumps(told | {"number": number}).encode()).decode()
