"""A merged proposal stands in no public outlet, and counts once in all that count."""

from __future__ import annotations

import json
from pathlib import Path

from fastapi.testclient import TestClient

from analysis import results
from analysis.filter import Filter
from analysis.listing import list_proposals, nearest_proposals
from analysis.nearby import nearby
from analysis.pin_feed import Pinboard
from analysis.selection import Selection
from api import create_api
from core.database import Database
from core.settings import Settings
from geo.cluster_index import mercator_unit
from people.access.actor import OPERATOR, Actor
from serving.context import make_context
from submissions.participation.supports import support_proposal
from submissions.proposals.merge import merge, unmerge
from submissions.proposals.queries import CampaignView
from tests.submissions.acting import act, file

PLACE = (116.31, 40.03)
WORDS = "被合并的文字"


def told(client: TestClient, campaign: CampaignView) -> dict[str, str]:
    """Return what the API says of the campaign, by address."""
    x, y = mercator_unit(*PLACE)  # type: ignore[arg-type]
    base = f"/campaigns/{campaign.slug}"
    addresses = [
        "/campaigns",
        f"{base}/proposals.geojson",
        f"{base}/proposals.csv",
        f"{base}/hotspots.geojson?min_proposals=3&radius_m=50",
        f"{base}/communities.geojson",
        f"{base}/clusters/18/{int(x * (1 << 18))}/{int(y * (1 << 18))}.json",
        f"{base}/pins.json?west=116.3&south=40.02&east=116.32&north=40.04",
        f"{base}/at?longitude={PLACE[0]}&latitude={PLACE[1]}&text={WORDS}",
    ]
    answers = {address: client.get(address) for address in addresses}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {address: answer.text for address, answer in answers.items()}


def test_counted_once_everywhere_and_named_nowhere(
    database: Database, campaign: CampaignView, tmp_path: Path
) -> None:
    kept, other = (file(database, campaign, Actor(f"k{n}"), text=f"第{n}条").public_id
                   for n in range(2))  # fmt: skip
    merged = file(database, campaign, Actor("m"), text=WORDS).public_id
    again = file(database, campaign, Actor("k0"), text="又一条").public_id
    third = file(database, campaign, Actor("k3"), text="第三").public_id
    act(database, support_proposal, Actor("s"), merged)
    act(database, support_proposal, Actor("s"), kept)
    room = make_context(database, Settings(var_dir=tmp_path / "var"))
    with TestClient(create_api(room)) as client:
        before = told(client, campaign)
        act(database, merge, OPERATOR, kept, [merged], reason="同")
        after = told(client, campaign)
        for address, text in after.items():
            assert merged not in text, address
            assert WORDS not in text.replace(address, ""), address
        spot = json.loads(after[next(a for a in after if "hotspots" in a)])["features"][0]
        whole = json.loads(after["/campaigns"])["campaigns"][0]
        places = json.loads(after[next(a for a in after if "communities" in a)])["features"]
        act(database, unmerge, OPERATOR, [merged], reason="不同")
        back = told(client, campaign)
    # k0 filed two of them; m is a person, though hers is shown as k0's.
    assert (spot["properties"]["proposals"], spot["properties"]["people"]) == (4, 4)
    assert (whole["proposals"], whole["people"]) == (4, 4)
    west = next(p["properties"] for p in places if p["properties"]["code"] == "110108017001")
    assert (west["proposals"], west["people"]) == (4, 4)
    table = after[next(a for a in after if a.endswith(".csv"))]
    assert all(name in table for name in (kept, other, again, third))
    assert _same(before) == _same(back)


def _same(answers: dict[str, str]) -> dict[str, object]:
    """Leave out when a file was made, and which revision it shows."""
    found: dict[str, object] = {}
    for address, text in answers.items():
        if address.endswith(".csv"):
            found[address] = text
            continue
        data = json.loads(text)
        for name in ("generated", "revision"):
            data.pop(name, None)
        for name in ("features", "proposals"):  # pins at one place come in any order
            if name in data:
                data[name] = sorted(data[name], key=str)
        found[address] = data
    return found


def test_lists_filters_and_neighbours_know_the_kept_one_alone(
    database: Database, campaign: CampaignView
) -> None:
    kept = file(database, campaign, Actor("k"), text="保留").public_id
    merged = file(database, campaign, Actor("m"), text=WORDS).public_id
    for device in ("s", "t"):
        act(database, support_proposal, Actor(device), merged)
    act(database, merge, OPERATOR, kept, [merged], reason="同")
    near = nearby(Pinboard(database), campaign, *PLACE, text=WORDS)
    assert (near.total, [one.view.public_id for one in near.proposals]) == (1, [kept])
    found = nearest_proposals(database, campaign, *PLACE).items
    assert [(view.public_id, view.supports, view.joined) for view in found] == [(kept, 2, 1)]
    for narrow in (Filter(), Filter(supports=2), Filter(categories=("bike_parking",))):
        sums = results.sums(database, Selection(campaign, narrow, OPERATOR))
        assert (sums.proposals, sums.people) == (1, 2)
    words = Selection(campaign, Filter(text=WORDS), OPERATOR)
    assert results.sums(database, words).proposals == 0
    with database.reading() as session:
        assert list_proposals(session, campaign, text=WORDS).total == 0
    for category, found in (("bike_parking", (1, 2)), ("public_space", (0, 0))):
        one = Selection(campaign, Filter(categories=(category,)))
        counts = results.community_counts(database, one)
        assert (int(counts.frame["proposals"].sum()), counts.people) == found
