"""Files of a topic and of a scenario: every form, and nothing in any that the office alone has."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from sqlalchemy import insert

from analysis.scenarios.models import Scenario
from analysis.scenarios.plan import Plan
from core.database import Database
from geo.writing.forms import FORMS
from people.access.actor import Role
from tests.conftest import NOW
from tests.packs.making import CAMERA, COMMENT, HELD, NAME, PLANNER, Made, planted, receipts
from tests.packs.test_pack_file import pieces, spellings
from tests.web.acting import sign_in
from tests.web.browsing import Browser

ENDINGS = [one.ending for one in FORMS.values() if one.name != "pmtiles"]


@pytest.fixture
def made(database: Database, tmp_path: Path) -> Made:
    return planted(database, tmp_path)


def scenario(made: Made) -> int:
    """Keep a scenario with one place, made of all that was ever filed."""
    site = {
        **{"key": "idle_plots:1", "name": {"zh_CN": "街角空地", "en": "Corner plot"}},
        **{"longitude": 116.31, "latitude": 40.03, "existing": False, "people": 9, "metres": 12},
        **{"wishes": [8, None], "amount": None, "ids": [1, 2, 3], "proposals": 12},
    }
    options = [{"zh_CN": "座椅", "en": "Seats"}, {"zh_CN": "遮阳", "en": "Shade"}]
    outcome = {"number": 1, "people": 9, "all_people": 9, "options": options, "sites": [site]}
    row = {
        **{"token": "s", "campaign_id": made.campaign.id, "kind": "micro_park", "name": "一处"},
        **{"query": "", "plan": Plan().told(), "outcome": outcome, "today": {"sites": []}},
        **{"by": PLANNER, "created": NOW},
    }
    kept = insert(Scenario).values(row).returning(Scenario.id)
    found: int = made.database.write(lambda session: session.scalar(kept))
    return found


def test_files_of_every_form_hold_what_is_shown_and_no_secret(
    made: Made, database: Database, open_browser: Callable[..., Browser]
) -> None:
    planner = open_browser()
    sign_in(planner, database, Role.COMMUNITY_PLANNER)
    secrets = [NAME, HELD, COMMENT, CAMERA, PLANNER, *receipts(database), "device 3"]
    shown = {
        f"topics/{made.topic}": "第2条：这里要有座椅",
        f"scenarios/{scenario(made)}": "街角空地",
    }
    for base, said in shown.items():
        for ending in ENDINGS:
            answer = planner.client.get(f"/api/{base}.{ending}")
            assert answer.status_code == 200, (base, ending, answer.text)
            assert answer.headers["cache-control"] == "private, no-store"
            parts = [piece for _name, piece in pieces(ending, answer.content)]
            if ending == "parquet":  # whose columns are packed
                parts = [gpd.read_parquet(io.BytesIO(answer.content)).to_csv().encode()]
            told = [one for one in secrets if any(s in p for s in spellings(one) for p in parts)]
            assert told == [], (base, ending)
            assert any(s in p for s in spellings(said) for p in parts), (base, ending)
        assert planner.client.get(f"/api/{base}.pmtiles").status_code == 403
        page = planner.client.get(f"/api/{base}.pmtiles?lang=en", headers={"accept": "text/html"})
        assert f'href="/api/{base}.gpkg?lang=en"' in page.text
