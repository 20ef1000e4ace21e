"""One map from the error tree to HTTP, and one shape for every error: ``{"error": {...}}``."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

import errors
from database import BusyError
from language import COOKIE, language_of_request, translations
from wording.sentences import sentence_of

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
    (BusyError, 503),
    (errors.InvalidError, 422),
    (errors.LuJianError, 400),
)
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
    lang = language_of_request(request.query_params.get("lang"), request.cookies.get(COOKIE))
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
        return await on_ours(request, errors.NotFoundError())
    return answer(error.status_code, CODES.get(error.status_code, "error"))


async def on_unexpected(_request: Request, _error: Exception) -> JSONResponse:
    """Answer a fault of ours without telling its inside."""
    return answer(500, "server_error")


def register(app: FastAPI) -> None:
    """Teach an application the shape of our errors."""
    app.add_exception_handler(errors.LuJianError, on_ours)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_unexpected)
