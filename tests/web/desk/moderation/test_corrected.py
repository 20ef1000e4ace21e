"""What staff took out of a proposal, or where its pin was, stands in no outlet any more."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from fastapi.testclient import TestClient

from core.database import Database
from moderation.changes import edit_text, move_pin, redact
from moderation.undo import undo_change
from people.access.actor import Actor, Role, everywhere
from serving.context import Context
from submissions.proposals.queries import CampaignView, proposal_by_public_id
from tests.submissions.acting import act, file
from tests.web.conftest import site

DESK = Actor("desk", everywhere(Role.SOCIAL_WORKER), name="李社工")
SECRET, WHY = "不该外传的电话", "只给作者看的理由"


def outlets(client: TestClient, campaign: CampaignView, name: str) -> dict[str, bytes]:
    """Return what each public outlet says to a visitor; those that say nothing are left out."""
    api, page = f"/api/campaigns/{campaign.slug}", f"/w/c/{campaign.slug}"
    addresses = [
        f"{api}/proposals.geojson",
        f"{api}/hotspots.geojson?min_proposals=3&radius_m=50",
        f"{api}/communities.geojson",
        f"{api}/pins.json?west=116.3&south=40.02&east=116.34&north=40.06",
        f"/api/proposals/{name}",
        f"/w/p/{name}",
        f"/w/p/{name}/share.png",
        page,
        f"{page}/feed.atom",
        f"{page}/list",
        f"{page}/list?text={quote(SECRET[:4])}",
    ]
    return {
        address: answer.content
        for address in addresses
        if (answer := client.get(address)).status_code == 200
    }


def seen(database: Database, name: str) -> object:
    with database.reading() as session:
        return proposal_by_public_id(session, name).updated


def test_the_original_is_in_no_outlet(
    database: Database, campaign: CampaignView, room: Context, tmp_path: Path
) -> None:
    name = file(database, campaign, text=f"地铁口{SECRET}停不下车").public_id
    with TestClient(site(room)) as client:
        before = outlets(client, campaign, name)
        said = [address for address, body in before.items() if SECRET.encode() in body]
        assert len(said) >= 6, said
        spans = [(3, 3 + len(SECRET))]
        redacted = act(database, redact, DESK, name, spans, reason=WHY, seen=seen(database, name))
        place = (116.3371, 40.0523)
        act(database, move_pin, DESK, name, *place, reason=WHY, seen=seen(database, name))
        after = outlets(client, campaign, name)
        undone = act(database, undo_change, DESK, redacted)
        act(database, edit_text, DESK, name, "停不下车", reason=WHY, seen=None)
        last = outlets(client, campaign, name)
    assert undone
    assert set(after) == set(before) == set(last)
    for bodies in (after, last):
        together = b"".join(bodies.values())
        assert SECRET.encode() not in together
        assert WHY.encode() not in together
    assert "地铁口■■■停不下车".encode() in after[f"/api/proposals/{name}"]
    points = after[f"/api/campaigns/{campaign.slug}/proposals.geojson"]
    assert b"116.3371" in points
    assert b"116.31," not in points
    picture = f"/w/p/{name}/share.png"
    assert len({before[picture], after[picture], last[picture]}) == 3
