"""One map from the error tree to HTTP, and one shape for every error: ``{"error": {...}}``."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import errors
from core.language import translations
from core.outages import problem_of
from serving.context import spoken_by
from wording.error_messages import sentence_of

STATUS: tuple[tuple[type[errors.LuJianError], int], ...] = (
    (errors.NotFoundError, 404),
    (errors.SignInNeededError, 401),
    (errors.BadTokenError, 401),
    (errors.WrongSignInError, 403),
    (errors.NotAllowedError, 403),
    (errors.CampaignClosedError, 409),
    (errors.WrongStateError, 409),
    (errors.NotNowError, 409),
    (errors.DrawError, 409),
    (errors.ProofNeededError, 428),
    (errors.TooOftenError, 429),
    (errors.NoKeyError, 503),
    (errors.UnavailableError, 503),
    (errors.InvalidError, 422),
    (errors.LuJianError, 400),
)
#: What is not to be had just now is asked for again after so many seconds.
RETRY_AFTER_S = 10
CODES = {400: "invalid", 403: "not_allowed", 404: "not_found", 405: "not_allowed"}


def answer(status: int, code: str, details: Any = None, **more: str) -> JSONResponse:
    """Return an error as JSON with its stable code."""
    return JSONResponse({"error": {"code": code, "details": details}, **more}, status_code=status)


def status_of(error: errors.LuJianError) -> int:
    """Return the HTTP status of a leaf of the tree."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


async def on_ours(request: Request, error: Exception) -> JSONResponse:
    """Answer one of our errors, with a sentence for the person behind a page of ours."""
    assert isinstance(error, errors.LuJianError)
    lang = spoken_by(request, request.query_params.get("lang"))
    said = sentence_of(error, translations(lang))
    return answer(status_of(error), error.code, sentence=said)


async def on_validation(_request: Request, error: Exception) -> JSONResponse:
    """Answer a parameter that FastAPI refused, naming the parameter but not echoing its value."""
    assert isinstance(error, RequestValidationError)
    details = [
        {"parameter": str(item["loc"][-1]), "problem": item["msg"]} for item in error.errors()
    ]
    return answer(422, "invalid", details)


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """Answer an unknown path or method; what is not there looks like what one may not see."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return await on_ours(request, errors.NotFoundError(kind="page"))
    if (outage := outage_in(error.__cause__)) is not None:
        return await on_ours(request, outage)
    return answer(error.status_code, CODES.get(error.status_code, "error"))


def outage_in(error: BaseException | None) -> errors.UnavailableError | None:
    """Return the outage behind an error of the system or of a body that could not be read."""
    problem = problem_of(error)
    return errors.UnavailableError(problem=problem) if problem is not None else None


async def on_system(request: Request, error: Exception) -> JSONResponse:
    """Answer a disk in trouble; every other error of the system is a fault of ours."""
    if (outage := outage_in(error)) is None:
        raise error
    return await on_ours(request, outage)


async def on_unexpected(_request: Request, _error: Exception) -> JSONResponse:
    """Answer a fault of ours without telling its inside."""
    return answer(500, "server_error")


def register(app: FastAPI) -> None:
    """Teach an application the shape of our errors."""
    app.add_exception_handler(errors.LuJianError, on_ours)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(OSError, on_system)
    app.add_exception_handler(Exception, on_unexpected)


class RetryLater:
    """Says with every 503 when to ask again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def say_when(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 503:
                MutableHeaders(scope=message).setdefault("Retry-After", str(RETRY_AFTER_S))
            await send(message)

        await self._app(scope, receive, say_when)
