"""A view as the desk shows it: with the campaigns and layers that its reader may see."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from analysis.filter import NAMES, check_names
from analysis.filter_sql import check
from analysis.review.review import Review, review_of
from analysis.view import NAMES as VIEW_NAMES
from analysis.view import View
from core import errors
from moderation import overview
from people.access.actor import Where
from people.access.permissions import Act, may, may_somewhere
from serving.visit import Visit

#: What pages of a view read besides it: a page of photos, what was done, "all of it".
READ_HERE = ("done", "whole", "photos", "scenario")


def asked_of(here: Visit) -> View:
    """Return the view that the address asks for, whether or not it can be shown.

    Raises ``UnknownParameterError`` for what is no part of a view.
    """
    check_names(here.request.query_params, (*VIEW_NAMES, *NAMES, *READ_HERE))
    return View.read(here.request.query_params.multi_items())


def view_of(here: Visit) -> Review:
    """Return the view that the address asks for; without a campaign in it, of the newest.

    Raises ``NotFoundError`` without any campaign within reach or for one that is not;
    ``InvalidError``, ``NotAllowedError``, ``UnknownCategoryError`` for its filter;
    ``UnknownParameterError`` for what is no part of a view.
    """
    with here.room.database.reading() as session:
        return _review(here, session, asked_of(here))


def _review(here: Visit, session: Session, asked: View) -> Review:
    campaigns = overview.campaigns_within(session, here.actor, Act.SEE_DESK)
    found = [one for one in reversed(campaigns) if asked.campaign in ("", one.slug)]
    if not found:
        raise errors.NotFoundError(kind="campaign", slug=asked.campaign[:80])
    for problem in asked.problems:
        raise problem
    check(found[0], asked.narrow, here.actor)
    return review_of(session, asked, campaigns, found[0], here.actor)


def prints(here: Visit, view: Review) -> bool:
    """Tell whether a brief of this view may be printed: never of what is not public."""
    return not view.narrow.statuses and may(here.actor, Act.PRINT, Where(view.campaign.subdistrict))


def check_prints(here: Visit, view: Review) -> None:
    """Raise unless a brief of this view may be printed.

    Raises ``NotFoundError`` for whoever prints nothing there, ``NotAllowedError`` for what is not
    public.
    """
    if not may(here.actor, Act.PRINT, Where(view.campaign.subdistrict)):
        raise errors.NotFoundError(kind="page")
    if view.narrow.statuses:
        raise errors.NotAllowedError(action="print_unpublished")


def pack_address(here: Visit, view: Review, hotspot_id: str = "") -> str:
    """Return where a pack of this view, or of one of its hotspots, is made.

    Empty for who may give none there, and where the view is not public.
    """
    where = Where(view.campaign.subdistrict)
    if view.narrow.statuses or not may(here.actor, Act.GIVE_PACK, where):
        return ""
    narrow = view.spot(hotspot_id).narrow if hotspot_id else view.narrow
    return replace(view.view, narrow=narrow, beside=None).address("/w/desk/packs/new")


def topic_pack_address(here: Visit, topic_id: int) -> str:
    """Return where a pack of a topic is made; empty for who gives none."""
    gives = may_somewhere(here.actor, Act.GIVE_PACK)
    return f"/w/desk/packs/new?topic={topic_id}" if gives else ""
