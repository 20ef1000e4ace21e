"""Following a proposal: who may, what is asked first, what is sent, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import (
    BadContactError,
    NoKeyError,
    NotAllowedError,
    NotFoundError,
    TooOftenError,
    WrongStateError,
)
from moderation.changes import change_status
from notifications import outbox
from notifications.channels import Parcel
from notifications.contacts import ContactKind, Sealer
from notifications.dispatcher import PostOffice
from notifications.models import Contact, Message
from notifications.outbox import LEASE, DeliveryOutcome, DeliveryVerdict
from people.access.actor import OPERATOR, Actor
from people.audit.models import AuditEntry
from submissions.participation import follows
from submissions.participation.filing import file_proposal
from submissions.participation.models import Follow
from submissions.participation.proposal_draft import DraftProposal
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView
from submissions.proposals.tell_followers import still_wanted, tell_followers
from tests.conftest import NOW
from wording.letters.proposal_letters import letter

LI, WU = Actor("device of Li"), Actor("device of Wu")
SEALER = Sealer(["one key of at least thirty-two characters"])
BASE = "https://lujian.example.org"
HOUR = timedelta(hours=1)


def _unlike() -> str:
    """Return a text that is no other's, without digits: these may look like somebody's number."""
    return f"文字{uuid4().hex.translate(str.maketrans('0123456789', 'ghijklmnop'))}"


def file(database: Database, campaign: CampaignView, actor: Actor = LI, **more: Any) -> str:
    """File a proposal and return its public id."""
    draft = DraftProposal(uuid4().hex, 116.31, 40.03, "bike_parking", _unlike(), "lives", **more)
    receipt = database.write(
        lambda s: file_proposal(s, actor, campaign.id, draft, sealer=SEALER, base_url=BASE, now=NOW)
    )
    return receipt.public_id


def by_post(
    database: Database,
    public_id: str,
    address: str = "wu@example.org",
    *,
    actor: Actor = WU,
    sealer: Sealer | None = SEALER,
    consent: bool = True,
    language: str = "en",
    now: datetime = NOW,
) -> None:
    database.write(
        lambda s: follows.follow_by_post(
            s,
            actor,
            sealer,
            public_id,
            address,
            consent=consent,
            language=language,
            base=BASE,
            now=now,
        )
    )


def moderate(database: Database, public_id: str, status: str, now: datetime = NOW + HOUR) -> None:
    database.write(lambda s: change_status(s, OPERATOR, public_id, status, reason="test", now=now))


def token_of(database: Database, public_id: str) -> str:
    with database.reading() as session:
        for message in session.scalars(select(Message).order_by(Message.id.desc())):
            if message.params["proposal"] == public_id:
                return str(message.params["follow"])
    raise LookupError(public_id)


def confirm(database: Database, token: str, now: datetime = NOW) -> None:
    database.write(lambda s: follows.confirm(s, token, base=BASE, now=now))


def end(database: Database, token: str, now: datetime = NOW) -> None:
    database.write(lambda s: follows.end(s, token, now=now))


class Postman:
    """Delivers what is due, and keeps it."""

    def __init__(self, database: Database) -> None:
        self._office = PostOffice(
            database, SEALER, {ContactKind.EMAIL: self}, letter, wanted=still_wanted
        )
        self.bag: list[Parcel] = []

    def send(self, parcel: Parcel, *, now: datetime) -> DeliveryOutcome:
        self.bag.append(parcel)
        return DeliveryOutcome(DeliveryVerdict.SENT)

    def __call__(self, now: datetime = NOW + 2 * HOUR) -> list[tuple[str, str]]:
        """Return to whom went what, by the subject, since the last call."""
        self.bag.clear()
        self._office.run_once(now)
        return [(parcel.address, parcel.letter.subject) for parcel in self.bag]


@pytest.fixture
def postman(database: Database) -> Postman:
    return Postman(database)


# On a device's own list.


def test_a_list_of_ones_own(database: Database, campaign: CampaignView) -> None:
    first, second = file(database, campaign), file(database, campaign)

    def do(action: Callable[..., None], public_id: str, **more: str) -> None:
        database.write(lambda s: action(s, WU, public_id, now=NOW, **more))

    def listed(actor: Actor) -> list[str]:
        with database.reading() as session:
            return follows.followed(session, actor)

    for public_id in (first, second, first):
        do(follows.follow_here, public_id, language="en")
    assert listed(WU) == [second, first]
    assert listed(LI) == listed(Actor()) == []
    for _ in range(2):
        do(follows.unfollow_here, second)
    assert listed(WU) == [first]
    do(follows.follow_here, second, language="en")
    assert listed(WU) == [second, first]
    do(follows.unfollow_here, "nonesuch")
    with database.reading() as session:
        entries = session.scalars(
            select(AuditEntry.action).where(AuditEntry.actor_key == WU.key).order_by(AuditEntry.id)
        ).all()
    assert entries == ["followed", "followed", "unfollowed", "followed"]


def test_a_follow_is_no_change_of_the_campaign(database: Database, campaign: CampaignView) -> None:
    public_id = file(database, campaign)
    with database.reading() as session:
        before = queries.revision(session, campaign.id)
    database.write(lambda s: follows.follow_here(s, WU, public_id, language="en", now=NOW))
    by_post(database, public_id)
    token = token_of(database, public_id)
    confirm(database, token)
    end(database, token)
    with database.reading() as session:
        assert queries.revision(session, campaign.id) == before


def test_only_what_is_shown_or_ones_own_is_followed(
    database: Database, campaign: CampaignView
) -> None:
    public_id = file(database, campaign)
    moderate(database, public_id, "hidden")
    here = partial(follows.follow_here, language="en", now=NOW)
    with pytest.raises(NotFoundError):
        database.write(lambda s: here(s, WU, public_id))
    with pytest.raises(NotFoundError):
        by_post(database, public_id)
    with pytest.raises(NotFoundError):
        by_post(database, "nonesuch")
    with pytest.raises(NotAllowedError):
        database.write(lambda s: here(s, Actor(), public_id))
    database.write(lambda s: here(s, LI, public_id))
    with database.reading() as session:
        assert follows.followed(session, LI) == [public_id]
        assert session.query(Contact).count() == 0


# By post.


def test_nothing_but_the_request_is_sent_before_a_yes(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    public_id = file(database, campaign)
    by_post(database, public_id)
    moderate(database, public_id, "hidden")
    moderate(database, public_id, "published")
    assert postman() == [("wu@example.org", "LuJian: Shall we write to you about a proposal?")]
    page = postman.bag[0].letter.end_link
    assert page == f"{BASE}/w/follow/{token_of(database, public_id)}?lang=en"


def test_after_a_yes_news_come_once_until_it_is_ended(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    public_id = file(database, campaign)
    by_post(database, public_id)
    token = token_of(database, public_id)
    postman()
    confirm(database, token)
    confirm(database, token)
    moderate(database, public_id, "hidden")
    assert postman() == [
        ("wu@example.org", "LuJian: The proposal you follow is not shown on the map")
    ]
    assert postman(NOW + LEASE * 99) == []
    moderate(database, public_id, "published", NOW + 3 * HOUR)
    moderate(database, public_id, "held", NOW + 3 * HOUR)
    assert postman(NOW + 4 * HOUR) == []  # it is not so any more
    moderate(database, public_id, "published", NOW + 5 * HOUR)
    end(database, token)
    end(database, token)
    assert postman(NOW + 6 * HOUR) == []
    moderate(database, public_id, "hidden", NOW + 7 * HOUR)
    assert postman(NOW + 8 * HOUR) == []
    with database.reading() as session:
        counted = [message.state for message in outbox.messages(session)]
    assert sorted(counted) == ["cancelled", "cancelled", "sent", "sent"]


def test_told_twice_of_one_event_each_gets_one_letter(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    public_id = file(database, campaign)
    for name in ("wu", "he", "mu"):
        by_post(database, public_id, f"{name}@example.org")
        if name != "mu":
            confirm(database, token_of(database, public_id))
    postman()
    with database.reading() as session:
        proposal_id = session.scalar(select(Follow.proposal_id).limit(1))
    assert proposal_id is not None
    said = {
        "stage": "answered",
        "reply": "会办的。",
        "follow": "forged",
        "base": "https://evil.example",
    }
    for _ in range(2):
        told = database.write(
            lambda s: tell_followers(s, proposal_id, "step", said, event_key="step:1", now=NOW)
        )
        assert told == 2
    subject = "LuJian: News of the proposal you follow"
    assert sorted(postman()) == [("he@example.org", subject), ("wu@example.org", subject)]
    assert "会办的。" in postman.bag[0].letter.body
    assert {parcel.letter.link for parcel in postman.bag} == {f"{BASE}/w/p/{public_id}?lang=en"}


def test_an_author_who_says_yes_gets_the_receipt_and_news_in_any_state(
    database: Database, campaign: CampaignView
) -> None:
    contact = {"contact": "138 1234 5678", "consent": True, "language": "zh_CN"}
    public_id = file(database, campaign, **contact)
    author = token_of(database, public_id)
    by_post(database, public_id)
    other = token_of(database, public_id)
    for token in (author, other):
        confirm(database, token)
    moderate(database, public_id, "hidden")
    with database.reading() as session:
        receipts = session.scalars(select(Message).where(Message.template == "receipt")).all()
        assert [m.params["follow"] for m in receipts] == [author]
        assert receipts[0].language == "zh_CN"
        view = queries.proposal_by_receipt(session, receipts[0].params["code"])
        assert view is not None
        assert view.public_id == public_id
        assert still_wanted(session, "step", {"follow": author})
        assert not still_wanted(session, "step", {"follow": other})


def test_it_tells_nobody_whether_an_address_follows_already(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    public_id = file(database, campaign)
    by_post(database, public_id)
    by_post(database, public_id, "WU@example.org", actor=Actor("another device"))
    assert len(postman()) == 1
    confirm(database, token_of(database, public_id))
    by_post(database, public_id, now=NOW + 30 * HOUR)
    assert postman(NOW + 31 * HOUR) == []


def test_asked_again_it_begins_anew(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    public_id = file(database, campaign)
    by_post(database, public_id)
    token = token_of(database, public_id)
    assert len(postman()) == 1
    by_post(database, public_id, now=NOW + 30 * HOUR)  # the first one was overlooked
    assert len(postman(NOW + 31 * HOUR)) == 1
    confirm(database, token)
    end(database, token)
    with pytest.raises(WrongStateError):
        confirm(database, token)
    by_post(database, public_id, now=NOW + 60 * HOUR)
    assert len(postman(NOW + 61 * HOUR)) == 1
    moderate(database, public_id, "hidden", NOW + 62 * HOUR)
    assert postman(NOW + 63 * HOUR) == []
    confirm(database, token)
    moderate(database, public_id, "published", NOW + 64 * HOUR)
    assert len(postman(NOW + 65 * HOUR)) == 1


def test_an_address_is_not_flooded_with_requests(
    database: Database, campaign: CampaignView, postman: Postman
) -> None:
    names = [file(database, campaign) for _ in range(8)]
    for public_id in names[:5]:
        by_post(database, public_id)
    with pytest.raises(TooOftenError) as refused:
        by_post(database, names[5], now=NOW + HOUR)
    assert refused.value.params["wait_s"] == 23 * 3600 + 1
    by_post(database, names[5], "he@example.org")
    end(database, token_of(database, names[0]))  # a no is no reason to ask again
    with pytest.raises(TooOftenError):
        by_post(database, names[0], now=NOW + HOUR)
    confirm(database, token_of(database, names[1]))
    by_post(database, names[6], now=NOW + HOUR)
    assert len(postman()) == 5  # of these 7, one was answered and one is not wanted
    by_post(database, names[7], now=NOW + 25 * HOUR)


def test_too_many_requests_do_not_keep_one_from_filing(
    database: Database, campaign: CampaignView
) -> None:
    contact = {"contact": "wu@example.org", "consent": True}
    for _ in range(7):
        file(database, campaign, **contact)
    with database.reading() as session:
        assert len(outbox.messages(session)) == 5


def test_without_consent_or_a_key_nothing_is_kept(
    database: Database, campaign: CampaignView
) -> None:
    public_id = file(database, campaign)
    with pytest.raises(BadContactError):
        by_post(database, public_id, consent=False)
    with pytest.raises(NoKeyError):
        by_post(database, public_id, sealer=None)
    with database.reading() as session:
        assert session.query(Contact).count() == session.query(Follow).count() == 0


def test_a_link_shows_what_it_is_for(database: Database, campaign: CampaignView) -> None:
    public_id = file(database, campaign)
    by_post(database, public_id)
    database.write(lambda s: follows.follow_here(s, LI, public_id, language="en", now=NOW))
    token = token_of(database, public_id)

    def view(token: str) -> follows.FollowView:
        with database.reading() as session:
            return follows.follow_by_token(session, token)

    assert view(token) == follows.FollowView(public_id, True, "en", False, False)
    confirm(database, token)
    moderate(database, public_id, "hidden")
    assert view(token) == follows.FollowView(public_id, False, "en", True, False)
    end(database, token)
    assert view(token).ended
    with database.reading() as session:
        own = session.scalar(select(Follow.token).where(Follow.device_key == LI.key))
    for wrong in ("", "nonesuch", str(own)):
        with pytest.raises(NotFoundError):
            view(wrong)
        with pytest.raises(NotFoundError):
            end(database, wrong)
