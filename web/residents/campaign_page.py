"""A campaign's public page: map, form, numbers, what was answered, the list, the feed."""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from analysis import listing, results
from analysis.selection import Selection
from core.errors import InvalidError, LuJianError
from core.page import pages_of
from layers.communities.communities import community_frame
from layers.export.geojson import timestamp
from serving.etag import kept
from serving.guards import PUBLIC
from serving.parameters import Slug
from serving.visit import Reader, Visit
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Placement, Stage
from web import bar_charts, paging, presenters
from web.residents import proposal_form, scanned_place
from web.residents.proposal_form import Filled
from wording import error_messages, formatting, proposal_status

router = APIRouter(dependencies=[PUBLIC])
ON_A_PAGE = 10
ANSWERED_SHOWN = 4
IN_FEED = 50
#: In which order the kinds of outcome take their turns on the page.
SHOWN_FIRST = (Stage.BUILT, Stage.DECIDED, Stage.DISCUSSED, Stage.ANSWERED, Stage.DECLINED)
#: By this header a browser asks for what it keeps for times without a network: map and form alone,
#: not what people said, which may be taken down while nobody can reach the copy.
KEPT = "x-kept-copy"
#: What no XML document may hold, and a text may.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def campaign_named(here: Visit, slug: str) -> CampaignView:
    """Return a campaign. Raises ``NotFoundError``."""
    with here.room.database.reading() as session:
        return queries.campaign_by_slug(session, slug)


@router.get("/", response_class=HTMLResponse)
def index(here: Reader) -> Response:
    """List the campaigns."""
    with here.room.database.reading() as session:
        campaigns = queries.list_campaigns(session)
    told = []
    for campaign in campaigns:
        sums = results.sums(here.room.database, Selection(campaign), at_most_s=results.COUNTS_S)
        told.append(
            {**presenters.campaign_words(here, campaign), "facts": bar_charts.sums(here, sums)}
        )
    return here.page("index.html", campaigns=told, base_url=here.base_url)


@router.get("/c/{slug}", response_class=HTMLResponse)
def campaign(here: Reader, slug: Slug) -> Response:
    """Show a campaign; ``?at=LON,LAT`` (from a QR card) has the pin placed already."""
    found = campaign_named(here, slug)
    return campaign_page(here, found, proposal_form.empty(here.request.query_params))


def campaign_page(
    here: Visit,
    campaign: CampaignView,
    filled: Filled,
    *,
    status: int = 200,
    problems: dict[str, str] | None = None,
    candidates: list[dict[str, Any]] | None = None,
) -> HTMLResponse:
    """Return the page with the form as it was filled in."""
    numbers = bar_charts.numbers(here, campaign)
    with here.room.database.reading() as session:
        counted = listing.outcomes(session, campaign.id)
    known, problems = _greeting(here, campaign, filled, problems or {})
    return here.page(
        "campaign.html",
        status=status,
        campaign=presenters.campaign_words(here, campaign) | {"kept": KEPT in here.request.headers},
        form=proposal_form.shown(
            here,
            campaign,
            filled,
            problems=problems,
            candidates=candidates,
            at=place_words(here, filled),
            known=known,
        ),
        map=presenters.the_map(here, campaign, placing=True, locate=True),
        notice="",
        figures=numbers.figures,
        charts=numbers.charts,
        answered=answered(here, campaign, counted),
        answered_lists=answered_lists(here, campaign, counted),
        **list_parts(here, campaign),
    )


def _greeting(
    here: Visit, campaign: CampaignView, filled: Filled, problems: dict[str, str]
) -> tuple[dict[str, str] | None, dict[str, str]]:
    """Return the known place, and what is wrong with the form; a pin outside leaves it."""
    try:
        return scanned_place.known_place(here, campaign, filled), problems
    except InvalidError as error:
        filled.values |= {"longitude": "", "latitude": "", "placed_by": str(Placement.TAP)}
        return None, {"place": error_messages.sentence_of(error, here.words)} | problems


def place_words(here: Visit, filled: Filled) -> str:
    """Say where the pin stands, for whoever reads the page without its script."""
    if not filled.is_placed:
        return ""
    return filled.values["place"] or here.words.gettext("The place is chosen already.")


def answered(
    here: Visit, campaign: CampaignView, counted: dict[Stage, int]
) -> list[dict[str, Any]]:
    """Return proposals to which the office has said something: the latest of each kind in turn."""
    with here.room.database.reading() as session:
        there = [stage for stage in SHOWN_FIRST if counted.get(stage)]
        told = listing.varied_outcomes(session, campaign.id, there, most=ANSWERED_SHOWN)
        known = presenters.known_of(session, here.actor, [one.view.public_id for one in told])
    return [presenters.card(here, campaign, one.view, known) for one in told]


def answered_lists(
    here: Visit, campaign: CampaignView, counted: dict[Stage, int]
) -> list[dict[str, Any]]:
    """Return how many stand at each of the office's stages, and where all of them are listed."""
    names = proposal_status.stage_words(here.words)
    return [
        {
            "name": names[stage],
            "n": formatting.number(count, here.lang),
            "address": f"/w/c/{campaign.slug}?stage={stage}#proposals",
        }
        for stage, count in counted.items()
        if count
    ]


@router.get("/c/{slug}/say", response_class=HTMLResponse)
def say(here: Reader, slug: Slug) -> Response:
    """Return the form alone, for a page that holds the map itself."""
    found = campaign_named(here, slug)
    filled = proposal_form.empty(here.request.query_params)
    known, problems = _greeting(here, found, filled, {})
    shown = proposal_form.shown(here, found, filled, problems=problems, known=known)
    return HTMLResponse(here.fragment("proposal_form.html", form=shown), headers=_FRESH)


@router.get("/c/{slug}/list", response_class=HTMLResponse)
def the_list(here: Reader, slug: Slug) -> Response:
    """Return the list of proposals alone: filtered, sorted, one page of it."""
    found = campaign_named(here, slug)
    words = presenters.campaign_words(here, found)
    parts = list_parts(here, found)
    return HTMLResponse(here.fragment("list.html", campaign=words, **parts), headers=_FRESH)


_FRESH = {"Cache-Control": "private, no-store"}


def list_parts(here: Visit, campaign: CampaignView) -> dict[str, Any]:
    """Return what the template of the list needs, from the address's parameters."""
    asked = here.request.query_params
    chosen = {
        name: asked.get(name, "").replace("\0", "")[:60]
        for name in ("category", "community", "stage", "text", "sort", "at")
    }
    chosen["sort"] = chosen["sort"] if chosen["sort"] in _SORTS else listing.Sort.NEW
    found = _found(here, campaign, chosen, paging.asked(here))
    with here.room.database.reading() as session:
        known = presenters.known_of(session, here.actor, [view.public_id for view in found.items])
    words = here.words
    said = words.ngettext("{n} proposal", "{n} proposals", found.total)
    return {
        "filters": {**chosen, **_options(here, campaign)},
        "listing": {
            "views": [presenters.card(here, campaign, view, known) for view in found.items],
            "said": said.format(n=formatting.number(found.total, here.lang)),
            "page": found.number,
            "pages": found.pages,
            "page_said": words.gettext("Page {page} of {pages}").format(
                page=found.number, pages=found.pages
            ),
            "link": partial(_link, campaign.slug, chosen),
        },
    }


_SORTS = {"new", "supported", "near"}


def _found(here: Visit, campaign: CampaignView, chosen: dict[str, str], number: int) -> Any:
    narrowed: dict[str, Any] = {
        "categories": [chosen["category"]] if chosen["category"] else [],
        "community": chosen["community"] or None,
        "stage": chosen["stage"] if chosen["stage"] in set(Stage) else None,
        "text": chosen["text"],
        "page": number,
        "size": ON_A_PAGE,
    }
    longitude, comma, latitude = chosen["at"].partition(",")
    if chosen["sort"] == "near" and comma:
        try:
            return listing.nearest_proposals(
                here.room.database, campaign, float(longitude), float(latitude), **narrowed
            )
        except (ValueError, LuJianError):
            pass  # an address typed by hand: the list is shown as if none had been given
    sort = listing.Sort.NEW if chosen["sort"] == "near" else chosen["sort"]
    with here.room.database.reading() as session:
        return listing.list_proposals(session, campaign, sort=sort, **narrowed)


def _link(slug: str, chosen: dict[str, str], page: int) -> str:
    kept = {name: value for name, value in chosen.items() if value} | {"page": str(page)}
    return f"/w/c/{slug}?{urlencode(kept)}#proposals"


def _options(here: Visit, campaign: CampaignView) -> dict[str, Any]:
    _ = here.words.gettext
    with here.room.database.reading() as session:
        frame = community_frame(session, campaign.edition)
    return {
        "categories": presenters.category_names(here, campaign).items(),
        "communities": presenters.by_name(presenters.community_names(here, frame)),
        "stages": proposal_status.stage_words(here.words).items(),
        "sorts": [
            ("new", _("Newest first")),
            ("supported", _("Most supported")),
            ("near", _("Near me")),
        ],
    }


@router.get("/c/{slug}/feed.atom")
def feed(here: Reader, slug: Slug) -> Response:
    """Return the newest proposals and the latest answers as an Atom feed.

    What is older follows on further pages, named in the feed as RFC 5005 (section 3) has it.
    """
    found, number = campaign_named(here, slug), paging.asked(here)
    with here.room.database.reading() as session:
        newest = listing.list_proposals(session, found, page=number, size=IN_FEED)
        answers = sum(listing.outcomes(session, found.id).values())
        pages = max(newest.pages, pages_of(answers, IN_FEED))
        number = min(number, pages)
        told = listing.outcome_list(session, found.id, list(Stage), most=IN_FEED, page=number)
    entries = [
        proposal_entry(here, found, view) for view in newest.items if newest.number == number
    ]
    entries += [answer_entry(here, found, one) for one in told]
    entries.sort(key=lambda entry: entry["updated"], reverse=True)
    words = presenters.campaign_words(here, found)
    body = here.fragment(
        "feed.atom",
        campaign=words,
        entries=entries,
        updated=entries[0]["updated"] if entries else timestamp(found.opens_at),
        links=_feed_links(str(words["feed"]), number, pages),
    )
    return atom(here, body)


def atom(here: Visit, body: str) -> Response:
    """Return a feed, without what no XML may hold, to be asked for again with its ETag."""
    return kept(here.request, _NO_XML.sub("", body), "application/atom+xml")


def _feed_links(feed: str, number: int, pages: int) -> dict[str, str]:
    """Return the addresses of a page of the feed and of those around it, by their relation."""
    numbers = {"self": number}
    if pages > 1:
        numbers |= {"first": 1, "last": pages}
        numbers |= {"previous": number - 1} if number > 1 else {}
        numbers |= {"next": number + 1} if number < pages else {}
    return {name: feed + (f"?page={n}" if n > 1 else "") for name, n in numbers.items()}


def proposal_entry(
    here: Visit, campaign: CampaignView, view: queries.ProposalView
) -> dict[str, Any]:
    """Return a proposal as a feed has it."""
    look = presenters.category_look(here, campaign, view.category)
    place = error_messages.community_of(view, here.lang)
    return {
        "excerpt": presenters.excerpt(view.text),
        "url": f"{here.base_url}/w/p/{view.public_id}",
        "anchor": "",
        "published": timestamp(view.created),
        "updated": timestamp(view.published_at or view.created),
        "author": here.words.gettext("A resident"),
        "category_key": view.category,
        "category": look["category"],
        "text": f"{view.text}\n\n{place}" if place else view.text,
        "longitude": view.longitude,
        "latitude": view.latitude,
    }


def answer_entry(here: Visit, campaign: CampaignView, one: listing.ListedOutcome) -> dict[str, Any]:
    """Return the office's answer to a proposal as a feed has it."""
    stage = proposal_status.stage_words(here.words)[Stage(one.stage)]
    return {
        **proposal_entry(here, campaign, one.view),
        "excerpt": f"{stage}: {presenters.excerpt(one.view.text)}",
        "anchor": f"#step-{int(one.at.timestamp())}",
        "published": timestamp(one.at),
        "updated": timestamp(one.at),
        "author": one.by,
        "text": one.reply or stage,
    }
