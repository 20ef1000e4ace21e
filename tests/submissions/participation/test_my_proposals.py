"""What a device reads of its own filings, and what nobody else reads of them."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.database import Database
from core.errors import NotFoundError
from people.access.actor import OPERATOR
from submissions.participation.author_edits import withdraw_proposal
from submissions.participation.my_proposals import OwnView, own_proposal, own_proposals
from submissions.participation.supports import support_proposal
from submissions.proposals.queries import (
    CampaignView,
    ProposalView,
    proposal_by_receipt,
    proposal_for,
    proposals_by_public_ids,
)
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import (
    AUTHOR,
    MODERATOR,
    NEIGHBOUR,
    NOBODY,
    act,
    file,
    moderate,
)
from tests.submissions.participation.test_author_edits import QUESTIONS


def test_ones_own_are_told_whole_newest_first(database: Database, campaign: CampaignView) -> None:
    slow = make_campaign(database, slug="slow", publish_on_filing=False, questions=QUESTIONS)
    old = file(database, campaign)
    file(database, campaign, NEIGHBOUR)
    new = file(
        database,
        slow,
        now=NOW + timedelta(hours=1),
        answers={"bikes": 3, "home": "三号楼"},
    )
    act(database, support_proposal, NEIGHBOUR, old.public_id)
    moderate(database, new.public_id, "held")
    with database.reading() as session:
        mine = own_proposals(session, AUTHOR)
        assert own_proposals(session, AUTHOR, most=1) == mine[:1]
        assert own_proposals(session, NOBODY) == own_proposals(session, OPERATOR) == []
        assert len(own_proposals(session, NEIGHBOUR)) == 1
        assert own_proposal(session, AUTHOR, old.public_id) == mine[1]
        for actor, name in ((NEIGHBOUR, old.public_id), (NOBODY, old.public_id), (AUTHOR, "\x00")):
            with pytest.raises(NotFoundError):
                own_proposal(session, actor, name)
    assert [view.receipt for view in mine] == [new.code, old.code]
    held, published = mine
    assert (held.campaign_slug, held.status, held.held_reason) == ("slow", "held", "moderator")
    assert (held.editable, held.withdrawable, held.published_at) == (True, True, None)
    assert held.answers == {"bikes": 3, "home": "三号楼"}
    assert held.campaign_texts["en"]["title"] == "Test call"
    assert (published.supports, published.published_at, published.stage) == (1, NOW, None)
    assert (published.editable, published.withdrawable) == (False, True)


def test_private_answers_leave_only_to_their_author(database: Database) -> None:
    campaign = make_campaign(database, questions=QUESTIONS)
    receipt = file(database, campaign, answers={"bikes": 3, "home": "三号楼"})
    with database.reading() as session:
        views = [
            proposals_by_public_ids(session, [receipt.public_id])[0],
            proposal_by_receipt(session, receipt.code),
            *(proposal_for(session, receipt.public_id, who) for who in (AUTHOR, OPERATOR, NOBODY)),
        ]
        assert [view.answers for view in views if view] == [{"bikes": 3}] * 5
        assert own_proposal(session, AUTHOR, receipt.public_id).answers["home"] == "三号楼"
    private = {field.name for field in fields(OwnView)} - {f.name for f in fields(ProposalView)}
    assert "receipt" in private


def test_every_state_is_seen_by_author_receipt_and_moderator_only(
    database: Database, campaign: CampaignView
) -> None:
    receipt = file(database, campaign)
    for status in ("held", "published", "hidden", "published", "withdrawn"):
        if status == "withdrawn":
            act(database, withdraw_proposal, AUTHOR, receipt.public_id)
        else:
            moderate(database, receipt.public_id, status)
        with database.reading() as session:
            for actor in (AUTHOR, MODERATOR, OPERATOR):
                assert proposal_for(session, receipt.public_id, actor).status == status
            by_receipt = proposal_by_receipt(session, receipt.code)
            assert by_receipt is not None
            assert (by_receipt.status, by_receipt.held_reason) == (
                status,
                "moderator" if status == "held" else None,
            )
            assert [view.status for view in own_proposals(session, AUTHOR)] == [status]
            for actor in (NEIGHBOUR, NOBODY):
                if status == "published":
                    assert proposal_for(session, receipt.public_id, actor) == by_receipt
                else:
                    with pytest.raises(NotFoundError):
                        proposal_for(session, receipt.public_id, actor)


def test_the_index_finds_ones_own(database: Database) -> None:
    statement = (
        "SELECT id FROM proposal WHERE author_key = 'x' ORDER BY created DESC, id DESC LIMIT 20"
    )
    with database.reading() as session:
        if database.engine.dialect.name == "postgresql":
            for way in ("seqscan", "bitmapscan", "sort"):
                session.execute(text(f"SET LOCAL enable_{way} = off"))
            plan = " ".join(row[0] for row in session.execute(text(f"EXPLAIN {statement}")))
        else:
            found = session.execute(text(f"EXPLAIN QUERY PLAN {statement}"))
            plan = " ".join(row.detail for row in found)
    assert "ix_proposal_author" in plan, plan
