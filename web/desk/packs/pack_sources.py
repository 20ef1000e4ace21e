"""Of what a pack is to be made, as an address says it: a topic, a scenario, a hotspot, a view."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.errors import NotFoundError
from deliberation.hotspot_profile import sketch
from packs.sources import (
    PackSource,
    hotspot_source,
    scenario_source,
    topic_source,
    view_source,
)
from serving.visit import Visit
from web import presenters
from web.desk.review.review_state import view_of

#: Parameters that name what a pack is made of; without one, it is the view of the address.
TOPIC, SCENARIO = "topic", "scenario"


def source_of(here: Visit) -> PackSource:
    """Return what the address names. Raises ``NotFoundError`` for what is out of reach.

    Raises what ``web.desk.review.review_state.view_of`` raises, and ``InvalidError`` for what is
    not public.
    """
    asked = here.request.query_params
    for name, read in ((TOPIC, topic_source), (SCENARIO, scenario_source)):
        if name in asked:
            number = asked[name]
            if not (number.isascii() and number.isdecimal() and len(number) <= 17):
                raise NotFoundError(kind=name)
            with here.room.database.reading() as session:
                return read(session, here.actor, int(number))
    return _of_view(here)


def _of_view(here: Visit) -> PackSource:
    view = view_of(here)
    title = presenters.title(here, view.campaign)
    if view.narrow.spot is not None:
        found = sketch(here.room.database, view.selection)
        title = here.said({"zh_CN": found.name, "en": found.name_en}) or title

    def read(session: Session) -> PackSource:
        if view.narrow.spot is not None:
            return hotspot_source(session, view.selection, title)
        return view_source(session, view.view, view.selection, title)

    with here.room.database.reading() as session:
        return read(session)
