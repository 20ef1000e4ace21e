"""Campaigns at the desk: the list, making one, running it, and looking at it before it opens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import AfterValidator, BaseModel, StringConstraints
from sqlalchemy.orm import Session

from analysis import results
from analysis.selection import Selection
from core import errors
from core.language import in_language
from layers.background.base_map import current_base_map
from layers.communities.campaign_area import area_of_communities
from layers.communities.communities import community_frame
from layers.map import folium_map
from people.access.actor import Actor, Where
from people.access.permissions import Act, may
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Slug
from serving.visit import Reader, Visit, now
from submissions.campaigns import lifecycle
from submissions.campaigns.campaign_draft import NewCampaign
from submissions.campaigns.lifecycle import PARTS
from submissions.campaigns.season_templates import PRIVACY, PRIZE, SEASONS
from submissions.campaigns.subdistricts import Subdistrict, subdistricts
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView
from web import presenters
from web.desk.campaigns.question_editor import key_of
from web.desk.frame import desk_page
from web.residents import proposal_form
from web.residents.prize_draw_page import cover_picture
from wording import formatting, maps
from wording.campaign_editor import campaign_sentence, part_names
from wording.phases import state_word

router = APIRouter(dependencies=[desk(Act.MAKE_CAMPAIGN)])
Typed = Annotated[str, Form(max_length=2_000)]
Short = Annotated[str, StringConstraints(max_length=2_000)]
Stripped = Annotated[Short, AfterValidator(str.strip)]
DESK = "/w/desk/campaigns"


class _Wanted(BaseModel):
    """What is typed to begin a campaign."""

    start: Short = "blank"
    slug: Stripped = ""
    title_zh: Stripped = ""
    title_en: Stripped = ""
    place: Short = ""


@router.get("/desk/campaigns", response_class=HTMLResponse)
def campaign_list(here: Reader) -> Response:
    """List the campaigns that this person makes, drafts too."""
    return _list(here)


def _list(here: Visit, *, status: int = 200, problem: str = "") -> HTMLResponse:
    with here.room.database.reading() as session:
        found = queries.all_campaigns(session, here.actor, Act.MAKE_CAMPAIGN)
    return desk_page(
        here,
        "campaigns.html",
        room="campaigns",
        status=status,
        problem=problem,
        campaigns=[_listed(here, campaign) for campaign in found],
    )


def _listed(here: Visit, campaign: CampaignView) -> dict[str, Any]:
    sums = results.sums(here.room.database, Selection(campaign), at_most_s=results.COUNTS_S)
    return {
        **presenters.campaign_words(here, campaign),
        "desk": f"{DESK}/{campaign.slug}",
        "state": state_word(here.words, here.lang, campaign, now()),
        "dates": dates_said(here, campaign),
        "public": is_public(campaign, now()),
        "proposals": formatting.number(sums.proposals, here.lang),
    }


def dates_said(here: Visit, campaign: CampaignView) -> str:
    """Return from when until when it collects."""
    said = here.words.gettext("Open from {opens} to {closes}")
    return said.format(
        opens=formatting.minute(campaign.opens_at, here.lang),
        closes=formatting.minute(campaign.closes_at, here.lang),
    )


def is_public(campaign: CampaignView, moment: datetime) -> bool:
    """Tell whether the public knows of it."""
    return campaign.published_at is not None and campaign.published_at <= moment


@router.get("/desk/campaigns/new", response_class=HTMLResponse)
def new(here: Reader) -> Response:
    """Ask how to begin: with nothing, or with a season's template."""
    asked = here.request.query_params.get("start", "")
    return _new(here, _Wanted(start=asked if asked in SEASONS else "autumn"))


def _new(here: Visit, wanted: _Wanted, *, status: int = 200, problem: str = "") -> HTMLResponse:
    _ = here.words.gettext
    with here.room.database.reading() as session:
        places = subdistricts(session, here.actor)
    starts = [{"key": each.key, "name": here.said(each.name)} for each in SEASONS.values()]
    starts.append({"key": "blank", "name": _("Blank, to be filled in")})
    told = [{"key": each.key, "name": _place_name(here, each)} for each in places]
    return desk_page(
        here,
        "editor_new.html",
        room="campaigns",
        status=status,
        problem=problem,
        starts=starts,
        places=told,
        typed=wanted,
    )


def _place_name(here: Visit, place: Subdistrict) -> str:
    _ = here.words.gettext
    name = in_language(place.name, here.lang) if place.code else _("The whole platform")
    return _("{name}, communities of {edition}").format(name=name, edition=place.edition)


@router.post("/desk/campaigns/new")
def create(here: Reader, wanted: Annotated[_Wanted, Form()]) -> Response:
    """Set up a draft and go on to its parts."""
    try:
        made = here.write(_make, wanted, now=now())
    except errors.LuJianError as error:
        said = campaign_sentence(error, here.words)
        return _new(here, wanted, status=status_of(error), problem=said)
    told = "?done=one_title" if bool(wanted.title_zh) != bool(wanted.title_en) else ""
    return RedirectResponse(f"{DESK}/{made}/edit/texts{told}", status_code=303)


def _make(session: Session, actor: Actor, wanted: _Wanted, *, now: datetime) -> str:
    """Set up the draft and return its name."""
    draft = _draft(session, wanted, _chosen_place(session, actor, wanted), now)
    lifecycle.create_draft(session, actor, draft, now=now)
    return draft.slug


def _chosen_place(session: Session, actor: Actor, wanted: _Wanted) -> Subdistrict:
    places = subdistricts(session, actor)
    found = [each for each in places if each.key == wanted.place] or places[:1]
    if not found:
        raise errors.InvalidError(field="area", reason="communities")
    return found[0]


def _draft(session: Session, wanted: _Wanted, place: Subdistrict, moment: datetime) -> NewCampaign:
    """Return the draft to begin with; its area is that of the subdistrict's communities."""
    season = SEASONS.get(wanted.start) or SEASONS["autumn"]
    opens_at, closes_at, phases = season.dates(moment.date())
    codes = [
        code
        for code in community_frame(session, place.edition)["code"]
        if code.startswith(place.code)
    ]
    area = area_of_communities(session, place.edition, codes).area
    named = key_of(wanted.title_en, season.key).replace("_", "-")
    draft = NewCampaign(
        slug=wanted.slug or f"{named}-{opens_at:%Y}",
        theme=season.theme,
        edition=place.edition,
        categories=season.categories,
        texts=season.texts,
        opens_at=opens_at,
        closes_at=closes_at,
        area=area,
        questions=season.questions,
        geometry_kinds=season.geometry_kinds,
        subdistrict=place.code,
        privacy=PRIVACY,
        prize=PRIZE,
        phases=phases,
    )
    if wanted.start not in SEASONS:
        draft = _blank(draft)
    return replace(draft, texts=_titled(draft.texts, wanted))


def _blank(draft: NewCampaign) -> NewCampaign:
    texts = {lang: dict.fromkeys(words, "") for lang, words in draft.texts.items()}
    other = {
        "key": "proposal",
        "name": {"zh_CN": "建议", "en": "Proposal"},
        "color": "#0B5FA5",
        "icon": "forum",
    }
    kinds = ("point",)
    return replace(
        draft,
        theme="-",
        texts=texts,
        categories=[other],
        questions=[],
        geometry_kinds=kinds,
        prize=None,
    )


def _titled(texts: dict[str, Any], wanted: _Wanted) -> dict[str, Any]:
    """Return texts with the titles typed; of a title typed in one language the other is empty.

    Else the template's own would stand there, and two languages tell of two campaigns.
    """
    titles = {"zh_CN": wanted.title_zh, "en": wanted.title_en}
    if not any(titles.values()):
        return texts
    return {lang: words | {"title": titles.get(lang, "")} for lang, words in texts.items()}


@router.post("/desk/campaigns/{slug}/copy")
def copy(here: Reader, slug: Slug, name: Typed = "") -> Response:
    """Set up a draft like another campaign."""
    wanted = name.strip() or f"{slug[:50]}-{now():%Y%m%d}"
    act = partial(lifecycle.copy_campaign, copy=wanted)
    return run(here, slug, act, f"{DESK}/{wanted}/edit/texts")


@router.post("/desk/campaigns/{slug}/run")
def run_campaign(
    here: Reader, slug: Slug, do: Typed = "", announce: Typed = "", part: Typed = "dates"
) -> Response:
    """Open, schedule, close or archive a campaign."""
    staff_campaign(here, slug)
    doings: dict[str, Callable[..., Any]] = {
        "open": lifecycle.open_campaign,
        "close": lifecycle.close_campaign,
        "archive": lifecycle.archive_campaign,
        "restore": lifecycle.restore_campaign,
        "unschedule": lifecycle.unschedule_campaign,
        "schedule": partial(lifecycle.schedule_campaign, announce=bool(announce)),
    }
    if do not in doings:
        raise errors.InvalidError(field="form")
    where = part if part in PARTS else "dates"
    return run(here, slug, doings[do], f"{DESK}/{slug}/edit/{where}?{urlencode({'done': do})}")


def run(here: Visit, slug: str, act: Callable[..., Any], then: str) -> Response:
    """Do something with a campaign and go on; a refusal shows its page with what is wrong."""
    staff_campaign(here, slug)
    try:
        here.write(act, slug, now=now())
    except errors.NotFoundError:
        raise
    except errors.LuJianError as error:
        said = campaign_sentence(error, here.words)
        return _list(here, status=status_of(error), problem=said)
    return RedirectResponse(then, status_code=303)


def staff_campaign(here: Visit, slug: str, act: Act = Act.MAKE_CAMPAIGN) -> CampaignView:
    """Return a campaign, also a draft, with which this person may do something.

    Raises ``SignInNeededError``; ``NotFoundError``, also for whoever may not.
    """
    with here.room.database.reading() as session:
        return queries.any_campaign(session, here.actor, act, slug)


@router.get("/desk/campaigns/{slug}/preview", response_class=HTMLResponse)
def preview(here: Reader, slug: Slug) -> Response:
    """Show a campaign as residents will see it. Nothing can be sent from there."""
    campaign = staff_campaign(here, slug)
    _ = here.words.gettext
    page = here.page(
        "campaign.html",
        campaign=preview_words(here, campaign),
        form=preview_form(here, campaign),
        map=ground_map(here, campaign),
        notice=_("Preview: this is how residents will see it. Nothing can be sent from here."),
        figures=[],
        charts=[],
        answered=[],
        filters=None,
        listing=None,
    )
    page.headers["Cache-Control"] = "private, no-store"
    return page


def preview_words(here: Visit, campaign: CampaignView) -> dict[str, Any]:
    """Return a campaign's words with addresses that also a draft has."""
    words = presenters.campaign_words(here, campaign)
    desk = f"{DESK}/{campaign.slug}"
    return words | {
        "ground": f"{desk}/ground.json",
        "cover": f"{desk}/cover.jpg" if campaign.cover else "",
        "preview": True,
    }


def preview_form(here: Visit, campaign: CampaignView) -> dict[str, Any]:
    """Return the resident's form to be looked at."""
    shown = proposal_form.shown(here, campaign, proposal_form.empty({}))
    closed = here.words.gettext("Preview: nothing can be sent from here.")
    return shown | {"preview": True, "closed": closed, "draft": f"preview-{campaign.slug}"}


def ground_map(
    here: Visit, campaign: CampaignView, *more: folium_map.AddressLayer
) -> folium_map.MapParts:
    """Return the map of a campaign that may be a draft, with further layers."""
    made = maps.campaign_map(
        campaign,
        here.lang,
        here.words,
        current_base_map(here.room.database, here.room.settings),
        with_pins=False,
        ground=f"{DESK}/{campaign.slug}/ground.json",
    )
    for layer in more:
        layer.add_to(made)
    return folium_map.map_parts(made)


@router.get("/desk/campaigns/{slug}/ground.json")
def ground(here: Reader, slug: Slug) -> Response:
    """Return what the map of a campaign draws below, for those who make it."""
    body = presenters.ground(here, staff_campaign(here, slug))
    headers = {"Cache-Control": "private, no-store"}
    return Response(body, media_type="application/json", headers=headers)


@router.get("/desk/campaigns/{slug}/cover.jpg", response_class=Response)
def cover(here: Reader, slug: Slug) -> Response:
    """Return the cover of a campaign, for those who make it."""
    return cover_picture(here, staff_campaign(here, slug), public=False)


def head_of(here: Visit, campaign: CampaignView, part: str) -> dict[str, Any]:
    """Return what stands above each part of a campaign: its state, what can be done, the parts."""
    moment = datetime.now(UTC)
    state = state_word(here.words, here.lang, campaign, moment)
    where = Where(campaign.subdistrict)
    return {
        **preview_words(here, campaign),
        "desk": f"{DESK}/{campaign.slug}",
        "state": state,
        "dates": dates_said(here, campaign),
        "opens_said": formatting.minute(campaign.opens_at, here.lang),
        "public": is_public(campaign, moment),
        "draws": may(here.actor, Act.DRAW_PRIZES, where) and campaign.published_at is not None,
        "part": part,
        "parts": [
            {"key": key, "name": name, "here": key == part}
            for key, name in part_names(here.words).items()
        ],
    }
