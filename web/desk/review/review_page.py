"""The review: the map of planners with its layers, filters, list and charts, all by one address."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response

from analysis import results, selection
from analysis.review.review import Review
from analysis.saved_views import saved_views
from analysis.selection import Selection
from core import errors
from core.page import Page
from deliberation.hotspot_profile import quotes
from layers.communities.communities import community_frame
from people.access.actor import Where
from people.access.permissions import Act, may
from serving.guards import desk
from serving.visit import Reader, Visit
from submissions.proposals.queries import ProposalView
from web import bar_charts, paging, presenters
from web.desk.frame import desk_page
from web.desk.review import hotspot_list
from web.desk.review.review_state import read_review
from wording import formatting
from wording.formatting import day_words
from wording.review import filter_panel, narrowed, review_map

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
ON_A_PAGE = 10


def view_of(here: Visit) -> Review:
    """Return the view that the address asks for, for those who have a desk.

    Raises what ``read_review`` raises, ``SignInNeededError``.
    """
    with here.room.database.reading() as session:
        return read_review(here, session)


def check_prints(here: Visit, view: Review, allowed: bool) -> None:
    """Raise unless this view may be printed: never what is not public."""
    if not allowed:
        raise errors.NotFoundError(kind="page")
    if view.narrow.statuses:
        raise errors.NotAllowedError(action="print_unpublished")


@router.get("/desk/review", response_class=HTMLResponse)
def review(here: Reader) -> Response:
    """Show a view: the map, its panel, and one page of the list."""
    return review_page(here, view_of(here))


def review_page(
    here: Visit, view: Review, *, status: int = 200, problem: str = "", typed: str = ""
) -> HTMLResponse:
    """Return the page of a view; ``problem``: why a name (``typed``) could not be saved."""
    done = here.request.query_params.get("done", "")
    total = results.sums(here.room.database, view.selection).proposals
    with here.room.database.reading() as session:
        page = selection.page(
            session,
            view.selection,
            sort=view.asked.sort,
            number=view.asked.page,
            size=ON_A_PAGE,
            total=total,
        )
        known = presenters.known_of(session, here.actor, [one.public_id for one in page.items])
        fields = filter_panel.fields(here, session, view)
        saved = saved_views(session, here.actor, view.campaign.id)
    sides = [view.selection] if view.beside is None else [view.selection, view.beside]
    shown = review_map.maps(here, view, sides)
    return desk_page(
        here,
        "review.html",
        room="review",
        status=status,
        view=view,
        campaign=presenters.campaign_words(here, view.campaign),
        fields=fields,
        narrowed_to=narrowed.chips(here, view, fields),
        sides=[side(here, one) for one in sides],
        maps=shown,
        slider=slider(here, view),
        listing=_listing(here, view, page, known),
        saved=saved,
        prints=may(here.actor, Act.PRINT, Where(view.campaign.subdistrict))
        and not view.narrow.statuses,
        problem=problem,
        saved_as=_saved_words(here, done) if not problem else "",
        typed=typed,
    )


def _saved_words(here: Visit, done: str) -> str:
    _ = here.words.gettext
    said = {
        "saved": _("The view is saved. Everybody at the desk finds it in this list."),
        "removed": _("The saved view is removed."),
    }
    return said.get(done, "")


@router.get("/desk/review/more", response_class=HTMLResponse)
def more(here: Reader) -> Response:
    """Return what takes longer, for the page to put in: hotspots, quotes, charts."""
    view = view_of(here)
    body = here.fragment("review_more.html", view=view, **more_parts(here, view))
    return HTMLResponse(body, headers={"Cache-Control": "private, no-store"})


@router.get("/desk/review/spots", response_class=HTMLResponse)
def spots(here: Reader) -> Response:
    """Return the table of hotspots alone, for the page to put in once they are judged."""
    view = view_of(here)
    told = hotspot_list.table_words(here, view, hotspot_list.found_in(here, view))
    body = here.fragment("review_spots.html", view=view, **told)
    return HTMLResponse(body, headers={"Cache-Control": "private, no-store"})


def more_parts(here: Visit, view: Review) -> dict[str, Any]:
    """Return the hotspots of a view, what speaks for it, and its charts."""
    said = quotes(here.room.database, view.selection)
    total = results.sums(here.room.database, view.selection).proposals
    return {
        **hotspot_list.list_words(here, view),
        "quotes": [quote_words(here, one.view, one.alike) for one in said],
        "all_said": all_said(here, len(said), total, "#proposals"),
        "charts": bar_charts.charts(here, view.selection),
    }


def quote_words(here: Visit, one: Any, alike: int) -> dict[str, str]:
    """Return a representative proposal, and how many say much the same."""
    words = here.words.ngettext(
        "{n} other says much the same", "{n} others say much the same", alike
    )
    return {
        "id": one.public_id,
        "text": one.text,
        "alike": words.format(n=formatting.number(alike, here.lang)) if alike else "",
    }


def all_said(here: Visit, shown: int, total: int, address: str) -> dict[str, str] | None:
    """Say of how many proposals these are quoted, and where all are read; None if all are."""
    if shown >= total:
        return None
    said = here.words.gettext("{shown} of {n} proposals are quoted. Read all of them")
    n = formatting.number
    return {
        "said": said.format(shown=n(shown, here.lang), n=n(total, here.lang)),
        "address": address,
    }


def side(here: Visit, chosen: Selection) -> dict[str, Any]:
    """Return what stands over a map: the campaign, the period, the sums."""
    sums = results.sums(here.room.database, chosen)
    words, n = here.words, formatting.number
    share = formatting.percent(sums.answered / max(sums.proposals, 1), here.lang)
    told = [
        ("proposals", n(sums.proposals, here.lang), words.gettext("proposals")),
        ("people", n(sums.people, here.lang), words.gettext("people")),
        ("places", n(sums.communities, here.lang), words.gettext("communities")),
        ("answered", share, words.gettext("have an answer")),
    ]
    return {
        "title": presenters.title(here, chosen.campaign),
        "period": period_words(here, chosen),
        "figures": [{"key": key, "shown": shown, "name": name} for key, shown, name in told],
    }


def period_words(here: Visit, chosen: Selection) -> str:
    """Say from when to when a selection looks; empty for all the time."""
    _ = here.words.gettext
    since, until = chosen.narrow.since, chosen.narrow.until
    if since and until:
        return _("{first} to {last}").format(
            first=day_words(since, here.lang), last=day_words(until, here.lang)
        )
    if since:
        return _("from {first}").format(first=day_words(since, here.lang))
    return _("until {last}").format(last=day_words(until, here.lang)) if until else ""


@router.get("/desk/review/community/{code}", response_class=HTMLResponse)
def community(here: Reader, code: Code) -> Response:
    """Return the card of a community on the map: its figures, its weeks, the way to it alone."""
    view = view_of(here)
    with here.room.database.reading() as session:
        frame = community_frame(session, view.campaign.edition)
    found = frame[frame["code"] == code]
    if found.empty:
        raise errors.NotFoundError(kind="community", code=code)
    narrow = replace(view.narrow, communities=(code,), spot=None)
    mine = replace(view, selection=replace(view.selection, narrow=narrow), beside=None)
    row = found.iloc[0]
    body = here.fragment(
        "review_community.html",
        title=here.said({"zh_CN": row["name"], "en": row["name_en"] or row["name"]}),
        figures=[one for one in side(here, mine.selection)["figures"] if one["key"] != "places"],
        weeks=(slider(here, mine) or {"weeks": []})["weeks"],
        address=mine.address(),
    )
    return HTMLResponse(body, headers={"Cache-Control": "private, no-store"})


def slider(here: Visit, view: Review) -> dict[str, Any] | None:
    """Return the weeks of the view without its period, as the slider moves through them."""
    whole = replace(view.narrow, since=None, until=None, spot=None)
    every = results.weeks(here.room.database, replace(view.selection, narrow=whole))
    weeks = results.without_gaps(every)
    if len(weeks) < 2:
        return None
    left_out = here.words.gettext("Long stretches without any proposal are left out.")
    most = max(count for _monday, count in weeks)
    return {
        "weeks": [
            {
                "monday": monday.isoformat(),
                "name": day_words(monday, here.lang),
                "count": count,
                "height": round(100 * count / most, 1),
            }
            for monday, count in weeks
        ],
        "left_out": left_out if len(weeks) < len(every) else "",
    }


def _listing(
    here: Visit, view: Review, page: Page[ProposalView], known: presenters.Known
) -> dict[str, Any]:
    words = here.words
    said = words.ngettext("{n} proposal", "{n} proposals", page.total)
    return {
        "cards": [presenters.card(here, view.campaign, one, known) for one in page.items],
        "said": said.format(n=formatting.number(page.total, here.lang)),
        **paging.beside(page, lambda n: view.address(page=str(n))),
        "page_said": words.gettext("Page {page} of {pages}").format(
            page=page.number, pages=page.pages
        ),
    }
