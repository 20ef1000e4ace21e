"""Lists that are cut say how many there are, and lead on to every one of the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from analysis import results
from analysis.filter import Filter
from analysis.selection import Selection
from core.database import Database
from deliberation import hotspot_profile
from layers.visibility import Shown
from moderation import case
from moderation.bulk.models import Job
from moderation.models import Mention, Note
from people.access.actor import Actor, Role
from submissions.participation.models import Observation, Photo
from submissions.participation.supports import support_proposal
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.layers.sending import kept
from tests.submissions.acting import act, file
from tests.web.acting import sign_in
from tests.web.browsing import Browser, Page
from web.desk.layers import layers_pages
from web.desk.moderation import bulk_forms, notes_and_assignments
from web.desk.review import hotspot_page

TEXTS = (
    "地铁口的自行车停不下了",
    "想要一把能坐的长椅",
    "夜里路灯太暗看不清",
    "请在广场边上种几棵大树",
    "下雨时人行道全是积水",
    "孩子们没有地方玩",
)


@pytest.fixture
def crowd(database: Database, campaign: CampaignView) -> list[str]:
    """Give a hotspot of six, of one device; three have supporters, all have a photo."""
    made = [
        file(
            database,
            campaign,
            Actor("device"),
            text=text,
            longitude=116.31 + n * 1e-5,
        ).public_id
        for n, text in enumerate(TEXTS)
    ]
    for name in made[:3]:
        act(database, support_proposal, Actor("x"), name)
    database.write(lambda session: session.add_all(_photos(session)))
    return made


def _photos(session: Any) -> list[Photo]:
    size = {"width": 40, "height": 30, "size": 9, "digest": "0" * 64, "created": NOW}
    return [
        Photo(name=f"{number:026d}", proposal_id=number, owner_key="o", status="published", **size)
        for number in session.scalars(select(Proposal.id))
    ]


def observation(campaign: CampaignView, n: int) -> Observation:
    place = {"longitude": 116.31, "latitude": 40.03, "edition": campaign.edition}
    return Observation(
        token=uuid4().hex,
        campaign_id=campaign.id,
        note=f"看到{n}",
        counts=[],
        observed_at=NOW,
        by="w",
        created=NOW,
        **place,
    )


def job(campaign: CampaignView, n: int) -> Job:
    told: dict[str, Any] = {"grants": [], "selection": {}, "params": {}}
    return Job(
        token=uuid4().hex,
        action="publish",
        campaign_id=campaign.id,
        by=f"同事{n}",
        state="done",
        total=0,
        created=NOW,
        **told,
    )


def walked(browser: Browser, page: Page, part: str, find: str) -> list[list[str]]:
    """Return what a pattern finds on this page and on those that it leads on to, page by page."""
    found = []
    while True:
        found.append(re.findall(find, browser.body))
        ways = [a["href"] for a in page.all("a", rel="next") if a["href"].endswith(f"#{part}")]
        if not ways:
            return found
        assert len(found) < 9
        page = browser.open(ways[0])
        assert browser.status == 200


def test_a_hotspot_leads_on_to_all_that_is_in_it(
    database: Database,
    campaign: CampaignView,
    crowd: list[str],
    open_browser: Callable[..., Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hotspot_profile, "MOST_SUPPORTED", 2)
    monkeypatch.setattr(hotspot_profile, "PHOTOS_ON_A_PAGE", 4)
    monkeypatch.setattr(hotspot_page, "OBSERVATIONS_SHOWN", 2)
    database.write(lambda s: s.add_all(observation(campaign, n) for n in range(3)))
    planner = open_browser()
    sign_in(planner, database, Role.COMMUNITY_PLANNER)
    whole = Selection(campaign, Filter(), Actor())
    spots = results.hotspots(database, whole, radius_m=50, min_proposals=5).frame
    name = spots.iloc[0]["hotspot_id"]
    page = planner.open(f"/w/desk/review/hotspot/{name}?campaign=test-campaign&lang=en")
    assert planner.status == 200, planner.body
    for said in ("Seen at the place (3)", "1 more", "看到0", "Photos (6)", "3 have supporters."):
        assert said in page.text, said
    assert "5 of 6 proposals are quoted." in page.text
    links = [a["href"] for a in page.all("a", class_="lj-alone") if "hotspot=" in a["href"]]
    assert len(links) == 2
    for link in links:
        assert link.startswith(f"/planner?campaign=test-campaign&hotspot={name}&"), link
        assert link.endswith("&tab=proposals"), link
    assert "sort=supported" in links[1]
    page = planner.open(f"/w/desk/review/hotspot/{name}?campaign=test-campaign&lang=en")
    photos = walked(planner, page, "photos", r"/photos/(\d{26})/thumbnail")
    assert [len(part) for part in photos] == [4, 2]
    assert len({one for part in photos for one in part}) == 6


def test_the_desk_leads_on_to_jobs_neighbours_mentions_and_rows(
    database: Database,
    campaign: CampaignView,
    crowd: list[str],
    open_browser: Callable[..., Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk_forms, "JOBS_ON_A_PAGE", 2)
    monkeypatch.setattr(case, "OTHERS_ON_A_PAGE", 2)
    monkeypatch.setattr(notes_and_assignments, "BESIDE_ON_A_PAGE", 2)
    monkeypatch.setattr(layers_pages, "ROWS_SHOWN", 1)
    monkeypatch.setattr("web.desk.moderation.case_page.NEIGHBOURS", 1)
    worker = open_browser()
    me = sign_in(worker, database, Role.SOCIAL_WORKER)
    uploaded = database.write(lambda s: kept(s, shown=Shown.DESK))
    database.write(lambda s: _more(s, campaign, me))
    pages = {
        "jobs": ("/w/desk/bulk?campaign=test-campaign", r"同事\d", [2, 1]),
        "others": (f"/w/desk/queue/{crowd[0]}?tab=all", r'<li><a class="lj-alone"', [2, 2, 1]),
        "mentions": ("/w/desk/queue?tab=mine", r"请看\d", [2, 1]),
        "table": (f"/w/desk/layers/{uploaded}?lang=en", r"<td>[南北]角</td>", [1, 1]),
    }
    for part, (address, find, counts) in pages.items():
        found = walked(worker, worker.open(address), part, find)
        assert [len(one) for one in found] == counts, part
        if part != "others":
            assert len({one for each in found for one in each}) == sum(counts), part
    page = worker.open(f"/w/desk/queue/{crowd[0]}?lang=en")
    assert "Within 100 m are 5." in page.text
    (near,) = [a["href"] for a in page.all("a") if "sort=near" in a.get("href", "")]
    assert "6 proposals" in worker.open(near).text


def _more(session: Any, campaign: CampaignView, me: int) -> None:
    session.add_all(job(campaign, n) for n in range(3))
    proposal = session.scalars(select(Proposal.id)).first()
    notes = [
        Note(proposal_id=proposal, account_id=me, by="li", text=f"请看{n}", created=NOW)
        for n in range(3)
    ]
    session.add_all(notes)
    session.flush()
    session.add_all(Mention(note_id=note.id, account_id=me) for note in notes)
