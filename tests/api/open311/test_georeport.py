"""Open311 GeoReport v2 as its clients speak it: a small one, written after the specification."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.open311.asked import FORM, LIST
from core.database import Database
from deliberation.official_steps import tell_step
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role
from people.accounts.api_tokens import make_token
from submissions.participation.models import Photo
from submissions.proposals.merge import merge
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.receipt_codes import format_receipt
from submissions.proposals.states import Status
from tests.conftest import NOW, make_campaign
from tests.people.acting import new_account
from tests.submissions.acting import act, file
from tests.web.acting import picture as a_picture

HERE = "110108017"
QUESTIONS: list[dict[str, Any]] = [
    {
        "key": "when",
        "kind": "single",
        "label": {"zh_CN": "几点", "en": "When"},
        "hint": {"zh_CN": "选一个", "en": "Choose one"},
        "required": True,
        "options": [
            {"key": one, "label": {"zh_CN": one, "en": one.title()}} for one in ("am", "pm")
        ],
    },
    {
        "key": "what",
        "kind": "multiple",
        "label": {"zh_CN": "什么", "en": "What"},
        "show_if": {"category": ["public_space"]},
        "options": [{"key": one, "label": {"zh_CN": one, "en": one}} for one in ("tree", "seat")],
    },
    {
        "key": "age",
        "kind": "number",
        "label": {"zh_CN": "几岁", "en": "Age"},
        "least": 0.0,
        "most": 120.0,
        "private": True,
    },
]
SERVICE = "test-campaign.bike_parking"


class Client:
    """Speaks GeoReport v2 in either form; both are read into the same lists and objects."""

    def __init__(self, client: TestClient, form: str) -> None:
        self._client, self._form = client, form

    def get(self, path: str, answered: int = 200, **parameters: Any) -> Any:
        answer = self._client.get(f"/open311/v2/{path}.{self._form}", params=parameters)
        return self._read(answer, answered)

    def post(self, status: int = 201, **fields: Any) -> Any:
        told = {f"attribute[{k[2:]}]" if k.startswith("a_") else k: v for k, v in fields.items()}
        answer = self._client.post(f"/open311/v2/requests.{self._form}", data=told)
        return self._read(answer, status)

    def _read(self, answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.text
        kind = {"json": "application/json", "xml": "text/xml"}[self._form]
        assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
        if self._form == "json":
            return _texts(answer.json())
        return _read_xml(ElementTree.fromstring(answer.content))


LISTS = {"services", "service_requests", "errors", "attributes", "values", "endpoints", "formats"}


def _read_xml(element: ElementTree.Element) -> Any:
    if element.tag in LISTS:
        return [_read_xml(one) for one in element]
    if len(element):
        return {one.tag: _read_xml(one) for one in element}
    return element.text or ""


def _texts(told: Any) -> Any:
    """Return JSON with plain values as texts, as XML has them."""
    if isinstance(told, list):
        return [_texts(one) for one in told]
    if isinstance(told, dict):
        return {key: _texts(value) for key, value in told.items()}
    return "" if told is None else str(told).lower() if isinstance(told, bool) else str(told)


@pytest.fixture(params=["json", "xml"])
def app(client: TestClient, request: pytest.FixtureRequest) -> Client:
    return Client(client, request.param)


@pytest.fixture
def campaign(database: Database) -> CampaignView:
    return make_campaign(database, questions=QUESTIONS, subdistrict=HERE)


@pytest.fixture
def key(database: Database) -> Callable[..., str]:
    """Give a maker of keys of a social worker who reaches so far."""

    def make(*acts: str, code: str = HERE) -> str:
        grant = Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, code)
        account = new_account(database, grant)
        actor = Actor(grants=frozenset({grant}), account_id=account, name="key")
        made: str = act(
            database,
            make_token,
            actor,
            name="app",
            acts=acts or ["assist"],
            ends_at=None,
            now=NOW,
        )
        return made

    return make


def filed(database: Database, campaign: CampaignView, n: int, **told: Any) -> str:
    told = {"answers": {"when": "am"}, "text": f"第{n}条建议写在这里"} | told
    return file(database, campaign, Actor(f"device {n}"), **told).public_id


SPAN = {"start_date": "2026-05-01T00:00:00Z", "end_date": "2026-05-31T00:00:00Z"}


def test_services_and_their_definitions_are_the_campaign(
    app: Client, campaign: CampaignView
) -> None:
    told = {one["service_code"]: one for one in app.get("services", lang="en")}
    assert told.keys() == {SERVICE, "test-campaign.public_space"}
    assert told[SERVICE] == {
        "service_code": SERVICE,
        "service_name": "Bike parking",
        "description": "Where?",
        "metadata": "true",
        "type": "realtime",
        "keywords": campaign.theme,
        "group": "Test call",
    }
    first, age = app.get(f"services/{SERVICE}", lang="en")["attributes"]
    assert (first["code"], first["datatype"]) == ("when", "singlevaluelist")
    assert (first["required"], first["datatype_description"]) == ("true", "Choose one")
    assert first["values"] == [{"key": "am", "name": "Am"}, {"key": "pm", "name": "Pm"}]
    assert (age["code"], age["datatype"], age["required"]) == ("age", "number", "false")
    assert age["datatype_description"] == "A number from 0 to 120"
    _first, what, _age = app.get("services/test-campaign.public_space")["attributes"]
    assert (what["datatype"], what["datatype_description"]) == ("multivaluelist", "最多选 2 项")
    assert app.get("services/nothing", 404)[0]["code"] == "404"
    assert app.get("services", jurisdiction_id="test-campaign")
    assert app.get("services", 404, jurisdiction_id="elsewhere")[0]["code"] == "404"


def test_requests_tell_what_is_published_and_what_became_of_it(
    app: Client, database: Database, campaign: CampaignView
) -> None:
    text = "<script>alert('x')</script> & ]]> \"引号\" 😀 <!-- 停车 -->"
    first = filed(database, campaign, 1, text=text)
    built = filed(database, campaign, 2, now=NOW + timedelta(hours=1))
    declined = filed(database, campaign, 3, now=NOW + timedelta(hours=2))
    later = NOW + timedelta(days=2)
    act(database, tell_step, OPERATOR, [built], "built", "建好了", by="城管科", now=later)
    act(database, tell_step, OPERATOR, [declined], "declined", "不行", by="街道", now=later)
    act(database, tell_step, OPERATOR, [first], "discussed", "在谈", by="街道", now=later)
    told = app.get("requests", **SPAN)
    assert [one["service_request_id"] for one in told] == [declined, built, first]
    assert [one["status"] for one in told] == ["closed", "closed", "open"]
    assert told[2]["description"] == text
    (one,) = app.get(f"requests/{built}")
    assert one == told[1]
    assert (one["status_notes"], one["agency_responsible"]) == ("建好了", "城管科")
    assert one["updated_datetime"] == later.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert one["service_code"] == SERVICE
    assert (float(one["lat"]), float(one["long"])) == (40.03, 116.31)
    for narrow, wanted in (
        ({"status": "open"}, [first]),
        ({"status": "closed"}, [declined, built]),
        ({"status": "open,closed"}, [declined, built, first]),
        ({"service_code": SERVICE}, [declined, built, first]),
        ({"service_code": "test-campaign.public_space"}, []),
        ({"page_size": "2"}, [declined, built]),
        ({"page_size": "2", "page": "2"}, [first]),
        ({"end_date": (NOW + timedelta(minutes=90)).isoformat()}, [built, first]),
        ({"start_date": (NOW + timedelta(minutes=90)).isoformat()}, [declined]),
    ):
        found = app.get("requests", **(SPAN | narrow))
        assert [one["service_request_id"] for one in found] == wanted, narrow
    named = app.get("requests", service_request_id=f"{first}, {built},zzzzzzzz")
    assert [one["service_request_id"] for one in named] == [first, built]
    assert app.get("requests", start_date="2020-01-01T00:00:00Z") == []  # 90 days from there
    for odd in ({"status": "done"}, {"start_date": "x"}, {"page": "0"}, {"nonsense": "1"}):
        (problem,) = app.get("requests", 400, **odd)
        assert problem["code"] == "400"
        assert next(iter(odd)) in problem["description"]
    assert app.get("requests", 404, service_code="nothing")[0]["code"] == "404"
    assert app.get("requests/zzzzzzzz", 404)[0]["code"] == "404"


@pytest.mark.parametrize("status", ["hidden", "held", "received", "withdrawn", "merged"])
def test_what_is_not_published_never_appears(
    app: Client, database: Database, campaign: CampaignView, status: str
) -> None:
    kept = filed(database, campaign, 1)
    secret = filed(database, campaign, 2, text="不该外传的一条")
    if status == "merged":
        act(database, merge, OPERATOR, kept, [secret], reason="一样")
    elif status in ("hidden", "held"):
        act(database, change_status, OPERATOR, secret, Status(status), reason="x")
    else:
        database.write(lambda session: _set(session, secret, status))
    told = app.get("requests", **SPAN) + app.get("requests", service_request_id=f"{secret},{kept}")
    assert [one["service_request_id"] for one in told] == [kept, kept]
    assert "不该外传" not in str(told)
    assert app.get(f"requests/{secret}", 404)[0]["code"] == "404"


def _set(session: Any, name: str, status: str) -> None:
    session.scalars(select(Proposal).where(Proposal.public_id == name)).one().status = status


GIVEN = {
    "service_code": SERVICE,
    "lat": "40.031",
    "long": "116.311",
    "description": "路口需要单车停放区",
    "a_when": "am",
}


def test_a_request_is_filed_with_a_key_and_found_by_its_token(
    app: Client, database: Database, campaign: CampaignView, key: Callable[..., str]
) -> None:
    told = {"api_key": key(), "first_name": "张三", "phone": "13800138000", "email": "a@b.cn"}
    (made,) = app.post(**GIVEN, **told)
    (again,) = app.post(**GIVEN, **told)
    assert made == again
    assert made.keys() == {"service_request_id", "service_notice", "account_id"}
    with database.reading() as session:
        receipt = format_receipt(session.scalars(select(Proposal.receipt)).one())
    assert receipt in made["service_notice"]  # by which people follow it
    assert app.get(f"tokens/{receipt}")[0]["service_request_id"] == made["service_request_id"]
    (one,) = app.get(f"requests/{made['service_request_id']}")
    assert (one["description"], one["status"]) == (GIVEN["description"], "open")
    with database.reading() as session:
        (row,) = session.scalars(select(Proposal)).all()
    assert row.answers == {"when": "am"}
    assert (row.entry, row.contact_id) == ("interview", None)
    for value in vars(row).values():
        assert not any(part in str(value) for part in ("张三", "13800138000", "a@b.cn"))
    (other,) = app.post(**(GIVEN | {"description": "另一条建议也写一下"}), **told)
    assert other["service_request_id"] != made["service_request_id"]
    with database.reading() as session:
        assert len(set(session.scalars(select(Proposal.author_key)))) == 2


def test_a_device_that_is_named_is_one_person_and_doubted_as_such(
    app: Client, database: Database, campaign: CampaignView, key: Callable[..., str]
) -> None:
    token = key()
    app.post(**GIVEN, api_key=token, device_id="phone 1")
    moved = GIVEN | {"lat": "40.032", "device_id": "phone 1", "api_key": token}
    (doubted,) = app.post(**moved)  # the same words once more
    assert "service_request_id" not in doubted
    assert app.get(f"tokens/{doubted['token']}")[0]["service_request_id"] == ""
    with database.reading() as session:
        rows = session.scalars(select(Proposal).order_by(Proposal.id)).all()
    assert [row.status for row in rows] == ["published", "held"]
    assert rows[0].author_key == rows[1].author_key
    assert rows[0].entry == "self"


def test_personal_words_wait_for_a_person(
    app: Client, database: Database, campaign: CampaignView, key: Callable[..., str]
) -> None:
    words = GIVEN | {"description": "请打电话 13800138000 找我谈停车"}
    (made,) = app.post(**words, api_key=key())
    assert made.keys() == {"token", "service_notice", "account_id"}
    assert app.get("requests", **SPAN) == []
    assert app.get("tokens/2222-2222-2222", 404)


def test_who_may_not_file_is_told_in_the_form_of_the_standard(
    app: Client, database: Database, campaign: CampaignView, key: Callable[..., str]
) -> None:
    cases: list[tuple[int, dict[str, Any], str]] = [
        (403, {}, ""),
        (403, {"api_key": "lj_" + "x" * 43}, ""),
        (403, {"api_key": key("print")}, ""),
        (403, {"api_key": key(code="110108018")}, ""),
        (403, {"api_key": key("print"), "device_id": "phone"}, ""),
        (403, {"api_key": key(code="110108018"), "device_id": "phone"}, ""),
        (400, {"api_key": key(), "service_code": ""}, "service_code"),
        (404, {"api_key": key(), "service_code": "nothing"}, ""),
        (400, {"api_key": key(), "lat": "x"}, "lat"),
        (400, {"api_key": key(), "lat": "", "long": ""}, "address_string"),
        (400, {"api_key": key(), "lat": "10", "long": "10"}, ""),
        (400, {"api_key": key(), "description": ""}, ""),
        (400, {"api_key": key(), "a_when": "never"}, ""),
        (400, {"api_key": key(), "a_other": "x"}, "other"),
        (400, {"api_key": key(), "nonsense": "x"}, "nonsense"),
    ]
    for status, changes, named in cases:
        (problem,) = app.post(status, **(GIVEN | changes))
        assert problem["code"] == str(status)
        assert named in problem["description"]
    with database.reading() as session:
        assert not session.scalars(select(Proposal)).all()


def test_discovery_leads_to_the_service(client: TestClient, campaign: CampaignView) -> None:
    told = client.get("/open311/discovery.json").json()
    (endpoint,) = told["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["formats"] == ["application/json", "text/xml"]
    assert client.get(f"{endpoint['url']}/services.json").json()
    xml = ElementTree.fromstring(client.get("/open311/v2/discovery.xml").content)
    assert xml.findtext("endpoints/endpoint/url") == endpoint["url"]
    assert xml.findtext("endpoints/endpoint/formats/format") == "application/json"


def test_a_body_that_is_no_form_or_too_large_is_refused(client: TestClient) -> None:
    answer = client.post("/open311/v2/requests.json", json={"a": 1})
    assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)
    large = client.post("/open311/v2/requests.xml", data={"description": "x" * 70_000})
    assert large.status_code == 413
    assert ElementTree.fromstring(large.content).findtext("error/code") == "413"


def test_a_service_says_whether_an_id_comes_at_once(client: TestClient, database: Database) -> None:
    for slug, at_once, wanted in (("a", True, "realtime"), ("b", False, "batch")):
        make_campaign(database, slug=slug, publish_on_filing=at_once)
        told = client.get(f"/open311/v2/services.json?jurisdiction_id={slug}").json()
        assert {one["type"] for one in told} == {wanted}


def test_what_is_empty_is_null_in_json_and_has_no_content_in_xml(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    name = filed(database, campaign, 1)
    (one,) = client.get(f"/open311/v2/requests/{name}.json").json()
    assert one["status_notes"] is one["expected_datetime"] is one["media_url"] is None
    assert "" not in one.values()
    xml = ElementTree.fromstring(client.get(f"/open311/v2/requests/{name}.xml").content)
    (told,) = xml
    assert {each.tag for each in told if each.text is None} == {
        key for key, value in one.items() if value is None
    }


#: What public clients send, word for word: ``three`` (PyPI), ``georeport`` (PyPI), ``open311``
#: (npm) and the validator of open311.org. Each is a form and how many requests it finds.
ASKED = {
    "three: between": (
        f"service_code={SERVICE}&start_date=2026-05-01T00%3A00%3A00Z"
        "&end_date=2026-05-31T00%3A00%3A00Z",
        2,
    ),
    "three: count": (
        "page_size=1&start_date=2026-05-01T00:00:00Z&end_date=2026-05-30T00:00:00Z",
        1,
    ),
    "georeport": (f"service_code={SERVICE}&start_date=2026-05-01T00:00:00Z&status=open", 2),
    "georeport with a jurisdiction": (
        "start_date=2026-05-01T00:00:00Z&jurisdiction_id=test-campaign",
        2,
    ),
    "open311: repeated": (
        f"start_date=2026-05-01T00:00:00Z&service_code={SERVICE}"
        "&service_code=test-campaign.public_space&status=open&status=closed",
        2,
    ),
    "open311: a key where none is needed": ("start_date=2026-05-01T00:00:00Z&api_key=xyz", 2),
    "empty is as if not sent": (
        "service_request_id=&service_code=&status=&page=&page_size=&end_date="
        "&start_date=2026-05-01T00:00:00Z",
        2,
    ),
}


@pytest.mark.parametrize("named", ASKED)
def test_public_clients_find_what_they_ask_for(
    client: TestClient, database: Database, campaign: CampaignView, named: str
) -> None:
    made = {filed(database, campaign, n) for n in (1, 2)}
    query, count = ASKED[named]
    found = client.get(f"/open311/v2/requests.json?{query}")
    assert found.status_code == 200, found.text
    assert len(found.json()) == count
    assert {one["service_request_id"] for one in found.json()} <= made
    # The validator wants all of these to say something.
    for one in found.json():
        told = ("service_name", "service_code", "requested_datetime", "updated_datetime", "address")
        assert all(one[key] for key in told)


POSTED = {
    "open311: answers by their places": (
        "service_code=test-campaign.public_space&lat=40.032&long=116.3256"
        "&description=%E9%97%A8%E5%8F%A3%E8%A6%81%E6%9C%89%E5%BA%A7%E4%BD%8D"
        "&attribute%5Bwhen%5D=am&attribute%5Bwhat%5D%5B0%5D=tree&attribute%5Bwhat%5D%5B1%5D=seat",
        "",
        {"when": "am", "what": ["tree", "seat"]},
    ),
    "the standard's example: answers without places, the key in front": (
        "service_code=test-campaign.public_space&lat=40.032&long=116.3256&address_string="
        "&description=%E9%97%A8%E5%8F%A3%E8%A6%81%E6%9C%89%E5%BA%A7%E4%BD%8D&media_url="
        "&attribute[when]=am&attribute[age]=&attribute[what][]=tree&attribute[what][]=seat",
        "jurisdiction_id=test-campaign",
        {"when": "am", "what": ["tree", "seat"]},
    ),
}


@pytest.mark.parametrize("named", POSTED)
def test_public_clients_file_what_they_send(
    client: TestClient,
    database: Database,
    campaign: CampaignView,
    key: Callable[..., str],
    named: str,
) -> None:
    body, query, answers = POSTED[named]
    kind = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    path = f"/open311/v2/requests.json?{query}"
    answer = client.post(path, content=f"api_key={key()}&{body}", headers=kind)
    assert answer.status_code == 201, answer.text
    with database.reading() as session:
        assert session.scalars(select(Proposal)).one().answers == answers
    elsewhere = "/open311/v2/requests.json?jurisdiction_id=elsewhere"
    assert client.post(elsewhere, content=body, headers=kind).status_code == 403
    refused = client.post(elsewhere, content=f"api_key={key()}&{body}", headers=kind)
    assert refused.status_code == 404  # what the address says counts, too


def test_a_photo_comes_with_the_form_once_and_waits_to_be_seen(
    client: TestClient, database: Database, campaign: CampaignView, key: Callable[..., str]
) -> None:
    """``three`` and apps of several cities send it so, as ``multipart/form-data``."""
    told = {
        "api_key": key(),
        "description": "这里的车停得太乱",
        "attribute[when]": "am",
        **{name: GIVEN[name] for name in ("service_code", "lat", "long")},
    }
    picture = a_picture(size=(40, 30))

    def send(field: str = "media", body: bytes = picture, **more: str) -> Any:
        file = {field: ("p.jpg", body, "image/jpeg")}
        return client.post("/open311/v2/requests.json", data=told | more, files=file)

    (first,), (again,) = send().json(), send().json()
    assert first == again
    with database.reading() as session:
        (photo,) = session.scalars(select(Photo))
        assert photo.proposal_id == session.scalars(select(Proposal.id)).one()
        assert photo.status == "waiting"
    (seen,) = client.get(f"/open311/v2/requests/{first['service_request_id']}.json").json()
    assert seen["media_url"] is None  # nobody has looked at it
    for refused in (send("secret"), send(body=b"no picture"), send(service_code="nothing")):
        assert refused.status_code in (400, 404), refused.text
    with database.reading() as session:
        assert len(session.scalars(select(Photo)).all()) == 1
    link = {**told, "description": "另外一处也停得太乱", "media_url": "http://127.0.0.1/p.jpg"}
    (linked,) = client.post("/open311/v2/requests.json?lang=en", data=link).json()
    assert "picture was not taken" in linked["service_notice"]


def test_the_description_of_the_api_names_what_is_asked_and_sent(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    told = paths["/open311/v2/requests.{ending}"]
    asked = {one["name"] for one in told["get"]["parameters"] if one["in"] == "query"}
    assert asked == LIST
    forms = told["post"]["requestBody"]["content"]
    plain = forms["application/x-www-form-urlencoded"]["schema"]["properties"].keys()
    assert {name for name in plain if "[" not in name} <= FORM
    assert "media" in forms["multipart/form-data"]["schema"]["properties"]
    items = paths["/ogc/collections/{collection}/items"]["get"]["parameters"]
    assert {"limit", "bbox", "filter", "datetime"} <= {one["name"] for one in items}
