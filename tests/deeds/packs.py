"""What is done to packs for design firms, and who may do it."""

from __future__ import annotations

import shapely

from packs import packs
from packs.sources import PackSource
from packs.states import Origin
from people.access.permissions import Act
from tests.conftest import NOW
from tests.deeds.kinds import Deed, Look
from tests.world import COMMUNITY, EDITION

PACKS = [
    Deed(
        packs.make_pack,
        Act.GIVE_PACK,
        "place",
        lambda s, a, w, t: packs.make_pack(
            s,
            a,
            PackSource(
                Origin.VIEW,
                w.campaign.id,
                EDITION,
                "",
                shapely.box(116.3, 40.0, 116.4, 40.1),
                "包",
                community_code=COMMUNITY,
            ),
            title="包",
            system="EPSG:4548",
            language="zh_CN",
            token="new",
            now=NOW,
        ),
    ),
    Deed(
        packs.pack_named,
        Act.GIVE_PACK,
        "place",
        lambda s, a, w, t: packs.pack_named(s, a, w.pack),
    ),
    Deed(
        packs.pack_row,
        Act.GIVE_PACK,
        "place",
        lambda s, a, w, t: packs.pack_row(s, a, w.pack).id,
    ),
]

PACK_LOOKS = [
    Look(
        packs.packs,
        Act.GIVE_PACK,
        "place",
        lambda s, a, w, t: w.pack in {each.id for each in packs.packs(s, a)},
        open=True,
    ),
]
