"""A proposal's life, driven at random on both databases; and the trail it leaves."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from analysis.pin_changes import pins
from core.database import Database
from core.errors import (
    EmptyTextError,
    InvalidError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor, Role, everywhere
from people.audit.models import AuditEntry
from submissions.campaigns.create import create_campaign
from submissions.participation.filing import Receipt, file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.participation.supports import support_proposal
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import TRANSITIONS, Status
from tests.analysis.counting import published_frame, sums_of
from tests.conftest import NOW, make_campaign, new_campaign
from tests.examples import examples


def test_any_life_keeps_counts_feed_and_views_in_step(database: Database) -> None:
    class Life(RuleBasedStateMachine):
        filed = Bundle("filed")

        @initialize()
        def open_campaign(self) -> None:
            self.campaign = make_campaign(database, slug=f"c-{uuid4().hex}")
            self.states: dict[str, str] = {}
            self.supporters: dict[str, set[int]] = {}
            self.shown: dict[int, str] = {}
            self.revision = 0

        @rule(target=filed, device=st.integers(0, 2))
        def file(self, device: int) -> tuple[int, Receipt]:
            draft = DraftProposal(uuid4().hex, 116.31, 40.03, "bike_parking", "文字", "lives")
            receipt = database.write(
                lambda s: file_proposal(s, Actor(str(device)), self.campaign.id, draft, now=NOW)
            )
            self.states[receipt.public_id] = receipt.status
            self.supporters[receipt.public_id] = set()
            return device, receipt

        @rule(proposal=filed, device=st.integers(0, 3))
        def support(self, proposal: tuple[int, Receipt], device: int) -> None:
            author, name = proposal[0], proposal[1].public_id
            allowed = self.states[name] == "published" and device != author
            found = None
            with suppress(NotFoundError, NotAllowedError):
                found = database.write(
                    lambda s: support_proposal(s, Actor(str(device)), name, now=NOW)
                )
            assert (found is not None) == allowed
            if allowed:
                self.supporters[name].add(device)
                assert found == len(self.supporters[name])

        @rule(
            proposal=filed,
            wanted=st.sampled_from(Status),
            role=st.sampled_from([*Role]) | st.just(Role.SOCIAL_WORKER),
        )
        def moderate(self, proposal: tuple[int, Receipt], wanted: Status, role: Role) -> None:
            name, actor = proposal[1].public_id, Actor("m", everywhere(role))
            moderator = role in {
                Role.SOCIAL_WORKER,
                Role.SUBDISTRICT_OFFICER,
                Role.ADMINISTRATOR,
            }
            allowed = moderator and wanted in TRANSITIONS[Status(self.states[name])]
            changed = False
            with suppress(NotAllowedError, WrongStateError):
                database.write(
                    lambda s: change_status(s, actor, name, wanted, reason="因", now=NOW)
                )
                changed = True
            assert changed == allowed
            if changed:
                self.states[name] = wanted

        @invariant()
        def all_agree(self) -> None:
            if not hasattr(self, "campaign"):
                return
            published = {n for n, state in self.states.items() if state == "published"}
            with database.reading() as session:
                frame = published_frame(session, self.campaign.id)
                delta = pins(session, self.campaign.id, after=self.revision)
                totals = sums_of(session, self.campaign.id)
            assert set(frame["id"]) == published
            assert totals.proposals == len(published)
            for row in frame.itertuples():
                assert row.supports == len(self.supporters[row.id])
            if delta.full:
                self.shown.clear()
            for number, name, visible in zip(
                delta.ids.tolist(), delta.public_ids, delta.visible, strict=True
            ):
                self.shown.pop(number, None)
                if visible:
                    self.shown[number] = name
            self.revision = delta.revision
            assert set(self.shown.values()) == published

    run_state_machine_as_test(
        Life, settings=settings(max_examples=examples(24), stateful_step_count=25, deadline=None)
    )


def filed(database: Database, campaign: CampaignView) -> str:
    draft = DraftProposal(uuid4().hex, 116.31, 40.03, "bike_parking", "文字", "lives")
    return database.write(
        lambda s: file_proposal(s, Actor("a"), campaign.id, draft, now=NOW)
    ).public_id


def test_the_trail_keeps_who_what_and_why(database: Database, campaign: CampaignView) -> None:
    name = filed(database, campaign)
    worker = Actor("desk", everywhere(Role.SOCIAL_WORKER))
    database.write(lambda s: change_status(s, worker, name, "hidden", reason=" 有电话\n", now=NOW))
    with database.reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "status_changed")
        ).one()
    assert entry.details == {"from": "published", "to": "hidden", "reason": "有电话"}
    assert (entry.actor_key, entry.at, entry.campaign_id) == (worker.key, NOW, campaign.id)


def test_moderation_is_refused_and_says_why(database: Database, campaign: CampaignView) -> None:
    name = filed(database, campaign)

    def change(actor: Actor, public_id: str, status: str, reason: str = "因") -> None:
        database.write(lambda s: change_status(s, actor, public_id, status, reason=reason, now=NOW))

    refusals: list[tuple[tuple[Any, ...], type[LuJianError]]] = [
        ((Actor("a"), name, "hidden"), NotAllowedError),
        ((Actor("a"), "nowhere1", "hidden"), NotAllowedError),
        ((OPERATOR, "nowhere1", "hidden"), NotFoundError),
        ((OPERATOR, name, "gone"), InvalidError),
        ((OPERATOR, name, "received"), WrongStateError),
        ((OPERATOR, name, "published"), WrongStateError),
        ((OPERATOR, name, "hidden", "  "), EmptyTextError),
    ]
    for arguments, error in refusals:
        with pytest.raises(error):
            change(*arguments)
    with database.reading() as session:
        assert queries.proposal_by_public_id(session, name).status == "published"


def test_a_campaign_that_cannot_be_is_refused(database: Database, campaign: CampaignView) -> None:
    def create(actor: Actor = OPERATOR, **changes: Any) -> None:
        values = {"slug": "other", **changes}
        database.write(lambda s: create_campaign(s, actor, new_campaign(**values), now=NOW))

    wrong: list[dict[str, Any]] = [
        {"slug": campaign.slug},
        {"slug": "Not A Slug"},
        {"theme": " "},
        {"categories": []},
        {"categories": [{"key": "a"}, {"key": "a"}]},
        {"categories": [{"key": "a b"}]},
        {"closes_at": campaign.opens_at},
        {"area": campaign.area.exterior},
        {"area": campaign.area.intersection(campaign.area.centroid)},
        {"max_text_length": 0},
    ]
    for changes in wrong:
        with pytest.raises(InvalidError) as caught:
            create(**changes)
        assert caught.value.params["field"] in changes
    with pytest.raises(NotFoundError):
        create(edition="1999")
    for role in set(Role) - {Role.ADMINISTRATOR, Role.SUBDISTRICT_OFFICER}:
        with pytest.raises(NotAllowedError):
            create(Actor("x", everywhere(role)))
    with database.reading() as session:
        assert queries.list_campaigns(session) == [campaign]


def test_moderators_alone_read_what_waits(demo_database: Database) -> None:
    with demo_database.reading() as session:
        held = queries.proposals_to_read(session, OPERATOR, status="held")
        assert {view.held_reason for view in held} == {"outside"}
        assert len(held) == 12
        for role in (Role.RESIDENT, Role.COMMUNITY_PLANNER, Role.DESIGN_FIRM, Role.DEPARTMENT):
            with pytest.raises(NotAllowedError):
                queries.proposals_to_read(session, Actor("d", everywhere(role)), status="held")
