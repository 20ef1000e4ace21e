"""A view at the desk: it is saved under a name, saved ones are renamed and removed, it is printed.

The map itself is the workbench's; addresses of the map that the desk once had lead there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from analysis.review.review import Review
from analysis.saved_views import (
    MOST_NAME,
    ViewNamed,
    remove_view,
    rename_view,
    save_view,
    saved_views,
)
from analysis.view import View
from core import errors
from people.access.permissions import Act
from serving.errors import status_of
from serving.guards import desk
from serving.parameters import Number
from serving.visit import Reader, Visit, now
from web import presenters
from web.desk.frame import desk_page
from web.desk.review.review_state import asked_of, pack_address, prints, view_of
from web.take_files import middle_of, selection_of, take_form
from wording import error_messages
from wording.files.file_offer import FileOffer
from wording.review import narrowed

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
#: What stays in an address besides the view.
KEPT = ("lang", "large")


@router.get("/desk/review", response_class=RedirectResponse)
@router.get("/desk/review/more", response_class=RedirectResponse)
def the_map(here: Reader) -> Response:
    """Lead an address of the desk's map to the workbench, in the same view."""
    given = here.request.query_params
    kept = {name: given[name] for name in KEPT if name in given}
    return RedirectResponse(asked_of(here).workbench(**kept), status_code=303)


@router.get("/desk/review/views", response_class=HTMLResponse)
def views(here: Reader) -> Response:
    """Show the view of the address, with what can be done with it, and all that are saved."""
    return views_page(here, view_of(here))


def views_page(
    here: Visit, view: Review, *, status: int = 200, problem: str = "", typed: str = "", of: int = 0
) -> HTMLResponse:
    """Return the page; ``problem``: why a name (``typed``) is none, ``of`` a saved view or 0."""
    with here.room.database.reading() as session:
        saved = saved_views(session, here.actor, view.campaign.id)
    return desk_page(
        here,
        "saved_views.html",
        room="review",
        status=status,
        view=view,
        back=view.view.workbench(),
        campaign=presenters.campaign_words(here, view.campaign),
        narrowed=narrowed.lines(here, view),
        prints=prints(here, view),
        take=_take(here, view),
        saved=[{**_named(one), "problem": problem if of == one.id else ""} for one in saved],
        most_name=MOST_NAME,
        done="" if problem else _done(here),
        problem="" if of else problem,
        typed=typed,
    )


def _take(here: Visit, view: Review) -> FileOffer | None:
    """Return which files of a view are offered; none of what is not public."""
    if view.narrow.statuses:
        return None
    return take_form(
        here,
        selection_of(here, view.campaign),
        middle_of(view.campaign),
        kept=view.narrow.pairs(),
        pack=pack_address(here, view),
    )


def _named(one: ViewNamed) -> dict[str, Any]:
    """Return a saved view with the way to it."""
    return {**vars(one), "address": View.read(parse_qsl(one.query)).workbench()}


def _done(here: Visit) -> str:
    _ = here.words.gettext
    said = {
        "saved": _("The view is saved. Everybody at the desk finds it in this list."),
        "renamed": _("The saved view has its new name."),
        "removed": _("The saved view is removed."),
    }
    return said.get(here.request.query_params.get("done", ""), "")


Name = Annotated[str, Form()]


@router.post("/desk/review/views")
def save(here: Reader, called: Name = "") -> Response:
    """Save the view of the address under a name."""
    view = view_of(here)
    return _changed(
        here,
        view,
        "saved",
        called,
        lambda: here.write(
            save_view, view.campaign.id, name=called, query=view.view.query(), now=now()
        ),
    )


@router.post("/desk/review/views/{view_id}/rename")
def rename(here: Reader, view_id: Number, called: Name = "") -> Response:
    """Give a saved view another name."""
    return _changed(
        here,
        view_of(here),
        "renamed",
        called,
        lambda: here.write(rename_view, view_id, name=called, now=now()),
        of=view_id,
    )


@router.post("/desk/review/views/{view_id}/remove")
def remove(here: Reader, view_id: Number) -> Response:
    """Remove a saved view."""
    view = view_of(here)
    return _changed(
        here, view, "removed", "", lambda: here.write(remove_view, view_id, now=now()), of=view_id
    )


def _changed(
    here: Visit, view: Review, done: str, typed: str, change: Callable[[], object], *, of: int = 0
) -> Response:
    """Change the saved views, and show them; or say why a name is none."""
    try:
        change()
    except errors.InvalidError as error:
        said = error_messages.sentence_of(error, here.words)
        return views_page(here, view, status=status_of(error), problem=said, typed=typed, of=of)
    return RedirectResponse(view.address("/views", done=done) + "#saved", status_code=303)
