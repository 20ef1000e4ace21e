"""The parts of a campaign, each a page with a form that is saved by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from core import errors
from geo.reading.limits import form_limits
from layers.communities import campaign_area
from layers.communities.communities import community_frame
from layers.read_upload import MOST_MB
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Slug
from serving.visit import Reader, Visit, now
from serving.write_turns import in_turn
from submissions.campaigns import lifecycle
from submissions.campaigns.lifecycle import PARTS, version_of
from submissions.campaigns.questionnaire import check_questions
from submissions.photos.sanitise import MOST_BYTES
from submissions.proposals.queries import CampaignView
from web.desk.campaigns import editor_forms, question_editor
from web.desk.campaigns.campaigns_pages import (
    DESK,
    head_of,
    preview_form,
    staff_campaign,
)
from web.desk.campaigns.editor_forms import Typed
from web.desk.campaigns.editor_parts import _offered
from web.desk.frame import desk_page
from wording.campaign_editor import area_told, campaign_sentence, effect_sentence

router = APIRouter(dependencies=[desk(Act.MAKE_CAMPAIGN)])
Part = Annotated[str, Path(pattern=r"^[a-z]{1,20}$")]
MOST_FIELDS = 2_000


@router.get("/desk/campaigns/{slug}/edit", response_class=RedirectResponse)
def edit(here: Reader, slug: Slug) -> Response:
    """Go to the first part."""
    return RedirectResponse(f"{DESK}/{slug}/edit/texts", status_code=303)


@router.get("/desk/campaigns/{slug}/edit/{part}", response_class=HTMLResponse)
def part_page(here: Reader, slug: Slug, part: Part) -> Response:
    """Show a part of a campaign."""
    campaign = staff_campaign(here, slug)
    if part not in PARTS:
        raise errors.NotFoundError(kind="page")
    return _page(here, campaign, part, _typed(campaign, part))


@router.post("/desk/campaigns/{slug}/edit/{part}")
async def save_part(here: Reader, request: Request, slug: Slug, part: Part) -> Response:
    """Save a part; its buttons that only change the form show it again."""
    if part not in PARTS:
        raise errors.NotFoundError(kind="page")
    async with request.form(max_files=4, max_fields=MOST_FIELDS) as sent:
        files = {
            name: ((file.filename or ""), await file.read(MOST_MB * 2**20 + 1))
            for name, file in sent.items()
            if isinstance(file, UploadFile) and file.size
        }
        turns = here.room.reading if files else here.room.writing
        return await in_turn(turns, _save, here, slug, part, sent, files)


@router.get("/desk/campaigns/{slug}/questions-preview", response_class=HTMLResponse)
def saved_questions(here: Reader, slug: Slug) -> Response:
    """Show the form as residents see it with the questions that are saved."""
    return _form_page(here, staff_campaign(here, slug), "")


@router.post("/desk/campaigns/{slug}/questions-preview", response_class=HTMLResponse)
async def questions_preview(here: Reader, request: Request, slug: Slug) -> Response:
    """Show the form as residents would see it with the questions typed so far."""
    async with request.form(max_files=1, max_fields=MOST_FIELDS) as sent:
        return await to_thread.run_sync(_preview, here, slug, sent)


def _preview(here: Visit, slug: str, sent: FormData) -> Response:
    campaign = staff_campaign(here, slug)
    problem = ""
    try:
        asked = _asked(campaign, question_editor.read_rows(sent))
        check_questions(asked, [each["key"] for each in campaign.categories])
        campaign = replace(campaign, questions=asked)
    except errors.LuJianError as error:
        problem = campaign_sentence(error, here.words)
    return _form_page(here, campaign, problem)


def _form_page(here: Visit, campaign: CampaignView, problem: str) -> Response:
    form = preview_form(here, campaign)
    page = here.page("form_preview.html", form=form, problem=problem)
    page.headers["Cache-Control"] = "private, no-store"
    return page


def _typed(campaign: CampaignView, part: str) -> Typed:
    if part == "questions":
        return {"rows": question_editor.rows_of(campaign.questions)}
    return editor_forms.typed_of(campaign, part)


def _typed_from(sent: FormData, campaign: CampaignView, part: str) -> Typed:
    if part == "questions":
        return {"rows": question_editor.read_rows(sent)}
    typed = editor_forms.typed_from(sent, campaign, part)
    if part == "area":
        typed["codes"] = [str(code) for code in sent.getlist("codes")]
    return typed


def _save(
    here: Visit, slug: str, part: str, sent: FormData, files: dict[str, tuple[str, bytes]]
) -> Response:
    campaign = staff_campaign(here, slug)
    typed, do = _typed_from(sent, campaign, part), str(sent.get("do") or "save")
    if part in {"questions", "categories"} and do != "save":
        fresh: Any = editor_forms.new_category()
        if part == "questions":
            fresh = question_editor.new_row(str(sent.get("new_kind") or ""))
        typed["rows"] = question_editor.changed_rows(typed["rows"], do, fresh)
        return _page(here, campaign, part, typed, unsaved=True)
    version = str(sent.get("version") or "")
    try:
        told = _saved(here, campaign, part, typed, files, version, bool(sent.get("confirmed")))
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        said, status = campaign_sentence(error, here.words), status_of(error)
        campaign = staff_campaign(here, slug)
        offered = {"layers": error.params.get("layers", ())}
        return _page(
            here, campaign, part, typed, status=status, problem=said, unsaved=True, **offered
        )
    if isinstance(told, list):
        return _page(here, campaign, part, typed, effects=told, unsaved=True)
    asked = urlencode({"done": "saved", **({"told": told} if told else {})})
    return RedirectResponse(f"{DESK}/{slug}/edit/{part}?{asked}", status_code=303)


def _saved(
    here: Visit,
    campaign: CampaignView,
    part: str,
    typed: Typed,
    files: dict[str, tuple[str, bytes]],
    version: str,
    confirmed: bool,
) -> str | list[str]:
    """Save; return what to tell of it, or as a list what has to be confirmed first."""
    if part == "questions":
        return _save_questions(here, campaign, typed["rows"], version, confirmed)
    if part == "cover":
        return _save_cover(here, campaign, files, version)
    told = ""
    if part == "area":
        read = _area(here, campaign, typed, files)
        changes: dict[str, Any] = {"area": read.area}
        told = _area_words(here, campaign, typed, read)
    else:
        changes = editor_forms.changes_of(typed, part)
    _write(here, campaign, part, changes, version)
    return told


def _area_words(
    here: Visit, campaign: CampaignView, typed: Typed, read: campaign_area.AreaRead
) -> str:
    with here.room.database.reading() as session:
        frame = community_frame(session, campaign.edition)
    inside = campaign_area.share_inside(read.area, frame)
    of_file = typed["how"] == "file"
    return area_told(read, here.words, here.lang, of_file=of_file, inside=inside)


def _write(
    here: Visit, campaign: CampaignView, part: str, changes: dict[str, Any], version: str
) -> None:
    here.write(lifecycle.edit_campaign, campaign.slug, part, changes, version=version, now=now())


def _save_questions(
    here: Visit,
    campaign: CampaignView,
    rows: list[question_editor.Row],
    version: str,
    confirmed: bool,
) -> str | list[str]:
    effects = here.write(
        lifecycle.edit_questions,
        campaign.slug,
        _asked(campaign, rows),
        version=version,
        confirmed=confirmed,
        now=now(),
    )
    told = [effect_sentence(effect, here.words, here.lang) for effect in effects]
    return told or ""


def _asked(campaign: CampaignView, rows: list[question_editor.Row]) -> list[dict[str, Any]]:
    former = [each["key"] for each in campaign.former_questions]
    return question_editor.questions_of(rows, former)


def _save_cover(
    here: Visit, campaign: CampaignView, files: dict[str, tuple[str, bytes]], version: str
) -> str:
    if "cover" not in files:
        _write(here, campaign, "cover", {"cover": None}, version)
        return ""
    _name, data = files["cover"]
    if len(data) > MOST_BYTES:
        raise errors.BadPhotoError(problem=errors.PhotoProblem.TOO_BIG)
    room = here.room
    lifecycle.set_cover(
        room.database, room.photos, here.actor, campaign.slug, data, version=version, now=now()
    )
    return ""


def _area(
    here: Visit, campaign: CampaignView, typed: Typed, files: dict[str, tuple[str, bytes]]
) -> campaign_area.AreaRead:
    """Return the area that was drawn, sent as a file, or put together of communities."""
    if typed["how"] == "file":
        name, data = files.get("file", ("", b""))
        limits = form_limits(here.room.settings)
        return campaign_area.read_area(
            name, data, crs=typed["crs"], layer=typed["layer"], ask_layer=True, limits=limits
        )
    if typed["how"] == "communities":
        with here.room.database.reading() as session:
            return campaign_area.area_of_communities(session, campaign.edition, typed["codes"])
    return campaign_area.drawn_area(typed["shape"])


def _page(
    here: Visit,
    campaign: CampaignView,
    part: str,
    typed: Typed,
    *,
    status: int = 200,
    problem: str = "",
    effects: list[str] | None = None,
    unsaved: bool = False,
    layers: Sequence[str] = (),
) -> HTMLResponse:
    asked = here.request.query_params
    return desk_page(
        here,
        f"editor_{part}.html",
        room="campaigns",
        status=status,
        campaign=head_of(here, campaign, part),
        typed=typed,
        version=version_of(campaign, part),
        problem=problem,
        effects=effects or [],
        unsaved=unsaved,
        file_layers=layers,
        file_kinds=campaign_area.ENDINGS,
        done=asked.get("done", "") if not unsaved else "",
        told=asked.get("told", "")[:500] if not unsaved else "",
        **_offered(here, campaign, part, typed),
    )
