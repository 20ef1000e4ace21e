"""The parts of a campaign, each a page with a form that is saved by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

import errors
from api.guards import desk
from api.turns import in_turn
from geo.reading.limits import form_limits
from geo.shapes import MOST_CORNERS
from language import in_language
from layers import areas, catalogue, drawing, signs
from layers.communities import community_frame
from layers.export import shapes_geojson
from layers.uploads import MOST_MB
from people.catalogue import Act
from submissions import campaigns
from submissions.campaign_texts import MOST_PRIVACY, MOST_WINNERS, TEXTS
from submissions.campaigns import PARTS, version_of
from submissions.pictures import MOST_BYTES
from submissions.queries import CampaignView
from submissions.questions import check_questions
from web import campaign_forms, gate, question_forms
from web.campaign_forms import Typed
from web.campaigning import DESK, ground_map, head_of, preview_form, staff_campaign
from web.campaigns import now
from web.desk import desk_page
from web.render import Visit, visit
from wording import asking, maps
from wording.campaigning import area_told, campaign_sentence, effect_sentence, sign_choices
from wording.files import system_names

router = APIRouter(dependencies=[desk(Act.MAKE_CAMPAIGN)])
Reader = Annotated[Visit, Depends(visit)]
Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
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
        asked = _asked(campaign, question_forms.read_rows(sent))
        check_questions(asked, [each["key"] for each in campaign.categories])
        campaign = replace(campaign, questions=asked)
    except errors.LuJianError as error:
        problem = campaign_sentence(error, here.words)
    return _form_page(here, campaign, problem)


def _form_page(here: Visit, campaign: CampaignView, problem: str) -> Response:
    form = preview_form(here, campaign)
    page = here.page("desk_form_preview.html", form=form, problem=problem)
    page.headers["Cache-Control"] = "private, no-store"
    return page


def _typed(campaign: CampaignView, part: str) -> Typed:
    if part == "questions":
        return {"rows": question_forms.rows_of(campaign.questions)}
    return campaign_forms.typed_of(campaign, part)


def _typed_from(sent: FormData, part: str) -> Typed:
    if part == "questions":
        return {"rows": question_forms.read_rows(sent)}
    typed = campaign_forms.typed_from(sent, part)
    if part == "area":
        typed["codes"] = [str(code) for code in sent.getlist("codes")]
    return typed


def _save(
    here: Visit, slug: str, part: str, sent: FormData, files: dict[str, tuple[str, bytes]]
) -> Response:
    campaign = staff_campaign(here, slug)
    typed, do = _typed_from(sent, part), str(sent.get("do") or "save")
    if part in {"questions", "categories"} and do != "save":
        fresh: Any = campaign_forms.new_category()
        if part == "questions":
            fresh = question_forms.new_row(str(sent.get("new_kind") or ""))
        typed["rows"] = question_forms.changed_rows(typed["rows"], do, fresh)
        return _page(here, campaign, part, typed, unsaved=True)
    version = str(sent.get("version") or "")
    try:
        told = _saved(here, campaign, part, typed, files, version, bool(sent.get("confirmed")))
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        said, status = campaign_sentence(error, here.words), gate.status_of(error)
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
        told = area_told(read, here.words, here.lang)
    else:
        changes = campaign_forms.changes_of(typed, part)
    _write(here, campaign, part, changes, version)
    return told


def _write(
    here: Visit, campaign: CampaignView, part: str, changes: dict[str, Any], version: str
) -> None:
    moment = now()

    def act(session: Session) -> None:
        campaigns.edit_campaign(
            session, here.actor, campaign.slug, part, changes, version=version, now=moment
        )

    here.room.database.write(act)


def _save_questions(
    here: Visit,
    campaign: CampaignView,
    rows: list[question_forms.Row],
    version: str,
    confirmed: bool,
) -> str | list[str]:
    asked, moment = _asked(campaign, rows), now()
    effects = here.room.database.write(
        lambda session: campaigns.edit_questions(
            session,
            here.actor,
            campaign.slug,
            asked,
            version=version,
            confirmed=confirmed,
            now=moment,
        )
    )
    told = [effect_sentence(effect, here.words, here.lang) for effect in effects]
    return told or ""


def _asked(campaign: CampaignView, rows: list[question_forms.Row]) -> list[dict[str, Any]]:
    former = [each["key"] for each in campaign.former_questions]
    return question_forms.questions_of(rows, former)


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
    campaigns.set_cover(
        room.database, room.photos, here.actor, campaign.slug, data, version=version, now=now()
    )
    return ""


def _area(
    here: Visit, campaign: CampaignView, typed: Typed, files: dict[str, tuple[str, bytes]]
) -> areas.AreaRead:
    """Return the area that was drawn, sent as a file, or put together of communities."""
    if typed["how"] == "file":
        name, data = files.get("file", ("", b""))
        limits = form_limits(here.room.settings)
        return areas.read_area(
            name, data, crs=typed["crs"], layer=typed["layer"], ask_layer=True, limits=limits
        )
    if typed["how"] == "communities":
        with here.room.database.reading() as session:
            return areas.area_of_communities(session, campaign.edition, typed["codes"])
    return areas.drawn_area(typed["shape"])


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
        f"desk_campaign_{part}.html",
        room="campaigns",
        status=status,
        campaign=head_of(here, campaign, part),
        typed=typed,
        version=version_of(campaign, part),
        problem=problem,
        effects=effects or [],
        unsaved=unsaved,
        file_layers=layers,
        file_kinds=areas.ENDINGS,
        done=_done(here, asked.get("done", "")) if not unsaved else "",
        told=asked.get("told", "")[:500] if not unsaved else "",
        **_offered(here, campaign, part, typed),
    )


def _done(here: Visit, done: str) -> str:
    _ = here.words.gettext
    return {
        "saved": _("Saved."),
        "open": _("It is open now."),
        "schedule": _("It opens and closes by itself, at its dates."),
        "unschedule": _("It is a draft again."),
        "close": _("It takes no more proposals."),
        "archive": _("It is in the archive now."),
        "restore": _("It is out of the archive."),
    }.get(done, "")


def _offered(here: Visit, campaign: CampaignView, part: str, typed: Typed) -> dict[str, Any]:
    """Return what a part's form offers to choose from."""
    if part == "area":
        return _area_parts(here, campaign, typed)
    if part == "questions":
        return _question_parts(here, campaign, typed)
    if part == "texts":
        return {"lengths": TEXTS}
    if part == "prizes":
        return {"most_winners": MOST_WINNERS, "most_privacy": MOST_PRIVACY}
    if part == "categories":
        return {"icons": sign_choices(here.words), "sign_of": signs.path}
    if part == "taking":
        kinds = asking.kind_words(here.words)
        layers = [
            {"key": each.name, "name": here.said(each.title)}
            for each in catalogue.CATALOGUE
            if each.name not in {"outline", "communities"}
        ]
        return {"kind_names": {str(key): name for key, name in kinds.items()}, "layers": layers}
    return {}


def _area_parts(here: Visit, campaign: CampaignView, typed: Typed) -> dict[str, Any]:
    with here.room.database.reading() as session:
        frame = community_frame(session, campaign.edition)
    named = [
        {"code": code, "name": in_language({"zh_CN": name, "en": name_en}, here.lang)}
        for code, name, name_en in zip(frame["code"], frame["name"], frame["name_en"], strict=True)
    ]
    shape = typed["shape"] or _drawable(campaign)
    words = maps.place_words(here.words)
    layer = drawing.AddressLayer("area", shape=json.loads(shape) if shape else None, words=words)
    return {
        "map": ground_map(here, campaign, layer),
        "communities": named,
        "chosen": typed.get("codes", []),
        "systems": [{"key": key, "name": name} for key, name in system_names(here.words).items()],
        "size": areas.area_km2(campaign.area),
        "may_draw": bool(shape),
    }


def _drawable(campaign: CampaignView) -> str:
    """Return the area as it can be drawn on: one plain ring of not too many corners."""
    area = campaign.area
    parts = getattr(area, "geoms", [area])
    if len(parts) != 1 or len(parts[0].interiors) or len(parts[0].exterior.coords) > MOST_CORNERS:
        return ""
    return json.dumps(shapes_geojson([parts[0]])[0])


def _question_parts(here: Visit, campaign: CampaignView, typed: Typed) -> dict[str, Any]:
    _ = here.words.gettext
    kinds = {
        "single": _("Choose one"),
        "multiple": _("Choose several"),
        "scale": _("A scale"),
        "number": _("A number"),
        "short_text": _("One line of text"),
        "long_text": _("A longer text"),
    }
    categories = {
        "name": _("The category is one of:"),
        "options": [
            {"key": f"category:{each['key']}", "name": here.said(each["name"])}
            for each in campaign.categories
        ],
    }
    groups = [[categories, *_choices(here, typed["rows"][:at])] for at in range(len(typed["rows"]))]
    return {
        "kinds": kinds,
        "conditions": groups,
        "saved_keys": [each["key"] for each in campaign.questions],
        "form": preview_form(here, campaign),
    }


def _choices(here: Visit, rows: list[question_forms.Row]) -> list[dict[str, Any]]:
    """Return the choices asked before, on which a question may hang."""
    said = here.words.gettext("The answer to “{name}” is one of:")
    groups = []
    for row in rows:
        if row["kind"] not in {"single", "multiple"} or not row["key"]:
            continue
        name = in_language({"zh_CN": row["label_zh"], "en": row["label_en"]}, here.lang)
        options = [
            {
                "key": f"{row['key']}:{each['key']}",
                "name": here.said(each["label"]),
            }
            for each in question_forms.options_of(row["options"])
        ]
        groups.append({"name": said.format(name=name), "options": options})
    return groups
