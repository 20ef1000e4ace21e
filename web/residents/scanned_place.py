"""The place of a card in the street: what the form greets with when the pin comes with the address.

Anybody can write an address. The greeting therefore names a place of the map that lies where the
pin is; what else the address says is shown as what the card says, cut and in one line.
"""

from __future__ import annotations

import re

from layers.communities.communities import community_frame, community_index
from layers.gazetteer import gazetteer
from layers.gazetteer.index import Place
from printing.links import MOST_OF_A_NAME
from serving.visit import Visit
from submissions.participation.proposal_draft import check_place
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Placement
from web.residents.proposal_form import Filled

#: A card hangs at the place that it names, or within sight of it, in metres.
NEAR_M = 150.0
#: What a name is written with; a link, an address or a number to ring is none.
_NAME = re.compile(r"(?:[^\W\d_]|[ ·()（）-]|\d{1,4}(?!\d))+")


def known_place(here: Visit, campaign: CampaignView, filled: Filled) -> dict[str, str] | None:
    """Return how to greet at the place that was scanned or found by its name; None without one.

    Raises ``OutsideAreaError`` for a pin outside the campaign's area, ``BadCoordinateError``.
    """
    values = filled.values
    if values["shape"] or not filled.is_placed or values["placed_by"] != Placement.SEARCH:
        return None
    longitude, latitude = check_place(campaign.area, values["longitude"], values["latitude"])
    asked = " ".join(values["place"].split())[:MOST_OF_A_NAME]
    place = _place_at(here, campaign, longitude, latitude, asked)
    _ = here.words.gettext
    said, is_asked = _("The place is chosen already."), False
    if place is not None:
        name = here.said({"zh_CN": place.name_zh, "en": place.name_en})
        is_asked = gazetteer.is_called(place, asked)
        said = (_("You are at: {place}") if is_asked else _("You are near: {place}")).format(
            place=name
        )
    elif community := _community(here, campaign, longitude, latitude):
        said = _("You are in: {place}").format(place=community)
    scanned = here.request.method == "GET"  # else it is what was typed to search for it
    card = asked if scanned and not is_asked and _NAME.fullmatch(asked) else ""
    return {
        "at": f"{values['longitude']},{values['latitude']}",
        "said": said,
        "card": _("The card says: “{name}”").format(name=card) if card else "",
    }


def _place_at(
    here: Visit, campaign: CampaignView, longitude: float, latitude: float, asked: str
) -> Place | None:
    with here.room.database.reading() as session:
        index = gazetteer.places_of(
            session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict
        )
    around = index.around(longitude, latitude, within_m=NEAR_M)
    called = (place for place in around if gazetteer.is_called(place, asked))
    return next(called, around[0] if around else None)


def _community(here: Visit, campaign: CampaignView, longitude: float, latitude: float) -> str:
    with here.room.database.reading() as session:
        code = community_index(session, campaign.edition).locate_one(longitude, latitude)
        frame = community_frame(session, campaign.edition)
    for row in frame[frame["code"] == code].itertuples():
        return here.said({"zh_CN": str(row.name), "en": str(row.name_en or row.name)})
    return ""
