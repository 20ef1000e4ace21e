"""Photos over HTTP: who may send one, and that its bytes reach nobody they are not meant for."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import ExifTags, Image
from sqlalchemy import select

from core.database import Database
from people.access.actor import OPERATOR, Actor, Role
from people.access.device_cookie import COOKIE
from people.access.rate_limit import LimitKind
from people.accounts.sessions import SESSION_COOKIE
from serving.context import Context
from submissions.participation import photos
from submissions.participation.models import Photo
from submissions.photos.sanitise import MOST_BYTES
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status
from tests.api.test_open_data import file, set_status
from tests.conftest import NOW
from tests.loops import finish
from tests.people.acting import new_account, session_cookie

OWNER, OTHER = "owner-0123456789-0123456789-abcdef", "other-0123456789-0123456789-abcdef"
NO_STORE = "private, no-store"


@pytest.fixture
def folder(room: Context) -> Path:
    return room.settings.var_dir / "photos"


def picture(*, place: bool = False, size: tuple[int, int] = (640, 480)) -> bytes:
    exif = Image.Exif()
    if place:
        gps = {1: "N", 2: (40, 1, 48.36), 3: "E", 4: (116, 20, 30.84)}
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    content = BytesIO()
    Image.new("RGB", size, "red").save(content, "JPEG", exif=exif)
    return content.getvalue()


def as_device(device: str | None) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={device}"} if device else {}


def post(
    client: TestClient, content: bytes | None = None, device: str | None = OWNER, **headers: str
) -> Any:
    files = {"photo": ("../../x.php", content or picture(), "text/html")}
    told = {key.replace("_", "-"): value for key, value in headers.items()}
    return client.post("/photos", files=files, headers={**as_device(device), **told})


def get(client: TestClient, name: str, device: str | None = None, **headers: str) -> Any:
    told = {key.replace("_", "-"): value for key, value in headers.items()}
    return client.get(f"/photos/{name}/full.jpg", headers={**as_device(device), **told})


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def rows(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Photo.name)))


def attach(database: Database, campaign: CampaignView, name: str) -> str:
    """File a proposal with this photo; return the proposal's public id."""
    public_id = file(database, campaign, "有字", device=OWNER)
    with database.reading() as session:
        number = session.scalars(select(Proposal.id).where(Proposal.public_id == public_id)).one()
    database.write(lambda s: photos.attach(s, Actor(OWNER), number, [name], most=3))
    return public_id


def set_photo(database: Database, name: str, status: str) -> None:
    database.write(
        lambda s: photos.change_photo_status(s, OPERATOR, name, status, reason="因", now=NOW)
    )


def test_a_photo_is_taken_and_its_place_told_to_its_sender(client: TestClient) -> None:
    answer = post(client, picture(place=True))
    assert answer.status_code == 200
    told = answer.json()
    name = told.pop("name")
    assert told == {
        "width": 640,
        "height": 480,
        "thumbnail": f"/api/photos/{name}/thumbnail.jpg",
        "place": {"longitude": 116.3419, "latitude": 40.0301},
    }
    assert post(client).json()["place"] is None
    for kind, size in (("full", (640, 480)), ("thumbnail", (320, 240))):
        image = client.get(f"/photos/{name}/{kind}.jpg", headers=as_device(OWNER))
        assert image.headers["content-type"] == "image/jpeg"
        assert image.headers["x-content-type-options"] == "nosniff"
        assert image.headers["content-disposition"] == "inline"
        with Image.open(BytesIO(image.content)) as found:
            assert found.size == size
            assert not found.getexif()


def test_only_a_device_on_a_page_of_ours_may_send(client: TestClient, database: Database) -> None:
    assert code(post(client, device=None)) == (403, "not_allowed")
    assert code(post(client, device="short")) == (403, "not_allowed")
    assert code(post(client, Sec_Fetch_Site="cross-site")) == (403, "not_allowed")
    assert rows(database) == []
    assert post(client, Sec_Fetch_Site="same-origin").status_code == 200


def test_what_is_no_photo_is_refused(client: TestClient, database: Database, folder: Path) -> None:
    headers = as_device(OWNER)
    assert code(post(client, b"<script>alert(1)</script>")) == (422, "bad_photo")
    no_file = client.post("/photos", data={"photo": "text"}, headers=headers)
    other = client.post("/photos", files={"picture": picture()}, headers=headers)
    two = client.post(
        "/photos", files=[("photo", picture()), ("photo", picture())], headers=headers
    )
    raw = client.post("/photos", content=picture(), headers=headers)
    broken = {**headers, "Content-Type": "multipart/form-data; boundary=x"}
    cut = client.post("/photos", content=b"--y\r\n\r\n", headers=broken)
    bare = client.post(
        "/photos", content=b"", headers={**headers, "Content-Type": "multipart/form-data"}
    )
    for answer in (no_file, other, two, raw, cut, bare):
        assert code(answer) == (422, "invalid")
    assert rows(database) == list(folder.iterdir()) == []


def test_too_much_is_refused_early(client: TestClient, database: Database) -> None:
    """Said by its length: nothing is read. Not said: no more than a photo may have is read."""
    boundary = b"--x\r\nContent-Disposition: form-data; name=photo; filename=a\r\n\r\n"
    asked = 0

    async def upload(length: bytes | None) -> list[dict[str, Any]]:
        nonlocal asked
        asked = 0
        headers = [
            (b"content-type", b"multipart/form-data; boundary=x"),
            (b"cookie", f"{COOKIE}={OWNER}".encode()),
            *([(b"content-length", length)] if length else []),
        ]

        async def receive() -> dict[str, Any]:
            nonlocal asked
            asked += 1
            body = boundary if asked == 1 else bytes(1024 * 1024)
            return {"type": "http.request", "body": body, "more_body": True}

        sent: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/photos",
            "raw_path": b"/photos",
            "root_path": "",
            "query_string": b"",
            "headers": headers,
            "scheme": "http",
            "http_version": "1.1",
            "server": ("test", 80),
            "client": ("test", 1),
        }
        await client.app(scope, receive, send)  # type: ignore[arg-type]
        return sent

    for length, most in ((str(200 * 2**20).encode(), 0), (None, 17)):
        sent = finish(upload(length))
        assert sent[0]["status"] == 422
        assert b"bad_photo" in sent[1]["body"]
        assert asked <= most
    assert rows(database) == []
    assert code(post(client, picture() + bytes(MOST_BYTES))) == (422, "bad_photo")


def test_a_device_cannot_fill_the_store(client: TestClient, database: Database) -> None:
    for _ in range(12):
        assert post(client).status_code == 200
    assert code(post(client)) == (422, "bad_photo")
    assert post(client, device=OTHER).status_code == 200
    assert len(rows(database)) == 13


def test_a_waiting_photo_is_its_owners_alone(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    name = post(client).json()["name"]
    for _ in ("sent", "filed"):
        own = get(client, name, OWNER)
        assert (own.status_code, own.headers["cache-control"]) == (200, NO_STORE)
        assert "etag" not in own.headers
        for device in (None, OTHER):
            answer = get(client, name, device)
            assert code(answer) == (404, "not_found")
            assert own.content not in answer.content
        if _ == "sent":
            attach(database, campaign, name)


def test_a_photo_that_is_hidden_is_gone_at_once(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    name = post(client).json()["name"]
    public_id = attach(database, campaign, name)
    set_photo(database, name, "published")
    shown = get(client, name, OTHER)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-cache")
    etag = shown.headers["etag"]
    again = get(client, name, If_None_Match=etag)
    assert (again.status_code, again.content) == (304, b"")
    small = client.get(f"/photos/{name}/thumbnail.jpg", headers={"If-None-Match": etag})
    assert small.status_code == 200

    set_status(database, public_id, Status.HIDDEN)
    for device in (None, OTHER):
        for kind in ("full", "thumbnail"):
            headers = {**as_device(device), "If-None-Match": etag}
            answer = client.get(f"/photos/{name}/{kind}.jpg", headers=headers)
            assert code(answer) == (404, "not_found")
    own = get(client, name, OWNER, If_None_Match=etag)
    assert (own.status_code, own.headers["cache-control"]) == (200, NO_STORE)

    set_status(database, public_id, Status.PUBLISHED)
    assert get(client, name).status_code == 200
    set_photo(database, name, "hidden")
    for device in (None, OTHER, OWNER):
        assert code(get(client, name, device, If_None_Match=etag)) == (404, "not_found")


def test_who_moderates_sees_what_waits(client: TestClient, room: Context) -> None:
    name = post(client).json()["name"]
    for role, status in ((Role.SOCIAL_WORKER, 200), (Role.COMMUNITY_PLANNER, 404)):
        account = new_account(room.database, role)
        staff = session_cookie(room.database, room.settings.secret_key, account)
        answer = client.get(
            f"/photos/{name}/full.jpg", headers={"Cookie": f"{SESSION_COOKIE}={staff}"}
        )
        assert answer.status_code == status
        assert status != 200 or answer.headers["cache-control"] == NO_STORE


def test_what_is_not_there_looks_like_what_one_may_not_see(client: TestClient) -> None:
    name = post(client).json()["name"]
    hidden = get(client, name, OTHER)
    for other in ("a" * 26, "x", "..%2F..%2Fetc%2Fpasswd", "a" * 300):
        missing = get(client, other, OTHER)
        assert (missing.status_code, missing.content) == (hidden.status_code, hidden.content)


def test_a_photo_is_taken_back_by_its_owner(
    client: TestClient, database: Database, campaign: CampaignView, folder: Path
) -> None:
    name, filed = post(client).json()["name"], post(client).json()["name"]
    attach(database, campaign, filed)

    def drop(name: str, device: str | None, **headers: str) -> Any:
        told = {key.replace("_", "-"): value for key, value in headers.items()}
        return client.delete(f"/photos/{name}", headers={**as_device(device), **told})

    assert code(drop(name, None)) == (403, "not_allowed")
    assert code(drop(name, OWNER, Sec_Fetch_Site="cross-site")) == (403, "not_allowed")
    assert code(drop(name, OTHER)) == code(drop(filed, OWNER)) == (404, "not_found")
    assert len(list(folder.iterdir())) == 4
    answer = drop(name, OWNER)
    assert (answer.status_code, answer.content) == (204, b"")
    assert code(drop(name, OWNER)) == code(get(client, name, OWNER)) == (404, "not_found")
    assert {path.name for path in folder.iterdir()} == {
        f"{filed}.jpg",
        f"{filed}-small.jpg",
    }


def test_photos_are_said_in_the_description_of_the_api(client: TestClient) -> None:
    described = client.get("/openapi.json").json()["paths"]["/photos"]["post"]
    form = described["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"]["photo"]["format"] == "binary"


def test_a_device_sends_so_many_photos_in_an_hour(client: TestClient, room: Context) -> None:
    now = datetime.now(UTC)
    for _ in range(40):
        room.limits.count(LimitKind.PHOTO, Actor(OWNER).key, "elsewhere", now=now)
    refused = post(client)
    assert code(refused) == (429, "too_often")
    assert "60" in refused.json()["sentence"]
