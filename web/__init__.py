"""Server-rendered pages for residents and staff, light enough for a slow phone, mounted under /w.

They show, and call actions; no rule lives here.
"""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from api.token_middleware import TokenMiddleware
from core import errors
from serving.body_limit import BodyLimit, PlainAddress
from serving.context import Context
from serving.errors import RetryLater, outage_in, status_of
from serving.guards import check_guarded, form_again
from serving.sender_check import SAFE, check_sender
from serving.streaming import HeadersAlone
from serving.visit import stranger, visit
from serving.write_turns import TURNS
from web import made_file_page, printables, take_files, unavailable
from web.desk import data_page, office_page, overview_page
from web.desk.accounts import accounts_pages, audit_page, my_account, oidc_sign_in, sign_in
from web.desk.base_map import base_map_page
from web.desk.campaigns import campaigns_pages, editor, prize_draw_desk
from web.desk.layers import community_borders, guided_import, layer_forms, layers_pages, style_page
from web.desk.moderation import (
    bulk_job_page,
    bulk_page,
    case_actions,
    case_page,
    duplicates_page,
    location_queue_page,
    notes_and_assignments,
    queue_page,
    reply_templates_page,
    unreviewed_list,
)
from web.desk.moderation.presence import Openings
from web.desk.packs import pack_actions, pack_page, packs_pages, scheme_page
from web.desk.review import (
    brief_page,
    hotspot_actions,
    hotspot_page,
    saved_views_page,
    topic_page,
)
from web.desk.webhooks import webhooks_page
from web.firms import firm_actions, firm_page
from web.residents import (
    area_alerts,
    assisted_filing,
    campaign_page,
    edit_proposal,
    file_proposal,
    follow_links,
    layer_catalogue,
    my_proposals_page,
    office_pages,
    offline_shell,
    prize_draw_page,
    proposal_page,
    receipt_page,
)
from wording import error_messages

#: In this order: of two routes that an address fits, the first answers.
PAGES = (
    file_proposal,
    edit_proposal,
    printables,
    made_file_page,
    take_files,
    campaign_page,
    proposal_page,
    receipt_page,
    my_proposals_page,
    offline_shell,
    follow_links,
    area_alerts,
    assisted_filing,
    prize_draw_page,
    layer_catalogue,
    office_pages,
    webhooks_page,
    base_map_page,
    campaigns_pages,
    editor,
    prize_draw_desk,
    sign_in,
    oidc_sign_in,
    my_account,
    accounts_pages,
    audit_page,
    office_page,
    overview_page,
    data_page,
    queue_page,
    unreviewed_list,
    case_page,
    case_actions,
    saved_views_page,
    hotspot_page,
    hotspot_actions,
    topic_page,
    brief_page,
    guided_import,
    style_page,
    packs_pages,
    pack_page,
    pack_actions,
    scheme_page,
    firm_page,
    firm_actions,
    layer_forms,
    community_borders,
    layers_pages,
    duplicates_page,
    location_queue_page,
    notes_and_assignments,
    bulk_page,
    bulk_job_page,
    reply_templates_page,
)
#: Of a form that is refused, this much is given back.
MOST_KEPT = 20_000
MOST_FILES = 10


def create_web(context: Context) -> FastAPI:
    """Return the pages. Paths are relative to their mount point."""
    app = FastAPI(
        title="路见 LuJian",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[*TURNS, Depends(check_sender)],
    )
    app.state.context = context
    app.state.openings = Openings()
    app.add_middleware(GZipMiddleware, minimum_size=600)
    app.add_middleware(BodyLimit)
    app.add_middleware(PlainAddress)
    app.add_middleware(HeadersAlone)
    app.add_middleware(TokenMiddleware, database=context.database)
    app.add_middleware(RetryLater)
    app.add_exception_handler(errors.LuJianError, _on_ours)
    app.add_exception_handler(errors.UnavailableError, unavailable.on_outage)
    app.add_exception_handler(OSError, unavailable.on_system)
    app.add_exception_handler(errors.NotAllowedError, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)
    for room in PAGES:
        app.include_router(room.router)
    check_guarded(app)
    return app


async def _on_refused(request: Request, error: Exception) -> Response:
    """Say that something may not be done, with what was typed, to be copied."""
    assert isinstance(error, errors.NotAllowedError)
    try:
        if (again := await form_again(request, error)) is not None:
            return again
    except errors.NotFoundError as unknown:
        return await to_thread.run_sync(_on_ours, request, unknown)
    kept = ""
    if request.method not in SAFE and not visit(request).wants_json:
        with suppress(HTTPException, UnicodeError):
            async with request.form(max_files=MOST_FILES) as sent:
                kept = str(sent.get("text", ""))[:MOST_KEPT].encode("utf-8", "ignore").decode()
    return _on_ours(request, error, kept)


def _on_ours(request: Request, error: Exception, kept: str = "") -> Response:
    """Say one of our errors in the reader's language. ``kept``: what was typed."""
    assert isinstance(error, errors.LuJianError)
    here = visit(request)
    if isinstance(error, errors.SignInNeededError) and not here.wants_json:
        asked = urlencode({"next": error.params.get("next", "/w/desk")})
        return RedirectResponse(f"/w/desk/sign-in?{asked}", status_code=303)
    said, status = error_messages.sentence_of(error, here.words), status_of(error)
    _ = here.words.gettext
    if isinstance(error, errors.NotFoundError):
        said = _("There is nothing here, or it is not shown any more.")
    if here.wants_json:
        return JSONResponse({"sentence": said, "code": error.code}, status)
    home = {"address": "/w/", "name": _("All campaigns")}
    return here.notice(_("This did not work"), said, status=status, kept=kept, links=(home,))


async def _on_http(request: Request, error: Exception) -> Response:
    """Answer an unknown path or method, and a form that cannot be read."""
    assert isinstance(error, HTTPException)
    if (outage := outage_in(error.__cause__)) is not None:
        return await unavailable.on_outage(request, outage)
    return await to_thread.run_sync(_on_address, request, error)


def _on_address(request: Request, error: HTTPException) -> Response:
    if error.status_code == 408:
        return _failed(request, "timeout", 408)
    if error.status_code == 413:
        return _on_ours(request, errors.BadPhotoError(problem=errors.PhotoProblem.TOO_MANY))
    if error.status_code == 400:
        return _on_ours(request, errors.InvalidError(field="form"))
    return _on_ours(request, errors.NotFoundError(kind="page"))


def _on_validation(request: Request, error: Exception) -> Response:
    """Answer an address that can be none of ours, or a field that no form of ours sends so."""
    assert isinstance(error, RequestValidationError)
    if any(item["loc"][0] == "path" for item in error.errors()):
        return _on_ours(request, errors.NotFoundError(kind="page"))
    return _on_ours(request, errors.InvalidError(field="form"))


def _on_fault(request: Request, _error: Exception) -> Response:
    """Answer a fault of ours without telling its inside; the server's log has it."""
    return _failed(request, "server_error", 500)


def _failed(request: Request, code: str, status: int) -> Response:
    here = stranger(request)
    _ = here.words.gettext
    said = _("Something went wrong. Nothing you typed is lost; please try again.")
    if here.wants_json:
        return JSONResponse({"sentence": said, "code": code}, status)
    return here.notice(_("This did not work"), said, status=status)
