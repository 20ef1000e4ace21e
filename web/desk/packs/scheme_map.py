"""A scheme on a map beside the demand, as one SVG: the ground, proposals around it, the scheme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import shapely
from markupsafe import Markup
from shapely.geometry import mapping

from packs.schemes import NEAR_M, NearScheme
from printing.svg_map import MapFrame, ground_svg, labels, read_ground, stations_svg, things_svg
from serving.visit import Visit
from submissions.proposals.queries import CampaignView
from web import presenters

WIDTH, HEIGHT = 720.0, 480.0
SCHEME, PLACE, NEAR, FAR = "#7570b3", "#1b5e20", "#c2410c", "#8a8172"
#: At least so much of the ground around a scheme is shown, some 200 m.
_AROUND_DEG = 0.0022
_LABEL = 11.0


def scheme_map(
    here: Visit, campaign: CampaignView, place: Any, shapes: Sequence[Any], near: NearScheme
) -> dict[str, Any]:
    """Return the map of a scheme: ``svg`` and its ``labels``, in a drawing of fixed size."""
    box = shapely.box(*shapely.union_all([place, *shapes]).bounds)
    around = box.buffer(_AROUND_DEG, join_style="mitre")
    ground = read_ground(presenters.ground(here, campaign))
    frame = MapFrame.around(around.bounds, WIDTH, HEIGHT)
    over = things_svg([_feature(place)], PLACE, frame)
    over += things_svg([_feature(one) for one in shapes], SCHEME, frame, line=1.8)
    far = [at for at, metres in enumerate(near.metres) if metres > NEAR_M]
    for colour, rows in ((FAR, far), (NEAR, range(near.near))):
        points = [shapely.Point(near.longitude[at], near.latitude[at]) for at in rows]
        over += things_svg([_feature(one) for one in points], colour, frame, line=1.6)
    over += stations_svg(ground, frame, 7)
    names = labels(ground, frame, here.lang, size=_LABEL)
    svg = ground_svg(ground, replace(campaign, area=around).area, frame, line=0.9, over=over)
    inner = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    return {"svg": Markup(inner), "width": WIDTH, "height": HEIGHT, "labels": names}


def legend(here: Visit) -> list[tuple[str, str]]:
    """Return what the colours of the map mean."""
    _ = here.words.gettext
    return [
        (SCHEME, _("The scheme")),
        (PLACE, _("The place of the pack")),
        (NEAR, _("Proposals within 100 m of the scheme")),
        (FAR, _("Other proposals")),
    ]


def _feature(shape: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {}, "geometry": mapping(shape)}
