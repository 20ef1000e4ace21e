"""The addresses of GeoReport v2, each in JSON and in XML, errors included."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from analysis.cql.terms import BadQueryError
from api.ogc.links import api_base, lang_of
from api.open311 import asked, filing, formats
from api.open311.described import asked_parameters, sent_form
from api.open311.posted import Posted, read_posted
from api.open311.services import Service, definition_told, service_named, service_told, services
from core import errors
from core.language import DEFAULT, translations
from deliberation.open_requests import OpenRequest, requests, requests_named
from layers.export.geojson import timestamp
from people.access.permissions import Act
from people.access.rate_limit import LimitKind
from people.office.office import current_office
from serving.context import Context, Room, actor_of, address_of, by_token, context
from serving.errors import status_of
from serving.guards import PUBLIC
from serving.parameters import with_own_parameters
from serving.write_turns import in_turn
from submissions.campaigns.phases import allows
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView, ProposalView
from submissions.proposals.receipt_codes import format_receipt
from submissions.proposals.states import Status
from wording.doors.open311 import filed_notice, key_service
from wording.error_messages import sentence_of
from wording.office.office_words import publisher_of

router = APIRouter(prefix="/open311", tags=["open311"], dependencies=[PUBLIC])
Form = Annotated[Literal["json", "xml"], Path(alias="ending")]
Code = Annotated[str, Path(max_length=120)]
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = "2026-11-30T00:00:00Z"
SHORT = frozenset({"jurisdiction_id", "lang", "api_key"})


@router.get("/discovery.{ending}")
@router.get("/v2/discovery.{ending}")
@with_own_parameters
def discovery(room: Room, request: Request, form: Form) -> Response:
    """Say where the service is, in which forms, and how one gets a key."""

    def make() -> Any:
        office = current_office(room.database, room.settings)
        told = {
            "specification": SPECIFICATION,
            "url": f"{api_base(request)}/open311/v2",
            "changeset": CHANGESET,
            "type": "production",
            "formats": [one.partition(";")[0] for one in formats.TYPES.values()],
        }
        return {
            "changeset": CHANGESET,
            "contact": ", ".join(
                part for part in (publisher_of(office, DEFAULT), office.email) if part
            ),
            "key_service": key_service(translations(lang_of(request))),
            "endpoints": [told],
        }

    return _answer(request, form, "discovery", make)


@router.get("/v2/services.{ending}")
@with_own_parameters
def all_services(room: Room, request: Request, form: Form) -> Response:
    """List the services: the categories of campaigns that take proposals now."""

    def make() -> Any:
        taking = _taking(_campaigns(room, request))
        return [service_told(one, lang_of(request)) for one in services(taking)]

    return _answer(request, form, "services", make)


@router.get("/v2/services/{code}.{ending}")
@with_own_parameters
def definition(room: Room, request: Request, code: Code, form: Form) -> Response:
    """Return what is asked with a request for a service."""

    def make() -> Any:
        service = service_named(_campaigns(room, request), code)
        return definition_told(service, lang_of(request))

    return _answer(request, form, "service_definition", make)


@router.get("/v2/requests.{ending}", openapi_extra=asked_parameters())
@with_own_parameters
def request_list(room: Room, request: Request, form: Form) -> Response:
    """List published requests, the newest first: of the last 90 days unless dates are named."""

    def make() -> Any:
        campaigns = _campaigns(room, request)
        named = asked.named_requests(request)
        with room.database.reading() as session:
            if named is not None:
                found = requests_named(session, [one.id for one in campaigns], named)
            else:
                narrow = asked.read_list(request, campaigns, datetime.now(UTC))
                found = requests(session, narrow)
        return _told(room, request, campaigns, found)

    return _answer(request, form, "service_requests", make, known=asked.LIST)


@router.get("/v2/requests/{name}.{ending}")
@with_own_parameters
def one_request(
    room: Room, request: Request, name: Annotated[str, Path(max_length=20)], form: Form
) -> Response:
    """Return one published request."""

    def make() -> Any:
        campaigns = _campaigns(room, request)
        with room.database.reading() as session:
            found = requests_named(session, [one.id for one in campaigns], [name])
        if not found:
            raise errors.NotFoundError(kind="proposal")
        return _told(room, request, campaigns, found)

    return _answer(request, form, "service_requests", make)


@router.get("/v2/tokens/{token}.{ending}")
@with_own_parameters
def by_its_token(
    room: Room, request: Request, token: Annotated[str, Path(max_length=60)], form: Form
) -> Response:
    """Return under which id a request is published; no id while it waits to be read."""

    def make() -> Any:
        key, address = actor_of(request).key, address_of(request)
        moment = datetime.now().astimezone()
        with (
            room.limits.attempt(LimitKind.LOOKUP, key, address, now=moment),
            room.database.reading() as session,
        ):
            view = queries.proposal_by_receipt(session, token)
        if view is None:
            raise errors.NotFoundError(kind="receipt")
        published = view.public_id if view.status == Status.PUBLISHED else view.kept
        return [{"token": token, "service_request_id": published}]

    answer = _answer(request, form, "service_requests", make)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@router.post("/v2/requests.{ending}", openapi_extra=sent_form())
async def post_request(request: Request, form: Form) -> Response:
    """File a request with a key; it goes the way of every proposal, moderation included."""
    room, now = context(request), datetime.now(UTC)
    try:
        posted = await read_posted(request)
        wanted = await to_thread.run_sync(_wanted, room, request, posted, now)
        taken = await _photos(room, request, wanted, now)
        return await in_turn(room.writing, _file, room, request, form, wanted, taken, now)
    except errors.LuJianError as error:
        return _refused(request, form, error)
    except HTTPException as error:
        return formats.error(form, error.status_code, "too large")


def _wanted(room: Context, request: Request, posted: Posted, now: datetime) -> filing.Wanted:
    """Return who wants what. Raises ``LuJianError`` for what they may not have."""
    given = asked.plain_fields(posted.fields)
    acting = actor_of(request) if by_token(request) else None
    actor = filing.holder_of(room, given.get("api_key", ""), acting, now)
    if not given.get("service_code"):
        raise BadQueryError(parameter="service_code", reason="it is missing")
    with room.database.reading() as session:
        campaigns = queries.list_campaigns(session)
    campaigns = asked.of_jurisdiction(campaigns, given.get("jurisdiction_id", ""))
    service = service_named(campaigns, given["service_code"])
    filing.check_may_file(actor, service)
    return filing.Wanted(actor, service, given, posted.fields, posted.photo)


async def _photos(
    room: Context, request: Request, wanted: filing.Wanted, now: datetime
) -> list[str]:
    """Take the photo of a request, where pictures are cleaned one after another."""
    if not wanted.photo:
        return []
    take = partial(filing.take_its_photo, room, wanted, address=address_of(request), now=now)
    return await to_thread.run_sync(take, limiter=room.cleaning)


def _file(
    room: Context,
    request: Request,
    form: str,
    wanted: filing.Wanted,
    photos: list[str],
    now: datetime,
) -> Response:
    receipt = filing.file_request(room, wanted, photos, lang=lang_of(request), now=now)
    code, is_shown = format_receipt(receipt.code), receipt.status == Status.PUBLISHED
    # The standard gives one of both: an id, or the token by which the id is asked for later.
    name = {"service_request_id": receipt.public_id} if is_shown else {"token": code}
    no_picture = bool(wanted.given.get("media_url")) and not photos
    notice = filed_notice(
        receipt.status, code, translations(lang_of(request)), no_picture=no_picture
    )
    told = {**name, "service_notice": notice, "account_id": ""}
    answer = formats.answer(form, "service_requests", [told], status=201)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _answer(
    request: Request,
    form: str,
    root: str,
    make: Callable[[], Any],
    *,
    known: frozenset[str] = SHORT,
) -> Response:
    """Return what ``make`` gives in a form, or what it raises as the standard has errors."""
    try:
        asked.check_known(request.query_params, known)
        told = make()
    except errors.LuJianError as error:
        return _refused(request, form, error)
    answer = formats.answer(form, root, told)
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _refused(request: Request, form: str, error: errors.LuJianError) -> Response:
    status = status_of(error)
    if isinstance(error, errors.BadTokenError):
        status = 403  # the standard has no other for a missing or a wrong key
    elif status == 422:
        status = 400
    said = sentence_of(error, translations(lang_of(request)))
    if isinstance(error, errors.InvalidError) and (named := error.params.get("field")):
        said = f"{named}: {said}"
    return formats.error(form, status, said)


def _campaigns(room: Context, request: Request) -> list[CampaignView]:
    with room.database.reading() as session:
        found = queries.list_campaigns(session)
    return asked.of_jurisdiction(found, request.query_params.get("jurisdiction_id", ""))


def _taking(campaigns: list[CampaignView]) -> list[CampaignView]:
    now = datetime.now(UTC)
    return [one for one in campaigns if allows(one, Act.FILE, now)]


def _told(
    room: Context, request: Request, campaigns: list[CampaignView], found: list[OpenRequest]
) -> list[dict[str, Any]]:
    lang, base = lang_of(request), api_base(request)
    named = {(one.campaign.id, one.key): one for one in services(campaigns)}
    office = publisher_of(current_office(room.database, room.settings), lang)
    by_id = {one.id: one for one in campaigns}

    def service(view: ProposalView) -> Service:
        """Return its service; of a category that is offered no more, what is known of it."""
        gone = {"key": view.category, "name": {DEFAULT: view.category}}
        key = view.campaign_id, view.category
        return named.get(key) or Service(by_id[view.campaign_id], gone)

    return [_request(one, service(one.view), lang, base, office) for one in found]


def _request(
    one: OpenRequest, service: Service, lang: str, base: str, office: str
) -> dict[str, Any]:
    view = one.view
    return {
        "service_request_id": view.public_id,
        "status": str(one.status),
        "status_notes": one.reply,
        "service_name": service.name(lang),
        "service_code": service.code,
        "description": view.text,
        "agency_responsible": one.by or office,
        "service_notice": "",
        "requested_datetime": timestamp(view.created),
        "updated_datetime": timestamp(one.updated),
        "expected_datetime": "",
        "address": view.community_name or f"{view.latitude:.5f}, {view.longitude:.5f}",
        "address_id": "",
        "zipcode": "",
        "lat": round(view.latitude, 7),
        "long": round(view.longitude, 7),
        "media_url": f"{base}/photos/{one.photo}/full.jpg" if one.photo else "",
    }
