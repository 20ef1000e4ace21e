"""What is done to scenarios of siting, and who may do it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from analysis.scenarios import saved_scenarios
from analysis.scenarios.outcome import Outcome
from analysis.scenarios.plan import Plan
from analysis.scenarios.sited import Sited
from deliberation import topics
from geo.siting.locate import Measured
from geo.siting.problem import Reason, Status
from people.access.permissions import Act
from tests.conftest import NOW
from tests.deeds.kinds import Deed, Look

_FEW = (0.0, 0.0, 0.0, 0.0, 0, 0, (), (), np.zeros(0, dtype=np.int32))
_OUTCOMES = {
    number: Outcome(number, Status.OPTIMAL, Reason.NONE, *_FEW)  # type: ignore[arg-type]
    for number in (0, 1)
}
_NOBODY = np.zeros(0)
SITED = Sited(
    Plan(),
    Reason.NONE,
    None,
    _OUTCOMES,
    gpd.GeoDataFrame(geometry=[], crs=4326),
    _NOBODY.astype(np.int64),
    _NOBODY,
    _NOBODY,
    0.0,
    0,
    (),
    _NOBODY.astype(bool),
    {},
    Measured.STRAIGHT,
    "EPSG:4548",
    1,
)

SITING = [
    Deed(
        saved_scenarios.save_scenario,
        Act.SEE_DESK,
        "campaign",
        lambda s, a, w, t: saved_scenarios.save_scenario(
            s, a, w.campaign.id, SITED, 1, name="方案", query="", token="n", now=NOW
        ),
    ),
    Deed(
        saved_scenarios.scenario_named,
        Act.SEE_DESK,
        "campaign",
        lambda s, a, w, t: saved_scenarios.scenario_named(s, a, w.scenario),
    ),
    Deed(
        saved_scenarios.scenario_comments,
        Act.SEE_DESK,
        "campaign",
        lambda s, a, w, t: saved_scenarios.scenario_comments(s, a, w.scenario),
    ),
    Deed(
        saved_scenarios.comment_on_scenario,
        Act.SEE_DESK,
        "campaign",
        lambda s, a, w, t: saved_scenarios.comment_on_scenario(
            s, a, w.scenario, text="话", now=NOW
        ),
    ),
    Deed(
        saved_scenarios.archive_scenario,
        Act.MAKE_CAMPAIGN,
        "campaign",
        lambda s, a, w, t: saved_scenarios.archive_scenario(s, a, w.scenario, now=NOW),
    ),
    Deed(
        topics.make_scenario_topic,
        Act.MAKE_TOPIC,
        "campaign",
        lambda s, a, w, t: topics.make_scenario_topic(
            s, a, w.scenario, title="议题", token="m", now=NOW
        ),
    ),
]

SITING_LOOKS = [
    Look(
        saved_scenarios.scenarios,
        Act.SEE_DESK,
        "campaign",
        lambda s, a, w, t: (
            w.scenario in {each.id for each in saved_scenarios.scenarios(s, a, w.campaign.id)}
        ),
        open=True,
    ),
]
