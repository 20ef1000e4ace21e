"""Whatever is sent instead of a form is answered with a sentence, never with a fault.

Each odd thing is sent to every third form, by a browser or by a script in turn; with
``--everything`` both send all to every form.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from core.database import Database
from people.access.rate_limit import LimitKind, MovingWindow
from serving.body_limit import MOST_BODY, BodyLimit, SenderTimeout
from serving.context import Context
from submissions.proposals.queries import CampaignView
from tests.loops import finish
from tests.web.acting import JSON, SAID, TYPED, filed, row, rows
from tests.web.browsing import Browser, Page

FORM = "application/x-www-form-urlencoded"
PLACED = ["longitude", "latitude", "placed_by", "accuracy_m", "shape", "place", "candidate"]
SAYING = ["category", "text", "photos", "relation", "why_another", "q_x", "contact", "consent"]
UNSEEN = ["client_token", "entry", "website", "proof", "updated", "reason", "comment", "on", "act"]
NAMES = [*PLACED, *SAYING, *UNSEEN]
VALUES = {
    "nul": "\x00",
    "long": "x" * 30_000,
    "emoji": "\U0001f600",
    "noncharacters": "\ufffe\uffff",
    "control": "\x01\x0b\x1f",
    "markup": "{{7*7}}<script>",
    "right to left": "\u202e",
    "deep JSON": "[" * 15_000,
    "huge number": "1e400",
    "day": "2026-01-01T00:00:00",
    "full width": "116.31",
}
CHARSETS = (
    "utf-8",
    "undefined",
    "unicode_escape",
    "raw_unicode_escape",
    "utf-7",
    "utf-16",
    "rot13",
    "idna",
    "punycode",
    "zlib",
    "nope",
)


@pytest.fixture
def posts(
    resident: Browser, room: Context, database: Database, campaign: CampaignView
) -> list[str]:
    """Give the address of every form; nothing is too often here."""
    public_id = row(database, filed(resident)).public_id
    for kind in LimitKind:
        room.limits._devices[kind] = room.limits._places[kind] = MovingWindow(10**6, 3600)
    here = f"/w/p/{public_id}"
    acts = ("support", "comments", "comments/nope/withdraw", "report", "follow", "edit", "withdraw")
    return [
        f"/w/c/{campaign.slug}/say",
        f"/w/c/{campaign.slug}/assist",
        "/w/c/nope/say",
        "/w/follow/nope",
        "/w/follow/%00",
        *(f"{here}/{act}" for act in acts[:-1]),
        *(f"/w/p/{other}/{act}" for act in acts for other in ("%00", "abcdefgh")),
    ]


def asking(posts: list[str], everything: bool, place: int) -> list[tuple[str, bool]]:
    """Return addresses, others for each odd thing, and whether a script asks there."""
    if everything:
        return [(address, script) for address in posts for script in (False, True)]
    turns = [(address, (n + place) % 6) for n, address in enumerate(posts)]
    return [(address, turn == 3) for address, turn in turns if turn % 3 == 0]


def answered(browser: Browser, address: str, **sent: Any) -> None:
    """Assert that a page, or JSON for a script, answers, and no fault of ours."""
    answer = browser.client.post(address, **sent)
    assert answer.status_code in {200, 303, 400, 403, 404, 409, 422, 429, 503}, (address, sent)
    if answer.status_code == 303:
        return
    if answer.headers["content-type"] == "application/json":
        assert answer.json().get("sentence") or answer.json().keys() & {"receipt", "supports"}
    else:
        assert answer.headers["content-type"].startswith("text/html"), (address, answer.text)
        page = Page(answer.text)
        assert page.all("h1"), address
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("value", VALUES.values(), ids=list(VALUES))
def test_odd_values_in_any_field(
    resident: Browser, posts: list[str], database: Database, value: str, everything: bool
) -> None:
    place = [*VALUES.values()].index(value)
    for address, script in asking(posts, everything, place):
        headers = JSON if script else {}
        answered(resident, address, data=dict.fromkeys(NAMES, value), headers=headers)
    for name in NAMES if everything else NAMES[place % 5 :: 5]:
        sent = {**TYPED, "client_token": f"t-{name}", "text": f"{SAID}{name}", name: value}
        answered(resident, posts[0], data=sent)
    for stored in rows(database):
        assert "\x00" not in stored.text


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_body_in_an_encoding_of_its_own(
    resident: Browser, posts: list[str], charset: str, everything: bool
) -> None:
    names = ("text", "q_\\ud800", "contact", "photos", "client_token", "\\ud800", "reason")
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n\\ud800 +2AA- \x80\r\n'
        for name in names
    )
    body = (parts + "--x--\r\n").encode("latin-1")
    for address, script in asking(posts, everything, CHARSETS.index(charset)):
        kind = f"multipart/form-data; boundary=x; charset={charset}"
        headers = {"content-type": kind, "accept": "application/json" if script else "text/html"}
        answered(resident, address, content=body, headers=headers)


BODIES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "JSON": {"json": {"text": "x"}},
    "1,200 fields": {"data": {f"q_{n}": "x" for n in range(1200)}},
    "1,200 answers": {"data": {"q_x": [str(n) for n in range(1200)]}},
    "1,200 files": {"files": [("photo", ("a.jpg", b"x", "image/jpeg"))] * 1200},
    "a file as text": {"files": [("text", ("a", b"x")), ("contact", ("a", b"x"))]},
    "a field of 2 MB": {"files": [("text", (None, b"x" * 2**21))]},
    "a value of 2 MB": {"data": {"text": "x" * 2**21}},
    "no boundary": {"content": b"xxx", "headers": {"content-type": "multipart/form-data"}},
    "torn": {
        "content": b"--x\r\nCont",
        "headers": {"content-type": "multipart/form-data; boundary=x"},
    },
    "another boundary": {
        "content": b"--y\r\n",
        "headers": {"content-type": "multipart/form-data; boundary=x"},
    },
    "no name": {
        "content": b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n",
        "headers": {"content-type": "multipart/form-data; boundary=x"},
    },
    "bytes": {
        "content": b"text=\xff\xfe%FF%00&contact=%00&photos=%00&%FF=%FF&;;&&=",
        "headers": {"content-type": FORM},
    },
    "no kind": {"content": b"text=x", "headers": {"content-type": ""}},
}


@pytest.mark.parametrize("sent", BODIES.values(), ids=list(BODIES))
def test_what_is_no_form_of_ours(
    resident: Browser,
    posts: list[str],
    database: Database,
    sent: dict[str, Any],
    everything: bool,
) -> None:
    before = len(rows(database))
    for address, script in asking(posts, everything, [*BODIES.values()].index(sent)):
        headers = {**sent.get("headers", {}), **(JSON if script else {})}
        answered(resident, address, **{**sent, "headers": headers})
    assert len(rows(database)) == before


@pytest.mark.parametrize("missing", sorted({*TYPED, "client_token", "placed_by", "photos"}))
def test_a_field_that_is_missing(
    resident: Browser, database: Database, campaign: CampaignView, missing: str
) -> None:
    page = resident.open(f"/w/c/{campaign.slug}")
    resident.send(page.form("/say"), **{**TYPED, missing: None})
    if missing in {"client_token", "placed_by", "photos"}:  # what a person cannot mend
        assert resident.status == 303
    else:
        assert resident.status == 422
        page = resident.send(page.form("/say"), **{**TYPED, missing: None})
        resident.send(page.form("/say"), **{missing: TYPED[missing]})
        assert resident.status == 303
    assert len(rows(database)) == 1


@pytest.mark.parametrize("said", [True, False], ids=["by its length", "as it comes"])
def test_more_than_a_form_can_bring_is_not_read(
    resident: Browser, database: Database, campaign: CampaignView, said: bool
) -> None:
    resident.open("/w/?lang=en")

    def body() -> Any:
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        for _ in range(80):
            yield bytes(2**20)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    headers |= {"content-length": str(80 * 2**20)} if said else {}
    address = f"/w/c/{campaign.slug}/say"
    answer = resident.client.post(address, content=body(), headers=headers)
    assert answer.status_code == 422
    assert "more photos than we can take" in Page(answer.text).text
    assert MOST_BODY < 80 * 2**20
    assert rows(database) == []


def test_of_a_body_that_is_stated_too_long_nothing_is_read() -> None:
    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()

    async def never() -> Any:
        raise AssertionError

    scope = {"type": "http", "headers": [(b"content-length", str(MOST_BODY + 1).encode())]}
    with pytest.raises(HTTPException) as refused:
        finish(BodyLimit(app)(scope, never, never))  # type: ignore[arg-type]
    assert refused.value.status_code == 413


@pytest.mark.parametrize("gone", [True, False])
def test_who_breaks_off_within_a_body_is_no_fault_and_waited_for_no_longer(
    resident: Browser, campaign: CampaignView, database: Database, gone: bool
) -> None:
    """A phone in a tunnel, or somebody who means to hold the server; nothing is stored."""
    start = b"--x\r\nContent-Disposition: form-data; name=text\r\n\r\nhalf"
    headers = [(b"content-type", b"multipart/form-data; boundary=x"), (b"content-length", b"999")]
    path = f"/w/c/{campaign.slug}/say"
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"lang=en"}
    scope |= {"headers": headers, "raw_path": path.encode(), "root_path": "", "scheme": "http"}
    answers: list[Any] = []
    parts = [{"type": "http.request", "body": start, "more_body": True}]

    async def receive() -> Any:
        if not parts and not gone:
            await asyncio.Event().wait()
        return parts.pop() if parts else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answers.append(message)

    app = SenderTimeout(resident.client.app, most_s=0.05)
    finish(asyncio.wait_for(app(scope, receive, send), 20))
    assert answers[0]["status"] == 408
    assert b"Nothing you typed is lost" in b"".join(part.get("body", b"") for part in answers)
    assert rows(database) == []


def test_a_slow_body_is_read_to_its_end_and_waited_for_afterwards() -> None:
    """What comes in its own time comes whole; that its sender then stays says nothing."""

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        seen.extend([(await receive())["body"] for _ in range(4)])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.3)

    async def receive() -> Any:
        if not left:
            await asyncio.Event().wait()
        await asyncio.sleep(0.06)
        return {"type": "http.request", "body": left.pop(), "more_body": bool(left)}

    left, seen = [b"4", b"3", b"2", b"1"], []
    scope = {"type": "http", "headers": []}
    finish(SenderTimeout(app, most_s=0.2)(scope, receive, receive))  # type: ignore[arg-type]
    assert seen == [b"1", b"2", b"3", b"4"]


def test_a_fault_of_ours_tells_nothing_of_its_inside(
    resident: Browser, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr("web.residents.campaign_page.bar_charts.charts", broken)
    with TestClient(resident.client.app, raise_server_exceptions=False) as client:
        answer = client.get(f"/w/c/{campaign.slug}?lang=en")
        assert answer.status_code == 500
        assert "Something went wrong." in Page(answer.text).text
        assert "the inside" not in answer.text
        answer = client.get(f"/w/c/{campaign.slug}", headers=JSON)
        assert answer.json()["code"] == "server_error"


@pytest.mark.parametrize("host", ["[", "[::1", "a b", "evil.example:99999", 'evil"><script>'])
def test_an_odd_host_is_no_fault(
    open_browser: Callable[..., Browser], campaign: CampaignView, host: str
) -> None:
    browser = open_browser()
    for address in ("/w/", f"/w/c/{campaign.slug}", f"/w/c/{campaign.slug}/feed.atom", "/w/mine"):
        browser.open(address, host=host)
        assert browser.status == 200
        assert 'evil"><' not in browser.body
