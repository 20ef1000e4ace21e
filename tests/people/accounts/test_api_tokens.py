"""API tokens: within their acts, within their owner, shown once, and over when they are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import BadAccountError, NotAllowedError, NotFoundError
from people.access.actor import Actor, Grant, Reach, Role, Where
from people.access.permissions import Act, may, may_somewhere
from people.accounts import api_tokens
from people.accounts.api_tokens import find_token, make_token, revoke_token, tokens_of
from people.accounts.models import Account, ApiToken, Appointment
from people.accounts.role_grants import end_appointment
from tests.conftest import NOW
from tests.people.acting import new_account
from tests.submissions.acting import act, trail

HERE = Grant(Role.SOCIAL_WORKER, Reach.SUBDISTRICT, "110108017")
INSIDE, OUTSIDE = Where("110108017"), Where("110108018")
DAY = timedelta(days=1)


def owner(database: Database, *grants: Grant | Role, name: str = "李华") -> Actor:
    """Return somebody who holds these, as a session would."""
    account = new_account(database, *grants, name=name)
    held = {Grant(one) if isinstance(one, Role) else one for one in grants}
    return Actor("device", frozenset(held), account, name)


def make(
    database: Database,
    who: Actor,
    acts: Sequence[str] = (Act.MODERATE,),
    ends: datetime | None = None,
) -> str:
    made: str = act(database, make_token, who, name="脚本", acts=acts, ends_at=ends)
    return made


def test_a_program_acts_within_its_acts_and_its_owner(database: Database) -> None:
    who = owner(database, HERE)
    actor = find_token(database, make(database, who, [Act.MODERATE, Act.SEE_DESK]), now=NOW)
    assert actor is not None
    assert (actor.account_id, actor.name, actor.key) == (who.account_id, "李华", None)
    assert may(actor, Act.MODERATE, INSIDE)
    assert not may(actor, Act.MODERATE, OUTSIDE)
    assert not may(actor, Act.ANSWER, INSIDE)
    assert not may(actor, Act.MANAGE_ACCOUNTS)
    for filed in (Act.FILE, Act.SUPPORT, Act.COMMENT):
        assert not may(actor, filed, INSIDE)


def test_only_the_hash_and_the_beginning_are_kept(database: Database) -> None:
    token = make(database, owner(database, HERE))
    with database.reading() as session:
        row = session.scalars(select(ApiToken)).one()
    assert row.key == sha256(token.encode()).hexdigest()
    assert token.startswith(row.hint)
    assert len(row.hint) == 9
    assert token not in repr(vars(row))
    (entry,) = trail(database, "token_made")
    assert entry.details == {"token_id": row.id, "acts": ["moderate"]}


def test_a_token_goes_when_the_role_goes(database: Database) -> None:
    who, boss = owner(database, HERE), owner(database, Role.ADMINISTRATOR)
    token = make(database, who)
    with database.reading() as session:
        held = session.scalars(
            select(Appointment.id).where(Appointment.account_id == who.account_id)
        ).one()
    act(database, end_appointment, boss, held)
    actor = find_token(database, token, now=NOW)
    assert actor is not None
    assert not may_somewhere(actor, Act.MODERATE)


def test_when_a_token_holds_no_more(database: Database) -> None:
    who = owner(database, HERE)
    ending, revoked, closed, changing = (make(database, who, ends=NOW + DAY) for _ in range(4))
    assert find_token(database, ending, now=NOW + DAY - timedelta(seconds=1)) is not None
    assert find_token(database, ending, now=NOW + DAY) is None
    with database.reading() as session:
        one = next(
            view
            for view in tokens_of(session, who.account_id or 0, now=NOW)
            if revoked.startswith(view.hint)
        )
    act(database, revoke_token, who, one.id)
    assert find_token(database, revoked, now=NOW) is None
    with pytest.raises(NotFoundError):
        act(database, revoke_token, who, one.id)
    for token, field, value in ((closed, "closed", NOW), (changing, "must_change", True)):
        database.write(
            lambda s, f=field, v=value: setattr(s.get_one(Account, who.account_id), f, v)
        )
        assert find_token(database, token, now=NOW) is None
        undone = None if field == "closed" else False
        database.write(
            lambda s, f=field, u=undone: setattr(s.get_one(Account, who.account_id), f, u)
        )
        assert find_token(database, token, now=NOW) is not None


def test_nobody_revokes_or_sees_anothers(database: Database) -> None:
    who, other = owner(database, HERE), owner(database, Role.ADMINISTRATOR)
    make(database, who)
    with database.reading() as session:
        (view,) = tokens_of(session, who.account_id or 0, now=NOW)
        assert tokens_of(session, other.account_id or 0, now=NOW) == []
    with pytest.raises(NotFoundError):
        act(database, revoke_token, other, view.id)


def test_what_no_token_is_made_for(database: Database) -> None:
    who = owner(database, HERE)
    for acts in ([], ["file"], ["nonsense"], [Act.MANAGE_ACCOUNTS], [Act.MODERATE, Act.SEE_AUDIT]):
        with pytest.raises(BadAccountError) as caught:
            make(database, who, acts)
        assert caught.value.params["problem"] == "acts"
    with pytest.raises(BadAccountError) as caught:
        make(database, who, ends=NOW)
    assert caught.value.params["problem"] == "term"
    program = find_token(database, make(database, who), now=NOW)
    assert program is not None
    for nobody in (Actor("device"), Actor(), program):
        with pytest.raises(NotAllowedError):
            make(database, nobody)
        with pytest.raises(NotAllowedError):
            act(database, revoke_token, nobody, 1)
    for _ in range(api_tokens.MOST_TOKENS - 1):
        make(database, who)
    with pytest.raises(BadAccountError) as caught:
        make(database, who)
    assert caught.value.params["problem"] == "many"


def test_no_other_text_is_a_token(database: Database) -> None:
    token = make(database, owner(database, HERE))
    last = token[-1]
    others = [token[:-1] + letter for letter in "AEIMQUYcgkosw048" if letter != last]
    for other in ("", "lj_", token[3:], token + "A", token.upper(), f" {token}", *others):
        assert find_token(database, other, now=NOW) is None, other


def test_last_use_is_written_once_a_minute(database: Database) -> None:
    who = owner(database, HERE)
    token, seen = make(database, who), []
    for seconds in (0, 59, 60, 119):
        find_token(database, token, now=NOW + timedelta(seconds=seconds))
        database.write(lambda _: None)  # what was noted has been written by then
        with database.reading() as session:
            (view,) = tokens_of(session, who.account_id or 0, now=NOW)
        assert view.seen is not None
        seen.append((view.seen - NOW).total_seconds())
    assert seen == [0, 0, 60, 60]
