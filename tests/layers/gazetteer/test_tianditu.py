"""The geocoder, against a small server on loopback that answers as Tianditu does."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from shapely import box

from layers.gazetteer.index import Place
from layers.gazetteer.tianditu import REST_S, Tianditu

KEY = "a-key-that-nobody-may-see"
AROUND = box(116.28, 40.00, 116.37, 40.07)
HERE = {
    "location": {"lon": "116.31", "lat": 40.03, "level": "地名地址"},
    "status": "0",
    "msg": "ok",
}
ELSEWHERE = {"location": {"lon": 119.0, "lat": 33.6}, "status": "0", "msg": "ok"}
NOTHING = {"status": "101", "msg": "无结果"}


class Geocoder(ThreadingHTTPServer):
    """Answers what it was told to, and remembers what it was asked."""

    answers: dict[str, Any]
    asked: list[tuple[str, str, str]]
    answer_status = 200
    drip = False


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Geocoder)
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        keyword = json.loads(query["ds"][0])["keyWord"]
        server.asked.append((parts.path, keyword, query["tk"][0]))
        answer = server.answers.get(keyword, NOTHING)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(server.answer_status)
        if server.answer_status == 302:
            self.send_header("Location", self.path)
        self.end_headers()
        try:
            for at in range(len(body)):
                if server.drip:
                    time.sleep(0.05)
                    self.wfile.write(body[at : at + 1])
                    self.wfile.flush()
            if not server.drip:
                self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Geocoder]:
    with Geocoder(("127.0.0.1", 0), Handler) as server:
        server.answers, server.asked = {}, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def geocoder(service: Geocoder, **options: Any) -> Tianditu:
    address = f"http://127.0.0.1:{service.server_address[1]}"
    return Tianditu(KEY, address=address, timeout_s=options.pop("timeout_s", 3.0), **options)


def test_an_answer_becomes_a_place(service: Geocoder) -> None:
    service.answers["小营西路 甲3号\"&tk=x'"] = HERE
    found = geocoder(service).find("  小营西路  甲3号\"&tk=x' ", AROUND)
    assert found == [Place("小营西路 甲3号\"&tk=x'", "", "address", 116.31, 40.03)]
    assert service.asked == [("/geocoder", "小营西路 甲3号\"&tk=x'", KEY)]


def test_an_answer_elsewhere_is_asked_again_with_the_subdistrict(service: Geocoder) -> None:
    service.answers |= {"毛纺厂": ELSEWHERE, "清河街道毛纺厂": HERE, "远处": ELSEWHERE}
    tianditu = geocoder(service)
    assert tianditu.find("毛纺厂", AROUND) == []
    assert [p.name for p in tianditu.find("毛纺厂", AROUND, within="清河街道")] == ["毛纺厂"]
    assert tianditu.find("远处", AROUND, within="清河街道") == []
    assert tianditu.find("清河街道无此处", AROUND, within="清河街道") == []
    asked = [keyword for _path, keyword, _key in service.asked]
    # The same text is not asked for twice.
    assert asked == ["毛纺厂", "清河街道毛纺厂", "远处", "清河街道远处", "清河街道无此处"]


def test_what_need_not_be_asked(service: Geocoder) -> None:
    assert geocoder(service).find("a", AROUND) == []
    assert geocoder(service).find("a" * 61, AROUND) == []
    assert Tianditu("", address="http://127.0.0.1:1").find("清河", AROUND) == []
    assert service.asked == []


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"[]", b"null", b"{}", {"status": "404", "msg": "x"}, b"[" * 30_000,
     {"code": 301016, "msg": "非法Key"}, {"status": "0", "location": {"lon": "x", "lat": 1}},
     {"status": "0", "location": [1, 2]}, b" " * 70_000],
    ids=repr,
)  # fmt: skip
def test_what_is_no_answer_finds_nothing_and_is_logged_once(
    service: Geocoder, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    clock = Clock()
    tianditu = geocoder(service, clock=clock)
    service.answers["清河"] = answer
    for _ in range(3):
        assert tianditu.find("清河", AROUND) == []
        clock.now += REST_S + 1
    assert len(service.asked) == 3
    assert len(caplog.records) == 1
    assert KEY not in caplog.text
    assert "清河" not in caplog.text


@pytest.mark.parametrize("status", [302, 403, 418, 500])
def test_it_rests_after_a_failure_and_comes_back(
    service: Geocoder, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    clock = Clock()
    tianditu = geocoder(service, clock=clock)
    service.answers["清河"] = HERE
    service.answer_status = status
    assert tianditu.find("清河", AROUND) == []
    assert tianditu.find("清河", AROUND) == []
    assert len(service.asked) == 1
    service.answer_status = 200
    clock.now += REST_S + 1
    assert len(tianditu.find("清河", AROUND)) == 1
    service.answer_status = status
    clock.now += REST_S + 1
    assert tianditu.find("别处", AROUND) == []
    assert [record.getMessage() for record in caplog.records] == [
        f"Tianditu's geocoder does not answer: HTTP {status}"
    ] * 2
    assert KEY not in caplog.text


def test_a_server_that_is_gone_or_drips(
    service: Geocoder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert Tianditu(KEY, address="http://127.0.0.1:1").find("清河", AROUND) == []
        service.answers["清河"] = HERE
        service.drip = True
        assert geocoder(service, timeout_s=0.2).find("清河", AROUND) == []
        assert Tianditu(KEY, address="http://[").find("清河", AROUND) == []
        assert Tianditu(KEY, address="http://127.0.0.1 x").find("清河", AROUND) == []
    assert len(caplog.records) == 4
    assert KEY not in caplog.text
