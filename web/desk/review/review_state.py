"""A view as the desk shows it: with the campaigns and layers that its reader may see."""

from __future__ import annotations

from sqlalchemy.orm import Session

from analysis.filter import NAMES, check_names
from analysis.filter_sql import check
from analysis.review.review import Review, review_of
from analysis.view import NAMES as VIEW_NAMES
from analysis.view import View
from core import errors
from moderation import overview
from people.access.permissions import Act
from serving.visit import Visit

#: What pages of the review read besides the view: a page of photos, what was done, "all of it".
READ_HERE = ("done", "whole", "photos", "scenario")


def read_review(here: Visit, session: Session) -> Review:
    """Return the view that the address asks for; without a campaign in it, of the newest.

    Raises ``NotFoundError`` without any campaign within reach or for one that is not;
    ``InvalidError``, ``NotAllowedError``, ``UnknownCategoryError`` for its filter;
    ``UnknownParameterError`` for what is no part of a view.
    """
    check_names(here.request.query_params, (*VIEW_NAMES, *NAMES, *READ_HERE))
    asked = View.read(here.request.query_params.multi_items())
    campaigns = overview.campaigns_within(session, here.actor, Act.SEE_DESK)
    found = [one for one in reversed(campaigns) if asked.campaign in ("", one.slug)]
    if not found:
        raise errors.NotFoundError(kind="campaign", slug=asked.campaign[:80])
    for problem in asked.problems:
        raise problem
    check(found[0], asked.narrow, here.actor)
    return review_of(session, asked, campaigns, found[0], here.actor)
