"""What the office did to a proposal is told to its author, with the reason, and by post."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import InvalidError
from core.language import translations
from deliberation.timeline import timeline
from layers.communities.communities import load_communities
from moderation.changes import move_pin, redact
from moderation.undo import undo_change
from notifications.contacts import Sealer
from notifications.models import Message
from people.access.actor import OPERATOR, Actor
from submissions.participation.follows import confirm, follow_by_post
from submissions.participation.models import Follow
from submissions.proposals import queries
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.reassign_communities import reassign_communities
from submissions.proposals.tell_followers import Template, still_wanted
from tests.conftest import NOW, make_campaign, quarters
from tests.moderation.changing import DESK, TEXT, do, row_of
from tests.submissions.acting import AUTHOR, NEIGHBOUR, act, file
from wording.letters.proposal_letters import letter
from wording.timeline import told_moments


def test_the_author_reads_what_the_office_did_and_why(
    database: Database, campaign: CampaignView
) -> None:
    name = file(database, campaign, text=TEXT).public_id
    do(database, redact, name, [(0, 2)], reason="有电话号码")
    do(database, move_pin, name, 116.33, 40.05, reason="在河里")
    with database.reading() as session:
        view = queries.proposal_by_public_id(session, name)

    def told(actor: Actor, *, holder: bool = False) -> list[str]:
        moments = timeline(database, campaign, view, actor, holder=holder)
        return [each["told"] for each in told_moments(moments, translations("en"), "en")]

    own = told(AUTHOR)
    assert any(
        each.startswith("The office took private details") and each.endswith("Why: 有电话号码")
        for each in own
    )
    assert any(
        each.startswith("The office moved the pin") and each.endswith("Why: 在河里") for each in own
    )
    assert told(Actor(), holder=True) == own == told(DESK)
    others = told(NEIGHBOUR)
    assert any(each.startswith("The office moved the pin") for each in others)
    assert "Why" not in str(others)


def test_the_author_alone_gets_a_letter_of_a_moved_pin(
    database: Database, campaign: CampaignView
) -> None:
    sealer = Sealer(["one key of at least thirty-two characters"])
    name = file(database, campaign).public_id
    for actor, contact in ((AUTHOR, "author@example.org"), (NEIGHBOUR, "n@example.org")):
        act(
            database,
            follow_by_post,
            actor,
            sealer,
            name,
            contact,
            consent=True,
            language="en",
            base="http://test",
        )

    def confirm_all(session: Session) -> None:
        follows = session.scalars(select(Follow).order_by(Follow.id)).all()
        proposal = session.scalars(select(Proposal)).one()
        proposal.contact_id = follows[0].contact_id
        session.flush()
        for follow in follows:
            confirm(session, follow.token, base="http://test", now=NOW)

    database.write(confirm_all)
    change_id = do(database, move_pin, name, 116.33, 40.03, reason="在河里")
    with database.reading() as session:
        sent = session.scalars(select(Message).where(Message.template == str(Template.MOVED))).all()
        assert len(sent) == 1
        written = letter(sent[0].template, sent[0].params, "en", public_url="http://test")
        assert still_wanted(session, sent[0].template, sent[0].params)
    assert "moved the pin of your proposal to another place" in written.body
    assert "Why: 在河里" in written.body
    assert name in written.link
    do(database, undo_change, change_id)
    with database.reading() as session:
        assert not still_wanted(session, sent[0].template, sent[0].params)
        back = session.scalars(
            select(Message).where(Message.template == str(Template.MOVED), Message.id > sent[0].id)
        ).one()
        assert still_wanted(session, back.template, back.params)
    body = letter(back.template, back.params, "en", public_url="http://test").body
    assert "back to where you had put it" in body


def test_a_shape_is_not_moved(database: Database) -> None:
    campaign = make_campaign(database, geometry_kinds=["point", "line"])
    line = {"type": "LineString", "coordinates": [[116.31, 40.03], [116.312, 40.03]]}
    name = file(database, campaign, shape=line).public_id
    with pytest.raises(InvalidError) as caught:
        do(database, move_pin, name, 116.33, 40.03)
    assert caught.value.params == {"field": "place", "reason": "drawn"}


def test_a_moved_pin_undone_lies_in_the_present_edition(
    database: Database, campaign: CampaignView
) -> None:
    name = file(database, campaign).public_id
    change_id = do(database, move_pin, name, 116.33, 40.03)

    def other_edition(session: Session) -> None:
        frame = quarters().assign(code=["a", "b", "c"])
        load_communities(session, OPERATOR, "2023", frame, source="t", schematic=True, now=NOW)
        reassign_communities(session, OPERATOR, campaign.id, "2023", now=NOW)

    database.write(other_edition)
    assert row_of(database, name).community_code == "b"
    do(database, undo_change, change_id)
    row = row_of(database, name)
    assert (row.community_code, row.edition, row.longitude) == ("a", "2023", 116.31)
