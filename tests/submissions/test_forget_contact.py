"""An address is erased wherever it stood, and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from core.database import Database
from core.errors import BadContactError, NotAllowedError, NotFoundError, WrongStateError
from notifications.contacts import Sealer
from notifications.models import Contact, Message
from people.access.actor import OPERATOR
from people.audit.models import AuditEntry
from submissions.alerts import alert_area, alerts
from submissions.forget_contact import Forgotten, forget_contact
from submissions.participation import follows
from submissions.participation.models import Follow
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.submissions.acting import AUTHOR, NEIGHBOUR, act, file

SEALER = Sealer(["one key of at least thirty-two characters"])
BASE = "https://lujian.example.org"
WU, LI = "wu@example.org", "li@example.org"


def held(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_address_is_erased_wherever_it_stood(database: Database, campaign: CampaignView) -> None:
    public_id = file(database, campaign, text="请在这里放长椅").public_id
    for address in (WU, LI):
        told = {"consent": True, "language": "en", "base": BASE, "now": NOW}
        act(database, follows.follow_by_post, NEIGHBOUR, SEALER, public_id, address, **told)
    around = alert_area.circle(116.31, 40.03, 300, "")
    act(database, alerts.ask, NEIGHBOUR, SEALER, around, WU, answers=True, **told)
    with database.reading() as session:
        wu = session.scalar(select(Contact.id).where(Contact.lookup.in_(SEALER.lookups(WU))))
    database.write(
        lambda session: setattr(session.scalars(select(Proposal)).one(), "contact_id", wu)
    )

    with pytest.raises(NotAllowedError):
        act(database, forget_contact, AUTHOR, SEALER, WU, now=NOW)
    with pytest.raises(BadContactError):
        act(database, forget_contact, OPERATOR, SEALER, "nobody", now=NOW)
    on_its_way = update(Message).where(Message.contact_id == wu)
    database.write(lambda s: s.execute(on_its_way.values(state="sending")) and None)
    with pytest.raises(WrongStateError):
        act(database, forget_contact, OPERATOR, SEALER, WU, now=NOW)
    assert (held(database, Contact), held(database, Follow)) == (2, 2), "all of it stands"
    database.write(lambda s: s.execute(on_its_way.values(state="waiting")) and None)
    done = act(database, forget_contact, OPERATOR, SEALER, " WU@example.org", now=NOW)
    assert done == Forgotten(follows=1, alerts=1, proposals=1, draws=0)
    with database.reading() as session:
        left = session.scalars(select(Contact)).all()
        assert [SEALER.open(one.sealed) for one in left] == [LI]
        assert session.scalars(select(Proposal.contact_id)).all() == [None]
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (held(database, Follow), held(database, Message)) == (1, 1)
    assert entry is not None
    assert (entry.action, WU in str(entry.details)) == ("contact_forgotten", False)
    with pytest.raises(NotFoundError):
        act(database, forget_contact, OPERATOR, SEALER, WU, now=NOW)
