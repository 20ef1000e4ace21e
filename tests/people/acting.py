"""Short ways to have in tests somebody with an account."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from core.database import Database
from people.access.actor import Grant, Role
from people.accounts.models import Account, Appointment
from people.accounts.sessions import cookie_of, start_session

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def new_account(
    database: Database,
    *grants: Grant | Role,
    name: str = "张三",
    login: str = "",
    starts_at: datetime = LONG_AGO,
    ends_at: datetime | None = None,
) -> int:
    """Store an account without a password that holds these, and return its id."""
    held = [Grant(one) if isinstance(one, Role) else one for one in grants]

    def store(session: Session) -> int:
        account = Account(
            login=login or uuid4().hex, name=name, must_change=False, created=LONG_AGO
        )
        session.add(account)
        session.flush()
        for one in held:
            session.add(
                Appointment(
                    account_id=account.id,
                    role=one.role,
                    reach=one.reach,
                    code=one.code,
                    edition=one.edition,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    origin="desk",
                )
            )
        session.flush()
        return account.id

    return database.write(store)


def session_cookie(
    database: Database, secret: str, account_id: int, now: datetime | None = None
) -> str:
    """Begin a session of an account, now unless said otherwise; return its cookie."""
    moment = now or datetime.now(UTC)
    token = database.write(
        lambda session: start_session(
            session, account_id, device="test", how="password", now=moment
        )
    )
    return cookie_of(secret, token)
