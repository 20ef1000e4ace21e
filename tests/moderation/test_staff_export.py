"""Files of a selection: the public table, and what those who moderate take away."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from analysis.filter import Filter
from analysis.selection import Selection
from api import create_api
from core.database import Database
from core.errors import LuJianError, NotFoundError
from core.settings import Settings
from layers.export.data_dictionary import PROPOSALS, names
from moderation.staff_export import COLUMNS, record_export, staff_batches
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role
from serving.context import make_context
from submissions.proposals.merge import merge
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.submissions.acting import AUTHOR, act, file, moderate, trail

ALL = ("published", "held", "hidden", "merged")


def rows_of(database: Database, campaign: CampaignView, actor: Actor = OPERATOR,
            **narrow: Any) -> dict[str, dict[str, Any]]:  # fmt: skip
    with database.reading() as session:
        selection = Selection(campaign, Filter(**narrow), actor)
        batches = list(staff_batches(session, selection))
        return {row["id"]: row for batch in batches for row in batch}


@pytest.fixture
def named(database: Database, campaign: CampaignView) -> dict[str, str]:
    """Give one proposal in each state."""
    found = {
        state: file(database, campaign, Actor(state), text=f"{state}的文字").public_id
        for state in ALL
    }
    for state in ("held", "hidden"):
        moderate(database, found[state], state)
    act(database, merge, OPERATOR, found["published"], [found["merged"]], reason="同")
    return found


def test_moderators_get_what_is_not_public_with_its_state(
    database: Database, campaign: CampaignView, named: dict[str, str]
) -> None:
    assert set(rows_of(database, campaign)) == {named["published"]}
    rows = rows_of(database, campaign, statuses=ALL)
    assert {name: rows[named[name]]["status"] for name in ALL} == {name: name for name in ALL}
    assert rows[named["merged"]]["joined_with"] == named["published"]
    assert rows[named["held"]]["held_reason"] == "moderator"
    elsewhere = Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, "110108017003", "2020")
    far = Actor("x", frozenset({elsewhere}))
    for statuses in ((), ALL):  # what is shown to everybody goes out with what only staff may know
        assert rows_of(database, campaign, far, statuses=statuses) == {}
    moderating = {Role.SOCIAL_WORKER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}
    for role in set(Role) - moderating:
        actor = Actor("x", frozenset({Grant(role)}))
        for statuses in ((), ALL):
            with pytest.raises((NotFoundError, LuJianError)):
                rows_of(database, campaign, actor, statuses=statuses)
        with pytest.raises(NotFoundError):
            act(database, record_export, Selection(campaign, Filter(), actor), "csv")


def test_nothing_of_a_person_is_in_it(
    database: Database, campaign: CampaignView, named: dict[str, str]
) -> None:
    file(database, campaign)
    with database.reading() as session:
        secrets = [
            value
            for row in session.execute(select(Proposal.author_key, Proposal.receipt))
            for value in row
        ]
    told = str(rows_of(database, campaign, statuses=ALL))
    assert str(AUTHOR.key) in secrets
    assert not [value for value in secrets if str(value) in told]


def test_the_files_over_the_api(
    database: Database, campaign: CampaignView, named: dict[str, str], tmp_path: Path
) -> None:
    file(database, campaign, Actor("=x"), text="=HYPERLINK(\"http://x\")")  # fmt: skip
    room = make_context(database, Settings(var_dir=tmp_path / "var"))
    base = f"/campaigns/{campaign.slug}"
    with TestClient(create_api(room), raise_server_exceptions=False) as client:
        table = client.get(f"{base}/proposals.csv")
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert table.text.startswith("\ufeff")
        rows = list(csv.DictReader(StringIO(table.text.removeprefix("\ufeff"))))
        assert list(rows[0]) == [*names(PROPOSALS), "geometry"]
        assert [row["text"] for row in rows] == [
            "published的文字",
            '\'=HYPERLINK("http://x")',
        ]
        features = client.get(f"{base}/proposals.geojson").json()["features"]
        assert [row["id"] for row in rows] == [each["id"] for each in features]
        again = client.get(
            f"{base}/proposals.csv", headers={"If-None-Match": table.headers["etag"]}
        )
        assert again.status_code == 304
        narrowed = client.get(f"{base}/proposals.csv?category=public_space").text
        assert len(narrowed.splitlines()) == 1
        assert client.get(f"{base}/proposals.csv?status=held").status_code == 403
        for form in ("csv", "geojson"):
            for query in ("", "?status=held", "?status=published"):
                answer = client.get(f"{base}/desk.{form}{query}")
                assert (answer.status_code, "文字" in answer.text) == (404, False)
    assert trail(database, "proposals_exported") == []


def test_a_moderator_downloads_and_the_trail_says_so(
    database: Database,
    campaign: CampaignView,
    named: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grant = Grant(Role.SOCIAL_WORKER)
    monkeypatch.setattr("api.exports.actor_of", lambda _: Actor("d", frozenset({grant})))
    monkeypatch.setattr("api.filter_params.actor_of", lambda _: Actor("d", frozenset({grant})))
    room = make_context(database, Settings(var_dir=tmp_path / "var"))
    with TestClient(create_api(room)) as client:
        query = "&".join(f"status={state}" for state in ALL)
        answer = client.get(f"/campaigns/{campaign.slug}/desk.geojson?{query}")
        table = client.get(f"/campaigns/{campaign.slug}/desk.csv?{query}")
    assert answer.headers["cache-control"] == "private, no-store"
    found = json.loads(answer.text)["features"]
    assert {each["properties"]["status"] for each in found} == set(ALL)
    assert set(COLUMNS) <= set(found[0]["properties"])
    assert len(table.text.splitlines()) == 5
    entries = trail(database, "proposals_exported")
    assert [entry.details["form"] for entry in entries] == ["geojson", "csv"]
    assert entries[0].details["query"].count("status") == 4
