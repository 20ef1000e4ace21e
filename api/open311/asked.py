"""What an address or a form of GeoReport v2 asks for, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request

from analysis.cql.terms import BadQueryError
from analysis.cql.times import span_of
from analysis.filter import COMMON
from api.open311.services import Service, service_named
from core.errors import InvalidError, NotFoundError
from deliberation.open_requests import MOST_REQUESTS, AskedRequests, RequestStatus
from submissions.proposals.queries import CampaignView

#: Without dates, and at most between two of them, so many days are told.
SPAN = timedelta(days=90)
LIST = frozenset(
    {
        *("service_request_id", "service_code", "start_date", "end_date", "status"),
        *("jurisdiction_id", "page", "page_size", "lang", "api_key"),
    }
)
#: What a form may have; of these, nothing about the person is kept.
FORM = frozenset(
    {
        *("api_key", "jurisdiction_id", "service_code", "lat", "long", "address_string"),
        *("address_id", "email", "device_id", "account_id", "first_name", "last_name", "phone"),
        *("description", "media_url", "lang"),
    }
)
MOST_NAMED = 200
#: An answer; of several ones each ends with [] or, as some clients have it, with its place.
_ATTRIBUTE = re.compile(r"attribute\[([a-z][a-z0-9_]{0,39})\](?:\[\d{0,3}\])?", re.ASCII)


def check_known(given: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raise ``BadQueryError`` for a parameter that is not known."""
    if odd := sorted(str(name)[:40] for name in given if name not in known | COMMON):
        raise BadQueryError(parameter=", ".join(odd[:5]), reason="not known here")


def of_jurisdiction(campaigns: Sequence[CampaignView], name: str) -> list[CampaignView]:
    """Return the campaigns of a jurisdiction: one by its name, else all.

    Raises ``NotFoundError`` for an unknown one.
    """
    found = [one for one in campaigns if not name or one.slug == name]
    if not found and name:
        raise NotFoundError(kind="jurisdiction")
    return found


def named_requests(request: Request) -> list[str] | None:
    """Return which requests are asked for by name; None where none are."""
    return _listed(request, "service_request_id") or None


def _listed(request: Request, name: str) -> list[str]:
    """Return the values of a parameter: between commas, the parameter repeated, or both."""
    given = ",".join(request.query_params.getlist(name)).split(",")
    return [one.strip() for one in given if one.strip()][:MOST_NAMED]


def read_list(request: Request, campaigns: Sequence[CampaignView], now: datetime) -> AskedRequests:
    """Return what narrows the list. Raises ``BadQueryError``, ``NotFoundError``."""
    given = request.query_params
    pairs = None
    if codes := _listed(request, "service_code"):
        found = [service_named(campaigns, code) for code in codes]
        pairs = tuple((one.campaign.id, one.key) for one in found)
    since, until = _dates(given, now)
    size = _whole(given, "page_size", MOST_REQUESTS, MOST_REQUESTS)
    return AskedRequests(
        tuple(one.id for one in campaigns),
        pairs,
        _statuses(_listed(request, "status")),
        since,
        until,
        skip=(_whole(given, "page", 1, 10_000) - 1) * size,
        most=size,
    )


def _dates(given: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    """Return the first moment and the first after the last; at most ``SPAN`` lies between them."""
    first = _moment(given, "start_date")
    last = _moment(given, "end_date")
    if first is None and last is None:
        return now - SPAN, now + timedelta(days=1)
    if first is None:
        assert last is not None
        return last - SPAN, last + timedelta(seconds=1)
    end = first + SPAN if last is None else last
    if end < first:
        raise BadQueryError(parameter="end_date", reason="before start_date")
    return first, min(end, first + SPAN) + timedelta(seconds=1)


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    if not given.get(name):
        return None
    moment = span_of(given[name].replace(" ", "+"), name).start
    assert moment is not None
    if not datetime(2, 1, 1, tzinfo=UTC) < moment < datetime(9990, 1, 1, tzinfo=UTC):
        raise BadQueryError(parameter=name, reason="too far away")
    return moment


def _statuses(named: Sequence[str]) -> frozenset[RequestStatus]:
    if not named:
        return frozenset(RequestStatus)
    try:
        return frozenset(map(RequestStatus, named))
    except ValueError:
        raise BadQueryError(parameter="status", reason="open, closed or both") from None


def _whole(given: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or int(text[:9]) < 1:
        raise BadQueryError(parameter=name, reason="no whole number from 1 on")
    return min(int(text[:9]), most)


def answers_of(service: Service, fields: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the answers to a service's questions. Raises ``BadQueryError`` for unknown ones."""
    known = {question.key for question in service.questions}
    found: dict[str, list[str]] = {}
    for name, value in fields:
        hit = _ATTRIBUTE.fullmatch(name)
        if hit is None:
            continue
        if hit[1] not in known:
            raise BadQueryError(parameter=name[:60], reason="not asked by this service")
        if value:  # an empty one is as if it had not been sent
            found.setdefault(hit[1], []).append(value)
    return {key: values if len(values) > 1 else values[0] for key, values in found.items()}


def plain_fields(fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the fields that are no answers, the last of each. Raises ``BadQueryError``."""
    plain = {name: value for name, value in fields if not _ATTRIBUTE.fullmatch(name)}
    check_known(plain, FORM)
    return plain


def degrees(given: Mapping[str, str], name: str) -> float:
    """Return a coordinate of a form. Raises ``InvalidError``."""
    try:
        return float(given.get(name, ""))
    except ValueError:
        raise InvalidError(field=name) from None
