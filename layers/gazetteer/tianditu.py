"""Tianditu's geocoder, asked only where the operator has set a key and the map knows no such place.

The service (``GET /geocoder?ds={"keyWord": …}&tk=…``) answers with one place in CGCS2000, which is
WGS 84 to within a metre: ``{"location": {"lon", "lat", "level", …}, "status": "0", "msg": "ok"}``,
status 101 where there is none, 404 where something went wrong.

By the standard library's urllib: one GET of a small JSON needs no client of its own, and
``requests`` is here only because streamlit brings it.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import shapely

from core.cache import CACHE
from layers.gazetteer.index import Place
from layers.gazetteer.pinyin import LONGEST

ADDRESS = "https://api.tianditu.gov.cn"
TIMEOUT_S = 3.0
#: After a failure nobody else has to wait for it, in seconds.
REST_S = 60.0
AT_ONCE = 4
SHORTEST = 2
_MOST_BYTES = 65_536
_FOUND, _NOTHING = "0", "101"

log = logging.getLogger(__name__)


class _FailedError(Exception):
    """The service gave no answer; the text names the reason and never the address asked."""


@dataclass(frozen=True)
class _Point:
    longitude: float
    latitude: float


class _NoRedirect(HTTPRedirectHandler):
    """An answer from elsewhere is none, and the key goes nowhere else."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow no redirect."""


class Tianditu:
    """The geocoder with one key. Threads may share it."""

    def __init__(
        self,
        key: str,
        *,
        address: str = ADDRESS,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key, self._address = key, address.rstrip("/")
        self._timeout_s, self._clock = timeout_s, clock
        self._opener = build_opener(_NoRedirect)
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._answers = object()  # names its answers among what is kept
        self._rests_until = -math.inf
        self._failing = False

    def find(self, text: str, around: Any, *, within: str = "") -> list[Place]:
        """Return the place that the service has for a text, if it lies in ``around`` (WGS 84).

        Where it has none there, it is asked once more with ``within`` (the name of a subdistrict)
        before the text. A failure gives nothing, is logged once until the service answers again,
        and lets it rest for ``REST_S`` seconds. Neither key nor text gets into the log.
        """
        words = " ".join(text.split())
        if not self._key or not SHORTEST <= len(words) <= LONGEST:
            return []
        asked = [words, *([within + words] if within and not words.startswith(within) else [])]
        for keyword in asked:
            point = self._asked(keyword)
            if point is not None and _lies_in(around, point):
                return [Place(words, "", "address", point.longitude, point.latitude)]
        return []

    def _asked(self, keyword: str) -> _Point | None:
        """Return the answer kept or given now; None also where the service rests or is busy."""

        def make() -> _Point | None:
            if self._clock() < self._rests_until:
                raise _FailedError("rests")
            if not self._free.acquire(blocking=False):
                raise _FailedError("busy")
            try:
                return self._request(keyword)
            except _FailedError as failure:
                self._rest(str(failure))
                raise
            finally:
                self._free.release()

        try:
            return CACHE.keep((self._answers, keyword), make)
        except _FailedError:
            return None

    def _rest(self, reason: str) -> None:
        self._rests_until = self._clock() + REST_S
        if not self._failing:
            log.warning("Tianditu's geocoder does not answer: %s", reason)
        self._failing = True

    def _request(self, keyword: str) -> _Point | None:
        ds = json.dumps({"keyWord": keyword}, ensure_ascii=False)
        query = urlencode({"ds": ds, "tk": self._key})
        try:
            body = self._body(f"{self._address}/geocoder?{query}")
        except HTTPError as error:
            raise _FailedError(f"HTTP {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            # Their texts may hold the address, and so the key.
            raise _FailedError(type(error).__name__) from None
        point = _point_in(body)
        self._failing = False
        return point

    def _body(self, address: str) -> bytes:
        """Read the answer; a server that drips it out has no longer than one that is silent."""
        until = self._clock() + self._timeout_s
        request = Request(address, headers={"User-Agent": "LuJian", "Accept": "application/json"})
        body = b""
        with self._opener.open(request, timeout=self._timeout_s) as answer:
            while part := answer.read1(_MOST_BYTES):
                body += part
                if len(body) > _MOST_BYTES or self._clock() > until:
                    raise _FailedError("too long an answer")
        return body


@lru_cache(maxsize=4)
def tianditu_of(key: str) -> Tianditu:
    """Return this process's geocoder with a key."""
    return Tianditu(key)


def _point_in(body: bytes) -> _Point | None:
    try:
        answer = json.loads(body)
        status = str(answer["status"])
        if status == _NOTHING:
            return None
        if status != _FOUND:
            raise _FailedError("status is not 0")
        if not answer.get("location"):
            return None
        point = _Point(float(answer["location"]["lon"]), float(answer["location"]["lat"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _FailedError("unreadable answer") from None
    return point if math.isfinite(point.longitude) and math.isfinite(point.latitude) else None


def _lies_in(around: Any, point: _Point) -> bool:
    return bool(shapely.intersects_xy(around, point.longitude, point.latitude))
